/** Where executions go that a connector hears over a second, independent line: they are compared with the books, never booked. */
import type { ExecKey } from '../orders/trade-pool.js'
import type { VenueFillReport } from '../orders/venue-reports.js'

/** Takes what a drop copy tells. */
export interface DropCopySink {
  /** An execution; the same again changes nothing. */
  executed(fill: VenueFillReport): void
  /** `fill` takes the place of the execution that `reference` names. */
  corrected(reference: ExecKey, fill: VenueFillReport): void
  /** The execution that `reference` names was taken back; `fill` says what it was, as far as the line tells. */
  busted(reference: ExecKey, fill: VenueFillReport): void
  /** The line is there, or gone. Silence of a line that is there means that nothing happened. */
  line(isUp: boolean): void
}
