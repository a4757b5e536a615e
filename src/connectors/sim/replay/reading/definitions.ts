/**
 * Default definitions of the instruments in recorded sets, for files that carry prices but no contract data. Each can be
 * replaced by the caller's own (option `instruments`). Increments are the venues' own at the time of the recordings;
 * recorded prices may lie off them (sub-penny prints).
 */
import type { InstrumentId } from '../../../../model/ids.js'
import type { InstrumentDefinition } from '../../../../model/instrument.js'

/** Listing venues by symbol; others trade on `US`, the consolidated tape. */
const listings: Readonly<Record<string, string>> = {
  IBM: 'XNYS',
  AAPL: 'XNAS',
  QQQ: 'XNAS',
  SPY: 'ARCX',
  EEM: 'ARCX',
}

/** A US share or fund. */
export function usEquity(symbol: string): InstrumentDefinition {
  const venue = Object.hasOwn(listings, symbol) ? (listings[symbol] as string) : 'US'
  return {
    id: idOf(symbol, venue),
    symbol,
    venue,
    assetClass: 'equity',
    currency: 'USD',
    priceIncrement: '0.01',
    sizeIncrement: '1',
    lotSize: '100',
    calendar: 'XNYS',
  }
}

/** A currency pair of six letters: five digits behind the point, three where the yen is the price currency. */
export function currencyPair(pair: string, venue: string): InstrumentDefinition {
  const currency = pair.slice(3)
  return {
    id: idOf(pair, venue),
    symbol: pair,
    venue,
    assetClass: 'fx',
    currency,
    baseCurrency: pair.slice(0, 3),
    priceIncrement: currency === 'JPY' ? '0.001' : '0.00001',
    sizeIncrement: '1',
  }
}

/** A pair of a crypto venue whose increments are given. */
export function cryptoPair(
  symbol: string,
  venue: string,
  currencies: readonly [base: string, quote: string],
  priceIncrement: string,
  sizeIncrement: string,
): InstrumentDefinition {
  return {
    id: idOf(symbol, venue),
    symbol,
    venue,
    assetClass: 'crypto_spot',
    currency: currencies[1],
    baseCurrency: currencies[0],
    priceIncrement,
    sizeIncrement,
    calendar: '24/7',
  }
}

const quoteCoins = ['USDT', 'USDC', 'FDUSD', 'BUSD', 'BTC', 'ETH', 'BNB', 'EUR', 'USD'] as const

/** A Binance symbol (`BTCUSDT`), spot or perpetual future. */
export function binanceSymbol(symbol: string, isFuture: boolean): InstrumentDefinition {
  const quote = quoteCoins.find((coin) => symbol.endsWith(coin)) ?? symbol.slice(-4)
  const base = symbol.slice(0, symbol.length - quote.length)
  const isBitcoin = base === 'BTC'
  const priceIncrement = isFuture && isBitcoin ? '0.1' : isBitcoin ? '0.01' : '0.00000001'
  const sizeIncrement = isFuture ? '0.001' : isBitcoin ? '0.00001' : '0.00000001'
  const pair = cryptoPair(
    symbol,
    isFuture ? 'BINANCE_FUTURES' : 'BINANCE',
    [base, quote],
    priceIncrement,
    sizeIncrement,
  )
  return isFuture ? { ...pair, assetClass: 'crypto_perpetual' } : pair
}

interface FutureRoot {
  priceIncrement: string
  multiplier: string
  underlying: string
}

/** Contract data of CME Group futures by root symbol. */
const futureRoots: Readonly<Record<string, FutureRoot>> = {
  ES: { priceIncrement: '0.25', multiplier: '50', underlying: 'S&P 500' },
  NQ: { priceIncrement: '0.25', multiplier: '20', underlying: 'Nasdaq-100' },
  '6E': { priceIncrement: '0.00005', multiplier: '125000', underlying: 'EUR/USD' },
  CL: { priceIncrement: '0.01', multiplier: '1000', underlying: 'WTI crude oil' },
  GC: { priceIncrement: '0.1', multiplier: '100', underlying: 'Gold' },
}

/** Whether the contract data of a future are known, by its symbol (`ESH4`). */
export function isKnownFuture(symbol: string): boolean {
  return Object.hasOwn(futureRoots, rootOf(symbol))
}

/** A CME Group future whose root is known. */
export function cmeFuture(symbol: string): InstrumentDefinition {
  const root = futureRoots[rootOf(symbol)] as FutureRoot
  return {
    id: idOf(symbol, 'XCME'),
    symbol,
    venue: 'XCME',
    assetClass: 'future',
    currency: 'USD',
    priceIncrement: root.priceIncrement,
    sizeIncrement: '1',
    multiplier: root.multiplier,
    underlying: root.underlying,
    calendar: 'XCME',
  }
}

/** Digits of prices and sizes of a pair whose first message shows none: those of the finest pairs. */
export const mostDigits = 8

/** `1e-digits` as text: the price step of a feed that shows this many digits behind the point. */
export function stepOfDigits(digits: number): string {
  return digits === 0 ? '1' : `0.${'0'.repeat(digits - 1)}1`
}

/** A symbol like `ESH4` or `6EM24` without its month and year. */
function rootOf(symbol: string): string {
  return symbol.replace(/[FGHJKMNQUVXZ]\d{1,2}$/, '')
}

function idOf(symbol: string, venue: string): InstrumentId {
  return `${symbol}.${venue}` as InstrumentId
}
