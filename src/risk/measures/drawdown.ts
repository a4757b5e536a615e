/** The largest fall of prices or equity from a peak. */
import { TradewireError } from '../../core/errors.js'

/** A fall from a peak to the lowest point after it. */
export interface Drawdown {
  /** Share of the peak that was lost; 0 when nothing ever fell. */
  maxDrawdown: number
  /** In the unit of the values. */
  absolute: number
  peakIndex: number
  troughIndex: number
  /** Where the peak was reached again; null when it was not. */
  recoveryIndex: number | null
}

/** The largest drawdown of a list; the first value is a peak. @throws TradewireError `TW_INVALID_ARGUMENT` for an empty list or a value that is not above 0. */
export function maxDrawdown(values: ArrayLike<number>): Drawdown {
  if (values.length === 0) throw new TradewireError('TW_INVALID_ARGUMENT', 'values must not be empty')
  let peak = 0
  const worst: Drawdown = { maxDrawdown: 0, absolute: 0, peakIndex: 0, troughIndex: 0, recoveryIndex: 0 }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (!(value > 0 && value < Number.POSITIVE_INFINITY))
      throw new TradewireError('TW_INVALID_ARGUMENT', `values[${i}] must be a number above 0, got ${value}`)
    if (value >= values[worst.peakIndex] && worst.recoveryIndex === null) worst.recoveryIndex = i
    if (value > values[peak]) peak = i
    const share = (values[peak] - value) / values[peak]
    if (share <= worst.maxDrawdown) continue
    worst.maxDrawdown = share
    worst.absolute = values[peak] - value
    worst.peakIndex = peak
    worst.troughIndex = i
    worst.recoveryIndex = null
  }
  return worst
}
