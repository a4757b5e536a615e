/** What circuit breakers ask of single orders: a connector whose circuit is open gets none, one that is half open gets probes. */
import type { OrderNames } from '../orders/approved-order.js'
import type { CircuitBreakers } from './breakers/circuit-breakers.js'
import { Verdict } from './controls.js'
import type { GateCheck } from './gate-check.js'
import type { Subject } from './subject.js'

/** See the file's header. */
export class CircuitCheck implements GateCheck {
  readonly #breakers: CircuitBreakers
  readonly #names: OrderNames

  constructor(breakers: CircuitBreakers, names: OrderNames) {
    this.#breakers = breakers
    this.#names = names
  }

  check(_row: number, order: Subject, isNew: boolean): number {
    if (!isNew || !this.#breakers.hasStorms) return 0
    const connector = this.#names.connector(order.connector)
    return this.#breakers.mayPass(connector, order.nowNs / 1_000_000) ? 0 : Verdict.rejectStorm
  }

  seen(_row: number, order: Subject, verdict: number, isNew: boolean): void {
    if (verdict === 0 && isNew && this.#breakers.hasStorms)
      this.#breakers.sent(this.#names.connector(order.connector), order.nowNs / 1_000_000)
  }

  describe(): { limit: string; observed: string } {
    return { limit: 'a connector whose orders are taken', observed: 'its circuit is open' }
  }
}
