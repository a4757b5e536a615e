/** One order in a table of its own, driven by events; and what the fold says about it in the words of the reference. */
import { FactSource, statusOf } from './codes.js'
import { inFlightRequests, lifecycle, status } from './derive.js'
import {
  foldAccepted,
  foldClosed,
  foldDenied,
  foldEmulated,
  foldRejected,
  foldReleased,
  foldSubmitted,
  foldTriggered,
  foldUnknown,
  foldWorks,
} from './fold.js'
import { foldRequest, foldRequestRejected, foldUpdated } from './fold-requests.js'
import { foldBusted, foldCorrected } from './fold-restated.js'
import { foldTrade } from './fold-trades.js'
import * as Field from './order-fields.js'
import { OrderTable } from './order-table.js'
import type { OrderFactEvent, OrderState, Terms } from './reference-order.test-support.js'
import * as TradeFact from './trade-facts.js'
import * as TradeField from './trade-fields.js'

/** An order that events are folded into. */
export class OrderUnderTest {
  readonly table: OrderTable
  readonly row: number

  constructor(terms: Terms, table = new OrderTable({ capacity: 16, tradeCapacity: 256 })) {
    this.table = table
    this.row = table.allocate()
    table.cells[this.row + Field.side] = 1
    table.cells[this.row + Field.type] = 1
    table.cells[this.row + Field.quantity] = terms.quantity
    table.cells[this.row + Field.price] = terms.price
    table.cells[this.row + Field.trigger] = terms.trigger
    table.cells[this.row + Field.isOpen] = 1
  }

  /** Folds an event; returns the outcome. */
  fold(event: OrderFactEvent): number {
    const { table, row } = this
    const { seq } = event
    switch (event.kind) {
      case 'denied':
        return foldDenied(table, row, 1, seq)
      case 'emulated':
        return foldEmulated(table, row, seq)
      case 'released':
        return foldReleased(table, row, seq)
      case 'submitted':
        return foldSubmitted(table, row, seq)
      case 'accepted':
        return foldAccepted(table, row, 'V1', seq)
      case 'triggered':
        return foldTriggered(table, row, seq)
      case 'unknown':
        return foldUnknown(table, row, 0, seq)
      case 'works':
        return foldWorks(table, row, seq)
      case 'rejected':
        return foldRejected(table, row, event.inferred ? FactSource.inferred : FactSource.venue, seq)
      case 'closed':
        return foldClosed(
          table,
          row,
          event.isExpiry,
          event.inferred ? FactSource.inferred : FactSource.venue,
          event.ts,
          seq,
        )
      case 'request':
        return foldRequest(
          table,
          row,
          event.generation,
          event.isCancel,
          event.quantity,
          event.price,
          event.trigger,
          seq,
        )
      case 'requestRejected':
        return foldRequestRejected(table, row, event.generation, seq)
      case 'updated':
        return foldUpdated(
          table,
          row,
          event.generation,
          event.quantity,
          event.price,
          event.trigger,
          undefined,
          event.ts,
          seq,
        )
      case 'trade':
        return foldTrade(
          table,
          row,
          event.exec,
          event.quantity,
          event.price,
          Number.NaN,
          -1,
          0,
          event.basis,
          event.ts,
          seq,
        )
      case 'corrected':
        return foldCorrected(
          table,
          row,
          event.reference,
          event.exec,
          event.quantity,
          event.price,
          event.works,
          event.ts,
          seq,
        )
      case 'busted':
        return foldBusted(table, row, event.reference, event.works, event.ts, seq)
    }
  }

  /** Folds events in the order given. */
  foldAll(events: readonly OrderFactEvent[]): this {
    for (const event of events) this.fold(event)
    return this
  }

  get state(): OrderState {
    const { table, row } = this
    const { cells, trades } = table
    let value = 0
    let conflicts = 0
    for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
      const counted = trades.cells[trade + TradeField.effective]
      if (counted !== 0) value += counted * trades.priceOf(trade)
      if ((trades.cells[trade + TradeField.facts] & TradeFact.conflict) !== 0) conflicts++
    }
    const inFlight: number[] = []
    const bits = inFlightRequests(table, row)
    for (let i = 0; i < 31; i++) if (((bits >>> i) & 1) === 1) inFlight.push(cells[row + Field.requestBase] + i)
    return {
      status: statusOf(status(table, row)),
      lifecycle: statusOf(lifecycle(table, row)),
      isOpen: cells[row + Field.isOpen] === 1,
      filled: cells[row + Field.filled],
      traded: cells[row + Field.traded],
      value,
      terms: {
        quantity: cells[row + Field.quantity],
        price: cells[row + Field.price],
        trigger: cells[row + Field.trigger],
      },
      generation: cells[row + Field.termGeneration],
      inFlight,
      conflicts,
    }
  }
}
