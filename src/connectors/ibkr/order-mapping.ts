/**
 * Orders in the words of TWS, and back. Amounts go over as the exact text of their units; account, reference, time in force
 * and trading hours are always said, because presets of TWS fill in whatever is not.
 */
import type { Contract, Order } from '@stoqey/ib'
import { TradewireError } from '../../core/errors.js'
import { ibkrAlgo } from '../../model/broker-algos.js'
import type { Instrument } from '../../model/instrument.js'
import type { OrderType, TimeInForce } from '../../model/order-types.js'
import type { ApprovedOrder, ApprovedReplace, OrderView } from '../../orders/approved-order.js'
import { tifOf, typeOf } from '../../orders/codes.js'
import type { IbkrContract } from './contracts.js'
import type { ToldOrder } from './messages.js'
import { parseTwsTime, utcText } from './tws-times.js'

/** Parameters of an order that only IBKR knows; found by the order's tag. */
export interface IbkrOrderExtras {
  /** `Adaptive`, `Vwap`, `Twap`, `ArrivalPx`, `PctVol`, `DarkIce`, …; see {@link algorithms}. */
  readonly algorithm?: { readonly name: string; readonly params: Readonly<Record<string, string | number>> }
  /** A type of TWS in place of the one that follows from the order: `MIDPRICE`, `REL`, `PEG MID`, … */
  readonly orderType?: string
  readonly outsideRth?: boolean
  readonly ocaGroup?: string
  /** 1 cancels the rest of a group, 2 and 3 reduce it; 1 unless given. */
  readonly ocaType?: 1 | 2 | 3
  /** Allocation of a financial advisor. */
  readonly faGroup?: string
  readonly faMethod?: string
  readonly faPercentage?: string
  /** Route of this order: `SMART` or an exchange; the contract's unless given. */
  readonly exchange?: string
  readonly goodAfterTimeUs?: number
  readonly allOrNone?: boolean
  readonly hidden?: boolean
  readonly modelCode?: string
  /** 0 default, 1 double bid/ask, 2 last, 3 double last, 4 bid/ask, 7 last or bid/ask, 8 mid. */
  readonly triggerMethod?: number
  /** Client order id of the order that this one waits for: the parent of a bracket, sent before it. */
  readonly parent?: string
  /** False holds the order at TWS until one of its family is transmitted. */
  readonly transmit?: boolean
}

const types: Readonly<Record<OrderType, string>> = {
  MARKET: 'MKT',
  LIMIT: 'LMT',
  STOP: 'STP',
  STOP_LIMIT: 'STP LMT',
  TRAILING_STOP: 'TRAIL',
  TRAILING_STOP_LIMIT: 'TRAIL LIMIT',
  MARKET_IF_TOUCHED: 'MIT',
  LIMIT_IF_TOUCHED: 'LIT',
  MARKET_TO_LIMIT: 'MTL',
}

/** The type of TWS: at the close it is a type of its own. */
export function twsType(type: OrderType, timeInForce: TimeInForce): string {
  if (timeInForce === 'CLO') return type === 'MARKET' ? 'MOC' : 'LOC'
  return types[type]
}

/** Type and time in force of an order that TWS tells of. Types that have no name here are the nearest by what they carry. */
export function fromTws(
  type: string,
  timeInForce: string,
  limit: string,
): { type: OrderType; timeInForce: TimeInForce } {
  if (type === 'MOC') return { type: 'MARKET', timeInForce: 'CLO' }
  if (type === 'LOC') return { type: 'LIMIT', timeInForce: 'CLO' }
  const found = (Object.entries(types) as [OrderType, string][]).find(([, name]) => name === type)
  const plain: OrderType = limit !== '' && Number(limit) !== 0 ? 'LIMIT' : 'MARKET'
  const known = ['DAY', 'GTC', 'IOC', 'FOK', 'GTD', 'OPG'].includes(timeInForce)
  return { type: found?.[0] ?? plain, timeInForce: known ? (timeInForce as TimeInForce) : 'DAY' }
}

/** Terms that differ between a new order and a change of it. */
interface Terms {
  readonly quantityUnits: number
  readonly priceUnits: number
  readonly triggerUnits: number
}

/** What the connector knows beside the order. */
export interface MappingContext {
  readonly orderRef: string
  readonly extras: IbkrOrderExtras
  readonly outsideRth: boolean
  /** Order id at TWS of the parent; 0 without. */
  readonly parentId: number
}

/** A new order for TWS. */
export function newOrder(order: ApprovedOrder, context: MappingContext): Order {
  return orderFor(order, order, context)
}

/** A change: all of the order again, with its new terms. */
export function changedOrder(change: ApprovedReplace, context: MappingContext): Order {
  const terms = {
    quantityUnits: change.newQuantityUnits,
    priceUnits: change.newPriceUnits,
    triggerUnits: change.newTriggerUnits,
  }
  return orderFor(change, terms, context)
}

/** Numbers travel as text: the library joins fields as they are. */
const exact = (text: string) => text as unknown as number

function orderFor(view: OrderView, terms: Terms, context: MappingContext): Order {
  const { instrument } = view
  const { extras, parentId } = context
  const type = typeOf(view.type)
  const timeInForce = tifOf(view.timeInForce)
  const order: Record<string, unknown> = {
    action: view.sideSign > 0 ? 'BUY' : 'SELL',
    totalQuantity: exact(instrument.quantityText(terms.quantityUnits)),
    orderType: extras.orderType ?? twsType(type, timeInForce),
    tif: timeInForce === 'CLO' ? 'DAY' : timeInForce,
    account: view.account,
    orderRef: context.orderRef,
    transmit: extras.transmit ?? true,
    outsideRth: extras.outsideRth ?? context.outsideRth,
    origin: 0,
    parentId,
    ...pricesOf(view, type, terms, instrument),
    ...plainExtras(extras),
    ...algorithmOf(view),
  }
  if (timeInForce === 'GTD') order.goodTillDate = utcText(view.expireTimeUs)
  if (!Number.isNaN(view.displayUnits)) order.displaySize = shownSize(instrument, view.displayUnits)
  return order as unknown as Order
}

function pricesOf(view: OrderView, type: OrderType, terms: Terms, instrument: Instrument): Record<string, unknown> {
  const price = (units: number) => exact(instrument.priceText(units))
  const prices: Record<string, unknown> = {}
  if (type === 'TRAILING_STOP' || type === 'TRAILING_STOP_LIMIT') {
    if (!Number.isNaN(view.trailingAmountUnits)) prices.auxPrice = price(view.trailingAmountUnits)
    else prices.trailingPercent = view.trailingBasisPoints / 100
    if (!Number.isNaN(terms.triggerUnits)) prices.trailStopPrice = price(terms.triggerUnits)
    if (type === 'TRAILING_STOP_LIMIT') {
      const hasStop = !Number.isNaN(terms.triggerUnits)
      if (hasStop) prices.lmtPriceOffset = price(Math.abs(terms.priceUnits - terms.triggerUnits))
      else prices.lmtPrice = price(terms.priceUnits)
    }
    return prices
  }
  if (!Number.isNaN(terms.priceUnits)) prices.lmtPrice = price(terms.priceUnits)
  if (!Number.isNaN(terms.triggerUnits)) prices.auxPrice = price(terms.triggerUnits)
  return prices
}

function plainExtras(extras: IbkrOrderExtras): Record<string, unknown> {
  const { algorithm, ocaGroup, ocaType = 1, goodAfterTimeUs } = extras
  return {
    ...(algorithm === undefined
      ? {}
      : {
          algoStrategy: algorithm.name,
          algoParams: Object.entries(algorithm.params).map(([tag, value]) => ({ tag, value: String(value) })),
        }),
    ...(ocaGroup === undefined ? {} : { ocaGroup, ocaType }),
    ...(goodAfterTimeUs === undefined ? {} : { goodAfterTime: utcText(goodAfterTimeUs) }),
    ...given('faGroup', extras.faGroup),
    ...given('faMethod', extras.faMethod),
    ...given('faPercentage', extras.faPercentage),
    ...given('allOrNone', extras.allOrNone),
    ...given('hidden', extras.hidden),
    ...given('modelCode', extras.modelCode),
    ...given('triggerMethod', extras.triggerMethod),
  }
}

/** The algorithm that the order itself asks for; it stands above one that was prepared. */
function algorithmOf({ algo }: OrderView): Record<string, unknown> {
  return algo === undefined ? {} : { ...ibkrAlgo(algo.algo, algo.window) }
}

/** What TWS tells of an order that was placed in an earlier life: a change has to say all of it again. */
export function extrasOf({ type, terms, contract }: Pick<ToldOrder, 'type' | 'terms' | 'contract'>): IbkrOrderExtras {
  const { algorithm, algorithmParams, ocaGroup, ocaType, goodAfter } = terms
  const isOwnType = type === 'MOC' || type === 'LOC' || Object.values(types).includes(type)
  const goodAfterTimeUs = parseTwsTime(goodAfter)
  const text = (name: 'faGroup' | 'faMethod' | 'faPercentage' | 'modelCode') =>
    terms[name] === '' ? {} : { [name]: terms[name] }
  return {
    outsideRth: terms.outsideRth,
    exchange: contract.exchange,
    ...(algorithm === '' ? {} : { algorithm: { name: algorithm, params: algorithmParams } }),
    ...(isOwnType ? {} : { orderType: type }),
    ...(ocaGroup === '' ? {} : { ocaGroup, ocaType: (ocaType || 1) as 1 | 2 | 3 }),
    ...(Number.isNaN(goodAfterTimeUs) ? {} : { goodAfterTimeUs }),
    ...text('faGroup'),
    ...text('faMethod'),
    ...text('faPercentage'),
    ...text('modelCode'),
    ...(terms.allOrNone ? { allOrNone: true } : {}),
    ...(terms.hidden ? { hidden: true } : {}),
    ...(terms.triggerMethod === 0 ? {} : { triggerMethod: terms.triggerMethod }),
  }
}

function given(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value }
}

/** The shown size is a whole number on the wire. @throws TradewireError `TW_NOT_SUPPORTED` for any other. */
export function shownSize(instrument: Instrument, displayUnits: number): number {
  const shown = instrument.quantityNumber(displayUnits)
  if (Number.isSafeInteger(shown)) return shown
  throw new TradewireError(
    'TW_NOT_SUPPORTED',
    `IBKR shows whole numbers only; displayQuantity is ${shown}: nothing was sent`,
  )
}

/** A contract in the words of the library. */
export function libraryContract(contract: IbkrContract, conId = contract.conId): Contract {
  const { expiry, primaryExchange, legs, as: _, ...rest } = contract
  return {
    ...rest,
    ...(conId === undefined ? {} : { conId }),
    ...(expiry === undefined ? {} : { lastTradeDateOrContractMonth: expiry }),
    ...(primaryExchange === undefined ? {} : { primaryExch: primaryExchange }),
    ...(legs === undefined ? {} : { comboLegs: legs.map((leg) => ({ ...leg })) }),
  } as unknown as Contract
}

/** Parameters of IBKR's algorithms, by name: what each is usually given. */
export const algorithms = {
  /** `priority`: how keen it is. */
  adaptive: (priority: 'Urgent' | 'Normal' | 'Patient' = 'Normal') => ({
    name: 'Adaptive',
    params: { adaptivePriority: priority },
  }),
  vwap: (terms: {
    maxPctVol: number
    startTimeUs?: number
    endTimeUs?: number
    noTakeLiq?: boolean
    allowPastEndTime?: boolean
  }) => ({
    name: 'Vwap',
    params: { maxPctVol: terms.maxPctVol, ...span(terms), noTakeLiq: bit(terms.noTakeLiq) },
  }),
  twap: (terms: {
    strategyType?: 'Marketable' | 'Matching Midpoint' | 'Matching Same Side' | 'Matching Last'
    startTimeUs?: number
    endTimeUs?: number
    allowPastEndTime?: boolean
  }) => ({ name: 'Twap', params: { strategyType: terms.strategyType ?? 'Marketable', ...span(terms) } }),
  arrivalPrice: (terms: {
    maxPctVol: number
    riskAversion: 'Get Done' | 'Aggressive' | 'Neutral' | 'Passive'
    startTimeUs?: number
    endTimeUs?: number
    forceCompletion?: boolean
    allowPastEndTime?: boolean
  }) => ({
    name: 'ArrivalPx',
    params: {
      maxPctVol: terms.maxPctVol,
      riskAversion: terms.riskAversion,
      ...span(terms),
      forceCompletion: bit(terms.forceCompletion),
    },
  }),
  percentOfVolume: (terms: { pctVol: number; startTimeUs?: number; endTimeUs?: number; noTakeLiq?: boolean }) => ({
    name: 'PctVol',
    params: { pctVol: terms.pctVol, ...span(terms), noTakeLiq: bit(terms.noTakeLiq) },
  }),
  darkIce: (terms: { displaySize: number; startTimeUs?: number; endTimeUs?: number; allowPastEndTime?: boolean }) => ({
    name: 'DarkIce',
    params: { displaySize: terms.displaySize, ...span(terms) },
  }),
} as const

function bit(value: boolean | undefined): string {
  return value === true ? '1' : '0'
}

function span(terms: { startTimeUs?: number; endTimeUs?: number; allowPastEndTime?: boolean }): Record<string, string> {
  return {
    startTime: terms.startTimeUs === undefined ? '' : utcText(terms.startTimeUs),
    endTime: terms.endTimeUs === undefined ? '' : utcText(terms.endTimeUs),
    allowPastEndTime: bit(terms.allowPastEndTime),
  }
}
