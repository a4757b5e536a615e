/** A book message that waits for those before it. */
import type { BookSide, LevelAction } from '../ring/kinds.js'
import type { MarketSink } from '../ring/sink.js'

/** One message of a book, kept as it came. */
export class StagedBook {
  isLast = true
  readonly instrument: number
  readonly #source: number
  readonly #tsEventUs: number
  readonly #tsRecvUs: number
  readonly #sequence: number
  readonly #previous: number
  readonly #levels: (readonly [BookSide, number, number])[] = []
  readonly #orders: (readonly [LevelAction, BookSide, number, number, number])[] = []

  constructor(
    instrument: number,
    source: number,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    previous: number,
  ) {
    this.instrument = instrument
    this.#source = source
    this.#tsEventUs = tsEventUs
    this.#tsRecvUs = tsRecvUs
    this.#sequence = sequence
    this.#previous = previous
  }

  addLevel(side: BookSide, price: number, size: number): void {
    this.#levels.push([side, price, size])
  }

  addOrder(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    this.#orders.push([action, side, price, size, orderId])
  }

  /** Hands the message on; false when there is no room. */
  publish(sink: MarketSink): boolean {
    const { instrument } = this
    if (
      !sink.beginBook(instrument, this.#source, false, this.#tsEventUs, this.#tsRecvUs, this.#sequence, this.#previous)
    )
      return false
    for (const level of this.#levels) sink.addLevel(...level)
    for (const order of this.#orders) sink.addOrder(...order)
    return sink.commitBook(this.isLast)
  }
}
