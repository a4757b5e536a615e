/**
 * Seeds that once found a bug, and what it was: they run before all others. A change of the plan or of the order in which
 * dice are thrown makes other scenarios of them; what they found keeps a test of its own beside the code that was wrong.
 */

import type { Scenario } from './world.js'

/** A seed and its finding. */
export interface Regression {
  readonly seed: number
  readonly found: string
  /** Of which scenario; `system` where it is left out. */
  readonly scenario?: Scenario
}

/** In the order in which they were found. */
export const regressions: readonly Regression[] = [
  { seed: 3, found: 'a stopped system kept the timer of a reconciliation that was waiting for its next question' },
  { seed: 1222, found: 'after the clock was set back, lost orders were not asked about until it had caught up' },
  { seed: 10806, found: 'records of a sync that had failed were believed after a restart, and gone after a power cut' },
  { seed: 33175, found: 'an order whose cancel a kill switch asked for again and again was never asked about' },
  {
    seed: 12253,
    scenario: 'failover',
    found: 'an order filled by its old quantity gave its reservation back while a change to more was not answered',
  },
]
