/** Events of a ring as plain rows, to compare one stream with another. */
import type { IngestRing } from '../../src/ring/ingest-ring.js'
import type { RingHandlers } from '../../src/ring/kinds.js'

/** One event: kind, then its columns in a fixed order. */
export type Row = unknown[]

const quoteColumns = [
  'instrument',
  'tsRecvUs',
  'tsEventUs',
  'bid',
  'ask',
  'bidSize',
  'askSize',
  'sequence',
  'flags',
] as const
const tradeColumns = [
  'instrument',
  'tsRecvUs',
  'tsEventUs',
  'price',
  'size',
  'aggressor',
  'sequence',
  'tradeId',
  'condition',
] as const
const bookColumns = [
  'instrument',
  'tsRecvUs',
  'tsEventUs',
  'isSnapshot',
  'isLast',
  'sequence',
  'previousSequence',
  'levelCount',
] as const
const levelColumns = ['levelAction', 'levelSide', 'levelPrice', 'levelSize', 'levelOrderId'] as const
const barColumns = [
  'instrument',
  'tsRecvUs',
  'tsEventUs',
  'intervalUs',
  'tsOpenUs',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'count',
  'vwap',
  'isClosed',
] as const
const statusColumns = ['instrument', 'tsRecvUs', 'tsEventUs', 'status'] as const

/** Handlers that append every event to `rows`. */
export function captureInto(rows: Row[]): Required<RingHandlers> {
  const take =
    <Name extends string>(
      kind: string,
      columnsOf: (ring: IngestRing) => Record<Name, ArrayLike<number>>,
      names: readonly Name[],
    ) =>
    (ring: IngestRing, from: number, to: number) => {
      const columns = columnsOf(ring)
      for (let row = from; row < to; row++) rows.push([kind, ...names.map((name) => columns[name][row])])
    }
  return {
    onQuotes: take('quote', (ring) => ring.quotes, quoteColumns),
    onTrades: take('trade', (ring) => ring.trades, tradeColumns),
    onBars: take('bar', (ring) => ring.bars, barColumns),
    onStatuses: take('status', (ring) => ring.statuses, statusColumns),
    onBooks: (ring, from, to) => {
      const { books } = ring
      for (let row = from; row < to; row++) {
        const levels = Array.from({ length: books.levelCount[row] }, (_, i) => {
          const at = ((books.firstLevel[row] % (books.levelMask + 1)) + i) & books.levelMask
          return levelColumns.map((name) => books[name][at])
        })
        rows.push(['book', ...bookColumns.map((name) => books[name][row]), levels])
      }
    },
    onNotes: ({ notes }, from, to) => {
      for (let row = from; row < to; row++) {
        rows.push(['note', notes.instrument[row], notes.tsRecvUs[row], notes.tsEventUs[row], notes.note[row]])
      }
    },
  }
}
