/** Hedged positions through orders: opened, added to, closed; algorithms and brackets; restarts, snapshots, busts, flattening. */
import { describe, expect, it } from 'vitest'
import type { OrderRequest } from '../../src/model/order.js'
import { findPosition } from '../../src/portfolio/position-view.js'
import type { TradingSystemOptions } from '../../src/system/trading-system.js'
import { EchoConnector } from '../support/echo-connector.js'
import { type EchoParts, type EchoSystem, startEcho } from '../support/echo-system.js'

const start = (parts: EchoParts = {}, options: TradingSystemOptions = {}) =>
  startEcho({ positionMode: 'hedging', ...options }, parts)

let executions = 0

/** Submits an order and fills all of it at its price. */
function trade({ system, venue }: EchoSystem, request: Partial<OrderRequest>) {
  const order = system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 100, price: '100.00', ...request })
  if (order.isClosed) return order
  const { quantityUnits, priceUnits } = venue.sent.at(-1) as { quantityUnits: number; priceUnits: number }
  venue.reports.accepted(order.number, order.number, 1)
  venue.reports.filled(order.number, `x${++executions}`, quantityUnits, priceUnits, 0, 'USD', 1, 2)
  return order
}

/** Signed quantity of a position, of the strategy HOST. */
const held = ({ system }: EchoSystem, positionId: string) =>
  findPosition(system.portfolio, 'PAPER', 0, 'HOST', positionId)?.position.quantity.toNumber()
const total = ({ system }: EchoSystem) => findPosition(system.portfolio, 'PAPER', 0)?.position.quantity.toNumber() ?? 0

describe('hedged positions', () => {
  it('are opened by orders that name none, and added to and closed by orders that name them', async () => {
    const echo = await start()
    trade(echo, { clientOrderId: 'long' })
    trade(echo, { clientOrderId: 'short', side: 'sell', quantity: 40, price: '100.01' })
    expect([held(echo, 'long'), held(echo, 'short'), total(echo)]).toEqual([100, -40, 60])
    const added = trade(echo, { positionId: 'long', quantity: 50, price: '100.02' })
    expect(added.snapshot.positionId).toBe('long')
    trade(echo, { positionId: 'short', quantity: 40, price: '99.98', reduceOnly: true })
    expect([held(echo, 'long'), held(echo, 'short'), total(echo)]).toEqual([150, 0, 150])
    const short = findPosition(echo.system.portfolio, 'PAPER', 0, 'HOST', 'short')
    expect(short?.position.realizedGross.toString()).toBe('1.2')
    expect(echo.system.snapshot().strategyPositions.map(({ positionId }) => positionId)).toEqual(['long', 'short'])
    await echo.system.stop()
  })

  it('are what reduce-only orders are measured by, whatever the net position is', async () => {
    const echo = await start()
    trade(echo, { clientOrderId: 'long' })
    trade(echo, { clientOrderId: 'short', side: 'sell' })
    expect(total(echo)).toBe(0)
    const sell = { side: 'sell', reduceOnly: true, price: '100.01' } as const
    for (const wrong of [
      { ...sell, positionId: 'long', quantity: 101 },
      { ...sell, positionId: 'short', quantity: 10 },
      { ...sell, positionId: 'nobody', quantity: 10 },
    ])
      expect([trade(echo, wrong).status, echo.venue.sent.length]).toEqual(['DENIED', 2])
    expect(trade(echo, { ...sell, positionId: 'long', quantity: 100 }).status).toBe('FILLED')
    expect([held(echo, 'long'), held(echo, 'short'), total(echo)]).toEqual([0, -100, -100])
    expect(() => trade(echo, { ...sell, quantity: 10 })).toThrow(/positionId is required/)
    expect(
      echo.system.orders
        .explain({ symbol: 'IBM', side: 'sell', quantity: 10, price: '100', reduceOnly: true, positionId: 'long' })
        .map(({ code }) => code),
    ).toEqual(['REDUCING'])
    await echo.system.stop()
  })

  it('are never closed for more than they hold, whatever works already, and by no change either', async () => {
    const echo = await start()
    const { system, venue } = echo
    trade(echo, { clientOrderId: 'long' })
    const close = (quantity: number) =>
      system.orders.submit({
        symbol: 'IBM',
        side: 'sell',
        price: '100.01',
        reduceOnly: true,
        positionId: 'long',
        quantity,
      })
    const first = close(60)
    expect([first.status, close(41).reason, close(40).status]).toEqual(['SUBMITTED', 'REDUCING', 'SUBMITTED'])
    venue.reports.accepted(first.number, first.number, 1)
    const refused: (string | undefined)[] = []
    first.onEvent(({ type, reason }) => type === 'update_rejected' && refused.push(reason))
    first.modify({ quantity: 61 })
    expect(refused).toEqual(['REDUCING'])
    first.modify({ quantity: 50 })
    venue.reports.replaced(first.number, 2, 50, Number.NaN, Number.NaN, first.number, 2)
    expect([close(11).reason, close(10).status]).toEqual(['REDUCING', 'SUBMITTED'])
    await system.stop()
  })

  it('are kept apart by algorithms and brackets: all children make one', async () => {
    const echo = await start()
    const { system, venue } = echo
    const parent = system.orders.submit({
      symbol: 'IBM',
      side: 'buy',
      quantity: 30,
      price: '100.01',
      clientOrderId: 'worked',
      algo: { type: 'sniper' },
    })
    const child = parent.children[0]
    venue.reports.accepted(child?.number as number, 'c', 1)
    venue.reports.filled(child?.number as number, 'xc', 30, 1_000_100, 0, 'USD', 1, 2)
    expect([parent.status, held(echo, 'worked'), child?.snapshot.positionId]).toEqual(['FILLED', 30, 'worked'])
    const bracket = system.execution.submitBracket({
      symbol: 'IBM',
      side: 'sell',
      quantity: 20,
      price: '99.99',
      clientOrderId: 'guarded',
      stopLoss: { triggerPrice: '101.00' },
    })
    const entry = bracket.children[0]?.number as number
    venue.reports.accepted(entry, 'e', 1)
    venue.reports.filled(entry, 'xe', 20, 999_900, 0, 'USD', 1, 2)
    const exit = bracket.children[1]
    expect([exit?.snapshot.positionId, exit?.status, held(echo, 'guarded'), total(echo)]).toEqual([
      'guarded',
      'SUBMITTED',
      -20,
      10,
    ])
    await system.stop()
  })

  it('survive a restart from the journal and one from a snapshot, busts included', async () => {
    const echo = await start()
    trade(echo, { clientOrderId: 'long' })
    const short = trade(echo, { clientOrderId: 'short', side: 'sell', quantity: 40, price: '100.01' })
    const shortExec = `x${executions}`
    const open = echo.system.orders.submit({
      symbol: 'IBM',
      side: 'buy',
      quantity: 7,
      price: '99.00',
      positionId: 'short',
    })
    const listed = [echo.venue.report(open.number)]
    for (const withSnapshot of [false, true]) {
      if (withSnapshot) expect(echo.system.orders.saveSnapshot()).toBe(true)
      echo.venue.drop()
      await echo.venue.stop()
      echo.disk.crash({ powerCut: false })
      const venue = new EchoConnector()
      venue.venue.orders = listed
      const next = await start({ disk: echo.disk, time: echo.time, venue })
      Object.assign(echo, next)
      expect([held(echo, 'long'), held(echo, 'short'), total(echo)]).toEqual([100, -40, 60])
      expect(echo.system.orders.get(short.clientOrderId)?.snapshot.positionId).toBe('short')
    }
    trade(echo, { positionId: 'long', side: 'sell', quantity: 100, price: '100.01' })
    expect([held(echo, 'long'), held(echo, 'short')]).toEqual([0, -40])
    echo.venue.reports.busted(short.number, shortExec, false, 9)
    expect([held(echo, 'short'), total(echo)]).toEqual([0, 0])
    await echo.system.stop()
  })

  it('are closed in sum by a kill switch that flattens', async () => {
    const echo = await start()
    trade(echo, { clientOrderId: 'long' })
    trade(echo, { clientOrderId: 'short', side: 'sell', quantity: 40, price: '100.01' })
    echo.system.kill({ scope: 'strategy', name: 'HOST', level: 'flatten', actor: 'test', reason: 'test' })
    const closing = echo.venue.sent.at(-1)
    expect(closing).toMatchObject({ kind: 'new', quantityUnits: 60 })
    await echo.system.stop()
  })
})

describe('netted positions', () => {
  it('take no ids', async () => {
    const echo = await startEcho()
    expect(() => trade(echo, { positionId: 'mine' })).toThrow(
      expect.objectContaining({ code: 'TW_INVALID_MODEL', details: { field: 'positionId' } }),
    )
    expect(() =>
      echo.system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 1, positionId: 'x', algo: { type: 'sniper' } }),
    ).toThrow(/positionId/)
    expect(echo.venue.sent).toEqual([])
    await echo.system.stop()
  })

  it('stand beside hedged ones, by strategy', async () => {
    const echo = await start({}, { positionMode: { carry: 'hedging', '*': 'netting' } })
    trade(echo, { strategy: 'carry', clientOrderId: 'one' })
    trade(echo, { strategy: 'other', clientOrderId: 'two' })
    const ids = echo.system.snapshot().strategyPositions.map(({ strategy, positionId }) => [strategy, positionId])
    expect(ids).toEqual([
      ['carry', 'one'],
      ['other', undefined],
    ])
    await echo.system.stop()
  })
})
