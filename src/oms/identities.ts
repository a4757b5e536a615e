/**
 * Who an order was, for orders whose record was taken over: enough to book an execution that comes very late, and to know
 * one that was booked before when a venue reports it again.
 */
import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'
import type { ExecKey } from '../orders/trade-pool.js'
import { readKey, writeKey } from './records.js'

/** Identity of an order. */
export interface OrderIdentity {
  instrument: number
  account: number
  strategy: number
  connector: number
  side: number
}

/** What is known of an execution of such an order: booked before, new, or too long ago to tell. */
export type ExecMemory = 'booked' | 'new' | 'forgotten'

const fields = 8

/**
 * A bounded ring of identities by order number, and one of their executions; the oldest make room. Memory is taken with the
 * first order that is kept: few systems live to see one.
 */
export class OrderIdentities {
  #cells = new Float64Array(0)
  readonly #mask: number
  #venueOrderIds: (string | number | undefined)[] = []
  #execs: ExecKey[] = []
  readonly #execMask: number
  /** Executions ever kept: the ring holds the last of them. */
  #kept = 0
  /** Executions that came after the record was gone. */
  readonly #late = new Set<string>()

  /** `capacity` orders and `execCapacity` executions: powers of two. */
  constructor(capacity: number, execCapacity = capacity * 2) {
    this.#mask = capacity - 1
    this.#execMask = execCapacity - 1
  }

  #allocate(): void {
    this.#cells = new Float64Array((this.#mask + 1) * fields)
    this.#venueOrderIds = new Array<string | number | undefined>(this.#mask + 1).fill(undefined)
    this.#execs = new Array<ExecKey>(this.#execMask + 1).fill(0)
  }

  /** Whether no order was ever kept. */
  get isEmpty(): boolean {
    return this.#cells.length === 0
  }

  /** Keeps an order. Its executions follow, by {@link keepExec}. */
  keep(
    number: number,
    instrument: number,
    account: number,
    strategy: number,
    connector: number,
    side: number,
    venueOrderId?: string | number,
  ): void {
    if (this.#cells.length === 0) this.#allocate()
    const index = number & this.#mask
    const at = index * fields
    const cells = this.#cells
    cells[at] = number
    cells[at + 1] = instrument
    cells[at + 2] = account
    cells[at + 3] = strategy
    cells[at + 4] = connector
    cells[at + 5] = side
    cells[at + 6] = this.#kept
    cells[at + 7] = 0
    this.#venueOrderIds[index] = venueOrderId
  }

  /** Keeps an execution of the order that was kept last. */
  keepExec(number: number, exec: ExecKey): void {
    this.#cells[(number & this.#mask) * fields + 7]++
    this.#execs[this.#kept++ & this.#execMask] = exec
  }

  find(number: number): OrderIdentity | undefined {
    const at = (number & this.#mask) * fields
    const cells = this.#cells
    if (number <= 0 || cells[at] !== number) return undefined
    return {
      instrument: cells[at + 1],
      account: cells[at + 2],
      strategy: cells[at + 3],
      connector: cells[at + 4],
      side: cells[at + 5],
    }
  }

  /** The order that a connector's venue knew by an id; 0 when none is kept. Looks through all: for rare questions. */
  numberOf(connector: number, venueOrderId: string | number): number {
    for (let index = 0; index < this.#venueOrderIds.length; index++) {
      const at = index * fields
      if (this.#venueOrderIds[index] === venueOrderId && this.#cells[at + 4] === connector) return this.#cells[at]
    }
    return 0
  }

  /** Whether an execution of a kept order is known. */
  recall(number: number, exec: ExecKey): ExecMemory {
    const at = (number & this.#mask) * fields
    if (this.#cells[at] !== number) return 'forgotten'
    if (this.#late.has(lateKey(number, exec))) return 'booked'
    const first = this.#cells[at + 6]
    const count = this.#cells[at + 7]
    for (let i = first; i < first + count; i++)
      if (this.#execs[i & this.#execMask] === exec) return i >= this.#kept - this.#execMask - 1 ? 'booked' : 'forgotten'
    return first >= this.#kept - this.#execMask - 1 || count === 0 ? 'new' : 'forgotten'
  }

  /** Writes all that is remembered. */
  save(writer: RecordWriter): void {
    const cells = this.#cells
    let held = 0
    for (let at = 0; at < cells.length; at += fields) if (cells[at] !== 0) held++
    writer.u32(held)
    for (let index = 0, at = 0; at < cells.length; index++, at += fields) {
      if (cells[at] === 0) continue
      for (let field = 0; field < fields; field++) writer.f64(cells[at + field])
      writeKey(writer, this.#venueOrderIds[index])
    }
    const first = Math.max(0, this.#kept - this.#execMask - 1)
    writer.f64(first)
    writer.f64(this.#kept)
    for (let i = first; i < this.#kept; i++) writeKey(writer, this.#execs[i & this.#execMask])
    writer.u32(this.#late.size)
    for (const key of this.#late) writer.string(key)
  }

  /** Reads what {@link save} wrote. With another capacity the newest of it is kept. */
  restore(reader: RecordReader): void {
    const held = reader.u32()
    if (held > 0 && this.#cells.length === 0) this.#allocate()
    const cells = this.#cells
    for (let left = held; left > 0; left--) {
      const number = reader.f64()
      const index = number & this.#mask
      const isNewer = number > cells[index * fields]
      for (let field = 0; field < fields; field++) {
        const value = field === 0 ? number : reader.f64()
        if (isNewer) cells[index * fields + field] = value
      }
      const venueOrderId = readKey(reader)
      if (isNewer) this.#venueOrderIds[index] = venueOrderId
    }
    const first = reader.f64()
    this.#kept = reader.f64()
    for (let i = first; i < this.#kept; i++) this.#execs[i & this.#execMask] = readKey(reader) ?? 0
    for (let left = reader.u32(); left > 0; left--) this.#late.add(reader.string())
  }

  /** An execution was booked after its order had gone. */
  addLate(number: number, exec: ExecKey): void {
    this.#late.add(lateKey(number, exec))
    if (this.#late.size > this.#execMask) this.#late.delete(this.#late.values().next().value as string)
  }
}

function lateKey(number: number, exec: ExecKey): string {
  return `${number} ${typeof exec} ${exec}`
}
