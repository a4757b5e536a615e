/**
 * The order table in a snapshot: every record with its texts, its trades and its requests under way. A record is written as
 * a mask of the fields that differ from a fresh one, then those fields; so a snapshot is about as large as what it holds.
 *
 * Reservations are not written: they follow from the facts, and are computed anew.
 */
import { TradewireError } from '../core/errors.js'
import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'
import * as Field from '../orders/order-fields.js'
import { type OrderTable, RECORD } from '../orders/order-table.js'
import * as TradeField from '../orders/trade-fields.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { OrderCore } from './order-core.js'
import { readKey, writeKey } from './records.js'

/** Doubles of a trade that are written: what follows is not used. */
const tradeFields = 32
const freshTrade = new Float64Array(tradeFields)

/** Fields of an order that hold places in memory, or are computed anew. They are as in a fresh record. */
const transient: ReadonlySet<number> = new Set([
  Field.number,
  Field.firstTrade,
  Field.lastTrade,
  Field.tradeCount,
  Field.firstRequest,
  Field.positionRow,
  Field.isStaged,
  Field.sentNs,
  Field.reserved,
  Field.isCounted,
])

/** Writes all orders about which anything is known, oldest first. */
export function saveOrders(core: OrderCore, writer: RecordWriter): void {
  const { table } = core
  const fresh = table.cells.slice(table.scratch(), table.scratch() + RECORD)
  const rows = table.rows().filter((row) => table.cells[row + Field.lastSeq] > 0)
  writer.f64(table.lastNumber)
  writer.u32(rows.length)
  const aliases = aliasesByTrade(table)
  for (const row of rows) {
    writer.f64(table.cells[row])
    saveCells(writer, table.cells, row, fresh, transient)
    writer.string(core.names.clientOrderId(row))
    writeKey(writer, table.venueOrderId(row))
    saveText(writer, table.reason(row))
    saveText(writer, table.tag(row))
    saveTrades(writer, table, row, aliases)
    saveRequests(writer, table, row)
  }
}

/** Reads what {@link saveOrders} wrote, into an empty table. @throws TradewireError `TW_CAPACITY` where it does not fit. */
export function restoreOrders(core: OrderCore, reader: RecordReader): void {
  const { table } = core
  const lastNumber = reader.f64()
  const rows: number[] = []
  for (let left = reader.u32(); left > 0; left--) {
    const number = reader.f64()
    requireRoom(table, number)
    const row = table.allocateNumber(number)
    restoreCells(reader, table.cells, row)
    table.setClientOrderId(row, reader.string())
    table.setVenueOrderId(row, readKey(reader))
    table.setReason(row, restoreText(reader))
    table.setTag(row, restoreText(reader))
    restoreTrades(reader, table, row)
    restoreRequests(reader, table, row)
    rows.push(row)
  }
  table.reserveNumbersUpTo(lastNumber)
  for (const row of rows) core.gate.exposure.sync(row)
}

function requireRoom(table: OrderTable, number: number): void {
  if (table.cells[(number & (table.capacity - 1)) * RECORD + Field.isOpen] !== 1) return
  throw new TradewireError(
    'TW_CAPACITY',
    `The journal was written with room for more than ${table.capacity} orders; set limits.orders to what it was then`,
  )
}

// ---- Cells -------------------------------------------------------------------------------------------------------------

function saveCells(
  writer: RecordWriter,
  cells: Float64Array,
  at: number,
  fresh: Float64Array,
  left: ReadonlySet<number>,
): void {
  let low = 0
  let high = 0
  for (let field = 0; field < fresh.length; field++) {
    if (left.has(field) || Object.is(cells[at + field], fresh[field])) continue
    if (field < 32) low |= 1 << field
    else high |= 1 << (field - 32)
  }
  writer.u32(low >>> 0)
  writer.u32(high >>> 0)
  for (let field = 0; field < fresh.length; field++) if (isIn(low, high, field)) writer.f64(cells[at + field])
}

function restoreCells(reader: RecordReader, cells: Float64Array, at: number): void {
  const low = reader.u32()
  const high = reader.u32()
  for (let field = 0; field < 64; field++) if (isIn(low, high, field)) cells[at + field] = reader.f64()
}

function isIn(low: number, high: number, field: number): boolean {
  return field < 32 ? ((low >>> field) & 1) === 1 : ((high >>> (field - 32)) & 1) === 1
}

function saveText(writer: RecordWriter, text: string | undefined): void {
  writer.bool(text !== undefined)
  if (text !== undefined) writer.string(text)
}

function restoreText(reader: RecordReader): string | undefined {
  return reader.bool() ? reader.string() : undefined
}

// ---- Trades ------------------------------------------------------------------------------------------------------------

const placesOfTrade: ReadonlySet<number> = new Set([TradeField.owner, TradeField.next])

/** Ids beside its own that lead to a trade. */
function aliasesByTrade(table: OrderTable): Map<number, ExecKey[]> {
  const aliases = new Map<number, ExecKey[]>()
  for (const [, exec, trade] of table.trades.names()) {
    if (exec === table.trades.exec(trade)) continue
    aliases.set(trade, [...(aliases.get(trade) ?? []), exec])
  }
  for (const names of aliases.values()) names.sort((a, b) => (String(a) < String(b) ? -1 : 1))
  return aliases
}

function saveTrades(
  writer: RecordWriter,
  table: OrderTable,
  row: number,
  aliases: ReadonlyMap<number, readonly ExecKey[]>,
): void {
  const { trades, cells } = table
  writer.u32(cells[row + Field.tradeCount])
  for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    writeKey(writer, trades.exec(trade))
    saveCells(writer, trades.cells, trade, freshTrade, placesOfTrade)
    const names = aliases.get(trade) ?? []
    writer.u32(names.length)
    for (const name of names) writeKey(writer, name)
  }
}

function restoreTrades(reader: RecordReader, table: OrderTable, row: number): void {
  const { trades, cells } = table
  const number = cells[row]
  const isIndexed = cells[row + Field.isIndexed] === 1
  const count = reader.u32()
  cells[row + Field.tradeCount] = count
  for (let left = count; left > 0; left--) {
    const exec = readKey(reader) ?? ''
    const trade = trades.add(number, exec)
    if (trade < 0)
      throw new TradewireError(
        'TW_CAPACITY',
        `The journal holds more than ${trades.capacity} executions of the orders it keeps; set limits.trades to what it was then`,
      )
    trades.cells.fill(0, trade + TradeField.next + 1, trade + tradeFields)
    restoreCells(reader, trades.cells, trade)
    if (isIndexed) trades.alias(number, exec, trade)
    for (let names = reader.u32(); names > 0; names--) trades.alias(number, readKey(reader) ?? '', trade)
    const last = cells[row + Field.lastTrade]
    if (last < 0) cells[row + Field.firstTrade] = trade
    else trades.cells[last + TradeField.next] = trade
    cells[row + Field.lastTrade] = trade
  }
}

// ---- Requests under way --------------------------------------------------------------------------------------------------

function saveRequests(writer: RecordWriter, table: OrderTable, row: number): void {
  const { requests, cells } = table
  const list: number[] = []
  for (let entry = cells[row + Field.firstRequest]; entry >= 0; entry = requests.next[entry]) list.push(entry)
  writer.u32(list.length)
  // The newest comes first in the list; they are added again from the oldest on.
  for (const entry of list.reverse()) {
    writer.i32(requests.generation[entry])
    writer.f64(requests.seq[entry])
    writer.f64(requests.quantity[entry])
    writer.f64(requests.price[entry])
    writer.f64(requests.trigger[entry])
  }
}

function restoreRequests(reader: RecordReader, table: OrderTable, row: number): void {
  const { requests, cells } = table
  for (let left = reader.u32(); left > 0; left--) {
    if (requests.isFull)
      throw new TradewireError('TW_CAPACITY', 'The journal holds more requests under way than the table has room for')
    cells[row + Field.firstRequest] = requests.add(
      cells[row + Field.firstRequest],
      reader.i32(),
      reader.f64(),
      reader.f64(),
      reader.f64(),
      reader.f64(),
    )
  }
}
