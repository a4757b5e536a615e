/** The events of a trading system. */
import type { Drift } from '../oms/drift.js'
import type { DropCopyReport } from '../oms/drop-copy/drop-copy-report.js'
import type { ReconciliationReport } from '../oms/reconciler.js'
import type { Alert } from '../risk/alerts/alert.js'
import type { FeedEvent } from './feed-event.js'
import type { Problem } from './problems.js'
import type { RoutingEvent } from './routing-desk.js'
import type { ShadowComparison } from './shadow-desk.js'
import type { ConnectionEvent } from './strategy.js'
import type { StrategyFailure } from './strategy-desk.js'

/** What a system announces, beside the events of its orders (`system.orders.events`). */
export interface TradingSystemEvents {
  connection: ConnectionEvent
  reconciled: ReconciliationReport
  /** A position, a balance or an execution is told differently here and elsewhere: once for each case. */
  drift: Drift
  /** A drop copy tells something else than our books do, or a difference is over. */
  dropCopy: DropCopyReport
  problem: Problem
  /** Something somebody should look at: a breaker, a limit that is near, an anomaly. Sinks (`alertSinks`) get the same. */
  alert: Alert
  /** A route or a feed uses another connector from now on. */
  routing: RoutingEvent
  /** A stream went stale or came back, messages are missing, a health check was answered or not, data are bad. */
  feed: FeedEvent
  /** A strategy was ended because a hook threw, see `onStrategyError`. */
  strategyFailed: StrategyFailure
  /** An order and its shadow are over, see `shadow`. */
  shadow: ShadowComparison
}

const names: Readonly<Record<keyof TradingSystemEvents, true>> = {
  connection: true,
  reconciled: true,
  drift: true,
  dropCopy: true,
  problem: true,
  alert: true,
  routing: true,
  feed: true,
  strategyFailed: true,
  shadow: true,
}

/** All of them by name. */
export const systemEventNames = Object.keys(names) as readonly (keyof TradingSystemEvents)[]
