import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import type { BookSide } from '../ring/kinds.js'
import { OrderBook, type OrderBookOptions } from './order-book.js'

/** The obvious book: a map from price to size on each side. */
class MapBook {
  readonly sides = [new Map<number, number>(), new Map<number, number>()] as const
  readonly #isUncrossing: boolean

  constructor(isUncrossing: boolean) {
    this.#isUncrossing = isUncrossing
  }

  set(side: BookSide, price: number, size: number): void {
    const levels = this.sides[side]
    if (size === 0) {
      levels.delete(price)
      return
    }
    const isNew = !levels.has(price)
    levels.set(price, size)
    if (!isNew || !this.#isUncrossing) return
    const other = this.sides[side === 0 ? 1 : 0]
    for (const known of [...other.keys()]) if (side === 0 ? known <= price : known >= price) other.delete(known)
  }

  sorted(side: BookSide): [number, number][] {
    return [...this.sides[side]].sort((a, b) => (side === 0 ? b[0] - a[0] : a[0] - b[0]))
  }

  truncate(depth: number): void {
    for (const side of [0, 1] as const) {
      for (const [price] of this.sorted(side).slice(depth)) this.sides[side].delete(price)
    }
  }
}

interface Step {
  side: BookSide
  /** Ticks from the walking middle. */
  distance: number
  /** How far the middle walks first. */
  walk: number
  /** Part of a tick: 0 on the grid. */
  offGrid: number
  size: number
}

const step: fc.Arbitrary<Step> = fc.record({
  side: fc.constantFrom<BookSide>(0, 1),
  distance: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 12 }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 90 }) },
    { weight: 1, arbitrary: fc.integer({ min: -200, max: 5000 }) },
  ),
  walk: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: -1, max: 1 }) },
    { weight: 2, arbitrary: fc.integer({ min: -40, max: 40 }) },
    { weight: 1, arbitrary: fc.integer({ min: -4000, max: 4000 }) },
  ),
  offGrid: fc.oneof(
    { weight: 9, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(0.25, 0.5, 1e-9) },
  ),
  size: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.integer({ min: 1, max: 9 }) }),
})

const prices = new Float64Array(4096)
const sizes = new Float64Array(4096)

function levelsOf(book: OrderBook, side: BookSide): [number, number][] {
  const count = book.depth(side, prices.length, prices, sizes)
  return Array.from({ length: count }, (_, i) => [prices[i] as number, sizes[i] as number])
}

function expectSame(book: OrderBook, model: MapBook): void {
  for (const side of [0, 1] as const) {
    const expected = model.sorted(side)
    expect(book.levelCount(side)).toBe(expected.length)
    expect(levelsOf(book, side)).toEqual(expected)
    const [price, size] = expected[0] ?? [Number.NaN, Number.NaN]
    expect(side === 0 ? book.bestBid : book.bestAsk).toBe(price)
    expect(side === 0 ? book.bestBidSize : book.bestAskSize).toBe(size)
    for (const [known, knownSize] of expected.slice(0, 5)) expect(book.sizeAt(side, known)).toBe(knownSize)
  }
}

/** Runs a random walk of levels through the book and the model. `middle` may be negative or zero. */
function replay(
  steps: readonly Step[],
  options: OrderBookOptions,
  tick: (ticks: number) => number,
  middle: number,
): void {
  const book = new OrderBook(options)
  const model = new MapBook(options.crossed === 'uncross')
  let mid = middle
  for (const { side, distance, walk, offGrid, size } of steps) {
    mid += walk
    const ticks = side === 0 ? mid - 1 - distance : mid + distance
    const price = tick(ticks + offGrid)
    expect(book.set(side, price, size)).toBe(true)
    model.set(side, price, size)
    if (options.depth !== undefined) {
      book.beginMessage(false, 0, 0, Number.NaN, Number.NaN)
      book.endMessage()
      model.truncate(options.depth)
    }
    expect(book.bestBid).toBe(model.sorted(0)[0]?.[0] ?? Number.NaN)
    expect(book.bestAsk).toBe(model.sorted(1)[0]?.[0] ?? Number.NaN)
  }
  expectSame(book, model)
}

const steps = fc.array(step, { minLength: 1, maxLength: 250 })
const numRuns = runs({ ci: 300, full: 10_000 })

describe('OrderBook against a map of levels', () => {
  it('agrees while the touch walks, jumps and leaves the window, at prices of either sign', () => {
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom(1_000_000, 37, 0, -500),
        fc.constantFrom(32, 64, 256),
        (all, middle, maxWindow) => {
          replay(all, { priceStep: '0.01', initialWindow: 32, maxWindow }, (ticks) => ticks / 100, middle)
        },
      ),
      { numRuns },
    )
  })

  it('agrees when it removes what a new level crosses', () => {
    fc.assert(
      fc.property(steps, (all) => {
        replay(
          all,
          { priceStep: 0.25, crossed: 'uncross', initialWindow: 32, maxWindow: 128 },
          (ticks) => ticks * 0.25,
          19_000,
        )
      }),
      { numRuns },
    )
  })

  it('agrees when only the best levels are kept', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (all, depth) => {
        replay(all, { priceStep: '0.01', depth, initialWindow: 32, maxWindow: 64 }, (ticks) => ticks / 100, 5000)
      }),
      { numRuns },
    )
  })

  it('agrees without a ladder, and when levels lie too far apart for it', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 64), (all, maxWindow) => {
        replay(all, { priceStep: '0.01', maxWindow }, (ticks) => ticks * 7, 900)
      }),
      { numRuns },
    )
  })
})
