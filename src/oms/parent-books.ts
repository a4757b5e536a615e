/**
 * Parent orders as the journal knows them: the plan of each, its latest state, and which orders are its children. Kept by
 * the order plane so that a replay finds them; what plans and states mean is known to whoever works parent orders.
 *
 * Children are found by their client order ids, `<parent>-E<n>`. So the intent to send a child is all the record that it
 * needs: a crash between two children neither forgets one nor sends one twice.
 *
 * The risk gate holds children against what stands here: it learns of every parent when it is put on record, changed, ended,
 * or read from a journal, whether or not anybody works it. Groups have children of both sides and are no sum to be kept.
 */
import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'
import type { AlgoParameters, BrokerOrder, BrokerWindow } from '../model/algo.js'
import { Decimal, unitsToDecimal } from '../model/decimal.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import * as TradeField from '../orders/trade-fields.js'
import type { RiskGate } from '../risk/gate.js'
import type { ClientIds } from './client-ids.js'
import { holdToParent, termsIn } from './parent-hold.js'
import { RecordType } from './records.js'
import type { Turn } from './turn.js'

/** Closed parents that are remembered. */
const keptClosed = 1_000

/** One parent order on record. */
export interface ParentRecord {
  readonly id: string
  /** JSON text; never changes. */
  readonly plan: string
  /** JSON text of the latest state. */
  state: string
  isClosed: boolean
  /** Order numbers of its children in the table by their number in the family. */
  readonly children: Map<number, number>
  /** The highest number of a child that was ever used. */
  lastChild: number
  /** What children did whose record was taken over: units, and units times price. */
  pastUnits: number
  pastValue: Decimal
  /** The broker's algorithm that its children ask for; null where none does. */
  readonly brokerOrder: BrokerOrder | null
}

/** What parent orders are kept with. */
export interface ParentBooksParts {
  table: OrderTable
  turn: Turn
  ids: ClientIds
  instruments: InstrumentRegistry
  gate: RiskGate
}

/** Parent orders by id. */
export class ParentBooks {
  readonly byId = new Map<string, ParentRecord>()
  readonly #table: OrderTable
  readonly #turn: Turn
  readonly #ids: ClientIds
  readonly #instruments: InstrumentRegistry
  readonly #gate: RiskGate
  /** Whose child an order is, by order number. */
  readonly #parentOf = new Map<number, ParentRecord>()
  readonly #closed: string[] = []
  /** Id of the child that is being submitted: nobody else may use ids of a family. */
  #expected: string | undefined
  #isProtective = false

  constructor({ table, turn, ids, instruments, gate }: ParentBooksParts) {
    this.#table = table
    this.#turn = turn
    this.#ids = ids
    this.#instruments = instruments
    this.#gate = gate
  }

  /** Puts a new parent on record. Its id belongs to it for ever. */
  open(id: string, plan: string): ParentRecord {
    const turn = this.#turn
    turn.begin()
    try {
      const writer = turn.recorder.begin(RecordType.parent)
      writer.string(id)
      writer.string(plan)
      turn.recorder.commit()
      turn.touch()
      const record = this.#add(id, plan)
      holdToParent(this.#gate, this.#instruments, record)
      return record
    } finally {
      turn.end()
    }
  }

  /** Puts the state of a parent on record. `totalUnits`: what it asks for now, in quantity units; left out for a group. */
  save(record: ParentRecord, state: string, isClosed: boolean, totalUnits?: number): void {
    const turn = this.#turn
    turn.begin()
    try {
      const writer = turn.recorder.begin(RecordType.parentState)
      writer.string(record.id)
      writer.bool(isClosed)
      writer.string(state)
      turn.recorder.commit()
      turn.touch()
      this.#apply(record, state, isClosed)
      if (totalUnits === undefined) return
      if (record.isClosed) this.#gate.parents.close(record.id)
      else this.#gate.parents.change(record.id, totalUnits)
    } finally {
      turn.end()
    }
  }

  /** Whether parents may be told of what is done: the journal takes records. */
  get isHealthy(): boolean {
    return this.#turn.recorder.isHealthy
  }

  #add(id: string, plan: string): ParentRecord {
    const record: ParentRecord = {
      id,
      plan,
      state: '',
      isClosed: false,
      children: new Map(),
      lastChild: 0,
      pastUnits: 0,
      pastValue: new Decimal(0),
      brokerOrder: brokerOrderIn(plan),
    }
    this.byId.set(id, record)
    this.#ids.remember(id, 0)
    return record
  }

  #apply(record: ParentRecord, state: string, isClosed: boolean): void {
    record.state = state
    if (isClosed && !record.isClosed) this.#closed.push(record.id)
    // A bracket is taken up again by an execution that comes after its end.
    if (!isClosed && record.isClosed) this.#closed.splice(this.#closed.indexOf(record.id), 1)
    record.isClosed = isClosed
    while (this.#closed.length > keptClosed) this.#forget(this.#closed.shift() as string)
  }

  #forget(id: string): void {
    if (this.#gate.hasParents) this.#gate.parents.forget(id)
    for (const number of this.byId.get(id)?.children.values() ?? []) this.#parentOf.delete(number)
    this.byId.delete(id)
  }

  // ---- Children --------------------------------------------------------------------------------------------------------

  /** The parent of an order; undefined when it has none. */
  parentOf(number: number): ParentRecord | undefined {
    return this.#parentOf.get(number)
  }

  /** The broker's algorithm that an order asks for: its parent's plan says so. */
  brokerOrderOf(number: number): BrokerOrder | undefined {
    return this.#parentOf.size === 0 ? undefined : (this.#parentOf.get(number)?.brokerOrder ?? undefined)
  }

  /** Runs `submit` as the submission of a child with an id of the family; `isProtective` where it protects a position. */
  asChild<T>(id: string, submit: () => T, isProtective = false): T {
    this.#expected = id
    this.#isProtective = isProtective
    try {
      return submit()
    } finally {
      this.#expected = undefined
      this.#isProtective = false
    }
  }

  /** Whether the order with this id protects a position: it passes a halt as long as the position only shrinks. */
  isProtective(id: string | undefined): boolean {
    return this.#isProtective && id === this.#expected
  }

  /** Whether an id belongs to the family of a parent and the order that brings it is no child: such an order is refused. */
  forbids(id: string): boolean {
    return this.byId.size > 0 && id !== this.#expected && this.#familyOf(id) !== undefined
  }

  #familyOf(id: string): ParentRecord | undefined {
    const cut = id.lastIndexOf('-E')
    return cut < 0 ? undefined : this.byId.get(id.slice(0, cut))
  }

  /** An order is a child of a parent, if its client order id says so. Called for every order that brings an id of its own. */
  adopt(row: number): void {
    if (this.byId.size === 0) return
    const id = this.#table.clientOrderId(row) ?? ''
    const parent = this.#familyOf(id)
    const child = Number(id.slice(id.lastIndexOf('-E') + 2))
    if (parent === undefined || !Number.isSafeInteger(child) || child <= 0) return
    const number = this.#table.cells[row]
    parent.children.set(child, number)
    parent.lastChild = Math.max(parent.lastChild, child)
    this.#parentOf.set(number, parent)
  }

  /** The record of an order is about to be taken over: its parent keeps what it did. */
  evict(row: number, number: number): void {
    const parent = this.#parentOf.get(number)
    if (parent === undefined) return
    this.#parentOf.delete(number)
    for (const [child, order] of parent.children) if (order === number) parent.children.delete(child)
    parent.pastUnits += this.#table.cells[row + Field.filled]
    parent.pastValue = parent.pastValue.plus(tradedValue(this.#table, row))
  }

  // ---- Journal ---------------------------------------------------------------------------------------------------------

  /** The journal is read: from here on children are held against what their parents are now. */
  holdAll(): void {
    for (const record of this.byId.values()) holdToParent(this.#gate, this.#instruments, record)
  }

  /** Applies a record of a new parent. */
  replayParent(record: RecordReader): void {
    this.#add(record.string(), record.string())
  }

  /** Applies a record of a state. */
  replayState(record: RecordReader): void {
    const parent = this.byId.get(record.string())
    const isClosed = record.bool()
    const state = record.string()
    if (parent !== undefined) this.#apply(parent, state, isClosed)
  }

  /** Writes all parents. */
  saveAll(writer: RecordWriter): void {
    writer.u32(this.byId.size)
    for (const parent of this.byId.values()) {
      writer.string(parent.id)
      writer.string(parent.plan)
      writer.string(parent.state)
      writer.bool(parent.isClosed)
      writer.f64(parent.lastChild)
      writer.f64(parent.pastUnits)
      writer.string(parent.pastValue.toString())
      writer.u32(parent.children.size)
      for (const [child, number] of parent.children) {
        writer.f64(child)
        writer.f64(number)
      }
    }
    writer.u32(this.#closed.length)
    for (const id of this.#closed) writer.string(id)
  }

  /** Reads what {@link saveAll} wrote. */
  restoreAll(reader: RecordReader): void {
    for (let left = reader.u32(); left > 0; left--) {
      const parent = this.#add(reader.string(), reader.string())
      parent.state = reader.string()
      parent.isClosed = reader.bool()
      parent.lastChild = reader.f64()
      parent.pastUnits = reader.f64()
      parent.pastValue = new Decimal(reader.string())
      for (let children = reader.u32(); children > 0; children--) {
        const child = reader.f64()
        const number = reader.f64()
        parent.children.set(child, number)
        this.#parentOf.set(number, parent)
      }
    }
    for (let left = reader.u32(); left > 0; left--) this.#closed.push(reader.string())
  }
}

/** What a plan passes on to a broker. */
function brokerOrderIn(plan: string): BrokerOrder | null {
  // Most plans are worked here; those are not read twice.
  if (!plan.includes('"broker":')) return null
  const { algo, broker } = termsIn<{ algo: AlgoParameters; broker: BrokerWindow }>(plan)
  return algo === undefined || broker === undefined ? null : { algo, window: broker }
}

/** Sum of quantity units times price units of what counts of an order's trades. */
export function tradedValue(table: OrderTable, row: number): Decimal {
  const { cells, trades } = table
  let value = new Decimal(0)
  for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next]) {
    const quantity = trades.cells[trade + TradeField.effective]
    if (quantity !== 0) value = value.plus(unitsToDecimal(trades.priceOf(trade), 0).times(quantity))
  }
  return value
}
