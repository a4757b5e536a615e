/** The strategy of a soak: so many orders a second, most of which fill, the others are cancelled or replaced. */
import type { OrderEvent } from '../../src/oms/order-event.js'
import type { OrderHandle } from '../../src/oms/order-handle.js'
import type { QuoteView } from '../../src/ring/views.js'
import { Strategy } from '../../src/system/strategy.js'

const tickMs = 10
/** Older orders are cancelled. */
const mostOpen = 50

/** Sends `perSecond` orders a second. */
export class SoakTrader extends Strategy {
  orders = 0
  fills = 0
  cancels = 0
  denied = 0
  quotesSeen = 0
  /** Why orders were denied, and how often. */
  readonly denials = new Map<string, number>()
  orderEvents = 0
  readonly #symbol: string
  readonly #perSecond: number
  #startedNs = 0
  #open: OrderHandle[] = []

  constructor(symbol: string, perSecond: number) {
    super()
    this.#symbol = symbol
    this.#perSecond = perSecond
  }

  override get name(): string {
    return 'soak'
  }

  override onStart(): void {
    this.#startedNs = this.time.monotonicNs()
    this.every(tickMs, () => this.#tick())
  }

  override onQuote(_quote: QuoteView): void {
    this.quotesSeen++
  }

  override onOrderEvent({ type, order }: OrderEvent): void {
    this.orderEvents++
    if (type === 'filled') this.fills++
    else if (type === 'denied') {
      this.denied++
      const reason = order.reason ?? 'without a reason'
      if (this.denials.has(reason) || this.denials.size < 20)
        this.denials.set(reason, (this.denials.get(reason) ?? 0) + 1)
    }
  }

  #tick(): void {
    const due = ((this.time.monotonicNs() - this.#startedNs) / 1e9) * this.#perSecond
    this.#open = this.#open.filter((order) => !order.isClosed)
    while (this.#open.length > mostOpen) {
      this.#open.shift()?.cancel()
      this.cancels++
    }
    // After a stall no more than a second is made up for.
    for (let most = this.#perSecond; this.orders < due && most > 0; most--) this.#submit()
  }

  #submit(): void {
    const number = this.orders++
    const side = number % 2 === 0 ? 'buy' : 'sell'
    // Two of three cross the market and fill; the third rests far away.
    const isAway = number % 3 === 2
    const order = isAway
      ? this.submit({ symbol: this.#symbol, side, quantity: 1, type: 'limit', price: side === 'buy' ? '170' : '200' })
      : this.submit({ symbol: this.#symbol, side, quantity: 1 })
    if (!order.isClosed) this.#open.push(order)
  }
}
