/**
 * Eight distinct subscribers, so that the call sites see eight functions as those of a real host do. Each keeps a mid per
 * instrument; those of the emitters also keep the last quote, as a strategy that looks back does, which makes it escape.
 */
import type { IngestRing } from '../../src/ring/index.js'
import type { Listener } from './peers.js'
import { instrumentCount, type QuoteObject } from './quotes.js'

/** Batch handlers for the ring, or listeners for the emitters, over one array of results. */
export interface HandlerSet<H> {
  readonly handlers: readonly H[]
  /** Sum of what the handlers kept: the same for the same quotes. */
  checksum(): number
}

type RowsHandler = (ring: IngestRing, from: number, to: number) => void

const checksumOf = (mids: Float64Array) => (): number => mids.reduce((sum, mid) => sum + mid, 0)

/** Eight batch handlers, each a function of its own, over the columns of a ring. */
export function ringHandlers({ quotes: { instrument, bid, ask } }: IngestRing): HandlerSet<RowsHandler> {
  const mids = new Float64Array(8 * instrumentCount)
  const handlers: RowsHandler[] = [
    (_ring, from, to) => {
      for (let row = from; row < to; row++) mids[instrument[row]] = (bid[row] + ask[row]) * 0.5
    },
    (_ring, from, to) => {
      for (let row = from; row < to; row++) mids[64 + instrument[row]] = (bid[row] + ask[row]) * 0.5
    },
    (_ring, from, to) => {
      for (let row = from; row < to; row++) mids[128 + instrument[row]] = (bid[row] + ask[row]) * 0.5
    },
    (_ring, from, to) => {
      for (let row = from; row < to; row++) mids[192 + instrument[row]] = (bid[row] + ask[row]) * 0.5
    },
    (_ring, from, to) => {
      for (let row = from; row < to; row++) mids[256 + instrument[row]] = (bid[row] + ask[row]) * 0.5
    },
    (_ring, from, to) => {
      for (let row = from; row < to; row++) mids[320 + instrument[row]] = (bid[row] + ask[row]) * 0.5
    },
    (_ring, from, to) => {
      for (let row = from; row < to; row++) mids[384 + instrument[row]] = (bid[row] + ask[row]) * 0.5
    },
    (_ring, from, to) => {
      for (let row = from; row < to; row++) mids[448 + instrument[row]] = (bid[row] + ask[row]) * 0.5
    },
  ]
  return { handlers, checksum: checksumOf(mids) }
}

/** Eight listeners, each a function of its own. */
export function objectHandlers(): HandlerSet<Listener> {
  const mids = new Float64Array(8 * instrumentCount)
  const last: (QuoteObject | null)[] = Array(8).fill(null)
  const handlers: Listener[] = [
    (quote) => {
      mids[quote.instrument] = (quote.bid + quote.ask) * 0.5
      last[0] = quote
    },
    (quote) => {
      mids[64 + quote.instrument] = (quote.bid + quote.ask) * 0.5
      last[1] = quote
    },
    (quote) => {
      mids[128 + quote.instrument] = (quote.bid + quote.ask) * 0.5
      last[2] = quote
    },
    (quote) => {
      mids[192 + quote.instrument] = (quote.bid + quote.ask) * 0.5
      last[3] = quote
    },
    (quote) => {
      mids[256 + quote.instrument] = (quote.bid + quote.ask) * 0.5
      last[4] = quote
    },
    (quote) => {
      mids[320 + quote.instrument] = (quote.bid + quote.ask) * 0.5
      last[5] = quote
    },
    (quote) => {
      mids[384 + quote.instrument] = (quote.bid + quote.ask) * 0.5
      last[6] = quote
    },
    (quote) => {
      mids[448 + quote.instrument] = (quote.bid + quote.ask) * 0.5
      last[7] = quote
    },
  ]
  return { handlers, checksum: checksumOf(mids) }
}
