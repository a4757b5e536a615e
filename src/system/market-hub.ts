/**
 * Where market data goes once a connector has published it: the ring, and its consumers in a fixed order.
 *
 *   ring ─► reference prices (risk) ─► quote cache ─► bars ─► strategies, in the order they were added
 *
 * What risk judges by is thus never older than what a strategy sees.
 */
import type { BarAggregator } from '../market/bar-aggregator.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { MacroEvent, NewsEvent } from '../model/market-data.js'
import type { RingConsumer } from '../ring/consumer.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import type { RingHandlers } from '../ring/kinds.js'
import type { OverflowPolicy } from '../ring/policies.js'
import type { RiskGate } from '../risk/gate.js'
import { Strategy } from './strategy.js'
import { BarView, BookView, QuoteView, StatusView, TradeView } from './views.js'

/** What a hub connects. */
export interface MarketHubParts {
  ring: IngestRing
  gate: RiskGate
  quotes: QuoteCache
  bars: BarAggregator
  instruments: InstrumentRegistry
  policy: OverflowPolicy
  onError: (error: unknown, where: string) => void
}

/** Wires the ring to its consumers. */
export class MarketHub {
  readonly #parts: MarketHubParts
  readonly #strategies = new Map<Strategy, RingConsumer>()

  constructor(parts: MarketHubParts) {
    this.#parts = parts
    const { ring, gate, quotes, bars } = parts
    ring.addConsumer({
      name: 'risk and quotes',
      policy: 'backpressure',
      handlers: {
        onQuotes: (from, first, last) => {
          gate.references.onQuotes(from, first, last)
          quotes.onQuotes(from, first, last)
        },
        onTrades: (from, first, last) => {
          gate.references.onTrades(from, first, last)
          quotes.onTrades(from, first, last)
          bars.onTrades(from, first, last)
        },
        onStatuses: (from, first, last) => {
          const { instrument, status } = from.statuses
          for (let row = first; row < last; row++) gate.setPhase(instrument[row] as number, status[row] as number)
        },
      },
      onError: (error) => parts.onError(error, 'market data'),
    })
  }

  /** Lets a strategy see market data, each hook it overrides. One that overrides none costs nothing. */
  add(strategy: Strategy): void {
    const { ring, instruments, policy, onError } = this.#parts
    const handlers = strategyHandlers(strategy, instruments, onError)
    if (Object.keys(handlers).length === 0) return
    this.#strategies.set(strategy, ring.addConsumer({ name: `strategy ${strategy.name}`, policy, handlers }))
  }

  /** Ends what {@link add} began. */
  remove(strategy: Strategy): void {
    this.#strategies.get(strategy)?.close()
    this.#strategies.delete(strategy)
  }

  /** Counters of a strategy's market data: offered, delivered, dropped, conflated, queued. */
  counters(strategy: Strategy): RingConsumer['counters'] | undefined {
    return this.#strategies.get(strategy)?.counters
  }
}

/** Batch handlers that call the hooks a strategy overrides, for the symbols it wants. A hook that throws ends nothing else. */
export function strategyHandlers(
  strategy: Strategy,
  instruments: InstrumentRegistry,
  onError: (error: unknown, where: string) => void,
): RingHandlers {
  const wanted = new WantedInstruments(strategy, instruments)
  const base = Strategy.prototype
  const handlers: { -readonly [Key in keyof RingHandlers]: RingHandlers[Key] } = {}
  const guard = (hook: string, call: () => void) => {
    try {
      call()
    } catch (error) {
      onError(error, `${strategy.name}.${hook}`)
    }
  }
  if (strategy.onQuote !== base.onQuote) {
    const view = new QuoteView(instruments)
    handlers.onQuotes = (ring, from, to) => {
      const { instrument } = ring.quotes
      for (let row = from; row < to; row++) {
        if (!wanted.has(instrument[row] as number)) continue
        try {
          strategy.onQuote(view.at(ring, row))
        } catch (error) {
          onError(error, `${strategy.name}.onQuote`)
        }
      }
    }
  }
  if (strategy.onTrade !== base.onTrade) {
    const view = new TradeView(instruments)
    handlers.onTrades = (ring, from, to) => {
      const { instrument } = ring.trades
      for (let row = from; row < to; row++) {
        if (!wanted.has(instrument[row] as number)) continue
        try {
          strategy.onTrade(view.at(ring, row))
        } catch (error) {
          onError(error, `${strategy.name}.onTrade`)
        }
      }
    }
  }
  if (strategy.onBook !== base.onBook) {
    const view = new BookView(instruments)
    handlers.onBooks = (ring, from, to) => {
      for (let row = from; row < to; row++)
        if (wanted.has(ring.books.instrument[row] as number)) guard('onBook', () => strategy.onBook(view.at(ring, row)))
    }
  }
  if (strategy.onBar !== base.onBar) {
    const view = new BarView(instruments)
    handlers.onBars = (ring, from, to) => {
      for (let row = from; row < to; row++)
        if (wanted.has(ring.bars.instrument[row] as number)) guard('onBar', () => strategy.onBar(view.at(ring, row)))
    }
  }
  if (strategy.onStatus !== base.onStatus) {
    const view = new StatusView(instruments)
    handlers.onStatuses = (ring, from, to) => {
      for (let row = from; row < to; row++)
        if (wanted.has(ring.statuses.instrument[row] as number))
          guard('onStatus', () => strategy.onStatus(view.at(ring, row)))
    }
  }
  if (strategy.onNews !== base.onNews || strategy.onMacro !== base.onMacro) {
    handlers.onNotes = (ring, from, to) => {
      for (let row = from; row < to; row++) {
        const note = ring.notes.note[row] as { kind?: string } | undefined
        if (note?.kind === 'news') guard('onNews', () => strategy.onNews(note as NewsEvent))
        else if (note?.kind === 'macro') guard('onMacro', () => strategy.onMacro(note as MacroEvent))
      }
    }
  }
  return handlers
}

/** Which instruments a strategy wants, as one byte each; looked up anew when instruments are added. */
class WantedInstruments {
  readonly #strategy: Strategy
  readonly #instruments: InstrumentRegistry
  #known = 0
  #isWanted = new Uint8Array(64)

  constructor(strategy: Strategy, instruments: InstrumentRegistry) {
    this.#strategy = strategy
    this.#instruments = instruments
  }

  has(instrument: number): boolean {
    if (instrument >= this.#known) this.#learn()
    return this.#isWanted[instrument] === 1
  }

  #learn(): void {
    const { size } = this.#instruments
    if (size > this.#isWanted.length) {
      const grown = new Uint8Array(2 * size)
      grown.set(this.#isWanted)
      this.#isWanted = grown
    }
    const symbols = this.#strategy.symbols
    for (; this.#known < size; this.#known++) {
      const instrument = this.#instruments.at(this.#known)
      this.#isWanted[this.#known] =
        symbols === undefined || symbols.includes(instrument.symbol) || symbols.includes(instrument.id) ? 1 : 0
    }
  }
}
