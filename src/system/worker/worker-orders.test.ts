/** Order handles in a worker: what they await is what the venue said, not what was asked of it. */
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { buy, startEcho } from '../../../test/support/echo-system.js'
import { Decimal } from '../../model/decimal.js'
import type { OrderStatus } from '../../model/order-types.js'
import { toJson } from '../../model/schemas.js'
import type { FromWorker } from './worker-messages.js'
import { WorkerOrders } from './worker-orders.js'

it('accepted() does not resolve because a cancel was asked for, but when the venue has answered', async () => {
  const { system, venue, time } = await startEcho()
  const there = system.orders.submit(buy())
  const orders = new WorkerOrders(system.instruments, () => {})
  const handle = orders.submit(buy())
  const settled: OrderStatus[] = []
  void handle.accepted().then(({ status }) => settled.push(status))
  const news = async (status: OrderStatus) => {
    orders.news({ ref: 1, status, order: toJson('order', there.snapshot) } as never, undefined)
    await Promise.resolve()
    await Promise.resolve()
  }
  await news('SUBMITTED')
  there.cancel()
  expect(there.status).toBe('PENDING_CANCEL')
  await news(there.status)
  expect([handle.status, settled]).toEqual(['PENDING_CANCEL', []])
  venue.reports.accepted(there.number, 1, time.wallUs())
  await news('ACCEPTED')
  expect(settled).toHaveLength(1)
  await time.runUntil(system.stop())
})

it('what a listener of a handle throws is told to the system, and keeps the event from nobody', async () => {
  const { system, time } = await startEcho()
  const posted: FromWorker[] = []
  const orders = new WorkerOrders(system.instruments, (message) => posted.push(message))
  const handle = orders.submit(buy())
  const heard: number[] = []
  handle.onEvent(() => {
    throw new Error('a bug')
  })
  handle.onEvent(({ tsLocalUs }) => heard.push(tsLocalUs))
  const { index } = system.instruments.get('IBM')
  orders.denied({ type: 'denied', ref: 1, instrument: index, code: 'TW_OFF_GRID', reason: 'no' }, 5)
  expect(posted.slice(1)).toEqual([{ type: 'problem', where: 'a listener of an order', message: 'a bug' }])
  expect(heard).toEqual([5])
  await time.runUntil(system.stop())
})

it('decimals of any copy of decimal.js go to the system as text', async () => {
  const { system, time } = await startEcho()
  const posted: FromWorker[] = []
  const orders = new WorkerOrders(system.instruments, (message) => posted.push(structuredClone(message)))
  const { Decimal: Foreign } = createRequire(import.meta.url)('decimal.js') as { Decimal: typeof Decimal }
  expect(new Foreign(1)).not.toBeInstanceOf(Decimal)
  orders.submit(buy({ quantity: new Foreign('100'), price: new Decimal('99.5') }))
  expect(posted).toMatchObject([{ type: 'submit', request: { quantity: '100', price: '99.5' } }])
  await time.runUntil(system.stop())
})
