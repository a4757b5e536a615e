import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { Decimal, numberToText, toDecimal } from './decimal.js'
import { type MarketEvent, tradingPhases } from './market-data.js'
import { orderStatuses, orderTypes, selfTradePreventions, timesInForce, triggerSources } from './order-types.js'
import { fromJson, type ModelByKind, type ModelKind, marketEventFromJson, modelKinds, toJson } from './schemas.js'

const numRuns = runs({ ci: 300, full: 20_000 })

/** A generator that also knows which fields its objects must have, so that mutations can tell which of them break a model. */
interface Shape {
  readonly arbitrary: fc.Arbitrary<Record<string, unknown>>
  readonly required: readonly string[]
  /** Shapes of objects and of the items of lists, by field. */
  readonly nested: Readonly<Record<string, Shape>>
}
type Parts = Record<string, fc.Arbitrary<unknown> | Shape>

const isShape = (part: fc.Arbitrary<unknown> | Shape): part is Shape => 'arbitrary' in part

function shape(required: Parts, optional: Parts = {}, lists: Record<string, Shape> = {}): Shape {
  const parts = { ...required, ...optional }
  const arbitraries = Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, isShape(part) ? part.arbitrary : part]),
  )
  const nested = Object.fromEntries(
    Object.entries(parts).filter((entry): entry is [string, Shape] => isShape(entry[1])),
  )
  const requiredKeys = Object.keys(required)
  return {
    arbitrary: fc.record(arbitraries, { requiredKeys, noNullPrototype: true }),
    required: requiredKeys,
    nested: { ...nested, ...lists },
  }
}

const withRule = (base: Shape, rule: (model: Record<string, unknown>) => Record<string, unknown>): Shape => ({
  ...base,
  arbitrary: base.arbitrary.map(rule),
})
const listOf = (item: Shape) => fc.array(item.arbitrary, { maxLength: 5 })

const isControl = (char: string) => char.charCodeAt(0) < 32 || char.charCodeAt(0) === 127
const line = (maxLength: number) =>
  fc
    .string({ unit: 'binary', minLength: 1, maxLength })
    .map((text) => [...text].filter((char) => !isControl(char)).join(''))
    .filter((text) => text.length > 0)
const id = fc.oneof(
  fc.constantFrom('IBM.XNYS', 'EUR/USD.IDEALPRO', 'BTC-27DEC24-100000-C.DERIBIT', '币安人生USDT.BINANCE', 'ünï çødé'),
  line(20),
)
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('', '\ud800 half a pair', 'line\nbreak\u0000', '"quoted" \\ \u2028'),
)
const time = fc.oneof(
  fc.integer({ min: 0, max: 4_000_000_000_000_000 }),
  fc.maxSafeInteger().map((value) => value + 0),
)
const count = fc.maxSafeNat()
const double = (options: fc.DoubleConstraints = {}) =>
  fc.double({ noNaN: true, noDefaultInfinity: true, ...options }).map((value) => value + 0)
const price = fc.oneof(double(), fc.constantFrom(0.1 + 0.2, 5e-324, -1.7976931348623157e308, 1e21, 100))
const size = double({ min: 0 })
const digits = (maxLength: number) => fc.stringMatching(new RegExp(`^\\d{1,${maxLength}}$`))
const decimal = fc
  .tuple(fc.boolean(), digits(60), fc.option(digits(60), { nil: undefined }))
  .map(([negative, whole, fraction]) =>
    toDecimal(`${negative ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}`),
  )
const amount = decimal.map((value) => value.abs())
const above = amount.filter((value) => !value.isZero())
const flag = fc.boolean()
const side = fc.constantFrom('buy', 'sell')
const day = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const text = (arbitrary: fc.Arbitrary<Decimal>) => arbitrary.map((value) => value.toFixed())

const header = { instrument: id, source: id, tsEventUs: time, tsRecvUs: time }
const kind = (word: string) => ({ kind: fc.constant(word) })
const level = shape({ price, size })
const bookOrder = shape({ price, size, orderId: id, side })
const change = shape({ action: fc.constantFrom('set', 'add', 'change', 'delete'), side, price, size }, { orderId: id })
const band = shape({ from: text(amount), increment: text(above) })
const balanceParts = shape({ currency: id, total: decimal, locked: decimal, free: decimal })
/** More digits than a total of any two generated amounts needs. */
const Exact = Decimal.clone({ precision: 400 })
const balance = withRule(balanceParts, (model) => ({
  ...model,
  total: toDecimal(new Exact(model.locked as Decimal).plus(model.free as Decimal).toFixed()),
}))

/** Amounts of a request may be text, a number or a Decimal. */
const input = (arbitrary: fc.Arbitrary<Decimal>) =>
  fc.oneof(arbitrary, text(arbitrary), double({ min: 1e-9, max: 1e9 }))

const shapes: Record<ModelKind, Shape> = {
  quote: shape(
    { ...kind('quote'), ...header },
    { sequence: count, bid: price, ask: price, bidSize: size, askSize: size, last: price, lastSize: size },
  ),
  trade: shape(
    { ...kind('trade'), ...header, price, size },
    { sequence: count, aggressor: side, tradeId: id, venue: id, condition: count },
  ),
  book_snapshot: shape(
    { ...kind('book_snapshot'), ...header, bids: listOf(level), asks: listOf(level) },
    { sequence: count, orders: listOf(bookOrder) },
    { bids: level, asks: level, orders: bookOrder },
  ),
  book_delta: shape(
    { ...kind('book_delta'), ...header, changes: listOf(change) },
    { sequence: count, previousSequence: count },
    { changes: change },
  ),
  bar: shape(
    {
      ...kind('bar'),
      ...header,
      unit: fc.constantFrom('time', 'tick', 'volume', 'value'),
      step: double({ min: 5e-324 }),
      tsOpenUs: time,
      open: price,
      high: price,
      low: price,
      close: price,
      volume: size,
      trades: count,
      isClosed: flag,
    },
    { sequence: count, vwap: price },
  ),
  news: shape(
    {
      ...kind('news'),
      source: id,
      tsEventUs: time,
      tsRecvUs: time,
      headline: anyText,
      symbols: fc.array(id, { maxLength: 4 }),
    },
    {
      body: anyText,
      provider: id,
      sentiment: double({ min: -1, max: 1 }),
      urgency: fc.constantFrom('low', 'normal', 'high'),
    },
  ),
  macro: shape(
    { ...kind('macro'), source: id, tsEventUs: time, tsRecvUs: time, name: id, country: id },
    { actual: price, forecast: price, previous: price, impact: fc.constantFrom('low', 'medium', 'high') },
  ),
  status: shape(
    { ...kind('status'), ...header, phase: fc.constantFrom(...tradingPhases) },
    { sequence: count, reason: anyText },
  ),
  discontinuity: shape(
    {
      ...kind('discontinuity'),
      ...header,
      stream: fc.constantFrom('all', 'quotes', 'trades', 'book'),
      reason: fc.constantFrom('failover', 'failback', 'better', 'lost', 'start', 'missing'),
    },
    { sequence: count, previousSource: id, missing: count },
  ),
  instrument: withRule(
    shape(
      {
        id,
        symbol: id,
        venue: id,
        assetClass: fc.constantFrom(
          'equity',
          'fx',
          'crypto_spot',
          'crypto_perpetual',
          'future',
          'option',
          'spread',
          'cfd',
          'bond',
          'index',
          'commodity',
        ),
        currency: id,
        priceIncrement: text(above),
        sizeIncrement: text(above),
      },
      {
        baseCurrency: id,
        settlementCurrency: id,
        priceBands: listOf(band),
        lotSize: text(above),
        minQuantity: text(above),
        maxQuantity: text(above),
        minNotional: text(amount),
        maxNotional: text(amount),
        minPrice: text(decimal),
        maxPrice: text(decimal),
        multiplier: text(above),
        isInverse: flag,
        calendar: id,
        expiry: day,
        underlying: id,
        strike: text(decimal),
        right: fc.constantFrom('call', 'put'),
        marginInitial: text(amount),
        marginMaintenance: text(amount),
        makerFee: text(decimal),
        takerFee: text(decimal),
        venueSymbols: fc.dictionary(fc.constantFrom('sim', 'ibkr', 'toString', 'ä'), id, { noNullPrototype: true }),
        sparePriceDigits: fc.integer({ min: 0, max: 8 }),
      },
      { priceBands: band },
    ),
    (model) =>
      model.assetClass === 'option'
        ? { ...model, underlying: 'IBM', expiry: '2024-02-29', strike: '1', right: 'put' }
        : model,
  ),
  order_request: shape(
    { symbol: id, side, quantity: input(above) },
    {
      type: fc.constantFrom(...orderTypes, 'limit', 'moc', 'LOO'),
      price: input(decimal),
      triggerPrice: input(decimal),
      triggerSource: fc.constantFrom(...triggerSources),
      trailing: shape({}, { amount: input(above), basisPoints: double({ min: 1e-3, max: 1e4 }) }),
      timeInForce: fc.constantFrom(...timesInForce, 'gtc'),
      expireTimeUs: time,
      postOnly: flag,
      reduceOnly: flag,
      displayQuantity: input(above),
      selfTradePrevention: fc.constantFrom(...selfTradePreventions),
      clientOrderId: id,
      account: id,
      strategy: id,
      connector: id,
      tag: fc.oneof(id, fc.constant('')),
    },
  ),
  order_change: shape({}, { quantity: input(above), price: input(decimal), triggerPrice: input(decimal) }),
  order: shape(
    {
      clientOrderId: id,
      instrument: id,
      account: id,
      strategy: id,
      connector: id,
      side,
      type: fc.constantFrom(...orderTypes),
      timeInForce: fc.constantFrom(...timesInForce),
      quantity: amount,
      postOnly: flag,
      reduceOnly: flag,
      status: fc.constantFrom(...orderStatuses),
      filledQuantity: amount,
      leavesQuantity: amount,
      isInferred: flag,
      tsCreatedUs: time,
      tsUpdatedUs: time,
    },
    {
      venueOrderId: id,
      price: decimal,
      triggerPrice: decimal,
      displayQuantity: amount,
      expireTimeUs: time,
      averagePrice: decimal,
      reason: anyText,
      tag: id,
    },
  ),
  execution: withRule(
    shape(
      {
        kind: fc.constantFrom('fill', 'correction', 'bust'),
        execId: id,
        instrument: id,
        account: id,
        connector: id,
        side,
        price: decimal,
        quantity: amount,
        liquidity: fc.constantFrom('maker', 'taker', 'auction', 'unknown'),
        isInferred: flag,
        tsEventUs: time,
        tsRecvUs: time,
      },
      {
        referenceExecId: id,
        clientOrderId: id,
        venueOrderId: id,
        strategy: id,
        cumulativeQuantity: amount,
        averagePrice: decimal,
        commission: decimal,
        commissionCurrency: id,
      },
    ),
    (model) => ({
      ...model,
      ...(model.kind === 'fill' ? {} : { referenceExecId: 'E0' }),
      ...(model.commission === undefined ? {} : { commissionCurrency: 'USD' }),
    }),
  ),
  settlement: shape({
    execId: id,
    account: id,
    instrument: id,
    side,
    quantity: amount,
    amount: decimal,
    currency: id,
    tradeDate: day,
    settlementDate: day,
    status: fc.constantFrom('pending', 'settled', 'failed'),
  }),
  position: shape(
    {
      instrument: id,
      account: id,
      quantity: decimal,
      realizedGross: decimal,
      realizedNet: decimal,
      fees: decimal,
      currency: id,
      tsUpdatedUs: time,
    },
    { strategy: id, averagePrice: decimal, unrealized: decimal },
  ),
  balance,
  account: shape(
    { account: id, connector: id, balances: listOf(balance), baseCurrency: id, tsEventUs: time, tsRecvUs: time },
    { marginUsed: decimal, marginAvailable: decimal, equity: decimal },
    { balances: balance },
  ),
}

/** Requests and changes come back with their amounts as text: the same amounts, in one form. */
function canonical(kindName: ModelKind, model: unknown): unknown {
  if (kindName !== 'order_request' && kindName !== 'order_change') return model
  const {
    quantity,
    price: limit,
    triggerPrice,
    displayQuantity,
    trailing,
    ...rest
  } = model as ModelByKind['order_request']
  const asText = (value: unknown) =>
    typeof value === 'number' ? numberToText(value) : value instanceof Decimal ? value.toFixed() : value
  const amounts = { quantity, price: limit, triggerPrice, displayQuantity }
  const texts = Object.fromEntries(
    Object.entries(amounts).flatMap(([name, value]) => (value === undefined ? [] : [[name, asText(value)]])),
  )
  if (trailing === undefined) return { ...rest, ...texts }
  const { amount: distance, ...others } = trailing
  return { ...rest, ...texts, trailing: { ...others, ...(distance === undefined ? {} : { amount: asText(distance) }) } }
}

const parse = (kindName: ModelKind, json: unknown) => fromJson(kindName, json)
const write = (kindName: ModelKind, model: unknown) => toJson(kindName, model as never)
const wire = (kindName: ModelKind, model: unknown) =>
  JSON.parse(JSON.stringify(write(kindName, model))) as Record<string, unknown>

function refusedField(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    const { code, details, message } = error as { code: string; message: string; details: { field: string } }
    expect(code).toBe('TW_INVALID_MODEL')
    expect(message).toContain(details.field)
    return details.field
  }
  return 'accepted'
}

/** Every object in JSON data that has a shape, with its path. */
function* objectsIn(
  value: Record<string, unknown>,
  of: Shape,
  path = '',
): Generator<{ object: Record<string, unknown>; of: Shape; path: string }> {
  yield { object: value, of, path }
  for (const [name, nested] of Object.entries(of.nested)) {
    const inner = value[name]
    const items = Array.isArray(inner)
      ? inner.map((item, i) => [item, `${path}${name}.${i}.`] as const)
      : inner === undefined
        ? []
        : [[inner, `${path}${name}.`] as const]
    for (const [item, itemPath] of items) yield* objectsIn(item as Record<string, unknown>, nested, itemPath)
  }
}

/** Values that are wrong in the place of `value`, whatever the schema there. */
function wrongFor(value: unknown): unknown[] {
  const always = [null, Number.NaN, Number.POSITIVE_INFINITY, 1.5, () => {}, new Date(0)]
  if (typeof value === 'string') return [...always, 5, true, {}, [], [value]]
  if (typeof value === 'number') return [...always, '5', true, {}, []]
  if (typeof value === 'boolean') return [...always, 'true', 1, {}, []]
  return Array.isArray(value) ? [...always, {}, 'text', 5, [5], ['']] : [...always, [], 'text', 5]
}

describe.each(modelKinds.map((name) => ({ name })))('$name', ({ name }) => {
  const { arbitrary } = shapes[name]
  const options = { numRuns }

  it('survives serialise and parse exactly', () => {
    fc.assert(
      fc.property(arbitrary, (model) => {
        const parsed = parse(name, wire(name, model))
        expect(parsed).toStrictEqual(canonical(name, model))
        expect(wire(name, parsed)).toStrictEqual(wire(name, model))
      }),
      options,
    )
  })

  const hasRequired = shapes[name].required.length > 0
  it(`is refused without a required field, which the error names${hasRequired ? '' : ': it has none'}`, () => {
    if (!hasRequired) {
      expect(parse(name, {})).toEqual({})
      return
    }
    fc.assert(
      fc.property(arbitrary, fc.nat(), (model, choice) => {
        const json = wire(name, model)
        const places = [...objectsIn(json, shapes[name])].flatMap(({ object, of, path }) =>
          of.required.map((field) => ({ object, field, path: `${path}${field}` })),
        )
        fc.pre(places.length > 0)
        const { object, field, path } = places[choice % places.length]!
        delete object[field]
        expect(refusedField(() => parse(name, json))).toBe(path)
      }),
      options,
    )
  })

  it('is refused with a field of the wrong type, NaN or infinity, which the error names', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), fc.nat(), (model, choice, wrong) => {
        const json = wire(name, model)
        const places = [...objectsIn(json, shapes[name])].flatMap(({ object, path }) =>
          Object.keys(object).map((field) => ({ object, field, path: `${path}${field}` })),
        )
        fc.pre(places.length > 0)
        const { object, field, path } = places[choice % places.length]!
        const values = wrongFor(object[field])
        object[field] = values[wrong % values.length]
        const refused = refusedField(() => parse(name, json))
        expect([path, `${path}.0`]).toContain(refused)
      }),
      options,
    )
  })

  it('is refused with a field that it does not have', () => {
    fc.assert(
      fc.property(
        arbitrary,
        fc.nat(),
        fc.constantFrom('extra', 'Kind', 'valueOf', '__proto__', 'constructor', 'prototype'),
        (model, choice, extra) => {
          const json = wire(name, model)
          const places = [...objectsIn(json, shapes[name])]
          const { object, path } = places[choice % places.length]!
          Object.defineProperty(object, extra, { value: { polluted: true }, enumerable: true })
          expect(refusedField(() => parse(name, JSON.parse(JSON.stringify(json))))).toBe(`${path}${extra}`)
          expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
        },
      ),
      options,
    )
  })

  it('is not written with NaN, infinity or a field that it does not have', () => {
    fc.assert(
      fc.property(
        arbitrary,
        fc.nat(),
        fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY, new Decimal(Number.NaN)),
        (model, choice, bad) => {
          const copy = { ...model }
          const fields = Object.keys(copy)
          if (fields.length > 0) {
            const field = fields[choice % fields.length]!
            copy[field] = bad
            expect(refusedField(() => write(name, copy))).toBe(field)
          }
          expect(refusedField(() => write(name, { ...model, extra: 1 }))).toBe('extra')
        },
      ),
      options,
    )
  })
})

it('reads any market event by its own kind', () => {
  const kinds: MarketEvent['kind'][] = [
    'quote',
    'trade',
    'book_snapshot',
    'book_delta',
    'bar',
    'news',
    'macro',
    'status',
    'discontinuity',
  ]
  const event = fc.constantFrom(...kinds).chain((name) => shapes[name].arbitrary.map((model) => ({ name, model })))
  fc.assert(
    fc.property(event, ({ name, model }) => {
      expect(marketEventFromJson(wire(name, model))).toStrictEqual(model)
    }),
    { numRuns },
  )
})
