/**
 * THE VALIDATION PIPELINE: seven stages and the host's own, before the risk gate.
 *
 *   schema ─► instrument ─► session ─► authorization ─► liquidity ─► risk ─► fat_finger ─► own stages
 *
 * Every stage says pass, warn or deny, with a code, a reason and a score. An order is refused when a stage refuses it, or
 * when the total score reaches the denial threshold; it is warned about when a stage warns or the total reaches the warning
 * threshold. Protective orders are warned about and never refused here: the gate alone decides about protection.
 *
 * All stages run for every order, so that a refusal names everything. Nothing is allocated while all of them pass.
 */
import { messageOf } from '../../core/errors.js'
import { LocalReason } from '../../risk/controls.js'
import type { OrderUnderValidation } from './order-under-validation.js'
import type { StageReport, ValidationReport } from './report.js'
import { totalScore } from './scoring.js'
import { Finding, type StageVerdict, type ValidationStage } from './stage.js'

/** How the pipeline is made. */
export interface PipelineOptions {
  readonly stages: readonly ValidationStage[]
  /** Weights by stage name; they go before the stage's own. */
  readonly weights?: Readonly<Record<string, number>>
  /** Total score from which on an order is warned about, and refused. */
  readonly warnScore: number
  readonly denyScore: number
}

/** Totals of a pipeline. */
export interface ValidationCounters {
  passed: number
  warned: number
  denied: number
}

/** Runs the stages over one order at a time. */
export class ValidationPipeline {
  readonly counters: ValidationCounters = { passed: 0, warned: 0, denied: 0 }
  /** Names in order; the first is `schema`. */
  readonly names: readonly string[]
  readonly #stages: readonly ValidationStage[]
  readonly #findings: readonly Finding[]
  readonly #scores: Float64Array
  readonly #weights: Float64Array
  readonly #shares: Float64Array
  readonly #warnScore: number
  readonly #denyScore: number
  #total = 0
  #verdict: StageVerdict = 'pass'
  #code = ''

  constructor({ stages, weights = {}, warnScore, denyScore }: PipelineOptions) {
    this.#stages = [schemaStage, ...stages]
    this.names = this.#stages.map(({ name }) => name)
    this.#findings = this.#stages.map(() => new Finding())
    this.#scores = new Float64Array(this.#stages.length)
    this.#weights = Float64Array.from(this.#stages, ({ name, weight = 1 }) => weights[name] ?? weight)
    this.#shares = new Float64Array(this.#stages.length)
    this.#warnScore = warnScore
    this.#denyScore = denyScore
  }

  /** Runs all stages over an order that its schema let pass. */
  check(order: OrderUnderValidation): StageVerdict {
    for (let i = 0; i < this.#stages.length; i++) this.#run(i, order)
    return this.#conclude(order.isProtective)
  }

  /** The verdict on a request that is no order: the first stage refuses it, the others have nothing to check. */
  refuseSchema(code: string, reason: string): StageVerdict {
    for (const finding of this.#findings) {
      finding.reset()
      finding.isSkipped = true
    }
    const schema = this.#findings[0] as Finding
    schema.isSkipped = false
    schema.deny(code, reason)
    return this.#conclude(false)
  }

  /** An order passed all of it, the gate included. */
  accepted(order: OrderUnderValidation): void {
    for (const stage of this.#stages) stage.accepted?.(order)
  }

  /** Adds refusals of the risk gate to its stage, for a report that names everything. */
  addRiskRefusal(code: string, reason: string, isProtective: boolean): StageVerdict {
    // Where the stage is switched off, what refuses is told by the first one.
    this.#findings[Math.max(0, this.names.indexOf('risk'))]?.deny(code, reason)
    return this.#conclude(isProtective)
  }

  /** The reason for a denied order's record. */
  get reason(): number {
    return reasonsByCode.get(this.#code) ?? LocalReason.VALIDATION
  }

  /** What the latest check said. */
  report(order: OrderUnderValidation): ValidationReport {
    return {
      orderNumber: order.orderNumber,
      symbol: order.instrument.symbol,
      strategy: order.strategy,
      isChange: order.isChange,
      verdict: this.#verdict,
      code: this.#code,
      score: this.#total,
      stages: this.#stages.map(({ name }, i) => this.#stageReport(name, i)),
      tsUs: order.nowUs,
    }
  }

  /** What the latest check said about a request that is no order. */
  reportOfRequest(symbol: string, strategy: string, tsUs: number): ValidationReport {
    const stages = this.#stages.map(({ name }, i) => this.#stageReport(name, i))
    const { length } = stages
    return {
      orderNumber: 0,
      symbol,
      strategy,
      isChange: false,
      verdict: this.#verdict,
      code: this.#code,
      score: length === 0 ? 0 : this.#total,
      stages,
      tsUs,
    }
  }

  #stageReport(stage: string, i: number): StageReport {
    const { verdict, code, reason, score, isSkipped } = this.#findings[i] as Finding
    return {
      stage,
      verdict: isSkipped ? 'skipped' : verdict,
      code,
      reason,
      score,
      weight: this.#weights[i] as number,
      share: this.#shares[i] as number,
    }
  }

  #run(i: number, order: OrderUnderValidation): void {
    const finding = this.#findings[i] as Finding
    finding.reset()
    const stage = this.#stages[i] as ValidationStage
    try {
      stage.check(order, finding)
      if (!(finding.score >= 0 && finding.score <= 100))
        finding.deny('CHECK_FAILED', `The stage ${stage.name} gave the score ${finding.score}`)
    } catch (error) {
      finding.reset()
      finding.deny('CHECK_FAILED', `The stage ${stage.name} threw: ${messageOf(error)}`)
    }
  }

  /** Verdict, code and total score from what the stages found. */
  #conclude(isProtective: boolean): StageVerdict {
    let verdict: StageVerdict = 'pass'
    let code = ''
    let worst = -1
    for (let i = 0; i < this.#findings.length; i++) {
      const finding = this.#findings[i] as Finding
      this.#scores[i] = finding.score
      if (finding.verdict === 'pass' || verdict === 'deny') continue
      if (finding.verdict === 'deny' || finding.score > worst) {
        verdict = finding.verdict
        code = finding.code
        worst = finding.score
      }
    }
    this.#total = totalScore(this.#scores, this.#weights, this.#shares)
    if (verdict !== 'deny' && this.#total >= this.#denyScore) {
      verdict = 'deny'
      code = 'RISK_SCORE'
    } else if (verdict === 'pass' && this.#total >= this.#warnScore) {
      verdict = 'warn'
      code = 'RISK_SCORE'
    }
    if (isProtective && verdict === 'deny') verdict = 'warn'
    this.#verdict = verdict
    this.#code = code
    return verdict
  }
}

/** Stage 1 has passed once an order is one: what is no order was refused with an error at `submit`. */
const schemaStage: ValidationStage = { name: 'schema', check: () => {} }

/** Codes with a number of their own in the journal; others are `VALIDATION`. */
const reasonsByCode: ReadonlyMap<string, number> = new Map(
  [
    'EXPIRED',
    'OFF_GRID',
    'QUANTITY_BOUNDS',
    'NOTIONAL_BOUNDS',
    'MARKET_CLOSED',
    'AFTER_HOURS',
    'UNKNOWN_CALENDAR',
    'CALENDAR_RANGE',
    'NOT_AUTHORIZED',
    'WIDE_SPREAD',
    'THIN_DEPTH',
    'HIGH_IMPACT',
    'FAT_FINGER',
    'RISK_SCORE',
    'CHECK_FAILED',
  ].map((code) => [code, LocalReason[code as keyof typeof LocalReason]]),
)
