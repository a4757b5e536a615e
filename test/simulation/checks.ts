/** What has to hold at any time, whatever went wrong. Names of invariants are those of docs/ARCHITECTURE.md. */
import type { SystemState } from '../../src/system/state.js'
import type { Venue, VenueOrder } from './venue.js'

/** Hears what did not hold. */
export type Violate = (text: string) => void

/** The parts of an exported order that are looked at. */
export interface LocalOrder {
  readonly number: number
  readonly clientOrderId: string
  /** Requests under way aside. */
  readonly lifecycle: string
  readonly instrument: string
  readonly account: string
  readonly side: number
  readonly quantity: number
  readonly price: number | null
  readonly filled: number
  readonly average: string | null
  readonly leaves: number
  readonly reserved: number
  readonly inFlight: number
  readonly trades: readonly { readonly facts: number }[]
}

/** The orders of a state. */
export const ordersOf = (state: SystemState) => state.orders as unknown as LocalOrder[]

/**
 * Tells whose records were taken over, for tables of `capacity` orders: those whose place a later order has. Nothing else
 * excuses that an order is not on record.
 */
export function forgottenBy(state: SystemState, capacity: number): (orderNumber: number) => boolean {
  const holders = new Map(ordersOf(state).map(({ number }) => [number % capacity, number]))
  return (orderNumber) => orderNumber > 0 && (holders.get(orderNumber % capacity) ?? 0) > orderNumber
}

/** I1: an order that the venue has heard of is in the journal. */
export function checkJournal(
  recovered: SystemState,
  venues: readonly Venue[],
  isForgotten: (orderNumber: number) => boolean,
  violate: Violate,
): void {
  const known = new Set(ordersOf(recovered).map((order) => order.clientOrderId))
  for (const order of venues.flatMap((venue) => [...venue.orders, ...venue.lost])) {
    if (order.clientOrderId !== undefined && !known.has(order.clientOrderId) && !isForgotten(order.order))
      violate(`I1: order ${order.clientOrderId} is at the venue and not in the journal`)
  }
}

/** I2: one intent has at most one order that works or was filled, at whatever venue. */
export function checkIntents(venues: readonly Venue[], violate: Violate): void {
  const byIntent = new Map<string, VenueOrder[]>()
  for (const order of venues.flatMap((venue) => [...venue.orders, ...venue.lost])) {
    if (order.clientOrderId === undefined || (order.state !== 'working' && order.cumulative === 0)) continue
    byIntent.set(order.intent, [...(byIntent.get(order.intent) ?? []), order])
  }
  for (const [intent, orders] of byIntent)
    if (orders.length > 1)
      violate(
        `I2: ${intent} has ${orders.length} orders at the venue: ${orders.map((order) => `${order.clientOrderId} (${order.account})`).join(', ')}`,
      )
}

/** I7: every open order has reserved what it may still trade, and the sums are those of the orders. */
export function checkReservations(state: SystemState, violate: Violate): void {
  const sums = new Map<string, { buying: number; selling: number; open: number }>()
  for (const order of ordersOf(state)) {
    if (order.reserved !== order.leaves)
      violate(
        `I7: order ${order.clientOrderId} (${order.lifecycle}) reserves ${order.reserved} and may trade ${order.leaves}`,
      )
    const key = `${order.account} ${order.instrument}`
    const sum = sums.get(key) ?? { buying: 0, selling: 0, open: 0 }
    if (order.side > 0) sum.buying += order.reserved
    else sum.selling += order.reserved
    sums.set(key, sum)
  }
  for (const used of state.limitsUsed as { account: string; instrument: string; buying: number; selling: number }[]) {
    const sum = sums.get(`${used.account} ${used.instrument}`) ?? { buying: 0, selling: 0 }
    if (used.buying !== sum.buying || used.selling !== sum.selling) {
      violate(
        `I7: ${used.instrument} reserves ${used.buying} / ${used.selling}, its orders ${sum.buying} / ${sum.selling}`,
      )
    }
  }
}
