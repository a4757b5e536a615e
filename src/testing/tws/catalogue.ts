/**
 * What the simulated gateway lists: contracts with everything that contractDetails tells, their price rules and a price to
 * begin with. Hosts add their own by the same record.
 */
import type { AssetClass, InstrumentDefinition } from '../../model/instrument.js'
import type { TwsContract } from './contract-fields.js'

/** A contract that the gateway lists. */
export interface TwsListing {
  readonly contract: TwsContract
  readonly longName: string
  readonly minTick: string
  readonly sizeIncrement: string
  /** Ids of the price rules, one for each exchange of `validExchanges`. */
  readonly marketRule: number
  readonly validExchanges: string
  readonly orderTypes: string
  readonly timeZone: string
  /** Hours of a day as `contractDetails` writes them, `HHMM-HHMM`. */
  readonly hours: string
  readonly underlyingConId: number
  readonly contractMonth: string
  readonly stockType: string
  readonly industry: string
  /** The price that the market starts from. */
  readonly price: number
  /** What is shown at each price. */
  readonly size: number
}

/** Price steps by rule: from each price on, the step. */
export const marketRules: Readonly<Record<number, readonly (readonly [string, string])[]>> = {
  26: [['0', '0.01']],
  32: [
    ['0', '0.0001'],
    ['1', '0.01'],
  ],
  59: [['0', '0.00005']],
  67: [['0', '0.25']],
  110: [
    ['0', '0.01'],
    ['3', '0.05'],
  ],
  200: [['0', '0.01']],
}

const allOrderTypes =
  'ACTIVETIM,AD,ADDONT,ADJUST,ALERT,ALGO,ALLOC,AON,AVGCOST,BASKET,BENCHPX,CASHQTY,COND,CONDORDER,DARKONLY,DARKPOLL,DAY,' +
  'DEACT,DEACTDIS,DEACTEOD,DIS,DUR,GAT,GTC,GTD,GTT,HID,IBKRATS,ICE,IMB,IOC,LIT,LMT,LOC,MIDPX,MIT,MKT,MOC,MTL,NGCOMB,' +
  'NODARK,NONALGO,OCA,OPG,OPGREROUT,PEGBENCH,PEGMID,POSTATS,POSTONLY,PREOPGRTH,PRICECHK,REL,REL2MID,RELPCTOFS,RPI,RTH,' +
  'SCALE,SCALEODD,SCALERST,SIZECHK,SMARTSTG,SNAPMID,SNAPMKT,SNAPREL,STP,STPLMT,SWEEP,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF'

const blank = { lastTrade: '', strike: '', right: '', multiplier: '', legs: [] }

function stock(conId: number, symbol: string, longName: string, price: number, primaryExchange = 'NASDAQ'): TwsListing {
  return {
    contract: {
      ...blank,
      conId,
      symbol,
      secType: 'STK',
      exchange: 'SMART',
      primaryExchange,
      currency: 'USD',
      localSymbol: symbol,
      tradingClass: primaryExchange === 'NASDAQ' ? 'NMS' : symbol,
    },
    longName,
    minTick: '0.01',
    sizeIncrement: '1',
    marketRule: 26,
    validExchanges: 'SMART,AMEX,NYSE,CBOE,PHLX,ISE,CHX,ARCA,NASDAQ,DRCTEDGE,BEX,BATS,EDGEA,BYX,IEX,EDGX',
    orderTypes: allOrderTypes,
    timeZone: 'US/Eastern',
    hours: '0930-1600',
    underlyingConId: 0,
    contractMonth: '',
    stockType: symbol === 'SPY' ? 'ETF' : 'COMMON',
    industry: symbol === 'SPY' ? 'Funds' : 'Technology',
    price,
    size: 400,
  }
}

function pair(conId: number, base: string, quote: string, price: number): TwsListing {
  return {
    contract: {
      ...blank,
      conId,
      symbol: base,
      secType: 'CASH',
      exchange: 'IDEALPRO',
      primaryExchange: '',
      currency: quote,
      localSymbol: `${base}.${quote}`,
      tradingClass: `${base}.${quote}`,
    },
    longName: `${base} against ${quote}`,
    minTick: '0.00005',
    sizeIncrement: '1',
    marketRule: 59,
    validExchanges: 'IDEALPRO',
    orderTypes: allOrderTypes,
    timeZone: 'US/Eastern',
    hours: '1715-1700',
    underlyingConId: 0,
    contractMonth: '',
    stockType: '',
    industry: '',
    price,
    size: 2_000_000,
  }
}

function future(
  conId: number,
  symbol: string,
  month: string,
  expiry: string,
  localSymbol: string,
  price: number,
  multiplier = '50',
): TwsListing {
  return {
    contract: {
      ...blank,
      conId,
      symbol,
      secType: 'FUT',
      lastTrade: expiry,
      multiplier,
      exchange: 'CME',
      primaryExchange: '',
      currency: 'USD',
      localSymbol,
      tradingClass: symbol,
    },
    longName: `${symbol} index future`,
    minTick: '0.25',
    sizeIncrement: '1',
    marketRule: 67,
    validExchanges: 'CME,QBALGO',
    orderTypes: allOrderTypes,
    timeZone: 'US/Central',
    hours: '1700-1600',
    underlyingConId: 11_004_968,
    contractMonth: month,
    stockType: '',
    industry: 'Indices',
    price,
    size: 25,
  }
}

function option(
  conId: number,
  symbol: string,
  underlyingConId: number,
  expiry: string,
  strike: string,
  right: 'C' | 'P',
  price: number,
): TwsListing {
  const cents = String(Math.round(Number(strike) * 1_000)).padStart(8, '0')
  return {
    contract: {
      conId,
      symbol,
      secType: 'OPT',
      lastTrade: expiry,
      strike,
      right,
      multiplier: '100',
      exchange: 'SMART',
      primaryExchange: '',
      currency: 'USD',
      localSymbol: `${symbol.padEnd(6)}${expiry.slice(2)}${right}${cents}`,
      tradingClass: symbol,
      legs: [],
    },
    longName: `${symbol} option`,
    minTick: '0.01',
    sizeIncrement: '1',
    marketRule: 110,
    validExchanges: 'SMART,AMEX,CBOE,PHLX,ISE,BOX',
    orderTypes: allOrderTypes,
    timeZone: 'US/Eastern',
    hours: '0930-1600',
    underlyingConId,
    contractMonth: expiry.slice(0, 6),
    stockType: '',
    industry: 'Technology',
    price,
    size: 50,
  }
}

function coin(conId: number, symbol: string, price: number): TwsListing {
  return {
    contract: {
      ...blank,
      conId,
      symbol,
      secType: 'CRYPTO',
      exchange: 'PAXOS',
      primaryExchange: '',
      currency: 'USD',
      localSymbol: `${symbol}.USD`,
      tradingClass: symbol,
    },
    longName: `${symbol} coin`,
    minTick: '0.25',
    sizeIncrement: '0.00000001',
    marketRule: 67,
    validExchanges: 'PAXOS',
    orderTypes: allOrderTypes,
    timeZone: 'US/Eastern',
    hours: '0000-2359',
    underlyingConId: 0,
    contractMonth: '',
    stockType: '',
    industry: '',
    price,
    size: 3,
  }
}

/** What is listed unless a host says otherwise. */
export const defaultListings: readonly TwsListing[] = [
  stock(265_598, 'AAPL', 'APPLE INC', 227.5),
  stock(272_093, 'MSFT', 'MICROSOFT CORP', 418.2),
  stock(756_733, 'SPY', 'SPDR S&P 500 ETF TRUST', 590.1, 'ARCA'),
  stock(8_314, 'IBM', 'INTL BUSINESS MACHINES CORP', 221.4, 'NYSE'),
  stock(320_227_571, 'QQQ', 'INVESCO QQQ TRUST SERIES 1', 503.3),
  stock(76_792_991, 'TSLA', 'TESLA INC', 341.7),
  stock(208_813_720, 'GOOG', 'ALPHABET INC-CL C', 178.9),
  pair(12_087_792, 'EUR', 'USD', 1.0842),
  pair(12_087_797, 'GBP', 'USD', 1.263),
  pair(15_016_059, 'USD', 'JPY', 151.24),
  future(495_512_563, 'ES', '202612', '20261218', 'ESZ6', 5_975.25),
  future(620_730_920, 'NQ', '202612', '20261218', 'NQZ6', 20_810.5, '20'),
  option(703_001_001, 'AAPL', 265_598, '20261218', '230', 'C', 6.35),
  option(703_001_002, 'AAPL', 265_598, '20261218', '230', 'P', 8.15),
  coin(479_624_278, 'BTC', 97_250),
]

const assetClasses: Readonly<Record<string, AssetClass>> = {
  STK: 'equity',
  CASH: 'fx',
  FUT: 'future',
  OPT: 'option',
  CRYPTO: 'crypto_spot',
  BAG: 'spread',
  CFD: 'cfd',
  BOND: 'bond',
}

/** A listing in the words of the simulated venue. */
export function definitionOf(listing: TwsListing): InstrumentDefinition {
  const { contract, minTick, sizeIncrement } = listing
  const bands = marketRules[listing.marketRule] ?? [['0', minTick]]
  return {
    id: `${contract.conId}.TWS`,
    symbol: String(contract.conId),
    venue: 'TWS',
    assetClass: assetClasses[contract.secType] ?? 'equity',
    currency: contract.currency,
    priceIncrement: bands[0]?.[1] ?? minTick,
    ...(bands.length > 1 ? { priceBands: bands.map(([from, increment]) => ({ from, increment })) } : {}),
    sizeIncrement,
    ...(contract.multiplier === '' ? {} : { multiplier: contract.multiplier }),
  }
}

/** Symbol of a listing for people: `AAPL`, `EUR.USD`, `ESZ6`. */
export function nameOf({ contract }: TwsListing): string {
  return contract.secType === 'CASH' || contract.secType === 'FUT' ? contract.localSymbol : contract.symbol
}

/** The listings that a request's contract fits; by id where it has one. */
export function findListings(listings: Iterable<TwsListing>, wanted: TwsContract): TwsListing[] {
  const found: TwsListing[] = []
  for (const listing of listings) {
    const { contract } = listing
    if (wanted.conId !== 0 ? contract.conId === wanted.conId : fits(listing, wanted)) found.push(listing)
  }
  return found
}

function fits({ contract, validExchanges }: TwsListing, wanted: TwsContract): boolean {
  const same = (given: string, own: string) => given === '' || given === own
  if (wanted.symbol === '' && wanted.localSymbol === '') return false
  const isMonth = wanted.lastTrade.length === 6 && contract.lastTrade.startsWith(wanted.lastTrade)
  return (
    same(wanted.symbol, contract.symbol) &&
    same(wanted.localSymbol, contract.localSymbol) &&
    same(wanted.secType, contract.secType) &&
    same(wanted.currency, contract.currency) &&
    (isMonth || same(wanted.lastTrade, contract.lastTrade)) &&
    (wanted.strike === '' || Number(wanted.strike) === Number(contract.strike)) &&
    (wanted.right === '' || wanted.right[0] === contract.right) &&
    same(wanted.tradingClass, contract.tradingClass) &&
    (wanted.exchange === '' || validExchanges.split(',').includes(wanted.exchange))
  )
}
