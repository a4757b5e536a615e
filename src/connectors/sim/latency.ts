/**
 * How long a message is on its way. A model is a function of the time and a seeded generator; write your own, or take
 * one of these. Messages of one direction never overtake each other, whatever a model says.
 */
import { NS_PER_MS } from '../../core/clock.js'
import { TradewireError } from '../../core/errors.js'
import type { Random } from '../../core/random.js'

/** Delay of a message sent at a wall time (epoch microseconds), in nanoseconds, at least 0. */
export type LatencyModel = (tsUs: number, random: Random) => number

/** Delays of the three ways between a client and the venue. What is absent has none. */
export interface LatencyModels {
  /** Orders, changes and cancels to the venue, and questions. */
  orders?: LatencyModel
  /** Reports and answers to the client. */
  reports?: LatencyModel
  /** Market data to the client; the venue knows its market at once. */
  marketData?: LatencyModel
}

/** Always the same delay. */
export function constantLatency(delayMs: number): LatencyModel {
  const delayNs = requireDelay(delayMs, 'delayMs') * NS_PER_MS
  return () => delayNs
}

/** Normally distributed around a mean, never below a minimum (0 unless given). */
export function normalLatency(terms: { meanMs: number; deviationMs: number; minMs?: number }): LatencyModel {
  const meanNs = requireDelay(terms.meanMs, 'meanMs') * NS_PER_MS
  const deviationNs = requireDelay(terms.deviationMs, 'deviationMs') * NS_PER_MS
  const minNs = requireDelay(terms.minMs ?? 0, 'minMs') * NS_PER_MS
  return (_tsUs, random) => Math.round(Math.max(minNs, meanNs + deviationNs * random.normal()))
}

/** Between two bounds, each delay as likely as any other. */
export function uniformLatency(terms: { minMs: number; maxMs: number }): LatencyModel {
  const minNs = requireDelay(terms.minMs, 'minMs') * NS_PER_MS
  const maxNs = requireDelay(terms.maxMs, 'maxMs') * NS_PER_MS
  if (maxNs < minNs) throw new TradewireError('TW_INVALID_CONFIG', 'maxMs must not be below minMs')
  return (_tsUs, random) => Math.round(minNs + (maxNs - minNs) * random.next())
}

/** One measured delay. */
export interface LatencyRow {
  /** Wall time of the measurement, epoch microseconds. */
  tsUs: number
  delayMs: number
}

/** Measured delays, sorted by time here: between two rows the delay is interpolated, outside them it is the nearest one. */
export function recordedLatency(rows: readonly LatencyRow[]): LatencyModel {
  if (rows.length === 0) throw new TradewireError('TW_INVALID_CONFIG', 'recordedLatency needs at least one row')
  const sorted = [...rows].sort((a, b) => a.tsUs - b.tsUs)
  for (const row of sorted) requireDelay(row.delayMs, 'delayMs')
  return (tsUs) => {
    let low = 0
    let high = sorted.length - 1
    if (tsUs <= (sorted[0] as LatencyRow).tsUs) return Math.round((sorted[0] as LatencyRow).delayMs * NS_PER_MS)
    if (tsUs >= (sorted[high] as LatencyRow).tsUs) return Math.round((sorted[high] as LatencyRow).delayMs * NS_PER_MS)
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((sorted[middle] as LatencyRow).tsUs <= tsUs) low = middle
      else high = middle
    }
    const before = sorted[low] as LatencyRow
    const after = sorted[high] as LatencyRow
    const share = (tsUs - before.tsUs) / (after.tsUs - before.tsUs)
    return Math.round((before.delayMs + (after.delayMs - before.delayMs) * share) * NS_PER_MS)
  }
}

function requireDelay(value: number, name: string): number {
  if (Number.isFinite(value) && value >= 0) return value
  throw new TradewireError('TW_INVALID_CONFIG', `${name} must be a number of milliseconds of at least 0, got ${value}`)
}
