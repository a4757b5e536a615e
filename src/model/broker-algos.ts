/**
 * The same parameters for the algorithms of a broker: names and tags of Interactive Brokers, and fields 847, 848 and 957 to
 * 960 of FIX. Pure functions; what a broker's algorithm does not have is refused, never left out in silence.
 *
 * Sources: IBKR API AvailableAlgoParams; FIX 5.0 SP2, TargetStrategy (847), StrategyParametersGrp (957-960).
 */
import type { AlgoCommon, AlgoEndPolicy, AlgoParameters, BrokerWindow } from './algo.js'
import { algoError, requireNumber } from './algo-error.js'
import { type DecimalInput, toDecimal } from './decimal.js'

/** An algorithm of Interactive Brokers: `algoStrategy` and `algoParams`. */
export interface IbkrAlgo {
  readonly algoStrategy: string
  readonly algoParams: readonly { readonly tag: string; readonly value: string }[]
}

/** An algorithm as fields of a FIX order. */
export interface FixAlgo {
  /** 847: 1 VWAP, 2 participate, 3 minimise market impact, from 1000 by agreement. */
  readonly targetStrategy: number
  /** 849: a share of 1, as FIX writes percentages (0.15 is 15 %), unless the broker counts in hundredths. */
  readonly participationRate?: number
  /** 958, 959, 960; their number is 957. */
  readonly parameters: readonly { readonly name: string; readonly type: number; readonly value: string }[]
}

/** Types of strategy parameters, 959. */
export const FixParameterType = {
  int: 1,
  float: 6,
  quantity: 7,
  price: 8,
  boolean: 13,
  string: 14,
  utcTimestamp: 19,
} as const

const flag = (value: boolean) => (value ? '1' : '0')
const percent = (share: number) => Number((share * 100).toPrecision(12))

/** A time with its zone, as IBKR reads it. */
function ibkrTime(us: number): string {
  const [date, time] = new Date(us / 1_000).toISOString().split('T') as [string, string]
  return `${date.replaceAll('-', '')} ${time.slice(0, 8)} UTC`
}

/** A time as FIX writes it. */
function fixTime(us: number): string {
  const [date, time] = new Date(us / 1_000).toISOString().split('T') as [string, string]
  return `${date.replaceAll('-', '')}-${time.slice(0, 12)}`
}

/** Refuses parameters that the broker's algorithm has no field for. `taken`: those that it has, and what is said otherwise. */
function requireTaken(algo: AlgoParameters, taken: readonly string[], broker: string): void {
  const known = new Set(['type', 'workedBy', 'startTimeUs', 'endTimeUs', 'durationMs', ...taken])
  for (const [name, value] of Object.entries(algo))
    if (value !== undefined && !known.has(name))
      throw algoError('CONTRADICTION', `algo.${name}`, `is not possible for ${algo.type} at ${broker}; leave it out`)
}

/** Refuses an end policy that the broker's algorithm has no tag for. */
function requireEnd(algo: AlgoParameters, possible: readonly AlgoEndPolicy[]): void {
  const { endPolicy = 'cancel' } = algo as AlgoCommon
  if (!possible.includes(endPolicy))
    throw algoError(
      'CONTRADICTION',
      'algo.endPolicy',
      `${endPolicy} is not possible for ${algo.type} at IBKR; it has ${possible.join(', ')}`,
    )
}

/** A share of volume as IBKR takes it. */
function ibkrShare(field: string, share: number | undefined): string | undefined {
  return share === undefined ? undefined : plainNumber(requireNumber(share, field, 0.01, 0.5, 'INVALID_RATE'))
}

/** Digits without an exponent. */
const plainNumber = (value: unknown) => toDecimal(value as DecimalInput, 'algo').toFixed()

const ibkrStyles = { aggressive: 'Marketable', midpoint: 'Matching Midpoint', passive: 'Matching Same Side' } as const
const ibkrPriorities = { urgent: 'Urgent', normal: 'Normal', patient: 'Patient' } as const

/** Algorithms that have a counterpart at Interactive Brokers. */
export const ibkrAlgorithms = ['vwap', 'twap', 'pov', 'is', 'close', 'iceberg', 'adaptive'] as const

type Param = [tag: string, value: string | undefined]

/**
 * The algorithm of Interactive Brokers that does what the parameters ask for.
 *
 * @throws TradewireError `TW_INVALID_ALGO` (`UNKNOWN_ALGORITHM`, `CONTRADICTION`) where it has none, or not all of it.
 *
 * @example
 * ```ts
 * import { ibkrAlgo } from 'tradewire/execution'
 *
 * ibkrAlgo({ type: 'pov', rate: 0.1 }) // { algoStrategy: 'PctVol', algoParams: [{ tag: 'pctVol', value: '0.1' }, ...] }
 * ```
 */
export function ibkrAlgo(algo: AlgoParameters, window: BrokerWindow = {}): IbkrAlgo {
  const start: Param = ['startTime', window.startTimeUs === undefined ? undefined : ibkrTime(window.startTimeUs)]
  const end: Param = ['endTime', window.endTimeUs === undefined ? undefined : ibkrTime(window.endTimeUs)]
  const common = algo as AlgoCommon
  const most: Param = ['maxPctVol', ibkrShare('algo.maxParticipationRate', common.maxParticipationRate)]
  const past: Param = ['allowPastEndTime', flag(common.endPolicy === 'extend')]
  const forced: Param = ['forceCompletion', flag(common.endPolicy === 'complete')]
  const passive: Param = ['noTakeLiq', flag(common.noTakeLiquidity === true)]
  switch (algo.type) {
    case 'vwap':
      requireTaken(algo, ['maxParticipationRate', 'noTakeLiquidity', 'endPolicy'], 'IBKR')
      requireEnd(algo, ['cancel', 'extend'])
      return made('Vwap', [most, start, end, past, passive])
    case 'twap':
      requireTaken(algo, ['style', 'endPolicy'], 'IBKR')
      requireEnd(algo, ['cancel', 'extend'])
      return made('Twap', [['strategyType', ibkrStyles[algo.style ?? 'aggressive']], start, end, past])
    case 'pov':
      requireTaken(algo, ['rate', 'noTakeLiquidity'], 'IBKR')
      return made('PctVol', [['pctVol', ibkrShare('algo.rate', algo.rate)], start, end, passive])
    case 'is':
      requireTaken(algo, ['urgency', 'maxParticipationRate', 'endPolicy'], 'IBKR')
      return made('ArrivalPx', [most, ['riskAversion', riskAversion(algo.urgency)], start, end, forced, past])
    case 'close':
      requireTaken(algo, ['maxParticipationRate', 'endPolicy'], 'IBKR')
      requireEnd(algo, ['cancel', 'complete'])
      return made('ClosePx', [most, ['riskAversion', 'Neutral'], start, forced])
    case 'iceberg':
      requireTaken(algo, ['displayQuantity', 'endPolicy'], 'IBKR')
      requireEnd(algo, ['cancel', 'extend'])
      return made('DarkIce', [['displaySize', wholeSize(algo.displayQuantity)], start, end, past])
    case 'adaptive':
      requireTaken(algo, ['urgency'], 'IBKR')
      for (const field of ['startTimeUs', 'endTimeUs', 'durationMs'] as const)
        if (algo[field] !== undefined)
          throw algoError('CONTRADICTION', `algo.${field}`, 'is not possible for adaptive at IBKR; leave it out')
      return made('Adaptive', [['adaptivePriority', ibkrPriorities[algo.urgency ?? 'normal']]])
    default:
      throw algoError('UNKNOWN_ALGORITHM', 'algo.type', `${algo.type} has no counterpart at IBKR`)
  }
}

/** A size that goes out as a whole number. */
function wholeSize(quantity: DecimalInput): string {
  const size = toDecimal(quantity, 'algo.displayQuantity')
  if (size.isInteger() && size.greaterThan(0)) return size.toFixed()
  throw algoError(
    'INVALID_QUANTITY',
    'algo.displayQuantity',
    `must be a whole number above 0 at IBKR, got ${size.toFixed()}`,
  )
}

function riskAversion(urgency: 'passive' | 'neutral' | 'aggressive' | number = 'neutral'): string {
  if (typeof urgency === 'string') return { passive: 'Passive', neutral: 'Neutral', aggressive: 'Aggressive' }[urgency]
  throw algoError('CONTRADICTION', 'algo.urgency', 'must be passive, neutral or aggressive at IBKR')
}

function made(algoStrategy: string, params: readonly Param[]): IbkrAlgo {
  return {
    algoStrategy,
    algoParams: params.flatMap(([tag, value]) => (value === undefined ? [] : [{ tag, value }])),
  }
}

/** Names and numbers that a broker gave: those by agreement differ from one to the next. */
export interface FixAlgoOptions {
  /** 847 by algorithm, for those that are no standard ones and where the broker's differ. */
  strategies?: Readonly<Record<string, number>>
  /** Whether the broker wants 15 in ParticipationRate (849) for 15 %; unless given 0.15, as the protocol has it. */
  rateInPercent?: boolean
}

/** 847 of the algorithms that the protocol itself has. */
export const standardStrategies: Readonly<Record<string, number>> = { vwap: 1, pov: 2, is: 3 }

/**
 * The fields of a FIX order that ask a broker for the algorithm. Parameters that all brokers name differently are passed under
 * their own names in the group 957 to 960.
 *
 * @throws TradewireError `TW_INVALID_ALGO` with reason `UNKNOWN_ALGORITHM`: no number is agreed for it.
 */
export function fixAlgo(
  algo: AlgoParameters,
  window: BrokerWindow = {},
  { strategies = {}, rateInPercent = false }: FixAlgoOptions = {},
): FixAlgo {
  const targetStrategy = strategies[algo.type] ?? standardStrategies[algo.type]
  if (targetStrategy === undefined)
    throw algoError(
      'UNKNOWN_ALGORITHM',
      'algo.type',
      `${algo.type} has no standard TargetStrategy; give its number in strategies`,
    )
  const {
    type: _,
    workedBy: _by,
    startTimeUs: _start,
    endTimeUs: _end,
    durationMs: _length,
    ...own
  } = algo as Record<string, unknown>
  const parameters: { name: string; type: number; value: string }[] = []
  if (window.startTimeUs !== undefined)
    parameters.push({ name: 'StartTime', type: FixParameterType.utcTimestamp, value: fixTime(window.startTimeUs) })
  if (window.endTimeUs !== undefined)
    parameters.push({ name: 'EndTime', type: FixParameterType.utcTimestamp, value: fixTime(window.endTimeUs) })
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined || (algo.type === 'pov' && name === 'rate')) continue
    parameters.push(fixParameter(name, value))
  }
  return {
    targetStrategy,
    ...(algo.type === 'pov' ? { participationRate: rateInPercent ? percent(algo.rate) : algo.rate } : {}),
    parameters,
  }
}

/** By the field, never by the value: a rate of 1 is no int, and a quantity may come as text. */
const quantities: ReadonlySet<string> = new Set(['roundLot', 'minSlice', 'maxSlice', 'displayQuantity'])
const prices: ReadonlySet<string> = new Set(['iWouldPrice'])
const wholes: ReadonlySet<string> = new Set(['slices', 'payUpTicks', 'seed', 'excludeConditions', 'intervalMs'])

function fixParameter(name: string, value: unknown): { name: string; type: number; value: string } {
  const named = name.charAt(0).toUpperCase() + name.slice(1)
  const numberOf = (type: number) => ({
    name: named,
    type,
    value: toDecimal(value as DecimalInput, `algo.${name}`).toFixed(),
  })
  if (quantities.has(name)) return numberOf(FixParameterType.quantity)
  if (prices.has(name)) return numberOf(FixParameterType.price)
  if (name.endsWith('Us') && Number.isSafeInteger(value))
    return { name: named.slice(0, -2), type: FixParameterType.utcTimestamp, value: fixTime(value as number) }
  if (typeof value === 'boolean') return { name: named, type: FixParameterType.boolean, value: value ? 'Y' : 'N' }
  if (typeof value === 'number')
    return numberOf(wholes.has(name) && Number.isInteger(value) ? FixParameterType.int : FixParameterType.float)
  if (typeof value === 'string') return { name: named, type: FixParameterType.string, value }
  throw algoError('CONTRADICTION', `algo.${name}`, 'cannot be passed to a broker; leave it out')
}
