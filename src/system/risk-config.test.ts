/** Which breakers a configuration switches on, and that nothing is measured by a capital that nobody gave. */
import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import { type BreakerConfig, withPreset } from './risk-config.js'
import type { TradingSystemOptions } from './trading-system.js'

/** Breakers of a system by name, in their order. */
async function onIn(options: TradingSystemOptions): Promise<string[]> {
  const { system } = await startEcho({ capital: 100_000, ...options })
  const names = system.risk.breakers?.report().map(({ name }) => name) ?? []
  await system.stop()
  return names
}

/** What is wrong with a configuration, field by field. */
async function faultsOf(options: TradingSystemOptions): Promise<string[]> {
  const error = await startEcho(options).then(
    ({ system }) => system.stop().then(() => undefined),
    (thrown) => thrown,
  )
  if (error === undefined) return []
  expect(error).toMatchObject({ name: 'TradewireError', code: 'TW_INVALID_CONFIG' })
  return error.details.faults.map(({ field }: { field: string }) => field)
}

describe('circuit breakers of a configuration', () => {
  it('are those that are named, and no others', async () => {
    expect(await onIn({ breakers: { drawdown: { limitPercent: 5 } } })).toEqual(['drawdown'])
    expect(await onIn({ breakers: { rejectStorm: { consecutive: 3 } } })).toEqual([])
    expect(await onIn({ breakers: { latency: { tripAt: 50 }, dailyLoss: {} } })).toEqual(['dailyLoss', 'latency'])
    expect(await onIn({ breakers: { own: { heat: { tripAt: 5 } }, drawdown: false } })).toEqual(['heat'])
  })

  it('are all with defaults where none is named, but those that are switched off', async () => {
    const all = ['dailyLoss', 'drawdown', 'rejectionRate', 'concentration']
    expect(await onIn({ breakers: {} })).toEqual(all)
    expect(await onIn({ breakers: { evaluateMs: 500, cancelOnHalt: true, latency: false } })).toEqual(all)
    expect(await onIn({ breakers: { dailyLoss: false, concentration: false } })).toEqual(['drawdown', 'rejectionRate'])
    expect(await onIn({})).toEqual([])
  })

  it('of a preset are joined by those that are named', async () => {
    const own: BreakerConfig = { latency: { tripAt: 50 }, concentration: false }
    expect(await onIn({ risk: { preset: 'institutional' }, breakers: own })).toEqual([
      'dailyLoss',
      'drawdown',
      'rejectionRate',
      'latency',
    ])
  })

  it('need capital where they are shares of equity: each that does is named, with the fix', async () => {
    expect(await faultsOf({ breakers: {} })).toEqual([
      'breakers.dailyLoss',
      'breakers.drawdown',
      'breakers.concentration',
    ])
    expect(await faultsOf({ capital: 0, breakers: { drawdown: { limitPercent: 5 } } })).toEqual(['breakers.drawdown'])
    expect(await faultsOf({ capital: '-5', breakers: { concentration: {} } })).toEqual(['breakers.concentration'])
    expect(await faultsOf({ breakers: { dailyLoss: { limitAmount: 5, limitPercent: 1 } } })).toEqual([
      'breakers.dailyLoss',
    ])
    expect(await faultsOf({ breakers: { rejectionRate: {} } })).toEqual([])
    await expect(startEcho({ breakers: { dailyLoss: {} } })).rejects.toThrow(
      'breakers.dailyLoss is a share of equity, which is not known: give capital, above 0, or give limitAmount alone, or set it to false',
    )
    await expect(startEcho({ breakers: { dailyLoss: { limitPercent: false } }, capital: 1 })).rejects.toThrow(
      'dailyLoss needs limitPercent or limitAmount',
    )
  })

  it('may be an amount without capital, which is then all that counts', async () => {
    const { system, venue, time } = await startEcho({ breakers: { dailyLoss: { limitAmount: '100' } } })
    const order = system.orders.submit(buy())
    venue.reports.filled(order.number, 'e1', 100, 1_000_000, 0, 'USD', 1, 2)
    venue.quote(99.01, 99.03)
    time.advanceMs(1_000)
    expect(system.risk.breakers?.report()[0]).toMatchObject({ name: 'dailyLoss', state: 'WARNING' })
    expect(system.orders.submit(buy({ quantity: 1, price: '99' })).isClosed).toBe(false)
    venue.quote(99, 99.02)
    time.advanceMs(1_000)
    expect(system.orders.submit(buy({ quantity: 1, price: '99' })).reason).toBe('BREAKER')
    await system.stop()
  })
})

describe('limits that are shares of equity', () => {
  it('need capital, in every scope', async () => {
    const share = { concentrationPercent: 10 }
    expect(
      await faultsOf({
        risk: {
          global: share,
          accounts: { A: share, '*': {} },
          strategies: { s: share },
          connectors: { echo: share },
          groups: { g: { symbols: ['IBM'], ...share } },
        },
      }),
    ).toEqual([
      'risk.global.concentrationPercent',
      'risk.accounts.A.concentrationPercent',
      'risk.strategies.s.concentrationPercent',
      'risk.connectors.echo.concentrationPercent',
      'risk.groups.g.concentrationPercent',
    ])
  })

  it('of paper trading are those of the institutional preset where none is chosen, as far as they can be measured', () => {
    const institutional = withPreset({ risk: { preset: 'institutional' }, capital: 1 })
    expect(withPreset({ mode: 'paper', capital: 1 })).toEqual(institutional)
    const { risk, breakers } = withPreset({ mode: 'paper' })
    expect(risk).toEqual({
      maxOrderNotional: '1000000',
      orderWarnAt: 0.5,
      accounts: { '*': { maxPositionValue: '1000000' } },
    })
    expect(breakers).toMatchObject({ dailyLoss: { limitAmount: '50000' }, drawdown: false, concentration: false })
    const blind = withPreset({ mode: 'paper', risk: { marketData: false, maxOrderNotional: '5' } })
    expect(blind.risk).toEqual({ maxOrderNotional: '5', orderWarnAt: 0.5, marketData: false })
    expect(blind.breakers).toMatchObject({ dailyLoss: false, rejectionRate: {} })
    expect(withPreset({ mode: 'paper', breakers: false }).breakers).toBeUndefined()
    expect(withPreset({ mode: 'paper', risk: { preset: false } })).toEqual({ risk: {}, breakers: undefined })
    for (const mode of ['simulation', 'live'] as const)
      expect(withPreset({ mode })).toEqual({ risk: {}, breakers: undefined })
  })

  it('of paper trading hold: a position of more than a million is refused', async () => {
    const { system, venue } = await startEcho({ mode: 'paper' })
    const order = system.orders.submit(buy({ quantity: 9_000 }))
    venue.reports.filled(order.number, 'e1', 9_000, 1_000_000, 0, 'USD', 1, 2)
    expect(system.orders.submit(buy({ quantity: 999 })).isClosed).toBe(false)
    const tooMuch = system.orders.submit(buy({ quantity: 2 }))
    expect([tooMuch.status, tooMuch.reason]).toEqual(['DENIED', 'POSITION_VALUE'])
    await system.stop()
  })

  it('of the presets need it, too: the conservative one has only amounts', async () => {
    expect(await faultsOf({ risk: { preset: 'institutional' } })).toEqual([
      'breakers.drawdown',
      'risk.accounts.*.concentrationPercent',
    ])
    expect(await faultsOf({ risk: { preset: 'conservative' } })).toEqual([])
    expect(withPreset({ risk: { preset: 'conservative' } }).breakers).toEqual({
      dailyLoss: { limitAmount: '5000', limitPercent: false },
      drawdown: false,
      rejectionRate: {},
      concentration: false,
      rejectStorm: {},
    })
    const asked = { risk: { preset: 'conservative' }, breakers: { drawdown: { limitPercent: 5 } } } as const
    expect(await faultsOf(asked)).toEqual(['breakers.drawdown'])
  })
})
