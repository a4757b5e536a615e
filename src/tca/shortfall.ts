/**
 * Implementation shortfall of one order against the paper portfolio that traded all of it at the decision price.
 *
 * Positive is a cost, for buys and sells alike; basis points are of the paper notional (order quantity x decision price).
 * Two forms with one total: the CFA form charges delay to what was filled, Wagner and Edwards to the whole order.
 *
 *                  CFA                                   Wagner-Edwards
 *   delay          filled x (arrival - decision)         ordered x (arrival - decision)
 *   trading        sum of q x p - filled x arrival       the same
 *   opportunity    unfilled x (end - decision)           unfilled x (end - arrival)
 *   fees           fees                                  fees
 *
 * Computed in exact decimals; results are the nearest doubles.
 *
 * Sources: A. Perold (1988); W. Wagner and M. Edwards (1993); CFA Institute, "Trade strategy and execution".
 */
import { TradewireError } from '../core/errors.js'
import { Decimal, type DecimalInput, toDecimal } from '../model/decimal.js'
import type { Side } from '../model/order-types.js'

/** One fill of the order. */
export interface ShortfallFill {
  readonly price: DecimalInput
  readonly quantity: DecimalInput
  /** A benchmark of its own in place of the arrival price, for an order worked over days: given for all fills or for none. */
  readonly benchmark?: DecimalInput
}

/** An order and what became of it. */
export interface ShortfallInput {
  readonly side: Side
  /** Ordered quantity, above 0. */
  readonly quantity: DecimalInput
  /** Price when the decision was made; not 0. */
  readonly decisionPrice: DecimalInput
  /** Price when the order reached the market; the decision price unless given. */
  readonly arrivalPrice?: DecimalInput
  readonly fills: readonly ShortfallFill[]
  /** Price when what is left was given up. May be absent where all was filled. */
  readonly endPrice?: DecimalInput
  /** Fees in money, a rebate is negative; 0 unless given. */
  readonly fees?: DecimalInput
  /** Value of one unit per point of price; 1 unless given. */
  readonly multiplier?: DecimalInput
}

/** The components of one form, in money and in basis points of the paper notional. */
export interface ShortfallForm {
  readonly delay: number
  readonly trading: number
  readonly opportunity: number
  readonly fees: number
  readonly delayBps: number
  readonly tradingBps: number
  readonly opportunityBps: number
  readonly feesBps: number
}

/** The implementation shortfall of an order. */
export interface Shortfall {
  readonly filledQuantity: number
  /** Filled share of the order, 0 to 1. */
  readonly fillRate: number
  /** Average fill price; NaN without fills. */
  readonly averagePrice: number
  readonly paperNotional: number
  readonly totalCost: number
  readonly totalBps: number
  readonly cfa: ShortfallForm
  readonly wagnerEdwards: ShortfallForm
  /** Average price against decision and arrival, per filled unit; NaN without fills. */
  readonly slippageVsDecisionBps: number
  readonly slippageVsArrivalBps: number
}

interface Terms {
  readonly sign: number
  readonly quantity: Decimal
  readonly decision: Decimal
  readonly arrival: Decimal
  readonly end: Decimal
  readonly fees: Decimal
  readonly multiplier: Decimal
  readonly filled: Decimal
  /** Sum of quantity x price of the fills. */
  readonly value: Decimal
  /** Sum of quantity x benchmark. */
  readonly benchmarkValue: Decimal
}

/**
 * Decomposes the cost of an order.
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` for a quantity that is not above 0, more fills than quantity, a decision
 * price of 0, fills of which only some have a benchmark, or an end price that is needed and absent; `TW_INVALID_DECIMAL`.
 */
export function implementationShortfall(input: ShortfallInput): Shortfall {
  const terms = termsOf(input)
  const { sign, quantity, decision, arrival, end, fees, multiplier, filled, value, benchmarkValue } = terms
  const unfilled = quantity.minus(filled)
  const paper = quantity.mul(decision).mul(multiplier)
  const money = (amount: Decimal) => amount.mul(sign).mul(multiplier)
  const trading = money(value.minus(benchmarkValue))
  const form = (delay: Decimal, opportunity: Decimal): ShortfallForm => formOf(paper, delay, trading, opportunity, fees)
  const ordersDelay = benchmarkValue.plus(unfilled.mul(arrival)).minus(quantity.mul(decision))
  const cfa = form(money(benchmarkValue.minus(filled.mul(decision))), money(unfilled.mul(end.minus(decision))))
  const wagnerEdwards = form(money(ordersDelay), money(unfilled.mul(end.minus(arrival))))
  const total = money(value.minus(filled.mul(decision)).plus(unfilled.mul(end.minus(decision)))).plus(fees)
  const slippage = (benchmark: Decimal) =>
    filled.isZero() || benchmark.isZero()
      ? Number.NaN
      : value.div(filled).minus(benchmark).mul(sign).div(benchmark.abs()).mul(10_000).toNumber()
  return {
    filledQuantity: filled.toNumber(),
    fillRate: filled.div(quantity).toNumber(),
    averagePrice: filled.isZero() ? Number.NaN : value.div(filled).toNumber(),
    paperNotional: paper.abs().toNumber(),
    totalCost: total.toNumber(),
    totalBps: bps(total, paper),
    cfa,
    wagnerEdwards,
    slippageVsDecisionBps: slippage(decision),
    slippageVsArrivalBps: slippage(filled.isZero() ? arrival : benchmarkValue.div(filled)),
  }
}

function formOf(paper: Decimal, delay: Decimal, trading: Decimal, opportunity: Decimal, fees: Decimal): ShortfallForm {
  return {
    delay: delay.toNumber(),
    trading: trading.toNumber(),
    opportunity: opportunity.toNumber(),
    fees: fees.toNumber(),
    delayBps: bps(delay, paper),
    tradingBps: bps(trading, paper),
    opportunityBps: bps(opportunity, paper),
    feesBps: bps(fees, paper),
  }
}

function bps(amount: Decimal, paper: Decimal): number {
  return amount.div(paper.abs()).mul(10_000).toNumber()
}

function termsOf(input: ShortfallInput): Terms {
  const { side, fills } = input
  if (side !== 'buy' && side !== 'sell') throw invalid(`side must be "buy" or "sell", is ${JSON.stringify(side)}`)
  const quantity = toDecimal(input.quantity, 'quantity')
  if (!quantity.gt(0)) throw invalid(`quantity must be above 0, is ${quantity.toFixed()}`)
  const decision = toDecimal(input.decisionPrice, 'decisionPrice')
  if (decision.isZero()) throw invalid('decisionPrice must not be 0')
  const arrival = toDecimal(input.arrivalPrice ?? decision, 'arrivalPrice')
  const owns = fills.filter(({ benchmark }) => benchmark !== undefined).length
  if (owns !== 0 && owns !== fills.length) throw invalid('either all fills have a benchmark or none')
  let [filled, value, benchmarkValue] = [new Decimal(0), new Decimal(0), new Decimal(0)]
  for (const [i, fill] of fills.entries()) {
    const filledQuantity = toDecimal(fill.quantity, `fills.${i}.quantity`)
    if (!filledQuantity.gt(0)) throw invalid(`fills.${i}.quantity must be above 0, is ${filledQuantity.toFixed()}`)
    filled = filled.plus(filledQuantity)
    value = value.plus(filledQuantity.mul(toDecimal(fill.price, `fills.${i}.price`)))
    benchmarkValue = benchmarkValue.plus(
      filledQuantity.mul(fill.benchmark === undefined ? arrival : toDecimal(fill.benchmark, `fills.${i}.benchmark`)),
    )
  }
  if (filled.gt(quantity)) throw invalid(`${filled.toFixed()} were filled of an order of ${quantity.toFixed()}`)
  if (filled.lt(quantity) && input.endPrice === undefined)
    throw invalid('endPrice is needed: part of the order was not filled')
  return {
    sign: side === 'buy' ? 1 : -1,
    quantity,
    decision,
    arrival,
    end: toDecimal(input.endPrice ?? decision, 'endPrice'),
    fees: toDecimal(input.fees ?? 0, 'fees'),
    multiplier: toDecimal(input.multiplier ?? 1, 'multiplier'),
    filled,
    value,
    benchmarkValue,
  }
}

function invalid(problem: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', `Implementation shortfall: ${problem}`)
}
