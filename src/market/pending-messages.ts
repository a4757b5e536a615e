/**
 * Book messages that wait for a snapshot: a first-in first-out queue in growing typed arrays, bounded. When the bound is
 * reached everything held is given up: what is left would have a hole, and the snapshot after it heals the book anyway.
 */
import type { LevelRows, MessageRows } from './level-rows.js'

type Doubles = Float64Array<ArrayBuffer>
type Bytes = Uint8Array<ArrayBuffer>

/** Held messages with their levels. Index 0 is the oldest. */
export class PendingMessages implements LevelRows, MessageRows {
  count = 0
  levelCount = 0
  tsEventUs: Doubles = new Float64Array(0)
  tsRecvUs: Doubles = new Float64Array(0)
  sequence: Doubles = new Float64Array(0)
  previousSequence: Doubles = new Float64Array(0)
  /** Index of the first level of a message; that of the next message ends it. */
  firstLevel = new Int32Array(0)
  levelAction: Bytes = new Uint8Array(0)
  levelSide: Bytes = new Uint8Array(0)
  levelPrice: Doubles = new Float64Array(0)
  levelSize: Doubles = new Float64Array(0)
  levelOrderId: Doubles = new Float64Array(0)
  readonly #maxLevels: number
  /** Set while a message overflows: its levels are ignored. */
  #isOverflowing = false

  /** @param maxLevels bound of levels (and of messages) held. */
  constructor(maxLevels: number) {
    this.#maxLevels = maxLevels
  }

  /** Begins a message. Returns how many held messages were given up for it. */
  begin(from: MessageRows, row: number): number {
    const lost = this.count >= this.#maxLevels ? this.#giveUp() : 0
    if (this.count === this.tsEventUs.length) this.#growMessages()
    const i = this.count++
    this.tsEventUs[i] = from.tsEventUs[row]
    this.tsRecvUs[i] = from.tsRecvUs[row]
    this.sequence[i] = from.sequence[row]
    this.previousSequence[i] = from.previousSequence[row]
    this.firstLevel[i] = this.levelCount
    this.#isOverflowing = false
    return lost
  }

  /** Adds a level to the message begun last. Returns how many held messages, this one included, were given up. */
  level(from: LevelRows, row: number): number {
    if (this.#isOverflowing) return 0
    if (this.levelCount >= this.#maxLevels) {
      this.#isOverflowing = true
      return this.#giveUp()
    }
    if (this.levelCount === this.levelPrice.length) this.#growLevels()
    const i = this.levelCount++
    this.levelAction[i] = from.levelAction[row]
    this.levelSide[i] = from.levelSide[row]
    this.levelPrice[i] = from.levelPrice[row]
    this.levelSize[i] = from.levelSize[row]
    this.levelOrderId[i] = from.levelOrderId[row]
    return 0
  }

  /** Number of levels of message `i`. */
  levelsOf(i: number): number {
    return (i + 1 < this.count ? this.firstLevel[i + 1] : this.levelCount) - this.firstLevel[i]
  }

  /** Forgets the oldest `count` messages. */
  shift(count: number): void {
    if (count <= 0) return
    if (count >= this.count) {
      this.clear()
      return
    }
    const first = this.firstLevel[count]
    for (const column of [this.tsEventUs, this.tsRecvUs, this.sequence, this.previousSequence, this.firstLevel]) {
      column.copyWithin(0, count, this.count)
    }
    for (const column of [this.levelAction, this.levelSide, this.levelPrice, this.levelSize, this.levelOrderId]) {
      column.copyWithin(0, first, this.levelCount)
    }
    this.count -= count
    this.levelCount -= first
    for (let i = 0; i < this.count; i++) this.firstLevel[i] -= first
  }

  clear(): void {
    this.count = 0
    this.levelCount = 0
  }

  #giveUp(): number {
    const lost = this.count
    this.clear()
    return lost
  }

  #growMessages(): void {
    const capacity = Math.max(16, this.tsEventUs.length * 2)
    this.tsEventUs = copied(this.tsEventUs, new Float64Array(capacity))
    this.tsRecvUs = copied(this.tsRecvUs, new Float64Array(capacity))
    this.sequence = copied(this.sequence, new Float64Array(capacity))
    this.previousSequence = copied(this.previousSequence, new Float64Array(capacity))
    this.firstLevel = copied(this.firstLevel, new Int32Array(capacity))
  }

  #growLevels(): void {
    const capacity = Math.max(256, this.levelPrice.length * 2)
    this.levelAction = copied(this.levelAction, new Uint8Array(capacity))
    this.levelSide = copied(this.levelSide, new Uint8Array(capacity))
    this.levelPrice = copied(this.levelPrice, new Float64Array(capacity))
    this.levelSize = copied(this.levelSize, new Float64Array(capacity))
    this.levelOrderId = copied(this.levelOrderId, new Float64Array(capacity))
  }
}

function copied<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}
