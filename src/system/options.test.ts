/** Every wrong option is named, with what to do about it. */
import { describe, expect, it } from 'vitest'
import { EchoConnector, ibm } from '../../test/support/echo-connector.js'
import { TradewireError } from '../core/errors.js'
import { type TradingSystemOptions, takeOptions } from './options.js'
import { Strategy } from './strategy.js'
import { TradingSystem } from './trading-system.js'

class Idle extends Strategy {}

/** Wrong options; the field that must be named; what the message must say. */
const wrong: readonly [unknown, string, RegExp][] = [
  [null, '', /must be an object, got null/],
  [[], '', /must be an object, got a list/],
  // Unknown, misspelt
  [{ conectors: {} }, 'conectors', /did you mean connectors\?/],
  [{ durationMs: 5 }, 'durationMs', /is unknown.*known: .*journal/],
  [{ risk: { maxOrderNotionl: 1 } }, 'risk.maxOrderNotionl', /did you mean maxOrderNotional\?/],
  [{ live: { account: 'A', confirm: true, force: true } }, 'live.force', /is unknown/],
  [{ reconciliation: { interval: 1 } }, 'reconciliation.interval', /intervalMs/],
  // Configuration: wrong words, types, ranges
  [{ mode: 'demo' }, 'mode', /"simulation", "paper", "live"/],
  [{ mode: 5 }, 'mode', /got 5/],
  [{ journal: 5 }, 'journal', /must be text, got a number/],
  [{ journal: '' }, 'journal', /1 to 4096 characters/],
  [{ durability: 'disk' }, 'durability', /"os", "fsync"/],
  [{ account: '' }, 'account', /1 to 64/],
  [{ idPrefix: 'a b' }, 'idPrefix', /1 to 8 letters or digits/],
  [{ idPrefix: 'ninechars' }, 'idPrefix', /1 to 8 letters or digits/],
  [{ seed: 1.5 }, 'seed', /whole number/],
  [{ seed: Number.NaN }, 'seed', /NaN|number/],
  [{ baseCurrency: 'us dollar' }, 'baseCurrency', /such as USD/],
  [{ capital: 'much' }, 'capital', /decimal number/],
  [{ capital: Number.POSITIVE_INFINITY }, 'capital', /finite|decimal number|Infinity/],
  [{ accounting: 'hifo' }, 'accounting', /"average", "fifo", "lifo"/],
  [{ onClose: 'flatten' }, 'onClose', /"cancel", "leave"/],
  [{ closeTimeoutMs: -1 }, 'closeTimeoutMs', /milliseconds of at least 0/],
  [{ onStrategyError: 'throw' }, 'onStrategyError', /"log", "stop-strategy", "halt"/],
  [{ onOverfill: true }, 'onOverfill', /"halt", "alert"/],
  [{ externalOrders: 'keep' }, 'externalOrders', /"adopt"/],
  [{ overflow: 'block' }, 'overflow', /"backpressure"/],
  [{ limits: { orders: -1 } }, 'limits.orders', /from 1 to/],
  [{ limits: { ring: '4096' } }, 'limits.ring', /whole number.*got "4096"/],
  [{ limits: 100 }, 'limits', /must be an object/],
  [{ reconciliation: { intervalMs: 0 } }, 'reconciliation.intervalMs', /above 0/],
  [{ reconciliation: { notFound: 'drop' } }, 'reconciliation.notFound', /"operator"/],
  [{ live: { account: 'U1' } }, 'live.confirm', /is missing/],
  [{ live: { confirm: true } }, 'live.account', /is missing/],
  [{ risk: { maxPosition: { IBM: -1 } } }, 'risk.maxPosition.IBM', /at least 0, got "?-1/],
  [{ risk: { maxOrderNotional: 'all' } }, 'risk.maxOrderNotional', /decimal number/],
  [{ risk: { priceCollarPercent: 500 } }, 'risk.priceCollarPercent', /from 0 to 100/],
  [{ risk: { throttle: { limit: 0, windowMs: 1 } } }, 'risk.throttle.limit', /from 1/],
  [{ risk: { throttle: { limit: 1 } } }, 'risk.throttle.windowMs', /is missing/],
  [{ risk: { maxOpenOrders: { account: 1.5 } } }, 'risk.maxOpenOrders.account', /whole number/],
  [{ risk: { marketData: { maxAgeMs: -5 } } }, 'risk.marketData.maxAgeMs', /above 0/],
  // Parts
  [{ connectors: [] }, 'connectors', /by name.*got a list/],
  [{ connectors: { sim: {} } }, 'connectors.sim', /must be a BaseConnector/],
  [{ connectors: { sim: EchoConnector } }, 'connectors.sim', /new EchoConnector\(\)/],
  [{ connectors: { '': new EchoConnector() } }, 'connectors', /1 to 64/],
  [{ strategies: new Idle() }, 'strategies', /must be a list/],
  [{ strategies: [Idle] }, 'strategies.0', /new Idle\(\)/],
  [{ strategies: [new Idle(), {}] }, 'strategies.1', /must be a Strategy/],
  [{ instruments: ibm }, 'instruments', /must be a list/],
  [{ instruments: ['IBM'] }, 'instruments.0', /instrument definition, got "IBM"/],
  [{ instruments: [ibm, { ...ibm, priceIncrement: '0' }] }, 'instruments.1', /priceIncrement/],
  [{ history: 'ibm.csv' }, 'history', /function/],
  [{ rates: { USD: 1 } }, 'rates', /no method rate/],
  [{ time: Date }, 'time', /VirtualTime or RealTime/],
  [{ fileSystem: {} }, 'fileSystem', /nodeFileSystem/],
  [{ logger: console.log }, 'logger', /methods of pino/],
]

describe('the options of a system', () => {
  it.each(wrong)('%j is refused: %s %s', async (options, field, message) => {
    const refused = TradingSystem.start(options as TradingSystemOptions)
    await expect(refused).rejects.toBeInstanceOf(TradewireError)
    await expect(refused).rejects.toMatchObject({
      code: 'TW_INVALID_CONFIG',
      message: expect.stringMatching(message),
      details: { field },
    })
  })

  it('are all told at once, whatever kind they are of', () => {
    const options = { mode: 'demo', conectors: {}, strategies: [Idle], limits: { orders: 0 } }
    try {
      takeOptions(options as unknown as TradingSystemOptions)
      expect.unreachable()
    } catch (error) {
      const { faults } = (error as TradewireError).details as { faults: { field: string }[] }
      expect(faults.map(({ field }) => field).sort()).toEqual(['conectors', 'limits.orders', 'mode', 'strategies.0'])
    }
  })

  it('may be undefined where they may be left out', async () => {
    const system = await TradingSystem.start({ mode: 'simulation', journal: undefined, logger: undefined } as object)
    await system.stop()
  })

  it('round capacities up', async () => {
    const system = await TradingSystem.start({ mode: 'simulation', limits: { orders: 3, trades: 100, ring: 1_000 } })
    expect(system.ring.byteLength).toBeGreaterThan(0)
    await system.stop()
  })
})

describe('a live start', () => {
  it('lists everything that is missing', async () => {
    const missing = async (options: TradingSystemOptions) =>
      (await TradingSystem.start(options).catch((error: TradewireError) => error.details.missing)) as string[]
    expect(await missing({ mode: 'live' })).toEqual([
      'live.confirm: true',
      'live.account: the account to trade',
      'journal: a directory, or journalStore: a database',
      'risk.maxOrderQuantity',
      'risk.maxOrderNotional',
      'risk.maxPosition',
      'risk.priceCollarPercent',
      'risk.throttle',
      'risk.restrictions.instruments: a list of what may be traded',
      'breakers.dailyLoss',
      'capital: what losses are measured by',
      'connectors: one that takes orders',
    ])
    const venue = new EchoConnector()
    expect(
      await missing({
        mode: 'live',
        connectors: { venue },
        live: { account: 'U1', confirm: true },
        account: 'U2',
        journal: './journal',
        capital: 1_000,
        breakers: {},
        risk: {
          restrictions: { instruments: { IBM: 'both' } },
          maxOrderQuantity: 1,
          maxOrderNotional: 1,
          maxPosition: 1,
          priceCollarPercent: false,
          throttle: { limit: 1, windowMs: 1_000 },
          marketData: false,
        },
      }),
    ).toEqual([
      'account: the same as live.account, or none',
      'risk.priceCollarPercent',
      'risk.marketData must not be switched off',
    ])
  })
})
