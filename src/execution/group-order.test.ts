/** Orders that depend on one another: protection that follows every fill, and what happens when something goes wrong. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { startEcho } from '../../test/support/echo-system.js'
import { restartEcho } from '../oms/restart.test-support.js'
import { TradingSystem } from '../system/trading-system.js'

type Echo = Awaited<ReturnType<typeof startEcho>>

const bracket = (change: Record<string, unknown> = {}) => ({
  symbol: 'IBM',
  side: 'buy' as const,
  quantity: 100,
  price: '100.00',
  clientOrderId: 'b',
  takeProfit: { price: '101.00' },
  stopLoss: { triggerPrice: '99.00' },
  ...change,
})

/** Orders that were sent, by client order id: quantities and replaces. */
const log = ({ venue }: Echo) =>
  venue.sent.map((each) =>
    each.kind === 'new'
      ? `${each.clientOrderId} ${each.quantityUnits}`
      : each.kind === 'replace'
        ? `replace ${each.quantityUnits}`
        : 'cancel',
  )

const numberOf = ({ venue }: Echo, id: string) => {
  const order = venue.sent.find((each) => each.kind === 'new' && each.clientOrderId === id)
  if (order === undefined) throw new Error(`${id} was not sent: ${JSON.stringify(venue.sent)}`)
  return order.number
}
const accept = (echo: Echo, id: string) => echo.venue.reports.accepted(numberOf(echo, id), `v-${id}`, 1)
let execution = 0
const fill = (echo: Echo, id: string, units: number, price = 1_000_000) =>
  echo.venue.reports.filled(numberOf(echo, id), `x${execution++}`, units, price, 0, 'USD', 1, 2)
const confirmReplace = (echo: Echo) => {
  for (const each of echo.venue.sent.splice(0)) {
    if (each.kind !== 'replace') continue
    echo.venue.reports.replaced(each.number, each.generation, each.quantityUnits, Number.NaN, Number.NaN, undefined, 3)
  }
}

describe('bracket', () => {
  it('protects every fill of the entry, and says what is not protected yet', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitBracket(bracket())
    expect(log(echo)).toEqual(['b-E1 100'])
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 40)
    expect(log(echo)).toEqual(['b-E1 100', 'b-E2 40', 'b-E3 40'])
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('40')
    accept(echo, 'b-E2')
    accept(echo, 'b-E3')
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('0')
    fill(echo, 'b-E1', 60)
    expect(log(echo).slice(3)).toEqual(['replace 100', 'replace 100'])
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('60')
    await echo.system.stop()
  })

  it('a fill of the target shrinks the stop, and its end takes it off', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitBracket(bracket())
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 100)
    accept(echo, 'b-E2')
    accept(echo, 'b-E3')
    fill(echo, 'b-E3', 30, 1_010_000)
    expect(log(echo).at(-1)).toBe('replace 70')
    const stop = numberOf(echo, 'b-E2')
    fill(echo, 'b-E3', 70, 1_010_000)
    const replace = echo.venue.sent.find((each) => each.kind === 'replace')
    if (replace?.kind === 'replace')
      echo.venue.reports.replaced(stop, replace.generation, 70, Number.NaN, 990_000, undefined, 3)
    expect(log(echo).at(-1)).toBe('cancel')
    echo.venue.reports.canceled(stop, Number.NaN, 'USER', 4)
    expect(group.status).toBe('FILLED')
    await echo.system.stop()
  })

  it('alerts by age while something is held without protection', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitBracket(bracket({ alertAfterMs: 2_000 }))
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 100)
    await echo.time.advanceMs(1_900)
    expect(echo.anomalies).not.toContain('UNPROTECTED')
    await echo.time.advanceMs(200)
    expect(echo.anomalies).toContain('UNPROTECTED')
    expect(group.explain().at(-1)).toContain('100 held and not protected')
    await echo.system.stop()
  })

  it('protection passes a halt', async () => {
    const echo = await startEcho()
    echo.system.execution.submitBracket(bracket())
    accept(echo, 'b-E1')
    echo.system.setTradingState('global', '', 'HALTED', 'test', 'test')
    fill(echo, 'b-E1', 100)
    // The stop shrinks the position and goes; a target beside it could turn it, and waits.
    expect(log(echo)).toEqual(['b-E1 100', 'b-E2 100'])
    expect(
      () => echo.system.orders.submit({ symbol: 'IBM', side: 'sell', quantity: 1, price: '101' }).status,
    ).not.toThrow()
    await echo.system.stop()
  })

  it('protection that must grow during a halt: the target makes room for the stop, and comes back after it', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitBracket(bracket())
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 40)
    accept(echo, 'b-E2')
    accept(echo, 'b-E3')
    echo.system.setTradingState('global', '', 'HALTED', 'test', 'test')
    fill(echo, 'b-E1', 60)
    expect(log(echo).slice(3)).toEqual(['cancel'])
    echo.venue.reports.canceled(numberOf(echo, 'b-E3'), Number.NaN, 'USER', 4)
    await echo.time.advanceMs(1_100)
    expect(log(echo).slice(4)).toEqual(['replace 100'])
    const stop = numberOf(echo, 'b-E2')
    echo.venue.reports.replaced(stop, 1, 100, Number.NaN, 990_000, undefined, 5)
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('0')
    await echo.time.advanceMs(20_000)
    expect(log(echo)).toHaveLength(5)
    echo.system.setTradingState('global', '', 'ACTIVE', 'test', 'test')
    echo.venue.quote(99.99, 100.01)
    await echo.time.advanceMs(4_000)
    echo.venue.quote(99.99, 100.01)
    await echo.time.advanceMs(4_500)
    expect(log(echo).slice(5)).toEqual([expect.stringMatching(/^b-E\d+ 100$/)])
    await echo.system.stop()
  })

  it('exits go without market data: no price, stale, crossed or jumping ones', async () => {
    const faults: [string, (echo: Echo) => unknown][] = [
      ['stale', ({ time }) => time.advanceMs(60_000)],
      ['crossed', ({ venue }) => venue.quote(100.01, 99.99)],
      ['too wide', ({ venue }) => venue.quote(50, 150)],
      ['a jump', ({ venue }) => venue.quote(49.99, 50.01)],
    ]
    for (const [fault, make] of faults) {
      const echo = await startEcho()
      const group = echo.system.execution.submitBracket(bracket())
      accept(echo, 'b-E1')
      await make(echo)
      const other = { symbol: 'IBM', side: 'sell' as const, quantity: 1, price: '101' }
      expect(echo.system.orders.submit(other).reason, fault).toBe('MARKET_DATA')
      fill(echo, 'b-E1', 40)
      expect(log(echo), fault).toEqual(['b-E1 100', 'b-E2 40', 'b-E3 40'])
      accept(echo, 'b-E2')
      accept(echo, 'b-E3')
      // They grow with the position, too; what opens one is refused as before.
      fill(echo, 'b-E1', 60)
      expect(log(echo).slice(3), fault).toEqual(['replace 100', 'replace 100'])
      expect(group.snapshot.unprotectedQuantity?.toString()).toBe('60')
      expect(echo.system.orders.submit({ ...other, side: 'buy', price: '100' }).reason, fault).toBe('MARKET_DATA')
      await echo.system.stop()
    }
  })

  it('protection goes out after a restart before any price is there', async () => {
    const first = await startEcho()
    first.system.execution.submitBracket(bracket())
    accept(first, 'b-E1')
    const entry = numberOf(first, 'b-E1')
    first.disk.crash({ powerCut: false })
    first.venue.drop()
    const { time, disk } = first
    const venue = new EchoConnector()
    venue.venue.orders = [
      {
        clientOrderId: 'b-E1',
        venueOrderId: 'v-b-E1',
        instrument: 0,
        account: 'PAPER',
        side: 'buy',
        type: 'LIMIT',
        timeInForce: 'DAY',
        quantityUnits: 100,
        priceUnits: 1_000_000,
        cumulativeUnits: 0,
        state: 'working',
        tsUs: 1,
      },
    ]
    const system = await time.runUntil(
      TradingSystem.start({
        mode: 'simulation',
        journal: 'journal',
        onClose: 'leave',
        connectors: { echo: venue },
        time,
        fileSystem: disk.mount(),
      }),
    )
    venue.reports.filled(entry, 'late', 100, 1_000_000, 0, 'USD', 1, 2)
    expect(venue.sent.map((each) => each.kind === 'new' && `${each.clientOrderId} ${each.quantityUnits}`)).toEqual([
      'b-E2 100',
      'b-E3 100',
    ])
    await system.stop()
  })

  it('an entry that is refused sends nothing else', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitBracket(bracket())
    echo.venue.reports.rejected(numberOf(echo, 'b-E1'), 'NO_FUNDS', 1)
    expect(log(echo)).toEqual(['b-E1 100'])
    expect(group.status).toBe('FAILED')
    expect(group.reason).toBe('NO_FUNDS')
    await echo.system.stop()
  })

  it('a canceled entry keeps the protection of what it filled', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitBracket(bracket())
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 40)
    accept(echo, 'b-E2')
    group.cancel()
    echo.venue.reports.canceled(numberOf(echo, 'b-E1'), Number.NaN, 'USER', 4)
    expect(group.isClosed).toBe(false)
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('0')
    fill(echo, 'b-E2', 40, 990_000)
    expect(log(echo).at(-1)).toBe('cancel')
    await echo.system.stop()
  })

  it('a stop that somebody takes off is not sent again, and what it protected is told', async () => {
    const echo = await startEcho()
    echo.system.execution.submitBracket(bracket())
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 100)
    accept(echo, 'b-E2')
    echo.venue.reports.canceled(numberOf(echo, 'b-E2'), Number.NaN, 'USER', 4)
    expect(log(echo)).toHaveLength(3)
    await echo.time.advanceMs(6_000)
    expect(echo.anomalies).toEqual(expect.arrayContaining(['LEG_CANCELED', 'UNPROTECTED']))
    await echo.system.stop()
  })

  it('goes on after a restart: fills while it was away are protected', async () => {
    const first = await startEcho()
    first.system.execution.submitBracket(bracket())
    accept(first, 'b-E1')
    fill(first, 'b-E1', 40)
    accept(first, 'b-E2')
    accept(first, 'b-E3')
    const [entry, stop, target] = ['b-E1', 'b-E2', 'b-E3'].map((id) => numberOf(first, id)) as [number, number, number]
    const second = await restartEcho(first, {}, (next) => {
      const base = { clientOrderId: '', instrument: 0, account: 'PAPER', type: 'LIMIT', timeInForce: 'DAY', tsUs: 1 }
      const order = (number: number, id: string, change: object) =>
        ({
          ...base,
          clientOrderId: id,
          venueOrderId: `v-${id}`,
          quantityUnits: 40,
          cumulativeUnits: 0,
          state: 'working',
          number,
          ...change,
        }) as never
      next.venue.orders = [
        order(entry, 'b-E1', { side: 'buy', quantityUnits: 100, priceUnits: 1_000_000, cumulativeUnits: 40 }),
        order(stop, 'b-E2', { side: 'sell', type: 'STOP', timeInForce: 'GTC', triggerPriceUnits: 990_000 }),
        order(target, 'b-E3', { side: 'sell', timeInForce: 'GTC', priceUnits: 1_010_000 }),
      ]
    })
    const group = second.system.execution.get('b')
    expect(group?.status).toBe('RUNNING')
    second.venue.reports.filled(entry, 'later', 60, 1_000_000, 0, 'USD', 1, 5)
    expect(log(second)).toEqual(['replace 100', 'replace 100'])
    expect(group?.snapshot.unprotectedQuantity?.toString()).toBe('60')
    await second.system.stop()
  })

  it('refuses protection on the wrong side', async () => {
    const { system, venue } = await startEcho()
    for (const bad of [
      { stopLoss: { triggerPrice: '100.50' } },
      { takeProfit: { price: '99.50' } },
      { stopLoss: {} },
      { stopLoss: undefined },
      { quantity: '1.5' },
      // An entry at the market, which is at 100.
      { price: undefined, stopLoss: { triggerPrice: '100.50' }, takeProfit: { price: '101.00' } },
      { price: undefined, stopLoss: { triggerPrice: '99.00' }, takeProfit: { price: '99.50' } },
      { price: undefined, type: 'STOP', triggerPrice: '100.50', stopLoss: { triggerPrice: '100.60' } },
    ])
      expect(() => system.execution.submitBracket(bracket(bad) as never)).toThrow()
    expect(() => system.execution.submitBracket(undefined as never)).toThrow('TW_INVALID_ALGO')
    expect(venue.sent).toHaveLength(0)
    const later = { price: undefined, type: 'STOP', triggerPrice: '100.50', stopLoss: { triggerPrice: '100.20' } }
    expect(system.execution.submitBracket(bracket({ ...later, takeProfit: undefined }) as never).status).toBe('RUNNING')
    await system.stop()
  })
})

describe('groups', () => {
  const exit = (change: Record<string, unknown>) => ({ symbol: 'IBM', side: 'sell' as const, quantity: 100, ...change })

  it('protection that is refused at once is tried again later, not for ever within the same moment', async () => {
    // The gate refuses changes within the call that asks for them: so many messages may leave in a minute.
    const echo = await startEcho({ risk: { throttle: { limit: 3, windowMs: 60_000 } } })
    const group = echo.system.execution.submitBracket(bracket())
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 40)
    accept(echo, 'b-E2')
    accept(echo, 'b-E3')
    const before = log(echo).length
    fill(echo, 'b-E1', 60)
    expect(log(echo)).toHaveLength(before)
    expect(group.snapshot.unprotectedQuantity?.toString()).toBe('60')
    await echo.time.advanceMs(70_000)
    expect(log(echo).slice(before)).toEqual(['replace 100', 'replace 100'])
    await echo.system.stop()
  })

  it('a change that was lost with its line is given up: the stop is taken off and sent again', async () => {
    const echo = await startEcho()
    echo.system.execution.submitBracket(bracket({ takeProfit: undefined }))
    accept(echo, 'b-E1')
    fill(echo, 'b-E1', 40)
    accept(echo, 'b-E2')
    fill(echo, 'b-E1', 60)
    expect(log(echo).at(-1)).toBe('replace 100')
    await echo.time.advanceMs(10_100)
    expect(log(echo).at(-1)).toBe('cancel')
    echo.venue.quote(99.99, 100.01)
    echo.venue.reports.canceled(numberOf(echo, 'b-E2'), Number.NaN, 'USER', 4)
    expect(log(echo).at(-1)).toBe('b-E4 100')
    await echo.system.stop()
  })

  it('oco: the first that fills has won, whatever the other fills before its cancel is there', async () => {
    const echo = await startEcho()
    const leg = { symbol: 'IBM', side: 'sell' as const, quantity: 100 }
    echo.system.execution.submitGroup({
      kind: 'oco',
      clientOrderId: 'b',
      orders: [
        { ...leg, price: '100.50' },
        { ...leg, price: '101.00' },
      ],
    })
    accept(echo, 'b-E1')
    accept(echo, 'b-E2')
    fill(echo, 'b-E1', 5)
    expect(log(echo).at(-1)).toBe('cancel')
    fill(echo, 'b-E2', 30)
    echo.venue.reports.canceled(numberOf(echo, 'b-E2'), Number.NaN, 'USER', 4)
    // The other is not sent again, and what is left of the first makes one order with both fills.
    expect(log(echo)).toEqual(['b-E1 100', 'b-E2 100', 'cancel', 'replace 70'])
    await echo.system.stop()
  })

  it('oco: any fill takes the others off', async () => {
    const echo = await startEcho()
    const group = echo.system.execution.submitGroup({
      kind: 'oco',
      clientOrderId: 'o',
      orders: [exit({ price: '101.00' }), exit({ type: 'STOP', triggerPrice: '99.00' })] as never,
    })
    accept(echo, 'o-E1')
    accept(echo, 'o-E2')
    fill(echo, 'o-E1', 10)
    expect(log(echo)).toEqual(['o-E1 100', 'o-E2 100', 'cancel'])
    echo.venue.reports.canceled(numberOf(echo, 'o-E2'), Number.NaN, 'USER', 4)
    fill(echo, 'o-E1', 90)
    expect(group.status).toBe('FILLED')
    await echo.system.stop()
  })

  it('ouo: a fill of one shrinks the others', async () => {
    const echo = await startEcho()
    echo.system.execution.submitGroup({
      kind: 'ouo',
      clientOrderId: 'o',
      orders: [exit({ price: '101.00' }), exit({ type: 'STOP', triggerPrice: '99.00' })] as never,
    })
    accept(echo, 'o-E1')
    accept(echo, 'o-E2')
    fill(echo, 'o-E1', 10)
    expect(log(echo).at(-1)).toBe('replace 90')
    confirmReplace(echo)
    await echo.system.stop()
  })

  it('oto: the others come with the fills of the first, or when it is filled', async () => {
    for (const mode of ['partial', 'full'] as const) {
      const echo = await startEcho()
      echo.system.execution.submitGroup({
        kind: 'oto',
        mode,
        clientOrderId: 'o',
        orders: [
          { symbol: 'IBM', side: 'buy', quantity: 100, price: '100.00' },
          { symbol: 'IBM', side: 'sell', quantity: 50, price: '101.00' },
        ],
      })
      accept(echo, 'o-E1')
      fill(echo, 'o-E1', 40)
      expect(log(echo)).toEqual(mode === 'partial' ? ['o-E1 100', 'o-E2 20'] : ['o-E1 100'])
      fill(echo, 'o-E1', 60)
      if (mode === 'full') expect(log(echo)).toEqual(['o-E1 100', 'o-E2 50'])
      await echo.system.stop()
    }
  })
})
