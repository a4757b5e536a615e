/** Agreement with the venue at a start, at a reconnect and now and then: the whole way, from its answers to our books. */
import { describe, expect, it } from 'vitest'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { VenueFillReport } from '../orders/venue-reports.js'
import type { TradingSystemOptions } from '../system/trading-system.js'

const graceMs = 5_000

/** Breaks the connection and waits until it is back and reconciled. */
async function reconnect({ venue, time }: EchoSystem): Promise<void> {
  venue.drop()
  await time.advanceMsAsync(60_000)
  expect(venue.isReady).toBe(true)
}

function fillOf(echo: EchoSystem, clientOrderId: string, change: Partial<VenueFillReport> = {}): VenueFillReport {
  return {
    exec: 'e1',
    clientOrderId,
    instrument: 0,
    account: 'PAPER',
    side: 'buy',
    quantityUnits: 100,
    priceUnits: 1_000_000,
    liquidity: 1,
    tsUs: echo.time.wallUs(),
    ...change,
  }
}

async function withOrder(options: TradingSystemOptions = {}, isAccepted = true) {
  const echo = await startEcho(options)
  const order = echo.system.orders.submit(buy())
  if (isAccepted) echo.venue.reports.accepted(order.number, 'v', echo.time.wallUs())
  return { ...echo, order, report: (change = {}) => echo.venue.report(order.number, { venueOrderId: 'v', ...change }) }
}

describe('reconciliation', () => {
  it('finds fills, terms and the end of orders that were missed', async () => {
    const echo = await withOrder({}, false)
    const { venue, order, system, time } = echo
    venue.drop()
    expect(order.status).toBe('UNKNOWN')
    venue.venue.orders = [
      venue.report(order.number, {
        cumulativeUnits: 60,
        state: 'canceled',
        averagePriceUnits: 990_000,
        tsUs: time.wallUs() + 5,
      }),
    ]
    venue.venue.fills = [fillOf(echo, order.clientOrderId, { quantityUnits: 40, priceUnits: 990_000 })]
    venue.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 60 }] }
    await time.advanceMsAsync(5_000)
    expect([order.status, order.filledQuantity.toString(), order.averagePrice?.toString()]).toEqual([
      'CANCELED',
      '60',
      '99',
    ])
    expect(echo.anomalies).toEqual([])
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(60)
    venue.reports.filled(order.number, 'e2', 20, 990_000, 0, 'USD', 1, 3)
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(60)
    await system.stop()
  })

  it('keeps what a filled order asked for beside reserved, until the venue answers or does not work it any more', async () => {
    const filledInPart = async () => {
      const echo = await withOrder()
      echo.order.modify({ quantity: 150 })
      await echo.time.advanceMsAsync(1)
      echo.venue.reports.filled(echo.order.number, 'e1', 100, 1_000_000, 0, 'USD', 1, echo.time.wallUs())
      expect(echo.order.status).toBe('FILLED')
      expect(echo.system.exportState().limitsUsed).toMatchObject([{ buying: 50 }])
      return echo
    }
    const refused = await filledInPart()
    refused.venue.reports.replaceRejected(refused.order.number, 1, 'too late', refused.time.wallUs())
    expect(refused.order.status).toBe('FILLED')
    expect(refused.system.exportState().limitsUsed).toMatchObject([{ buying: 0, open: 0 }])
    await refused.system.stop()

    const grown = await filledInPart()
    grown.venue.reports.replaced(grown.order.number, 1, 150, 1_000_000, Number.NaN, 'v', grown.time.wallUs())
    expect(grown.order.status).toBe('PARTIALLY_FILLED')
    expect(grown.system.exportState().limitsUsed).toMatchObject([{ buying: 50 }])
    await grown.system.stop()

    const lost = await filledInPart()
    lost.venue.venue.fills = [fillOf(lost, lost.order.clientOrderId)]
    lost.venue.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 100 }] }
    await reconnect(lost)
    expect(lost.order.status).toBe('FILLED')
    expect(lost.system.exportState().limitsUsed).toMatchObject([{ buying: 0, open: 0 }])
    await lost.system.stop()
  })

  it('rejects what was never acknowledged only when it is proven absent, and takes new orders only then', async () => {
    const echo = await withOrder({}, false)
    const { venue, order, system, time } = echo
    venue.venue.account = { positions: [] }
    venue.drop()
    await time.advanceMsAsync(graceMs - 1_000)
    expect([order.status, venue.state]).toEqual(['UNKNOWN', 'reconciling'])
    expect(system.exportState().limitsUsed).toMatchObject([{ buying: 100 }])
    expect(system.orders.submit(buy({ quantity: 5, connector: 'echo' })).reason).toBe('NOT_TRADABLE')
    await time.advanceMsAsync(3_000)
    expect([order.status, order.snapshot.isInferred, venue.isReady]).toEqual(['REJECTED', true, true])
    expect(system.exportState().limitsUsed).toEqual([])
    venue.reports.filled(order.number, 'e1', 40, 1_000_000, 0, 'USD', 1, time.wallUs())
    expect([order.status, order.filledQuantity.toString()]).toEqual(['PARTIALLY_FILLED', '40'])
    expect(system.exportState().limitsUsed).toMatchObject([{ buying: 60, position: 40 }])
    await system.stop()
  })

  it('leaves it unknown for ever without such proof, with an alert that is told once', async () => {
    const echo = await startEcho()
    Object.assign(echo.venue.capabilities.orders as object, { fullHistory: false })
    const order = echo.system.orders.submit(buy())
    for (let i = 0; i < 3; i++) await reconnect(echo)
    expect(order.status).toBe('UNKNOWN')
    expect(echo.anomalies.filter((kind) => kind === 'FATE_UNKNOWN')).toHaveLength(1)
    await echo.system.stop()
  })

  it('keeps an acknowledged order that is gone as unknown, halts its instrument, and lets the venue resolve it', async () => {
    const echo = await withOrder()
    const { order, venue, system, anomalies, report } = echo
    await reconnect(echo)
    expect([order.status, order.reason]).toEqual(['UNKNOWN', 'LOST_AT_VENUE'])
    expect(anomalies).toEqual(expect.arrayContaining(['RECONCILE_LOST_AT_VENUE', 'FATE_UNKNOWN']))
    expect(system.orders.submit(buy({ quantity: 5 })).reason).toBe('HALTED')
    expect(system.exportState().limitsUsed).toMatchObject([{ buying: 100 }])
    venue.venue.orders = [report()]
    await reconnect(echo)
    expect(order.status).toBe('ACCEPTED')
    await system.stop()
  })

  it('cancels it by inference where the venue is known to purge its book', async () => {
    const echo = await withOrder({ reconciliation: { notFound: 'infer' } })
    await reconnect(echo)
    expect([echo.order.status, echo.order.snapshot.isInferred]).toEqual(['CANCELED', true])
    await echo.system.stop()
  })

  it('does not know what became of an order that a list of open orders lacks', async () => {
    const echo = await withOrder()
    Object.assign(echo.venue.capabilities.orders as object, { fullHistory: false })
    await echo.time.advanceMsAsync(10_000)
    await reconnect(echo)
    expect([echo.order.status, echo.order.reason]).toEqual(['UNKNOWN', 'NOT_LISTED'])
    expect(echo.anomalies).toContain('FATE_UNKNOWN')
    await echo.system.stop()
  })

  it('knows that of none of them, however many they are', async () => {
    const echo = await startEcho({ risk: { throttle: false, duplicates: false } })
    const { system, time, venue } = echo
    Object.assign(venue.capabilities.orders as object, { fullHistory: false })
    const orders = Array.from({ length: 25 }, () => system.orders.submit(buy({ quantity: 1 })))
    for (const { number } of orders) venue.reports.accepted(number, `v${number}`, time.wallUs())
    await time.advanceMsAsync(10_000)
    await reconnect(echo)
    expect(new Set(orders.map(({ status }) => status))).toEqual(new Set(['UNKNOWN']))
    expect(echo.anomalies.filter((kind) => kind === 'FATE_UNKNOWN')).toHaveLength(25)
    await system.stop()
  })

  it('asserts nothing about a change or cancel whose answer was lost', async () => {
    const echo = await withOrder()
    const { order, venue, system, report } = echo
    order.modify({ quantity: 150 })
    venue.venue.orders = [report()]
    await reconnect(echo)
    expect(order.status).toBe('PENDING_UPDATE')
    expect(system.exportState().limitsUsed).toMatchObject([{ buying: 150 }])
    venue.venue.orders = [report({ quantityUnits: 150, tsUs: echo.time.wallUs() })]
    await reconnect(echo)
    expect([order.status, order.snapshot.quantity.toString()]).toEqual(['ACCEPTED', '150'])
    await system.stop()
  })

  it('does not take a fill that comes while it asks for one that the venue lacks', async () => {
    const echo = await withOrder()
    const { order, venue, system, time, report } = echo
    venue.venue.orders = [report()]
    venue.venue.account = { positions: [] }
    const answer = venue.venue.fills
    Object.assign(venue, {
      fetchFills: async () => {
        // Reported live, after the venue has answered.
        if (order.filledQuantity.isZero())
          venue.reports.filled(order.number, 'live', 30, 1_000_000, 0, 'USD', 1, time.wallUs())
        return answer
      },
      fetchOrders: async () => venue.venue.orders,
    })
    venue.drop()
    const ready = new Promise((resolve) => venue.events.on('ready', resolve))
    Object.assign(venue, {
      fetchAccountState: async () => {
        if (!order.filledQuantity.isZero()) {
          venue.venue.orders = [report({ cumulativeUnits: 30 })]
          answer.splice(0, answer.length, fillOf(echo, order.clientOrderId, { exec: 'live', quantityUnits: 30 }))
          return { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 30 }] }
        }
        return { positions: [] }
      },
    })
    await time.runUntil(ready)
    expect(order.filledQuantity.toString()).toBe('30')
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(30)
    expect(echo.anomalies).toEqual([])
    expect(echo.events).not.toContain('fill_busted')
    await system.stop()
  })

  it('takes back an execution that the complete history of the venue lacks, and halts', async () => {
    const echo = await withOrder()
    const { order, venue, system, report } = echo
    venue.reports.filled(order.number, 'e1', 30, 1_000_000, 0, 'USD', 1, echo.time.wallUs())
    venue.venue.orders = [report()]
    venue.venue.account = { positions: [] }
    await reconnect(echo)
    expect(order.filledQuantity.isZero()).toBe(true)
    expect(echo.events).toContain('fill_busted')
    expect(system.orders.submit(buy({ quantity: 5 })).reason).toBe('HALTED')
    await system.stop()
  })

  it('adopts working orders of others and halts where a position differs', async () => {
    const echo = await startEcho()
    const { venue, system, anomalies } = echo
    venue.venue.orders = [
      {
        venueOrderId: 77,
        instrument: 0,
        account: 'PAPER',
        side: 'sell',
        type: 'LIMIT',
        timeInForce: 'GTC',
        quantityUnits: 10,
        priceUnits: 1_010_000,
        cumulativeUnits: 0,
        state: 'working',
        tsUs: 1,
      },
    ]
    venue.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 25 }] }
    await reconnect(echo)
    expect(system.orders.openOrders().map(({ strategy, status }) => [strategy, status])).toEqual([
      ['EXTERNAL', 'ACCEPTED'],
    ])
    expect(anomalies).toContain('RECONCILE_POSITION_MISMATCH')
    expect(system.orders.submit(buy()).reason).toBe('HALTED')
    const states = system.exportState().tradingStates
    await reconnect(echo)
    expect(system.exportState().tradingStates).toEqual(states)
    expect(system.orders.openOrders()).toHaveLength(1)
    await system.stop()
  })

  it('adjusts a position where that is the rule', async () => {
    const echo = await startEcho({ reconciliation: { positionMismatch: 'adjust' } })
    echo.venue.venue.account = {
      positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 25, averagePriceUnits: 1_000_000 }],
    }
    echo.system.orders.submit(buy({ price: '500.00' }))
    for (let i = 0; i < 2; i++) await reconnect(echo)
    expect(echo.system.portfolio.totalQuantityUnits(0, 0)).toBe(25)
    await echo.system.stop()
  })

  it('runs again and again while the connection stands, and finds what was lost without a disconnect', async () => {
    const echo = await withOrder({ reconciliation: { intervalMs: 10_000 } })
    const { order, venue, time, system, report } = echo
    venue.venue.orders = [report({ cumulativeUnits: 100, state: 'filled' })]
    venue.venue.fills = [fillOf(echo, order.clientOrderId)]
    venue.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 100 }] }
    await time.advanceMsAsync(25_000)
    expect([order.status, venue.epoch]).toEqual(['FILLED', 1])
    await system.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('does not share a run of an earlier connection', async () => {
    const echo = await withOrder()
    const { venue, time, report, order } = echo
    venue.venue.orders = [report()]
    let release: (value: []) => void = () => {}
    const fetched = venue.venue.orders
    Object.assign(venue, { fetchOrders: () => new Promise((resolve) => (release = resolve as never)) })
    const stale = echo.system.reconcile().then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
    await time.advanceMsAsync(1)
    venue.drop()
    Object.assign(venue, { fetchOrders: async () => fetched })
    await time.advanceMsAsync(2_000)
    expect(venue.isReady).toBe(true)
    release([])
    await time.advanceMsAsync(1)
    expect(['TW_NOT_CONNECTED', 'TW_ABORTED']).toContain(await stale)
    expect(order.status).toBe('ACCEPTED')
    await echo.system.stop()
  })
})
