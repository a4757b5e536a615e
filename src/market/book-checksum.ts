/**
 * Checksums over the top of a book: CRC32 of the digits of the best ten asks, then the best ten bids, price before size,
 * each as decimal text without the point and without leading zeros. Source: Kraken WebSocket API, "Book checksum".
 *
 * The venue's text has a fixed number of digits behind the point, trailing zeros included, so the digits are those of the
 * integer `value * 10^digits`: no text is kept and nothing is allocated. Values of more than 15 significant digits, which
 * a double cannot hold, need the texts: {@link checksumOfTexts}.
 */
import { crc32 } from '../math/crc32.js'
import { powerOfTen } from '../model/decimal.js'
import { integerBetween, refuseUnknownOptions } from '../ring/options.js'
import type { BookReader } from './book.js'
import type { SequencedBook } from './sequenced-book.js'

/** Digits of a pair and number of levels. */
export interface BookChecksumOptions {
  /** Digits behind the point in the venue's price texts. */
  priceDigits: number
  /** Digits behind the point in the venue's size texts. */
  sizeDigits: number
  /** Levels of each side; 10 unless given. */
  levels?: number
}

const longestNumber = 24
const zeroCharacter = 48
const pointCharacter = 46

/** Computes and verifies the checksum of books of one pair. */
export class BookChecksum {
  readonly #levels: number
  readonly #priceDigits: number
  readonly #sizeDigits: number
  readonly #prices: Float64Array
  readonly #sizes: Float64Array
  readonly #bytes: Uint8Array
  #length = 0

  /** @throws TradewireError `TW_INVALID_ARGUMENT` naming the option that is not usable. */
  constructor(options: BookChecksumOptions) {
    refuseUnknownOptions('BookChecksum', options, ['priceDigits', 'sizeDigits', 'levels'])
    this.#priceDigits = integerBetween('priceDigits', options.priceDigits, 0, 18)
    this.#sizeDigits = integerBetween('sizeDigits', options.sizeDigits, 0, 18)
    this.#levels = integerBetween('levels', options.levels ?? 10, 1, 1000)
    this.#prices = new Float64Array(this.#levels)
    this.#sizes = new Float64Array(this.#levels)
    this.#bytes = new Uint8Array(this.#levels * 4 * longestNumber)
  }

  /** The checksum as an unsigned integer; NaN when a value has more digits than the pair or is negative. */
  compute(book: BookReader): number {
    this.#length = 0
    return this.#writeSide(book, 1) && this.#writeSide(book, 0) ? crc32(this.#bytes, 0, this.#length) : Number.NaN
  }

  /** Compares with the venue's checksum. On a mismatch the book is marked stale, and the mismatch is counted in it. */
  verify(book: SequencedBook, expected: number): boolean {
    if (this.compute(book) === expected) return true
    book.counters.checksumMismatches++
    book.markStale()
    return false
  }

  #writeSide(book: BookReader, side: 0 | 1): boolean {
    const count = book.depth(side, this.#levels, this.#prices, this.#sizes)
    for (let i = 0; i < count; i++) {
      if (!this.#write(this.#prices[i], this.#priceDigits)) return false
      if (!this.#write(this.#sizes[i], this.#sizeDigits)) return false
    }
    return true
  }

  #write(value: number, digits: number): boolean {
    const scale = powerOfTen(digits)
    const nearest = Math.round(value * scale)
    if (!(nearest >= 0)) return false
    if (nearest > Number.MAX_SAFE_INTEGER / 2) return this.#writeLarge(value, digits)
    if (nearest / scale !== value) return false
    const end = this.#length + decimalDigits(nearest)
    let rest = nearest
    for (let at = end - 1; at >= this.#length; at--) {
      const tenth = Math.floor(rest / 10)
      this.#bytes[at] = zeroCharacter + (rest - tenth * 10)
      rest = tenth
    }
    this.#length = end
    return true
  }

  /** Beyond exact integers the text is the shortest way; it is the venue's own for up to 15 significant digits. */
  #writeLarge(value: number, digits: number): boolean {
    const text = value.toFixed(digits)
    if (text.length > longestNumber || Number(text) !== value) return false
    for (let i = 0; i < text.length; i++) {
      const character = text.charCodeAt(i)
      if (character !== pointCharacter) this.#bytes[this.#length++] = character
    }
    return true
  }
}

/**
 * The same checksum from the venue's own texts, in the order in which they count: price and size of the best ask, of the
 * next one, and so on, then the bids.
 */
export function checksumOfTexts(texts: readonly string[]): number {
  const digits = texts.map((text) => text.replace('.', '').replace(/^0+/, '')).join('')
  return crc32(new TextEncoder().encode(digits))
}

function decimalDigits(value: number): number {
  let digits = value === 0 ? 0 : 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  return digits
}
