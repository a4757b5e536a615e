/** Snapshots of orders, and why each fact about them is believed. */
import { Decimal, unitsToDecimal } from '../model/decimal.js'
import type { AccountId, ClientOrderId, ConnectorId, StrategyId, VenueOrderId } from '../model/ids.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderSnapshot } from '../model/order.js'
import type { OrderNames } from '../orders/approved-order.js'
import { OrderFlag, sideOf, statusOf, tifOf, typeOf } from '../orders/codes.js'
import { leaves, status } from '../orders/derive.js'
import { Fact } from '../orders/lifecycle.js'
import { Field, type OrderTable } from '../orders/order-table.js'
import { TradeFact, TradeField } from '../orders/trade-pool.js'

/** One reason for believing something about an order. */
export interface Evidence {
  fact: string
  /** Number of the journal record that says so. */
  seq: number
  source: 'venue' | 'local' | 'inferred'
  detail?: string
}

/** Everything known about the order of a row. */
export function snapshotOf(table: OrderTable, row: number, instruments: InstrumentRegistry, names: OrderNames): OrderSnapshot {
  const { cells } = table
  const instrument = instruments.at(cells[row + Field.instrument])
  const price = (field: number) => (Number.isNaN(cells[row + field]) ? undefined : instrument.priceFromUnits(cells[row + field]))
  const quantity = (field: number) => (Number.isNaN(cells[row + field]) ? undefined : instrument.quantityFromUnits(cells[row + field]))
  const venueOrderId = table.venueOrderId(row)
  const reason = table.reason(row)
  const tag = table.tag(row)
  const average = averagePrice(table, row, instrument.priceScale)
  const facts = cells[row + Field.facts]
  const flags = cells[row + Field.flags]
  const snapshot: OrderSnapshot = {
    clientOrderId: names.clientOrderId(row) as ClientOrderId,
    instrument: instrument.id,
    account: names.account(cells[row + Field.account]) as AccountId,
    strategy: names.strategy(cells[row + Field.strategy]) as StrategyId,
    connector: names.connector(cells[row + Field.connector]) as ConnectorId,
    side: sideOf(cells[row + Field.side]),
    type: typeOf(cells[row + Field.type]),
    timeInForce: tifOf(cells[row + Field.timeInForce]),
    quantity: instrument.quantityFromUnits(cells[row + Field.quantity]),
    postOnly: (flags & OrderFlag.postOnly) !== 0,
    reduceOnly: (flags & OrderFlag.reduceOnly) !== 0,
    status: statusOf(status(table, row)),
    filledQuantity: instrument.quantityFromUnits(cells[row + Field.filled]),
    leavesQuantity: instrument.quantityFromUnits(leaves(table, row)),
    isInferred: (facts & (Fact.canceledByInference | Fact.expiredByInference)) !== 0 || cells[row + Field.rejectedInferredSeq] > 0,
    tsCreatedUs: cells[row + Field.createdUs],
    tsUpdatedUs: cells[row + Field.updatedUs],
  }
  const limit = price(Field.price)
  const trigger = price(Field.trigger)
  const display = quantity(Field.display)
  if (venueOrderId !== undefined) snapshot.venueOrderId = String(venueOrderId) as VenueOrderId
  if (limit !== undefined) snapshot.price = limit
  if (trigger !== undefined) snapshot.triggerPrice = trigger
  if (display !== undefined) snapshot.displayQuantity = display
  if (!Number.isNaN(cells[row + Field.expireUs])) snapshot.expireTimeUs = cells[row + Field.expireUs]
  if (average !== undefined) snapshot.averagePrice = average
  if (reason !== undefined) snapshot.reason = reason
  if (tag !== undefined) snapshot.tag = tag
  return snapshot
}

/** The exact quantity-weighted price of what counts as filled; undefined before the first fill. */
export function averagePrice(table: OrderTable, row: number, priceScale: number): Decimal | undefined {
  const { trades } = table
  let value = new Decimal(0)
  let total = 0
  for (let trade = table.cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    const quantity = trades.cells[trade + TradeField.effective]
    if (quantity === 0) continue
    value = value.plus(unitsToDecimal(trades.priceOf(trade), priceScale).times(quantity))
    total += quantity
  }
  return total === 0 ? undefined : value.div(total)
}

/** Why each fact about the order of a row is believed, in the order in which it was learned. */
export function explainOrder(table: OrderTable, row: number, instruments: InstrumentRegistry): Evidence[] {
  const { cells, trades } = table
  const instrument = instruments.at(cells[row + Field.instrument])
  const evidence: Evidence[] = []
  const add = (fact: string, seq: number, source: Evidence['source'], detail?: string) => {
    if (seq > 0) evidence.push({ fact, seq, source, ...(detail === undefined ? {} : { detail }) })
  }
  const reason = table.reason(row)
  const facts = cells[row + Field.facts]
  add('submitted', cells[row + Field.submittedSeq], 'local')
  add('accepted', cells[row + Field.acceptedSeq], 'venue', table.venueOrderId(row) === undefined ? undefined : `venue order id ${table.venueOrderId(row)}`)
  add('triggered', cells[row + Field.triggeredSeq], 'venue')
  add('rejected', cells[row + Field.rejectedSeq], 'venue', reason)
  add('rejected', cells[row + Field.rejectedInferredSeq], 'inferred', reason)
  add('fate unknown', cells[row + Field.unknownSeq], 'local', reason)
  add('works', cells[row + Field.worksSeq], 'venue')
  if ((facts & Fact.denied) !== 0) add('denied', cells[row + Field.closedSeq], 'local', reason)
  if ((facts & Fact.canceled) !== 0) add('canceled', cells[row + Field.closedSeq], 'venue', reason)
  if ((facts & Fact.expired) !== 0) add('expired', cells[row + Field.closedSeq], 'venue', reason)
  add('closed', cells[row + Field.closedInferredSeq], 'inferred', reason)
  for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    const bits = trades.cells[trade + TradeField.facts]
    const text = `${trades.exec(trade)}: ${instrument.quantityText(trades.cells[trade + TradeField.quantity])} at ${instrument.priceText(trades.cells[trade + TradeField.price])}`
    add('filled', trades.cells[trade + TradeField.seq], (bits & TradeFact.inferred) !== 0 ? 'inferred' : 'venue', text)
    if ((bits & TradeFact.corrected) !== 0) add('fill corrected', trades.cells[trade + TradeField.correctedSeq], 'venue', text)
    if ((bits & TradeFact.busted) !== 0) add('fill busted', trades.cells[trade + TradeField.bustSeq], 'venue', text)
  }
  return evidence.sort((a, b) => a.seq - b.seq)
}
