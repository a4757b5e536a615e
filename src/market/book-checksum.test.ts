import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../math/crc32.js'
import { BookState } from './book.js'
import { BookChecksum, checksumOfTexts } from './book-checksum.js'
import { OrderBook } from './order-book.js'

const digitsOf = (text: string) => crc32(new TextEncoder().encode(text))

/** A book from the texts of a venue, and the texts in the order in which they count. */
function fromTexts(asks: [string, string][], bids: [string, string][]): { book: OrderBook; texts: string[] } {
  const book = new OrderBook({ priceStep: '0.00001' })
  for (const [price, size] of asks) book.set(1, Number(price), Number(size))
  for (const [price, size] of bids) book.set(0, Number(price), Number(size))
  const up = (a: [string, string], b: [string, string]) => Number(a[0]) - Number(b[0])
  return { book, texts: [...asks.sort(up).slice(0, 10).flat(), ...bids.sort(up).reverse().slice(0, 10).flat()] }
}

describe('BookChecksum', () => {
  it('hashes the digits of asks, then bids, without point and leading zeros', () => {
    const { book } = fromTexts(
      [
        ['0.05005', '0.00000500'],
        ['0.05010', '12.50000000'],
      ],
      [['0.05000', '7.00000000']],
    )
    const checksum = new BookChecksum({ priceDigits: 5, sizeDigits: 8 })
    expect(checksum.compute(book)).toBe(digitsOf('5005500501012500000005000700000000'))
  })

  it('equals the checksum of the texts for any book', () => {
    const amount = (digits: number, max: number) =>
      fc.integer({ min: 1, max }).map((units) => (units / 10 ** digits).toFixed(digits))
    const side = fc.uniqueArray(fc.tuple(amount(5, 9_000_000_00), amount(8, 2 ** 50)), {
      maxLength: 14,
      selector: (level) => level[0],
    })
    const checksum = new BookChecksum({ priceDigits: 5, sizeDigits: 8 })
    fc.assert(
      fc.property(side, side, (asks, bids) => {
        const { book, texts } = fromTexts(asks, bids)
        expect(checksum.compute(book)).toBe(checksumOfTexts(texts))
      }),
    )
  })

  it('takes large sizes whose digits a double still holds', () => {
    const { book, texts } = fromTexts([['0.00002', '905325123456.50000000']], [])
    expect(new BookChecksum({ priceDigits: 5, sizeDigits: 8 }).compute(book)).toBe(checksumOfTexts(texts))
  })

  it('is NaN for values with more digits than the pair has', () => {
    const { book } = fromTexts([['0.000025', '1.00000000']], [])
    expect(new BookChecksum({ priceDigits: 5, sizeDigits: 8 }).compute(book)).toBe(Number.NaN)
  })

  it('one flipped digit is a mismatch: counted, and the book is stale', () => {
    const { book, texts } = fromTexts([['1.00010', '5.00000000']], [['1.00000', '6.10000000']])
    const checksum = new BookChecksum({ priceDigits: 5, sizeDigits: 8 })
    expect(checksum.verify(book, checksumOfTexts(texts))).toBe(true)
    expect([book.state, book.counters.checksumMismatches]).toEqual([BookState.live, 0])
    book.set(0, 1, 6.2)
    expect(checksum.verify(book, checksumOfTexts(texts))).toBe(false)
    expect([book.state, book.counters.checksumMismatches]).toEqual([BookState.stale, 1])
  })

  it('names the option that is wrong', () => {
    expect(() => new BookChecksum({ priceDigits: -1, sizeDigits: 8 })).toThrow(/priceDigits/)
    expect(() => new BookChecksum({ priceDigits: 5, sizeDigits: 8, levels: 0 })).toThrow(/levels/)
  })
})
