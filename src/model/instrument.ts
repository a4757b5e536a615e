/**
 * Instruments: what can be traded, on which grid of prices and sizes, and the integer scales that orders in it use.
 *
 * A definition is plain data; an {@link Instrument} is its compiled form. Nothing is rounded silently: `makePrice` and
 * `makeQuantity` round by a stated mode, everything else accepts exact values or refuses them.
 */
import { TradewireError } from '../core/errors.js'
import {
  boundToUnits,
  Decimal,
  type DecimalInput,
  isMultiple,
  MAX_SCALE,
  numberToNearestUnits,
  type Rounding,
  roundToUnits,
  scaleOf,
  toDecimal,
  toUnits,
  unitsToDecimal,
  unitsToNumber,
  unitsToText,
} from './decimal.js'
import type { InstrumentId } from './ids.js'
import type { Side } from './order-types.js'

/** What kind of contract an instrument is. */
export const assetClasses = [
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
] as const
/** What kind of contract an instrument is. */
export type AssetClass = (typeof assetClasses)[number]

/** From `from` on (inclusive, by absolute value), prices are multiples of `increment`. */
export interface PriceBand {
  from: string
  increment: string
}

/** An instrument as plain data. Decimal fields are text. */
export interface InstrumentDefinition {
  /** `SYMBOL.VENUE`. */
  id: string
  /** The symbol that strategies use, for instance `IBM` or `EUR/USD`. */
  symbol: string
  /** Market identifier code or venue name. */
  venue: string
  assetClass: AssetClass
  /** Currency of prices (ISO 4217 or the venue's coin name). */
  currency: string
  /** What one unit is made of: the first currency of a pair. */
  baseCurrency?: string
  /** Currency in which profit and loss settles; `currency` unless given. */
  settlementCurrency?: string
  /** Smallest price step, for instance `0.01`. With `priceBands` the finest of them. */
  priceIncrement: string
  /**
   * Price steps that vary by price, ascending by `from`, the first from 0. Each `from` is a multiple of its own step and of
   * the step below, each step a multiple of `priceIncrement`.
   */
  priceBands?: PriceBand[]
  /** Smallest size step. */
  sizeIncrement: string
  /** Board lot: a round lot for slicing, not a rule. */
  lotSize?: string
  minQuantity?: string
  maxQuantity?: string
  /** Smallest and largest order value (price x quantity x multiplier) in `currency`. */
  minNotional?: string
  maxNotional?: string
  minPrice?: string
  maxPrice?: string
  /** Value of one unit per point of price; 1 unless given. */
  multiplier?: string
  /** Whether profit is paid in the base coin (1/price): BitMEX XBTUSD and its kind. */
  isInverse?: boolean
  /** Id of the trading calendar, for instance `XNYS` or `24/7`. */
  calendar?: string
  /** Last trading day as `YYYY-MM-DD`. */
  expiry?: string
  underlying?: string
  strike?: string
  right?: 'call' | 'put'
  /** Initial and maintenance margin as a fraction of notional. */
  marginInitial?: string
  marginMaintenance?: string
  /** Fees as a fraction of notional; negative is a rebate. */
  makerFee?: string
  takerFee?: string
  /** The name of the instrument at a connector or venue, by connector id. */
  venueSymbols?: Record<string, string>
  /** Digits kept behind the point beyond the finest tick (averages, half ticks); 2 unless given. */
  sparePriceDigits?: number
}

const classesWithNegativePrices: ReadonlySet<AssetClass> = new Set(['option', 'spread', 'future', 'commodity'])

interface CompiledBand {
  fromUnits: number
  stepUnits: number
}

/** The most that {@link InstrumentDefinition.sparePriceDigits} may say. */
export const MAX_SPARE_PRICE_DIGITS = 8

/** An instrument compiled for use: scales, steps and bounds as integers. Immutable, and so is its copy of the definition. */
export class Instrument {
  readonly definition: Readonly<InstrumentDefinition>
  readonly id: InstrumentId
  readonly symbol: string
  /** Small integer that stands for the instrument in rings and tables; given by the registry. */
  readonly index: number
  /** Digits behind the point of `priceUnits`. */
  readonly priceScale: number
  /** Digits behind the point of `quantityUnits`. */
  readonly sizeScale: number
  /** Finest price step in price units. */
  readonly priceStepUnits: number
  /** Size step in quantity units. */
  readonly sizeStepUnits: number
  readonly lotUnits: number
  readonly minQuantityUnits: number
  readonly maxQuantityUnits: number
  readonly minPriceUnits: number
  readonly maxPriceUnits: number
  /** Smallest and largest value of an order as {@link Instrument.valueUnits} gives it; 0 and Infinity where there is no bound. */
  readonly minValueUnits: number
  readonly maxValueUnits: number
  /** Whether prices below zero are possible. */
  readonly allowsNegativePrices: boolean
  readonly multiplier: Decimal
  /** The multiplier as a double, exact for every multiplier in use. */
  readonly multiplierNumber: number
  readonly isInverse: boolean
  readonly currency: string
  readonly settlementCurrency: string
  readonly #bands: readonly CompiledBand[]
  readonly #stepAt = (units: number): number => this.priceStepAt(units)
  readonly #sizeStep = (): number => this.sizeStepUnits

  /** @throws TradewireError `TW_INVALID_MODEL`, `TW_INVALID_DECIMAL`, `TW_OFF_GRID` or `TW_OUT_OF_RANGE` naming the field that is not usable. */
  constructor(definition: InstrumentDefinition, index: number) {
    this.definition = frozenCopy(definition)
    this.id = definition.id as InstrumentId
    this.symbol = definition.symbol
    this.index = index
    this.priceScale = requireScale(
      scaleOf(definition.priceIncrement, 'priceIncrement') + requireSpareDigits(definition.sparePriceDigits ?? 2),
      'priceIncrement',
    )
    this.sizeScale = requireScale(scaleOf(definition.sizeIncrement, 'sizeIncrement'), 'sizeIncrement')
    this.priceStepUnits = positive(
      toUnits(definition.priceIncrement, this.priceScale, 'priceIncrement'),
      'priceIncrement',
    )
    this.sizeStepUnits = positive(toUnits(definition.sizeIncrement, this.sizeScale, 'sizeIncrement'), 'sizeIncrement')
    this.lotUnits = definition.lotSize === undefined ? this.sizeStepUnits : this.#size(definition.lotSize, 'lotSize')
    this.minQuantityUnits =
      definition.minQuantity === undefined ? this.sizeStepUnits : this.#size(definition.minQuantity, 'minQuantity')
    this.maxQuantityUnits =
      definition.maxQuantity === undefined
        ? Number.MAX_SAFE_INTEGER
        : boundToUnits(definition.maxQuantity, this.sizeScale, 'maxQuantity')
    requireOrder(this.minQuantityUnits, this.maxQuantityUnits, 'minQuantity', 'maxQuantity')
    this.allowsNegativePrices = classesWithNegativePrices.has(definition.assetClass)
    const defaultMinimum = this.allowsNegativePrices ? -Number.MAX_SAFE_INTEGER : this.priceStepUnits
    this.minPriceUnits =
      definition.minPrice === undefined ? defaultMinimum : toUnits(definition.minPrice, this.priceScale, 'minPrice')
    this.maxPriceUnits =
      definition.maxPrice === undefined
        ? Number.MAX_SAFE_INTEGER
        : boundToUnits(definition.maxPrice, this.priceScale, 'maxPrice')
    requireOrder(this.minPriceUnits, this.maxPriceUnits, 'minPrice', 'maxPrice')
    this.multiplier = toDecimal(definition.multiplier ?? '1', 'multiplier')
    if (!this.multiplier.gt(0)) throw invalidField('multiplier', 'must be above 0')
    this.multiplierNumber = this.multiplier.toNumber()
    this.isInverse = definition.isInverse ?? false
    const { minNotional, maxNotional } = definition
    this.minValueUnits = minNotional === undefined ? 0 : this.#value(minNotional, 'minNotional').ceil().toNumber()
    this.maxValueUnits =
      maxNotional === undefined ? Number.POSITIVE_INFINITY : this.#value(maxNotional, 'maxNotional').floor().toNumber()
    requireOrder(this.minValueUnits, this.maxValueUnits, 'minNotional', 'maxNotional')
    this.currency = definition.currency
    this.settlementCurrency =
      definition.settlementCurrency ??
      (this.isInverse ? (definition.baseCurrency ?? definition.currency) : definition.currency)
    this.#bands = compileBands(definition.priceBands ?? [], this.priceScale, this.priceStepUnits)
  }

  #size(text: string, name: string): number {
    return positive(toUnits(text, this.sizeScale, name), name)
  }

  #value(text: string, name: string): Decimal {
    const scale = this.isInverse ? this.sizeScale : this.priceScale + this.sizeScale
    return toDecimal(text, name).div(this.multiplier).mul(new Decimal(10).pow(scale))
  }

  /** Value of an order for its bounds: price units x quantity units; quantity units alone for inverse contracts. NaN without a price. */
  valueUnits(quantityUnits: number, priceUnits: number): number {
    return this.isInverse ? quantityUnits : quantityUnits * Math.abs(priceUnits)
  }

  /**
   * A price as units: exact and on the grid, or refused. `minPrice` and `maxPrice` are the risk gate's to check.
   *
   * @throws TradewireError `TW_OFF_GRID`, `TW_INVALID_DECIMAL`, `TW_OUT_OF_RANGE`.
   */
  priceUnits(value: DecimalInput, name = 'price'): number {
    const units = toUnits(value, this.priceScale, name)
    if (!this.isPriceOnGrid(units)) {
      throw new TradewireError(
        'TW_OFF_GRID',
        `${name} ${this.priceText(units)} is not a multiple of ${this.priceText(this.priceStepAt(units))} for ${this.id}`,
        {
          details: {
            instrument: this.id,
            field: name,
            value: this.priceText(units),
            increment: this.priceText(this.priceStepAt(units)),
          },
        },
      )
    }
    return units
  }

  /** A quantity as units: exact and on the grid, or refused. @throws TradewireError as {@link priceUnits}. */
  quantityUnits(value: DecimalInput, name = 'quantity'): number {
    const units = toUnits(value, this.sizeScale, name)
    if (!isMultiple(units, this.sizeStepUnits)) {
      throw new TradewireError(
        'TW_OFF_GRID',
        `${name} ${this.quantityText(units)} is not a multiple of ${this.quantityText(this.sizeStepUnits)} for ${this.id}`,
        {
          details: {
            instrument: this.id,
            field: name,
            value: this.quantityText(units),
            increment: this.quantityText(this.sizeStepUnits),
          },
        },
      )
    }
    return units
  }

  /** The price step that holds at a price. */
  priceStepAt(priceUnits: number): number {
    const bands = this.#bands
    const size = Math.abs(priceUnits)
    let step = this.priceStepUnits
    for (let i = 0; i < bands.length; i++) {
      const band = bands[i] as CompiledBand
      if (size < band.fromUnits) break
      step = band.stepUnits
    }
    return step
  }

  /** Whether price units are a multiple of the step that holds there. */
  isPriceOnGrid(priceUnits: number): boolean {
    return isMultiple(priceUnits, this.#bands.length === 0 ? this.priceStepUnits : this.priceStepAt(priceUnits))
  }

  /** A price rounded to the grid by an explicit mode. */
  makePrice(value: DecimalInput, rounding: Rounding): Decimal {
    return this.priceFromUnits(this.makePriceUnits(value, rounding))
  }

  /** As {@link makePrice}, in units. */
  makePriceUnits(value: DecimalInput, rounding: Rounding): number {
    return roundToUnits(value, this.priceScale, this.#stepAt, rounding, 'price')
  }

  /** A price rounded to the passive side: down for a buy, up for a sell. */
  makePassivePrice(value: DecimalInput, side: Side): Decimal {
    return this.makePrice(value, side === 'buy' ? 'floor' : 'ceil')
  }

  /** A quantity rounded to the grid; down unless said otherwise. */
  makeQuantity(value: DecimalInput, rounding: Rounding = 'floor'): Decimal {
    return this.quantityFromUnits(this.makeQuantityUnits(value, rounding))
  }

  /** As {@link makeQuantity}, in units. */
  makeQuantityUnits(value: DecimalInput, rounding: Rounding = 'floor'): number {
    return roundToUnits(value, this.sizeScale, this.#sizeStep, rounding, 'quantity')
  }

  priceFromUnits(units: number): Decimal {
    return unitsToDecimal(units, this.priceScale)
  }

  quantityFromUnits(units: number): Decimal {
    return unitsToDecimal(units, this.sizeScale)
  }

  priceText(units: number): string {
    return unitsToText(units, this.priceScale)
  }

  quantityText(units: number): string {
    return unitsToText(units, this.sizeScale)
  }

  /** The nearest double of price units, for the data plane. */
  priceNumber(units: number): number {
    return unitsToNumber(units, this.priceScale)
  }

  /** The nearest double of quantity units, for the data plane. */
  quantityNumber(units: number): number {
    return unitsToNumber(units, this.sizeScale)
  }

  /** Price units nearest to a data-plane price. */
  nearestPriceUnits(price: number): number {
    return numberToNearestUnits(price, this.priceScale)
  }

  /** Quantity units nearest to a data-plane size. */
  nearestQuantityUnits(size: number): number {
    return numberToNearestUnits(size, this.sizeScale)
  }

  /** The instrument's name at a connector; its symbol where none is mapped. */
  symbolAt(connector: string): string {
    const names = this.definition.venueSymbols
    return names !== undefined && Object.hasOwn(names, connector) ? (names[connector] as string) : this.symbol
  }
}

/** A copy that the caller's later changes do not reach. */
function frozenCopy(definition: InstrumentDefinition): Readonly<InstrumentDefinition> {
  const { priceBands, venueSymbols } = definition
  return Object.freeze({
    ...definition,
    ...(priceBands === undefined ? {} : { priceBands: priceBands.map((band) => Object.freeze({ ...band })) }),
    ...(venueSymbols === undefined ? {} : { venueSymbols: Object.freeze({ ...venueSymbols }) }),
  })
}

/** Bands whose borders lie on the grids of both sides: then rounding within one band never leaves the grid of the next. */
function compileBands(bands: readonly PriceBand[], scale: number, finestUnits: number): CompiledBand[] {
  const compiled: CompiledBand[] = []
  for (const [i, band] of bands.entries()) {
    const fromUnits = toUnits(band.from, scale, `priceBands.${i}.from`)
    const stepUnits = positive(toUnits(band.increment, scale, `priceBands.${i}.increment`), `priceBands.${i}.increment`)
    const below = compiled.at(-1)
    if (below === undefined ? fromUnits !== 0 : fromUnits <= below.fromUnits) {
      const rule = below === undefined ? 'must be 0 in the first band' : 'must be above that of the band before'
      throw invalidField(`priceBands.${i}.from`, rule)
    }
    if (stepUnits % finestUnits !== 0) {
      throw invalidField(`priceBands.${i}.increment`, 'must be a multiple of priceIncrement')
    }
    if (fromUnits % stepUnits !== 0 || (below !== undefined && fromUnits % below.stepUnits !== 0)) {
      throw invalidField(
        `priceBands.${i}.from`,
        'must be a multiple of its own increment and of that of the band before',
      )
    }
    compiled.push({ fromUnits, stepUnits })
  }
  return compiled
}

function positive(units: number, name: string): number {
  if (units > 0) return units
  throw invalidField(name, 'must be above 0')
}

function requireSpareDigits(digits: number): number {
  if (Number.isInteger(digits) && digits >= 0 && digits <= MAX_SPARE_PRICE_DIGITS) return digits
  throw invalidField('sparePriceDigits', `must be a whole number from 0 to ${MAX_SPARE_PRICE_DIGITS}`)
}

function requireScale(scale: number, name: string): number {
  if (scale <= MAX_SCALE) return scale
  throw invalidField(
    name,
    `needs ${scale} digits behind the point (spare digits included); at most ${MAX_SCALE} are possible`,
  )
}

function requireOrder(lower: number, upper: number, lowerName: string, upperName: string): void {
  if (upper < lower) throw invalidField(upperName, `must not be below ${lowerName}`)
}

function invalidField(field: string, rule: string): TradewireError {
  return new TradewireError('TW_INVALID_MODEL', `${field} ${rule}`, { details: { field } })
}
