/** Answers of a venue with fields that cannot be right, and balances that drift: nothing is concluded from the one, the other is told. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'

const fill: VenueFillReport = {
  exec: 'x',
  instrument: 0,
  account: 'PAPER',
  side: 'buy',
  quantityUnits: 3,
  priceUnits: 1_000_000,
  liquidity: 0,
  tsUs: 1,
}

describe('answers that cannot be right', () => {
  it('end a reconciliation without a conclusion, by the field, and the connector does not become ready', async () => {
    const wrong: [string, Partial<{ orders: unknown; fills: unknown; account: unknown }>][] = [
      ['quantityUnits', { orders: [{ quantityUnits: Number.NaN }] }],
      ['report', { orders: [null] }],
      ['list', { orders: 'none' }],
      ['priceUnits', { fills: [{ ...fill, priceUnits: Number.POSITIVE_INFINITY }] }],
      ['exec', { fills: [{ ...fill, exec: {} }] }],
      ['report', { account: null }],
      ['quantityUnits', { account: { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 0.5 }] } }],
      ['total', { account: { balances: [{ account: 'PAPER', currency: 'USD', total: 'much', locked: '0' }] } }],
    ]
    for (const [field, answer] of wrong) {
      const { system, venue, time, anomalies } = await startEcho()
      const order = system.orders.submit(buy())
      venue.reports.accepted(order.number, order.number, 1)
      const good = venue.report(order.number)
      venue.venue.orders = (
        Array.isArray(answer.orders)
          ? answer.orders.map((change) => (change === null ? null : { ...good, ...change }))
          : (answer.orders ?? [good])
      ) as VenueOrderReport[]
      if (answer.fills !== undefined)
        Object.assign(venue, { fetchFills: async () => answer.fills as VenueFillReport[] })
      if ('account' in answer) venue.venue.account = answer.account as VenueAccountReport
      await expect(system.reconcile(), field).rejects.toThrow(field)
      expect(anomalies.filter((kind) => kind === 'BAD_REPORT')).toHaveLength(1)
      expect(order.status).toBe('ACCEPTED')
      venue.drop()
      await time.advanceMsAsync(3_000)
      expect(venue.isReady).toBe(false)
      expect(order.status).toBe('ACCEPTED')
      venue.venue = { orders: [good], fills: [], account: {} }
      Object.assign(venue, { fetchFills: async () => [] })
      await time.advanceMsAsync(60_000)
      expect(venue.isReady).toBe(true)
      await system.stop()
    }
  })

  it('lose a time and a fee that are none, and count for the rest', async () => {
    const venue = new EchoConnector()
    const nowUs = 4_000_000_000_000_000
    Object.assign(venue, { fetchFills: async () => [{ ...fill, tsUs: Number.NaN, feeUnits: 1.5, feeCurrency: 'USD' }] })
    venue.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 3 }] }
    const { system } = await startEcho({}, { venue })
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(3)
    const [order] = system.exportState().orders as { trades: { ts: number; fee: number | null }[] }[]
    expect(order?.trades[0]?.ts).toBeLessThan(nowUs)
    expect(order?.trades[0]?.fee).toBeNull()
    await system.stop()
  })
})

describe('balances', () => {
  const balances = (total: string) => ({ balances: [{ account: 'PAPER', currency: 'USD', total, locked: '0' }] })

  it('that move by what our trades paid are right, and what they move beyond that is told once', async () => {
    const { system, venue, time, anomalies } = await startEcho()
    const messages: string[] = []
    system.orders.events.on('anomaly', ({ message }) => messages.push(message))
    venue.venue.account = { ...balances('50000'), positions: [] }
    await system.reconcile()
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, order.number, 1)
    venue.reports.filled(order.number, 'e', 100, 1_000_000, 150_000_000, 'USD', 1, 2)
    const held = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 100 }] }
    const listed = { ...fill, clientOrderId: order.clientOrderId, exec: 'e', quantityUnits: 100, tsUs: 2 }
    venue.venue.fills = [listed]
    venue.venue.orders = [venue.report(order.number, { state: 'filled', cumulativeUnits: 100 })]
    venue.venue.account = { ...balances('39998.5'), ...held }
    await time.advanceMsAsync(6_000)
    venue.quote(99.99, 100.01)
    await system.reconcile()
    expect(anomalies).toEqual([])
    venue.venue.account = { ...balances('39990'), ...held }
    for (let i = 0; i < 3; i++) await system.reconcile()
    expect(anomalies).toEqual(['RECONCILE_BALANCE_DRIFT'])
    expect(messages[0]).toContain('-8.5')
    expect(system.orders.submit(buy({ quantity: 1 })).status).toBe('SUBMITTED')
    await system.stop()
  })
})
