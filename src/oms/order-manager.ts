/**
 * The one way for orders: everything that wants to trade ends in {@link OrderManager.submit}.
 *
 *   submit ─► normalise ─► (same id? the same order) ─► RISK GATE + reserve ─► journal intent ─► connector ─► events
 *
 * All of it up to the hand-over happens in one turn without an await.
 */
import type { ConnectorSet } from '../connector/typed-orders.js'
import { TradewireError } from '../core/errors.js'
import type { AlgoOrderRequest } from '../model/algo.js'
import type { Instrument } from '../model/instrument.js'
import { NormalizedOrder, normalizeOrderRequest } from '../model/normalize-order.js'
import type { OrderChange, OrderRequest, OrderSnapshot } from '../model/order.js'
import { copyOfPlain } from '../model/schema/json.js'
import { FactSource, OrderFlag } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import type { Breach } from '../risk/breach.js'
import { denialCode, LocalReason, Verdict } from '../risk/controls.js'
import { type ConnectorRoute, connectorRoute } from './connector-route.js'
import { type DrainOptions, type DrainReport, drain } from './drain.js'
import { executionsOf, type OrderExecution } from './executions.js'
import { Hedging } from './hedging.js'
import type { OrderCore } from './order-core.js'
import { noConnector, type OrderDefaults, OrderEntry } from './order-entry.js'
import { matchingRows, type OrderFilter } from './order-filter.js'
import type { OrderHandle } from './order-handle.js'
import { OrderRequests } from './order-requests.js'
import type { OrderRules, PendingApproval, RuleOrder } from './order-rules.js'
import { Outgoing } from './outbox.js'
import type { ParentOrderHandle, ParentOrderPort } from './parent-port.js'
import { RecordType, writeTerms } from './records.js'
import { type Responsible, resolveUnknown, type UnknownOutcome } from './resolution.js'
import { scaleSize } from './size-scaling.js'
import { checkOrder } from './sound-verdict.js'
import type { OrderStatisticsReport } from './statistics.js'
import type { ValidationReport } from './validation/report.js'
import type { Validator } from './validation/validator.js'

export type { OrderFilter } from './order-filter.js'

/** What the rules of the host said about one order: why not, or undefined where they agree. */
interface Ruling {
  readonly reason: string | undefined
}

/** Submits, changes and cancels orders. */
export class OrderManager<out C extends ConnectorSet = ConnectorSet> {
  readonly #core: OrderCore
  readonly #defaults: OrderDefaults
  readonly #entry: OrderEntry
  readonly #hedging: Hedging
  readonly #normalized = new NormalizedOrder()
  readonly #requests: OrderRequests
  #parents: ParentOrderPort | undefined

  constructor(core: OrderCore, defaults: OrderDefaults) {
    this.#core = core
    this.#defaults = defaults
    this.#entry = new OrderEntry(core, defaults)
    this.#hedging = new Hedging(core, defaults.positionModeOf)
    this.#requests = new OrderRequests(core, this.#hedging)
    core.bind(
      (number) => this.cancel(number),
      (number, change) => this.modify(number, change as OrderChange),
    )
  }

  /** Events of all orders, and anomalies. */
  get events() {
    return this.#core.events
  }

  /** Totals since the start. */
  get counters() {
    return this.#core.counters
  }

  /** Totals with what they are made of: refusals by reason code, anomalies by kind. Makes an object: read it at scrape time. */
  statistics(): OrderStatisticsReport {
    return this.#core.statistics.report()
  }

  /** From submit to acknowledgement and to the first fill, in nanoseconds of the system's clock. */
  get latency() {
    return this.#core.latency
  }

  /**
   * Submits an order; with `algo`, one that an algorithm works in children of its own. It returns at once: the order is then
   * DENIED (with a reason), or on its way. Submitting the same client order id again returns the handle of the order that has
   * it; nothing is sent twice.
   *
   * @throws TradewireError for a request that is no order: `TW_INVALID_MODEL`, `TW_INVALID_DECIMAL`, `TW_OFF_GRID`,
   * `TW_UNKNOWN_INSTRUMENT`; `TW_CAPACITY` when the table is full of open orders; `TW_INVALID_ALGO` for an algorithm that
   * cannot do it; `TW_DUPLICATE` for an id of the children of another order.
   */
  submit(request: AlgoOrderRequest): ParentOrderHandle
  submit(request: OrderRequest): OrderHandle
  submit(request: OrderRequest | AlgoOrderRequest): OrderHandle | ParentOrderHandle {
    return this.#submit(request, undefined)
  }

  /** `ruling`: what rules said about this one order; undefined where nobody asked them. */
  #submit(request: OrderRequest | AlgoOrderRequest, ruling: Ruling | undefined): OrderHandle | ParentOrderHandle {
    const core = this.#core
    if ((request as Partial<AlgoOrderRequest> | null)?.algo !== undefined) {
      if (core.rules !== undefined) this.#requireCleared(request, ruling)
      return this.#parentPort.submit(request as AlgoOrderRequest)
    }
    const instrument = this.#entry.instrumentOf(request?.symbol)
    const order = normalizeOrderRequest(request, instrument, this.#normalized)
    const { clientOrderId } = order
    if (clientOrderId !== undefined && core.ids.isTaken(clientOrderId)) {
      const known = this.#sameOrder(clientOrderId, order, instrument.index)
      if (known !== undefined) return known
    }
    if (clientOrderId !== undefined && core.parents.forbids(clientOrderId))
      throw new TradewireError(
        'TW_DUPLICATE',
        `${clientOrderId} is an id of the children of another order; choose another`,
      )
    const isProtective = core.parents.isProtective(clientOrderId)
    core.turn.begin()
    try {
      this.#hedging.check(order, order.strategy ?? this.#defaults.strategy)
      const row = this.#entry.create(order, instrument.index, order.reduceOnly || isProtective)
      if (core.gate.sizeMultiplier < 1) scaleSize(core, row)
      if (clientOrderId !== undefined) core.parents.adopt(row)
      if (isProtective) core.table.cells[row + Field.flags] |= OrderFlag.protective
      this.#decide(row, order, ruling)
      return core.news.handleOf(row)
    } finally {
      core.turn.end()
    }
  }

  /**
   * Asks the rules of the host about an order, and submits it when all agree: see {@link OrderRules}. Without rules it submits
   * at once. An order that is refused is DENIED (`USER_RULE`); the rule and its reason are told as an anomaly. `actor`: who
   * wants it; its strategy unless given. Errors as {@link submit}, and `TW_NOT_APPROVED` for an algorithm's order that is refused.
   */
  async propose(
    request: OrderRequest | AlgoOrderRequest,
    { actor, signal }: { actor?: string; signal?: AbortSignal } = {},
  ): Promise<OrderHandle | ParentOrderHandle> {
    const { rules } = this.#core
    // What was asked about is what is submitted, whatever becomes of the object meanwhile.
    const own = copyOfPlain(request)
    if (rules === undefined) return this.submit(own as OrderRequest)
    const order = this.#ruleOrderOf(own, rules)
    const reason = await rules.ask(order, actor, signal)
    return this.#submit(own, { reason })
  }

  /** Orders that wait for a second person. */
  pendingApprovals(): PendingApproval[] {
    return this.#core.rules?.pending() ?? []
  }

  /** A second person agrees to a large order. @throws TradewireError `TW_INVALID_ARGUMENT`; `TW_UNAUTHORIZED` for whoever wants it. */
  approve(id: number, who: { actor: string; reason?: string }): void {
    this.#rules.decide(id, true, who)
  }

  /** A second person does not. Errors as {@link approve}. */
  reject(id: number, who: { actor: string; reason?: string }): void {
    this.#rules.decide(id, false, who)
  }

  get #rules(): OrderRules {
    const { rules } = this.#core
    if (rules !== undefined) return rules
    throw new TradewireError('TW_INVALID_ARGUMENT', 'No order waits for approval: largeOrders is not set')
  }

  /** A request, with an algorithm or without, as rules see it. */
  #ruleOrderOf(request: OrderRequest | AlgoOrderRequest, rules: OrderRules): RuleOrder {
    const { symbol, side, quantity, price, account, strategy, connector } = request as OrderRequest
    const instrument = this.#entry.instrumentOf(symbol)
    const plain = Object.fromEntries(
      Object.entries({ symbol, side, quantity, price, account, strategy, connector }).filter(
        ([, value]) => value !== undefined,
      ),
    )
    const type = price === undefined ? 'MARKET' : 'LIMIT'
    const order = normalizeOrderRequest({ ...plain, type } as OrderRequest, instrument, new NormalizedOrder())
    this.#core.turn.begin()
    try {
      const row = this.#entry.sketch(order, instrument.index)
      const { cells } = this.#core.table
      if (cells[row + Field.connector] === noConnector) cells[row + Field.connector] = 0
      // Names that no order had yet have no index.
      const own = this.#defaults
      return { ...rules.orderOf(row), account: account ?? own.account, strategy: strategy ?? own.strategy }
    } finally {
      this.#core.turn.end()
    }
  }

  /** An algorithm's order that rules have to be asked about was. @throws TradewireError `TW_NOT_APPROVED`. */
  #requireCleared(request: OrderRequest | AlgoOrderRequest, ruling: Ruling | undefined): void {
    const rules = this.#rules
    const reason =
      ruling === undefined
        ? rules.appliesTo(this.#ruleOrderOf(request, rules))
          ? 'rules have to be asked: use orders.propose()'
          : undefined
        : ruling.reason
    if (reason !== undefined) throw new TradewireError('TW_NOT_APPROVED', `The order was refused: ${reason}`)
  }

  /**
   * Submits a market order that closes so much of a position, and passes halts and kill switches as long as, with all that
   * works on its side, it only makes the position smaller. Errors as {@link submit}.
   */
  closePosition(
    request: Pick<OrderRequest, 'symbol' | 'side' | 'quantity' | 'account' | 'strategy' | 'tag'>,
  ): OrderHandle {
    const core = this.#core
    const instrument = this.#entry.instrumentOf(request.symbol)
    const order = normalizeOrderRequest({ ...request, type: 'MARKET' }, instrument, this.#normalized)
    core.turn.begin()
    try {
      const row = this.#entry.create(order, instrument.index, true)
      const { cells } = core.table
      cells[row + Field.flags] = cells[row + Field.flags] | OrderFlag.protective
      // It closes what is held in sum: no position of its own.
      this.#decide(row, order, undefined, true)
      return core.news.handleOf(row)
    } finally {
      core.turn.end()
    }
  }

  /** Whether positions of a strategy are hedged: each order has a position. */
  isHedged(strategy: string): boolean {
    return this.#hedging.isHedged(strategy)
  }

  /** Refuses a request that contradicts how its strategy makes positions. @throws TradewireError `TW_INVALID_MODEL`. */
  checkPosition(request: { positionId: string | undefined; reduceOnly: boolean }, strategy: string): void {
    this.#hedging.check(request, strategy)
  }

  /** Who works orders that have an algorithm. Set by whoever composes the system. */
  set parents(port: ParentOrderPort) {
    this.#parents = port
  }

  get #parentPort(): ParentOrderPort {
    if (this.#parents !== undefined) return this.#parents
    throw new TradewireError(
      'TW_NOT_SUPPORTED',
      'This order manager has nobody to work algorithms; make an ExecutionDesk for it, or leave algo out',
    )
  }

  /** All that an order would be refused for if it were submitted now. Sends, reserves, records and numbers nothing. */
  explain(request: OrderRequest): Breach[] {
    const core = this.#core
    const instrument = this.#entry.instrumentOf(request.symbol)
    const order = normalizeOrderRequest(request, instrument, this.#normalized)
    core.turn.begin()
    try {
      const strategy = order.strategy ?? this.#defaults.strategy
      this.#hedging.check(order, strategy)
      const row = this.#entry.sketch(order, instrument.index)
      const breaches = this.#localBreaches(order)
      const verdict = this.#hedging.refusal(row, order, strategy)
      if (verdict !== 0)
        breaches.push(localBreach(verdict, 'an order that makes its position smaller', 'one that does not'))
      if (core.table.cells[row + Field.connector] === noConnector)
        breaches.push(localBreach(this.#entry.refusal, 'a connector', 'none'))
      else breaches.push(...core.gate.explain(row))
      return breaches
    } finally {
      core.turn.end()
    }
  }

  /**
   * What every stage of the validation pipeline says about a request, the risk gate included: all that fails, not only the
   * first. Sends, reserves, records and counts nothing. A request that is no order fails its first stage.
   *
   * @throws TradewireError `TW_INVALID_STATE` without a pipeline (option `validation`); `TW_UNKNOWN_INSTRUMENT`; `TW_CAPACITY`.
   */
  validate(request: OrderRequest): ValidationReport {
    const core = this.#core
    const validator = this.#validator
    const instrument = this.#entry.instrumentOf(request.symbol)
    const { account: ownAccount, strategy: ownStrategy } = this.#defaults
    core.turn.begin()
    try {
      const order = this.#normalizedOrFault(request, instrument)
      if (order instanceof TradewireError)
        return validator.refuseRequest(order, request.symbol, request.strategy ?? ownStrategy, core.turn.nowUs)
      const row = this.#entry.sketch(order, instrument.index)
      const breaches = this.#localBreaches(order)
      if (core.table.cells[row + Field.connector] === noConnector) {
        core.table.cells[row + Field.connector] = 0
        breaches.push(localBreach(this.#entry.refusal, 'a connector', 'none'))
      } else breaches.push(...core.gate.explain(row))
      return validator.explain(row, breaches, order.account ?? ownAccount, order.strategy ?? ownStrategy)
    } finally {
      core.turn.end()
    }
  }

  /** The order of a request, or what makes it none. */
  #normalizedOrFault(request: OrderRequest, instrument: Instrument): NormalizedOrder | TradewireError {
    try {
      return normalizeOrderRequest(request, instrument, this.#normalized)
    } catch (error) {
      if (error instanceof TradewireError) return error
      throw error
    }
  }

  /** Totals of the validation pipeline. @throws TradewireError `TW_INVALID_STATE` without one. */
  get validationCounters() {
    return this.#validator.counters
  }

  get #validator(): Validator {
    const { validator } = this.#core
    if (validator !== undefined) return validator
    throw new TradewireError(
      'TW_INVALID_STATE',
      'There is no validation pipeline: give the option validation, {} for its defaults',
    )
  }

  #localBreaches({ clientOrderId }: NormalizedOrder): Breach[] {
    const { turn, ids } = this.#core
    const breaches: Breach[] = []
    if (this.#core.isClosing) breaches.push(localBreach(LocalReason.CLOSING, 'a system that trades', 'closing'))
    if (this.#core.isReadOnly) breaches.push(localBreach(LocalReason.READ_ONLY, 'a system that trades', 'read-only'))
    if (!turn.recorder.isHealthy)
      breaches.push(
        localBreach(LocalReason.JOURNAL_UNAVAILABLE, 'a journal that takes records', turn.recorder.journal.state),
      )
    if (clientOrderId === undefined) return breaches
    if (ids.isTaken(clientOrderId))
      breaches.push({
        control: 'duplicate',
        code: denialCode(Verdict.duplicate),
        limit: 'an id of its own',
        observed: clientOrderId,
      })
    else if (!ids.hasRoom) breaches.push(localBreach(LocalReason.CAPACITY, 'room for another client order id', 'none'))
    return breaches
  }

  /**
   * Asks for a change of a working order. Returns the number of the request, which the events that answer it carry.
   *
   * @throws TradewireError `TW_UNKNOWN_ORDER`; `TW_INVALID_STATE` when it is closed, of unknown fate, or a cancel is under way;
   * `TW_NOT_SUPPORTED` when the venue cannot change orders; `TW_CAPACITY` when too many changes are under way; and the
   * errors of terms that are no terms. A change that the risk gate refuses ends in an `update_rejected` event.
   */
  modify(number: number, change: OrderChange): number {
    return this.#requests.modify(this.#core.rowOf(number), change)
  }

  /**
   * Asks for an order to be canceled. Nothing holds it back: no limit, no halt, no failing disk. Does nothing when the order
   * is closed or a cancel is under way.
   *
   * @throws TradewireError `TW_UNKNOWN_ORDER`.
   */
  cancel(number: number): void {
    this.#requests.cancel(this.#core.rowOf(number))
  }

  /**
   * One connector by name, with the types of what its venue can do: an order type or a kind of data that it does not have
   * does not compile.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` for a name that no connector has.
   */
  via<N extends keyof C & string>(name: N): ConnectorRoute<C[N]['capabilities']> {
    const { names, connectors, instruments } = this.#core
    const own = () => {
      const connector = connectors[names.connectors.find(name)]
      if (connector !== undefined) return connector
      throw new TradewireError('TW_INVALID_ARGUMENT', `There is no connector named "${name}"`)
    }
    return connectorRoute(own().name, {
      submit: (request) => this.#submit(request, undefined),
      cancelAll: (only) => this.cancelAll({ connector: only }),
      subscribe: (symbol, kind, signal) =>
        own().subscribeTo({ kind, instrument: instruments.get(symbol).index }, signal),
    })
  }

  /** Cancels all open orders that fit the filter. Returns how many cancels were asked for. */
  cancelAll(filter: OrderFilter = {}): number {
    const core = this.#core
    let asked = 0
    core.turn.begin()
    try {
      for (const row of matchingRows(this.#core, filter, true)) if (this.#requests.cancel(row)) asked++
      // Otherwise they would send again what is canceled here.
      this.#parents?.cancelAll(filter)
    } finally {
      core.turn.end()
    }
    return asked
  }

  /**
   * Says what became of an order whose fate is not known: somebody has looked at the venue. It goes on record with who and
   * why, is told as an event whose source is `operator`, and counts until the venue says otherwise; an execution that comes
   * later is booked all the same. `order`: its number, its client order id, or its handle.
   *
   * @throws TradewireError `TW_UNKNOWN_ORDER`; `TW_INVALID_STATE` when its fate is known or the outcome contradicts what is
   * known; `TW_INVALID_ARGUMENT` naming the field, and the errors of amounts that are none.
   */
  resolveUnknown(order: number | string | OrderHandle, outcome: UnknownOutcome, who: Responsible): void {
    const core = this.#core
    const number =
      typeof order === 'number' ? order : typeof order === 'string' ? core.ids.numberOf(order) : order.number
    resolveUnknown(core, core.rowOf(number), outcome, who)
  }

  /**
   * Ends trading: from here on new orders are denied (`CLOSING`) and changes are refused; open orders are canceled or left, by
   * policy. Waits for the outcome of cancels, for a bounded time, and says which orders stay open. Those that should have
   * been canceled are anomalies (`LEFT_OPEN`), too, and the journal names all. Calling it again deals with what is open then.
   */
  drain(options: DrainOptions): Promise<DrainReport> {
    return drain(this.#core, options, () => this.cancelAll())
  }

  /**
   * Writes the state of the order plane into the journal now, so that a restart need not read what came before. False where
   * the journal takes none: in memory, failed, or full.
   */
  saveSnapshot(): boolean {
    return this.#core.writeSnapshot()
  }

  /** The handle of an order by client order id; undefined when it is unknown or beyond the history. */
  get(clientOrderId: string): OrderHandle | undefined {
    const core = this.#core
    const row = core.table.rowOf(core.ids.numberOf(clientOrderId))
    return row < 0 ? undefined : core.news.handleOf(row)
  }

  /** Whether orders that were sent have left the bounded history, in this life or an earlier one that the journal tells of. */
  get hasForgotten(): boolean {
    return !this.#core.identities.isEmpty
  }

  /** Snapshots of the open orders, oldest first. */
  openOrders(filter: OrderFilter = {}): OrderSnapshot[] {
    return matchingRows(this.#core, filter, true).map((row) => this.#core.snapshot(this.#core.table.cells[row]))
  }

  /** Handles of all orders that are known, open or closed, as far as the history goes; oldest first. */
  list(filter: OrderFilter = {}): OrderHandle[] {
    return matchingRows(this.#core, filter, false)
      .sort((a, b) => this.#core.table.cells[a] - this.#core.table.cells[b])
      .map((row) => this.#core.news.handleOf(row))
  }

  /**
   * The executions of an order that count, in the order in which they came.
   *
   * @throws TradewireError `TW_UNKNOWN_ORDER`.
   */
  executions(number: number): OrderExecution[] {
    return executionsOf(this.#core, this.#core.rowOf(number))
  }

  /** The order that has the id already, when it is the same order; otherwise undefined, and the new one will be denied. */
  #sameOrder(id: string, order: NormalizedOrder, instrument: number): OrderHandle | undefined {
    const core = this.#core
    const { cells } = core.table
    const row = core.table.rowOf(core.ids.numberOf(id))
    if (row < 0) return undefined
    const isAlike =
      cells[row + Field.instrument] === instrument &&
      cells[row + Field.side] === order.sideSign &&
      cells[row + Field.type] === order.typeIndex
    // Once the venue has confirmed other terms, those it was submitted with are gone.
    const hasOwnTerms = cells[row + Field.termSeq] === 0
    const hasTerms =
      Object.is(cells[row + Field.quantity], order.quantityUnits) &&
      Object.is(cells[row + Field.price], order.priceUnits)
    return isAlike && (hasTerms || !hasOwnTerms) ? core.news.handleOf(row) : undefined
  }

  /** Gate, journal and hand-over of a new order; or its refusal. */
  #decide(row: number, order: NormalizedOrder, ruling: Ruling | undefined, isClosing = false): void {
    const core = this.#core
    const { table, gate } = core
    const strategy = order.strategy ?? this.#defaults.strategy
    const reason =
      this.#hedging.refusal(row, order, strategy) ||
      this.#refusal(row, order, ruling) ||
      this.#withoutPosition(row, isClosing ? undefined : order, strategy)
    if (reason !== 0) {
      if (order.clientOrderId !== undefined && core.ids.hasRoom)
        core.ids.remember(order.clientOrderId, table.cells[row])
      if (reason === Verdict.throttle) core.sender.throttled(row)
      core.facts.deny(row, reason)
      core.turn.touch()
      return
    }
    if (order.clientOrderId !== undefined) core.ids.remember(order.clientOrderId, table.cells[row])
    const writer = core.turn.recorder.begin(RecordType.intent)
    writeTerms(writer, table, row)
    const seq = core.turn.recorder.commit()
    core.ledger.submitted(row, seq)
    table.cells[row + Field.sentNs] = gate.checkedAtNs
    core.counters.submitted++
    core.news.emit('submitted', row, seq, FactSource.local, core.turn.nowUs)
    core.sender.stage(Outgoing.order, row, 0, Number.NaN, Number.NaN, Number.NaN)
    if (waitsForTrades(table.cells, row)) this.#warnWithoutTrades(row)
  }

  #warnWithoutTrades(row: number): void {
    const core = this.#core
    const instrument = core.table.cells[row + Field.instrument]
    if (this.#defaults.lacksTrades?.(instrument) !== true) return
    core.anomaly(
      'TRIGGER_WITHOUT_TRADES',
      core.table.cells[row],
      `Order ${core.names.clientOrderId(row)} is triggered by the last trade, and of ${core.instruments.at(instrument).id} only quotes have come: it may never be; ask for triggerSource "bid_ask" or "mid"`,
    )
  }

  #refusal(row: number, order: NormalizedOrder, ruling: Ruling | undefined): number {
    const core = this.#core
    const { cells } = core.table
    if (cells[row + Field.connector] === noConnector) {
      cells[row + Field.connector] = 0
      return this.#entry.refusal
    }
    if (core.isClosing) return LocalReason.CLOSING
    if (core.isReadOnly) return LocalReason.READ_ONLY
    if (!core.turn.recorder.isHealthy) return LocalReason.JOURNAL_UNAVAILABLE
    if (order.clientOrderId !== undefined) {
      if (core.ids.isTaken(order.clientOrderId)) return Verdict.duplicate
      if (!core.ids.hasRoom) return LocalReason.CAPACITY
    }
    if (core.rules !== undefined && !this.#isCleared(row, core.rules, ruling)) return LocalReason.USER_RULE
    return checkOrder(core, row)
  }

  /** Whether no rule stands against an order; what one says is told. */
  #isCleared(row: number, rules: OrderRules, ruling: Ruling | undefined): boolean {
    if (ruling === undefined ? !rules.isNeeded(row) : ruling.reason === undefined) return true
    const reason = ruling?.reason ?? 'rules have to be asked: use orders.propose()'
    this.#core.anomaly(
      'USER_RULE',
      this.#core.table.cells[row],
      `Order ${this.#core.table.cells[row]} was refused: ${reason}`,
    )
    return false
  }

  /** Finds the order's position, or makes it: a full table refuses the order and not its fill. */
  #withoutPosition(row: number, order: NormalizedOrder | undefined, strategy: string): number {
    const { ledger, table, instruments, gate } = this.#core
    const { cells } = table
    try {
      if (order !== undefined) this.#hedging.assign(row, order, strategy)
      const instrument = instruments.at(cells[row + Field.instrument])
      const position = ledger.portfolio.ensurePosition(
        cells[row + Field.account],
        cells[row + Field.strategy],
        instrument,
        cells[row + Field.position],
      )
      cells[row + Field.positionRow] = position + 1
      return 0
    } catch {
      gate.exposure.sync(row)
      return LocalReason.CAPACITY
    }
  }
}

/** Whether an order is triggered by trades on the tape. */
function waitsForTrades(cells: Float64Array, row: number): boolean {
  return (
    (!Number.isNaN(cells[row + Field.trigger]) ||
      !Number.isNaN(cells[row + Field.trailingAmount]) ||
      !Number.isNaN(cells[row + Field.trailingBasisPoints])) &&
    (cells[row + Field.flags] & (OrderFlag.triggerBidAsk | OrderFlag.triggerMid)) === 0
  )
}

function localBreach(reason: number, limit: string, observed: string): Breach {
  return { control: 'notTradable', code: denialCode(reason), limit, observed }
}
