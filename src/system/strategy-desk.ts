/** The strategies of a system: what they are given, their start and stop, their saved state, their history. */
import { TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { Random } from '../core/random.js'
import type { TimerHandle } from '../core/scheduler.js'
import { type Time, withTimeout } from '../core/time.js'
import type { BarAggregator } from '../market/bar-aggregator.js'
import type { TradeBar, TradeBarOptions } from '../market/bars.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { OrderRequest } from '../model/order.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderManager } from '../oms/order-manager.js'
import { RecordType } from '../oms/records.js'
import { IngestRing } from '../ring/ingest-ring.js'
import type { MarketSink } from '../ring/sink.js'
import { type MarketHub, strategyHandlers } from './market-hub.js'
import type { ConnectionEvent, PositionReading, Strategy, StrategyHost, WarmUp } from './strategy.js'

/**
 * Plays history into a sink, in order of time, up to now. Called once a strategy that asks for it. The sink holds a
 * bounded number of events: a publish that returns false asks to call `drain` first.
 */
export type HistoryProvider = (
  request: WarmUp,
  sink: MarketSink,
  drain: () => void,
  signal: AbortSignal,
) => Promise<void>

/** How long a strategy may take to stop, on the system's clock. */
const stopTimeoutMs = 10_000

/** What a desk works with. */
export interface StrategyDeskParts {
  core: OrderCore
  orders: OrderManager
  hub: MarketHub
  bars: BarAggregator
  quotes: QuoteCache
  time: Time
  random: Random
  logger: Logger
  history?: HistoryProvider
  onError: (error: unknown, where: string) => void
}

interface Seat {
  strategy: Strategy
  index: number
  random: Random
  logger: Logger
  timers: Set<TimerHandle>
  series: Set<() => void>
  isRunning: boolean
}

/** Runs strategies. */
export class StrategyDesk implements StrategyHost {
  readonly time: Time
  readonly random: Random
  readonly logger: Logger
  readonly quotes: QuoteCache
  readonly #parts: StrategyDeskParts
  readonly #seats = new Map<Strategy, Seat>()
  #barTimer: TimerHandle | undefined

  constructor(parts: StrategyDeskParts) {
    this.#parts = parts
    this.time = parts.time
    this.random = parts.random
    this.logger = parts.logger
    this.quotes = parts.quotes
  }

  /** Adds a strategy; `persisted` is what it saved before the last stop. */
  add(strategy: Strategy, persisted: unknown): void {
    for (const other of this.#seats.keys()) {
      if (other.name === strategy.name)
        throw new TradewireError(
          'TW_DUPLICATE',
          `There is a strategy named "${strategy.name}" already; override its name`,
        )
    }
    const { core, random, logger } = this.#parts
    const index = core.intern('strategy', strategy.name)
    const seat: Seat = {
      strategy,
      index,
      random: random.fork(`strategy ${strategy.name}`),
      logger: logger.child({ strategy: strategy.name }),
      timers: new Set(),
      series: new Set(),
      isRunning: false,
    }
    this.#seats.set(strategy, seat)
    strategy.attach({ ...this.#hostFor(), random: seat.random, logger: seat.logger }, persisted)
  }

  #hostFor(): StrategyHost {
    return {
      time: this.time,
      random: this.random,
      logger: this.logger,
      quotes: this.quotes,
      instrument: (symbol) => this.instrument(symbol),
      submit: (strategy, request) => this.submit(strategy, request),
      cancelAll: (strategy, filter) => this.cancelAll(strategy, filter),
      position: (strategy, symbol) => this.position(strategy, symbol),
      persist: (strategy, state) => this.persist(strategy, state),
      addBars: (strategy, options, listener) => this.addBars(strategy, options, listener),
      timer: (strategy, schedule, callback, isOnce) => this.timer(strategy, schedule, callback, isOnce),
    }
  }

  /**
   * Warms strategies up and starts them, one after the other, in the order given. Events of its orders reach a strategy from
   * its start on. When one of them cannot start, it leaves nothing behind.
   */
  async startAll(strategies: readonly Strategy[], signal: AbortSignal | undefined): Promise<void> {
    for (const strategy of strategies) {
      const seat = this.#seatOf(strategy)
      try {
        if (strategy.warmUp !== undefined) await this.#warmUp(strategy, strategy.warmUp, signal)
        if (this.#watchesMarket(strategy)) this.#parts.hub.add(strategy)
        this.#parts.core.setSink(seat.index, (event) => strategy.onOrderEvent(event))
        seat.isRunning = true
        await strategy.onStart()
      } catch (error) {
        this.#end(seat)
        throw error
      }
    }
  }

  /** Ends all strategies: their hooks, timers and bars. What `onStop` throws is reported and harms no other. */
  async stopAll(): Promise<void> {
    for (const seat of [...this.#seats.values()].reverse()) {
      if (seat.isRunning) await this.#stop(seat.strategy)
      this.#end(seat)
    }
    this.#barTimer?.cancel()
    this.#barTimer = undefined
  }

  async #stop(strategy: Strategy): Promise<void> {
    const what = `${strategy.name}.onStop`
    try {
      await withTimeout(this.time, { timeoutMs: stopTimeoutMs, what }, async () => strategy.onStop())
    } catch (error) {
      this.#parts.onError(error, what)
    }
  }

  #end(seat: Seat): void {
    seat.isRunning = false
    for (const timer of seat.timers) timer.cancel()
    seat.timers.clear()
    for (const end of [...seat.series]) end()
    this.#parts.hub.remove(seat.strategy)
    this.#parts.core.setSink(seat.index, undefined)
    this.#seats.delete(seat.strategy)
    if (this.#seats.size > 0) return
    this.#barTimer?.cancel()
    this.#barTimer = undefined
  }

  /** Tells all strategies about a connection. */
  connection(event: ConnectionEvent): void {
    for (const { strategy, isRunning } of this.#seats.values()) {
      if (!isRunning) continue
      try {
        strategy.onConnection(event)
      } catch (error) {
        this.#parts.onError(error, `${strategy.name}.onConnection`)
      }
    }
  }

  instrument(symbol: string) {
    return this.#parts.core.instruments.get(symbol)
  }

  submit(strategy: Strategy, request: OrderRequest) {
    this.#seatOf(strategy)
    return this.#parts.orders.submit({ ...request, strategy: strategy.name })
  }

  cancelAll(strategy: Strategy, filter: object): number {
    return this.#parts.orders.cancelAll({ ...filter, strategy: strategy.name })
  }

  position(strategy: Strategy, symbol: string): PositionReading {
    const { core } = this.#parts
    const instrument = core.instruments.get(symbol)
    let units = 0
    for (let account = 0; account < core.names.accounts.size; account++) {
      units += core.ledger.portfolio.quantityUnits(account, this.#seatOf(strategy).index, instrument.index)
    }
    return { isFlat: units === 0, isLong: units > 0, isShort: units < 0, quantity: instrument.quantityNumber(units) }
  }

  persist(strategy: Strategy, state: unknown): void {
    const { core } = this.#parts
    const text = JSON.stringify(state)
    if (text === undefined)
      throw new TradewireError('TW_INVALID_ARGUMENT', `${strategy.name}: state must be plain JSON data`)
    core.beginTurn()
    try {
      const writer = core.recorder.begin(RecordType.strategyState)
      writer.string(strategy.name)
      writer.string(text)
      core.recorder.commit()
      core.touch()
    } finally {
      core.endTurn()
    }
  }

  addBars(strategy: Strategy, options: TradeBarOptions, listener: (bar: TradeBar) => void): () => void {
    const { bars } = this.#parts
    const seat = this.#seatOf(strategy)
    // Closes the bars of a market that has gone quiet; trades close all others.
    this.#barTimer ??= this.time.every(1_000, () => bars.advance(this.time.wallUs()))
    const series = bars.addTradeBars(options, (bar) => this.#guard(`${strategy.name}.bars`, () => listener(bar)))
    const end = () => {
      bars.remove(series)
      seat.series.delete(end)
    }
    seat.series.add(end)
    return end
  }

  timer(
    strategy: Strategy,
    schedule: (run: () => void) => TimerHandle,
    callback: () => void,
    isOnce = false,
  ): TimerHandle {
    const { core } = this.#parts
    const seat = this.#seatOf(strategy)
    const timer = schedule(() => {
      if (isOnce) seat.timers.delete(handle)
      core.beginTurn()
      this.#guard(`${strategy.name} timer`, callback)
      core.endTurn()
    })
    const handle: TimerHandle = {
      cancel: () => {
        seat.timers.delete(handle)
        timer.cancel()
      },
    }
    seat.timers.add(handle)
    return handle
  }

  #guard(where: string, call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#parts.onError(error, where)
    }
  }

  async #warmUp(
    strategy: Strategy,
    request: WarmUp,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    const { history, core, onError } = this.#parts
    if (history === undefined) {
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `Strategy ${strategy.name} wants ${request.durationMs} ms of history; pass the "history" option that provides it`,
      )
    }
    if (!this.#watchesMarket(strategy)) {
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `Strategy ${strategy.name} wants history and overrides no hook that would see it`,
      )
    }
    // A ring of its own: history moves no reference price and no quote of the live market.
    const ring = new IngestRing({ capacity: 4_096 })
    ring.addConsumer({
      name: 'history',
      policy: 'backpressure',
      handlers: strategyHandlers(strategy, core.instruments, onError),
    })
    strategy.isWarmingUp = true
    try {
      await history(request, ring, () => ring.drain(), signal)
      ring.drain()
    } finally {
      strategy.isWarmingUp = false
    }
  }

  /** Whether a strategy overrides any hook of market data: one that lives on timers and order events does not. */
  #watchesMarket(strategy: Strategy): boolean {
    return Object.keys(strategyHandlers(strategy, this.#parts.core.instruments, this.#parts.onError)).length > 0
  }

  #seatOf(strategy: Strategy): Seat {
    const seat = this.#seats.get(strategy)
    if (seat === undefined)
      throw new TradewireError('TW_DISPOSED', `Strategy ${strategy.name} is not part of the system any more`)
    return seat
  }
}
