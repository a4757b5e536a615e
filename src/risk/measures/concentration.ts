/** How much of a portfolio lies in few positions. */
import { requireExposures } from './portfolio-risk.js'

/** Concentration of market values; shares are of gross exposure. */
export interface Concentration {
  /** Herfindahl-Hirschman index: the sum of squared shares, 1 when everything is in one position. */
  hhi: number
  /** 1 / HHI: as many equal positions would be as concentrated. */
  effectiveCount: number
  topWeight: number
  gross: number
  net: number
}

/** Concentration of market values, signed. NaN figures where there is no exposure. @throws TradewireError `TW_INVALID_ARGUMENT` for a market value that is missing: it is not 0. */
export function concentrationOf(marketValues: ArrayLike<number>): Concentration {
  requireExposures(marketValues, marketValues.length)
  let gross = 0
  let net = 0
  let top = 0
  for (let i = 0; i < marketValues.length; i++) {
    const size = Math.abs(marketValues[i])
    gross += size
    net += marketValues[i]
    top = Math.max(top, size)
  }
  let hhi = gross === 0 ? Number.NaN : 0
  for (let i = 0; i < marketValues.length; i++) hhi += (marketValues[i] / gross) * (marketValues[i] / gross)
  return { hhi, effectiveCount: 1 / hhi, topWeight: top / gross, gross, net }
}
