/** Reports of the validation pipeline, as plain data. */
import type { StageVerdict } from './stage.js'

/** What one stage said. */
export interface StageReport {
  readonly stage: string
  /** `skipped`: an earlier stage left nothing to check. */
  readonly verdict: StageVerdict | 'skipped'
  /** Empty where there is nothing to say. */
  readonly code: string
  readonly reason: string
  /** 0 to 100, and how much it counts (0 to 1). */
  readonly score: number
  readonly weight: number
  /** Its part of the total score. */
  readonly share: number
}

/** What the pipeline said about an order or a change. */
export interface ValidationReport {
  /** Number of the order; 0 for one that was only asked about. */
  readonly orderNumber: number
  readonly symbol: string
  readonly strategy: string
  readonly isChange: boolean
  readonly verdict: StageVerdict
  /** Code of what refused the order, or of the most severe warning; empty for none. */
  readonly code: string
  /** 0 to 100; see the formula in docs/validation.md. */
  readonly score: number
  readonly stages: readonly StageReport[]
  /** When, Unix epoch microseconds. */
  readonly tsUs: number
}
