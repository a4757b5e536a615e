/**
 * The last state of an order in plain numbers: what a handle keeps when the order's record is taken over, and what a
 * snapshot is made from. Every order comes to it, and hardly any is asked for again: so the numbers of many orders lie in
 * one block of memory, and decimals are made when somebody asks.
 */
import { type Decimal, unitsToDecimal } from '../model/decimal.js'
import type { AccountId, ClientOrderId, ConnectorId, StrategyId, VenueOrderId } from '../model/ids.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderSnapshot } from '../model/order.js'
import type { OrderStatus } from '../model/order-types.js'
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
  position(index: number): string
  /** The id of an order that the host gave none. */
  idOf(number: number): string
}

/** What of an order is no number. */
interface ImageTexts {
  /** Undefined for an order whose id follows from its number and was not asked for yet. */
  readonly clientOrderId: string | undefined
  readonly venueOrderId: string | number | undefined
  readonly reason: string | undefined
  readonly tag: string | undefined
  /** Where no double holds the value of the fills exactly. */
  readonly average: Decimal | undefined
}

// Places of the numbers.
const numberAt = 0
const instrumentAt = 1
const accountAt = 2
const strategyAt = 3
const connectorAt = 4
const sideAt = 5
const typeAt = 6
const timeInForceAt = 7
const flagsAt = 8
const quantityAt = 9
const priceAt = 10
const triggerAt = 11
const displayAt = 12
const expireAt = 13
const filledAt = 14
const leavesAt = 15
const statusAt = 16
const inferredAt = 17
const createdAt = 18
const updatedAt = 19
/** Price units x quantity units of what counts as filled; NaN where a double does not hold it exactly. */
const valueAt = 20
/** NaN where the venue has given none, or text. */
const venueOrderIdAt = 21
/** Index of its position; 0 is the net one. */
const positionAt = 22
const imageSize = 23

/** Orders in a block. A handle that is kept keeps the block of its order. */
const blockOrders = 64

/** An order at one moment. */
export class OrderImage {
  readonly #numbers: Float64Array
  readonly #start: number
  readonly #texts: ImageTexts | undefined

  constructor(numbers: Float64Array, start: number, texts: ImageTexts | undefined) {
    this.#numbers = numbers
    this.#start = start
    this.#texts = texts
  }

  get status(): OrderStatus {
    return statusOf(this.#read(statusAt))
  }

  /** The snapshot that the image stands for. */
  toSnapshot(instruments: InstrumentRegistry, names: ImageNames): OrderSnapshot {
    const texts = this.#texts
    const instrument = instruments.at(this.#read(instrumentAt))
    const flags = this.#read(flagsAt)
    const snapshot: OrderSnapshot = {
      clientOrderId: (texts?.clientOrderId ?? names.idOf(this.#read(numberAt))) as ClientOrderId,
      instrument: instrument.id,
      account: names.account(this.#read(accountAt)) as AccountId,
      strategy: names.strategy(this.#read(strategyAt)) as StrategyId,
      connector: names.connector(this.#read(connectorAt)) as ConnectorId,
      side: sideOf(this.#read(sideAt)),
      type: typeOf(this.#read(typeAt)),
      timeInForce: tifOf(this.#read(timeInForceAt)),
      quantity: instrument.quantityFromUnits(this.#read(quantityAt)),
      postOnly: (flags & OrderFlag.postOnly) !== 0,
      reduceOnly: (flags & (OrderFlag.reduceOnly | OrderFlag.reducesPosition)) !== 0,
      status: this.status,
      filledQuantity: instrument.quantityFromUnits(this.#read(filledAt)),
      leavesQuantity: instrument.quantityFromUnits(this.#read(leavesAt)),
      isInferred: this.#read(inferredAt) === 1,
      tsCreatedUs: this.#read(createdAt),
      tsUpdatedUs: this.#read(updatedAt),
    }
    const venueOrderId = texts?.venueOrderId ?? this.#read(venueOrderIdAt)
    const limit = this.#read(priceAt)
    const trigger = this.#read(triggerAt)
    const display = this.#read(displayAt)
    const expireTimeUs = this.#read(expireAt)
    const average = texts?.average ?? this.#average(instrument.priceScale)
    if (!Number.isNaN(venueOrderId)) snapshot.venueOrderId = String(venueOrderId) as VenueOrderId
    if (!Number.isNaN(limit)) snapshot.price = instrument.priceFromUnits(limit)
    if (!Number.isNaN(trigger)) snapshot.triggerPrice = instrument.priceFromUnits(trigger)
    if (!Number.isNaN(display)) snapshot.displayQuantity = instrument.quantityFromUnits(display)
    if (!Number.isNaN(expireTimeUs)) snapshot.expireTimeUs = expireTimeUs
    if (average !== undefined) snapshot.averagePrice = average
    if (texts?.reason !== undefined) snapshot.reason = texts.reason
    if (texts?.tag !== undefined) snapshot.tag = texts.tag
    const position = this.#read(positionAt)
    if (position !== 0) snapshot.positionId = names.position(position)
    return snapshot
  }

  #read(place: number): number {
    return this.#numbers[this.#start + place] as number
  }

  #average(priceScale: number): Decimal | undefined {
    const value = this.#read(valueAt)
    const filled = this.#read(filledAt)
    return filled > 0 && !Number.isNaN(value) ? unitsToDecimal(value, priceScale).div(filled) : undefined
  }
}

/** Takes images of the orders of one table. */
export class OrderImages {
  readonly #table: OrderTable
  readonly #instruments: InstrumentRegistry
  #block = new Float64Array(0)
  #used = 0

  constructor(table: OrderTable, instruments: InstrumentRegistry) {
    this.#table = table
    this.#instruments = instruments
  }

  /** The image of the order of a row. */
  take(row: number): OrderImage {
    if (this.#used === this.#block.length) {
      this.#block = new Float64Array(imageSize * blockOrders)
      this.#used = 0
    }
    const start = this.#used
    this.#used = start + imageSize
    return this.#write(row, this.#block, start)
  }

  /** An image that is used at once. */
  now(row: number): OrderImage {
    return this.#write(row, new Float64Array(imageSize), 0)
  }

  #write(row: number, numbers: Float64Array, start: number): OrderImage {
    const table = this.#table
    const { cells } = table
    const facts = cells[row + Field.facts]
    const value = filledValue(table, row)
    const venueOrderId = table.venueOrderId(row)
    numbers[start + numberAt] = cells[row]
    numbers[start + instrumentAt] = cells[row + Field.instrument]
    numbers[start + accountAt] = cells[row + Field.account]
    numbers[start + strategyAt] = cells[row + Field.strategy]
    numbers[start + connectorAt] = cells[row + Field.connector]
    numbers[start + sideAt] = cells[row + Field.side]
    numbers[start + typeAt] = cells[row + Field.type]
    numbers[start + timeInForceAt] = cells[row + Field.timeInForce]
    numbers[start + flagsAt] = cells[row + Field.flags]
    numbers[start + quantityAt] = cells[row + Field.quantity]
    numbers[start + priceAt] = cells[row + Field.price]
    numbers[start + triggerAt] = cells[row + Field.trigger]
    numbers[start + displayAt] = cells[row + Field.display]
    numbers[start + expireAt] = cells[row + Field.expireUs]
    numbers[start + filledAt] = cells[row + Field.filled]
    numbers[start + leavesAt] = leaves(table, row)
    numbers[start + statusAt] = status(table, row)
    numbers[start + inferredAt] =
      (facts & (Fact.canceledByInference | Fact.expiredByInference)) !== 0 || cells[row + Field.rejectedInferredSeq] > 0
        ? 1
        : 0
    numbers[start + createdAt] = cells[row + Field.createdUs]
    numbers[start + updatedAt] = cells[row + Field.updatedUs]
    numbers[start + valueAt] = value
    numbers[start + venueOrderIdAt] = typeof venueOrderId === 'number' ? venueOrderId : Number.NaN
    numbers[start + positionAt] = cells[row + Field.position]
    return new OrderImage(numbers, start, this.#textsOf(row, venueOrderId, value))
  }

  #textsOf(row: number, id: string | number | undefined, value: number): ImageTexts | undefined {
    const table = this.#table
    const clientOrderId = table.clientOrderId(row)
    const reason = table.reason(row)
    const tag = table.tag(row)
    const venueOrderId = typeof id === 'string' ? id : undefined
    const hasTexts =
      venueOrderId !== undefined || clientOrderId !== undefined || reason !== undefined || tag !== undefined
    if (!hasTexts && !Number.isNaN(value)) return undefined
    const { priceScale } = this.#instruments.at(table.cells[row + Field.instrument])
    const average = Number.isNaN(value) ? averagePrice(table, row, priceScale) : undefined
    return { clientOrderId, venueOrderId, reason, tag, average }
  }
}

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
