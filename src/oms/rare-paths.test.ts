/** Paths that are rarely walked: failing sends of changes and cancels, scopes beyond the tables, many orders in one turn. */
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { TradewireError } from '../core/errors.js'
import { silentLogger } from '../core/logger.js'
import { VirtualTime } from '../core/virtual-time.js'
import { MemoryJournal } from '../journal/memory-journal.js'
import { composeOrderPlane } from '../system/order-plane.js'
import type { OrderEvent } from './order-event.js'

const noMarks = { bid: () => Number.NaN, ask: () => Number.NaN, last: () => Number.NaN }
const plane = () => composeOrderPlane({}, { clock: new VirtualTime(), logger: silentLogger, marks: noMarks })

describe('the order plane on rare paths', () => {
  it('tells an order event in full', async () => {
    const { system, venue } = await startEcho()
    const told: OrderEvent[] = []
    system.orders.events.on('order', (event) => told.push(event))
    const order = system.orders.submit(buy())
    venue.reports.filled(order.number, 'e1', 40, 1_000_100, 250_000_000, 'USD', 1, 7)
    venue.reports.canceled(order.number, 40, 'by hand', 8)
    const [, filled, canceled] = told
    expect(filled).toMatchObject({
      type: 'filled',
      source: 'venue',
      symbol: 'IBM',
      side: 'buy',
      quantityUnits: 40,
      priceUnits: 1_000_100,
      execId: 'e1',
      feeUnits: 250_000_000,
      feeCurrency: 'USD',
      liquidity: 'maker',
      reason: undefined,
    })
    expect([filled?.quantity?.toString(), filled?.price?.toString()]).toEqual(['40', '100.01'])
    expect(canceled).toMatchObject({ type: 'canceled', reason: 'by hand', execId: undefined, liquidity: 'unknown' })
    expect([canceled?.quantity, canceled?.price, canceled?.feeUnits]).toEqual([undefined, undefined, Number.NaN])
    expect([canceled?.quantityUnits, canceled?.priceUnits]).toEqual([Number.NaN, Number.NaN])
    expect(system.orders.latency.submitToFill.count).toBe(1)
    expect(venue.reports.clientOrderIdOf(order.number)).toBe(order.clientOrderId)
    await system.stop()
  })

  it('takes a change for refused when nothing left, and leaves it open when it may have', async () => {
    const { system, venue, events } = await startEcho()
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, 'v', 1)
    const fail = (error: Error) => {
      throw error
    }
    Object.assign(venue, { sendReplace: () => fail(new Error('broken pipe')) })
    order.modify({ quantity: 50 })
    expect([order.status, events.at(-1)]).toEqual(['PENDING_UPDATE', 'pending_update'])
    Object.assign(venue, { replace: () => fail(new TradewireError('TW_NOT_READY', 'away')) })
    order.modify({ quantity: 60 })
    expect(events.at(-1)).toBe('update_rejected')
    Object.assign(venue, { sendCancel: () => fail(new Error('broken pipe')) })
    order.cancel()
    expect(order.status).toBe('PENDING_CANCEL')
    expect(system.orders.counters.sendFailures).toBe(3)
    await system.stop()
  })

  it('names why a connector did not send', async () => {
    const { system, venue } = await startEcho()
    for (const [code, reason] of [
      ['TW_THROTTLED', 'THROTTLE'],
      ['TW_NOT_SUPPORTED', 'INVALID_ORDER'],
      ['TW_NOT_CONNECTED', 'NO_ROUTE'],
    ] as const) {
      Object.assign(venue, {
        submit: () => {
          throw new TradewireError(code, 'test')
        },
      })
      const order = system.orders.submit(buy({ quantity: 1 + reason.length }))
      expect([order.status, order.reason]).toEqual(['DENIED', reason])
    }
    expect(system.exportState().limitsUsed).toEqual([])
    await system.stop()
  })

  it('sends what a turn holds, however much that is', async () => {
    const { system, venue } = await startEcho({ risk: { duplicates: false, throttle: false, maxOpenOrders: {} } })
    venue.reports.beginTurn()
    for (let i = 0; i < 600; i++) system.orders.submit(buy({ quantity: 1 }))
    expect(venue.sent).toEqual([])
    venue.reports.endTurn()
    const numbers = venue.sent.map(({ number }) => number)
    expect(numbers).toEqual(Array.from({ length: 600 }, (_, i) => i + 1))
    await system.stop()
  })

  it('halts everything for a scope that is beyond the tables', () => {
    for (const stop of [
      (core: ReturnType<typeof plane>) => core.setTradingState('instrument', 1_000_000, 'HALTED', 'a', 'r'),
      (core: ReturnType<typeof plane>) => core.kill('connector', -1, 'a', 'r'),
    ]) {
      const core = plane()
      core.open(new MemoryJournal(), 'T', 1)
      stop(core)
      expect(core.gate.states.get('global')).toBe('HALTED')
      core.releaseKill('connector', 99, 'a', 'r')
      expect(core.gate.states.get('global')).toBe('HALTED')
    }
  })

  it('says what is missing when it is used before it is complete', () => {
    const core = plane()
    expect(() => core.recorder).toThrow('TW_INVALID_STATE')
    expect(() => core.fillBooks).toThrow('TW_INVALID_STATE')
    expect(core.writeSnapshot()).toBe(false)
    core.open(new MemoryJournal(), 'T', 1)
    expect(core.writeSnapshot()).toBe(false)
  })
})
