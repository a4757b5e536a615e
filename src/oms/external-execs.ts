/** Executions of external orders that are booked, by connector: each counts once, however often a venue tells of it. */
import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'
import type { ExecKey } from '../orders/trade-pool.js'
import { readKey, writeKey } from './records.js'

/** How many are remembered a connector: far beyond what a venue reports again. The oldest make room. */
const bound = 65_536

const none: ReadonlySet<ExecKey> = new Set()

/** Remembers executions. Ids are a venue's own, so that two connectors may use the same. */
export class ExternalExecs {
  readonly #byConnector = new Map<number, Set<ExecKey>>()

  /** All that are remembered of a connector, by its index. */
  of(connector: number): ReadonlySet<ExecKey> {
    return this.#byConnector.get(connector) ?? none
  }

  has(connector: number, exec: ExecKey): boolean {
    return this.of(connector).has(exec)
  }

  /** Writes all that is remembered, oldest first. */
  save(writer: RecordWriter): void {
    writer.u32(this.#byConnector.size)
    for (const [connector, execs] of this.#byConnector) {
      writer.u32(connector)
      writer.u32(execs.size)
      for (const exec of execs) writeKey(writer, exec)
    }
  }

  /** Reads what {@link save} wrote. */
  restore(reader: RecordReader): void {
    for (let left = reader.u32(); left > 0; left--) {
      const connector = reader.u32()
      for (let count = reader.u32(); count > 0; count--) this.add(connector, readKey(reader) ?? '')
    }
  }

  add(connector: number, exec: ExecKey): void {
    let execs = this.#byConnector.get(connector)
    if (execs === undefined) {
      execs = new Set()
      this.#byConnector.set(connector, execs)
    }
    execs.add(exec)
    if (execs.size > bound) execs.delete(execs.values().next().value as ExecKey)
  }
}
