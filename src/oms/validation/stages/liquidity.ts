/**
 * Stage 5: what the order would do to the market: the spread it meets, the depth it takes, and its impact by the
 * square-root law `Y x daily volatility x sqrt(quantity / average daily volume)`.
 */
import { squareRootImpactBps } from '../../../tca/impact-models.js'
import type { OrderUnderValidation } from '../order-under-validation.js'
import { type Finding, gradedScore, type Thresholds, type ValidationStage } from '../stage.js'

/** What is known of the liquidity of an instrument. */
export interface LiquidityFigures {
  /** Average daily volume in units of quantity. */
  readonly averageDailyVolume: number
  /** Daily volatility as a fraction: 0.02 is 2 %. */
  readonly dailyVolatility: number
}

/** Thresholds of the stage. */
export interface LiquidityRules {
  /** Spread in basis points of the mid. */
  readonly spreadBps: Thresholds
  /** Quantity as a multiple of the depth of the side it takes from: of the best level, or of what `depth` gives. */
  readonly depthMultiple: Thresholds
  /** Expected impact in basis points. */
  readonly impactBps: Thresholds
  /** Y of the square-root law. */
  readonly impactFactor: number
  /** Figures by symbol or id. */
  readonly figures: Readonly<Record<string, LiquidityFigures>>
}

/** Quantity that can be taken on a side (1 buys, from the asks) up to a limit price (NaN: any). NaN where not known. */
export type DepthSource = (instrument: number, side: number, limit: number) => number

/** Scores spread, depth and impact. */
export class LiquidityStage implements ValidationStage {
  readonly name = 'liquidity'
  readonly #rules: LiquidityRules
  readonly #depth: DepthSource | undefined

  constructor(rules: LiquidityRules, depth?: DepthSource) {
    this.#rules = rules
    this.#depth = depth
  }

  check(order: OrderUnderValidation, finding: Finding): void {
    const { figures } = this.#rules
    const { id, symbol } = order.instrument
    const known = figures[id] ?? figures[symbol]
    if (known !== undefined) this.#impact(order, known, finding)
    if (!isImmediate(order)) return
    const spreadBps = ((order.ask - order.bid) / order.mid) * 10_000
    if (Number.isNaN(spreadBps)) {
      finding.warn('NO_QUOTE', 40, `There is no two-sided quote of ${symbol}`)
      return
    }
    this.#judge(finding, spreadBps, this.#rules.spreadBps, 'WIDE_SPREAD', 'The spread is', 'bps')
    this.#takes(order, finding)
  }

  #takes(order: OrderUnderValidation, finding: Finding): void {
    const touch = order.side > 0 ? order.askSize : order.bidSize
    const depth = this.#depth?.(order.instrument.index, order.side, order.price) ?? Number.NaN
    const multiple = order.quantity / (Number.isNaN(depth) ? touch : depth)
    this.#judge(finding, multiple, this.#rules.depthMultiple, 'THIN_DEPTH', 'The quantity is', 'times the depth')
  }

  #impact(
    order: OrderUnderValidation,
    { dailyVolatility, averageDailyVolume }: LiquidityFigures,
    finding: Finding,
  ): void {
    const bps = squareRootImpactBps(this.#rules.impactFactor, dailyVolatility, order.quantity, averageDailyVolume)
    this.#judge(finding, bps, this.#rules.impactBps, 'HIGH_IMPACT', 'The expected impact is', 'bps')
  }

  #judge(finding: Finding, value: number, limits: Thresholds, code: string, what: string, unit: string): void {
    if (value >= limits.deny) finding.deny(code, `${what} ${text(value)} ${unit}, at most ${limits.deny} is allowed`)
    else if (value >= limits.warn) finding.warn(code, gradedScore(value, limits), `${what} ${text(value)} ${unit}`)
    else finding.grade(gradedScore(value, limits))
  }
}

function text(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** Whether the order takes liquidity at once: it has no price or one through the market, and waits for no trigger. */
function isImmediate(order: OrderUnderValidation): boolean {
  if (!Number.isNaN(order.trigger)) return false
  if (Number.isNaN(order.price)) return order.type === 'MARKET' || order.type === 'MARKET_TO_LIMIT'
  return order.side > 0 ? order.price >= order.ask : order.price <= order.bid
}
