/** Who may do what that goes on record, asked for as a host in JavaScript might: with what types would not let pass. */
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'

const who = { actor: 'ann', reason: 'test' }
// biome-ignore lint/suspicious/noExplicitAny: what no type lets pass is the point.
const any = (value: unknown) => value as any

describe('what nobody answers for', () => {
  it('changes no limit, no state and no breaker, and releases nothing', async () => {
    const { system } = await startEcho({ risk: { groups: { g: { symbols: ['IBM'] } } } })
    const { limits } = system.risk
    const version = limits.version
    const nobody = [undefined, null, {}, { actor: '', reason: 'x' }, { actor: 5, reason: 'x' }, { reason: 'x' }]
    const noReason = [{ actor: 'ann' }, { actor: 'ann', reason: '' }, { actor: 'ann', reason: ' ' }]
    system.kill(who)
    const acts: ((by: unknown) => unknown)[] = [
      (by) => limits.addGlobalLimit({ type: 'grossExposure', limit: 5 }, any(by)),
      (by) => limits.change({ maxOrderNotional: 5 }, any(by)),
      (by) =>
        limits.override({ maxOrderNotional: 5 }, any(by === null || by === undefined ? by : { ...by, untilUs: 9e15 })),
      (by) => system.releaseKill(any(by)),
      (by) => system.risk.resetBreaker('dailyLoss', any(by)),
      (by) => system.setTradingState('global', '', 'ACTIVE', any(by)?.actor, any(by)?.reason),
    ]
    for (const act of acts) {
      for (const by of nobody) expect(() => act(by)).toThrow(expect.objectContaining({ code: 'TW_UNAUTHORIZED' }))
      for (const by of noReason) expect(() => act(by)).toThrow(expect.objectContaining({ code: 'TW_INVALID_ARGUMENT' }))
    }
    expect([limits.version, system.orders.submit(buy()).reason]).toEqual([version, 'KILL_SWITCH'])
    expect(() => limits.change(any(null), who)).toThrow('must be an object of limits')
    system.releaseKill(who)
    await system.stop()
  })
})

describe('a trading state', () => {
  it('that is none is refused, and never passes for ACTIVE', async () => {
    const { system } = await startEcho({ risk: { groups: { g: { symbols: ['IBM'] } } } })
    for (const [scope, name] of [
      ['global', ''],
      ['group', 'g'],
    ] as const) {
      system.setTradingState(scope, name, 'HALTED', 'ann', 'test')
      for (const state of ['HALT', 'active', undefined, 0])
        expect(() => system.setTradingState(scope, name, any(state), 'ann', 'test')).toThrow(
          'state must be one of ACTIVE',
        )
      expect(system.orders.submit(buy()).reason).toBe('HALTED')
      system.setTradingState(scope, name, 'ACTIVE', 'ann', 'test')
    }
    expect(system.orders.submit(buy()).isClosed).toBe(false)
    await system.stop()
  })
})

describe('the kill switch', () => {
  it('does not wait for a name', async () => {
    const { system } = await startEcho()
    const order = system.orders.submit(buy())
    expect(system.kill(any(undefined))).toBe(1)
    expect([order.isClosed || order.status === 'PENDING_CANCEL', system.orders.submit(buy()).reason]).toEqual([
      true,
      'KILL_SWITCH',
    ])
    await system.stop()
  })

  it('of a level that is none blocks and cancels, and says so', async () => {
    const { system } = await startEcho()
    const order = system.orders.submit(buy())
    expect(() => system.kill({ ...who, level: any('flaten') })).toThrow('The switch is thrown and orders are canceled')
    expect([order.isClosed || order.status === 'PENDING_CANCEL', system.orders.submit(buy()).reason]).toEqual([
      true,
      'KILL_SWITCH',
    ])
    await system.stop()
  })
})
