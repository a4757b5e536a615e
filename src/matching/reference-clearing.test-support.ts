/** An auction's price found by trying every price between the lowest and the highest limit. */

interface Interest {
  readonly price: number | undefined
  readonly open: number
}

const sum = (orders: readonly Interest[]): number => orders.reduce((total, order) => total + order.open, 0)

/** The clearing price, undefined when nothing can trade. An undefined order price is a market order. */
export function clearingPriceByTrial(
  buys: readonly Interest[],
  sells: readonly Interest[],
  reference: number | undefined,
): number | undefined {
  const limits = [...buys, ...sells].flatMap(({ price }) => (price === undefined ? [] : [price]))
  if (limits.length === 0) return buys.length > 0 && sells.length > 0 ? reference : undefined
  const lowest = Math.min(...limits)
  const trials = Array.from({ length: Math.max(...limits) - lowest + 1 }, (_, index) => {
    const price = lowest + index
    const demand = sum(buys.filter((order) => order.price === undefined || order.price >= price))
    const supply = sum(sells.filter((order) => order.price === undefined || order.price <= price))
    return { price, volume: Math.min(demand, supply), excess: Math.abs(demand - supply) }
  })
  const volume = Math.max(...trials.map((trial) => trial.volume))
  if (volume === 0) return undefined
  const fullest = trials.filter((trial) => trial.volume === volume)
  const excess = Math.min(...fullest.map((trial) => trial.excess))
  const ties = fullest.filter((trial) => trial.excess === excess).map((trial) => trial.price)
  if (reference === undefined) return Math.floor((ties[0] + ties[ties.length - 1]) / 2)
  return ties.reduce((best, price) => (Math.abs(price - reference) < Math.abs(best - reference) ? price : best))
}
