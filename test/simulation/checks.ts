/** What has to hold, whatever went wrong. Names are those of the invariants in docs/ARCHITECTURE.md where there are any. */
import type { SystemState } from '../../src/system/state.js'
import type { Link } from './link.js'
import type { Request } from './messages.js'
import type { Plan } from './plan.js'
import type { Venue, VenueOrder } from './venue.js'

type Violate = (text: string) => void

/** The parts of an exported order that are looked at. */
interface LocalOrder {
  readonly number: number
  readonly clientOrderId: string
  /** Requests under way aside. */
  readonly lifecycle: string
  readonly instrument: string
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

/** Bit of a trade that was concluded. */
const inferred = 8

const ordersOf = (state: SystemState) => state.orders as unknown as LocalOrder[]

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

/** I1: an order that the venue has heard of is in the journal. */
export function checkJournal(recovered: SystemState, venue: Venue, violate: Violate): void {
  const known = new Set(ordersOf(recovered).map((order) => order.clientOrderId))
  for (const order of [...venue.orders, ...venue.lost]) {
    if (order.clientOrderId !== undefined && !known.has(order.clientOrderId))
      violate(`I1: order ${order.clientOrderId} is at the venue and not in the journal`)
  }
}

/** I2: one intent has at most one order that works or was filled. */
export function checkIntents(venue: Venue, violate: Violate): void {
  const byIntent = new Map<string, VenueOrder[]>()
  for (const order of [...venue.orders, ...venue.lost]) {
    if (order.clientOrderId === undefined || (order.state !== 'working' && order.cumulative === 0)) continue
    byIntent.set(order.intent, [...(byIntent.get(order.intent) ?? []), order])
  }
  for (const [intent, orders] of byIntent)
    if (orders.length > 1)
      violate(
        `I2: ${intent} has ${orders.length} orders at the venue: ${orders.map((order) => order.clientOrderId).join(', ')}`,
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
    const sum = sums.get(order.instrument) ?? { buying: 0, selling: 0, open: 0 }
    if (order.side > 0) sum.buying += order.reserved
    else sum.selling += order.reserved
    sums.set(order.instrument, sum)
  }
  for (const used of state.limitsUsed as { instrument: string; buying: number; selling: number }[]) {
    const sum = sums.get(used.instrument) ?? { buying: 0, selling: 0 }
    if (used.buying !== sum.buying || used.selling !== sum.selling) {
      violate(
        `I7: ${used.instrument} reserves ${used.buying} / ${used.selling}, its orders ${sum.buying} / ${sum.selling}`,
      )
    }
  }
}

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
  const locals = new Map(ordersOf(state).map((order) => [order.clientOrderId, order]))
  for (const order of venue.orders) {
    if (order.clientOrderId === undefined) continue
    const local = locals.get(order.clientOrderId)
    if (local === undefined) violate(`I3: order ${order.clientOrderId} is at the venue and not in the system`)
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
    (state.limitsUsed as { instrument: string; position: number }[]).map(({ instrument, position }) => [
      instrument,
      position,
    ]),
  )
  venue.positions.forEach((position, instrument) => {
    const ours = positions.get(`S${instrument}.SIM`) ?? 0
    if (ours !== position && !isBustUnseen(beliefs, instrument))
      violate(`I3: the position in S${instrument} is ${ours} here and ${position} at the venue`)
  })
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
 * A bust that the system could not see: without a complete history the venue's silence about an execution proves nothing,
 * and an execution that was only concluded has no id that the venue could take back. Then the position tells, the instrument
 * is halted, and somebody is alerted.
 */
function isBustUnseen({ state, venue, alerts, fullHistory }: Beliefs, instrument: number): boolean {
  const isConcluded = ordersOf(state).some(
    (order) =>
      order.instrument === `S${instrument}.SIM` && order.trades.some((trade) => (trade.facts & inferred) !== 0),
  )
  return (
    (!fullHistory || isConcluded) &&
    alerts.has('RECONCILE_POSITION_MISMATCH') &&
    venue.fills.some((fill) => fill.isBusted && fill.order.instrument === instrument)
  )
}

function checkAlert(beliefs: Beliefs, local: LocalOrder, violate: Violate): void {
  if (beliefs.alerts.get('FATE_UNKNOWN')?.has(local.number) !== true)
    violate(`I5: order ${local.clientOrderId} is UNKNOWN and nobody was alerted`)
}

function isExternal(state: SystemState, local: LocalOrder): boolean {
  return ((state.orders.find((order) => order.number === local.number)?.flags as number) & 4) !== 0
}
