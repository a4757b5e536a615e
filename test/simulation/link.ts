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
import type { Report, Request } from './messages.js'

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
  broken: number
}

/** One line, over which one client at a time is connected. */
export class Link {
  readonly counters: LinkCounters = { sent: 0, dropped: 0, duplicated: 0, broken: 0 }
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  #faults: LinkFaults
  readonly #onRequest: (request: Request) => void
  readonly #trace: (line: string) => void
  /** New orders and changes that are on their way to the venue. */
  readonly inFlight = new Set<Request>()
  #client: LinkClient | undefined
  #connection = 0
  isSilent = false

  constructor(
    time: VirtualTime,
    random: SeededRandom,
    faults: LinkFaults,
    onRequest: (request: Request) => void,
    trace: (line: string) => void,
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
    if (this.#random.chance(this.#faults.refuseConnect)) return false
    this.#connection++
    this.#client = client
    this.isSilent = false
    this.#trace('link up')
    return true
  }

  /** Breaks the line. `isTold`: the client's end learns of it at once. */
  cut(reason: string, isTold: boolean): void {
    const client = this.#client
    if (client === undefined) return
    this.#client = undefined
    this.#connection++
    this.counters.broken++
    this.#trace(`link down: ${reason}`)
    if (isTold) client.onDown(reason)
  }

  /** No more faults. */
  heal(): void {
    this.#faults = { ...this.#faults, drop: 0, duplicate: 0, refuseConnect: 0 }
    this.isSilent = false
  }

  /** Sends to the venue. */
  toVenue(client: LinkClient, request: Request): void {
    if (this.#client !== client) return
    const connection = this.#connection
    this.#carry(request, () => {
      const isStale = connection !== this.#connection && this.#random.chance(0.5)
      this.inFlight.delete(request)
      if (isStale) this.#trace(`lost ${describe(request)}`)
      else {
        this.#trace(`venue got ${describe(request)}`)
        this.#onRequest(request)
      }
    })
  }

  /** Sends to whoever is connected. */
  toClient(report: Report): void {
    const connection = this.#connection
    if (this.#client === undefined) return
    this.#carry(report, () => {
      if (connection !== this.#connection || this.isSilent) return
      if (report.kind !== 'quote') this.#trace(`client got ${describe(report)}`)
      this.#client?.onReport(report)
    })
  }

  #carry(message: Request | Report, deliver: () => void): void {
    this.counters.sent++
    // What a question or an answer is worth shows by time-out as well; too many of those only make every seed slow.
    const isQuery = message.kind === 'ask' || message.kind === 'answer' || message.kind === 'quote'
    if (this.isSilent || (!isQuery && this.#random.chance(this.#faults.drop))) {
      this.counters.dropped++
      this.#trace(`dropped ${describe(message)}`)
      return
    }
    if (message.kind === 'new' || message.kind === 'replace') this.inFlight.add(message)
    const copies = !isQuery && this.#random.chance(this.#faults.duplicate) ? 2 : 1
    if (copies > 1) this.counters.duplicated++
    for (let i = 0; i < copies; i++) this.#time.at(this.#time.monotonicNs() + this.#delayNs(), deliver)
  }

  #delayNs(): number {
    const { leastDelayMs, mostDelayMs } = this.#faults
    return Math.floor((leastDelayMs + this.#random.next() * (mostDelayMs - leastDelayMs)) * NS_PER_MS)
  }
}

/** A message in one line of the trace. */
export function describe(message: Request | Report): string {
  if (message.kind === 'answer') return `answer ${message.id}`
  return JSON.stringify(message)
}
