/** Finds the index of an instrument by its name in the bytes of a message, without making a string for each message. */
import { sameBytes } from './json-cursor.js'

interface Entry {
  readonly name: Uint8Array
  readonly index: number
}

/** Maps names to small integers. */
export class SymbolTable {
  readonly #buckets = new Map<number, Entry[]>()

  /** Index of the name `bytes[start, end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const bucket = this.#buckets.get(hashOf(bytes, start, end))
    if (bucket === undefined) return -1
    for (let i = 0; i < bucket.length; i++) {
      const entry = bucket[i] as Entry
      if (sameBytes(bytes, start, end, entry.name)) return entry.index
    }
    return -1
  }

  /** Adds a name that is not there yet; the bytes are copied. */
  add(bytes: Uint8Array, start: number, end: number, index: number): void {
    const hash = hashOf(bytes, start, end)
    const entry = { name: bytes.slice(start, end), index }
    const bucket = this.#buckets.get(hash)
    if (bucket === undefined) this.#buckets.set(hash, [entry])
    else bucket.push(entry)
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]) & 0x3fffffff
  return hash
}
