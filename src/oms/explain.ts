/** Why each fact about an order is believed, and the average of its fills. */
import { Decimal, unitsToDecimal } from '../model/decimal.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { Fact } from '../orders/lifecycle.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import { TradeFact, TradeField } from '../orders/trade-pool.js'
import type { OperatorAct } from './operator-acts.js'

/** One reason for believing something about an order. */
export interface Evidence {
  fact: string
  /** Number of the journal record that says so. */
  seq: number
  source: 'venue' | 'local' | 'inferred' | 'operator'
  detail?: string
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
export function explainOrder(
  table: OrderTable,
  row: number,
  instruments: InstrumentRegistry,
  acts: readonly OperatorAct[] = [],
): Evidence[] {
  const { cells, trades } = table
  const instrument = instruments.at(cells[row + Field.instrument])
  const evidence: Evidence[] = []
  const add = (fact: string, seq: number, source: Evidence['source'], detail?: string) => {
    if (seq === 0) return
    const act = acts.find((each) => each.seq === seq || each.fillSeq === seq)
    const why = act === undefined ? detail : act.detail
    evidence.push({
      fact,
      seq,
      source: act === undefined ? source : 'operator',
      ...(why === undefined ? {} : { detail: why }),
    })
  }
  const reason = table.reason(row)
  const facts = cells[row + Field.facts]
  add('submitted', cells[row + Field.submittedSeq], 'local')
  add(
    'accepted',
    cells[row + Field.acceptedSeq],
    'venue',
    table.venueOrderId(row) === undefined ? undefined : `venue order id ${table.venueOrderId(row)}`,
  )
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
    if ((bits & TradeFact.corrected) !== 0)
      add('fill corrected', trades.cells[trade + TradeField.correctedSeq], 'venue', text)
    if ((bits & TradeFact.busted) !== 0) add('fill busted', trades.cells[trade + TradeField.bustSeq], 'venue', text)
  }
  return evidence.sort((a, b) => a.seq - b.seq)
}
