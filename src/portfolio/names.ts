/** Names interned to small integers, dense from 0 in order of first use, never reused: what tables are indexed by. */

/** A two-way table of names and indices. */
export class NameTable {
  readonly #names: string[] = []
  readonly #indices = new Map<string, number>()

  /** The index of a name, given to it on first use. */
  intern(name: string): number {
    const known = this.#indices.get(name)
    if (known !== undefined) return known
    const index = this.#names.length
    this.#names.push(name)
    this.#indices.set(name, index)
    return index
  }

  /** The index of a name; -1 when it has none. */
  find(name: string): number {
    return this.#indices.get(name) ?? -1
  }

  /** The name behind an index that this table gave out. */
  name(index: number): string {
    return this.#names[index] as string
  }

  /** All names, in the order of their indices. */
  get all(): readonly string[] {
    return this.#names
  }

  get size(): number {
    return this.#names.length
  }
}
