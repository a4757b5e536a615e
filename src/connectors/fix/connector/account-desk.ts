/**
 * What the venue holds, asked for by its own requests: orders by OrderMassStatusRequest (AF) or, where there is none, one by one
 * by OrderStatusRequest (H); executions by TradeCaptureReportRequest (AD); positions by RequestForPositions (AN); balances by
 * CollateralInquiry (BB). A kind that the profile does not name is not asked for, and left out of the answer.
 */
import type { RecalledBooks } from '../../../connector/recalled-books.js'
import type { WireIds } from '../../../connector/wire-ids.js'
import type { Time } from '../../../core/time.js'
import { toUnits, unitsToText } from '../../../model/decimal.js'
import type { Instrument } from '../../../model/instrument.js'
import type { InstrumentRegistry } from '../../../model/instrument-registry.js'
import type {
  VenueAccountReport,
  VenueBalanceReport,
  VenueFillReport,
  VenueOrderReport,
  VenuePositionReport,
} from '../../../orders/venue-reports.js'
import { FixGroup } from '../codec/group.js'
import { type FixMessage, msgTypeCodeOf } from '../codec/message.js'
import { Tag } from '../dictionary/tags.js'
import { execKeyOf, executionKind, liquidityOf, reportTimeUs } from './execution-reader.js'
import { feesOf } from './fees.js'
import type { FixLink } from './fix-link.js'
import type { MessageRules } from './message-rules.js'
import type { ChainedOrder, OrderChains } from './order-chains.js'
import type { ResolvedProfile } from './profile.js'
import type { QueryDesk } from './queries.js'
import type { AskedOrder, ReportDesk } from './report-desk.js'
import type { Symbology } from './symbology.js'

const TRADE_REPORT = msgTypeCodeOf('AE')
const TRADE_ACK = msgTypeCodeOf('AQ')
const POSITION_REPORT = msgTypeCodeOf('AP')
const POSITION_ACK = msgTypeCodeOf('AO')
const COLLATERAL_REPORT = msgTypeCodeOf('BA')
const COLLATERAL_ACK = msgTypeCodeOf('BG')
const MASS_CANCEL_REPORT = msgTypeCodeOf('r')
const MONEY_SCALE = 8

/** What a desk works with. */
export interface AccountDeskParts {
  readonly link: FixLink
  readonly desk: ReportDesk
  readonly chains: OrderChains
  readonly queries: QueryDesk
  readonly profile: ResolvedProfile
  readonly rules: MessageRules
  readonly symbology: Symbology
  readonly time: Time
  readonly accounts: readonly string[]
  readonly ids: WireIds
  readonly instruments: InstrumentRegistry
  /** Waits for a sign of life: what the venue sent before it has arrived then. */
  prove(signal: AbortSignal): Promise<void>
  /** What the journal tells of our orders. */
  recalled(): RecalledBooks | undefined
}

/** Asks for orders, executions, positions and balances. */
export class AccountDesk {
  readonly #parts: AccountDeskParts
  readonly #group = new FixGroup()
  /** The list of orders under way where reports do not name it. */
  #unnamedList: string | undefined

  constructor(parts: AccountDeskParts) {
    this.#parts = parts
  }

  // ---- Orders ------------------------------------------------------------------------------------------------------------

  async orders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    const { profile } = this.#parts
    await this.#parts.link.whenFree('AF', signal)
    return profile.massStatus === false ? this.#eachOrder(signal) : this.#massStatus(signal)
  }

  async #massStatus(signal: AbortSignal): Promise<VenueOrderReport[]> {
    const { link, profile, queries, rules, time, prove } = this.#parts
    const id = queries.nextId('S')
    const send = () => {
      const number = link.out.begin('AF', profile.omitted('AF'))
      link.out.string(Tag.MassStatusReqID, id)
      link.out.int(Tag.MassStatusReqType, 7)
      link.out.timestamp(Tag.TransactTime, time.wallUs())
      this.#extra('AF')
      return number
    }
    const answer = queries.ask<VenueOrderReport>(id, 'the list of orders', send, signal)
    if (rules.allows('8', Tag.LastRptRequested)) return answer
    // FIX 4.3 marks no last report: the list ends when nothing comes any more on a line that is alive.
    this.#unnamedList = id
    prove(signal).then(
      () => queries.finishWhenQuiet(id, profile.quietMs),
      (error: unknown) => queries.fail(id, error),
    )
    try {
      return await answer
    } finally {
      if (this.#unnamedList === id) this.#unnamedList = undefined
    }
  }

  /** One question for each order that is open as far as we know. */
  async #eachOrder(signal: AbortSignal): Promise<VenueOrderReport[]> {
    await this.#parts.prove(signal)
    const found: VenueOrderReport[] = []
    for (const order of this.#openOrders()) {
      await this.#parts.link.whenFree('H', signal)
      found.push(...(await this.#status(order, signal)))
    }
    return found
  }

  #openOrders(): AskedOrder[] {
    const { chains, ids, instruments } = this.#parts
    const asked = new Map<number, AskedOrder>()
    for (const order of this.#parts.recalled()?.orders ?? []) {
      if (!order.isOpen) continue
      const instrument = instruments.at(order.instrument)
      const orderId = order.venueOrderId === undefined ? undefined : String(order.venueOrderId)
      const { sideSign, account } = order
      asked.set(order.number, { clOrdId: ids.idOf(order), orderId, instrument, sideSign, account })
    }
    for (const order of chains.open()) asked.set(order.number, askedOf(order))
    return [...asked.values(), ...this.#parts.desk.externals.values()]
  }

  #status(order: AskedOrder, signal: AbortSignal): Promise<VenueOrderReport[]> {
    const { link, profile, queries, symbology } = this.#parts
    const id = statusId(order.clOrdId, order.orderId)
    const send = () => {
      const { out } = link
      const number = out.begin('H', profile.omitted('H'))
      out.string(Tag.OrderID, order.orderId)
      out.string(Tag.ClOrdID, order.clOrdId)
      if (profile.sendsAccount) out.string(Tag.Account, order.account)
      symbology.write(order.instrument, (tag, value) => out.string(tag, value))
      out.string(Tag.Side, order.sideSign > 0 ? '1' : '2')
      this.#extra('H')
      return number
    }
    return queries.ask<VenueOrderReport>(id, `the state of order ${order.clOrdId}`, send, signal)
  }

  /** Whether a report (8) answers a question; then it is taken. */
  takesStatus(message: FixMessage): boolean {
    const { queries } = this.#parts
    const massId = message.string(Tag.MassStatusReqID)
    if (massId !== undefined) {
      if (queries.has(massId)) this.#massReport(message, massId)
      return true
    }
    if (executionKind(message) !== 'status') return this.#isUnknownOrder(message)
    const id = this.#askedFor(message)
    if (id === undefined) {
      // FIX 4.3 names no list either: a status that nobody asked for by itself belongs to the one under way.
      if (this.#unnamedList !== undefined) this.#massReport(message, this.#unnamedList)
      return this.#unnamedList !== undefined
    }
    const order = this.#parts.desk.orderReport(message)
    // An unknown order comes as one that is rejected, under no id.
    if (order !== undefined && order.state !== 'rejected') queries.add(id, order)
    queries.finish(id)
    return true
  }

  /** Before FIX 4.3 an unknown order may be answered by a report of a rejected order. */
  #isUnknownOrder(message: FixMessage): boolean {
    const id = message.equals(Tag.OrdStatus, '8') ? this.#askedFor(message) : undefined
    if (id === undefined) return false
    this.#parts.queries.finish(id)
    return true
  }

  /** The question that a report answers, by the venue's id of the order or by ours. */
  #askedFor(message: FixMessage): string | undefined {
    const { queries } = this.#parts
    const ids = [statusId('', message.string(Tag.OrderID)), statusId(message.string(Tag.ClOrdID) ?? '', undefined)]
    return ids.find((id) => queries.has(id))
  }

  #massReport(message: FixMessage, id: string): void {
    const { queries } = this.#parts
    const isEmpty = message.equals(Tag.OrdStatus, '8') && message.int(Tag.TotNumReports) === 0
    const order = isEmpty ? undefined : this.#parts.desk.orderReport(message)
    if (order !== undefined) queries.add(id, order)
    if (isEmpty || message.equals(Tag.LastRptRequested, 'Y')) queries.finish(id)
  }

  /** OrderMassCancelRequest (q): what the venue says it has cancelled. What became of each order comes as its report. */
  async massCancel(instrument: Instrument | undefined, signal: AbortSignal): Promise<number> {
    const { link, queries, profile, symbology, time } = this.#parts
    await link.whenFree('q', signal)
    const id = queries.nextId('Q')
    const send = () => {
      const { out } = link
      const number = out.begin('q', profile.omitted('q'))
      out.string(Tag.ClOrdID, id)
      out.string(Tag.MassCancelRequestType, instrument === undefined ? '7' : '1')
      if (instrument !== undefined) symbology.write(instrument, (tag, value) => out.string(tag, value))
      out.timestamp(Tag.TransactTime, time.wallUs())
      this.#extra('q')
      return number
    }
    const [count = Number.NaN] = await queries.ask<number>(id, 'the mass cancel', send, signal)
    return count
  }

  #massCanceled(message: FixMessage): void {
    const { queries } = this.#parts
    const id = message.string(Tag.ClOrdID)
    if (!queries.has(id)) return
    if (message.equals(Tag.MassCancelResponse, '0')) {
      queries.refuse(id, message.string(Tag.Text) ?? `reason ${message.string(Tag.MassCancelRejectReason)}`)
      return
    }
    queries.add(id, message.int(Tag.TotalAffectedOrders))
    queries.finish(id)
  }

  // ---- Executions, positions, balances -----------------------------------------------------------------------------------

  async fills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    const { link, queries, time, profile } = this.#parts
    await link.whenFree('AD', signal)
    const id = queries.nextId('T')
    const fills = await queries.ask<VenueFillReport>(
      id,
      'the list of executions',
      () => {
        const { out } = link
        const number = out.begin('AD', profile.omitted('AD'))
        out.string(Tag.TradeRequestID, id)
        out.int(Tag.TradeRequestType, 0)
        out.string(Tag.SubscriptionRequestType, '0')
        // A range of whole milliseconds that holds the time asked for; what is too early is left out below.
        const fromUs = Math.max(0, Math.floor(sinceUs / 1_000) * 1_000)
        out.group(Tag.NoDates, [
          [
            [Tag.TransactTime, timestampText(fromUs)],
            [Tag.TradeDate, timestampText(fromUs).slice(0, 8)],
          ],
          [
            [Tag.TransactTime, timestampText(time.wallUs() + 86_400_000_000)],
            [Tag.TradeDate, timestampText(time.wallUs() + 86_400_000_000).slice(0, 8)],
          ],
        ])
        this.#extra('AD')
        return number
      },
      signal,
    )
    return fills.filter(({ tsUs }) => tsUs >= sinceUs)
  }

  async state(signal: AbortSignal): Promise<VenueAccountReport> {
    const { profile, accounts } = this.#parts
    if (!profile.positions && !profile.balances) await this.#parts.prove(signal)
    const positions: VenuePositionReport[] = []
    const balances: VenueBalanceReport[] = []
    for (const account of accounts) {
      if (profile.positions) positions.push(...(await this.#positions(account, signal)))
      if (profile.balances) balances.push(...(await this.#balances(account, signal)))
    }
    return { ...(profile.positions ? { positions } : {}), ...(profile.balances ? { balances } : {}) }
  }

  async #positions(account: string, signal: AbortSignal): Promise<VenuePositionReport[]> {
    const { link, queries, time, profile } = this.#parts
    await link.whenFree('AN', signal)
    const id = queries.nextId('N')
    const send = () => {
      const { out } = link
      const nowUs = time.wallUs()
      const number = out.begin('AN', profile.omitted('AN'))
      out.string(Tag.PosReqID, id)
      out.int(Tag.PosReqType, 0)
      out.string(Tag.SubscriptionRequestType, '0')
      out.string(Tag.Account, account)
      out.int(Tag.AccountType, 1)
      out.date(Tag.ClearingBusinessDate, nowUs)
      out.timestamp(Tag.TransactTime, nowUs)
      this.#extra('AN')
      return number
    }
    return queries.ask<VenuePositionReport>(id, `the positions of ${account}`, send, signal)
  }

  async #balances(account: string, signal: AbortSignal): Promise<VenueBalanceReport[]> {
    const { link, queries, profile } = this.#parts
    await link.whenFree('BB', signal)
    const id = queries.nextId('B')
    const send = () => {
      const { out } = link
      const number = out.begin('BB', profile.omitted('BB'))
      out.string(Tag.CollInquiryID, id)
      out.string(Tag.SubscriptionRequestType, '0')
      out.string(Tag.Account, account)
      this.#extra('BB')
      return number
    }
    return queries.ask<VenueBalanceReport>(id, `the balances of ${account}`, send, signal)
  }

  #extra(msgType: string): void {
    const { link, profile } = this.#parts
    for (const [tag, value] of profile.given.fields?.[msgType] ?? []) link.out.extra(tag, value)
    link.out.send()
  }

  // ---- Answers -----------------------------------------------------------------------------------------------------------

  /** A message that is none of orders or market data. */
  onMessage(message: FixMessage, queries: QueryDesk): void {
    switch (message.msgTypeCode) {
      case MASS_CANCEL_REPORT:
        this.#massCanceled(message)
        break
      case TRADE_ACK:
        this.#acknowledged(message, message.string(Tag.TradeRequestID), Tag.TradeRequestResult, Tag.TotNumTradeReports)
        break
      case TRADE_REPORT:
        this.#row(message, queries, Tag.TradeRequestID, () => this.#fill(message))
        break
      case POSITION_ACK:
        this.#acknowledged(message, message.string(Tag.PosReqID), Tag.PosReqResult, Tag.TotalNumPosReports)
        break
      case POSITION_REPORT:
        this.#row(message, queries, Tag.PosReqID, () => this.#position(message))
        break
      case COLLATERAL_ACK:
        this.#acknowledged(message, message.string(Tag.CollInquiryID), Tag.CollInquiryResult, Tag.TotNumReports)
        break
      case COLLATERAL_REPORT:
        this.#row(message, queries, Tag.CollInquiryID, () => this.#balance(message))
        break
    }
  }

  /** The venue took a question, says how many reports follow, or why there are none. */
  #acknowledged(message: FixMessage, id: string | undefined, resultTag: number, countTag: number): void {
    const { queries } = this.#parts
    if (!queries.has(id)) return
    const count = message.int(countTag)
    const result = message.has(resultTag) ? message.int(resultTag) : 0
    const isNothing = count === 0 || (resultTag === Tag.PosReqResult && result === 2)
    if (isNothing) queries.finish(id)
    else if (result !== 0) queries.refuse(id, message.string(Tag.Text) ?? `result ${result}`)
    else queries.expect(id, count)
  }

  #row(message: FixMessage, queries: QueryDesk, idTag: number, read: () => unknown): void {
    const id = message.string(idTag)
    if (!queries.has(id)) return
    const row = read()
    if (row !== undefined) queries.add(id, row)
    if (message.equals(Tag.LastRptRequested, 'Y')) queries.finish(id)
  }

  #fill(message: FixMessage): VenueFillReport | undefined {
    const { desk, symbology, profile, accounts, ids } = this.#parts
    const instrument = symbology.read(message)
    const side = this.#group
    if (instrument === undefined || !side.open(message, Tag.NoSides) || !side.next()) return undefined
    const orderId = side.string(Tag.OrderID) ?? message.string(Tag.OrderID)
    const clOrdId = side.string(Tag.ClOrdID)
    const quantityUnits = desk.reader.quantity(message, Tag.LastQty, instrument)
    const tsUs = reportTimeUs(message)
    const hostId = clOrdId === undefined ? undefined : desk.hostIdOf(ids, clOrdId)
    return {
      exec: execKeyOf(message, profile),
      ...(hostId === undefined ? {} : { clientOrderId: hostId }),
      ...(orderId === undefined ? {} : { venueOrderId: orderId }),
      instrument: instrument.index,
      account: side.string(Tag.Account) ?? (accounts[0] as string),
      side: side.string(Tag.Side) === '1' ? 'buy' : 'sell',
      quantityUnits,
      priceUnits: desk.reader.price(message, Tag.LastPx, instrument),
      ...feesOf(message, instrument, quantityUnits),
      liquidity: liquidityOf(message, profile),
      tsUs: Number.isNaN(tsUs) ? this.#parts.time.wallUs() : tsUs,
    }
  }

  #position(message: FixMessage): VenuePositionReport | undefined {
    const { symbology, accounts, desk } = this.#parts
    const instrument = symbology.read(message)
    if (instrument === undefined) return undefined
    const group = this.#group
    let quantityUnits = 0
    if (group.open(message, Tag.NoPositions)) {
      while (group.next()) {
        // The total; other kinds are parts of it.
        if ((group.string(Tag.PosType) ?? 'TQ') !== 'TQ') continue
        quantityUnits +=
          desk.reader.unitsAt(group, Tag.LongQty, instrument) - desk.reader.unitsAt(group, Tag.ShortQty, instrument)
      }
    }
    return {
      instrument: instrument.index,
      account: message.string(Tag.Account) ?? (accounts[0] as string),
      quantityUnits,
    }
  }

  #balance(message: FixMessage): VenueBalanceReport | undefined {
    const currency = message.string(Tag.Currency)
    const total = message.string(Tag.TotalNetValue) ?? message.string(Tag.CashOutstanding)
    if (currency === undefined || total === undefined) return undefined
    const available = message.string(Tag.MarginExcess) ?? total
    const locked = toUnits(total, MONEY_SCALE) - toUnits(available, MONEY_SCALE)
    const account = message.string(Tag.Account) ?? (this.#parts.accounts[0] as string)
    return { account, currency, total, locked: unitsToText(locked, MONEY_SCALE) }
  }
}

function askedOf({ accepted, orderId, instrument, sideSign, account }: ChainedOrder): AskedOrder {
  return { clOrdId: accepted, orderId, instrument, sideSign, account }
}

function statusId(clOrdId: string, orderId: string | undefined): string {
  return orderId === undefined ? `H:${clOrdId}` : `H#${orderId}`
}

/** `YYYYMMDD-HH:MM:SS.sss` of epoch microseconds. */
function timestampText(us: number): string {
  const iso = new Date(Math.floor(us / 1_000)).toISOString()
  return `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 23)}`
}
