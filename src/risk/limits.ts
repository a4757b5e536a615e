/**
 * Limits as a host states them, and as the gate checks them: whole numbers in the units of each instrument, so that an
 * order exactly at a limit passes and one unit above does not.
 */
import { TradewireError } from '../core/errors.js'
import { LIMB } from '../math/wide.js'
import { Decimal, type DecimalInput, toDecimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import type { ClockOptions } from './clock-guard.js'
import type { PriceWindowOptions } from './price-window.js'
import type { ReentryOptions } from './reentry-guard.js'
import type { MarketDataLimits } from './reference-prices.js'
import type { RestrictionOptions } from './restrictions.js'
import type { RunawayOptions } from './runaway-guard.js'
import { checkScopedLimits, type ScopedLimits } from './scope-limits.js'
import type { SelfMatchOptions } from './self-match.js'
import type { TriggerOptions } from './trigger-rules.js'
import type { VarLimitOptions } from './var-limit.js'

/**
 * One amount for every instrument, or one by symbol or id, `*` standing for the rest. An instrument that such a table does
 * not name, without a `*`, has the limit that holds where none is given; where there is none, nothing of it may be traded.
 */
export type PerInstrument = DecimalInput | Readonly<Record<string, DecimalInput>>

/** Pre-trade limits. Everything has a default; see each field. */
export interface RiskLimits extends ScopedLimits {
  /** Largest quantity of one order; no limit unless given. A table without `*` allows 0 of what it does not name. */
  maxOrderQuantity?: PerInstrument
  /** Largest value of one order in the base currency; 1,000,000 unless given, also for what a table without `*` does not name. */
  maxOrderNotional?: PerInstrument
  /** Largest absolute position, working and unknown orders counted; no limit unless given. A table without `*` allows 0 of what it does not name: such a position can only become smaller. */
  maxPosition?: PerInstrument
  /** Orders that may be working at once. 1,000 an instrument and a strategy, 4,000 an account and a connector unless given. */
  maxOpenOrders?: { instrument?: number; strategy?: number; account?: number; connector?: number }
  /** How far beyond the reference a limit price may lie, in percent (up to 4 digits behind the point); 5 unless given, false switches the collar off. */
  priceCollarPercent?: number | false
  /** New and replace messages per window and connector; 100 in 1,000 ms unless given, false switches it off. */
  throttle?: { limit: number; windowMs: number } | false
  /** Alike orders per window; 10 in 1,000 ms unless given, false switches it off. */
  duplicates?: { limit: number; windowMs: number } | false
  /** What makes a reference price unusable; false lets orders pass without market data, where no other control needs a price. */
  marketData?: MarketDataLimits | false
  /** From which share of `maxOrderNotional` an order is warned about; 0.5 unless given. */
  orderWarnAt?: number
  /** From which share of any other limit use of it is warned about; 0.8 unless given. */
  warnAt?: number
  /** So many submissions a window and strategy, refused ones counted; beyond it the strategy is halted. Off unless given. */
  runaway?: RunawayOptions | false
  /** So many entries after fills a window, strategy, instrument and side; beyond it the strategy is halted. Off unless given. */
  reentry?: ReentryOptions | false
  /** Own orders that would trade with each other. Off unless given. */
  selfMatch?: SelfMatchOptions | false
  /** What may be traded. Everything unless given. */
  restrictions?: RestrictionOptions
  /** Triggers on the wrong side of the market, or far from it. Off unless given. */
  triggers?: TriggerOptions | false
  /** Bands over a period. Off unless given. */
  priceWindow?: PriceWindowOptions | false
  /** Value at risk and what moves together. Off unless given. */
  valueAtRisk?: VarLimitOptions | false
  /** Buying power: `cash`, or `reg-t`; a model of the host's own is an option of the gate. Off unless given. */
  buyingPower?: { model?: 'cash' | 'reg-t'; maxAgeMs?: number } | false
  /** How far the clocks of venues may be from ours; off unless given, live it has to be on. */
  clock?: ClockOptions | false
  /** Age at which equity counts as unknown, for limits that are shares of it; 5,000 ms unless given. */
  maxEquityAgeMs?: number
  /** Currency of the money limits; USD unless given. */
  baseCurrency?: string
  /** Value of one unit of other currencies in the base currency. Orders in a currency without a rate are refused. */
  rates?: Readonly<Record<string, DecimalInput>>
}

/** What holds for one instrument, in its units, side by side for the gate: limits of the host and rules of the exchange. Infinity = no limit. */
export interface InstrumentLimits {
  readonly instrument: Instrument
  maxQuantityUnits: number
  maxPositionUnits: number
  /** Largest price units x quantity units, as limbs of 2^53. Negative high = no rate: nothing passes. */
  maxNotionalHigh: number
  maxNotionalLow: number
  /** The exchange's own bounds and steps. */
  readonly leastQuantityUnits: number
  readonly mostQuantityUnits: number
  readonly sizeStepUnits: number
  readonly leastPriceUnits: number
  readonly mostPriceUnits: number
  /** Its bounds of the value of an order; see `Instrument.valueUnits`. */
  readonly leastValueUnits: number
  readonly mostValueUnits: number
  readonly isInverse: boolean
}

/** Collar parts per million of the reference. */
export const PARTS = 1_000_000

/** Limits compiled for the instruments of a system. */
export class CompiledLimits {
  readonly source: Readonly<RiskLimits>
  /** Collar in parts per million, or -1 when it is off. */
  readonly collarParts: number
  readonly maxOpen: Readonly<{ instrument: number; strategy: number; account: number; connector: number }>
  readonly needsMarketData: boolean
  readonly orderWarnAt: number
  readonly warnAt: number
  readonly #byInstrument: InstrumentLimits[] = []

  /** @throws TradewireError `TW_INVALID_CONFIG` naming a limit that is none. */
  constructor(limits: RiskLimits = {}) {
    this.source = limits
    checkAmounts(limits)
    checkScopedLimits(limits)
    this.orderWarnAt = share(limits.orderWarnAt ?? 0.5, 'orderWarnAt')
    this.warnAt = share(limits.warnAt ?? 0.8, 'warnAt')
    this.collarParts = limits.priceCollarPercent === false ? -1 : percentParts(limits.priceCollarPercent ?? 5)
    this.maxOpen = {
      instrument: count(limits.maxOpenOrders?.instrument ?? 1_000, 'instrument'),
      strategy: count(limits.maxOpenOrders?.strategy ?? 1_000, 'strategy'),
      account: count(limits.maxOpenOrders?.account ?? 4_000, 'account'),
      connector: count(limits.maxOpenOrders?.connector ?? 4_000, 'connector'),
    }
    this.needsMarketData = limits.marketData !== false
  }

  /** Whether a limit is a table that leaves an instrument out. */
  isUnnamed(limit: 'maxOrderQuantity' | 'maxPosition', instrument: Instrument): boolean {
    const stated = this.source[limit]
    return stated !== undefined && isTable(stated) && named(stated, instrument) === undefined
  }

  /** The largest value of one order in an instrument, in the base currency. */
  notionalOf(instrument: Instrument): Decimal {
    return notionalLimit(instrument, this.source)
  }

  /** The limits of an instrument, compiled when they are first asked for. */
  of(instrument: Instrument): InstrumentLimits {
    return this.#byInstrument[instrument.index] ?? this.#compile(instrument)
  }

  /** As {@link of} by index; undefined before they were first asked for. */
  at(index: number): InstrumentLimits | undefined {
    return this.#byInstrument[index]
  }

  #compile(instrument: Instrument): InstrumentLimits {
    const { source } = this
    const notional = notionalUnits(instrument, source)
    const limits: InstrumentLimits = {
      instrument,
      maxQuantityUnits: quantityLimit(source.maxOrderQuantity, instrument, 'maxOrderQuantity'),
      maxPositionUnits: quantityLimit(source.maxPosition, instrument, 'maxPosition'),
      maxNotionalHigh: notional === undefined ? -1 : notional.div(LIMB).floor().toNumber(),
      maxNotionalLow: notional === undefined ? 0 : notional.mod(LIMB).toNumber(),
      leastQuantityUnits: Math.max(1, instrument.minQuantityUnits),
      mostQuantityUnits: instrument.maxQuantityUnits,
      sizeStepUnits: instrument.sizeStepUnits,
      leastPriceUnits: instrument.minPriceUnits,
      mostPriceUnits: instrument.maxPriceUnits,
      leastValueUnits: instrument.minValueUnits,
      mostValueUnits: instrument.maxValueUnits,
      isInverse: instrument.isInverse,
    }
    while (this.#byInstrument.length < instrument.index)
      this.#byInstrument.push(undefined as unknown as InstrumentLimits)
    this.#byInstrument[instrument.index] = limits
    return limits
  }
}

/** Limits are compiled when an instrument is first traded: what is wrong with them has to be said before. */
function checkAmounts(limits: RiskLimits): void {
  for (const name of ['maxOrderQuantity', 'maxOrderNotional', 'maxPosition'] as const) {
    const limit = limits[name]
    if (limit === undefined) continue
    const amounts = isTable(limit) ? Object.entries(limit) : [['', limit] as const]
    for (const [key, amount] of amounts)
      if (toDecimal(amount, name).isNegative())
        throw new TradewireError(
          'TW_INVALID_CONFIG',
          `risk.${name}${key === '' ? '' : `.${key}`} must not be negative, got ${String(amount)}`,
        )
  }
  for (const [currency, rate] of Object.entries(limits.rates ?? {}))
    if (!toDecimal(rate, `rates.${currency}`).greaterThan(0))
      throw new TradewireError('TW_INVALID_CONFIG', `risk.rates.${currency} must be above 0, got ${String(rate)}`)
}

/** Largest value of one order, in the base currency, where none is given. */
const defaultNotional = '1000000'

function notionalLimit(instrument: Instrument, { maxOrderNotional = defaultNotional }: RiskLimits): Decimal {
  const limit = isTable(maxOrderNotional) ? (named(maxOrderNotional, instrument) ?? defaultNotional) : maxOrderNotional
  return toDecimal(limit, 'maxOrderNotional')
}

/** The limit on price units x quantity units (quantity units alone for inverse contracts); undefined when there is no rate. */
function notionalUnits(instrument: Instrument, limits: RiskLimits): Decimal | undefined {
  const rate = rateOf(instrument.currency, limits)
  if (rate === undefined) return undefined
  const scale = instrument.isInverse ? instrument.sizeScale : instrument.priceScale + instrument.sizeScale
  const units = notionalLimit(instrument, limits)
    .div(rate.mul(instrument.multiplier))
    .mul(new Decimal(10).pow(scale))
    .floor()
  return Decimal.min(units, new Decimal(LIMB).mul(LIMB - 1))
}

/** Value of one unit of a currency in the base currency; undefined when it is not known. */
export function rateOf(currency: string, limits: RiskLimits): Decimal | undefined {
  if (currency === (limits.baseCurrency ?? 'USD')) return new Decimal(1)
  const rate = limits.rates?.[currency]
  return rate === undefined ? undefined : toDecimal(rate, `rates.${currency}`)
}

function quantityLimit(limit: PerInstrument | undefined, instrument: Instrument, name: string): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY
  const value = isTable(limit) ? (named(limit, instrument) ?? 0) : limit
  return toDecimal(value, name).mul(new Decimal(10).pow(instrument.sizeScale)).floor().toNumber()
}

type LimitTable = Readonly<Record<string, DecimalInput>>

function isTable(limit: PerInstrument): limit is LimitTable {
  return typeof limit === 'object' && !Decimal.isDecimal(limit)
}

/** What a table says of an instrument; undefined when it does not name it and has no `*`. */
function named(table: LimitTable, instrument: Instrument): DecimalInput | undefined {
  for (const name of [instrument.id as string, instrument.symbol, '*'])
    if (Object.hasOwn(table, name)) return table[name]
  return undefined
}

function percentParts(percent: number): number {
  const parts = Math.round(percent * 10_000)
  if (!(percent >= 0 && percent <= 100) || Math.abs(parts / 10_000 - percent) > 1e-12) {
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `risk.priceCollarPercent must be from 0 to 100 with at most 4 digits behind the point, got ${percent}`,
    )
  }
  return parts
}

function share(value: number, name: string): number {
  if (!(value > 0 && value <= 1))
    throw new TradewireError('TW_INVALID_CONFIG', `risk.${name} must be above 0 and at most 1, got ${value}`)
  return value
}

function count(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 0) {
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `risk.maxOpenOrders.${name} must be a whole number from 0, got ${value}`,
    )
  }
  return value
}
