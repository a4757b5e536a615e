/**
 * The line between client and venue, with everything that goes wrong on one: messages are dropped, repeated, delayed and
 * overtake each other, the line breaks, or falls silent without breaking.
 *
 * What was under way to the venue when the line broke may still arrive. What was under way to the client does not: it
 * belonged to a connection that is gone.
 */

import { NS_PER_MS } from '../../src/core/clock.js'
import type { SeededRandom } from '../../src/core/random.js'
import type { VirtualTime } from '../../src/core/virtual-time.js'
import { digestOf, type Report, type Request, wordsOf } from './messages.js'
import type { Trace } from './trace.js'

/** Probabilities and times of the line's faults. */
export interface LinkFaults {
  drop: number
  duplicate: number
  /** Delay of a message: uniform between the two, in milliseconds. */
  leastDelayMs: number
  mostDelayMs: number
  refuseConnect: number
}

/** The client's end. */
export interface LinkClient {
  onReport(report: Report): void
  onDown(reason: string): void
}

/** Counts what went over the line. */
export interface LinkCounters {
  sent: number
  dropped: number
  duplicated: number
  /** Overtaken by a message that was sent after it. */
  reordered: number
  /** Later than 100 ms. */
  delayed: number
  broken: number
}

/** Messages that take longer are counted as delayed. */
const usualDelayNs = 100 * NS_PER_MS

/** One line, over which one client at a time is connected. */
export class Link {
  readonly counters: LinkCounters = {
    sent: 0,
    dropped: 0,
    duplicated: 0,
    reordered: 0,
    delayed: 0,
    broken: 0,
  }
  /** Number of the latest message that arrived at the venue, and at the client. */
  #arrivedAtVenue = 0
  #arrivedAtClient = 0
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  #faults: LinkFaults
  readonly #onRequest: (request: Request) => void
  readonly #trace: Trace
  /** New orders and changes that are on their way to the venue. */
  readonly inFlight = new Set<Request>()
  /** Called in steps after which no promise has to settle. */
  onQuietStep: () => void = () => {}
  #client: LinkClient | undefined
  #connection = 0
  isSilent = false
  /** No connection comes about. */
  isParted = false

  constructor(
    time: VirtualTime,
    random: SeededRandom,
    faults: LinkFaults,
    onRequest: (request: Request) => void,
    trace: Trace,
  ) {
    this.#time = time
    this.#random = random
    this.#faults = faults
    this.#onRequest = onRequest
    this.#trace = trace
  }

  get isUp(): boolean {
    return this.#client !== undefined
  }

  /** Connects a client, or refuses to. */
  connect(client: LinkClient): boolean {
    if (this.isParted || this.#random.chance(this.#faults.refuseConnect)) return false
    this.#connection++
    this.#client = client
    this.isSilent = false
    this.#trace.note('line', 'up')
    return true
  }

  /** Breaks the line. `isTold`: the client's end learns of it at once. */
  cut(reason: string, isTold: boolean): void {
    const client = this.#client
    if (client === undefined) return
    this.#client = undefined
    this.#connection++
    this.counters.broken++
    this.#trace.note('line', `down: ${reason}`)
    if (isTold) client.onDown(reason)
  }

  /** A partition is over: what was connected before is gone, and nobody is told. */
  join(): void {
    if (!this.isParted) return
    this.isParted = false
    this.cut('network', false)
  }

  /** No more faults: those that last are over now, and not at some time of their own. */
  heal(): void {
    this.#faults = { ...this.#faults, drop: 0, duplicate: 0, refuseConnect: 0 }
    this.isSilent = false
    this.join()
  }

  /** Sends to the venue. */
  toVenue(client: LinkClient, request: Request): void {
    if (this.#client !== client) return
    const connection = this.#connection
    this.#carry(request, () => {
      this.onQuietStep()
      const isStale = connection !== this.#connection && this.#random.chance(0.5)
      this.inFlight.delete(request)
      if (isStale) this.#tell('lost', request)
      else {
        this.#tell('venue', request)
        this.#onRequest(request)
      }
    })
  }

  /** Sends to whoever is connected. */
  toClient(report: Report): void {
    const connection = this.#connection
    if (this.#client === undefined) return
    this.#carry(report, () => {
      if (report.kind === 'quote' || connection !== this.#connection || this.isSilent) this.onQuietStep()
      if (connection !== this.#connection || this.isSilent) return
      if (report.kind !== 'quote') this.#tell('client', report)
      this.#client?.onReport(report)
    })
  }

  #carry(message: Request | Report, deliver: () => void): void {
    const number = ++this.counters.sent
    // What a question or an answer is worth shows by time-out as well; too many of those only make every seed slow.
    const isQuery = message.kind === 'ask' || message.kind === 'answer' || message.kind === 'quote'
    if (this.isSilent || (!isQuery && this.#random.chance(this.#faults.drop))) {
      this.counters.dropped++
      this.#tell('lost', message)
      return
    }
    if (message.kind === 'new' || message.kind === 'replace') this.inFlight.add(message)
    const copies = !isQuery && this.#random.chance(this.#faults.duplicate) ? 2 : 1
    if (copies > 1) this.counters.duplicated++
    const isToVenue = message.kind === 'new' || message.kind === 'replace' || message.kind === 'cancel'
    for (let i = 0; i < copies; i++) {
      const delayNs = this.#delayNs()
      if (delayNs > usualDelayNs) this.counters.delayed++
      this.#time.at(this.#time.monotonicNs() + delayNs, () => {
        if (!isQuery) this.#countArrival(number, isToVenue)
        deliver()
      })
    }
  }

  #countArrival(number: number, isToVenue: boolean): void {
    const latest = isToVenue ? this.#arrivedAtVenue : this.#arrivedAtClient
    if (number < latest) this.counters.reordered++
    else if (isToVenue) this.#arrivedAtVenue = number
    else this.#arrivedAtClient = number
  }

  #delayNs(): number {
    const { leastDelayMs, mostDelayMs } = this.#faults
    return Math.floor((leastDelayMs + this.#random.next() * (mostDelayMs - leastDelayMs)) * NS_PER_MS)
  }

  #tell(who: string, message: Request | Report): void {
    this.#trace.tell(who, digestOf(message), () => wordsOf(message))
  }
}
