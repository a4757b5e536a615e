/** What connectors may report: late, twice, about orders that are gone or that nobody knows, and nonsense. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, startEcho } from '../../test/support/echo-system.js'
import type { VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'

const externalFill = (change: Partial<VenueFillReport> = {}): VenueFillReport => ({
  exec: 'x1',
  venueOrderId: 'other',
  instrument: 0,
  account: 'PAPER',
  side: 'buy',
  quantityUnits: 10,
  priceUnits: 1_000_000,
  liquidity: 1,
  tsUs: 5,
  ...change,
})

const externalOrder = (change: Partial<VenueOrderReport> = {}): VenueOrderReport => ({
  venueOrderId: 'other',
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
  ...change,
})

describe('reports of a venue', () => {
  it('count an execution once, however often it is told', async () => {
    const { venue, system, events, time } = await startEcho()
    time.advanceMs(1)
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, 'v', 1)
    for (let i = 0; i < 3; i++) venue.reports.filled(order.number, 'e', 40, 1_000_000, 5, 'USD', 1, 2)
    venue.reports.accepted(order.number, 'v', 1)
    expect(order.filledQuantity.toString()).toBe('40')
    expect(events).toEqual(['submitted', 'accepted', 'filled'])
    expect(system.orders.latency.submitToAck.count).toBe(1)
    expect(venue.statistics.report().acknowledgeLatencyNs.count).toBe(1)
    await system.stop()
  })

  it('book a late fill, an overfill and a fill after a reject, and say so', async () => {
    const { venue, system, anomalies } = await startEcho()
    const order = system.orders.submit(buy())
    venue.reports.accepted(order.number, 'v', 1)
    venue.reports.canceled(order.number, 0, 'by hand', 2)
    venue.reports.filled(order.number, 'e1', 60, 1_000_000, 0, 'USD', 1, 1)
    expect([order.status, order.filledQuantity.toString()]).toEqual(['CANCELED', '60'])
    venue.reports.filled(order.number, 'e2', 60, 1_000_000, 0, 'USD', 1, 1)
    expect(anomalies).toEqual(['LATE_FILL', 'LATE_FILL', 'OVERFILL'])
    expect(system.orders.submit(buy()).reason).toBe('HALTED')
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(120)
    await system.stop()
  })

  it('only alert of an overfill where that is the rule', async () => {
    const { venue, system, anomalies } = await startEcho({ onOverfill: 'alert' })
    const order = system.orders.submit(buy())
    venue.reports.filled(order.number, 'e1', 160, 1_000_000, 0, 'USD', 1, 1)
    expect(anomalies).toEqual(['OVERFILL'])
    expect(system.orders.submit(buy({ quantity: 5 })).status).toBe('SUBMITTED')
    await system.stop()
  })

  it('restate positions and fees by corrections and busts', async () => {
    const { venue, system, events } = await startEcho()
    const order = system.orders.submit(buy())
    const { reports } = venue
    reports.accepted(order.number, 'v', 1)
    reports.filled(order.number, 'e1', 60, 1_000_000, 100_000_000, 'USD', 1, 2)
    reports.filled(order.number, 'e2', 40, 1_000_000, 100_000_000, 'USD', 1, 3)
    reports.corrected(order.number, 'e1', 'e1b', 60, 990_000, false, 4)
    expect(order.averagePrice?.toString()).toBe('99.4')
    reports.busted(order.number, 'e2', false, 5)
    expect([order.status, order.filledQuantity.toString()]).toEqual(['CANCELED', '60'])
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(60)
    reports.busted(order.number, 'e1b', true, 6)
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(0)
    expect(order.status).toBe('ACCEPTED')
    expect(events.slice(-3)).toEqual(['fill_corrected', 'fill_busted', 'fill_busted'])
    expect(JSON.stringify(system.snapshot())).not.toContain('NaN')
    await system.stop()
  })

  it('take back the fee of a trade that is older than the history of the portfolio', async () => {
    const { venue, system } = await startEcho({
      limits: { orders: 16_384, trades: 65_536 },
      risk: { duplicates: false, throttle: false },
    })
    const first = system.orders.submit(buy({ quantity: 10 }))
    venue.reports.filled(first.number, 'old', 10, 1_000_000, 500_000_000, 'USD', 1, 2)
    const order = system.orders.submit(buy({ quantity: 900, side: 'sell', price: '100.00' }))
    // The portfolio can replay twice 8,192 trades at most.
    for (let i = 0; i < 16_500; i++) venue.reports.filled(order.number, i, 1, 1_000_000, 0, 'USD', 1, 3)
    const fees = () => system.snapshot().pnl.fees?.toString()
    expect(fees()).toBe('5')
    const units = system.portfolio.totalQuantityUnits(0, 0)
    venue.reports.busted(first.number, 'old', false, 4)
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(units - 10)
    expect(fees()).toBe('0')
    await system.stop()
  })

  it('infer what a closing total says was filled, until the executions come', async () => {
    const { venue, system } = await startEcho()
    const order = system.orders.submit(buy())
    venue.reports.canceled(order.number, 30, '', 2)
    expect([order.status, order.filledQuantity.toString()]).toEqual(['CANCELED', '30'])
    venue.reports.filled(order.number, 'e1', 30, 990_000, 0, 'USD', 1, 1)
    expect([order.filledQuantity.toString(), order.averagePrice?.toString()]).toEqual(['30', '99'])
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(30)
    await system.stop()
  })

  it('book a fill of an order beyond the history once, to its own strategy', async () => {
    const { venue, system, anomalies } = await startEcho({ limits: { orders: 16 }, risk: { duplicates: false } })
    const old = system.orders.submit(buy({ strategy: 'mine' }))
    venue.reports.accepted(old.number, 'v', 1)
    venue.reports.filled(old.number, 'e1', 50, 1_000_000, 0, 'USD', 1, 2)
    venue.reports.canceled(old.number, 50, '', 3)
    for (let i = 0; i < 16; i++) {
      const { number } = system.orders.submit(buy({ quantity: 1 + i }))
      venue.reports.rejected(number, 'no', 4)
    }
    expect([old.status, old.filledQuantity.toString()]).toEqual(['CANCELED', '50'])
    old.cancel()
    expect(() => old.modify({ quantity: 5 })).toThrow('TW_INVALID_STATE')
    venue.reports.filled(old.number, 'e1', 50, 1_000_000, 0, 'USD', 1, 2)
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(50)
    for (let i = 0; i < 2; i++) venue.reports.filled(old.number, 'e2', 7, 1_000_000, 0, 'USD', 1, 2)
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(57)
    expect(anomalies).toEqual(['LATE_FILL'])
    const revived = system.exportState().orders.find(({ filled }) => filled === 7)
    expect(revived?.strategy).toBe('mine')
    await system.stop()
  })

  it('halt everything for an execution that cannot be booked', async () => {
    const { venue, system, anomalies } = await startEcho()
    venue.reports.filled(4_711, 'e1', 50, 1_000_000, 0, 'USD', 1, 2)
    expect(anomalies).toEqual(['UNBOOKED'])
    expect(system.orders.submit(buy()).reason).toBe('HALTED')
    await system.stop()
  })

  it('are refused where they are nonsense, and the system goes on', async () => {
    for (const [quantity, price, exec] of [
      [0, 1, 'e'],
      [-5, 1, 'e'],
      [1.5, 1, 'e'],
      [Number.NaN, 1, 'e'],
      [5, Number.NaN, 'e'],
      [5, 1.5, 'e'],
      [5, 1, ''],
      [5, 1, undefined],
    ] as const) {
      const { venue, system, anomalies } = await startEcho()
      const order = system.orders.submit(buy())
      venue.reports.filled(order.number, exec as string, quantity, price, 0, 'USD', 1, 2)
      expect(anomalies).toEqual(['UNBOOKED'])
      expect(order.filledQuantity.isZero()).toBe(true)
      venue.reports.accepted(order.number, 'v', 1)
      expect(order.status).toBe('ACCEPTED')
      await system.stop()
    }
  })

  it('leave no turn open when they are refused', async () => {
    const { venue, system, anomalies } = await startEcho()
    const order = system.orders.submit(buy())
    venue.reports.replaced(order.number, 0, -5, Number.NaN, Number.NaN, undefined, 1)
    expect(anomalies).toEqual(['BAD_REPORT'])
    system.orders.events.on('anomaly', () => {
      throw new Error('a listener')
    })
    venue.reports.replaced(order.number, 0, -5, Number.NaN, Number.NaN, undefined, 1)
    venue.reports.accepted(order.number, 'v', 1)
    order.cancel()
    expect(venue.sent.map(({ kind }) => kind)).toEqual(['new', 'cancel'])
    await system.stop()
  })

  it('tell of an unknown order once', async () => {
    const { venue, system, anomalies } = await startEcho()
    for (let i = 0; i < 3; i++) venue.reports.accepted(99, 'v', 1)
    expect(anomalies).toEqual(['UNKNOWN_ORDER'])
    await system.stop()
  })

  it('adopt the orders of others, which then can be canceled like any other', async () => {
    const { venue, system, anomalies } = await startEcho()
    for (let i = 0; i < 2; i++) venue.reports.externalOrder(venue.source, externalOrder())
    expect(anomalies).toEqual(['EXTERNAL_ORDER'])
    venue.reports.externalFill(venue.source, externalFill())
    venue.reports.externalFill(venue.source, externalFill())
    const [order] = system.exportState().orders
    expect(order).toMatchObject({ status: 'FILLED', filled: 10, strategy: 'EXTERNAL' })
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(10)
    expect(system.orders.submit(buy()).status).toBe('SUBMITTED')
    await system.stop()
  })

  it('halt the instrument of an execution whose order nobody announced', async () => {
    const { venue, system, anomalies } = await startEcho()
    venue.reports.externalFill(venue.source, externalFill())
    venue.reports.externalFill(venue.source, externalFill({ exec: 'x2', quantityUnits: 5 }))
    expect(anomalies).toEqual(['EXTERNAL_FILL'])
    expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(15)
    expect(system.orders.submit(buy()).reason).toBe('HALTED')
    await system.stop()
  })

  it('only book the executions of others where they are observed, and not even those where they are ignored', async () => {
    for (const [policy, units] of [
      ['observe', 10],
      ['ignore', 0],
    ] as const) {
      const { venue, system, anomalies } = await startEcho({ externalOrders: policy })
      for (let times = 0; times < 2; times++) venue.reports.externalOrder(venue.source, externalOrder())
      expect(system.orders.openOrders()).toEqual([])
      for (let times = 0; times < 2; times++) venue.reports.externalFill(venue.source, externalFill())
      // Whatever the policy, somebody is told, once.
      expect(anomalies).toEqual(['EXTERNAL_ORDER', 'EXTERNAL_FILL'])
      expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(units)
      expect(system.orders.submit(buy()).status).toBe('SUBMITTED')
      await system.stop()
    }
  })

  it('are known and told of when the venue lists them, too: what is executed of them halts nothing', async () => {
    for (const [policy, units] of [
      ['observe', 10],
      ['ignore', 0],
    ] as const) {
      const venue = new EchoConnector()
      venue.venue.orders = [externalOrder()]
      venue.venue.account = { positions: [], balances: [] }
      const { system, anomalies } = await startEcho({ externalOrders: policy }, { venue })
      expect(system.reconciliations.get('echo')?.findings).toMatchObject([{ kind: 'external_order' }])
      venue.reports.externalFill(venue.source, externalFill())
      expect(system.portfolio.totalQuantityUnits(0, 0)).toBe(units)
      expect(anomalies).toEqual(['EXTERNAL_FILL'])
      expect(system.orders.submit(buy()).status).toBe('SUBMITTED')
      await system.stop()
    }
  })

  it('know an order of ours by its id, whatever the connector calls it', async () => {
    const { venue, system } = await startEcho()
    const order = system.orders.submit(buy({ clientOrderId: 'mine' }))
    venue.reports.externalOrder(venue.source, externalOrder({ clientOrderId: 'mine', venueOrderId: 'v' }))
    venue.reports.externalFill(venue.source, externalFill({ clientOrderId: 'mine', quantityUnits: 100 }))
    expect(order.status).toBe('FILLED')
    expect(system.exportState().orders).toHaveLength(1)
    await system.stop()
  })

  it('are booked when there is room for them, and halt once until then', async () => {
    const { venue, system, anomalies, time } = await startEcho({ limits: { orders: 16 } })
    const works = Array.from({ length: 16 }, (_, each) => externalOrder({ venueOrderId: `o${each}` }))
    for (const order of works) venue.reports.externalOrder(venue.source, order)
    anomalies.length = 0
    const fill = externalFill({ tsUs: time.wallUs() })
    venue.venue = { orders: works, fills: [fill], account: {} }
    const held = () => Number(system.snapshot().positions[0]?.quantity ?? 0)
    venue.reports.externalFill(venue.source, fill)
    for (let run = 0; run < 2; run++) await time.runUntil(system.reconcile())
    expect([held(), anomalies]).toEqual([0, ['UNBOOKED', 'RECONCILE_UNKNOWN_ORDER_FILL']])
    expect(system.gate.states.get('global', 0)).toBe('HALTED')
    venue.reports.canceled(1, 0, '', 6)
    venue.venue = { orders: works.slice(1), fills: [fill], account: {} }
    for (let run = 0; run < 2; run++) await time.runUntil(system.reconcile())
    venue.reports.externalFill(venue.source, fill)
    expect([held(), anomalies.filter((kind) => kind === 'EXTERNAL_FILL')]).toEqual([10, ['EXTERNAL_FILL']])
    await system.stop()
  })

  it('throw for no account that there is no room for: its execution halts everything, its order is told of', async () => {
    const { venue, system, anomalies } = await startEcho({ limits: { accounts: 2 } })
    for (const account of ['A', 'B', 'C'])
      venue.reports.externalOrder(venue.source, externalOrder({ account, venueOrderId: `o${account}` }))
    expect(anomalies).toEqual(['EXTERNAL_ORDER', 'EXTERNAL_ORDER', 'EXTERNAL_ORDER'])
    expect(system.orders.openOrders()).toHaveLength(2)
    venue.reports.externalFill(venue.source, externalFill({ account: 'D' }))
    expect(anomalies.at(-1)).toBe('UNBOOKED')
    expect(system.exportState().orders).toHaveLength(2)
    await system.stop()
  })

  it('book no execution of an instrument beyond the tables', async () => {
    const { venue, system, anomalies } = await startEcho({ limits: { instruments: 1 } })
    venue.reports.externalFill(venue.source, externalFill({ instrument: 7 }))
    venue.reports.externalOrder(venue.source, externalOrder({ instrument: 7 }))
    expect(anomalies).toEqual(['UNBOOKED', 'EXTERNAL_ORDER'])
    expect(system.orders.submit(buy()).reason).toBe('HALTED')
    await system.stop()
  })
})
