/**
 * The state of the order plane as plain data, for comparing: a live system with one recovered from its journal, today's
 * with yesterday's. Deterministic: the same state gives the same text.
 */

import type { DataQualityMonitor } from '../market/quality/quality-monitor.js'
import { averagePrice } from '../oms/explain.js'
import type { OrderCore } from '../oms/order-core.js'
import { statusOf, tifOf, typeOf } from '../orders/codes.js'
import { factsOf, inFlightRequests, lifecycle, status, worstCaseLeaves } from '../orders/derive.js'
import { Field } from '../orders/order-table.js'
import { TradeField } from '../orders/trade-pool.js'
import { portfolioToState } from '../portfolio/portfolio-state.js'
import type { IngestRing } from '../ring/ingest-ring.js'

/** Sections of a state, each plain JSON data. */
export interface SystemState {
  /** Highest number of an order that is known, and how many ids of the host's are taken. */
  highWater: { orderNumber: number; clientOrderIds: number }
  /** Accounts, strategies, connectors, currencies and instruments by index: what the numbers in the journal stand for. */
  names: Record<string, string[]>
  orders: Record<string, unknown>[]
  /** What orders reserve and what is open, per account and instrument. */
  limitsUsed: Record<string, unknown>[]
  tradingStates: unknown[]
  portfolio: unknown
}

/** The state of a system's order plane now. */
export function exportState(core: OrderCore): SystemState {
  const { table } = core
  const orders = table
    .rows()
    .filter((row) => table.cells[row + Field.lastSeq] > 0)
    .map((row) => orderState(core, row))
  return {
    highWater: { orderNumber: highestNumber(core), clientOrderIds: core.ids.size },
    names: namesOf(core),
    orders,
    limitsUsed: limitsUsed(core),
    tradingStates: core.gate.states.list(),
    portfolio: portfolioToState(core.ledger.portfolio),
  }
}

function namesOf(core: OrderCore): Record<string, string[]> {
  const { accounts, strategies, connectors } = core.names
  const { currencies } = core.ledger.portfolio
  const list = (table: typeof accounts) => Array.from({ length: table.size }, (_, index) => table.name(index))
  return {
    accounts: list(accounts),
    strategies: list(strategies),
    connectors: list(connectors),
    currencies: list(currencies),
    instruments: [...core.instruments].map(({ id }) => id),
  }
}

/** The highest number of an order that anything is known about: numbers may have been skipped after it. */
function highestNumber(core: OrderCore): number {
  let highest = 0
  for (const row of core.table.rows())
    if (core.table.cells[row + Field.lastSeq] > 0) highest = Math.max(highest, core.table.cells[row])
  return highest
}

/** One order as plain data. */
export function orderState(core: OrderCore, row: number): Record<string, unknown> {
  const { table, names, instruments } = core
  const { cells, trades } = table
  const instrument = instruments.at(cells[row + Field.instrument])
  const list: unknown[] = []
  for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    list.push({
      exec: trades.exec(trade),
      facts: trades.cells[trade + TradeField.facts],
      quantity: trades.cells[trade + TradeField.quantity],
      price: trades.priceOf(trade),
      ts: trades.cells[trade + TradeField.ts],
      liquidity: trades.cells[trade + TradeField.liquidity],
      effective: trades.cells[trade + TradeField.effective],
      fee: Number.isNaN(trades.cells[trade + TradeField.fee]) ? null : trades.cells[trade + TradeField.fee],
      seq: trades.cells[trade + TradeField.seq],
    })
  }
  const number = (field: number) => (Number.isNaN(cells[row + field]) ? null : cells[row + field])
  return {
    number: cells[row],
    clientOrderId: names.clientOrderId(row),
    venueOrderId: table.venueOrderId(row) ?? null,
    instrument: instrument.id,
    account: names.account(cells[row + Field.account]),
    strategy: names.strategy(cells[row + Field.strategy]),
    connector: names.connector(cells[row + Field.connector]) ?? null,
    tag: table.tag(row) ?? null,
    side: cells[row + Field.side],
    type: typeOf(cells[row + Field.type]),
    timeInForce: tifOf(cells[row + Field.timeInForce]),
    flags: cells[row + Field.flags],
    quantity: number(Field.quantity),
    price: number(Field.price),
    trigger: number(Field.trigger),
    trailingAmount: number(Field.trailingAmount),
    trailingBasisPoints: number(Field.trailingBasisPoints),
    display: number(Field.display),
    expireUs: number(Field.expireUs),
    selfTrade: number(Field.selfTrade),
    generation: number(Field.termGeneration),
    status: statusOf(status(table, row)),
    lifecycle: statusOf(lifecycle(table, row)),
    facts: factsOf(table, row),
    filled: number(Field.filled),
    traded: number(Field.traded),
    average: averagePrice(table, row, instrument.priceScale)?.toString() ?? null,
    leaves: worstCaseLeaves(table, row),
    reserved: number(Field.reserved),
    inFlight: inFlightRequests(table, row),
    reason: table.reason(row) ?? null,
    createdUs: number(Field.createdUs),
    updatedUs: number(Field.updatedUs),
    lastSeq: number(Field.lastSeq),
    trades: list,
  }
}

function limitsUsed(core: OrderCore): Record<string, unknown>[] {
  const { exposure } = core.gate
  const rows: Record<string, unknown>[] = []
  for (let account = 0; account < core.names.accounts.size; account++) {
    for (const instrument of core.instruments) {
      const key = exposure.keyOf(account, instrument.index)
      const position = exposure.position[key]
      const buying = exposure.buying[key]
      const selling = exposure.selling[key]
      const open = exposure.openByInstrument[key]
      if (instrument.index >= core.sizes.instrument) continue
      if (position !== 0 || buying !== 0 || selling !== 0 || open !== 0) {
        rows.push({ account: core.names.account(account), instrument: instrument.id, position, buying, selling, open })
      }
    }
  }
  return rows
}

/** Paths at which two states differ; empty when they are equal. At most `most` are listed. */
export function differences(left: unknown, right: unknown, most = 20, path = ''): string[] {
  if (Object.is(left, right)) return []
  const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
  if (!isTree(left) || !isTree(right))
    return [`${path || 'state'}: ${JSON.stringify(left)} is not ${JSON.stringify(right)}`]
  const found: string[] = []
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (found.length >= most) break
    found.push(...differences(left[key], right[key], most - found.length, path === '' ? key : `${path}.${key}`))
  }
  return found
}

/** Number of compared fields: what a proof of equality covered. */
export function countFields(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  let total = 0
  for (const child of Object.values(value)) total += countFields(child)
  return total
}

/** Bytes held by preallocated tables and buffers, by name. */
export function memoryUse(core: OrderCore, ring: IngestRing, quality: DataQualityMonitor): Record<string, number> {
  const { table } = core
  return {
    orders: table.cells.byteLength,
    trades: table.trades.cells.byteLength,
    ring: ring.byteLength,
    quality: quality.byteLength,
    tradingStates: core.gate.states.words.byteLength,
  }
}
