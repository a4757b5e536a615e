/** The strategy of the simulation: it submits, changes and cancels at random, sometimes several things in one turn. */

import { TradewireError } from '../../src/core/errors.js'
import type { OrderEvent } from '../../src/oms/order-event.js'
import type { OrderHandle } from '../../src/oms/order-handle.js'
import { Strategy } from '../../src/system/strategy.js'
import type { Plan, Plant } from './plan.js'

/** What a trader has from its host: ids that outlive the process. */
export interface TraderHost {
  nextIntent(): string
  isTrading(): boolean
  readonly plant: Plant | undefined
  trace(line: string): void
}

/** Trades at random. */
export class Trader extends Strategy {
  readonly #plan: Plan
  readonly #host: TraderHost
  readonly #symbols: readonly string[]
  #orders: OrderHandle[] = []

  constructor(plan: Plan, symbols: readonly string[], host: TraderHost) {
    super()
    this.#plan = plan
    this.#symbols = symbols
    this.#host = host
  }

  override get name(): string {
    return 'trader'
  }

  override onStart(): void {
    this.#next()
  }

  override onOrderEvent(event: OrderEvent): void {
    this.#host.trace(`event ${event.type} ${event.order.number} ${event.status} ${event.seq}`)
    // A listener that acts on what it hears, in the middle of the delivery.
    if (event.type === 'filled' && this.random.chance(0.1)) event.order.cancel()
  }

  #next(): void {
    this.after(1 + this.random.below(Math.floor(2_000 / this.#plan.actionsPerSecond)), () => {
      if (!this.#host.isTrading()) return
      this.#next()
      for (let count = this.random.chance(0.15) ? 3 : 1; count > 0; count--) this.#act()
    })
  }

  #act(): void {
    const dice = this.random.next()
    this.#orders = this.#orders.filter((order) => !order.isClosed)
    const order = this.#orders[this.random.below(Math.max(1, this.#orders.length))]
    if (dice < 0.55 || order === undefined) this.#submit(this.#host.nextIntent())
    else if (dice < 0.75) this.#modify(order)
    else if (dice < 0.97) order.cancel()
    else this.cancelAll()
  }

  #submit(intent: string): void {
    const symbol = this.#symbols[this.random.below(this.#symbols.length)] as string
    const side = this.random.chance(0.5) ? 'buy' : 'sell'
    const order = this.submit({
      symbol,
      side,
      quantity: 1 + this.random.below(22),
      type: 'limit',
      price: this.#price(),
      timeInForce: 'gtc',
      tag: intent,
    })
    this.#host.trace(`submit ${order.number} ${intent} ${order.status} ${order.reason ?? ''}`)
    this.#orders.push(order)
    if (this.#host.plant === 'blind_resend') this.#watch(order)
    if (this.random.chance(0.03)) order.cancel()
  }

  #modify(order: OrderHandle): void {
    try {
      order.modify({ quantity: 1 + this.random.below(20), price: this.#price() })
    } catch (error) {
      const isExpected =
        error instanceof TradewireError && (error.code === 'TW_INVALID_STATE' || error.code === 'TW_CAPACITY')
      if (!isExpected) throw error
    }
  }

  #price(): string {
    return (99 + this.random.below(200) / 100).toFixed(2)
  }

  /** Planted bug: what was not answered in time is sent again, until it gets through. */
  #watch(order: OrderHandle): void {
    this.after(600, () => {
      if (order.status !== 'SUBMITTED' && order.status !== 'UNKNOWN') return
      const { instrument, side, quantity, price, tag } = order.snapshot
      if (tag === undefined || price === undefined) return
      const again = this.submit({ symbol: instrument, side, quantity, type: 'limit', price, timeInForce: 'gtc', tag })
      this.#watch(again.status === 'DENIED' ? order : again)
    })
  }
}
