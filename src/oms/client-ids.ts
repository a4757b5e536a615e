/**
 * Client order ids: each is used once for ever. Ids of our own carry the order number and need no memory but the range of
 * numbers of each session; ids of the host are remembered.
 */
import { SessionIds } from '../core/ids.js'

/** One start of the system: its ids begin with a head of their own and number from `after` + 1 to where the next one starts. */
interface Session {
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
    this.#current = { ids, after: lastNumber, upTo: Number.POSITIVE_INFINITY }
    this.#sessions.set(headOf(ids.of(0)), this.#current)
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
