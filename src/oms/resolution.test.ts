/** An operator's word about an order of unknown fate: what it settles, what it may not say, and what outranks it. */
import { describe, expect, it } from 'vitest'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { recoverState } from '../system/recover-state.js'
import { differences } from '../system/state.js'
import type { OrderHandle } from './order-handle.js'
import type { UnknownOutcome } from './resolution.js'
import { restartEcho } from './restart.test-support.js'

const who = { actor: 'anna', reason: 'called the broker' }

/** An order that was sent, acknowledged where `filled` is above 0, and then lost sight of. */
async function lost(filled = 0): Promise<EchoSystem & { order: OrderHandle }> {
  const echo = await startEcho()
  const order = echo.system.orders.submit(buy())
  if (filled > 0) {
    echo.venue.reports.accepted(order.number, 'v', 1)
    echo.venue.reports.filled(order.number, 'e0', filled, 1_000_000, 0, 'USD', 1, 2)
  }
  echo.venue.reports.outcomeUnknown(order.number, 'test')
  expect(order.status).toBe('UNKNOWN')
  return { ...echo, order }
}

async function recoversEqual({ system, disk }: EchoSystem): Promise<void> {
  expect(differences(system.exportState(), recoverState({ fileSystem: disk, directory: 'journal' }).state)).toEqual([])
}

const reserved = ({ system }: EchoSystem) =>
  (system.exportState().limitsUsed as { buying: number }[]).reduce((sum, { buying }) => sum + buying, 0)

describe('resolveUnknown', () => {
  it('settles an order, on record and as an event, and releases its reservation only where nothing can fill', async () => {
    const cases: [UnknownOutcome, string, number, string[]][] = [
      [{ kind: 'rejected' }, 'REJECTED', 0, ['rejected']],
      [{ kind: 'canceled' }, 'CANCELED', 0, ['canceled']],
      [{ kind: 'working' }, 'ACCEPTED', 100, ['reinstated']],
      [{ kind: 'working', venueOrderId: 'v9' }, 'ACCEPTED', 100, ['reinstated']],
      [{ kind: 'filled', quantity: 100, price: '99.98' }, 'FILLED', 0, ['filled']],
      [{ kind: 'filled', quantity: 40, price: '99.98', rest: 'canceled' }, 'CANCELED', 0, ['filled', 'canceled']],
      [
        { kind: 'filled', quantity: 40, price: '99.98', rest: 'working', venueOrderId: 7 },
        'PARTIALLY_FILLED',
        60,
        ['filled', 'reinstated'],
      ],
    ]
    for (const [outcome, status, buying, types] of cases) {
      const echo = await lost()
      const sources: string[] = []
      echo.system.orders.events.on('order', ({ source }) => sources.push(source))
      const before = echo.events.length
      echo.system.orders.resolveUnknown(echo.order, outcome, who)
      expect([echo.order.status, reserved(echo)], JSON.stringify(outcome)).toEqual([status, buying])
      expect(echo.events.slice(before)).toEqual(types)
      expect(new Set(sources)).toEqual(new Set(['operator']))
      const said = echo.order.explain().filter(({ source }) => source === 'operator')
      expect(said.every(({ detail }) => detail === 'anna: called the broker')).toBe(true)
      expect(said).not.toHaveLength(0)
      if ('venueOrderId' in outcome) expect(echo.order.snapshot.venueOrderId).toEqual(String(outcome.venueOrderId))
      await recoversEqual(echo)
      await echo.system.stop()
    }
  })

  it('can be replayed: a restart believes the operator, and says so', async () => {
    const first = await lost(30)
    first.system.orders.resolveUnknown(first.order.clientOrderId, { kind: 'canceled' }, who)
    const { clientOrderId } = first.order
    const second = await restartEcho(first)
    const order = second.system.orders.get(clientOrderId)
    expect([order?.status, order?.reason]).toEqual(['CANCELED', 'anna: called the broker'])
    expect(order?.explain().map(({ source }) => source)).toContain('operator')
    await second.system.stop()
  })

  it('is outranked by executions: they are booked, take the place of what was stated, and are told of', async () => {
    for (const outcome of [{ kind: 'rejected' }, { kind: 'canceled' }] as const) {
      const echo = await lost()
      echo.system.orders.resolveUnknown(echo.order, outcome, who)
      echo.venue.reports.filled(echo.order.number, 'late', 100, 1_000_000, 0, 'USD', 1, 3)
      expect(echo.system.portfolio.totalQuantityUnits(0, 0)).toBe(100)
      expect(echo.order.status).toBe('FILLED')
      expect(echo.anomalies).toContain('LATE_FILL')
      await recoversEqual(echo)
      await echo.system.stop()
    }
    const echo = await lost()
    echo.system.orders.resolveUnknown(echo.order, { kind: 'filled', quantity: 100, price: '99.98' }, who)
    echo.venue.reports.filled(echo.order.number, 'real', 100, 1_000_000, 5, 'USD', 1, 3)
    expect([echo.order.filledQuantity.toString(), echo.order.averagePrice?.toString()]).toEqual(['100', '100'])
    expect(echo.system.portfolio.totalQuantityUnits(0, 0)).toBe(100)
    expect(echo.anomalies).toContain('LATE_FILL')
    await recoversEqual(echo)
    await echo.system.stop()
  })

  it('takes what was filled under a change that nobody answered, and ends the change with it', async () => {
    const cases: [UnknownOutcome, string, number, number][] = [
      [{ kind: 'filled', quantity: 150, price: 100 }, 'FILLED', 150, 0],
      [{ kind: 'filled', quantity: 120, price: 100, rest: 'canceled' }, 'FILLED', 120, 0],
      [{ kind: 'filled', quantity: 100, price: 100 }, 'FILLED', 100, 0],
      [{ kind: 'filled', quantity: 40, price: 100, rest: 'canceled' }, 'CANCELED', 40, 0],
    ]
    for (const [outcome, status, filled, buying] of cases) {
      const echo = await startEcho()
      const order = echo.system.orders.submit(buy())
      echo.venue.reports.accepted(order.number, 'v', 1)
      order.modify({ quantity: 150 })
      echo.venue.reports.outcomeUnknown(order.number, 'test')
      expect(reserved(echo)).toBe(150)
      const { orders } = echo.system
      const tooMuch: UnknownOutcome = { kind: 'filled', quantity: 151, price: 100 }
      expect(() => orders.resolveUnknown(order, tooMuch, who)).toThrow(/outcome.quantity is 151; 150 of the order/)
      orders.resolveUnknown(order, outcome, who)
      expect([order.status, Number(order.filledQuantity), reserved(echo)], JSON.stringify(outcome)).toEqual([
        status,
        filled,
        buying,
      ])
      expect(echo.anomalies).not.toContain('OVERFILL')
      await recoversEqual(echo)
      await echo.system.stop()
    }
  })

  it('is outranked by a venue that says the order works', async () => {
    const echo = await lost()
    echo.system.orders.resolveUnknown(echo.order, { kind: 'rejected' }, who)
    echo.venue.venue.orders = [echo.venue.report(echo.order.number)]
    await echo.time.advanceMsAsync(10_000)
    await echo.system.reconcile()
    expect(echo.order.status).toBe('ACCEPTED')
    expect(reserved(echo)).toBe(100)
    await recoversEqual(echo)
    await echo.system.stop()
  })

  it('settles an order that the venue rejected although it has fills', async () => {
    const echo = await startEcho()
    const order = echo.system.orders.submit(buy())
    echo.venue.reports.filled(order.number, 'e', 30, 1_000_000, 0, 'USD', 1, 2)
    echo.venue.reports.rejected(order.number, 'no', 3)
    expect(order.status).toBe('UNKNOWN')
    const { orders } = echo.system
    expect(() => orders.resolveUnknown(order, { kind: 'rejected' }, who)).toThrow('TW_INVALID_STATE')
    expect(() => orders.resolveUnknown(order, { kind: 'working' }, who)).toThrow('TW_INVALID_STATE')
    orders.resolveUnknown(order, { kind: 'canceled' }, who)
    expect([order.status, reserved(echo)]).toEqual(['CANCELED', 0])
    await recoversEqual(echo)
    await echo.system.stop()
  })

  it('refuses what cannot be, by the field, and changes nothing', async () => {
    const echo = await lost(30)
    const { orders } = echo.system
    const wrong: [unknown, unknown, string, string][] = [
      [{ kind: 'lost' }, who, 'TW_INVALID_ARGUMENT', 'outcome.kind'],
      [undefined, who, 'TW_INVALID_ARGUMENT', 'outcome.kind'],
      [{ kind: 'canceled' }, { actor: '', reason: 'x' }, 'TW_INVALID_ARGUMENT', 'actor'],
      [{ kind: 'canceled' }, { actor: 'x', reason: '  ' }, 'TW_INVALID_ARGUMENT', 'reason'],
      [{ kind: 'canceled' }, { actor: 'x', reason: 'y'.repeat(501) }, 'TW_INVALID_ARGUMENT', 'reason'],
      [{ kind: 'canceled' }, undefined, 'TW_INVALID_ARGUMENT', 'actor'],
      [{ kind: 'rejected' }, who, 'TW_INVALID_STATE', 'has fills'],
      [{ kind: 'working', venueOrderId: Number.NaN }, who, 'TW_INVALID_ARGUMENT', 'outcome.venueOrderId'],
      [{ kind: 'filled', quantity: 71, price: 100 }, who, 'TW_INVALID_ARGUMENT', 'outcome.quantity'],
      [{ kind: 'filled', quantity: 0, price: 100 }, who, 'TW_', 'outcome.quantity'],
      [{ kind: 'filled', quantity: -1, price: 100 }, who, 'TW_', 'outcome.quantity'],
      [{ kind: 'filled', quantity: 1.5, price: 100, rest: 'working' }, who, 'TW_', 'outcome.quantity'],
      [{ kind: 'filled', quantity: 70, price: 'cheap' }, who, 'TW_INVALID_DECIMAL', 'outcome.price'],
      [{ kind: 'filled', quantity: 70, price: Number.NaN }, who, 'TW_INVALID_DECIMAL', 'outcome.price'],
      [{ kind: 'filled', quantity: 50, price: 100 }, who, 'TW_INVALID_ARGUMENT', 'outcome.rest'],
      [{ kind: 'filled', quantity: 50, price: 100, rest: 'maybe' }, who, 'TW_INVALID_ARGUMENT', 'outcome.rest'],
      [{ kind: 'filled', quantity: 70, price: 100, rest: 'working' }, who, 'TW_INVALID_ARGUMENT', 'outcome.rest'],
    ]
    const before = echo.system.exportState()
    for (const [outcome, by, code, field] of wrong) {
      let error: unknown
      try {
        orders.resolveUnknown(echo.order, outcome as UnknownOutcome, by as typeof who)
      } catch (caught) {
        error = caught
      }
      expect(String(error), JSON.stringify(outcome)).toContain(code)
      expect(String(error)).toContain(field)
    }
    expect(differences(before, echo.system.exportState())).toEqual([])
    expect(() => orders.resolveUnknown(4_711, { kind: 'canceled' }, who)).toThrow('TW_UNKNOWN_ORDER')
    expect(() => orders.resolveUnknown('nobody', { kind: 'canceled' }, who)).toThrow('TW_UNKNOWN_ORDER')
    const known = orders.submit(buy({ quantity: 5 }))
    expect(() => orders.resolveUnknown(known, { kind: 'canceled' }, who)).toThrow('TW_INVALID_STATE')
    await echo.system.stop()
  })
})
