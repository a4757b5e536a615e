/**
 * The layout of openOrder and completedOrder, field by field and version by version: the two longest messages of TWS, which
 * share their contract, their legs and their conditions.
 */
import type { Walk } from './raw-walk.test-support.js'

/** What an openOrder or completedOrder said. */
export type WalkedOrder = Record<string, string>

/** The eleven fields of a contract, as orders and executions carry them. */
export function contract11(walk: Walk, to: WalkedOrder): void {
  to.conId = String(walk.int())
  for (const name of [
    'symbol',
    'secType',
    'lastTrade',
    'strike',
    'right',
    'multiplier',
    'exchange',
    'currency',
    'localSymbol',
    'tradingClass',
  ])
    to[name] = walk.take()
}

function deltaNeutral(walk: Walk, fields: number): void {
  if (walk.take() === '') walk.number()
  else {
    walk.number()
    walk.take(fields)
  }
}

function tail(walk: Walk, order: WalkedOrder, isOpen: boolean): void {
  walk.take() // description of legs
  const legs = walk.int()
  walk.take(legs * 8)
  walk.take(walk.int())
  walk.take(walk.int() * 2)
  walk.take(2)
  if (walk.number() > 0) walk.take(7)
  if (walk.take() !== '') walk.take()
  if (isOpen) walk.flag()
  walk.take(2)
  walk.flag()
  if (walk.flag()) walk.take(3)
  order.algoStrategy = walk.take()
  if (order.algoStrategy !== '') {
    const count = walk.int()
    order.algoParams = Array.from({ length: count }, () => `${walk.take()}=${walk.take()}`).join(';')
  }
  walk.flag()
}

function benchAndConditions(walk: Walk, order: WalkedOrder): void {
  if (order.orderType === 'PEG BENCH') walk.take(5)
  const lengths: Record<string, number> = { 1: 5, 3: 2, 4: 2, 5: 3, 6: 4, 7: 4 }
  const conditions = walk.int()
  for (let i = 0; i < conditions; i++) {
    const type = walk.take()
    walk.take(1 + (lengths[type] ?? 0))
  }
  if (conditions > 0) walk.take(2)
}

/** Walks the message openOrder. */
export function walkOpenOrder(walk: Walk, version: number): WalkedOrder {
  const order: WalkedOrder = { orderId: String(walk.int()) }
  contract11(walk, order)
  for (const name of [
    'action',
    'totalQuantity',
    'orderType',
    'lmtPrice',
    'auxPrice',
    'tif',
    'ocaGroup',
    'account',
    'openClose',
    'origin',
    'orderRef',
    'clientId',
    'permId',
    'outsideRth',
    'hidden',
    'discretionaryAmt',
    'goodAfterTime',
  ])
    order[name] = walk.take()
  walk.take(4)
  if (version < 177) walk.take()
  order.modelCode = walk.take()
  order.goodTillDate = walk.take()
  walk.take(3)
  walk.int()
  walk.take()
  walk.int()
  walk.int()
  for (let i = 0; i < 5; i++) walk.number()
  order.displaySize = walk.take()
  walk.flag()
  walk.flag()
  walk.flag()
  walk.take()
  order.ocaType = String(walk.int())
  walk.flag()
  walk.flag()
  walk.number()
  order.parentId = String(walk.int())
  walk.int()
  walk.number()
  walk.int()
  deltaNeutral(walk, 8)
  walk.int()
  walk.int()
  order.trailStopPrice = walk.take()
  order.trailingPercent = walk.take()
  walk.take(2)
  tail(walk, order, true)
  order.whatIf = walk.take()
  order.status = walk.take()
  order.margins = Array.from({ length: 9 }, () => String(walk.number())).join(',')
  order.commission = String(walk.number())
  walk.number()
  walk.number()
  walk.take(2)
  walk.flag()
  walk.flag()
  benchAndConditions(walk, order)
  walk.take()
  for (let i = 0; i < 2; i++) walk.number()
  order.lmtPriceOffset = walk.take()
  for (let i = 0; i < 3; i++) walk.number()
  walk.int()
  walk.take(3)
  walk.number()
  for (let i = 0; i < 4; i++) walk.flag()
  if (version >= 158) walk.int()
  if (version >= 160) walk.int()
  if (version >= 162) walk.flag()
  if (version >= 170) walk.take(5)
  if (version >= 183) walk.take()
  if (version >= 184) walk.flag()
  if (version >= 185) walk.take()
  if (version >= 189) walk.flag()
  if (version >= 193) walk.take(2)
  walk.end()
  return order
}

/** Walks the message completedOrder. */
export function walkCompletedOrder(walk: Walk, version: number): WalkedOrder {
  const order: WalkedOrder = {}
  contract11(walk, order)
  for (const name of [
    'action',
    'totalQuantity',
    'orderType',
    'lmtPrice',
    'auxPrice',
    'tif',
    'ocaGroup',
    'account',
    'openClose',
    'origin',
    'orderRef',
    'permId',
    'outsideRth',
    'hidden',
    'discretionaryAmt',
    'goodAfterTime',
  ])
    order[name] = walk.take()
  walk.take(3)
  if (version < 177) walk.take()
  walk.take(2)
  walk.take(3)
  walk.int()
  walk.take()
  walk.int()
  for (let i = 0; i < 5; i++) walk.number()
  walk.take()
  walk.flag()
  walk.flag()
  walk.take()
  walk.int()
  walk.int()
  walk.number()
  walk.int()
  deltaNeutral(walk, 4)
  walk.int()
  walk.int()
  walk.take(2)
  tail(walk, order, false)
  order.status = walk.take()
  walk.flag()
  walk.flag()
  benchAndConditions(walk, order)
  walk.take(3)
  walk.flag()
  walk.flag()
  walk.take()
  order.filledQuantity = walk.take()
  walk.int()
  walk.flag()
  walk.take()
  walk.flag()
  walk.flag()
  walk.int()
  order.completedTime = walk.take()
  order.completedStatus = walk.take()
  if (version >= 170) walk.take(5)
  if (version >= 183) walk.take()
  if (version >= 184) walk.flag()
  walk.end()
  return order
}
