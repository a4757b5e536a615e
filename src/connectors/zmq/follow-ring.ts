/** Copies what passes through a ring into a sink: the other half of a bridge. */
import type { MarketFilter } from '../../ring/filter.js'
import type { IngestRing } from '../../ring/ingest-ring.js'
import { type AggressorSign, type BookSide, LevelAction, type TradingStatus } from '../../ring/kinds.js'
import { refuseUnknownOptions } from '../../ring/options.js'
import type { MarketSink } from '../../ring/sink.js'

/** What of a ring is published, and under which name the consumer is seen. */
export interface FollowOptions {
  /** Unique within the ring; `zmq-publisher` unless given. */
  name?: string
  /** What is published; all unless given. What does not pass is counted in the consumer's `filtered`. */
  filter?: MarketFilter
}

/** Begins to copy; the returned function ends it. The consumer asks for back-pressure: nothing is lost on the way. */
export function followRing(ring: IngestRing, options: FollowOptions, sink: MarketSink): () => void {
  refuseUnknownOptions('follow', options, ['name', 'filter'])
  const { name = 'zmq-publisher', filter } = options
  const consumer = ring.addConsumer({
    name,
    policy: 'backpressure',
    ...(filter === undefined ? {} : { filter }),
    handlers: {
      onQuotes: ({ quotes: q }, from, to) => {
        for (let row = from; row < to; row++)
          sink.publishQuote(
            q.instrument[row],
            q.source[row],
            q.bid[row],
            q.ask[row],
            q.bidSize[row],
            q.askSize[row],
            q.tsEventUs[row],
            q.tsRecvUs[row],
            q.sequence[row],
            q.flags[row],
          )
      },
      onTrades: ({ trades: t }, from, to) => {
        for (let row = from; row < to; row++)
          sink.publishTrade(
            t.instrument[row],
            t.source[row],
            t.price[row],
            t.size[row],
            t.aggressor[row] as AggressorSign,
            t.tsEventUs[row],
            t.tsRecvUs[row],
            t.sequence[row],
            t.tradeId[row],
            t.condition[row],
          )
      },
      onBooks: (from, first, last) => {
        for (let row = first; row < last; row++) copyBook(from, row, sink)
      },
      onBars: ({ bars: b }, from, to) => {
        for (let row = from; row < to; row++)
          sink.publishBar(
            b.instrument[row],
            b.source[row],
            b.intervalUs[row],
            b.open[row],
            b.high[row],
            b.low[row],
            b.close[row],
            b.volume[row],
            b.count[row],
            b.vwap[row],
            b.tsOpenUs[row],
            b.tsEventUs[row],
            b.tsRecvUs[row],
            b.isClosed[row] === 1,
          )
      },
      onStatuses: ({ statuses: s }, from, to) => {
        for (let row = from; row < to; row++)
          sink.publishStatus(
            s.instrument[row],
            s.source[row],
            s.status[row] as TradingStatus,
            s.tsEventUs[row],
            s.tsRecvUs[row],
          )
      },
      onNotes: ({ notes: n }, from, to) => {
        for (let row = from; row < to; row++) {
          const note = n.note[row]
          if (note !== null && note !== undefined)
            sink.publishNote(n.instrument[row], n.source[row], note, n.tsEventUs[row], n.tsRecvUs[row])
        }
      },
    },
  })
  return () => consumer.close()
}

function copyBook({ books }: IngestRing, row: number, sink: MarketSink): void {
  const b = books
  sink.beginBook(
    b.instrument[row],
    b.source[row],
    b.isSnapshot[row] === 1,
    b.tsEventUs[row],
    b.tsRecvUs[row],
    b.sequence[row],
    b.previousSequence[row],
  )
  for (let level = 0; level < b.levelCount[row]; level++) {
    const at = (b.firstLevel[row] + level) & b.levelMask
    const action = b.levelAction[at] as LevelAction
    const side = b.levelSide[at] as BookSide
    if (action === LevelAction.setLevel) sink.addLevel(side, b.levelPrice[at], b.levelSize[at])
    else sink.addOrder(action, side, b.levelPrice[at], b.levelSize[at], b.levelOrderId[at])
  }
  sink.commitBook(b.isLast[row] === 1)
}
