/** Instrument definitions in JSON: their decimals are text already. Whether the grid makes sense is for `Instrument` to say. */
import {
  type AssetClass,
  assetClasses,
  type InstrumentDefinition,
  MAX_SPARE_PRICE_DIGITS,
  type PriceBand,
} from '../instrument.js'
import { MAX_CURRENCY_LENGTH, MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_PRICE_BANDS, MAX_VENUE_SYMBOLS } from '../limits.js'
import { day, decimalText, flag, integer, list, map, oneOf, optional, record, text } from './codec.js'
import { id } from './market-data.js'

/** A currency code: ISO 4217 or the venue's coin name. */
export const currency = text(MAX_CURRENCY_LENGTH)

const positive = decimalText({ min: 0, isAbove: true })
const nonNegative = decimalText({ min: 0 })
const priceBand = record<PriceBand>({ from: nonNegative, increment: positive })

/** Schema and codec of an instrument definition. */
export const instrumentDefinition = record<InstrumentDefinition>(
  {
    id: id<string>(),
    symbol: text(MAX_ID_LENGTH),
    venue: text(MAX_NAME_LENGTH),
    assetClass: oneOf<AssetClass>(assetClasses),
    currency,
    baseCurrency: optional(currency),
    settlementCurrency: optional(currency),
    priceIncrement: positive,
    priceBands: optional(list(priceBand, MAX_PRICE_BANDS)),
    sizeIncrement: positive,
    lotSize: optional(positive),
    minQuantity: optional(positive),
    maxQuantity: optional(positive),
    minNotional: optional(nonNegative),
    maxNotional: optional(nonNegative),
    minPrice: optional(decimalText()),
    maxPrice: optional(decimalText()),
    multiplier: optional(positive),
    isInverse: optional(flag),
    calendar: optional(text(MAX_NAME_LENGTH)),
    expiry: optional(day),
    underlying: optional(text(MAX_ID_LENGTH)),
    strike: optional(decimalText()),
    right: optional(oneOf(['call', 'put'])),
    marginInitial: optional(nonNegative),
    marginMaintenance: optional(nonNegative),
    makerFee: optional(decimalText()),
    takerFee: optional(decimalText()),
    venueSymbols: optional(map(text(MAX_ID_LENGTH), MAX_VENUE_SYMBOLS)),
    sparePriceDigits: optional(integer(0, MAX_SPARE_PRICE_DIGITS)),
  },
  (['underlying', 'expiry', 'strike', 'right'] as const).map((field) => ({
    field,
    problem: 'is required for an option',
    holds: (model) => model.assetClass !== 'option' || model[field] !== undefined,
  })),
)
