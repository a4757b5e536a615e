/** Recorded Coinbase books: never crossed, and in agreement with the best prices that the tickers give. */
import { expect, it } from 'vitest'
import { BookStore } from '../../src/market/book-store.js'
import { describeShared, sharedFiles } from '../support/shared.js'
import { nameOf, play } from './support.js'

interface Top {
  text: string
  /** Venue time from which it stood. */
  fromUs: number
}

interface Ticker extends Top {
  instrument: number
}

const folder = 'crypto_l2_coinbase'
const files = sharedFiles('data', folder, /\.txt(\.gz)?$/)

/** Book and ticker come on channels of their own: they may name a moment differently by this much venue time. */
const skewUs = 250_000

async function record(path: string) {
  const tops = new Map<number, Top[]>()
  const tickers: Ticker[] = []
  let crossed = 0
  await play(path, (registry) => {
    const store = new BookStore({
      define: (index) => ({ kind: 'level2', priceStep: registry.at(index).definition.priceIncrement }),
      onBook: (book) => {
        if (book.isCrossed || book.isLocked) crossed++
        const seen = tops.get(book.instrument) ?? []
        tops.set(book.instrument, seen)
        const text = `${book.bestBid} ${book.bestAsk}`
        if (seen[seen.length - 1]?.text !== text) seen.push({ text, fromUs: book.tsEventUs })
      },
    })
    return {
      onBooks: store.applyBatch,
      onQuotes: ({ quotes: q }, from, to) => {
        for (let i = from; i < to; i++) {
          tickers.push({ instrument: q.instrument[i], text: `${q.bid[i]} ${q.ask[i]}`, fromUs: q.tsEventUs[i] })
        }
      },
    }
  })
  return { tops, tickers, crossed }
}

/** Whether the ticker's prices stood at the top of the book at its time, give or take the skew. */
function stood(ticker: Ticker, tops: readonly Top[]): boolean {
  return tops.some((top, i) => {
    const toUs = tops[i + 1]?.fromUs ?? Number.POSITIVE_INFINITY
    return top.text === ticker.text && top.fromUs <= ticker.fromUs + skewUs && toUs >= ticker.fromUs - skewUs
  })
}

describeShared(
  'Coinbase books against their tickers',
  'data',
  () => {
    it('has recordings', () => expect(files.length).toBeGreaterThan(0))

    it.each(files.map((path) => [nameOf(path), path]))(
      '%s: uncrossed, and every ticker shows the top of the book',
      async (_, path) => {
        const { tops, tickers, crossed } = await record(path)
        expect(crossed).toBe(0)
        // The first ticker of a product repeats its last trade, which may lie before the recording.
        const during = tickers.filter(
          ({ instrument, fromUs }) => fromUs >= (tops.get(instrument)?.[0]?.fromUs as number),
        )
        expect(during.length).toBeGreaterThan(tickers.length / 2)
        expect(during.filter((ticker) => !stood(ticker, tops.get(ticker.instrument) ?? []))).toEqual([])
      },
    )
  },
  folder,
)
