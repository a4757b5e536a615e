/** The book of a feed without numbers: after a wrong checksum the next snapshot heals it, whatever came in between. */
import { describe, expect, it } from 'vitest'
import { BookChecksum } from '../../market/book-checksum.js'
import { OrderBook } from '../../market/order-book.js'
import { BookStream, type CheckedBook } from './book-stream.js'

const digits = { priceDigits: 2, sizeDigits: 0 }

/** A venue that keeps a book and sends each change with the checksum of the book after it. */
class Venue {
  readonly book = new OrderBook({ priceStep: '0.01' })

  change(price: number, size: number, isWrong = false): CheckedBook {
    this.book.set(0, price, size)
    return this.#message(false, [price, size], isWrong)
  }

  snapshot(): CheckedBook {
    const [prices, sizes] = [new Float64Array(50), new Float64Array(50)]
    const count = this.book.depth(0, 50, prices, sizes)
    const bids = Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? prices : sizes)[i >> 1] as number)
    return this.#message(true, bids, false)
  }

  #message(isSnapshot: boolean, bids: number[], isWrong: boolean): CheckedBook {
    const checksum = new BookChecksum(digits).compute(this.book) + (isWrong ? 1 : 0)
    const none = Number.NaN
    return { isSnapshot, bids, asks: [], tsEventUs: 1, tsRecvUs: 1, sequence: none, previousSequence: none, checksum }
  }
}

describe('a book without numbers, with checksums', () => {
  it('what came before the snapshot is in it already, and is not applied again', () => {
    const reasons: string[] = []
    const reader = new OrderBook({ priceStep: '0.01' })
    const stream = new BookStream(
      { priceStep: '0.01', isFetched: false, checksum: digits },
      {
        publish: ({ isSnapshot, bids }) => {
          reader.beginMessage(isSnapshot, 1, 1, Number.NaN, Number.NaN)
          for (let i = 0; i < bids.length; i += 2) reader.level(0, 0, bids[i] as number, bids[i + 1] as number, 0)
          reader.endMessage()
        },
        resync: (reason) => reasons.push(reason),
      },
    )
    const venue = new Venue()
    venue.change(10, 5)
    stream.take(venue.snapshot())
    stream.take(venue.change(10.01, 3, true))
    expect([stream.isLive, reasons.length]).toEqual([false, 1])
    stream.take(venue.change(10.02, 7))
    // Not subscribed for a moment: this one is never seen.
    venue.change(10.02, 0)
    stream.take(venue.snapshot())
    expect([stream.isLive, reasons.length]).toEqual([true, 1])
    stream.take(venue.change(10, 6))
    expect([stream.isLive, reasons.length]).toEqual([true, 1])
    expect([reader.bestBid, reader.levelCount(0), reader.sizeAt(0, 10)]).toEqual([10.01, 2, 6])
  })
})
