/**
 * The single price of an auction: the most volume, then the smallest imbalance, then the nearest to a reference.
 *
 * Between two limit prices demand and supply do not change, so it is enough to look at every limit price and at every gap
 * between two of them. Volume is highest on one unbroken range of prices, and so is the smallest imbalance within it: the
 * reference price is simply brought into that range.
 */
import { NO_PRICE } from './codes.js'

/** All limit orders of an auction by price: three parallel arrays, prices rising. Market orders are counted apart. */
export interface AuctionInterest {
  readonly prices: readonly number[]
  readonly buys: readonly number[]
  readonly sells: readonly number[]
  readonly marketBuys: number
  readonly marketSells: number
}

/** Where an auction clears. `imbalance` is demand minus supply at the price; `price` is {@link NO_PRICE} when nothing trades. */
export interface Clearing {
  price: number
  volume: number
  imbalance: number
}

/**
 * Computes the clearing price in ticks. It always lies between the lowest and the highest limit price; with no limit
 * orders at all it is the reference.
 *
 * @param reference price in ticks to come close to, {@link NO_PRICE} for none: the middle of the range, rounded down.
 */
export function clearingPrice(interest: AuctionInterest, reference: number): Clearing {
  const { prices, buys, sells, marketBuys, marketSells } = interest
  let volume = Math.min(marketBuys, marketSells)
  if (prices.length === 0) {
    if (volume === 0 || reference === NO_PRICE) return { price: NO_PRICE, volume: 0, imbalance: 0 }
    return { price: reference, volume, imbalance: marketBuys - marketSells }
  }
  volume = 0
  let imbalance = Number.POSITIVE_INFINITY
  let low = NO_PRICE
  let high = NO_PRICE
  const consider = (demand: number, supply: number, from: number, to: number): void => {
    const executable = Math.min(demand, supply)
    const excess = Math.abs(demand - supply)
    if (executable < volume || (executable === volume && excess > imbalance)) return
    if (executable > volume || excess < imbalance) low = from
    volume = executable
    imbalance = excess
    high = to
  }
  let demand = marketBuys + buys.reduce((sum, quantity) => sum + quantity, 0)
  let supply = marketSells
  prices.forEach((price, index) => {
    supply += sells[index]
    consider(demand, supply, price, price)
    demand -= buys[index]
    const next = prices[index + 1]
    if (next !== undefined && next > price + 1) consider(demand, supply, price + 1, next - 1)
  })
  if (volume === 0) return { price: NO_PRICE, volume: 0, imbalance: 0 }
  const price = reference === NO_PRICE ? Math.floor((low + high) / 2) : Math.max(low, Math.min(high, reference))
  return { price, volume, imbalance: imbalanceAt(interest, price) }
}

function imbalanceAt(interest: AuctionInterest, price: number): number {
  let imbalance = interest.marketBuys - interest.marketSells
  interest.prices.forEach((level, index) => {
    if (level >= price) imbalance += interest.buys[index]
    if (level <= price) imbalance -= interest.sells[index]
  })
  return imbalance
}
