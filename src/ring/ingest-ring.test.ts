/** Publishing, room, total order, wrap-around and books of the ingest ring. */
import { describe, expect, it } from 'vitest'
import { TradewireError } from '../core/errors.js'
import { BookView } from './book-view.js'
import { IngestRing, type IngestRingOptions } from './ingest-ring.js'
import { BookSide, EventKind, LevelAction, TradingStatus } from './kinds.js'
import { maxOffset } from './sequencer.js'

const codeOf = (action: () => unknown): string => {
  try {
    action()
  } catch (error) {
    if (error instanceof TradewireError) return error.code
    throw error
  }
  return 'none'
}

const quote = (ring: IngestRing, id: number, instrument = 0): boolean =>
  ring.publishQuote(instrument, 0, id, id + 1, 1, 2, id, id, id, 0)

const trade = (ring: IngestRing, id: number): boolean => ring.publishTrade(0, 0, id, 1, 1, id, id, id, Number.NaN, 0)

const book = (ring: IngestRing, id: number, levels: number): boolean => {
  ring.beginBook(0, 0, false, id, id, id, Number.NaN)
  for (let level = 0; level < levels; level++) ring.addLevel(BookSide.bid, id, level)
  return ring.commitBook()
}

const firstRow = (columns: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, (column as Float64Array)[0]]))

/** A consumer that writes down kind and id (`tsEventUs`) of every event, one string a batch. */
const recorder = (
  ring: IngestRing,
  policy: 'backpressure' | 'dropOldest' | 'conflate' = 'backpressure',
  maxBatch = 1024,
) => {
  const batches: string[] = []
  const record =
    (letter: string, columns: { readonly tsEventUs: Float64Array }) =>
    (_ring: IngestRing, from: number, to: number): void => {
      batches.push(letter + Array.from(columns.tsEventUs.subarray(from, to)).join(','))
    }
  const consumer = ring.addConsumer({
    name: `recorder ${ring.consumers.length}`,
    policy,
    maxBatch,
    handlers: {
      onQuotes: record('q', ring.quotes),
      onTrades: record('t', ring.trades),
      onBooks: record('b', ring.books),
      onBars: record('r', ring.bars),
      onStatuses: record('s', ring.statuses),
      onNotes: record('n', ring.notes),
    },
  })
  return { consumer, batches }
}

describe('IngestRing options', () => {
  it.each<[string, IngestRingOptions]>([
    ['capacity not a power of two', { capacity: 1000 }],
    ['capacity 1', { capacity: 1 }],
    ['capacity NaN', { capacity: Number.NaN }],
    ['capacity beyond the maximum', { capacity: 2 ** 25 }],
    ['levelCapacity fractional', { levelCapacity: 2.5 }],
    ['no instruments', { instruments: 0 }],
    ['too many sources', { sources: 257 }],
    ['too large a conflation table', { instruments: 2 ** 20, sources: 5 }],
    ['unknown option', { size: 4 } as IngestRingOptions],
  ])('refuses %s', (_title, options) => {
    expect(codeOf(() => new IngestRing(options))).toBe('TW_INVALID_ARGUMENT')
  })

  it('says how much memory it holds', () => {
    const small = new IngestRing({ capacity: 16 }).byteLength
    expect(new IngestRing({ capacity: 32 }).byteLength).toBeGreaterThan(small * 1.7)
    const ring = new IngestRing({ capacity: 16, instruments: 10, sources: 2 })
    recorder(ring, 'conflate')
    expect(ring.byteLength).toBeGreaterThan(small)
  })
})

describe('total order', () => {
  it('cuts batches where the kind changes', () => {
    const ring = new IngestRing({ capacity: 16 })
    const { consumer, batches } = recorder(ring)
    quote(ring, 1)
    quote(ring, 2)
    trade(ring, 3)
    quote(ring, 4)
    book(ring, 5, 2)
    ring.publishBar(0, 0, 60e6, 1, 2, 3, 4, 5, 6, 7, 8, 6, 9, true)
    ring.publishStatus(0, 0, TradingStatus.halted, 7, 7)
    ring.publishNote(0, 0, { text: 'news' }, 8, 8)
    expect(consumer.drain()).toBe(8)
    expect(batches).toEqual(['q1,2', 't3', 'q4', 'b5', 'r6', 's7', 'n8'])
    expect(ring.kindAt(2)).toBe(EventKind.trade)
    expect(ring.rowAt(3)).toBe(2)
    expect(ring.published(EventKind.quote)).toBe(3)
  })

  it('never wraps inside a batch', () => {
    const ring = new IngestRing({ capacity: 4 })
    const { consumer, batches } = recorder(ring)
    for (let id = 0; id < 3; id++) quote(ring, id)
    consumer.drain()
    for (let id = 3; id < 7; id++) quote(ring, id)
    consumer.drain()
    expect(batches).toEqual(['q0,1,2', 'q3', 'q4,5,6'])
  })

  it('keeps batches within maxBatch and drain within maxEvents', () => {
    const ring = new IngestRing({ capacity: 16 })
    const { consumer, batches } = recorder(ring, 'backpressure', 2)
    for (let id = 0; id < 8; id++) quote(ring, id)
    expect(consumer.drain(5)).toBe(5)
    expect(consumer.drain(0)).toBe(0)
    expect(consumer.drain(Number.NaN)).toBe(0)
    expect(batches).toEqual(['q0,1', 'q2,3', 'q4'])
    expect(consumer.counters.queued).toBe(3)
  })

  it.each([
    ['2^31', 2 ** 31, 0],
    ['2^32', 2 ** 32, 0],
    ['2^40', 2 ** 40, 0],
    ['the range of the offsets', 2 ** 40 + maxOffset, maxOffset],
  ])('stays exact when positions pass %s', (_title, start, offset) => {
    const ring = new IngestRing({ capacity: 4 })
    ring.bases.fill(start - offset - 4)
    ring.cursors.fill(offset + 1, 0, EventKind.note + 1)
    const { consumer, batches } = recorder(ring)
    for (let id = 0; id < 4; id++) expect(quote(ring, id)).toBe(true)
    expect(quote(ring, 4)).toBe(false)
    expect(consumer.drain()).toBe(4)
    expect(trade(ring, 5)).toBe(true)
    expect(consumer.drain()).toBe(1)
    expect(batches.join(' ').match(/\d+/g)).toEqual(['0', '1', '2', '3', '5'])
    expect([ring.head, ring.published(EventKind.quote)]).toEqual([start + 2, start + 1])
    expect(consumer.counters).toEqual({ offered: 5, delivered: 5, dropped: 0, conflated: 0, queued: 0 })
    for (let id = 6; id < 20; id++) {
      expect(quote(ring, id)).toBe(true)
      expect(consumer.drain()).toBe(1)
    }
    expect(batches.slice(-14)).toEqual(Array.from({ length: 14 }, (_, index) => `q${index + 6}`))
  })

  it('carries every field', () => {
    const ring = new IngestRing({ capacity: 4 })
    ring.publishQuote(3, 2, 1.5, 1.75, 10, 20, 111, 222, 333, 7)
    expect(firstRow(ring.quotes)).toMatchObject({
      instrument: 3,
      source: 2,
      bid: 1.5,
      ask: 1.75,
      bidSize: 10,
      askSize: 20,
    })
    expect(firstRow(ring.quotes)).toMatchObject({ tsEventUs: 111, tsRecvUs: 222, sequence: 333, flags: 7 })
    ring.publishTrade(3, 2, 1.5, 10, -1, 111, 222, 333, 444, 5)
    expect(firstRow(ring.trades)).toMatchObject({ instrument: 3, source: 2, price: 1.5, size: 10, aggressor: -1 })
    expect(firstRow(ring.trades)).toMatchObject({
      tsEventUs: 111,
      tsRecvUs: 222,
      sequence: 333,
      tradeId: 444,
      condition: 5,
    })
    ring.publishBar(3, 2, 60, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, false)
    expect(Object.values(ring.bars).map((column) => column[0])).toEqual([3, 2, 60, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0])
    ring.publishStatus(3, 2, TradingStatus.auction, 8, 9)
    expect(Object.values(ring.statuses).map((column) => column[0])).toEqual([3, 2, 4, 8, 9])
    const news = { headline: 'x' }
    ring.publishNote(3, 2, news, 8, 9)
    expect(ring.notes.note[0]).toBe(news)
  })

  it('gives claimed rows the same place as published ones', () => {
    const ring = new IngestRing({ capacity: 2 })
    const { consumer, batches } = recorder(ring)
    ring.quotes.tsEventUs[ring.claimQuote(5, 1)] = 1
    ring.trades.tsEventUs[ring.claimTrade(6, 1)] = 2
    expect(ring.claimQuote(0, 0)).toBe(-1)
    expect(ring.claimTrade(0, 0)).toBe(-1)
    expect(ring.refused).toBe(2)
    consumer.drain()
    expect(batches).toEqual(['q1', 't2'])
    expect(ring.quotes.instrument[0]).toBe(5)
    expect(ring.trades.source[0]).toBe(1)
  })
})

describe('frames', () => {
  /** Publishes quotes with ids from `id` on in reserved rows; returns how many there was room for. */
  const frame = (ring: IngestRing, id: number, most: number, instrument = 0): number => {
    const rows = ring.reserveQuotes(most)
    const first = ring.nextQuoteRow
    for (let row = first; row < first + rows; row++) {
      ring.quotes.instrument[row] = instrument
      ring.quotes.source[row] = 0
      ring.quotes.tsEventUs[row] = id + row - first
    }
    ring.commitQuotes(rows)
    return rows
  }

  it('are published in order, up to the wrap, as far as there is room', () => {
    const ring = new IngestRing({ capacity: 4 })
    const { consumer, batches } = recorder(ring)
    expect(frame(ring, 0, 3)).toBe(3)
    trade(ring, 3)
    expect(frame(ring, 4, 3)).toBe(0)
    expect(ring.refused).toBe(1)
    consumer.drain(2)
    expect(frame(ring, 4, 3)).toBe(1)
    expect(frame(ring, 5, 3)).toBe(1)
    consumer.drain()
    expect(frame(ring, 6, 9)).toBe(3)
    consumer.drain()
    expect(batches).toEqual(['q0,1', 'q2', 't3', 'q4', 'q5', 'q6,7,8'])
    expect(ring.published(EventKind.quote)).toBe(8)
    expect(consumer.counters).toEqual({ offered: 9, delivered: 9, dropped: 0, conflated: 0, queued: 0 })
  })

  it('need not be used up', () => {
    const ring = new IngestRing({ capacity: 8 })
    const { consumer, batches } = recorder(ring)
    expect(ring.reserveQuotes(8)).toBe(8)
    ring.quotes.tsEventUs[ring.nextQuoteRow] = 7
    ring.commitQuotes(1)
    quote(ring, 8)
    consumer.drain()
    expect(batches).toEqual(['q7,8'])
  })

  it('conflate by key', () => {
    const ring = new IngestRing({ capacity: 8 })
    const { consumer, batches } = recorder(ring, 'conflate')
    frame(ring, 0, 3, 1)
    frame(ring, 3, 2, 2)
    quote(ring, 5, 1)
    frame(ring, 6, 1, 2)
    consumer.drain()
    expect(batches).toEqual(['q5,6'])
    expect(consumer.counters.conflated).toBe(5)
  })
})

describe('room', () => {
  it('refuses to overrun a backpressure consumer, writing nothing', () => {
    const ring = new IngestRing({ capacity: 2 })
    const { consumer, batches } = recorder(ring)
    quote(ring, 1)
    quote(ring, 2)
    expect([quote(ring, 3), trade(ring, 3), book(ring, 3, 1)]).toEqual([false, false, false])
    expect(ring.publishBar(0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, true)).toBe(false)
    expect(ring.publishStatus(0, 0, TradingStatus.open, 1, 1)).toBe(false)
    expect(ring.publishNote(0, 0, {}, 1, 1)).toBe(false)
    expect(ring.refused).toBe(6)
    expect(ring.head).toBe(2)
    expect(consumer.drain(1)).toBe(1)
    expect(quote(ring, 4)).toBe(true)
    consumer.drain()
    expect(batches).toEqual(['q1', 'q2', 'q4'])
  })

  it('lets other consumers lose nothing by a publish that is refused', () => {
    const ring = new IngestRing({ capacity: 2 })
    const slow = recorder(ring)
    const lossy = recorder(ring, 'dropOldest')
    const latest = recorder(ring, 'conflate')
    for (let id = 0; id < 5; id++) quote(ring, id)
    expect(slow.consumer.counters.offered).toBe(2)
    expect(lossy.consumer.counters).toEqual({ offered: 2, delivered: 0, dropped: 0, conflated: 0, queued: 2 })
    latest.consumer.drain()
    expect(latest.batches).toEqual(['q1'])
  })

  it('overwrites freely without consumers', () => {
    const ring = new IngestRing({ capacity: 2 })
    for (let id = 0; id < 9; id++) expect(quote(ring, id)).toBe(true)
    expect([ring.head, ring.floor]).toEqual([9, 7])
  })
})

describe('books', () => {
  it('holds the levels of a message together across the wrap of the arena', () => {
    const ring = new IngestRing({ capacity: 8, levelCapacity: 4 })
    const seen: string[] = []
    const view = new BookView()
    const consumer = ring.addConsumer({
      name: 'books',
      policy: 'backpressure',
      handlers: {
        onBooks(ring, from, to) {
          for (let row = from; row < to; row++) {
            view.at(ring, row)
            let text = `${view.sequence}:`
            for (let level = 0; level < view.levelCount; level++) {
              text += ` ${view.action(level)}/${view.side(level)}/${view.price(level)}/${view.size(level)}/${view.orderId(level)}`
            }
            seen.push(text)
          }
        },
      },
    })
    for (let id = 0; id < 4; id++) {
      expect(ring.beginBook(0, 0, id === 0, id, id, id, id - 1)).toBe(true)
      ring.addLevel(BookSide.ask, id, 5)
      ring.addOrder(LevelAction.deleteOrder, BookSide.bid, id, 0, 77)
      ring.addLevel(BookSide.bid, id + 0.5, 0)
      expect(ring.commitBook(id !== 2)).toBe(true)
      expect(Boolean(ring.books.isLast[id])).toBe(id !== 2)
      consumer.drain()
    }
    expect(seen).toEqual([0, 1, 2, 3].map((id) => `${id}: 0/1/${id}/5/0 3/0/${id}/0/77 0/0/${id + 0.5}/0/0`))
  })

  it('refuses a message whose levels would overwrite those a backpressure consumer needs', () => {
    const ring = new IngestRing({ capacity: 8, levelCapacity: 4 })
    const { consumer, batches } = recorder(ring)
    expect(book(ring, 1, 3)).toBe(true)
    expect(book(ring, 2, 2)).toBe(false)
    expect(ring.refused).toBe(1)
    expect(book(ring, 3, 1)).toBe(true)
    consumer.drain()
    expect(book(ring, 4, 4)).toBe(true)
    consumer.drain()
    expect(batches).toEqual(['b1,3', 'b4'])
  })

  it('moves consumers that drop past a message whose levels are overwritten', () => {
    const ring = new IngestRing({ capacity: 8, levelCapacity: 4 })
    const { consumer, batches } = recorder(ring, 'dropOldest')
    quote(ring, 1)
    book(ring, 2, 3)
    quote(ring, 3)
    expect(book(ring, 4, 2)).toBe(true)
    expect(consumer.counters).toEqual({ offered: 4, delivered: 0, dropped: 2, conflated: 0, queued: 2 })
    consumer.drain()
    expect(batches).toEqual(['q3', 'b4'])
  })

  it('are written in place by claims', () => {
    const ring = new IngestRing({ capacity: 2, levelCapacity: 4 })
    const { consumer, batches } = recorder(ring)
    expect(ring.claimLevel()).toBe(-1)
    const row = ring.claimBook(5, 3, true)
    ring.books.tsEventUs[row] = 1
    ring.books.levelPrice[ring.claimLevel()] = 2.5
    expect(ring.commitBook()).toBe(true)
    quote(ring, 2)
    expect([ring.claimBook(5, 3, true), ring.claimLevel()]).toEqual([-1, -1])
    consumer.drain()
    expect(batches).toEqual(['b1', 'q2'])
    const books = firstRow(ring.books)
    expect(books).toMatchObject({ instrument: 5, source: 3, isSnapshot: 1, isLast: 1, levelCount: 1, levelPrice: 2.5 })
  })

  it('that are ages old do not stand in the way', () => {
    const ring = new IngestRing({ capacity: 4, levelCapacity: 4 })
    const { consumer, batches } = recorder(ring)
    expect(book(ring, 1, 3)).toBe(true)
    consumer.close()
    ring.bases[0] = 2 ** 32 - 2 ** 20
    const late = recorder(ring)
    expect(book(ring, 2, 3)).toBe(true)
    late.consumer.drain()
    expect([batches, late.batches]).toEqual([[], ['b2']])
  })

  it('says that a message cannot fit', () => {
    const ring = new IngestRing({ capacity: 8, levelCapacity: 4 })
    const { consumer, batches } = recorder(ring)
    expect(codeOf(() => book(ring, 1, 5))).toBe('TW_CAPACITY')
    expect(ring.commitBook()).toBe(false)
    expect(book(ring, 2, 4)).toBe(true)
    consumer.drain()
    expect(batches).toEqual(['b2'])
  })

  it('gives up a message that is begun again, and commits only what was begun', () => {
    const ring = new IngestRing({ capacity: 8, levelCapacity: 4 })
    expect(ring.commitBook()).toBe(false)
    ring.addLevel(BookSide.bid, 1, 1)
    ring.beginBook(0, 0, true, 1, 1, 1, 1)
    ring.addLevel(BookSide.bid, 1, 1)
    ring.beginBook(0, 0, true, 2, 2, 2, 2)
    ring.addLevel(BookSide.bid, 2, 2)
    quote(ring, 3)
    expect(ring.commitBook()).toBe(true)
    expect(ring.commitBook()).toBe(false)
    expect(ring.published(EventKind.book)).toBe(1)
    expect([ring.books.levelCount[0], ring.books.levelPrice[0], ring.books.ringSequence[0]]).toEqual([1, 2, 1])
  })

  it('refuses at commit when other events took the room', () => {
    const ring = new IngestRing({ capacity: 2, levelCapacity: 8 })
    const { consumer, batches } = recorder(ring)
    expect(ring.beginBook(0, 0, true, 1, 1, 1, 1)).toBe(true)
    ring.addLevel(BookSide.bid, 1, 1)
    quote(ring, 2)
    quote(ring, 3)
    expect(ring.commitBook()).toBe(false)
    expect(ring.beginBook(0, 0, true, 1, 1, 1, 1)).toBe(false)
    ring.addLevel(BookSide.bid, 1, 1)
    expect(ring.commitBook()).toBe(false)
    expect(ring.refused).toBe(2)
    consumer.drain()
    expect(book(ring, 4, 8)).toBe(true)
    consumer.drain()
    expect(batches).toEqual(['q2,3', 'b4'])
  })

  it('does not show a row of a message in the making to a consumer that lags a full ring', () => {
    const ring = new IngestRing({ capacity: 2, levelCapacity: 8 })
    const { consumer, batches } = recorder(ring, 'dropOldest')
    book(ring, 1, 1)
    book(ring, 2, 1)
    ring.beginBook(0, 0, true, 3, 3, 3, 3)
    consumer.drain()
    expect(batches).toEqual(['b2'])
    expect(consumer.counters.dropped).toBe(1)
  })
})
