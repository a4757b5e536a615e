/** Objects that a replay publishes as notes. */

/** The venue's checksum of a book after the message before it (option `checksums`). */
export interface BookChecksumNote {
  readonly kind: 'book_checksum'
  /** CRC-32 of the best ten levels of each side, as the venue defines it. */
  readonly crc32: number
  /** Digits behind the point in the venue's text of prices and sizes, which the checksum covers. */
  readonly priceDigits: number
  readonly sizeDigits: number
}
