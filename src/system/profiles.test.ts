/** Profiles: strategies are left alone for the time of the profile, prices of risk and the cache are not; nothing is lost. */
import { describe, expect, it } from 'vitest'
import { SimulatedConnector } from '../connectors/sim/simulated-connector.js'
import { VirtualTime } from '../core/virtual-time.js'
import { IngestRing } from '../ring/ingest-ring.js'
import { type ProfileName, performanceProfiles, profileNames, profileOf } from '../ring/profiles.js'
import { PacedConsumer } from './paced-consumer.js'
import { TradingSystem } from './trading-system.js'

describe('profiles', () => {
  it('have the times that they are named for', () => {
    const times = profileNames.map((name) => [
      performanceProfiles[name].conflationMs,
      performanceProfiles[name].batchMs,
    ])
    expect(times.slice(0, 3)).toEqual([
      [0, 1],
      [10, 20],
      [100, 100],
    ])
    expect(() => profileOf('fast' as ProfileName)).toThrow('profile must be one of ultra-low-latency')
  })

  it('are an option of a system, which sizes its ring, and of connectors', async () => {
    const start = (profile: string) =>
      TradingSystem.create({
        mode: 'paper',
        profile: profile as ProfileName,
        connectors: { sim: new SimulatedConnector({}) },
      })
    const system = await start('high-throughput')
    expect(system.ring.capacity).toBe(performanceProfiles['high-throughput'].ring)
    await system.stop()
    await expect(start('fast')).rejects.toThrow('profile')
    expect(() => new SimulatedConnector({ connection: { profile: 'fast' as ProfileName } })).toThrow('profile')
  })
})

describe('a paced consumer', () => {
  function setUp(conflationMs: number) {
    const time = new VirtualTime()
    const ring = new IngestRing({ capacity: 64 })
    const seen: [number, number][] = []
    const paced = new PacedConsumer(time, conflationMs, () => time.nextTurn(() => ring.drain()))
    const handlers = paced.handlers({
      onQuotes: ({ quotes }, from, to) => {
        for (let row = from; row < to; row++) seen.push([time.monotonicNs() / 1e6, quotes.bid[row] as number])
      },
    })
    const consumer = ring.addConsumer({ name: 'paced', policy: 'conflate', handlers })
    paced.follow(consumer)
    const quote = (bid: number) => {
      ring.publishQuote(0, 0, bid, bid + 1, 1, 1, 0, 0, Number.NaN, 0)
      ring.drain()
    }
    return { time, consumer, seen, quote, paced, startMs: time.monotonicNs() / 1e6 }
  }

  it('gets the first batch at once, and then one each time, with the newest prices', async () => {
    const { time, consumer, seen, quote, startMs } = setUp(10)
    for (let ms = 0; ms < 30; ms++) {
      quote(ms)
      await time.advanceMsAsync(1)
    }
    await time.advanceMsAsync(20)
    const times = seen.map(([at]) => at - startMs)
    expect(times[0]).toBe(0)
    // The last quote came at 29 ms; whatever came was handed on, replaced or not, no later than 10 ms after.
    expect(seen.at(-1)?.[1]).toBe(29)
    expect(seen.length).toBeLessThanOrEqual(5)
    for (let i = 1; i < times.length; i++)
      expect((times[i] as number) - (times[i - 1] as number)).toBeLessThanOrEqual(11)
    for (const [at, bid] of seen) expect(at - startMs - bid).toBeLessThanOrEqual(10)
    const { offered, delivered, conflated, dropped, queued } = consumer.counters
    expect([offered, dropped, queued]).toEqual([30, 0, 0])
    expect(delivered + conflated).toBe(30)
    expect(conflated).toBeGreaterThan(20)
  })

  it('is handed a batch at once when it was quiet before, and leaves no timer when it ends', async () => {
    const { time, seen, quote, paced, startMs } = setUp(10)
    quote(1)
    await time.advanceMsAsync(50)
    quote(2)
    expect(seen.map(([at]) => at - startMs)).toEqual([0, 50])
    paced.stop()
    await time.advanceMsAsync(50)
    expect(time.pendingTimers).toBe(0)
  })
})
