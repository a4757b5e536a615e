/** Groups of orders that depend on one another, as they are asked for and as they are on record. */

import { algoError, requireNumber } from '../model/algo-error.js'
import type { DecimalInput } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import { NormalizedOrder, normalizeOrderRequest } from '../model/normalize-order.js'
import type { OrderRequest, TrailingOffset } from '../model/order.js'
import type { TriggerSource } from '../model/order-types.js'

/** The way out with a profit: a limit order. */
export interface TakeProfit {
  price: DecimalInput
}

/** The way out with a loss: a stop, a stop with a limit, or one that trails. */
export interface StopLoss {
  triggerPrice?: DecimalInput
  trailing?: TrailingOffset
  /** Limit of a stop with a limit. */
  price?: DecimalInput
  /** `bid_ask` where it is watched here; the venue's own unless given. */
  triggerSource?: TriggerSource
}

/** An entry, and what protects it as far as it is filled. */
export interface BracketRequest extends Omit<OrderRequest, 'reduceOnly'> {
  takeProfit?: TakeProfit
  stopLoss: StopLoss
  /** What is held and not protected so long is alerted; 5,000 unless given. */
  alertAfterMs?: number
  /** Whether the exits are reduce-only; true unless given. Not where other orders hold the opposite in the same account. */
  reduceOnlyExits?: boolean
}

/** How orders of a group depend on one another. */
export type GroupKind = 'bracket' | 'oco' | 'ouo' | 'oto'

/** Orders of which one cancels the others (`oco`: at any fill; `ouo`: the others shrink), or that follow a first one (`oto`). */
export interface GroupRequest {
  kind: Exclude<GroupKind, 'bracket'>
  /** `oto`: the first triggers the others. */
  orders: readonly OrderRequest[]
  /** `oto`: the others grow with every fill of the first (`partial`, unless given), or come when it is filled (`full`). */
  mode?: 'partial' | 'full'
  clientOrderId?: string
}

/** What a leg is for. */
export type LegRole = 'entry' | 'stop' | 'target' | 'leg'

/** An order of a group, on record. */
export interface LegPlan {
  readonly role: LegRole
  /** The order without quantity and id; plain data. */
  readonly order: Omit<OrderRequest, 'quantity' | 'clientOrderId'>
  readonly quantityUnits: number
}

/** A group on record. */
export interface GroupPlan {
  readonly version: 1
  readonly group: GroupKind
  readonly id: string
  readonly instrument: string
  readonly side: 'buy' | 'sell'
  readonly account: string
  readonly strategy: string
  readonly mode: 'partial' | 'full'
  readonly legs: readonly LegPlan[]
  readonly alertUs: number
  readonly createdUs: number
}

/** What a plan is made with. */
export interface GroupSurroundings {
  instrument: Instrument
  id: string
  account: string
  strategy: string
  nowUs: number
  /** Whether positions are hedged: the orders of the group make one, unless they name it. */
  isHedged: boolean
  /** The market now; NaN where there is none. */
  bid: number
  ask: number
}

const maxLegs = 16

/** Checks a bracket and makes its plan. @throws TradewireError `TW_INVALID_ALGO`, and as for its orders. */
export function bracketPlan(request: BracketRequest, around: GroupSurroundings): GroupPlan {
  const {
    takeProfit,
    stopLoss,
    alertAfterMs = 5_000,
    reduceOnlyExits = true,
    quantity,
    clientOrderId: _,
    ...entry
  } = request
  const { instrument } = around
  if (typeof stopLoss !== 'object' || stopLoss === null)
    throw algoError('INVALID_PARAMETER', 'stopLoss', 'is required: { triggerPrice } or { trailing }')
  requireNumber(alertAfterMs, 'alertAfterMs', 0, 86_400_000)
  const { account, strategy, connector, symbol, tag, positionId } = entry
  const exit = {
    symbol,
    side: entry.side === 'buy' ? ('sell' as const) : ('buy' as const),
    timeInForce: 'GTC' as const,
    reduceOnly: reduceOnlyExits,
    ...(account === undefined ? {} : { account }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(connector === undefined ? {} : { connector }),
    ...(tag === undefined ? {} : { tag }),
    ...(positionId === undefined ? {} : { positionId }),
  }
  const quantityUnits = instrument.quantityUnits(quantity)
  const orders: [LegRole, Omit<OrderRequest, 'quantity' | 'clientOrderId'>][] = [
    ['entry', entry],
    ['stop', { ...exit, ...stopOrder(stopLoss) }],
  ]
  if (takeProfit !== undefined) orders.push(['target', { ...exit, type: 'LIMIT', price: takeProfit.price }])
  const plan = planOf(
    'bracket',
    orders.map(([role, order]) => leg(role, order, quantityUnits, instrument)),
    around,
    {
      alertUs: alertAfterMs * 1_000,
    },
  )
  requireSides(request, around)
  return plan
}

function stopOrder({ triggerPrice, trailing, price, triggerSource }: StopLoss): Partial<OrderRequest> {
  if ((triggerPrice === undefined) === (trailing === undefined))
    throw algoError('INVALID_PARAMETER', 'stopLoss', 'must have exactly one of triggerPrice and trailing')
  const kind = trailing === undefined ? 'STOP' : 'TRAILING_STOP'
  return {
    type: price === undefined ? kind : `${kind}_LIMIT`,
    ...(triggerPrice === undefined ? {} : { triggerPrice }),
    ...(trailing === undefined ? {} : { trailing }),
    ...(price === undefined ? {} : { price }),
    ...(triggerSource === undefined ? {} : { triggerSource }),
  }
}

/** Where an entry will be made: at its price or trigger, or in the market as it is now; NaN where that is not known. */
function entryUnits(
  { side, price, triggerPrice, trailing }: Omit<BracketRequest, 'takeProfit' | 'stopLoss'>,
  { instrument, bid, ask }: GroupSurroundings,
): number {
  const stated = price ?? triggerPrice
  if (stated !== undefined) return instrument.priceUnits(stated)
  const market = side === 'buy' ? ask : bid
  return trailing !== undefined || Number.isNaN(market) ? Number.NaN : instrument.nearestPriceUnits(market)
}

/** A long is stopped below and left with a profit above; a short the other way. */
function requireSides({ takeProfit, stopLoss, ...request }: BracketRequest, around: GroupSurroundings): void {
  const { instrument } = around
  const sign = request.side === 'buy' ? 1 : -1
  const target = takeProfit === undefined ? Number.NaN : instrument.priceUnits(takeProfit.price)
  const stop = stopLoss.triggerPrice === undefined ? Number.NaN : instrument.priceUnits(stopLoss.triggerPrice)
  const entry = entryUnits(request, around)
  if (sign * (stop - entry) >= 0 || sign * (stop - target) >= 0)
    throw algoError('CONTRADICTION', 'stopLoss.triggerPrice', 'is on the wrong side of the entry or of the profit')
  if (sign * (target - entry) <= 0)
    throw algoError('CONTRADICTION', 'takeProfit.price', 'is on the wrong side of the entry')
}

/** Checks a group and makes its plan. @throws TradewireError `TW_INVALID_ALGO`, and as for its orders. */
export function groupPlan({ kind, orders, mode = 'partial' }: GroupRequest, around: GroupSurroundings): GroupPlan {
  if (kind !== 'oco' && kind !== 'ouo' && kind !== 'oto')
    throw algoError('INVALID_PARAMETER', 'kind', 'must be oco, ouo or oto')
  if (mode !== 'partial' && mode !== 'full') throw algoError('INVALID_PARAMETER', 'mode', 'must be partial or full')
  if (!Array.isArray(orders) || orders.length < 2 || orders.length > maxLegs)
    throw algoError('INVALID_PARAMETER', 'orders', `must be 2 to ${maxLegs} orders`)
  const { instrument } = around
  const legs = orders.map(({ quantity, clientOrderId: _, ...order }: OrderRequest, i) => {
    if (order.symbol !== orders[0]?.symbol)
      throw algoError('CONTRADICTION', `orders[${i}].symbol`, 'must be the same in all orders of a group')
    return leg(i === 0 && kind === 'oto' ? 'entry' : 'leg', order, instrument.quantityUnits(quantity), instrument)
  })
  const first = legs[0] as LegPlan
  if (
    kind !== 'oto' &&
    legs.some(({ order, quantityUnits }) => order.side !== first.order.side || quantityUnits !== first.quantityUnits)
  )
    throw algoError('CONTRADICTION', 'orders', `of ${kind} must have the same side and quantity`)
  return planOf(kind, legs, around, { mode })
}

const normalized = new NormalizedOrder()

/** Checks an order of a group as the order manager will. */
function leg(
  role: LegRole,
  order: Omit<OrderRequest, 'quantity' | 'clientOrderId'>,
  quantityUnits: number,
  instrument: Instrument,
): LegPlan {
  if (quantityUnits <= 0) throw algoError('INVALID_QUANTITY', 'quantity', 'must be above 0')
  const plain = JSON.parse(JSON.stringify(order)) as LegPlan['order']
  normalizeOrderRequest({ ...plain, quantity: instrument.quantityText(quantityUnits) }, instrument, normalized)
  return { role, order: plain, quantityUnits }
}

function planOf(
  group: GroupKind,
  legs: readonly LegPlan[],
  { instrument, id, account, strategy, nowUs, isHedged }: GroupSurroundings,
  { mode = 'partial', alertUs = 0 }: { mode?: 'partial' | 'full'; alertUs?: number },
): GroupPlan {
  const { side } = (legs[0] as LegPlan).order
  return {
    version: 1,
    group,
    id,
    instrument: instrument.id,
    side,
    account,
    strategy,
    mode,
    legs: isHedged ? legs.map((each) => ({ ...each, order: { positionId: id, ...each.order } })) : legs,
    alertUs,
    createdUs: nowUs,
  }
}
