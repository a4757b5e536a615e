/**
 * The strategies of a system: what they are given, their start and stop, their saved state, and what happens when one of
 * their hooks throws.
 *
 *   add ─► (history) ─► subscribed ─► onStart ─► market data, order events, timers ─► onStop ─► gone
 *                                                        └── a hook throws ─► by policy: gone, its orders canceled
 */
import type { BaseConnector } from '../connector/base-connector.js'
import type { Subscription } from '../connector/subscriptions.js'
import { messageOf, TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { Random } from '../core/random.js'
import type { TimerHandle } from '../core/scheduler.js'
import { type Time, withTimeout } from '../core/time.js'
import type { ExecutionDesk } from '../execution/desk.js'
import type { BarAggregator } from '../market/bar-aggregator.js'
import type { TradeBar, TradeBarOptions } from '../market/bars.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { OrderRequest } from '../model/order.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderManager } from '../oms/order-manager.js'
import { riskMemoryName } from '../oms/risk-memory.js'
import type { SplitReport } from '../oms/splits.js'
import { checkFilter } from '../ring/filter.js'
import type { StrategyErrorPolicy } from './config.js'
import type { FeedEvent } from './feed-event.js'
import { type MarketHub, WantedInstruments, watchedKinds, watchPromise } from './market-hub.js'
import {
  type ConnectionEvent,
  overrides,
  type PositionReading,
  type Strategy,
  type StrategyHost,
  type StrategySubscription,
} from './strategy.js'
import { type HistoryProvider, warmUp } from './warm-up.js'

/** How long a strategy may take to stop, on the system's clock. */
const stopTimeoutMs = 10_000

/** A strategy that was ended because one of its hooks threw. */
export interface StrategyFailure {
  strategy: string
  /** The hook, or `timer` or `bars`. */
  hook: string
  error: unknown
  /** How many of its orders were asked to be canceled. */
  cancels: number
  /** Whether the whole system was halted. */
  isHalted: boolean
}

/** What a desk works with. */
export interface StrategyDeskParts {
  core: OrderCore
  orders: OrderManager
  hub: MarketHub
  connectors: ReadonlyMap<string, BaseConnector>
  /** Over which of them a stream comes, where a strategy names none. */
  sourcesOf(subscription: Subscription): readonly BaseConnector[]
  bars: BarAggregator
  quotes: QuoteCache
  time: Time
  random: Random
  logger: Logger
  policy: StrategyErrorPolicy
  history?: HistoryProvider
  /** What strategies saved before the last stop, by name. Kept up to date here. */
  saved: Map<string, unknown>
  /** Who works brackets and groups; asked when one is submitted. */
  execution(): ExecutionDesk
  /** A hook threw. */
  onError: (error: unknown, where: string, strategy: string) => void
  /** A strategy was ended for that. */
  onFailed: (failure: StrategyFailure) => void
}

interface Seat {
  strategy: Strategy
  name: string
  index: number
  wanted: WantedInstruments
  timers: Set<TimerHandle>
  series: Set<() => void>
  /** `connector` where the strategy named it: other streams are where the feeds have them. */
  subscriptions: { connector: BaseConnector | undefined; subscription: Subscription }[]
  isRunning: boolean
  /** The first failure, once one has ended it. */
  failure: unknown
}

/** Runs strategies. */
export class StrategyDesk {
  readonly #parts: StrategyDeskParts
  readonly #seats = new Map<Strategy, Seat>()
  #barTimer: TimerHandle | undefined

  constructor(parts: StrategyDeskParts) {
    this.#parts = parts
    parts.orders.events.on('split', (report) => this.#split(report))
  }

  /** Strategies that were added and have not ended, by name. */
  get names(): string[] {
    return [...this.#seats.values()].map(({ name }) => name)
  }

  /** Adds a strategy; it gets what it saved before. @throws TradewireError `TW_DUPLICATE`, `TW_INVALID_STATE`, `TW_INVALID_CONFIG` (its name), `TW_INVALID_ARGUMENT` (its filter). */
  add(strategy: Strategy): void {
    const { core, random, logger, saved } = this.#parts
    const { name } = strategy
    if (typeof name !== 'string' || name === '')
      throw new TradewireError('TW_INVALID_CONFIG', 'A strategy must have a name: text that is not empty')
    if (name === riskMemoryName)
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `A strategy cannot be named "${name}": what risk controls remember is saved under it; override its name`,
      )
    if (strategy.filter !== undefined) checkFilter(strategy.filter)
    if (this.names.includes(name))
      throw new TradewireError('TW_DUPLICATE', `There is a strategy named "${name}" already; override its name`)
    const seat: Seat = {
      strategy,
      name,
      index: core.intern('strategy', name),
      wanted: new WantedInstruments(strategy.symbols, core.instruments),
      timers: new Set(),
      series: new Set(),
      subscriptions: [],
      isRunning: false,
      failure: undefined,
    }
    strategy.attach(this.#hostFor(random.fork(`strategy ${name}`), logger.child({ strategy: name })), saved.get(name))
    this.#seats.set(strategy, seat)
  }

  #hostFor(random: Random, logger: Logger): StrategyHost {
    const { time, quotes, core } = this.#parts
    return {
      time,
      random,
      logger,
      quotes,
      instrument: (instrument) => this.#instrument(instrument),
      submit: (strategy, request) => this.#submit(strategy, request),
      submitAlgo: (strategy, request) =>
        this.#parts.orders.submit({ ...request, strategy: this.#seatOf(strategy).name }),
      submitBracket: (strategy, request) =>
        this.#parts.execution().submitBracket({ ...request, strategy: this.#seatOf(strategy).name }),
      submitGroup: (strategy, request) => {
        const { name } = this.#seatOf(strategy)
        const orders = request.orders.map((order) => ({ ...order, strategy: name }))
        return this.#parts.execution().submitGroup({ ...request, orders })
      },
      cancelAll: (strategy, filter) => this.#parts.orders.cancelAll({ ...filter, strategy: strategy.name }),
      problem: (strategy, where, error) => this.#parts.onError(error, where, strategy.name),
      position: (strategy, instrument) => this.#position(strategy, instrument),
      subscribe: async (strategy, symbols, options) => {
        const seat = this.#seatOf(strategy)
        for (const symbol of symbols) seat.wanted.add(core.instruments.get(symbol).index)
        await this.#subscribe(seat, symbols, options)
      },
      persist: (strategy, state) => this.#persist(strategy, state),
      addBars: (strategy, options, listener) => this.#addBars(strategy, options, listener),
      timer: (strategy, schedule, callback, isOnce) => this.#timer(strategy, schedule, callback, isOnce),
    }
  }

  /**
   * Warms strategies up, subscribes and starts them, one after the other, in the order given. Events of its orders reach a
   * strategy from its start on. When one of them cannot start, it leaves nothing behind.
   */
  async startAll(strategies: readonly Strategy[], signal: AbortSignal | undefined): Promise<void> {
    for (const strategy of strategies) {
      const seat = this.#seatOf(strategy)
      try {
        await this.#start(seat, signal)
      } catch (error) {
        this.#end(seat)
        throw error
      }
    }
  }

  async #start(seat: Seat, signal: AbortSignal | undefined): Promise<void> {
    const { history, core, time, hub } = this.#parts
    const { strategy } = seat
    const onThrow = (error: unknown, hook: string) => this.#threw(seat, error, hook)
    if (strategy.warmUp !== undefined)
      await warmUp(strategy, strategy.warmUp, { history, instruments: core.instruments, time, signal, onThrow })
    if (strategy.symbols !== undefined) await this.#subscribe(seat, strategy.symbols, {}, signal)
    if (seat.failure !== undefined) throw seat.failure
    hub.add(strategy, seat.wanted, onThrow)
    core.setSink(seat.index, (event) => {
      try {
        const result: unknown = strategy.onOrderEvent(event)
        if (result !== undefined) watchPromise(result, 'onOrderEvent', onThrow)
      } catch (error) {
        onThrow(error, 'onOrderEvent')
      }
    })
    seat.isRunning = true
    await strategy.onStart()
  }

  /** Ends all strategies, the last first. */
  async stopAll(): Promise<void> {
    for (const { strategy } of [...this.#seats.values()].reverse()) await this.stop(strategy)
    this.#barTimer?.cancel()
    this.#barTimer = undefined
  }

  /** Ends a strategy: its hooks, timers, bars and subscriptions. What `onStop` throws is reported and harms no other. */
  async stop(strategy: Strategy): Promise<void> {
    const seat = this.#seats.get(strategy)
    if (seat === undefined) return
    const { time, onError } = this.#parts
    const what = `${seat.name}.onStop`
    try {
      if (seat.isRunning)
        await withTimeout(time, { timeoutMs: stopTimeoutMs, what }, async () => await strategy.onStop())
    } catch (error) {
      onError(error, what, seat.name)
    }
    this.#end(seat)
  }

  /** How many subscriptions of strategies name a connector and want a stream from no other. */
  namedUses(connector: BaseConnector, { kind, instrument }: Subscription): number {
    let uses = 0
    for (const { subscriptions } of this.#seats.values())
      for (const each of subscriptions)
        if (each.connector === connector && each.subscription.kind === kind)
          uses += each.subscription.instrument === instrument ? 1 : 0
    return uses
  }

  #end(seat: Seat): void {
    seat.isRunning = false
    seat.wanted.end()
    for (const timer of seat.timers) timer.cancel()
    seat.timers.clear()
    for (const end of [...seat.series]) end()
    for (const { connector, subscription } of seat.subscriptions.splice(0))
      for (const source of connector === undefined ? this.#parts.sourcesOf(subscription) : [connector])
        source
          .unsubscribeFrom(subscription)
          .catch((error: unknown) => this.#parts.onError(error, `${seat.name}: unsubscribe`, seat.name))
    this.#parts.hub.remove(seat.strategy)
    this.#parts.core.setSink(seat.index, undefined)
    this.#seats.delete(seat.strategy)
    try {
      seat.strategy.onEnded()
    } catch (error) {
      this.#parts.onError(error, `${seat.name}.onEnded`, seat.name)
    }
    if (this.#seats.size > 0) return
    this.#barTimer?.cancel()
    this.#barTimer = undefined
  }

  /** Tells all strategies about a connection. */
  connection(event: ConnectionEvent): void {
    for (const seat of [...this.#seats.values()])
      if (seat.isRunning) this.#call(seat, 'onConnection', () => seat.strategy.onConnection(event))
  }

  /** Tells all strategies that a stock split was applied. */
  #split(report: SplitReport): void {
    for (const seat of [...this.#seats.values()])
      if (seat.isRunning) this.#call(seat, 'onSplit', () => seat.strategy.onSplit(report))
  }

  /** Tells strategies what happened to their feeds: those that want the instrument, or all where it is of no single one. */
  feed(event: FeedEvent): void {
    const instrument = event.type === 'stream' || event.type === 'quality' ? event.instrument : -1
    for (const seat of [...this.#seats.values()]) {
      if (!seat.isRunning || !overrides(seat.strategy, 'onFeed')) continue
      if (instrument < 0 || seat.wanted.has(instrument)) this.#call(seat, 'onFeed', () => seat.strategy.onFeed(event))
    }
  }

  // ---- What throws -----------------------------------------------------------------------------------------------------

  #call(seat: Seat, hook: string, run: () => unknown): void {
    try {
      const result = run()
      if (result !== undefined) watchPromise(result, hook, (error) => this.#threw(seat, error, hook))
    } catch (error) {
      this.#threw(seat, error, hook)
    }
  }

  /** A hook threw: reported, and the strategy goes on or not by policy. Whether it goes on. */
  #threw(seat: Seat, error: unknown, hook: string): boolean {
    const { policy, onError } = this.#parts
    onError(error, `${seat.name}.${hook}`, seat.name)
    if (policy === 'log') return seat.isRunning || seat.strategy.isWarmingUp
    seat.failure ??= error
    if (seat.isRunning) this.#fail(seat, error, hook)
    return false
  }

  #fail(seat: Seat, error: unknown, hook: string): void {
    const { core, orders, policy, onFailed } = this.#parts
    this.#end(seat)
    core.beginTurn()
    try {
      const isHalted = policy === 'halt'
      const reason = `strategy ${seat.name}: ${hook} threw: ${messageOf(error)}`
      if (isHalted && !core.gate.states.isKilled('global', 0))
        core.setTradingState('global', 0, 'HALTED', 'system', reason)
      const cancels = orders.cancelAll({ strategy: seat.name })
      onFailed({ strategy: seat.name, hook, error, cancels, isHalted })
    } finally {
      core.endTurn()
    }
  }

  // ---- What strategies can do ------------------------------------------------------------------------------------------

  #instrument(instrument: string | number) {
    const { instruments } = this.#parts.core
    if (typeof instrument === 'string') return instruments.get(instrument)
    const known = instruments.at(instrument)
    if (known !== undefined) return known
    throw new TradewireError('TW_UNKNOWN_INSTRUMENT', `There is no instrument with index ${instrument}`)
  }

  #submit(strategy: Strategy, request: OrderRequest) {
    const { name } = this.#seatOf(strategy)
    return this.#parts.orders.submit({ ...request, strategy: name })
  }

  #position(strategy: Strategy, name: string | number): PositionReading {
    const { core } = this.#parts
    const instrument = this.#instrument(name)
    const { index } = this.#seatOf(strategy)
    let units = 0
    for (let account = 0; account < core.names.accounts.size; account++)
      units += core.ledger.portfolio.strategyQuantityUnits(account, index, instrument.index)
    return {
      isFlat: units === 0,
      isLong: units > 0,
      isShort: units < 0,
      quantity: instrument.quantityNumber(units),
      quantityUnits: units,
    }
  }

  async #subscribe(
    seat: Seat,
    symbols: readonly string[],
    { kinds = watchedKinds(seat.strategy), connector: name }: StrategySubscription,
    signal?: AbortSignal,
  ): Promise<void> {
    const { core } = this.#parts
    for (const symbol of symbols) {
      const instrument = core.instruments.get(symbol).index
      for (const kind of kinds) {
        const subscription = { kind, instrument }
        const sources = this.#sourcesOf(seat, subscription, name)
        for (const source of sources) await source.subscribeTo(subscription, signal)
        seat.subscriptions.push({ connector: name === undefined ? undefined : sources[0], subscription })
      }
    }
  }

  #sourcesOf(seat: Seat, subscription: Subscription, name: string | undefined): readonly BaseConnector[] {
    const { connectors, sourcesOf } = this.#parts
    if (name !== undefined) {
      const connector = connectors.get(name)
      if (connector !== undefined) return [connector]
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `Strategy ${seat.name} wants data of connector "${name}"; there are: ${[...connectors.keys()].join(', ') || 'none'}`,
      )
    }
    const sources = sourcesOf(subscription)
    if (sources.length > 0) return sources
    throw new TradewireError(
      'TW_NOT_SUPPORTED',
      `Strategy ${seat.name} wants ${subscription.kind}, and no connector of this system has them; leave the hook out, or add one that has`,
    )
  }

  #persist(strategy: Strategy, state: unknown): void {
    const { core, saved } = this.#parts
    const { name } = this.#seatOf(strategy)
    const text = JSON.stringify(state)
    if (text === undefined) throw new TradewireError('TW_INVALID_ARGUMENT', `${name}: state must be plain JSON data`)
    core.facts.saveStrategyState(name, text)
    saved.set(name, JSON.parse(text))
  }

  #addBars(strategy: Strategy, options: TradeBarOptions, listener: (bar: TradeBar) => void): () => void {
    const { bars, time } = this.#parts
    const seat = this.#seatOf(strategy)
    // Closes the bars of a market that has gone quiet; trades close all others.
    this.#barTimer ??= time.every(1_000, () => bars.advance(time.wallUs()))
    const series = bars.addTradeBars(options, (bar) => this.#call(seat, 'bars', () => listener(bar)))
    const end = () => {
      bars.remove(series)
      seat.series.delete(end)
    }
    seat.series.add(end)
    return end
  }

  #timer(
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
      try {
        this.#call(seat, 'timer', callback)
      } finally {
        core.endTurn()
      }
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

  #seatOf(strategy: Strategy): Seat {
    const seat = this.#seats.get(strategy)
    if (seat === undefined)
      throw new TradewireError('TW_DISPOSED', `Strategy ${strategy.name} is not part of the system any more`)
    return seat
  }
}
