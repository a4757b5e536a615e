/**
 * Recorded Binance streams against themselves: the book built from depth messages must show, after each message whose
 * last update id also came as a bookTicker, exactly that ticker; the sequence has no gap, and a missing line is noticed.
 */
import { expect, it } from 'vitest'
import { BookState } from '../../src/market/book.js'
import { BookStore } from '../../src/market/book-store.js'
import type { OrderBook } from '../../src/market/order-book.js'
import type { InstrumentRegistry } from '../../src/model/instrument-registry.js'
import { describeShared, sharedFiles } from '../support/shared.js'
import { expectedBeside, linesOf, nameOf, play, withLines } from './support.js'

interface Expected {
  depth: number
  skipped: number
  applied: number
  gaps: number
  bt: number
  bt_checked: number
  trades: number
  final: {
    lastUpdateId: number
    best_bid: [string, string]
    best_ask: [string, string]
    bid_levels: number
    ask_levels: number
  }
}

const folder = 'crypto_l2_binance'
const files = sharedFiles('data', folder, /\.ndjson(\.gz)?$/)
const isDepth = (line: string) => line.includes('"depthUpdate"')

function books(registry: InstrumentRegistry, onBook?: (book: OrderBook) => void): BookStore {
  return new BookStore({
    define: (index) => {
      const { definition } = registry.at(index)
      const sequenceRule = definition.assetClass === 'crypto_perpetual' ? 'chained' : 'range'
      return { kind: 'level2', priceStep: definition.priceIncrement, sequenceRule }
    },
    ...(onBook === undefined ? {} : { onBook: (book) => onBook(book as OrderBook) }),
  })
}

/** Reads a whole book: price and size of every level. */
function levels(book: OrderBook): { side: 0 | 1; price: number; size: number }[] {
  return ([0, 1] as const).flatMap((side) => {
    const prices = new Float64Array(book.levelCount(side))
    const sizes = new Float64Array(book.levelCount(side))
    const count = book.depth(side, prices.length, prices, sizes)
    return Array.from({ length: count }, (_, i) => ({ side, price: prices[i], size: sizes[i] }))
  })
}

describeShared(
  'Binance depth against bookTicker',
  'data',
  () => {
    it('has recordings', () => expect(files.length).toBeGreaterThan(0))

    it.each(files.map((path) => [nameOf(path), path]))(
      '%s: every ticker agrees, no gap, the final book is equal',
      async (name, path) => {
        const expected = expectedBeside<Record<string, Expected>>(path)?.[name]
        const tickers = new Map<number, number[]>()
        let quotes = 0
        let trades = 0
        let depth = 0
        await play(path, {
          onQuotes: ({ quotes: q }, from, to) => {
            quotes += to - from
            for (let i = from; i < to; i++) tickers.set(q.sequence[i], [q.bid[i], q.bidSize[i], q.ask[i], q.askSize[i]])
          },
          onTrades: (_, from, to) => {
            trades += to - from
          },
          onBooks: (ring, from, to) => {
            for (let i = from; i < to; i++) depth += 1 - ring.books.isSnapshot[i]
          },
        })
        let checked = 0
        const wrong: unknown[] = []
        let store: BookStore | undefined
        const { instruments } = await play(path, (registry) => {
          store = books(registry, (book) => {
            const ticker = tickers.get(book.sequence)
            if (ticker === undefined || book.state !== BookState.live) return
            checked++
            const top = [book.bestBid, book.bestBidSize, book.bestAsk, book.bestAskSize]
            if (top.some((value, i) => value !== ticker[i])) wrong.push([book.sequence, top, ticker])
          })
          return { onBooks: store.applyBatch }
        })
        const book = store?.level2(instruments[0]?.index as number) as OrderBook
        expect(wrong).toEqual([])
        expect(checked).toBeGreaterThan(0)
        expect(book.counters).toMatchObject({ gaps: 0, invalid: 0, snapshots: 1 })
        if (expected === undefined) return
        expect([depth, quotes, trades]).toEqual([expected.depth, expected.bt, expected.trades])
        expect([book.counters.dropped, book.counters.applied - 1]).toEqual([expected.skipped, expected.applied])
        expect([book.counters.gaps, checked]).toEqual([expected.gaps, expected.bt_checked])
        const { final } = expected
        expect([book.bestBid, book.bestBidSize]).toEqual(final.best_bid.map(Number))
        expect([book.bestAsk, book.bestAskSize]).toEqual(final.best_ask.map(Number))
        expect([book.sequence, book.levelCount(0), book.levelCount(1)]).toEqual([
          final.lastUpdateId,
          final.bid_levels,
          final.ask_levels,
        ])
      },
    )

    it.each(files.map((path) => [nameOf(path), path]))(
      '%s: a missing line makes the book stale until the next snapshot',
      async (_, path) => {
        const lines = linesOf(path)
        const depthLines = lines.flatMap((line, i) => (isDepth(line) ? [i] : []))
        const lost = depthLines[Math.floor(depthLines.length / 2)] as number
        const healed = depthLines[Math.floor(depthLines.length / 2) + 40] as number
        const healedSequence = Number(/"u":(\d+)/.exec(lines[healed] as string)?.[1])

        let whole: ReturnType<typeof levels> = []
        let atHealing: ReturnType<typeof levels> = []
        let reference: BookStore | undefined
        const { instruments } = await play(path, (registry) => {
          reference = books(registry, (book) => {
            if (book.sequence === healedSequence) atHealing = levels(book)
          })
          return { onBooks: reference.applyBatch }
        })
        const index = instruments[0]?.index as number
        whole = levels((reference as BookStore).level2(index))

        const broken = await replayed(
          path,
          lines.filter((_line, i) => i !== lost),
          index,
        )
        expect(broken.book.counters.gaps).toBe(1)
        expect(broken.book.state).toBe(BookState.stale)
        expect(broken.appliedAfterGap).toBe(0)

        const pairs = (side: 0 | 1) =>
          atHealing.filter((level) => level.side === side).map(({ price, size }) => [String(price), String(size)])
        const received = (lines[healed] as string).split(' ')[0]
        const snapshot = `${received} ${JSON.stringify({ lastUpdateId: healedSequence, bids: pairs(0), asks: pairs(1) })}`
        const repaired = lines.flatMap((line, i) => (i === lost ? [] : i === healed ? [line, snapshot] : [line]))
        const healthy = await replayed(path, repaired, index)
        expect(healthy.book.counters.gaps).toBe(1)
        expect(healthy.book.state).toBe(BookState.live)
        expect(levels(healthy.book)).toEqual(whole)
      },
    )

    async function replayed(path: string, lines: readonly string[], index: number) {
      let appliedAfterGap = 0
      let store: BookStore | undefined
      await play(
        path,
        (registry) => {
          store = books(registry, (book) => {
            if (book.counters.gaps > 0) appliedAfterGap++
          })
          return { onBooks: store.applyBatch }
        },
        { fileSystem: withLines(path, lines) },
      )
      return { book: (store as BookStore).level2(index), appliedAfterGap }
    }
  },
  folder,
)
