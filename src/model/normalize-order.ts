/**
 * From what a strategy asks for to the one typed form that the rest of the order path works with: integer units, upper-case
 * words, defaults filled in, every rule between the fields checked. The first thing an order meets.
 *
 * Runs once per order on the hot path: it writes into an object that the caller owns, reads numbers and text without
 * decimal.js, and allocates nothing. It needs neither a clock nor a position nor the state of the venue: size and price
 * bounds of the instrument, expiry in the past and what the venue supports are the risk gate's to check.
 */
import { TradewireError } from '../core/errors.js'
import { type DecimalInput, isMultiple, toUnits } from './decimal.js'
import type { AssetClass, Instrument } from './instrument.js'
import { MAX_ID_LENGTH, MAX_TAG_LENGTH, MAX_TRAILING_BASIS_POINTS } from './limits.js'
import type { OrderChange, OrderRequest } from './order.js'
import {
  type OrderType,
  orderTypes,
  type SelfTradePrevention,
  type Side,
  selfTradePreventions,
  type TimeInForce,
  type TriggerSource,
  timesInForce,
  triggerSources,
} from './order-types.js'
import { unknownField } from './schema/unknown-field.js'

/**
 * An order in canonical form. Amounts are integer units of the instrument's scales; NaN where the order has none.
 * The object is reused: its values hold until the next order is written into it.
 */
export class NormalizedOrder {
  side: Side = 'buy'
  /** 1 buy, -1 sell. */
  sideSign = 1
  type: OrderType = 'MARKET'
  /** Index of `type` in `orderTypes`. */
  typeIndex = 0
  timeInForce: TimeInForce = 'DAY'
  /** Index of `timeInForce` in `timesInForce`. */
  timeInForceIndex = 0
  /** Above 0. */
  quantityUnits = Number.NaN
  priceUnits = Number.NaN
  triggerPriceUnits = Number.NaN
  triggerSource: TriggerSource = 'last'
  /** At the price scale, above 0. */
  trailingAmountUnits = Number.NaN
  /** Above 0, at most {@link MAX_TRAILING_BASIS_POINTS}. */
  trailingBasisPoints = Number.NaN
  displayUnits = Number.NaN
  /** Unix epoch microseconds. */
  expireTimeUs = Number.NaN
  postOnly = false
  reduceOnly = false
  selfTradePrevention: SelfTradePrevention = 'none'
  clientOrderId: string | undefined
  account: string | undefined
  strategy: string | undefined
  connector: string | undefined
  positionId: string | undefined
  tag: string | undefined
}

/** What a type asks for and allows. */
interface TypeRule {
  readonly type: OrderType
  readonly index: number
  /** The auction that the name implies. */
  readonly auction: TimeInForce | undefined
  readonly hasPrice: boolean
  readonly trigger: 'required' | 'optional' | 'none'
  readonly isTrailing: boolean
  /** Whether what is left rests in the book, so that a part of it can be shown. */
  readonly canRest: boolean
}

function typeRule(type: OrderType, auction?: TimeInForce): TypeRule {
  const isTrailing = type === 'TRAILING_STOP' || type === 'TRAILING_STOP_LIMIT'
  const isImmediate = type === 'MARKET' || type === 'LIMIT' || type === 'MARKET_TO_LIMIT'
  const hasPrice =
    type === 'LIMIT' || type === 'STOP_LIMIT' || type === 'LIMIT_IF_TOUCHED' || type === 'TRAILING_STOP_LIMIT'
  return {
    type,
    index: orderTypes.indexOf(type),
    auction,
    hasPrice,
    trigger: isImmediate ? 'none' : isTrailing ? 'optional' : 'required',
    isTrailing,
    canRest: hasPrice || type === 'MARKET_TO_LIMIT',
  }
}

const marketRule = typeRule('MARKET')
const limitRule = typeRule('LIMIT')
const rulesByName = new Map<string, TypeRule>()
for (const type of orderTypes) rulesByName.set(type, typeRule(type))
rulesByName.set('MOO', typeRule('MARKET', 'OPG'))
rulesByName.set('LOO', typeRule('LIMIT', 'OPG'))
rulesByName.set('MOC', typeRule('MARKET', 'CLO'))
rulesByName.set('LOC', typeRule('LIMIT', 'CLO'))
for (const [name, rule] of [...rulesByName]) rulesByName.set(name.toLowerCase(), rule)

const timesByName = new Map<string, TimeInForce>()
for (const time of timesInForce) timesByName.set(time, time).set(time.toLowerCase(), time)
const dayIndex = timesInForce.indexOf('DAY')

const requestFields = [
  'symbol',
  'side',
  'quantity',
  'type',
  'price',
  'triggerPrice',
  'triggerSource',
  'trailing',
  'timeInForce',
  'expireTimeUs',
  'postOnly',
  'reduceOnly',
  'displayQuantity',
  'selfTradePrevention',
  'clientOrderId',
  'account',
  'strategy',
  'connector',
  'positionId',
  'tag',
] as const satisfies readonly (keyof OrderRequest)[]

/**
 * Writes the canonical form of `request` into `out` and returns it. After an error `out` holds nothing of use.
 *
 * @throws TradewireError `TW_INVALID_MODEL` for a rule that is broken, `TW_INVALID_DECIMAL`, `TW_OFF_GRID` or
 * `TW_OUT_OF_RANGE` for an amount; always with `details.field`.
 *
 * @example
 * ```ts
 * const order = normalizeOrderRequest({ symbol: 'IBM', side: 'buy', quantity: 100, price: '187.25' }, instrument, new NormalizedOrder())
 * ```
 */
export function normalizeOrderRequest(
  request: OrderRequest,
  instrument: Instrument,
  out: NormalizedOrder,
): NormalizedOrder {
  if (typeof request !== 'object' || request === null) throw refuse('request', 'must be an object')
  requireText(request.symbol, 'symbol', MAX_ID_LENGTH)
  const side = request.side
  if (side !== 'buy' && side !== 'sell') throw refuse('side', 'must be "buy" or "sell"')
  out.side = side
  out.sideSign = side === 'buy' ? 1 : -1
  const rule = readType(request, out)
  readTimeInForce(request, rule, out)
  out.quantityUnits = positiveQuantity(request.quantity, instrument, 'quantity')
  readPrices(request, rule, instrument, out)
  readTrailing(request, rule, instrument, out)
  readFlags(request, rule, instrument, out)
  readNames(request, out)
  requireKnownFields(request, out)
  return out
}

function readType(request: OrderRequest, out: NormalizedOrder): TypeRule {
  const name = request.type
  let rule: TypeRule | undefined
  if (name === undefined) rule = request.price === undefined ? marketRule : limitRule
  else rule = rulesByName.get(name)
  if (rule === undefined) throw refuse('type', `must be one of ${orderTypes.join(', ')}, MOO, LOO, MOC, LOC`)
  out.type = rule.type
  out.typeIndex = rule.index
  return rule
}

function readTimeInForce(request: OrderRequest, rule: TypeRule, out: NormalizedOrder): void {
  const name = request.timeInForce
  const time = name === undefined ? (rule.auction ?? 'DAY') : timesByName.get(name)
  if (time === undefined) throw refuse('timeInForce', `must be one of ${timesInForce.join(', ')}`)
  if (rule.auction !== undefined && time !== rule.auction) {
    throw refuse('timeInForce', `contradicts type ${request.type}, which means ${rule.auction}; leave it out`)
  }
  if ((time === 'OPG' || time === 'CLO') && rule.type !== 'MARKET' && rule.type !== 'LIMIT') {
    throw refuse('timeInForce', `${time} is possible for MARKET and LIMIT only; the type is ${rule.type}`)
  }
  out.timeInForce = time
  out.timeInForceIndex = time === 'DAY' ? dayIndex : timesInForce.indexOf(time)
  const expireTimeUs = request.expireTimeUs
  if (time === 'GTD') {
    if (expireTimeUs === undefined) throw refuse('expireTimeUs', 'is required for GTD')
    if (!Number.isSafeInteger(expireTimeUs) || expireTimeUs <= 0) {
      throw refuse('expireTimeUs', 'must be Unix epoch microseconds, a whole number above 0')
    }
    out.expireTimeUs = expireTimeUs
  } else {
    if (expireTimeUs !== undefined) throw refuse('expireTimeUs', `needs timeInForce GTD; it is ${time}`)
    out.expireTimeUs = Number.NaN
  }
}

function readPrices(request: OrderRequest, rule: TypeRule, instrument: Instrument, out: NormalizedOrder): void {
  if (rule.hasPrice) {
    if (request.price === undefined) throw refuse('price', `is required for ${rule.type}`)
    out.priceUnits = validPrice(request.price, instrument, 'price')
  } else {
    if (request.price !== undefined)
      throw refuse('price', `is not possible for ${rule.type}; leave it out, or ask for a type with a limit`)
    out.priceUnits = Number.NaN
  }
  if (rule.trigger === 'none') {
    if (request.triggerPrice !== undefined)
      throw refuse(
        'triggerPrice',
        `is not possible for ${rule.type}; ask for STOP, STOP_LIMIT or another type with a trigger`,
      )
    if (request.triggerSource !== undefined)
      throw refuse('triggerSource', `is not possible for ${rule.type}, which has no trigger`)
    out.triggerPriceUnits = Number.NaN
    out.triggerSource = 'last'
    return
  }
  if (request.triggerPrice !== undefined) {
    out.triggerPriceUnits = validPrice(request.triggerPrice, instrument, 'triggerPrice')
  } else {
    if (rule.trigger === 'required') throw refuse('triggerPrice', `is required for ${rule.type}`)
    out.triggerPriceUnits = Number.NaN
  }
  const source = request.triggerSource ?? defaultTriggerSource(instrument)
  if (!triggerSources.includes(source)) throw refuse('triggerSource', `must be one of ${triggerSources.join(', ')}`)
  out.triggerSource = source
}

/** Classes that are quoted by dealers: they have no tape of trades that a stop could wait for. */
const classesWithoutTape: ReadonlySet<AssetClass> = new Set(['fx', 'cfd', 'bond'])

function defaultTriggerSource(instrument: Instrument): TriggerSource {
  return classesWithoutTape.has(instrument.definition.assetClass) ? 'bid_ask' : 'last'
}

function readTrailing(request: OrderRequest, rule: TypeRule, instrument: Instrument, out: NormalizedOrder): void {
  const trailing = request.trailing
  out.trailingAmountUnits = Number.NaN
  out.trailingBasisPoints = Number.NaN
  if (!rule.isTrailing) {
    if (trailing !== undefined)
      throw refuse('trailing', `is not possible for ${rule.type}; ask for TRAILING_STOP or TRAILING_STOP_LIMIT`)
    return
  }
  if (typeof trailing !== 'object' || trailing === null) {
    throw refuse('trailing', `is required for ${rule.type}: { amount } or { basisPoints }`)
  }
  const { amount, basisPoints } = trailing
  if ((amount === undefined) === (basisPoints === undefined))
    throw refuse('trailing', 'must have exactly one of amount and basisPoints')
  for (const field in trailing) {
    if (field !== 'amount' && field !== 'basisPoints') {
      throw refuse(`trailing.${field.slice(0, 64)}`, unknownField(field, ['amount', 'basisPoints']))
    }
  }
  if (amount !== undefined) {
    const units = toUnits(amount, instrument.priceScale, 'trailing.amount')
    if (units <= 0) throw refuse('trailing.amount', 'must be above 0')
    if (!isMultiple(units, instrument.priceStepUnits))
      throw offGrid(
        instrument,
        'trailing.amount',
        instrument.priceText(units),
        instrument.priceText(instrument.priceStepUnits),
      )
    out.trailingAmountUnits = units
  } else {
    if (!(typeof basisPoints === 'number' && basisPoints > 0 && basisPoints <= MAX_TRAILING_BASIS_POINTS)) {
      throw refuse('trailing.basisPoints', `must be a number above 0 and at most ${MAX_TRAILING_BASIS_POINTS}`)
    }
    out.trailingBasisPoints = basisPoints
  }
}

function readFlags(request: OrderRequest, rule: TypeRule, instrument: Instrument, out: NormalizedOrder): void {
  const { postOnly = false, reduceOnly = false, selfTradePrevention = 'none', displayQuantity } = request
  if (typeof postOnly !== 'boolean') throw refuse('postOnly', 'must be true or false')
  if (typeof reduceOnly !== 'boolean') throw refuse('reduceOnly', 'must be true or false')
  if (postOnly) {
    if (!rule.hasPrice) throw refuse('postOnly', `needs a type with a limit; the type is ${rule.type}`)
    if (out.timeInForce !== 'DAY' && out.timeInForce !== 'GTC' && out.timeInForce !== 'GTD') {
      throw refuse(
        'postOnly',
        `contradicts timeInForce ${out.timeInForce}: such an order never rests; use DAY, GTC or GTD`,
      )
    }
  }
  out.postOnly = postOnly
  out.reduceOnly = reduceOnly
  if (selfTradePrevention !== 'none' && !selfTradePreventions.includes(selfTradePrevention)) {
    throw refuse('selfTradePrevention', `must be one of ${selfTradePreventions.join(', ')}`)
  }
  out.selfTradePrevention = selfTradePrevention
  if (displayQuantity === undefined) {
    out.displayUnits = Number.NaN
    return
  }
  if (!rule.canRest || out.timeInForce === 'IOC' || out.timeInForce === 'FOK') {
    throw refuse(
      'displayQuantity',
      `needs an order that rests in the book; this one is ${rule.type} ${out.timeInForce}`,
    )
  }
  const displayUnits = positiveQuantity(displayQuantity, instrument, 'displayQuantity')
  if (displayUnits > out.quantityUnits) throw refuse('displayQuantity', 'must be at most quantity')
  out.displayUnits = displayUnits
}

function readNames(request: OrderRequest, out: NormalizedOrder): void {
  const { clientOrderId, account, strategy, connector, positionId, tag } = request
  if (clientOrderId !== undefined) requireText(clientOrderId, 'clientOrderId', MAX_ID_LENGTH)
  if (account !== undefined) requireText(account, 'account', MAX_ID_LENGTH)
  if (strategy !== undefined) requireText(strategy, 'strategy', MAX_ID_LENGTH)
  if (connector !== undefined) requireText(connector, 'connector', MAX_ID_LENGTH)
  if (positionId !== undefined) requireText(positionId, 'positionId', MAX_ID_LENGTH)
  if (tag !== undefined && tag !== '') requireText(tag, 'tag', MAX_TAG_LENGTH)
  out.clientOrderId = clientOrderId
  out.account = account
  out.strategy = strategy
  out.connector = connector
  out.positionId = positionId
  out.tag = tag
}

/**
 * Compares how many fields there are with how many of them are known: names are looked at only where the counts differ.
 * Most of it is told by what was read; a field that is the same as its default has to be asked for.
 */
function requireKnownFields(request: OrderRequest, order: NormalizedOrder): void {
  let present = 0
  for (const _ in request) present++
  // Symbol, side and quantity are there, or it would not have come so far.
  let known = 3
  if (!Number.isNaN(order.priceUnits)) known++
  if (!Number.isNaN(order.triggerPriceUnits)) known++
  if (!Number.isNaN(order.trailingAmountUnits) || !Number.isNaN(order.trailingBasisPoints)) known++
  if (!Number.isNaN(order.expireTimeUs)) known++
  if (!Number.isNaN(order.displayUnits)) known++
  if (order.clientOrderId !== undefined) known++
  if (order.account !== undefined) known++
  if (order.strategy !== undefined) known++
  if (order.connector !== undefined) known++
  if (order.positionId !== undefined) known++
  if (order.tag !== undefined) known++
  if (present === known) return
  if (request.type !== undefined) known++
  if (request.timeInForce !== undefined) known++
  if (request.triggerSource !== undefined) known++
  if (request.postOnly !== undefined) known++
  if (request.reduceOnly !== undefined) known++
  if (request.selfTradePrevention !== undefined) known++
  if (present !== known) requireKnownNames(request, requestFields)
}

function requireKnownNames(object: object, names: readonly string[]): void {
  for (const field in object) {
    if (!names.includes(field)) throw refuse(field.slice(0, 64), unknownField(field, names))
  }
}

function positiveQuantity(value: DecimalInput, instrument: Instrument, field: string): number {
  const units = instrument.quantityUnits(value, field)
  if (units <= 0) throw refuse(field, 'must be above 0')
  return units
}

function validPrice(value: DecimalInput, instrument: Instrument, field: string): number {
  const units = instrument.priceUnits(value, field)
  if (units <= 0 && !instrument.allowsNegativePrices) throw refuse(field, `must be above 0 for ${instrument.id}`)
  return units
}

function requireText(value: unknown, field: string, maxLength: number): void {
  if (typeof value !== 'string') throw refuse(field, 'must be text')
  if (value.length === 0 || value.length > maxLength)
    throw refuse(field, `must be text of 1 to ${maxLength} characters`)
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 32 || code === 127) throw refuse(field, 'must not contain control characters')
  }
}

function refuse(field: string, problem: string): TradewireError {
  return new TradewireError('TW_INVALID_MODEL', `order: ${field} ${problem}`, { details: { field } })
}

function offGrid(instrument: Instrument, field: string, value: string, increment: string): TradewireError {
  return new TradewireError('TW_OFF_GRID', `${field} ${value} is not a multiple of ${increment} for ${instrument.id}`, {
    details: { instrument: instrument.id, field, value, increment },
  })
}

/** A change of a working order in canonical form. Amounts are integer units; NaN where the change has none. */
export class NormalizedChange {
  quantityUnits = Number.NaN
  priceUnits = Number.NaN
  triggerPriceUnits = Number.NaN
}

const changeFields = ['quantity', 'price', 'triggerPrice'] as const satisfies readonly (keyof OrderChange)[]

/**
 * Writes the canonical form of a change to an order of `type` into `out` and returns it.
 *
 * @throws TradewireError as {@link normalizeOrderRequest}; also for a change that changes nothing.
 */
export function normalizeOrderChange(
  change: OrderChange,
  type: OrderType,
  instrument: Instrument,
  out: NormalizedChange,
): NormalizedChange {
  if (typeof change !== 'object' || change === null) throw refuse('change', 'must be an object')
  const { quantity, price, triggerPrice } = change
  requireKnownNames(change, changeFields)
  if (quantity === undefined && price === undefined && triggerPrice === undefined) {
    throw refuse('change', 'must have at least one of quantity, price and triggerPrice')
  }
  const rule = rulesByName.get(type) as TypeRule
  if (price !== undefined && !rule.hasPrice) throw refuse('price', `is not possible for ${type}, which has no limit`)
  if (triggerPrice !== undefined && rule.trigger === 'none') {
    throw refuse('triggerPrice', `is not possible for ${type}, which has no trigger`)
  }
  out.quantityUnits = quantity === undefined ? Number.NaN : positiveQuantity(quantity, instrument, 'quantity')
  out.priceUnits = price === undefined ? Number.NaN : validPrice(price, instrument, 'price')
  out.triggerPriceUnits = triggerPrice === undefined ? Number.NaN : validPrice(triggerPrice, instrument, 'triggerPrice')
  return out
}
