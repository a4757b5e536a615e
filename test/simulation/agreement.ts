/** What both sides believe after everything has healed has to agree. */
import type { SystemState } from '../../src/system/state.js'
import { type LocalOrder, ordersOf, type Violate } from './checks.js'
import type { Venue, VenueOrder } from './venue.js'

/** What both sides believe after all has healed. */
export interface Beliefs {
  readonly state: SystemState
  readonly venue: Venue
  /** Alerts by kind, with the orders they named. */
  readonly alerts: ReadonlyMap<string, ReadonlySet<number>>
  /** Whether the venue lists closed orders. */
  readonly fullHistory: boolean
  /** Price units in 1. */
  readonly priceFactor: number
  /** Whose records were taken over. */
  readonly isForgotten: (orderNumber: number) => boolean
  /** Whether the tables have no room: then an execution that needs a record is told, and halts everything. */
  readonly isFull: boolean
}

/** Whether every one of `capacity` records holds an order that is not over. */
export function isFull(state: SystemState, capacity: number): boolean {
  const over = new Set([...Object.values(closedStatuses), 'DENIED'])
  return ordersOf(state).filter(({ lifecycle }) => !over.has(lifecycle)).length >= capacity
}

const openStatuses: ReadonlySet<string> = new Set([
  'ACCEPTED',
  'PARTIALLY_FILLED',
  'TRIGGERED',
  'PENDING_UPDATE',
  'PENDING_CANCEL',
])
const closedStatuses: Readonly<Record<string, string>> = {
  filled: 'FILLED',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  rejected: 'REJECTED',
}

/** I3, I4, I5: orders, executions and positions agree with the venue; what is still unknown has an alert. */
export function checkAgreement(beliefs: Beliefs, violate: Violate): void {
  const { state, venue } = beliefs
  const own = ordersOf(state).filter((order) => order.account === venue.account)
  const locals = new Map(own.map((order) => [order.clientOrderId, order]))
  for (const order of venue.orders) {
    if (order.clientOrderId === undefined) continue
    const local = locals.get(order.clientOrderId)
    if (local === undefined) checkForgotten(beliefs, order, violate)
    else checkOrder(beliefs, local, order, violate)
  }
  for (const local of locals.values()) {
    if (local.lifecycle === 'UNKNOWN') checkAlert(beliefs, local, violate)
    else if (
      openStatuses.has(local.lifecycle) &&
      local.clientOrderId.startsWith('T-') &&
      venue.find(local.clientOrderId) === undefined &&
      !isExternal(state, local)
    ) {
      violate(`I3: order ${local.clientOrderId} is ${local.lifecycle} here and unknown at the venue`)
    } else if (local.lifecycle === 'SUBMITTED') violate(`I5: order ${local.clientOrderId} is still SUBMITTED`)
  }
  const positions = new Map(
    (state.limitsUsed as { account: string; instrument: string; position: number }[])
      .filter(({ account }) => account === venue.account)
      .map(({ instrument, position }) => [instrument, position]),
  )
  venue.positions.forEach((position, instrument) => {
    const ours = positions.get(`S${instrument}.SIM`) ?? 0
    const isUnbooked = beliefs.isFull && beliefs.alerts.has('UNBOOKED')
    if (ours !== position && !isUnbooked && !isBustUnseen(beliefs, instrument))
      violate(`I3: the position in S${instrument} is ${ours} here and ${position} at the venue`)
  })
}

/** An order without a record must have had one, and be over: its executions show in the positions. */
function checkForgotten({ isForgotten }: Beliefs, order: VenueOrder, violate: Violate): void {
  if (!isForgotten(order.order)) violate(`I3: order ${order.clientOrderId} is at the venue and not in the system`)
  else if (order.state === 'working')
    violate(`I3: order ${order.clientOrderId} works at the venue and is forgotten here`)
}

function checkOrder(beliefs: Beliefs, local: LocalOrder, order: VenueOrder, violate: Violate): void {
  const id = order.clientOrderId as string
  if (isBustUnseen(beliefs, order.instrument)) return
  if (local.filled !== order.cumulative)
    violate(`I3/I4: order ${id} is filled for ${local.filled} here and ${order.cumulative} at the venue`)
  const average = beliefs.venue.average(order)
  const isDisputed = beliefs.alerts.get('RECONCILE_FILL_CONFLICT')?.has(local.number) === true
  if (
    average !== undefined &&
    local.average !== null &&
    !isDisputed &&
    Math.abs(Number(local.average) * beliefs.priceFactor - average) > 0.01
  ) {
    violate(
      `I3: order ${id} has the average price ${local.average} here and ${average / beliefs.priceFactor} at the venue`,
    )
  }
  if (order.state === 'working') {
    if (!openStatuses.has(local.lifecycle)) violate(`I3: order ${id} is ${local.lifecycle} here and works at the venue`)
    else if (local.quantity !== order.quantity || local.price !== order.price)
      violate(
        `I3: order ${id} is for ${local.quantity} at ${local.price} here and for ${order.quantity} at ${order.price} at the venue`,
      )
  } else if (local.lifecycle !== closedStatuses[order.state]) {
    // A venue that lists open orders only cannot tell how an order ended.
    const isExcused = !beliefs.fullHistory
    if (!isExcused) violate(`I3: order ${id} is ${local.lifecycle} here and ${order.state} at the venue`)
  }
}

/**
 * A bust that the system could not see: without a complete history the venue's silence about an execution proves nothing, and
 * of an order that is forgotten there is nothing to take back. Then the position tells, the instrument is halted, and somebody
 * is alerted.
 */
function isBustUnseen({ venue, alerts, fullHistory, isForgotten }: Beliefs, instrument: number): boolean {
  return (
    alerts.has('RECONCILE_POSITION_MISMATCH') &&
    venue.fills.some(
      ({ isBusted, order }) =>
        isBusted && order.instrument === instrument && (!fullHistory || isForgotten(order.order)),
    )
  )
}

function checkAlert(beliefs: Beliefs, local: LocalOrder, violate: Violate): void {
  if (beliefs.alerts.get('FATE_UNKNOWN')?.has(local.number) !== true)
    violate(`I5: order ${local.clientOrderId} is UNKNOWN and nobody was alerted`)
}

function isExternal(state: SystemState, local: LocalOrder): boolean {
  return ((state.orders.find((order) => order.number === local.number)?.flags as number) & 4) !== 0
}
