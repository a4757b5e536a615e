/**
 * From the venue's messages about orders to the reports of the connector: ExecutionReport (8), OrderCancelReject (9), and the
 * rejects of messages (3, j) that carried an order. Everything else that the venue sends goes elsewhere.
 *
 * Every report is worth the same whenever it comes: resent after a reconnect, by a drop copy session, twice. Executions carry
 * the venue's key, so each counts once.
 */

import type { ConnectorStatistics } from '../../../connector/statistics.js'
import type { WireIds } from '../../../connector/wire-ids.js'
import { TradewireError } from '../../../core/errors.js'
import type { Time } from '../../../core/time.js'
import type { Instrument } from '../../../model/instrument.js'
import { hasLimit, hasTrigger, sideOf, TifCode, TypeCode, tifOf, typeOf } from '../../../orders/codes.js'
import type { OrderReports } from '../../../orders/reports.js'
import type { VenueFillReport, VenueOrderReport } from '../../../orders/venue-reports.js'
import type { FixMessage } from '../codec/message.js'
import { Tag } from '../dictionary/tags.js'
import { type ExecutionKind, execKeyOf, executionKind, reasonOf, stateOf } from './execution-reader.js'
import type { ChainedOrder, OrderChains } from './order-chains.js'
import type { ResolvedProfile } from './profile.js'
import { isSell, ReportReader, type ReportReaderParts } from './report-reader.js'
import type { Symbology } from './symbology.js'

/** What a desk works with. */
export interface ReportDeskParts extends ReportReaderParts {
  readonly reports: OrderReports
  readonly chains: OrderChains
  readonly ids: WireIds
  readonly profile: ResolvedProfile
  readonly symbology: Symbology
  readonly source: number
  readonly time: Time
  readonly statistics: ConnectorStatistics
  /** Account of reports that name none. */
  readonly account: string
  /** Something was wrong with a message; it goes on. */
  problem(error: unknown): void
  /** An execution, of whosever order; for venues that cannot be asked for them. */
  onFill(fill: VenueFillReport): void
  /** The venue restated or took back an execution. */
  onFillChanged(exec: VenueFillReport['exec'], quantityUnits: number, priceUnits: number): void
}

/** An order that is asked for by itself (H). */
export interface AskedOrder {
  readonly clOrdId: string
  readonly orderId: string | undefined
  readonly instrument: Instrument
  readonly sideSign: number
  readonly account: string
}

/** Orders of others that are remembered. */
const EXTERNALS_KEPT = 1_000

/** Turns messages into reports. */
export class ReportDesk {
  /** Open orders of others that the venue told of, by OrderID: for venues that cannot list them. */
  readonly externals = new Map<string, AskedOrder>()
  readonly reader: ReportReader
  readonly #parts: ReportDeskParts

  constructor(parts: ReportDeskParts) {
    this.#parts = parts
    this.reader = new ReportReader(parts)
  }

  // ---- ExecutionReport -------------------------------------------------------------------------------------------------

  /** An execution report that nobody asked for. */
  onExecution(message: FixMessage): void {
    const order = this.orderOf(message)
    const kind = executionKind(message)
    if (order === undefined) {
      this.#external(message, kind)
      return
    }
    const orderId = message.string(Tag.OrderID)
    if (orderId !== undefined && orderId !== 'NONE' && kind !== 'rejected') this.#parts.chains.learn(order, orderId)
    this.#own(message, kind, order)
  }

  #own(message: FixMessage, kind: ExecutionKind, order: ChainedOrder): void {
    const { reports } = this.#parts
    const { number } = order
    const tsUs = this.reader.timeOf(message)
    switch (kind) {
      case 'accepted':
        this.#acknowledge(order, tsUs)
        break
      case 'fill':
        this.#fill(message, order, tsUs)
        break
      case 'correct':
      case 'bust':
        this.#restateFill(message, kind, order, tsUs)
        break
      case 'replaced':
      case 'restated':
        this.#replaced(message, kind, order, tsUs)
        break
      case 'triggered':
        this.#triggered(order, tsUs)
        break
      case 'rejected':
        this.#rejected(message, order, tsUs)
        break
      case 'canceled':
        this.#over(message, order)
        reports.canceled(
          number,
          this.reader.quantity(message, Tag.CumQty, order.instrument),
          reasonOf(message, 0),
          tsUs,
        )
        break
      case 'expired':
        this.#over(message, order)
        reports.expired(number, this.reader.quantity(message, Tag.CumQty, order.instrument), tsUs)
        break
      case 'done-for-day':
        this.#doneForDay(message, order, tsUs)
        break
      case 'status':
        // Somebody asked what is known already; a status alone changes nothing.
        break
      case 'pending':
        break
    }
  }

  #acknowledge(order: ChainedOrder, tsUs: number): void {
    const { reports, statistics, time } = this.#parts
    if (!order.isAcknowledged && !Number.isNaN(order.sentNs))
      statistics.acknowledgeLatency.record(Math.max(0, time.monotonicNs() - order.sentNs))
    order.isAcknowledged = true
    reports.accepted(order.number, order.orderId, tsUs)
  }

  #fill(message: FixMessage, order: ChainedOrder, tsUs: number): void {
    const { reports } = this.#parts
    const fill = this.reader.fillReport(message, order.instrument, tsUs)
    if (fill === undefined) return
    const { feeUnits = Number.NaN, feeCurrency = '', liquidity } = fill
    reports.filled(order.number, fill.exec, fill.quantityUnits, fill.priceUnits, feeUnits, feeCurrency, liquidity, tsUs)
    this.#parts.onFill({ ...fill, ...this.#hostIdOf(order.number), side: sideOf(order.sideSign) })
    const status = message.string(Tag.OrdStatus)
    if (status === '2') this.#parts.chains.close(order)
    else if (status === '4' || status === 'C') {
      // One message for the last fill and the end of what was left.
      this.#over(message, order)
      const cumulative = this.reader.quantity(message, Tag.CumQty, order.instrument)
      if (status === '4') reports.canceled(order.number, cumulative, reasonOf(message, 0), tsUs)
      else reports.expired(order.number, cumulative, tsUs)
    }
  }

  #restateFill(message: FixMessage, kind: 'correct' | 'bust', order: ChainedOrder, tsUs: number): void {
    const { reports, profile, problem } = this.#parts
    const reference = message.string(Tag.ExecRefID)
    if (reference === undefined) {
      problem(new TradewireError('TW_INVALID_MODEL', `A ${kind} of an execution names none (ExecRefID, 19)`))
      return
    }
    const works = stateOf(message.string(Tag.OrdStatus)) === 'working'
    const key = execKeyOf(message, profile, reference)
    if (kind === 'bust') {
      reports.busted(order.number, key, works, tsUs)
      this.#parts.onFillChanged(key, 0, 0)
      return
    }
    const quantity = this.reader.quantity(message, Tag.LastQty, order.instrument)
    const price = this.reader.price(message, Tag.LastPx, order.instrument)
    reports.corrected(order.number, key, execKeyOf(message, profile), quantity, price, works, tsUs)
    this.#parts.onFillChanged(key, quantity, price)
  }

  /** Terms after a change, ours or the venue's own. */
  #replaced(message: FixMessage, kind: 'replaced' | 'restated', order: ChainedOrder, tsUs: number): void {
    const { chains, ids, reports } = this.#parts
    const { instrument } = order
    const clOrdId = message.string(Tag.ClOrdID) ?? ''
    const request = chains.answered(order, clOrdId)
    const asked = ids.numberOf(clOrdId, reports) === order.number ? ids.generationOf(clOrdId) : 0
    const current = ids.generationOf(order.accepted)
    // The answer to an earlier change, once more or late: by a resend, or by a drop copy.
    const isLate = kind === 'replaced' && request === undefined && asked > 0 && asked < current
    const isOwn = asked > current || isLate
    const generation = request?.generation ?? (isOwn ? asked : 0)
    const said = (read: number, asked: number | undefined) => (Number.isNaN(read) ? (asked ?? Number.NaN) : read)
    const quantity = said(this.reader.quantity(message, Tag.OrderQty, instrument), request?.quantityUnits)
    const price =
      hasLimit(order.type) || order.type < 0
        ? said(this.reader.price(message, Tag.Price, instrument), request?.priceUnits)
        : Number.NaN
    const trigger = this.reader.triggerOf(message, instrument, request?.triggerUnits)
    if (isLate) {
      reports.replaced(order.number, generation, quantity, price, trigger, order.orderId, tsUs)
      return
    }
    const isSame =
      quantity === order.quantityUnits && Object.is(price, order.priceUnits) && Object.is(trigger, order.triggerUnits)
    if (kind === 'replaced' && request === undefined && asked > 0 && asked === current && isSame) return
    if (isOwn) order.accepted = clOrdId
    if (!Number.isNaN(quantity)) order.quantityUnits = quantity
    order.priceUnits = price
    order.triggerUnits = trigger
    if (generation === 0 && this.#isTriggerNote(message, order)) {
      this.#triggered(order, tsUs)
      return
    }
    reports.replaced(order.number, generation, quantity, price, trigger, order.orderId, tsUs)
  }

  /** Before FIX 5.0 a venue says that a trigger was hit by restating the order as working (WorkingIndicator, 636). */
  #isTriggerNote(message: FixMessage, order: ChainedOrder): boolean {
    return message.equals(Tag.WorkingIndicator, 'Y') && hasTrigger(order.type) && !order.isTriggered
  }

  #triggered(order: ChainedOrder, tsUs: number): void {
    if (order.isTriggered) return
    order.isTriggered = true
    this.#parts.reports.triggered(order.number, tsUs)
  }

  /** A rejected order; a rejected change where the venue answers one with an execution report. */
  #rejected(message: FixMessage, order: ChainedOrder, tsUs: number): void {
    const { chains, reports } = this.#parts
    const reason = reasonOf(message, Tag.OrdRejReason)
    const request = chains.answered(order, message.string(Tag.ClOrdID) ?? '')
    if (request !== undefined) {
      if (request.isReplace) reports.replaceRejected(order.number, request.generation, reason, tsUs)
      else reports.cancelRejected(order.number, request.generation, reason, tsUs)
      return
    }
    chains.close(order)
    reports.rejected(order.number, reason, tsUs)
  }

  #doneForDay(message: FixMessage, order: ChainedOrder, tsUs: number): void {
    if (order.timeInForce !== TifCode.DAY) return
    this.#over(message, order)
    this.#parts.reports.expired(order.number, this.reader.quantity(message, Tag.CumQty, order.instrument), tsUs)
  }

  /** The order is off the book; a cancel that brought it there is answered. */
  #over(message: FixMessage, order: ChainedOrder): void {
    const { chains } = this.#parts
    chains.answered(order, message.string(Tag.ClOrdID) ?? '')
    chains.close(order)
  }

  // ---- Orders of others ------------------------------------------------------------------------------------------------

  #external(message: FixMessage, kind: ExecutionKind): void {
    const { reports, source, symbology, problem } = this.#parts
    const instrument = symbology.read(message)
    if (instrument === undefined) {
      problem(
        new TradewireError(
          'TW_UNKNOWN_INSTRUMENT',
          `An execution report names an unknown instrument ${message.string(Tag.Symbol)}`,
        ),
      )
      return
    }
    const tsUs = this.reader.timeOf(message)
    if (kind === 'fill') {
      const fill = this.reader.fillReport(message, instrument, tsUs)
      if (fill === undefined) return
      reports.externalFill(source, fill)
      this.#parts.onFill(fill)
      if (message.equals(Tag.OrdStatus, '2')) this.externals.delete(message.string(Tag.OrderID) ?? '')
    } else if (kind === 'accepted' || kind === 'replaced' || kind === 'restated') {
      const order = this.orderReport(message)
      if (order === undefined) return
      this.#remember(message, order, instrument)
      reports.externalOrder(source, order)
    } else if (kind === 'canceled' || kind === 'expired' || kind === 'rejected') {
      this.externals.delete(message.string(Tag.OrderID) ?? '')
    } else if (kind === 'bust' || kind === 'correct') {
      const key = execKeyOf(message, this.#parts.profile, message.string(Tag.ExecRefID))
      const isBust = kind === 'bust'
      this.#parts.onFillChanged(
        key,
        isBust ? 0 : this.reader.quantity(message, Tag.LastQty, instrument),
        isBust ? 0 : this.reader.price(message, Tag.LastPx, instrument),
      )
      problem(
        new TradewireError('TW_INVALID_STATE', `The venue restated execution ${key} of an order that is not ours`),
      )
    }
  }

  #remember(message: FixMessage, { venueOrderId, account, side }: VenueOrderReport, instrument: Instrument): void {
    const orderId = String(venueOrderId)
    const clOrdId = message.string(Tag.ClOrdID) ?? orderId
    this.externals.set(orderId, { clOrdId, orderId, instrument, sideSign: side === 'buy' ? 1 : -1, account })
    if (this.externals.size <= EXTERNALS_KEPT) return
    for (const oldest of this.externals.keys()) {
      this.externals.delete(oldest)
      return
    }
  }

  // ---- OrderCancelReject, Reject, BusinessMessageReject ------------------------------------------------------------------

  /** A change or cancel was refused (9). */
  onCancelReject(message: FixMessage): void {
    const { chains, ids, reports } = this.#parts
    const clOrdId = message.string(Tag.ClOrdID) ?? ''
    const number = ids.numberOf(clOrdId, reports)
    if (number === 0) return
    const order = chains.get(number)
    const request = order === undefined ? undefined : chains.answered(order, clOrdId)
    const isReplace = request?.isReplace ?? message.equals(Tag.CxlRejResponseTo, '2')
    const generation = request?.generation ?? ids.generationOf(clOrdId)
    const reason = cancelReason(message)
    const tsUs = this.reader.timeOf(message)
    if (isReplace) reports.replaceRejected(number, generation, reason, tsUs)
    else reports.cancelRejected(number, generation, reason, tsUs)
  }

  /** The message that carried an order or a request of one was rejected as such: the venue took no notice of what it said. */
  onMessageRejected(
    number: number,
    generation: number,
    msgType: string,
    clOrdId: string,
    reason: string,
    tsUs: number,
  ): void {
    const { chains, reports } = this.#parts
    const order = chains.get(number)
    if (order !== undefined) chains.answered(order, clOrdId)
    if (msgType === 'G') reports.replaceRejected(number, generation, reason, tsUs)
    else if (msgType === 'F') reports.cancelRejected(number, generation, reason, tsUs)
    else {
      if (order !== undefined) chains.close(order)
      reports.rejected(number, reason, tsUs)
    }
  }

  // ---- Reading ---------------------------------------------------------------------------------------------------------

  /** Our order that a report is about; undefined for orders of others. */
  orderOf(message: FixMessage): ChainedOrder | undefined {
    const { chains, ids, reports } = this.#parts
    for (const tag of [Tag.ClOrdID, Tag.OrigClOrdID]) {
      const id = message.string(tag)
      const number = id === undefined ? 0 : ids.numberOf(id, reports)
      if (number > 0) return chains.get(number) ?? this.#adopt(message, number, id as string)
    }
    const orderId = message.string(Tag.OrderID)
    return orderId === undefined ? undefined : chains.byOrderId(orderId)
  }

  /** An order that an earlier life of this process sent. */
  #adopt(message: FixMessage, number: number, clOrdId: string): ChainedOrder | undefined {
    const { chains, symbology, account, ids } = this.#parts
    const instrument = symbology.read(message)
    if (instrument === undefined) return undefined
    const type = this.reader.typeOf(message)
    return chains.add({
      number,
      instrument,
      account: message.string(Tag.Account) ?? account,
      sideSign: isSell(message) ? -1 : 1,
      type: type === undefined ? -1 : TypeCode[type],
      timeInForce: TifCode[this.reader.tifOf(message)],
      orderId: message.string(Tag.OrderID),
      // The id of a request under way is the order's only once it is accepted.
      accepted: ids.generationOf(clOrdId) === 0 ? clOrdId : (message.string(Tag.OrigClOrdID) ?? clOrdId),
      quantityUnits: this.reader.quantity(message, Tag.OrderQty, instrument),
      priceUnits: this.reader.price(message, Tag.Price, instrument),
      triggerUnits: Number.NaN,
      isAcknowledged: true,
      isTriggered: false,
      isClosed: false,
      requests: [],
      sentNs: Number.NaN,
    })
  }

  /** A report as the state of an order; undefined for an instrument that nobody here knows. */
  orderReport(message: FixMessage): VenueOrderReport | undefined {
    const own = this.orderOf(message)
    const instrument = own?.instrument ?? this.#parts.symbology.read(message)
    const orderId = message.string(Tag.OrderID)
    if (instrument === undefined || orderId === undefined) return undefined
    const price = this.reader.price(message, Tag.Price, instrument)
    const trigger = this.reader.triggerOf(message, instrument, undefined)
    const cumulative = zeroFor(this.reader.quantity(message, Tag.CumQty, instrument))
    const average = this.reader.average(message, instrument)
    const leaves = zeroFor(this.reader.quantity(message, Tag.LeavesQty, instrument))
    const quantity = this.reader.quantity(message, Tag.OrderQty, instrument)
    if (own !== undefined) this.#learnFromStatus(message, own, orderId)
    return {
      ...this.#hostIdOf(own?.number ?? 0),
      venueOrderId: orderId,
      instrument: instrument.index,
      account: message.string(Tag.Account) ?? own?.account ?? this.#parts.account,
      side: own === undefined ? (isSell(message) ? 'sell' : 'buy') : sideOf(own.sideSign),
      type: own !== undefined && own.type >= 0 ? typeOf(own.type) : (this.reader.typeOf(message) ?? 'LIMIT'),
      timeInForce: own !== undefined && own.timeInForce >= 0 ? tifOf(own.timeInForce) : this.reader.tifOf(message),
      quantityUnits: Number.isNaN(quantity) ? cumulative + leaves : quantity,
      ...(Number.isNaN(price) ? {} : { priceUnits: price }),
      ...(Number.isNaN(trigger) ? {} : { triggerUnits: trigger }),
      cumulativeUnits: cumulative,
      ...(average > 0 ? { averagePriceUnits: average } : {}),
      state: stateOf(message.string(Tag.OrdStatus)),
      ...(message.has(Tag.Text) ? { reason: message.string(Tag.Text) as string } : {}),
      tsUs: this.reader.timeOf(message),
    }
  }

  /** After a restart, the venue tells which id of an order is the current one. */
  #learnFromStatus(message: FixMessage, order: ChainedOrder, orderId: string): void {
    const { chains, ids, reports } = this.#parts
    chains.learn(order, orderId)
    const clOrdId = message.string(Tag.ClOrdID)
    const isPending = message.equals(Tag.OrdStatus, '6') || message.equals(Tag.OrdStatus, 'E')
    if (clOrdId !== undefined && !isPending && ids.numberOf(clOrdId, reports) === order.number) order.accepted = clOrdId
  }

  /** The host's id behind an id on the wire; undefined for one that is not ours. */
  hostIdOf(ids: WireIds, clOrdId: string): string | undefined {
    const { reports } = this.#parts
    const number = ids.numberOf(clOrdId, reports)
    return number > 0 ? reports.clientOrderIdOf(number) : undefined
  }

  #hostIdOf(number: number): { clientOrderId?: string } {
    const id = number > 0 ? this.#parts.reports.clientOrderIdOf(number) : undefined
    return id === undefined ? {} : { clientOrderId: id }
  }
}

function zeroFor(units: number): number {
  return Number.isNaN(units) ? 0 : units
}

const cancelReasons: Readonly<Record<string, string>> = {
  '0': 'too late to cancel',
  '1': 'unknown order',
  '2': 'broker or exchange option',
  '3': 'a request is pending already',
  '6': 'duplicate ClOrdID',
}

function cancelReason(message: FixMessage): string {
  const text = message.string(Tag.Text)
  const reason = message.string(Tag.CxlRejReason)
  return text ?? cancelReasons[reason ?? ''] ?? `reason ${reason ?? 'not given'}`
}
