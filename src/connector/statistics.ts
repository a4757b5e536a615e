/** What a connector counts about itself. Counters only grow; rates are taken by whoever compares two readings. */
import { LatencyHistogram } from '../math/histogram.js'

/** Counters of one connector at one moment. */
export interface ConnectorStatisticsReport {
  updates: number
  ordersSent: number
  replacesSent: number
  cancelsSent: number
  queries: number
  errors: number
  gaps: number
  connects: number
  disconnects: number
  /** Receive time less venue time of market data, in nanoseconds; clocks may differ, so it may be near zero or clamped there. */
  feedLatencyNs: { p50: number; p95: number; p99: number; max: number; count: number }
  /** From sending an order to the venue's acknowledgement, in nanoseconds. */
  acknowledgeLatencyNs: { p50: number; p95: number; p99: number; max: number; count: number }
}

/** The counters themselves. */
export class ConnectorStatistics {
  updates = 0
  ordersSent = 0
  replacesSent = 0
  cancelsSent = 0
  queries = 0
  errors = 0
  gaps = 0
  connects = 0
  disconnects = 0
  readonly feedLatency = new LatencyHistogram()
  readonly acknowledgeLatency = new LatencyHistogram()

  /** A copy of the counters with percentiles. */
  report(): ConnectorStatisticsReport {
    const { updates, ordersSent, replacesSent, cancelsSent, queries, errors, gaps, connects, disconnects } = this
    return {
      updates,
      ordersSent,
      replacesSent,
      cancelsSent,
      queries,
      errors,
      gaps,
      connects,
      disconnects,
      feedLatencyNs: summary(this.feedLatency),
      acknowledgeLatencyNs: summary(this.acknowledgeLatency),
    }
  }
}

function summary(histogram: LatencyHistogram) {
  return {
    p50: histogram.percentile(50),
    p95: histogram.percentile(95),
    p99: histogram.percentile(99),
    max: histogram.max,
    count: histogram.count,
  }
}
