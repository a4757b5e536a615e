/**
 * Orders of the TWS protocol in the words of the simulated venue: types, times in force, amounts. What the venue has no word
 * for becomes the nearest thing that it has (an algorithm works as the order it wraps), and what makes no sense is refused
 * with the error that TWS gives for it.
 */

import type { OrderTerms } from '../../connectors/sim/venue-order.js'
import { TradewireError } from '../../core/errors.js'
import type { Instrument } from '../../model/instrument.js'
import { TifCode, TypeCode } from '../../orders/codes.js'
import type { MarketView } from './market-board.js'
import type { OrderFields } from './order-fields.js'
import { parseTime } from './times.js'

/** A refusal: the code of TWS and what differs in its text. */
export interface TwsRefusal {
  readonly code: number
  readonly details: readonly string[]
}

const refusal = (code: number, ...details: string[]): TwsRefusal => ({ code, details })

/** Types that TWS prices by itself: they rest at the price that the market gives them when they arrive. */
const pricedByMarket = new Set([
  'MIDPRICE',
  'REL',
  'PEG MID',
  'PEG MKT',
  'PEG BEST',
  'PEG BENCH',
  'PEG STK',
  'PEG PRIM',
  'PASSV REL',
  'SNAP MKT',
  'SNAP MID',
  'SNAP PRIM',
  'REL + LMT',
  'VOL',
])

const directTypes: Readonly<Record<string, number>> = {
  MKT: TypeCode.MARKET,
  LMT: TypeCode.LIMIT,
  STP: TypeCode.STOP,
  'STP LMT': TypeCode.STOP_LIMIT,
  'STP PRT': TypeCode.STOP,
  'MKT PRT': TypeCode.MARKET,
  TRAIL: TypeCode.TRAILING_STOP,
  'TRAIL LIMIT': TypeCode.TRAILING_STOP_LIMIT,
  MIT: TypeCode.MARKET_IF_TOUCHED,
  LIT: TypeCode.LIMIT_IF_TOUCHED,
  MTL: TypeCode.MARKET_TO_LIMIT,
  MOC: TypeCode.MARKET,
  LOC: TypeCode.LIMIT,
  MOO: TypeCode.MARKET,
  LOO: TypeCode.LIMIT,
  'BOX TOP': TypeCode.MARKET_TO_LIMIT,
}

const times: Readonly<Record<string, number>> = {
  '': TifCode.DAY,
  DAY: TifCode.DAY,
  GTC: TifCode.GTC,
  IOC: TifCode.IOC,
  FOK: TifCode.FOK,
  GTD: TifCode.GTD,
  OPG: TifCode.OPG,
}

/** Algorithms that IBKR offers. */
export const knownAlgorithms: ReadonlySet<string> = new Set([
  'Adaptive',
  'Twap',
  'Vwap',
  'ArrivalPx',
  'DarkIce',
  'PctVol',
  'PctVolPx',
  'PctVolSz',
  'PctVolTm',
  'ClosePx',
  'AD',
  'BalanceImpactRisk',
  'MinImpact',
])

/** The terms of an order for the venue, or why TWS refuses it. */
export function venueTerms(
  order: OrderFields,
  instrument: Instrument,
  market: MarketView,
  nowMs: number,
): OrderTerms | TwsRefusal {
  const sideSign = order.action === 'BUY' ? 1 : -1
  if (!['BUY', 'SELL', 'SSHORT', 'SLONG'].includes(order.action)) return refusal(321, ' invalid order action')
  const isPriced = pricedByMarket.has(order.orderType)
  const type = isPriced ? TypeCode.LIMIT : directTypes[order.orderType]
  if (type === undefined) return refusal(387)
  const timeInForce = timeOf(order)
  if (typeof timeInForce !== 'number') return timeInForce
  if (order.algoStrategy !== '' && !knownAlgorithms.has(order.algoStrategy)) return refusal(439)
  if (Number(order.totalQuantity) === 0 && order.cashQty === '') return refusal(434)
  try {
    const price = (text: string, name: string) => (text === '' ? Number.NaN : instrument.priceUnits(text, name))
    const displayed = order.displaySize === '' || Number(order.displaySize) === 0 ? '' : order.displaySize
    const limit = limitPrice(order, type, isPriced ? pegged(order, market, instrument) : order.lmtPrice, instrument)
    if (typeof limit !== 'number') return limit
    const isTrailing = type === TypeCode.TRAILING_STOP || type === TypeCode.TRAILING_STOP_LIMIT
    if (isTrailing && order.auxPrice === '' && !(Number(order.trailingPercent) > 0))
      return refusal(321, ' Trailing amount missing')
    const hasStop = type === TypeCode.STOP || type === TypeCode.STOP_LIMIT
    const isTouched = type === TypeCode.MARKET_IF_TOUCHED || type === TypeCode.LIMIT_IF_TOUCHED
    if ((hasStop || isTouched) && order.auxPrice === '') return refusal(321, ' Stop price missing')
    const expireMs = parseTime(order.goodTillDate)
    if (timeInForce === TifCode.GTD && !(expireMs > nowMs)) return refusal(201, 'Invalid good till date')
    return {
      sideSign,
      type,
      timeInForce,
      quantityUnits: instrument.quantityUnits(order.totalQuantity === '' ? order.cashQty : order.totalQuantity),
      priceUnits: limit,
      triggerUnits: isTrailing
        ? price(order.trailStopPrice, 'trailStopPrice')
        : hasStop || isTouched
          ? price(order.auxPrice, 'auxPrice')
          : Number.NaN,
      trailingAmountUnits:
        isTrailing && !(Number(order.trailingPercent) > 0) ? price(order.auxPrice, 'auxPrice') : Number.NaN,
      trailingBasisPoints:
        isTrailing && Number(order.trailingPercent) > 0 ? Math.round(Number(order.trailingPercent) * 100) : Number.NaN,
      displayUnits: displayed === '' ? Number.NaN : instrument.quantityUnits(displayed),
      expireTimeUs: timeInForce === TifCode.GTD ? expireMs * 1_000 : Number.NaN,
      flags: 0,
      selfTradePrevention: 0,
    }
  } catch (error) {
    return refusalOf(error)
  }
}

/** A price off the grid is error 110, anything else about a number is a rejection. */
function refusalOf(error: unknown): TwsRefusal {
  if (!(error instanceof TradewireError)) throw error
  const isPrice = /price/i.test(String(error.details.field ?? ''))
  if (error.code === 'TW_OFF_GRID' && isPrice) return refusal(110)
  if (error.code === 'TW_OFF_GRID') return refusal(10_318)
  return refusal(320, ` ${error.message}`)
}

function timeOf(order: OrderFields): number | TwsRefusal {
  const isClose = order.orderType === 'MOC' || order.orderType === 'LOC'
  if (isClose) return order.tif === 'DAY' || order.tif === '' ? TifCode.CLO : refusal(113)
  if (order.orderType === 'MOO' || order.orderType === 'LOO') return TifCode.OPG
  const time = times[order.tif]
  if (time === undefined) return refusal(111, order.tif)
  const isStop = /^(STP|TRAIL|MIT|LIT)/.test(order.orderType)
  if (isStop && (time === TifCode.IOC || time === TifCode.FOK || time === TifCode.OPG)) return refusal(111, order.tif)
  return time
}

function limitPrice(order: OrderFields, type: number, text: string, instrument: Instrument): number | TwsRefusal {
  if (type === TypeCode.TRAILING_STOP_LIMIT) {
    if (order.lmtPrice !== '') return instrument.priceUnits(order.lmtPrice, 'lmtPrice')
    const offset = order.lmtPriceOffset === '' ? '0' : order.lmtPriceOffset
    if (order.trailStopPrice === '') return refusal(321, ' Trailing stop price missing')
    const stop = instrument.priceUnits(order.trailStopPrice, 'trailStopPrice')
    return stop + (order.action === 'BUY' ? 1 : -1) * instrument.priceUnits(offset, 'lmtPriceOffset price')
  }
  const hasLimit = type === TypeCode.LIMIT || type === TypeCode.STOP_LIMIT || type === TypeCode.LIMIT_IF_TOUCHED
  if (!hasLimit) return Number.NaN
  return text === '' ? refusal(321, ' Limit price missing') : instrument.priceUnits(text, 'lmtPrice')
}

/** Where an order that follows the market rests: the middle or its own side, never beyond its limit. */
function pegged(order: OrderFields, market: MarketView, instrument: Instrument): string {
  const isBuy = order.action === 'BUY'
  const isMid = order.orderType.includes('MID')
  const wanted = isMid ? (market.bid + market.ask) / 2 : isBuy ? market.bid : market.ask
  const units = instrument.makePriceUnits(wanted, isBuy ? 'floor' : 'ceil')
  const text = instrument.priceText(units)
  if (order.lmtPrice === '' || Number(order.lmtPrice) === 0) return text
  const cap = Number(order.lmtPrice)
  return isBuy === Number(text) > cap ? order.lmtPrice : text
}

/** Whether terms are a refusal. */
export function isRefusal(terms: OrderTerms | TwsRefusal): terms is TwsRefusal {
  return 'code' in terms
}
