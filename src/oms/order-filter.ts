/** Which orders are meant: by symbol, account, strategy, connector, side. */
import * as Field from '../orders/order-fields.js'
import type { OrderCore } from './order-core.js'

/** Which orders are meant; absent fields mean all. */
export interface OrderFilter {
  symbol?: string
  account?: string
  strategy?: string
  connector?: string
  side?: 'buy' | 'sell'
}

/** Rows of the orders that a filter lets through: open ones, or all that are known. */
export function matchingRows(core: OrderCore, filter: OrderFilter, isOpen: boolean): number[] {
  const { table, names, instruments } = core
  const { cells } = table
  const instrument = filter.symbol === undefined ? -1 : instruments.get(filter.symbol).index
  const rows: number[] = []
  for (const row of table.rows()) {
    if (isOpen ? cells[row + Field.isOpen] === 0 : cells[row + Field.lastSeq] === 0) continue
    if (instrument >= 0 && cells[row + Field.instrument] !== instrument) continue
    if (filter.account !== undefined && names.account(cells[row + Field.account]) !== filter.account) continue
    if (filter.strategy !== undefined && names.strategy(cells[row + Field.strategy]) !== filter.strategy) continue
    if (filter.connector !== undefined && names.connector(cells[row + Field.connector]) !== filter.connector) continue
    if (filter.side !== undefined && cells[row + Field.side] !== (filter.side === 'buy' ? 1 : -1)) continue
    rows.push(row)
  }
  return rows
}
