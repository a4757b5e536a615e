/**
 * How well a connector is: what is measured, and the one number it is compared by.
 *
 *     score = 100 x (1 - wl x min(1, latency / latencyCeiling)
 *                      - ws x min(1, staleness / stalenessCeiling)
 *                      - we x min(1, errorRate / errorRateCeiling))
 *
 * with weights that add up to one; a connector that is not ready scores 0, and what is not known counts as no penalty,
 * for a connector that was never asked anything is not a slow one.
 */
import { TradewireError } from '../core/errors.js'

/** What is known about a connector at one moment. Absent figures are NaN. */
export interface HealthReading {
  /** Connected, reconciled, trading. */
  isReady: boolean
  /** Round trip of a probe or of an acknowledgement, milliseconds. */
  latencyMs: number
  /** Age of the newest data of the streams that should be flowing, milliseconds. */
  stalenessMs: number
  /** Failed operations of all, 0 to 1, since the reading before. */
  errorRate: number
}

/** Where a figure counts in full, and how much each weighs. */
export interface HealthScale {
  /** Default 500 ms. */
  latencyCeilingMs?: number
  /** Default 10,000 ms. */
  stalenessCeilingMs?: number
  /** Default 0.5: every second operation fails. */
  errorRateCeiling?: number
  /** Default 0.4. */
  latencyWeight?: number
  /** Default 0.3. */
  stalenessWeight?: number
  /** Default 0.3. */
  errorWeight?: number
}

/** {@link HealthScale} with every field in place. */
export type CompleteHealthScale = Required<HealthScale>

const defaults: CompleteHealthScale = {
  latencyCeilingMs: 500,
  stalenessCeilingMs: 10_000,
  errorRateCeiling: 0.5,
  latencyWeight: 0.4,
  stalenessWeight: 0.3,
  errorWeight: 0.3,
}

/**
 * Completes and checks a scale.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` for a ceiling that is not positive, or weights that do not add up to 1.
 */
export function healthScale(scale: HealthScale = {}): CompleteHealthScale {
  const complete = { ...defaults, ...scale }
  for (const [name, value] of Object.entries(complete)) {
    if (!(name in defaults))
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `health.${name} is not an option; known are ${Object.keys(defaults).join(', ')}`,
      )
    const isWeight = name.endsWith('Weight')
    if (!(Number.isFinite(value) && (isWeight ? value >= 0 : value > 0)))
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        `health.${name} is ${value}; give a ${isWeight ? 'number from 0 to 1' : 'number above 0'}`,
      )
  }
  const total = complete.latencyWeight + complete.stalenessWeight + complete.errorWeight
  if (Math.abs(total - 1) > 1e-9)
    throw new TradewireError('TW_INVALID_CONFIG', `The weights of health add up to ${total}; make them add up to 1`)
  return complete
}

/** Score of a reading, 0 (cannot be used) to 100 (nothing to complain about). */
export function healthScore(reading: HealthReading, scale: CompleteHealthScale): number {
  if (!reading.isReady) return 0
  const penalty =
    scale.latencyWeight * share(reading.latencyMs, scale.latencyCeilingMs) +
    scale.stalenessWeight * share(reading.stalenessMs, scale.stalenessCeilingMs) +
    scale.errorWeight * share(reading.errorRate, scale.errorRateCeiling)
  return 100 * (1 - penalty)
}

function share(value: number, ceiling: number): number {
  if (!(value > 0)) return 0
  return Math.min(1, value / ceiling)
}
