/**
 * The line between one client and the venue: latency and faults in both directions.
 *
 * Without latency and faults a message is a call. Otherwise it is copied and travels on the clock; messages of one
 * direction stay in order unless a fault lets them be overtaken. When the line breaks, what was on its way to the venue
 * arrives up to some point or not at all, and what was on its way to the client is lost.
 */
import { NS_PER_MS } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { TimerHandle } from '../../core/scheduler.js'
import type { Time } from '../../core/time.js'
import type { LinkFaults } from './faults.js'
import type { LatencyModel, LatencyModels } from './latency.js'
import type { VenueClient, VenueSession } from './report-outbox.js'
import type { SimulatedVenue } from './venue.js'
import type { VenueReport, VenueRequest } from './venue-message.js'

/** What the client's end of a line is told. */
export interface LinkEnd {
  beginBatch(): void
  onReport(report: VenueReport): void
  endBatch(): void
  /** The line broke, as seen from here. */
  onBroken(reason: string): void
}

/** One direction: when its last message arrives, and what is under way. */
interface Way {
  lastNs: number
  /** Messages under way that none may overtake. */
  inOrder: number
  readonly underWay: Set<TimerHandle>
}

/** A line that can be opened, cut and opened again. */
export class VenueLink implements VenueClient {
  /** The session at the venue while the line is open. */
  session: VenueSession | undefined
  /** Nothing passes, and nobody is told: a half-open connection. */
  isSilent = false
  readonly #venue: SimulatedVenue
  readonly #end: LinkEnd
  readonly #time: Time
  readonly #random: Random
  readonly #faults: LinkFaults
  readonly #ordersLatency: LatencyModel | undefined
  readonly #reportsLatency: LatencyModel | undefined
  readonly #toVenue: Way = { lastNs: 0, inOrder: 0, underWay: new Set() }
  readonly #toClient: Way = { lastNs: 0, inOrder: 0, underWay: new Set() }
  #isInBatch = false
  /** Requests under way, in order. */
  readonly #requests = new Map<TimerHandle, VenueRequest>()

  constructor(
    venue: SimulatedVenue,
    end: LinkEnd,
    time: Time,
    random: Random,
    faults: LinkFaults,
    latency: LatencyModels,
  ) {
    this.#venue = venue
    this.#end = end
    this.#time = time
    this.#random = random
    this.#faults = faults
    this.#ordersLatency = latency.orders
    this.#reportsLatency = latency.reports
  }

  get isOpen(): boolean {
    return this.session !== undefined
  }

  /** Opens a session. @throws TradewireError `TW_NOT_CONNECTED` while the venue is down. */
  open(clientName: string, accounts: readonly string[]): VenueSession {
    this.isSilent = false
    this.session = this.#venue.connect(this, clientName, accounts)
    return this.session
  }

  /** Ends the session without ado: what is under way is lost. Safe to call twice. */
  close(options: { cancelsOrders?: boolean } = {}): void {
    const { session } = this
    this.session = undefined
    this.isSilent = false
    for (const way of [this.#toVenue, this.#toClient]) {
      for (const timer of way.underWay) timer.cancel()
      way.underWay.clear()
      way.inOrder = 0
    }
    this.#requests.clear()
    if (session !== undefined) this.#venue.disconnect(session, options)
  }

  /** Cuts the line: some of the requests under way still arrive. The client's end is told. */
  cut(reason: string, options: { cancelsOrders?: boolean } = {}): void {
    const { session } = this
    if (session === undefined) return
    const requests = [...this.#requests.values()]
    const arriving = requests.slice(0, this.#faults.random.below(requests.length + 1))
    this.#faults.counters.lost += requests.length - arriving.length + this.#toClient.underWay.size
    // Nothing that follows is heard on this side.
    this.session = undefined
    for (const request of arriving) this.#venue.receive(session, request)
    this.session = session
    this.close(options)
    this.#end.onBroken(reason)
  }

  /** Sends a request; the record may be reused at once. */
  send(request: VenueRequest): void {
    const { session } = this
    if (session === undefined || this.isSilent) {
      this.#faults.counters.lost++
      return
    }
    const faults = this.#faults
    const way = this.#toVenue
    if (this.#ordersLatency === undefined && !faults.isActive && way.inOrder === 0) {
      this.#venue.receive(session, request)
      return
    }
    const { copies, delayMs, overtaken } = faults.fateOf(request.kind, true)
    const deadlineNs = this.#deadline(way, this.#ordersLatency, delayMs, overtaken)
    const isNow = way.inOrder === 0 && deadlineNs <= this.#time.monotonicNs()
    for (let i = 0; i < copies; i++) {
      if (isNow) {
        this.#venue.receive(session, request)
        continue
      }
      const copy = request.copy()
      const timer = this.#schedule(way, deadlineNs, overtaken, () => {
        this.#requests.delete(timer)
        if (this.isSilent || !session.isOpen) faults.counters.lost++
        else this.#venue.receive(session, copy)
      })
      this.#requests.set(timer, copy)
    }
  }

  // ---- What the venue calls ------------------------------------------------------------------------------------------

  beginBatch(): void {
    this.#isInBatch = this.session !== undefined
    if (this.#isInBatch) this.#end.beginBatch()
  }

  onReport(report: VenueReport): void {
    if (this.session === undefined || this.isSilent) {
      this.#faults.counters.lost++
      return
    }
    const faults = this.#faults
    const way = this.#toClient
    if (this.#reportsLatency === undefined && !faults.isActive && way.inOrder === 0) {
      this.#end.onReport(report)
      return
    }
    const { copies, delayMs, overtaken } = faults.fateOf(report.kind, false)
    const deadlineNs = this.#deadline(way, this.#reportsLatency, delayMs, overtaken)
    const isNow = way.inOrder === 0 && deadlineNs <= this.#time.monotonicNs()
    for (let i = 0; i < copies; i++) {
      if (isNow) {
        this.#end.onReport(report)
        continue
      }
      const copy = report.copy()
      this.#schedule(way, deadlineNs, overtaken, () => {
        if (this.isSilent) {
          faults.counters.lost++
          return
        }
        this.#end.beginBatch()
        this.#end.onReport(copy)
        this.#end.endBatch()
      })
    }
  }

  endBatch(): void {
    if (!this.#isInBatch) return
    this.#isInBatch = false
    this.#end.endBatch()
  }

  onClosed(reason: string): void {
    this.close()
    this.#end.onBroken(reason)
  }

  // --------------------------------------------------------------------------------------------------------------------

  /** When a message sent now arrives. */
  #deadline(way: Way, latency: LatencyModel | undefined, delayMs: number, overtaken: boolean): number {
    const nowNs = this.#time.monotonicNs()
    const travelNs = latency === undefined ? 0 : latency(this.#time.wallUs(), this.#random)
    const wantedNs = nowNs + travelNs + delayMs * NS_PER_MS
    const deadlineNs = Math.max(wantedNs, way.lastNs)
    if (!overtaken) way.lastNs = deadlineNs
    return overtaken ? Math.max(wantedNs, nowNs) : deadlineNs
  }

  #schedule(way: Way, deadlineNs: number, overtaken: boolean, arrive: () => void): TimerHandle {
    if (!overtaken) way.inOrder++
    const timer = this.#time.at(deadlineNs, () => {
      way.underWay.delete(timer)
      if (!overtaken) way.inOrder--
      arrive()
    })
    way.underWay.add(timer)
    return timer
  }
}
