/** Orders and executions as rows of a gateway's answers. */
import type { FillRow, OrderRow } from '../../connectors/zmq/orders/messages.js'
import type { Instrument } from '../../model/instrument.js'
import type { OrderStatus } from '../../model/order-types.js'
import type { OrderExecution } from '../../oms/executions.js'
import type { OrderHandle } from '../../oms/order-handle.js'

/** An order with the client's id. */
export interface RowSource {
  readonly id: string
  readonly handle: OrderHandle
  readonly instrument: Instrument
}

/** What a status is to a client: the venue behind the gateway has not said what is pending. */
const states: Readonly<Record<OrderStatus, string>> = {
  INITIALIZED: 'pending',
  DENIED: 'rejected',
  EMULATED: 'working',
  RELEASED: 'pending',
  SUBMITTED: 'pending',
  UNKNOWN: 'pending',
  ACCEPTED: 'working',
  TRIGGERED: 'triggered',
  PARTIALLY_FILLED: 'working',
  PENDING_UPDATE: 'working',
  PENDING_CANCEL: 'working',
  FILLED: 'filled',
  CANCELED: 'canceled',
  REJECTED: 'rejected',
  EXPIRED: 'expired',
}

/** The venue's id of an order; before it gave one, the number of the order here. */
export function venueOrderId(handle: OrderHandle): string {
  return handle.snapshot.venueOrderId ?? String(handle.number)
}

/** An order as it stands. */
export function orderRow({ id, handle, instrument }: RowSource): OrderRow {
  const order = handle.snapshot
  return {
    id,
    venueOrderId: venueOrderId(handle),
    symbol: instrument.id,
    account: order.account,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    quantity: instrument.quantityUnits(order.quantity),
    price: order.price === undefined ? null : instrument.priceUnits(order.price),
    trigger: order.triggerPrice === undefined ? null : instrument.priceUnits(order.triggerPrice),
    filled: instrument.quantityUnits(order.filledQuantity),
    state: states[order.status],
    reason: order.reason ?? null,
    tsUs: order.tsUpdatedUs,
  }
}

/** An execution of an order. */
export function fillRow({ id, handle, instrument }: RowSource, execution: OrderExecution): FillRow {
  const { account, side } = handle.snapshot
  return {
    id,
    venueOrderId: venueOrderId(handle),
    exec: execution.exec,
    symbol: instrument.id,
    account,
    side,
    quantity: execution.quantityUnits,
    price: execution.priceUnits,
    fee: Number.isNaN(execution.feeUnits) ? null : execution.feeUnits,
    feeCurrency: execution.feeCurrency,
    liquidity: execution.liquidity,
    tsUs: execution.tsUs,
  }
}
