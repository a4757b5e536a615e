import { describe, expect, it } from 'vitest'
import { Decimal } from './decimal.js'
import type { PriceTick } from './market-data.js'
import type { OrderRequest } from './order.js'
import { inspectInput } from './schema/json.js'
import { nearestName, unknownField } from './schema/unknown-field.js'
import { fromJson, marketEventFromJson, modelKinds, toJson } from './schemas.js'

const quote = { kind: 'quote', instrument: 'IBM.XNYS', source: 'sim', tsEventUs: 1, tsRecvUs: 2 }
const request = { symbol: 'IBM', side: 'buy', quantity: '100' }
const settlement = {
  execId: 'E1',
  account: 'A',
  instrument: 'IBM.XNYS',
  side: 'buy',
  quantity: '1',
  amount: '-1',
  currency: 'USD',
  tradeDate: '2024-01-02',
  settlementDate: '2024-01-04',
  status: 'pending',
}
const option = {
  id: 'IBM240119C00160000.XCBO',
  symbol: 'IBM240119C00160000',
  venue: 'XCBO',
  assetClass: 'option',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
  underlying: 'IBM.XNYS',
  expiry: '2024-01-19',
  strike: '160',
  right: 'call',
}
const fill = {
  kind: 'fill',
  execId: 'E1',
  instrument: 'IBM.XNYS',
  account: 'A',
  connector: 'sim',
  side: 'buy',
  price: '1',
  quantity: '1',
  liquidity: 'maker',
  isInferred: false,
  tsEventUs: 1,
  tsRecvUs: 1,
}

function refusal(run: () => unknown): {
  field: string
  message: string
  faults: { field: string }[]
  faultCount: number
} {
  try {
    run()
  } catch (error) {
    const { details, message } = error as { details: Record<string, unknown>; message: string }
    return { ...(details as { field: string; faults: { field: string }[]; faultCount: number }), message }
  }
  throw new Error('was accepted')
}

describe('toJson', () => {
  it('writes decimals as plain text, times as integers, and no field that is undefined', () => {
    const tick = {
      ...quote,
      bid: 1e-7,
      ask: 187.25,
      bidSize: 1e21,
      sequence: 5,
      last: undefined,
    } as unknown as PriceTick
    expect(toJson('quote', tick)).toStrictEqual({
      ...quote,
      bid: '0.0000001',
      ask: '187.25',
      bidSize: '1000000000000000000000',
      sequence: 5,
    })
    const order = {
      ...request,
      quantity: new Decimal('1e3'),
      price: 0.1,
      trailing: { basisPoints: 2.5 },
    } as OrderRequest
    expect(toJson('order_request', order)).toStrictEqual({
      ...request,
      quantity: '1000',
      price: '0.1',
      trailing: { basisPoints: '2.5' },
    })
  })

  it('gives zero no sign, before and after JSON text', () => {
    const tick = { ...quote, tsEventUs: -0, bid: -0 } as unknown as PriceTick
    const json = toJson('quote', tick)
    expect(json).toStrictEqual({ ...quote, tsEventUs: 0, bid: '0' })
    expect(fromJson('quote', { ...json, bid: '-0.00' })).toStrictEqual({ ...quote, tsEventUs: 0, bid: 0 })
  })

  it('refuses to write what could not be read again', () => {
    expect(refusal(() => toJson('quote', { ...quote, ask: Number.NaN } as never)).message).toContain(
      'quote: ask must be a decimal number as text, got NaN',
    )
    expect(refusal(() => toJson('quote', { ...quote, nested: { a: 1 } } as never)).field).toBe('nested')
    expect(refusal(() => toJson('quote', null as never)).message).toContain('must be an object, got null')
    expect(refusal(() => toJson('quote', new Map() as never)).message).toContain('must be plain data')
    const cyclic: Record<string, unknown> = { ...quote }
    cyclic.bid = cyclic
    expect(refusal(() => toJson('quote', cyclic as never)).message).toContain('is nested deeper than')
  })
})

describe('fromJson', () => {
  it('tells every fault in one error, by path, with what was expected', () => {
    const json = {
      kind: 'book_delta',
      instrument: 'X.Y',
      source: '',
      tsRecvUs: 1.5,
      changes: [{ action: 'set', side: 'bid', price: 1, size: '-1' }],
    }
    const { message, faults, field } = refusal(() => fromJson('book_delta', json))
    expect(field).toBe('source')
    expect(faults.map((fault) => fault.field)).toEqual([
      'source',
      'tsEventUs',
      'tsRecvUs',
      'changes.0.side',
      'changes.0.price',
      'changes.0.size',
    ])
    expect(message).toContain(
      'tsEventUs is missing; tsRecvUs must be a whole number, got 1.5; changes.0.side must be one of "buy", "sell", got "bid"',
    )
    expect(message).toContain('changes.0.size must be a decimal number as text of at least 0, got "-1"')
  })

  it('bounds the error of an input that is wrong everywhere', () => {
    const changes = Array.from({ length: 1_000 }, () => ({ action: 'x'.repeat(10_000) }))
    const { message, faults, faultCount } = refusal(() =>
      fromJson('book_delta', { ...quote, kind: 'book_delta', changes }),
    )
    expect([faults.length, faultCount]).toEqual([10, 4_000])
    expect(message.length).toBeLessThan(5_000)
    expect(message).toContain('and 3990 more')
    const many = Array.from({ length: 50_000 }, () => ({ action: 'x' }))
    const first = refusal(() => fromJson('book_delta', { ...quote, kind: 'book_delta', changes: many }))
    expect([first.field, first.faultCount]).toEqual(['changes.0.action', 1])
  })

  it('suggests the field that was probably meant', () => {
    expect(refusal(() => fromJson('order_request', { ...request, pirce: '1' })).message).toContain(
      'pirce is unknown; did you mean price? (known: account,',
    )
  })

  it('refuses decimals that a double cannot carry, and exponents', () => {
    expect(refusal(() => fromJson('quote', { ...quote, bid: '0.12345678901234567890' })).message).toContain(
      'no more digits than a double carries',
    )
    expect(refusal(() => fromJson('quote', { ...quote, bid: '1e5' })).field).toBe('bid')
    expect(refusal(() => fromJson('quote', { ...quote, bid: '9'.repeat(401) })).field).toBe('bid')
    expect(refusal(() => fromJson('quote', { ...quote, bid: '9'.repeat(399) })).field).toBe('bid')
    expect(fromJson('order_change', { price: '0.12345678901234567890' })).toEqual({ price: '0.12345678901234567890' })
  })

  it.each([
    ['instrument', { instrument: 'x'.repeat(129) }],
    ['instrument', { instrument: 'a\u0000b' }],
    ['tsEventUs', { tsEventUs: 2 ** 53 }],
    ['sequence', { sequence: -1 }],
    ['bidSize', { bidSize: '-0.1' }],
    ['kind', { kind: 'trade' }],
  ])('refuses %s out of its range', (field, changes) => {
    expect(refusal(() => fromJson('quote', { ...quote, ...changes })).field).toBe(field)
  })

  it.each([
    '2023-02-29',
    '2024-13-01',
    '2024-00-10',
    '2024-04-31',
    '24-01-01',
    '2024-1-1',
    '1900-02-29',
    '2024-01-01T00:00:00Z',
  ])('refuses %s as a day', (day) => {
    expect(refusal(() => fromJson('settlement', { ...settlement, tradeDate: day })).field).toBe('tradeDate')
  })

  it('takes leap days', () => {
    for (const day of ['2024-02-29', '2000-02-29', '2024-12-31']) {
      expect(fromJson('settlement', { ...settlement, tradeDate: day }).tradeDate).toBe(day)
    }
  })

  it('knows the rules between fields', () => {
    const balance = { currency: 'USD', total: '3', locked: '1', free: '2.0' }
    expect(fromJson('balance', balance).total.eq(3)).toBe(true)
    expect(refusal(() => fromJson('balance', { ...balance, free: '1.9' }))).toMatchObject({ field: 'total' })
    const account = {
      account: 'A',
      connector: 'c',
      baseCurrency: 'USD',
      tsEventUs: 1,
      tsRecvUs: 1,
      balances: [balance, { ...balance, free: '9' }],
    }
    expect(refusal(() => fromJson('account', account)).field).toBe('balances.1.total')
    for (const field of ['underlying', 'expiry', 'strike', 'right'] as const) {
      const { [field]: _, ...without } = option
      expect(refusal(() => fromJson('instrument', without)).field).toBe(field)
      expect(fromJson('instrument', { ...without, assetClass: 'equity' }).id).toBe(option.id)
    }
    expect(refusal(() => fromJson('execution', { ...fill, kind: 'bust' })).field).toBe('referenceExecId')
    expect(refusal(() => fromJson('execution', { ...fill, commission: '0' })).field).toBe('commissionCurrency')
    expect(
      fromJson('execution', { ...fill, commission: '-0.1', commissionCurrency: 'USD' }).commission?.toString(),
    ).toBe('-0.1')
  })

  it('is not fooled by lists, classes, inherited fields or names of the prototype', () => {
    expect(refusal(() => fromJson('order_change', [])).message).toContain('must be an object, got a list')
    expect(refusal(() => fromJson('order_request', { ...request, trailing: [] })).field).toBe('trailing')
    expect(refusal(() => fromJson('order_request', Object.create(request))).message).toContain('must be plain data')
    class Request {
      symbol = 'IBM'
    }
    expect(refusal(() => fromJson('order_request', new Request())).message).toContain('must be plain data')
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const json = JSON.parse(`{"symbol":"IBM","trailing":{"${key}":{"amount":"1"}}}`)
      expect(refusal(() => fromJson('order_request', json)).field).toBe(`trailing.${key}`)
    }
    expect(refusal(() => fromJson('instrument', { ...option, venueSymbols: ['x'] })).field).toBe('venueSymbols')
    expect(
      refusal(() => fromJson('instrument', { ...option, venueSymbols: JSON.parse('{"__proto__":"x"}') })).field,
    ).toBe('venueSymbols.__proto__')
  })

  it('refuses a kind that there is not', () => {
    expect(() => fromJson('qoute' as never, {})).toThrow(/kind is unknown; did you mean quote\?.*TW_INVALID_ARGUMENT/)
    expect(() => fromJson('constructor' as never, {})).toThrow('TW_INVALID_ARGUMENT')
    expect(modelKinds).toContain('quote')
  })

  it('reads market events by their kind only', () => {
    expect(marketEventFromJson(quote)).toEqual(quote)
    for (const kind of ['qoute', 'order', 'toString', 5, undefined]) {
      expect(refusal(() => marketEventFromJson({ ...quote, kind })).field).toBe('kind')
    }
    expect(refusal(() => marketEventFromJson('quote')).field).toBe('kind')
    expect(refusal(() => marketEventFromJson({ ...quote, kind: 'trade' })).field).toBe('price')
  })
})

describe('inspectInput', () => {
  const limits = { depth: 3, entries: 4, values: 20, textLength: 5 }

  it.each<[unknown, string, string]>([
    [{ a: { b: { c: {} } } }, 'a.b.c', 'nested deeper than 3'],
    [[[[[]]]], '0.0.0', 'nested deeper than 3'],
    [{ a: [1, 2, 3, 4, 5] }, 'a', 'at most 4 entries, got 5'],
    [{ a: { b: 1, c: 2, d: 3, e: 4, f: 5 } }, 'a', 'at most 4 fields, got 5'],
    [{ a: ['123456'] }, 'a.0', 'at most 5 characters long, got 6'],
    [
      {
        a: [
          [1, 2, 3, 4],
          [1, 2, 3, 4],
          [1, 2, 3, 4],
          [1, 2, 3, 4],
        ],
      },
      'a.3.2',
      'beyond the 20 values',
    ],
    [{ a: new Date(0) }, 'a', 'plain data'],
    [{ prototype: 1 }, 'prototype', 'not allowed'],
  ])('bounds %j', (input, path, problem) => {
    const fault = inspectInput(input, limits).fault
    expect(fault?.path).toBe(path)
    expect(fault?.problem).toContain(problem)
  })

  it('finds nothing wrong with JSON within the bounds', () => {
    for (const input of [null, 5, 'text', true, undefined, [], {}, { a: [1, { b: 'x' }] }, Object.create(null)]) {
      expect(inspectInput(input, limits).fault).toBeUndefined()
    }
  })

  it('cuts long names of fields', () => {
    expect(inspectInput({ ['k'.repeat(1_000)]: new Date(0) }).fault?.path).toHaveLength(65)
  })
})

describe('unknownField', () => {
  it('lists the known names, and the nearest where one is near', () => {
    expect(unknownField('quanttiy', ['price', 'quantity'])).toBe(
      'is unknown; did you mean quantity? (known: price, quantity)',
    )
    expect(unknownField('zzz', ['price', 'quantity'])).toBe('is unknown (known: price, quantity)')
  })

  it('does not guess wildly, nor work long on long names', () => {
    expect(nearestName('Price', ['price'])).toBe('price')
    expect(nearestName('ab', ['xy', 'ac'])).toBe('ac')
    expect(nearestName('qty', ['side', 'type'])).toBeUndefined()
    expect(nearestName('x'.repeat(1_000_000), ['x'.repeat(1_000_001)])).toBeUndefined()
  })
})
