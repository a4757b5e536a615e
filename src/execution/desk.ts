/**
 * The execution desk: takes orders that an algorithm works, gives each of them its world, and wakes them when something
 * happens. It stands behind the order manager's `ParentOrderPort`; its children go through the order manager like all orders.
 */

import { Calendars } from '../calendar/calendars.js'
import { TypedEmitter } from '../core/emitter.js'
import { messageOf, TradewireError } from '../core/errors.js'
import { SeededRandom } from '../core/random.js'
import type { Time } from '../core/time.js'
import { BookStore } from '../market/book-store.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { AlgoOrderRequest, SorParameters } from '../model/algo.js'
import { algoError } from '../model/algo-error.js'
import type { Instrument } from '../model/instrument.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderFilter, OrderManager } from '../oms/order-manager.js'
import type { ParentRecord } from '../oms/parent-books.js'
import type { ParentEvent, ParentOrderHandle, ParentOrderPort, PauseReason } from '../oms/parent-port.js'
import type { IngestRing } from '../ring/ingest-ring.js'
import { TradingStatus } from '../ring/kinds.js'
import { ReferenceFault } from '../risk/reference-prices.js'
import { stateOfWord, TradingState } from '../risk/trading-state.js'
import { type AlgorithmFactories, type AlgorithmFactory, factoryOf } from './algorithms.js'
import { GroupOrder, type GroupState } from './group-order.js'
import {
  type BracketRequest,
  bracketPlan,
  type GroupPlan,
  type GroupRequest,
  type GroupSurroundings,
  groupPlan,
} from './group-plan.js'
import { ParentDesk } from './parent-desk.js'
import { ParentPlanner } from './parent-planner.js'
import type { ParentState } from './parent-ports.js'
import { type ParentPlan, readTerms, valuationUnits } from './parent-terms.js'
import { protectionAtEnd, type UnprotectedPosition } from './protection.js'
import { readPrices } from './read-prices.js'
import { Tapes } from './tape.js'
import { type SmartRoutingOptions, VenueBoard } from './venue-board.js'

/** What a desk works with. */
export interface ExecutionDeskOptions {
  core: OrderCore
  orders: OrderManager
  time: Time
  quotes: QuoteCache
  /** Account and strategy of orders that name none. */
  account: string
  strategy: string
  /** Index of the connector for an order without one; below 0 where there is none. */
  route(instrument: number, account: string): number
  /** Algorithms of one's own by name: `custom:...`. */
  algorithms?: AlgorithmFactories
  /** Calendars that instruments may name; the built-in ones unless given. */
  calendars?: Pick<Calendars, 'has'>
  /** How orders of the algorithm `sor` judge venues. */
  smartRouting?: SmartRoutingOptions
  /** Of random variations; 1 unless given. */
  seed?: number
  onError?: (error: unknown, where: string) => void
}

/** Events of all parent orders. */
export interface ExecutionEvents {
  parent: ParentEvent
}

/** Whom an order belongs to and where it goes, as indices of the order plane. */
export interface Whereabouts {
  readonly instrument: Instrument
  readonly account: number
  readonly strategy: number
  /** Below 0: by the route. */
  readonly connector: number
  readonly accountName: string
}

/** See the file's header. */
export class ExecutionDesk implements ParentOrderPort {
  readonly events = new TypedEmitter<ExecutionEvents>()
  readonly #options: ExecutionDeskOptions
  readonly #parents = new Map<string, ParentDesk>()
  /** Groups that are open, and those that ended and are remembered: a late execution opens a bracket again. */
  readonly #groups = new Map<string, GroupOrder>()
  readonly #endedGroups = new Map<string, GroupOrder>()
  /** Open orders by instrument. */
  readonly #byInstrument: (ParentDesk[] | undefined)[] = []
  readonly #tapes: Tapes
  readonly #board: VenueBoard
  readonly #books: BookStore | undefined
  readonly #planner: ParentPlanner
  #nextParent = 1
  #isSuspended = false

  constructor(options: ExecutionDeskOptions) {
    this.#options = options
    const { core, orders } = options
    this.#tapes = new Tapes(core.instruments)
    this.#books = options.smartRouting?.depth === true ? bookStore(core) : undefined
    this.#board = new VenueBoard({
      core,
      quotes: options.quotes,
      options: options.smartRouting ?? {},
      nowUs: () => options.time.wallUs(),
      ...(this.#books === undefined
        ? {}
        : { book: (instrument, connector) => this.#books?.level2(instrument, connector) }),
    })
    const random = new SeededRandom(options.seed ?? 1)
    const { time, quotes, account, strategy, algorithms, calendars = new Calendars() } = options
    this.#planner = new ParentPlanner({
      core,
      orders,
      time,
      quotes,
      account,
      strategy,
      algorithms,
      calendars,
      board: this.#board,
      route: (instrument, name) => options.route(instrument, name),
      newId: () => this.#newId(),
      seedOf: (id) => random.fork(id).below(0x1_0000_0000),
    })
    orders.parents = this
    core.otherWaits = {
      hasWaits: false,
      giveUpWaits: (error) => this.#giveUp(error, false),
      abandonWaits: (error) => this.#giveUp(error, true),
    }
    Object.defineProperty(core.otherWaits, 'hasWaits', {
      get: () => [...this.#parents.values(), ...this.#groups.values()].some(({ handle }) => handle.isAwaited),
    })
    core.events.on('state', () => this.wake())
  }

  #giveUp(error: TradewireError, isFinal: boolean): void {
    for (const { handle } of [...this.#parents.values(), ...this.#groups.values()]) handle.giveUp(error, isFinal)
  }

  // ---- Orders ----------------------------------------------------------------------------------------------------------

  /** Takes an order. @throws TradewireError `TW_INVALID_ALGO` and others, before anything is sent. */
  submit(request: AlgoOrderRequest): ParentOrderHandle {
    const { core } = this.#options
    const known = this.#knownAs(request)
    if (known !== undefined) return known
    core.turn.begin()
    try {
      const plan = this.#planner.planOf(request)
      const factory = this.#planner.factoryOf(plan) as AlgorithmFactory
      const refusal = this.#refusal()
      const record = refusal === undefined ? core.parents.open(plan.id, JSON.stringify(plan)) : undefined
      const desk = this.#add(plan, factory, record)
      if (refusal === undefined) desk.parent.start()
      else desk.parent.refuse(refusal)
      return desk.handle
    } finally {
      core.turn.end()
    }
  }

  /** A parent order by client order id. */
  get(id: string): ParentOrderHandle | undefined {
    return (this.#parents.get(id) ?? this.#group(id))?.handle
  }

  /** Parent orders that are not closed, the oldest first. */
  get open(): readonly ParentOrderHandle[] {
    const parents = [...this.#parents.values()].filter(({ parent }) => !parent.isClosed)
    return [...parents, ...this.#groups.values()].map(({ handle }) => handle)
  }

  cancelAll(filter: OrderFilter): number {
    const { core } = this.#options
    const instrument = filter.symbol === undefined ? undefined : core.instruments.get(filter.symbol)
    let canceled = 0
    for (const { parent } of [...this.#parents.values()]) {
      const { plan } = parent
      if (parent.isClosed) continue
      if (instrument !== undefined && parent.instrument !== instrument) continue
      if (filter.account !== undefined && plan.account !== filter.account) continue
      if (filter.strategy !== undefined && plan.strategy !== filter.strategy) continue
      if (filter.side !== undefined && plan.side !== filter.side) continue
      // Orders that are not bound to a connector go on elsewhere.
      if (filter.connector !== undefined && plan.connector !== filter.connector) continue
      parent.cancel('all orders were canceled')
      canceled++
    }
    for (const group of [...this.#groups.values()]) {
      const { plan } = group
      if (instrument !== undefined && group.instrument !== instrument) continue
      if (filter.account !== undefined && plan.account !== filter.account) continue
      if (filter.strategy !== undefined && plan.strategy !== filter.strategy) continue
      if (filter.side !== undefined || filter.connector !== undefined) continue
      group.cancel('all orders were canceled', false)
      canceled++
    }
    return canceled
  }

  /** The order that has the id already, when it is the same order. @throws TradewireError `TW_DUPLICATE`. */
  #knownAs({ clientOrderId, side, algo }: AlgoOrderRequest): ParentOrderHandle | undefined {
    if (clientOrderId === undefined) return undefined
    const known = this.#parents.get(clientOrderId)
    if (known !== undefined && known.parent.plan.side === side && known.parent.plan.algo.type === algo.type)
      return known.handle
    if (this.#options.core.ids.isTaken(clientOrderId) || this.#options.core.parents.forbids(clientOrderId))
      throw new TradewireError('TW_DUPLICATE', `An order with id ${clientOrderId} exists already; choose another`)
    return undefined
  }

  /** Why no order is taken now. */
  #refusal(): string | undefined {
    const { core } = this.#options
    if (core.isClosing || this.#isSuspended) return 'CLOSING'
    return core.turn.recorder.isHealthy ? undefined : 'JOURNAL_UNAVAILABLE'
  }

  #newId(): string {
    const { ids } = this.#options.core
    const head = ids.of(0).slice(0, -1)
    return `${head}P${this.#nextParent++}`
  }

  // ---- Groups ----------------------------------------------------------------------------------------------------------

  /**
   * Takes an entry with its protection: a stop, and a target where one is given, for whatever of the entry is filled. They
   * pass a halt. `unprotectedQuantity` of the snapshot says what is held and not confirmed as protected.
   *
   * @throws TradewireError `TW_INVALID_ALGO` and as `OrderManager.submit`, before anything is sent.
   */
  submitBracket(request: BracketRequest): ParentOrderHandle {
    if (typeof request !== 'object' || request === null) throw algoError('INVALID_PARAMETER', 'request', 'is required')
    return this.#submitGroup(request, (around) => bracketPlan(request, around), request.symbol)
  }

  /** Takes orders that depend on one another. @throws TradewireError as {@link submitBracket}. */
  submitGroup(request: GroupRequest): ParentOrderHandle {
    const first = Array.isArray(request?.orders) ? request.orders[0] : undefined
    if (first === undefined) throw algoError('INVALID_PARAMETER', 'orders', 'must be at least two orders')
    const { account, strategy, symbol } = first
    return this.#submitGroup(
      { clientOrderId: request.clientOrderId, account, strategy },
      (around) => groupPlan(request, around),
      symbol,
    )
  }

  #submitGroup(
    names: { clientOrderId?: string | undefined; account?: string | undefined; strategy?: string | undefined },
    make: (around: GroupSurroundings) => GroupPlan,
    symbol: string,
  ): ParentOrderHandle {
    const { core, orders, time, quotes, account, strategy } = this.#options
    const { clientOrderId } = names
    const known = clientOrderId === undefined ? undefined : this.#group(clientOrderId)
    if (known !== undefined) return known.handle
    if (clientOrderId !== undefined && (core.ids.isTaken(clientOrderId) || core.parents.forbids(clientOrderId)))
      throw new TradewireError('TW_DUPLICATE', `An order with id ${clientOrderId} exists already; choose another`)
    core.turn.begin()
    try {
      const instrument = core.instruments.get(symbol)
      const plan = make({
        instrument,
        id: clientOrderId ?? this.#newId(),
        account: names.account ?? account,
        strategy: names.strategy ?? strategy,
        nowUs: time.wallUs(),
        isHedged: orders.isHedged(names.strategy ?? strategy),
        bid: quotes.bid(instrument.index),
        ask: quotes.ask(instrument.index),
      })
      const refusal = this.#refusal()
      if (refusal !== undefined)
        throw new TradewireError('TW_INVALID_STATE', `No group of orders is taken now: ${refusal}`)
      const group = this.#addGroup(plan, core.parents.open(plan.id, JSON.stringify(plan)))
      group.start()
      return group.handle
    } finally {
      core.turn.end()
    }
  }

  #addGroup(plan: GroupPlan, record: ParentRecord): GroupOrder {
    const { core, orders, time, route, onError } = this.#options
    const instrument = core.instruments.get(plan.instrument)
    const group = new GroupOrder({
      core,
      orders,
      time,
      plan,
      record,
      instrument,
      route: () => route(instrument.index, plan.account),
      onEvent: (event) => {
        this.#sort(group)
        this.events.emit('parent', event)
      },
      onError: (error, where) => onError?.(error, where),
    })
    this.#groups.set(plan.id, group)
    return group
  }

  /** Keeps open and ended groups apart; what the order plane's books forget is forgotten here. */
  #sort(group: GroupOrder): void {
    const [here, there] = group.isClosed ? [this.#endedGroups, this.#groups] : [this.#groups, this.#endedGroups]
    const { id } = group.plan
    if (here.has(id)) return
    here.set(id, group)
    there.delete(id)
    if (this.#endedGroups.size % 256 !== 0) return
    for (const known of this.#endedGroups.keys())
      if (!this.#options.core.parents.byId.has(known)) this.#endedGroups.delete(known)
  }

  #group(id: string): GroupOrder | undefined {
    return this.#groups.get(id) ?? this.#endedGroups.get(id)
  }

  /** Shows a price to the triggers that are watched here. */
  #observeGroups(index: number, kind: 'quote' | 'trade', first: number, second: number): void {
    for (const group of this.#groups.values()) {
      if (group.instrument.index !== index || !group.watchesPrices) continue
      const units = (price: number) => (Number.isNaN(price) ? Number.NaN : group.instrument.nearestPriceUnits(price))
      group.observe(kind, units(first), units(second))
    }
  }

  // ---- Worlds ----------------------------------------------------------------------------------------------------------

  #add(plan: ParentPlan, factory: AlgorithmFactory, record: ParentRecord | undefined): ParentDesk {
    const { core, orders, time } = this.#options
    const instrument = core.instruments.get(plan.instrument)
    const where = this.#whereabouts(plan, instrument)
    // What is a broker's business binds nobody here.
    const own = plan.broker === undefined ? plan.algo : {}
    const terms = readTerms(own, plan.side === 'buy' ? 1 : -1, instrument, valuationUnits(plan, instrument))
    const tape = this.#tapes.of(instrument.index, terms.excludeConditions)
    const desk = new ParentDesk({
      core,
      orders,
      time,
      plan,
      terms,
      instrument,
      algorithm: factory.create(plan.algo, plan.trigger),
      record,
      board: this.#board,
      account: where.account,
      obstacle: () => (factory.isRouter === true ? this.#routersObstacle(where, plan) : this.#obstacle(where)),
      readPrices: (view) => readPrices(view, this.#options.quotes),
      tapeUnits: () => tape.units,
      dataFault: () => this.#dataFault(instrument),
      onEvent: (event) => this.#told(event),
      onError: (error, what) => this.#options.onError?.(error, what),
    })
    this.#parents.set(plan.id, desk)
    this.#byInstrument[instrument.index] ??= []
    this.#byInstrument[instrument.index]?.push(desk)
    return desk
  }

  #told(event: ParentEvent): void {
    if (event.type === 'done') this.#retire(event.order.clientOrderId)
    this.events.emit('parent', event)
  }

  /** Closed orders get no prices any more; the oldest of them are forgotten with the order plane's books. */
  #retire(id: string): void {
    const desk = this.#parents.get(id)
    if (desk === undefined) return
    const list = this.#byInstrument[desk.parent.instrument.index]
    const at = list?.indexOf(desk) ?? -1
    if (at >= 0) list?.splice(at, 1)
    if (this.#parents.size % 256 !== 0) return
    for (const [known, { parent }] of this.#parents)
      if (parent.isClosed && !this.#options.core.parents.byId.has(known)) this.#parents.delete(known)
  }

  #whereabouts(plan: ParentPlan, instrument: Instrument): Whereabouts {
    const { core, account, strategy } = this.#options
    const accountName = plan.account ?? account
    return {
      instrument,
      accountName,
      account: core.intern('account', accountName),
      strategy: core.intern('strategy', plan.strategy ?? strategy),
      connector: plan.connector === null ? -1 : core.names.connectors.find(plan.connector),
    }
  }

  /** Why an order could not be sent now: what the gate would say, asked before a child is made. */
  #obstacle({ instrument, account, strategy, connector, accountName }: Whereabouts): PauseReason | undefined {
    const { core, route } = this.#options
    if (this.#refusal() !== undefined) return 'risk'
    const at = connector >= 0 ? connector : route(instrument.index, accountName)
    if (at < 0) return 'disconnect'
    const word = core.gate.states.strictest(account, at, strategy, instrument.index)
    if (stateOfWord(word) === TradingState.HALTED) return 'halt'
    if (core.connectors[at]?.isReady !== true) return 'disconnect'
    const phase = core.gate.phaseOf(instrument.index)
    return phase < 0 || phase === TradingStatus.open ? undefined : 'halt'
  }

  /** A router goes on as long as one venue can be used: it leaves the others out itself. */
  #routersObstacle({ connector: _, ...where }: Whereabouts, { algo }: ParentPlan): PauseReason | undefined {
    let obstacle: PauseReason | undefined = 'disconnect'
    for (const connector of this.#board.connectors((algo as SorParameters).venues)) {
      obstacle = this.#obstacle({ ...where, connector })
      if (obstacle === undefined) return undefined
    }
    return obstacle
  }

  /** What the gate says of the reference price before it looks at anything else. */
  #dataFault({ index }: Instrument): string | undefined {
    const { gate } = this.#options.core
    if (!gate.limits.needsMarketData && gate.limits.collarParts < 0) return undefined
    const fault = gate.references.faultAt(index, this.#options.time.wallUs())
    if (fault === ReferenceFault.none) return undefined
    return fault === ReferenceFault.missing ? 'NO_REFERENCE_PRICE' : 'MARKET_DATA'
  }

  // ---- What happens ----------------------------------------------------------------------------------------------------

  /** Lets the desk see the market: prices and volume are looked at after risk and the quote cache have them. */
  attach(ring: IngestRing): void {
    ring.addConsumer({
      name: 'execution',
      policy: 'backpressure',
      handlers: {
        onQuotes: (from, first, last) => this.#onQuotes(from, first, last),
        onTrades: (from, first, last) => this.#onTrades(from, first, last),
        onStatuses: () => this.wake(),
        ...(this.#books === undefined ? {} : { onBooks: this.#books.applyBatch }),
      },
      onError: (error) => this.#options.onError?.(error, 'execution'),
    })
  }

  #onQuotes(ring: IngestRing, first: number, last: number): void {
    const { instrument, bid, ask } = ring.quotes
    let before = -1
    for (let row = first; row < last; row++) {
      const index = instrument[row] as number
      if (this.#groups.size > 0) this.#observeGroups(index, 'quote', bid[row] as number, ask[row] as number)
      const desks = this.#byInstrument[index]
      if (desks === undefined || desks.length === 0) continue
      for (const { parent } of desks)
        if (parent.wantsQuotes) parent.observe('quote', bid[row] as number, ask[row] as number)
      // A run of one instrument is looked at once, at its end.
      if (index !== before && before >= 0) this.#evaluate(this.#byInstrument[before] ?? [], 1)
      before = index
    }
    if (before >= 0) this.#evaluate(this.#byInstrument[before] ?? [], 1)
  }

  #onTrades(ring: IngestRing, first: number, last: number): void {
    this.#tapes.onTrades(ring, first, last)
    const { instrument, price } = ring.trades
    let before = -1
    for (let row = first; row < last; row++) {
      const index = instrument[row] as number
      if (this.#groups.size > 0) this.#observeGroups(index, 'trade', price[row] as number, Number.NaN)
      const desks = this.#byInstrument[index]
      if (desks === undefined || desks.length === 0) continue
      for (const { parent } of desks) if (parent.wantsTrades) parent.observe('trade', price[row] as number, Number.NaN)
      if (index !== before && before >= 0) this.#evaluate(this.#byInstrument[before] ?? [], 2)
      before = index
    }
    if (before >= 0) this.#evaluate(this.#byInstrument[before] ?? [], 2)
  }

  /** `interest`: 1 quotes, 2 trades. */
  #evaluate(desks: ParentDesk[], interest: 1 | 2): void {
    let isAny = false
    for (let i = 0; i < desks.length; i++) {
      const { parent } = desks[i] as ParentDesk
      if (interest === 1 ? parent.wantsQuotes : parent.wantsTrades) isAny = true
    }
    if (!isAny) return
    const { turn } = this.#options.core
    turn.begin()
    try {
      for (const desk of [...desks])
        if (interest === 1 ? desk.parent.wantsQuotes : desk.parent.wantsTrades) desk.evaluate()
    } finally {
      turn.end()
    }
  }

  /** Something changed that concerns all: a connection, a trading state, a phase of the market. */
  wake(): void {
    if (this.#isSuspended) return
    this.#board.noteConnections()
    const { turn } = this.#options.core
    turn.begin()
    try {
      for (const desk of [...this.#parents.values()]) if (!desk.parent.isClosed) desk.evaluate()
      for (const group of [...this.#groups.values()]) group.evaluate()
    } finally {
      turn.end()
    }
  }

  /** Takes up the orders that the journal holds. Called when venues are connected and reconciled. */
  restore(): void {
    const { core, onError } = this.#options
    core.turn.begin()
    try {
      for (const record of [...core.parents.byId.values()]) {
        if (this.#parents.has(record.id) || this.#group(record.id) !== undefined || record.state === '') continue
        try {
          this.#restoreOne(record)
        } catch (error) {
          onError?.(error, `restoring order ${record.id}`)
          core.anomaly('PARENT_NOT_RESTORED', 0, `Order ${record.id} is not worked any more: ${messageOf(error)}`)
        }
      }
    } finally {
      core.turn.end()
    }
  }

  #restoreOne(record: ParentRecord): void {
    const plan = JSON.parse(record.plan) as ParentPlan | GroupPlan
    if ('group' in plan) {
      const group = this.#addGroup(plan, record)
      group.restore(JSON.parse(record.state) as GroupState)
      this.#sort(group)
      return
    }
    const factory = this.#planner.factoryOf(plan)
    if (factory === undefined)
      throw algoError('UNKNOWN_ALGORITHM', 'algo.type', `${plan.algo.type} is not known; register it in algorithms`)
    this.#add(plan, factory, record).restore(JSON.parse(record.state) as ParentState)
  }

  /** What protects positions now; the answer says which of them are left without protection by then. */
  protectionAtEnd(): () => UnprotectedPosition[] {
    const parents = [...this.#parents.values()].map(({ parent }) => parent)
    return protectionAtEnd(this.#options.core, parents, this.#groups.values())
  }

  /**
   * Ends the desk: no order is taken from here on. With `leave` nothing is sent either, and a restart goes on with what there
   * is; with `cancel` the orders end with {@link cancelAll}, which the order manager calls with its own.
   */
  suspend(policy: 'cancel' | 'leave'): void {
    this.#isSuspended = true
    if (policy === 'cancel') return
    for (const { parent } of this.#parents.values()) parent.suspend()
    for (const groups of [this.#groups, this.#endedGroups]) for (const group of groups.values()) group.suspend()
  }

  /** Quantity displayed for an order of a side (1 buys) up to a limit, over all books that are kept; NaN without any. */
  displayed(instrument: number, side: number, limit: number): number {
    return this.#board.displayedWithin(instrument, side, limit)
  }

  /** Forgets the depth of an instrument that is older than a stock split. */
  clearBooks(instrument: number, beforeUs: number): void {
    this.#books?.clearInstrument(instrument, beforeUs)
  }

  /** Whether an algorithm is known. */
  knows(type: string): boolean {
    return factoryOf(type, this.#options.algorithms) !== undefined
  }
}

/** Books of every instrument at every source, for their depth. */
function bookStore({ instruments }: OrderCore): BookStore {
  return new BookStore({
    define: (instrument) => ({ kind: 'level2', priceStep: instruments.at(instrument).definition.priceIncrement }),
  })
}
