/** What a holder of an order can wait for and follow, until the system ends. */
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { settlePromises } from '../core/virtual-time.js'
import type { OrderHandle } from './order-handle.js'

async function outcome<T>(promise: Promise<T>): Promise<unknown> {
  return promise.then(
    (value) => value,
    (error: { code?: string }) => error.code,
  )
}

async function typesOf(order: OrderHandle, signal?: AbortSignal): Promise<string[]> {
  const types: string[] = []
  try {
    for await (const event of order.events(signal === undefined ? {} : { signal })) types.push(event.type)
  } catch (error) {
    types.push((error as { code: string }).code)
  }
  return types
}

describe('OrderHandle', () => {
  it('resolves when the venue has acknowledged, and not because a cancel is on its way', async () => {
    const { venue, system } = await startEcho()
    const order = system.orders.submit(buy())
    let isAccepted = false
    order.accepted().then(() => {
      isAccepted = true
    })
    order.cancel()
    await settlePromises()
    expect([order.status, isAccepted]).toEqual(['PENDING_CANCEL', false])
    venue.reports.accepted(order.number, 'v', 1)
    await settlePromises()
    expect(isAccepted).toBe(true)
    expect((await order.accepted()).venueOrderId).toBe('v')
    await system.stop()
  })

  it('resolves when the order is closed in any way', async () => {
    const { venue, system } = await startEcho()
    const filled = system.orders.submit(buy())
    const waits = [filled.done(), filled.accepted(), filled.done()]
    venue.reports.filled(filled.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    for (const { status } of await Promise.all(waits)) expect(status).toBe('FILLED')
    const denied = system.orders.submit(buy({ price: '500.00' }))
    expect((await denied.done()).reason).toBe('PRICE_COLLAR')
    expect((await denied.accepted()).status).toBe('DENIED')
    await system.stop()
  })

  it('gives a wait up by its signal, and leaves no listener on it', async () => {
    const { venue, system } = await startEcho()
    const order = system.orders.submit(buy())
    const controller = new AbortController()
    const wait = outcome(order.done({ signal: controller.signal }))
    const following = typesOf(order, controller.signal)
    await settlePromises()
    controller.abort()
    expect(await wait).toBe('TW_ABORTED')
    expect(await following).toEqual(['TW_ABORTED'])
    expect(order.isWatched).toBe(false)
    expect(await outcome(order.done({ signal: AbortSignal.abort() }))).toBe('TW_ABORTED')
    venue.reports.accepted(order.number, 'v', 1)
    await system.stop()
  })

  it('follows the events until the order is closed', async () => {
    const { venue, system } = await startEcho()
    const order = system.orders.submit(buy())
    const following = typesOf(order)
    await settlePromises()
    venue.reports.accepted(order.number, 'v', 1)
    venue.reports.filled(order.number, 'e1', 60, 1_000_000, 0, 'USD', 1, 2)
    await settlePromises()
    venue.reports.filled(order.number, 'e2', 40, 1_000_000, 0, 'USD', 1, 3)
    expect(await following).toEqual(['accepted', 'filled', 'filled'])
    expect(order.isWatched).toBe(false)
    await system.stop()
  })

  it('ends an iterator that is too far behind', async () => {
    const { venue, system } = await startEcho()
    const order = system.orders.submit(buy({ quantity: 6_000 }))
    const iterator = order.events()
    const first = iterator.next()
    await settlePromises()
    venue.reports.beginTurn()
    for (let i = 0; i < 5_000; i++) venue.reports.filled(order.number, i + 1, 1, 1_000_000, 0, 'USD', 1, 2)
    venue.reports.endTurn()
    expect(await outcome(first)).toBe('TW_CAPACITY')
    await system.stop()
  })

  it('ends waits, iterators and later waits when the system stops', async () => {
    const { system } = await startEcho()
    const order = system.orders.submit(buy())
    const wait = outcome(order.done())
    const following = typesOf(order)
    await settlePromises()
    await system.stop()
    expect(await wait).toBe('TW_DISPOSED')
    expect((await following).at(-1)).toBe('TW_DISPOSED')
    expect(await outcome(order.done())).toBe('TW_DISPOSED')
    expect(order.status).toBe('UNKNOWN')
  })

  it('keeps the last state when its record is taken over', async () => {
    const { venue, system } = await startEcho({ limits: { orders: 16 }, risk: { duplicates: false } })
    const order = system.orders.submit(buy({ clientOrderId: 'first' }))
    venue.reports.filled(order.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    for (let i = 0; i < 16; i++) {
      venue.reports.rejected(system.orders.submit(buy({ quantity: 1 + i })).number, 'no', 3)
    }
    expect(system.orders.get('first')).toBeUndefined()
    expect([order.status, order.clientOrderId, order.averagePrice?.toString()]).toEqual(['FILLED', 'first', '100'])
    expect((await order.done()).status).toBe('FILLED')
    expect(await typesOf(order)).toEqual([])
    expect(system.orders.submit(buy({ clientOrderId: 'first' })).reason).toBe('DUPLICATE')
    await system.stop()
  })

  it('delivers the events of an order whose record is gone by then', async () => {
    const { venue, system } = await startEcho({ limits: { orders: 16 }, risk: { duplicates: false } })
    const told: string[] = []
    const order = system.orders.submit(buy())
    order.onEvent(({ type }) => told.push(type))
    venue.reports.beginTurn()
    venue.reports.rejected(order.number, 'no', 3)
    for (let i = 0; i < 16; i++) system.orders.submit(buy({ quantity: 200 + i, price: '500.00' }))
    venue.reports.endTurn()
    expect(told).toEqual(['rejected'])
    expect(order.status).toBe('REJECTED')
    await system.stop()
  })

  it('explains why each fact is believed', async () => {
    const { venue, system } = await startEcho()
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, 'v', 1)
    venue.reports.filled(order.number, 'e', 100, 1_000_000, 0, 'USD', 1, 2)
    venue.reports.busted(order.number, 'e', false, 3)
    expect(order.explain().map(({ fact, source }) => `${source} ${fact}`)).toEqual([
      'local submitted',
      'venue accepted',
      'venue filled',
      'venue fill busted',
    ])
    await system.stop()
  })
})
