/**
 * The life of an order at the venue: entered, refused or accepted; dormant, waiting or matching; changed, filled, ended.
 *
 * Whatever happens to an order happens here, in one place, so that the record, the account and the reports agree.
 */

import { TradewireError } from '../../core/errors.js'
import { hasLimit, hasTrigger, Liquidity, TifCode, TypeCode } from '../../orders/codes.js'
import { TradingStatus } from '../../ring/kinds.js'
import type { FeeContext, FeeModel } from './fees.js'
import type { Listing } from './listing.js'
import type { MatcherEvents } from './matcher.js'
import { MONEY } from './money.js'
import { OrderRecords } from './order-records.js'
import {
  changeFault,
  isPostOnly,
  isReduceOnly,
  marketFault,
  nothingToReduce,
  postOnlyReason,
  reduceOnlyFault,
  requiredUnits,
  termsFault,
} from './order-rules.js'
import { ReduceOnlyWatch } from './reduce-only.js'
import type { ReportOutbox } from './report-outbox.js'
import { VenueAccount } from './venue-accounts.js'
import { VenueExecution, type VenueOrder } from './venue-order.js'

/** What a desk works with. */
export interface OrderDeskOptions {
  outbox: ReportOutbox
  fees: FeeModel
  checksBalances: boolean
  /** Closed orders kept; older ones are forgotten and counted. */
  historyLimit: number
  nowUs(): number
  /** Monotonic time. */
  nowNs(): number
  listingOf(order: VenueOrder): Listing | undefined
  /** A reason to refuse an order that otherwise would be taken; empty for none. Tests refuse at will. */
  refuses(order: VenueOrder): string
}

/** Keeps the orders, executions and accounts of a venue. */
export class OrderDesk implements MatcherEvents {
  readonly accounts = new Map<string, VenueAccount>()
  readonly records: OrderRecords
  /** Live orders in order of arrival. */
  readonly live = new Set<VenueOrder>()
  /** Earliest end of a good-till-date order, epoch microseconds. */
  nextExpiryUs = Number.POSITIVE_INFINITY
  readonly #options: OrderDeskOptions
  readonly #outbox: ReportOutbox
  #sequence = 0
  readonly #due: VenueOrder[] = []
  readonly #reduceOnly: ReduceOnlyWatch
  #fee: FeeContext | undefined

  constructor(options: OrderDeskOptions) {
    this.#options = options
    this.#outbox = options.outbox
    this.records = new OrderRecords(options.historyLimit, () => options.nowNs())
    this.#reduceOnly = new ReduceOnlyWatch({
      live: this.live,
      withdraw: (order, state, reason) => this.withdraw(order, state, reason),
      shrink: (order, quantityUnits) =>
        void this.replace(order, undefined, 0, 0, quantityUnits, Number.NaN, Number.NaN),
    })
  }

  account(name: string): VenueAccount {
    let account = this.accounts.get(name)
    if (account === undefined) {
      account = new VenueAccount(name)
      this.accounts.set(name, account)
    }
    return account
  }

  nextSequence(): number {
    return ++this.#sequence
  }

  /** Every order that is remembered, by venue order id. */
  get orders(): ReadonlyMap<number, VenueOrder> {
    return this.records.orders
  }

  /** Orders, rejections, executions so far, and closed orders forgotten. */
  get counters(): OrderRecords['counters'] {
    return this.records.counters
  }

  /** Takes over an order as it stands. Nothing is reported but what follows from it. */
  adopt(order: VenueOrder, isOpen: boolean): void {
    const listing = this.#options.listingOf(order)
    order.account = this.account(order.accountName)
    order.sequence = this.nextSequence()
    this.records.adopt(order)
    if (!isOpen || listing === undefined) {
      if (isOpen) {
        order.state = 'canceled'
        order.reason = 'the instrument is not listed any more'
      }
      this.records.close(order)
      return
    }
    order.state = order.isTriggered ? 'triggered' : 'working'
    if (order.isTriggered) order.activeType = activeTypes[order.type] ?? order.type
    this.#admit(order, listing)
    if (this.#options.checksBalances) this.#setAside(order, listing, false)
    this.#place(order, listing)
  }

  // ---- Requests ------------------------------------------------------------------------------------------------------

  /** Takes an order in, or refuses it. */
  enter(order: VenueOrder): void {
    const nowUs = this.#options.nowUs()
    const account = this.account(order.accountName)
    order.account = account
    order.sequence = this.nextSequence()
    order.tsUs = nowUs
    this.records.enter(order)
    const listing = this.#options.listingOf(order)
    const fault = this.#faultOf(order, listing, account, nowUs)
    if (fault !== '' || listing === undefined) {
      this.#refuse(order, fault)
      return
    }
    order.state = 'working'
    this.#admit(order, listing)
    if (this.#options.checksBalances && !this.#setAside(order, listing, true)) {
      this.#drop(order, listing)
      this.#refuse(order, 'insufficient balance')
      return
    }
    this.#outbox.add('accepted', order, nowUs)
    this.#place(order, listing)
    this.settle(listing)
  }

  /** The order is live from now on. */
  #admit(order: VenueOrder, listing: Listing): void {
    order.place = 'auction'
    listing.liveOrders++
    this.live.add(order)
    if (isReduceOnly(order)) this.#reduceOnly.count++
    if (order.expireTimeUs < this.nextExpiryUs && order.timeInForce === TifCode.GTD)
      this.nextExpiryUs = order.expireTimeUs
  }

  #faultOf(order: VenueOrder, listing: Listing | undefined, account: VenueAccount, nowUs: number): string {
    if (listing === undefined) return 'unknown instrument'
    return (
      termsFault(order, listing.instrument) ||
      marketFault(order, listing, nowUs) ||
      reduceOnlyFault(order, account) ||
      this.#options.refuses(order)
    )
  }

  #refuse(order: VenueOrder, reason: string): void {
    order.state = 'rejected'
    order.reason = reason
    this.counters.rejected++
    this.#outbox.add('rejected', order, order.tsUs, reason)
    this.records.close(order)
  }

  /** Puts an accepted order where it belongs now. */
  #place(order: VenueOrder, listing: Listing): void {
    const isAuction = order.timeInForce === TifCode.OPG || order.timeInForce === TifCode.CLO
    if (hasTrigger(order.activeType)) listing.triggers.add(order)
    else if (listing.book !== undefined && (isAuction || listing.phase !== TradingStatus.open))
      listing.book.enter(order)
    else if (isAuction || listing.phase !== TradingStatus.open) {
      order.place = 'auction'
      listing.waiting.push(order)
    } else listing.matcher.enter(order)
  }

  /** Why a change is refused; empty when it was made. */
  replace(
    order: VenueOrder,
    requester: object | undefined,
    number: number,
    generation: number,
    quantity: number,
    price: number,
    trigger: number,
  ): string {
    const listing = this.#options.listingOf(order)
    if (!order.isLive || listing === undefined) return 'order is not open'
    const quantityUnits = Number.isNaN(quantity) ? order.quantityUnits : quantity
    const priceUnits = Number.isNaN(price) || !hasLimit(order.activeType) ? order.priceUnits : price
    const triggerUnits = Number.isNaN(trigger) || order.place !== 'dormant' ? order.triggerUnits : trigger
    const fault = changeFault(order, listing, quantityUnits, priceUnits)
    if (fault !== '') return fault
    order.tsUs = this.#options.nowUs()
    const report = this.#outbox.add('replaced', order, order.tsUs)
    report.requester = requester
    report.number = number
    report.generation = generation
    report.quantityUnits = quantityUnits
    report.priceUnits = priceUnits
    report.triggerUnits = triggerUnits
    if (order.place === 'book') listing.matcher.change(order, quantityUnits, priceUnits)
    else {
      order.quantityUnits = quantityUnits
      order.priceUnits = priceUnits
      order.triggerUnits = triggerUnits
    }
    if (order.isLive && this.#options.checksBalances) this.#setAside(order, listing, false)
    this.settle(listing)
    return ''
  }

  /** Why a cancel is refused; empty when it was carried out. */
  cancel(order: VenueOrder, reason = 'requested'): string {
    if (!order.isLive) return 'order is not open'
    this.withdraw(order, 'canceled', reason)
    return ''
  }

  /** Takes a live order off the market. */
  withdraw(order: VenueOrder, state: 'canceled' | 'expired', reason: string): void {
    this.#options.listingOf(order)?.withdraw(order)
    this.ended(order, state, reason)
  }

  // ---- What matchers tell --------------------------------------------------------------------------------------------

  fillable(order: VenueOrder, quantityUnits: number): number {
    return this.#reduceOnly.fillable(order, quantityUnits)
  }

  filled(order: VenueOrder, quantityUnits: number, priceUnits: number, liquidity: number): void {
    const account = order.account as VenueAccount
    const { instrument } = order
    const tsUs = this.#options.nowUs()
    const context = this.#feeContext(order)
    context.quantityUnits = quantityUnits
    context.priceUnits = priceUnits
    context.liquidity = liquidity
    context.tradedVolume = Math.floor(account.tradedUnits / MONEY)
    const feeUnits = this.#options.fees(context)
    if (!Number.isSafeInteger(feeUnits)) {
      throw new TradewireError('TW_INVALID_ARGUMENT', `A fee model gave ${feeUnits}; fees are whole numbers of 10^-8`)
    }
    const exec = this.records.nextExec()
    const execution = new VenueExecution(
      exec,
      order,
      quantityUnits,
      priceUnits,
      feeUnits,
      instrument.settlementCurrency,
      liquidity,
      tsUs,
    )
    this.records.executions.set(exec, execution)
    order.executions.push(execution)
    order.cumulativeUnits += quantityUnits
    order.valueUnits += priceUnits * quantityUnits
    order.tsUs = tsUs
    account.book(instrument, order.sideSign, quantityUnits, priceUnits, feeUnits)
    this.#outbox.addFill(execution)
    if (order.openUnits === 0) this.#close(order, 'filled')
    else if (this.#options.checksBalances) this.#setAside(order, this.#options.listingOf(order) as Listing, false)
    this.#reduceOnly.note(order)
  }

  ended(order: VenueOrder, state: 'canceled' | 'expired', reason: string): void {
    order.reason = reason
    order.tsUs = this.#options.nowUs()
    this.#close(order, state)
    this.#outbox.add(state, order, order.tsUs, reason)
  }

  changed(order: VenueOrder): void {
    order.tsUs = this.#options.nowUs()
    this.#outbox.add('replaced', order, order.tsUs)
  }

  #feeContext(order: VenueOrder): FeeContext {
    const { instrument, sideSign } = order
    this.#fee ??= { instrument, sideSign, quantityUnits: 0, priceUnits: 0, liquidity: 0, tradedVolume: 0 }
    this.#fee.instrument = instrument
    this.#fee.sideSign = sideSign
    return this.#fee
  }

  #close(order: VenueOrder, state: 'filled' | 'canceled' | 'expired'): void {
    const listing = this.#options.listingOf(order)
    order.state = state
    if (listing !== undefined) this.#drop(order, listing)
    this.records.close(order)
  }

  /** The order is live no more. */
  #drop(order: VenueOrder, listing: Listing): void {
    if (!this.live.delete(order)) return
    if (isReduceOnly(order)) this.#reduceOnly.count--
    order.place = 'none'
    listing.liveOrders--
    if (order.lockedUnits !== 0) this.#lock(order, 0)
  }

  // ---- After each operation ------------------------------------------------------------------------------------------

  /** Lets what an operation set off run its course: triggers that were reached, reduce-only orders that are too large. */
  settle(listing: Listing): void {
    this.#reduceOnly.settle()
    const { triggers, matcher } = listing
    if (triggers.count === 0 || listing.phase !== TradingStatus.open) return
    const due = this.#due
    for (;;) {
      triggers.observe(matcher.lastUnits, matcher.bidUnits, matcher.askUnits, due)
      const order = due.shift()
      if (order === undefined) return
      this.#trigger(order, listing)
      this.#reduceOnly.settle()
    }
  }

  #trigger(order: VenueOrder, listing: Listing): void {
    if (!order.isLive) return
    const nowUs = this.#options.nowUs()
    order.isTriggered = true
    order.state = 'triggered'
    order.tsUs = nowUs
    order.activeType = activeTypes[order.type] as number
    this.#outbox.add('triggered', order, nowUs)
    if (order.type === TypeCode.TRAILING_STOP_LIMIT) this.#outbox.add('replaced', order, nowUs)
    const wouldTake = hasLimit(order.activeType) && listing.matcher.wouldTake(order.sideSign, order.priceUnits)
    if (isPostOnly(order) && wouldTake) this.ended(order, 'canceled', postOnlyReason)
    else this.#enterReducible(order, listing)
  }

  /** Into the market with what may still be traded of it. */
  #enterReducible(order: VenueOrder, listing: Listing): void {
    const allowed = this.fillable(order, order.openUnits)
    if (allowed === 0) {
      this.ended(order, 'canceled', nothingToReduce)
      return
    }
    if (allowed < order.openUnits) {
      order.quantityUnits = order.cumulativeUnits + allowed
      this.changed(order)
    }
    listing.matcher.enter(order)
  }

  /** The position behind an order was changed by a bust or correction. */
  positionChanged(order: VenueOrder): void {
    this.#reduceOnly.note(order)
    this.#reduceOnly.settle()
  }

  // ---- Auctions, days, ends ------------------------------------------------------------------------------------------

  /** Executes the waiting orders of an auction at one price against the recorded market; those out of reach end. */
  auction(listing: Listing, timeInForce: number, priceUnits: number): void {
    for (const order of [...listing.waiting]) {
      if (order.timeInForce !== timeInForce) continue
      listing.withdraw(order)
      const isWithin = !hasLimit(order.activeType) || order.sideSign * (order.priceUnits - priceUnits) >= 0
      const quantity = isWithin ? this.fillable(order, order.openUnits) : 0
      if (quantity > 0) this.filled(order, quantity, priceUnits, Liquidity.auction)
      if (order.isLive) this.ended(order, 'expired', isWithin ? '' : 'the auction price was beyond the limit')
    }
    this.settle(listing)
  }

  /** Trading begins: orders that were waiting for it go into the market. */
  release(listing: Listing): void {
    for (const order of [...listing.waiting]) {
      if (order.timeInForce === TifCode.OPG || order.timeInForce === TifCode.CLO) continue
      listing.withdraw(order)
      const wouldTake = hasLimit(order.activeType) && listing.matcher.wouldTake(order.sideSign, order.priceUnits)
      if (isPostOnly(order) && wouldTake) this.ended(order, 'canceled', postOnlyReason)
      else this.#enterReducible(order, listing)
    }
    this.settle(listing)
  }

  /** Ends good-till-date orders that are due. */
  expireDue(nowUs: number): void {
    let next = Number.POSITIVE_INFINITY
    for (const order of [...this.live]) {
      if (order.timeInForce !== TifCode.GTD) continue
      if (order.expireTimeUs <= nowUs) this.withdraw(order, 'expired', '')
      else next = Math.min(next, order.expireTimeUs)
    }
    this.nextExpiryUs = next
  }

  /** Ends DAY orders, and what is left of auction orders. */
  endDay(listing?: Listing): void {
    for (const order of [...this.live]) {
      const { timeInForce } = order
      const endsWithDay = timeInForce === TifCode.DAY || timeInForce === TifCode.OPG || timeInForce === TifCode.CLO
      if (endsWithDay && (listing === undefined || this.#options.listingOf(order) === listing))
        this.withdraw(order, 'expired', '')
    }
  }

  /** The venue forgets its open orders, and nobody is told. */
  loseBook(): void {
    for (const order of [...this.live]) {
      const listing = this.#options.listingOf(order)
      listing?.withdraw(order)
      if (listing !== undefined) this.#drop(order, listing)
      this.records.orders.delete(order.venueOrderId)
    }
    this.nextExpiryUs = Number.POSITIVE_INFINITY
  }

  // ---- Money set aside -----------------------------------------------------------------------------------------------

  /** Sets aside what an open order may cost; false when it is more than there is and `isStrict`. */
  #setAside(order: VenueOrder, listing: Listing, isStrict: boolean): boolean {
    const needed = requiredUnits(order, listing)
    const account = order.account as VenueAccount
    if (isStrict && needed > account.available(order.instrument.settlementCurrency)) return false
    this.#lock(order, needed)
    return true
  }

  #lock(order: VenueOrder, units: number): void {
    order.account?.lock(order.instrument.settlementCurrency, units - order.lockedUnits)
    order.lockedUnits = units
  }
}

/** What an order becomes when its trigger is hit. */
const activeTypes: Readonly<Record<number, number>> = {
  [TypeCode.STOP]: TypeCode.MARKET,
  [TypeCode.TRAILING_STOP]: TypeCode.MARKET,
  [TypeCode.MARKET_IF_TOUCHED]: TypeCode.MARKET,
  [TypeCode.STOP_LIMIT]: TypeCode.LIMIT,
  [TypeCode.TRAILING_STOP_LIMIT]: TypeCode.LIMIT,
  [TypeCode.LIMIT_IF_TOUCHED]: TypeCode.LIMIT,
}
