/**
 * Bodies in JSON: quotes and trades are read off the bytes by a {@link TickScanner}, alone or in an array. Whatever else a
 * body may contain is left to the general reader: the scanner says that it did not understand, and has handed nothing on.
 */
import { TickKind, TickScanner } from '../../../connector/tick-scanner.js'
import type { AggressorSign } from '../../../ring/kinds.js'
import { TickAt } from '../../../ring/tick-row.js'

/** Takes what was read, by the index that names were given. The row (`TickAt`) is valid during the call. */
export interface ScannerTarget {
  /** Index of an instrument by what the feed calls it; -1 when it is not known. Asked once for each name. */
  indexOf(name: string): number
  quoteRow(index: number, flags: number, row: Float64Array): void
  tradeRow(index: number, aggressor: AggressorSign, condition: number, row: Float64Array): void
}

const mostNames = 65_536

/** Reads the bodies of a connector. */
export class JsonScanner {
  readonly #target: ScannerTarget
  readonly #ticks = new TickScanner(false)
  /** Names seen so far, by hash: index plus one, 0 free. */
  #slots = new Int32Array(256)
  readonly #ids: { bytes: Uint8Array; hash: number; index: number }[] = []

  constructor(target: ScannerTarget) {
    this.#target = target
  }

  /** Reads a body; false: it is for the general reader. `view` is of the same bytes, at the same positions. */
  scan(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const first = bytes[start]
    if (first === 123) {
      if (this.#read(bytes, view, start, end) !== end) return false
      this.#deliver(bytes)
      return true
    }
    // Of an array all are read before the first is handed on.
    return first === 91 && this.#array(bytes, view, start, end, false) && this.#array(bytes, view, start, end, true)
  }

  /** An index may have become known: names that were not are asked for again. */
  forget(): void {
    this.#slots = new Int32Array(256)
    this.#ids.length = 0
  }

  #array(bytes: Uint8Array, view: DataView, start: number, end: number, delivers: boolean): boolean {
    let at = start + 1
    for (;;) {
      at = this.#read(bytes, view, at, end)
      if (at < 0 || at >= end) return false
      if (delivers) this.#deliver(bytes)
      const next = bytes[at++]
      if (next === 93) return at === end
      if (next !== 44) return false
    }
  }

  /** A tick on the wire says when it was: -1 where it does not. */
  #read(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const at = this.#ticks.read(bytes, view, start, end)
    return Number.isNaN(this.#ticks.row[TickAt.tsEventUs]) ? -1 : at
  }

  #deliver(bytes: Uint8Array): void {
    const { row, kind, aggressor } = this.#ticks
    const index = this.#index(bytes, this.#ticks.nameStart, this.#ticks.nameEnd, this.#ticks.nameHash)
    if (kind === TickKind.quote) this.#target.quoteRow(index, row[TickAt.flags] | 0, row)
    else this.#target.tradeRow(index, aggressor, row[TickAt.condition] | 0, row)
  }

  /** Index of an instrument by the bytes of its name. */
  #index(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const found = this.#slots[slot] as number
      if (found === 0) return this.#learn(bytes, start, end, hash, slot)
      const known = this.#ids[found - 1] as { bytes: Uint8Array; index: number }
      if (known.bytes.length === end - start && equals(bytes, start, known.bytes)) return known.index
      slot = (slot + 1) & mask
    }
  }

  #learn(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const name = bytes.slice(start, end)
    const index = this.#target.indexOf(new TextDecoder().decode(name))
    // What is not known now may be later; and strangers do not fill the table.
    if (index < 0 || this.#ids.length >= mostNames) return index
    this.#ids.push({ bytes: name, hash, index })
    this.#slots[slot] = this.#ids.length
    if (this.#ids.length * 2 > this.#slots.length) this.#widen()
    return index
  }

  #widen(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    for (const [at, { hash }] of this.#ids.entries()) {
      let slot = (hash ^ (hash >>> 15)) & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = at + 1
    }
    this.#slots = slots
  }
}

function equals(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let at = 0; at < expected.length; at++) if (bytes[start + at] !== expected[at]) return false
  return true
}
