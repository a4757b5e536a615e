/** Ways somebody might try round the gate of a whole system: through changes, restarts, orders of unknown fate, other units. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../test/support/echo-connector.js'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import type { TradingSystemOptions } from './trading-system.js'

const who = { actor: 'ann', reason: 'test' }

/** An order that the venue took. */
function working({ system, venue }: EchoSystem, change: Record<string, unknown> = {}) {
  const order = system.orders.submit(buy(change))
  if (order.isClosed) throw new Error(`refused: ${order.reason}`)
  venue.reports.accepted(order.number, order.number, 1)
  return order
}

/** Codes of orders with so many units, one after another; those that pass are canceled by the venue. */
function codesOf(
  { system, venue }: EchoSystem,
  change: Record<string, unknown>,
  quantities: readonly (number | string)[],
) {
  return quantities.map((quantity) => {
    const order = system.orders.submit(buy({ ...change, quantity }))
    if (!order.isClosed) venue.reports.canceled(order.number, 0, '', 2)
    return order.status === 'CANCELED' ? 'ok' : (order.reason ?? order.status)
  })
}

const kinds = ({ venue }: EchoSystem) =>
  venue.sent.map(({ kind, ...sent }) => `${kind} ${'quantityUnits' in sent ? sent.quantityUnits : ''}`.trim())

describe('a change that gives back what an earlier change takes', () => {
  it('is an increase: a halt stops it while the earlier one is under way', async () => {
    const echo = await startEcho()
    const order = working(echo)
    order.modify({ quantity: 50 })
    echo.system.setTradingState('global', '', 'HALTED', 'ann', 'test')
    order.modify({ quantity: 100 })
    expect(kinds(echo)).toEqual(['new 100', 'replace 50'])
    order.modify({ quantity: 40 })
    expect(kinds(echo)).toEqual(['new 100', 'replace 50', 'replace 40'])
    await echo.system.stop()
  })

  it('is one for prices, too', async () => {
    const echo = await startEcho()
    const order = working(echo)
    order.modify({ price: '99' })
    echo.system.setTradingState('global', '', 'REDUCING', 'ann', 'test')
    order.modify({ price: '100' })
    expect(kinds(echo)).toEqual(['new 100', 'replace 100'])
    await echo.system.stop()
  })
})

describe('an own order that is about to get another price', () => {
  it('meets what comes from the other side at both prices', async () => {
    const echo = await startEcho({ risk: { selfMatch: {}, priceCollarPercent: 10 } })
    const resting = working(echo, { side: 'sell', price: '105' })
    expect(codesOf(echo, { price: '102' }, [1])).toEqual(['ok'])
    resting.modify({ price: '101' })
    expect(codesOf(echo, { price: '102' }, [1])).toEqual(['SELF_MATCH'])
    expect(codesOf(echo, { price: '100.99' }, [1])).toEqual(['ok'])
    // A cancel that is asked for has no price of its own.
    resting.cancel()
    expect(codesOf(echo, { price: '100.99' }, [1])).toEqual(['ok'])
    await echo.system.stop()
  })
})

describe('limits of whole systems', () => {
  const cases: [
    what: string,
    definition: Partial<InstrumentDefinition>,
    options: TradingSystemOptions,
    change: Record<string, unknown>,
    quote: [number, number],
    quantities: (number | string)[],
    codes: string[],
  ][] = [
    [
      'value in another currency',
      { currency: 'EUR' },
      { risk: { maxOrderNotional: '1100', rates: { EUR: '1.1' } } },
      { price: '100' },
      [99.99, 100.01],
      [9, 10, 11],
      ['ok', 'ok', 'MAX_ORDER_NOTIONAL'],
    ],
    ['value without a rate', { currency: 'EUR' }, {}, { price: '100' }, [99.99, 100.01], [1], ['NO_REFERENCE_PRICE']],
    [
      'value of inverse contracts',
      { assetClass: 'crypto_perpetual', isInverse: true, multiplier: '10', baseCurrency: 'BTC' },
      { risk: { maxOrderNotional: '1000' } },
      { price: '100' },
      [99.99, 100.01],
      [99, 100, 101],
      ['ok', 'ok', 'MAX_ORDER_NOTIONAL'],
    ],
    [
      'value at negative prices',
      { assetClass: 'future', multiplier: '1000' },
      { risk: { maxOrderNotional: '376300' } },
      { price: '-37.63' },
      [-37.64, -37.62],
      [9, 10, 11],
      ['ok', 'ok', 'MAX_ORDER_NOTIONAL'],
    ],
    [
      'the collar at negative prices',
      { assetClass: 'future', multiplier: '1' },
      { risk: { priceCollarPercent: 10 } },
      { price: '-33.86' },
      [-37.64, -37.62],
      [1],
      ['PRICE_COLLAR'],
    ],
    [
      'value of market orders, at the end of the collar',
      {},
      { risk: { maxOrderNotional: '1050', priceCollarPercent: 5 } },
      { type: 'market', price: undefined },
      [99.99, 100.01],
      [9, 10, 11],
      ['ok', 'ok', 'MAX_ORDER_NOTIONAL'],
    ],
    [
      'positions in fractions',
      { assetClass: 'crypto_spot', sizeIncrement: '0.001' },
      { risk: { maxPosition: { X: '1.5' } } },
      { price: '100' },
      [99.99, 100.01],
      ['1.499', '1.5', '1.501'],
      ['ok', 'ok', 'MAX_POSITION'],
    ],
  ]

  it.each(cases)('%s', async (_what, definition, options, change, [bid, ask], quantities, codes) => {
    const instrument = {
      id: 'X.TEST',
      symbol: 'X',
      venue: 'TEST',
      assetClass: 'equity',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement: '1',
      ...definition,
    } as InstrumentDefinition
    const echo = await startEcho({ ...options, instruments: [instrument] })
    echo.venue.quote(bid, ask, 'X')
    expect(codesOf(echo, { symbol: 'X', ...change }, quantities)).toEqual(codes)
    await echo.system.stop()
  })

  it('hold a position at worst: fills, orders without an answer, flips and changes together', async () => {
    const echo = await startEcho({ risk: { maxPosition: 300 } })
    const { system, venue } = echo
    const filled = working(echo)
    venue.reports.filled(filled.number, 'e1', 100, 1_000_000, 0, 'USD', 1, 2)
    system.orders.submit(buy())
    // 100 held, of 100 nothing was heard.
    expect(codesOf(echo, {}, [99, 100, 101])).toEqual(['ok', 'ok', 'MAX_POSITION'])
    // A sale may turn the position: at worst nothing of what buys is filled.
    const sell = { side: 'sell', price: '100.00' }
    expect(codesOf(echo, sell, [399, 400, 401])).toEqual(['ok', 'ok', 'MAX_POSITION'])
    const order = working(echo, { quantity: 50 })
    order.modify({ quantity: 101 })
    order.modify({ quantity: 100 })
    expect(venue.sent.filter(({ kind }) => kind === 'replace')).toMatchObject([{ quantityUnits: 100 }])
    // The change is not answered: its quantity is reserved.
    expect(codesOf(echo, {}, [1])).toEqual(['MAX_POSITION'])
    await system.stop()
  })

  it('that become tighter while orders work hold for the next one, and let what reduces pass', async () => {
    const echo = await startEcho({ risk: { maxPosition: 300, global: { maxGross: '100000' } } })
    const { system, venue } = echo
    const order = working(echo, { quantity: 200 })
    venue.reports.filled(order.number, 'e1', 200, 1_000_000, 0, 'USD', 1, 2)
    system.risk.limits.change({ maxPosition: 100, global: { maxGross: '10000' } }, who)
    expect(codesOf(echo, {}, [1])).toEqual(['MAX_POSITION'])
    expect(codesOf(echo, { side: 'sell', price: '99.99' }, [1, 200, 300, 301])).toEqual([
      'ok',
      'ok',
      'ok',
      'MAX_POSITION',
    ])
    await system.stop()
  })

  it('count over a kill of the process what the venue does not know any more', async () => {
    const options: TradingSystemOptions = { risk: { maxPosition: 300 } }
    const first = await startEcho(options)
    const held = working(first)
    first.venue.reports.filled(held.number, 'e1', 100, 1_000_000, 0, 'USD', 1, 2)
    working(first)
    first.venue.drop()
    await first.venue.stop()
    first.disk.crash({ powerCut: false })
    const second = await startEcho(options, { time: first.time, disk: first.disk, venue: new EchoConnector() })
    const { system } = second
    expect(system.orders.openOrders().map(({ status }) => status)).toEqual(['UNKNOWN'])
    expect([system.gate.exposure.position[0], system.gate.exposure.buying[0]]).toEqual([100, 100])
    // Nobody trades the instrument before a person has said what became of it.
    expect(codesOf(second, {}, [1])).toEqual(['HALTED'])
    await system.stop()
  })
})
