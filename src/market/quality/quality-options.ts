/** What counts as bad data: thresholds of the quality monitor, plain data with a schema. */
import {
  durationMs,
  fraction,
  optional,
  options,
  orFalse,
  parseConfig,
  positiveInteger,
  realNumber,
} from '../../model/config-schema.js'

/** Thresholds of the data quality monitor. Everything has a default; `{}` takes them all. */
export interface DataQualityConfig {
  /** Silence after which a stream is stale, by kind of data; `false`: never. Quotes and books 60,000, the others never. */
  staleAfterMs?: { quotes?: number | false; trades?: number | false; book?: number | false; bars?: number | false }
  /** How a price that stands apart is told; `false` switches it off. */
  spikes?:
    | {
        /** Smallest relative distance from the price before that can be a spike; 0.05 (5 %). */
        minDeviation?: number
        /** It is also this many times the usual distance between two prices; 20. */
        noiseMultiple?: number
        /** So many prices in a row near the new one, and it is the new level; 3. */
        confirmations?: number
      }
    | false
  /** How far the venue's clock may be ahead of ours before that is an issue; 5. */
  clockToleranceMs?: number
  /** Delay of even the fastest message of the window from which on the feed is late; 1,000. */
  maxLatencyMs?: number
  /** What score and rates look back on; 60,000. */
  windowMs?: number
  /** How often staleness is looked at; 1,000. */
  checkIntervalMs?: number
  /** The same issue of the same stream is announced once in this time; 1,000. It is counted every time. */
  repeatMs?: number
  /** Instruments times sources that are watched; data of more are counted in `ignored`. 65,536. */
  maxStreams?: number
}

const staleAfter = () => optional(orFalse(durationMs(1)))

/** Schema of {@link DataQualityConfig}. */
export const dataQualitySchema = options({
  staleAfterMs: optional(
    options({ quotes: staleAfter(), trades: staleAfter(), book: staleAfter(), bars: staleAfter() }),
  ),
  spikes: optional(
    orFalse(
      options({
        minDeviation: optional(fraction()),
        noiseMultiple: optional(realNumber(1, 1_000_000)),
        confirmations: optional(positiveInteger(1_000)),
      }),
    ),
  ),
  clockToleranceMs: optional(durationMs(0)),
  maxLatencyMs: optional(durationMs(0)),
  windowMs: optional(durationMs(1_000)),
  checkIntervalMs: optional(durationMs(10)),
  repeatMs: optional(durationMs(0)),
  maxStreams: optional(positiveInteger(1_048_576)),
})

/** Thresholds as numbers, defaults filled in; `Infinity` where something is switched off. */
export interface QualityThresholds {
  /** By {@link StreamKind}: quotes, trades, book, bars. Microseconds. */
  readonly staleAfterUs: Float64Array
  readonly minDeviation: number
  readonly noiseMultiple: number
  readonly confirmations: number
  readonly clockToleranceUs: number
  readonly maxLatencyUs: number
  readonly windowUs: number
  readonly checkIntervalMs: number
  readonly repeatUs: number
  readonly maxStreams: number
}

/** Kinds of stream that can be stale, as numbers. */
export const StreamKind = { quotes: 0, trades: 1, book: 2, bars: 3 } as const
/** 0 quotes, 1 trades, 2 book, 3 bars. */
export type StreamKind = (typeof StreamKind)[keyof typeof StreamKind]
/** Their names by number. */
export const streamKinds = ['quotes', 'trades', 'book', 'bars'] as const

/** @throws TradewireError `TW_INVALID_CONFIG` naming every option that is wrong. */
export function thresholdsOf(config: DataQualityConfig = {}): QualityThresholds {
  const {
    staleAfterMs = {},
    spikes = {},
    clockToleranceMs = 5,
    maxLatencyMs = 1_000,
    windowMs = 60_000,
    checkIntervalMs = 1_000,
    repeatMs = 1_000,
    maxStreams = 65_536,
  } = parseConfig(dataQualitySchema, config, 'data quality') as DataQualityConfig
  const staleUs = (after: number | false | undefined, usual: number) =>
    after === false ? Number.POSITIVE_INFINITY : (after ?? usual) * 1_000
  const {
    minDeviation = 0.05,
    noiseMultiple = 20,
    confirmations = 3,
  } = spikes === false ? { minDeviation: Number.POSITIVE_INFINITY } : spikes
  return {
    staleAfterUs: new Float64Array([
      staleUs(staleAfterMs.quotes, 60_000),
      staleUs(staleAfterMs.trades, Number.POSITIVE_INFINITY),
      staleUs(staleAfterMs.book, 60_000),
      staleUs(staleAfterMs.bars, Number.POSITIVE_INFINITY),
    ]),
    minDeviation,
    noiseMultiple,
    confirmations,
    clockToleranceUs: clockToleranceMs * 1_000,
    maxLatencyUs: maxLatencyMs * 1_000,
    windowUs: windowMs * 1_000,
    checkIntervalMs,
    repeatUs: repeatMs * 1_000,
    maxStreams,
  }
}
