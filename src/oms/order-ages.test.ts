/** How long ago something happened does not depend on who sets the machine's clock (RELIABILITY F22). */
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'

const hourUs = 3_600_000_000

describe('reconciliation when the wall clock is set', () => {
  it.each([
    ['back', -hourUs],
    ['forward', hourUs],
  ])('finds by the next regular run what was lost on the way: %s', async (_which, stepUs) => {
    const { venue, system, time } = await startEcho({ reconciliation: { intervalMs: 10_000 } })
    const order = system.orders.submit(buy())
    venue.venue.orders = [venue.report(order.number, { venueOrderId: 'v', state: 'canceled' })]
    venue.venue.account = { positions: [] }
    time.stepWallClock(stepUs)
    await time.advanceMsAsync(25_000)
    expect(order.status).toBe('CANCELED')
    await system.stop()
  })

  it.each([
    ['back', -hourUs],
    ['forward', hourUs],
  ])('gives the venue its time of grace before it believes that an order never came: %s', async (_which, stepUs) => {
    const { venue, system, time } = await startEcho()
    const order = system.orders.submit(buy())
    venue.venue.account = { positions: [] }
    venue.drop()
    await time.advanceMsAsync(3_000)
    time.stepWallClock(stepUs)
    await time.advanceMsAsync(1_000)
    expect([order.status, venue.state]).toEqual(['UNKNOWN', 'reconciling'])
    await time.advanceMsAsync(5_000)
    expect([order.status, venue.isReady]).toEqual(['REJECTED', true])
    await system.stop()
  })

  it('asks about an order whose cancel is refused again and again', async () => {
    const { venue, system, time } = await startEcho({ reconciliation: { intervalMs: 3_000 } })
    venue.venue.account = { positions: [] }
    const order = system.orders.submit(buy())
    let answered = 0
    const answer = () => {
      for (const sent of venue.sent.slice(answered))
        if (sent.kind === 'cancel')
          venue.reports.cancelRejected(sent.number, sent.generation, 'unknown order', time.wallUs())
      answered = venue.sent.length
    }
    // A kill switch asks for the cancel after every run, for nobody knows that the order is gone.
    system.kill({ actor: 'test', reason: 'test' })
    for (let second = 0; second < 30; second++) {
      answer()
      await time.advanceMsAsync(1_000)
    }
    expect(order.status).toBe('REJECTED')
    await system.stop()
  })

  it('does not take an order that was just sent for one that is overdue', async () => {
    const { venue, system, time, anomalies } = await startEcho({ reconciliation: { intervalMs: 10_000 } })
    venue.venue.account = { positions: [] }
    await time.advanceMsAsync(19_900)
    venue.quote(99.99, 100.01)
    const order = system.orders.submit(buy())
    time.stepWallClock(hourUs)
    await time.advanceMsAsync(200)
    expect([order.status, anomalies]).toEqual(['SUBMITTED', []])
    await system.stop()
  })
})
