/**
 * Measures of single fills against the market. Positive is a cost, for buys and sells alike.
 *
 *   effective spread  2 s (p - m) / m          what was paid for immediacy
 *   realised spread   2 s (p - m') / m         what the other side kept, m' the mid some time later
 *   price impact      effective - realised
 *   spread capture    s (m - p) / half spread  +1 at the near touch, -1 at the far touch
 *
 * with s = 1 for a buy and -1 for a sell, p the price, m the mid before the fill.
 */
import type { Side } from '../model/order-types.js'

/** Side sign: 1 buys, -1 sells. */
export function signOf(side: Side): number {
  return side === 'buy' ? 1 : -1
}

/** A price against a benchmark, in basis points of the benchmark; NaN for a benchmark of 0. */
export function slippageBps(side: Side, price: number, benchmark: number): number {
  return benchmark === 0 ? Number.NaN : ((signOf(side) * (price - benchmark)) / Math.abs(benchmark)) * 10_000
}

/** A fill, the quote before it, and the mid some time after it. */
export interface SpreadInput {
  readonly side: Side
  readonly price: number
  readonly bid: number
  readonly ask: number
  /** Mid after the horizon; NaN where it is not known. */
  readonly midAfter: number
}

/** Spread measures of one fill, in basis points of the mid; NaN where something they need is absent. */
export interface SpreadMeasures {
  readonly quotedSpreadBps: number
  readonly effectiveSpreadBps: number
  readonly realizedSpreadBps: number
  readonly priceImpactBps: number
  /** From +1 at the near touch to -1 at the far touch; beyond them outside the spread. */
  readonly spreadCapture: number
}

/** Decomposes the spread that a fill paid. */
export function spreadMeasures({ side, price, bid, ask, midAfter }: SpreadInput): SpreadMeasures {
  const sign = signOf(side)
  const mid = (bid + ask) / 2
  const scale = 10_000 / Math.abs(mid)
  const effectiveSpreadBps = 2 * sign * (price - mid) * scale
  const realizedSpreadBps = 2 * sign * (price - midAfter) * scale
  return {
    quotedSpreadBps: (ask - bid) * scale,
    effectiveSpreadBps,
    realizedSpreadBps,
    priceImpactBps: effectiveSpreadBps - realizedSpreadBps,
    spreadCapture: ask > bid ? (sign * (mid - price)) / ((ask - bid) / 2) : Number.NaN,
  }
}

/** Volume-weighted average price of trades; NaN without volume. */
export function vwapOf(trades: Iterable<readonly [price: number, quantity: number]>): number {
  let value = 0
  let volume = 0
  for (const [price, quantity] of trades) {
    value += price * quantity
    volume += quantity
  }
  return volume > 0 ? value / volume : Number.NaN
}

/**
 * Time-weighted average of prices from `start` to `end` (any unit): each price holds until the next one, the last to the
 * end. What is before the first price does not count. `ticks` ascend by time. NaN where nothing holds in the window.
 */
export function twapOf(ticks: readonly (readonly [at: number, price: number])[], start: number, end: number): number {
  let integral = 0
  let covered = 0
  for (const [i, [at, price]] of ticks.entries()) {
    const from = Math.max(at, start)
    const to = Math.min(ticks[i + 1]?.[0] ?? end, end)
    if (!(to > from)) continue
    integral += price * (to - from)
    covered += to - from
  }
  return covered > 0 ? integral / covered : Number.NaN
}
