/** The venue's side of the conversation about orders: ExecutionReport (8) and OrderCancelReject (9), in the words of each version. */

import type { FixMessage } from '../../connectors/fix/codec/message.js'
import type { MessageRules } from '../../connectors/fix/connector/message-rules.js'
import type { OrderWords } from '../../connectors/fix/connector/order-words.js'
import type { Outgoing } from '../../connectors/fix/connector/outgoing.js'
import type { Symbology } from '../../connectors/fix/connector/symbology.js'
import { Tag } from '../../connectors/fix/dictionary/tags.js'
import type { VenueReport } from '../../connectors/sim/venue-message.js'
import type { VenueExecution, VenueOrder } from '../../connectors/sim/venue-order.js'
import { hasTrigger, Liquidity, OrderFlag, TifCode, TypeCode, tifOf, typeOf } from '../../orders/codes.js'
import type { VenueOrderState } from '../../orders/venue-reports.js'
import type { FixOrder, PendingRequest } from './fix-orders.js'

/** The parts of an execution report that differ from kind to kind. */
interface ReportParts {
  readonly execType: string
  readonly ordStatus: string
  readonly execId: string
  /** ExecTransType (20), up to FIX 4.2. */
  readonly transaction?: string
  readonly reference?: string
  readonly request?: PendingRequest
  readonly execution?: { readonly units: number; readonly priceUnits: number; readonly of: VenueExecution }
  readonly quantityUnits?: number
  readonly priceUnits?: number
  readonly triggerUnits?: number
  readonly text?: string
  readonly rejectReason?: number
  readonly isWorking?: boolean
  readonly tsUs: number
  readonly mass?: { readonly id: string; readonly count: number; readonly isLast: boolean }
}

/** Numbers the reports that are about no execution, for all sessions of a venue. */
export class ReportIds {
  readonly #start: number
  #count = 0

  /** `startUs`: ids of another life of the venue are others. */
  constructor(startUs: number) {
    this.#start = Math.floor(startUs / 1_000_000)
  }

  /** A text, or whole numbers for versions whose ids are numbers (FIX 4.0). */
  next(isNumber = false): string {
    const count = ++this.#count
    return isNumber ? `${this.#start * 1_000_000 + count}` : `${this.#start.toString(36)}-${count.toString(36)}`
  }
}

/** Writes reports to one session. */
export class ReportWriter {
  readonly #out: Outgoing
  readonly #rules: MessageRules
  readonly #words: OrderWords
  readonly #symbology: Symbology
  readonly #ids: ReportIds
  /** Whose orders are named by their ClOrdID; undefined for those of everybody. */
  readonly #clientName: string | undefined

  constructor(
    out: Outgoing,
    rules: MessageRules,
    words: OrderWords,
    symbology: Symbology,
    ids: ReportIds,
    clientName: string | undefined,
  ) {
    this.#out = out
    this.#rules = rules
    this.#words = words
    this.#symbology = symbology
    this.#ids = ids
    this.#clientName = clientName
  }

  /** ExecID is a number in FIX 4.0, text after. */
  #nextId(): string {
    return this.#ids.next(this.#rules.dictionary.field(Tag.ExecID)?.type === 'INT')
  }

  // ---- Reports of the venue ----------------------------------------------------------------------------------------------

  /** A report about an order, as of when it was made. */
  report(report: VenueReport, known: FixOrder, request: PendingRequest | undefined): void {
    const { reason: text, tsUs } = report
    const execId = this.#nextId()
    const common = { execId, tsUs, ...(request === undefined ? {} : { request }) }
    const status = known.cumulativeUnits > 0 ? '1' : '0'
    switch (report.kind) {
      case 'accepted':
        this.#write(known, { ...common, execType: '0', ordStatus: '0' })
        break
      case 'rejected':
        this.#write(known, { ...common, execType: '8', ordStatus: '8', text, rejectReason: 99 })
        break
      case 'triggered':
        this.#triggered(known, status, tsUs)
        break
      case 'replaced':
        this.#replaced(report, known, request, status)
        break
      case 'canceled':
        this.#write(known, { ...common, execType: '4', ordStatus: '4', text })
        break
      case 'expired':
        this.#write(known, { ...common, execType: 'C', ordStatus: 'C', text })
        break
      default:
        this.#execution(report, known)
    }
  }

  #execution(report: VenueReport, known: FixOrder): void {
    const execution = report.execution as VenueExecution
    const { quantityUnits: units, priceUnits, tsUs } = report
    const isOver = known.cumulativeUnits >= known.order.quantityUnits
    const ordStatus = isOver
      ? '2'
      : report.works || known.order.isLive
        ? known.cumulativeUnits > 0
          ? '1'
          : '0'
        : statusOf(known.order.state)
    const shown = { units, priceUnits, of: execution }
    const id = String(execution.exec)
    if (report.kind === 'fill') {
      const execType = this.#rules.allowsValue(Tag.ExecType, 'F') ? 'F' : isOver ? '2' : '1'
      this.#write(known, { execType, ordStatus: isOver ? '2' : '1', execId: id, execution: shown, tsUs })
      return
    }
    const isBust = report.kind === 'bust'
    const common = { ordStatus, execId: this.#nextId(), reference: id, execution: shown, tsUs }
    if (this.#rules.hasTransactionTypes)
      this.#write(known, { ...common, execType: ordStatus, transaction: isBust ? '1' : '2' })
    else this.#write(known, { ...common, execType: isBust ? 'H' : 'G' })
  }

  /** FIX 5.0 has a word for it; before, the order is restated as working; before that nothing can be said. */
  #triggered(known: FixOrder, ordStatus: string, tsUs: number): void {
    const common = { ordStatus, execId: this.#nextId(), tsUs, isWorking: true }
    if (this.#rules.allowsValue(Tag.ExecType, 'L')) this.#write(known, { ...common, execType: 'L' })
    else if (this.#rules.allows('8', Tag.WorkingIndicator)) this.#write(known, { ...common, execType: 'D' })
  }

  #replaced(report: VenueReport, known: FixOrder, request: PendingRequest | undefined, status: string): void {
    const { quantityUnits, priceUnits, triggerUnits, tsUs } = report
    const isAsked = request !== undefined
    const isRestated = !isAsked && this.#rules.allowsValue(Tag.ExecType, 'D')
    this.#write(known, {
      execType: isRestated ? 'D' : '5',
      ordStatus: this.#rules.hasTransactionTypes && !isRestated ? '5' : status,
      execId: this.#nextId(),
      quantityUnits,
      priceUnits,
      triggerUnits,
      tsUs,
      ...(isAsked ? { request } : {}),
    })
  }

  // ---- Answers -----------------------------------------------------------------------------------------------------------

  /** The state of an order, because somebody asked. */
  status(known: FixOrder, tsUs: number, mass?: ReportParts['mass']): void {
    const { order } = known
    const ordStatus = statusOf(order.state, known.cumulativeUnits)
    this.#write(known, {
      execType: this.#rules.allowsValue(Tag.ExecType, 'I') ? 'I' : ordStatus,
      ordStatus,
      execId: this.#nextId(),
      transaction: '3',
      tsUs: order.tsUs || tsUs,
      ...(order.reason === '' ? {} : { text: order.reason }),
      ...(mass === undefined ? {} : { mass }),
    })
  }

  /** There is no such order, or there are none at all. */
  noOrder(message: FixMessage | undefined, text: string, tsUs: number, massId?: string): void {
    const out = this.#out
    out.begin('8')
    out.string(Tag.OrderID, 'NONE')
    out.string(Tag.ClOrdID, message?.string(Tag.ClOrdID))
    this.#head(this.#nextId(), '3', this.#rules.allowsValue(Tag.ExecType, 'I') ? 'I' : '8', '8')
    this.#reason(5)
    out.string(Tag.Symbol, message?.string(Tag.Symbol) ?? '[N/A]')
    out.string(Tag.Side, message?.string(Tag.Side) ?? '1')
    this.#noQuantities()
    if (massId !== undefined) {
      out.string(Tag.MassStatusReqID, massId)
      out.int(Tag.TotNumReports, 0)
      out.flag(Tag.LastRptRequested, true)
    }
    out.timestamp(Tag.TransactTime, tsUs)
    out.string(Tag.Text, text)
    out.send()
  }

  /** An order that never came to be. */
  reject(message: FixMessage, text: string, reason: number, tsUs: number): void {
    const out = this.#out
    out.begin('8')
    out.string(Tag.OrderID, 'NONE')
    out.string(Tag.ClOrdID, message.string(Tag.ClOrdID))
    this.#head(this.#nextId(), '0', '8', '8')
    this.#reason(reason)
    out.string(Tag.Account, message.string(Tag.Account))
    out.string(Tag.Symbol, message.string(Tag.Symbol))
    out.string(Tag.Side, message.string(Tag.Side))
    out.string(Tag.OrderQty, message.string(Tag.OrderQty) ?? '0')
    out.string(Tag.OrdType, message.string(Tag.OrdType))
    this.#noQuantities()
    out.timestamp(Tag.TransactTime, tsUs)
    out.string(Tag.Text, text)
    out.send()
  }

  #noQuantities(): void {
    const out = this.#out
    for (const tag of [Tag.LastQty, Tag.LastPx]) if (this.#rules.requires('8', tag)) out.int(tag, 0)
    out.int(Tag.LeavesQty, 0)
    out.int(Tag.CumQty, 0)
    out.int(Tag.AvgPx, 0)
  }

  /** A change or cancel is refused (9). */
  cancelReject(
    ids: { clOrdId: string; original: string },
    known: FixOrder | undefined,
    isReplace: boolean,
    text: string,
    tsUs: number,
  ): void {
    const out = this.#out
    out.begin('9')
    out.string(Tag.OrderID, known === undefined ? 'NONE' : String(known.order.venueOrderId))
    out.string(Tag.ClOrdID, ids.clOrdId)
    out.string(Tag.OrigClOrdID, ids.original)
    out.string(Tag.OrdStatus, known === undefined ? '8' : statusOf(known.order.state, known.cumulativeUnits))
    out.string(Tag.CxlRejResponseTo, isReplace ? '2' : '1')
    out.string(Tag.CxlRejReason, known === undefined ? '1' : '0')
    out.timestamp(Tag.TransactTime, tsUs)
    out.string(Tag.Text, text)
    out.send()
  }

  // ---- Writing -----------------------------------------------------------------------------------------------------------

  #head(execId: string, transaction: string, execType: string, ordStatus: string): void {
    const out = this.#out
    out.string(Tag.ExecID, execId)
    out.string(Tag.ExecTransType, transaction)
    out.string(Tag.ExecType, execType)
    out.string(Tag.OrdStatus, ordStatus)
  }

  #reason(reason: number): void {
    this.#out.string(Tag.OrdRejReason, this.#rules.allowsValue(Tag.OrdRejReason, `${reason}`) ? `${reason}` : '0')
  }

  #write(known: FixOrder, parts: ReportParts): void {
    const out = this.#out
    const { order } = known
    const { instrument } = order
    const { request, mass } = parts
    out.begin('8')
    out.string(Tag.OrderID, String(order.venueOrderId))
    if (this.#clientName === undefined || order.clientName === this.#clientName) {
      out.string(Tag.ClOrdID, request?.clOrdId ?? known.clOrdId)
      out.string(Tag.OrigClOrdID, request?.original)
    }
    this.#head(parts.execId, parts.transaction ?? '0', parts.execType, parts.ordStatus)
    out.string(Tag.ExecRefID, parts.reference)
    if (parts.rejectReason !== undefined) this.#reason(parts.rejectReason)
    if (parts.execType === 'D') out.string(Tag.ExecRestatementReason, this.#restatement())
    out.string(Tag.Account, order.accountName)
    this.#symbology.write(instrument, (tag, value) => out.string(tag, value))
    out.string(Tag.Side, order.sideSign > 0 ? '1' : '2')
    this.#terms(order, parts)
    this.#quantities(known, parts)
    if (parts.isWorking === true) out.flag(Tag.WorkingIndicator, true)
    if (mass !== undefined) {
      out.string(Tag.MassStatusReqID, mass.id)
      out.int(Tag.TotNumReports, mass.count)
      out.flag(Tag.LastRptRequested, mass.isLast)
    }
    out.timestamp(Tag.TransactTime, parts.tsUs)
    out.string(Tag.Text, parts.text)
    out.send()
  }

  #restatement(): string {
    return this.#rules.allowsValue(Tag.ExecRestatementReason, '99') ? '99' : '3'
  }

  #terms(order: VenueOrder, parts: ReportParts): void {
    const out = this.#out
    const { instrument } = order
    const { priceScale, sizeScale } = instrument
    const type = typeOf(order.type)
    const word = this.#words.types.get(type)
    const closing = order.timeInForce === TifCode.CLO ? this.#words.closingTypes.get(type) : undefined
    const trigger = parts.triggerUnits ?? order.triggerUnits
    out.units(Tag.OrderQty, parts.quantityUnits ?? order.quantityUnits, sizeScale)
    out.string(Tag.OrdType, closing ?? word?.ordType ?? '2')
    out.units(Tag.Price, parts.priceUnits ?? order.priceUnits, priceScale)
    if (hasTrigger(order.type))
      out.units(word?.isTriggered === true ? Tag.TriggerPrice : Tag.StopPx, trigger, priceScale)
    if (closing === undefined) out.string(Tag.TimeInForce, this.#words.times.get(tifOf(order.timeInForce)))
    out.string(Tag.ExecInst, execInstOf(order, word?.execInst))
    out.timestamp(Tag.ExpireTime, order.expireTimeUs)
    if (this.#words.displayTag !== 0) out.units(this.#words.displayTag, order.displayUnits, sizeScale)
    if (order.type === TypeCode.TRAILING_STOP || order.type === TypeCode.TRAILING_STOP_LIMIT) {
      const isAmount = Number.isNaN(order.trailingBasisPoints)
      if (isAmount) out.units(Tag.PegOffsetValue, order.trailingAmountUnits, priceScale)
      else out.double(Tag.PegOffsetValue, order.trailingBasisPoints)
      out.int(Tag.PegOffsetType, isAmount ? 0 : 1)
    }
  }

  #quantities(known: FixOrder, parts: ReportParts): void {
    const out = this.#out
    const { order } = known
    const { priceScale, sizeScale } = order.instrument
    const { execution } = parts
    const isOver = '2348C'.includes(parts.ordStatus)
    const total = parts.quantityUnits ?? order.quantityUnits
    if (execution !== undefined) {
      out.units(Tag.LastQty, execution.units, sizeScale)
      out.units(Tag.LastPx, execution.priceUnits, priceScale)
      this.#costs(execution.of)
    } else {
      for (const tag of [Tag.LastQty, Tag.LastPx]) if (this.#rules.requires('8', tag)) out.int(tag, 0)
    }
    out.units(Tag.LeavesQty, isOver ? 0 : Math.max(0, total - known.cumulativeUnits), sizeScale)
    out.units(Tag.CumQty, known.cumulativeUnits, sizeScale)
    out.double(Tag.AvgPx, known.averageUnits / 10 ** priceScale)
  }

  #costs(execution: VenueExecution): void {
    const out = this.#out
    if (execution.feeUnits !== 0) {
      out.units(Tag.Commission, execution.feeUnits, 8)
      out.string(Tag.CommType, '3')
      out.string(Tag.CommCurrency, execution.feeCurrency)
    }
    const liquidity =
      execution.liquidity === Liquidity.maker
        ? '1'
        : execution.liquidity === Liquidity.taker
          ? '2'
          : execution.liquidity === Liquidity.auction
            ? '4'
            : ''
    if (liquidity !== '' && this.#rules.allowsValue(Tag.LastLiquidityInd, liquidity))
      out.string(Tag.LastLiquidityInd, liquidity)
  }
}

/** Sums over what was reported, brought up to date before a report about an execution is written. */
export function countExecution(report: VenueReport, known: FixOrder): void {
  const { order } = known
  if (report.kind === 'fill') {
    known.cumulativeUnits += report.quantityUnits
    known.valueUnits += report.quantityUnits * report.priceUnits
  } else {
    // Corrections and busts are rare: the sums are made anew.
    known.cumulativeUnits = order.cumulativeUnits
    known.valueUnits = order.valueUnits
  }
}

/** OrdStatus (39) of a state. */
export function statusOf(state: VenueOrderState, cumulativeUnits = 0): string {
  switch (state) {
    case 'filled':
      return '2'
    case 'canceled':
      return '4'
    case 'rejected':
      return '8'
    case 'expired':
      return 'C'
    case 'pending':
      return 'A'
    default:
      return cumulativeUnits > 0 ? '1' : '0'
  }
}

function execInstOf({ flags }: VenueOrder, own: string | undefined): string {
  const values = [...(own ?? '')]
  if ((flags & OrderFlag.postOnly) !== 0) values.push('6')
  if ((flags & OrderFlag.reduceOnly) !== 0) values.push('E')
  return values.join(' ')
}
