/** History for strategies before they start: it moves no reference price and no quote of the live market. */
import { TradewireError } from '../core/errors.js'
import type { Time } from '../core/time.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { IngestRing } from '../ring/ingest-ring.js'
import type { MarketSink } from '../ring/sink.js'
import { type HookErrorHandler, strategyHandlers, WantedInstruments, watchedKinds } from './market-hub.js'
import type { Strategy, WarmUp } from './strategy.js'

/** What a {@link HistoryProvider} works with. */
export interface HistoryContext {
  /** Takes the events, by `instrument.index`. It holds a bounded number: a publish that returns false asks for `drain` first. */
  readonly sink: MarketSink
  /** Hands what was published to the strategy. */
  drain(): void
  /** Gives symbols their `index`. */
  readonly instruments: InstrumentRegistry
  /** The system's clock: history ends at `time.wallUs()`. */
  readonly time: Time
  /** Name of the strategy that asks. */
  readonly strategy: string
  /** Fires when the start is given up. */
  readonly signal: AbortSignal
}

/** Plays history into a sink, in order of time, up to now. Called once a strategy that asks for it. */
export type HistoryProvider = (request: WarmUp, context: HistoryContext) => Promise<void>

/** What {@link warmUp} works with. */
export interface WarmUpParts {
  history: HistoryProvider | undefined
  instruments: InstrumentRegistry
  time: Time
  signal: AbortSignal | undefined
  onThrow: HookErrorHandler
}

/**
 * Plays the history that a strategy asks for.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` when nobody provides it or no hook would see it; `TW_UNKNOWN_INSTRUMENT`.
 */
export async function warmUp(strategy: Strategy, request: WarmUp, parts: WarmUpParts): Promise<void> {
  const { history, instruments, time, signal = new AbortController().signal, onThrow } = parts
  if (history === undefined) {
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `Strategy ${strategy.name} wants ${request.durationMs} ms of history; pass the "history" option that provides it`,
    )
  }
  if (watchedKinds(strategy).length === 0) {
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `Strategy ${strategy.name} wants history and overrides no hook that would see it`,
    )
  }
  for (const symbol of request.symbols) instruments.get(symbol)
  const ring = new IngestRing({ capacity: 4_096 })
  const wanted = new WantedInstruments(strategy.symbols, instruments)
  ring.addConsumer({
    name: 'history',
    policy: 'backpressure',
    handlers: strategyHandlers(strategy, wanted, instruments, onThrow),
    ...(strategy.filter === undefined ? {} : { filter: strategy.filter }),
  })
  strategy.isWarmingUp = true
  try {
    await history(request, {
      sink: ring,
      drain: () => {
        ring.drain()
      },
      instruments,
      time,
      strategy: strategy.name,
      signal,
    })
    ring.drain()
  } finally {
    strategy.isWarmingUp = false
  }
}
