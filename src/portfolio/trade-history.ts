/**
 * The latest trades, kept so that a bust or a correction can be answered by replaying what came after it.
 *
 * Trades lie in columns of a ring of two generations. When the newer generation is full, the older one is forgotten and
 * the state of all positions is saved as the start of the next: so between N and 2N trades can always be replayed, and
 * the cost of a trade is that of writing a row.
 *
 *     saved state A                 saved state B
 *     v                             v
 *     | older generation: N trades  | newer generation: up to N |
 */
import type { ConvertedPnl } from './base-currency.js'
import * as Row from './history-fields.js'
import type { LotPool } from './lots.js'
import { FILL_CELLS, OFFSET, STRIDE } from './position-fields.js'
import type { PositionTable } from './position-table.js'

/** What a row of the history is. */
export const TradeKind = {
  /** Busted: without effect. */
  VOID: 0,
  /** A fill. */
  FILL: Row.FILL,
  /** Inventory given up as a fee of the trade named by `parent`. */
  INVENTORY_FEE: 2,
  /** A split of one position: quantity and price hold the ratio. */
  SPLIT: 3,
} as const
/** One of {@link TradeKind}. */
export type TradeKind = (typeof TradeKind)[keyof typeof TradeKind]

/** State of all positions at the start of a generation. */
export interface SavedState {
  firstTrade: number
  size: number
  cells: Float64Array
  lots: LotPool | undefined
  /** P&L in the base currency by slot, where it differs from the settlement currency. */
  converted: (ConvertedPnl | undefined)[]
}

/** The columns. Rows are addressed by trade number, which grows by one per row for ever. */
export class TradeHistory {
  /** Rows of one generation; 0 keeps nothing. */
  readonly generation: number
  /** The rows, one after the other: see history-fields.ts. */
  readonly cells: Float64Array
  /** Keys of executions, where trades came with one. */
  readonly keys: (string[] | undefined)[]
  readonly #byKey = new Map<string, number>()
  /** Whether any trade ever came with a key. */
  #hasKeys = false
  /** The number of rows is a power of two: the remainder of doubles is slow. */
  readonly #mask: number
  older: SavedState | undefined
  next = 0
  #newer: SavedState | undefined
  /** The number of the trade that starts the next generation. */
  #fullAt: number

  constructor(generation: number) {
    let rows = 1
    while (rows < generation * 2) rows *= 2
    this.generation = generation
    this.#fullAt = this.#nextRotation()
    this.#mask = rows - 1
    this.cells = new Float64Array(rows * Row.STRIDE)
    this.keys = new Array<string[] | undefined>(rows).fill(undefined)
  }

  /** The first trade that can still be replayed. */
  get first(): number {
    return this.older?.firstTrade ?? this.newer?.firstTrade ?? this.next
  }

  /** Row of a trade; -1 when it is forgotten or was never made. */
  rowOf(trade: number): number {
    return trade >= this.first && trade < this.next ? trade & this.#mask : -1
  }

  /** Where a trade that is remembered starts in {@link cells}. */
  offsetOf(trade: number): number {
    return (trade & this.#mask) * Row.STRIDE
  }

  /** State at the start of the newer generation; undefined before the first trade. */
  get newer(): SavedState | undefined {
    return this.#newer
  }

  set newer(saved: SavedState | undefined) {
    this.#newer = saved
    this.#fullAt = this.#nextRotation()
  }

  #nextRotation(): number {
    if (this.#newer === undefined) return this.generation > 0 ? 0 : Number.POSITIVE_INFINITY
    return this.#newer.firstTrade + this.generation
  }

  /** Whether the next row starts a generation, so that {@link rotate} has to be called first. */
  get isFull(): boolean {
    return this.next >= this.#fullAt
  }

  /** How many rows there are. */
  get rows(): number {
    return this.keys.length
  }

  /** Writes a row and returns its number. */
  append(
    slot: number,
    kind: TradeKind,
    quantity: number,
    price: number,
    parent: number,
    bid: number,
    ask: number,
  ): number {
    const trade = this.next++
    const row = trade & this.#mask
    const at = row * Row.STRIDE
    const { cells } = this
    cells[at + Row.SLOT] = slot
    cells[at + Row.KIND] = kind
    cells[at + Row.QUANTITY] = quantity
    cells[at + Row.PRICE] = price
    cells[at + Row.PARENT] = parent
    cells[at + Row.BID] = bid
    cells[at + Row.ASK] = ask
    cells[at + Row.FEE] = 0
    if (this.keys[row] !== undefined) this.keys[row] = undefined
    return trade
  }

  /** As {@link append} for a fill without conversion, with its fee. */
  appendFill(slot: number, quantity: number, price: number, fee: number): number {
    const trade = this.next++
    const row = trade & this.#mask
    const at = (row * Row.STRIDE) & OFFSET
    const { cells } = this
    cells[at + Row.SLOT] = slot
    cells[at + Row.KIND] = Row.FILL
    cells[at + Row.QUANTITY] = quantity
    cells[at + Row.PRICE] = price
    cells[at + Row.PARENT] = -1
    cells[at + Row.BID] = Number.NaN
    cells[at + Row.ASK] = Number.NaN
    cells[at + Row.FEE] = fee
    if (this.#hasKeys) this.keys[row] = undefined
    return trade
  }

  /** Starts a generation with the state of now; the oldest generation is forgotten and its memory used again. */
  rotate(table: PositionTable, lots: LotPool | undefined, converted: (ConvertedPnl | undefined)[]): void {
    const spare = this.older
    if (this.#byKey.size > 0 && spare !== undefined && this.newer !== undefined)
      this.#forgetKeys(spare.firstTrade, this.newer.firstTrade)
    this.older = this.newer
    this.newer = save(spare, this.next, table, lots, converted)
  }

  #forgetKeys(from: number, to: number): void {
    for (let trade = from; trade < to; trade++) {
      for (const key of this.keys[trade & this.#mask] ?? []) this.#byKey.delete(key)
    }
  }

  /** Remembers which execution a trade came from, as long as the trade is remembered. A corrected one has several. */
  addKey(trade: number, key: string): void {
    const row = this.rowOf(trade)
    if (row < 0) return
    this.#hasKeys = true
    const keys = this.keys[row]
    if (keys === undefined) this.keys[row] = [key]
    else keys.push(key)
    this.#byKey.set(key, trade)
  }

  /** The trade of an execution; -1 when none is remembered. */
  tradeOf(key: string): number {
    return this.#byKey.get(key) ?? -1
  }

  /** The state that replays start from. */
  get start(): SavedState | undefined {
    return this.older ?? this.newer
  }
}

function save(
  spare: SavedState | undefined,
  firstTrade: number,
  table: PositionTable,
  lots: LotPool | undefined,
  converted: (ConvertedPnl | undefined)[],
): SavedState {
  const reusable = spare !== undefined && spare.cells.length === table.cells.length
  const cells = reusable ? spare.cells : new Float64Array(table.cells.length)
  cells.set(table.cells)
  const copy = lots === undefined ? undefined : (spare?.lots ?? lots.emptyCopy())
  if (lots !== undefined) copy?.copyFrom(lots)
  const rows = spare?.converted ?? []
  for (let slot = 0; slot < table.size; slot++) rows[slot] = converted[slot]
  return { firstTrade, size: table.size, cells, lots: copy, converted: rows }
}

/** Puts one position back to a saved state; one that did not exist then becomes a position that never was. */
export function restoreSlot(slot: number, saved: SavedState, table: PositionTable, lots: LotPool | undefined): void {
  table.clearFills(slot)
  lots?.clear(slot)
  if (slot >= saved.size) return
  const at = slot * STRIDE
  table.cells.set(saved.cells.subarray(at, at + FILL_CELLS), at)
  if (saved.lots !== undefined)
    lots?.restoreFrom(slot, saved.lots, (table.cells[at] as number) < 0, table.instrumentOf(slot).isInverse)
}
