/**
 * Models of market impact, for estimates before a trade and comparison after it.
 *
 * Almgren's model uses powers, whose last digit may differ between releases of the JavaScript engine: an estimate, never a
 * figure of accounting.
 */

/** Expected impact in basis points by the square-root law, `Y x daily volatility x sqrt(quantity / daily volume)`. */
export function squareRootImpactBps(
  factor: number,
  dailyVolatility: number,
  quantity: number,
  averageDailyVolume: number,
): number {
  return factor * dailyVolatility * Math.sqrt(quantity / averageDailyVolume) * 10_000
}

/** An order for {@link almgrenImpact}. */
export interface AlmgrenInput {
  /** Daily volatility as a fraction. */
  readonly dailyVolatility: number
  readonly averageDailyVolume: number
  readonly sharesOutstanding: number
  readonly quantity: number
  /** Length of the trade in trading days. */
  readonly days: number
  /** Coefficients; those of the paper unless given. */
  readonly gamma?: number
  readonly eta?: number
  readonly alpha?: number
  readonly beta?: number
  readonly delta?: number
}

/** Expected impact in basis points. */
export interface AlmgrenImpact {
  readonly permanentBps: number
  readonly temporaryBps: number
  /** Half of the permanent impact and all of the temporary one: the expected cost. */
  readonly realizedBps: number
}

/** Impact by R. Almgren, C. Thum, E. Hauptmann and H. Li, "Direct estimation of equity market impact" (2005). */
export function almgrenImpact(input: AlmgrenInput): AlmgrenImpact {
  const { dailyVolatility, averageDailyVolume, sharesOutstanding, quantity, days } = input
  const { gamma = 0.314, eta = 0.142, alpha = 1, beta = 0.6, delta = 0.25 } = input
  const share = quantity / averageDailyVolume
  const permanent = gamma * dailyVolatility * share ** alpha * (sharesOutstanding / averageDailyVolume) ** delta
  const temporary = eta * dailyVolatility * (share / days) ** beta
  return {
    permanentBps: permanent * 10_000,
    temporaryBps: temporary * 10_000,
    realizedBps: (permanent / 2 + temporary) * 10_000,
  }
}

/** An order within a bar for {@link volumeShareSlippage}. */
export interface VolumeShareInput {
  readonly price: number
  readonly quantity: number
  readonly barVolume: number
  /** Largest share of the volume that counts; 0.025 unless given. */
  readonly volumeLimit?: number
  /** Price impact of the whole volume; 0.1 unless given. */
  readonly priceImpact?: number
}

/** Slippage per unit that grows with the square of the order's share of the bar's volume. Without volume the limit counts. */
export function volumeShareSlippage(input: VolumeShareInput): number {
  const { price, quantity, barVolume, volumeLimit = 0.025, priceImpact = 0.1 } = input
  const share = barVolume > 0 ? Math.min(quantity / barVolume, volumeLimit) : volumeLimit
  return share * share * priceImpact * price
}
