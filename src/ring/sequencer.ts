/**
 * The sequencer fixes the total order of events and decides when an old one may be overwritten.
 *
 *   entries (one int32 an event)      ... | quote row 7 | quote row 8 | trade row 3 | quote row 9 | ...
 *                                              ^ consumer A               ^ consumer B         ^ head
 *
 * An entry packs the row in its kind's columns, a "replaced by a newer event of its key" bit and the kind. Positions are
 * absolute and never wrap, exact to 2^53; their index is `position & mask`. The producer counts in small integers, offsets
 * from bases that are multiples of the capacity, and moves the bases before an offset outgrows a small integer.
 *
 * `limit` is a cached lower bound of the first position that needs a look at the consumers, so publishing compares two
 * integers while there is room. Calls pass offsets, not positions: a double that is passed to a call which the compiler
 * does not inline is allocated. The oldest valid position, `floor`, follows from the capacity and from the level arena,
 * which may run out first. Consumers that drop catch up with the floor when they look; conflating consumers are advanced
 * by the producer, which alone still knows whether the event to be overwritten was replaced.
 */
import type { ConflationTable } from './conflation.js'
import type { RingConsumer } from './consumer.js'
import type { EventKind } from './kinds.js'

/** Indices of `positions`, all but the first of the level arena. */
export const Position = {
  refused: 0,
  levelNext: 1,
  levelLimit: 2,
  pendingFirstLevel: 3,
  oldestBook: 4,
  bookFloor: 5,
} as const

/** Index of the head in `bases` and `cursors`; those of the kinds are their numbers, up to this one. */
const headBase = 0
const lastKind = 6

/** Index of the first event of the newest run in `cursors`, and of the kind of that run. */
const runStart = 7
const runKind = 8
/** More than are used: V8 keeps arrays of up to 64 bytes where they may move, and loads their address every time. */
const cursorCount = 32

/** Offsets stay at or below this, so that they remain small integers on every build of V8. */
export const maxOffset = 2 ** 29

/** Bits of an entry that hold the kind. */
export const kindMask = 7

/** Bit of an entry that says that a newer event of the same key was published. */
export const replacedBit = 8

/** Bits of an entry below the row. */
export const rowShift = 4

/**
 * Order, room and consumers of an ingest ring. Not for direct use: see `IngestRing`.
 *
 * Fields set in the constructor are declared, not defined: a defined field is undefined first, and the compiler never
 * takes it for constant again.
 */
export abstract class EventSequencer {
  /** Events that the ring holds. */
  declare readonly capacity: number
  /** `capacity - 1`. */
  declare readonly mask: number
  /** @internal row, replaced bit and kind of each event, at `position & mask`. */
  declare readonly entries: Int32Array
  /**
   * @internal the head (0), the events of each kind (1 to 6), the first event of the newest run of one kind (7), and that
   * kind (8), as offsets.
   */
  readonly cursors = new Int32Array(cursorCount)
  /** @internal multiples of the capacity from which the offsets count: of the head, and of each kind. */
  readonly bases = new Float64Array(lastKind + 1)
  /** Exists once a conflating consumer does. */
  protected conflation: ConflationTable | null = null
  /** Offset of the first position that needs a look at the consumers, or less. */
  protected limitOffset = maxOffset
  /** @internal see `Position`. */
  readonly positions = new Float64Array(6)
  #consumers: readonly RingConsumer[] = []

  constructor(capacity: number) {
    this.capacity = capacity
    this.mask = capacity - 1
    this.entries = new Int32Array(capacity)
  }

  /** @internal position of the next event, as an offset from its base. */
  get headOffset(): number {
    return this.cursors[0]
  }

  /**
   * @internal offset from which on all events are of one kind, that of the newest; at least the capacity below the head's
   * base. A consumer that is past it has no need to look for the end of a run.
   */
  get runOffset(): number {
    return this.cursors[runStart]
  }

  /** Position of the next event, which is the number of events published so far. */
  get head(): number {
    return this.bases[headBase] + this.headOffset
  }

  /** Position of the oldest event that is still whole. */
  get floor(): number {
    return this.bases[headBase] + this.floorOffset
  }

  /** @internal `floor` as an offset. */
  get floorOffset(): number {
    const bookFloor = this.positions[Position.bookFloor] - this.bases[headBase]
    return Math.max(-this.bases[headBase], this.headOffset - this.capacity, bookFloor)
  }

  /** How many times a publish call returned false. */
  get refused(): number {
    return this.positions[Position.refused]
  }

  /** Consumers in the order in which they were added. */
  get consumers(): readonly RingConsumer[] {
    return this.#consumers
  }

  /** Kind of the event at a position from `floor` to `head - 1`. */
  kindAt(position: number): EventKind {
    return (this.entries[position & this.mask] & kindMask) as EventKind
  }

  /** Row, in the columns of its kind, of the event at a position from `floor` to `head - 1`. */
  rowAt(position: number): number {
    return this.entries[position & this.mask] >> rowShift
  }

  /** Number of events of a kind published so far. */
  published(kind: EventKind): number {
    return this.bases[kind] + this.cursors[kind]
  }

  /**
   * Drains every consumer once, in the order in which they were added, each up to `maxEventsEach` events. Events
   * published by the handlers wait for the next call.
   *
   * @returns the sum of what the consumers delivered.
   */
  drain(maxEventsEach = Number.POSITIVE_INFINITY): number {
    const consumers = this.#consumers
    let delivered = 0
    for (let index = 0; index < consumers.length; index++) delivered += consumers[index].drain(maxEventsEach)
    return delivered
  }

  /** @internal adds a consumer that starts at the head. */
  register(consumer: RingConsumer): void {
    this.#consumers = [...this.#consumers, consumer]
    this.protect(this.headOffset)
  }

  /** @internal removes a consumer. */
  unregister(consumer: RingConsumer): void {
    this.#consumers = this.#consumers.filter((other) => other !== consumer)
  }

  /** @internal makes the producer look at the consumers before it overwrites the position at `offset`. */
  protect(offset: number): void {
    const limit = offset + this.capacity
    if (limit < this.limitOffset) this.limitOffset = limit
  }

  /**
   * Appends an event of a kind, for which `hasRoom` was asked, and returns its row. Callers pass the kind as a literal: a
   * bundler turns the constants of a module into variables, which are loaded at every call.
   */
  protected append(kind: EventKind, key: number): number {
    if (key >= 0) this.replaceBy(key, this.headOffset)
    const cursors = this.cursors
    const head = cursors[0]
    const count = cursors[kind]
    const row = count & this.mask
    this.entries[head & this.mask] = (row << 4) | kind
    cursors[kind] = count + 1
    cursors[0] = head + 1
    if (cursors[8] !== kind) this.#beginRun(kind, head)
    return row
  }

  #beginRun(kind: EventKind, head: number): void {
    this.cursors[runStart] = head
    this.cursors[runKind] = kind
  }

  /** Whether an event of a key may be appended; false counts as a refused publish. */
  protected hasRoom(key: number): boolean {
    return this.headOffset < this.limitOffset || this.#makeRoom(key)
  }

  /** Appends `count` events of a kind for which there is room. */
  protected appendRun(kind: EventKind, count: number): void {
    const { entries, mask, cursors } = this
    const head = cursors[0]
    const first = cursors[kind] & mask
    for (let index = 0; index < count; index++) entries[(head + index) & mask] = ((first + index) << 4) | kind
    cursors[kind] += count
    cursors[0] = head + count
    if (cursors[runKind] !== kind) this.#beginRun(kind, head)
  }

  /**
   * Frees the entry at the head, or returns false when a consumer that may not lose it is in the way. `key` is that of
   * the event to come: it may be the one that replaces the event to be overwritten.
   */
  #makeRoom(key: number): boolean {
    if (this.headOffset >= maxOffset) this.#moveBases()
    const overwritten = this.headOffset - this.capacity
    if (!this.isReleased(overwritten)) return this.refuse()
    if (key >= 0) this.#markReplaced(key, this.headOffset)
    this.limitOffset = maxOffset
    const consumers = this.#consumers
    for (let index = 0; index < consumers.length; index++) {
      const consumer = consumers[index]
      if (consumer.policy === 'conflate') consumer.passOver(overwritten + 1)
      if (consumer.policy === 'conflate' || consumer.isProtected) this.protect(consumer.offset)
    }
    return true
  }

  /** Whether no consumer that may not lose events still needs the one at `offset`. */
  protected isReleased(offset: number): boolean {
    const consumers = this.#consumers
    for (let index = 0; index < consumers.length; index++) {
      if (consumers[index].isProtected && consumers[index].offset <= offset) return false
    }
    return true
  }

  /** Counts a refused publish. */
  protected refuse(): false {
    this.positions[Position.refused] += 1
    return false
  }

  #moveBases(): void {
    const { bases, cursors, mask } = this
    const headShift = cursors[headBase] & ~mask
    for (let index = headBase; index <= lastKind; index++) {
      const shift = cursors[index] & ~mask
      bases[index] += shift
      cursors[index] -= shift
    }
    cursors[runStart] = Math.max(cursors[runStart] - headShift, -this.capacity)
    this.limitOffset = this.headOffset
  }

  /** Makes the event at `offset` the newest of its key. */
  protected replaceBy(key: number, offset: number): void {
    if (key < 0) return
    this.#markReplaced(key, offset)
    this.conflation!.newest[key] = this.bases[headBase] + offset
  }

  #markReplaced(key: number, offset: number): void {
    const previous = this.conflation!.newest[key]
    const distance = this.bases[headBase] + offset - previous
    if (previous >= 0 && distance <= this.capacity) this.entries[previous & this.mask] |= replacedBit
  }
}
