/** Executions as our books hold them, in the form in which they are compared with a drop copy's. */
import { sideOf } from '../../orders/codes.js'
import * as Field from '../../orders/order-fields.js'
import { TradeFact, TradeField } from '../../orders/trade-pool.js'
import type { LineExecution } from '../../reconcile/drop-copy.js'
import type { OrderCore } from '../order-core.js'

/** Executions of the order in a row as they count now: busted ones are marked, concluded ones left out where real ones took their place. */
export function ownExecutions(core: OrderCore, row: number): LineExecution[] {
  const { table, names } = core
  const { cells, trades } = table
  const venueOrderId = table.venueOrderId(row)
  const list: LineExecution[] = []
  for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    const facts = trades.cells[trade + TradeField.facts]
    const counted = trades.cells[trade + TradeField.effective]
    const isInferred = (facts & TradeFact.inferred) !== 0
    const isBusted = (facts & TradeFact.busted) !== 0
    if ((facts & TradeFact.reported) === 0 || (isInferred && counted === 0)) continue
    const isCorrected = (facts & TradeFact.corrected) !== 0
    const told = trades.cells[trade + (isCorrected ? TradeField.correctedQuantity : TradeField.quantity)]
    list.push({
      exec: trades.exec(trade),
      instrument: cells[row + Field.instrument],
      account: names.account(cells[row + Field.account]),
      side: sideOf(cells[row + Field.side]),
      quantityUnits: isInferred ? counted : told,
      priceUnits: trades.priceOf(trade),
      clientOrderId: names.clientOrderId(row),
      ...(venueOrderId === undefined ? {} : { venueOrderId }),
      ...(isBusted ? { isBusted } : {}),
      ...(isInferred ? { isInferred } : {}),
      tsUs: trades.cells[trade + TradeField.ts],
    })
  }
  return list
}

/** Every execution in the table of orders that went over a connector. */
export function* executionsOver(core: OrderCore, connector: number): Generator<LineExecution> {
  const { table } = core
  for (const row of table.rows()) {
    if (table.cells[row + Field.connector] === connector) yield* ownExecutions(core, row)
  }
}

/** What our books know of an execution that a drop copy tells: its terms, no more than that it was booked, nothing, or not yet looked up. */
export type Whereabouts = LineExecution | 'booked' | 'unknown' | 'later'

/** Searches through everything that was ever remembered: at most so many a look, for each takes its time. */
const deepSearches = 50

/**
 * All of our books, for one look at them: the table, orders whose record was taken over, and executions of external orders.
 * Made anew for every look.
 */
export class OwnBooks {
  readonly #core: OrderCore
  readonly #connector: number
  #byVenueId: Map<string, number> | undefined
  #deepSearches = 0

  constructor(core: OrderCore, connector: number) {
    this.#core = core
    this.#connector = connector
  }

  /** What is known of an execution. */
  find(told: LineExecution): Whereabouts {
    const { table, ids, identities, externalExecs } = this.#core
    const number = told.clientOrderId === undefined ? 0 : ids.numberOf(told.clientOrderId)
    const row = number > 0 ? table.rowOf(number) : this.#rowByVenueId(told.venueOrderId)
    const own = row < 0 ? undefined : this.#inRow(row, told)
    if (own !== undefined) return own
    if (externalExecs.has(this.#connector, told.exec)) return 'booked'
    if (row >= 0) return 'unknown'
    if (number > 0) return identities.recall(number, told.exec) === 'new' ? 'unknown' : 'booked'
    if (told.venueOrderId === undefined) return 'unknown'
    if (this.#deepSearches++ >= deepSearches) return 'later'
    const gone = identities.numberOf(this.#connector, told.venueOrderId)
    return gone > 0 && identities.recall(gone, told.exec) !== 'new' ? 'booked' : 'unknown'
  }

  #inRow(row: number, told: LineExecution): LineExecution | undefined {
    const { table } = this.#core
    const executions = ownExecutions(this.#core, row)
    const exec = String(told.exec)
    const own = executions.find((each) => String(each.exec) === exec)
    if (own !== undefined || table.cells[row + Field.isIndexed] !== 1) return own
    const trade = table.trades.find(table.cells[row], told.exec)
    if (trade < 0) return undefined
    const first = table.trades.exec(trade)
    const renamed = executions.find((each) => each.exec === first)
    return renamed === undefined ? undefined : { ...renamed, aliases: [told.exec] }
  }

  #rowByVenueId(venueOrderId: string | number | undefined): number {
    if (venueOrderId === undefined) return -1
    let index = this.#byVenueId
    if (index === undefined) {
      const { table } = this.#core
      index = new Map()
      for (const row of table.rows()) {
        const own = table.venueOrderId(row)
        if (own !== undefined && table.cells[row + Field.connector] === this.#connector) index.set(String(own), row)
      }
      this.#byVenueId = index
    }
    return index.get(String(venueOrderId)) ?? -1
  }
}
