import { describe, expect, it } from 'vitest'
import { testShare } from '../../testing/builders.js'
import { TestHost } from '../../testing/test-host.js'
import { LinkFaults } from './faults.js'
import { constantLatency } from './latency.js'
import { SimulatedConnector, type SimulatedConnectorOptions } from './simulated-connector.js'
import { VenueBench } from './venue-bench.test-support.js'

const open = VenueBench.open

describe('faults on demand', () => {
  it('drop, double and delay the next message of a kind', async () => {
    const bench = await open()
    const { faults } = bench.connector
    bench.quote(100, 100.02, 10_000, 10_000)
    faults.dropNext('fill')
    const lost = bench.buy(100)
    expect(bench.kinds(lost)).toEqual(['accepted'])
    faults.duplicateNext('fill')
    expect(bench.kinds(bench.buy(100))).toEqual(['accepted', 'filled', 'filled'])
    faults.delayNext('accepted', 10)
    const late = bench.buy(100)
    expect(bench.kinds(late)).toEqual(['filled'])
    bench.host.time.advanceMs(10)
    expect(bench.kinds(late)).toEqual(['filled', 'accepted'])
    faults.dropNext('new')
    expect(bench.kinds(bench.buy(100))).toEqual([])
    expect(bench.venue.totals.orders).toBe(3)
    expect(faults.counters).toMatchObject({ dropped: 2, duplicated: 1, delayed: 1 })
    expect(await bench.connector.queryFills(0)).toHaveLength(3)
  })

  it('break the line: what was under way to the client is lost, and the connector comes back', async () => {
    const bench = await open({
      latency: { reports: constantLatency(5) },
      connection: { reconnect: { firstDelayMs: 10, maxDelayMs: 10 } },
    })
    bench.quote(100, 100.02)
    const order = bench.buy(100)
    bench.connector.breakConnection()
    await bench.host.time.advanceMsAsync(200)
    expect(bench.kinds(order)).toEqual([])
    expect(bench.position()).toBe(100)
    expect(bench.connector.isReady).toBe(true)
    expect(bench.connector.epoch).toBe(2)
    expect(bench.host.disconnects).toEqual(['the line was cut'])
  })

  it('let some of the requests under way arrive, in order, when the line breaks', async () => {
    const arrived = new Set<number>()
    for (let seed = 1; seed <= 12; seed++) {
      const bench = await open({ latency: { orders: constantLatency(5) }, faults: { seed } })
      bench.quote(100, 100.02)
      for (let i = 0; i < 3; i++) bench.buy(100, { price: '99', clientOrderId: `c${i}` })
      bench.connector.breakConnection()
      const ids = bench.venue.orders().map((order) => order.clientOrderId)
      expect(ids).toEqual(['c0', 'c1', 'c2'].slice(0, ids.length))
      arrived.add(ids.length)
    }
    expect([...arrived].sort()).toEqual([0, 1, 2, 3])
  })

  it('cancel on disconnect where the venue does that', async () => {
    for (const [cancelOnDisconnect, live] of [
      ['venue', 0],
      ['none', 1],
    ] as const) {
      const bench = await open({ cancelOnDisconnect })
      bench.quote(100, 100.02)
      bench.buy(100, { price: '99' })
      bench.connector.breakConnection()
      expect(bench.venue.orders({ live: true })).toHaveLength(live)
      expect(bench.connector.capabilities.orders?.cancelOnDisconnect).toBe(cancelOnDisconnect)
    }
  })

  it('stop the market data of the client, not the market', async () => {
    const host = new TestHost()
    const connector = new SimulatedConnector({
      synthetic: { seed: 1 },
      connection: { reconnect: { firstDelayMs: 5_000, maxDelayMs: 5_000 } },
      settlesPromises: true,
    })
    await host.start(connector)
    await connector.drive({ untilUs: host.time.wallUs() + 1_000_000 })
    const heard = connector.statistics.updates
    const before = connector.venue.listing('ACME')?.matcher.bidUnits
    connector.silence()
    await connector.drive({ untilUs: host.time.wallUs() + 1_000_000 })
    expect(connector.statistics.updates).toBe(heard)
    expect(connector.venue.listing('ACME')?.matcher.bidUnits).not.toBe(before)
    connector.breakConnection()
    await connector.drive({ untilUs: host.time.wallUs() + 20_000_000 })
    expect(connector.isReady).toBe(true)
    expect(connector.statistics.updates).toBeGreaterThan(heard)
  })

  it('go silent: only the health check finds out', async () => {
    const bench = await open({
      connection: { healthIntervalMs: 1_000, queryTimeoutMs: 500, reconnect: { firstDelayMs: 10, maxDelayMs: 10 } },
    })
    bench.quote(100, 100.02)
    bench.connector.silence()
    const order = bench.buy(100)
    await bench.host.time.advanceMsAsync(1_000)
    expect(bench.connector.isReady).toBe(true)
    await bench.host.time.advanceMsAsync(600)
    expect(bench.host.disconnects[0]).toContain('health check failed')
    expect(bench.connector.isReady).toBe(true)
    expect(bench.kinds(order)).toEqual([])
    expect(bench.connector.faults.counters.lost).toBe(1)
  })
})

describe('faults by chance', () => {
  async function run(options: SimulatedConnectorOptions): Promise<string> {
    const bench = await open(options)
    bench.quote(100, 100.02, 1_000_000, 1_000_000)
    for (let i = 0; i < 200; i++) {
      if (bench.connector.isReady) bench.buy(1, { clientOrderId: `c${i}` })
      await bench.host.time.advanceMsAsync(5)
    }
    await bench.host.time.advanceMsAsync(1_000)
    return JSON.stringify([bench.host.reports.reports, bench.connector.faults.counters, bench.host.disconnects])
  }

  const plan: SimulatedConnectorOptions = {
    latency: { orders: constantLatency(2) },
    faults: {
      seed: 5,
      toVenue: { drop: 0.05, duplicate: 0.05, delay: { probability: 0.1, minMs: 1, maxMs: 20 } },
      toClient: { drop: 0.05, duplicate: 0.05, reorder: { probability: 0.1, minMs: 1, maxMs: 20 } },
      lateAck: { probability: 0.1, minMs: 1, maxMs: 30 },
      reject: 0.05,
      disconnect: { meanIntervalMs: 200 },
    },
    connection: { reconnect: { firstDelayMs: 5, maxDelayMs: 5 } },
  }

  it('are counted, and the same for the same seed', async () => {
    const first = await run(plan)
    const second = await run(plan)
    expect(second).toBe(first)
    const counters = (JSON.parse(first) as [unknown, Record<string, number>])[1]
    for (const name of ['dropped', 'duplicated', 'delayed', 'reordered', 'rejected', 'lateAcks', 'disconnects'])
      expect(counters[name], name).toBeGreaterThan(0)
    expect(await run({ ...plan, faults: { ...plan.faults, seed: 6 } })).not.toBe(first)
  })

  it('refuse plans that make no sense', () => {
    for (const faults of [
      { reject: 2 },
      { toVenue: { drop: -1 } },
      { lateAck: { probability: 1, minMs: 5, maxMs: 1 } },
      { disconnect: { meanIntervalMs: 0 } },
      { nonsense: 1 },
    ]) {
      expect(() => new LinkFaults(faults as never)).toThrow('TW_INVALID_CONFIG')
    }
    expect(() => new LinkFaults().dropNext('fill', 0)).toThrow('TW_INVALID_ARGUMENT')
  })
})

describe('a venue shared by clients', () => {
  it('delivers an account seen by two to both, as external where it is not theirs', async () => {
    const first = await open({ clientName: 'one' })
    const second = await VenueBench.open(
      { venue: first.venue, clientName: 'two' },
      testShare,
      new TestHost({ time: first.host.time }),
    )
    first.quote(100, 100.02)
    first.buy(100, { clientOrderId: 'same' })
    second.host.reports.numbers.set('same', 5)
    expect(first.host.reports.kinds()).toEqual(['accepted', 'filled'])
    expect(second.host.reports.kinds()).toEqual(['externalOrder', 'externalFill'])
    expect(second.host.reports.of('externalOrder')[0]?.order?.clientOrderId).toBe('one:same')
  })
})
