/**
 * Which displayed quantity an order takes where: by price with all that is paid for it, level by level over all venues.
 *
 *   buy: price + taker fee, sell: price - taker fee; a rebate is a negative fee
 *
 * Equal prices go to the faster venue, then to the one named first. Every venue gets one child, with its worst level as
 * limit. The limit of the order holds for the price itself, without fees.
 */
import { algoError, requireWhole } from '../model/algo-error.js'
import { floorLot } from './units.js'

/** One venue as a router sees it. */
export interface RouteVenue {
  readonly id: string
  /** Prices and quantities on the side to be taken, the best first; whole units. */
  readonly levels: readonly (readonly [priceUnits: number, quantityUnits: number])[]
  /** Fee in price units for one quantity unit's price: what is added to the price of a buy. */
  readonly takerFeeUnits?: number
  /** Fee as a share of the price: 0.0004 is four basis points. */
  readonly takerFeeShare?: number
  /** Time to the venue; less wins ties. */
  readonly latencyMs?: number
  /** Share of what was sent there that filled, 0 to 1; 1 unless given. */
  readonly fillRate?: number
}

/** What is to be routed. */
export interface RouteRequest {
  readonly side: 'buy' | 'sell'
  readonly quantityUnits: number
  /** NaN, or left out: no limit. */
  readonly limitUnits?: number
  readonly lotUnits?: number
  /** The smallest child that a venue takes; a venue that displays less is left out. 1 unless given. */
  readonly minChildUnits?: number
  readonly venues: readonly RouteVenue[]
  /** What a child that misses costs, in price units: it makes venues that often miss dearer. 0 unless given. */
  readonly missCostUnits?: number
}

/** A child of a route. */
export interface RouteChild {
  readonly venue: string
  readonly quantityUnits: number
  /** The worst price that it takes. */
  readonly limitUnits: number
}

/** Where everything goes. */
export interface RoutePlan {
  readonly children: readonly RouteChild[]
  readonly unroutedUnits: number
  /** Sum of price units times quantity units. */
  readonly grossUnits: number
  /** Fees in the same unit. */
  readonly feeUnits: number
  /** Average price with fees, in price units; NaN where nothing is routed. */
  readonly averageAllInUnits: number
}

interface Level {
  /** Its place in the sorted list of all. */
  at: number
  readonly venue: number
  readonly price: number
  readonly quantity: number
  readonly fee: number
  /** All-in price as it is sorted: the lower the better. */
  readonly rank: number
  readonly latency: number
}

/**
 * Plans a route over displayed quantity.
 *
 * @throws TradewireError `TW_INVALID_ALGO` with reason `INVALID_QUANTITY`, `INVALID_PARAMETER`.
 */
export function planRoute(request: RouteRequest): RoutePlan {
  const { quantityUnits, lotUnits = 1, minChildUnits = 1, venues } = request
  requireWhole(quantityUnits, 'quantity', 1, Number.MAX_SAFE_INTEGER, 'INVALID_QUANTITY')
  requireWhole(lotUnits, 'lot', 1)
  requireWhole(minChildUnits, 'minChild', 1)
  if (new Set(venues.map(({ id }) => id)).size !== venues.length)
    throw algoError('INVALID_PARAMETER', 'venues', 'must have names of their own')
  const levels = levelsOf(request)
  const raised = new Set<number>()
  const left = new Set<number>()
  for (;;) {
    const { plan, small } = planOver(request, levels, raised, left)
    if (small === undefined) return plan
    // A child that its venue would not take is made large enough where that much is displayed; or the others do without it.
    const shown = levels.reduce((sum, { venue, quantity }) => sum + (venue === small ? quantity : 0), 0)
    const canGrow = !raised.has(small) && shown >= minChildUnits && quantityUnits >= minChildUnits * (raised.size + 1)
    if (canGrow) raised.add(small)
    else {
      raised.delete(small)
      left.add(small)
    }
  }
}

/** A route without some venues, and with a smallest child for others first; and the last venue whose child is too small. */
function planOver(
  request: RouteRequest,
  levels: readonly Level[],
  raised: ReadonlySet<number>,
  without: ReadonlySet<number>,
): { plan: RoutePlan; small: number | undefined } {
  const { quantityUnits, lotUnits = 1, minChildUnits = 1, venues } = request
  const taken = new Map<number, { quantity: number; levels: Level[] }>()
  let left = quantityUnits
  const take = (level: Level, most: number) => {
    const { venue } = level
    const entry = taken.get(venue) ?? { quantity: 0, levels: [] }
    const before = entry.levels.reduce((sum, { at, quantity }) => sum + (at === level.at ? quantity : 0), 0)
    const quantity = Math.min(left, most, level.quantity - before)
    if (quantity <= 0) return
    taken.set(venue, entry)
    entry.quantity += quantity
    entry.levels.push({ ...level, quantity })
    left -= quantity
  }
  for (const level of levels)
    if (raised.has(level.venue)) take(level, minChildUnits - (taken.get(level.venue)?.quantity ?? 0))
  for (const level of levels) {
    if (left <= 0) break
    if (!without.has(level.venue)) take(level, left)
  }
  const plan = summed(request, taken, left === 0 ? 1 : lotUnits)
  const small = plan.children.findLast((child) => child.quantityUnits < minChildUnits)
  return { plan, small: small === undefined ? undefined : venues.findIndex(({ id }) => id === small.venue) }
}

/** All levels of all venues within the limit, the best all-in price first. */
function levelsOf({ side, venues, limitUnits = Number.NaN, missCostUnits = 0 }: RouteRequest): Level[] {
  const levels: Level[] = []
  const sign = side === 'buy' ? 1 : -1
  venues.forEach((venue, index) => {
    const { takerFeeUnits = 0, takerFeeShare = 0, latencyMs = 0, fillRate = 1 } = venue
    const missing = (1 - Math.min(1, Math.max(0, fillRate))) * missCostUnits
    for (const [price, quantity] of venue.levels) {
      if (!(quantity > 0) || Number.isNaN(price) || sign * (price - limitUnits) > 0) continue
      const fee = takerFeeUnits + Math.abs(price) * takerFeeShare
      // Sums of doubles that should be equal are made so; the rest of the digits decides nothing.
      const rank = Number((sign * price + fee + missing).toPrecision(14))
      levels.push({ at: 0, venue: index, price, quantity, fee, rank, latency: latencyMs })
    }
  })
  levels.sort((a, b) => a.rank - b.rank || a.latency - b.latency || a.venue - b.venue)
  levels.forEach((level, at) => {
    level.at = at
  })
  return levels
}

/** One child a venue in whole lots; an order that is routed in full may end with an odd one. */
function summed(
  { side, quantityUnits, venues }: RouteRequest,
  taken: ReadonlyMap<number, { quantity: number; levels: Level[] }>,
  lotUnits: number,
): RoutePlan {
  const sign = side === 'buy' ? 1 : -1
  const children: RouteChild[] = []
  let routed = 0
  let grossUnits = 0
  let feeUnits = 0
  for (const [index, { quantity, levels }] of [...taken].sort(([a], [b]) => a - b)) {
    const whole = floorLot(quantity, lotUnits)
    if (whole === 0) continue
    let worst = levels[0]?.price as number
    let rest = whole
    for (const level of levels) {
      const part = Math.min(rest, level.quantity)
      if (part === 0) continue
      if (sign * (level.price - worst) > 0) worst = level.price
      grossUnits += part * level.price
      feeUnits += part * level.fee
      rest -= part
    }
    children.push({ venue: (venues[index] as RouteVenue).id, quantityUnits: whole, limitUnits: worst })
    routed += whole
  }
  return {
    children,
    unroutedUnits: quantityUnits - routed,
    grossUnits,
    feeUnits,
    averageAllInUnits: routed === 0 ? Number.NaN : (grossUnits + sign * feeUnits) / routed,
  }
}
