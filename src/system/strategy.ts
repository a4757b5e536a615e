/**
 * The base of strategies. The same class runs in simulation, on paper and live: it sees a clock, market data, its orders
 * and positions, and never the machine.
 */

import type { DataKind } from '../connector/capabilities.js'
import type { ConnectionState } from '../connector/connection-state.js'
import { TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { Random } from '../core/random.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import type { BracketRequest, GroupRequest } from '../execution/group-plan.js'
import type { TradeBar, TradeBarOptions } from '../market/bars.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { AlgoOrderRequest } from '../model/algo.js'
import type { Instrument } from '../model/instrument.js'
import type { Discontinuity, InstrumentStatus, MacroEvent, NewsEvent } from '../model/market-data.js'
import type { OrderRequest } from '../model/order.js'
import type { OrderEvent } from '../oms/order-event.js'
import type { OrderHandle } from '../oms/order-handle.js'
import type { OrderFilter } from '../oms/order-manager.js'
import type { ParentOrderHandle } from '../oms/parent-port.js'
import type { SplitReport } from '../oms/splits.js'
import type { MarketFilter } from '../ring/filter.js'
import type { FeedEvent } from './feed-event.js'
import type { BarView, BookView, QuoteView, StatusView, TradeView } from './views.js'

/** A position as a strategy sees it at one moment. */
export interface PositionReading {
  readonly isFlat: boolean
  readonly isLong: boolean
  readonly isShort: boolean
  /** Signed; the nearest double, exact up to 15 digits. */
  readonly quantity: number
  /** Signed and exact: a whole number at `instrument.sizeScale`. */
  readonly quantityUnits: number
}

/** What {@link Strategy.subscribe} can be told. */
export interface StrategySubscription {
  /** Kinds of data; those whose hooks it overrides unless given. */
  kinds?: readonly DataKind[]
  /** Name of the connector; the first that has the kind unless given. */
  connector?: string
}

/** A change of a connector's state. */
export interface ConnectionEvent {
  connector: string
  from: ConnectionState
  to: ConnectionState
  reason?: string
}

/** What a system gives a strategy to work with. */
export interface StrategyHost {
  readonly time: Time
  readonly random: Random
  readonly logger: Logger
  readonly quotes: QuoteCache
  instrument(instrument: string | number): Instrument
  submit(strategy: Strategy, request: OrderRequest): OrderHandle
  submitAlgo(strategy: Strategy, request: AlgoOrderRequest): ParentOrderHandle
  submitBracket(strategy: Strategy, request: BracketRequest): ParentOrderHandle
  submitGroup(strategy: Strategy, request: GroupRequest): ParentOrderHandle
  cancelAll(strategy: Strategy, filter: OrderFilter): number
  /** Tells the system of something that went wrong and does not end the strategy. */
  problem(strategy: Strategy, where: string, error: unknown): void
  position(strategy: Strategy, instrument: string | number): PositionReading
  subscribe(strategy: Strategy, symbols: readonly string[], options: StrategySubscription): Promise<void>
  persist(strategy: Strategy, state: unknown): void
  addBars(strategy: Strategy, options: TradeBarOptions, listener: (bar: TradeBar) => void): () => void
  /** `isOnce`: the timer is over when it has run. */
  timer(
    strategy: Strategy,
    schedule: (run: () => void) => TimerHandle,
    callback: () => void,
    isOnce?: boolean,
  ): TimerHandle
}

/** What a strategy says about itself: as a class field, or as a getter. */
export interface Strategy {
  /** Unique within a system; also the name under which orders, positions and saved state are kept. The class name unless given. */
  readonly name: string
  /**
   * Symbols or ids whose market data it wants; all that arrive unless given. Those given are subscribed to at its start,
   * with the kinds of data whose hooks it overrides.
   */
  readonly symbols: readonly string[] | undefined
  /** Which of the events that arrive for `symbols` its hooks get; all unless given. What does not pass is counted. */
  readonly filter: MarketFilter | undefined
  /** How much history it wants to see before it starts; none unless given. The system's `history` option provides it. */
  readonly warmUp: WarmUp | undefined
}

/**
 * Base class of strategies. Override the hooks that are wanted; the others cost nothing. A hook may be async: what it
 * rejects with counts as thrown.
 *
 * @example
 * ```ts
 * import { Strategy, type TradeView } from 'tradewire'
 *
 * class Momentum extends Strategy {
 *   override symbols = ['IBM']
 *
 *   override onTrade(trade: TradeView) {
 *     if (this.position(trade.symbol).isFlat) this.submit({ symbol: trade.symbol, side: 'buy', quantity: 100 })
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: fields of an interface may be overridden by fields and by getters; the prototype has them all (static block).
export abstract class Strategy {
  static {
    define(Strategy.prototype, 'name', (strategy) => strategy.constructor.name)
    define(Strategy.prototype, 'symbols', () => undefined)
    define(Strategy.prototype, 'filter', () => undefined)
    define(Strategy.prototype, 'warmUp', () => undefined)
  }

  #host: StrategyHost | undefined
  #persisted: unknown
  /** True while history is played before the live market: orders are refused then. */
  isWarmingUp = false

  /** The system is connected and reconciled; nothing has been delivered yet. */
  onStart(): void | Promise<void> {}
  /** The system is closing; orders can still be canceled. */
  onStop(): void | Promise<void> {}
  onQuote(_quote: QuoteView): void {}
  onTrade(_trade: TradeView): void {}
  onBook(_book: BookView): void {}
  /** A bar that a connector delivered. For bars made here see {@link bars}. */
  onBar(_bar: BarView): void {}
  onNews(_news: NewsEvent): void {}
  onMacro(_event: MacroEvent): void {}
  onStatus(_status: StatusView | InstrumentStatus): void {}
  /** The data that follow do not continue those before: the source changed, or messages are missing for good. */
  onDiscontinuity(_break: Discontinuity): void {}
  /** An event of one of its own orders. */
  onOrderEvent(_event: OrderEvent): void {}
  /** A stock split was applied, of whatever instrument: positions, quotes and forming bars are in the new terms already. */
  onSplit(_split: SplitReport): void {}
  onConnection(_event: ConnectionEvent): void {}
  /** A stream of its instruments went stale or came back, messages are missing, a health check failed, data are bad. */
  onFeed(_event: FeedEvent): void {}

  /** It is no part of the system any more, however that came: what it owns itself, such as threads and sockets, ends here. */
  onEnded(): void {}

  /** Ties the strategy to a system. Called by the system. */
  attach(host: StrategyHost, persisted: unknown): void {
    if (this.#host !== undefined)
      throw new TradewireError(
        'TW_INVALID_STATE',
        `Strategy ${this.name} belongs to a system already; make one for each`,
      )
    this.#host = host
    this.#persisted = persisted
  }

  /** What it saved with {@link persist} before the last stop, however that came; undefined the first time. */
  protected get persisted(): unknown {
    return this.#persisted
  }

  /** Saves state as plain JSON data, on record with the orders: after a crash it is as new as the last call. */
  protected persist(state: unknown): void {
    this.host.persist(this, state)
    this.#persisted = state
  }

  /**
   * Submits an order of this strategy; with `algo`, one that an algorithm works. `onOrderEvent` hears of its children.
   *
   * @throws TradewireError as `OrderManager.submit`; `TW_INVALID_STATE` while warming up.
   */
  protected submit(request: AlgoOrderRequest): ParentOrderHandle
  protected submit(request: OrderRequest): OrderHandle
  protected submit(request: OrderRequest | AlgoOrderRequest): OrderHandle | ParentOrderHandle {
    this.#requireLive()
    if ((request as Partial<AlgoOrderRequest>).algo !== undefined)
      return this.host.submitAlgo(this, request as AlgoOrderRequest)
    return this.host.submit(this, request)
  }

  /** Submits an entry with its protection. @throws TradewireError as `ExecutionDesk.submitBracket`. */
  protected submitBracket(request: BracketRequest): ParentOrderHandle {
    this.#requireLive()
    return this.host.submitBracket(this, request)
  }

  /** Submits orders that depend on one another. @throws TradewireError as `ExecutionDesk.submitGroup`. */
  protected submitGroup(request: GroupRequest): ParentOrderHandle {
    this.#requireLive()
    return this.host.submitGroup(this, request)
  }

  #requireLive(): void {
    if (this.isWarmingUp)
      throw new TradewireError('TW_INVALID_STATE', `Strategy ${this.name} is warming up; it cannot trade yet`)
  }

  /** Cancels its open orders that fit the filter. */
  protected cancelAll(filter: OrderFilter = {}): number {
    return this.host.cancelAll(this, filter)
  }

  /** Its own position in an instrument, named by symbol, id or index. */
  protected position(instrument: string | number): PositionReading {
    return this.host.position(this, instrument)
  }

  /** An instrument by symbol, id or index. @throws TradewireError `TW_UNKNOWN_INSTRUMENT`. */
  protected instrument(instrument: string | number): Instrument {
    return this.host.instrument(instrument)
  }

  /**
   * Asks a connector for market data. What {@link symbols} names is subscribed to at the start without being asked for.
   * Hooks see the data of `symbols`, or all where that is not given. Ends with the strategy.
   *
   * @throws TradewireError `TW_UNKNOWN_INSTRUMENT`; `TW_NOT_SUPPORTED` when no connector has the kind of data, or the venue refuses.
   */
  protected subscribe(symbols: readonly string[], options: StrategySubscription = {}): Promise<void> {
    return this.host.subscribe(this, symbols, options)
  }

  /** Latest quotes and trades of all instruments, by index. */
  protected get quotes(): QuoteCache {
    return this.host.quotes
  }

  /** The clock, virtual or real. */
  protected get time(): Time {
    return this.host.time
  }

  /** Random numbers of its own: they depend on the system's seed and the strategy's name alone. */
  protected get random(): Random {
    return this.host.random
  }

  /** Tells whoever listens to the system's `problem` events of something that went wrong and does not end the strategy. */
  protected problem(where: string, error: unknown): void {
    this.host.problem(this, where, error)
  }

  protected get logger(): Logger {
    return this.host.logger
  }

  /** Bars made from the trades of an instrument; the returned function ends them. */
  protected bars(
    options: Omit<TradeBarOptions, 'instrument'> & { symbol: string },
    listener: (bar: TradeBar) => void,
  ): () => void {
    const { symbol, ...rest } = options
    return this.host.addBars(this, { ...rest, instrument: this.instrument(symbol).index } as TradeBarOptions, listener)
  }

  /** Calls back once, `delayMs` from now, on the system's clock. Ends with the strategy. */
  protected after(delayMs: number, callback: () => void): TimerHandle {
    return this.host.timer(this, (run) => this.time.after(delayMs, run), callback, true)
  }

  /** Calls back each `intervalMs` on the system's clock. Ends with the strategy. */
  protected every(intervalMs: number, callback: () => void): TimerHandle {
    return this.host.timer(this, (run) => this.time.every(intervalMs, run), callback)
  }

  private get host(): StrategyHost {
    if (this.#host === undefined)
      throw new TradewireError('TW_INVALID_STATE', `Strategy ${this.name} was not added to a system yet`)
    return this.#host
  }
}

/** Whether a strategy has a hook of its own. What it does not override is that of the first class it is made of, in either build of the package. */
export function overrides(strategy: Strategy, hook: Hook): boolean {
  let first: Strategy = strategy
  for (let above = first; above !== null && above !== Object.prototype; above = Object.getPrototypeOf(above))
    first = above
  return strategy[hook] !== first[hook]
}

/** A hook of strategies. */
export type Hook = Extract<keyof Strategy, `on${string}`>

/** History that a strategy wants to see before it starts. */
export interface WarmUp {
  symbols: readonly string[]
  kinds: readonly ('quotes' | 'trades' | 'bars')[]
  /** How far back, in milliseconds before the start. */
  durationMs: number
}

/** Gives the prototype a default that a subclass may replace by a getter, by a field, or (older compilers) by assignment. */
function define<Key extends 'name' | 'symbols' | 'filter' | 'warmUp'>(
  prototype: Strategy,
  key: Key,
  value: (strategy: Strategy) => Strategy[Key],
): void {
  Object.defineProperty(prototype, key, {
    configurable: true,
    get(this: Strategy) {
      return value(this)
    },
    set(this: Strategy, own: Strategy[Key]) {
      Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true })
    },
  })
}
