/**
 * One client of the venue: its FIX session on one side, its session at the simulated exchange on the other.
 *
 *   D ─► new   G ─► replace   F ─► cancel   q ─► cancels                ─► SimulatedVenue
 *   8, 9, r ◄─ reports; kept and resent while the client is away         ◄─
 *   H, AF, AD, AN, BB ─► InquiryDesk     V ─► MarketDesk     e, g ─► VenueStatusDesk     everything else ─► j, or 3 before FIX 4.2
 */

import { FixMessage, msgTypeCodeOf } from '../../connectors/fix/codec/message.js'
import type { MessageRules } from '../../connectors/fix/connector/message-rules.js'
import type { OrderWords } from '../../connectors/fix/connector/order-words.js'
import type { Outgoing } from '../../connectors/fix/connector/outgoing.js'
import type { Symbology } from '../../connectors/fix/connector/symbology.js'
import { Tag } from '../../connectors/fix/dictionary/tags.js'
import type { FixSession } from '../../connectors/fix/session/fix-session.js'
import type { FixApplication, MessageRefusal } from '../../connectors/fix/session/parts.js'
import type { VenueClient, VenueSession } from '../../connectors/sim/report-outbox.js'
import type { SimulatedVenue } from '../../connectors/sim/venue.js'
import { type VenueReport, VenueRequest } from '../../connectors/sim/venue-message.js'
import { VenueOrder } from '../../connectors/sim/venue-order.js'
import { type SecretInput, sameSecret } from '../../core/secret.js'
import type { Time } from '../../core/time.js'
import type { MessageFault, VenueFaults } from './faults.js'
import type { FixOrder, FixOrders, PendingRequest } from './fix-orders.js'
import { InquiryDesk } from './inquiries.js'
import { MarketDesk } from './market-desk.js'
import { OrdRejReason, readTerms } from './order-reader.js'
import { countExecution, type ReportIds, ReportWriter } from './report-writer.js'
import { VenueStatusDesk } from './status-desk.js'

const NEW_ORDER = msgTypeCodeOf('D')
const REPLACE = msgTypeCodeOf('G')
const CANCEL = msgTypeCodeOf('F')
const MASS_CANCEL = msgTypeCodeOf('q')
const STATUS = msgTypeCodeOf('H')
const MASS_STATUS = msgTypeCodeOf('AF')
const MARKET_DATA = msgTypeCodeOf('V')
const TRADES = msgTypeCodeOf('AD')
const POSITIONS = msgTypeCodeOf('AN')
const BALANCES = msgTypeCodeOf('BB')
const SECURITY_STATUS = msgTypeCodeOf('e')
const SESSION_STATUS = msgTypeCodeOf('g')
/** What the market was when it was said. */
const passing: ReadonlySet<string> = new Set(['W', 'X', 'Y', 'f', 'h'])

/** What a client of the venue is made of. */
export interface VenueApplicationParts {
  readonly market: SimulatedVenue
  readonly orders: FixOrders
  readonly ids: ReportIds
  readonly rules: MessageRules
  readonly words: OrderWords
  readonly symbology: Symbology
  readonly time: Time
  readonly faults: VenueFaults
  readonly clientName: string
  readonly accounts: readonly string[]
  /** Hears of all orders, whoever sent them, and sends none. */
  readonly isDropCopy: boolean
  readonly listsAll: boolean
  readonly cancelsOnDisconnect: boolean
  readonly credentials: { readonly username?: string; readonly password?: SecretInput } | undefined
  /** Requests about orders that arrived. */
  onRequest(): void
  /** An account was named for the first time. */
  onAccount(account: string): void
}

/** The application of one session. */
export class VenueApplication implements FixApplication, VenueClient {
  readonly #parts: VenueApplicationParts
  readonly #request = new VenueRequest()
  readonly #view: FixMessage
  #session: FixSession | undefined
  #venueSession: VenueSession | undefined
  #writer: ReportWriter | undefined
  #inquiries: InquiryDesk | undefined
  #data: MarketDesk | undefined
  #status: VenueStatusDesk | undefined
  #changes = 0

  constructor(parts: VenueApplicationParts) {
    this.#parts = parts
    this.#view = new FixMessage({ dataTags: parts.rules.dictionary.dataTags })
  }

  /** Puts the application to work, once its session is there. */
  start(session: FixSession, out: Outgoing): void {
    const { market, rules, words, symbology, ids, orders, time, clientName, isDropCopy, accounts, listsAll } =
      this.#parts
    this.#session = session
    this.#venueSession = market.connect(this, clientName, accounts)
    const writer = new ReportWriter(out, rules, words, symbology, ids, isDropCopy ? undefined : clientName)
    const sees = (order: VenueOrder) => isDropCopy || this.#venueSession?.sees(order) === true
    this.#writer = writer
    this.#inquiries = new InquiryDesk({ market, orders, writer, out, symbology, ids, time, clientName, listsAll, sees })
    const feed = { market, out, symbology, time, isUp: () => session.isLoggedOn }
    this.#data = new MarketDesk(feed)
    this.#status = new VenueStatusDesk(feed)
  }

  stop(): void {
    this.#data?.close()
    this.#status?.close()
    if (this.#venueSession !== undefined) this.#parts.market.disconnect(this.#venueSession)
  }

  /** Streams of market data. */
  get data(): MarketDesk {
    return this.#data as MarketDesk
  }

  /** Drop copies hear of every account. */
  hearOf(account: string): void {
    this.#venueSession?.accounts.add(account)
  }

  // ---- The session -------------------------------------------------------------------------------------------------------

  authenticate(logon: FixMessage): string | undefined {
    const { credentials } = this.#parts
    if (credentials === undefined) return undefined
    const { username, password } = credentials
    const isKnown =
      (username === undefined || logon.equals(Tag.Username, username)) &&
      (password === undefined || sameSecret(password, logon.string(Tag.Password)))
    return isKnown ? undefined : 'unknown user or wrong password'
  }

  onLogout(): void {
    const { cancelsOnDisconnect, market, clientName } = this.#parts
    this.#data?.clear()
    this.#status?.clear()
    if (!cancelsOnDisconnect) return
    for (const order of market.orders({ live: true }))
      if (order.clientName === clientName) market.cancelByVenue(order.venueOrderId, 'cancel on disconnect')
  }

  /** What the market was is of no use later. */
  onResend(msgType: string): boolean {
    return !passing.has(msgType)
  }

  onMessage(message: FixMessage): MessageRefusal | undefined {
    const inquiries = this.#inquiries as InquiryDesk
    const code = message.msgTypeCode
    if (!this.#parts.isDropCopy) {
      switch (code) {
        case NEW_ORDER:
          this.#receive('new', message, (each) => this.#onNew(each))
          return undefined
        case REPLACE:
          this.#receive('replace', message, (each) => this.#onChange(each, true))
          return undefined
        case CANCEL:
          this.#receive('cancel', message, (each) => this.#onChange(each, false))
          return undefined
        case MASS_CANCEL:
          this.#onMassCancel(message)
          return undefined
        case MARKET_DATA:
          this.data.onRequest(message)
          return undefined
        case SECURITY_STATUS:
          this.#status?.onSecurityRequest(message)
          return undefined
        case SESSION_STATUS:
          this.#status?.onSessionRequest(message)
          return undefined
      }
    }
    switch (code) {
      case STATUS:
        inquiries.orderStatus(message)
        return undefined
      case MASS_STATUS:
        inquiries.massStatus(message)
        return undefined
      case TRADES:
        inquiries.trades(message)
        return undefined
      case POSITIONS:
        inquiries.positions(message)
        return undefined
      case BALANCES:
        inquiries.balances(message)
        return undefined
      default:
        return { kind: 'unsupported' }
    }
  }

  // ---- Requests ----------------------------------------------------------------------------------------------------------

  /** Hands a request on, as often and as late as its fault says. */
  #receive(kind: 'new' | 'replace' | 'cancel', message: FixMessage, handle: (message: FixMessage) => void): void {
    this.#parts.onRequest()
    const fault = this.#parts.faults.take(kind)
    if (fault === undefined) handle(message)
    else if (fault.does === 'double') {
      handle(message)
      handle(message)
    } else if (fault.does === 'cut') this.#session?.disconnect('the line breaks before a request is heard')
    else if (fault.does === 'delay') {
      const bytes = message.copyBytes()
      this.#parts.time.after(fault.delayMs, () => {
        this.#view.read(bytes, 0, bytes.length)
        handle(this.#view)
      })
    }
  }

  #onNew(message: FixMessage): void {
    const { orders, symbology, words, clientName, market, time, accounts } = this.#parts
    const writer = this.#writer as ReportWriter
    const nowUs = time.wallUs()
    const clOrdId = message.string(Tag.ClOrdID) ?? ''
    const known = orders.find(clientName, clOrdId)
    if (known !== undefined) {
      // The same order again, marked as such, is answered for; any other use of its id is an error.
      if (message.equals(Tag.PossResend, 'Y')) writer.status(known, nowUs)
      else writer.reject(message, 'duplicate ClOrdID', OrdRejReason.duplicateOrder, nowUs)
      return
    }
    const instrument = symbology.read(message)
    if (instrument === undefined || market.listing(instrument.id) === undefined) {
      writer.reject(message, 'unknown symbol', OrdRejReason.unknownSymbol, nowUs)
      return
    }
    const terms = readTerms(message, instrument, words)
    if ('reason' in terms) {
      writer.reject(message, terms.text, terms.reason, nowUs)
      return
    }
    const account = message.string(Tag.Account) ?? accounts[0] ?? clientName
    this.#parts.onAccount(account)
    const order = new VenueOrder(clOrdId, account, instrument, terms, 0, this)
    order.clientName = clientName
    orders.remember(clientName, clOrdId, orders.of(order))
    const request = this.#request
    request.kind = 'new'
    request.order = order
    market.receive(this.#venueSession as VenueSession, request)
    request.order = undefined
  }

  #onChange(message: FixMessage, isReplace: boolean): void {
    const { orders, clientName, time } = this.#parts
    const writer = this.#writer as ReportWriter
    const clOrdId = message.string(Tag.ClOrdID) ?? ''
    const original = message.string(Tag.OrigClOrdID) ?? clOrdId
    const ids = { clOrdId, original }
    const nowUs = time.wallUs()
    const known = (this.#inquiries as InquiryDesk).orderOf(message, Tag.OrigClOrdID)
    if (orders.find(clientName, clOrdId) !== undefined) {
      if (!message.equals(Tag.PossResend, 'Y')) writer.cancelReject(ids, known, isReplace, 'duplicate ClOrdID', nowUs)
      return
    }
    if (known === undefined || known.order.venueOrderId === 0) {
      writer.cancelReject(ids, undefined, isReplace, 'unknown order', nowUs)
      return
    }
    orders.remember(clientName, clOrdId, known)
    if (isReplace) this.#replace(message, known, ids, nowUs)
    else this.#cancel(known, ids)
  }

  #replace(message: FixMessage, known: FixOrder, ids: PendingRequest, nowUs: number): void {
    const { order } = known
    const terms = readTerms(message, order.instrument, this.#parts.words)
    if ('reason' in terms || terms.sideSign !== order.sideSign || terms.type !== order.type) {
      const text = 'reason' in terms ? terms.text : 'side and type of an order cannot be changed'
      ;(this.#writer as ReportWriter).cancelReject(ids, known, true, text, nowUs)
      return
    }
    const generation = ++this.#changes
    known.changes.set(generation, ids)
    const request = this.#named('replace', known, generation)
    request.quantityUnits = terms.quantityUnits
    request.priceUnits = terms.priceUnits
    request.triggerUnits = terms.triggerUnits
    this.#parts.market.receive(this.#venueSession as VenueSession, request)
  }

  #cancel(known: FixOrder, ids: PendingRequest): void {
    const generation = ++this.#changes
    known.changes.set(generation, ids)
    known.cancel = ids
    this.#parts.market.receive(this.#venueSession as VenueSession, this.#named('cancel', known, generation))
    if (known.cancel === ids) known.cancel = undefined
    known.changes.delete(generation)
  }

  #named(kind: 'replace' | 'cancel', { order }: FixOrder, generation: number): VenueRequest {
    const request = this.#request
    request.kind = kind
    request.order = undefined
    // Orders of others on the account are named by the venue's number alone.
    request.clientOrderId = order.clientName === this.#parts.clientName ? order.clientOrderId : ''
    request.venueOrderId = order.venueOrderId
    request.number = 0
    request.generation = generation
    return request
  }

  /** OrderMassCancelRequest (q): all orders of the client, or those in one instrument. */
  #onMassCancel(message: FixMessage): void {
    const { market, clientName, symbology, time, rules, ids } = this.#parts
    this.#parts.onRequest()
    const type = message.string(Tag.MassCancelRequestType) ?? '7'
    const instrument = type === '1' ? symbology.read(message) : undefined
    const isKnown = type === '7' || (type === '1' && instrument !== undefined)
    const found = market
      .orders({ live: true })
      .filter(
        (order) => order.clientName === clientName && (instrument === undefined || order.instrument === instrument),
      )
    const out = this.#out()
    out.begin('r')
    out.string(Tag.ClOrdID, message.string(Tag.ClOrdID))
    out.string(Tag.OrderID, ids.next())
    out.string(Tag.MassActionReportID, ids.next())
    out.string(Tag.MassCancelRequestType, type)
    out.string(Tag.MassCancelResponse, isKnown ? type : '0')
    if (!isKnown) out.string(Tag.MassCancelRejectReason, type === '1' ? '1' : '0')
    else out.int(Tag.TotalAffectedOrders, found.length)
    if (rules.allows('r', Tag.TransactTime)) out.timestamp(Tag.TransactTime, time.wallUs())
    out.send()
    if (isKnown) for (const { venueOrderId } of found) market.cancelByVenue(venueOrderId, 'mass cancel')
  }

  #out(): Outgoing {
    return (this.#inquiries as InquiryDesk).out
  }

  // ---- Reports -----------------------------------------------------------------------------------------------------------

  beginBatch(): void {}
  endBatch(): void {}

  onReport(report: VenueReport): void {
    const fault = this.#parts.isDropCopy ? undefined : this.#parts.faults.take(report.kind)
    if (fault === undefined) this.#report(report, true)
    else this.#spoil(report, fault)
  }

  #spoil(report: VenueReport, fault: MessageFault): void {
    const copy = report.copy()
    if (fault.does === 'delay') {
      this.#count(report)
      this.#parts.time.after(fault.delayMs, () => this.#report(copy, false))
    } else if (fault.does === 'double') {
      this.#report(report, true)
      this.#report(report, false)
    } else if (fault.does === 'cut') {
      this.#session?.disconnect('the line breaks before a report leaves')
      this.#report(report, true)
    } else this.#count(report)
  }

  #count(report: VenueReport): void {
    const { order, kind } = report
    const counts = kind === 'fill' || kind === 'correction' || kind === 'bust'
    if (order !== undefined && counts && this.#isOwner(order)) countExecution(report, this.#parts.orders.of(order))
  }

  /** One session keeps an order's sums: its own, or the first that hears of it. */
  #isOwner(order: VenueOrder): boolean {
    return order.tagOwner === this || (!(order.tagOwner instanceof VenueApplication) && !this.#parts.isDropCopy)
  }

  #report(report: VenueReport, isNew: boolean): void {
    const { orders } = this.#parts
    const writer = this.#writer as ReportWriter
    const { order } = report
    const isRefusal = report.kind === 'replace_rejected' || report.kind === 'cancel_rejected'
    if (order === undefined) return
    const known = orders.of(order)
    if (isRefusal) {
      const ids = known.changes.get(report.generation)
      known.changes.delete(report.generation)
      if (ids !== undefined)
        writer.cancelReject(ids, known, report.kind === 'replace_rejected', report.reason, report.tsUs)
      return
    }
    if (isNew) this.#count(report)
    const request = this.#requestOf(report, known)
    if (report.kind === 'replaced' && request !== undefined) known.clOrdId = request.clOrdId
    writer.report(report, known, request)
  }

  /** The request of this client that a report answers. */
  #requestOf(report: VenueReport, known: FixOrder): PendingRequest | undefined {
    if (report.kind === 'canceled') return known.cancel
    if (report.kind !== 'replaced' || report.requester !== this.#venueSession) return undefined
    return known.changes.get(report.generation)
  }

  onClosed(reason: string): void {
    this.#session?.logout(reason)
  }
}
