/**
 * Orders at the simulated TWS: what TWS does with them before and after the exchange. Brackets are held until their last
 * child is transmitted, children wait for their parent, one fill of a group cancels the rest, conditions and start times are
 * waited for, what-if orders are answered and forgotten. What is due goes to the simulated venue, and the venue's reports
 * come back as the messages of TWS.
 */

import type { VenueClient, VenueSession } from '../../connectors/sim/report-outbox.js'
import type { SimulatedVenue } from '../../connectors/sim/venue.js'
import type { VenueReport } from '../../connectors/sim/venue-message.js'
import { VenueRequest } from '../../connectors/sim/venue-message.js'
import { type OrderTerms, VenueOrder } from '../../connectors/sim/venue-order.js'
import type { Time } from '../../core/time.js'
import { Liquidity, TypeCode } from '../../orders/codes.js'
import type { TwsListing } from './catalogue.js'
import { areConditionsMet } from './conditions.js'
import type { MarketBoard, MarketView } from './market-board.js'
import { numberText } from './market-board.js'
import type { PlacedOrder } from './order-messages.js'
import type { ProfitLedger } from './profit-ledger.js'
import { parseTime } from './times.js'
import { averageText, type TwsExecution, TwsOrder, type TwsStatus } from './tws-order.js'
import { isRefusal, type TwsRefusal, venueTerms } from './venue-bridge.js'

/** What the desk tells. */
export interface OrderEvents {
  /** openOrder and orderStatus, as TWS sends both at every change. */
  changed(order: TwsOrder): void
  refused(order: { clientId: number; orderId: number }, refusal: TwsRefusal): void
  executed(execution: TwsExecution): void
  /** Margins and commission of an order that is not placed. */
  previewed(order: TwsOrder): void
  /** The position of an account changed. */
  positionMoved(account: string, listing: TwsListing): void
}

/** What the desk works with. */
export interface OrderDeskParts {
  readonly venue: SimulatedVenue
  readonly board: MarketBoard
  readonly time: Time
  readonly events: OrderEvents
  readonly accounts: readonly string[]
  readonly profits: ProfitLedger
  /** Excess liquidity of an account in percent of its value: what margin conditions look at. */
  cushionPercent(account: string): number
  /** First permId. */
  readonly firstPermId: bigint
}

/** Keeps the orders of all clients. */
export class TwsOrderDesk implements VenueClient {
  /** All orders, in order of arrival. */
  readonly orders: TwsOrder[] = []
  /** All executions, in order of time. */
  readonly executions: TwsExecution[] = []
  /** Refuses the next order for this reason; set by tests. */
  rejectNext: string | undefined
  readonly #parts: OrderDeskParts
  readonly #byClient = new Map<number, Map<number, TwsOrder>>()
  readonly #byVenueId = new Map<string, TwsOrder>()
  readonly #highest = new Map<number, number>()
  readonly #session: VenueSession
  #permId: bigint
  #execNumber = 0
  /** While a change is sent, the order that it changes. */
  #changing: TwsOrder | undefined
  #changeRefusal = ''

  constructor(parts: OrderDeskParts) {
    this.#parts = parts
    this.#permId = parts.firstPermId
    this.#session = parts.venue.connect(this, 'tws', parts.accounts)
  }

  /** The id that a client has to use at least for its next order. */
  nextId(clientId: number): number {
    return (this.#highest.get(clientId) ?? 0) + 1
  }

  /** Forgets how far a client has come: after some restarts TWS gives ids a second time. */
  rollBack(clientId: number, by: number): void {
    this.#highest.set(clientId, Math.max(0, this.nextId(clientId) - 1 - by))
  }

  find(clientId: number, orderId: number): TwsOrder | undefined {
    return this.#byClient.get(clientId)?.get(orderId)
  }

  // ---- Requests --------------------------------------------------------------------------------------------------------

  /** placeOrder: a new order, or a change of one that is there. */
  place(clientId: number, placed: PlacedOrder, listing: TwsListing): void {
    const { orderId, contract, order: fields } = placed
    const who = { clientId, orderId }
    if (fields.account === '') fields.account = this.#parts.accounts[0] as string
    if (fields.tif === '') fields.tif = 'DAY'
    if (!this.#parts.accounts.includes(fields.account)) {
      this.#refuse(who, 321, ' Invalid account code.')
      return
    }
    if (fields.whatIf === '1') {
      this.#preview(who, placed, listing)
      return
    }
    const known = this.find(clientId, orderId)
    if (known !== undefined) {
      this.#change(known, placed)
      return
    }
    if (orderId < this.nextId(clientId)) {
      this.#refuse(who, 103)
      return
    }
    const market = this.#parts.board.markets.get(listing.contract.conId) as MarketView
    const instrument = this.#instrument(listing)
    const terms = venueTerms(fields, instrument, market, this.#nowMs)
    if (isRefusal(terms)) {
      this.#parts.events.refused(who, terms)
      return
    }
    const parentId = Number(fields.parentId)
    if (parentId !== 0 && this.find(clientId, parentId) === undefined) {
      this.#refuse(who, 10_006)
      return
    }
    this.#highest.set(clientId, orderId)
    const order = new TwsOrder({ ...who, permId: this.#nextPermId() }, listing, instrument, contract, fields)
    this.#remember(order)
    if (this.#rejected(order)) {
      this.#end(order, 'Inactive', 'Rejected by System')
      return
    }
    this.#attachToParent(order)
    if (fields.transmit === '0') return
    for (const each of this.#family(order)) if (each.place === 'held') this.#release(each)
  }

  /** Whether the order, or its change, is to be refused: a test said so. */
  #rejected(order: TwsOrder): boolean {
    const { rejectNext } = this
    if (rejectNext === undefined) return false
    this.rejectNext = undefined
    this.#refuse(order, 201, rejectNext)
    return true
  }

  #remember(order: TwsOrder): void {
    this.orders.push(order)
    let own = this.#byClient.get(order.clientId)
    if (own === undefined) {
      own = new Map()
      this.#byClient.set(order.clientId, own)
    }
    if (order.orderId !== 0) own.set(order.orderId, order)
  }

  #attachToParent(order: TwsOrder): void {
    const parentId = Number(order.fields.parentId)
    if (parentId === 0) return
    const parent = this.find(order.clientId, parentId)
    if (parent === undefined) return
    order.parent = parent
    parent.children.push(order)
  }

  /** An order with all that hang on it and all that it hangs on, parents first. */
  #family(order: TwsOrder): TwsOrder[] {
    const root = order.parent ?? order
    return root === order ? [root, ...root.children] : [root, ...root.children]
  }

  /** An order is transmitted: it goes to the venue, or waits for what it has to wait for. */
  #release(order: TwsOrder): void {
    order.place = 'waiting'
    order.status = 'PreSubmitted'
    this.#parts.events.changed(order)
    this.#tryActivate(order)
  }

  #tryActivate(order: TwsOrder): void {
    if (order.place !== 'waiting') return
    const { parent, fields } = order
    if (parent !== undefined && parent.status !== 'Filled') {
      order.whyHeld = 'child'
      return
    }
    const startMs = parseTime(fields.goodAfterTime)
    if (startMs > this.#nowMs) return
    if (fields.lists.conditions.length > 0 && fields.conditionsCancelOrder !== '1') {
      if (!this.#conditionsMet(order)) return
    }
    order.whyHeld = ''
    this.#send(order)
  }

  #conditionsMet(order: TwsOrder): boolean {
    return areConditionsMet(order.fields.lists.conditions, {
      board: this.#parts.board,
      nowMs: this.#nowMs,
      cushionPercent: () => this.#parts.cushionPercent(order.fields.account),
      hasTraded: (symbol, secType) =>
        this.executions.some(
          ({ order: { contract } }) => contract.symbol === symbol && (secType === '' || contract.secType === secType),
        ),
    })
  }

  #send(order: TwsOrder): void {
    const { venue, board } = this.#parts
    const market = board.markets.get(order.listing.contract.conId) as MarketView
    const terms = venueTerms(order.fields, order.instrument, market, this.#nowMs)
    if (isRefusal(terms)) {
      this.#parts.events.refused(order, terms)
      this.#end(order, 'Inactive', 'Rejected by System')
      return
    }
    // The part that was filled before a change of type stays filled.
    const open: OrderTerms = { ...terms, quantityUnits: terms.quantityUnits - order.filledUnits }
    const id = `${order.permId}-${order.venueOrder === undefined ? 0 : 1}`
    const record = new VenueOrder(id, order.fields.account, order.instrument, open, 0, this)
    order.venueOrder = record
    order.place = 'venue'
    this.#byVenueId.set(id, order)
    const request = new VenueRequest()
    request.kind = 'new'
    request.order = record
    venue.receive(this.#session, request)
  }

  // ---- Changes and cancels -----------------------------------------------------------------------------------------------

  #change(order: TwsOrder, { contract, order: fields }: PlacedOrder): void {
    const { events, board } = this.#parts
    if (order.status === 'Filled') {
      this.#refuse(order, 104)
      return
    }
    if (order.isDone) {
      this.#refuse(order, 103)
      return
    }
    const before = order.fields
    if (before.action !== fields.action || (contract.conId !== 0 && contract.conId !== order.listing.contract.conId)) {
      this.#refuse(order, 105)
      return
    }
    const market = board.markets.get(order.listing.contract.conId) as MarketView
    const terms = venueTerms(fields, order.instrument, market, this.#nowMs)
    if (isRefusal(terms)) {
      events.refused(order, terms)
      return
    }
    if (terms.quantityUnits <= order.filledUnits) {
      this.#refuse(order, 201, 'Quantity is not above what is filled')
      return
    }
    if (this.#rejected(order)) return
    if (order.place !== 'venue') {
      order.fields = fields
      if (fields.transmit === '0') return
      for (const each of this.#family(order)) if (each.place === 'held') this.#release(each)
      if (order.place === 'waiting') {
        events.changed(order)
        this.#tryActivate(order)
      }
      return
    }
    this.#changeAtVenue(order, fields, terms)
  }

  #changeAtVenue(order: TwsOrder, fields: TwsOrder['fields'], terms: OrderTerms): void {
    const { events, venue } = this.#parts
    const record = order.venueOrder as VenueOrder
    const same = (a: number, b: number) => Object.is(a, b)
    const isSameKind =
      record.type === terms.type &&
      record.timeInForce === terms.timeInForce &&
      same(record.displayUnits, terms.displayUnits) &&
      same(record.trailingAmountUnits, terms.trailingAmountUnits) &&
      same(record.trailingBasisPoints, terms.trailingBasisPoints) &&
      same(record.expireTimeUs, terms.expireTimeUs)
    const old = order.fields
    order.fields = fields
    this.#changing = order
    this.#changeRefusal = ''
    const request = new VenueRequest()
    request.clientOrderId = record.clientOrderId
    if (isSameKind) {
      request.kind = 'replace'
      request.quantityUnits = terms.quantityUnits - (order.filledUnits - record.cumulativeUnits)
      request.priceUnits = terms.priceUnits
      request.triggerUnits =
        terms.type === TypeCode.TRAILING_STOP || terms.type === TypeCode.TRAILING_STOP_LIMIT
          ? Number.NaN
          : terms.triggerUnits
      venue.receive(this.#session, request)
      this.#changing = undefined
      if (this.#changeRefusal === '') return
      order.fields = old
      this.#refuse(order, 201, this.#changeRefusal)
    }
    // Another kind of order under the same ids: the old one leaves the venue, the new one enters it.
    request.kind = 'cancel'
    venue.receive(this.#session, request)
    this.#changing = undefined
    if (order.isDone) return
    this.#send(order)
    events.changed(order)
  }

  /** cancelOrder. */
  cancel(clientId: number, orderId: number): void {
    const order = this.find(clientId, orderId)
    if (order === undefined) {
      this.#refuse({ clientId, orderId }, 10_147, String(orderId))
      return
    }
    if (order.isDone) {
      this.#refuse(order, 10_148, String(orderId), order.status)
      return
    }
    this.cancelOrder(order)
  }

  /** Cancels an order that is open, whoever asks for it. */
  cancelOrder(order: TwsOrder, reason = ''): void {
    if (order.isDone) return
    const { venue } = this.#parts
    if (order.place === 'venue') {
      const request = new VenueRequest()
      request.kind = 'cancel'
      request.clientOrderId = (order.venueOrder as VenueOrder).clientOrderId
      order.endText = reason
      venue.receive(this.#session, request)
      return
    }
    this.#end(order, 'Cancelled', reason)
    this.#refuse(order, 202, reason)
  }

  /** reqGlobalCancel: every open order of every client. */
  cancelAll(): void {
    for (const order of [...this.orders]) if (!order.isDone) this.cancelOrder(order)
  }

  // ---- By hand, and what markets do --------------------------------------------------------------------------------------

  /** An order that somebody placed in TWS itself: without an order id and a reference. */
  placeByHand(listing: TwsListing, fields: TwsOrder['fields']): TwsOrder {
    if (fields.account === '') fields.account = this.#parts.accounts[0] as string
    const identity = { clientId: 0, orderId: 0, permId: this.#nextPermId() }
    const order = new TwsOrder(identity, listing, this.#instrument(listing), { ...listing.contract }, fields)
    this.#remember(order)
    this.#release(order)
    return order
  }

  /** A price moved: orders that wait for one are looked at again. */
  onMarket(): void {
    for (const order of this.orders) {
      if (order.place === 'waiting') this.#tryActivate(order)
      else if (
        order.place === 'venue' &&
        order.fields.conditionsCancelOrder === '1' &&
        order.fields.lists.conditions.length > 0 &&
        this.#conditionsMet(order)
      )
        this.cancelOrder(order, 'condition')
    }
  }

  /** Restates the price of an execution: it comes again under an id that ends one higher. */
  correct(execution: TwsExecution, price: string): void {
    const { order } = execution
    const priceUnits = order.instrument.priceUnits(price)
    order.valueUnits += (priceUnits - execution.priceUnits) * execution.quantityUnits
    if (typeof execution.number === 'number') this.#parts.venue.correct(execution.number, { priceUnits })
    execution.priceUnits = priceUnits
    execution.revision++
    execution.averagePrice = order.averagePrice
    this.#recount(order)
    this.#parts.events.executed(execution)
  }

  #recount({ instrument, fields: { account } }: TwsOrder): void {
    const all = this.executions.filter(
      ({ order }) => order.instrument === instrument && order.fields.account === account,
    )
    this.#parts.profits.restate(account, instrument, all.map(signedTrade))
  }

  // ---- What the venue says -----------------------------------------------------------------------------------------------

  beginBatch(): void {}
  endBatch(): void {}
  onClosed(): void {}

  onReport(report: VenueReport): void {
    const order = report.order === undefined ? undefined : this.#byVenueId.get(report.order.clientOrderId)
    if (order === undefined || order.isDone) return
    const isOld = report.order !== order.venueOrder
    if (report.kind === 'fill') this.#filled(order, report)
    else if (report.kind === 'replace_rejected') this.#changeRefusal = report.reason
    else if (isOld) return
    else if (report.kind === 'accepted') this.#accepted(order)
    else if (report.kind === 'triggered') this.#setStatus(order, 'Submitted')
    else if (report.kind === 'replaced') this.#replaced(order, report)
    else if (report.kind === 'rejected') {
      this.#refuse(order, 201, report.reason)
      this.#end(order, 'Inactive', 'Rejected by System')
    } else if (report.kind === 'canceled' || report.kind === 'expired') this.#ended(order, report)
  }

  #accepted(order: TwsOrder): void {
    const record = order.venueOrder as VenueOrder
    this.#setStatus(
      order,
      record.place === 'dormant' || record.place === 'auction' || isStop(record.type) ? 'PreSubmitted' : 'Submitted',
    )
  }

  #replaced(order: TwsOrder, report: VenueReport): void {
    if (this.#changing !== order && report.order?.type === TypeCode.TRAILING_STOP_LIMIT) {
      order.fields.lmtPrice = order.instrument.priceText(report.priceUnits)
    }
    this.#parts.events.changed(order)
  }

  #setStatus(order: TwsOrder, status: TwsStatus): void {
    if (order.isDone) return
    order.status = status
    this.#parts.events.changed(order)
  }

  #filled(order: TwsOrder, report: VenueReport): void {
    const { execution } = report
    if (execution === undefined) return
    const { events, board } = this.#parts
    const { instrument, listing } = order
    order.filledUnits += execution.quantityUnits
    order.valueUnits += execution.quantityUnits * execution.priceUnits
    order.lastPriceUnits = execution.priceUnits
    const made: TwsExecution = {
      base: `0000e0d5.${(0x65000000 + ++this.#execNumber).toString(16)}.01`,
      revision: 1,
      order,
      number: execution.exec as number | string,
      quantityUnits: execution.quantityUnits,
      priceUnits: execution.priceUnits,
      timeMs: Math.floor(execution.tsUs / 1_000),
      cumulativeUnits: order.filledUnits,
      averagePrice: averageText(instrument, order.valueUnits, order.filledUnits),
      commission: numberText(execution.feeUnits / 1e8),
      realized: '',
      liquidity: execution.liquidity === Liquidity.maker ? 1 : 2,
      exchange:
        order.contract.exchange === 'SMART' || order.contract.exchange === '' ? 'ISLAND' : order.contract.exchange,
    }
    const { quantity, price } = signedTrade(made)
    const profit = this.#parts.profits.book(order.fields.account, instrument, quantity, price)
    if (profit !== undefined) made.realized = profit.toFixed(2)
    order.executions.push(made)
    this.executions.push(made)
    board.print(
      listing.contract.conId,
      instrument.priceNumber(made.priceUnits),
      instrument.quantityNumber(made.quantityUnits),
    )
    const isFilled = order.remainingUnits === 0
    if (isFilled) {
      order.place = 'done'
      order.status = 'Filled'
      order.doneMs = made.timeMs
      order.endText = `Filled Size: ${instrument.quantityText(order.filledUnits)}`
    } else order.status = 'Submitted'
    events.executed(made)
    events.changed(order)
    events.positionMoved(order.fields.account, listing)
    this.#afterFill(order, made)
  }

  /** Children of a filled parent begin to work; the rest of a group ends. */
  #afterFill(order: TwsOrder, execution: TwsExecution): void {
    const { ocaGroup, account, ocaType } = order.fields
    const isFilled = order.status === 'Filled'
    if (isFilled) for (const child of [...order.children]) this.#tryActivate(child)
    const siblings = order.parent?.children.filter((each) => each !== order) ?? []
    const group =
      ocaGroup === ''
        ? []
        : this.orders.filter(
            (each) => each !== order && each.fields.ocaGroup === ocaGroup && each.fields.account === account,
          )
    for (const each of new Set([...siblings, ...group])) {
      if (each.isDone) continue
      if (isFilled || (each.fields.ocaGroup !== '' && (ocaType === '1' || ocaType === '0'))) this.cancelOrder(each)
      else this.#reduce(each, execution.quantityUnits)
    }
  }

  #reduce(order: TwsOrder, units: number): void {
    const left = order.quantityUnits - units
    if (left <= order.filledUnits) {
      this.cancelOrder(order)
      return
    }
    order.fields.totalQuantity = order.instrument.quantityText(left)
    if (order.place !== 'venue') {
      this.#parts.events.changed(order)
      return
    }
    const record = order.venueOrder as VenueOrder
    const request = new VenueRequest()
    request.kind = 'replace'
    request.clientOrderId = record.clientOrderId
    request.quantityUnits = left
    request.priceUnits = record.priceUnits
    request.triggerUnits = record.triggerUnits
    this.#parts.venue.receive(this.#session, request)
  }

  #ended(order: TwsOrder, report: VenueReport): void {
    if (this.#changing === order) return
    const reason = order.endText !== '' ? order.endText : report.kind === 'expired' ? 'Expired' : ''
    this.#end(order, 'Cancelled', reason)
    this.#refuse(order, 202, reason)
  }

  #end(order: TwsOrder, status: TwsStatus, text: string): void {
    order.place = 'done'
    order.status = status
    order.doneMs = this.#nowMs
    order.endText = text === '' ? 'Cancelled by Trader' : text
    this.#parts.events.changed(order)
    for (const child of [...order.children]) if (!child.isDone) this.cancelOrder(child)
  }

  // ---- Small things ------------------------------------------------------------------------------------------------------

  #preview(who: { clientId: number; orderId: number }, placed: PlacedOrder, listing: TwsListing): void {
    const instrument = this.#instrument(listing)
    const market = this.#parts.board.markets.get(listing.contract.conId) as MarketView
    const terms = venueTerms(placed.order, instrument, market, this.#nowMs)
    if (isRefusal(terms)) {
      this.#parts.events.refused(who, terms)
      return
    }
    const order = new TwsOrder({ ...who, permId: '0' }, listing, instrument, placed.contract, placed.order)
    order.status = 'PreSubmitted'
    this.#parts.events.previewed(order)
  }

  #refuse(who: { clientId: number; orderId: number }, code: number, ...details: string[]): void {
    this.#parts.events.refused(who, { code, details })
  }

  #instrument(listing: TwsListing) {
    return this.#parts.venue.instruments.get(`${listing.contract.conId}.TWS`)
  }

  get #nowMs(): number {
    return Math.floor(this.#parts.time.wallUs() / 1_000)
  }

  #nextPermId(): string {
    const id = this.#permId
    this.#permId += 1n
    return String(id)
  }
}

function signedTrade({ order, quantityUnits, priceUnits }: TwsExecution): { quantity: number; price: number } {
  const { instrument, fields } = order
  const quantity = instrument.quantityNumber(quantityUnits) * (fields.action === 'BUY' ? 1 : -1)
  return { quantity, price: instrument.priceNumber(priceUnits) }
}

function isStop(type: number): boolean {
  return type >= TypeCode.STOP && type <= TypeCode.LIMIT_IF_TOUCHED
}
