import { describe, expect, it } from 'vitest'
import { IngestRing } from '../../ring/ingest-ring.js'
import { performanceProfiles } from '../../ring/profiles.js'
import { openConnector, openPublisher, pause, until } from './feed.test-support.js'

describe('publisher and connector', () => {
  for (const format of ['packed', 'json', 'messagepack'] as const)
    it(`carry every kind of event: ${format}`, async () => {
      const publisher = await openPublisher({ format })
      const { connector, received } = await openConnector(publisher)
      for (const kind of ['quotes', 'trades', 'book', 'bars', 'status', 'news'] as const)
        await connector.subscribeTo({ kind, instrument: 0 })
      await until(() => connector.feedStreams.every(({ state }) => state === 'live'), 'live streams')
      await pause(50)
      publisher.publishQuote(0, 0, 100.25, 100.5, 300, Number.NaN, 1_700_000_000_000_001, 0, 17, 3)
      publisher.publishTrade(0, 0, 100.5, 7, -1, 1_700_000_000_000_002, 0, Number.NaN, 4_711, 9)
      publisher.beginBook(0, 0, true, 1_700_000_000_000_003, 0, 5, Number.NaN)
      publisher.addLevel(0, 100.25, 300)
      publisher.addLevel(1, 100.5, 200)
      publisher.commitBook(true)
      publisher.publishBar(
        0,
        0,
        60_000_000,
        1,
        3,
        0.5,
        2,
        100,
        5,
        1.5,
        1_699_999_940_000_000,
        1_700_000_000_000_000,
        0,
        true,
      )
      publisher.publishStatus(0, 0, 3, 1_700_000_000_000_004)
      publisher.publishNote(0, 0, { kind: 'news', headline: 'Größe' }, 1_700_000_000_000_005)
      await until(() => received.notes.length > 0 && received.books.length > 0 && received.bars.length > 0, 'events')
      await until(() => received.statuses.length > 0 && received.trades.length > 0, 'events')
      expect(received.quotes).toEqual([
        { instrument: 0, bid: 100.25, ask: 100.5, sequence: 17, tsEventUs: 1_700_000_000_000_001 },
      ])
      expect(received.trades).toEqual([{ instrument: 0, price: 100.5, size: 7, tradeId: 4_711, aggressor: -1 }])
      expect(received.books).toEqual([
        {
          instrument: 0,
          isSnapshot: true,
          levels: [
            [0, 100.25, 300],
            [1, 100.5, 200],
          ],
        },
      ])
      expect(received.bars).toEqual([{ close: 2, isClosed: true }])
      expect(received.statuses).toEqual([3])
      expect(received.notes).toEqual([{ kind: 'news', headline: 'Größe' }])
      expect(connector.counters).toMatchObject({ malformed: 0, unknownInstruments: 0, unasked: 0, queued: 0 })
      expect(connector.slowCounters('quotes', 0)).toEqual({
        offered: 1,
        delivered: 1,
        dropped: 0,
        conflated: 0,
        queued: 0,
      })
      await connector.stop()
      await publisher.stop()
    })

  it('publish of a ring what passes a filter, and count the rest', async () => {
    const publisher = await openPublisher()
    const { connector, received } = await openConnector(publisher)
    await connector.subscribeTo({ kind: 'trades', instrument: 0 })
    await until(() => connector.feedStreams.every(({ state }) => state === 'live'), 'live streams')
    const ring = new IngestRing({ capacity: 16 })
    const end = publisher.follow(ring, { name: 'bridge', filter: { minSize: 100, kinds: ['trades'] } })
    for (const size of [99, 100, 101]) ring.publishTrade(0, 0, 5, size, 0, 1, 1, Number.NaN, size, 0)
    ring.publishQuote(0, 0, 1, 2, 500, 500, 1, 1, Number.NaN, 0)
    ring.drain()
    await until(() => received.trades.length === 2, 'trades')
    expect(received.trades.map((trade) => (trade as { size: number }).size)).toEqual([100, 101])
    expect(ring.consumers[0]?.counters).toMatchObject({ offered: 4, delivered: 2, filtered: 2, queued: 0 })
    end()
    await connector.stop()
    await publisher.stop()
  })

  it('gives a late subscriber the state first', async () => {
    const publisher = await openPublisher()
    publisher.publishQuote(1, 0, 1, 2, 3, 4, 1_700_000_000_000_001, 0, Number.NaN, 0)
    publisher.beginBook(1, 0, true, 1_700_000_000_000_003, 0, 5, Number.NaN)
    publisher.addLevel(0, 9, 300)
    publisher.addLevel(1, 10, 200)
    publisher.commitBook(true)
    publisher.beginBook(1, 0, false, 1_700_000_000_000_003, 0, 5, Number.NaN)
    publisher.addLevel(0, 9, 0)
    publisher.addLevel(0, 8, 50)
    publisher.commitBook(true)
    publisher.flush()
    const { connector, received } = await openConnector(publisher)
    await connector.subscribeTo({ kind: 'quotes', instrument: 1 })
    await connector.subscribeTo({ kind: 'book', instrument: 1 })
    await until(() => received.quotes.length > 0 && received.books.length > 0, 'snapshots')
    expect(received.quotes).toMatchObject([{ instrument: 1, bid: 1, ask: 2 }])
    expect(received.books).toEqual([
      {
        instrument: 1,
        isSnapshot: true,
        levels: [
          [0, 8, 50],
          [1, 10, 200],
        ],
      },
    ])
    await connector.stop()
    await publisher.stop()
  })

  it('carries many instruments in one stream', async () => {
    const publisher = await openPublisher({ groups: { all: ['IBM.TEST', 'SPY.TEST', 'QQQ.TEST'] } })
    const { connector, received } = await openConnector(publisher)
    await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    await connector.subscribeTo({ kind: 'quotes', instrument: 2 })
    await until(() => connector.feedStreams[0]?.state === 'live', 'a live stream')
    await pause(50)
    for (let round = 0; round < 1_000; round++)
      for (const instrument of [0, 1, 2]) publisher.publishQuote(instrument, 0, round, round + 1, 1, 1, 1, 0, round, 0)
    await until(() => received.quotes.length >= 2_000, 'quotes')
    expect(received.quotes.filter(({ instrument }) => instrument === 0).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 1_000 }, (_, round) => round),
    )
    expect(connector.counters.unasked).toBe(1_000)
    expect(publisher.counters.frames).toBe(Math.ceil(3_000 / 256))
    await connector.stop()
    await publisher.stop()
  })

  it('heals what was lost while the line was down, and a restart of the publisher', async () => {
    const publisher = await openPublisher()
    const [endpoint] = publisher.endpoints
    const { connector, received } = await openConnector(publisher, { reconnect: { firstDelayMs: 10, maxDelayMs: 20 } })
    const told: string[] = []
    connector.feedEvents.on('restarted', ({ fromEpoch, toEpoch }) => told.push(`restarted ${fromEpoch !== toEpoch}`))
    await connector.subscribeTo({ kind: 'trades', instrument: 0 })
    await until(() => connector.feedStreams[0]?.state === 'live', 'a live stream')
    await pause(50)
    publisher.publishTrade(0, 0, 1, 1, 1, 1, 0, Number.NaN, 1, 0)
    await until(() => received.trades.length === 1, 'the first trade')
    const serviceEndpoint = publisher.serviceEndpoint
    await publisher.stop()
    await until(() => !connector.isReady, 'the loss')
    const next = await openPublisher({ bind: endpoint as string, service: serviceEndpoint })
    next.publishTrade(0, 0, 2, 1, 1, 1, 0, Number.NaN, 2, 0)
    next.flush()
    next.publishTrade(0, 0, 3, 1, 1, 1, 0, Number.NaN, 3, 0)
    next.flush()
    await until(() => received.trades.length === 3, 'trades that were sent before the line was up again')
    expect(received.trades.map(({ tradeId }) => tradeId)).toEqual([1, 2, 3])
    expect(told).toEqual(['restarted true'])
    expect(connector.feedStreams[0]?.counters).toMatchObject({ lost: 0, restarts: 1, replayed: 2 })
    await connector.stop()
    await next.stop()
  })
})

describe('performance profiles', () => {
  it('set how long events wait for others, as a bound: what is full leaves at once', async () => {
    const publisher = await openPublisher({ profile: 'high-throughput' })
    const { frameRecords } = performanceProfiles['high-throughput']
    const quote = () => publisher.publishQuote(0, 0, 1, 2, 3, 4, 1_700_000_000_000_001, 0, Number.NaN, 0)
    for (let i = 0; i < 2 * frameRecords; i++) quote()
    expect(publisher.counters.frames).toBe(2)
    quote()
    await new Promise((resolve) => setImmediate(resolve))
    expect(publisher.counters.frames).toBe(2)
    await until(() => publisher.counters.frames === 3, 'the frame of the last quote')
    await publisher.stop()
    const fast = await openPublisher({ profile: 'ultra-low-latency' })
    fast.publishQuote(0, 0, 1, 2, 3, 4, 1_700_000_000_000_001, 0, Number.NaN, 0)
    await new Promise((resolve) => setImmediate(resolve))
    expect(fast.counters.frames).toBe(1)
    await fast.stop()
    await expect(openPublisher({ profile: 'slow' as 'balanced' })).rejects.toThrow('profile must be one of')
  })
})
