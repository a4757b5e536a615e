/** What is true now of an instrument, as far as its events are state: best prices, trading status, the book. For snapshots. */

import type { BookSide } from '../../ring/kinds.js'
import { LevelAction } from '../../ring/kinds.js'
import type { BodyWriter } from './wire/body-writer.js'

interface RestingOrder {
  side: BookSide
  price: number
  size: number
}

/** State of one instrument. */
export class InstrumentImage {
  readonly instrument: number
  readonly id: string
  #quote: [number, number, number, number, number, number, number] | undefined
  #status: [number, number] | undefined
  readonly #levels: [Map<number, number>, Map<number, number>] = [new Map(), new Map()]
  readonly #orders = new Map<number, RestingOrder>()
  #tsUs = Number.NaN
  #sequence = Number.NaN
  /** Whether there was a book message. */
  #hasBook = false

  constructor(instrument: number, id: string) {
    this.instrument = instrument
    this.id = id
  }

  quote(...quote: [number, number, number, number, number, number, number]): void {
    this.#quote = quote
  }

  status(status: number, tsUs: number): void {
    this.#status = [status, tsUs]
  }

  beginBook(isSnapshot: boolean, tsUs: number, sequence: number): void {
    this.#hasBook = true
    this.#tsUs = tsUs
    this.#sequence = sequence
    if (!isSnapshot) return
    this.#levels[0].clear()
    this.#levels[1].clear()
    this.#orders.clear()
  }

  level(side: BookSide, price: number, size: number): void {
    if (size === 0) this.#levels[side].delete(price)
    else this.#levels[side].set(price, size)
  }

  order(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    if (action === LevelAction.deleteOrder) this.#orders.delete(orderId)
    else this.#orders.set(orderId, { side, price, size })
  }

  /** Writes the state as events. */
  writeTo(writer: BodyWriter): void {
    const { instrument, id } = this
    if (this.#status !== undefined) writer.status(instrument, id, ...this.#status)
    if (this.#quote !== undefined) writer.quote(instrument, id, ...this.#quote)
    if (!this.#hasBook) return
    writer.beginBook(instrument, id, true, this.#tsUs, this.#sequence, Number.NaN)
    for (const side of [0, 1] as const)
      for (const [price, size] of [...this.#levels[side]].sort(([a], [b]) => (side === 0 ? b - a : a - b)))
        writer.level(side, LevelAction.setLevel, price, size, 0)
    for (const [orderId, { side, price, size }] of this.#orders)
      writer.level(side, LevelAction.addOrder, price, size, orderId)
    writer.commitBook(true)
  }
}
