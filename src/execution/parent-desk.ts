/** One parent order with its surroundings: record, children, events and handle. */
import { messageOf } from '../core/errors.js'
import type { Time } from '../core/time.js'
import { algoError } from '../model/algo-error.js'
import { Decimal, unitsToDecimal } from '../model/decimal.js'
import type { AccountId, ClientOrderId, StrategyId } from '../model/ids.js'
import type { Instrument } from '../model/instrument.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderHandle } from '../oms/order-handle.js'
import type { OrderManager } from '../oms/order-manager.js'
import { type ParentRecord, tradedValue } from '../oms/parent-books.js'
import type { ParentChange, ParentEvent, ParentSnapshot, PauseReason } from '../oms/parent-port.js'
import { StatusCode, TifCode } from '../orders/codes.js'
import { status as statusOf } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import * as TradeField from '../orders/trade-fields.js'
import type { ExecutionAlgorithm, ParentView } from './algorithm.js'
import type { ChildTerms } from './child-book.js'
import { OmsChildren } from './oms-children.js'
import { ParentHandle } from './parent-handle.js'
import { ParentOrder } from './parent-order.js'
import type { ParentState } from './parent-ports.js'
import type { ParentPlan, ParentTerms } from './parent-terms.js'
import type { VenueBoard } from './venue-board.js'

/** What surrounds an order. */
export interface ParentDeskParts {
  core: OrderCore
  orders: OrderManager
  time: Time
  plan: ParentPlan
  terms: ParentTerms
  instrument: Instrument
  algorithm: ExecutionAlgorithm
  /** Undefined for an order that was refused: it is on no record. */
  record: ParentRecord | undefined
  board: VenueBoard
  /** Index of the account. */
  account: number
  obstacle(): PauseReason | undefined
  readPrices(view: ParentView): void
  tapeUnits(): number
  dataFault(): string | undefined
  onEvent(event: ParentEvent): void
  onError(error: unknown, where: string): void
}

/** Fees are counted in 10^-8 of their currency. */
const feeScale = 8

/** See the file's header. */
export class ParentDesk {
  readonly parent: ParentOrder
  readonly handle: ParentHandle
  readonly #parts: ParentDeskParts
  readonly #children: OmsChildren | undefined
  #isFailed = false

  constructor(parts: ParentDeskParts) {
    this.#parts = parts
    const { core, orders, time, plan, terms, instrument, algorithm, record } = parts
    this.#children =
      record === undefined
        ? undefined
        : new OmsChildren(core, orders, plan, record, (number) => this.#guarded(() => this.parent.childChanged(number)))
    const nobody = { nextIndex: () => 0, send: () => 0, cancel: () => {}, reprice: () => false, read: () => {} }
    this.parent = new ParentOrder(plan, terms, instrument, algorithm, {
      time: {
        wallUs: () => time.wallUs(),
        monotonicNs: () => time.monotonicNs(),
        at: (deadlineNs, callback) => time.at(deadlineNs, () => this.#inTurn(callback)),
        after: (delayMs, callback) => time.after(delayMs, () => this.#inTurn(callback)),
        every: (intervalMs, callback) => time.every(intervalMs, () => this.#inTurn(callback)),
        nextTurn: (callback) => time.nextTurn(() => this.#inTurn(callback)),
        pendingTimers: 0,
      },
      children: this.#children ?? nobody,
      board: parts.board,
      account: parts.account,
      readPrices: parts.readPrices,
      tapeUnits: parts.tapeUnits,
      dataFault: parts.dataFault,
      obstacle: parts.obstacle,
      save: (state, isClosed) => {
        if (record !== undefined) core.parents.save(record, JSON.stringify(state), isClosed, state.totalUnits)
      },
      tell: (type, reason, child) => this.#tell(type, reason, child),
    })
    this.handle = new ParentHandle({
      id: plan.id,
      status: () => this.parent.status,
      isClosed: () => this.parent.isClosed,
      snapshot: () => this.snapshot(),
      children: () => this.children(),
      explain: () => this.explain(),
      cancel: (reason) => this.#inTurn(() => this.parent.cancel(reason)),
      pause: (keepsWorking) => this.#inTurn(() => this.parent.pause(keepsWorking)),
      resume: (reanchors) => this.#inTurn(() => this.parent.resume(reanchors)),
      modify: (change) => this.#modify(change),
      waiting: () => core.waiting(),
      settling: () => core.settling(),
    })
  }

  /** Goes on after a restart. */
  restore(state: ParentState): void {
    const { core, record } = this.#parts
    if (record === undefined) return
    const { table } = core
    const children: ChildTerms[] = []
    for (const [index, number] of record.children) {
      const row = table.rowOf(number)
      if (row < 0) continue
      this.#children?.follow(row)
      children.push({
        index,
        number,
        quantityUnits: table.cells[row + Field.quantity],
        priceUnits: table.cells[row + Field.price],
        isForAuction: table.cells[row + Field.timeInForce] >= TifCode.OPG,
        isImmediate:
          table.cells[row + Field.timeInForce] === TifCode.IOC || table.cells[row + Field.timeInForce] === TifCode.FOK,
        isCanceling: statusOf(table, row) === StatusCode.PENDING_CANCEL,
        connector: core.names.connector(table.cells[row + Field.connector]),
      })
    }
    children.sort((a, b) => a.index - b.index)
    this.parent.restore(state, children, record.lastChild, record.pastUnits)
  }

  /** Looks at everything as it is now. */
  evaluate(): void {
    this.#guarded(() => this.parent.evaluate())
  }

  #inTurn(work: () => void): void {
    const { turn } = this.#parts.core
    turn.begin()
    try {
      this.#guarded(work)
    } finally {
      turn.end()
    }
  }

  /** What an algorithm throws ends its order and harms no other. Errors of a request go to who made it. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      const { core, plan, onError } = this.#parts
      if (this.#isFailed) return
      this.#isFailed = true
      onError(error, `order ${plan.id}`)
      core.anomaly('PARENT_FAILED', 0, `Order ${plan.id} is ended: ${messageOf(error)}`)
      this.parent.fail(messageOf(error))
    }
  }

  #modify({ quantity, price, endTimeUs, ...rest }: ParentChange): void {
    const { core, instrument, plan } = this.#parts
    const unknown = Object.keys(rest)[0]
    if (unknown !== undefined) throw new TypeError(`A parent order has no "${unknown}" to change`)
    if (endTimeUs !== undefined && plan.broker !== undefined)
      throw algoError('CONTRADICTION', 'endTimeUs', 'is with the broker; cancel the order and submit another')
    const { turn } = core
    turn.begin()
    try {
      this.parent.amend(
        quantity === undefined ? Number.NaN : instrument.quantityUnits(quantity),
        price === undefined ? Number.NaN : instrument.priceUnits(price),
        endTimeUs ?? Number.NaN,
      )
    } finally {
      turn.end()
    }
  }

  #tell(type: ParentEvent['type'], reason: string | undefined, child: number | undefined): void {
    const { core, time, onEvent, onError } = this.#parts
    const { parent, handle } = this
    if (type === 'alert') core.anomaly(reason ?? 'ALERT', child ?? 0, `Order ${parent.plan.id}: ${reason}`)
    const row = child === undefined ? -1 : core.table.rowOf(child)
    const event: ParentEvent = {
      type,
      tsUs: time.wallUs(),
      status: parent.status,
      order: handle,
      ...(row < 0 ? {} : { child: core.handleOf(row) }),
      ...(reason === undefined ? {} : { reason }),
      filledUnits: parent.book.filledUnits,
      workingUnits: parent.book.workingUnits,
      unsentUnits: parent.book.unsentUnits,
      targetUnits: parent.targetUnits,
      get etaUs() {
        return parent.etaUs
      },
    }
    if (handle.isWatched)
      for (const error of handle.deliver(event)) onError(error, `a listener of order ${parent.plan.id}`)
    handle.settle()
    onEvent(event)
  }

  // ---- What handles ask ------------------------------------------------------------------------------------------------

  children(): OrderHandle[] {
    const { core, record } = this.#parts
    const numbers = [...(record?.children ?? [])].sort(([a], [b]) => a - b)
    return numbers
      .map(([, number]) => core.table.rowOf(number))
      .filter((row) => row >= 0)
      .map((row) => core.handleOf(row))
  }

  snapshot(): ParentSnapshot {
    const { core, instrument, plan, record } = this.#parts
    const { parent } = this
    const { book, view } = parent
    const fees: Record<string, Decimal> = {}
    let value = record?.pastValue ?? new Decimal(0)
    for (const number of record?.children.values() ?? []) {
      const row = core.table.rowOf(number)
      if (row < 0) continue
      value = value.plus(tradedValue(core.table, row))
      this.#addFees(row, fees)
    }
    const average =
      book.filledUnits > 0 ? value.div(book.filledUnits).div(new Decimal(10).pow(instrument.priceScale)) : undefined
    const { etaUs } = parent
    const optional = {
      ...(Number.isNaN(view.limitUnits) ? {} : { price: instrument.priceFromUnits(view.limitUnits) }),
      ...(average === undefined ? {} : { averagePrice: average }),
      ...(plan.arrival === null ? {} : { arrivalPrice: plan.arrival }),
      ...(average === undefined || plan.arrival === null || plan.arrival === 0
        ? {}
        : {
            slippageBps: ((plan.side === 'buy' ? 1 : -1) * 1e4 * (average.toNumber() - plan.arrival)) / plan.arrival,
          }),
      ...(parent.reason === undefined ? {} : { reason: parent.reason }),
      ...(Number.isFinite(parent.endUs) ? { endTimeUs: parent.endUs } : {}),
      ...(Number.isNaN(etaUs) ? {} : { etaUs }),
    }
    return {
      clientOrderId: plan.id as ClientOrderId,
      instrument: instrument.id,
      account: plan.account as AccountId,
      strategy: plan.strategy as StrategyId,
      side: plan.side,
      type: plan.algo.type,
      status: parent.status,
      quantity: instrument.quantityFromUnits(book.totalUnits),
      filledQuantity: instrument.quantityFromUnits(book.filledUnits),
      workingQuantity: instrument.quantityFromUnits(book.workingUnits),
      unsentQuantity: instrument.quantityFromUnits(Math.max(0, book.unsentUnits)),
      fees,
      pausedBy: parent.pausedBy,
      startTimeUs: plan.startUs,
      children: book.sent,
      tsCreatedUs: plan.createdUs,
      tsUpdatedUs: parent.updatedUs,
      ...optional,
    }
  }

  #addFees(row: number, fees: Record<string, Decimal>): void {
    const { core } = this.#parts
    const { cells, trades } = core.table
    for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
      const fee = trades.cells[trade + TradeField.fee]
      if (Number.isNaN(fee) || trades.cells[trade + TradeField.effective] === 0) continue
      const currency = core.ledger.portfolio.currencies.name(trades.cells[trade + TradeField.feeCurrency])
      fees[currency] = (fees[currency] ?? new Decimal(0)).plus(unitsToDecimal(fee, feeScale))
    }
  }

  /** Why it does what it does now. */
  explain(): string[] {
    const { parent } = this
    const { instrument } = parent
    const { filledUnits, workingUnits, unsentUnits, totalUnits } = parent.book
    const text = (units: number) => instrument.quantityText(Math.max(0, units))
    const lines = [
      `${parent.status}: ${text(filledUnits)} of ${text(totalUnits)} filled, ${text(workingUnits)} working, ${text(unsentUnits)} not sent`,
    ]
    if (!Number.isNaN(parent.targetUnits)) lines.push(`by its plan ${text(parent.targetUnits)} are due by now`)
    for (const reason of parent.pausedBy) lines.push(`paused by ${reason}`)
    if (parent.blocked !== undefined) lines.push(`blocked by ${parent.blocked}`)
    if (parent.reason !== undefined) lines.push(`reason: ${parent.reason}`)
    return lines
  }
}
