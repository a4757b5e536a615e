/** The executions of an order as they count now: for whoever answers another process about them. */

import type { LiquidityFlag } from '../model/order-types.js'
import { liquidityOf } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import { type ExecKey, TradeField } from '../orders/trade-pool.js'
import type { OrderCore } from './order-core.js'

/** One execution: corrections applied, busted ones left out. */
export interface OrderExecution {
  readonly exec: ExecKey
  /** Units of the instrument. */
  readonly quantityUnits: number
  readonly priceUnits: number
  /** 10^-8 of the currency; NaN = not known yet. */
  readonly feeUnits: number
  readonly feeCurrency: string
  readonly liquidity: LiquidityFlag
  /** Venue time, epoch microseconds. */
  readonly tsUs: number
}

/** The executions of the order in a row, in the order in which they came. */
export function executionsOf(core: OrderCore, row: number): OrderExecution[] {
  const { table, ledger } = core
  const { cells, trades } = table
  const { currencies } = ledger.portfolio
  const list: OrderExecution[] = []
  for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    const quantityUnits = trades.cells[trade + TradeField.effective]
    if (quantityUnits === 0) continue
    const feeUnits = trades.cells[trade + TradeField.fee]
    list.push({
      exec: trades.exec(trade),
      quantityUnits,
      priceUnits: trades.priceOf(trade),
      feeUnits,
      feeCurrency: Number.isNaN(feeUnits) ? '' : currencies.name(trades.cells[trade + TradeField.feeCurrency]),
      liquidity: liquidityOf(trades.cells[trade + TradeField.liquidity]),
      tsUs: trades.cells[trade + TradeField.ts],
    })
  }
  return list
}
