/** Keeps the reduce-only orders of a venue no larger than what is left to reduce of their positions. */
import { isReduceOnly, nothingToReduce, reducibleUnits } from './order-rules.js'
import type { VenueAccount } from './venue-accounts.js'
import type { VenueOrder } from './venue-order.js'

/** What the desk does for it. */
export interface ReduceOnlyDesk {
  /** Live orders in order of arrival. */
  readonly live: ReadonlySet<VenueOrder>
  withdraw(order: VenueOrder, state: 'canceled', reason: string): void
  /** Makes an order smaller. */
  shrink(order: VenueOrder, quantityUnits: number): void
}

/** Notes which orders may have become too large, and cuts them down when the operation is over. */
export class ReduceOnlyWatch {
  /** Live reduce-only orders: while there are none, nothing needs to be watched. */
  count = 0
  readonly #desk: ReduceOnlyDesk
  readonly #noted = new Set<VenueOrder>()

  constructor(desk: ReduceOnlyDesk) {
    this.#desk = desk
  }

  /** How much of a fill may be: reduce-only orders stop at a flat position. */
  fillable(order: VenueOrder, quantityUnits: number): number {
    return isReduceOnly(order) ? Math.min(quantityUnits, this.#reducible(order)) : quantityUnits
  }

  /** The position behind an order has changed. */
  note(cause: VenueOrder): void {
    if (this.count === 0) return
    for (const order of this.#desk.live) {
      if (isReduceOnly(order) && order.account === cause.account && order.instrument === cause.instrument)
        this.#noted.add(order)
    }
  }

  /** Cuts down what has been noted. */
  settle(): void {
    if (this.#noted.size === 0) return
    for (const order of this.#noted) {
      if (!order.isLive) continue
      const reducible = this.#reducible(order)
      if (order.openUnits <= reducible) continue
      if (reducible === 0) this.#desk.withdraw(order, 'canceled', nothingToReduce)
      else this.#desk.shrink(order, order.cumulativeUnits + reducible)
    }
    this.#noted.clear()
  }

  #reducible(order: VenueOrder): number {
    return reducibleUnits(order.account as VenueAccount, order.instrument, order.sideSign)
  }
}
