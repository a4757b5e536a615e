/** Market data of some symbols for a callback: batches as the ring delivers them, as views that are valid during the call. */
import type { RingConsumer } from '../ring/consumer.js'
import type { TradingSystem } from '../system/trading-system.js'
import { QuoteView, TradeView } from '../system/views.js'

/** Gets batches of quotes. */
export type PriceHandler = (quotes: Iterable<QuoteView>) => void
/** Gets batches of trades. */
export type TradeHandler = (trades: Iterable<TradeView>) => void

/** Calls `onQuotes` with the quotes of `symbols`. @throws TradewireError `TW_UNKNOWN_INSTRUMENT`. */
export function priceConsumer(
  system: TradingSystem,
  symbols: readonly string[],
  onQuotes: PriceHandler,
  onError: (error: unknown) => void,
): RingConsumer {
  const wanted = indicesOf(system, symbols)
  const view = new QuoteView(system.instruments)
  return system.ring.addConsumer({
    name: `prices of ${symbols.join(', ')}`,
    policy: system.config.overflow ?? 'conflate',
    handlers: {
      onQuotes: (ring, from, to) => {
        const { instrument } = ring.quotes
        function* quotes() {
          for (let row = from; row < to; row++) if (wanted.has(instrument[row] as number)) yield view.at(ring, row)
        }
        if (hasAny(instrument, wanted, from, to)) onQuotes(quotes())
      },
    },
    onError,
  })
}

/** Calls `onTrades` with the trades of `symbols`. @throws TradewireError `TW_UNKNOWN_INSTRUMENT`. */
export function tradeConsumer(
  system: TradingSystem,
  symbols: readonly string[],
  onTrades: TradeHandler,
  onError: (error: unknown) => void,
): RingConsumer {
  const wanted = indicesOf(system, symbols)
  const view = new TradeView(system.instruments)
  return system.ring.addConsumer({
    name: `trades of ${symbols.join(', ')}`,
    policy: system.config.overflow === 'backpressure' ? 'backpressure' : 'dropOldest',
    handlers: {
      onTrades: (ring, from, to) => {
        const { instrument } = ring.trades
        function* trades() {
          for (let row = from; row < to; row++) if (wanted.has(instrument[row] as number)) yield view.at(ring, row)
        }
        if (hasAny(instrument, wanted, from, to)) onTrades(trades())
      },
    },
    onError,
  })
}

function indicesOf(system: TradingSystem, symbols: readonly string[]): ReadonlySet<number> {
  return new Set(symbols.map((symbol) => system.instruments.get(symbol).index))
}

function hasAny(instrument: ArrayLike<number>, wanted: ReadonlySet<number>, from: number, to: number): boolean {
  for (let row = from; row < to; row++) if (wanted.has(instrument[row] as number)) return true
  return false
}
