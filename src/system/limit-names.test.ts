/** Names in limits that nobody has: connectors are refused, others are told until somebody has them. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { TradingSystemOptions } from './trading-system.js'

const who = { actor: 'ann', reason: 'test' }

/** Open alerts about names, by what they are about. */
const told = ({ system }: EchoSystem) =>
  system.risk.alerts
    .list()
    .flatMap(({ kind, key, isOpen }) => (kind === 'limit-name' && isOpen ? [key] : []))
    .reverse()

const faultsOf = (options: TradingSystemOptions) =>
  startEcho(options).then(
    () => [],
    (error) =>
      error.details.faults.map(({ field, problem }: { field: string; problem: string }) => `${field} ${problem}`),
  )

describe('a connector that is not there', () => {
  it('is refused wherever a configuration names it, with the name that was probably meant', async () => {
    const problem = 'names "ecko", and there is no such connector; did you mean echo?'
    expect(
      await faultsOf({
        risk: { connectors: { ecko: {}, '*': {} }, restrictions: { connectors: { ecko: 'none', echo: 'both' } } },
        riskCeilings: { connectors: { ecko: { maxOpenOrders: 5 } } },
        onDisconnect: { ecko: 'leave', '*': 'leave' },
      }),
    ).toEqual([
      `risk.connectors ${problem}`,
      `risk.restrictions.connectors ${problem}`,
      `riskCeilings.connectors ${problem}`,
      `onDisconnect ${problem}`,
    ])
  })

  it('may come later where routing says so', async () => {
    const { system } = await startEcho({
      routing: { later: ['second'] },
      risk: { connectors: { second: { maxOpenOrders: 5 }, '*': {} } },
      onDisconnect: { second: 'leave' },
    })
    system.risk.limits.addConnectorLimit('second', { type: 'openOrders', limit: 4 }, who)
    await system.stop()
  })

  it('is refused in a change, and nothing has changed then', async () => {
    const { system } = await startEcho({ risk: { connectors: { '*': {} } } })
    const { limits } = system.risk
    expect(() => limits.addConnectorLimit('ecko', { type: 'openOrders', limit: 4 }, who)).toThrow(
      /risk\.connectors names "ecko".*did you mean echo\?.*TW_INVALID_CONFIG/,
    )
    expect(limits.version).toBe(1)
    limits.addConnectorLimit('echo', { type: 'openOrders', limit: 4 }, who)
    expect(limits.version).toBe(2)
    await system.stop()
  })
})

describe('an instrument, an account, a strategy that is not there', () => {
  it('is told at the start, once, with a typed error, and no more when there is one', async () => {
    const problems: unknown[] = []
    const echo = await startEcho({
      risk: {
        maxOrderNotional: { IBN: 5, '*': 1_000_000 },
        groups: { tech: { symbols: ['IBM', 'MSFT'], maxOpenOrders: 5 } },
        accounts: { PAPR: { maxOpenOrders: 5 }, '*': {} },
        strategies: { later: { maxOpenOrders: 5 }, HOST: {}, '*': {} },
        restrictions: { instruments: { IBN: 'none', '*': 'both' } },
        selfMatch: { groups: [['PAPER', 'OTHER']] },
      },
      alertSinks: [{ name: 'test', send: (alert) => void problems.push(alert.message) }],
    })
    const first = [
      'risk.maxOrderNotional',
      'risk.groups.tech.symbols',
      'risk.accounts',
      'risk.strategies',
      'risk.restrictions.instruments',
      'risk.selfMatch.groups',
    ]
    expect(told(echo)).toEqual(first)
    expect(problems).toContain(
      'risk.maxOrderNotional names "IBN", and there is no such instrument; did you mean IBM? Until there is one it holds for nothing',
    )
    const typed = echo.system.problems.latest.map(({ error }) => (error as { code: string }).code)
    expect(typed).toEqual([
      'TW_UNKNOWN_INSTRUMENT',
      'TW_UNKNOWN_INSTRUMENT',
      'TW_INVALID_CONFIG',
      'TW_INVALID_CONFIG',
      'TW_UNKNOWN_INSTRUMENT',
      'TW_INVALID_CONFIG',
    ])
    echo.system.orders.submit(buy({ strategy: 'later', account: 'OTHER' }))
    const ibm = echo.system.instruments.get('IBM')
    echo.system.addInstrument({ ...JSON.parse(JSON.stringify(ibm.definition)), id: 'MSFT.TEST', symbol: 'MSFT' })
    echo.time.advanceMs(1_000)
    expect(told(echo)).toEqual(['risk.maxOrderNotional', 'risk.accounts', 'risk.restrictions.instruments'])
    expect(echo.system.problems.count).toBe(first.length)
    await echo.system.stop()
  })

  it('is told once a field, however many there are, and again for each new name', async () => {
    const names = Array.from({ length: 500 }, (_, i) => `S${i}`)
    const echo = await startEcho({
      risk: { restrictions: { instruments: Object.fromEntries(['IBM', ...names].map((name) => [name, 'both'])) } },
    })
    expect([told(echo), echo.system.problems.count]).toEqual([['risk.restrictions.instruments'], 1])
    const [problem] = echo.system.problems.latest
    expect(String(problem?.error)).toMatch(/names "S0".*"S1".*"S2".* 497 more\./)
    const { limits } = echo.system.risk
    limits.addGroupLimit({ name: 'g', symbols: ['A1', 'IBM'] }, { type: 'openOrders', limit: 5 }, who)
    limits.addGroupLimit({ name: 'g', symbols: ['A1'] }, { type: 'openOrders', limit: 6 }, who)
    expect(echo.system.problems.count).toBe(2)
    limits.addGroupLimit({ name: 'g', symbols: ['A1', 'A2'] }, { type: 'openOrders', limit: 6 }, who)
    expect(echo.system.problems.count).toBe(3)
    await echo.system.stop()
  })

  it('is told after a change, for what is not known', async () => {
    const echo = await startEcho({ risk: { selfMatch: { policy: 'cancelNewest' } } })
    const { limits } = echo.system.risk
    limits.addSymbolLimit('IMB', { type: 'orderQuantity', limit: 5 }, who)
    limits.addSymbolLimit('IBM', { type: 'openOrders', limit: 5 }, who)
    limits.addAccountLimit('PAPER', { type: 'openOrders', limit: 5 }, who)
    limits.addStrategyLimit('HOST', { type: 'openOrders', limit: 5 }, who)
    expect(told(echo)).toEqual(['risk.maxOrderQuantity'])
    limits.change({ maxOrderQuantity: 5 }, who)
    expect(told(echo)).toEqual([])
    await echo.system.stop()
  })

  it('is told of accounts that neither the configuration nor a venue knows', async () => {
    const echo = await startEcho(
      { account: 'MINE', accounts: { echo: 'ITS' }, risk: { accounts: { MINE: {}, ITS: {}, PAPER: {}, '*': {} } } },
      { venue: new EchoConnector() },
    )
    expect(told(echo)).toEqual(['risk.accounts'])
    await echo.system.stop()
  })
})
