/**
 * The orders both sides of the order-path benchmarks run: several instruments and strategies, both sides, prices around a
 * reference, two fills each. Walked in a circle; after a full circle every position is flat again.
 */

/** Orders in the table, a power of two. */
export const workloadSize = 8192

/** What exists. */
export const counts = { instruments: 8, strategies: 16 } as const

/** The price every instrument trades around, and the digits of its price units. */
export const reference = 100
/** Price units of one currency unit: a tick of 0.01 and two spare digits. */
export const priceUnit = 10_000

/** Time between two orders, microseconds. */
export const stepUs = 10
/** Orders between two quotes of every instrument. */
export const quoteEvery = 4096

/** Limits, wide enough for everything to pass, so that every check does all of its work. */
export const limits = {
  maxOrderQuantity: 10_000,
  maxOrderNotional: 1_000_000,
  maxPosition: 1_000_000,
  collarPercent: 5,
  maxAgeMs: 5_000,
  maxOpenOrders: 1_000,
  throttle: { limit: 200, windowMs: 1 },
  duplicates: { limit: 10, windowMs: 1 },
} as const

/** Fee of a fill in 10^-8 of the currency. */
export const feeUnits = 35_000_000

/** Orders as parallel arrays. Prices in price units. */
export interface Workload {
  readonly instrument: Int32Array
  readonly strategy: Int32Array
  readonly side: Int8Array
  readonly quantity: Int32Array
  readonly price: Int32Array
  /** Quantity of the first fill; the second takes the rest. */
  readonly firstFill: Int32Array
  readonly fillPrice: Int32Array
}

/** Makes the table: the second half takes back what the first half did, in another order. */
export function makeWorkload(): Workload {
  let state = 0x2545f491
  const draw = (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
  const make = () => new Int32Array(workloadSize)
  const workload: Workload = {
    instrument: make(),
    strategy: make(),
    side: new Int8Array(workloadSize),
    quantity: make(),
    price: make(),
    firstFill: make(),
    fillPrice: make(),
  }
  const half = workloadSize / 2
  for (let index = 0; index < workloadSize; index++) {
    const mirrored = index < half ? -1 : (index * 5) & (half - 1)
    const side = mirrored < 0 ? (draw(2) === 0 ? 1 : -1) : -workload.side[mirrored]
    const quantity = mirrored < 0 ? 100 + draw(9) * 10 : workload.quantity[mirrored]
    const ticks = draw(200)
    workload.instrument[index] = mirrored < 0 ? draw(counts.instruments) : workload.instrument[mirrored]
    workload.strategy[index] = mirrored < 0 ? draw(counts.strategies) : workload.strategy[mirrored]
    workload.side[index] = side
    workload.quantity[index] = quantity
    workload.price[index] = reference * priceUnit + side * ticks * 100
    workload.firstFill[index] = 10 + draw(quantity - 20)
    workload.fillPrice[index] = reference * priceUnit + side * draw(ticks + 1) * 100
  }
  return workload
}
