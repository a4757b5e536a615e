/** A piece of the past that a venue can be asked for. */
import type { HistoryKind } from './capabilities.js'

/** Which history is wanted. Times are venue times in epoch microseconds, `fromUs` included, `toUs` not. */
export interface HistoryRequest {
  readonly kind: HistoryKind
  /** Index in the instrument registry. */
  readonly instrument: number
  readonly fromUs: number
  readonly toUs: number
  /** Length of a bar in microseconds; for bars only. */
  readonly intervalUs?: number
}
