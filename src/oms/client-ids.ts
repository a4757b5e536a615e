/**
 * Client order ids: each is used once for ever. Ids of our own carry the order number and need no memory but the range of
 * numbers of each session; ids of the host are remembered.
 */
import { SessionIds } from '../core/ids.js'
import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'

/** One start of the system: its ids begin with a head of their own and number from `after` + 1 to where the next one starts. */
interface Session {
  readonly prefix: string
  readonly number: number
  readonly ids: SessionIds
  readonly after: number
  upTo: number
}

/** Finds the number behind an id, and makes the id of a number. */
export class ClientIds {
  readonly #sessions = new Map<string, Session>()
  #current: Session | undefined
  readonly #given = new Map<string, number>()
  readonly #bound: number

  /** `bound`: how many ids of the host's own are remembered; beyond it orders that bring one are refused. */
  constructor(bound = 1_000_000) {
    this.#bound = bound
  }

  /** Starts a session: ids of our own begin with its prefix and number, for orders from `lastNumber` + 1 on. */
  begin(prefix: string, session: number, lastNumber = 0): void {
    const ids = new SessionIds(prefix, session)
    if (this.#current !== undefined) this.#current.upTo = lastNumber
    this.#add({ prefix, number: session, ids, after: lastNumber, upTo: Number.POSITIVE_INFINITY })
  }

  #add(session: Session): void {
    this.#current = session
    this.#sessions.set(headOf(session.ids.of(0)), session)
  }

  /** Writes all that is remembered. */
  save(writer: RecordWriter): void {
    writer.u32(this.#sessions.size)
    for (const { prefix, number, after, upTo } of this.#sessions.values()) {
      writer.string(prefix)
      writer.f64(number)
      writer.f64(after)
      writer.f64(upTo)
    }
    writer.u32(this.#given.size)
    for (const [id, number] of this.#given) {
      writer.string(id)
      writer.f64(number)
    }
  }

  /** Reads what {@link save} wrote, into an object that remembers nothing yet. */
  restore(reader: RecordReader): void {
    for (let left = reader.u32(); left > 0; left--) {
      const prefix = reader.string()
      const number = reader.f64()
      this.#add({ prefix, number, ids: new SessionIds(prefix, number), after: reader.f64(), upTo: reader.f64() })
    }
    for (let left = reader.u32(); left > 0; left--) this.#given.set(reader.string(), reader.f64())
  }

  /** The id of an order of the current session that the host gave none. */
  of(number: number): string {
    return (this.#current as Session).ids.of(number)
  }

  /** The number of the order that has an id; 0 when none has. */
  numberOf(id: string): number {
    const given = this.#given.get(id)
    if (given !== undefined) return given
    const session = this.#sessions.get(headOf(id))
    if (session === undefined) return 0
    const number = Number.parseInt(id.slice(headOf(id).length), 36)
    return number > session.after && number <= session.upTo && session.ids.of(number) === id ? number : 0
  }

  /** Whether an id may not be given by the host: it was used, or it looks like one of ours. */
  isTaken(id: string): boolean {
    return this.#given.has(id) || this.#sessions.has(headOf(id))
  }

  /** Whether another id of the host's can be remembered. */
  get hasRoom(): boolean {
    return this.#given.size < this.#bound
  }

  /** Remembers whose an id is. The first order that has it keeps it; ids of our own are known without. */
  remember(id: string, number: number): void {
    if (!this.isTaken(id)) this.#given.set(id, number)
  }

  /** Ids of the host's that are remembered. */
  get size(): number {
    return this.#given.size
  }
}

/** An id up to and with its last hyphen. */
function headOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-') + 1)
}
