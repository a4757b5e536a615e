import { describe, expect, it } from 'vitest'
import { IngestRing } from '../ring/ingest-ring.js'
import { LevelAction } from '../ring/kinds.js'
import { BookState } from './book.js'
import { BookStore } from './book-store.js'

const none = Number.NaN

describe('BookStore', () => {
  it('keeps books of both kinds for many instruments and sources from one ring', () => {
    const seen: number[] = []
    const store = new BookStore({
      define: (instrument) => {
        if (instrument === 9) return undefined
        return instrument === 1 ? { kind: 'level3' } : { kind: 'level2', priceStep: '0.01', sequenceRule: 'chained' }
      },
      onBook: (book) => seen.push(book.instrument),
    })
    const ring = new IngestRing({ capacity: 64 })
    const consumer = ring.addConsumer({
      name: 'books',
      policy: 'backpressure',
      handlers: { onBooks: store.applyBatch },
    })

    ring.beginBook(0, 0, true, 1, 2, 10, none)
    ring.addLevel(0, 99.5, 5)
    ring.addLevel(1, 100, 6)
    ring.commitBook()
    ring.beginBook(1, 2, false, 3, 4, none, none)
    ring.addOrder(LevelAction.addOrder, 0, 50, 7, 1234)
    ring.commitBook()
    ring.beginBook(0, 0, false, 5, 6, 11, 10)
    ring.addLevel(0, 99.75, 1)
    ring.commitBook()
    ring.beginBook(9, 0, true, 5, 6, none, none)
    ring.commitBook()
    consumer.drain()

    expect([store.level2(0).bestBid, store.level2(0).bestAskSize, store.level2(0).sequence]).toEqual([99.75, 6, 11])
    expect([store.level3(1, 2).bestBid, store.level3(1, 2).orderSize(1234)]).toEqual([50, 7])
    expect([store.book(9), store.ignoredMessages, store.size, seen]).toEqual([undefined, 1, 2, [0, 1, 0]])
    expect([...store.books()].map((book) => [book.source, book.instrument])).toEqual([
      [0, 0],
      [2, 1],
    ])
    expect(() => store.level3(0)).toThrow(/level-3/)
    expect(() => store.level2(1, 2)).toThrow(/level-2/)
  })

  it('reports a gap with the book, calls no listener for held messages, and heals by a snapshot', () => {
    const gaps: string[] = []
    let updates = 0
    const store = new BookStore({
      define: () => ({ kind: 'level2', priceStep: 1, sequenceRule: 'chained' }),
      onBook: () => updates++,
      onGap: (book, expected, received) => gaps.push(`${book.instrument}: ${expected} ${received}`),
    })
    const ring = new IngestRing({ capacity: 64 })
    const consumer = ring.addConsumer({
      name: 'books',
      policy: 'backpressure',
      handlers: { onBooks: store.applyBatch },
    })
    const publish = (isSnapshot: boolean, sequence: number, previous: number) => {
      ring.beginBook(4, 0, isSnapshot, 1, 1, sequence, previous)
      ring.addLevel(0, sequence, 1)
      ring.commitBook()
      consumer.drain()
    }
    publish(true, 10, none)
    publish(false, 12, 11)
    expect([gaps, updates, store.level2(4).state]).toEqual([['4: 10 11'], 1, BookState.stale])
    publish(true, 11, none)
    expect([updates, store.level2(4).state, store.level2(4).bestBid]).toEqual([2, BookState.live, 12])
    store.clearSource(0)
    expect(store.level2(4).state).toBe(BookState.empty)
  })

  it('publishes best prices as quotes where they changed, and takes them back from a stale book', () => {
    const ring = new IngestRing({ capacity: 64 })
    const store = new BookStore({
      define: () => ({ kind: 'level2', priceStep: 1, sequenceRule: 'chained' }),
      quotes: ring,
    })
    const quotes: number[][] = []
    const consumer = ring.addConsumer({
      name: 'books',
      policy: 'backpressure',
      handlers: {
        onBooks: store.applyBatch,
        onQuotes({ quotes: { instrument, source, bid, ask, bidSize, askSize, tsEventUs, tsRecvUs } }, from, to) {
          for (let row = from; row < to; row++) {
            quotes.push([instrument[row], source[row], bid[row], ask[row], bidSize[row], askSize[row]])
            quotes.push([tsEventUs[row], tsRecvUs[row]])
          }
        },
      },
    })
    const publish = (
      isSnapshot: boolean,
      sequence: number,
      previous: number,
      side: 0 | 1,
      price: number,
      size: number,
    ) => {
      ring.beginBook(4, 2, isSnapshot, sequence * 10, sequence * 10 + 1, sequence, previous)
      ring.addLevel(side, price, size)
      ring.commitBook()
      consumer.drain()
      consumer.drain()
      return quotes.splice(0)
    }
    expect(publish(false, 1, 0, 0, 9, 1)).toEqual([])
    expect(publish(true, 2, none, 0, 10, 5)).toEqual([
      [4, 2, 10, none, 5, 0],
      [20, 21],
    ])
    expect(publish(false, 3, 2, 1, 12, 6)).toEqual([
      [4, 2, 10, 12, 5, 6],
      [30, 31],
    ])
    expect(publish(false, 4, 3, 0, 9, 1)).toEqual([])
    expect(publish(false, 5, 4, 0, 10, 7)).toEqual([
      [4, 2, 10, 12, 7, 6],
      [50, 51],
    ])
    expect(publish(false, 7, 6, 0, 10, 8)).toEqual([
      [4, 2, none, none, 0, 0],
      [70, 71],
    ])
    expect(publish(false, 8, 7, 0, 10, 9)).toEqual([])
    expect(publish(true, 8, none, 0, 10, 7)).toEqual([
      [4, 2, 10, none, 7, 0],
      [80, 81],
    ])
    store.clearSource(2)
    expect(publish(true, 9, none, 0, 10, 7)).toEqual([
      [4, 2, 10, none, 7, 0],
      [90, 91],
    ])
  })

  it('tries a quote again that was refused, and publishes nothing in the middle of an update', () => {
    let isFull = true
    const bids: number[] = []
    const store = new BookStore({
      define: () => ({ kind: 'level2', priceStep: 1 }),
      quotes: {
        publishQuote(_instrument, _source, bid) {
          if (!isFull) bids.push(bid)
          return !isFull
        },
      },
    })
    const ring = new IngestRing({ capacity: 64 })
    const consumer = ring.addConsumer({
      name: 'books',
      policy: 'backpressure',
      handlers: { onBooks: store.applyBatch },
    })
    const publish = (price: number, isLast: boolean) => {
      ring.beginBook(0, 0, false, 1, 1, none, none)
      ring.addLevel(0, price, 1)
      ring.commitBook(isLast)
      consumer.drain()
    }
    publish(10, true)
    expect([bids, store.refusedQuotes]).toEqual([[], 1])
    isFull = false
    publish(11, false)
    publish(9, true)
    expect([bids, store.refusedQuotes]).toEqual([[11], 1])
  })

  it('refuses options that it does not know or that are out of range', () => {
    const define = () => undefined
    expect(() => new BookStore({ define, onBooks: () => {} } as never)).toThrow(/unknown option 'onBooks'/)
    expect(() => new BookStore({ define, maxBooks: 0 })).toThrow(/maxBooks/)
  })

  it('stops making books at its bound', () => {
    const store = new BookStore({ define: () => ({ kind: 'level2', priceStep: 1 }), maxBooks: 2 })
    expect([store.book(0), store.book(1), store.book(2)].map((book) => book !== undefined)).toEqual([true, true, false])
  })

  it('500 books stay small', () => {
    const store = new BookStore({ define: () => ({ kind: 'level2', priceStep: '0.01' }) })
    let bytes = 0
    for (let i = 0; i < 500; i++) {
      const book = store.level2(i)
      for (let level = 0; level < 40; level++) {
        book.set(0, (10_000 - level) / 100, 1)
        book.set(1, (10_001 + level) / 100, 1)
      }
      bytes += book.bytes
    }
    expect(bytes).toBeLessThan(2_000_000)
  })
})
