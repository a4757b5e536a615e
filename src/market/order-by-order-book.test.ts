import { describe, expect, it } from 'vitest'
import { LevelAction } from '../ring/kinds.js'
import { BookState } from './book.js'
import { OrderByOrderBook } from './order-by-order-book.js'

const largest = Number.MAX_SAFE_INTEGER

describe('OrderByOrderBook', () => {
  it('adds up orders to levels and knows places in the queue', () => {
    const book = new OrderByOrderBook()
    book.add(1, 0, 10, 100)
    book.add(largest, 0, 10, 50)
    book.add(3, 0, 9.99, 70)
    book.add(4, 1, 10.01, 20)
    expect([book.bestBid, book.bestBidSize, book.bestAsk, book.bestAskSize]).toEqual([10, 150, 10.01, 20])
    expect([book.levelCount(0), book.sizeAt(0, 9.99), book.ordersAt(0, 10)]).toEqual([2, 70, 2])
    expect([book.sizeAhead(largest), book.ordersAhead(largest)]).toEqual([100, 1])
    expect([book.orderPrice(3), book.orderSize(3), book.has(3), book.has(5)]).toEqual([9.99, 70, true, false])
    expect([book.sizeAhead(5), book.ordersAhead(5), book.orderPrice(5), book.orderSize(5)]).toEqual([
      Number.NaN,
      -1,
      Number.NaN,
      Number.NaN,
    ])
    expect(book.state).toBe(BookState.live)
  })

  it('an order keeps its place when it shrinks, and loses it when it grows or moves', () => {
    const book = new OrderByOrderBook()
    for (const id of [1, 2, 3]) book.add(id, 1, 20, 10)
    book.change(1, 1, 20, 4)
    expect(book.ordersAhead(1)).toBe(0)
    book.change(1, 1, Number.NaN, 5)
    expect([book.ordersAhead(1), book.ordersAhead(2), book.sizeAt(1, 20)]).toEqual([2, 0, 25])
    book.change(2, 1, 21, 10)
    expect([book.ordersAhead(3), book.sizeAt(1, 20), book.sizeAt(1, 21)]).toEqual([0, 15, 10])
  })

  it('an execution takes from an order in its place, and a whole one removes it', () => {
    const book = new OrderByOrderBook()
    book.add(1, 0, 10, 5)
    book.add(2, 0, 10, 7)
    expect(book.execute(1, 2)).toBe(true)
    expect([book.orderSize(1), book.ordersAhead(1), book.bestBidSize]).toEqual([3, 0, 10])
    expect(book.execute(1, 3)).toBe(true)
    expect([book.has(1), book.ordersAhead(2), book.bestBidSize]).toEqual([false, 0, 7])
    expect(book.execute(2, 8)).toBe(false)
    expect([book.orderSize(2), book.counters.invalid]).toEqual([7, 1])
  })

  it('counts what it does not know, and creates by a change unless told otherwise', () => {
    const book = new OrderByOrderBook()
    book.change(7, 0, 10, 5)
    expect([book.bestBid, book.orderCounters.unknownChanges]).toEqual([10, 1])
    book.delete(8)
    book.execute(8, 1)
    book.add(7, 0, 11, 5)
    expect(book.orderCounters).toEqual({ unknownChanges: 1, unknownDeletes: 2, duplicateAdds: 1 })
    expect([book.orderCount, book.bestBid]).toEqual([1, 11])

    const strict = new OrderByOrderBook({ unknownChange: 'ignore' })
    strict.change(7, 0, 10, 5)
    expect([strict.orderCount, strict.orderCounters.unknownChanges]).toEqual([0, 1])
  })

  it('refuses what is not an order', () => {
    const book = new OrderByOrderBook()
    for (const id of [-1, 1.5, Number.NaN, 2 ** 54]) expect(book.add(id, 0, 10, 1)).toBe(false)
    for (const price of [Number.NaN, Number.NEGATIVE_INFINITY]) expect(book.add(1, 0, price, 1)).toBe(false)
    for (const size of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(book.add(1, 0, 10, size)).toBe(false)
    book.add(1, 0, 10, 1)
    expect(book.change(1, 0, 10, -1)).toBe(false)
    expect([book.counters.invalid, book.orderCount, book.orderSize(1)]).toEqual([11, 1, 1])
  })

  it('is stale once it had to give up an order at its bound', () => {
    const book = new OrderByOrderBook({ maxOrders: 2, initialOrders: 1 })
    for (const id of [1, 2, 3]) book.add(id, 0, id, 1)
    expect([book.orderCount, book.counters.evicted, book.state]).toEqual([2, 1, BookState.stale])
  })

  it('takes messages: a snapshot, then changes', () => {
    const book = new OrderByOrderBook()
    book.add(99, 0, 1, 1)
    book.beginMessage(true, 1, 2, Number.NaN, Number.NaN)
    book.level(LevelAction.addOrder, 0, 10, 5, 1)
    book.level(LevelAction.addOrder, 1, 11, 5, 2)
    book.endMessage()
    book.beginMessage(false, 3, 4, Number.NaN, Number.NaN)
    book.level(LevelAction.changeOrder, 0, 10, 4, 1)
    book.level(LevelAction.deleteOrder, 1, 0, 0, 2)
    book.level(LevelAction.setLevel, 1, 12, 9, 0)
    book.endMessage()
    expect([book.bestBid, book.bestBidSize, book.levelCount(1), book.orderCount]).toEqual([10, 4, 0, 1])
    expect([book.counters.invalid, book.tsRecvUs]).toEqual([1, 4])
  })

  it('totals have no dust of added and subtracted fractions', () => {
    const book = new OrderByOrderBook()
    book.add(1, 0, 10, 0.1)
    book.add(2, 0, 10, 0.2)
    book.add(3, 0, 10, 0.3)
    book.delete(1)
    expect(book.bestBidSize).toBe(0.5)
    book.delete(2)
    expect(book.bestBidSize).toBe(0.3)
  })
})

describe('decimal sizes and sides that are none', () => {
  it('executions that take all of an order, in decimals, leave nothing of it', () => {
    const book = new OrderByOrderBook()
    book.add(1, 0, 10, 0.3)
    expect([book.execute(1, 0.1), book.execute(1, 0.2), book.has(1), book.levelCount(0)]).toEqual([
      true,
      true,
      false,
      0,
    ])
    book.add(2, 0, 10, 0.7)
    for (let i = 0; i < 7; i++) expect(book.execute(2, 0.1)).toBe(true)
    expect([book.has(2), book.counters.invalid]).toEqual([false, 0])
    book.add(4, 0, 10, 5e15)
    expect([book.execute(4, 5e15 - 1), book.orderSize(4)]).toEqual([true, 1])
    book.add(3, 0, 10, 0.3)
    expect([book.execute(3, 0.31), book.orderSize(3), book.counters.invalid]).toEqual([false, 0.3, 1])
  })

  it('a side that is none is refused and counted, as at level 2', () => {
    const book = new OrderByOrderBook()
    for (const side of [2, -1, 0.5, Number.NaN, undefined]) expect(book.add(1, side as 0, 100, 1)).toBe(false)
    expect(book.change(9, 3 as 0, 100, 1)).toBe(false)
    book.beginMessage(false, 1, 1, Number.NaN, Number.NaN)
    book.level(LevelAction.addOrder, 2 as 0, 100, 1, 7)
    book.endMessage()
    expect([book.counters.invalid, book.orderCount, book.bestAsk]).toEqual([7, 0, Number.NaN])
    book.add(1, 0, 100, 5)
    expect([book.change(1, 1, Number.NaN, 4), book.orderSize(1)]).toEqual([true, 4])
  })
})

describe('the depth of a deep book', () => {
  it('costs a step a level, from both ends of the book', () => {
    const levels = 60_000
    const book = new OrderByOrderBook({})
    for (let i = 0; i < levels; i++) book.add(i, 0, i, i + 1)
    const prices = new Float64Array(levels)
    const sizes = new Float64Array(levels)
    const msOf = () => {
      const since = process.cpuUsage()
      expect(book.depth(0, levels, prices, sizes)).toBe(levels)
      return process.cpuUsage(since).user / 1_000
    }
    // Walking to each level from the best one would take seconds.
    expect(Math.min(msOf(), msOf(), msOf())).toBeLessThan(500)
    expect([prices[0], sizes[0], prices[levels - 1], sizes[levels - 1]]).toEqual([levels - 1, levels, 0, 1])
  })
})
