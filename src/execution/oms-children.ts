/** The children of one parent in the order plane: sent through the one way for orders, read from the order table. */
import type { OrderRequest } from '../model/order.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderEvent } from '../oms/order-event.js'
import type { OrderManager } from '../oms/order-manager.js'
import type { ParentRecord } from '../oms/parent-books.js'
import { StatusCode } from '../orders/codes.js'
import { lifecycle, worstCaseLeaves } from '../orders/derive.js'
import { isClosed } from '../orders/lifecycle.js'
import * as Field from '../orders/order-fields.js'
import type { ChildFacts } from './child-book.js'
import type { ChildOrders, ChildRequest } from './parent-ports.js'
import type { ParentPlan } from './parent-terms.js'

/** See the file's header. */
export class OmsChildren implements ChildOrders {
  readonly #core: OrderCore
  readonly #orders: OrderManager
  readonly #plan: ParentPlan
  readonly #record: ParentRecord
  readonly #onEvent: (event: OrderEvent) => void

  /** `onChange` is called with the number of a child that something happened to. */
  constructor(
    core: OrderCore,
    orders: OrderManager,
    plan: ParentPlan,
    record: ParentRecord,
    onChange: (number: number) => void,
  ) {
    this.#core = core
    this.#orders = orders
    this.#plan = plan
    this.#record = record
    this.#onEvent = (event) => onChange(event.order.number)
  }

  /** Follows a child that was sent before a restart. */
  follow(row: number): void {
    this.#core.handleOf(row).onEvent(this.#onEvent)
  }

  nextIndex(index: number): number {
    let next = Math.max(index, this.#record.lastChild) + 1
    while (this.#core.ids.isTaken(`${this.#plan.id}-E${next}`)) next++
    return next
  }

  send({ index, quantityUnits, priceUnits, timeInForce, postOnly, connector }: ChildRequest): number {
    const { plan } = { plan: this.#plan }
    const instrument = this.#core.instruments.get(plan.instrument)
    const id = `${plan.id}-E${index}`
    const request: OrderRequest = {
      symbol: plan.instrument,
      side: plan.side,
      quantity: instrument.quantityText(quantityUnits),
      ...(Number.isNaN(priceUnits) ? {} : { price: instrument.priceText(priceUnits) }),
      ...(timeInForce === 'DAY' ? {} : { timeInForce }),
      ...(postOnly ? { postOnly } : {}),
      ...(plan.reduceOnly ? { reduceOnly: true } : {}),
      ...(plan.positionId === undefined ? {} : { positionId: plan.positionId }),
      ...(plan.account === null ? {} : { account: plan.account }),
      ...(plan.strategy === null ? {} : { strategy: plan.strategy }),
      ...((connector ?? plan.connector) === null ? {} : { connector: (connector ?? plan.connector) as string }),
      ...(plan.tag === null ? {} : { tag: plan.tag }),
      clientOrderId: id,
    }
    const handle = this.#core.parents.asChild(id, () => this.#orders.submit(request))
    handle.onEvent(this.#onEvent)
    return handle.number
  }

  cancel(number: number): void {
    if (this.#core.table.rowOf(number) >= 0) this.#orders.cancel(number)
  }

  reprice(number: number, priceUnits: number): boolean {
    const row = this.#core.table.rowOf(number)
    if (row < 0) return false
    try {
      const instrument = this.#core.instruments.at(this.#core.table.cells[row + Field.instrument])
      this.#orders.modify(number, { price: instrument.priceText(priceUnits) })
      return true
    } catch {
      // A venue that cannot change orders, an order that is just being closed: it stays as it is.
      return false
    }
  }

  read(number: number, facts: ChildFacts): void {
    const { table } = this.#core
    const row = table.rowOf(number)
    if (row < 0) return
    const cycle = lifecycle(table, row)
    facts.filledUnits = table.cells[row + Field.filled]
    facts.priceUnits = table.cells[row + Field.price]
    // One that is filled and may still grow is not over: it counts until the venue has answered.
    facts.isClosed = isClosed(cycle) && table.cells[row + Field.isOpen] === 0
    facts.leavesUnits = worstCaseLeaves(table, row)
    facts.isCanceled = cycle === StatusCode.CANCELED
    const reason = table.reason(row)
    facts.reason = reason
    facts.isRefused =
      facts.filledUnits === 0 &&
      ((cycle === StatusCode.DENIED && reason !== 'CANCELED_BEFORE_SEND') || cycle === StatusCode.REJECTED)
  }
}
