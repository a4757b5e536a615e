/** Limits of running systems: added one by one, watched, of losses, and found again after restarts. */
import { describe, expect, it } from 'vitest'
import { EchoConnector, ibm } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { Alert } from '../risk/alerts/alert.js'
import type { TradingSystemOptions } from './trading-system.js'

const who = { actor: 'ann', reason: 'test' }

async function start(options: TradingSystemOptions = {}, parts: Parameters<typeof startEcho>[1] = {}) {
  const alerts: Alert[] = []
  const echo = await startEcho(
    { capital: 1_000_000, alertSinks: [{ name: 'test', send: (alert) => void alerts.push(alert) }], ...options },
    parts,
  )
  echo.venue.onNew = (order) => echo.venue.reports.accepted(order.number, order.number, 1)
  return Object.assign(echo, { alerts })
}

/** The process dies, with no order open, and another takes its place. */
async function killed(echo: EchoSystem, options: TradingSystemOptions = {}) {
  for (const { clientOrderId } of echo.system.orders.openOrders())
    echo.venue.reports.canceled(echo.system.orders.get(clientOrderId)?.number as number, 0, '', 3)
  echo.venue.drop()
  await echo.venue.stop()
  echo.disk.crash({ powerCut: false })
  return start(options, { time: echo.time, disk: echo.disk, venue: new EchoConnector() })
}

/** Buys, or sells, and is filled at a price in 10^-4. */
function trade({ system, venue }: EchoSystem, quantity: number, price: number, change: Record<string, unknown> = {}) {
  const order = system.orders.submit(buy({ quantity, price: change.side === 'sell' ? '99.99' : '100.01', ...change }))
  if (!order.isClosed) venue.reports.filled(order.number, `e${order.number}`, quantity, price, 0, 'USD', 1, 2)
  return order.reason ?? order.status
}

const code = ({ system }: EchoSystem, change: Record<string, unknown>) => {
  const order = system.orders.submit(buy(change))
  return order.reason ?? order.status
}

describe('limits that are added one by one', () => {
  it('hold from the next order on, for what they are of, and after a kill', async () => {
    const echo = await start()
    const { limits } = echo.system.risk
    expect(limits.addSymbolLimit('IBM', { type: 'orderQuantity', limit: 50 }, who)).toBe(2)
    expect([code(echo, { quantity: 50 }), code(echo, { quantity: 51 })]).toEqual(['ACCEPTED', 'MAX_ORDER_QTY'])
    limits.addGlobalLimit({ type: 'openOrders', limit: 2 }, who)
    expect([code(echo, { quantity: 1 }), code(echo, { quantity: 1 })]).toEqual(['ACCEPTED', 'MAX_OPEN_ORDERS'])
    limits.addGlobalLimit({ type: 'openOrders', limit: 20 }, who)
    limits.addStrategyLimit('s', { type: 'dailyOrders', limit: 1 }, who)
    const of = (strategy: string) => code(echo, { quantity: 1, strategy })
    expect([of('s'), of('s'), of('t')]).toEqual(['ACCEPTED', 'DAILY_ORDERS', 'ACCEPTED'])
    const second = await killed(echo)
    const again = second.system.risk.limits
    expect([again.version, again.history.length, again.limits]).toEqual([5, 4, limits.limits])
    expect(again.history).toEqual(limits.history)
    expect([code(second, { quantity: 51 }), code(second, { quantity: 1, strategy: 's' })]).toEqual([
      'MAX_ORDER_QTY',
      'DAILY_ORDERS',
    ])
    await second.system.stop()
    const third = await killed(second)
    expect(third.system.risk.limits.history).toEqual(limits.history)
    await third.system.stop()
  })

  it('give way to ceilings that were lowered, with an alert', async () => {
    const echo = await start({ risk: { maxOrderQuantity: 10 }, riskCeilings: { maxOrderQuantity: 100 } })
    echo.system.risk.limits.addGlobalLimit({ type: 'orderQuantity', limit: 80 }, who)
    const second = await killed(echo, { risk: { maxOrderQuantity: 10 }, riskCeilings: { maxOrderQuantity: 50 } })
    expect(code(second, { quantity: 11 })).toBe('MAX_ORDER_QTY')
    expect(second.system.risk.alerts.list()[0]).toMatchObject({ kind: 'limits', key: 'ceilings', severity: 'critical' })
    await second.system.stop()
  })

  it('forget a limit that was taken away', async () => {
    const echo = await start({ risk: { maxOrderQuantity: 10 } })
    echo.system.risk.limits.change({ maxOrderQuantity: undefined } as object, who)
    expect(code(echo, { quantity: 11 })).toBe('ACCEPTED')
    const second = await killed(echo, { risk: { maxOrderQuantity: 10 } })
    expect(code(second, { quantity: 11 })).toBe('ACCEPTED')
    await second.system.stop()
  })
})

describe('the use of limits', () => {
  it('is told from the soft level on, within a second, and until it is below again', async () => {
    const echo = await start({ risk: { maxPosition: 100, global: { maxGross: '20000', warnAt: 0.45 } } })
    const { system } = echo
    trade(echo, 79, 1_000_000)
    expect(system.risk.utilisation()[0]).toMatchObject({ limit: 'positionQuantity', used: 79, most: 100, level: 'ok' })
    trade(echo, 11, 1_000_000)
    echo.time.advanceMs(1_000)
    expect(echo.alerts.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      'limit positionQuantity account PAPER, IBM.XNYS',
      'limit grossExposure global',
    ])
    expect(system.risk.utilisation().map(({ limit, level, share }) => `${limit} ${level} ${share}`)).toContain(
      'grossExposure warning 0.45',
    )
    echo.venue.quote(99.99, 100.01)
    trade(echo, 90, 1_000_000, { side: 'sell' })
    echo.time.advanceMs(1_000)
    expect(system.risk.alerts.list({ open: true })).toEqual([])
    await system.stop()
  })

  it('knows what is full, and what is allowed nothing', async () => {
    const echo = await start({ risk: { maxOpenOrders: { connector: 1 }, accounts: { PAPER: { maxOrdersPerDay: 1 } } } })
    code(echo, {})
    expect(echo.system.risk.utilisation().filter(({ level }) => level === 'full')).toMatchObject([
      { limit: 'dailyOrders', of: 'account PAPER', share: 1 },
      { limit: 'openOrders', of: 'connector echo', share: 1 },
    ])
    await echo.system.stop()
  })
})

describe('trading states of groups', () => {
  const options: TradingSystemOptions = {
    risk: { groups: { tech: { symbols: ['IBM'] }, other: { symbols: ['XYZ'] } } },
    instruments: [{ ...ibm, id: 'XYZ.XNYS' as typeof ibm.id, symbol: 'XYZ' }],
  }

  it('hold for their instruments, new ones too, beside their own, and over a kill', async () => {
    const echo = await start(options)
    const { system } = echo
    system.setTradingState('group', 'tech', 'HALTED', 'ann', 'news')
    expect(code(echo, {})).toBe('HALTED')
    system.setTradingState('instrument', 'IBM', 'REDUCING', 'ann', 'own')
    system.setTradingState('group', 'tech', 'ACTIVE', 'ann', 'over')
    expect(code(echo, {})).toBe('REDUCING')
    system.setTradingState('instrument', 'IBM', 'ACTIVE', 'ann', 'own')
    system.setTradingState('group', 'tech', 'REDUCING', 'ann', 'news')
    expect(system.gate.states.groupState(1)).toBe('REDUCING')
    expect(() => system.setTradingState('group', 'none', 'HALTED', 'a', 'b')).toThrow('no group named "none"')
    system.risk.limits.addGroupLimit({ name: 'tech', symbols: ['XYZ'] }, { type: 'openOrders', limit: 5 }, who)
    expect([0, 1].map((index) => system.gate.states.groupState(index))).toEqual(['REDUCING', 'ACTIVE'])
    const second = await killed(echo, options)
    expect(second.system.risk.groups.list()).toEqual({ tech: 'REDUCING' })
    expect([0, 1].map((index) => second.system.gate.states.groupState(index))).toEqual(['REDUCING', 'ACTIVE'])
    await second.system.stop()
  })

  it('can be killed as a whole', async () => {
    const echo = await start(options)
    code(echo, {})
    expect(echo.system.kill({ scope: 'group', name: 'tech', ...who })).toBe(1)
    expect(code(echo, {})).toBe('KILL_SWITCH')
    echo.system.releaseKill({ scope: 'group', name: 'tech', ...who })
    expect(code(echo, {})).toBe('ACCEPTED')
    await echo.system.stop()
  })
})

describe('losses of one entry', () => {
  const options: TradingSystemOptions = {
    risk: { strategies: { s: { maxDailyLoss: '100' }, '*': {} }, accounts: { '*': { maxDrawdown: '500' } } },
  }

  it('warn, halt it, leave others alone, and last over a kill until a person decides', async () => {
    const echo = await start(options)
    trade(echo, 10, 1_000_000, { strategy: 's' })
    trade(echo, 10, 920_000, { strategy: 's', side: 'sell' })
    await Promise.resolve()
    echo.time.advanceMs(1_000)
    expect(echo.alerts.filter(({ kind }) => kind === 'loss').map(({ severity }) => severity)).toEqual(['warning'])
    echo.venue.quote(99.99, 100.01)
    trade(echo, 10, 1_000_000, { strategy: 's' })
    trade(echo, 10, 980_000, { strategy: 's', side: 'sell' })
    echo.time.advanceMs(1_000)
    echo.venue.quote(99.99, 100.01)
    expect([code(echo, { strategy: 's' }), code(echo, { strategy: 't' })]).toEqual(['BREAKER', 'ACCEPTED'])
    expect(echo.system.risk.losses().find(({ name }) => name === 's')).toMatchObject({ isHalted: true })
    const second = await killed(echo, options)
    expect(code(second, { strategy: 's' })).toBe('BREAKER')
    expect(() => second.system.risk.resetBreaker('loss of strategy t', who)).toThrow('No loss limit halts')
    second.system.risk.resetBreaker('loss of strategy s', who)
    expect(code(second, { strategy: 's' })).toBe('ACCEPTED')
    await second.system.stop()
  })

  it('count from the highest, for drawdowns, and everything together', async () => {
    const echo = await start({ risk: { global: { maxDrawdown: '300' } } })
    trade(echo, 100, 1_000_000)
    echo.venue.quote(102, 102.02)
    echo.time.advanceMs(1_000)
    echo.venue.quote(99.01, 99.03)
    echo.time.advanceMs(1_000)
    expect(echo.system.gate.states.get('global')).toBe('ACTIVE')
    echo.venue.quote(99, 99.02)
    echo.time.advanceMs(1_000)
    expect(echo.system.gate.states.get('global')).toBe('HALTED')
    echo.system.risk.resetBreaker('loss of global', who)
    echo.time.advanceMs(1_000)
    expect(echo.system.gate.states.get('global')).toBe('ACTIVE')
    await echo.system.stop()
  })
})
