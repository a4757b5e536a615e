import { describe, expect, it } from 'vitest'
import { BookAnalytics, microprice } from './analytics.js'
import { OrderBook } from './order-book.js'
import { OrderByOrderBook } from './order-by-order-book.js'

const analytics = new BookAnalytics()

function sample(): OrderBook {
  const book = new OrderBook({ priceStep: '0.01' })
  book.applySnapshot([99.9, 99.8, 99.7], [10, 20, 30], [100.1, 100.2, 100.4], [30, 10, 5])
  return book
}

describe('BookAnalytics', () => {
  it('computes mid, spread, microprice and imbalance', () => {
    const book = sample()
    expect(analytics.mid(book)).toBe(100)
    expect(analytics.spread(book)).toBeCloseTo(0.2, 12)
    expect(analytics.spreadBps(book)).toBeCloseTo(20, 9)
    expect(analytics.microprice(book)).toBeCloseTo((99.9 * 30 + 100.1 * 10) / 40, 12)
    expect(analytics.imbalance(book, 1)).toBe(-0.5)
    expect(analytics.imbalance(book, 3)).toBe((60 - 45) / 105)
    expect(microprice(1, Number.NaN, 2, 3)).toBe(Number.NaN)
  })

  it('is NaN where a side is missing', () => {
    const book = new OrderBook({ priceStep: 1 })
    expect([
      analytics.mid(book),
      analytics.spreadBps(book),
      analytics.microprice(book),
      analytics.imbalance(book, 5),
    ]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
    const result = analytics.sweepQuantity(book, 1, 5)
    expect([result.quantity, result.averagePrice, result.worstPrice, result.isComplete]).toEqual([
      0,
      Number.NaN,
      Number.NaN,
      false,
    ])
  })

  it('a quantity trades through the levels', () => {
    const result = analytics.sweepQuantity(sample(), 1, 35)
    expect(result).toMatchObject({ quantity: 35, worstPrice: 100.2, levels: 2, isComplete: true })
    expect(result.averagePrice).toBeCloseTo((30 * 100.1 + 5 * 100.2) / 35, 12)
    expect(analytics.sweepQuantity(sample(), 0, 61)).toMatchObject({
      quantity: 60,
      worstPrice: 99.7,
      levels: 3,
      isComplete: false,
    })
    expect(analytics.sweepQuantity(sample(), 1, 30)).toMatchObject({ worstPrice: 100.1, levels: 1, isComplete: true })
  })

  it('fractions that add up to the quantity need no further level', () => {
    const book = new OrderBook({ priceStep: 1 })
    book.applySnapshot([], [], [1, 2, 3, 4], [0.1, 0.7, 0.1, 5])
    expect(analytics.sweepQuantity(book, 1, 0.8999999999999999)).toMatchObject({ worstPrice: 3, isComplete: true })
  })

  it('an amount of money buys through the levels', () => {
    const result = analytics.sweepNotional(sample(), 1, 3_003 + 501)
    expect(result).toMatchObject({ notional: 3_504, worstPrice: 100.2, levels: 2, isComplete: true })
    expect(result.quantity).toBeCloseTo(35, 9)
    expect(analytics.sweepNotional(sample(), 1, 1e9).isComplete).toBe(false)
  })

  it('money never runs out at prices of zero or below', () => {
    const book = new OrderBook({ priceStep: 1 })
    book.applySnapshot([], [], [-1, 0, 2], [5, 5, 5])
    const result = analytics.sweepNotional(book, 1, 3)
    expect(result).toMatchObject({ quantity: 14, notional: 3, worstPrice: 2, isComplete: true })
  })

  it('sizes within a distance of the touch, in books of hundreds of levels and of both kinds', () => {
    const book = new OrderByOrderBook()
    for (let i = 0; i < 500; i++) book.add(i + 1, 1, 100 + i, 2)
    expect(analytics.sizeWithin(book, 1, 99)).toBe(200)
    expect(analytics.sizeWithin(book, 1, 10_000)).toBe(1_000)
    expect(analytics.totalSize(book, 1, 450)).toBe(900)
    expect(analytics.sweepQuantity(book, 1, 999)).toMatchObject({ worstPrice: 599, levels: 500, isComplete: true })
  })
})

describe('amounts that nobody can mean, and decimal prices', () => {
  it('more than the book has is not complete, however much it is; what is no amount neither', () => {
    for (const target of [Number.POSITIVE_INFINITY, 1e300]) {
      expect(analytics.sweepQuantity(sample(), 1, target)).toMatchObject({ quantity: 45, levels: 3, isComplete: false })
      expect(analytics.sweepNotional(sample(), 1, target)).toMatchObject({ quantity: 45, levels: 3, isComplete: false })
    }
    for (const target of [Number.NaN, -1, Number.NEGATIVE_INFINITY]) {
      expect(analytics.sweepQuantity(sample(), 1, target)).toMatchObject({ quantity: 0, levels: 0, isComplete: false })
      expect(analytics.sweepNotional(sample(), 1, target)).toMatchObject({ quantity: 0, levels: 0, isComplete: false })
    }
    expect(analytics.sweepQuantity(sample(), 1, 0)).toMatchObject({ quantity: 0, isComplete: true })
  })

  it('a distance includes its bound, though the difference of two prices is no decimal', () => {
    const book = new OrderBook({ priceStep: '0.1' })
    book.applySnapshot([0.9, 0.8], [1, 2], [1, 1.1, 1.2, 1.3], [1, 10, 100, 1000])
    expect([0.1, 0.2, 0.3].map((distance) => analytics.sizeWithin(book, 1, distance))).toEqual([11, 111, 1111])
    expect([0.09, 0.1].map((distance) => analytics.sizeWithin(book, 0, distance))).toEqual([1, 3])
  })
})
