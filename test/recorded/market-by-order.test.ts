/** Recorded CME orders against an independently built book: counts, final book, and crossed states only before trading. */
import { expect, it } from 'vitest'
import { OrderByOrderBook } from '../../src/market/order-by-order-book.js'
import { describeShared, sharedFiles } from '../support/shared.js'
import { expectedBeside, nameOf, play } from './support.js'

interface Expected {
  counts: { f_last: number; crossed_at_f_last: number; T: number }
  trade_volume: number
  open_orders: number
  final_best_bid: [string, number]
  final_best_ask: [string, number]
  bid_levels: number
  ask_levels: number
  first_trade_ts_recv: string
}

const folder = 'futures_l3_mbo'
const files = sharedFiles('data', folder, /mbo.*\.csv(\.gz)?$/)

describeShared(
  'CME market by order against an independent book',
  'data',
  () => {
    it('has recordings', () => expect(files.length).toBeGreaterThan(0))

    it.each(files.map((path) => [nameOf(path), path]))('%s: the final book is equal', async (_, path) => {
      const book = new OrderByOrderBook()
      const trades = { count: 0, volume: 0, firstRecvUs: Number.NaN }
      const packets = { all: 0, crossed: 0, crossedInTrading: 0 }
      await play(path, {
        onBooks: (ring, from, to) => {
          for (let row = from; row < to; row++) {
            book.applyMessage(ring.books, row)
            if (ring.books.isSnapshot[row] === 0) packets.all++
            if (!book.isCrossed) continue
            packets.crossed++
            if (trades.count > 0) packets.crossedInTrading++
          }
        },
        onTrades: (ring, from, to) => {
          for (let row = from; row < to; row++) {
            if (trades.count === 0) trades.firstRecvUs = ring.trades.tsRecvUs[row]
            trades.count++
            trades.volume += ring.trades.size[row]
          }
        },
      })
      expect(book.orderCounters).toEqual({ unknownChanges: 0, unknownDeletes: 0, duplicateAdds: 0 })
      expect(packets.crossedInTrading).toBe(0)
      const expected = expectedBeside<Expected>(path)
      if (expected === undefined) return
      expect([trades.count, trades.volume]).toEqual([expected.counts.T, expected.trade_volume])
      expect(new Date(trades.firstRecvUs / 1000).getTime()).toBe(Date.parse(expected.first_trade_ts_recv))
      expect([packets.all, packets.crossed]).toEqual([expected.counts.f_last, expected.counts.crossed_at_f_last])
      expect(book.orderCount).toBe(expected.open_orders)
      expect([book.bestBid, book.bestBidSize]).toEqual(expected.final_best_bid.map(Number))
      expect([book.bestAsk, book.bestAskSize]).toEqual(expected.final_best_ask.map(Number))
      expect([book.levelCount(0), book.levelCount(1)]).toEqual([expected.bid_levels, expected.ask_levels])
    })
  },
  folder,
)
