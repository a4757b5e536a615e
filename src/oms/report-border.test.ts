/** What a connector may report that no venue ever said: nothing throws into it, nothing is booked wrongly, all of it is told. */
import { describe, expect, it } from 'vitest'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { OrderReports } from '../orders/reports.js'
import type { VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import { recoverState } from '../system/recover-state.js'
import { differences } from '../system/state.js'

const nonsense = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -5,
  0,
  1.5,
  2 ** 60,
  '7',
  null,
] as const

async function withOrder(): Promise<EchoSystem & { reports: OrderReports; number: number }> {
  const echo = await startEcho()
  const { number } = echo.system.orders.submit(buy())
  echo.venue.reports.accepted(number, 'v', 1)
  return { ...echo, reports: echo.venue.reports, number }
}

/** What has to hold after any report: the system lives, its books are in order, and a restart finds the same. */
async function stillSane({ system, disk, venue }: EchoSystem): Promise<void> {
  const state = system.exportState()
  expect(JSON.stringify(state)).not.toContain('null,null,null')
  expect(differences(state, recoverState({ fileSystem: disk, directory: 'journal' }).state)).toEqual([])
  venue.quote(99.99, 100.01)
  await system.stop()
}

describe('the border for reports', () => {
  it('books no execution with a quantity or price that is none, halts, and names the field', async () => {
    for (const field of ['quantityUnits', 'priceUnits'] as const) {
      for (const value of nonsense) {
        if (field === 'priceUnits' && value === 2 ** 60) continue
        const echo = await withOrder()
        const messages: string[] = []
        echo.system.orders.events.on('anomaly', ({ message }) => messages.push(message))
        const [quantity, price] = field === 'quantityUnits' ? [value, 1_000_000] : [10, value]
        echo.reports.filled(echo.number, 'e', quantity as number, price as number, 0, 'USD', 1, 2)
        expect(echo.anomalies, `${field} ${String(value)}`).toEqual(['UNBOOKED'])
        expect(messages[0]).toContain(field)
        expect(echo.system.portfolio.totalQuantityUnits(0, 0)).toBe(0)
        expect(echo.system.orders.submit(buy({ quantity: 1 })).reason).toBe('HALTED')
        expect(echo.system.orders.statistics().badReports).toBe(1)
        await stillSane(echo)
      }
    }
  })

  it('books an execution whose time, fee or liquidity is nonsense, without the nonsense', async () => {
    const echo = await withOrder()
    const { reports, number, system } = echo
    const nowUs = echo.time.wallUs()
    const absurd = [Number.NaN, Number.POSITIVE_INFINITY, -1, nowUs + 10 * 86_400_000_000, 'now', undefined]
    for (const [i, tsUs] of absurd.entries()) reports.filled(number, `t${i}`, 1, 1_000_000, 5, 'USD', 1, tsUs as number)
    const fees = [Number.POSITIVE_INFINITY, 1.5, 'free']
    for (const [i, fee] of fees.entries()) reports.filled(number, `f${i}`, 1, 1_000_000, fee as number, 'USD', 1, 2)
    const currencies = [7, null, 'x'.repeat(300)]
    for (const [i, name] of currencies.entries()) reports.filled(number, `c${i}`, 1, 1_000_000, 5, name as string, 1, 2)
    for (const liquidity of [-1, 99, Number.NaN])
      reports.filled(number, `l${liquidity}`, 1, 1_000_000, 0, 'USD', liquidity, 2)
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(15)
    const [order] = system.exportState().orders as { trades: { ts: number }[] }[]
    for (const { ts } of order?.trades ?? []) expect(ts).toBeLessThanOrEqual(nowUs)
    expect(echo.anomalies).toEqual(new Array(12).fill('BAD_REPORT'))
    expect(system.orders.submit(buy({ quantity: 1 })).status).toBe('SUBMITTED')
    await stillSane(echo)
  })

  it('takes no executions whose sums would leave the safe integers', async () => {
    const echo = await withOrder()
    for (let i = 0; i < 20; i++)
      echo.reports.filled(echo.number, `e${i}`, 2 ** 49 - 1, Number.MAX_SAFE_INTEGER, 0, 'USD', 1, 2)
    expect(echo.anomalies).toContain('UNBOOKED')
    expect(echo.anomalies).toContain('OVERFILL')
    expect(echo.system.portfolio.totalQuantityUnits(0, 0)).toBeLessThan(2 ** 53)
    await stillSane(echo)
  })

  it('throws for nothing, whatever is reported about whatever order', async () => {
    const echo = await withOrder()
    const { reports, number } = echo
    const odd = [...nonsense, undefined, 'x', {}, [], true, Symbol('s'), () => 1, Object.create(null), 10n] as never[]
    for (const value of odd) {
      for (const order of [number, value]) {
        reports.accepted(order, value, value)
        reports.triggered(order, value)
        reports.replaced(order, value, value, value, value, value, value)
        reports.replaced(order, 0, value, value, value, value, 1)
        reports.replaceRejected(order, value, value, value)
        reports.cancelRejected(order, value, value, value)
        reports.filled(order, value, value, value, value, value, value, value)
        reports.corrected(order, value, value, value, value, value, value)
        reports.busted(order, value, value, value)
        reports.outcomeUnknown(order, value)
        reports.externalOrder(value, value)
        reports.externalFill(value, value)
        reports.numberOf(value)
        reports.clientOrderIdOf(value)
      }
      reports.canceled(value, value, value, value)
      reports.expired(value, value, value)
      reports.rejected(value, value, value)
    }
    reports.canceled(number, Number.NaN, '', 3)
    expect(echo.system.portfolio.totalQuantityUnits(0, 0)).toBe(0)
    expect(echo.system.orders.statistics().badReports).toBeGreaterThan(50)
    await stillSane(echo)
  })

  it('infers nothing from a total that cannot be right', async () => {
    for (const total of [-1, 1.5, Number.POSITIVE_INFINITY]) {
      const echo = await withOrder()
      echo.reports.canceled(echo.number, total, '', 3)
      expect(echo.anomalies).toEqual(['BAD_REPORT'])
      expect(echo.system.exportState().orders[0]).toMatchObject({ status: 'CANCELED', filled: 0 })
      await stillSane(echo)
    }
  })

  it('believes a total that an update under way explains', async () => {
    const { system, reports, number, venue } = await withOrder()
    system.orders.modify(number, { quantity: 150 })
    // The answer to the change and the executions are lost; what ends the order tells of both.
    system.orders.cancel(number)
    reports.canceled(number, 120, '', 3)
    expect(system.exportState().orders[0]).toMatchObject({ status: 'FILLED', filled: 120 })
    reports.filled(number, 'e1', 120, 1_000_000, 0, 'USD', 1, 2)
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(120)
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new', 'replace', 'cancel'])
    await system.stop()
  })

  it('takes no order for dead of which the venue has filled more than it was asked for', async () => {
    for (const end of ['canceled', 'expired'] as const) {
      const echo = await withOrder()
      const { system, reports, number, venue } = echo
      if (end === 'canceled') reports.canceled(number, 101, '', 3)
      else reports.expired(number, 101, 3)
      expect(echo.anomalies).toEqual(['BAD_REPORT'])
      expect(system.exportState().orders[0]).toMatchObject({ status: 'UNKNOWN', filled: 0, reserved: 100 })
      venue.venue.orders = [venue.report(number, { state: 'canceled', quantityUnits: 110, cumulativeUnits: 101 })]
      await echo.time.advanceMsAsync(8_000)
      expect(system.exportState().orders[0]).toMatchObject({ status: 'CANCELED', filled: 101, reserved: 0 })
      expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(101)
      await stillSane(echo)
    }
  })

  it('does not let a request out of nowhere use up the requests to come', async () => {
    const echo = await withOrder()
    const { reports, number, system, venue } = echo
    reports.cancelRejected(number, 2 ** 31 - 2, 'no', 2)
    reports.replaced(number, 900, 50, 1_000_000, Number.NaN, 'v2', 3)
    expect(echo.anomalies).toEqual(['REQUEST_UNKNOWN', 'REQUEST_UNKNOWN'])
    expect(system.exportState().orders[0]).toMatchObject({ quantity: 50, venueOrderId: 'v2' })
    system.orders.cancel(number)
    system.orders.cancel(number)
    expect(venue.sent.filter(({ kind }) => kind === 'cancel')).toHaveLength(1)
    expect(system.orders.openOrders()[0]?.status).toBe('PENDING_CANCEL')
    await stillSane(echo)
  })

  it('keeps what could not be taken as evidence, up to a bound', async () => {
    const echo = await withOrder()
    for (let i = 0; i < 1_100; i++) echo.reports.accepted(echo.number, {} as never, 1)
    expect(echo.system.orders.statistics()).toMatchObject({ badReports: 1_100, anomaliesByKind: { BAD_REPORT: 1_100 } })
    const kept = recoverState({ fileSystem: echo.disk, directory: 'journal' }).report.evidence
    expect(kept).toBe(1_000)
    await stillSane(echo)
  })

  it('takes no order or execution of others with a field that is none', async () => {
    const order: VenueOrderReport = {
      venueOrderId: 'o',
      instrument: 0,
      account: 'PAPER',
      side: 'buy',
      type: 'LIMIT',
      timeInForce: 'GTC',
      quantityUnits: 10,
      priceUnits: 1_000_000,
      cumulativeUnits: 0,
      state: 'working',
      tsUs: 4,
    }
    const fill: VenueFillReport = {
      exec: 'x',
      instrument: 0,
      account: 'PAPER',
      side: 'buy',
      quantityUnits: 10,
      priceUnits: 1_000_000,
      liquidity: 1,
      tsUs: 5,
    }
    const wrongOrders: Record<string, unknown> = {
      venueOrderId: {},
      clientOrderId: 5,
      instrument: -1,
      account: '',
      side: 'long',
      type: 'ICE',
      timeInForce: 'NOW',
      quantityUnits: Number.NaN,
      priceUnits: 0,
      triggerUnits: -1,
      cumulativeUnits: -1,
      averagePriceUnits: Number.NaN,
      state: 'gone',
    }
    for (const [field, value] of Object.entries(wrongOrders)) {
      const { venue, system, anomalies } = await startEcho()
      const messages: string[] = []
      system.orders.events.on('anomaly', ({ message }) => messages.push(message))
      venue.reports.externalOrder(venue.source, { ...order, [field]: value })
      expect(anomalies, field).toEqual(['BAD_REPORT'])
      expect(messages[0]).toContain(field)
      expect(system.exportState().orders).toEqual([])
      await system.stop()
    }
    const wrongFills: Record<string, unknown> = {
      exec: '',
      clientOrderId: 5,
      venueOrderId: null,
      instrument: 0.5,
      account: 7,
      side: 'sold',
      quantityUnits: 0,
      priceUnits: -1,
    }
    for (const [field, value] of Object.entries(wrongFills)) {
      const { venue, system, anomalies } = await startEcho()
      venue.reports.externalFill(venue.source, { ...fill, [field]: value } as VenueFillReport)
      expect(anomalies, field).toEqual(['UNBOOKED'])
      expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(0)
      await system.stop()
    }
    const { venue, system, anomalies } = await startEcho()
    venue.reports.externalFill(venue.source, { ...fill, tsUs: Number.NaN })
    expect(anomalies).toEqual(['BAD_REPORT', 'EXTERNAL_FILL'])
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(10)
    await system.stop()
  })

  it('asks the venue again', async () => {
    const echo = await withOrder()
    let asked = 0
    Object.assign(echo.venue, {
      fetchOrders: async () => {
        asked++
        return echo.venue.venue.orders
      },
    })
    echo.venue.venue.orders = [echo.venue.report(echo.number)]
    echo.reports.filled(echo.number, 'e', Number.NaN, 1, 0, 'USD', 1, 2)
    await echo.time.advanceMsAsync(10_000)
    expect(asked).toBeGreaterThan(0)
    await echo.system.stop()
  })
})
