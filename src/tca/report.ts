/**
 * What an analysis finds, as plain JSON data. Costs are positive, gains negative, for buys and sells alike. What cannot be
 * computed (no quote, no trades in the interval) is null and counts in no average.
 */
import type { Side } from '../model/order-types.js'

/** Components of implementation shortfall in basis points of the paper notional. */
export interface ShortfallBps {
  readonly delay: number | null
  readonly trading: number | null
  readonly opportunity: number | null
  readonly fees: number | null
}

/** Measures of fills against the quotes around them, in basis points of the mid, weighted by value. */
export interface SpreadReport {
  readonly quotedBps: number | null
  readonly effectiveBps: number | null
  /** At the horizon `realizedHorizonMs` of the report. */
  readonly realizedBps: number | null
  readonly impactBps: number | null
  /** +1 at the near touch, -1 at the far touch. */
  readonly capture: number | null
  /** Price against the mid some time later, by the horizons of the report: positive when the market went on against the fill's side. */
  readonly markoutsBps: readonly (number | null)[]
}

/** One order. */
export interface OrderCost {
  readonly id: string
  readonly symbol: string
  readonly side: Side
  readonly algorithm: string
  readonly strategy: string
  readonly account: string
  readonly quantity: number
  readonly filledQuantity: number
  readonly fillRate: number
  readonly fills: number
  readonly averagePrice: number | null
  readonly decisionPrice: number | null
  readonly arrivalPrice: number | null
  /** What prices what was not filled. */
  readonly endPrice: number | null
  readonly arrivalUs: number
  readonly endUs: number
  /** No end was told: it counts as ended with its last fill. */
  readonly isOpen: boolean
  /** In the currency of the report. */
  readonly paperNotional: number | null
  readonly totalCost: number | null
  readonly totalBps: number | null
  readonly cfa: ShortfallBps
  readonly wagnerEdwards: ShortfallBps
  /** Average price against benchmarks, basis points of the benchmark. */
  readonly slippageBps: {
    readonly decision: number | null
    readonly arrival: number | null
    readonly vwap: number | null
    readonly twap: number | null
  }
  /** Of the market, from arrival to end. */
  readonly intervalVwap: number | null
  readonly intervalTwap: number | null
  readonly marketVolume: number
  /** Filled quantity as a share of the market's volume. */
  readonly participation: number | null
  readonly fees: number
  /** Fills whose fee is not known; their fee counts as 0. */
  readonly feesUnknown: number
  readonly spread: SpreadReport
}

/** Orders with something in common. Averages are weighted by paper notional. */
export interface CostGroup {
  readonly name: string
  readonly orders: number
  readonly fills: number
  /** Filled share of the ordered value. */
  readonly fillRate: number | null
  readonly paperNotional: number
  readonly totalCost: number
  readonly totalBps: number | null
  readonly cfa: ShortfallBps
  readonly wagnerEdwards: ShortfallBps
  readonly slippageBps: OrderCost['slippageBps']
  readonly spread: SpreadReport
  /** Orders that could not be priced and count in no average. */
  readonly unpriced: number
}

/** A venue, by the fills it gave and the orders it was sent: what a router may learn from. */
export interface VenueScorecard {
  readonly venue: string
  readonly fills: number
  readonly quantity: number
  /** In the currency of the report. */
  readonly notional: number
  /** Share of the quantity that added liquidity. */
  readonly makerShare: number | null
  readonly feesBps: number | null
  readonly spread: SpreadReport
  /** Orders sent, and what became of their quantity. */
  readonly ordersSent: number
  readonly fillRate: number | null
  readonly rejectRate: number | null
  readonly ackLatencyUs: { readonly p50: number; readonly p95: number } | null
  readonly fillLatencyUs: { readonly p50: number; readonly p95: number } | null
}

/** An analysis. */
export interface TcaReport {
  readonly currency: string
  readonly horizonsMs: readonly number[]
  readonly realizedHorizonMs: number
  readonly total: CostGroup
  readonly byAlgorithm: readonly CostGroup[]
  readonly byStrategy: readonly CostGroup[]
  readonly bySymbol: readonly CostGroup[]
  readonly byAccount: readonly CostGroup[]
  readonly venues: readonly VenueScorecard[]
  /** In the order of adding; the first `maxOrders` of the options. */
  readonly orders: readonly OrderCost[]
  /** Orders analyzed, also beyond `orders`. */
  readonly orderCount: number
  readonly fillCount: number
  /** Market events that could not be used. */
  readonly tapeLosses: { readonly late: number; readonly dropped: number; readonly ignored: number }
}
