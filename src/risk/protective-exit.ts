/**
 * What a protective order may do that others may not: go without market data. Prices keep orders from being sent at prices
 * that nobody meant; an order that only gets out of what is held must not wait for them.
 */
import { OrderFlag } from '../orders/codes.js'
import type { Exposure } from './exposure.js'
import type { Subject } from './subject.js'

/** Whether the order is on the other side of the position and not larger. Its siblings (a stop beside a target) do not count: of them only one fills. */
export function opposesPosition(order: Subject, exposure: Exposure): boolean {
  const position = exposure.position[order.key]
  return order.side * position < 0 && order.quantity - order.filled <= Math.abs(position)
}

/** Whether the order protects a position and is no larger than it: controls that ask for prices let it pass without. */
export function isProtectiveExit(order: Subject, exposure: Exposure): boolean {
  return (order.flags & OrderFlag.protective) !== 0 && opposesPosition(order, exposure)
}
