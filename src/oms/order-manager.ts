/**
 * The one way for orders: everything that wants to trade ends in {@link OrderManager.submit}.
 *
 *   submit ─► normalise ─► (same id? the same order) ─► RISK GATE + reserve ─► journal intent ─► connector ─► events
 *
 * All of it up to the hand-over happens in one turn without an await.
 */
import { TradewireError } from '../core/errors.js'
import type { Instrument } from '../model/instrument.js'
import {
  NormalizedChange,
  NormalizedOrder,
  normalizeOrderChange,
  normalizeOrderRequest,
} from '../model/normalize-order.js'
import type { OrderChange, OrderRequest, OrderSnapshot } from '../model/order.js'
import type { OrderType } from '../model/order-types.js'
import { FactSource, OrderFlag, StatusCode, StpCode, typeOf } from '../orders/codes.js'
import { inFlightRequests, lifecycle } from '../orders/derive.js'
import { isClosed } from '../orders/lifecycle.js'
import * as Field from '../orders/order-fields.js'
import { MAX_REQUESTS_IN_FLIGHT } from '../orders/order-table.js'
import { denialCode, LocalReason, Verdict } from '../risk/controls.js'
import type { Breach } from '../risk/gate.js'
import type { OrderCore } from './order-core.js'
import type { OrderHandle } from './order-handle.js'
import { Outgoing } from './outbox.js'
import { RecordType, writeTerms } from './records.js'

/** Where orders go when they do not say it themselves. */
export interface OrderDefaults {
  account: string
  strategy: string
  /** The connector for an instrument; undefined when there is none. */
  route(instrument: number): string | undefined
}

/** Which orders are meant; absent fields mean all. */
export interface OrderFilter {
  symbol?: string
  account?: string
  strategy?: string
  connector?: string
  side?: 'buy' | 'sell'
}

/** Submits, changes and cancels orders. */
export class OrderManager {
  readonly #core: OrderCore
  readonly #defaults: OrderDefaults
  readonly #normalized = new NormalizedOrder()
  readonly #change = new NormalizedChange()
  /** Instruments by the names that hosts use, valid for so many instruments: another one can make a symbol ambiguous. */
  readonly #byName = new Map<string, Instrument>()
  #instruments = 0
  /** Names that were looked up last, for most orders have the same. An index once given is for ever. */
  #account = ''
  #accountIndex = -1
  #connector: string | undefined
  #connectorIndex = -1

  constructor(core: OrderCore, defaults: OrderDefaults) {
    this.#core = core
    this.#defaults = defaults
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

  /** From submit to acknowledgement and to the first fill, in nanoseconds of the system's clock. */
  get latency() {
    return this.#core.latency
  }

  /**
   * Submits an order. It returns at once: the order is then DENIED (with a reason), or on its way. Submitting the same
   * client order id again returns the handle of the order that has it; nothing is sent twice.
   *
   * @throws TradewireError for a request that is no order: `TW_INVALID_MODEL`, `TW_INVALID_DECIMAL`, `TW_OFF_GRID`,
   * `TW_UNKNOWN_INSTRUMENT`; `TW_CAPACITY` when the table is full of open orders.
   */
  submit(request: OrderRequest): OrderHandle {
    const core = this.#core
    const instrument = this.#instrumentOf(request.symbol)
    const order = normalizeOrderRequest(request, instrument, this.#normalized)
    const { clientOrderId } = order
    if (clientOrderId !== undefined && core.ids.isTaken(clientOrderId)) {
      const known = this.#sameOrder(clientOrderId, order, instrument.index)
      if (known !== undefined) return known
    }
    core.beginTurn()
    try {
      const row = this.#create(order, instrument.index)
      this.#decide(row, order)
      return core.handleOf(row)
    } finally {
      core.endTurn()
    }
  }

  /** All controls that an order would fail if it were submitted now. Sends and reserves nothing. */
  explain(request: OrderRequest): Breach[] {
    const core = this.#core
    const instrument = core.instruments.get(request.symbol)
    const order = normalizeOrderRequest(request, instrument, this.#normalized)
    core.beginTurn()
    try {
      const row = this.#create(order, instrument.index)
      const connector = core.table.cells[row + Field.connector]
      if (connector === noConnector)
        return [
          { control: 'notTradable', code: denialCode(LocalReason.NO_ROUTE), limit: 'a connector', observed: 'none' },
        ]
      return core.gate.explain(row)
    } finally {
      core.endTurn()
    }
  }

  /**
   * Asks for a change of a working order.
   *
   * @throws TradewireError `TW_UNKNOWN_ORDER`; `TW_INVALID_STATE` when it is closed, of unknown fate, or a cancel is under way;
   * `TW_NOT_SUPPORTED` when the venue cannot change orders; `TW_CAPACITY` when too many changes are under way; and the
   * errors of terms that are no terms. A change that the risk gate refuses ends in an `update_rejected` event.
   */
  modify(number: number, change: OrderChange): void {
    const core = this.#core
    const { table } = core
    const row = core.rowOf(number)
    this.#requireChangeable(row)
    const instrument = core.instruments.at(table.cells[row + Field.instrument])
    const terms = normalizeOrderChange(
      change,
      typeOf(table.cells[row + Field.type]) as OrderType,
      instrument,
      this.#change,
    )
    const quantity = Number.isNaN(terms.quantityUnits) ? table.cells[row + Field.quantity] : terms.quantityUnits
    const price = Number.isNaN(terms.priceUnits) ? table.cells[row + Field.price] : terms.priceUnits
    const trigger = Number.isNaN(terms.triggerPriceUnits) ? table.cells[row + Field.trigger] : terms.triggerPriceUnits
    core.beginTurn()
    try {
      const verdict = core.recorder.isHealthy
        ? core.gate.checkReplace(row, quantity, price, trigger)
        : LocalReason.JOURNAL_UNAVAILABLE
      const generation = this.#request(row, false, quantity, price, trigger)
      if (verdict === 0) core.stage(Outgoing.replace, row, generation, quantity, price, trigger)
      else core.requestRejected(row, generation, false, denialCode(verdict), FactSource.local)
    } finally {
      core.endTurn()
    }
  }

  /**
   * Asks for an order to be canceled. Nothing holds it back: no limit, no halt, no failing disk. Does nothing when the order
   * is closed or a cancel is under way.
   *
   * @throws TradewireError `TW_UNKNOWN_ORDER`.
   */
  cancel(number: number): void {
    this.#cancel(this.#core.rowOf(number))
  }

  /** Whether a cancel was asked for: not when the order is closed or a cancel is under way. */
  #cancel(row: number): boolean {
    const core = this.#core
    if (isClosed(lifecycle(core.table, row)) || this.#isBeingCanceled(row)) return false
    core.beginTurn()
    try {
      const generation = this.#request(row, true, Number.NaN, Number.NaN, Number.NaN)
      core.counters.cancels++
      core.stageCancel(row, generation)
    } finally {
      core.endTurn()
    }
    return true
  }

  /** Cancels all open orders that fit the filter. Returns how many cancels were asked for. */
  cancelAll(filter: OrderFilter = {}): number {
    const core = this.#core
    let asked = 0
    core.beginTurn()
    try {
      for (const row of this.#openRows(filter)) if (this.#cancel(row)) asked++
    } finally {
      core.endTurn()
    }
    return asked
  }

  /** The handle of an order by client order id; undefined when it is unknown or beyond the history. */
  get(clientOrderId: string): OrderHandle | undefined {
    const core = this.#core
    const row = core.table.rowOf(core.ids.numberOf(clientOrderId))
    return row < 0 ? undefined : core.handleOf(row)
  }

  /** Snapshots of the open orders, oldest first. */
  openOrders(filter: OrderFilter = {}): OrderSnapshot[] {
    return this.#openRows(filter).map((row) => this.#core.snapshot(this.#core.table.cells[row]))
  }

  #openRows(filter: OrderFilter): number[] {
    const { table, names, instruments } = this.#core
    const { cells } = table
    const instrument = filter.symbol === undefined ? -1 : instruments.get(filter.symbol).index
    const rows: number[] = []
    for (const row of table.rows()) {
      if (cells[row + Field.isOpen] === 0) continue
      if (instrument >= 0 && cells[row + Field.instrument] !== instrument) continue
      if (filter.account !== undefined && names.account(cells[row + Field.account]) !== filter.account) continue
      if (filter.strategy !== undefined && names.strategy(cells[row + Field.strategy]) !== filter.strategy) continue
      if (filter.connector !== undefined && names.connector(cells[row + Field.connector]) !== filter.connector) continue
      if (filter.side !== undefined && cells[row + Field.side] !== (filter.side === 'buy' ? 1 : -1)) continue
      rows.push(row)
    }
    return rows
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
    return isAlike && (hasTerms || !hasOwnTerms) ? core.handleOf(row) : undefined
  }

  /** A new record with identity and terms. */
  #create(order: NormalizedOrder, instrument: number): number {
    const core = this.#core
    const { table } = core
    if (instrument >= core.sizes.instrument) {
      throw new TradewireError(
        'TW_CAPACITY',
        `The system has room for ${core.sizes.instrument} instruments; raise limits.instruments`,
      )
    }
    const row = table.allocate()
    if (row < 0)
      throw new TradewireError('TW_CAPACITY', `All ${table.capacity} records hold open orders; raise orders.capacity`)
    const { cells } = table
    const defaults = this.#defaults
    const connector = order.connector ?? defaults.route(instrument)
    cells[row + Field.instrument] = instrument
    cells[row + Field.account] = this.#accountOf(order.account ?? defaults.account)
    cells[row + Field.strategy] = core.intern('strategy', order.strategy ?? defaults.strategy)
    cells[row + Field.connector] = connector === undefined ? noConnector : this.#connectorOf(connector)
    cells[row + Field.side] = order.sideSign
    cells[row + Field.type] = order.typeIndex
    cells[row + Field.timeInForce] = order.timeInForceIndex
    cells[row + Field.flags] = flagsOf(order)
    cells[row + Field.selfTrade] = StpCode[order.selfTradePrevention]
    cells[row + Field.quantity] = order.quantityUnits
    cells[row + Field.price] = order.priceUnits
    cells[row + Field.trigger] = order.triggerPriceUnits
    cells[row + Field.trailingAmount] = order.trailingAmountUnits
    cells[row + Field.trailingBasisPoints] = order.trailingBasisPoints
    cells[row + Field.display] = order.displayUnits
    cells[row + Field.expireUs] = order.expireTimeUs
    cells[row + Field.createdUs] = core.nowUs
    cells[row + Field.updatedUs] = core.nowUs
    if (order.clientOrderId !== undefined) table.setClientOrderId(row, order.clientOrderId)
    if (order.tag !== undefined) table.setTag(row, order.tag)
    return row
  }

  #instrumentOf(name: string): Instrument {
    const { instruments } = this.#core
    if (instruments.size !== this.#instruments) {
      this.#byName.clear()
      this.#instruments = instruments.size
    }
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const instrument = instruments.get(name)
    this.#byName.set(name, instrument)
    return instrument
  }

  #accountOf(name: string): number {
    if (name !== this.#account || this.#accountIndex < 0) {
      this.#accountIndex = this.#core.intern('account', name)
      this.#account = name
    }
    return this.#accountIndex
  }

  #connectorOf(name: string): number {
    if (name === this.#connector) return this.#connectorIndex
    const index = this.#core.names.connectors.find(name)
    if (index < 0) return noConnector
    this.#connector = name
    this.#connectorIndex = index
    return index
  }

  /** Gate, journal and hand-over of a new order; or its refusal. */
  #decide(row: number, order: NormalizedOrder): void {
    const core = this.#core
    const { table, gate } = core
    const reason = this.#refusal(row, order)
    if (reason !== 0) {
      if (order.clientOrderId !== undefined && core.ids.hasRoom)
        core.ids.remember(order.clientOrderId, table.cells[row])
      core.deny(row, reason)
      core.touch()
      return
    }
    if (order.clientOrderId !== undefined) core.ids.remember(order.clientOrderId, table.cells[row])
    const position = core.ledger.portfolio.ensurePosition(
      table.cells[row + Field.account],
      table.cells[row + Field.strategy],
      core.instruments.at(table.cells[row + Field.instrument]),
    )
    table.cells[row + Field.positionRow] = position + 1
    const writer = core.recorder.begin(RecordType.intent)
    writeTerms(writer, table, row)
    const seq = core.recorder.commit()
    core.ledger.submitted(row, seq)
    table.cells[row + Field.sentNs] = gate.checkedAtNs
    core.counters.submitted++
    core.emit('submitted', row, seq, FactSource.local, core.nowUs)
    core.stage(Outgoing.order, row, 0, Number.NaN, Number.NaN, Number.NaN)
  }

  #refusal(row: number, order: NormalizedOrder): number {
    const core = this.#core
    const { cells } = core.table
    if (cells[row + Field.connector] === noConnector) {
      cells[row + Field.connector] = 0
      return LocalReason.NO_ROUTE
    }
    if (!core.recorder.isHealthy) return LocalReason.JOURNAL_UNAVAILABLE
    if (order.clientOrderId !== undefined) {
      if (core.ids.isTaken(order.clientOrderId)) return Verdict.duplicate
      if (!core.ids.hasRoom) return LocalReason.CAPACITY
    }
    return core.gate.check(row)
  }

  /** A cancel that went out over an earlier connection may have been lost; another one does no harm. */
  #isBeingCanceled(row: number): boolean {
    const { table } = this.#core
    const { cells, requests } = table
    const canceling = inFlightRequests(table, row) & cells[row + Field.requestIsCancel]
    if (canceling === 0) return false
    const since = this.#core.connectedSeq(cells[row + Field.connector])
    for (let request = cells[row + Field.firstRequest]; request >= 0; request = requests.next[request]) {
      const bit = 1 << (requests.generation[request] - cells[row + Field.requestBase])
      if ((canceling & bit) !== 0 && requests.seq[request] > since) return true
    }
    return false
  }

  #requireChangeable(row: number): void {
    const core = this.#core
    const { table } = core
    const inFlight = inFlightRequests(table, row)
    const id = core.names.clientOrderId(row)
    const cycle = lifecycle(table, row)
    if (isClosed(cycle)) throw new TradewireError('TW_INVALID_STATE', `Order ${id} is closed; it cannot be changed`)
    if (cycle === StatusCode.UNKNOWN)
      throw new TradewireError(
        'TW_INVALID_STATE',
        `The fate of order ${id} is not known; it can be canceled, not changed`,
      )
    if ((inFlight & table.cells[row + Field.requestIsCancel]) !== 0)
      throw new TradewireError('TW_INVALID_STATE', `Order ${id} is being canceled; it cannot be changed`)
    const underWay = table.cells[row + Field.nextGeneration] - table.cells[row + Field.requestBase]
    if (underWay >= MAX_REQUESTS_IN_FLIGHT || table.requests.isFull) {
      throw new TradewireError('TW_CAPACITY', `Order ${id} has ${underWay} requests under way; wait for their outcome`)
    }
    const connector = core.connectors[table.cells[row + Field.connector]]
    if (connector?.support.replace !== true) {
      throw new TradewireError(
        'TW_NOT_SUPPORTED',
        `Connector ${connector?.name ?? '(none)'} cannot change orders; cancel and submit a new one`,
      )
    }
  }

  /** Records that a cancel or change is on its way; returns its generation. */
  #request(row: number, isCancel: boolean, quantity: number, price: number, trigger: number): number {
    const core = this.#core
    const generation = core.table.cells[row + Field.nextGeneration]
    const seq = core.fact(RecordType.request, row, core.nowUs, (writer) => {
      writer.i32(generation)
      writer.bool(isCancel)
      writer.f64(quantity)
      writer.f64(price)
      writer.f64(trigger)
    })
    core.ledger.request(row, generation, isCancel, quantity, price, trigger, core.nowUs, seq)
    core.emit(isCancel ? 'pending_cancel' : 'pending_update', row, seq, FactSource.local, core.nowUs, {
      quantityUnits: quantity,
      priceUnits: price,
    })
    return generation
  }
}

/** Stands for "no connector" until the order is refused. */
const noConnector = 65_535

function flagsOf(order: NormalizedOrder): number {
  return (
    (order.postOnly ? OrderFlag.postOnly : 0) |
    (order.reduceOnly ? OrderFlag.reduceOnly : 0) |
    (order.triggerSource === 'bid_ask' ? OrderFlag.triggerBidAsk : 0) |
    (order.triggerSource === 'mid' ? OrderFlag.triggerMid : 0)
  )
}
