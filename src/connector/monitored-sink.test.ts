/** What stands between a connector and the ring changes nothing on its way. */
import { describe, expect, it } from 'vitest'
import { IngestRing } from '../ring/ingest-ring.js'
import { TickAt, tickRowWidth } from '../ring/tick-row.js'
import { MonitoredSink } from './monitored-sink.js'

describe('a monitored sink', () => {
  it('leaves parts of a book message parts', () => {
    const ring = new IngestRing({ capacity: 8 })
    const parts: boolean[] = []
    ring.addConsumer({
      name: 'parts',
      policy: 'backpressure',
      handlers: {
        onBooks: ({ books }, from, to) => {
          for (let row = from; row < to; row++) parts.push(books.isLast[row] === 1)
        },
      },
    })
    const sink = new MonitoredSink(ring)
    for (const isLast of [false, true, undefined]) {
      sink.beginBook(0, 0, false, 1, 1, 1, 0)
      sink.addLevel(0, 5, 6)
      sink.addOrder(1, 1, 7, 8, 9)
      if (isLast === undefined) sink.commitBook()
      else sink.commitBook(isLast)
    }
    ring.drain()
    expect(parts).toEqual([false, true, true])
    expect(sink.count('book', 0)).toBe(3)
  })

  it('counts rows as it counts ticks, whether the sink behind it takes rows or not', () => {
    const ring = new IngestRing({ capacity: 8 })
    const plain = {
      publishQuote: ring.publishQuote.bind(ring),
      publishTrade: ring.publishTrade.bind(ring),
    } as unknown as IngestRing
    const row = new Float64Array(tickRowWidth).map((_, index) => index + 0.5)
    for (const out of [ring, plain]) {
      const sink = new MonitoredSink(out)
      sink.publishQuoteRow(1, 2, 3, row)
      sink.publishTradeRow(1, 2, -1, 4, row)
      expect([sink.count('quotes', 1), sink.count('trades', 1)]).toEqual([1, 1])
    }
    const { quotes: q, trades: t } = ring
    for (const at of [0, 1]) {
      const numbers = [
        q.bid[at],
        q.ask[at],
        q.bidSize[at],
        q.askSize[at],
        q.tsEventUs[at],
        q.tsRecvUs[at],
        q.sequence[at],
      ]
      expect(numbers).toEqual([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5])
      expect([q.instrument[at], q.source[at], q.flags[at]]).toEqual([1, 2, 3])
      const trade = [t.price[at], t.size[at], t.tsEventUs[at], t.tsRecvUs[at], t.sequence[at], t.tradeId[at]]
      expect(trade).toEqual(
        [TickAt.price, TickAt.size, 4, 5, TickAt.sequence, TickAt.tradeId].map((index) => index + 0.5),
      )
      expect([t.instrument[at], t.source[at], t.aggressor[at], t.condition[at]]).toEqual([1, 2, -1, 4])
    }
  })
})
