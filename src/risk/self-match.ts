/**
 * Self-match prevention: an order that would trade with an own resting order, at whatever venue, is refused; by policy the
 * resting order is canceled too. A new order never goes out while the old one may still be hit: whoever wants to trade
 * submits again when the cancel is confirmed.
 */
import { hasLimit } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import { OwnOrders } from './own-orders.js'
import type { Subject } from './subject.js'

/** What happens to the orders that would meet: the newest is refused; the resting one is canceled, and the newest has to come again; both. */
export type SelfMatchPolicy = 'cancelNewest' | 'cancelOldest' | 'cancelBoth'

/** How own orders are kept apart. */
export interface SelfMatchOptions {
  /** `cancelNewest` unless given. */
  policy?: SelfMatchPolicy
  /** Accounts whose orders must not meet, by name; each account by itself unless given. */
  groups?: readonly (readonly string[])[]
}

/** See the file's header. */
export class SelfMatchGuard implements GateCheck {
  readonly orders: OwnOrders
  readonly #cells: Float64Array
  readonly #parts: GateParts
  readonly #policy: SelfMatchPolicy
  readonly #groups: readonly (readonly string[])[]
  readonly #actions: GateParts['actions']

  constructor(parts: GateParts, { policy = 'cancelNewest', groups = [] }: SelfMatchOptions) {
    this.orders = new OwnOrders(parts.table, parts.sizes.account, parts.sizes.instrument)
    this.#cells = parts.table.cells
    this.#parts = parts
    this.#policy = policy
    this.#groups = groups
    this.#actions = parts.actions
  }

  check(_row: number, order: Subject): number {
    return this.#meets(order, false) ? Verdict.selfMatch : 0
  }

  seen(_row: number, order: Subject, verdict: number): void {
    if (verdict === Verdict.selfMatch && this.#policy !== 'cancelNewest') this.#meets(order, true)
  }

  describe(): { limit: string; observed: string } {
    return { limit: 'no own order on the other side within reach', observed: 'one' }
  }

  #meets(order: Subject, cancels: boolean): boolean {
    let found = false
    if (this.#groups.length === 0) return this.#meetsAccount(order, order.account, cancels)
    const { names, sizes } = this.#parts
    const own = names.account(order.account)
    const group = this.#groups.find((accounts) => accounts.includes(own))
    if (group === undefined) return this.#meetsAccount(order, order.account, cancels)
    for (let account = 0; account < sizes.account; account++)
      if (group.includes(names.account(account))) found = this.#meetsAccount(order, account, cancels) || found
    return found
  }

  #meetsAccount(order: Subject, account: number, cancels: boolean): boolean {
    const { orders } = this
    let found = false
    let row = orders.first(orders.listOf(account, order.instrument, -order.side))
    while (row >= 0) {
      const next = orders.after(row)
      if (this.#mayMeet(order, row)) {
        if (!cancels) return true
        found = true
        this.#actions.cancel(row)
      }
      row = next
    }
    return found
  }

  /** Whether an order could trade with a resting one, at its price or at any that a change under way asks for. */
  #mayMeet(order: Subject, row: number): boolean {
    const cells = this.#cells
    const { requests } = this.#parts.table
    const type = cells[row + Field.type]
    if (crosses(order, type, cells[row + Field.price])) return true
    for (let request = cells[row + Field.firstRequest]; request >= 0; request = requests.next[request])
      if (crosses(order, type, requests.price[request])) return true
    return false
  }
}

/** Whether an order could trade with a resting one at a price. What has no limit price trades with everything. */
function crosses({ side, type, price }: Subject, restingType: number, restingPrice: number): boolean {
  if (!hasLimit(type) || !hasLimit(restingType)) return true
  return side > 0 ? price >= restingPrice : price <= restingPrice
}
