/** Risk of whole systems: breakers, states, kill switch levels, limits that change, alerts, restarts. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { OrderRequest } from '../model/order.js'
import type { Alert } from '../risk/alerts/alert.js'
import { riskPreset, withPreset } from './risk-config.js'
import type { TradingSystemOptions } from './trading-system.js'

/** A system with capital of 100,000 whose venue takes every order. */
async function start(options: TradingSystemOptions = {}, parts: Parameters<typeof startEcho>[1] = {}) {
  const alerts: Alert[] = []
  const echo = await startEcho(
    { capital: 100_000, alertSinks: [{ name: 'test', send: (alert) => void alerts.push(alert) }], ...options },
    parts,
  )
  echo.venue.onNew = (order) => echo.venue.reports.accepted(order.number, order.number, 1)
  const heard: Alert[] = []
  echo.system.events.on('alert', (alert) => void heard.push(alert))
  return Object.assign(echo, { alerts, heard })
}

/** Buys, or sells, and is filled at a price in 10^-4. */
function trade(
  { system, venue }: EchoSystem,
  quantity: number,
  price = 1_000_000,
  side: 'buy' | 'sell' = 'buy',
): string {
  const order = system.orders.submit(buy({ quantity, side, price: side === 'buy' ? '100.01' : '99.99' }))
  if (!order.isClosed) venue.reports.filled(order.number, `e${order.number}`, quantity, price, 0, 'USD', 1, 2)
  return order.status
}

/** Lets time pass; the market stays where it is. */
function pass(echo: EchoSystem, ms: number, bid = 99.99, ask = 100.01): void {
  for (let left = ms; left > 0; left -= 1_000) {
    echo.venue.quote(bid, ask)
    echo.time.advanceMs(Math.min(1_000, left))
  }
  echo.venue.quote(bid, ask)
}

const who = { actor: 'ann', reason: 'test' }

async function restart(echo: EchoSystem, options: TradingSystemOptions) {
  return start(options, { time: echo.time, disk: echo.disk, venue: new EchoConnector() })
}

/** The process dies, and another takes its place. */
async function killed(echo: EchoSystem, options: TradingSystemOptions) {
  echo.venue.drop()
  await echo.venue.stop()
  echo.disk.crash({ powerCut: false })
  return restart(echo, options)
}

/** Local time of a roll that many minutes ahead. */
function rollsIn(minutes: number) {
  const { time } = { time: new VirtualTime() }
  const rollLocal = new Date(time.wallUs() / 1_000 + minutes * 60_000).toISOString().slice(11, 16)
  return { timeZone: 'UTC', rollLocal, days: 'every' } as const
}

/** Sends an order that ends without a trade. */
function ended({ system, venue }: EchoSystem, quantity: number): string {
  const order = system.orders.submit(buy({ quantity }))
  const { status } = order
  if (!order.isClosed) venue.reports.canceled(order.number, 0, '', 3)
  return order.snapshot.reason ?? status
}

describe('the daily loss', () => {
  const options: TradingSystemOptions = {
    breakers: { drawdown: false, concentration: false, tradingDay: rollsIn(3) },
  }

  it('warns, halts, stays halted over gains and restarts, and ends with the day', async () => {
    const echo = await start(options)
    const { system } = echo
    trade(echo, 1_000)
    pass(echo, 1_000)
    expect(system.gate.states.get('global')).toBe('ACTIVE')
    pass(echo, 2_000, 95.98, 96)
    expect(system.risk.breakers?.dailyLoss?.state).toBe('WARNING')
    pass(echo, 2_000, 94.98, 95)
    expect(system.gate.states.get('global')).toBe('HALTED')
    expect(system.orders.submit(buy({ price: '95' })).snapshot.reason).toBe('BREAKER')
    expect(echo.alerts.map(({ kind, severity }) => `${kind} ${severity}`)).toContain('breaker critical')
    expect(echo.heard.at(-1)).toEqual(echo.alerts.at(-1))
    pass(echo, 3_000, 104.9, 105)
    expect(system.gate.states.get('global')).toBe('HALTED')
    await system.stop()
    const second = await restart(echo, options)
    second.venue.quote(104.9, 105)
    expect(second.system.gate.states.get('global')).toBe('HALTED')
    expect(second.system.risk.breakers?.report()[0]).toMatchObject({ name: 'dailyLoss', state: 'HALTED' })
    second.time.advanceMs(180_000)
    pass(second, 2_000, 104.9, 105)
    expect(second.system.gate.states.get('global')).toBe('ACTIVE')
    await second.system.stop()
  })

  it('survives a process that is killed', async () => {
    const echo = await start(options)
    trade(echo, 1_000)
    pass(echo, 2_000, 94.98, 95)
    expect(echo.system.gate.states.get('global')).toBe('HALTED')
    const second = await killed(echo, options)
    expect(second.system.gate.states.get('global')).toBe('HALTED')
    pass(second, 1_000, 94.98, 95)
    second.system.risk.resetBreaker('dailyLoss', who)
    expect(second.system.gate.states.get('global')).toBe('ACTIVE')
    pass(second, 2_000, 94.98, 95)
    expect(second.system.gate.states.get('global')).toBe('HALTED')
    second.system.risk.resetBreaker('dailyLoss', { ...who, rebase: true })
    pass(second, 2_000, 94.98, 95)
    expect(second.system.gate.states.get('global')).toBe('ACTIVE')
    await second.system.stop()
  })

  it('takes money that is paid in or out for neither gain nor loss, over a kill, too', async () => {
    const echo = await start(options)
    pass(echo, 1_000)
    echo.system.portfolio.setCapital(50_000)
    pass(echo, 1_000)
    expect(echo.system.gate.states.get('global')).toBe('ACTIVE')
    trade(echo, 100)
    // 2,500 of 50,000.
    pass(echo, 1_000, 75.02, 75.04)
    expect(echo.system.gate.states.get('global')).toBe('ACTIVE')
    const second = await killed(echo, { ...options, capital: 60_000 })
    // What is paid in makes room: 3,000 of 60,000.
    pass(second, 1_000, 70.02, 70.04)
    expect(second.system.gate.states.get('global')).toBe('ACTIVE')
    pass(second, 1_000, 70, 70.02)
    expect(second.system.gate.states.get('global')).toBe('HALTED')
    await second.system.stop()
  })

  it('is judged in the turn of a fill among few positions, and within some milliseconds of it among many', async () => {
    for (const [strategies, waitMs] of [
      [2, 0],
      [100, 3],
    ] as const) {
      const echo = await start({ ...options, limits: { strategies: 128 } })
      const { system, venue, time } = echo
      const fill = (strategy: string, side: 'buy' | 'sell', quantity: number, price: number) => {
        const order = system.orders.submit(
          buy({ quantity, side, strategy, price: side === 'buy' ? '100.01' : '99.99' }),
        )
        venue.reports.filled(order.number, `e${order.number}`, quantity, price, 0, 'USD', 1, 2)
      }
      for (let i = 0; i < strategies; i++) fill(`s${i}`, 'buy', 1, 1_000_000)
      pass(echo, 1_000)
      fill('s0', 'buy', 1_000, 1_000_000)
      time.advanceMs(5)
      fill('s1', 'buy', 1, 1_000_000)
      time.advanceMs(0)
      expect(system.gate.states.get('global')).toBe('ACTIVE')
      // 6,000 of 100,000, right after a look.
      fill('s0', 'sell', 1_000, 940_000)
      time.advanceMs(0)
      expect(system.gate.states.get('global')).toBe(waitMs === 0 ? 'HALTED' : 'ACTIVE')
      time.advanceMs(waitMs)
      expect(system.gate.states.get('global')).toBe('HALTED')
      await system.stop()
    }
  })

  it('is re-opened by somebody with a name', async () => {
    const echo = await start(options)
    const { risk } = echo.system
    expect(() => risk.resetBreaker('dailyLoss', { ...who, actor: '' })).toThrow('actor must name the person')
    expect(() => risk.resetBreaker('nonsense', who)).toThrow('There is no breaker "nonsense"; there are dailyLoss')
    const none = await start()
    expect(() => none.system.risk.resetBreaker('dailyLoss', who)).toThrow('none is configured')
    await none.system.stop()
    await echo.system.stop()
  })

  it('asks for the cancels of open orders where that is wanted', async () => {
    const echo = await start({ breakers: { ...options.breakers, cancelOnHalt: true } })
    trade(echo, 1_000)
    echo.system.orders.submit(buy({ quantity: 1, price: '99' }))
    pass(echo, 2_000, 94.98, 95)
    expect(echo.venue.sent.at(-1)?.kind).toBe('cancel')
    await echo.system.stop()
  })
})

describe('other breakers', () => {
  it('halve sizes after rejections, down to the lot, and say so', async () => {
    const echo = await start({
      breakers: { rejectionRate: { minSamples: 2, holdMs: 10_000 }, rejectStorm: false, concentration: false },
    })
    const { system, venue } = echo
    venue.onNew = (order) => venue.reports.rejected(order.number, 'no', 1)
    system.orders.submit(buy())
    system.orders.submit(buy())
    venue.onNew = (order) => venue.reports.accepted(order.number, order.number, 1)
    expect(system.gate.sizeMultiplier).toBe(0.5)
    const small = system.orders.submit(buy({ quantity: 101 }))
    expect([small.snapshot.quantity.toFixed(), echo.anomalies]).toEqual(['50', ['SIZE_REDUCED']])
    venue.reports.filled(small.number, 'x', 50, 1_000_000, 0, 'USD', 1, 2)
    const closing = system.orders.submit(buy({ side: 'sell', quantity: 31, price: '99.99' }))
    expect(closing.snapshot.quantity.toFixed()).toBe('31')
    expect(system.orders.submit(buy({ quantity: 1 })).snapshot.reason).toBe('INVALID_ORDER')
    pass(echo, 11_000)
    expect(system.gate.sizeMultiplier).toBe(1)
    await system.stop()
  })

  it('open the circuit of a connector, and let a probe pass after the cool-down', async () => {
    const echo = await start({
      breakers: { rejectStorm: { consecutive: 2, coolDownMs: 5_000 }, rejectionRate: false, concentration: false },
    })
    const { system, venue } = echo
    venue.onNew = (order) => venue.reports.rejected(order.number, 'no', 1)
    const codes = () => system.orders.submit(buy({ quantity: 1 })).snapshot.reason
    expect([codes(), codes(), codes()]).toEqual(['no', 'no', 'REJECT_STORM'])
    pass(echo, 5_000)
    expect([codes(), codes()]).toEqual(['no', 'REJECT_STORM'])
    pass(echo, 5_000)
    venue.onNew = (order) => venue.reports.accepted(order.number, order.number, 1)
    expect([codes(), codes()]).toEqual([undefined, undefined])
    await system.stop()
  })

  it('let a concentrated symbol only become smaller', async () => {
    const echo = await start({ breakers: { concentration: {}, dailyLoss: false, drawdown: false } })
    const { system } = echo
    trade(echo, 301)
    pass(echo, 1_000)
    expect(system.gate.states.get('instrument', 0)).toBe('REDUCING')
    expect(system.orders.submit(buy({ quantity: 1 })).snapshot.reason).toBe('BREAKER')
    expect(trade(echo, 61, 1_000_000, 'sell')).toBe('FILLED')
    pass(echo, 1_000)
    expect(system.gate.states.get('instrument', 0)).toBe('ACTIVE')
    await system.stop()
  })

  it('reduce while the data of what is held are stale', async () => {
    const echo = await start({
      breakers: { staleData: { tripAt: 2_000, windowMs: 1_500 }, concentration: false },
    })
    trade(echo, 1)
    pass(echo, 1_000)
    echo.time.advanceMs(3_500)
    expect(echo.system.gate.states.get('global')).toBe('REDUCING')
    pass(echo, 3_000)
    expect(echo.system.gate.states.get('global')).toBe('ACTIVE')
    await echo.system.stop()
  })

  it('block what opens while equity is not known', async () => {
    const echo = await start({ breakers: { concentration: false } })
    trade(echo, 1)
    pass(echo, 1_000)
    const marks = echo.system.quotes
    Object.assign(marks, { bid: () => Number.NaN, ask: () => Number.NaN, last: () => Number.NaN })
    pass(echo, 7_000)
    expect(echo.system.gate.states.get('global')).toBe('REDUCING')
    await echo.system.stop()
  })

  it('are beside what a person sets, not in its place', async () => {
    const echo = await start({ breakers: {} })
    const { system } = echo
    system.setTradingState('global', '', 'HALTED', 'ann', 'lunch')
    pass(echo, 3_000)
    expect(system.gate.states.get('global')).toBe('HALTED')
    expect(echo.alerts.find(({ kind }) => kind === 'state')?.message).toBe('global 0 is HALTED: ann: lunch')
    system.setTradingState('global', '', 'ACTIVE', 'ann', 'back')
    expect(system.risk.alerts.list({ open: true }).filter(({ kind }) => kind === 'state')).toEqual([])
    await system.stop()
  })
})

describe('the kill switch', () => {
  it('halts, cancels, and closes positions, by level', async () => {
    const echo = await start()
    const { system, venue } = echo
    trade(echo, 100)
    const working = system.orders.submit(buy({ side: 'sell', quantity: 40, price: '101' }))
    expect(system.kill({ ...who, level: 'halt' })).toBe(0)
    expect(system.orders.submit(buy()).snapshot.reason).toBe('KILL_SWITCH')
    expect(system.kill({ ...who, level: 'flatten' })).toBe(1)
    expect(system.unconfirmedCancels().map(({ clientOrderId }) => clientOrderId)).toEqual([working.clientOrderId])
    expect(venue.sent.at(-1)?.kind).toBe('cancel')
    // The order to sell could still fill: nothing is closed before its end is known.
    pass(echo, 1_000)
    expect(venue.sent.at(-1)?.kind).toBe('cancel')
    venue.reports.canceled(working.number, 0, '', 5)
    pass(echo, 1_000)
    const closing = venue.sent.at(-1)
    expect(closing).toMatchObject({ kind: 'new', quantityUnits: 100 })
    venue.reports.filled(closing?.number ?? 0, 'z', 100, 999_900, 0, 'USD', 1, 6)
    pass(echo, 1_000)
    expect([system.snapshot().positions[0]?.quantity.toFixed(), venue.sent.at(-1)]).toEqual(['0', closing])
    expect(() => system.kill({ ...who, scope: 'connector', name: 'echo', level: 'flatten' })).toThrow('no positions')
    await system.stop()
  })

  it('closes what one strategy holds, short positions too, and stops when it is taken back', async () => {
    const echo = await start()
    const { system, venue } = echo
    const short = system.orders.submit(buy({ side: 'sell', price: '99.99', strategy: 's' } as Partial<OrderRequest>))
    venue.reports.filled(short.number, 'a', 100, 999_900, 0, 'USD', 1, 2)
    trade(echo, 30)
    system.kill({ ...who, scope: 'strategy', name: 's', level: 'flatten' })
    expect(venue.sent.at(-1)).toMatchObject({ kind: 'new', quantityUnits: 70 })
    system.releaseKill({ ...who, scope: 'strategy', name: 's' })
    const count = venue.sent.length
    pass(echo, 2_000)
    expect(venue.sent.length).toBe(count)
    await system.stop()
  })

  it('closes in pieces that the limits let pass, and waits after a refusal', async () => {
    const echo = await start({ risk: { maxOrderQuantity: 60, maxOrderNotional: '4300' } })
    const { system, venue } = echo
    for (let i = 0; i < 3; i++) trade(echo, 40)
    system.kill({ ...who, level: 'flatten' })
    const sent = () => venue.sent.at(-1) as { number: number; quantityUnits: number }
    for (const [exec, units] of [40, 40, 40].entries()) {
      expect(sent().quantityUnits).toBe(units)
      venue.reports.filled(sent().number, `f${exec}`, units, 999_900, 0, 'USD', 1, 6)
      pass(echo, 1_000)
    }
    expect(system.snapshot().positions[0]?.quantity.toFixed()).toBe('0')
    system.releaseKill(who)
    trade(echo, 10)
    system.gate.setPhase(0, 3)
    const before = system.orders.counters.denied
    system.kill({ ...who, level: 'flatten' })
    pass(echo, 4_000)
    expect(system.orders.counters.denied - before).toBe(3)
    await system.stop()
  })

  it('goes on closing positions after a kill of the process, and stays latched', async () => {
    const echo = await start()
    trade(echo, 100)
    echo.venue.drop()
    echo.system.kill({ ...who, level: 'flatten' })
    const second = await killed(echo, {})
    const { venue, system } = second
    pass(second, 5_000)
    const closing = venue.sent.at(-1)
    expect(closing).toMatchObject({ kind: 'new', quantityUnits: 100 })
    venue.reports.filled(closing?.number ?? 0, 'z', 100, 999_900, 0, 'USD', 1, 6)
    pass(second, 1_000)
    expect(system.snapshot().positions[0]?.quantity.toFixed()).toBe('0')
    expect(system.orders.submit(buy()).snapshot.reason).toBe('KILL_SWITCH')
    system.releaseKill(who)
    await system.stop()
    const third = await restart(second, {})
    const before = third.venue.sent.length
    pass(third, 3_000)
    expect(third.venue.sent.length).toBe(before)
    await third.system.stop()
  })

  it('works with a full disk and a dead venue, and is owed when the venue comes back', async () => {
    const echo = await start()
    const { system, venue, disk } = echo
    const order = system.orders.submit(buy())
    venue.drop()
    disk.limitSpace(0)
    expect(system.kill(who)).toBe(1)
    expect(system.gate.states.isKilled('global')).toBe(true)
    expect(system.orders.submit(buy()).status).toBe('DENIED')
    expect(system.unconfirmedCancels().length).toBe(1)
    disk.limitSpace(Number.POSITIVE_INFINITY)
    expect(order.isClosed).toBe(false)
    await system.stop()
  })
})

describe('limits that change while the system runs', () => {
  const options: TradingSystemOptions = {
    risk: { maxOrderQuantity: 100, strategies: { '*': { maxOrdersPerDay: 3, maxPositionValue: '50000' } } },
    riskCeilings: { maxOrderQuantity: 1_000, strategies: { '*': { maxOrdersPerDay: 5 } } },
  }

  it('need an actor, stay below ceilings, have versions, and survive a restart', async () => {
    const echo = await start(options)
    const { limits } = echo.system.risk
    const by = { ...who, tsUs: echo.time.wallUs() }
    expect(echo.system.orders.submit(buy({ quantity: 101 })).snapshot.reason).toBe('MAX_ORDER_QTY')
    expect(limits.change({ maxOrderQuantity: 200 }, by)).toBe(2)
    expect(ended(echo, 101)).toBe('ACCEPTED')
    expect(() => limits.change({ maxOrderQuantity: 1_001 }, by)).toThrow('the ceiling')
    expect(() => limits.change({ maxOrderQuantity: { IBM: 1, '*': 1_001 } }, by)).toThrow('maxOrderQuantity.*')
    expect(() => limits.change({ maxOrderQuantity: 1 }, { ...by, actor: '' })).toThrow(
      'actor must name the person who changes limits',
    )
    expect(() => limits.change({ throttle: false } as object, by)).toThrow('cannot be changed')
    expect(() => limits.change({ maxOrderQuantity: -1 }, by)).toThrow('must not be negative')
    expect([limits.version, echo.system.gate.limitVersion]).toEqual([2, 2])
    await echo.system.stop()
    const second = await restart(echo, options)
    expect(second.system.risk.limits.version).toBe(2)
    expect([ended(second, 201), ended(second, 200)]).toEqual(['MAX_ORDER_QTY', 'ACCEPTED'])
    await second.system.stop()
  })

  it('may be overridden for a while', async () => {
    const echo = await start({ ...options, authorizeLimits: (actor) => actor === 'ann' })
    const { limits } = echo.system.risk
    const tsUs = echo.time.wallUs()
    const by = { ...who, tsUs, untilUs: tsUs + 5_000_000 }
    expect(() => limits.override({ maxOrderQuantity: 150 }, { ...by, actor: 'bob' })).toThrow('"bob" may not')
    expect(() => limits.override({ maxOrderQuantity: 150 }, { ...by, untilUs: tsUs })).toThrow('in the future')
    limits.override({ maxOrderQuantity: 150 }, by)
    expect(echo.system.orders.submit(buy({ quantity: 150 })).status).toBe('ACCEPTED')
    limits.change({ maxOrderNotional: 900_000 }, by)
    expect(limits.limits).toMatchObject({ maxOrderQuantity: 150, maxOrderNotional: 900_000 })
    pass(echo, 6_000)
    expect(echo.system.orders.submit(buy({ quantity: 150 })).snapshot.reason).toBe('MAX_ORDER_QTY')
    expect(limits.history.map(({ kind, version }) => `${kind} ${version}`)).toEqual([
      'override 2',
      'change 3',
      'expiry 4',
    ])
    await echo.system.stop()
  })

  it('refuse a start above a ceiling', async () => {
    await expect(start({ risk: {}, riskCeilings: { maxPosition: 5 } })).rejects.toThrow('no limit')
    await expect(
      start({ risk: { priceCollarPercent: false }, riskCeilings: { priceCollarPercent: 5 } }),
    ).rejects.toThrow('no limit')
  })

  it('count the orders of a day over restarts and kills', async () => {
    const off = { dailyLoss: false, drawdown: false, concentration: false } as const
    const dated: TradingSystemOptions = { ...options, breakers: { ...off, tradingDay: rollsIn(3) } }
    const echo = await start(dated)
    for (let i = 0; i < 2; i++) expect(ended(echo, 1)).toBe('ACCEPTED')
    await echo.system.stop()
    const second = await restart(echo, dated)
    expect([ended(second, 1), ended(second, 1)]).toEqual(['ACCEPTED', 'DAILY_ORDERS'])
    const third = await killed(second, dated)
    expect(ended(third, 1)).toBe('DAILY_ORDERS')
    third.time.advanceMs(180_000)
    pass(third, 2_000)
    expect(ended(third, 1)).toBe('ACCEPTED')
    await third.system.stop()
  })

  it('count the position of a strategy over restarts', async () => {
    const echo = await start(options)
    trade(echo, 100)
    echo.system.risk.limits.change({ maxOrderQuantity: 1_000 }, { ...who, tsUs: 1 })
    await echo.system.stop()
    const second = await restart(echo, options)
    expect(second.system.orders.submit(buy({ quantity: 401, price: '100' })).snapshot.reason).toBe('POSITION_VALUE')
    await second.system.stop()
  })
})

describe('a system that is read-only', () => {
  it('refuses orders and changes, and cancels', async () => {
    const first = await start()
    const order = first.system.orders.submit(buy())
    await first.system.stop()
    const venue = new EchoConnector()
    venue.venue.orders = [first.venue.report(order.number)]
    const second = await startEcho({ readOnly: true }, { time: first.time, disk: first.disk, venue })
    const { orders } = second.system
    expect(orders.submit(buy()).snapshot.reason).toBe('READ_ONLY')
    expect(orders.explain(buy())[0]?.code).toBe('READ_ONLY')
    const known = orders.get(order.clientOrderId)
    expect(() => known?.modify({ quantity: 50 })).toThrow('read-only')
    known?.cancel()
    expect(venue.sent.at(-1)?.kind).toBe('cancel')
    await second.system.stop()
  })
})

describe('alerts of a system', () => {
  it('tell of refusals, large orders and orders of unknown fate within a second', async () => {
    const echo = await start({ risk: { maxOrderQuantity: 5_000, maxOrderNotional: 1_000_000 } })
    const { system, venue } = echo
    system.orders.submit(buy({ quantity: 5_001 }))
    system.orders.submit(buy({ quantity: 5_000 }))
    const order = system.orders.submit(buy({ quantity: 1 }))
    venue.reports.outcomeUnknown(order.number, 'test')
    pass(echo, 1_000)
    const kinds = () => echo.alerts.map(({ kind, key }) => `${kind} ${key}`)
    expect(kinds()).toEqual(expect.arrayContaining(['denied maxOrderQuantity', 'large-order maxOrderNotional']))
    pass(echo, 5_000)
    expect(kinds()).toContain(`unknown ${order.number}`)
    venue.reports.accepted(order.number, order.number, 1)
    pass(echo, 1_000)
    expect(system.risk.alerts.list({ open: true })).toEqual([])
    await system.stop()
  })

  it('tell of what a look at everything threw', async () => {
    const echo = await start({ breakers: {} })
    Object.assign(echo.system.portfolio, { base: undefined })
    trade(echo, 1)
    pass(echo, 2_000)
    expect(echo.alerts.map(({ kind }) => kind)).toContain('risk-desk')
    await echo.system.stop().catch(() => {})
  })
})

describe('presets', () => {
  it('fill in what is not given', () => {
    expect(withPreset({ risk: { preset: 'conservative', maxOrderNotional: 5 }, capital: 1 })).toEqual({
      risk: { ...riskPreset('conservative').risk, maxOrderNotional: 5 },
      breakers: riskPreset('conservative').breakers,
    })
    expect(withPreset({ risk: { preset: 'institutional' }, breakers: false }).breakers).toBeUndefined()
    expect(withPreset({ breakers: false })).toEqual({ risk: {}, breakers: undefined })
    expect(withPreset({ risk: { preset: 'institutional' }, breakers: { latency: false } }).breakers).toMatchObject({
      dailyLoss: { limitAmount: '50000' },
      latency: false,
    })
  })

  it('make systems', async () => {
    const echo = await start({ risk: { preset: 'conservative' } })
    expect(echo.system.orders.submit(buy({ quantity: 101 })).snapshot.reason).toBe('MAX_ORDER_NOTIONAL')
    expect(echo.system.orders.submit(buy({ quantity: 100 })).status).toBe('ACCEPTED')
    const large = await start({ risk: { preset: 'institutional' } })
    pass(large, 1_000)
    expect(large.system.orders.submit(buy({ quantity: 101 })).snapshot.reason).toBe('CONCENTRATION')
    await echo.system.stop()
    await large.system.stop()
  })
})
