/** Rules that are asked before the gate, and the second pair of eyes on large orders. */
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import type { Alert } from '../risk/alerts/alert.js'
import type { TradingSystemOptions } from '../system/trading-system.js'
import type { RiskRule } from './order-rules.js'

/** A rule whose answers the test gives. */
function asked(name = 'desk', more: Partial<RiskRule> = {}) {
  const calls: { quantity: number; value: number; answer: (reason?: string) => void; fail: (error: Error) => void }[] =
    []
  const rule: RiskRule = {
    name,
    check: ({ quantity, value }) =>
      new Promise((resolve, reject) => calls.push({ quantity, value, answer: resolve, fail: reject })),
    ...more,
  }
  return { rule, calls }
}

async function start(options: TradingSystemOptions) {
  const alerts: Alert[] = []
  const echo = await startEcho({ alertSinks: [{ name: 'test', send: (alert) => void alerts.push(alert) }], ...options })
  return Object.assign(echo, { alerts })
}

describe('rules of the host', () => {
  it('are asked before anything is reserved, and the gate decides when they agree', async () => {
    const { rule, calls } = asked()
    const { system, venue } = await start({ riskRules: [rule], risk: { maxOrderQuantity: 100 } })
    const request = { ...buy({ quantity: 100 }) }
    const first = system.orders.propose(request)
    expect([calls[0]?.quantity, calls[0]?.value, venue.sent.length]).toEqual([100, 10_000, 0])
    expect(system.exportState().limitsUsed).toEqual([])
    // What was asked about is what is sent.
    request.quantity = 99_999
    calls[0]?.answer()
    expect([(await first).status, venue.sent]).toMatchObject(['SUBMITTED', [{ quantityUnits: 100 }]])
    const second = system.orders.propose(buy({ quantity: 101 }))
    calls[1]?.answer()
    expect((await second).snapshot).toMatchObject({ status: 'DENIED', reason: 'MAX_ORDER_QTY' })
    await system.stop()
  })

  it('refuse by an answer, by an error, by silence, and by a signal', async () => {
    const { rule, calls } = asked('desk', { timeoutMs: 1_000 })
    const thrower: RiskRule = {
      name: 'broken',
      appliesTo: ({ quantity }) => quantity === 7,
      check: () => {
        throw new Error('no rule')
      },
    }
    const { system, anomalies, time } = await start({ riskRules: [rule, thrower] })
    const reasons: string[] = []
    system.orders.events.on('anomaly', ({ message }) => reasons.push(message))
    const abort = new AbortController()
    const proposed = [
      system.orders.propose(buy()),
      system.orders.propose(buy()),
      system.orders.propose(buy()),
      system.orders.propose(buy(), { signal: abort.signal }),
      system.orders.propose(buy({ quantity: 7 })),
    ]
    calls[0]?.answer('not today')
    calls[1]?.fail(new Error('line is dead'))
    abort.abort()
    calls[4]?.answer()
    for (let i = 0; i < 10; i++) await Promise.resolve()
    time.advanceMs(1_000)
    const orders = await Promise.all(proposed)
    expect(orders.map((order) => `${order.status} ${(order as { reason?: string }).reason}`)).toEqual(
      Array(5).fill('DENIED USER_RULE'),
    )
    expect(anomalies).toEqual(Array(5).fill('USER_RULE'))
    for (const part of ['not today', 'line is dead', 'given up', 'broken: no rule', 'no answer within 1000 ms'])
      expect(reasons.some((reason) => reason.includes(part))).toBe(true)
    calls[2]?.answer()
    await system.stop()
  })

  it('are not passed by: submit and changes refuse what they apply to', async () => {
    const { rule } = asked('desk', { appliesTo: ({ value }) => value > 5_000 })
    const { system, venue } = await start({ riskRules: [rule] })
    venue.onNew = (order) => venue.reports.accepted(order.number, order.number, 1)
    expect(system.orders.submit(buy({ quantity: 51 })).reason).toBe('USER_RULE')
    const order = system.orders.submit(buy({ quantity: 50 }))
    expect(order.status).toBe('ACCEPTED')
    const events: string[] = []
    order.onEvent(({ type, reason }) => events.push(`${type} ${reason}`))
    order.modify({ quantity: 51 })
    order.modify({ quantity: 40 })
    expect(events).toContain('update_rejected USER_RULE')
    expect(venue.sent.filter(({ kind }) => kind === 'replace').length).toBe(1)
    expect(() =>
      system.orders.submit(buy({ quantity: 1_000, price: undefined, algo: { type: 'twap', durationMs: 60_000 } })),
    ).toThrow('TW_NOT_APPROVED')
    await system.stop()
  })

  it('agree to the one order that they were asked about, and to none that its events lead to', async () => {
    const { rule, calls } = asked('desk', { appliesTo: ({ value }) => value > 5_000 })
    const { system, venue } = await start({ riskRules: [rule] })
    const reasons: (string | undefined)[] = []
    const stop = system.orders.events.on('order', ({ type }) => {
      if (type !== 'submitted') return
      stop()
      reasons.push(system.orders.submit(buy({ quantity: 99 })).reason)
    })
    const proposed = system.orders.propose(buy({ quantity: 51 }))
    calls[0]?.answer()
    expect([(await proposed).status, reasons, venue.sent.length]).toEqual(['SUBMITTED', ['USER_RULE'], 1])
    // Nor is one refused that is too small to be asked about.
    const small: string[] = []
    const end = system.orders.events.on('order', ({ type }) => {
      if (type !== 'denied') return
      end()
      small.push(system.orders.submit(buy({ quantity: 1 })).status)
    })
    const refused = system.orders.propose(buy({ quantity: 52 }))
    calls[1]?.answer('no')
    expect([(await refused).status, small]).toEqual(['DENIED', ['SUBMITTED']])
    await system.stop()
  })

  it('that cannot say whether they apply, do; without rules a proposal is an order', async () => {
    const { rule } = asked('desk', {
      appliesTo: () => {
        throw new Error('?')
      },
    })
    const one = await start({ riskRules: [rule] })
    expect(one.system.orders.submit(buy()).reason).toBe('USER_RULE')
    const waiting = one.system.orders.propose(buy())
    await one.system.stop()
    expect((await waiting).status).toBe('DENIED')
    const two = await start({})
    expect((await two.system.orders.propose(buy())).status).toBe('SUBMITTED')
    expect([two.system.orders.pendingApprovals(), () => two.system.orders.approve(1, { actor: 'b' })][0]).toEqual([])
    expect(() => two.system.orders.approve(1, { actor: 'b' })).toThrow('largeOrders is not set')
    await two.system.stop()
  })
})

describe('four eyes on large orders', () => {
  const options: TradingSystemOptions = { largeOrders: { above: '10000', timeoutMs: 60_000 } }

  it('are a second person’s, who is told, and whose decision is on record', async () => {
    const { system, venue, alerts, time } = await start(options)
    expect([100, 101].map((quantity) => system.orders.submit(buy({ quantity })).status)).toEqual([
      'SUBMITTED',
      'DENIED',
    ])
    const large = system.orders.propose(buy({ quantity: 101 }), { actor: 'ann' })
    const [pending] = system.orders.pendingApprovals()
    expect(pending).toMatchObject({ actor: 'ann', order: { quantity: 101, value: 10_100 } })
    expect(alerts.at(-1)).toMatchObject({ kind: 'approval', severity: 'warning' })
    const id = pending?.id as number
    expect(() => system.orders.approve(id, { actor: 'ann' })).toThrow('TW_UNAUTHORIZED')
    expect(() => system.orders.approve(id, { actor: '' })).toThrow('TW_UNAUTHORIZED')
    // Neither a host in JavaScript that names nobody nor the same person in other letters is a second one.
    for (const who of [undefined, null, {}, { actor: 5 }, { actor: ' ' }, { actor: ' ANN ' }])
      expect(() => system.orders.approve(id, who as { actor: string })).toThrow('TW_UNAUTHORIZED')
    expect(() => system.orders.approve(id + 1, { actor: 'bob' })).toThrow('No order waits')
    system.orders.approve(id, { actor: 'bob' })
    expect([(await large).status, venue.sent.length]).toEqual(['SUBMITTED', 2])
    expect(system.orders.pendingApprovals()).toEqual([])
    const second = system.orders.propose(buy({ quantity: 200 }), { actor: 'ann' })
    system.orders.reject(system.orders.pendingApprovals()[0]?.id as number, { actor: 'ann', reason: 'a slip' })
    expect((await second).status).toBe('DENIED')
    const third = system.orders.propose(buy({ quantity: 200 }), { actor: 'ann' })
    time.advanceMs(60_000)
    expect((await third).status).toBe('DENIED')
    await system.stop()
  })

  it('are asked for where an order cannot be valued', async () => {
    const { system, time } = await start(options)
    time.advanceMs(10_000)
    expect(system.orders.submit(buy({ type: 'MARKET', price: undefined, quantity: 1 })).reason).toBe('USER_RULE')
    await system.stop()
  })
})
