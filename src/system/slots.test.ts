/** Orders for which the venue's message limit has no room: refused before anything is reserved, or sent over another connector. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import type { PacingOptions } from '../connector/pacing/pacing-options.js'
import type { OrderEvent } from '../oms/order-event.js'
import type { RoutingConfig } from './routing-config.js'
import { Strategy } from './strategy.js'
import type { TradingSystemOptions } from './trading-system.js'

/** Ten messages a second of which eight are open to orders, nine to what takes risk away. */
const pacing: PacingOptions = { windows: [{ limit: 10, windowMs: 1_000, weights: { query: 0, subscription: 0 } }] }
const risk = { duplicates: false, throttle: false } as const

async function startPaced(options: TradingSystemOptions = {}) {
  const venue = new EchoConnector({ pacing })
  const started = await startEcho({ risk, ...options }, { venue })
  const submit = (count: number) => Array.from({ length: count }, () => started.system.orders.submit(buy()))
  return { ...started, submit }
}

async function startTwo(routing: RoutingConfig) {
  const a = new EchoConnector({ pacing })
  const b = new EchoConnector({ pacing })
  const started = await startEcho({ risk, connectors: { a, b }, routing }, { venue: a })
  const submit = (count: number) => Array.from({ length: count }, () => started.system.orders.submit(buy()))
  return { ...started, a, b, submit }
}

describe('an order without a slot', () => {
  it('is refused before the gate reserves: nothing is approved, recorded as an intent or sent', async () => {
    const { system, venue, submit, events, anomalies } = await startPaced()
    const heard: string[] = []
    venue.events.on('throttled', ({ class: kind }) => heard.push(kind))
    expect(submit(8).every(({ status }) => status === 'SUBMITTED')).toBe(true)
    const before = system.exportState()
    const { approvals } = system.gate
    events.length = 0
    const [late] = submit(1)
    expect([late?.status, late?.reason]).toEqual(['DENIED', 'THROTTLE'])
    expect(events).toEqual(['denied'])
    expect(system.gate.approvals).toBe(approvals)
    expect(system.exportState().limitsUsed).toEqual(before.limitsUsed)
    expect(venue.sent).toHaveLength(8)
    expect(heard).toEqual(['order'])
    expect(venue.statistics.report()).toMatchObject({ throttled: 1, pacing: { refused: { order: 1 } } })
    expect(system.orders.statistics().denialsByCode).toMatchObject({ THROTTLE: 1 })
    expect(system.orders.counters.sendFailures).toBe(0)
    expect(anomalies).toEqual([])
    await system.stop()
  })

  it('is foreseen by an explanation, which takes and counts nothing', async () => {
    const { system, venue, submit } = await startPaced()
    submit(7)
    expect(system.orders.explain(buy())).toEqual([])
    expect(system.orders.explain(buy())).toEqual([])
    submit(1)
    expect(system.orders.explain(buy()).map(({ code }) => code)).toEqual(['THROTTLE'])
    expect(venue.statistics.report()).toMatchObject({ throttled: 0, pacing: { refused: { order: 0 } } })
    await system.stop()
  })

  it('finds one again once the window has moved on', async () => {
    const { system, venue, submit, time } = await startPaced()
    submit(9)
    await time.advanceMsAsync(1_001)
    venue.quote(99.99, 100.01)
    expect(submit(1)[0]?.status).toBe('SUBMITTED')
    await system.stop()
  })

  it('counts those that are approved and have not left: a turn gets no more than there are slots', async () => {
    class Burst extends Strategy {
      override readonly symbols = ['IBM']
      readonly statuses: string[] = []
      override onQuote(): void {
        if (this.statuses.length > 0) return
        for (let i = 0; i < 10; i++) this.statuses.push(this.submit(buy()).status)
      }
    }
    const burst = new Burst()
    const { system, venue } = await startPaced({ strategies: [burst] })
    expect(burst.statuses).toEqual([...Array(8).fill('SUBMITTED'), 'DENIED', 'DENIED'])
    expect(venue.sent).toHaveLength(8)
    expect(venue.statistics.report()).toMatchObject({ throttled: 2 })
    expect(system.orders.counters.sendFailures).toBe(0)
    await system.stop()
  })

  it('counts those that wait for the disk', async () => {
    const { system, venue, submit, time } = await startPaced({ durability: 'fsync' })
    const orders = submit(10)
    await time.advanceMsAsync(100)
    expect(orders.map(({ status }) => status)).toEqual([...Array(8).fill('SUBMITTED'), 'DENIED', 'DENIED'])
    expect(venue.sent).toHaveLength(8)
    await time.advanceMsAsync(1_001)
    venue.quote(99.99, 100.01)
    expect(submit(1)[0]?.reason).toBeUndefined()
    await system.stop()
  })

  it('leaves the share of what takes risk away alone', async () => {
    const { system, venue, submit, time } = await startPaced()
    const [first] = submit(1)
    venue.reports.filled(first?.number ?? 0, 'x', 100, 10_000, 0, 'USD', 1, time.wallUs())
    submit(8)
    const close = () => system.orders.submit(buy({ side: 'sell', price: '99.99', quantity: 10, reduceOnly: true }))
    expect(close().status).toBe('SUBMITTED')
    const second = close()
    expect([second.status, second.reason]).toEqual(['DENIED', 'THROTTLE'])
    expect(venue.statistics.report()).toMatchObject({ pacing: { refused: { order: 1, reduce: 1 } } })
    await system.stop()
  })

  it('is told why before it is told of the throttle', async () => {
    const { system, submit } = await startPaced()
    submit(8)
    system.kill({ level: 'halt', actor: 'me', reason: 'test' })
    expect(submit(1)[0]?.reason).toBe('KILL_SWITCH')
    await system.stop()
  })

  it('is refused as a change of an order, too, and the order stays as it was', async () => {
    const { system, venue, submit, time } = await startPaced()
    const [order] = submit(1)
    venue.reports.accepted(order?.number ?? 0, 1, time.wallUs())
    submit(7)
    const rejected: (string | undefined)[] = []
    system.orders.events.on('order', ({ type, reason }: OrderEvent) => {
      if (type === 'update_rejected') rejected.push(reason)
    })
    order?.modify({ quantity: 200 })
    expect(rejected).toEqual(['THROTTLE'])
    // One that only takes quantity away is urgent.
    order?.modify({ quantity: 50 })
    expect(venue.sent.filter(({ kind }) => kind === 'replace')).toHaveLength(1)
    order?.modify({ quantity: 40 })
    expect(rejected).toEqual(['THROTTLE', 'THROTTLE'])
    expect(venue.statistics.report()).toMatchObject({ throttled: 2, pacing: { refused: { order: 1, reduce: 1 } } })
    await system.stop()
  })
})

describe('a route whose connector has no room', () => {
  const lastOf = (orders: { status: string; reason: string | undefined }[]) => {
    const last = orders[orders.length - 1]
    return [last?.status, last?.reason]
  }

  it.each([
    ['round-robin', [8, 8]],
    ['best-available', [8, 8]],
  ] as const)('goes on to the next one where it is %s', async (strategy, sent) => {
    const { system, a, b, submit } = await startTwo({ strategy })
    const orders = submit(16)
    expect(orders.every(({ status }) => status === 'SUBMITTED')).toBe(true)
    expect([a.sent.length, b.sent.length]).toEqual(sent)
    expect(lastOf(submit(1))).toEqual(['DENIED', 'THROTTLE'])
    // A busy connector is not a lost one: the route stands.
    expect(system.routes[0]).toMatchObject({ current: 'a', epoch: 1 })
    await system.stop()
  })

  it('refuses where a primary has a backup, unless the next one is asked for', async () => {
    const refusing = await startTwo({ strategy: 'primary-backup' })
    expect(lastOf(refusing.submit(9))).toEqual(['DENIED', 'THROTTLE'])
    expect(refusing.b.sent).toEqual([])
    await refusing.system.stop()
    const { system, a, b, submit } = await startTwo({ strategy: 'primary-backup', whenThrottled: 'next' })
    expect(lastOf(submit(9))).toEqual(['SUBMITTED', undefined])
    expect([a.sent.length, b.sent.length]).toEqual([8, 1])
    await system.stop()
  })

  it('does as the particular route says', async () => {
    const { system, a, b, submit } = await startTwo({
      strategy: 'round-robin',
      routes: [{ symbols: ['IBM'], connectors: ['a', 'b'], whenThrottled: 'refuse', strategy: 'best-available' }],
    })
    expect(lastOf(submit(9))).toEqual(['DENIED', 'THROTTLE'])
    expect([a.sent.length, b.sent.length]).toEqual([8, 0])
    await system.stop()
  })

  it('does not pass over an order of unknown fate', async () => {
    const { system, a, b, submit, time } = await startTwo({
      strategy: 'round-robin',
      failbackAfterMs: 0,
      minDwellMs: 0,
    })
    const lost = submit(1)[0]
    a.drop()
    expect(lost?.status).toBe('UNKNOWN')
    expect(lastOf(submit(1))).toEqual(['DENIED', 'UNKNOWN_ELSEWHERE'])
    a.venue.orders = [a.report(lost?.number ?? 0)]
    await time.advanceMsAsync(5_000)
    b.quote(99.99, 100.01)
    expect(lastOf(submit(1))).toEqual(['SUBMITTED', undefined])
    await system.stop()
  })

  it('never goes to one that is not ready', async () => {
    const { system, a, b, submit } = await startTwo({ strategy: 'best-available' })
    b.drop()
    expect(lastOf(submit(9))).toEqual(['DENIED', 'THROTTLE'])
    expect([a.sent.length, b.sent.length]).toEqual([8, 0])
    await system.stop()
  })

  it('is told what it does not know by name', async () => {
    const config = { whenThrottled: 'wait' } as unknown as RoutingConfig
    await expect(startTwo(config)).rejects.toThrow(/routing\.whenThrottled/)
  })
})
