/** Client order ids: each is used once for ever. Ids of our own carry the order number; ids of the host are remembered. */
import { SessionIds } from '../core/ids.js'

/** Finds the number behind an id, and makes the id of a number. */
export class ClientIds {
  #own: SessionIds | undefined
  #head = ''
  readonly #given = new Map<string, number>()
  readonly #bound: number

  /** `bound`: how many ids of the host's own are remembered; beyond it orders that bring one are refused. */
  constructor(bound = 1_000_000) {
    this.#bound = bound
  }

  /** Starts a session: ids of our own begin with its prefix and number from here on. */
  begin(prefix: string, session: number): void {
    this.#own = new SessionIds(prefix, session)
    this.#head = this.#own.of(0).slice(0, -1)
  }

  /** The id of an order that the host gave none. */
  of(number: number): string {
    return (this.#own as SessionIds).of(number)
  }

  /** The number of the order that has an id; 0 when none has. */
  numberOf(id: string): number {
    const given = this.#given.get(id)
    if (given !== undefined) return given
    if (this.#head === '' || !id.startsWith(this.#head)) return 0
    const number = Number.parseInt(id.slice(this.#head.length), 36)
    return this.of(number) === id ? number : 0
  }

  /** Whether an id may not be given by the host: it was used, or it looks like one of ours. */
  isTaken(id: string): boolean {
    return this.#given.has(id) || (this.#head !== '' && id.startsWith(this.#head))
  }

  /** Whether another id of the host's can be remembered. */
  get hasRoom(): boolean {
    return this.#given.size < this.#bound
  }

  /** Remembers an id of the host's, or of an earlier session. */
  remember(id: string, number: number): void {
    this.#given.set(id, number)
  }

  get size(): number {
    return this.#given.size
  }
}
