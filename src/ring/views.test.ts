/** Every getter of every view reads its own column. */
import { describe, expect, it } from 'vitest'
import { BookView } from './book-view.js'
import { IngestRing } from './ingest-ring.js'
import { BookSide, LevelAction, TradingStatus } from './kinds.js'
import { BarView, QuoteView, StatusView, TradeView } from './views.js'

/** Values of the getters of a view by name. */
const read = (view: object): Record<string, unknown> => {
  const getters = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(view)))
  return Object.fromEntries(getters.filter(([, { get }]) => get).map(([name, { get }]) => [name, get?.call(view)]))
}

describe('views', () => {
  const ring = new IngestRing({ capacity: 4, levelCapacity: 4 })

  it('QuoteView', () => {
    ring.publishQuote(1, 2, 10, 10.5, 3, 4, 5, 6, 7, 8)
    ring.publishQuote(9, 2, Number.NaN, 11, Number.NaN, 4, 5, 6, 7, 8)
    const view = new QuoteView()
    expect(view.at(ring, 0)).toBe(view)
    expect(read(view)).toEqual({
      instrument: 1,
      source: 2,
      bid: 10,
      ask: 10.5,
      bidSize: 3,
      askSize: 4,
      mid: 10.25,
      spread: 0.5,
      tsEventUs: 5,
      tsRecvUs: 6,
      sequence: 7,
      flags: 8,
    })
    expect(view.at(ring, 1)).toMatchObject({ instrument: 9, bid: Number.NaN, mid: Number.NaN, spread: Number.NaN })
  })

  it('TradeView', () => {
    ring.publishTrade(1, 2, 10.5, 3, -1, 4, 5, 6, 7, 8)
    expect(read(new TradeView().at(ring, 0))).toEqual({
      instrument: 1,
      source: 2,
      price: 10.5,
      size: 3,
      aggressor: -1,
      tsEventUs: 4,
      tsRecvUs: 5,
      sequence: 6,
      tradeId: 7,
      condition: 8,
    })
  })

  it('BarView', () => {
    ring.publishBar(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, true)
    expect(read(new BarView().at(ring, 0))).toEqual({
      instrument: 1,
      source: 2,
      intervalUs: 3,
      open: 4,
      high: 5,
      low: 6,
      close: 7,
      volume: 8,
      count: 9,
      vwap: 10,
      tsOpenUs: 11,
      tsEventUs: 12,
      tsRecvUs: 13,
      isClosed: true,
    })
  })

  it('StatusView', () => {
    ring.publishStatus(1, 2, TradingStatus.preOpen, 4, 5)
    const expected = { instrument: 1, source: 2, status: 1, tsEventUs: 4, tsRecvUs: 5 }
    expect(read(new StatusView().at(ring, 0))).toEqual(expected)
  })

  it('BookView', () => {
    ring.beginBook(1, 2, true, 3, 4, 5, 6)
    ring.addLevel(BookSide.bid, 1, 1)
    ring.commitBook()
    ring.beginBook(7, 2, true, 3, 4, 5, 6)
    ring.addLevel(BookSide.bid, 10, 20)
    ring.addOrder(LevelAction.addOrder, BookSide.ask, 11, 21, 99)
    ring.commitBook(false)
    const view = new BookView().at(ring, 1)
    expect(read(view)).toEqual({
      instrument: 7,
      source: 2,
      isSnapshot: true,
      isLast: false,
      levelCount: 2,
      tsEventUs: 3,
      tsRecvUs: 4,
      sequence: 5,
      previousSequence: 6,
    })
    const levels = [0, 1].map((level) => [view.side(level), view.price(level), view.size(level)])
    expect(levels).toEqual([
      [0, 10, 20],
      [1, 11, 21],
    ])
    expect([view.orderId(0), view.action(0), view.orderId(1), view.action(1)]).toEqual([0, 0, 99, 1])
  })
})
