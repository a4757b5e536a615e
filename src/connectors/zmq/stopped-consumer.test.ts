/**
 * A consumer that has stopped, at 100,000 events a second over real sockets: what waits is bounded, all of it is accounted for,
 * and when the consumer goes on it gets the newest. Seconds here, ten minutes in a full run.
 *
 * Memory is judged by events, not by the clock: however long the machine takes over them, so many events may leave so many
 * bytes. Garbage comes and goes, so what counts is the least that was held in each part of the run.
 */
import { expect, it } from 'vitest'
import { runs } from '../../../test/support/runs.js'
import { RealTime } from '../../core/real-time.js'
import type { IngestRing } from '../../ring/ingest-ring.js'
import { openConnector, openPublisher, pause, until } from './feed.test-support.js'

const seconds = runs({ ci: 2, full: 600 })
const eventsAStep = 1_000
const stepMs = 10
const capacity = 20_000
/** What rings, queues of sockets and collections in between may take beside what was there before. */
const mostBytes = 400e6
/** What the second half may hold more than the second quarter, where the run is long enough for its slope to mean something. */
const mostSlopeBytes = 16e6
const stepsForSlope = 6_000

interface Memory {
  heap: number
  external: number
  rss: number
}

function held(): Memory {
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed, external, rss }
}

/** The least that was held in a part of the run. */
function least(samples: readonly Memory[], from: number, to: number): Memory {
  const part = samples.slice(Math.floor(samples.length * from), Math.floor(samples.length * to))
  const lowest = (of: (sample: Memory) => number) => Math.min(...part.map(of))
  return {
    heap: lowest(({ heap }) => heap),
    external: lowest(({ external }) => external),
    rss: lowest(({ rss }) => rss),
  }
}

it(
  'holds a bounded amount, whatever comes',
  async () => {
    const time = new RealTime()
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
    const before = held()
    const samples: Memory[] = []
    let count = 0
    let mostGrowth = 0
    const steps = (seconds * 1_000) / stepMs
    const startNs = time.monotonicNs()
    for (let step = 0; step < steps; step++) {
      for (let index = 0; index < eventsAStep / 2; index++) {
        count++
        publisher.publishQuote(0, 0, count, count + 1, 1, 1, count, 0, count, 0)
        publisher.publishTrade(0, 0, count, 1, 0, count, 0, count, count, 0)
      }
      publisher.flush()
      // At the pace of the clock; a machine that is late gives the sockets a turn and catches up.
      await pause(Math.max(0, stepMs * (step + 1) - (time.monotonicNs() - startNs) / 1e6))
      expect(connector.counters.queued).toBeLessThanOrEqual(capacity + 1)
      const now = held()
      if (step % 10 === 0) samples.push(now)
      mostGrowth = Math.max(mostGrowth, now.rss - before.rss)
    }
    expect(mostGrowth).toBeLessThan(mostBytes)
    if (steps >= stepsForSlope) {
      const early = least(samples, 0.25, 0.5)
      const late = least(samples, 0.5, 1)
      const tookS = (time.monotonicNs() - startNs) / 1e9
      console.log(
        `stopped consumer, ${2 * count} events in ${tookS} s: ${JSON.stringify({ before, early, late, mostGrowth })}`,
      )
      expect(late.heap + late.external - early.heap - early.external).toBeLessThan(mostSlopeBytes)
    }
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
  (seconds * 3 + 60) * 1_000,
)
