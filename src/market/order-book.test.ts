import { describe, expect, it } from 'vitest'
import { LevelAction } from '../ring/kinds.js'
import { BookState, MessageVerdict } from './book.js'
import { OrderBook, type OrderBookOptions } from './order-book.js'

const none = Number.NaN

function bookOf(options: Partial<OrderBookOptions> = {}): OrderBook {
  return new OrderBook({ priceStep: '0.01', ...options })
}

function message(book: OrderBook, sequence: number, previous: number, ...levels: [0 | 1, number, number][]): number {
  const verdict = book.beginMessage(false, sequence * 10, sequence * 10 + 1, sequence, previous)
  for (const [side, price, size] of levels) book.level(LevelAction.setLevel, side, price, size, 0)
  book.endMessage()
  return verdict
}

describe('OrderBook', () => {
  it('reads NaN and 0 while it is empty', () => {
    const book = bookOf()
    expect([book.bestBid, book.bestAsk, book.bestBidSize, book.bestAskSize]).toEqual([none, none, none, none])
    expect([book.levelCount(0), book.levelCount(1), book.sizeAt(0, 1)]).toEqual([0, 0, 0])
    expect(book.state).toBe(BookState.empty)
    expect([book.isCrossed, book.isLocked, book.isOneSided]).toEqual([false, false, false])
  })

  it('a side that is none is refused and counted', () => {
    const book = bookOf()
    for (const side of [2, -1, 0.5, Number.NaN, undefined]) expect(book.set(side as 0, 100, 1)).toBe(false)
    expect([book.counters.invalid, book.levelCount(0), book.levelCount(1)]).toEqual([5, 0, 0])
  })

  it('keeps prices between two steps apart from those on them', () => {
    const book = bookOf()
    const near = 100.01 + 2 ** -46
    expect(near).not.toBe(100.01)
    book.set(0, 100.01, 5)
    book.set(0, near, 7)
    book.set(0, 100.005, 3)
    expect([book.bestBid, book.bestBidSize, book.levelCount(0)]).toEqual([near, 7, 3])
    book.set(0, near, 0)
    expect([book.bestBid, book.sizeAt(0, 100.01), book.sizeAt(0, 100.005)]).toEqual([100.01, 5, 3])
  })

  it('shows crossed, locked and one-sided books', () => {
    const book = bookOf()
    book.set(0, 10, 1)
    expect(book.isOneSided).toBe(true)
    book.set(1, 10, 1)
    expect([book.isLocked, book.isCrossed, book.isOneSided]).toEqual([true, false, false])
    book.set(0, 10.02, 1)
    expect([book.isLocked, book.isCrossed]).toEqual([false, true])
  })

  it('uncross removes what a new level crosses or locks, and counts it', () => {
    const book = bookOf({ crossed: 'uncross' })
    for (const price of [10.01, 10.02, 10.03]) book.set(1, price, 1)
    book.set(0, 10.02, 4)
    expect([book.bestBid, book.bestAsk, book.levelCount(1), book.counters.uncrossed]).toEqual([10.02, 10.03, 1, 2])
    book.set(1, 9.5, 1)
    expect([book.levelCount(0), book.bestAsk]).toEqual([0, 9.5])
  })

  it('refuses what is not a level and counts it', () => {
    const book = bookOf()
    book.set(0, 10, 1)
    for (const price of [Number.NaN, Number.POSITIVE_INFINITY]) expect(book.set(0, price, 1)).toBe(false)
    for (const size of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(book.set(0, 10, size)).toBe(false)
      expect(book.set(0, 10.001, size)).toBe(false)
    }
    expect(book.counters.invalid).toBe(8)
    expect([book.bestBid, book.bestBidSize, book.levelCount(0)]).toEqual([10, 1, 1])
  })

  it('gives up the worst level at its bound, and says that it is no longer whole', () => {
    const book = bookOf({ maxLevels: 3 })
    for (const price of [10, 11, 12, 13]) book.set(0, price, 1)
    expect([book.levelCount(0), book.sizeAt(0, 10), book.counters.evicted]).toEqual([3, 0, 1])
    expect(book.state).toBe(BookState.stale)
  })

  it('a snapshot beyond the bound leaves the book stale', () => {
    const book = bookOf({ maxLevels: 2 })
    book.applySnapshot([1, 2, 3], [1, 1, 1], [], [])
    expect(book.state).toBe(BookState.stale)
  })

  it('uses little memory for small books and keeps to its window', () => {
    const book = bookOf({ maxWindow: 256 })
    expect(book.bytes).toBeLessThan(2_048)
    for (let i = 0; i < 5_000; i++) book.set(0, (100_000 - i) / 100, 1)
    expect(book.ladderCount(0)).toBeLessThanOrEqual(256)
    expect(book.levelCount(0)).toBe(5_000)
  })

  it('does without the ladder where levels lie too far apart, and tries it again', () => {
    const book = bookOf({ maxWindow: 64 })
    const plain = bookOf({ maxWindow: 0 })
    const both = (side: 0 | 1, price: number, size: number) => {
      book.set(side, price, size)
      plain.set(side, price, size)
    }
    const apart = (i: number) => (10_000 + 40 * i) / 100
    for (let i = 0; i < 60; i++) both(0, apart(i), 1)
    expect(book.ladderCount(0)).toBe(0)
    for (let i = 0; i < 65_480; i++) {
      both(0, apart(i % 50), 0)
      both(0, apart(i % 50), 1 + i)
    }
    expect(book.ladderCount(0)).toBe(0)
    // Levels side by side at the touch: the ladder takes them again.
    for (let i = 0; i < 60; i++) both(0, 200 + i / 100, 5)
    expect(book.ladderCount(0)).toBeGreaterThan(20)
    const read = (from: OrderBook) => {
      const prices = new Float64Array(200)
      const sizes = new Float64Array(200)
      return [from.depth(0, 200, prices, sizes), [...prices], [...sizes], from.bestBid]
    }
    expect(read(book)).toEqual(read(plain))
  })

  it('a listener may clear the book that has the gap', () => {
    const book = bookOf({ sequenceRule: 'chained', onGap: (stale) => stale.clear() })
    book.applySnapshot([10], [1], [11], [1], 5)
    message(book, 9, 8, [0, 10, 3])
    expect([book.state, book.levelCount(0), book.pendingCount]).toEqual([BookState.empty, 0, 0])
    book.applySnapshot([10], [1], [11], [1], 9)
    expect([book.state, book.bestBidSize]).toEqual([BookState.live, 1])
  })

  it('holds many messages of many levels', () => {
    const book = bookOf({ sequenceRule: 'chained' })
    for (let i = 1; i <= 100; i++) message(book, i, i - 1, [0, i, 1], [0, i - 1, 0], [1, 200 + i, 1], [1, 199 + i, 0])
    book.applySnapshot([40], [7], [240], [7], 40)
    expect([book.state, book.bestBid, book.bestAsk, book.levelCount(0), book.sequence]).toEqual([
      BookState.live,
      100,
      300,
      1,
      100,
    ])
    expect(book.counters).toMatchObject({ held: 100, dropped: 40, applied: 61 })
  })

  it('names the option that is wrong', () => {
    expect(() => bookOf({ maxWindow: 100 })).toThrow(/maxWindow/)
    expect(() => bookOf({ initialWindow: 16 })).toThrow(/initialWindow/)
    expect(() => bookOf({ depth: 0 })).toThrow(/depth/)
    expect(() => bookOf({ priceStep: '-0.01' })).toThrow(/priceStep/)
    expect(() => bookOf({ sequenceRule: 'guess' as never })).toThrow(/guess.*chained/)
    expect(() => new OrderBook({ priceStep: 1, widow: 3 } as never)).toThrow(/widow/)
  })
})

describe('OrderBook messages', () => {
  it('holds changes until the snapshot, drops the older ones, and replays the rest', () => {
    const book = bookOf({ sequenceRule: 'chained' })
    expect(message(book, 8, 7, [0, 9.9, 9])).toBe(MessageVerdict.held)
    expect(book.state).toBe(BookState.syncing)
    message(book, 10, 8, [0, 9.9, 8])
    message(book, 12, 10, [0, 10, 7], [1, 10.5, 0])
    message(book, 13, 12, [0, 10, 6])
    book.applySnapshot([9.9], [1], [10.5, 10.6], [2, 3], 11)
    expect(book.state).toBe(BookState.live)
    expect([book.bestBid, book.bestBidSize, book.sizeAt(0, 9.9), book.bestAsk]).toEqual([10, 6, 1, 10.6])
    expect([book.sequence, book.tsEventUs, book.tsRecvUs]).toEqual([13, 130, 131])
    expect(book.counters).toMatchObject({ held: 4, dropped: 2, applied: 3, snapshots: 1, gaps: 0 })
    expect(book.pendingCount).toBe(0)
  })

  it('a gap makes it stale: levels stay, changes are held, the next snapshot heals it', () => {
    const gaps: number[][] = []
    const book = bookOf({ sequenceRule: 'chained', onGap: (_, expected, received) => gaps.push([expected, received]) })
    book.applySnapshot([10], [1], [11], [1], 5)
    message(book, 6, 5, [0, 10, 2])
    message(book, 8, 7, [0, 10, 3])
    expect(gaps).toEqual([[6, 7]])
    expect([book.state, book.bestBidSize]).toEqual([BookState.stale, 2])
    expect(message(book, 9, 8, [0, 10.2, 4])).toBe(MessageVerdict.held)
    book.applySnapshot([10], [3], [11], [1], 8)
    expect([book.state, book.bestBid, book.sequence, book.counters.gaps]).toEqual([BookState.live, 10.2, 9, 1])
  })

  it('without numbers, a stale book takes the next snapshot as it is: what was held came before it', () => {
    for (const sequenceRule of ['unsequenced', 'chained'] as const) {
      const book = bookOf({ sequenceRule })
      book.applySnapshot([10], [1], [11], [1], none)
      book.markStale()
      expect(message(book, none, none, [0, 10.5, 4])).toBe(MessageVerdict.held)
      book.applySnapshot([10], [3], [11], [1], none)
      expect([book.state, book.bestBid, book.bestBidSize, book.pendingCount], sequenceRule).toEqual([
        BookState.live,
        10,
        3,
        0,
      ])
      expect(book.counters, sequenceRule).toMatchObject({ held: 1, dropped: 1, applied: 2, snapshots: 2 })
    }
  })

  it('changes between the messages of one snapshot follow it, also without numbers', () => {
    const book = bookOf()
    book.applySnapshot([10], [1], [11], [1], none)
    book.markStale()
    message(book, none, none, [0, 10.5, 4])
    book.beginMessage(true, 1, 1, none, none)
    book.level(LevelAction.setLevel, 0, 9, 1, 0)
    book.endMessage(false)
    message(book, none, none, [0, 9.5, 2])
    book.beginMessage(true, 1, 1, none, none)
    book.level(LevelAction.setLevel, 1, 11, 1, 0)
    book.endMessage(true)
    expect([book.state, book.bestBid, book.bestAsk, book.levelCount(0)]).toEqual([BookState.live, 9.5, 11, 2])
  })

  it('a snapshot older than what is held leaves a gap and keeps what is held', () => {
    const book = bookOf({ sequenceRule: 'chained' })
    message(book, 20, 19, [0, 10, 1])
    book.applySnapshot([9], [1], [11], [1], 15)
    expect([book.state, book.pendingCount, book.counters.gaps]).toEqual([BookState.stale, 1, 1])
    book.applySnapshot([9], [1], [11], [1], 19)
    expect([book.state, book.bestBid, book.pendingCount]).toEqual([BookState.live, 10, 0])
  })

  it('goes on through a snapshot of several messages, and is not live before its end', () => {
    const book = bookOf()
    book.set(0, 1, 1)
    book.beginMessage(true, 1, 1, none, none)
    book.level(LevelAction.setLevel, 0, 10, 1, 0)
    book.endMessage(false)
    expect(book.state).toBe(BookState.syncing)
    book.beginMessage(true, 1, 1, none, none)
    book.level(LevelAction.setLevel, 1, 11, 1, 0)
    book.endMessage(true)
    expect([book.state, book.bestBid, book.bestAsk, book.levelCount(0)]).toEqual([BookState.live, 10, 11, 1])
    expect(book.counters.snapshots).toBe(1)
  })

  it('gives up what is held at the bound, which shows as a gap after the snapshot', () => {
    const book = bookOf({ sequenceRule: 'chained', maxPendingLevels: 3 })
    for (let i = 1; i <= 5; i++) message(book, i, i - 1, [0, 10, i])
    expect(book.counters.overflowed).toBeGreaterThan(0)
    expect(book.counters.held).toBe(5)
    book.applySnapshot([10], [1], [11], [1], 1)
    expect(book.state).toBe(BookState.stale)
  })

  it('gives up a message too large to be held', () => {
    const book = bookOf({ sequenceRule: 'chained', maxPendingLevels: 2 })
    message(book, 1, 0, [0, 1, 1], [0, 2, 1], [0, 3, 1], [0, 4, 1])
    expect([book.pendingCount, book.counters.overflowed]).toEqual([0, 1])
    message(book, 2, 1, [0, 5, 1])
    book.applySnapshot([1], [1], [], [], 1)
    expect([book.state, book.bestBid]).toEqual([BookState.live, 5])
  })

  it('keeps the depth that the feed keeps', () => {
    const book = bookOf({ depth: 2 })
    book.applySnapshot([10, 9, 8], [1, 1, 1], [11, 12, 13], [1, 1, 1])
    expect([book.levelCount(0), book.levelCount(1), book.counters.truncated]).toEqual([2, 2, 2])
    message(book, 1, none, [0, 10.5, 1], [0, 10, 0])
    expect([book.levelCount(0), book.sizeAt(0, 9)]).toEqual([2, 1])
  })

  it('counts rows that a level-2 book cannot hold', () => {
    const book = bookOf()
    book.beginMessage(false, 1, 1, none, none)
    book.level(LevelAction.addOrder, 0, 10, 1, 77)
    book.level(LevelAction.setLevel, 0, none, 1, 0)
    book.endMessage()
    expect([book.counters.invalid, book.levelCount(0)]).toEqual([2, 0])
  })

  it('clear forgets all but the counters', () => {
    const book = bookOf({ sequenceRule: 'consecutive' })
    book.applySnapshot([10], [1], [11], [1], 5)
    book.clear()
    expect([book.state, book.levelCount(0), book.sequence, book.counters.snapshots]).toEqual([
      BookState.empty,
      0,
      none,
      1,
    ])
    expect(message(book, 9, none, [0, 10, 1])).toBe(MessageVerdict.held)
  })
})
