/**
 * Recorded LOBSTER pairs: row i - 1 of the book file and message i give row i (on every level but the last, below which
 * the file shows nothing), and the replayed book equals every row.
 */
import { expect, it } from 'vitest'
import { OrderBook } from '../../src/market/order-book.js'
import { OrderByOrderBook } from '../../src/market/order-by-order-book.js'
import { describeShared, sharedFiles } from '../support/shared.js'
import { expectedBeside, linesOf, nameOf, play } from './support.js'

interface Expected {
  one_step_check_rows: number
  one_step_levels1to9_equal: number
}

const folder = 'equity_l3_lobster'
const files = sharedFiles('data', folder, /message.*\.csv(\.gz)?$/)

/** Levels of a side in a row of the book file, best first: price, size. */
function sideOf(row: readonly number[], side: 0 | 1): [price: number, size: number][] {
  const levels: [number, number][] = []
  for (let at = side === 1 ? 0 : 2; at < row.length; at += 4)
    levels.push([(row[at] as number) / 10_000, row[at + 1] as number])
  return levels
}

function levelsOf(book: OrderBook, side: 0 | 1, count: number): [price: number, size: number][] {
  const prices = new Float64Array(count)
  const sizes = new Float64Array(count)
  const found = book.depth(side, count, prices, sizes)
  return Array.from({ length: found }, (_, i) => [prices[i], sizes[i]])
}

function rowsOf(path: string): number[][] {
  return linesOf(path).map((line) => line.split(',').map(Number))
}

describeShared(
  'LOBSTER messages against their books',
  'data',
  () => {
    it('has recordings', () => expect(files.length).toBeGreaterThan(0))

    it.each(files.map((path) => [nameOf(path), path]))('%s: a row and a message give the next row', (_, path) => {
      const messages = rowsOf(path)
      const rows = rowsOf(path.replace('message', 'orderbook'))
      let equal = 0
      for (let i = 1; i < rows.length; i++) {
        const book = new OrderBook({ priceStep: '0.01' })
        const [bids, asks] = [sideOf(rows[i - 1] as number[], 0), sideOf(rows[i - 1] as number[], 1)]
        book.applySnapshot(
          bids.map(([price]) => price),
          bids.map(([, size]) => size),
          asks.map(([price]) => price),
          asks.map(([, size]) => size),
        )
        const [, type, , size, price, direction] = messages[i] as [number, number, number, number, number, number]
        const side = direction === 1 ? 0 : 1
        const before = book.sizeAt(side, price / 10_000)
        if (type === 1) book.set(side, price / 10_000, before + size)
        else if (type >= 2 && type <= 4) book.set(side, price / 10_000, Math.max(0, before - size))
        const depth = bids.length - 1
        const wanted = ([0, 1] as const).map((at) => sideOf(rows[i] as number[], at).slice(0, depth))
        const got = ([0, 1] as const).map((at) => levelsOf(book, at, depth))
        if (JSON.stringify(got) === JSON.stringify(wanted)) equal++
      }
      expect(equal).toBe(rows.length - 1)
      const expected = expectedBeside<Expected>(path)
      if (expected !== undefined)
        expect([rows.length - 1, equal]).toEqual([expected.one_step_check_rows, expected.one_step_levels1to9_equal])
    })

    it.each(files.map((path) => [nameOf(path), path]))('%s: the replayed levels equal every row', async (_, path) => {
      const rows = rowsOf(path.replace('message', 'orderbook'))
      const book = new OrderBook({ priceStep: '0.01' })
      let next = 0
      const wrong: number[] = []
      const { counters } = await play(path, {
        onBooks: (ring, from, to) => {
          for (let row = from; row < to; row++) {
            book.applyMessage(ring.books, row)
            const expected = rows[next++] as number[]
            for (const side of [0, 1] as const) {
              const wanted = JSON.stringify(sideOf(expected, side))
              if (JSON.stringify(levelsOf(book, side, book.levelCount(side))) !== wanted) wrong.push(next)
            }
          }
        },
      })
      expect(wrong).toEqual([])
      expect([next, counters.rows]).toEqual([rows.length, rows.length])
    })

    it.each(files.map((path) => [nameOf(path), path]))(
      '%s: the messages alone give a book of orders',
      async (_, path) => {
        const book = new OrderByOrderBook()
        const volume = { replayed: 0, recorded: 0 }
        const { counters } = await play(
          path,
          {
            onBooks: (ring, from, to) => {
              for (let row = from; row < to; row++) book.applyMessage(ring.books, row)
            },
            onTrades: (ring, from, to) => {
              for (let row = from; row < to; row++) volume.replayed += ring.trades.size[row]
            },
          },
          { lobster: 'orders' },
        )
        const messages = rowsOf(path)
        const open = new Map<number, number>()
        for (const [, type, id, size] of messages as [number, number, number, number][]) {
          if (type === 1) open.set(id, size)
          else if (type === 3) open.delete(id)
          else if (type !== 5 && open.has(id)) {
            const left = (open.get(id) as number) - size
            if (left > 0) open.set(id, left)
            else open.delete(id)
          }
          if (type === 4 || type === 5) volume.recorded += size
        }
        expect(book.orderCount).toBe(open.size)
        expect([...open].filter(([id, size]) => book.orderSize(id) !== size)).toEqual([])
        expect(volume.replayed).toBe(volume.recorded)
        expect(counters.badRows).toBe(0)
      },
    )
  },
  folder,
)
