/**
 * Walks the fields of one CSV row in its bytes: comma-separated, no quoting. Numbers go straight into typed arrays.
 */
import { BadRow } from './bad-row.js'
import { scanDecimal, scanSecondsAsUs, scanWhole, textOf } from './decimal-text.js'

const comma = 44

/** A cursor over one row. Every read takes the next field and throws {@link BadRow} naming `column` when it does not fit. */
export class RowScanner {
  bytes: Uint8Array = new Uint8Array(0)
  /** Start and end of the field taken last by {@link field}. */
  fieldStart = 0
  fieldEnd = 0
  /** Position of the next field; behind `#end` when the row is over. */
  #at = 0
  #end = 0

  /** Goes to the start of a row. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** A decimal. */
  decimal(out: Float64Array, index: number, column: string): void {
    this.#step(scanDecimal(this.bytes, this.#at, this.#end, out, index), column, 'a decimal number')
  }

  /** A decimal, or NaN where the field is empty. */
  optionalDecimal(out: Float64Array, index: number, column: string): void {
    if (this.#takeEmpty()) out[index] = Number.NaN
    else this.decimal(out, index, column)
  }

  /** A whole number from 0 to 2^53 - 1. */
  whole(out: Float64Array, index: number, column: string): void {
    this.#step(scanWhole(this.bytes, this.#at, this.#end, 0, out, index), column, 'a whole number')
  }

  /** A whole number, or NaN where the field is empty. */
  optionalWhole(out: Float64Array, index: number, column: string): void {
    if (this.#takeEmpty()) out[index] = Number.NaN
    else this.whole(out, index, column)
  }

  /** Nanoseconds as microseconds. */
  nanosecondsAsUs(out: Float64Array, index: number, column: string): void {
    this.#step(scanWhole(this.bytes, this.#at, this.#end, 3, out, index), column, 'a whole number of nanoseconds')
  }

  /** Seconds with decimals as microseconds. */
  secondsAsUs(out: Float64Array, index: number, column: string): void {
    this.#step(scanSecondsAsUs(this.bytes, this.#at, this.#end, out, index), column, 'a number of seconds')
  }

  /** A hexadecimal mask of up to 32 bits, as a signed 32-bit integer. */
  mask(column: string): number {
    this.field(column)
    const { bytes, fieldStart, fieldEnd } = this
    let value = 0
    for (let i = fieldStart; i < fieldEnd; i++) {
      const byte = bytes[i]
      const digit = byte < 58 ? byte - 48 : (byte | 32) - 87
      if (digit < 0 || digit > 15 || (byte >= 58 && digit < 10)) this.#refuse(column, 'a hexadecimal mask')
      value = (value << 4) | digit
    }
    if (fieldStart === fieldEnd || fieldEnd - fieldStart > 8) this.#refuse(column, 'a hexadecimal mask')
    return value
  }

  /** Takes a field as it is; see {@link fieldStart}. May be empty. */
  field(column: string): void {
    if (this.#at > this.#end) throw new BadRow(column, 'the row ends before this column')
    let stop = this.#at
    while (stop < this.#end && this.bytes[stop] !== comma) stop++
    this.fieldStart = this.#at
    this.fieldEnd = stop
    this.#at = stop + 1
  }

  /** A field of one character, as its code. */
  character(column: string): number {
    this.field(column)
    if (this.fieldEnd - this.fieldStart !== 1) throw new BadRow(column, `expected one character, got '${this.text()}'`)
    return this.bytes[this.fieldStart]
  }

  /** Text of the field taken last. */
  text(): string {
    return textOf(this.bytes, this.fieldStart, Math.min(this.fieldEnd, this.fieldStart + 200))
  }

  /** Whether no field is left. */
  get isOver(): boolean {
    return this.#at > this.#end
  }

  /** Refuses fields that are left over. `column` is the last column known. */
  finish(column: string): void {
    if (this.#at <= this.#end) throw new BadRow(column, 'there are more fields after this column than the header names')
  }

  #takeEmpty(): boolean {
    if (this.#at > this.#end || (this.#at < this.#end && this.bytes[this.#at] !== comma)) return false
    this.#at++
    return true
  }

  #step(next: number, column: string, what: string): void {
    if (next < 0 || (next < this.#end && this.bytes[next] !== comma)) {
      this.field(column)
      this.#refuse(column, what)
    }
    this.#at = next + 1
  }

  #refuse(column: string, what: string): never {
    throw new BadRow(column, `expected ${what}, got '${this.text()}'`)
  }
}
