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
  const { side, quantityUnits, limitUnits = Number.NaN, lotUnits = 1, venues } = request
  requireWhole(quantityUnits, 'quantity', 1, Number.MAX_SAFE_INTEGER, 'INVALID_QUANTITY')
  requireWhole(lotUnits, 'lot', 1)
  if (new Set(venues.map(({ id }) => id)).size !== venues.length)
    throw algoError('INVALID_PARAMETER', 'venues', 'must have names of their own')
  const sign = side === 'buy' ? 1 : -1
  const taken = new Map<number, { quantity: number; levels: Level[] }>()
  let left = quantityUnits
  for (const level of levelsOf(request, sign)) {
    if (left <= 0) break
    if (sign * (level.price - limitUnits) > 0) continue
    const quantity = Math.min(left, level.quantity)
    const known = taken.get(level.venue)
    const entry = known ?? { quantity: 0, levels: [] }
    if (known === undefined) taken.set(level.venue, entry)
    entry.quantity += quantity
    entry.levels.push({ ...level, quantity })
    left -= quantity
  }
  return summed(request, taken, left === 0 ? 1 : lotUnits, sign)
}

/** All levels of all venues, the best all-in price first. */
function levelsOf({ venues, missCostUnits = 0 }: RouteRequest, sign: number): Level[] {
  const levels: Level[] = []
  venues.forEach((venue, index) => {
    const { takerFeeUnits = 0, takerFeeShare = 0, latencyMs = 0, fillRate = 1 } = venue
    const missing = (1 - Math.min(1, Math.max(0, fillRate))) * missCostUnits
    for (const [price, quantity] of venue.levels) {
      if (!(quantity > 0) || Number.isNaN(price)) continue
      const fee = takerFeeUnits + Math.abs(price) * takerFeeShare
      // Sums of doubles that should be equal are made so; the rest of the digits decides nothing.
      const rank = Number((sign * price + fee + missing).toPrecision(14))
      levels.push({ venue: index, price, quantity, fee, rank, latency: latencyMs })
    }
  })
  return levels.sort((a, b) => a.rank - b.rank || a.latency - b.latency || a.venue - b.venue)
}

/** One child a venue in whole lots; an order that is routed in full may end with an odd one. */
function summed(
  { quantityUnits, venues }: RouteRequest,
  taken: ReadonlyMap<number, { quantity: number; levels: Level[] }>,
  lotUnits: number,
  sign: number,
): RoutePlan {
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
