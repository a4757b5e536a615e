/**
 * A paper account lives on over a restart: a venue that ended with its process goes on from what the client's journal tells.
 *
 * Orders that the journal knows to be open are open again, at the end of the queue at their price; executions, positions and
 * cash are as they were. What was sent and never confirmed has not come: the client finds that out by asking. A cancel that
 * nobody answered is carried out; a change that nobody answered was not made.
 */
import type { RecalledBooks, RecalledOrder, RecalledPosition } from '../../connector/recalled-books.js'
import type { Instrument } from '../../model/instrument.js'
import { TifCode } from '../../orders/codes.js'
import type { OrderReports } from '../../orders/reports.js'
import { notionalUnits } from './money.js'
import { isContract, type VenueAccount } from './venue-accounts.js'
import { VenueExecution, VenueOrder } from './venue-order.js'

/** What is needed to take books over. */
export interface AdoptionParts {
  readonly clientName: string
  /** The venue's instrument for an index of the client's registry. */
  instrumentOf(index: number): Instrument
  /** Whether a trading day has ended since a time. */
  hasDayEnded(sinceUs: number): boolean
  account(name: string): VenueAccount
  take(order: VenueOrder, isOpen: boolean): void
}

/** Takes over what the client's journal tells. */
export function adoptBooks(books: RecalledBooks, parts: AdoptionParts): void {
  for (const position of books.positions) adoptPosition(position, parts)
  for (const recalled of books.orders) {
    const order = orderOf(recalled, parts)
    const { timeInForce } = order
    const endsWithDay = timeInForce === TifCode.DAY || timeInForce === TifCode.OPG || timeInForce === TifCode.CLO
    const isOver = endsWithDay && parts.hasDayEnded(recalled.createdUs)
    if (recalled.isOpen && isOver) end(order, 'expired', '')
    else if (recalled.isOpen && recalled.isCancelAsked) end(order, 'canceled', 'requested')
    parts.take(order, recalled.isOpen && order.state !== 'expired' && order.state !== 'canceled')
  }
}

/** Tells the client of changes that nobody answered: they were not made. */
export function refuseUnanswered({ orders }: RecalledBooks, reports: OrderReports, nowUs: number): void {
  reports.beginTurn()
  for (const { number, changes } of orders)
    for (const generation of changes)
      reports.replaceRejected(number, generation, 'the paper venue was restarted', nowUs)
  reports.endTurn()
}

function end(order: VenueOrder, state: 'canceled' | 'expired', reason: string): void {
  order.state = state
  order.reason = reason
}

function orderOf(recalled: RecalledOrder, parts: AdoptionParts): VenueOrder {
  const instrument = parts.instrumentOf(recalled.instrument)
  const order = new VenueOrder(recalled.clientOrderId, recalled.account, instrument, recalled, 0, undefined)
  order.clientName = parts.clientName
  if (typeof recalled.venueOrderId === 'number') order.venueOrderId = recalled.venueOrderId
  order.state = recalled.state
  order.isTriggered = recalled.isTriggered
  order.tsUs = recalled.createdUs
  for (const fill of recalled.fills) {
    order.cumulativeUnits += fill.quantityUnits
    order.valueUnits += fill.priceUnits * fill.quantityUnits
    order.tsUs = Math.max(order.tsUs, fill.tsUs)
    order.executions.push(
      new VenueExecution(
        fill.exec,
        order,
        fill.quantityUnits,
        fill.priceUnits,
        Number.isNaN(fill.feeUnits) ? 0 : fill.feeUnits,
        fill.feeCurrency === '' ? instrument.settlementCurrency : fill.feeCurrency,
        fill.liquidity,
        fill.tsUs,
      ),
    )
  }
  return order
}

function adoptPosition(recalled: RecalledPosition, parts: AdoptionParts): void {
  const instrument = parts.instrumentOf(recalled.instrument)
  const account = parts.account(recalled.account)
  const position = account.position(instrument)
  const { quantityUnits, averagePriceUnits } = recalled
  position.quantityUnits = quantityUnits
  position.averagePriceUnits = quantityUnits === 0 ? Number.NaN : averagePriceUnits
  const paid =
    quantityUnits === 0 || isContract(instrument)
      ? 0
      : Math.sign(quantityUnits) * notionalUnits(instrument, Math.round(averagePriceUnits), Math.abs(quantityUnits))
  account.add(instrument.settlementCurrency, recalled.realizedUnits - paid)
  for (const { currency, units } of recalled.fees) account.add(currency, -units)
}
