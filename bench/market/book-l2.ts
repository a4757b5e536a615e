/**
 * book-l2: level-2 books under a stream of 2 million changes, best bid and ask read after each, through the public API.
 *
 *   near the touch        prices step by step around the middle: the ladder's case
 *   any price             the same stream with prices a thousand steps apart: the sorted arrays' case
 *   off the grid          the same stream with prices of which hardly any is a multiple of the step
 *   500 books             500 symbols near the touch, each with a market of its own; each change is one of the next
 *                         symbol, so that no book is hot
 *   allocation            bytes per change from ring rows through a store into the book
 *
 * The peers are books of C++ (std::map, sorted vector) and of the npm package sorted-btree. All end with the same book.
 * The C++ program times its second pass over the stream, so every variant makes a pass before the one that is timed.
 */

import { BookStore } from '../../src/market/book-store.js'
import { OrderBook } from '../../src/market/order-book.js'
import { type BookSide, IngestRing } from '../../src/ring/index.js'
import { heapBytesOf } from '../harness/heap.js'
import type { Benchmark, Variant } from '../types.js'
import { BTreeBook, loadTree } from './btree-peer.js'
import { cppPeer } from './cpp-peer.js'
import {
  createInterleaved,
  createStream,
  type DeltaStream,
  deltas,
  expectedOutcome,
  type StreamOutcome,
  verify,
} from './delta-stream.js'

const bookCount = 500

function timed(action: () => void): number {
  const start = process.hrtime.bigint()
  action()
  return Number(process.hrtime.bigint() - start)
}

const openBook = (): OrderBook => new OrderBook({ priceStep: '0.01', crossed: 'uncross' })

/** Applies the stream. Returns the sum of the best prices read. */
function apply(book: OrderBook, { side, price, quantity }: DeltaStream): number {
  let sum = 0
  for (let i = 0; i < deltas; i++) {
    book.set(side[i] as BookSide, price[i], quantity[i])
    sum += (book.bestBid || 0) + (book.bestAsk || 0)
  }
  return sum
}

/** Time of the second of two passes. */
function timedAgain(action: () => void): number {
  action()
  return timed(action)
}

/** One of our books; `priceOf` gives the price of a tick of the stream, more for more. */
function ours(priceOf: (tick: number) => number): Variant {
  return {
    name: 'tradewire',
    async prepare() {
      const ticks = createStream(deltas)
      const stream = { ...ticks, price: ticks.price.map(priceOf) }
      verify('tradewire', outcomeInTicks(ticks, stream), expectedOutcome(ticks))
      for (let warmUp = 0; warmUp < 8; warmUp++) apply(openBook(), stream)
      return { operations: deltas, run: () => timedAgain(() => apply(openBook(), stream)) }
    },
  }
}

function outcomeInTicks(ticks: DeltaStream, { side, price, quantity }: DeltaStream): StreamOutcome {
  const book = openBook()
  const tickAt = new Map<number, number>()
  for (let i = 0; i < deltas; i++) tickAt.set(price[i], ticks.price[i])
  const toTicks = (value: number): number => (Number.isNaN(value) ? 0 : (tickAt.get(value) as number))
  let check = 0
  for (let i = 0; i < deltas; i++) {
    book.set(side[i] as BookSide, price[i], quantity[i])
    check += toTicks(book.bestBid) + toTicks(book.bestAsk)
  }
  const levels = book.levelCount(0) + book.levelCount(1)
  return { check, bid: toTicks(book.bestBid), ask: toTicks(book.bestAsk), levels }
}

function applyTree(book: BTreeBook, { side, price, quantity }: DeltaStream): StreamOutcome {
  let check = 0
  for (let i = 0; i < deltas; i++) {
    book.set(side[i], price[i], quantity[i])
    check += book.bestBid + book.bestAsk
  }
  return { check, bid: book.bestBid, ask: book.bestAsk, levels: book.levels }
}

const btree: Variant = {
  name: 'sorted-btree',
  async prepare() {
    const Tree = await loadTree()
    const stream = createStream(deltas)
    verify('sorted-btree', applyTree(new BTreeBook(Tree), stream), expectedOutcome(stream))
    return { operations: deltas, run: () => timedAgain(() => applyTree(new BTreeBook(Tree), stream)) }
  },
}

/** Many books: change i goes to book i % 500. Returns the sum of best prices read. */
function applyToMany(
  books: readonly { set(side: BookSide, price: number, size: number): unknown; bestBid: number; bestAsk: number }[],
  { side, price, quantity }: DeltaStream,
): number {
  let check = 0
  for (let i = 0, at = 0; i < deltas; i++) {
    const book = books[at]
    book.set(side[i] as BookSide, price[i], quantity[i])
    check += (book.bestBid || 0) + (book.bestAsk || 0)
    at = at + 1 === bookCount ? 0 : at + 1
  }
  return check
}

const onGrid = (stream: DeltaStream): DeltaStream => ({ ...stream, price: stream.price.map((tick) => tick / 100) })

const manyOurs: Variant = {
  name: 'tradewire',
  async prepare() {
    const stream = onGrid(createInterleaved(deltas, bookCount))
    const books = Array.from({ length: bookCount }, openBook)
    for (let warmUp = 0; warmUp < 8; warmUp++) applyToMany(books, stream)
    return { operations: deltas, run: () => timed(() => applyToMany(books, stream)) }
  },
}

/** The changes of one symbol, in one book that is always hot: what many cost by being many. */
const one: Variant = {
  name: 'tradewire, one book',
  async prepare() {
    const stream = onGrid(createStream(deltas))
    const books = Array<OrderBook>(bookCount).fill(openBook())
    for (let warmUp = 0; warmUp < 8; warmUp++) applyToMany(books, stream)
    return { operations: deltas, run: () => timed(() => applyToMany(books, stream)) }
  },
}

const manyTrees: Variant = {
  name: 'sorted-btree',
  async prepare() {
    const Tree = await loadTree()
    const stream = onGrid(createInterleaved(deltas, bookCount))
    const trees = Array.from({ length: bookCount }, () => new BTreeBook(Tree))
    const sum = applyToMany(trees, stream)
    const ourSum = applyToMany(Array.from({ length: bookCount }, openBook), stream)
    if (sum !== ourSum) throw new Error(`500 books: the sum of best prices is ${ourSum} instead of ${sum}`)
    return { operations: deltas, run: () => timed(() => applyToMany(trees, stream)) }
  },
}

const allocation: Variant = {
  name: 'tradewire',
  async prepare() {
    const messages = 60_000
    const levelsPerMessage = 4
    const stream = createStream(messages * levelsPerMessage)
    const ring = new IngestRing({ capacity: 65_536, levelCapacity: 262_144 })
    const firstSequence = 1_000_000_000_000
    for (let message = 0, i = 0; message < messages; message++) {
      const sequence = firstSequence + message
      ring.beginBook(0, 0, message === 0, 1.7e15 + message, 1.7e15 + message, sequence, sequence - 1)
      for (const end = i + levelsPerMessage; i < end; i++) {
        ring.addLevel(stream.side[i] === 0 ? 0 : 1, stream.price[i] / 100, stream.quantity[i])
      }
      ring.commitBook()
    }
    const store = new BookStore({
      define: () => ({ kind: 'level2', priceStep: '0.01', crossed: 'uncross', sequenceRule: 'chained' }),
    })
    // The first message is a snapshot, so the same messages can be applied again and again.
    const applyAll = (): void => store.applyBatch(ring, 0, messages)
    for (let warmUp = 0; warmUp < 20; warmUp++) applyAll()
    if (store.level2(0).counters.applied !== 20 * messages) throw new Error('allocation: not all messages were applied')
    return { operations: messages * levelsPerMessage, run: () => heapBytesOf(applyAll) }
  },
}

/** Level-2 books. */
export const benchmark: Benchmark = {
  name: 'book-l2',
  cases: () => [
    {
      case: 'near the touch',
      unit: 'ops/s',
      better: 'higher',
      ours: ours((tick) => tick / 100),
      peers: [cppPeer('C++ std::map', 'cpp_std_map'), cppPeer('C++ sorted vector', 'cpp_sorted_vec'), btree],
      floor: { peer: 'C++ std::map', ratio: 1 },
    },
    {
      case: 'any price',
      unit: 'ops/s',
      better: 'higher',
      ours: ours((tick) => tick * 10),
      peers: [cppPeer('C++ std::map', 'cpp_std_map'), cppPeer('C++ sorted vector', 'cpp_sorted_vec'), btree],
      floor: { peer: 'C++ std::map', ratio: 0.7 },
    },
    {
      case: 'off the grid',
      unit: 'ops/s',
      better: 'higher',
      ours: ours((tick) => tick * 0.1337 + 5e-7),
      peers: [cppPeer('C++ std::map', 'cpp_std_map'), cppPeer('C++ sorted vector', 'cpp_sorted_vec'), btree],
      floor: { peer: 'C++ std::map', ratio: 0.7 },
    },
    {
      case: '500 books',
      unit: 'ops/s',
      better: 'higher',
      ours: manyOurs,
      peers: [one, manyTrees],
      floor: { peer: 'tradewire, one book', ratio: 0.5 },
    },
    { case: 'allocation', unit: 'bytes/op', better: 'lower', ours: allocation, peers: [] },
  ],
}
