/** What the data quality monitor announces, and what it reports. */
import type { ScoreParts } from './quality-score.js'

/**
 * Kinds of issue. `stale`: a stream is silent; `crossed`, `locked`: bid above, or at, the ask in continuous trading; `spike`:
 * a price that stands apart; `invalid`: a value that cannot be; `gap`: messages are missing; `clock`: the venue's clock is
 * ahead of ours, so that delays come out negative; `late`: even the fastest message took too long.
 */
export const qualityIssues = ['stale', 'crossed', 'locked', 'spike', 'invalid', 'gap', 'clock', 'late'] as const
/** A kind of issue. */
export type QualityIssue = (typeof qualityIssues)[number]

/** An issue began, ended, or happened. */
export interface DataQualityEvent {
  readonly issue: QualityIssue
  /** `once` for what has no duration: spikes, invalid values, gaps. */
  readonly state: 'begin' | 'end' | 'once'
  /** Index of the connector, and its name where the monitor knows it. */
  readonly source: number
  readonly connector: string
  /** Index of the instrument, -1 for what concerns the whole feed; its id where the monitor knows it. */
  readonly instrument: number
  readonly symbol: string
  /** Epoch microseconds. */
  readonly tsUs: number
  /**
   * How bad: milliseconds of silence (`stale`), of disagreement (`clock`) or delay (`late`); bid less ask (`crossed`,
   * `locked`); relative distance (`spike`); the value (`invalid`); messages that are missing (`gap`).
   */
  readonly value: number
  /** The price or kind of data it is about, in words. */
  readonly detail: string
}

/** Delays of a feed in milliseconds; negative ones are counted apart. NaN while nothing came. */
export interface FeedLatency {
  /** The smallest in the window, negative where the venue's clock is ahead. */
  least: number
  p50: number
  p95: number
  p99: number
  max: number
}

/** Counts of a feed. */
export interface FeedCounts {
  messages: number
  quotes: number
  trades: number
  books: number
  bars: number
  crossed: number
  locked: number
  spikes: number
  invalid: number
  gaps: number
  missing: number
  negativeLatency: number
  staleBegins: number
}

/** One instrument of a feed that had issues. */
export interface TroubledStream {
  instrument: number
  symbol: string
  crossed: number
  locked: number
  spikes: number
  invalid: number
  missing: number
  staleBegins: number
  /** Kinds of data that are stale now. */
  stale: readonly string[]
}

/** The quality of one feed. */
export interface FeedQuality {
  source: number
  connector: string
  isConnected: boolean
  /** 0 to 100, see docs/market-data-quality.md. */
  score: number
  /** What it lost, 0 to 1 each. */
  parts: ScoreParts
  streams: number
  staleStreams: number
  /** Since the beginning, and in the window. */
  totals: FeedCounts
  window: FeedCounts
  messagesPerSecond: number
  latencyMs: FeedLatency
  /** Milliseconds by which the venue's clock is ahead at least; 0 where nothing shows it. */
  clockAheadMs: number
  /** The instruments with most issues, at most ten. */
  worst: readonly TroubledStream[]
}

/** The quality of all feeds. */
export interface DataQualityReport {
  tsUs: number
  windowMs: number
  /** The lowest score of a feed; 100 where there is none. */
  score: number
  feeds: readonly FeedQuality[]
  /** Events that were not announced because the same was announced just before. */
  suppressed: number
  /** Data of more streams than `maxStreams`. */
  ignored: number
}
