/** The events of a trading system. */
import type { ReconciliationReport } from '../oms/reconciler.js'
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
  problem: Problem
  /** A route or a feed uses another connector from now on. */
  routing: RoutingEvent
  /** A stream went stale or came back, messages are missing, a health check was answered or not, data are bad. */
  feed: FeedEvent
  /** A strategy was ended because a hook threw, see `onStrategyError`. */
  strategyFailed: StrategyFailure
  /** An order and its shadow are over, see `shadow`. */
  shadow: ShadowComparison
}
