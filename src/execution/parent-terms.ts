/**
 * The plan of a parent order: what was asked for, checked, in whole units, as plain data. It is what the journal holds; a
 * restart makes the same order from it.
 */
import { US_PER_MS } from '../core/clock.js'
import type {
  AlgoCommon,
  AlgoEndPolicy,
  AlgoOrderRequest,
  AlgoStyle,
  AlgoUnfilledPolicy,
  BrokerWindow,
  EmulateParameters,
} from '../model/algo.js'
import { algoError, requireNumber, requireWhole } from '../model/algo-error.js'
import { type DecimalInput, toUnits } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import type { OrderRequest } from '../model/order.js'
import { type TriggerSource, triggerSources } from '../model/order-types.js'
import { leastChild } from './child-size.js'

/** A parent order on record. */
export interface ParentPlan {
  readonly version: 1
  readonly id: string
  readonly instrument: string
  readonly side: 'buy' | 'sell'
  readonly quantityUnits: number
  readonly limitUnits: number | null
  readonly account: string | null
  readonly strategy: string | null
  readonly connector: string | null
  readonly tag: string | null
  readonly reduceOnly: boolean
  /** The position of all children, where positions are hedged. */
  readonly positionId?: string
  readonly algo: AlgoCommon & { type: string }
  /** Trigger terms of an emulated order, in units. */
  readonly trigger?: TriggerTerms
  /** When its broker shall begin and end; only where a broker works it. */
  readonly broker?: BrokerWindow
  /** Epoch microseconds. */
  readonly startUs: number
  /** Null without an end. */
  readonly endUs: number | null
  readonly seed: number
  readonly createdUs: number
  /** Middle of the quotes then. */
  readonly arrival: number | null
}

/** What waits for a trigger here instead of at the venue. */
export interface TriggerTerms {
  /** A plain order waits for nothing, and only its expiry is watched. */
  readonly kind: 'none' | 'stop' | 'touched' | 'trailing'
  readonly triggerUnits: number | null
  readonly trailingUnits: number | null
  readonly trailingBasisPoints: number | null
  readonly source: TriggerSource
}

/** What the plan means for every child: the parameters that all algorithms share, with their defaults. */
export interface ParentTerms {
  readonly side: 1 | -1
  readonly lotUnits: number
  readonly minSliceUnits: number
  readonly maxSliceUnits: number
  readonly style: AlgoStyle
  readonly noTakeLiquidity: boolean
  readonly onUnfilled: AlgoUnfilledPolicy
  readonly payUpTicks: number
  readonly endPolicy: AlgoEndPolicy
  readonly extendUntilUs: number
  readonly iWouldUnits: number
  readonly onHalt: 'pause' | 'cancel'
  readonly ownPrintsInFeed: boolean
  readonly excludeConditions: number
  readonly maxParticipationRate: number | undefined
}

/** Fields of an order that an algorithm works. */
const requestFields = [
  'symbol',
  'side',
  'quantity',
  'type',
  'price',
  'reduceOnly',
  'clientOrderId',
  'account',
  'strategy',
  'connector',
  'positionId',
  'tag',
  'timeInForce',
  'algo',
] as const satisfies readonly (keyof AlgoOrderRequest)[]

/** Parameters that all algorithms share. */
const commonFields = [
  'type',
  'workedBy',
  'startTimeUs',
  'endTimeUs',
  'durationMs',
  'roundLot',
  'minSlice',
  'maxSlice',
  'maxParticipationRate',
  'style',
  'noTakeLiquidity',
  'catchUp',
  'onUnfilled',
  'payUpTicks',
  'endPolicy',
  'extendUntilUs',
  'randomizeSizePercent',
  'randomizeTimePercent',
  'seed',
  'iWouldPrice',
  'onHalt',
  'ownPrintsInFeed',
  'excludeConditions',
] as const satisfies readonly (keyof AlgoCommon | 'type')[]

/** Fields that an emulated order has beside them. */
const triggerFields = [
  'triggerPrice',
  'triggerSource',
  'trailing',
] as const satisfies readonly (keyof AlgoOrderRequest)[]

/** The order behind a request, and its window. */
export interface CheckedRequest {
  readonly quantityUnits: number
  readonly limitUnits: number
  readonly startUs: number
  /** Infinity without an end. */
  readonly endUs: number
}

/** Refuses fields that an order with an algorithm does not have. `own`: the parameters of its algorithm; all where undefined. */
export function requireKnownFields(request: AlgoOrderRequest, own: readonly string[] | undefined): void {
  const fields: readonly string[] =
    request.algo.type === 'emulate' ? [...requestFields, ...triggerFields] : requestFields
  for (const [name, value] of Object.entries(request))
    if (value !== undefined && !fields.includes(name))
      throw algoError('INVALID_PARAMETER', name, 'is not possible for an order with an algorithm; leave it out')
  if (own === undefined) return
  const known: readonly string[] = [...commonFields, ...own]
  for (const name of Object.keys(request.algo))
    if (!known.includes(name))
      throw algoError(
        'INVALID_PARAMETER',
        `algo.${name.slice(0, 64)}`,
        `is unknown to ${request.algo.type}; there are: ${known.join(', ')}`,
      )
}

/** What the market paid when an order came, in units: the middle of the quotes, or its limit where there were none; NaN without either. */
export function arrivalUnits(
  { arrival, limitUnits }: Pick<ParentPlan, 'arrival' | 'limitUnits'>,
  instrument: Instrument,
): number {
  return arrival === null ? (limitUnits ?? Number.NaN) : instrument.nearestPriceUnits(arrival)
}

/** The price by which the smallest child of an order is told; NaN, by quantity alone, where it only reduces a position. */
export function valuationUnits(
  plan: Pick<ParentPlan, 'arrival' | 'limitUnits' | 'reduceOnly'>,
  instrument: Instrument,
): number {
  return plan.reduceOnly ? Number.NaN : arrivalUnits(plan, instrument)
}

/** Reads side, quantity, limit and window. @throws TradewireError `TW_INVALID_ALGO`, `TW_OFF_GRID`, `TW_INVALID_DECIMAL`. */
export function checkRequest(request: AlgoOrderRequest, instrument: Instrument, nowUs: number): CheckedRequest {
  const { side, type, timeInForce } = request as OrderRequest
  if (side !== 'buy' && side !== 'sell') throw algoError('INVALID_PARAMETER', 'side', 'must be "buy" or "sell"')
  const kind = plainType(type?.toUpperCase() ?? (request.price === undefined ? 'MARKET' : 'LIMIT'), request)
  if (kind !== 'MARKET' && kind !== 'LIMIT')
    throw algoError('INVALID_PARAMETER', 'type', `must be MARKET or LIMIT for an order with an algorithm, got ${kind}`)
  if ((kind === 'LIMIT') !== (request.price !== undefined))
    throw algoError('CONTRADICTION', 'price', `${kind === 'LIMIT' ? 'is required for' : 'contradicts'} type ${kind}`)
  if (timeInForce !== undefined && timeInForce.toUpperCase() !== 'DAY')
    throw algoError('INVALID_PARAMETER', 'timeInForce', 'must be left out: the window of the algorithm says how long')
  const quantityUnits = instrument.quantityUnits(request.quantity)
  if (quantityUnits <= 0) throw algoError('INVALID_QUANTITY', 'quantity', 'must be above 0')
  if (quantityUnits < instrument.minQuantityUnits)
    throw algoError(
      'BELOW_MINIMUM',
      'quantity',
      `must be at least ${instrument.quantityText(instrument.minQuantityUnits)} for ${instrument.id}`,
    )
  const limitUnits = request.price === undefined ? Number.NaN : instrument.priceUnits(request.price)
  if (limitUnits <= 0 && !instrument.allowsNegativePrices)
    throw algoError('INVALID_PARAMETER', 'price', `must be above 0 for ${instrument.id}`)
  return { quantityUnits, limitUnits, ...windowOf(request.algo as AlgoCommon, nowUs) }
}

/** What is left of a type when its trigger is watched here: a market or limit order. */
function plainType(type: string, { algo }: AlgoOrderRequest): string {
  if (algo.type !== 'emulate') return type
  if (type === 'STOP' || type === 'TRAILING_STOP' || type === 'MARKET_IF_TOUCHED') return 'MARKET'
  return type === 'STOP_LIMIT' || type === 'TRAILING_STOP_LIMIT' || type === 'LIMIT_IF_TOUCHED' ? 'LIMIT' : type
}

/** Reads the trigger of an emulated order. @throws TradewireError `TW_INVALID_ALGO`, `TW_OFF_GRID`, `TW_INVALID_DECIMAL`. */
export function readTrigger(request: AlgoOrderRequest, instrument: Instrument): TriggerTerms {
  const { type, triggerPrice, trailing, triggerSource } = request
  const { triggerSource: own } = request.algo as EmulateParameters
  const name = type?.toUpperCase() ?? ''
  const kind = name.startsWith('TRAILING')
    ? 'trailing'
    : name.startsWith('STOP')
      ? 'stop'
      : name.endsWith('IF_TOUCHED')
        ? 'touched'
        : 'none'
  const source = own ?? triggerSource ?? 'bid_ask'
  if (!triggerSources.includes(source))
    throw algoError('INVALID_PARAMETER', 'algo.triggerSource', `must be one of ${triggerSources.join(', ')}`)
  const needsTrigger = kind === 'stop' || kind === 'touched'
  if (needsTrigger && triggerPrice === undefined)
    throw algoError('INVALID_PARAMETER', 'triggerPrice', `is required for ${name}`)
  if (kind === 'none' && triggerPrice !== undefined)
    throw algoError('CONTRADICTION', 'triggerPrice', 'needs a type with a trigger')
  if ((kind === 'trailing') !== (trailing !== undefined))
    throw algoError('CONTRADICTION', 'trailing', 'belongs to TRAILING_STOP and TRAILING_STOP_LIMIT')
  const amount =
    trailing?.amount === undefined ? null : toUnits(trailing.amount, instrument.priceScale, 'trailing.amount')
  const basisPoints = trailing?.basisPoints ?? null
  if (kind === 'trailing' && !((amount ?? basisPoints ?? 0) > 0 && (amount === null) !== (basisPoints === null)))
    throw algoError('INVALID_PARAMETER', 'trailing', 'must have one of amount and basisPoints, above 0')
  return {
    kind,
    triggerUnits: triggerPrice === undefined ? null : instrument.priceUnits(triggerPrice, 'triggerPrice'),
    trailingUnits: amount,
    trailingBasisPoints: basisPoints,
    source,
  }
}

function windowOf({ startTimeUs, endTimeUs, durationMs }: AlgoCommon, nowUs: number) {
  const time = (value: unknown, field: string) =>
    requireWhole(value, field, 1, Number.MAX_SAFE_INTEGER, 'INVALID_WINDOW')
  const startUs = startTimeUs === undefined ? nowUs : Math.max(nowUs, time(startTimeUs, 'algo.startTimeUs'))
  if (endTimeUs !== undefined && durationMs !== undefined)
    throw algoError('CONTRADICTION', 'algo.durationMs', 'and endTimeUs contradict each other; give one')
  if (durationMs !== undefined) {
    if (!(Number.isFinite(durationMs) && durationMs > 0))
      throw algoError('INVALID_WINDOW', 'algo.durationMs', `must be above 0, got ${durationMs}`)
    const endUs = startUs + Math.floor(durationMs * US_PER_MS)
    return { startUs, endUs: time(endUs, 'algo.durationMs: the end') }
  }
  if (endTimeUs === undefined) return { startUs, endUs: Number.POSITIVE_INFINITY }
  const endUs = time(endTimeUs, 'algo.endTimeUs')
  if (endUs <= startUs)
    throw algoError('INVALID_WINDOW', 'algo.endTimeUs', 'must be after the start of the window, and in the future')
  return { startUs, endUs }
}

/**
 * Reads what all algorithms share. `priceUnits`: what the market pays when the order comes, for the smallest value that the
 * venue takes; NaN where that is not known. @throws TradewireError `TW_INVALID_ALGO`, `TW_OFF_GRID`, `TW_INVALID_DECIMAL`. */
export function readTerms(
  algo: AlgoCommon,
  side: 1 | -1,
  instrument: Instrument,
  priceUnits = Number.NaN,
): ParentTerms {
  const units = (value: DecimalInput | undefined, field: string, otherwise: number) => {
    if (value === undefined) return otherwise
    const read = instrument.quantityUnits(value, field)
    if (read <= 0) throw algoError('INVALID_PARAMETER', field, 'must be above 0')
    return read
  }
  const lotUnits = units(algo.roundLot, 'algo.roundLot', instrument.sizeStepUnits)
  const minSliceUnits = Math.max(leastChild(instrument, priceUnits), units(algo.minSlice, 'algo.minSlice', 0))
  const maxSliceUnits = units(algo.maxSlice, 'algo.maxSlice', Number.POSITIVE_INFINITY)
  if (maxSliceUnits < Math.max(lotUnits, minSliceUnits))
    throw algoError('CONTRADICTION', 'algo.maxSlice', 'is smaller than the smallest slice')
  const style = oneOf(algo.style, 'algo.style', ['passive', 'midpoint', 'aggressive'], 'aggressive')
  const endPolicy = oneOf(algo.endPolicy, 'algo.endPolicy', ['cancel', 'complete', 'extend'], 'cancel')
  const noTakeLiquidity = flag(algo.noTakeLiquidity, 'algo.noTakeLiquidity', false)
  flag(algo.catchUp, 'algo.catchUp', true)
  if (noTakeLiquidity && (endPolicy === 'complete' || algo.style === 'aggressive'))
    throw algoError('CONTRADICTION', 'algo.noTakeLiquidity', 'contradicts a style or end that takes liquidity')
  for (const name of ['randomizeSizePercent', 'randomizeTimePercent'] as const)
    if (algo[name] !== undefined) requireNumber(algo[name], `algo.${name}`, 0, 100)
  if (algo.seed !== undefined) requireWhole(algo.seed, 'algo.seed', Number.MIN_SAFE_INTEGER)
  const rate = algo.maxParticipationRate
  if (rate !== undefined && !(rate > 0 && rate < 1))
    throw algoError('INVALID_RATE', 'algo.maxParticipationRate', `must be above 0 and below 1, got ${rate}`)
  return {
    side,
    lotUnits,
    minSliceUnits,
    maxSliceUnits,
    style: noTakeLiquidity && algo.style === undefined ? 'passive' : style,
    noTakeLiquidity,
    onUnfilled: oneOf(algo.onUnfilled, 'algo.onUnfilled', ['replace', 'leave', 'payup'], 'replace'),
    payUpTicks: algo.payUpTicks === undefined ? 1 : requireWhole(algo.payUpTicks, 'algo.payUpTicks', 1, 10_000),
    endPolicy,
    extendUntilUs:
      algo.extendUntilUs === undefined
        ? Number.POSITIVE_INFINITY
        : requireWhole(algo.extendUntilUs, 'algo.extendUntilUs', 1, Number.MAX_SAFE_INTEGER, 'INVALID_WINDOW'),
    iWouldUnits:
      algo.iWouldPrice === undefined ? Number.NaN : instrument.priceUnits(algo.iWouldPrice, 'algo.iWouldPrice'),
    onHalt: oneOf(algo.onHalt, 'algo.onHalt', ['pause', 'cancel'], 'pause'),
    ownPrintsInFeed: flag(algo.ownPrintsInFeed, 'algo.ownPrintsInFeed', true),
    excludeConditions:
      algo.excludeConditions === undefined
        ? 0
        : requireWhole(algo.excludeConditions, 'algo.excludeConditions', -0x8000_0000, 0xffff_ffff),
    maxParticipationRate: rate,
  }
}

function oneOf<T extends string>(value: T | undefined, field: string, names: readonly T[], otherwise: T): T {
  if (value === undefined) return otherwise
  if (names.includes(value)) return value
  throw algoError('INVALID_PARAMETER', field, `must be one of ${names.join(', ')}`)
}

function flag(value: boolean | undefined, field: string, otherwise: boolean): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? otherwise
  throw algoError('INVALID_PARAMETER', field, 'must be true or false')
}
