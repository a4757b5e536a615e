/** The strategy of the simulation: it submits, changes and cancels at random, sometimes several things in one turn. */

import { TradewireError } from '../../src/core/errors.js'
import type { OrderEvent, OrderEventType } from '../../src/oms/order-event.js'
import type { OrderHandle } from '../../src/oms/order-handle.js'
import type { ConnectionEvent } from '../../src/system/strategy.js'
import { Strategy } from '../../src/system/strategy.js'
import type { Plan } from './plan.js'
import type { Plant } from './plants.js'
import type { Trace } from './trace.js'

/** What a trader has from its host: ids that outlive the process. */
export interface TraderHost {
  nextIntent(): string
  isTrading(): boolean
  readonly plant: Plant | undefined
  readonly trace: Trace
  /** Planted bug: gives back what is reserved for open orders. */
  releaseReservations(): void
  violate(text: string): void
}

/** Events that may open an order again that was over: its fate is the venue's to tell. */
const reopening: ReadonlySet<OrderEventType> = new Set<OrderEventType>([
  'accepted',
  'updated',
  'filled',
  'fill_corrected',
  'fill_busted',
  'unknown',
  'reinstated',
  'anomaly',
])

const closedStatuses: ReadonlySet<string> = new Set(['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED', 'DENIED'])

/** Trades at random. */
export class Trader extends Strategy {
  readonly #plan: Plan
  readonly #host: TraderHost
  readonly #symbols: readonly string[]
  #orders: OrderHandle[] = []
  /** Orders that were over, by the events so far. */
  readonly #over = new Set<number>()
  /** Orders that are sent again should they die, and how often an intent was. */
  readonly #wanted = new Set<number>()
  readonly #tries = new Map<string, number>()

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
    const { type, status, order } = event
    this.#host.trace.note('oms', `${type}: ${status} order`, order.number)
    this.#checkRegression(event)
    // A listener that acts on what it hears, in the middle of the delivery.
    if (type === 'filled' && this.random.chance(0.1)) order.cancel()
    if (this.#plan.retriesDead) this.#retry(event)
  }

  override onConnection({ connector, from, to }: ConnectionEvent): void {
    this.#host.trace.note('system', `connection ${to}`)
    if (this.#host.plant === 'released_at_disconnect' && from === 'ready') this.#host.releaseReservations()
    if (this.#host.plant === 'blind_resend' && to === 'ready') this.#resend()
    if (this.#host.plant === 'blind_failover' && from === 'ready') this.#resend(connector)
  }

  /** What is known to be dead and has traded nothing is wanted all the same: it is sent again, a few times at most. */
  #retry({ status, order }: OrderEvent): void {
    const { tag, instrument, side, quantity, price } = order.snapshot
    if (!(status === 'REJECTED' || status === 'DENIED' || status === 'CANCELED')) return
    if (
      tag === undefined ||
      price === undefined ||
      !order.filledQuantity.isZero() ||
      !this.#wanted.delete(order.number)
    )
      return
    const tries = (this.#tries.get(tag) ?? 0) + 1
    this.#tries.set(tag, tries)
    if (tries > 3) return
    this.after(50 + this.random.below(400), () => {
      // It may have come back to life meanwhile.
      if (!this.#host.isTrading() || !order.isClosed || !order.filledQuantity.isZero()) return
      const again = this.#send({ symbol: instrument, side, quantity, type: 'limit', price, timeInForce: 'gtc', tag })
      if (again === undefined) return
      this.#host.trace.note('trader', `sends ${tag} again as order`, again.number)
      this.#orders.push(again)
      this.#wanted.add(again.number)
    })
  }

  /** I6: an order that is over stays so, unless an execution or the venue itself says otherwise. */
  #checkRegression({ type, status, order }: OrderEvent): void {
    if (closedStatuses.has(status)) this.#over.add(order.number)
    else if (this.#over.delete(order.number) && !reopening.has(type))
      this.#host.violate(`I6: order ${order.clientOrderId} was over and is ${status} after ${type}`)
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
    const quantity = 1 + this.random.below(22)
    const price = this.#price()
    const order = this.#send({ symbol, side, quantity, type: 'limit', price, timeInForce: 'gtc', tag: intent })
    if (order === undefined) return
    const { number } = order
    this.#host.trace.tell(
      'trader',
      number,
      () =>
        `submits order ${number}: ${side} ${quantity} ${symbol} at ${price} (${intent}): ${order.status} ${order.reason ?? ''}`,
    )
    this.#orders.push(order)
    if (this.#plan.retriesDead) this.#wanted.add(number)
    if (this.random.chance(0.03)) order.cancel()
  }

  /** Submits; undefined where small tables are full of open orders. */
  #send(request: Parameters<Trader['submit']>[0]): OrderHandle | undefined {
    try {
      return this.submit(request)
    } catch (error) {
      const isFull = error instanceof TradewireError && error.code === 'TW_CAPACITY'
      if (this.#plan.tables !== undefined && isFull) return undefined
      throw error
    }
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

  /** Planted bug: what nobody answered before a line broke is sent again, over another one where `lost` is named. */
  #resend(lost?: string): void {
    for (const order of [...this.#orders]) {
      if (order.status !== 'SUBMITTED' && order.status !== 'UNKNOWN') continue
      const { instrument, side, quantity, price, tag } = order.snapshot
      if (tag === undefined || price === undefined) continue
      const elsewhere = lost === undefined ? {} : { connector: lost === 'venue' ? 'venue1' : 'venue' }
      this.#orders.push(
        this.submit({
          symbol: instrument,
          side,
          quantity,
          type: 'limit',
          price,
          timeInForce: 'gtc',
          tag,
          ...elsewhere,
        }),
      )
    }
  }
}
