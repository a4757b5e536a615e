/**
 * The matching rules once more, as slowly and obviously as possible: one array of order objects, sorted and filtered anew
 * for every question. The property tests run it beside the real engine and compare every event.
 */

import { isAuctionOnly } from './auction-desk.js'
import {
  AuctionKind,
  CancelReason,
  MarketState,
  NO_PRICE,
  OrderKind,
  PostOnly,
  RejectReason,
  SelfTradeMode,
  TimeInForce,
  TrailUnit,
  TriggerSource,
} from './codes.js'
import { entryFault, hasLimitPrice, isDormantKind, isTrailingKind, type OrderEntry } from './order-entry.js'
import { clearingPriceByTrial } from './reference-clearing.test-support.js'

/** An order of the reference engine. */
export interface ReferenceOrder {
  entry: OrderEntry
  orderNumber: number
  side: number
  kind: number
  total: number
  open: number
  /** Part of `open` that a resting order shows. */
  shown: number
  /** Undefined: no limit. */
  price: number | undefined
  trigger: number | undefined
  priority: number
  place: 'book' | 'dormant' | 'collected' | 'active' | 'gone'
}

const touched = (kind: number): boolean => kind === OrderKind.marketIfTouched || kind === OrderKind.limitIfTouched

/** The slow engine. `events` collects everything but book levels, in the words of the tests' recording listener. */
export class ReferenceEngine {
  events: string[] = []
  orders: ReferenceOrder[] = []
  last: number | undefined
  state: MarketState = MarketState.open
  bid: number | undefined
  ask: number | undefined
  private trades = 0
  private priority = 0
  private nowUs = 0
  private prints: number[] = []
  private due: ReferenceOrder[] = []

  submit(entry: OrderEntry): boolean {
    const copy = Object.assign(Object.create(Object.getPrototypeOf(entry)) as OrderEntry, entry)
    let reason: number = entryFault(entry)
    if (reason === 0) reason = this.stateFault(entry)
    let price = hasLimitPrice(entry.kind) ? entry.price : undefined
    if (reason === 0 && entry.postOnly !== PostOnly.off && entry.kind === OrderKind.limit) {
      price = this.passivePrice(entry.side, entry.price, entry.postOnly)
      if (price === undefined) reason = RejectReason.postOnlyWouldTrade
    }
    if (reason !== 0) {
      this.events.push(`rejected ${entry.orderNumber} ${reason}`)
      this.settle()
      return false
    }
    const order: ReferenceOrder = {
      entry: copy,
      orderNumber: entry.orderNumber,
      side: entry.side,
      kind: entry.kind,
      total: entry.quantity,
      open: entry.quantity,
      shown: 0,
      price,
      trigger: isDormantKind(entry.kind) && entry.triggerPrice !== NO_PRICE ? entry.triggerPrice : undefined,
      priority: ++this.priority,
      place: 'active',
    }
    this.orders.push(order)
    this.events.push(`accepted ${order.orderNumber} ${order.side} ${price ?? NO_PRICE} ${order.total}`)
    if (isDormantKind(order.kind)) order.place = 'dormant'
    else if (isAuctionOnly(copy.timeInForce)) order.place = 'collected'
    else if (this.state === MarketState.open) this.execute(order)
    else if (price === undefined) order.place = 'collected'
    else this.rest(order)
    this.settle()
    return true
  }

  cancel(orderNumber: number): boolean {
    const order = this.find(orderNumber)
    if (order) this.end(order, CancelReason.requested)
    else this.events.push(`refused ${orderNumber} ${RejectReason.unknownOrder}`)
    this.settle()
    return order !== undefined
  }

  replace(orderNumber: number, quantity: number, price: number, trigger: number): boolean {
    const order = this.find(orderNumber)
    const reason = order ? this.change(order, quantity, price, trigger) : RejectReason.unknownOrder
    if (reason !== 0) this.events.push(`refused ${orderNumber} ${reason}`)
    this.settle()
    return reason === 0
  }

  expire(nowUs: number): void {
    this.nowUs = Math.max(this.nowUs, nowUs)
    const due = this.orders
      .filter(({ entry }) => entry.timeInForce === TimeInForce.gtd && entry.expireUs <= this.nowUs)
      .sort((a, b) => a.entry.expireUs - b.entry.expireUs || a.orderNumber - b.orderNumber)
    for (const order of due) this.end(order, 0)
    this.settle()
  }

  setState(state: MarketState): void {
    if (state === MarketState.open && this.state !== MarketState.open) this.clear(AuctionKind.reopening, this.last)
    this.state = state
    this.settle()
  }

  uncross(kind: AuctionKind, reference: number | undefined): void {
    this.clear(kind, reference)
    this.settle()
  }

  observeTrade(price: number): void {
    this.last = price
    this.prints.push(price)
    this.settle()
  }

  observeQuote(bid: number, ask: number): void {
    this.bid = bid === NO_PRICE ? undefined : bid
    this.ask = ask === NO_PRICE ? undefined : ask
    this.settle()
  }

  find(orderNumber: number): ReferenceOrder | undefined {
    return this.orders.find((order) => order.orderNumber === orderNumber)
  }

  /** Resting orders of a side in the order in which they trade. */
  queue(side: number): ReferenceOrder[] {
    return this.orders
      .filter((order) => order.place === 'book' && order.side === side)
      .sort((a, b) => side * (b.price! - a.price!) || a.priority - b.priority)
  }

  private best(side: number): number | undefined {
    return this.queue(side)[0]?.price
  }

  private stateFault({ orderNumber, timeInForce, expireUs, kind }: OrderEntry): number {
    if (this.find(orderNumber)) return RejectReason.duplicateOrderNumber
    if (timeInForce === TimeInForce.gtd && expireUs <= this.nowUs) return RejectReason.alreadyExpired
    if (this.state === MarketState.open) return 0
    if (this.state === MarketState.halted) return RejectReason.marketHalted
    if (isAuctionOnly(timeInForce)) return 0
    if (this.state === MarketState.closed) return RejectReason.marketClosed
    const immediate = timeInForce === TimeInForce.ioc || timeInForce === TimeInForce.fok
    if (!isDormantKind(kind) && (immediate || kind === OrderKind.marketToLimit)) return RejectReason.notInAuction
    return 0
  }

  private passivePrice(side: number, price: number, postOnly: number): number | undefined {
    const opposite = this.best(-side)
    if (opposite === undefined || side * (price - opposite) < 0) return price
    return postOnly === PostOnly.reprice ? opposite - side : undefined
  }

  private gone(order: ReferenceOrder): void {
    order.place = 'gone'
    this.orders = this.orders.filter((other) => other !== order)
  }

  private end(order: ReferenceOrder, reason: number): void {
    this.gone(order)
    this.events.push(
      reason === 0
        ? `expired ${order.orderNumber} ${order.open}`
        : `canceled ${order.orderNumber} ${order.open} ${reason}`,
    )
  }

  private replaced(order: ReferenceOrder): void {
    this.events.push(`replaced ${order.orderNumber} ${order.price ?? NO_PRICE} ${order.total}`)
  }

  private rest(order: ReferenceOrder): void {
    order.place = 'book'
    order.priority = ++this.priority
    order.shown = order.entry.displayQuantity === 0 ? order.open : Math.min(order.open, order.entry.displayQuantity)
  }

  private execute(order: ReferenceOrder): void {
    order.place = 'active'
    const opposite = this.best(-order.side)
    if (order.kind === OrderKind.marketToLimit) {
      if (opposite === undefined) {
        this.end(order, CancelReason.noLiquidity)
        return
      }
      order.price = opposite
    }
    if (order.entry.postOnly !== PostOnly.off) {
      const price = this.passivePrice(order.side, order.price!, order.entry.postOnly)
      if (price === undefined) {
        this.end(order, CancelReason.postOnlyWouldTrade)
        return
      }
      const moved = price !== order.price
      order.price = price
      if (moved) this.replaced(order)
    }
    if (order.entry.timeInForce === TimeInForce.fok && !this.wouldFill(order)) {
      this.end(order, CancelReason.fillOrKill)
      return
    }
    if (this.match(order)) {
      this.end(order, CancelReason.selfTrade)
      return
    }
    if ((order.place as string) === 'gone') return
    if (order.open === 0) {
      this.gone(order)
      return
    }
    if (order.entry.timeInForce === TimeInForce.ioc) {
      this.end(order, CancelReason.immediateOrCancel)
      return
    }
    if (order.price === undefined) {
      this.end(order, CancelReason.noLiquidity)
      return
    }
    if (order.kind === OrderKind.marketToLimit) {
      order.kind = OrderKind.limit
      this.replaced(order)
    }
    this.rest(order)
  }

  /** Tries it on a copy of everything. */
  private wouldFill(order: ReferenceOrder): boolean {
    const copy = new ReferenceEngine()
    copy.orders = this.orders.map((other) => ({ ...other }))
    // A tip that is shown anew queues up behind all others there, too.
    copy.priority = this.priority
    copy.match(copy.find(order.orderNumber)!)
    const traded = copy.events
      .filter((event) => event.startsWith('trade'))
      .reduce((sum, event) => sum + Number(event.split(' ')[5]), 0)
    return traded === order.open
  }

  /** True when self-trade prevention cancels what is left. */
  private match(order: ReferenceOrder): boolean {
    while (order.open > 0) {
      const resting = this.queue(-order.side)[0]
      if (!resting) return false
      if (order.price !== undefined && order.side * (order.price - resting.price!) < 0) return false
      const mode = order.entry.selfTrade
      if (mode !== SelfTradeMode.none && order.entry.owner !== 0 && order.entry.owner === resting.entry.owner) {
        if (mode === SelfTradeMode.cancelNewest) return true
        if (mode === SelfTradeMode.decrement) {
          this.decrement(order, resting)
          continue
        }
        this.end(resting, CancelReason.selfTrade)
        if (mode === SelfTradeMode.cancelBoth) return true
        continue
      }
      const quantity = Math.min(order.open, resting.shown)
      order.open -= quantity
      this.fillResting(resting, quantity)
      this.last = resting.price
      this.prints.push(resting.price!)
      this.trade(resting, order, resting.price!, quantity, order.side)
    }
    return false
  }

  private decrement(order: ReferenceOrder, resting: ReferenceOrder): void {
    const quantity = Math.min(order.open, resting.open)
    if (quantity === resting.open) this.end(resting, CancelReason.selfTrade)
    else {
      const hidden = resting.open - resting.shown
      resting.total -= quantity
      resting.open -= quantity
      resting.shown -= Math.max(0, quantity - hidden)
      this.replaced(resting)
    }
    if (quantity === order.open) {
      this.end(order, CancelReason.selfTrade)
      order.open = 0
      return
    }
    order.total -= quantity
    order.open -= quantity
    this.replaced(order)
  }

  private fillResting(resting: ReferenceOrder, quantity: number): void {
    resting.open -= quantity
    resting.shown -= quantity
    if (resting.open === 0) this.gone(resting)
    else if (resting.shown === 0) {
      resting.shown = Math.min(resting.open, resting.entry.displayQuantity)
      resting.priority = ++this.priority
    }
  }

  private trade(first: ReferenceOrder, second: ReferenceOrder, price: number, quantity: number, side: number): void {
    this.events.push(`trade ${++this.trades} ${first.orderNumber} ${second.orderNumber} ${price} ${quantity} ${side}`)
  }

  private change(order: ReferenceOrder, quantity: number, price: number, trigger: number): number {
    if (!(quantity > 0)) return RejectReason.invalidQuantity
    if (this.state === MarketState.halted) return RejectReason.marketHalted
    if (this.state === MarketState.closed) return RejectReason.marketClosed
    if (price !== NO_PRICE && order.price === undefined) return RejectReason.notReplaceable
    if (trigger !== NO_PRICE && (order.place !== 'dormant' || isTrailingKind(order.kind))) {
      return RejectReason.notReplaceable
    }
    const filled = order.total - order.open
    if (quantity <= filled) return RejectReason.quantityBelowFilled
    const newPrice = price === NO_PRICE ? order.price : price
    const keeps = newPrice === order.price && quantity <= order.total
    if (order.place !== 'book') {
      Object.assign(order, { price: newPrice, total: quantity, open: quantity })
      if (trigger !== NO_PRICE) order.trigger = trigger
      if (order.place === 'collected' && !keeps) order.priority = ++this.priority
      this.replaced(order)
      return 0
    }
    if (keeps) {
      const hidden = order.open - order.shown
      const reduction = order.total - quantity
      order.total = quantity
      order.open -= reduction
      order.shown -= Math.max(0, reduction - hidden)
      this.replaced(order)
      return 0
    }
    let passive = newPrice
    if (order.entry.postOnly !== PostOnly.off) passive = this.passivePrice(order.side, newPrice!, order.entry.postOnly)
    if (passive === undefined) return RejectReason.postOnlyWouldTrade
    Object.assign(order, { price: passive, total: quantity, open: quantity - filled, shown: 0, place: 'active' })
    this.replaced(order)
    if (this.state === MarketState.open) this.execute(order)
    else this.rest(order)
    return 0
  }

  private settle(): void {
    if (this.state === MarketState.open) {
      this.observe()
      for (let order = this.due.shift(); order; order = this.due.shift()) {
        if (order.kind === OrderKind.trailingStopLimit) {
          order.price = order.trigger! + order.side * order.entry.limitOffset
        }
        this.events.push(`triggered ${order.orderNumber}`)
        this.execute(order)
        this.observe()
      }
    }
    this.prints = []
  }

  /** Every trade price in turn, then where everything stands now. */
  private observe(): void {
    for (const price of this.prints) this.observePrices(price, undefined, undefined)
    this.prints = []
    this.observePrices(this.last, this.bid ?? this.best(1), this.ask ?? this.best(-1))
  }

  private observePrices(last: number | undefined, bid: number | undefined, ask: number | undefined): void {
    const dormant = this.orders.filter((order) => order.place === 'dormant')
    const referenceOf = (order: ReferenceOrder): number | undefined =>
      order.entry.triggerSource === TriggerSource.last ? last : order.side === 1 ? ask : bid
    for (const order of dormant.filter((one) => isTrailingKind(one.kind))) {
      const reference = referenceOf(order)
      if (reference === undefined) continue
      const { trailOffset, trailUnit } = order.entry
      const share = Math.max(1, Math.ceil((Math.abs(reference) * trailOffset) / 10_000))
      const wanted = reference + order.side * (trailUnit === TrailUnit.ticks ? trailOffset : share)
      if (order.trigger === undefined || order.side * (wanted - order.trigger) < 0) order.trigger = wanted
    }
    for (const price of [
      { value: last, source: TriggerSource.last, side: 0 },
      { value: ask, source: TriggerSource.quote, side: 1 },
      { value: bid, source: TriggerSource.quote, side: -1 },
    ]) {
      if (price.value === undefined) continue
      for (const direction of [1, -1]) {
        const reached = dormant
          .filter((order) => order.place === 'dormant' && order.trigger !== undefined)
          .filter(
            (order) => order.entry.triggerSource === price.source && (price.side === 0 || order.side === price.side),
          )
          .filter((order) => (touched(order.kind) ? -order.side : order.side) === direction)
          .filter((order) => direction * (price.value! - order.trigger!) >= 0)
          .sort((a, b) => direction * (a.trigger! - b.trigger!) || a.priority - b.priority)
        for (const order of reached) order.place = 'active'
        this.due.push(...reached)
      }
    }
  }

  /** Uncrosses without looking at triggers. */
  clear(kind: AuctionKind, reference: number | undefined): void {
    const part = this.orders
      .filter((order) => order.place === 'collected')
      .filter(({ entry }) => !isAuctionOnly(entry.timeInForce) || (entry.timeInForce as number) === kind)
      .sort((a, b) => a.priority - b.priority)
    for (const order of part) order.shown = order.open
    const interested = (side: number): ReferenceOrder[] =>
      [...this.queue(side), ...part.filter((order) => order.side === side && order.place === 'collected')].sort(
        (a, b) =>
          Number(b.price === undefined) - Number(a.price === undefined) ||
          side * ((b.price ?? 0) - (a.price ?? 0)) ||
          a.priority - b.priority,
      )
    const price = clearingPriceByTrial(interested(1), interested(-1), reference)
    if (price !== undefined) {
      this.last = price
      for (;;) {
        const buy = interested(1).find((order) => order.price === undefined || order.price >= price)
        const sell = interested(-1).find((order) => order.price === undefined || order.price <= price)
        if (!buy || !sell) break
        const quantity = Math.min(buy.shown, sell.shown)
        this.fillResting(buy, quantity)
        this.fillResting(sell, quantity)
        this.trade(buy, sell, price, quantity, 0)
      }
    }
    for (const order of part) {
      if (order.place !== 'collected') continue
      this.end(order, isAuctionOnly(order.entry.timeInForce) ? 0 : CancelReason.noLiquidity)
    }
  }
}
