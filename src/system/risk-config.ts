/** Limits, circuit breakers and presets in the configuration of a system. */
import type { DayRollOptions } from '../calendar/day-roll.js'
import {
  amount,
  amountOrMap,
  durationMs,
  flag,
  fraction,
  list,
  mapOf,
  oneOf,
  optional,
  options,
  orFalse,
  pattern,
  positiveInteger,
  realNumber,
  text,
  wholeNumber,
} from '../model/config-schema.js'
import type { FieldFault } from '../model/schema/parse.js'
import type { CircuitBreakerOptions } from '../risk/breakers/circuit-breakers.js'
import type { RiskLimits } from '../risk/limits.js'

/** A set of limits and breakers by name. */
export type RiskPreset = 'conservative' | 'institutional'

/** Circuit breakers, and when they are looked at. */
export interface BreakerConfig extends CircuitBreakerOptions {
  /** When the trading day rolls; midnight UTC on weekdays unless given. */
  tradingDay?: Pick<DayRollOptions, 'timeZone' | 'rollLocal'> & { days?: 'weekdays' | 'every' }
  /** How often everything is evaluated beside every fill; 1,000 unless given. */
  evaluateMs?: number
  /** Whether the open orders are canceled when a breaker halts the system. */
  cancelOnHalt?: boolean
}

/** A watchdog. */
export interface WatchdogConfig {
  /** How long the event loop may hang; 5,000 unless given. */
  timeoutMs?: number
  /** Whether open orders are canceled when it fired, as soon as the loop runs again; true unless given. */
  cancel?: boolean
}

const currency = pattern(/^[A-Za-z0-9.]{1,16}$/, 'a currency such as USD')
const perInstrument = amountOrMap({ min: '0' })
const window = options({ limit: positiveInteger(1_000_000), windowMs: durationMs() })
const percent = realNumber(0, 100)

const scopeEntries = {
  maxOrderNotional: optional(amount({ min: '0' })),
  maxPositionValue: optional(amount({ min: '0' })),
  concentrationPercent: optional(realNumber(Number.MIN_VALUE, 1_000_000)),
  maxGross: optional(amount({ min: '0' })),
  maxNet: optional(amount({ min: '0' })),
  maxOrdersPerDay: optional(wholeNumber(0)),
  maxNotionalPerDay: optional(amount({ min: '0' })),
  maxQuantityPerDay: optional(amount({ min: '0' })),
  maxOpenOrders: optional(wholeNumber(0)),
  warnAt: optional(fraction()),
}
const lossEntries = {
  ...scopeEntries,
  maxDailyLoss: optional(amount({ min: '0' })),
  maxDrawdown: optional(amount({ min: '0' })),
}
const scope = options(scopeEntries)
const lossScope = options(lossEntries)
const allowed = mapOf(oneOf(['both', 'buy', 'sell', 'reduce', 'none']))

/** Limits of orders. */
export const riskSchema = options({
  preset: optional(orFalse(oneOf(['conservative', 'institutional']))),
  maxOrderQuantity: optional(perInstrument),
  maxOrderNotional: optional(perInstrument),
  maxPosition: optional(perInstrument),
  maxOpenOrders: optional(
    options({
      instrument: optional(wholeNumber(0)),
      strategy: optional(wholeNumber(0)),
      account: optional(wholeNumber(0)),
      connector: optional(wholeNumber(0)),
    }),
  ),
  priceCollarPercent: optional(orFalse(percent)),
  throttle: optional(orFalse(window)),
  duplicates: optional(orFalse(window)),
  marketData: optional(
    orFalse(
      options({
        maxAgeMs: optional(durationMs()),
        maxSpreadPercent: optional(realNumber(0, 1_000)),
        maxJumpPercent: optional(realNumber(0, 1_000)),
        jumpConfirmations: optional(wholeNumber(0, 1_000)),
        allowLocked: optional(flag()),
      }),
    ),
  ),
  baseCurrency: optional(currency),
  rates: optional(mapOf(amount({ min: '0' }))),
  orderWarnAt: optional(fraction()),
  warnAt: optional(fraction()),
  global: optional(lossScope),
  accounts: optional(mapOf(lossScope)),
  strategies: optional(mapOf(lossScope)),
  connectors: optional(mapOf(scope)),
  groups: optional(mapOf(options({ symbols: list(text(128)), ...scopeEntries }))),
  runaway: optional(orFalse(window)),
  reentry: optional(orFalse(window)),
  selfMatch: optional(
    orFalse(
      options({
        policy: optional(oneOf(['cancelNewest', 'cancelOldest', 'cancelBoth'])),
        groups: optional(list(list(text(64)))),
      }),
    ),
  ),
  restrictions: optional(
    options({
      instruments: optional(allowed),
      accounts: optional(allowed),
      strategies: optional(allowed),
      connectors: optional(allowed),
      shortSale: optional(oneOf(['never', 'allowed', 'locate'])),
    }),
  ),
  triggers: optional(orFalse(options({ maxDistancePercent: optional(percent) }))),
  priceWindow: optional(
    orFalse(
      options({
        windowMs: durationMs(),
        maxMovePercent: optional(percent),
        maxRangePercent: optional(percent),
      }),
    ),
  ),
  valueAtRisk: optional(
    orFalse(
      options({
        limit: optional(realNumber(0, Number.MAX_SAFE_INTEGER)),
        confidence: optional(realNumber(0.5, 0.999_999)),
        maxAgeMs: optional(durationMs()),
        maxCorrelated: optional(realNumber(0, Number.MAX_SAFE_INTEGER)),
        correlationFrom: optional(fraction()),
      }),
    ),
  ),
  buyingPower: optional(
    orFalse(options({ model: optional(oneOf(['cash', 'reg-t'])), maxAgeMs: optional(durationMs()) })),
  ),
  maxEquityAgeMs: optional(durationMs()),
  clock: optional(orFalse(options({ alertMs: optional(durationMs()), refuseMs: optional(durationMs()) }))),
})

/** Ceilings of limits that can be changed while the system runs. */
export const ceilingsSchema = options({
  maxOrderQuantity: optional(perInstrument),
  maxOrderNotional: optional(perInstrument),
  maxPosition: optional(perInstrument),
  priceCollarPercent: optional(percent),
  global: optional(lossScope),
  accounts: optional(mapOf(lossScope)),
  strategies: optional(mapOf(lossScope)),
  connectors: optional(mapOf(scope)),
})

const warnAt = optional(fraction())
const level = realNumber(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
const measure = options({
  statistic: optional(oneOf(['last', 'mean', 'max', 'min', 'sum', 'count', 'p50', 'p90', 'p95', 'p99'])),
  tripAt: level,
  warnAt: optional(level),
  releaseAt: optional(level),
  direction: optional(oneOf(['above', 'below'])),
  windowMs: optional(wholeNumber(1)),
  minSamples: optional(wholeNumber(1)),
  latch: optional(flag()),
  holdMs: optional(wholeNumber(0)),
  capacity: optional(wholeNumber(1, 1_000_000)),
  action: optional(oneOf(['warn', 'reduce', 'halt'])),
})

/** Circuit breakers. */
export const breakersSchema = options({
  dailyLoss: optional(
    orFalse(options({ limitPercent: optional(orFalse(percent)), limitAmount: optional(amount({ min: '0' })), warnAt })),
  ),
  drawdown: optional(orFalse(options({ limitPercent: optional(percent), warnAt }))),
  rejectionRate: optional(
    orFalse(
      options({
        limitPercent: optional(percent),
        windowMs: optional(wholeNumber(1)),
        minSamples: optional(wholeNumber(1)),
        sizeMultiplier: optional(fraction()),
        holdMs: optional(wholeNumber(1)),
        warnAt,
      }),
    ),
  ),
  concentration: optional(
    orFalse(options({ blockPercent: optional(percent), releasePercent: optional(percent), warnAt })),
  ),
  rejectStorm: optional(
    orFalse(
      options({
        consecutive: optional(wholeNumber(1)),
        errorPercent: optional(percent),
        windowMs: optional(wholeNumber(1)),
        minSamples: optional(wholeNumber(1)),
        coolDownMs: optional(wholeNumber(1)),
        probes: optional(wholeNumber(1)),
      }),
    ),
  ),
  latency: optional(orFalse(measure)),
  staleData: optional(orFalse(measure)),
  outliers: optional(orFalse(measure)),
  own: optional(mapOf(measure)),
  maxEquityAgeMs: optional(durationMs()),
  tradingDay: optional(
    options({
      timeZone: text(64),
      rollLocal: pattern(/^([01]\d|2[0-3]):[0-5]\d$/, 'a local time such as 17:00'),
      days: optional(oneOf(['weekdays', 'every'])),
    }),
  ),
  evaluateMs: optional(durationMs(10)),
  cancelOnHalt: optional(flag()),
})

/** A watchdog. */
export const watchdogSchema = options({ timeoutMs: optional(wholeNumber(100)), cancel: optional(flag()) })

const presets = {
  conservative: {
    risk: {
      maxOrderNotional: '10000',
      accounts: { '*': { maxPositionValue: '100000' } },
      strategies: { '*': { maxOrdersPerDay: 100 } },
    },
    breakers: {
      dailyLoss: { limitAmount: '5000' },
      drawdown: {},
      rejectionRate: {},
      concentration: {},
      rejectStorm: {},
    },
  },
  institutional: {
    risk: {
      maxOrderNotional: '1000000',
      orderWarnAt: 0.5,
      accounts: { '*': { maxPositionValue: '1000000', concentrationPercent: 10 } },
    },
    breakers: {
      dailyLoss: { limitAmount: '50000' },
      drawdown: { limitPercent: 10 },
      rejectionRate: {},
      concentration: {},
      rejectStorm: {},
    },
  },
} satisfies Readonly<Record<RiskPreset, { risk: RiskLimits; breakers: BreakerConfig }>>

/** What a preset stands for: amounts are in the base currency. */
export function riskPreset(name: RiskPreset): { risk: RiskLimits; breakers: BreakerConfig } {
  return presets[name]
}

/** What of a configuration says how risk is limited. */
interface RiskParts {
  mode?: 'simulation' | 'paper' | 'live'
  risk?: RiskLimits & { preset?: RiskPreset | false }
  breakers?: BreakerConfig | false
  capital?: string | number
}

/** Breakers that are on where none is named. */
const usualBreakers = ['dailyLoss', 'drawdown', 'rejectionRate', 'concentration', 'rejectStorm'] as const
const breakerNames = [...usualBreakers, 'latency', 'staleData', 'outliers'] as const

/** Limits and breakers of a configuration with those of its preset filled in: what is given stands, field by field. */
export function withPreset(config: RiskParts): { risk: RiskLimits; breakers: BreakerConfig | undefined } {
  const { risk: { preset, ...own } = {}, breakers, capital } = config
  const base = preset === undefined ? usualPreset(config) : preset === false ? undefined : presets[preset]
  const given = breakers === undefined ? base?.breakers : breakers
  return {
    risk: { ...base?.risk, ...own },
    breakers: given === undefined || given === false ? undefined : chosenBreakers(base?.breakers, given, capital),
  }
}

/**
 * The preset of paper trading where none is chosen: `institutional`, as far as it can be measured. Shares of equity need
 * capital; what positions are worth needs prices, which a host that switched off their check may not have.
 */
function usualPreset({ mode, risk, capital }: RiskParts): { risk: RiskLimits; breakers: BreakerConfig } | undefined {
  if (mode !== 'paper') return undefined
  const { institutional } = presets
  if (hasCapital(capital) && risk?.marketData !== false) return institutional
  const { maxOrderNotional, orderWarnAt, accounts } = institutional.risk
  const { dailyLoss, rejectionRate, rejectStorm } = institutional.breakers
  const orders = { maxOrderNotional, orderWarnAt }
  const answers = { rejectionRate, rejectStorm, drawdown: false, concentration: false } as const
  if (risk?.marketData === false) return { risk: orders, breakers: { ...answers, dailyLoss: false } }
  const { maxPositionValue } = accounts['*']
  return { risk: { ...orders, accounts: { '*': { maxPositionValue } } }, breakers: { ...answers, dailyLoss } }
}

/**
 * Those of the preset and those that are named. Where neither names one, all that have defaults are on, but those that are
 * switched off. An amount that may be lost needs no capital; shares of equity do, see {@link capitalFaults}.
 */
function chosenBreakers(
  base: BreakerConfig | undefined,
  given: BreakerConfig,
  capital: RiskParts['capital'],
): BreakerConfig {
  const breakers = { ...base, ...given }
  const isNamed = breakerNames.some((name) => typeof breakers[name] === 'object') || breakers.own !== undefined
  if (isNamed) for (const name of usualBreakers) breakers[name] ??= false
  if (hasCapital(capital)) return breakers
  const { dailyLoss } = breakers
  if (dailyLoss && dailyLoss.limitAmount !== undefined && dailyLoss.limitPercent === undefined)
    breakers.dailyLoss = { ...dailyLoss, limitPercent: false }
  // A preset says nothing about these: they are on where they can be measured.
  for (const name of ['drawdown', 'concentration'] as const)
    if (breakers[name] === base?.[name] && isEmpty(base?.[name])) breakers[name] = false
  return breakers
}

function isEmpty(value: object | false | undefined): boolean {
  return typeof value === 'object' && Object.keys(value).length === 0
}

function hasCapital(capital: RiskParts['capital']): boolean {
  return capital !== undefined && Number(capital) > 0
}

/** Limits that are shares of equity where nobody says what that is: each is a fault of the configuration. */
export function capitalFaults(config: RiskParts): FieldFault[] {
  if (hasCapital(config.capital)) return []
  const { risk, breakers } = withPreset(config)
  const fields: string[] = []
  if (breakers !== undefined) {
    const { dailyLoss = {}, drawdown, concentration } = breakers
    if (dailyLoss !== false && dailyLoss.limitPercent !== false) fields.push('breakers.dailyLoss')
    if (drawdown !== false) fields.push('breakers.drawdown')
    if (concentration !== false) fields.push('breakers.concentration')
  }
  const { global, accounts, strategies, connectors, groups } = risk
  const tables = { accounts, strategies, connectors, groups }
  if (global?.concentrationPercent !== undefined) fields.push('risk.global.concentrationPercent')
  for (const [table, entries] of Object.entries(tables))
    for (const [name, limits] of Object.entries(entries ?? {}))
      if (limits.concentrationPercent !== undefined) fields.push(`risk.${table}.${name}.concentrationPercent`)
  const fix = 'give capital, above 0'
  return fields.map((field) => ({
    field,
    problem: field.startsWith('risk.')
      ? `is a share of equity, which is not known: ${fix}, or leave it out`
      : `is a share of equity, which is not known: ${fix}, or ${field === 'breakers.dailyLoss' ? 'give limitAmount alone, or ' : ''}set it to false`,
  }))
}
