/** Books of several venues read as one: against sums over the venues, for random books. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { LevelAction } from '../ring/kinds.js'
import { BookAnalytics } from './analytics.js'
import { ConsolidatedBook } from './consolidated-book.js'
import { OrderBook } from './order-book.js'

type Level = readonly [0 | 1, number, number]

function bookOf(source: number, levels: readonly Level[], tsUs = 1_000): OrderBook {
  const book = new OrderBook({ instrument: 0, source, priceStep: '0.01' })
  book.beginMessage(true, tsUs, tsUs, Number.NaN, Number.NaN)
  for (const [side, price, size] of levels) book.level(LevelAction.setLevel, side, price, size, 0)
  book.endMessage()
  return book
}

const a = bookOf(1, [
  [0, 100, 5],
  [0, 99.99, 2],
  [1, 100.01, 1],
])
const b = bookOf(2, [
  [0, 100, 4],
  [0, 99.98, 7],
  [1, 100.02, 3],
  [1, 100.01, 2],
])

describe('a consolidated book', () => {
  it('adds up what venues have at one price, and tells them apart where asked', () => {
    const book = new ConsolidatedBook([a, b])
    const prices = new Float64Array(8)
    const sizes = new Float64Array(8)
    const sources = new Int32Array(8)
    expect([book.bestBid, book.bestBidSize, book.bestAsk, book.bestAskSize]).toEqual([100, 9, 100.01, 3])
    expect(book.depth(0, 8, prices, sizes)).toBe(3)
    expect([...prices.slice(0, 3), ...sizes.slice(0, 3)]).toEqual([100, 99.99, 99.98, 9, 2, 7])
    expect(book.depth(0, 2, prices, sizes)).toBe(2)
    expect(book.venueDepth(0, 3, prices, sizes, sources)).toBe(3)
    expect([...sources.slice(0, 3)]).toEqual([1, 2, 1])
    expect([book.levelCount(0), book.levelCount(1), book.sizeAt(1, 100.01), book.venues]).toEqual([3, 2, 3, 2])
    expect([book.isCrossed, book.isLocked, book.isOneSided, book.source]).toEqual([false, false, false, -1])
  })

  it('leaves venues out that are not live or too old', () => {
    let now = 1_000
    const old = bookOf(3, [[0, 101, 1]], 500)
    const empty = new OrderBook({ instrument: 0, source: 4, priceStep: '0.01' })
    const book = new ConsolidatedBook([a, old, empty], { maxAgeUs: 600, nowUs: () => now })
    expect([book.venues, book.bestBid, book.isCrossed]).toEqual([2, 101, true])
    now = 1_200
    expect([book.venues, book.bestBid]).toEqual([1, 100])
    now = 9_999
    expect([book.venues, book.bestBid, book.state, book.depth(0, 1, new Float64Array(1), new Float64Array(1))]).toEqual(
      [0, Number.NaN, 3, 0],
    )
  })

  it('is read by the analytics as any book is', () => {
    const book = new ConsolidatedBook([a, b])
    expect(new BookAnalytics().imbalance(book, 2)).toBeCloseTo((11 - 6) / (11 + 6), 12)
  })

  it('equals the sum over venues for any books', () => {
    const level = fc.tuple(
      fc.constantFrom<0 | 1>(0, 1),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 9 }),
    )
    const books = fc.array(fc.array(level, { maxLength: 120 }), { minLength: 1, maxLength: 4 })
    const property = fc.property(books, fc.integer({ min: 1, max: 60 }), (contents, count) => {
      const parts = contents.map((levels, source) => {
        return bookOf(
          source,
          levels.map(([side, ticks, size]) => [side, ticks / 100, size]),
        )
      })
      const book = new ConsolidatedBook(parts)
      for (const side of [0, 1] as const) {
        const sums = new Map<number, number>()
        for (const part of parts) {
          const prices = new Float64Array(256)
          const sizes = new Float64Array(256)
          const levels = part.depth(side, 256, prices, sizes)
          for (let i = 0; i < levels; i++)
            sums.set(prices[i] as number, (sums.get(prices[i] as number) ?? 0) + (sizes[i] as number))
        }
        const expected = [...sums].sort(([x], [y]) => (side === 0 ? y - x : x - y))
        const prices = new Float64Array(256)
        const sizes = new Float64Array(256)
        const levels = book.depth(side, count, prices, sizes)
        expect(levels).toBe(Math.min(count, expected.length))
        expect(book.levelCount(side)).toBe(expected.length)
        for (let i = 0; i < levels; i++) expect([prices[i], sizes[i]]).toEqual(expected[i])
      }
    })
    fc.assert(property, { numRuns: runs({ ci: 300, full: 10_000 }) })
  })

  it('refuses what makes no sense', () => {
    expect(() => new ConsolidatedBook([])).toThrow('books')
    expect(() => new ConsolidatedBook([a], { maxAgeUs: 5 })).toThrow('nowUs')
  })
})
