/**
 * Money of the simulated venue: whole numbers of 10^-8 of a currency, computed without decimal.js.
 *
 * Where the exact product of price, quantity and multiplier stays below 2^53 it is formed in doubles; beyond that the
 * same formula runs on BigInt. Results are rounded up (toward plus infinity): a cost is never too small, a rebate never
 * too large. Contracts that settle in their base coin divide by the price; their value is a double, rounded the same way.
 */
import { scaleOf, toUnits } from '../../model/decimal.js'
import type { Instrument } from '../../model/instrument.js'

/** Units of money in one unit of a currency: 10^8. */
export const MONEY = 100_000_000

/** What a share is expressed in: 1 is 10^-10, so that 0.00025 is 2,500,000. */
export const SHARE = 10_000_000_000
const shareDigits = 10

interface Terms {
  readonly multiplier: number
  readonly scale: number
}

const termsByInstrument = new WeakMap<Instrument, Terms>()

function termsOf(instrument: Instrument): Terms {
  let terms = termsByInstrument.get(instrument)
  if (terms === undefined) {
    const text = instrument.definition.multiplier ?? '1'
    const scale = scaleOf(text, 'multiplier')
    terms = {
      multiplier: toUnits(text, scale, 'multiplier'),
      scale: scale + instrument.priceScale + instrument.sizeScale,
    }
    termsByInstrument.set(instrument, terms)
  }
  return terms
}

/** Value of a quantity at a price, in 10^-8 of the settlement currency. Signed like the price. */
export function notionalUnits(instrument: Instrument, priceUnits: number, quantityUnits: number): number {
  return shareOfNotional(instrument, priceUnits, quantityUnits, SHARE)
}

/** A share (in 10^-10) of the value of a quantity at a price, in 10^-8 of the settlement currency, rounded up. */
export function shareOfNotional(
  instrument: Instrument,
  priceUnits: number,
  quantityUnits: number,
  share: number,
): number {
  if (share === 0) return 0
  if (instrument.isInverse) {
    const value =
      (instrument.quantityNumber(quantityUnits) * instrument.multiplierNumber) / instrument.priceNumber(priceUnits)
    return Math.ceil(value * MONEY * (share / SHARE)) + 0
  }
  const { multiplier, scale } = termsOf(instrument)
  let digits = shareDigits
  let part = share
  while (digits > 0 && part % 10 === 0) {
    part /= 10
    digits--
  }
  // value = price * quantity * multiplier / 10^scale * part / 10^digits, in 10^-8
  const exponent = scale + digits - 8
  const product = priceUnits * quantityUnits * multiplier * part * (exponent < 0 ? 10 ** -exponent : 1)
  if (exponent <= 15 && product <= Number.MAX_SAFE_INTEGER && product >= -Number.MAX_SAFE_INTEGER) {
    return exponent <= 0 ? product + 0 : ceilQuotient(product, 10 ** exponent)
  }
  const exact =
    BigInt(priceUnits) *
    BigInt(quantityUnits) *
    BigInt(multiplier) *
    BigInt(part) *
    10n ** BigInt(Math.max(0, -exponent))
  const divisor = 10n ** BigInt(Math.max(0, exponent))
  const quotient = exact / divisor
  return Number(exact > 0n && quotient * divisor !== exact ? quotient + 1n : quotient)
}

/** Ceiling of a quotient of safe integers, exact where the rounded quotient of doubles is not. */
export function ceilQuotient(numerator: number, divisor: number): number {
  let quotient = Math.floor(numerator / divisor)
  let rest = numerator - quotient * divisor
  if (rest < 0) {
    quotient -= 1
    rest += divisor
  } else if (rest >= divisor) {
    quotient += 1
    rest -= divisor
  }
  return (rest > 0 ? quotient + 1 : quotient) + 0
}
