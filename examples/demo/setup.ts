/** How the demo configures its system, by the instruments it will trade: plain data, also given to the process that recovers. */
import type { Instrument, TradingSystemConfig } from 'tradewire'
import { UsageError } from '../support/console.js'
import type { MakerTerms } from './maker.js'

const classesInSmallSizes: readonly string[] = ['crypto_spot', 'crypto_perpetual']

/** Sizes that suit an instrument: orders of one board lot, 10,000 of a currency, a hundredth of a coin, one contract. */
export function termsOf(instrument: Instrument): MakerTerms {
  const { assetClass } = instrument.definition
  const clip = assetClass === 'fx' ? 10_000 : assetClass === 'equity' ? 100 : classesInSmallSizes.includes(assetClass) ? 0.01 : 1
  const clipUnits = Math.max(instrument.minQuantityUnits, instrument.makeQuantityUnits(clip))
  return { clipUnits, maxUnits: 5 * clipUnits }
}

/** The currency that everything is added up in: the one that all instruments settle in. @throws UsageError when they differ. */
export function baseCurrencyOf(instruments: readonly Instrument[]): string {
  const currencies = [...new Set(instruments.map((instrument) => instrument.settlementCurrency))]
  if (currencies.length === 1) return currencies[0] as string
  throw new UsageError(`The demo adds up in one currency, but these data settle in ${currencies.join(', ')}; choose fewer files`)
}

/** Configuration of the demo's system. */
export function configFor(instruments: readonly Instrument[], journal: string, seed: number): TradingSystemConfig {
  const quantities = (units: (terms: MakerTerms) => number) =>
    Object.fromEntries(instruments.map((each) => [each.id, each.quantityFromUnits(units(termsOf(each))).toFixed()]))
  return {
    mode: 'simulation',
    journal,
    durability: 'os',
    seed,
    account: 'DEMO',
    baseCurrency: baseCurrencyOf(instruments),
    capital: '1000000',
    onClose: 'leave',
    limits: { orders: 65_536 },
    risk: {
      maxOrderQuantity: quantities(({ maxUnits }) => 4 * maxUnits),
      maxPosition: quantities(({ maxUnits }) => 3 * maxUnits),
      maxOrderNotional: '1000000',
      priceCollarPercent: 10,
      throttle: { limit: 50, windowMs: 1_000 },
      duplicates: { limit: 3, windowMs: 1_000 },
      marketData: { maxAgeMs: 60_000, maxSpreadPercent: 5 },
    },
  }
}
