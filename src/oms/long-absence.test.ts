/** A system that was away for longer than reconciliation looks back by itself. */
import { expect, it } from 'vitest'
import type { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { restartEcho } from './restart.test-support.js'

const hourMs = 3_600_000

/** The venue executes an order of 100 that works there, and tells of it only when it is asked for that time. */
function execute({ venue }: EchoConnector, clientOrderId: string, tsUs: number): void {
  const who = { clientOrderId, venueOrderId: 'v1', instrument: 0, account: 'PAPER', side: 'buy' } as const
  venue.fills = [{ ...who, exec: 'away', quantityUnits: 100, priceUnits: 1_000_000, liquidity: 1, tsUs }]
  venue.account = { positions: [{ instrument: 0, account: 'PAPER', quantityUnits: 100 }] }
}

it('a restart after days asks for what was executed since the last session', async () => {
  const first = await startEcho()
  const order = first.system.orders.submit(buy())
  first.venue.reports.accepted(order.number, 'v1', 1)
  await first.time.advanceMsAsync(hourMs)
  const diedUs = first.time.wallUs()
  first.venue.drop()
  await first.venue.stop()
  await first.time.advanceMsAsync(72 * hourMs)
  const second = await restartEcho(first, {}, (next) => execute(next, order.clientOrderId, diedUs + hourMs * 1_000))
  expect(second.system.orders.get(order.clientOrderId)?.status).toBe('FILLED')
  expect(second.system.snapshot().positions.map(({ quantity }) => String(quantity))).toEqual(['100'])
  expect(second.system.gate.states.list()).toEqual([])
  await second.system.stop()
})

it('a connection that comes back after days is asked for what was executed since it broke', async () => {
  const { system, venue, time } = await startEcho()
  const order = system.orders.submit(buy())
  venue.reports.accepted(order.number, 'v1', 1)
  await time.advanceMsAsync(hourMs)
  const brokeUs = time.wallUs()
  const connect = venue as unknown as { connect(): Promise<void> }
  const usual = connect.connect
  connect.connect = () => Promise.reject(new Error('the venue is closed'))
  venue.drop()
  await time.advanceMsAsync(72 * hourMs)
  execute(venue, order.clientOrderId, brokeUs + hourMs * 1_000)
  connect.connect = usual
  await time.advanceMsAsync(hourMs)
  expect(order.status).toBe('FILLED')
  expect(system.gate.states.list()).toEqual([])
  await system.stop()
})

it('proves nothing by what is not listed from before the last day: a venue that lists today alone takes no execution back', async () => {
  const first = await startEcho()
  const order = first.system.orders.submit(buy())
  first.venue.reports.accepted(order.number, 'v1', 1)
  first.venue.reports.filled(order.number, 'then', 100, 1_000_000, 0, 'USD', 1, first.time.wallUs())
  first.venue.drop()
  await first.venue.stop()
  await first.time.advanceMsAsync(72 * hourMs)
  const second = await restartEcho(first, {}, ({ venue }) => {
    venue.account = { positions: [{ instrument: 0, account: 'PAPER', quantityUnits: 100 }] }
  })
  expect(second.system.orders.get(order.clientOrderId)?.status).toBe('FILLED')
  expect(second.system.gate.states.list()).toEqual([])
  await second.system.stop()
})
