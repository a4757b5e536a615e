/**
 * What TWS says about orders, as reports to the host.
 *
 * - Fills come from executions alone; a status only advises. TWS repeats everything, in any order, and skips statuses.
 * - A code is judged by its class: warnings never end an order, and what is refused while a change or cancel waits for its
 *   answer is the change or the cancel, not the order.
 * - Orders are told apart by our reference and by TWS' permanent id; its order ids may come a second time.
 */

import { TradewireError } from '../../core/errors.js'
import { toUnits } from '../../model/decimal.js'
import type { Instrument } from '../../model/instrument.js'
import { Liquidity } from '../../orders/codes.js'
import type { OrderReports } from '../../orders/reports.js'
import type { VenueFillReport, VenueOrderReport, VenueOrderState } from '../../orders/venue-reports.js'
import type { TwsCodeClass } from './codes.js'
import type { ContractBook } from './contract-book.js'
import type { ToldExecution, ToldOrder } from './messages.js'
import { extrasOf, fromTws } from './order-mapping.js'
import { BoundedMap, type KnownExecution, OwnOrder, type OwnOrders } from './own-orders.js'
import { parseTwsTime } from './tws-times.js'

/** What the reporter works with. */
export interface ReporterParts {
  readonly reports: OrderReports
  readonly orders: OwnOrders
  readonly contracts: ContractBook
  /** Our client id: orders of others are told as external. */
  readonly clientId: number
  readonly source: number
  nowUs(): number
  /** Number of the order behind a reference of ours; 0 for any other. */
  numberOf(orderRef: string): number
  instrumentOf(conId: number): Instrument | undefined
  /** An execution in a contract that is not known yet: it is told again when it is. */
  learn(execution: ToldExecution): void
  /** The end of an order of which more was filled than executions told. */
  problem(error: unknown): void
}

/** One status of an order. */
export interface ToldStatus {
  readonly orderId: number
  readonly status: string
  readonly filled: string
  readonly permId: string
  readonly clientId: number
}

/** Reports to the host. */
export class OrderReporter {
  readonly #parts: ReporterParts
  readonly #executions = new BoundedMap<string, KnownExecution>()
  /** Executions of this chunk. */
  readonly #unreported: { readonly number: number; readonly fill: VenueFillReport }[] = []
  /** Fees that came before their execution was known, or with an answer; by execution. */
  readonly #fees = new BoundedMap<string, { units: number; currency: string }>()

  constructor(parts: ReporterParts) {
    this.#parts = parts
  }

  // ---- Orders ------------------------------------------------------------------------------------------------------------

  /** openOrder: the order is there with these terms. */
  openOrder(told: ToldOrder): void {
    const order = this.#own(told)
    if (order === undefined || told.whatIf) return
    this.#accept(order, told.status)
    this.#confirmChange(order, told)
  }

  /** orderStatus. */
  status(told: ToldStatus): void {
    const { orders, clientId } = this.#parts
    const order = told.clientId === clientId ? orders.byOrderId(told.orderId) : undefined
    if (order === undefined || !this.#isSame(order, told.permId)) return
    if (told.filled !== '') order.filled = told.filled
    this.#accept(order, told.status)
    if (order.isDone) return
    if (told.status === 'Cancelled' || told.status === 'ApiCancelled') this.#canceled(order, order.lastReason)
    else if (told.status === 'Filled') this.#refuseRequests(order, 'the order is filled')
    else if (told.status === 'Inactive' && order.isAccepted && order.lastReason !== '')
      this.#canceled(order, order.lastReason)
  }

  #isSame(order: OwnOrder, permId: string): boolean {
    if (permId === '' || permId === '0') return true
    if (order.permId === '') order.permId = permId
    // A replaced order may show a second permanent id; the order id is ours alone while its order lives.
    return order.permId === permId || !order.isDone
  }

  #accept(order: OwnOrder, status: string): void {
    if (order.isRejected && (status === 'PreSubmitted' || status === 'Submitted')) this.#revive(order, status)
    if (order.isAccepted || order.isDone) return
    if (status !== 'PreSubmitted' && status !== 'Submitted' && status !== 'Filled') return
    order.isAccepted = true
    this.#parts.reports.accepted(order.number, order.permId === '' ? undefined : order.permId, this.#parts.nowUs())
  }

  /** What was told as rejected works all the same: the host has to know, whatever the code said. */
  #revive(order: OwnOrder, status: string): void {
    this.#parts.orders.revive(order)
    this.#parts.problem(
      new TradewireError(
        'TW_INVALID_STATE',
        `TWS refused order ${order.orderId} and works it all the same (${status}); its last code does not mean a refusal: see the option codes`,
        { details: { order: order.number, orderId: order.orderId } },
      ),
    )
  }

  #confirmChange(order: OwnOrder, told: ToldOrder): void {
    const at = order.changes.findIndex(
      ({ quantity, limit, aux }) => same(quantity, told.quantity) && same(limit, told.limit) && same(aux, told.aux),
    )
    if (at < 0) return
    // Earlier changes that were never told of alone went the same way.
    for (const change of order.changes.splice(0, at + 1)) {
      const { generation, quantityUnits, priceUnits, triggerUnits } = change
      this.#parts.reports.replaced(
        order.number,
        generation,
        quantityUnits,
        priceUnits,
        triggerUnits,
        order.permId,
        this.#parts.nowUs(),
      )
    }
  }

  #canceled(order: OwnOrder, reason: string): void {
    this.flush()
    const { reports, orders, nowUs } = this.#parts
    const instrument = this.#instruments.get(order.number)
    const cumulative =
      order.filled === '' || instrument === undefined ? Number.NaN : unitsOf(order.filled, instrument.sizeScale)
    order.cancels.length = 0
    this.#refuseRequests(order, 'the order is cancelled')
    reports.canceled(order.number, cumulative, reason, nowUs())
    orders.finish(order)
    this.#instruments.delete(order.number)
  }

  /** Changes and cancels of an order that is over. */
  #refuseRequests(order: OwnOrder, reason: string): void {
    const { reports, nowUs } = this.#parts
    for (const { generation } of order.changes.splice(0))
      reports.replaceRejected(order.number, generation, reason, nowUs())
    for (const generation of order.cancels.splice(0)) reports.cancelRejected(order.number, generation, reason, nowUs())
  }

  /** Instruments of orders that are open, for amounts in messages that do not name the contract. */
  readonly #instruments = new Map<number, Instrument>()

  /** An order is about to be sent. */
  sent(order: OwnOrder, instrument: Instrument): void {
    this.#instruments.set(order.number, instrument)
  }

  /** An order of ours, also one of an earlier connection or life; undefined for orders of others. */
  #own(told: ToldOrder): OwnOrder | undefined {
    const { orderId, clientId, orderRef, permId } = told
    const { orders } = this.#parts
    if (clientId !== this.#parts.clientId || orderId <= 0) return undefined
    const known = orders.byOrderId(orderId)
    const number = this.#parts.numberOf(orderRef)
    // The same id for another order: it was given a second time, and the older one is over.
    if (known !== undefined && (number === 0 || known.number === number)) {
      if (permId !== '0' && permId !== '') known.permId = permId
      return known
    }
    if (number === 0) return undefined
    const order = orders.add(new OwnOrder(number, orderId))
    order.permId = permId
    order.isAccepted = true
    order.extras = extrasOf(told)
    order.parentId = told.terms.parentId
    return order
  }

  /** Notes an order of ours that TWS lists. */
  recognise(told: ToldOrder, instrument: Instrument): void {
    const order = this.#own(told)
    if (order !== undefined) this.#instruments.set(order.number, instrument)
  }

  // ---- Codes -------------------------------------------------------------------------------------------------------------

  /** A code about an order of ours. */
  code(order: OwnOrder, code: number, kind: TwsCodeClass, text: string): void {
    const { reports, orders, nowUs } = this.#parts
    if (order.isDone) {
      if (kind === 'cancel') this.#refuseOldest(order, text)
      return
    }
    if (code === 202) {
      order.lastReason = text
      this.#canceled(order, text)
    } else if (kind === 'cancel') this.#refuseOldest(order, text)
    else if (kind === 'order' || kind === 'request') {
      const [change] = order.changes
      if (order.isAccepted && change !== undefined) {
        order.changes.shift()
        reports.replaceRejected(order.number, change.generation, text, nowUs())
      } else if (!order.isAccepted) {
        reports.rejected(order.number, text, nowUs())
        order.isRejected = true
        orders.finish(order)
        this.#instruments.delete(order.number)
      } else order.lastReason = text
    }
  }

  #refuseOldest(order: OwnOrder, text: string): void {
    const { reports, nowUs } = this.#parts
    const generation = order.cancels.shift()
    if (generation !== undefined) {
      reports.cancelRejected(order.number, generation, text, nowUs())
      return
    }
    // "No such order" can be about a change as well.
    const change = order.changes.shift()
    if (change !== undefined) reports.replaceRejected(order.number, change.generation, text, nowUs())
  }

  // ---- Executions ----------------------------------------------------------------------------------------------------------

  /** An execution that just happened, or a correction of one. */
  execution(told: ToldExecution): void {
    const { reports } = this.#parts
    const instrument = this.#parts.instrumentOf(told.contract.conId)
    if (instrument === undefined) {
      this.#parts.learn(told)
      return
    }
    const fill = this.fillReport(told, instrument)
    const known = this.#executions.get(told.base)
    if (known !== undefined) {
      if (told.revision > known.revision) this.#correct(told, fill, known)
      return
    }
    const number = this.#numberFor(told)
    if (told.revision > 1 && number !== 0) {
      // The correction of an execution from before this life: the host's record of it is the one to restate.
      this.#note(told, fill, number)
      reports.corrected(number, told.base, undefined, fill.quantityUnits, fill.priceUnits, false, fill.tsUs)
      return
    }
    this.#note(told, fill, number)
    if (number === 0) {
      reports.externalFill(this.#parts.source, fill)
      return
    }
    const own = this.#parts.orders.byNumber(number)
    if (own !== undefined && !own.isAccepted) this.#accept(own, 'Submitted')
    this.#unreported.push({ number, fill })
  }

  /**
   * Reports the executions of a chunk. TWS sends the commission right behind the execution, as a rule in the same chunk, so
   * that one report has both; where it comes later, the execution is reported without and then again with it.
   */
  flush(): void {
    for (const { number, fill } of this.#unreported.splice(0)) {
      const { exec, quantityUnits, priceUnits, liquidity, tsUs } = fill
      const { units = Number.NaN, currency = '' } = this.#fees.get(exec as string) ?? {}
      this.#parts.reports.filled(number, exec, quantityUnits, priceUnits, units, currency, liquidity, tsUs)
    }
  }

  #note(told: ToldExecution, fill: VenueFillReport, number: number): void {
    const { quantityUnits, priceUnits, liquidity, tsUs } = fill
    this.#executions.set(told.base, { revision: told.revision, number, quantityUnits, priceUnits, liquidity, tsUs })
  }

  #correct(told: ToldExecution, fill: VenueFillReport, known: KnownExecution): void {
    this.flush()
    known.revision = told.revision
    known.priceUnits = fill.priceUnits
    const own = this.#parts.orders.byNumber(known.number)
    if (known.number === 0) return
    this.#parts.reports.corrected(
      known.number,
      told.base,
      undefined,
      fill.quantityUnits,
      fill.priceUnits,
      own !== undefined && !own.isDone && own.isAccepted,
      fill.tsUs,
    )
  }

  /** The order that an execution belongs to: by our reference, or by its id where it is ours. */
  #numberFor(told: ToldExecution): number {
    const number = this.#parts.numberOf(told.orderRef)
    if (number !== 0) return number
    if (told.clientId !== this.#parts.clientId || told.orderRef !== '') return 0
    return this.#parts.orders.byOrderId(told.orderId)?.number ?? 0
  }

  /** commissionReport: the fee of an execution that was told before, or will be. */
  commission(base: string, commission: string, currency: string): void {
    const units = Math.round(Number(commission) * 1e8)
    if (!Number.isSafeInteger(units) || Number(commission) > 1e300) return
    this.#fees.set(base, { units, currency })
    const known = this.#executions.get(base)
    const isToCome = this.#unreported.some(({ fill }) => fill.exec === base)
    if (known === undefined || known.number === 0 || isToCome) return
    const { number, quantityUnits, priceUnits, liquidity, tsUs } = known
    this.#parts.reports.filled(number, base, quantityUnits, priceUnits, units, currency, liquidity, tsUs)
  }

  /** An execution as TWS lists it. Its id leaves out the revision, so that a correction is the same execution. */
  fillReport(told: ToldExecution, instrument: Instrument): VenueFillReport {
    const number = this.#numberFor(told)
    const clientOrderId = number === 0 ? undefined : this.#parts.reports.clientOrderIdOf(number)
    const fee = this.#fees.get(told.base)
    return {
      exec: told.base,
      ...(clientOrderId === undefined ? {} : { clientOrderId }),
      venueOrderId: told.permId,
      instrument: instrument.index,
      account: told.account,
      side: told.isBuy ? 'buy' : 'sell',
      quantityUnits: unitsOf(told.shares, instrument.sizeScale),
      priceUnits: unitsOf(told.price, instrument.priceScale),
      ...(fee === undefined ? {} : { feeUnits: fee.units, feeCurrency: fee.currency }),
      liquidity:
        told.lastLiquidity === 1 ? Liquidity.maker : told.lastLiquidity === 2 ? Liquidity.taker : Liquidity.unknown,
      tsUs: this.#executions.get(told.base)?.tsUs ?? this.#timeOf(told.time),
    }
  }

  /** TWS tells whole seconds. One that is running is refined by our clock, so that executions within it keep their order. */
  #timeOf(text: string): number {
    const secondUs = parseTwsTime(text)
    const nowUs = this.#parts.nowUs()
    return Number.isNaN(secondUs) || (nowUs >= secondUs && nowUs < secondUs + 1_000_000) ? nowUs : secondUs
  }

  /**
   * Executions of an answer, from a time on: each once, in its last revision; corrections of what was told before are told.
   * What was not seen as it happened has the time of a whole second, and counts if any part of that second does.
   */
  listed(all: readonly { told: ToldExecution; instrument: Instrument }[], sinceUs: number): VenueFillReport[] {
    const newest = new Map<string, { told: ToldExecution; instrument: Instrument }>()
    for (const each of all) {
      const before = newest.get(each.told.base)
      if (before === undefined || before.told.revision < each.told.revision) newest.set(each.told.base, each)
    }
    const found: VenueFillReport[] = []
    for (const { told, instrument } of newest.values()) {
      const known = this.#executions.get(told.base)
      const secondUs = parseTwsTime(told.time)
      const fill =
        known === undefined
          ? { ...this.fillReport(told, instrument), tsUs: secondUs }
          : this.fillReport(told, instrument)
      if (known === undefined) this.#note(told, fill, this.#numberFor(told))
      else if (told.revision > known.revision) this.#correct(told, fill, known)
      const fromUs = known === undefined ? Math.floor(sinceUs / 1e6) * 1e6 : sinceUs
      if (!(fill.tsUs < fromUs)) found.push(fill)
    }
    return found
  }

  // ---- Lists -------------------------------------------------------------------------------------------------------------

  /** An order as TWS lists it. `filled` is what its status said, or the list of completed orders. */
  orderReport(told: ToldOrder, filled: string, instrument: Instrument): VenueOrderReport {
    const number = this.#parts.numberOf(told.orderRef)
    const clientOrderId = number === 0 ? undefined : this.#parts.reports.clientOrderIdOf(number)
    const { type, timeInForce } = fromTws(told.type, told.timeInForce, told.limit)
    const hasLimit = ['LIMIT', 'STOP_LIMIT', 'LIMIT_IF_TOUCHED', 'TRAILING_STOP_LIMIT'].includes(type)
    const hasTrigger = ['STOP', 'STOP_LIMIT', 'MARKET_IF_TOUCHED', 'LIMIT_IF_TOUCHED'].includes(type)
    const completedUs = parseTwsTime(told.completedTime)
    return {
      ...(clientOrderId === undefined ? {} : { clientOrderId }),
      venueOrderId: told.permId,
      instrument: instrument.index,
      account: told.account,
      side: told.action === 'BUY' ? 'buy' : 'sell',
      type,
      timeInForce,
      quantityUnits: unitsOf(told.quantity, instrument.sizeScale),
      ...(hasLimit && told.limit !== '' ? { priceUnits: unitsOf(told.limit, instrument.priceScale) } : {}),
      ...(hasTrigger && told.aux !== '' ? { triggerUnits: unitsOf(told.aux, instrument.priceScale) } : {}),
      cumulativeUnits: filled === '' ? 0 : unitsOf(filled, instrument.sizeScale),
      state: stateOf(told.status, filled),
      ...(told.completedStatus === '' ? {} : { reason: told.completedStatus }),
      tsUs: Number.isNaN(completedUs) ? this.#parts.nowUs() : completedUs,
    }
  }
}

/** A status of TWS as a state. What may still work, or may not yet, is never said to be over. */
function stateOf(status: string, filled: string): VenueOrderState {
  if (status === 'Filled') return 'filled'
  if (status === 'Cancelled' || status === 'ApiCancelled') return 'canceled'
  if (status === 'PreSubmitted' || status === 'Submitted' || status === 'PendingCancel') return 'working'
  return filled !== '' && Number(filled) > 0 ? 'working' : 'pending'
}

/** Units of an amount of TWS: exact, or the nearest where TWS writes more digits than the instrument has. */
export function unitsOf(text: string, scale: number): number {
  try {
    return toUnits(text, scale, 'amount')
  } catch {
    return Math.round(Number(text) * 10 ** scale)
  }
}

function same(a: string, b: string): boolean {
  if (a === b) return true
  if (a === '' || b === '') return Number(a === '' ? '0' : a) === Number(b === '' ? '0' : b)
  return Number(a) === Number(b)
}
