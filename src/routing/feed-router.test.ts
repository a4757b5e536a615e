import { describe, expect, it } from 'vitest'
import { VirtualTime } from '../core/virtual-time.js'
import type { ConnectorId, InstrumentId } from '../model/ids.js'
import { IngestRing } from '../ring/ingest-ring.js'
import type { FeedOptions } from './feed.js'
import { FeedRouter } from './feed-router.js'

/** A router before a ring, with what comes out of the ring written down. */
function setUp(options: FeedOptions, capacity = 256) {
  const time = new VirtualTime()
  const ring = new IngestRing({ capacity, instruments: 4, sources: 4 })
  const out: string[] = []
  ring.addConsumer({
    name: 'test',
    policy: 'backpressure',
    handlers: {
      onQuotes: (r, from, to) => {
        for (let row = from; row < to; row++)
          out.push(`q${r.quotes.source[row]} ${r.quotes.bid[row]}/${r.quotes.ask[row]}`)
      },
      onTrades: (r, from, to) => {
        for (let row = from; row < to; row++) out.push(`t${r.trades.source[row]} #${r.trades.sequence[row]}`)
      },
      onBooks: (r, from, to) => {
        for (let row = from; row < to; row++) {
          const { sequence, isSnapshot, source, levelCount } = r.books
          out.push(`b${source[row]} #${sequence[row]}${isSnapshot[row] === 1 ? 's' : ''} ${levelCount[row]}`)
        }
      },
      onNotes: (r, from, to) => {
        for (let row = from; row < to; row++) {
          const note = r.notes.note[row] as { reason: string; source: string; stream: string; missing?: number }
          out.push(
            `! ${note.reason} ${note.source} ${note.stream}${note.missing === undefined ? '' : ` ${note.missing}`}`,
          )
        }
      },
    },
    onError: (error) => {
      throw error
    },
  })
  const router = new FeedRouter({
    sink: ring,
    time,
    instrumentId: (instrument) => `I${instrument}` as InstrumentId,
    sourceId: (source) => `S${source}` as ConnectorId,
    wake: () => {},
  })
  const feed = router.add(0, options)
  const usable = new Set(options.sources)
  const check = () => router.check({ isUsable: (source) => usable.has(source), score: () => 50 })
  check()
  const nowUs = () => time.wallUs()
  const quote = (source: number, bid: number, ask: number, sequence = Number.NaN) =>
    router.publishQuote(0, source, bid, ask, 1, 1, nowUs(), nowUs(), sequence, 0)
  const trade = (source: number, sequence: number, tradeId = Number.NaN) =>
    router.publishTrade(0, source, 10, 1, 0, nowUs(), nowUs(), sequence, tradeId, 0)
  const book = (
    source: number,
    sequence: number,
    { isSnapshot = false, previous = Number.NaN, isLast = true, levels = 1 } = {},
  ) => {
    const begun = router.beginBook(0, source, isSnapshot, nowUs(), nowUs(), sequence, previous)
    for (let level = 0; level < levels; level++) router.addLevel(0, 10 - level, 1)
    return router.commitBook(isLast) && begun
  }
  const drain = () => {
    ring.drain()
    return out.splice(0)
  }
  return { time, router, feed, usable, check, quote, trade, book, drain, ring }
}

describe('an instrument without a feed', () => {
  it('passes untouched', () => {
    const { router, drain } = setUp({ mode: 'failover', sources: [0] })
    router.publishQuote(1, 3, 1, 2, 1, 1, 0, 0, Number.NaN, 0)
    router.publishTrade(1, 3, 1, 2, 0, 0, 0, 7, 7, 0)
    expect(drain()).toEqual(['q3 1/2', 't3 #7'])
  })
})

describe('failover', () => {
  it('listens to one source, and marks the change to another before its first message', () => {
    const { usable, check, quote, drain, feed } = setUp({ mode: 'failover', sources: [0, 1] })
    quote(0, 1, 2)
    quote(1, 1, 3)
    expect(drain()).toEqual(['q0 1/2'])
    usable.delete(0)
    expect(check()).toMatchObject([{ instrument: 0, from: 0, to: 1, reason: 'failover' }])
    quote(0, 1, 2)
    quote(1, 1, 4)
    expect(drain()).toEqual(['! failover S1 all', 'q1 1/4'])
    expect(feed.report().map(({ suppressed }) => suppressed)).toEqual([1, 1])
  })

  it('leaves a source that is silent while another is not, and stays where all are', () => {
    const { time, check, quote, drain } = setUp({ mode: 'failover', sources: [0, 1], staleAfterMs: 1_000 })
    quote(0, 1, 2)
    quote(1, 1, 2)
    time.advanceMs(5_000)
    expect(check()).toEqual([])
    quote(1, 1, 3)
    expect(check()).toMatchObject([{ to: 1 }])
    quote(1, 1, 4)
    expect(drain()).toEqual(['q0 1/2', '! failover S1 all', 'q1 1/4'])
  })

  it('takes a book over from a snapshot on', () => {
    const { usable, check, book, drain } = setUp({ mode: 'failover', sources: [0, 1] })
    book(0, 1, { isSnapshot: true })
    book(0, 2)
    usable.delete(0)
    check()
    book(1, 50)
    book(1, 51, { isSnapshot: true, levels: 2 })
    book(1, 52)
    expect(drain()).toEqual(['b0 #1s 1', 'b0 #2 1', '! failover S1 all', 'b1 #51s 2', 'b1 #52 1'])
  })

  it('marks what is missing where numbers tell, and leaves copies out', () => {
    const { trade, usable, check, drain } = setUp({
      mode: 'failover',
      sources: [0, 1],
      identity: 'sequence',
      isContiguous: true,
    })
    trade(0, 1)
    trade(0, 2)
    usable.delete(0)
    check()
    trade(1, 2)
    trade(1, 5)
    expect(drain()).toEqual(['t0 #1', 't0 #2', '! failover S1 all', '! missing S1 trades 2', 't1 #5'])
  })

  it('loses nothing that the next source brought before the change was noticed, and hands nothing on twice', () => {
    for (const isContiguous of [true, false]) {
      const { trade, quote, usable, check, drain } = setUp({
        mode: 'failover',
        sources: [0, 1, 2],
        identity: 'sequence',
        isContiguous,
      })
      for (const source of [1, 0, 2]) for (const sequence of [1, 2]) trade(source, sequence)
      quote(0, 1, 2, 7)
      // The first one is dead, and nobody knows it yet.
      for (const sequence of [3, 4]) for (const source of [1, 2]) trade(source, sequence)
      for (const sequence of [8, 9]) quote(1, sequence, 20, sequence)
      expect(drain()).toEqual(['t0 #1', 't0 #2', 'q0 1/2'])
      usable.delete(0)
      check()
      for (const source of [2, 1]) trade(source, 5)
      expect(drain()).toEqual(['! failover S1 all', 'q1 8/20', 'q1 9/20', 't1 #3', 't1 #4', 't1 #5'])
      // Back again, further on: nothing twice.
      trade(0, 5)
      trade(0, 6)
      usable.delete(1)
      usable.add(0)
      check()
      trade(0, 7)
      expect(drain()).toEqual(['! failover S0 all', 't0 #6', 't0 #7'])
    }
  })

  it('marks the hole that the next source has, too, and keeps no more than its bound', () => {
    const { trade, usable, check, drain } = setUp({
      mode: 'failover',
      sources: [0, 1],
      identity: 'sequence',
      isContiguous: true,
      maxHeld: 4,
    })
    trade(0, 1)
    for (let sequence = 2; sequence <= 9; sequence++) trade(1, sequence)
    usable.delete(0)
    check()
    trade(1, 10)
    expect(drain()).toEqual([
      't0 #1',
      '! failover S1 all',
      '! missing S1 trades 4',
      't1 #6',
      't1 #7',
      't1 #8',
      't1 #9',
      't1 #10',
    ])
  })

  it('knows trades by ids without an order, and brings none that is older than the break', () => {
    const { time, router, usable, check, drain, feed } = setUp({
      mode: 'failover',
      sources: [0, 1],
      identity: 'tradeId',
    })
    const trade = (source: number, id: number) => {
      router.publishTrade(0, source, 10, 1, 0, time.wallUs(), time.wallUs(), id, id, 0)
    }
    trade(1, 70) // the first one never brings it
    time.advanceMs(5_000)
    trade(0, 30)
    trade(1, 30)
    trade(1, 20)
    trade(1, 90)
    usable.delete(0)
    check()
    trade(1, 90)
    trade(1, 10)
    expect(drain()).toEqual(['t0 #30', '! failover S1 all', 't1 #20', 't1 #90', 't1 #10'])
    expect(feed.trades.kept).toEqual([])
  })

  it('keeps nothing where the source that is listened to is ahead', () => {
    const { trade, feed } = setUp({ mode: 'failover', sources: [0, 1], identity: 'sequence' })
    for (let sequence = 1; sequence < 100; sequence++) for (const source of [0, 1]) trade(source, sequence)
    expect(feed.trades.kept).toEqual([])
  })

  it('says when no source is left', () => {
    const { usable, check, quote, drain } = setUp({ mode: 'failover', sources: [0, 1] })
    usable.clear()
    expect(check()).toMatchObject([{ to: -1, reason: 'lost' }])
    quote(0, 1, 2)
    usable.add(1)
    check()
    quote(1, 1, 2)
    expect(drain()).toEqual(['! lost S0 all', '! failover S1 all', 'q1 1/2'])
  })
})

describe('arbitration', () => {
  const lines: FeedOptions = { mode: 'arbitrate', sources: [0, 1], identity: 'sequence', isContiguous: true }

  it('hands the first copy on, in order, and counts what each line lost', () => {
    const { trade, drain, feed } = setUp(lines)
    trade(0, 1)
    trade(1, 1)
    trade(0, 3)
    trade(1, 2)
    trade(1, 3)
    trade(0, 4)
    expect(drain()).toEqual(['t0 #1', 't1 #2', 't0 #3', 't0 #4'])
    expect(feed.report().map(({ trades }) => trades)).toEqual([
      { received: 3, won: 3, lost: 1 },
      { received: 3, won: 1, lost: 0 },
    ])
  })

  it('gives up after a while what no line brings, and marks it', () => {
    const { time, trade, drain } = setUp({ ...lines, maxHoldMs: 20 })
    trade(0, 1)
    trade(0, 4)
    trade(1, 6)
    time.advanceMs(19)
    expect(drain()).toEqual(['t0 #1'])
    time.advanceMs(1)
    expect(drain()).toEqual(['! missing S0 trades 2', 't0 #4', '! missing S1 trades 1', 't1 #6'])
    trade(1, 2)
    expect(drain()).toEqual([])
  })

  it('holds no more than its bound', () => {
    const { trade, drain } = setUp({ ...lines, maxHeld: 2 })
    for (const sequence of [1, 3, 5, 7]) trade(0, sequence)
    expect(drain()).toEqual(['t0 #1', '! missing S0 trades 1', 't0 #3'])
  })

  it('keeps books whole, by the chain of their messages', () => {
    const { book, drain } = setUp(lines)
    book(0, 10, { isSnapshot: true, levels: 3 })
    book(1, 10, { isSnapshot: true, levels: 3 })
    book(0, 25, { previous: 20, levels: 2 })
    book(1, 20, { previous: 10 })
    expect(drain()).toEqual(['b0 #10s 3', 'b1 #20 1', 'b0 #25 2'])
    book(0, 26, { isLast: false })
    book(0, 26)
    book(1, 26, { isLast: false })
    book(1, 26)
    expect(drain()).toEqual(['b0 #26 1', 'b0 #26 1'])
  })

  it('knows trades by ids without an order', () => {
    const { trade, drain } = setUp({ mode: 'arbitrate', sources: [0, 1], identity: 'tradeId' })
    trade(0, 1, 900)
    trade(1, 2, 17)
    trade(0, 3, 17)
    trade(1, 4, 900)
    expect(drain()).toEqual(['t0 #1', 't1 #2'])
  })

  it('takes nothing for handed on that found no room', () => {
    const { trade, drain } = setUp(lines, 2)
    expect([trade(0, 1), trade(0, 2), trade(0, 3)]).toEqual([true, true, false])
    expect(drain()).toHaveLength(2)
    expect(trade(1, 3)).toBe(true)
    expect(trade(0, 3)).toBe(true)
    expect(drain()).toEqual(['t1 #3'])
  })
})

describe('consolidation', () => {
  it('publishes the best of all when it changes', () => {
    const { quote, trade, usable, check, drain } = setUp({ mode: 'consolidate', sources: [0, 1] })
    quote(0, 10, 12)
    quote(1, 9, 13)
    quote(1, 9, 11)
    trade(1, 5)
    expect(drain()).toEqual(['q0 10/12', 'q1 10/11', 't1 #5'])
    usable.delete(1)
    check()
    expect(drain()).toEqual(['q0 10/12'])
  })

  it('owes a quote that found no room', () => {
    const { quote, drain } = setUp({ mode: 'consolidate', sources: [0, 1] }, 2)
    quote(0, 10, 12)
    quote(0, 10, 13)
    expect(quote(0, 10, 14)).toBe(false)
    drain()
    expect(quote(0, 10, 14)).toBe(true)
    expect(drain()).toEqual(['q0 10/14'])
  })
})

it.each([
  [{ mode: 'arbitrate', sources: [0, 1] }, 'identity'],
  [{ mode: 'both', sources: [0] }, 'mode'],
  [{ mode: 'failover', sources: [] }, 'at least one'],
  [{ mode: 'failover', sources: [0], identity: 'name' }, 'identity'],
  [{ mode: 'failover', sources: [0], maxHoldMs: 0 }, 'maxHoldMs'],
  [{ mode: 'failover', sources: [0], maxHeld: 0 }, 'maxHeld'],
  [{ mode: 'failover', sources: [0], staleAfterMs: -1 }, 'staleAfterMs'],
])('refuses %j', (options, named) => {
  expect(() => setUp(options as FeedOptions)).toThrow(named)
})
