/**
 * Flyweight view of a book message. Levels are read by their index, 0 to `levelCount - 1`, so walking them makes no
 * objects.
 */
import { type BookColumns, createBookColumns } from './columns.js'
import type { IngestRing } from './ingest-ring.js'
import type { BookSide, LevelAction } from './kinds.js'

/** View of a book message, valid during the handler's call. */
export class BookView {
  #columns: BookColumns = createBookColumns(0, 0)
  #row = 0

  /** Moves the view to a row of the ring's books and returns it. */
  at(ring: IngestRing, row: number): this {
    this.#columns = ring.books
    this.#row = row
    return this
  }

  /** Index of the instrument. */
  get instrument(): number {
    return this.#columns.instrument[this.#row]
  }

  /** Index of the source. */
  get source(): number {
    return this.#columns.source[this.#row]
  }

  /** True when the levels replace the whole book. */
  get isSnapshot(): boolean {
    return this.#columns.isSnapshot[this.#row] === 1
  }

  /** False when more messages of the same update follow. */
  get isLast(): boolean {
    return this.#columns.isLast[this.#row] === 1
  }

  /** Number of levels. */
  get levelCount(): number {
    return this.#columns.levelCount[this.#row]
  }

  /** Time of the venue, Unix epoch microseconds. */
  get tsEventUs(): number {
    return this.#columns.tsEventUs[this.#row]
  }

  /** Time of receipt, Unix epoch microseconds. */
  get tsRecvUs(): number {
    return this.#columns.tsRecvUs[this.#row]
  }

  /** Sequence number of the feed, NaN where it has none. */
  get sequence(): number {
    return this.#columns.sequence[this.#row]
  }

  /** Sequence number that came before according to the feed, NaN where it has none. */
  get previousSequence(): number {
    return this.#columns.previousSequence[this.#row]
  }

  /** 0 bid, 1 ask. */
  side(level: number): BookSide {
    return this.#columns.levelSide[this.#index(level)] as BookSide
  }

  /** Price of a level or order. */
  price(level: number): number {
    return this.#columns.levelPrice[this.#index(level)]
  }

  /** Size of a level or order; 0 deletes a level. */
  size(level: number): number {
    return this.#columns.levelSize[this.#index(level)]
  }

  /** Order number of the venue, 0 for level 2. */
  orderId(level: number): number {
    return this.#columns.levelOrderId[this.#index(level)]
  }

  /** What the row does to the book. */
  action(level: number): LevelAction {
    return this.#columns.levelAction[this.#index(level)] as LevelAction
  }

  #index(level: number): number {
    return (this.#columns.firstLevel[this.#row] + level) & this.#columns.levelMask
  }
}
