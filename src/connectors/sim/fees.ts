/**
 * What the venue charges for an execution. A model is a function; write your own, or take one of these.
 *
 * Fees are whole numbers of 10^-8 of the instrument's settlement currency, positive for a cost, negative for a rebate,
 * rounded up: against the client. Rates are given as fractions (0.0004 is 4 basis points) with up to 10 digits.
 */
import { TradewireError } from '../../core/errors.js'
import { type DecimalInput, scaleOf, toDecimal, toUnits } from '../../model/decimal.js'
import type { Instrument } from '../../model/instrument.js'
import { Liquidity } from '../../orders/codes.js'
import { MONEY, SHARE, shareOfNotional } from './money.js'

/** What a fee is computed from. The object is reused for every execution. */
export interface FeeContext {
  instrument: Instrument
  /** 1 buys, -1 sells. */
  sideSign: number
  quantityUnits: number
  priceUnits: number
  /** As in `Liquidity`: 1 maker, 2 taker, 3 auction. */
  liquidity: number
  /** What the account traded before this execution, in whole units of the settlement currency, rounded down. */
  tradedVolume: number
}

/** Fee of one execution in 10^-8 of the settlement currency. */
export type FeeModel = (context: FeeContext) => number

/** No fees. */
export const noFees: FeeModel = () => 0

/** Fractions of the value, by who took liquidity; auctions pay the taker's. Negative is a rebate. */
export function makerTakerFees(rates: { maker: DecimalInput; taker: DecimalInput }): FeeModel {
  const maker = shareUnits(rates.maker, 'maker')
  const taker = shareUnits(rates.taker, 'taker')
  return ({ instrument, priceUnits, quantityUnits, liquidity }) =>
    shareOfNotional(instrument, priceUnits, quantityUnits, liquidity === Liquidity.maker ? maker : taker)
}

/** The rates that each instrument's definition names (`makerFee`, `takerFee`); none where it names none. */
export function instrumentFees(): FeeModel {
  const known = new WeakMap<Instrument, FeeModel>()
  return (context) => {
    let model = known.get(context.instrument)
    if (model === undefined) {
      const { makerFee, takerFee } = context.instrument.definition
      const isFree = makerFee === undefined && takerFee === undefined
      model = isFree ? noFees : makerTakerFees({ maker: makerFee ?? '0', taker: takerFee ?? '0' })
      known.set(context.instrument, model)
    }
    return model(context)
  }
}

/** An amount a unit, with a minimum an execution and, where given, a maximum as a fraction of the value. */
export function perShareFees(terms: {
  perShare: DecimalInput
  minimum?: DecimalInput
  maxFraction?: DecimalInput
}): FeeModel {
  // In 10^-10 of the currency, so that 0.0035 a share is exact; rounded up to 10^-8 at the end.
  const perShare = shareUnits(terms.perShare, 'perShare')
  const minimum = moneyUnits(terms.minimum ?? 0, 'minimum')
  const maxShare = terms.maxFraction === undefined ? undefined : shareUnits(terms.maxFraction, 'maxFraction')
  return ({ instrument, quantityUnits, priceUnits }) => {
    const divisor = 10n ** BigInt(instrument.sizeScale + 2)
    const exact = BigInt(quantityUnits) * BigInt(perShare)
    let fee = Number((exact + divisor - 1n) / divisor)
    if (fee < minimum) fee = minimum
    if (maxShare === undefined) return fee
    return Math.min(fee, shareOfNotional(instrument, priceUnits, quantityUnits, maxShare))
  }
}

/** The same amount for every execution. */
export function flatFees(amount: DecimalInput): FeeModel {
  const fee = moneyUnits(amount, 'amount')
  return () => fee
}

/** One step of {@link tieredFees}. */
export interface FeeTier {
  /** Holds from this traded volume on, in whole units of the settlement currency. */
  fromVolume: number
  fees: FeeModel
}

/** Models by what the account has traded; the first tier starts at 0. */
export function tieredFees(tiers: readonly FeeTier[]): FeeModel {
  const sorted = [...tiers].sort((a, b) => a.fromVolume - b.fromVolume)
  if (sorted[0]?.fromVolume !== 0) {
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      'tieredFees needs a tier with fromVolume 0: what holds before anything was traded',
    )
  }
  return (context) => {
    let tier = sorted[0] as FeeTier
    for (const next of sorted) {
      if (next.fromVolume > context.tradedVolume) break
      tier = next
    }
    return tier.fees(context)
  }
}

/** A fraction in 10^-10. */
function shareUnits(value: DecimalInput, name: string): number {
  if (scaleOf(value, name) > 10 || toDecimal(value, name).abs().gt(100_000)) {
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `${name} must be a fraction with at most 10 digits behind the point, got ${String(value)}`,
    )
  }
  return toUnits(value, 10, name)
}

/** An amount in 10^-8. */
function moneyUnits(value: DecimalInput, name: string): number {
  return toUnits(value, 8, name)
}

/** Units of `SHARE` and `MONEY`, for models of one's own. */
export const feeUnits = { money: MONEY, share: SHARE } as const
