/**
 * Events on their way into the ring. A ring whose consumer asks for back-pressure takes nothing: then events wait here, in
 * order and bounded, and the owner stops reading from its socket until they are through.
 */
import type { MarketSink } from '../../ring/sink.js'

/** Hands one event over; false when there was no room. */
export type Publication = (sink: MarketSink) => boolean

/** Keeps events in order. */
export class Outbox {
  readonly #sink: MarketSink
  readonly #limit: number
  #waiting: Publication[] = []
  #first = 0

  constructor(sink: MarketSink, limit: number) {
    this.#sink = sink
    this.#limit = limit
  }

  /** Events that wait. */
  get waiting(): number {
    return this.#waiting.length - this.#first
  }

  /** Hands an event over, or lets it wait behind others; false when too many wait: it was not taken. */
  put(publication: Publication): boolean {
    if (this.waiting === 0 && publication(this.#sink)) return true
    if (this.waiting >= this.#limit) return false
    this.#waiting.push(publication)
    return true
  }

  /** Hands over as many as there is room for; the number of them. */
  flush(): number {
    const from = this.#first
    while (this.#first < this.#waiting.length) {
      const next = this.#waiting[this.#first] as Publication
      if (!next(this.#sink)) break
      this.#first++
    }
    const handedOver = this.#first - from
    if (this.#first === this.#waiting.length) this.clear()
    return handedOver
  }

  clear(): void {
    this.#waiting = []
    this.#first = 0
  }
}
