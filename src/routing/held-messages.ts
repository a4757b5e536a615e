/**
 * Messages that have to wait, as objects that know how to hand themselves on. Made apart from the way of those that do not
 * wait: there nothing may be captured, and so nothing is allocated.
 */
import type { AggressorSign } from '../ring/kinds.js'
import type { MarketSink } from '../ring/sink.js'
import type { HeldMessage } from './feed.js'

/** A quote that waits; its number is its sequence. */
export function heldQuote(
  sink: MarketSink,
  nowMs: number,
  line: number,
  instrument: number,
  source: number,
  bid: number,
  ask: number,
  bidSize: number,
  askSize: number,
  tsEventUs: number,
  tsRecvUs: number,
  sequence: number,
  flags: number,
): HeldMessage {
  return {
    line,
    sequence,
    previous: sequence - 1,
    sinceMs: nowMs,
    publish: () =>
      sink.publishQuote(instrument, source, bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence, flags),
  }
}

/** A trade that waits; `number`: what orders it, its sequence or its id. */
export function heldTrade(
  sink: MarketSink,
  nowMs: number,
  line: number,
  number: number,
  instrument: number,
  source: number,
  price: number,
  size: number,
  aggressor: AggressorSign,
  tsEventUs: number,
  tsRecvUs: number,
  sequence: number,
  tradeId: number,
  condition: number,
): HeldMessage {
  return {
    line,
    sequence: number,
    previous: number - 1,
    sinceMs: nowMs,
    publish: () =>
      sink.publishTrade(instrument, source, price, size, aggressor, tsEventUs, tsRecvUs, sequence, tradeId, condition),
  }
}
