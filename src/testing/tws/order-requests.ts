/** The requests of a client that are about orders and executions. */
import { findListings } from './catalogue.js'
import type { FieldReader } from './field-reader.js'
import { Reply, Request } from './message-ids.js'
import { completedOrderFields, type OrderState, openOrderFields, plainState, readPlaceOrder } from './order-messages.js'
import { commissionFields, executionFields, orderStatusFields } from './replies.js'
import type { TwsSession } from './session.js'
import { parseTime, zonedTime } from './times.js'
import { execIdOf, type TwsExecution, type TwsOrder } from './tws-order.js'

/** Answers a request about orders; false for any other. */
export function answerOrders(session: TwsSession, id: number, reader: FieldReader): boolean {
  const { gateway, version } = session
  const { orders } = gateway
  if (id === Request.placeOrder) place(session, reader)
  else if (id === Request.cancelOrder) {
    if (version < 192) reader.skip()
    gateway.counters.orderMessages++
    orders.cancel(session.clientId, reader.int())
  } else if (id === Request.globalCancel) {
    gateway.counters.orderMessages++
    orders.cancelAll()
  } else if (id === Request.openOrders || id === Request.allOpenOrders || id === Request.autoOpenOrders) {
    const isEverybody = id === Request.allOpenOrders
    if (id === Request.autoOpenOrders && session.clientId !== 0)
      session.error(-1, 321, ' Only the default client (i.e 0) can auto bind orders')
    for (const order of orders.orders)
      if (!order.isDone && order.place !== 'held' && (isEverybody || isOwn(session, order))) sendOrder(session, order)
    if (id !== Request.autoOpenOrders) session.send([Reply.openOrderEnd, 1])
  } else if (id === Request.completedOrders) {
    const apiOnly = reader.bool()
    for (const order of orders.orders)
      if (order.isDone && !(apiOnly && order.orderId === 0)) sendCompleted(session, order)
    session.send([Reply.completedOrdersEnd])
  } else if (id === Request.executions) executions(session, reader)
  else if (id === Request.ids) session.sendNextId()
  else return false
  return true
}

function isOwn(session: TwsSession, order: TwsOrder): boolean {
  return order.clientId === session.clientId && (order.orderId !== 0 || session.clientId === 0)
}

function place(session: TwsSession, reader: FieldReader): void {
  const { gateway } = session
  const placed = readPlaceOrder(reader, session.version)
  gateway.counters.orderMessages++
  const { orderId, contract } = placed
  const [listing] = contract.secType === 'BAG' ? [gateway.comboOf(contract)] : findListings(gateway.listings, contract)
  if (listing === undefined) {
    session.error(orderId, 200)
    return
  }
  if (contract.exchange === '') contract.exchange = listing.contract.exchange
  gateway.orders.place(
    session.clientId,
    { ...placed, contract: { ...listing.contract, exchange: contract.exchange, legs: contract.legs } },
    listing,
  )
}

/** openOrder and orderStatus of an order, laid out for a session. */
export function sendOrder(session: TwsSession, order: TwsOrder): void {
  sendOpenOrder(session, order, plainState(order.status))
  sendStatus(session, order)
}

/** What TWS tells of an order that is only asked about. */
export function sendPreview(session: TwsSession, order: TwsOrder): void {
  const price = order.fields.lmtPrice === '' ? order.listing.price : Number(order.fields.lmtPrice)
  const margin = (Number(order.fields.totalQuantity) * price * order.instrument.multiplierNumber) / 4
  const net = 1_000_000
  const commission = Math.max(1, Number(order.fields.totalQuantity) * 0.005)
  const state: OrderState = {
    ...plainState('PreSubmitted'),
    margins: ['0', '0', net, margin, margin, 0, margin, margin, net].map((value) => Number(value).toFixed(2)),
    commission: commission.toFixed(4),
    commissionCurrency: order.contract.currency,
  }
  sendOpenOrder(session, order, state)
}

function sendOpenOrder(session: TwsSession, order: TwsOrder, state: OrderState): void {
  session.send(openOrderFields(order, order.contract, order.fields, state, session.version))
}

/** The message orderStatus. */
export function sendStatus(session: TwsSession, order: TwsOrder): void {
  const { instrument } = order
  session.send(
    orderStatusFields({
      orderId: order.orderId,
      status: order.status,
      filled: instrument.quantityText(order.filledUnits),
      remaining: instrument.quantityText(order.remainingUnits),
      averagePrice: order.averagePrice,
      permId: order.permId,
      parentId: order.fields.parentId,
      lastPrice: Number.isNaN(order.lastPriceUnits) ? '0' : instrument.priceText(order.lastPriceUnits),
      clientId: order.clientId,
      whyHeld: order.whyHeld,
    }),
  )
}

function sendCompleted(session: TwsSession, order: TwsOrder): void {
  const completion = {
    status: order.status,
    filledQuantity: order.instrument.quantityText(order.filledUnits),
    time: zonedTime(order.doneMs),
    text: order.endText,
    parentPermId: order.parent?.permId ?? '0',
  }
  session.send(completedOrderFields(order.permId, order.contract, order.fields, completion, session.version))
}

function executions(session: TwsSession, reader: FieldReader): void {
  const { gateway } = session
  reader.skip()
  const id = reader.int()
  const clientId = reader.int()
  const [account, time, symbol, secType, exchange, side] = [
    reader.text(),
    reader.text(),
    reader.text(),
    reader.text(),
    reader.text(),
    reader.text(),
  ]
  const sinceMs = parseTime(time as string)
  for (const execution of gateway.orders.executions) {
    const { order } = execution
    if (clientId !== 0 && order.clientId !== clientId) continue
    if (account !== '' && order.fields.account !== account) continue
    if (!Number.isNaN(sinceMs) && execution.timeMs < Math.floor(sinceMs / 1_000) * 1_000) continue
    if (symbol !== '' && order.contract.symbol !== symbol) continue
    if (secType !== '' && order.contract.secType !== secType) continue
    if (exchange !== '' && exchange !== 'SMART' && execution.exchange !== exchange) continue
    if (side !== '' && side?.[0] !== order.fields.action[0]) continue
    sendExecution(session, execution, id)
    sendCommission(session, execution)
  }
  session.send([Reply.executionsEnd, 1, id])
}

/** The message execDetails; `reqId` -1 for one that just happened. */
export function sendExecution(session: TwsSession, execution: TwsExecution, reqId = -1): void {
  const { order } = execution
  const { instrument } = order
  session.send(
    executionFields(session.version, reqId, {
      orderId: order.orderId,
      contract: order.contract,
      execId: execIdOf(execution),
      time: zonedTime(execution.timeMs),
      account: order.fields.account,
      exchange: execution.exchange,
      side: order.fields.action === 'BUY' ? 'BOT' : 'SLD',
      shares: instrument.quantityText(execution.quantityUnits),
      price: instrument.priceText(execution.priceUnits),
      permId: order.permId,
      clientId: order.clientId,
      cumulative: instrument.quantityText(execution.cumulativeUnits),
      averagePrice: execution.averagePrice,
      orderRef: order.fields.orderRef,
      modelCode: order.fields.modelCode,
      liquidity: execution.liquidity,
    }),
  )
}

/** The message commissionReport. */
export function sendCommission(session: TwsSession, execution: TwsExecution): void {
  const { currency } = execution.order.contract
  session.send(commissionFields(execIdOf(execution), execution.commission, currency, execution.realized))
}
