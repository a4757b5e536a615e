/**
 * Allocation of a trade to accounts: by shares, in whole size steps, to the unit and to the last digit of the fees.
 *
 * Quantities go by largest remainder (ties to the earlier account): no account is more than one step away from its exact
 * share. Everybody has the average price; fees follow the allocated quantity, what rounding leaves goes to the last.
 */
import { TradewireError } from '../../core/errors.js'
import { Decimal, type DecimalInput, toDecimal } from '../../model/decimal.js'

/** The share of one account: weights need not add up to 1. */
export interface AllocationShare {
  readonly account: string
  readonly weight: DecimalInput
}

/** What is allocated. */
export interface AllocationInput {
  readonly quantity: DecimalInput
  readonly averagePrice: DecimalInput
  readonly fees: DecimalInput
  /** Smallest step of quantity. */
  readonly sizeIncrement: DecimalInput
  /** Value of one unit per point of price; 1 unless given. */
  readonly multiplier?: DecimalInput
  /** Digits of fees; 2 unless given. */
  readonly feeDigits?: number
}

/** What one account gets. */
export interface Allocation {
  readonly account: string
  readonly quantity: Decimal
  readonly averagePrice: Decimal
  /** Quantity x price x multiplier. */
  readonly grossAmount: Decimal
  readonly fees: Decimal
}

/**
 * Allocates a quantity.
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` without shares, for negative weights or weights that are all 0, for an account
 * named twice, or a quantity that is not above 0; `TW_OFF_GRID` for one off the grid.
 */
export function allocate(input: AllocationInput, shares: readonly AllocationShare[]): Allocation[] {
  const step = toDecimal(input.sizeIncrement, 'sizeIncrement')
  const quantity = toDecimal(input.quantity, 'quantity')
  const price = toDecimal(input.averagePrice, 'averagePrice')
  const fees = toDecimal(input.fees, 'fees')
  const multiplier = toDecimal(input.multiplier ?? 1, 'multiplier')
  if (!quantity.gt(0) || !step.gt(0)) throw invalid('quantity and sizeIncrement must be above 0')
  if (!quantity.mod(step).isZero())
    throw new TradewireError('TW_OFF_GRID', `quantity ${quantity.toFixed()} is no multiple of ${step.toFixed()}`)
  const weights = checkedWeights(shares)
  const total = weights.reduce((sum, weight) => sum.plus(weight), new Decimal(0))
  const steps = quantity.div(step)
  const exact = weights.map((weight) => steps.mul(weight).div(total))
  const whole = exact.map((each) => each.floor())
  let left = steps.minus(whole.reduce((sum, each) => sum.plus(each), new Decimal(0))).toNumber()
  const byRemainder = exact
    .map((each, i) => ({ i, remainder: each.minus(whole[i] as Decimal) }))
    .filter(({ i }) => (weights[i] as Decimal).gt(0))
    .sort((a, b) => b.remainder.comparedTo(a.remainder) || a.i - b.i)
  for (const { i } of byRemainder) {
    if (left === 0) break
    whole[i] = (whole[i] as Decimal).plus(1)
    left--
  }
  return withFees(shares, whole, { step, quantity, price, fees, multiplier, digits: input.feeDigits ?? 2 })
}

function withFees(
  shares: readonly AllocationShare[],
  steps: readonly Decimal[],
  terms: { step: Decimal; quantity: Decimal; price: Decimal; fees: Decimal; multiplier: Decimal; digits: number },
): Allocation[] {
  const { step, quantity, price, fees, multiplier, digits } = terms
  const last = steps.findLastIndex((each) => !each.isZero())
  let feesLeft = fees
  return shares.map(({ account }, i) => {
    const allocated = (steps[i] as Decimal).mul(step)
    const share = i === last ? feesLeft : fees.mul(allocated).div(quantity).toDecimalPlaces(digits)
    if (!allocated.isZero()) feesLeft = feesLeft.minus(share)
    return {
      account,
      quantity: allocated,
      averagePrice: price,
      grossAmount: allocated.mul(price).mul(multiplier),
      fees: allocated.isZero() ? new Decimal(0) : share,
    }
  })
}

function checkedWeights(shares: readonly AllocationShare[]): Decimal[] {
  if (new Set(shares.map(({ account }) => account)).size !== shares.length) throw invalid('an account is named twice')
  const weights = shares.map(({ account, weight }) => toDecimal(weight, `weight of ${account}`))
  if (weights.some((weight) => weight.isNegative()) || !weights.some((weight) => weight.gt(0)))
    throw invalid('weights must not be negative, and one must be above 0')
  return weights
}

function invalid(problem: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', `Allocation: ${problem}`)
}
