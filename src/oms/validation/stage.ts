/**
 * Stages of the validation pipeline and what they find.
 *
 * Scores run from 0 (nothing to say) to 100. A graded measure (a spread, an impact, a utilisation) scores 0 up to half of
 * its warning threshold, 50 at it, 100 at its denial threshold, and linearly between.
 */
import type { OrderUnderValidation } from './order-under-validation.js'

/** What a stage says: nothing against it; a warning; refused. */
export type StageVerdict = 'pass' | 'warn' | 'deny'

/** One step of the pipeline. Synchronous: it stands in the order path. A stage that throws refuses the order. */
export interface ValidationStage {
  /** Name in reports, such as `liquidity`. */
  readonly name: string
  /** How much the score counts, from 0 to 1; 1 unless given. */
  readonly weight?: number
  /** Looks at an order and says what it finds. */
  check(order: OrderUnderValidation, finding: Finding): void
  /** Told of every order that passed all stages and the risk gate; not of changes. */
  accepted?(order: OrderUnderValidation): void
}

/** What one stage says about one order. One object a stage, used for every order. */
export class Finding {
  verdict: StageVerdict = 'pass'
  /** 0 to 100. */
  score = 0
  code = ''
  reason = ''
  /** The stage was not reached: an earlier one left nothing to check. */
  isSkipped = false

  /** Back to "nothing to say". */
  reset(): void {
    this.verdict = 'pass'
    this.score = 0
    this.code = ''
    this.reason = ''
    this.isSkipped = false
  }

  /** Adds a score without a warning: the highest counts. */
  grade(score: number): void {
    if (score > this.score) this.score = Math.min(score, 100)
  }

  /** Warns. Of several findings the most severe is kept. */
  warn(code: string, score: number, reason: string): void {
    if (this.verdict === 'deny') return
    if (this.verdict === 'pass' || score > this.score) this.#set('warn', code, reason)
    this.grade(score)
  }

  /** Refuses. The first refusal is kept. */
  deny(code: string, reason: string): void {
    if (this.verdict === 'deny') return
    this.#set('deny', code, reason)
    this.score = 100
  }

  #set(verdict: StageVerdict, code: string, reason: string): void {
    this.verdict = verdict
    this.code = code
    this.reason = reason
  }
}

/** Thresholds of a graded measure, in its own unit. `warn` below `deny`. */
export interface Thresholds {
  readonly warn: number
  readonly deny: number
}

/** The score of a graded measure: see the header of this file. NaN scores 0. */
export function gradedScore(value: number, { warn, deny }: Thresholds): number {
  if (!(value > warn / 2)) return 0
  if (value >= deny) return 100
  if (value < warn) return 50 * ((value - warn / 2) / (warn / 2))
  return 50 + 50 * ((value - warn) / (deny - warn))
}
