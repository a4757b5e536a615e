/**
 * The book of one instrument as its venue sends it: which messages go on, and when the book has to be asked for anew.
 *
 *     syncing ──snapshot──► live ──gap or wrong checksum──► syncing
 *
 * While a snapshot is missing, changes are kept, and follow it: those older than it are dropped, the rest must continue it.
 * Without numbers, and on the same line as the snapshot, they came before it and are in it: they are dropped, all of them.
 * So whoever reads the ring sees a snapshot and then every change after it, once and in order.
 */
import { BookChecksum } from '../../market/book-checksum.js'
import { OrderBook } from '../../market/order-book.js'
import {
  type SequenceRule,
  type SequenceRuleName,
  SequenceVerdict,
  sequenceRules,
} from '../../market/sequence-rules.js'

/** A book message whose numbers were checked. Levels are flat: price, size, price, size. */
export interface CheckedBook {
  readonly isSnapshot: boolean
  readonly bids: readonly number[]
  readonly asks: readonly number[]
  readonly tsEventUs: number
  readonly tsRecvUs: number
  readonly sequence: number
  readonly previousSequence: number
  /** NaN where the message has none. */
  readonly checksum: number
}

/** What a stream needs from its owner. */
export interface BookStreamOwner {
  publish(book: CheckedBook): void
  /** The book cannot be believed from here on; `missing` messages, NaN where numbers do not tell. Asked once until the next snapshot. */
  resync(reason: string, missing: number): void
}

/** How a stream is judged. */
export interface BookStreamOptions {
  /** Price step of the instrument. */
  readonly priceStep: string
  readonly rule?: SequenceRuleName
  /** Whether a snapshot comes on its own, by request; so that changes wait for it whatever the rule. */
  readonly isFetched: boolean
  readonly checksum?: { priceDigits: number; sizeDigits: number }
  readonly depth?: number
  /** Changes kept while a snapshot is missing; 10,000 unless given. The oldest goes first. */
  readonly maxHeld?: number
}

/** Follows one book. */
export class BookStream {
  readonly #owner: BookStreamOwner
  readonly #rule: SequenceRule
  readonly #waits: boolean
  /** Whether what comes before a snapshot is older than it. */
  readonly #isInLine: boolean
  readonly #checksum: BookChecksum | undefined
  readonly #book: OrderBook | undefined
  readonly #maxHeld: number
  #isLive = false
  #isAskedAnew = false
  #last = Number.NaN
  #isFirstAfterSnapshot = false
  #held: CheckedBook[] = []
  /** Changes that were given up while waiting. */
  overflowed = 0

  constructor(options: BookStreamOptions, owner: BookStreamOwner) {
    this.#owner = owner
    this.#rule = sequenceRules[options.rule ?? 'unsequenced']
    this.#waits = options.isFetched || this.#rule.requiresSnapshot || options.checksum !== undefined
    this.#isInLine = !options.isFetched && this.#rule === sequenceRules.unsequenced
    this.#maxHeld = options.maxHeld ?? 10_000
    if (options.checksum === undefined) return
    const { priceDigits, sizeDigits } = options.checksum
    this.#checksum = new BookChecksum({ priceDigits, sizeDigits })
    const depth = options.depth === undefined ? {} : { depth: options.depth }
    this.#book = new OrderBook({ priceStep: options.priceStep, ...depth })
  }

  /** Whether what was published is the venue's book. */
  get isLive(): boolean {
    return this.#isLive
  }

  /** Another connection, or the book was asked for anew: the next snapshot begins it. */
  restart(): void {
    this.#isLive = false
    this.#isAskedAnew = false
    this.#held = []
    this.#book?.clear()
  }

  /** Messages are missing that its own numbers and checksums do not tell of: it is asked for anew unless a snapshot is awaited. */
  doubt(reason: string): void {
    if (this.#isLive) this.#lose(reason, Number.NaN)
  }

  /** A message of the venue. */
  take(book: CheckedBook): void {
    if (book.isSnapshot) this.#begin(book)
    else if (this.#isLive) this.#continue(book)
    else if (this.#waits || this.#isAskedAnew) this.#hold(book)
    else {
      this.#isLive = true
      this.#apply(book)
    }
  }

  #begin(snapshot: CheckedBook): void {
    this.#isLive = true
    this.#isAskedAnew = false
    this.#isFirstAfterSnapshot = true
    const held = this.#isInLine ? [] : this.#held
    this.#held = []
    this.#apply(snapshot)
    for (const change of held) {
      if (this.#isLive) this.#continue(change)
      else this.#hold(change)
    }
  }

  #continue(change: CheckedBook): void {
    const step = change.sequence - this.#last
    const previous = Number.isNaN(change.previousSequence) ? step - 1 : change.previousSequence - this.#last
    const verdict = this.#rule.check(step, previous, this.#isFirstAfterSnapshot)
    if (verdict === SequenceVerdict.old) return
    if (verdict === SequenceVerdict.gap) {
      this.#lose(`message ${change.sequence} does not follow ${this.#last}`, previous > 0 ? previous : Number.NaN)
      this.#hold(change)
      return
    }
    this.#isFirstAfterSnapshot = false
    this.#apply(change)
  }

  #apply(book: CheckedBook): void {
    this.#last = book.sequence
    this.#owner.publish(book)
    if (this.#book !== undefined) this.#verify(this.#book, book)
  }

  #verify(kept: OrderBook, book: CheckedBook): void {
    kept.beginMessage(book.isSnapshot, book.tsEventUs, book.tsRecvUs, Number.NaN, Number.NaN)
    for (const side of [0, 1] as const) {
      const levels = side === 0 ? book.bids : book.asks
      for (let i = 0; i < levels.length; i += 2) kept.level(0, side, levels[i] as number, levels[i + 1] as number, 0)
    }
    kept.endMessage()
    if (Number.isNaN(book.checksum) || this.#checksum?.verify(kept, book.checksum) !== false) return
    this.#lose(`its checksum is not ${book.checksum}`, Number.NaN)
  }

  #lose(reason: string, missing: number): void {
    this.#isLive = false
    if (this.#isAskedAnew) return
    this.#isAskedAnew = true
    this.#owner.resync(reason, missing)
  }

  #hold(change: CheckedBook): void {
    if (this.#held.length >= this.#maxHeld) {
      this.#held.shift()
      this.overflowed++
    }
    this.#held.push(change)
  }
}
