/**
 * Who an order was, for orders whose record was taken over: enough to book an execution that comes very late, and to know
 * one that was booked before when a venue reports it again.
 */
import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'
import { sideSign } from '../orders/codes.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { VenueFillReport } from '../orders/venue-reports.js'
import { readKey, writeKey } from './records.js'
import { VenueIdIndex } from './venue-id-index.js'

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

const fields = 9
/** Fields that releases wrote which kept nothing of executions that were concluded. */
const fieldsWithoutConcluded = 8

/** What a snapshot holds, by the release that wrote it. */
export interface IdentityLayout {
  /** Whether it says when orders were last heard of. */
  readonly hasTimes: boolean
  /** Whether it says what was booked without having been reported. */
  readonly hasConcluded: boolean
}

/**
 * A bounded ring of identities by order number, and one of their executions; the oldest make room. Memory is taken with the
 * first order that is kept: few systems live to see one.
 */
export class OrderIdentities {
  #cells = new Float64Array(0)
  readonly #mask: number
  #venueIds = new VenueIdIndex(0)
  /** How many orders are kept whose id at the venue is not known. */
  #nameless = 0
  #execs: ExecKey[] = []
  readonly #execMask: number
  /** Executions ever kept: the ring holds the last of them. */
  #kept = 0
  /** Executions that came after the record was gone. */
  readonly #late = new Set<string>()
  /** When the venue last did anything for an order, by the venue's clock; NaN where a journal of an older release did not say. */
  #lastUs = new Float64Array(0)
  /** By connector, see {@link reachUs}. */
  readonly #reachUs: number[] = []

  /** `capacity` orders and `execCapacity` executions: powers of two. */
  constructor(capacity: number, execCapacity = capacity * 2) {
    this.#mask = capacity - 1
    this.#execMask = execCapacity - 1
  }

  #allocate(): void {
    this.#cells = new Float64Array((this.#mask + 1) * fields)
    this.#venueIds = new VenueIdIndex(this.#mask + 1)
    this.#execs = new Array<ExecKey>(this.#execMask + 1).fill(0)
    this.#lastUs = new Float64Array(this.#mask + 1)
  }

  /** Whether no order was ever kept. */
  get isEmpty(): boolean {
    return this.#cells.length === 0
  }

  /**
   * What the venue of a connector did up to then (its own time) may have been for an order of which nothing is remembered:
   * that nobody here knows the order does not make it somebody else's. Minus infinity while nothing was forgotten.
   */
  reachUs(connector: number): number {
    return this.#reachUs[connector] ?? Number.NEGATIVE_INFINITY
  }

  /**
   * Keeps an order, for which the venue did something last at `lastUs`. `concludedUnits` are booked, and no execution of them
   * was reported so far. Those that were follow, by {@link keepExec}.
   */
  keep(
    number: number,
    instrument: number,
    account: number,
    strategy: number,
    connector: number,
    side: number,
    lastUs: number,
    concludedUnits: number,
    venueOrderId?: string | number,
  ): void {
    if (this.#cells.length === 0) this.#allocate()
    const index = number & this.#mask
    const at = index * fields
    const cells = this.#cells
    this.#forget(index, number, lastUs)
    this.#lastUs[index] = lastUs
    cells[at] = number
    cells[at + 1] = instrument
    cells[at + 2] = account
    cells[at + 3] = strategy
    cells[at + 4] = connector
    cells[at + 5] = side
    cells[at + 6] = this.#kept
    cells[at + 7] = 0
    cells[at + 8] = concludedUnits
    this.#nameOf(index, connector, venueOrderId)
  }

  #nameOf(index: number, connector: number, venueOrderId: string | number | undefined): void {
    this.#venueIds.set(index, connector, venueOrderId)
    if (venueOrderId === undefined) this.#nameless++
  }

  /** The order at a place, if there is one, makes room for order `next`, which was last heard of at `nextUs`. */
  #forget(index: number, next: number, nextUs: number): void {
    const at = index * fields
    const number = this.#cells[at]
    if (number === 0) return
    if (this.#venueIds.idAt(index) === undefined) this.#nameless--
    if (number === next) return
    const lastUs = this.#lastUs[index]
    this.#reach(this.#cells[at + 4], Number.isNaN(lastUs) ? nextUs : lastUs)
  }

  #reach(connector: number, tsUs: number): void {
    const reachUs = this.#reachUs
    while (reachUs.length <= connector) reachUs.push(Number.NEGATIVE_INFINITY)
    if (tsUs > reachUs[connector]) reachUs[connector] = tsUs
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

  /** Whether what a venue tells of a kept order is from before its end: that it works, for one, is over. */
  isOld(number: number, tsUs: number): boolean {
    const index = number & this.#mask
    return this.#cells[index * fields] === number && tsUs <= this.#lastUs[index]
  }

  /** The order that a connector's venue knew by an id; 0 when none is kept. */
  numberOf(connector: number, venueOrderId: string | number): number {
    const index = this.isEmpty ? -1 : this.#venueIds.placeOf(connector, venueOrderId)
    return index < 0 ? 0 : this.#cells[index * fields]
  }

  /**
   * The order of a connector that an execution is known of, among those whose id at the venue is not known: their
   * acknowledgement was missed. 0 when there is none.
   */
  ownerOf(
    connector: number,
    { instrument, side, exec }: Pick<VenueFillReport, 'instrument' | 'side' | 'exec'>,
  ): number {
    if (this.#nameless === 0) return 0
    const cells = this.#cells
    const sign = sideSign(side)
    for (let index = 0, at = 0; at < cells.length; index++, at += fields) {
      const number = cells[at]
      if (number === 0 || this.#venueIds.idAt(index) !== undefined || cells[at + 4] !== connector) continue
      if (cells[at + 1] === instrument && cells[at + 5] === sign && this.recall(number, exec) === 'booked')
        return number
    }
    return 0
  }

  /** Whether an execution of a kept order is known. */
  recall(number: number, exec: ExecKey): ExecMemory {
    if (this.#late.has(lateKey(number, exec))) return 'booked'
    const at = (number & this.#mask) * fields
    if (this.#cells[at] !== number) return 'forgotten'
    const first = this.#cells[at + 6]
    const count = this.#cells[at + 7]
    for (let i = first; i < first + count; i++)
      if (this.#execs[i & this.#execMask] === exec) return i >= this.#kept - this.#execMask - 1 ? 'booked' : 'forgotten'
    return first >= this.#kept - this.#execMask - 1 || count === 0 ? 'new' : 'forgotten'
  }

  /** Units of a kept order that are booked, and that executions yet to be reported will turn out to be. */
  concludedUnits(number: number): number {
    const at = (number & this.#mask) * fields
    return this.#cells[at] === number ? this.#cells[at + 8] : 0
  }

  /** Executions of so many concluded units were reported. */
  useConcluded(number: number, units: number): void {
    const at = (number & this.#mask) * fields
    if (this.#cells[at] === number) this.#cells[at + 8] = Math.max(0, this.#cells[at + 8] - units)
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
      writer.f64(this.#lastUs[index])
      writeKey(writer, this.#venueIds.idAt(index))
    }
    const first = Math.max(0, this.#kept - this.#execMask - 1)
    writer.f64(first)
    writer.f64(this.#kept)
    for (let i = first; i < this.#kept; i++) writeKey(writer, this.#execs[i & this.#execMask])
    writer.u32(this.#late.size)
    for (const key of this.#late) writer.string(key)
    const reached = [...this.#reachUs.entries()].filter(([, tsUs]) => tsUs > Number.NEGATIVE_INFINITY)
    writer.u32(reached.length)
    for (const [connector, tsUs] of reached) {
      writer.u32(connector)
      writer.f64(tsUs)
    }
  }

  /** Reads what {@link save} wrote, in this release or an earlier one. With another capacity the newest of it is kept. */
  restore(reader: RecordReader, { hasTimes, hasConcluded }: IdentityLayout): void {
    const held = reader.u32()
    if (held > 0 && this.#cells.length === 0) this.#allocate()
    const cells = this.#cells
    const saved = new Float64Array(fields)
    for (let left = held; left > 0; left--) {
      const written = hasConcluded ? fields : fieldsWithoutConcluded
      for (let field = 0; field < written; field++) saved[field] = reader.f64()
      const lastUs = hasTimes ? reader.f64() : Number.NaN
      const venueOrderId = readKey(reader)
      const [number] = saved
      const index = number & this.#mask
      if (number < cells[index * fields]) {
        this.#reach(saved[4], lastUs)
        continue
      }
      this.#forget(index, number, lastUs)
      cells.set(saved, index * fields)
      this.#lastUs[index] = lastUs
      this.#nameOf(index, saved[4], venueOrderId)
    }
    const first = reader.f64()
    this.#kept = reader.f64()
    for (let i = first; i < this.#kept; i++) this.#execs[i & this.#execMask] = readKey(reader) ?? 0
    for (let left = reader.u32(); left > 0; left--) this.#late.add(reader.string())
    if (hasTimes) for (let left = reader.u32(); left > 0; left--) this.#reach(reader.u32(), reader.f64())
  }

  /** An execution, of venue time `tsUs`, was booked after its order had gone. */
  addLate(number: number, exec: ExecKey, tsUs: number): void {
    const index = number & this.#mask
    if (this.#cells[index * fields] === number && tsUs > this.#lastUs[index]) this.#lastUs[index] = tsUs
    this.#late.add(lateKey(number, exec))
    if (this.#late.size > this.#execMask) this.#late.delete(this.#late.values().next().value as string)
  }
}

function lateKey(number: number, exec: ExecKey): string {
  return `${number} ${typeof exec} ${exec}`
}
