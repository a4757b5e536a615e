/**
 * Order ids. TWS says which id comes next, and sometimes forgets how far it was: after a restart that lost orders it gives
 * ids a second time, and answers to the one order would be taken for answers to the other. So the highest id ever used is
 * kept here too, on disk where a file is named, and the higher of both counts.
 *
 * The file names a bound in steps of 1,000, written before the first id of a step is used: no write on the order path.
 */
import { TradewireError } from '../../core/errors.js'
import { errnoOf, type FileSystem } from '../../core/file-system.js'

/** Keeps how far the order ids of each client have come. */
export interface OrderIdStore {
  /** An id that is above all that were used; 0 where nothing is known. */
  load(key: string): number
  /** Ids below `bound` may be used from now on; durable when it returns. */
  save(key: string, bound: number): void
}

/** Remembers for as long as the process lives. */
export class MemoryOrderIds implements OrderIdStore {
  readonly #bounds = new Map<string, number>()

  load(key: string): number {
    return this.#bounds.get(key) ?? 0
  }

  save(key: string, bound: number): void {
    this.#bounds.set(key, bound)
  }
}

/** Keeps the bounds in a file: JSON, one number a client. */
export class FileOrderIds implements OrderIdStore {
  readonly #files: FileSystem
  readonly #path: string

  constructor(files: FileSystem, path: string) {
    this.#files = files
    this.#path = path
  }

  load(key: string): number {
    return this.#read()[key] ?? 0
  }

  save(key: string, bound: number): void {
    const text = JSON.stringify({ ...this.#read(), [key]: bound })
    this.#files.writeFileAtomic(this.#path, new TextEncoder().encode(`${text}\n`))
  }

  #read(): Record<string, number> {
    let bytes: Uint8Array
    try {
      bytes = this.#files.readFile(this.#path)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return {}
      throw error
    }
    const found: unknown = parse(new TextDecoder().decode(bytes))
    const isFine =
      typeof found === 'object' && found !== null && Object.values(found).every((each) => Number.isSafeInteger(each))
    if (isFine) return found as Record<string, number>
    throw new TradewireError(
      'TW_FILE',
      `${this.#path} does not hold order ids; remove it only when no order of these clients can be open`,
      { details: { path: this.#path } },
    )
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const step = 1_000
/** Ids are 32 bits on the wire; what lies above belongs to requests. */
export const firstRequestId = 1_500_000_000

/** Gives the order ids of one client. */
export class OrderIds {
  readonly #store: OrderIdStore
  readonly #key: string
  #next = 1
  #bound = 0

  /** `key` names gateway and client. */
  constructor(store: OrderIdStore, key: string) {
    this.#store = store
    this.#key = key
  }

  /** TWS said which id comes next: what it says counts where it is higher than what was used. */
  begin(nextValidId: number): void {
    const bound = this.#bound === 0 ? this.#store.load(this.#key) : 0
    this.#next = Math.max(this.#next, nextValidId, bound)
    this.#reserve()
  }

  /** An order with this id was seen. */
  noteUsed(orderId: number): void {
    if (orderId >= this.#next && orderId < firstRequestId) this.#next = orderId + 1
  }

  /** The next id. @throws TradewireError `TW_CAPACITY` when 1.5 billion were used. */
  take(): number {
    if (this.#next >= firstRequestId)
      throw new TradewireError('TW_CAPACITY', 'The order ids of this client id are used up; take another client id')
    if (this.#next >= this.#bound) this.#reserve()
    return this.#next++
  }

  #reserve(): void {
    if (this.#next < this.#bound - step / 2) return
    this.#bound = (Math.floor(this.#next / step) + 2) * step
    this.#store.save(this.#key, this.#bound)
  }
}
