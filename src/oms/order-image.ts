/**
 * The last state of an order in plain numbers: what a handle keeps when the order's record is taken over, and what a
 * snapshot is made from. Taking an image is cheap, for it happens to every order; decimals are made when somebody asks.
 */
import { type Decimal, unitsToDecimal } from '../model/decimal.js'
import type { AccountId, ClientOrderId, ConnectorId, StrategyId, VenueOrderId } from '../model/ids.js'
import type { Instrument } from '../model/instrument.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderSnapshot } from '../model/order.js'
import { OrderFlag, sideOf, statusOf, tifOf, typeOf } from '../orders/codes.js'
import { leaves, status } from '../orders/derive.js'
import * as Fact from '../orders/facts.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import * as TradeField from '../orders/trade-fields.js'
import { averagePrice } from './explain.js'

/** Names that an image has by index. */
export interface ImageNames {
  account(index: number): string
  strategy(index: number): string
  connector(index: number): string
  /** The id of an order that the host gave none. */
  idOf(number: number): string
}

/** An order at one moment. */
export interface OrderImage {
  /** See {@link imageOf} for the order of the numbers. */
  readonly numbers: readonly number[]
  /** Undefined for an order whose id follows from its number and was not asked for yet. */
  readonly clientOrderId: string | undefined
  readonly venueOrderId: string | number | undefined
  readonly reason: string | undefined
  readonly tag: string | undefined
  /** Where the value of the fills in price units x quantity units is no exact double. */
  readonly average: Decimal | undefined
}

/** Takes the image of the order of a row. */
export function imageOf(table: OrderTable, row: number, instruments: InstrumentRegistry): OrderImage {
  const { cells } = table
  const value = filledValue(table, row)
  const isInferred =
    (cells[row + Field.facts] & (Fact.canceledByInference | Fact.expiredByInference)) !== 0 ||
    cells[row + Field.rejectedInferredSeq] > 0
  return {
    numbers: [
      cells[row],
      cells[row + Field.instrument],
      cells[row + Field.account],
      cells[row + Field.strategy],
      cells[row + Field.connector],
      cells[row + Field.side],
      cells[row + Field.type],
      cells[row + Field.timeInForce],
      cells[row + Field.flags],
      cells[row + Field.quantity],
      cells[row + Field.price],
      cells[row + Field.trigger],
      cells[row + Field.display],
      cells[row + Field.expireUs],
      cells[row + Field.filled],
      leaves(table, row),
      status(table, row),
      isInferred ? 1 : 0,
      cells[row + Field.createdUs],
      cells[row + Field.updatedUs],
      value,
    ],
    clientOrderId: table.clientOrderId(row),
    venueOrderId: table.venueOrderId(row),
    reason: table.reason(row),
    tag: table.tag(row),
    average: Number.isNaN(value)
      ? averagePrice(table, row, instruments.at(cells[row + Field.instrument]).priceScale)
      : undefined,
  }
}

/** The snapshot that an image stands for. */
export function snapshotOf(image: OrderImage, instruments: InstrumentRegistry, names: ImageNames): OrderSnapshot {
  const [
    number,
    index,
    account,
    strategy,
    connector,
    side,
    type,
    timeInForce,
    flags,
    quantity,
    limit,
    trigger,
    display,
    expireUs,
    filled,
    open,
    state,
    isInferred,
    createdUs,
    updatedUs,
    value,
  ] = image.numbers as number[]
  const instrument = instruments.at(index as number)
  const snapshot: OrderSnapshot = {
    clientOrderId: (image.clientOrderId ?? names.idOf(number as number)) as ClientOrderId,
    instrument: instrument.id,
    account: names.account(account as number) as AccountId,
    strategy: names.strategy(strategy as number) as StrategyId,
    connector: names.connector(connector as number) as ConnectorId,
    side: sideOf(side as number),
    type: typeOf(type as number),
    timeInForce: tifOf(timeInForce as number),
    quantity: instrument.quantityFromUnits(quantity as number),
    postOnly: ((flags as number) & OrderFlag.postOnly) !== 0,
    reduceOnly: ((flags as number) & OrderFlag.reduceOnly) !== 0,
    status: statusOf(state as number),
    filledQuantity: instrument.quantityFromUnits(filled as number),
    leavesQuantity: instrument.quantityFromUnits(open as number),
    isInferred: isInferred === 1,
    tsCreatedUs: createdUs as number,
    tsUpdatedUs: updatedUs as number,
  }
  if (image.venueOrderId !== undefined) snapshot.venueOrderId = String(image.venueOrderId) as VenueOrderId
  if (!Number.isNaN(limit)) snapshot.price = instrument.priceFromUnits(limit as number)
  if (!Number.isNaN(trigger)) snapshot.triggerPrice = instrument.priceFromUnits(trigger as number)
  if (!Number.isNaN(display)) snapshot.displayQuantity = instrument.quantityFromUnits(display as number)
  if (!Number.isNaN(expireUs)) snapshot.expireTimeUs = expireUs as number
  const average = image.average ?? averageOf(instrument, value as number, filled as number)
  if (average !== undefined) snapshot.averagePrice = average
  if (image.reason !== undefined) snapshot.reason = image.reason
  if (image.tag !== undefined) snapshot.tag = image.tag
  return snapshot
}

/** The status in an image. */
export function statusOfImage(image: OrderImage) {
  return statusOf(image.numbers[16] as number)
}

function averageOf(instrument: Instrument, value: number, filled: number): Decimal | undefined {
  return filled > 0 && !Number.isNaN(value) ? unitsToDecimal(value, instrument.priceScale).div(filled) : undefined
}

/** Price units x quantity units of what counts as filled; NaN where a double does not hold it exactly. */
function filledValue(table: OrderTable, row: number): number {
  const { trades } = table
  const { cells } = trades
  let value = 0
  let total = 0
  for (let trade = table.cells[row + Field.firstTrade]; trade >= 0; trade = cells[trade + TradeField.next]) {
    const quantity = cells[trade + TradeField.effective]
    if (quantity === 0) continue
    const part = trades.priceOf(trade) * quantity
    value += part
    total += quantity
    if (!Number.isSafeInteger(part) || !Number.isSafeInteger(value)) return Number.NaN
  }
  return total === table.cells[row + Field.filled] ? value : Number.NaN
}
