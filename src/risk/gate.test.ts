import { describe, expect, it } from 'vitest'
import { OrderSupport } from '../connector/capabilities.js'
import type { TradewireError } from '../core/errors.js'
import type { InstrumentId } from '../model/ids.js'
import { OrderFlag, TifCode, TypeCode } from '../orders/codes.js'
import { foldUnknown } from '../orders/fold.js'
import { foldRequest, foldRequestRejected, foldUpdated } from '../orders/fold-requests.js'
import * as Field from '../orders/order-fields.js'
import { controlNames, controlOf, controls, Verdict } from './controls.js'
import { RiskGate } from './gate.js'
import { GateUnderTest, type OrderDraft } from './gate-under-test.test-support.js'
import { CompiledLimits, type RiskLimits } from './limits.js'

const market = { type: TypeCode.MARKET } as const
const buy = { side: 1 } as const
const sell = { side: -1 } as const

/** Codes of three orders in gates of their own: one unit below a limit, at it, one above. */
const triple = (make: () => GateUnderTest, orders: readonly OrderDraft[]): string[] =>
  orders.map((order) => make().submit(order))

describe('C01, the quantity of one order', () => {
  it('passes at the limit and not one unit above', () => {
    const make = () => new GateUnderTest({ maxOrderQuantity: 500 })
    expect(triple(make, [{ quantity: 499 }, { quantity: 500 }, { quantity: 501 }])).toEqual([
      'ok',
      'ok',
      'MAX_ORDER_QTY',
    ])
  })

  it('may differ by instrument', () => {
    const make = () => new GateUnderTest({ maxOrderQuantity: { 'S0.XNYS': 5, S1: 6, '*': 7 } }, [{}, {}, {}])
    expect([5, 6].map((quantity) => make().submit({ instrument: 0, quantity }))).toEqual(['ok', 'MAX_ORDER_QTY'])
    expect([6, 7].map((quantity) => make().submit({ instrument: 1, quantity }))).toEqual(['ok', 'MAX_ORDER_QTY'])
    expect([7, 8].map((quantity) => make().submit({ instrument: 2, quantity }))).toEqual(['ok', 'MAX_ORDER_QTY'])
  })

  it('is 0 for an instrument that the table of limits leaves out', () => {
    const test = new GateUnderTest({ maxOrderQuantity: { S0: 500 } }, [{}, {}])
    expect(test.submit({ instrument: 0, quantity: 500 })).toBe('ok')
    const row = test.draft({ instrument: 1, quantity: 1 })
    expect(test.check(row)).toBe('MAX_ORDER_QTY')
    expect(test.gate.describe(row, Verdict.maxOrderQuantity).limit).toBe(
      'none stated for S1 (name it in risk.maxOrderQuantity, or "*")',
    )
  })

  it('holds for a change that makes an order larger', () => {
    const test = new GateUnderTest({ maxOrderQuantity: 500 })
    const row = test.send({ quantity: 400 })
    expect([test.replace(row, 501), test.replace(row, 500)]).toEqual(['MAX_ORDER_QTY', 'ok'])
  })
})

describe('C02, the value of one order', () => {
  it('passes at the limit and not one tick above', () => {
    const make = () => new GateUnderTest({ maxOrderNotional: 1_000 })
    expect(triple(make, [{ price: 9_999 }, { price: 10_000 }, { price: 10_001 }])).toEqual([
      'ok',
      'ok',
      'MAX_ORDER_NOTIONAL',
    ])
  })

  it('is at most the default for an instrument that the table of limits leaves out', () => {
    const test = new GateUnderTest({ maxOrderNotional: { S0: '5000000' } }, [{}, {}])
    expect(test.submit({ instrument: 0, quantity: 50_000 })).toBe('ok')
    expect(test.submit({ instrument: 1, quantity: 10_000 })).toBe('ok')
    expect(test.submit({ instrument: 1, quantity: 10_001 })).toBe('MAX_ORDER_NOTIONAL')
  })

  it('of a market order is that at the far end of the collar', () => {
    const make = () => new GateUnderTest({ maxOrderNotional: 1_050, priceCollarPercent: 5 })
    expect(
      triple(
        make,
        [9, 10, 11].map((quantity) => ({ ...market, quantity })),
      ),
    ).toEqual(['ok', 'ok', 'MAX_ORDER_NOTIONAL'])
    const short = new GateUnderTest({ maxOrderNotional: '1049.99', priceCollarPercent: 5 })
    expect(short.submit(market)).toBe('MAX_ORDER_NOTIONAL')
  })

  it('of a stop order is that of its trigger at least', () => {
    const make = () => new GateUnderTest({ maxOrderNotional: 1_200 })
    const stop = (trigger: number) => ({ type: TypeCode.STOP, price: Number.NaN, trigger })
    expect(triple(make, [stop(11_999), stop(12_000), stop(12_001)])).toEqual(['ok', 'ok', 'MAX_ORDER_NOTIONAL'])
    expect(new GateUnderTest({ maxOrderNotional: 999 }).submit(stop(5_000))).toBe('MAX_ORDER_NOTIONAL')
  })

  it('takes the multiplier of a contract and the rate of its currency', () => {
    const make = () =>
      new GateUnderTest({ maxOrderNotional: 60_000, rates: { EUR: '1.2' } }, [{ multiplier: '50', currency: 'EUR' }])
    expect(triple(make, [{ price: 9_999 }, { price: 10_000 }, { price: 10_001 }])).toEqual([
      'ok',
      'ok',
      'MAX_ORDER_NOTIONAL',
    ])
  })

  it('without a rate is refused', () => {
    expect(new GateUnderTest({}, [{ currency: 'CHF' }]).submit()).toBe('NO_REFERENCE_PRICE')
  })

  it('of an inverse contract is its quantity', () => {
    const inverse = { assetClass: 'crypto_perpetual', isInverse: true, baseCurrency: 'BTC' } as const
    const make = () => new GateUnderTest({ maxOrderNotional: 100 }, [inverse])
    expect(triple(make, [{ quantity: 99 }, { quantity: 100 }, { quantity: 101 }])).toEqual([
      'ok',
      'ok',
      'MAX_ORDER_NOTIONAL',
    ])
  })

  it('is exact where the product leaves the doubles', () => {
    // 12345678.90123457 x 98765.43210987 = 1219326320073159566072245.. in units, of which doubles keep 53 bits.
    const fine = { priceIncrement: '0.00000001', sizeIncrement: '0.00000001' } as const
    const price = 1_234_567_890_123_457
    const quantity = 9_876_543_210_987
    const exact = BigInt(price) * BigInt(quantity)
    const text = (units: bigint) => {
      const digits = units.toString().padStart(17, '0')
      return `${digits.slice(0, -16)}.${digits.slice(-16)}`
    }
    const make = (limit: bigint) =>
      new GateUnderTest({ maxOrderNotional: text(limit) }, [fine]).submit({ price, quantity })
    expect([make(exact + 1n), make(exact), make(exact - 1n)]).toEqual(['ok', 'ok', 'MAX_ORDER_NOTIONAL'])
  })
})

describe('C03, the collar', () => {
  it('holds limit prices near the reference on their aggressive side', () => {
    const make = () => new GateUnderTest({ priceCollarPercent: 5 })
    expect(
      triple(
        make,
        [10_499, 10_500, 10_501].map((price) => ({ ...buy, price })),
      ),
    ).toEqual(['ok', 'ok', 'PRICE_COLLAR'])
    expect(
      triple(
        make,
        [9_501, 9_500, 9_499].map((price) => ({ ...sell, price })),
      ),
    ).toEqual(['ok', 'ok', 'PRICE_COLLAR'])
  })

  it('does not mind passive prices', () => {
    const make = () => new GateUnderTest({ priceCollarPercent: 5 })
    expect([make().submit({ ...buy, price: 1 }), make().submit({ ...sell, price: 90_000 })]).toEqual(['ok', 'ok'])
  })

  it('ends at the last price inside where the percentage falls between ticks', () => {
    const make = () => {
      const test = new GateUnderTest({ priceCollarPercent: 0.05 })
      test.quote(0, 100.01)
      return test
    }
    // 10001 cents x 1.0005 = 10006.0005 and x 0.9995 = 9995.9995.
    expect([10_006, 10_007].map((price) => make().submit({ ...buy, price }))).toEqual(['ok', 'PRICE_COLLAR'])
    expect([9_996, 9_995].map((price) => make().submit({ ...sell, price }))).toEqual(['ok', 'PRICE_COLLAR'])
  })

  it('turns around below zero', () => {
    const make = () => {
      const test = new GateUnderTest({ priceCollarPercent: 5 }, [{ assetClass: 'spread' }], undefined)
      test.gate.references.reference[0] = -100
      return test
    }
    expect([-9_500, -9_499].map((price) => make().submit({ ...buy, price }))).toEqual(['ok', 'PRICE_COLLAR'])
    expect([-10_500, -10_501].map((price) => make().submit({ ...sell, price }))).toEqual(['ok', 'PRICE_COLLAR'])
  })

  it('follows the reference', () => {
    const test = new GateUnderTest({ priceCollarPercent: 5 })
    expect(test.submit({ price: 11_000 })).toBe('PRICE_COLLAR')
    test.quote(0, 105)
    expect(test.submit({ price: 11_000 })).toBe('ok')
  })

  it('without a reference lets nothing pass', () => {
    const test = new GateUnderTest({ priceCollarPercent: 5, marketData: false })
    expect(test.submit()).toBe('ok')
    test.nowUs += 10_000_000
    expect(test.submit()).toBe('MARKET_DATA')
  })
})

describe('C05, a valid order', () => {
  const banded = {
    priceBands: [
      { from: '0', increment: '0.01' },
      { from: '200', increment: '0.05' },
    ],
    minQuantity: '10',
    maxQuantity: '1000',
    maxPrice: '500',
  }
  it.each<[string, OrderDraft, string]>([
    ['on the grid', { quantity: 10, price: 10_001 }, 'ok'],
    ['on the coarser grid of a band', { quantity: 10, price: 20_005 }, 'ok'],
    ['off it', { quantity: 10, price: 20_001 }, 'INVALID_ORDER'],
    ['at the least quantity', { quantity: 10 }, 'ok'],
    ['below it', { quantity: 9 }, 'INVALID_ORDER'],
    ['at the largest quantity', { quantity: 1_000 }, 'ok'],
    ['above it', { quantity: 1_001 }, 'INVALID_ORDER'],
    ['of no quantity', { quantity: 0 }, 'INVALID_ORDER'],
    ['of a negative quantity', { quantity: -10 }, 'INVALID_ORDER'],
    ['of a broken quantity', { quantity: 10.5 }, 'INVALID_ORDER'],
    ['of NaN', { quantity: Number.NaN }, 'INVALID_ORDER'],
    ['of infinity', { quantity: Number.POSITIVE_INFINITY }, 'INVALID_ORDER'],
    ['at the highest price', { price: 50_000 }, 'ok'],
    ['above it', { price: 50_005 }, 'INVALID_ORDER'],
    ['at a price of zero', { price: 0 }, 'INVALID_ORDER'],
    ['without the price it needs', { price: Number.NaN }, 'INVALID_ORDER'],
    ['a market order with a price', { ...market, price: 10_000 }, 'INVALID_ORDER'],
    ['a limit order with a trigger', { trigger: 10_000 }, 'INVALID_ORDER'],
    [
      'a stop with a trigger off the grid',
      { type: TypeCode.STOP, price: Number.NaN, trigger: 20_001 },
      'INVALID_ORDER',
    ],
    ['good till a time that is over', { timeInForce: TifCode.GTD, expireUs: 1_600_000_000_000_000 }, 'INVALID_ORDER'],
    ['good till no time', { timeInForce: TifCode.GTD }, 'INVALID_ORDER'],
    ['good till a time to come', { timeInForce: TifCode.GTD, expireUs: 1_800_000_000_000_000 }, 'ok'],
  ])('%s', (_, draft, expected) => {
    expect(new GateUnderTest({}, [banded]).submit({ quantity: 10, ...draft })).toBe(expected)
  })

  it('has a value that the venue takes, at its limit, trigger or the reference', () => {
    const bounded = (flags = 0) => {
      const test = new GateUnderTest({}, [{ minNotional: '1000', maxNotional: '5000', multiplier: '2' }])
      test.setPosition(-50)
      return (draft: OrderDraft) => test.submit({ flags, ...draft })
    }
    expect(bounded()({ quantity: 5, price: 10_000 })).toBe('ok')
    expect(bounded()({ quantity: 4, price: 10_000 })).toBe('INVALID_ORDER')
    expect(bounded()({ quantity: 5, price: 9_999 })).toBe('INVALID_ORDER')
    expect(bounded()({ quantity: 25, price: 10_000 })).toBe('ok')
    expect(bounded()({ quantity: 26, price: 10_000 })).toBe('INVALID_ORDER')
    expect(bounded()({ ...market, quantity: 5 })).toBe('ok')
    expect(bounded()({ ...market, quantity: 4 })).toBe('INVALID_ORDER')
    expect(bounded()({ type: TypeCode.STOP, price: Number.NaN, trigger: 9_000, quantity: 5 })).toBe('INVALID_ORDER')
    // The rest of a position may be smaller than what opens one.
    expect(bounded(OrderFlag.reduceOnly)({ quantity: 1, price: 10_000 })).toBe('ok')
    const inverse = new GateUnderTest({}, [{ minNotional: '100', isInverse: true, baseCurrency: 'BTC' }])
    expect(inverse.submit({ quantity: 99, price: 10_000 })).toBe('INVALID_ORDER')
    expect(inverse.submit({ quantity: 100, price: 10_000 })).toBe('ok')
  })

  it('asks for nothing that the venue does not take', () => {
    const test = new GateUnderTest()
    test.venue.support = new OrderSupport({
      types: ['LIMIT'],
      timeInForce: ['DAY'],
      postOnly: false,
      reduceOnly: false,
      iceberg: false,
      replace: false,
      cancelOnDisconnect: 'none',
      fullHistory: false,
    })
    expect(test.submit()).toBe('ok')
    const refused = [market, { timeInForce: TifCode.IOC }, { flags: OrderFlag.postOnly }, { display: 5 }]
    expect(refused.map((draft) => test.submit(draft))).toEqual(refused.map(() => 'INVALID_ORDER'))
  })
})

describe('C06, the position at worst', () => {
  it('passes at the limit and not one unit above, on both sides', () => {
    const make = () => new GateUnderTest({ maxPosition: 100 })
    expect(
      triple(
        make,
        [99, 100, 101].map((quantity) => ({ ...buy, quantity })),
      ),
    ).toEqual(['ok', 'ok', 'MAX_POSITION'])
    expect(
      triple(
        make,
        [99, 100, 101].map((quantity) => ({ ...sell, quantity })),
      ),
    ).toEqual(['ok', 'ok', 'MAX_POSITION'])
  })

  it('counts what is held, for either side', () => {
    const make = () => {
      const test = new GateUnderTest({ maxPosition: 100 })
      test.setPosition(40)
      return test
    }
    expect(
      triple(
        make,
        [59, 60, 61].map((quantity) => ({ ...buy, quantity })),
      ),
    ).toEqual(['ok', 'ok', 'MAX_POSITION'])
    expect(
      triple(
        make,
        [139, 140, 141].map((quantity) => ({ ...sell, quantity })),
      ),
    ).toEqual(['ok', 'ok', 'MAX_POSITION'])
  })

  it('is 0 for an instrument that the table of limits leaves out: it can only become smaller', () => {
    const test = new GateUnderTest({ maxPosition: { S0: 500 } }, [{}, {}])
    test.setPosition(-30, 1)
    expect(test.submit({ instrument: 1, side: -1, quantity: 1 })).toBe('MAX_POSITION')
    expect(test.submit({ instrument: 1, side: 1, quantity: 31 })).toBe('MAX_POSITION')
    expect(test.submit({ instrument: 1, side: 1, quantity: 30 })).toBe('ok')
    expect(test.submit({ instrument: 0, quantity: 500 })).toBe('ok')
    const row = test.draft({ instrument: 1, quantity: 1 })
    expect(test.check(row)).toBe('MAX_POSITION')
    expect(test.gate.describe(row, Verdict.maxPosition).limit).toBe(
      'none stated for S1 (name it in risk.maxPosition, or "*")',
    )
  })

  it('refuses the second of two orders that pass alone and not together', () => {
    const test = new GateUnderTest({ maxPosition: 100 })
    expect([
      test.submit({ quantity: 60 }),
      test.submit({ quantity: 60 }),
      test.submit({ ...sell, quantity: 60 }),
    ]).toEqual(['ok', 'MAX_POSITION', 'ok'])
  })

  it('counts an order of unknown fate until the venue speaks', () => {
    const test = new GateUnderTest({ maxPosition: 100 })
    const row = test.send({ quantity: 60 })
    test.apply(row, (seq, table) => foldUnknown(table, row, 0, seq))
    expect(test.submit({ quantity: 60 })).toBe('MAX_POSITION')
    test.cancel(row)
    expect(test.submit({ quantity: 60 })).toBe('ok')
  })

  it('follows fills', () => {
    const test = new GateUnderTest({ maxPosition: 100 })
    const row = test.send({ quantity: 60 })
    test.fill(row, 'E1', 60)
    expect(test.exposureOf()).toEqual({ position: 60, buying: 0, selling: 0, open: 0 })
    expect([test.submit({ quantity: 41 }), test.submit({ quantity: 40 })]).toEqual(['MAX_POSITION', 'ok'])
  })
})

describe('C09, open orders', () => {
  it.each(['instrument', 'strategy', 'account', 'connector'] as const)(
    'are bounded by %s, those of unknown fate included',
    (scope) => {
      const test = new GateUnderTest({ maxOpenOrders: { [scope]: 2 } })
      const first = test.send()
      test.send()
      test.apply(first, (seq, table) => foldUnknown(table, first, 0, seq))
      expect(test.submit()).toBe('MAX_OPEN_ORDERS')
      test.cancel(first)
      expect([test.submit(), test.submit()]).toEqual(['ok', 'MAX_OPEN_ORDERS'])
    },
  )

  it('of another instrument or strategy do not count there', () => {
    const test = new GateUnderTest({ maxOpenOrders: { instrument: 1 } }, [{}, {}])
    expect([test.submit(), test.submit({ instrument: 1 }), test.submit()]).toEqual(['ok', 'ok', 'MAX_OPEN_ORDERS'])
  })

  it('are not more for a change', () => {
    const test = new GateUnderTest({ maxOpenOrders: { instrument: 1 } })
    expect(test.replace(test.send(), 20)).toBe('ok')
  })
})

describe('C11, the throttle', () => {
  it('counts new orders and changes, and not what was refused', () => {
    const test = new GateUnderTest({ throttle: { limit: 3, windowMs: 1_000 }, maxOrderQuantity: 50 })
    const row = test.send()
    expect([
      test.submit({ quantity: 51 }),
      test.submit(),
      test.replace(row, 20),
      test.submit(),
      test.replace(row, 30),
    ]).toEqual(['MAX_ORDER_QTY', 'ok', 'ok', 'THROTTLE', 'THROTTLE'])
    test.nowNs = 1_000_000_000 - 1
    expect(test.submit()).toBe('THROTTLE')
    test.nowNs++
    expect(test.submit()).toBe('ok')
  })
})

describe('C14, repeated orders', () => {
  it('pass as often as allowed within the window', () => {
    const test = new GateUnderTest({ duplicates: { limit: 2, windowMs: 1_000 } })
    expect([test.submit(), test.submit(), test.submit()]).toEqual(['ok', 'ok', 'DUPLICATE'])
    test.nowNs = 1_000_000_000
    expect(test.submit()).toBe('ok')
  })

  it.each<[string, OrderDraft]>([
    ['quantity', { quantity: 11 }],
    ['price', { price: 10_001 }],
    ['side', { side: -1 }],
    ['type', { type: TypeCode.STOP_LIMIT, trigger: 10_000 }],
    ['strategy', { strategy: 1 }],
    ['instrument', { instrument: 1 }],
  ])('of another %s are others', (_, draft) => {
    const test = new GateUnderTest({ duplicates: { limit: 1, windowMs: 1_000 } }, [{}, {}])
    expect([test.submit(), test.submit(draft), test.submit()]).toEqual(['ok', 'ok', 'DUPLICATE'])
  })

  it('do not count when another control refused them', () => {
    const test = new GateUnderTest({ duplicates: { limit: 1, windowMs: 1_000 }, throttle: { limit: 1, windowMs: 100 } })
    expect([test.submit({ price: 9_000 }), test.submit()]).toEqual(['ok', 'THROTTLE'])
    test.nowNs = 100_000_000
    expect(test.submit()).toBe('ok')
  })
})

describe('C18, market data', () => {
  it('ages', () => {
    const test = new GateUnderTest({ marketData: { maxAgeMs: 1_000 } })
    test.nowUs += 1_000_000
    expect(test.submit()).toBe('ok')
    test.nowUs += 1
    expect(test.submit()).toBe('MARKET_DATA')
    test.quote(0, 100)
    expect(test.submit()).toBe('ok')
  })

  it('from the future is no better', () => {
    const test = new GateUnderTest({ marketData: { maxAgeMs: 1_000 } })
    test.nowUs -= 1_000_001
    expect(test.submit()).toBe('MARKET_DATA')
  })

  it('that never came values nothing', () => {
    const test = new GateUnderTest()
    test.instruments.add({ ...test.instruments.at(0).definition, id: 'NEW.XNYS' as InstrumentId, symbol: 'NEW' })
    const quiet = { instrument: 1 }
    expect([test.submit(quiet), test.submit({ ...quiet, ...market })]).toEqual([
      'NO_REFERENCE_PRICE',
      'NO_REFERENCE_PRICE',
    ])
    test.quote(1, 100)
    expect(test.submit(quiet)).toBe('ok')
  })

  it('of zero or below is none, unless the instrument has such prices', () => {
    for (const price of [0, -1, 0.001]) {
      const test = new GateUnderTest({}, [{}, { assetClass: 'spread' }])
      for (const index of [0, 1]) test.gate.references.reference[index] = price
      expect([test.submit(), test.submit({ instrument: 1 })]).toEqual(['MARKET_DATA', 'ok'])
    }
  })

  it('is not needed where it is switched off and nothing else asks for a price', () => {
    const test = new GateUnderTest({ marketData: false })
    test.nowUs += 3_600_000_000
    expect([test.submit(), test.submit(market)]).toEqual(['ok', 'MARKET_DATA'])
  })
})

describe('C19, a market that takes orders', () => {
  it('is one whose connector is ready', () => {
    const test = new GateUnderTest()
    test.venue.isReady = false
    expect(test.submit()).toBe('NOT_TRADABLE')
    test.venue.isReady = true
    expect(test.submit()).toBe('ok')
  })

  it('is open: neither closed nor halted', () => {
    const test = new GateUnderTest()
    const codes = [0, 1, 2, 3, 4, 5].map((phase) => {
      test.gate.setPhase(0, phase)
      return test.submit()
    })
    expect(codes).toEqual(['NOT_TRADABLE', 'ok', 'ok', 'NOT_TRADABLE', 'ok', 'ok'])
  })

  it('takes no change either while it is not', () => {
    const test = new GateUnderTest()
    const row = test.send({ quantity: 20 })
    test.venue.isReady = false
    expect([test.replace(row, 30), test.replace(row, 10)]).toEqual(['NOT_TRADABLE', 'NOT_TRADABLE'])
  })
})

describe('C25 and C26, kill switch and trading states', () => {
  const scopes = ['global', 'account', 'connector', 'strategy', 'instrument'] as const

  it.each(scopes)('stop orders by %s', (scope) => {
    const test = new GateUnderTest()
    test.gate.states.set(scope, 0, 'HALTED')
    expect(test.submit()).toBe('HALTED')
    test.gate.states.kill(scope, 0)
    expect(test.submit()).toBe('KILL_SWITCH')
    test.gate.states.set(scope, 0, 'ACTIVE')
    expect(test.submit()).toBe('KILL_SWITCH')
    test.gate.states.release(scope, 0)
    expect(test.submit()).toBe('ok')
  })

  it('of others do not', () => {
    const test = new GateUnderTest({}, [{}, {}])
    test.gate.states.kill('strategy', 1)
    test.gate.states.kill('instrument', 1)
    expect([test.submit(), test.submit({ strategy: 1 }), test.submit({ instrument: 1 })]).toEqual([
      'ok',
      'KILL_SWITCH',
      'KILL_SWITCH',
    ])
  })

  it('the strictest holds', () => {
    const test = new GateUnderTest()
    test.gate.states.set('strategy', 0, 'REDUCING')
    test.gate.states.set('account', 0, 'HALTED')
    expect(test.submit()).toBe('HALTED')
  })

  it('may be asked again before an order leaves', () => {
    const test = new GateUnderTest()
    const row = test.send()
    expect(test.gate.recheck(row)).toBe(0)
    test.gate.states.kill('global')
    expect(test.gate.recheck(row)).toBe(Verdict.killSwitch)
    test.gate.states.release('global')
    test.venue.isReady = false
    expect(test.gate.recheck(row)).toBe(Verdict.notTradable)
  })

  it('are as many as there are entries that are not ACTIVE', () => {
    const { states } = new GateUnderTest().gate
    expect(states.list()).toEqual([])
    states.set('strategy', 2, 'REDUCING')
    states.kill('global')
    states.set('instrument', 1, 'HALTED')
    expect(states.list()).toEqual([
      { scope: 'global', index: 0, state: 'HALTED', isKilled: true },
      { scope: 'strategy', index: 2, state: 'REDUCING', isKilled: false },
      { scope: 'instrument', index: 1, state: 'HALTED', isKilled: false },
    ])
    expect([states.get('strategy', 2), states.get('strategy', 1), states.isKilled('global')]).toEqual([
      'REDUCING',
      'ACTIVE',
      true,
    ])
    states.release('global')
    expect([states.get('global'), states.isKilled('global')]).toEqual(['ACTIVE', false])
  })

  it('and the price are asked again before an order leaves that waited', () => {
    const test = new GateUnderTest()
    test.nowNs = 77
    const row = test.send()
    expect([test.gate.checkedAtNs, test.gate.departs(row)]).toEqual([77, 0])
    test.nowUs += 5_000_001
    expect(test.gate.departs(row)).toBe(Verdict.marketData)
    test.quote(0, 101)
    expect(test.gate.departs(row)).toBe(0)
  })

  it('let a protective order pass a halt as long as it only shrinks the position', () => {
    const test = new GateUnderTest()
    test.setPosition(10)
    test.gate.states.set('global', 0, 'HALTED')
    const protective = { ...sell, flags: OrderFlag.protective }
    expect([
      test.submit({ ...protective, quantity: 11 }),
      test.submit({ ...protective, side: 1, quantity: 5 }),
      test.submit({ ...sell, quantity: 5 }),
      test.submit({ ...protective, quantity: 10 }),
    ]).toEqual(['HALTED', 'HALTED', 'HALTED', 'ok'])
  })

  it('let a reduce-only order be no larger than the position on the other side', () => {
    const test = new GateUnderTest()
    const reduceOnly = { flags: OrderFlag.reduceOnly }
    expect(test.submit({ ...sell, ...reduceOnly })).toBe('REDUCING')
    test.setPosition(10)
    expect([9, 10, 11].map((quantity) => test.submit({ ...sell, ...reduceOnly, quantity }))).toEqual([
      'ok',
      'ok',
      'REDUCING',
    ])
    expect(test.submit({ ...buy, ...reduceOnly, quantity: 1 })).toBe('REDUCING')
  })
})

describe('a change', () => {
  const limits = { maxPosition: 100 }

  it('that only takes quantity away passes every limit and every state', () => {
    const test = new GateUnderTest({ ...limits, maxOrderQuantity: 1_000, throttle: { limit: 2, windowMs: 1_000 } })
    const row = test.send({ quantity: 100 })
    test.gate.states.set('global', 0, 'HALTED')
    test.nowUs += 3_600_000_000
    expect([test.replace(row, 99), test.replace(row, 1), test.replace(row, 0), test.replace(row, 101)]).toEqual([
      'ok',
      'ok',
      'INVALID_ORDER',
      'HALTED',
    ])
  })

  it('that only takes quantity away from an order without a price passes too', () => {
    const test = new GateUnderTest({ maxOrderQuantity: 500 })
    const row = test.send({ type: TypeCode.STOP, price: Number.NaN, trigger: 10_100, quantity: 500 })
    test.gate.states.set('global', 0, 'HALTED')
    expect([test.replace(row, 400), test.replace(row, 400, Number.NaN, 10_200)]).toEqual(['ok', 'HALTED'])
  })

  it('reserves the larger of old and new until it is answered', () => {
    const test = new GateUnderTest(limits)
    const row = test.send({ quantity: 50 })
    expect(test.replace(row, 80)).toBe('ok')
    test.apply(row, (seq, table) => foldRequest(table, row, 1, false, 80, 10_000, Number.NaN, seq))
    expect(test.exposureOf().buying).toBe(80)
    expect([test.submit({ quantity: 21 }), test.replace(row, 101), test.submit({ quantity: 20 })]).toEqual([
      'MAX_POSITION',
      'MAX_POSITION',
      'ok',
    ])
    test.apply(row, (seq, table) => foldRequestRejected(table, row, 1, seq))
    expect(test.exposureOf().buying).toBe(70)
  })

  it('to less keeps the reservation of more until it is confirmed', () => {
    const test = new GateUnderTest(limits)
    const row = test.send({ quantity: 80 })
    expect(test.replace(row, 50)).toBe('ok')
    test.apply(row, (seq, table) => foldRequest(table, row, 1, false, 50, 10_000, Number.NaN, seq))
    expect(test.exposureOf().buying).toBe(80)
    test.apply(row, (seq, table) => foldUpdated(table, row, 1, 50, 10_000, Number.NaN, undefined, 1, seq))
    expect(test.exposureOf().buying).toBe(50)
  })

  it('to a more aggressive price is checked as the order it would become', () => {
    const test = new GateUnderTest({ priceCollarPercent: 5 })
    const row = test.send()
    expect([test.replace(row, 10, 10_501), test.replace(row, 10, 10_500), test.replace(row, 10, 10_001.5)]).toEqual([
      'PRICE_COLLAR',
      'ok',
      'INVALID_ORDER',
    ])
  })

  it('counts what is filled already', () => {
    const test = new GateUnderTest({ maxPosition: 100 })
    const row = test.send({ quantity: 50 })
    test.fill(row, 'E1', 30)
    expect([test.replace(row, 101), test.replace(row, 100)]).toEqual(['MAX_POSITION', 'ok'])
    expect(test.exposureOf()).toMatchObject({ position: 30, buying: 70 })
  })
})

describe('limits in words', () => {
  const limitOf = (limits: RiskLimits, order: OrderDraft, control: keyof typeof Verdict) => {
    const test = new GateUnderTest(limits)
    const row = test.draft(order)
    expect(test.check(row)).toBe(controls[control].code)
    return test.gate.describe(row, Verdict[control])
  }

  it('say what holds for the instrument', () => {
    expect(limitOf({ maxOrderNotional: { S0: '999.5' } }, {}, 'maxOrderNotional')).toEqual({
      control: 'maxOrderNotional',
      code: 'MAX_ORDER_NOTIONAL',
      limit: '999.5',
      observed: '10 at 100',
    })
    expect(limitOf({ maxOrderNotional: 1, priceCollarPercent: 5 }, market, 'maxOrderNotional').observed).toBe(
      '10 at 105',
    )
    expect(limitOf({ maxPosition: 9 }, {}, 'maxPosition').limit).toBe('9')
  })

  it('name what an order lacks', () => {
    expect(limitOf({}, { quantity: Number.NaN }, 'invalidOrder').observed).toBe('quantity none, price 100')
    expect(limitOf({}, { price: Number.NaN }, 'invalidOrder').observed).toBe('quantity 10, price none')
  })
})

describe('limits that are not stated', () => {
  it('are those of the documentation', () => {
    const limits = new CompiledLimits()
    expect(limits.collarParts).toBe(50_000)
    expect(limits.maxOpen).toEqual({ instrument: 1_000, strategy: 1_000, account: 4_000, connector: 4_000 })
    const { instruments } = new GateUnderTest()
    expect(limits.notionalOf(instruments.at(0)).toFixed()).toBe('1000000')
    expect(limits.of(instruments.at(0))).toMatchObject({
      maxQuantityUnits: Number.POSITIVE_INFINITY,
      maxPositionUnits: Number.POSITIVE_INFINITY,
    })
  })
})

describe('a gate without limits of its own', () => {
  it('lets ten alike orders and a hundred messages pass a second', () => {
    const { table, instruments, venue } = new GateUnderTest()
    const gate = new RiskGate({
      table,
      instruments,
      names: { account: String, strategy: String, connector: String, clientOrderId: String },
      clock: { wallUs: () => 0, monotonicNs: () => 0 },
      venue: () => venue,
      sizes: { account: 1, connector: 1, strategy: 4, instrument: 4 },
    })
    gate.references.set(0, 100, 0)
    const submit = (quantity: number) => {
      const row = table.allocate()
      table.cells[row + Field.side] = 1
      table.cells[row + Field.type] = TypeCode.LIMIT
      table.cells[row + Field.quantity] = quantity
      table.cells[row + Field.price] = 10_000
      return gate.check(row)
    }
    const alike = Array.from({ length: 11 }, () => submit(1))
    expect(alike).toEqual([...new Array(10).fill(0), Verdict.duplicate])
    const others = Array.from({ length: 91 }, (_, i) => submit(2 + i))
    expect(others).toEqual([...new Array(90).fill(0), Verdict.throttle])
  })
})

describe('limits that are none', () => {
  const code = (limits: RiskLimits) => {
    try {
      new GateUnderTest(limits)
      return 'made'
    } catch (error) {
      return `${(error as TradewireError).code} ${(error as Error).message}`
    }
  }

  it('are refused when the gate is made, by name', () => {
    expect(code({ maxOrderQuantity: -1 })).toMatch(/^TW_INVALID_CONFIG risk\.maxOrderQuantity must not be negative/)
    expect(code({ maxOrderNotional: '-0.01' })).toMatch(/^TW_INVALID_CONFIG risk\.maxOrderNotional must/)
    expect(code({ maxPosition: { '*': 5, S0: -2 } })).toMatch(/^TW_INVALID_CONFIG risk\.maxPosition\.S0 must/)
    expect(code({ rates: { EUR: 0 } })).toMatch(/^TW_INVALID_CONFIG risk\.rates\.EUR must be above 0/)
    expect(code({ rates: { EUR: Number.NaN } })).toMatch(/^TW_/)
    expect(code({ maxOrderQuantity: Number.POSITIVE_INFINITY })).toMatch(/^TW_/)
    expect(code({ maxOpenOrders: { strategy: -1 } })).toMatch(/^TW_INVALID_CONFIG risk\.maxOpenOrders\.strategy/)
    expect(code({ priceCollarPercent: 100.5 })).toMatch(/^TW_INVALID_CONFIG risk\.priceCollarPercent/)
    expect(code({ throttle: { limit: 0, windowMs: 1 } })).toMatch(/^TW_INVALID_CONFIG throttle\.limit/)
    expect(code({ throttle: { limit: 1, windowMs: 0 } })).toMatch(/^TW_INVALID_CONFIG throttle\.windowMs/)
    expect(code({ duplicates: { limit: 0, windowMs: 1 } })).toMatch(/^TW_INVALID_CONFIG duplicates\.limit/)
    expect(code({ duplicates: { limit: 1, windowMs: 0 } })).toMatch(/^TW_INVALID_CONFIG duplicates\.windowMs/)
    expect(code({ maxOrderQuantity: 0, maxPosition: { '*': 0 }, rates: { EUR: '0.01' } })).toBe('made')
  })
})

describe('a gate', () => {
  it('counts approvals and denials by control', () => {
    const test = new GateUnderTest({ maxOrderQuantity: 50 })
    test.submit()
    test.submit({ quantity: 51 })
    test.submit({ quantity: 0 })
    expect(test.gate.approvals).toBe(1)
    expect([test.gate.denials[Verdict.maxOrderQuantity], test.gate.denials[Verdict.invalidOrder]]).toEqual([1, 1])
  })

  it('explains every control that fails, and reserves nothing', () => {
    const test = new GateUnderTest({
      maxOrderQuantity: 50,
      maxPosition: 40,
      priceCollarPercent: 5,
      maxOrderNotional: 100,
    })
    const row = test.draft({ quantity: 60, price: 11_000 })
    expect(test.gate.explain(row).map(({ code }) => code)).toEqual([
      'MAX_ORDER_QTY',
      'PRICE_COLLAR',
      'MAX_ORDER_NOTIONAL',
      'MAX_POSITION',
    ])
    expect(test.exposureOf()).toEqual({ position: 0, buying: 0, selling: 0, open: 0 })
    expect(test.gate.describe(row, Verdict.maxOrderQuantity)).toEqual({
      control: 'maxOrderQuantity',
      code: 'MAX_ORDER_QTY',
      limit: '50',
      observed: '60',
    })
  })

  it('reserves nothing for what it refuses', () => {
    const test = new GateUnderTest({ maxOrderQuantity: 5 })
    test.submit()
    expect(test.exposureOf()).toEqual({ position: 0, buying: 0, selling: 0, open: 0 })
  })

  it('hands out approvals that are used once', () => {
    const test = new GateUnderTest()
    const row = test.send()
    const approval = test.gate.approved(row)
    expect(test.gate.isOwn(approval)).toBe(true)
    expect([approval.number, approval.quantityUnits, approval.priceUnits]).toEqual([
      test.table.cells[row + Field.number],
      10,
      10_000,
    ])
    approval.consume()
    expect(() => approval.consume()).toThrow(/TW_NOT_APPROVED/)
    expect(new GateUnderTest().gate.isOwn(approval)).toBe(false)
    const change = test.gate.approvedReplace(row, 1, 20, 10_000, Number.NaN)
    expect([change.generation, change.newQuantityUnits, change.quantityUnits]).toEqual([1, 20, 10])
    change.consume()
    expect(() => change.consume()).toThrow(/TW_NOT_APPROVED/)
  })

  it('names its controls by verdicts', () => {
    for (const name of controlNames) expect(controlOf(Verdict[name])).toBe(controls[name])
  })
})
