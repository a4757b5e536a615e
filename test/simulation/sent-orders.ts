/** What was sent keeps the limits: counted where messages leave the system, by the venue's truth. */
import type { Link } from './link.js'
import type { Request } from './messages.js'
import type { Plan } from './plan.js'
import type { Venue } from './venue.js'

type Violate = (text: string) => void

/** I8: what was sent keeps the limits, by the venue's truth and not by what the system believes. */
export class SentOrders {
  readonly #plan: Plan
  readonly #venue: Venue
  readonly #link: Link
  readonly #disturbed = new Set<number>()
  #times: number[] = []
  /** Prices that were ever asked for, by order. */
  readonly #prices = new Map<string, Set<number>>()

  constructor(plan: Plan, venue: Venue, link: Link) {
    this.#plan = plan
    this.#venue = venue
    this.#link = link
  }

  /** Somebody else moves the position of an instrument: no limit of ours can be held to it any more. */
  disturb(instrument: number): void {
    this.#disturbed.add(instrument)
  }

  /** A new process starts its throttle anew. */
  restart(): void {
    this.#times = []
  }

  beforeSend(request: Request, nowNs: number, violate: Violate): void {
    if (request.kind !== 'new' && request.kind !== 'replace') return
    const { throttle, throttleMs, maxOrder } = this.#plan.limits
    // A change that leaves the price alone may only take quantity away: that passes every limit.
    const prices = this.#prices.get(request.clientOrderId) ?? new Set()
    if (prices.has(request.price)) return
    this.#prices.set(request.clientOrderId, prices.add(request.price))
    this.#times = this.#times.filter((time) => nowNs - time < throttleMs * 1_000_000)
    this.#times.push(nowNs)
    if (this.#times.length > throttle)
      violate(`I8: ${this.#times.length} messages within ${throttleMs} ms, ${throttle} are allowed`)
    if (request.quantity > maxOrder)
      violate(`I8: an order of ${request.quantity} units was sent, ${maxOrder} are allowed`)
  }

  afterSend(request: Request, violate: Violate): void {
    if (request.kind !== 'new' && request.kind !== 'replace') return
    const instrument = request.kind === 'new' ? request.instrument : this.#venue.find(request.clientOrderId)?.instrument
    if (instrument === undefined || this.#disturbed.has(instrument)) return
    const { maxPosition } = this.#plan.limits
    for (const side of [1, -1] as const) {
      const worst = side * (this.#venue.positions[instrument] as number) + this.#leaves(instrument, side)
      if (worst > maxPosition)
        violate(`I8: the position in instrument ${instrument} could become ${side * worst}, ${maxPosition} are allowed`)
    }
  }

  /** What may still trade: working orders, and what is on its way to the venue. */
  #leaves(instrument: number, side: 1 | -1): number {
    let total = 0
    for (const order of this.#venue.orders) {
      if (order.instrument !== instrument || order.side !== side || order.state !== 'working') continue
      total +=
        Math.max(
          order.quantity,
          ...[...this.#link.inFlight].map((request) =>
            request.kind === 'replace' && request.clientOrderId === order.clientOrderId ? request.quantity : 0,
          ),
        ) - order.cumulative
    }
    for (const request of this.#link.inFlight) {
      if (
        request.kind === 'new' &&
        request.instrument === instrument &&
        request.side === side &&
        this.#venue.find(request.clientOrderId) === undefined
      )
        total += request.quantity
    }
    return total
  }
}
