/** Cancels that a kill switch asked for: owed for as long as it holds and the order is open, over connections and restarts. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { restartEcho } from './restart.test-support.js'

const kinds = (venue: EchoConnector) => venue.sent.map(({ kind }) => kind)

/** A venue that is asked about its orders answers with one that works. Says how much had been sent when it was asked. */
function answersWith(venue: EchoConnector, number: number, clientOrderId: string): string[] {
  const asked: string[] = []
  Object.assign(venue, {
    fetchOrders: async () => {
      asked.push(`orders after ${venue.sent.length} messages`)
      return [{ ...workingReport, clientOrderId, venueOrderId: number }]
    },
  })
  return asked
}

const workingReport = {
  instrument: 0,
  account: 'PAPER',
  side: 'buy',
  type: 'LIMIT',
  timeInForce: 'DAY',
  quantityUnits: 100,
  priceUnits: 1_000_000,
  cumulativeUnits: 0,
  state: 'working',
  tsUs: 5,
} as const

describe('cancels that a kill switch owes', () => {
  it('are sent after a restart before anything is asked', async () => {
    const first = await startEcho()
    const order = first.system.orders.submit(buy())
    const { clientOrderId, number } = order
    first.venue.reports.accepted(number, number, 1)
    first.venue.drop()
    first.system.kill({ actor: 'risk', reason: 'test' })
    expect(kinds(first.venue)).toEqual(['new'])
    let asked: string[] = []
    const second = await restartEcho(first, {}, (next) => {
      asked = answersWith(next, number, clientOrderId)
    })
    expect(kinds(second.venue)).toEqual(['cancel'])
    expect(asked[0]).toBe('orders after 1 messages')
    second.venue.reports.canceled(number, 0, '', 9)
    expect(second.system.orders.get(clientOrderId)?.status).toBe('CANCELED')
    await second.system.stop()
  })

  it('wait for a connector that is away over a whole session', async () => {
    const first = await startEcho()
    const order = first.system.orders.submit(buy())
    const { clientOrderId, number } = order
    first.venue.reports.accepted(number, number, 1)
    first.venue.drop()
    await first.venue.stop()
    first.disk.crash({ powerCut: false })
    const other = new EchoConnector()
    const away = await startEcho({ connectors: { other } }, { time: first.time, disk: first.disk, venue: other })
    expect(away.system.kill({ actor: 'risk', reason: 'test' })).toBe(1)
    expect(kinds(other)).toEqual([])
    expect(away.system.orders.get(clientOrderId)?.status).toBe('ACCEPTED')
    const back = await restartEcho(away, {}, (next) => {
      answersWith(next, number, clientOrderId)
    })
    expect(kinds(back.venue)).toEqual(['cancel'])
    await back.system.stop()
  })

  it('are asked for again after a refusal, once over each connection', async () => {
    const echo = await startEcho()
    const order = echo.system.orders.submit(buy())
    echo.venue.reports.accepted(order.number, order.number, 1)
    echo.venue.venue.orders = [echo.venue.report(order.number)]
    echo.system.kill({ scope: 'instrument', name: 'IBM', actor: 'risk', reason: 'test' })
    echo.venue.reports.cancelRejected(order.number, 1, 'too many', 2)
    for (let round = 1; round <= 2; round++) {
      echo.venue.drop()
      await echo.time.advanceMsAsync(40_000)
      expect(kinds(echo.venue).filter((kind) => kind === 'cancel')).toHaveLength(1 + round)
    }
    await echo.system.stop()
  })

  it('include an order that comes to light later', async () => {
    const echo = await startEcho()
    echo.system.kill({ actor: 'risk', reason: 'test' })
    echo.venue.drop()
    answersWith(echo.venue, 77, 'of-somebody-else')
    await echo.time.advanceMsAsync(5_000)
    expect(echo.venue.isReady).toBe(true)
    expect(kinds(echo.venue)).toEqual(['cancel'])
    await echo.system.stop()
  })

  it('are none where the kill switch cancels nothing, or is released, or covers others', async () => {
    const first = await startEcho()
    const order = first.system.orders.submit(buy())
    const { clientOrderId, number } = order
    first.venue.reports.accepted(number, number, 1)
    first.system.kill({ actor: 'risk', reason: 'test', cancel: false })
    first.system.kill({ scope: 'account', name: 'PAPER', actor: 'risk', reason: 'test' })
    first.system.releaseKill({ scope: 'account', name: 'PAPER', actor: 'risk', reason: 'over' })
    first.venue.reports.cancelRejected(number, 1, 'no', 2)
    first.system.kill({ scope: 'strategy', name: 'HOST', cancel: false, actor: 'risk', reason: 'test' })
    const sent = kinds(first.venue).length
    first.venue.venue.orders = [first.venue.report(number)]
    first.venue.drop()
    await first.time.advanceMsAsync(5_000)
    expect(kinds(first.venue)).toHaveLength(sent)
    const second = await restartEcho(first, {}, (next) => {
      answersWith(next, number, clientOrderId)
    })
    expect(kinds(second.venue)).toEqual([])
    expect(second.system.orders.submit(buy()).reason).toBe('KILL_SWITCH')
    await second.system.stop()
  })
})

describe('a cancel that was lost with its line', () => {
  it('is sent again over the next connection where the order still works, and not where it is over', async () => {
    const { venue, system, time } = await startEcho()
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, order.number, 1)
    order.cancel()
    await time.advanceMsAsync(1)
    expect(kinds(venue)).toEqual(['new', 'cancel'])
    answersWith(venue, order.number, order.clientOrderId)
    venue.drop()
    await time.advanceMsAsync(60_000)
    expect(kinds(venue)).toEqual(['new', 'cancel', 'cancel'])
    expect(order.status).toBe('PENDING_CANCEL')
    // Once is enough while the line holds, however often the venue is asked.
    await system.reconcile()
    expect(kinds(venue)).toEqual(['new', 'cancel', 'cancel'])
    venue.reports.canceled(order.number, 0, '', time.wallUs())
    expect(order.status).toBe('CANCELED')
    venue.drop()
    await time.advanceMsAsync(60_000)
    expect(kinds(venue)).toEqual(['new', 'cancel', 'cancel'])
    await system.stop()
  })
})
