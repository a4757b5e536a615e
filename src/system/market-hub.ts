/**
 * Where market data goes once a connector has published it: the ring, and its consumers in a fixed order.
 *
 *   ring ─► reference prices (risk) ─► quote cache ─► bars ─► strategies, in the order they were added
 *
 * What risk judges by is thus never older than what a strategy sees.
 */
import type { DataKind } from '../connector/capabilities.js'
import type { Time } from '../core/time.js'
import type { BarAggregator } from '../market/bar-aggregator.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { Discontinuity, MacroEvent, NewsEvent } from '../model/market-data.js'
import type { RingConsumer } from '../ring/consumer.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import type { RingHandlers } from '../ring/kinds.js'
import type { OverflowPolicy } from '../ring/policies.js'
import type { RiskGate } from '../risk/gate.js'
import { PacedConsumer } from './paced-consumer.js'
import { type Hook, overrides, type Strategy } from './strategy.js'
import { BarView, BookView, QuoteView, StatusView, TradeView } from './views.js'

/** What a hub connects. */
export interface MarketHubParts {
  ring: IngestRing
  gate: RiskGate
  quotes: QuoteCache
  bars: BarAggregator
  instruments: InstrumentRegistry
  policy: OverflowPolicy
  time: Time
  /** How long strategies are left alone after a batch; 0: never. */
  conflationMs: number
  /** Has the ring drained in the next turn. */
  wake: () => void
  onError: (error: unknown, where: string) => void
}

/** Wires the ring to its consumers. */
export class MarketHub {
  readonly #parts: MarketHubParts
  readonly #strategies = new Map<Strategy, RingConsumer>()
  readonly #paced = new Map<Strategy, PacedConsumer>()

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
          if (bars.hasQuoteBars) bars.onQuotes(from, first, last)
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
  add(strategy: Strategy, wanted: WantedInstruments, onThrow: HookErrorHandler): void {
    const { ring, instruments, policy, conflationMs, time, wake } = this.#parts
    const handlers = strategyHandlers(strategy, wanted, instruments, onThrow)
    if (Object.keys(handlers).length === 0) return
    const name = `strategy ${strategy.name}`
    const filter = strategy.filter === undefined ? {} : { filter: strategy.filter }
    if (conflationMs === 0) {
      this.#strategies.set(strategy, ring.addConsumer({ name, policy, handlers, ...filter }))
      return
    }
    const paced = new PacedConsumer(time, conflationMs, wake)
    const consumer = ring.addConsumer({ name, policy, handlers: paced.handlers(handlers), ...filter })
    paced.follow(consumer)
    this.#strategies.set(strategy, consumer)
    this.#paced.set(strategy, paced)
  }

  /** Ends what {@link add} began. */
  remove(strategy: Strategy): void {
    this.#strategies.get(strategy)?.close()
    this.#strategies.delete(strategy)
    this.#paced.get(strategy)?.stop()
    this.#paced.delete(strategy)
  }

  /** Counters of a strategy's market data: offered, delivered, dropped, conflated, filtered, queued. */
  counters(strategy: Strategy): RingConsumer['counters'] | undefined {
    return this.#strategies.get(strategy)?.counters
  }
}

/** Gets what a hook threw, or rejected with; says whether the strategy goes on. */
export type HookErrorHandler = (error: unknown, hook: string) => boolean

/** Kinds of market data whose hooks a strategy overrides. */
export function watchedKinds(strategy: Strategy): DataKind[] {
  const kinds: DataKind[] = []
  if (overrides(strategy, 'onQuote')) kinds.push('quotes')
  if (overrides(strategy, 'onTrade')) kinds.push('trades')
  if (overrides(strategy, 'onBook')) kinds.push('book')
  if (overrides(strategy, 'onBar')) kinds.push('bars')
  if (overrides(strategy, 'onStatus')) kinds.push('status')
  if (overrides(strategy, 'onNews') || overrides(strategy, 'onMacro')) kinds.push('news')
  return kinds
}

/**
 * Batch handlers that call the hooks a strategy overrides, for the symbols it wants. A hook that throws ends nothing else.
 * Quotes and trades, which come by the million, have loops of their own.
 */
export function strategyHandlers(
  strategy: Strategy,
  wanted: WantedInstruments,
  instruments: InstrumentRegistry,
  onThrow: HookErrorHandler,
): RingHandlers {
  const handlers: { -readonly [Key in keyof RingHandlers]: RingHandlers[Key] } = {}
  if (overrides(strategy, 'onQuote')) {
    const view = new QuoteView(instruments)
    handlers.onQuotes = (ring, from, to) => {
      const { instrument } = ring.quotes
      for (let row = from; row < to; row++) {
        if (!wanted.has(instrument[row] as number)) continue
        try {
          const result: unknown = strategy.onQuote(view.at(ring, row))
          if (result !== undefined) watchPromise(result, 'onQuote', onThrow)
        } catch (error) {
          if (!onThrow(error, 'onQuote')) return
        }
      }
    }
  }
  if (overrides(strategy, 'onTrade')) {
    const view = new TradeView(instruments)
    handlers.onTrades = (ring, from, to) => {
      const { instrument } = ring.trades
      for (let row = from; row < to; row++) {
        if (!wanted.has(instrument[row] as number)) continue
        try {
          const result: unknown = strategy.onTrade(view.at(ring, row))
          if (result !== undefined) watchPromise(result, 'onTrade', onThrow)
        } catch (error) {
          if (!onThrow(error, 'onTrade')) return
        }
      }
    }
  }
  if (overrides(strategy, 'onBook')) {
    const view = new BookView(instruments)
    const call = hookCaller('onBook', (ring, row) => strategy.onBook(view.at(ring, row)), onThrow)
    handlers.onBooks = (ring, from, to) => eachRow(ring, ring.books.instrument, from, to, wanted, call)
  }
  if (overrides(strategy, 'onBar')) {
    const view = new BarView(instruments)
    const call = hookCaller('onBar', (ring, row) => strategy.onBar(view.at(ring, row)), onThrow)
    handlers.onBars = (ring, from, to) => eachRow(ring, ring.bars.instrument, from, to, wanted, call)
  }
  if (overrides(strategy, 'onStatus')) {
    const view = new StatusView(instruments)
    const call = hookCaller('onStatus', (ring, row) => strategy.onStatus(view.at(ring, row)), onThrow)
    handlers.onStatuses = (ring, from, to) => eachRow(ring, ring.statuses.instrument, from, to, wanted, call)
  }
  const onNotes = noteHandler(strategy, wanted, onThrow)
  if (onNotes !== undefined) handlers.onNotes = onNotes
  return handlers
}

/** Hands rare events on: news and releases to whoever wants them, breaks in the data to who wants the instrument. */
function noteHandler(
  strategy: Strategy,
  wanted: WantedInstruments,
  onThrow: HookErrorHandler,
): RingHandlers['onNotes'] {
  const hooks: readonly Hook[] = ['onNews', 'onMacro', 'onDiscontinuity']
  if (!hooks.some((hook) => overrides(strategy, hook))) return undefined
  const noteAt = (ring: IngestRing, row: number) => ring.notes.note[row] as { kind?: string } | undefined
  const news = hookCaller('onNews', (ring, row) => strategy.onNews(noteAt(ring, row) as NewsEvent), onThrow)
  const macro = hookCaller('onMacro', (ring, row) => strategy.onMacro(noteAt(ring, row) as MacroEvent), onThrow)
  const broken = hookCaller(
    'onDiscontinuity',
    (ring, row) => strategy.onDiscontinuity(noteAt(ring, row) as Discontinuity),
    onThrow,
  )
  // Notes come from outside: their kind may be any word that objects know, too.
  const callers = new Map<unknown, RowCaller>(Object.entries({ news, macro, discontinuity: broken }))
  return (ring, from, to) => {
    const { instrument } = ring.notes
    for (let row = from; row < to; row++) {
      if (wanted.isOver) return
      const kind = noteAt(ring, row)?.kind
      if (kind === 'discontinuity' && !wanted.has(instrument[row] as number)) continue
      if (callers.get(kind)?.(ring, row) === false) return
    }
  }
}

/** Calls a hook for one row; false when the strategy does not go on. */
type RowCaller = (ring: IngestRing, row: number) => boolean

/** A hook as a caller that lets nothing out: what it throws, and what the promise of an async hook rejects with, is reported. */
function hookCaller(
  hook: string,
  run: (ring: IngestRing, row: number) => unknown,
  onThrow: HookErrorHandler,
): RowCaller {
  return (ring, row) => {
    try {
      const result = run(ring, row)
      if (result !== undefined) watchPromise(result, hook, onThrow)
      return true
    } catch (error) {
      return onThrow(error, hook)
    }
  }
}

/** Hears of what the promise of an async hook rejects with. */
export function watchPromise(result: unknown, hook: string, onThrow: HookErrorHandler): void {
  if (result instanceof Promise) result.catch((error: unknown) => onThrow(error, hook))
}

function eachRow(
  ring: IngestRing,
  instrument: ArrayLike<number>,
  from: number,
  to: number,
  wanted: WantedInstruments,
  call: RowCaller,
): void {
  for (let row = from; row < to; row++) if (wanted.has(instrument[row] as number) && !call(ring, row)) return
}

/** Which instruments a strategy wants, as one byte each; looked up anew when instruments are added. */
export class WantedInstruments {
  readonly #symbols: ReadonlySet<string> | undefined
  readonly #instruments: InstrumentRegistry
  #known = 0
  #isWanted = new Uint8Array(64)
  /** Nobody wants any of them any more. */
  isOver = false

  /** `symbols`: symbols and ids; all where undefined. */
  constructor(symbols: readonly string[] | undefined, instruments: InstrumentRegistry) {
    this.#symbols = symbols === undefined ? undefined : new Set(symbols)
    this.#instruments = instruments
  }

  has(instrument: number): boolean {
    if (instrument >= this.#known) this.#learn()
    return this.#isWanted[instrument] === 1
  }

  /** Whoever wanted them is gone: none is wanted from here on, in the middle of a batch too. */
  end(): void {
    this.isOver = true
    this.#isWanted.fill(0)
    this.#known = Number.POSITIVE_INFINITY
  }

  /** One more. */
  add(instrument: number): void {
    this.#learn()
    this.#isWanted[instrument] = 1
  }

  #learn(): void {
    const { size } = this.#instruments
    if (size > this.#isWanted.length) {
      const grown = new Uint8Array(2 * size)
      grown.set(this.#isWanted)
      this.#isWanted = grown
    }
    const symbols = this.#symbols
    for (; this.#known < size; this.#known++) {
      const { symbol, id } = this.#instruments.at(this.#known)
      this.#isWanted[this.#known] = symbols === undefined || symbols.has(symbol) || symbols.has(id) ? 1 : 0
    }
  }
}
