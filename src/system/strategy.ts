/**
 * The base of strategies. The same class runs in simulation, on paper and live: it sees a clock, market data, its orders
 * and positions, and never the machine.
 */

import type { ConnectionState } from '../connector/connection-state.js'
import { TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { Random } from '../core/random.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import type { TradeBar, TradeBarOptions } from '../market/bars.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { Instrument } from '../model/instrument.js'
import type { InstrumentStatus, MacroEvent, NewsEvent } from '../model/market-data.js'
import type { OrderRequest } from '../model/order.js'
import type { OrderEvent } from '../oms/order-event.js'
import type { OrderHandle } from '../oms/order-handle.js'
import type { OrderFilter } from '../oms/order-manager.js'
import type { BarView, BookView, QuoteView, StatusView, TradeView } from './views.js'

/** A position as a strategy sees it at one moment. */
export interface PositionReading {
  readonly isFlat: boolean
  readonly isLong: boolean
  readonly isShort: boolean
  /** Signed; the nearest double, exact up to 15 digits. */
  readonly quantity: number
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
  instrument(symbol: string): Instrument
  submit(strategy: Strategy, request: OrderRequest): OrderHandle
  cancelAll(strategy: Strategy, filter: OrderFilter): number
  position(strategy: Strategy, symbol: string): PositionReading
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

/**
 * Base class of strategies. Override the hooks that are wanted; the others cost nothing.
 *
 * @example
 * ```ts
 * import { Strategy, type TradeView } from 'tradewire'
 *
 * class Momentum extends Strategy {
 *   override onTrade(trade: TradeView) {
 *     if (this.position(trade.symbol).isFlat) this.submit({ symbol: trade.symbol, side: 'buy', quantity: 100 })
 *   }
 * }
 * ```
 */
export abstract class Strategy {
  #host: StrategyHost | undefined
  #persisted: unknown
  /** True while history is played before the live market: orders are refused then. */
  isWarmingUp = false

  /** Unique within a system; also the name under which orders, positions and saved state are kept. */
  get name(): string {
    return this.constructor.name
  }

  /** Symbols whose market data it wants; all unless overridden. */
  get symbols(): readonly string[] | undefined {
    return undefined
  }

  /** How much history it wants to see before it starts; none unless overridden. The system's `history` option provides it. */
  get warmUp(): WarmUp | undefined {
    return undefined
  }

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
  /** An event of one of its own orders. */
  onOrderEvent(_event: OrderEvent): void {}
  onConnection(_event: ConnectionEvent): void {}

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

  /** Submits an order of this strategy. @throws TradewireError as `OrderManager.submit`; `TW_INVALID_STATE` while warming up. */
  protected submit(request: OrderRequest): OrderHandle {
    if (this.isWarmingUp)
      throw new TradewireError('TW_INVALID_STATE', `Strategy ${this.name} is warming up; it cannot trade yet`)
    return this.host.submit(this, request)
  }

  /** Cancels its open orders that fit the filter. */
  protected cancelAll(filter: OrderFilter = {}): number {
    return this.host.cancelAll(this, filter)
  }

  /** Its own position in an instrument. */
  protected position(symbol: string): PositionReading {
    return this.host.position(this, symbol)
  }

  protected instrument(symbol: string): Instrument {
    return this.host.instrument(symbol)
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

/** History that a strategy wants to see before it starts. */
export interface WarmUp {
  symbols: readonly string[]
  kinds: readonly ('quotes' | 'trades' | 'bars')[]
  /** How far back, in milliseconds before the start. */
  durationMs: number
}
