/**
 * When a trade settles: T+n by asset class, market and trade date.
 *
 *   equity                 the cycle of its market on the trade date, on the market's settlement days
 *   future, option, spread, index, commodity   one settlement day
 *   bond                   one settlement day
 *   fx                     two business days of both currencies; one for the pairs in `shortPairs`
 *   crypto spot, perpetual the trade date
 *   cfd                    the trade date: it settles with the broker
 *
 * A market without a calendar, a currency whose holidays are not known, or a date beyond what is known is refused.
 */
import type { Calendars } from '../../calendar/calendars.js'
import type { IsoDate } from '../../calendar/civil-date.js'
import type { CurrencyDays } from '../../calendar/currency-days.js'
import { TradewireError } from '../../core/errors.js'
import type { Instrument } from '../../model/instrument.js'

/** Currency pairs that settle on the next business day. */
const shortPairs: ReadonlySet<string> = new Set(['USDCAD', 'CADUSD', 'USDTRY', 'TRYUSD', 'USDPHP', 'PHPUSD'])

/** What the rules work with. */
export interface SettlementRules {
  readonly calendars: Calendars
  readonly currencies: CurrencyDays
  /** Days from trade to settlement by symbol or id, where they differ from the rules. */
  readonly cycles?: Readonly<Record<string, number>>
  /** Calendar of an instrument whose definition names none. */
  readonly calendarOf?: (instrument: Instrument) => string | undefined
}

/** The trading day of an execution at the market of its instrument; the day of UTC where that trades around the clock. */
export function tradeDateOf(rules: SettlementRules, instrument: Instrument, tsUs: number): IsoDate {
  return rules.calendars.get(calendarId(rules, instrument)).tradingDayAt(tsUs)
}

/**
 * The date on which a trade settles.
 *
 * @throws TradewireError `TW_UNKNOWN_CALENDAR`, `TW_CALENDAR_RANGE`; `TW_INVALID_MODEL` for an instrument that names no
 * calendar (or, in fx, no base currency).
 */
export function settlementDateOf(rules: SettlementRules, instrument: Instrument, tradeDate: IsoDate): IsoDate {
  const { cycles = {}, calendars, currencies } = rules
  const { assetClass, baseCurrency, currency } = instrument.definition
  const own = cycles[instrument.id] ?? cycles[instrument.symbol]
  if (assetClass === 'fx') {
    if (baseCurrency === undefined) throw missing(instrument, 'baseCurrency')
    const days = own ?? (shortPairs.has(baseCurrency + currency) ? 1 : 2)
    return currencies.addBusinessDays(tradeDate, days, baseCurrency, currency)
  }
  if (assetClass === 'crypto_spot' || assetClass === 'crypto_perpetual' || assetClass === 'cfd')
    return own === undefined ? tradeDate : calendars.get(calendarId(rules, instrument)).settlementDate(tradeDate, own)
  const calendar = calendars.get(calendarId(rules, instrument))
  const cycle = assetClass === 'equity' ? calendar.settlementCycle(tradeDate) : 1
  const days = own ?? cycle
  if (days === undefined) throw missing(instrument, 'settlement cycle: name it in cycles')
  return calendar.settlementDate(tradeDate, days)
}

function calendarId(rules: SettlementRules, instrument: Instrument): string {
  const { calendar = rules.calendarOf?.(instrument), assetClass } = instrument.definition
  if (calendar !== undefined) return calendar
  if (assetClass === 'crypto_spot' || assetClass === 'crypto_perpetual') return '24/7'
  if (assetClass === 'fx') return 'FX'
  throw missing(instrument, 'calendar')
}

function missing(instrument: Instrument, what: string): TradewireError {
  return new TradewireError(
    'TW_INVALID_MODEL',
    `${instrument.id} has no ${what}, without which its trades have no settlement date`,
    {
      details: { instrument: instrument.id, field: what },
    },
  )
}
