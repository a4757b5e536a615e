import { describe, expect, it } from 'vitest'
import { Decimal } from './decimal.js'
import { Instrument, type InstrumentDefinition } from './instrument.js'
import { NormalizedChange, NormalizedOrder, normalizeOrderChange, normalizeOrderRequest } from './normalize-order.js'
import type { OrderChange, OrderRequest } from './order.js'
import { orderTypes, timesInForce } from './order-types.js'

const definition: InstrumentDefinition = {
  id: 'IBM.XNYS' as InstrumentDefinition['id'],
  symbol: 'IBM',
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.05',
  sizeIncrement: '10',
}
const ibm = new Instrument(definition, 0)
const out = new NormalizedOrder()
const base = { symbol: 'IBM', side: 'buy', quantity: 100 } as const

const normalize = (fields: object = {}, instrument = ibm) =>
  normalizeOrderRequest({ ...base, ...fields } as OrderRequest, instrument, out)

function refusal(run: () => unknown): { code: string; field: unknown; message: string } {
  try {
    run()
  } catch (error) {
    const { code, details, message } = error as { code: string; details: { field: unknown }; message: string }
    return { code, field: details.field, message }
  }
  throw new Error('was accepted')
}

describe('normalizeOrderRequest', () => {
  it('fills in defaults: a limit order where there is a price, else a market order, for the day', () => {
    expect(normalize()).toMatchObject({
      side: 'buy',
      sideSign: 1,
      type: 'MARKET',
      timeInForce: 'DAY',
      quantityUnits: 100,
      priceUnits: Number.NaN,
      triggerPriceUnits: Number.NaN,
      triggerSource: 'last',
      trailingAmountUnits: Number.NaN,
      trailingBasisPoints: Number.NaN,
      displayUnits: Number.NaN,
      expireTimeUs: Number.NaN,
      postOnly: false,
      reduceOnly: false,
      selfTradePrevention: 'none',
      clientOrderId: undefined,
      account: undefined,
      strategy: undefined,
      connector: undefined,
      tag: undefined,
    })
    expect(normalize({ side: 'sell', price: '187.25' })).toMatchObject({
      sideSign: -1,
      side: 'sell',
      type: 'LIMIT',
      priceUnits: 1_872_500,
    })
  })

  it('writes every field into the object it was given', () => {
    const full: OrderRequest = {
      ...base,
      type: 'stop_limit',
      price: new Decimal('187.3'),
      triggerPrice: 187.25,
      triggerSource: 'bid_ask',
      timeInForce: 'gtd',
      expireTimeUs: 1_704_205_800_000_000,
      postOnly: true,
      reduceOnly: true,
      displayQuantity: '20',
      selfTradePrevention: 'cancel_both',
      clientOrderId: 'TW-1-1',
      account: 'DU1',
      strategy: 'reversion',
      connector: 'sim',
      tag: 'entry',
    }
    expect(normalizeOrderRequest(full, ibm, out)).toBe(out)
    const { symbol, quantity, price, triggerPrice, displayQuantity, type, timeInForce, ...same } = full
    expect(out).toMatchObject({
      ...same,
      type: 'STOP_LIMIT',
      timeInForce: 'GTD',
      quantityUnits: 100,
      priceUnits: 1_873_000,
      triggerPriceUnits: 1_872_500,
      displayUnits: 20,
    })
    const fresh = normalizeOrderRequest({ ...base }, ibm, new NormalizedOrder())
    expect(normalize()).toEqual(fresh)
  })

  it('knows every type and time in force in upper and lower case, with their indices', () => {
    const prices: Record<string, object> = {
      LIMIT: { price: 5 },
      STOP: { triggerPrice: 5 },
      STOP_LIMIT: { price: 5, triggerPrice: 5 },
      MARKET_IF_TOUCHED: { triggerPrice: 5 },
      LIMIT_IF_TOUCHED: { price: 5, triggerPrice: 5 },
      TRAILING_STOP: { trailing: { amount: '0.5' } },
      TRAILING_STOP_LIMIT: { price: 5, trailing: { basisPoints: 25 } },
    }
    for (const type of orderTypes) {
      for (const name of [type, type.toLowerCase()]) {
        normalize({ type: name, ...prices[type] })
        expect([out.type, orderTypes[out.typeIndex]]).toEqual([type, type])
      }
    }
    for (const time of timesInForce) {
      for (const name of [time, time.toLowerCase()]) {
        normalize({ timeInForce: name, ...(time === 'GTD' ? { expireTimeUs: 1 } : {}) })
        expect([out.timeInForce, timesInForce[out.timeInForceIndex]]).toEqual([time, time])
      }
    }
  })

  it.each([
    ['MOO', 'MARKET', 'OPG'],
    ['loo', 'LIMIT', 'OPG'],
    ['moc', 'MARKET', 'CLO'],
    ['LOC', 'LIMIT', 'CLO'],
  ])('takes %s for %s with %s', (name, type, time) => {
    const price = type === 'LIMIT' ? { price: 5 } : {}
    expect(normalize({ type: name, ...price })).toMatchObject({ type, timeInForce: time })
    expect(normalize({ type: name, timeInForce: time, ...price })).toMatchObject({ type, timeInForce: time })
    expect(refusal(() => normalize({ type: name, timeInForce: 'DAY', ...price })).field).toBe('timeInForce')
  })

  it('reads a trailing distance as units or basis points', () => {
    expect(normalize({ type: 'TRAILING_STOP', trailing: { amount: 0.25 } })).toMatchObject({
      trailingAmountUnits: 2_500,
      trailingBasisPoints: Number.NaN,
    })
    expect(normalize({ type: 'TRAILING_STOP', trailing: { basisPoints: 12.5 }, triggerPrice: 5 })).toMatchObject({
      trailingAmountUnits: Number.NaN,
      trailingBasisPoints: 12.5,
      triggerPriceUnits: 50_000,
    })
  })

  it('takes prices of zero and below only where the instrument has them', () => {
    const spread = new Instrument({ ...definition, assetClass: 'spread' }, 1)
    expect(normalize({ price: '-0.05' }, spread).priceUnits).toBe(-500)
    expect(normalize({ price: 0 }, spread).priceUnits).toBe(0)
    expect(refusal(() => normalize({ price: 0 })).field).toBe('price')
    expect(refusal(() => normalize({ type: 'STOP', triggerPrice: '-5' })).field).toBe('triggerPrice')
  })

  it('ignores fields that are there but undefined, and allows an empty tag', () => {
    expect(normalize({ price: undefined, trailing: undefined, tag: '' })).toMatchObject({ type: 'MARKET', tag: '' })
  })

  const limit = { type: 'LIMIT', price: 5 }
  it.each<[string, string, object]>([
    ['symbol', 'must be text', { symbol: undefined }],
    ['symbol', '1 to 128', { symbol: '' }],
    ['side', '"buy" or "sell"', { side: 'BUY' }],
    ['side', '"buy" or "sell"', { side: undefined }],
    ['quantity', 'finite decimal', { quantity: undefined }],
    ['quantity', 'finite decimal', { quantity: Number.NaN }],
    ['quantity', 'finite decimal', { quantity: '1e2' }],
    ['quantity', 'above 0', { quantity: 0 }],
    ['quantity', 'above 0', { quantity: '-100' }],
    ['quantity', 'multiple of 10', { quantity: 105 }],
    ['quantity', 'digits', { quantity: 100.5 }],
    ['quantity', 'safe integer', { quantity: 1e20 }],
    ['type', 'must be one of MARKET', { type: 'Limit', price: 5 }],
    ['type', 'must be one of MARKET', { type: 7 }],
    ['type', 'must be one of MARKET', { type: 'constructor' }],
    ['type', 'must be one of MARKET', { type: null }],
    ['price', 'is required for LIMIT', { type: 'LIMIT' }],
    ['price', 'is required for TRAILING_STOP_LIMIT', { type: 'TRAILING_STOP_LIMIT', trailing: { amount: 1 } }],
    ['price', 'is not possible for MARKET', { type: 'MARKET', price: 5 }],
    ['price', 'is not possible for STOP', { type: 'STOP', price: 5, triggerPrice: 5 }],
    ['price', 'multiple of 0.05', { price: '187.23' }],
    ['price', 'finite decimal', { price: null }],
    ['triggerPrice', 'is required for STOP', { type: 'STOP' }],
    ['triggerPrice', 'is required for STOP_LIMIT', { type: 'STOP_LIMIT', price: 5 }],
    ['triggerPrice', 'is required for MARKET_IF_TOUCHED', { type: 'MARKET_IF_TOUCHED' }],
    ['triggerPrice', 'is required for LIMIT_IF_TOUCHED', { type: 'LIMIT_IF_TOUCHED', price: 5 }],
    ['triggerPrice', 'is not possible for MARKET', { triggerPrice: 5 }],
    ['triggerPrice', 'multiple of 0.05', { type: 'STOP', triggerPrice: 5.01 }],
    ['triggerSource', 'is not possible for LIMIT', { ...limit, triggerSource: 'last' }],
    ['triggerSource', 'must be one of last', { type: 'STOP', triggerPrice: 5, triggerSource: 'mark' }],
    ['trailing', 'is required for TRAILING_STOP', { type: 'TRAILING_STOP' }],
    ['trailing', 'is required for TRAILING_STOP', { type: 'TRAILING_STOP', trailing: 5 }],
    ['trailing', 'is not possible for LIMIT', { ...limit, trailing: { amount: 1 } }],
    ['trailing', 'exactly one', { type: 'TRAILING_STOP', trailing: {} }],
    ['trailing', 'exactly one', { type: 'TRAILING_STOP', trailing: { amount: 1, basisPoints: 1 } }],
    ['trailing.amount', 'above 0', { type: 'TRAILING_STOP', trailing: { amount: 0 } }],
    ['trailing.amount', 'multiple of 0.05', { type: 'TRAILING_STOP', trailing: { amount: 0.01 } }],
    ['trailing.basisPoints', 'above 0', { type: 'TRAILING_STOP', trailing: { basisPoints: 0 } }],
    ['trailing.basisPoints', 'at most 10000', { type: 'TRAILING_STOP', trailing: { basisPoints: 10_001 } }],
    ['trailing.basisPoints', 'must be a number', { type: 'TRAILING_STOP', trailing: { basisPoints: '5' } }],
    ['trailing.ammount', 'did you mean amount?', { type: 'TRAILING_STOP', trailing: { basisPoints: 5, ammount: 5 } }],
    ['timeInForce', 'must be one of DAY', { timeInForce: 'GFD' }],
    ['timeInForce', 'MARKET and LIMIT only', { type: 'STOP', triggerPrice: 5, timeInForce: 'OPG' }],
    ['timeInForce', 'MARKET and LIMIT only', { type: 'MARKET_TO_LIMIT', timeInForce: 'CLO' }],
    ['expireTimeUs', 'is required for GTD', { ...limit, timeInForce: 'GTD' }],
    ['expireTimeUs', 'needs timeInForce GTD', { ...limit, expireTimeUs: 1 }],
    ['expireTimeUs', 'whole number', { ...limit, timeInForce: 'GTD', expireTimeUs: 1.5 }],
    ['expireTimeUs', 'whole number', { ...limit, timeInForce: 'GTD', expireTimeUs: 0 }],
    ['expireTimeUs', 'whole number', { ...limit, timeInForce: 'GTD', expireTimeUs: '5' }],
    ['postOnly', 'needs a type with a limit', { postOnly: true }],
    ['postOnly', 'needs a type with a limit', { type: 'MARKET_TO_LIMIT', postOnly: true }],
    ['postOnly', 'contradicts timeInForce IOC', { ...limit, timeInForce: 'IOC', postOnly: true }],
    ['postOnly', 'contradicts timeInForce FOK', { ...limit, timeInForce: 'FOK', postOnly: true }],
    ['postOnly', 'contradicts timeInForce OPG', { type: 'LOO', price: 5, postOnly: true }],
    ['postOnly', 'true or false', { ...limit, postOnly: 'yes' }],
    ['reduceOnly', 'true or false', { reduceOnly: 1 }],
    ['selfTradePrevention', 'must be one of none', { selfTradePrevention: 'cancel' }],
    ['displayQuantity', 'at most quantity', { ...limit, displayQuantity: 110 }],
    ['displayQuantity', 'above 0', { ...limit, displayQuantity: 0 }],
    ['displayQuantity', 'multiple of 10', { ...limit, displayQuantity: 15 }],
    ['displayQuantity', 'rests in the book', { displayQuantity: 10 }],
    ['displayQuantity', 'rests in the book', { ...limit, timeInForce: 'IOC', displayQuantity: 10 }],
    ['clientOrderId', 'must be text', { clientOrderId: 7 }],
    ['clientOrderId', '1 to 128', { clientOrderId: 'x'.repeat(129) }],
    ['clientOrderId', 'control characters', { clientOrderId: 'a\u0001b' }],
    ['account', 'must be text', { account: null }],
    ['strategy', '1 to 128', { strategy: '' }],
    ['connector', 'control characters', { connector: 'a\nb' }],
    ['tag', '1 to 256', { tag: 'x'.repeat(257) }],
    ['pirce', 'did you mean price?', { pirce: 5 }],
    ['qty', 'is unknown', { qty: 5, type: 'MARKET', timeInForce: 'DAY' }],
    ['__proto__x', 'is unknown', { __proto__x: 5 }],
  ])('refuses a bad %s: %s', (field, message, fields) => {
    const refused = refusal(() => normalize(fields))
    expect(refused.field).toBe(field)
    expect(refused.message).toContain(message)
    expect(refused.code).toMatch(/^TW_(INVALID_MODEL|INVALID_DECIMAL|OFF_GRID|OUT_OF_RANGE)$/)
  })

  it('refuses what is no object', () => {
    for (const request of [undefined, null, 'buy', 5]) {
      expect(refusal(() => normalizeOrderRequest(request as never, ibm, out)).field).toBe('request')
    }
  })

  it('finds an unknown field among any others', () => {
    const all = {
      ...limit,
      timeInForce: 'DAY',
      postOnly: false,
      reduceOnly: false,
      selfTradePrevention: 'none',
      clientOrderId: 'a',
      account: 'b',
      strategy: 'c',
      connector: 'd',
      tag: 'e',
      displayQuantity: 10,
    }
    const names = Object.keys(all) as (keyof typeof all)[]
    for (let mask = 0; mask < 2 ** names.length; mask += 7) {
      const fields: Record<string, unknown> = {}
      names.forEach((name, i) => {
        if (mask & (1 << i)) fields[name] = all[name]
      })
      if (fields.type !== undefined || fields.displayQuantity !== undefined) fields.price = 5
      normalize(fields)
      expect(refusal(() => normalize({ ...fields, extra: undefined })).field).toBe('extra')
      expect(refusal(() => normalize({ extra: 1, ...fields })).field).toBe('extra')
    }
  })
})

describe('normalizeOrderChange', () => {
  const change = new NormalizedChange()
  const normalizeChange = (fields: object, type: OrderRequest['type'] = 'STOP_LIMIT') =>
    normalizeOrderChange(fields as OrderChange, type as (typeof orderTypes)[number], ibm, change)

  it('writes what changes, and NaN for what stays', () => {
    expect(normalizeChange({ quantity: 50, price: '5.05', triggerPrice: 5 })).toEqual({
      quantityUnits: 50,
      priceUnits: 50_500,
      triggerPriceUnits: 50_000,
    })
    expect(normalizeChange({ quantity: 20 }, 'MARKET')).toEqual({
      quantityUnits: 20,
      priceUnits: Number.NaN,
      triggerPriceUnits: Number.NaN,
    })
  })

  it.each<[string, string, object, OrderRequest['type']]>([
    ['change', 'at least one of', {}, 'LIMIT'],
    ['change', 'at least one of', { price: undefined }, 'LIMIT'],
    ['quantity', 'above 0', { quantity: 0 }, 'LIMIT'],
    ['quantity', 'multiple of 10', { quantity: 5 }, 'LIMIT'],
    ['price', 'has no limit', { price: 5 }, 'STOP'],
    ['price', 'multiple of 0.05', { price: 5.01 }, 'LIMIT'],
    ['triggerPrice', 'has no trigger', { triggerPrice: 5 }, 'LIMIT'],
    ['side', 'is unknown', { side: 'buy' }, 'LIMIT'],
  ])('refuses a bad %s: %s', (field, message, fields, type) => {
    const refused = refusal(() => normalizeChange(fields, type))
    expect(refused.field).toBe(field)
    expect(refused.message).toContain(message)
  })

  it('refuses what is no object', () => {
    expect(refusal(() => normalizeOrderChange(null as never, 'LIMIT', ibm, change)).field).toBe('change')
  })
})
