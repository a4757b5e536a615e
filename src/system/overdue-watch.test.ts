import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'

/** A system over a venue that is asked how often its orders are asked for, and when, in seconds since the start. */
async function watched(options = {}) {
  const echo = await startEcho(options)
  const startNs = echo.time.monotonicNs()
  const asked: number[] = []
  const fetch = echo.venue.queryOrders.bind(echo.venue)
  echo.venue.queryOrders = async (signal) => {
    asked.push(Math.round((echo.time.monotonicNs() - startNs) / 1e9))
    return await fetch(signal)
  }
  return { ...echo, asked }
}

describe('a venue that owes an answer', () => {
  it('to an order is asked, less and less often, until it answers', async () => {
    const { system, venue, time, asked } = await watched()
    await time.advanceMsAsync(100_000)
    expect(asked).toEqual([])
    venue.quote(99.99, 100.01)
    const order = system.orders.submit(buy())
    await time.advanceMsAsync(30_000)
    expect(order.status).toBe('UNKNOWN')
    const [first, second, third] = asked.map((second) => second - 100)
    expect(first).toBeGreaterThanOrEqual(5)
    expect(first).toBeLessThanOrEqual(8)
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(5)
    venue.venue.orders = [venue.report(order.number)]
    await time.advanceMsAsync(60_000)
    expect(order.status).toBe('ACCEPTED')
    const count = asked.length
    await time.advanceMsAsync(600_000)
    expect(asked).toHaveLength(count)
    await system.stop()
  })

  it('to a cancel is asked; what it says then ends the order', async () => {
    const { system, venue, time, asked } = await watched({ reconciliation: { answerWithinMs: 1_000 } })
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, 'v', 1)
    await time.advanceMsAsync(60_000)
    expect(asked).toEqual([])
    order.cancel()
    venue.venue.orders = [venue.report(order.number, { state: 'canceled' })]
    await time.advanceMsAsync(20_000)
    expect(order.status).toBe('CANCELED')
    expect(asked.length).toBeGreaterThan(0)
    await system.stop()
  })

  it('is not asked while the connection is down, and not after the end', async () => {
    const { system, venue, time, asked } = await watched()
    system.orders.submit(buy())
    const timers = time.pendingTimers
    venue.drop()
    const before = asked.length
    await time.advanceMsAsync(1_000)
    expect(asked.length - before).toBeLessThanOrEqual(2)
    await system.stop()
    expect(time.pendingTimers).toBeLessThan(timers)
    const count = asked.length
    await time.advanceMsAsync(120_000)
    expect(asked).toHaveLength(count)
  })
})
