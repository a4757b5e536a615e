/** Policies, life cycle, re-entrancy and error isolation of consumers. */
import { describe, expect, it } from 'vitest'
import { TradewireError } from '../core/errors.js'
import type { RingConsumer, RingConsumerOptions } from './consumer.js'
import { IngestRing } from './ingest-ring.js'
import { TradingStatus } from './kinds.js'
import type { OverflowPolicy } from './policies.js'

const quote = (ring: IngestRing, id: number, instrument = 0, source = 0): boolean =>
  ring.publishQuote(instrument, source, id, id, 1, 1, id, id, id, 0)

const trade = (ring: IngestRing, id: number): boolean => ring.publishTrade(0, 0, id, 1, 0, id, id, id, id, 0)

const bar = (ring: IngestRing, id: number, intervalUs: number, tsOpenUs: number): boolean =>
  ring.publishBar(0, 0, intervalUs, 1, 1, 1, 1, 1, 1, 1, tsOpenUs, id, id, false)

/** Adds a consumer that writes down the ids of what it gets. */
const collect = (ring: IngestRing, name: string, policy: OverflowPolicy) => {
  const ids: number[] = []
  const push =
    (columns: { readonly tsEventUs: Float64Array }) =>
    (_ring: IngestRing, from: number, to: number): void => {
      for (let row = from; row < to; row++) ids.push(columns.tsEventUs[row])
    }
  const handlers = {
    onQuotes: push(ring.quotes),
    onTrades: push(ring.trades),
    onBars: push(ring.bars),
    onStatuses: push(ring.statuses),
    onNotes: push(ring.notes),
  }
  return { ids, consumer: ring.addConsumer({ name, policy, handlers }) }
}

const balance = (consumer: RingConsumer): number => {
  const { offered, delivered, dropped, conflated, queued } = consumer.counters
  return offered - delivered - dropped - conflated - queued
}

describe('addConsumer', () => {
  const handlers = { onQuotes: () => {} }
  it.each<[string, string, RingConsumerOptions]>([
    ['TW_DUPLICATE', 'a taken name', { name: 'a', policy: 'conflate', handlers }],
    ['TW_INVALID_ARGUMENT', 'an unknown policy', { name: 'b', policy: 'drop' as OverflowPolicy, handlers }],
    ['TW_INVALID_ARGUMENT', 'no handler', { name: 'b', policy: 'conflate', handlers: {} }],
    [
      'TW_INVALID_ARGUMENT',
      'a handler that is no function',
      { name: 'b', policy: 'conflate', handlers: { onQuotes: 1 as unknown as () => void } },
    ],
    ['TW_INVALID_ARGUMENT', 'a batch of nothing', { name: 'b', policy: 'conflate', handlers, maxBatch: 0 }],
    [
      'TW_INVALID_ARGUMENT',
      'an unknown option',
      { name: 'b', policy: 'conflate', handlers, size: 1 } as RingConsumerOptions,
    ],
  ])('throws %s for %s', (code, _title, options) => {
    const ring = new IngestRing({ capacity: 4 })
    ring.addConsumer({ name: 'a', policy: 'conflate', handlers })
    expect(() => ring.addConsumer(options)).toThrow(expect.objectContaining({ code }) as TradewireError)
    expect(ring.consumers.length).toBe(1)
  })

  it('starts at the head', () => {
    const ring = new IngestRing({ capacity: 4 })
    quote(ring, 1)
    const { ids, consumer } = collect(ring, 'late', 'backpressure')
    quote(ring, 2)
    consumer.drain()
    expect(ids).toEqual([2])
    expect(consumer.counters.offered).toBe(1)
  })

  it('calls handlers on their object', () => {
    const ring = new IngestRing({ capacity: 4 })
    class Strategy {
      count = 0
      onQuotes(_ring: IngestRing, from: number, to: number): void {
        this.count += to - from
      }
    }
    const strategy = new Strategy()
    ring.addConsumer({ name: 'strategy', policy: 'backpressure', handlers: strategy })
    quote(ring, 1)
    ring.drain()
    expect(strategy.count).toBe(1)
  })
})

describe('policies', () => {
  it('dropOldest loses the oldest and counts them', () => {
    const ring = new IngestRing({ capacity: 4 })
    const { ids, consumer } = collect(ring, 'a', 'dropOldest')
    for (let id = 0; id < 10; id++) expect(quote(ring, id)).toBe(true)
    expect(consumer.counters).toEqual({ offered: 10, delivered: 0, dropped: 6, conflated: 0, queued: 4 })
    consumer.drain()
    expect(ids).toEqual([6, 7, 8, 9])
    expect(consumer.counters).toEqual({ offered: 10, delivered: 4, dropped: 6, conflated: 0, queued: 0 })
  })

  it('conflate delivers the last value of each key, in the order of those values', () => {
    const ring = new IngestRing({ capacity: 16 })
    const { ids, consumer } = collect(ring, 'a', 'conflate')
    quote(ring, 0, 0)
    quote(ring, 1, 1)
    quote(ring, 2, 0)
    trade(ring, 3)
    quote(ring, 4, 0, 1)
    trade(ring, 5)
    quote(ring, 6, 1)
    ring.publishStatus(0, 0, TradingStatus.halted, 7, 7)
    ring.publishStatus(0, 0, TradingStatus.open, 8, 8)
    expect(consumer.counters).toEqual({ offered: 9, delivered: 0, dropped: 0, conflated: 0, queued: 9 })
    expect(consumer.drain()).toBe(6)
    expect(ids).toEqual([2, 3, 4, 5, 6, 8])
    expect(consumer.counters).toEqual({ offered: 9, delivered: 6, dropped: 0, conflated: 3, queued: 0 })
  })

  it('conflate counts what the ring overran as conflated where it was replaced, as dropped where not', () => {
    const ring = new IngestRing({ capacity: 4 })
    const { ids, consumer } = collect(ring, 'a', 'conflate')
    for (let id = 0; id < 10; id++) expect(quote(ring, id)).toBe(true)
    expect(consumer.counters).toEqual({ offered: 10, delivered: 0, dropped: 0, conflated: 6, queued: 4 })
    for (let id = 10; id < 14; id++) expect(trade(ring, id)).toBe(true)
    expect(consumer.counters).toEqual({ offered: 14, delivered: 0, dropped: 1, conflated: 9, queued: 4 })
    consumer.drain()
    expect(ids).toEqual([10, 11, 12, 13])
  })

  it('conflates the states of one bar only', () => {
    const ring = new IngestRing({ capacity: 16 })
    const { ids, consumer } = collect(ring, 'a', 'conflate')
    bar(ring, 1, 60, 0)
    bar(ring, 2, 300, 0)
    bar(ring, 3, 60, 0)
    bar(ring, 4, 300, 0)
    bar(ring, 5, 60, 60)
    bar(ring, 6, 300, 0)
    bar(ring, 7, 60, 60)
    consumer.drain()
    expect(ids).toEqual([3, 6, 7])
  })

  it('leaves keys outside the table, and more intervals than it has planes, unconflated', () => {
    const ring = new IngestRing({ capacity: 32, instruments: 2, sources: 2 })
    const { ids, consumer } = collect(ring, 'a', 'conflate')
    for (const [instrument, source] of [
      [2, 0],
      [0, 2],
      [-1, 0],
      [0, -1],
    ] as const) {
      quote(ring, 1, instrument, source)
      quote(ring, 2, instrument, source)
    }
    consumer.drain()
    expect(ids).toEqual([1, 2, 1, 2, 1, 2, 1, 2])
    ids.length = 0
    for (let interval = 1; interval <= 9; interval++) {
      bar(ring, interval, interval, 0)
      bar(ring, interval * 10, interval, 0)
    }
    consumer.drain()
    expect(ids).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 9, 90])
  })

  it('keep apart: the slow ones lose, the careful one sees all', () => {
    const ring = new IngestRing({ capacity: 4 })
    const careful = collect(ring, 'careful', 'backpressure')
    const lossy = collect(ring, 'lossy', 'dropOldest')
    const latest = collect(ring, 'latest', 'conflate')
    for (let id = 0; id < 20; id++) {
      expect(quote(ring, id)).toBe(true)
      careful.consumer.drain()
    }
    ring.drain()
    expect(careful.ids).toEqual(Array.from({ length: 20 }, (_, id) => id))
    expect(lossy.ids).toEqual([16, 17, 18, 19])
    expect(latest.ids).toEqual([19])
  })

  it('passes over kinds without a handler, without cutting the runs of the others', () => {
    const ring = new IngestRing({ capacity: 16 })
    const batches: number[] = []
    const consumer = ring.addConsumer({
      name: 'quotes',
      policy: 'backpressure',
      handlers: { onQuotes: (_ring, from, to) => batches.push(to - from) },
    })
    for (let id = 0; id < 4; id++) {
      trade(ring, id)
      quote(ring, id)
    }
    expect(consumer.drain()).toBe(8)
    expect(batches).toEqual([4])
    expect(consumer.counters).toEqual({ offered: 8, delivered: 8, dropped: 0, conflated: 0, queued: 0 })
  })
})

describe('life cycle', () => {
  it('queues while paused, under its policy', () => {
    const ring = new IngestRing({ capacity: 4 })
    const { ids, consumer } = collect(ring, 'a', 'backpressure')
    consumer.pause()
    for (let id = 0; id < 4; id++) quote(ring, id)
    expect(ring.drain()).toBe(0)
    expect(quote(ring, 4)).toBe(false)
    consumer.resume()
    expect(ring.drain()).toBe(4)
    expect(ids).toEqual([0, 1, 2, 3])
  })

  it.each<OverflowPolicy>(['backpressure', 'dropOldest', 'conflate'])(
    'closing a %s consumer frees the ring',
    (policy) => {
      const ring = new IngestRing({ capacity: 2 })
      const { ids, consumer } = collect(ring, 'a', policy)
      trade(ring, 0)
      trade(ring, 1)
      {
        using closing = consumer
        expect(closing.isClosed).toBe(false)
      }
      consumer.close()
      expect(consumer.counters).toEqual({ offered: 2, delivered: 0, dropped: 2, conflated: 0, queued: 0 })
      for (let id = 2; id < 9; id++) expect(trade(ring, id)).toBe(true)
      expect(consumer.drain()).toBe(0)
      expect(consumer.counters.offered).toBe(2)
      expect([ids.length, ring.consumers.length]).toEqual([0, 0])
      collect(ring, 'a', policy)
    },
  )

  it('closes and pauses from within its own handler', () => {
    const ring = new IngestRing({ capacity: 8 })
    let during = 1
    const closing: RingConsumer = ring.addConsumer({
      name: 'closing',
      policy: 'dropOldest',
      maxBatch: 2,
      handlers: {
        onQuotes: () => {
          closing.close()
          for (let id = 0; id < 3; id++) quote(ring, id)
          during = balance(closing)
        },
      },
    })
    const pausing: RingConsumer = ring.addConsumer({
      name: 'pausing',
      policy: 'dropOldest',
      maxBatch: 2,
      handlers: { onQuotes: () => pausing.pause() },
    })
    for (let id = 0; id < 5; id++) quote(ring, id)
    expect([closing.drain(), pausing.drain()]).toEqual([2, 2])
    expect(during).toBe(0)
    expect(closing.counters).toEqual({ offered: 8, delivered: 2, dropped: 6, conflated: 0, queued: 0 })
    expect(pausing.counters).toEqual({ offered: 8, delivered: 2, dropped: 0, conflated: 0, queued: 6 })
    expect(ring.consumers).toEqual([pausing])
  })
})

describe('re-entrancy', () => {
  it('delivers what a handler publishes at the next drain', () => {
    const ring = new IngestRing({ capacity: 8 })
    const seen: number[] = []
    const consumer = ring.addConsumer({
      name: 'echo',
      policy: 'backpressure',
      handlers: {
        onQuotes(ring, from, to) {
          for (let row = from; row < to; row++) {
            seen.push(ring.quotes.bid[row])
            quote(ring, ring.quotes.bid[row] + 10)
          }
        },
      },
    })
    quote(ring, 1)
    quote(ring, 2)
    expect([consumer.drain(), consumer.drain()]).toEqual([2, 2])
    expect(seen).toEqual([1, 2, 11, 12])
    expect(balance(consumer)).toBe(0)
  })

  it.each<OverflowPolicy>(['backpressure', 'dropOldest', 'conflate'])(
    'never overwrites the batch in the hands of a %s consumer',
    (policy) => {
      const ring = new IngestRing({ capacity: 4, levelCapacity: 4 })
      const seen: number[] = []
      let published = 0
      const consumer = ring.addConsumer({
        name: 'greedy',
        policy,
        handlers: {
          onTrades(ring, from, to) {
            for (let row = from; row < to; row++) {
              while (trade(ring, 100 + published)) published++
              seen.push(ring.trades.price[row])
            }
            expect(balance(consumer)).toBe(0)
          },
        },
      })
      trade(ring, 1)
      trade(ring, 2)
      consumer.drain()
      expect([consumer.errors, seen, published]).toEqual([0, [1, 2], 2])
      expect(consumer.counters.dropped).toBe(0)
      expect(trade(ring, 3)).toBe(true)
    },
  )

  it('never overwrites the levels in the hands of a consumer that drops', () => {
    const ring = new IngestRing({ capacity: 8, levelCapacity: 4 })
    const prices: number[] = []
    const book = (price: number): boolean => {
      ring.beginBook(0, 0, true, 1, 1, 1, 1)
      for (let level = 0; level < 3; level++) ring.addLevel(0, price, 1)
      return ring.commitBook()
    }
    let accepted = true
    const consumer = ring.addConsumer({
      name: 'books',
      policy: 'dropOldest',
      handlers: {
        onBooks(ring, from) {
          accepted = book(2)
          for (let level = 0; level < 3; level++)
            prices.push(ring.books.levelPrice[ring.books.firstLevel[from] + level])
        },
      },
    })
    book(1)
    consumer.drain()
    expect([accepted, prices]).toEqual([false, [1, 1, 1]])
    expect(book(3)).toBe(true)
  })

  it('refuses to drain itself from within', () => {
    const ring = new IngestRing({ capacity: 8 })
    const inner: number[] = []
    const consumer: RingConsumer = ring.addConsumer({
      name: 'a',
      policy: 'backpressure',
      maxBatch: 1,
      handlers: { onQuotes: () => inner.push(consumer.drain()) },
    })
    quote(ring, 1)
    quote(ring, 2)
    expect(consumer.drain()).toBe(2)
    expect(inner).toEqual([0, 0])
  })

  it('lets a handler add and close other consumers', () => {
    const ring = new IngestRing({ capacity: 8 })
    let added: ReturnType<typeof collect> | undefined
    ring.addConsumer({
      name: 'first',
      policy: 'backpressure',
      handlers: {
        onQuotes: () => {
          added ??= collect(ring, 'added', 'backpressure')
          victim.consumer.close()
        },
      },
    })
    const victim = collect(ring, 'victim', 'backpressure')
    quote(ring, 1)
    expect(ring.drain()).toBe(1)
    quote(ring, 2)
    expect(ring.drain()).toBe(2)
    expect([victim.ids, added?.ids]).toEqual([[], [2]])
    expect(victim.consumer.counters.dropped).toBe(1)
  })
})

describe('errors', () => {
  it('are counted and reported, and stop nothing', () => {
    const ring = new IngestRing({ capacity: 8 })
    const reports: string[] = []
    const failing = ring.addConsumer({
      name: 'failing',
      policy: 'backpressure',
      maxBatch: 1,
      handlers: {
        onQuotes() {
          throw new Error('bad strategy')
        },
      },
      onError(error, consumer) {
        reports.push(`${consumer.name}: ${(error as Error).message}`)
        throw new Error('bad reporter')
      },
    })
    const after = collect(ring, 'after', 'backpressure')
    quote(ring, 1)
    quote(ring, 2)
    expect(ring.drain()).toBe(4)
    expect(reports).toEqual(['failing: bad strategy', 'failing: bad strategy'])
    expect([failing.errors, (failing.lastError as Error).message]).toEqual([2, 'bad strategy'])
    expect(failing.counters).toEqual({ offered: 2, delivered: 2, dropped: 0, conflated: 0, queued: 0 })
    expect(after.ids).toEqual([1, 2])
  })

  it('without a reporter stay readable on the consumer', () => {
    const ring = new IngestRing({ capacity: 8 })
    const consumer = ring.addConsumer({
      name: 'failing',
      policy: 'dropOldest',
      handlers: {
        onTrades() {
          throw new TradewireError('TW_ASSERTION', 'no')
        },
      },
    })
    trade(ring, 1)
    consumer.drain()
    expect(consumer.lastError).toBeInstanceOf(TradewireError)
    expect(trade(ring, 2)).toBe(true)
  })
})
