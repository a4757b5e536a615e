/** Fingerprints of orders that differ in quantity and price only. */
import * as Field from '../orders/order-fields.js'
import { RECORD } from '../orders/order-table.js'
import { type DuplicateGuard, fingerprintOf } from './duplicate-guard.js'

/** The fingerprint of an order with these terms, in units. */
export function fingerprintOfTerms({ quantity, price }: { quantity: number; price: number }): number {
  const cells = new Float64Array(RECORD)
  cells[Field.side] = 1
  cells[Field.quantity] = quantity
  cells[Field.price] = price
  return fingerprintOf(cells, 0)
}

/** Whether a guard lets such an order pass at a time; counted where it does. */
export function passes(guard: DuplicateGuard, quantity: number, price: number, nowMs: number): boolean {
  const now = { nowNs: nowMs * 1_000_000 }
  const hasRoom = guard.hasRoom(fingerprintOfTerms({ quantity, price }), now)
  if (hasRoom) guard.take(now)
  return hasRoom
}
