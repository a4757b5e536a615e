/**
 * Instruments: what can be traded, on which grid of prices and sizes, and the integer scales that orders in it use.
 *
 * A definition is plain data; an {@link Instrument} is its compiled form. Nothing is rounded silently: `makePrice` and
 * `makeQuantity` round by a stated mode, everything else accepts exact values or refuses them.
 */
import { TradewireError } from '../core/errors.js'
import {
  type Decimal,
  type DecimalInput,
  numberToNearestUnits,
  type Rounding,
  roundToStep,
  scaleOf,
  toDecimal,
  toUnits,
  unitsToDecimal,
  unitsToNumber,
  unitsToText,
} from './decimal.js'
import type { InstrumentId } from './ids.js'
import type { Side } from './order-types.js'

/** What kind of contract it is. */
export type AssetClass = 'equity' | 'fx' | 'crypto_spot' | 'crypto_perpetual' | 'future' | 'option' | 'spread' | 'cfd' | 'bond' | 'index' | 'commodity'

/** From `from` on (inclusive, by absolute value), prices are multiples of `increment`. */
export interface PriceBand {
  from: string
  increment: string
}

/** An instrument as plain data. Decimal fields are text. */
export interface InstrumentDefinition {
  /** `SYMBOL.VENUE`. */
  id: InstrumentId
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
  /** Price steps that vary by price, ascending by `from`, the first from 0. */
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

/** An instrument compiled for use: scales, steps and bounds as integers. Immutable. */
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
  /** Whether prices below zero are possible. */
  readonly allowsNegativePrices: boolean
  readonly multiplier: Decimal
  /** The multiplier as a double, exact for every multiplier in use. */
  readonly multiplierNumber: number
  readonly isInverse: boolean
  readonly currency: string
  readonly settlementCurrency: string
  readonly #bands: readonly CompiledBand[]

  /** @throws TradewireError `TW_INVALID_MODEL` naming the field that is not usable. */
  constructor(definition: InstrumentDefinition, index: number) {
    const finestTick = scaleOf(definition.priceIncrement, 'priceIncrement')
    this.definition = definition
    this.id = definition.id
    this.symbol = definition.symbol
    this.index = index
    this.priceScale = finestTick + (definition.sparePriceDigits ?? 2)
    this.sizeScale = scaleOf(definition.sizeIncrement, 'sizeIncrement')
    this.priceStepUnits = positive(toUnits(definition.priceIncrement, this.priceScale, 'priceIncrement'), 'priceIncrement')
    this.sizeStepUnits = positive(toUnits(definition.sizeIncrement, this.sizeScale, 'sizeIncrement'), 'sizeIncrement')
    this.lotUnits = definition.lotSize === undefined ? this.sizeStepUnits : this.#size(definition.lotSize, 'lotSize')
    this.minQuantityUnits = definition.minQuantity === undefined ? this.sizeStepUnits : this.#size(definition.minQuantity, 'minQuantity')
    this.maxQuantityUnits = definition.maxQuantity === undefined ? Number.MAX_SAFE_INTEGER : this.#size(definition.maxQuantity, 'maxQuantity')
    this.allowsNegativePrices = classesWithNegativePrices.has(definition.assetClass)
    const defaultMinimum = this.allowsNegativePrices ? -Number.MAX_SAFE_INTEGER : this.priceStepUnits
    this.minPriceUnits = definition.minPrice === undefined ? defaultMinimum : toUnits(definition.minPrice, this.priceScale, 'minPrice')
    this.maxPriceUnits = definition.maxPrice === undefined ? Number.MAX_SAFE_INTEGER : toUnits(definition.maxPrice, this.priceScale, 'maxPrice')
    this.multiplier = toDecimal(definition.multiplier ?? '1', 'multiplier')
    this.multiplierNumber = this.multiplier.toNumber()
    this.isInverse = definition.isInverse ?? false
    this.currency = definition.currency
    this.settlementCurrency = definition.settlementCurrency ?? (this.isInverse ? (definition.baseCurrency ?? definition.currency) : definition.currency)
    this.#bands = (definition.priceBands ?? []).map((band, i) => ({
      fromUnits: toUnits(band.from, this.priceScale, `priceBands.${i}.from`),
      stepUnits: positive(toUnits(band.increment, this.priceScale, `priceBands.${i}.increment`), `priceBands.${i}.increment`),
    }))
  }

  #size(text: string, name: string): number {
    return positive(toUnits(text, this.sizeScale, name), name)
  }

  /** A price as units: exact, on the grid and within bounds, or refused. @throws TradewireError `TW_OFF_GRID`, `TW_INVALID_DECIMAL`, `TW_OUT_OF_RANGE`. */
  priceUnits(value: DecimalInput, name = 'price'): number {
    const units = toUnits(value, this.priceScale, name)
    if (!this.isPriceOnGrid(units)) {
      throw new TradewireError('TW_OFF_GRID', `${name} ${this.priceText(units)} is not a multiple of ${this.priceText(this.priceStepAt(units))} for ${this.id}`, {
        details: { instrument: this.id, field: name, value: this.priceText(units), increment: this.priceText(this.priceStepAt(units)) },
      })
    }
    return units
  }

  /** A quantity as units: exact and on the grid, or refused. @throws TradewireError as {@link priceUnits}. */
  quantityUnits(value: DecimalInput, name = 'quantity'): number {
    const units = toUnits(value, this.sizeScale, name)
    if (units % this.sizeStepUnits !== 0) {
      throw new TradewireError('TW_OFF_GRID', `${name} ${this.quantityText(units)} is not a multiple of ${this.quantityText(this.sizeStepUnits)} for ${this.id}`, {
        details: { instrument: this.id, field: name, value: this.quantityText(units), increment: this.quantityText(this.sizeStepUnits) },
      })
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
    return priceUnits % (this.#bands.length === 0 ? this.priceStepUnits : this.priceStepAt(priceUnits)) === 0
  }

  /** A price rounded to the grid by an explicit mode. */
  makePrice(value: DecimalInput, rounding: Rounding): Decimal {
    return this.priceFromUnits(this.makePriceUnits(value, rounding))
  }

  /** As {@link makePrice}, in units. */
  makePriceUnits(value: DecimalInput, rounding: Rounding): number {
    const fine = coarsen(value, this.priceScale, rounding, 'price')
    return roundToStep(fine, this.priceStepAt(fine), rounding)
  }

  /** A price rounded to the passive side: down for a buy, up for a sell. */
  makePassivePrice(value: DecimalInput, side: Side): Decimal {
    return this.makePrice(value, side === 'buy' ? 'floor' : 'ceil')
  }

  /** A quantity rounded to the grid; down unless said otherwise. */
  makeQuantity(value: DecimalInput, rounding: Rounding = 'floor'): Decimal {
    return this.quantityFromUnits(roundToStep(coarsen(value, this.sizeScale, rounding, 'quantity'), this.sizeStepUnits, rounding))
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
    return this.definition.venueSymbols?.[connector] ?? this.symbol
  }
}

/** Any decimal at `scale`, with finer digits rounded by the mode: a first step before rounding to the grid in the same direction. */
function coarsen(value: DecimalInput, scale: number, rounding: Rounding, name: string): number {
  const decimal = toDecimal(value, name)
  if (decimal.decimalPlaces() <= scale) return toUnits(decimal, scale, name)
  const mode = { floor: 3, ceil: 2, truncate: 1, nearest: 4 } as const
  return toUnits(decimal.toDecimalPlaces(scale, mode[rounding]), scale, name)
}

function positive(units: number, name: string): number {
  if (units > 0) return units
  throw new TradewireError('TW_INVALID_MODEL', `${name} must be above 0`, { details: { field: name } })
}
