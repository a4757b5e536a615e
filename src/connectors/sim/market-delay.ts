/**
 * Market data on its way to the client: events wait in a ring of their own until their time has come, in order.
 *
 * The venue has seen them by then: what the client acts on is as old as the delay.
 */

import type { Random } from '../../core/random.js'
import type { TimerHandle } from '../../core/scheduler.js'
import type { Time } from '../../core/time.js'
import type { RingConsumer } from '../../ring/consumer.js'
import { IngestRing } from '../../ring/ingest-ring.js'
import type { AggressorSign, BookSide, LevelAction, TradingStatus } from '../../ring/kinds.js'
import type { MarketSink } from '../../ring/sink.js'
import type { LatencyModel } from './latency.js'

/** Events that can be under way. */
const capacity = 65_536

/** Delays what is published into it. */
export class MarketDelay implements MarketSink {
  /** Events for which the client's ring had no room when they arrived. */
  dropped = 0
  readonly #time: Time
  readonly #out: MarketSink
  readonly #latency: LatencyModel
  readonly #random: Random
  readonly #afterwards: () => void
  readonly #ring = new IngestRing({ capacity })
  readonly #consumer: RingConsumer
  /** When each event arrives, monotonic nanoseconds; a circle of `capacity`. */
  readonly #dueNs = new Float64Array(capacity)
  #head = 0
  #tail = 0
  #lastNs = 0
  #timer: TimerHandle | undefined

  /** `afterwards` runs when events have arrived at `out`. */
  constructor(time: Time, out: MarketSink, latency: LatencyModel, random: Random, afterwards: () => void) {
    this.#time = time
    this.#out = out
    this.#latency = latency
    this.#random = random
    this.#afterwards = afterwards
    this.#consumer = this.#ring.addConsumer({ name: 'delay', policy: 'backpressure', handlers: this.#handlers() })
  }

  /** Forgets what is under way. */
  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isDiscarding = true
    this.#consumer.drain()
    this.#isDiscarding = false
    this.#tail = this.#head
  }

  #isDiscarding = false

  publishQuote(...event: Parameters<MarketSink['publishQuote']>): boolean {
    return this.#taken(this.#ring.publishQuote(...event))
  }

  publishTrade(...event: Parameters<MarketSink['publishTrade']>): boolean {
    return this.#taken(this.#ring.publishTrade(...event))
  }

  beginBook(...event: Parameters<MarketSink['beginBook']>): boolean {
    return this.#ring.beginBook(...event)
  }

  addLevel(side: BookSide, price: number, size: number): void {
    this.#ring.addLevel(side, price, size)
  }

  addOrder(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    this.#ring.addOrder(action, side, price, size, orderId)
  }

  commitBook(isLast = true): boolean {
    return this.#taken(this.#ring.commitBook(isLast))
  }

  publishBar(...event: Parameters<MarketSink['publishBar']>): boolean {
    return this.#taken(this.#ring.publishBar(...event))
  }

  publishStatus(...event: Parameters<MarketSink['publishStatus']>): boolean {
    return this.#taken(this.#ring.publishStatus(...event))
  }

  publishNote(...event: Parameters<MarketSink['publishNote']>): boolean {
    return this.#taken(this.#ring.publishNote(...event))
  }

  /** Notes when an event arrives. */
  #taken(isTaken: boolean): boolean {
    if (!isTaken) return false
    const nowNs = this.#time.monotonicNs()
    this.#lastNs = Math.max(this.#lastNs, nowNs + this.#latency(this.#time.wallUs(), this.#random))
    this.#dueNs[this.#head++ % capacity] = this.#lastNs
    if (this.#timer === undefined) this.#arm()
    return true
  }

  #arm(): void {
    this.#timer = this.#time.at(this.#dueNs[this.#tail % capacity] as number, () => {
      this.#timer = undefined
      this.#arrive()
      if (this.#tail < this.#head && this.#timer === undefined) this.#arm()
    })
  }

  #arrive(): void {
    const nowNs = this.#time.monotonicNs()
    let due = 0
    while (this.#tail + due < this.#head && (this.#dueNs[(this.#tail + due) % capacity] as number) <= nowNs) due++
    if (due === 0) return
    this.#tail += due
    this.#consumer.drain(due)
    this.#afterwards()
  }

  /** Publishes rows again, received now. */
  #handlers() {
    const out = this.#out
    const now = () => this.#time.wallUs()
    const put = (isTaken: boolean) => {
      if (!isTaken) this.dropped++
    }
    const skip = () => this.#isDiscarding
    return {
      onQuotes: ({ quotes }: IngestRing, from: number, to: number) => {
        for (let i = from; i < to && !skip(); i++) {
          put(
            out.publishQuote(
              quotes.instrument[i] as number,
              quotes.source[i] as number,
              quotes.bid[i] as number,
              quotes.ask[i] as number,
              quotes.bidSize[i] as number,
              quotes.askSize[i] as number,
              quotes.tsEventUs[i] as number,
              now(),
              quotes.sequence[i] as number,
              quotes.flags[i] as number,
            ),
          )
        }
      },
      onTrades: ({ trades }: IngestRing, from: number, to: number) => {
        for (let i = from; i < to && !skip(); i++) {
          put(
            out.publishTrade(
              trades.instrument[i] as number,
              trades.source[i] as number,
              trades.price[i] as number,
              trades.size[i] as number,
              trades.aggressor[i] as AggressorSign,
              trades.tsEventUs[i] as number,
              now(),
              trades.sequence[i] as number,
              trades.tradeId[i] as number,
              trades.condition[i] as number,
            ),
          )
        }
      },
      onBooks: (ring: IngestRing, from: number, to: number) => {
        for (let i = from; i < to && !skip(); i++) put(this.#republishBook(ring, i, now()))
      },
      onBars: (ring: IngestRing, from: number, to: number) => {
        for (let i = from; i < to && !skip(); i++) put(this.#republishBar(ring, i, now()))
      },
      onStatuses: ({ statuses }: IngestRing, from: number, to: number) => {
        for (let i = from; i < to && !skip(); i++) {
          put(
            out.publishStatus(
              statuses.instrument[i] as number,
              statuses.source[i] as number,
              statuses.status[i] as TradingStatus,
              statuses.tsEventUs[i] as number,
              now(),
            ),
          )
        }
      },
      onNotes: ({ notes }: IngestRing, from: number, to: number) => {
        for (let i = from; i < to && !skip(); i++) {
          put(
            out.publishNote(
              notes.instrument[i] as number,
              notes.source[i] as number,
              notes.note[i] as object,
              notes.tsEventUs[i] as number,
              now(),
            ),
          )
        }
      },
    }
  }

  #republishBar({ bars }: IngestRing, row: number, tsRecvUs: number): boolean {
    return this.#out.publishBar(
      bars.instrument[row] as number,
      bars.source[row] as number,
      bars.intervalUs[row] as number,
      bars.open[row] as number,
      bars.high[row] as number,
      bars.low[row] as number,
      bars.close[row] as number,
      bars.volume[row] as number,
      bars.count[row] as number,
      bars.vwap[row] as number,
      bars.tsOpenUs[row] as number,
      bars.tsEventUs[row] as number,
      tsRecvUs,
      bars.isClosed[row] === 1,
    )
  }

  #republishBook({ books }: IngestRing, row: number, tsRecvUs: number): boolean {
    const out = this.#out
    const isBegun = out.beginBook(
      books.instrument[row] as number,
      books.source[row] as number,
      books.isSnapshot[row] === 1,
      books.tsEventUs[row] as number,
      tsRecvUs,
      books.sequence[row] as number,
      books.previousSequence[row] as number,
    )
    if (!isBegun) return false
    const first = books.firstLevel[row] as number
    for (let position = first; position < first + (books.levelCount[row] as number); position++) {
      const at = position % (books.levelMask + 1)
      const action = books.levelAction[at] as LevelAction
      const side = books.levelSide[at] as BookSide
      if (action === 0) out.addLevel(side, books.levelPrice[at] as number, books.levelSize[at] as number)
      else
        out.addOrder(
          action,
          side,
          books.levelPrice[at] as number,
          books.levelSize[at] as number,
          books.levelOrderId[at] as number,
        )
    }
    return out.commitBook(books.isLast[row] === 1)
  }
}
