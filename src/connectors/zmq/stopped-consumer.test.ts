/**
 * A consumer that has stopped, at 100,000 events a second over real sockets: what waits is bounded, all of it is accounted for,
 * and when the consumer goes on it gets the newest. Seconds here, ten minutes in a full run.
 */
import { expect, it } from 'vitest'
import { runs } from '../../../test/support/runs.js'
import type { IngestRing } from '../../ring/ingest-ring.js'
import { openConnector, openPublisher, pause, until } from './feed.test-support.js'

const seconds = runs({ ci: 2, full: 600 })
const eventsAStep = 1_000
const stepMs = 10
const capacity = 20_000
/** What rings, queues of sockets and collections in between may take beside what was there before. */
const mostBytes = 400e6

it(
  'holds a bounded amount, whatever comes',
  async () => {
    const publisher = await openPublisher({ replay: { frames: 1_000, bytes: 4 * 1024 * 1024 } })
    const last = { bid: 0, price: 0 }
    const { host, connector } = await openConnector(
      publisher,
      { slowCapacity: capacity },
      {
        onQuotes: ({ quotes }, _from, to) => {
          last.bid = quotes.bid[to - 1] as number
        },
        onTrades: ({ trades }, _from, to) => {
          last.price = trades.price[to - 1] as number
        },
      },
    )
    for (const kind of ['quotes', 'trades'] as const) await connector.subscribeTo({ kind, instrument: 0 })
    await until(() => connector.feedStreams.every(({ state }) => state === 'live'), 'live streams')
    const [consumer] = (host.market as IngestRing).consumers
    consumer?.pause()
    const before = process.memoryUsage()
    let count = 0
    let mostGrowth = 0
    for (let step = 0; step < (seconds * 1_000) / stepMs; step++) {
      for (let index = 0; index < eventsAStep / 2; index++) {
        count++
        publisher.publishQuote(0, 0, count, count + 1, 1, 1, count, 0, count, 0)
        publisher.publishTrade(0, 0, count, 1, 0, count, 0, count, count, 0)
      }
      publisher.flush()
      await pause(stepMs)
      expect(connector.counters.queued).toBeLessThanOrEqual(capacity + 1)
      const { rss } = process.memoryUsage()
      mostGrowth = Math.max(mostGrowth, rss - before.rss)
    }
    expect(mostGrowth).toBeLessThan(mostBytes)
    await until(() => connector.slowCounters('quotes', 0).offered === count, 'all quotes')
    await until(() => connector.slowCounters('trades', 0).offered === count, 'all trades')
    for (const kind of ['quotes', 'trades'] as const) {
      const { offered, delivered, dropped, conflated, queued } = connector.slowCounters(kind, 0)
      expect(offered).toBe(delivered + dropped + conflated + queued)
      expect(queued).toBeGreaterThan(0)
    }
    consumer?.resume()
    await until(() => last.bid === count && last.price === count, 'the newest quote and trade')
    expect(connector.counters.queued).toBe(0)
    expect(connector.statistics.gaps).toBe(0)
    await connector.stop()
    await publisher.stop()
  },
  (seconds + 60) * 1_000,
)
