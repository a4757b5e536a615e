/**
 * What a connector counts about itself. Counters only grow; rates are taken from two readings ({@link ratesBetween}), so
 * that any number of readers can do so.
 */
import { LatencyHistogram } from '../math/histogram.js'
import type { PacingReport } from './pacing/pacer.js'

/** Percentiles of a latency in nanoseconds; NaN while nothing was counted. */
export interface LatencySummary {
  p50: number
  p95: number
  p99: number
  max: number
  count: number
}

/** Counters of one connector at one moment. */
export interface ConnectorStatisticsReport {
  updates: number
  ordersSent: number
  replacesSent: number
  cancelsSent: number
  /** Orders and changes that were not sent for want of a pacing slot. */
  throttled: number
  queries: number
  errors: number
  /** Gaps in sequences, and the messages missing in them. */
  gaps: number
  missed: number
  /** Messages that came again, by their sequence. */
  duplicates: number
  connects: number
  disconnects: number
  /** Attempts to connect that failed. */
  failedConnects: number
  /** Streams found stale, each time. */
  staleStreams: number
  /** Receive time less venue time of market data, in nanoseconds; clocks may differ, so it may be near zero or clamped there. */
  feedLatencyNs: LatencySummary
  /** From sending an order to the venue's acknowledgement, in nanoseconds. */
  acknowledgeLatencyNs: LatencySummary
  /** From question to answer: queries, and health checks. */
  queryLatencyNs: LatencySummary
  probeLatencyNs: LatencySummary
  /** From the start of an attempt to connect to being ready. */
  connectLatencyNs: LatencySummary
  /** How long messages waited for a pacing slot; those that did not wait are not counted. */
  pacingWaitNs: LatencySummary
  /** What was paced, by class; undefined for a connector without limits. */
  pacing: PacingReport | undefined
}

/** Rates per second between two readings. */
export interface ConnectorRates {
  updates: number
  ordersSent: number
  errors: number
  disconnects: number
}

/** Rare events need no fine histogram: 3 % and 12 KiB. */
const coarseBits = 5

/** The counters themselves. */
export class ConnectorStatistics {
  updates = 0
  ordersSent = 0
  replacesSent = 0
  cancelsSent = 0
  throttled = 0
  queries = 0
  errors = 0
  gaps = 0
  missed = 0
  duplicates = 0
  connects = 0
  disconnects = 0
  failedConnects = 0
  staleStreams = 0
  readonly feedLatency = new LatencyHistogram()
  readonly acknowledgeLatency = new LatencyHistogram()
  readonly queryLatency = new LatencyHistogram(coarseBits)
  readonly probeLatency = new LatencyHistogram(coarseBits)
  readonly connectLatency = new LatencyHistogram(coarseBits)
  readonly pacingWait = new LatencyHistogram(coarseBits)
  /** Where the counters of pacing come from; set by the connector. */
  pacing: (() => PacingReport) | undefined

  /** A copy of the counters with percentiles. */
  report(): ConnectorStatisticsReport {
    return {
      updates: this.updates,
      ordersSent: this.ordersSent,
      replacesSent: this.replacesSent,
      cancelsSent: this.cancelsSent,
      throttled: this.throttled,
      queries: this.queries,
      errors: this.errors,
      gaps: this.gaps,
      missed: this.missed,
      duplicates: this.duplicates,
      connects: this.connects,
      disconnects: this.disconnects,
      failedConnects: this.failedConnects,
      staleStreams: this.staleStreams,
      feedLatencyNs: summary(this.feedLatency),
      acknowledgeLatencyNs: summary(this.acknowledgeLatency),
      queryLatencyNs: summary(this.queryLatency),
      probeLatencyNs: summary(this.probeLatency),
      connectLatencyNs: summary(this.connectLatency),
      pacingWaitNs: summary(this.pacingWait),
      pacing: this.pacing?.(),
    }
  }
}

/** Rates per second from two readings that were taken `elapsedMs` apart. NaN when no time lies between them. */
export function ratesBetween(
  before: ConnectorStatisticsReport,
  after: ConnectorStatisticsReport,
  elapsedMs: number,
): ConnectorRates {
  const rate = (name: keyof ConnectorRates) => ((after[name] - before[name]) * 1_000) / elapsedMs
  return {
    updates: rate('updates'),
    ordersSent: rate('ordersSent'),
    errors: rate('errors'),
    disconnects: rate('disconnects'),
  }
}

function summary(histogram: LatencyHistogram): LatencySummary {
  return {
    p50: histogram.percentile(50),
    p95: histogram.percentile(95),
    p99: histogram.percentile(99),
    max: histogram.max,
    count: histogram.count,
  }
}
