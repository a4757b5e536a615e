/**
 * Stage 6: how much of the risk limits the order would use. It only warns and scores: refusing is the work of the gate,
 * which checks all limits exactly right after this pipeline.
 */
import type { RiskGate } from '../../../risk/gate.js'
import type { OrderUnderValidation } from '../order-under-validation.js'
import { type Finding, gradedScore, type ValidationStage } from '../stage.js'

/** From which share of a limit on the stage warns. */
export interface UtilizationRules {
  /** Order quantity and position. */
  readonly utilization: number
  /** Order value. */
  readonly notional: number
}

/** Limits as doubles, for the scores of one instrument. */
interface Bounds {
  readonly quantity: number
  readonly position: number
  readonly notional: number
}

/** Scores the use of limits on order quantity, order value and position. */
export class RiskStage implements ValidationStage {
  readonly name = 'risk'
  readonly #gate: RiskGate
  readonly #rules: UtilizationRules
  readonly #bounds: (Bounds | undefined)[] = []

  constructor(gate: RiskGate, rules: UtilizationRules) {
    this.#gate = gate
    this.#rules = rules
  }

  check(order: OrderUnderValidation, finding: Finding): void {
    const { instrument, quantityUnits, side } = order
    const bounds = this.#boundsOf(order)
    const { exposure } = this.#gate
    const key = exposure.keyOf(order.accountIndex, instrument.index)
    const working = (side > 0 ? exposure.buying[key] : exposure.selling[key]) as number
    const after = Math.abs((exposure.position[key] as number) + side * ((order.isChange ? 0 : quantityUnits) + working))
    const { utilization, notional } = this.#rules
    this.#judge(finding, quantityUnits / bounds.quantity, utilization, 'the largest order quantity')
    this.#judge(finding, after / bounds.position, utilization, 'the largest position')
    const price = Number.isNaN(order.price) ? (side > 0 ? order.ask : order.bid) : order.price
    const value = instrument.isInverse ? order.quantity : order.quantity * Math.abs(price)
    this.#judge(finding, (value * instrument.multiplierNumber) / bounds.notional, notional, 'the largest order value')
  }

  #judge(finding: Finding, share: number, warn: number, limit: string): void {
    const score = gradedScore(share, { warn, deny: 1 })
    if (share >= warn) finding.warn('LIMIT_USE', score, `The order uses ${Math.round(share * 100)} % of ${limit}`)
    else finding.grade(score)
  }

  #boundsOf({ instrument }: OrderUnderValidation): Bounds {
    const known = this.#bounds[instrument.index]
    if (known !== undefined) return known
    const limits = this.#gate.limits.of(instrument)
    const bounds = {
      quantity: limits.maxQuantityUnits,
      position: limits.maxPositionUnits,
      notional: notionalBound(this.#gate, limits.instrument.currency, () =>
        this.#gate.limits.notionalOf(instrument).toNumber(),
      ),
    }
    while (this.#bounds.length < instrument.index) this.#bounds.push(undefined)
    this.#bounds[instrument.index] = bounds
    return bounds
  }
}

/** The value limit in the instrument's currency; infinite without a rate, on which the gate refuses anyway. */
function notionalBound(gate: RiskGate, currency: string, limit: () => number): number {
  const { baseCurrency = 'USD', rates = {} } = gate.limits.source
  if (currency === baseCurrency) return limit()
  const rate = rates[currency]
  return rate === undefined ? Number.POSITIVE_INFINITY : limit() / Number(rate)
}
