/** What operators decided about orders: kept beside the table for as long as the order is in it. */

import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'

/** One decision. */
export interface OperatorAct {
  /** Number of its journal record. */
  readonly seq: number
  /** Number of the record of the fill that it stated; 0 without one. */
  readonly fillSeq: number
  /** Who, and why. */
  readonly detail: string
}

/** Decisions by order number. */
export class OperatorActs {
  readonly #byOrder = new Map<number, OperatorAct[]>()

  add(number: number, act: OperatorAct): void {
    const acts = this.#byOrder.get(number)
    if (acts === undefined) this.#byOrder.set(number, [act])
    else acts.push(act)
  }

  of(number: number): readonly OperatorAct[] {
    return this.#byOrder.get(number) ?? []
  }

  /** The order is leaving the table. */
  forget(number: number): void {
    this.#byOrder.delete(number)
  }

  /** Writes all that is kept. */
  save(writer: RecordWriter): void {
    writer.u32(this.#byOrder.size)
    for (const [number, acts] of this.#byOrder) {
      writer.f64(number)
      writer.u32(acts.length)
      for (const { seq, fillSeq, detail } of acts) {
        writer.f64(seq)
        writer.f64(fillSeq)
        writer.string(detail)
      }
    }
  }

  /** Reads what {@link save} wrote. */
  restore(reader: RecordReader): void {
    for (let left = reader.u32(); left > 0; left--) {
      const number = reader.f64()
      for (let count = reader.u32(); count > 0; count--)
        this.add(number, { seq: reader.f64(), fillSeq: reader.f64(), detail: reader.string() })
    }
  }
}
