/** Recorded Bitstamp orders against the venue's own book messages: best bid and ask, price and size. */
import { expect, it } from 'vitest'
import { OrderByOrderBook } from '../../src/market/order-by-order-book.js'
import { describeShared, sharedFiles } from '../support/shared.js'
import { nameOf, play } from './support.js'

const folder = 'crypto_l3_bitstamp'
const files = sharedFiles('data', folder, /\.log(\.gz)?$/)

/** Sizes at a price are sums of doubles; the venue shows eight digits. */
const sameSize = (a: number, b: number) => Math.round(a * 1e8) === Math.round(b * 1e8)

/** What the recording must reach once the orders from before it have gone. */
const leastShare = 0.999

describeShared(
  'Bitstamp orders against the venue book',
  'data',
  () => {
    it('has recordings', () => expect(files.length).toBeGreaterThan(0))

    it.each(files.map((path) => [nameOf(path), path]))(
      '%s: the top of the book agrees in the second half',
      async (_, path) => {
        const book = new OrderByOrderBook({ unknownChange: 'create' })
        const agreed: number[] = []
        await play(path, {
          onBooks: (ring, from, to) => {
            for (let row = from; row < to; row++) book.applyMessage(ring.books, row)
          },
          onQuotes: ({ quotes: q }, from, to) => {
            for (let i = from; i < to; i++) {
              const bid = q.bid[i] === book.bestBid && sameSize(q.bidSize[i], book.bestBidSize)
              const ask = q.ask[i] === book.bestAsk && sameSize(q.askSize[i], book.bestAskSize)
              agreed.push(Number(bid) + Number(ask))
            }
          },
        })
        const half = agreed.slice(Math.floor(agreed.length / 2))
        const sides = half.reduce((sum, both) => sum + both, 0)
        expect(half.length).toBeGreaterThan(0)
        expect(sides / (half.length * 2)).toBeGreaterThanOrEqual(leastShare)
        expect(book.counters.invalid).toBe(0)
      },
    )
  },
  folder,
)
