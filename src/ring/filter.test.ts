/** Filters of consumers: what passes, and that every event is accounted for. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import type { MarketFilter } from './filter.js'
import { IngestRing } from './ingest-ring.js'
import { overflowPolicies } from './policies.js'

const { NaN: absent } = Number

/** What a consumer with a filter gets, as texts, and its counters. */
function seenWith(filter: MarketFilter, publish: (ring: IngestRing) => void) {
  const ring = new IngestRing({ capacity: 64 })
  const seen: string[] = []
  const consumer = ring.addConsumer({
    name: 'filtered',
    policy: 'backpressure',
    filter,
    handlers: {
      onQuotes: ({ quotes }, from, to) => {
        for (let row = from; row < to; row++) seen.push(`quote ${quotes.bid[row]}/${quotes.ask[row]}`)
      },
      onTrades: ({ trades }, from, to) => {
        for (let row = from; row < to; row++) seen.push(`trade ${trades.size[row]} at ${trades.price[row]}`)
      },
      onBooks: ({ books }, from, to) => {
        for (let row = from; row < to; row++) seen.push(`book ${books.instrument[row]}`)
      },
      onBars: ({ bars }, from, to) => {
        for (let row = from; row < to; row++) seen.push(`bar ${bars.close[row]}`)
      },
      onNotes: ({ notes }, from, to) => {
        for (let row = from; row < to; row++) seen.push(`note ${(notes.note[row] as { kind: string }).kind}`)
      },
    },
  })
  publish(ring)
  ring.drain()
  return { seen, counters: consumer.counters }
}

const trade = (ring: IngestRing, instrument: number, price: number, size: number, tsUs = 1_000, source = 0) =>
  ring.publishTrade(instrument, source, price, size, 0, tsUs, tsUs, absent, absent, 0)
const quote = (ring: IngestRing, bid: number, ask: number, bidSize = 100, askSize = 100) =>
  ring.publishQuote(0, 0, bid, ask, bidSize, askSize, 1_000, 1_000, absent, 0)
const bar = (ring: IngestRing, low: number, high: number, volume: number) =>
  ring.publishBar(0, 0, 60, low, high, low, high, volume, 1, high, 0, 60, 60, true)

describe('a filter passes', () => {
  it('by instrument, source and kind', () => {
    const publish = (ring: IngestRing) => {
      trade(ring, 0, 10, 1)
      trade(ring, 1, 11, 1)
      trade(ring, 1, 12, 1, 1_000, 3)
      quote(ring, 9, 10)
    }
    expect(seenWith({ instruments: [1] }, publish).seen).toEqual(['trade 1 at 11', 'trade 1 at 12'])
    expect(seenWith({ sources: [3] }, publish).seen).toEqual(['trade 1 at 12'])
    expect(seenWith({ kinds: ['quotes'] }, publish).seen).toEqual(['quote 9/10'])
    expect(seenWith({}, publish).seen).toHaveLength(4)
    expect(seenWith({ instruments: [] }, publish).counters).toEqual({
      offered: 4,
      delivered: 0,
      dropped: 0,
      conflated: 0,
      filtered: 4,
      queued: 0,
    })
  })

  it('by price and size, where an event has them', () => {
    const publish = (ring: IngestRing) => {
      trade(ring, 0, 10, 5)
      trade(ring, 0, 20, 500)
      trade(ring, 0, 30, absent)
      quote(ring, 19, 21)
      quote(ring, 19, 31)
      quote(ring, absent, 21)
      quote(ring, absent, absent)
      bar(ring, 15, 25, 400)
      bar(ring, 5, 25, 400)
    }
    const byPrice = seenWith({ minPrice: 15, maxPrice: 25 }, publish)
    expect(byPrice.seen).toEqual(['trade 500 at 20', 'quote 19/21', 'quote NaN/21', 'bar 25'])
    expect(byPrice.counters).toMatchObject({ offered: 9, delivered: 4, filtered: 5, queued: 0 })
    expect(seenWith({ minSize: 200 }, publish).seen).toEqual(['trade 500 at 20', 'bar 25', 'bar 25'])
    expect(seenWith({ maxSize: 5 }, publish).seen).toEqual(['trade 5 at 10'])
  })

  it('by hours of the market and by a rule of one’s own', () => {
    const publish = (ring: IngestRing) => {
      trade(ring, 0, 1, 1, 500)
      trade(ring, 0, 2, 1, 1_500)
      trade(ring, 0, 3, 1, absent)
    }
    expect(seenWith({ hours: (tsUs) => tsUs < 1_000 }, publish).seen).toEqual(['trade 1 at 1'])
    const accept: MarketFilter['accept'] = (ring, kind, row) => kind === 'trades' && ring.trades.price[row] !== 2
    expect(seenWith({ accept }, publish).seen).toEqual(['trade 1 at 1', 'trade 1 at 3'])
  })

  it('every change of a book, whatever its price, and every break of an instrument that is wanted', () => {
    const publish = (ring: IngestRing) => {
      ring.beginBook(0, 0, false, 1, 1, absent, absent)
      ring.addLevel(0, 99, 1)
      ring.commitBook()
      ring.publishNote(0, 0, { kind: 'discontinuity' }, absent, 1)
      ring.publishNote(1, 0, { kind: 'discontinuity' }, absent, 1)
      ring.publishNote(0, 0, { kind: 'news' }, absent, 1)
    }
    const filter: MarketFilter = {
      minPrice: 500,
      instruments: [0],
      kinds: ['books'],
      accept: (_, kind) => kind === 'books',
    }
    expect(seenWith(filter, publish).seen).toEqual(['book 0', 'note discontinuity'])
  })
})

describe('a filter', () => {
  it.each<[string, object]>([
    ['filter.minPrice', { minPrice: '5' }],
    ['filter.maxSize', { maxSize: absent }],
    ['filter.minPrice', { minPrice: 5, maxPrice: 4 }],
    ['filter.minSize', { minSize: 5, maxSize: 4 }],
    ['filter.kinds', { kinds: ['ticks'] }],
    ['filter.instruments', { instruments: [-1] }],
    ['filter.instruments', { instruments: new Set([1]).values() }],
    ['filter.sources', { sources: ['sim'] }],
    ['filter.hours', { hours: true }],
    ['filter.accept', { accept: 'all' }],
    ['symbol', { symbol: 'IBM' }],
  ])('is refused for a wrong %s', (field, filter) => {
    const ring = new IngestRing({ capacity: 4 })
    const options = { name: 'a', policy: 'conflate' as const, handlers: { onQuotes: () => {} }, filter }
    expect(() => ring.addConsumer(options)).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_ARGUMENT', details: expect.objectContaining({ field }) }),
    )
  })

  it('that throws lets nothing pass and is an error of the consumer', () => {
    const ring = new IngestRing({ capacity: 8 })
    const errors: unknown[] = []
    const consumer = ring.addConsumer({
      name: 'a',
      policy: 'backpressure',
      handlers: { onTrades: () => {} },
      filter: {
        accept: () => {
          throw new Error('no')
        },
      },
      onError: (error) => errors.push(error),
    })
    trade(ring, 0, 1, 1)
    ring.drain()
    expect(consumer.counters).toMatchObject({ delivered: 0, filtered: 1, queued: 0 })
    expect([consumer.errors, errors]).toEqual([1, [new Error('no')]])
  })

  it('hands nothing on after its consumer was closed in the middle of a batch', () => {
    const ring = new IngestRing({ capacity: 8 })
    const prices: number[] = []
    const consumer = ring.addConsumer({
      name: 'a',
      policy: 'backpressure',
      filter: { maxSize: 1 },
      handlers: {
        onTrades: ({ trades }, from) => {
          prices.push(trades.price[from] as number)
          consumer.close()
        },
      },
    })
    for (const size of [1, 2, 1]) trade(ring, 0, size, size)
    ring.drain()
    expect(prices).toEqual([1])
    expect(consumer.counters).toEqual({ offered: 3, delivered: 1, dropped: 2, conflated: 0, filtered: 0, queued: 0 })
  })

  it('accounts for every event under every policy, and hands on exactly what passes of what is not lost', () => {
    const anEvent = fc.record({ isTrade: fc.boolean(), instrument: fc.nat(2), size: fc.nat(9), drains: fc.boolean() })
    fc.assert(
      fc.property(
        fc.constantFrom(...overflowPolicies),
        fc.array(anEvent, { maxLength: 60 }),
        fc.nat(9),
        (policy, events, minSize) => {
          const ring = new IngestRing({ capacity: 8 })
          const sizes: number[] = []
          const consumer = ring.addConsumer({
            name: 'a',
            policy,
            maxBatch: 5,
            filter: { minSize, instruments: [0, 1] },
            handlers: {
              onQuotes: ({ quotes }, from, to) => {
                for (let row = from; row < to; row++) sizes.push(quotes.bidSize[row] as number)
              },
              onTrades: ({ trades }, from, to) => {
                for (let row = from; row < to; row++) sizes.push(trades.size[row] as number)
              },
            },
          })
          for (const { isTrade, instrument, size, drains } of events) {
            if (isTrade) trade(ring, instrument, 1, size)
            else ring.publishQuote(instrument, 0, 1, 2, size, size, 1, 1, absent, 0)
            if (drains) consumer.drain()
            const { offered, delivered, dropped, conflated, filtered = 0, queued } = consumer.counters
            expect(offered).toBe(delivered + dropped + conflated + filtered + queued)
          }
          consumer.drain()
          expect(consumer.counters.delivered).toBe(sizes.length)
          expect(sizes.every((size) => size >= minSize)).toBe(true)
          if (policy === 'backpressure' && events.length <= 8) {
            const passing = events.filter(({ instrument, size }) => instrument < 2 && size >= minSize)
            expect(sizes).toEqual(passing.map(({ size }) => size))
          }
        },
      ),
      { numRuns: runs({ ci: 500, full: 20_000 }) },
    )
  })
})

describe('a consumer that its own rule closes', () => {
  it('gets nothing more, is asked no more, and its rest is dropped', () => {
    const ring = new IngestRing({ capacity: 64 })
    const asked: number[] = []
    const seen: number[] = []
    const consumer = ring.addConsumer({
      name: 'closing',
      policy: 'backpressure',
      filter: {
        accept: ({ trades }, _kind, row) => {
          const price = trades.price[row] as number
          asked.push(price)
          if (price === 3) consumer.close()
          return price !== 1
        },
      },
      handlers: { onTrades: ({ trades }, from, to) => seen.push(...trades.price.subarray(from, to)) },
    })
    for (let price = 0; price < 6; price++) trade(ring, 0, price, 1)
    ring.drain()
    expect([asked, seen]).toEqual([[0, 1, 2, 3], [0]])
    expect(consumer.counters).toEqual({ offered: 6, delivered: 1, dropped: 4, conflated: 0, filtered: 1, queued: 0 })
  })
})
