/** What a gateway remembers is bounded by what its system remembers. */
import { expect, it } from 'vitest'
import { buy, startEcho } from '../../../test/support/echo-system.js'
import { ZmqOrderGateway } from './order-gateway.js'

it('forgets the orders that the system has forgotten', async () => {
  const { system, venue, time } = await startEcho({ limits: { orders: 256 } })
  const gateway = new ZmqOrderGateway({
    bind: 'tcp://127.0.0.1:*',
    system,
    clients: { remote: { token: 'sesame', accounts: ['PAPER'] } },
  })
  await gateway.start()
  let most = 0
  for (let index = 0; index < 3_000; index++) {
    const order = system.orders.submit(buy({ clientOrderId: `remote/${index}`, strategy: 'remote' }))
    venue.reports.rejected(order.number, 'no', time.wallUs())
    most = Math.max(most, gateway.trackedOrders)
  }
  expect(system.orders.get('remote/0')).toBeUndefined()
  expect(system.orders.get('remote/2999')?.isClosed).toBe(true)
  expect(most).toBeGreaterThan(256)
  expect(most).toBeLessThanOrEqual(1_024)
  await gateway.stop()
  await time.runUntil(system.stop())
})
