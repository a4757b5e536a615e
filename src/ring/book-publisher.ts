/**
 * The producer side of book messages: a row per message, its levels in an arena of their own.
 *
 *   books:  row 4 {first 10, 3 levels} | row 5 {first 13, 1 level} | ...
 *   arena:  ... | 10 | 11 | 12 | 13 | <- next level
 *
 * A message is written level by level and becomes an event at `commitBook`. Before a level overwrites one of an older
 * message, that message is retired: refused if a consumer that may not lose it is still before it, otherwise the ring's
 * floor moves past it, and consumers that drop lose everything up to it.
 */
import { TradewireError } from '../core/errors.js'
import { type BookColumns, createBookColumns } from './columns.js'
import { type BookSide, EventKind, LevelAction } from './kinds.js'
import { EventSequencer, maxOffset, Position } from './sequencer.js'

/** Producer side of book messages. Not for direct use: see `IngestRing`. */
export abstract class BookPublisher extends EventSequencer {
  /** Columns of book messages and the arena of their levels. */
  declare readonly books: BookColumns
  #isOpen = false

  constructor(capacity: number, levelCapacity: number) {
    super(capacity)
    this.books = createBookColumns(capacity, levelCapacity)
    this.positions[Position.levelLimit] = levelCapacity
  }

  /**
   * Starts a book message; one that was begun and not committed is given up.
   *
   * @param previousSequence NaN where the feed has none, as `sequence`.
   * @returns false when there is no room. `addLevel`, `addOrder` and `commitBook` may be called all the same: they do
   * nothing, and `commitBook` returns false.
   */
  beginBook(
    instrument: number,
    source: number,
    isSnapshot: boolean,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    previousSequence: number,
  ): boolean {
    const row = this.claimBook(instrument, source, isSnapshot)
    if (row < 0) return false
    const books = this.books
    books.tsEventUs[row] = tsEventUs
    books.tsRecvUs[row] = tsRecvUs
    books.sequence[row] = sequence
    books.previousSequence[row] = previousSequence
    return true
  }

  /**
   * Starts a book message as `beginBook` does; the caller fills in the times and sequence numbers of the row in `books`
   * before it commits. Nothing is allocated whether or not the compiler inlines the call.
   *
   * @returns the row, or -1 when there is no room.
   */
  claimBook(instrument: number, source: number, isSnapshot: boolean): number {
    if (this.#isOpen) this.#giveUp()
    if (this.headOffset >= this.limitOffset && !this.isReleased(this.headOffset - this.capacity)) {
      this.refuse()
      return -1
    }
    const { positions, books } = this
    const count = this.cursors[3]
    // As many events came after a book whose row comes up again as the ring holds: no consumer waits for it.
    if (this.bases[3] + count - positions[Position.oldestBook] >= this.capacity) this.#retireOldestBook()
    positions[Position.pendingFirstLevel] = positions[Position.levelNext]
    this.#isOpen = true
    const row = count & this.mask
    books.instrument[row] = instrument
    books.source[row] = source
    books.isSnapshot[row] = isSnapshot ? 1 : 0
    return row
  }

  /**
   * Adds a level to the message: its new total size, 0 to delete it.
   *
   * @throws TW_CAPACITY when one message has more levels than the arena; the message is given up.
   */
  addLevel(side: BookSide, price: number, size: number): void {
    const index = this.claimLevel()
    if (index < 0) return
    const books = this.books
    books.levelSide[index] = side
    books.levelPrice[index] = price
    books.levelSize[index] = size
    books.levelOrderId[index] = 0
    books.levelAction[index] = LevelAction.setLevel
  }

  /**
   * Adds a single order (level 3) to the message.
   *
   * @throws TW_CAPACITY when one message has more levels than the arena; the message is given up.
   */
  addOrder(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    const index = this.claimLevel()
    if (index < 0) return
    const books = this.books
    books.levelSide[index] = side
    books.levelPrice[index] = price
    books.levelSize[index] = size
    books.levelOrderId[index] = orderId
    books.levelAction[index] = action
  }

  /**
   * Adds a level to the message whose columns (`levelSide` to `levelAction`) the caller fills in at once.
   *
   * @returns the index in the arena, or -1 when no message is open or there is no more room.
   * @throws TW_CAPACITY when one message has more levels than the arena; the message is given up.
   */
  claimLevel(): number {
    if (!this.#isOpen) return -1
    const positions = this.positions
    const next = positions[Position.levelNext]
    if (next >= positions[Position.levelLimit] && !this.#makeLevelRoom()) return -1
    positions[Position.levelNext] = next + 1
    return next & this.books.levelMask
  }

  /**
   * Publishes the message begun last.
   *
   * @param isLast false when more messages of the same update follow and the book is not consistent yet.
   * @returns false, and nothing is published, when there was no room for it or none was begun.
   */
  commitBook(isLast = true): boolean {
    if (!this.#isOpen) return false
    this.#isOpen = false
    const sequence = this.head
    const first = this.positions[Position.pendingFirstLevel]
    if (!this.hasRoom(-1)) {
      this.positions[Position.levelNext] = first
      return false
    }
    const row = this.append(3, -1)
    const books = this.books
    books.isLast[row] = isLast ? 1 : 0
    books.firstLevel[row] = first
    books.levelCount[row] = this.positions[Position.levelNext] - first
    books.ringSequence[row] = sequence
    return true
  }

  #makeLevelRoom(): boolean {
    const positions = this.positions
    const next = positions[Position.levelNext]
    const levels = this.books.levelMask + 1
    const first = positions[Position.pendingFirstLevel]
    if (next - first >= levels) this.#refuseOversize(levels)
    while (positions[Position.oldestBook] < this.published(EventKind.book)) {
      const limit = this.books.firstLevel[positions[Position.oldestBook] & this.mask] + levels
      if (next < limit) {
        positions[Position.levelLimit] = limit
        return true
      }
      if (!this.#isOldestReleased()) {
        this.#giveUp()
        this.refuse()
        return false
      }
      this.#retireOldestBook()
    }
    positions[Position.levelLimit] = first + levels
    return true
  }

  #isOldestReleased(): boolean {
    const sequence = this.books.ringSequence[this.positions[Position.oldestBook] & this.mask]
    return this.isReleased(Math.max(sequence - this.bases[0], -maxOffset))
  }

  /** Gives up the levels and the row of the oldest book. */
  #retireOldestBook(): void {
    const positions = this.positions
    const oldest = positions[Position.oldestBook]
    positions[Position.bookFloor] = this.books.ringSequence[oldest & this.mask] + 1
    positions[Position.oldestBook] = oldest + 1
  }

  #refuseOversize(levels: number): never {
    this.#giveUp()
    throw new TradewireError(
      'TW_CAPACITY',
      `a book message has more than levelCapacity ${levels} levels; raise levelCapacity`,
      { details: { field: 'levelCapacity', value: levels } },
    )
  }

  #giveUp(): void {
    if (this.#isOpen) this.positions[Position.levelNext] = this.positions[Position.pendingFirstLevel]
    this.#isOpen = false
  }
}
