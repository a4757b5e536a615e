/** How the demo configures its system, by the instruments it will trade: plain data, also given to the process that recovers. */
import type { Instrument, TradingSystemConfig } from 'tradewire'
import type { MakerTerms } from './maker.js'

/** The account it trades. */
export const account = 'DEMO'

const classesInSmallSizes: readonly string[] = ['crypto_spot', 'crypto_perpetual']

/** Sizes that suit an instrument: orders of one board lot, 10,000 of a currency, a hundredth of a coin, one contract. */
export function termsOf(instrument: Instrument): MakerTerms {
  const { assetClass } = instrument.definition
  const clip =
    assetClass === 'fx' ? 10_000 : assetClass === 'equity' ? 100 : classesInSmallSizes.includes(assetClass) ? 0.01 : 1
  const clipUnits = Math.max(instrument.minQuantityUnits, instrument.makeQuantityUnits(clip))
  return { clipUnits, maxUnits: 5 * clipUnits }
}

/** The currency that most of the instruments settle in: the demo trades these, and adds up in it. */
export function mainCurrency(instruments: readonly Instrument[]): string {
  const counts = new Map<string, number>()
  for (const { settlementCurrency } of instruments)
    counts.set(settlementCurrency, (counts.get(settlementCurrency) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'USD'
}

/** Configuration of the demo's system, which trades `instruments`: all settle in one currency. */
export function configFor(instruments: readonly Instrument[], journal: string, seed: number): TradingSystemConfig {
  const quantities = (units: (terms: MakerTerms) => number) =>
    Object.fromEntries(instruments.map((each) => [each.id, each.quantityFromUnits(units(termsOf(each))).toFixed()]))
  return {
    mode: 'simulation',
    journal,
    durability: 'os',
    seed,
    account,
    baseCurrency: mainCurrency(instruments),
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
