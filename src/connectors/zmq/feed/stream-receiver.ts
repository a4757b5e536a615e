/**
 * One stream of a publisher at the receiving end: puts its frames in order, each exactly once, and says what is missing
 * before anything later is handed on. A pure state machine: no sockets, no clock, no timers of its own.
 *
 *   syncing ──► live ──► gap ──► recovering ──► live
 *                │ ▲                │ nobody could help
 *        silence ▼ │ data           ▼
 *               stale ◄──────────── (live data flow on; books wait for a snapshot)
 *
 * - Frames of several lines are arbitrated: the first copy of a number counts. A number is missing when frames after it wait
 *   longer than `reorderMs`, or more than `reorderMax` of them do, and every line that is alive has passed it; a line that
 *   lags gets `lineWaitMs`.
 * - A heartbeat names the last number: what is missing at the tail is found without further data.
 * - Another epoch is another life of the publisher: its numbers start at 1, frames of earlier lives are dropped and counted.
 *   Late frames may have been taken for a new life: one that speaks while the newer is silent is gone back to.
 *   Numbers that run again on one line of the same epoch are a restart, too.
 * - What is missing is asked for: by number up to `maxReplay`, else as a snapshot; `tries` times from each server, then the
 *   next. Live frames wait meanwhile, at most `recoveryBuffer` of them; when there are more, they are dropped and a newer
 *   snapshot is asked for. One request is under way at a time.
 */

import {
  Delivery,
  type FeedState,
  type RecoveryRequest,
  type StreamCounters,
  type StreamHooks,
  type StreamSettings,
} from './stream-types.js'

interface Line {
  highest: number
  heardNs: number
  /** Frames in a row that do not rise above the line's highest. */
  falling: number
}

/** The most frames that wait for a line that lags. */
const mostHeld = 4_096
/** So many frames in a row below the highest of their own line are no disorder: the numbering began anew. */
const mostFalling = 256
/** Lives of the publisher that are remembered. */
const mostRetired = 8
const nsPerMs = 1e6

/** Receives one stream. `T` is a frame in memory that stays as it is. */
export class StreamReceiver<T> {
  readonly counters: StreamCounters = {
    received: 0,
    delivered: 0,
    duplicates: 0,
    old: 0,
    gaps: 0,
    missing: 0,
    lost: 0,
    replayed: 0,
    snapshots: 0,
    restarts: 0,
    overflowed: 0,
    failedRequests: 0,
  }
  readonly #settings: StreamSettings
  readonly #hooks: StreamHooks<T>
  readonly #lines: Line[] = []
  #state: FeedState = 'syncing'
  #epoch = -1
  /** Earlier lives of the publisher, and how far they had come. */
  #retired: { epoch: number; last: number }[] = []
  /** Every number up to this one was delivered or given up. */
  #last = 0
  #hasBase = false
  readonly #held = new Map<number, { frame: T; ns: number }>()
  #lowest = Number.POSITIVE_INFINITY
  /** The last number a heartbeat named beyond what came, and since when. */
  #tail = 0
  #tailNs = 0
  #heardNs: number
  #request: (RecoveryRequest & { deadlineNs: number }) | undefined
  #requestId = 0
  #attempt = 0
  #rounds = 0
  /** When the next snapshot is asked for after all servers failed; NaN: never. */
  #retryNs = Number.NaN
  /** A snapshot that came. */
  #arrived: { sequence: number; frame: T | undefined; ns: number } | undefined
  /** Of the gap under recovery. */
  #gapTo = 0
  #isUnhealed = false

  constructor(lines: number, settings: StreamSettings, hooks: StreamHooks<T>, nowNs: number) {
    this.#settings = settings
    this.#hooks = hooks
    this.#heardNs = nowNs
    for (let line = 0; line < lines; line++)
      this.#lines.push({ highest: 0, heardNs: Number.NEGATIVE_INFINITY, falling: 0 })
  }

  get state(): FeedState {
    return this.#state
  }

  /** Every number up to this one was handed on or given up. */
  get last(): number {
    return this.#last
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Frames that wait. */
  get held(): number {
    return this.#held.size
  }

  /** Whether something waits for time to pass: call {@link StreamReceiver.tick} soon. */
  get isWaiting(): boolean {
    return this.#held.size > 0 || this.#tail > this.#last || this.#request !== undefined || this.#arrived !== undefined
  }

  /** Asks for a snapshot to begin with; without servers the first frame is the beginning. */
  start(nowNs: number): void {
    if (this.#settings.servers > 0) this.#ask('snapshot', nowNs)
  }

  /** A frame came on a line. `keep` copies it where it has to wait: the bytes of a socket may be used again. */
  offer(line: number, epoch: number, sequence: number, frame: T, nowNs: number): void {
    this.counters.received++
    if (!this.#isOurs(epoch, nowNs)) return
    if (this.#hear(line, sequence, nowNs)) return
    if (sequence === this.#last + 1 && this.#state === 'live' && this.#held.size === 0) {
      this.#deliver(frame, sequence, Delivery.live)
      return
    }
    this.#offerSlowly(sequence, frame, nowNs)
  }

  /** A heartbeat came on a line: `sequence` is the last number that was sent. */
  heartbeat(line: number, epoch: number, sequence: number, nowNs: number): void {
    if (!this.#isOurs(epoch, nowNs)) return
    const { highest } = this.#lines[line] as Line
    if (sequence > highest) (this.#lines[line] as Line).highest = sequence
    this.#heardOn(line, nowNs)
    if (!this.#hasBase) {
      if (this.#settings.servers > 0) return
      this.#base(sequence)
    }
    if (sequence > this.#last && sequence > this.#tail) {
      this.#tail = sequence
      this.#tailNs = nowNs
    }
    this.#wakeFromSilence()
  }

  /** Frames of a replay. `isComplete` false: the server does not have all of it any more. */
  replayed(id: number, frames: readonly { sequence: number; frame: T }[], isComplete: boolean, nowNs: number): void {
    const request = this.#request
    if (request === undefined || request.id !== id) return
    this.#request = undefined
    for (const { sequence, frame } of frames) {
      if (sequence !== this.#last + 1) continue
      this.counters.replayed++
      this.#held.delete(sequence)
      this.#deliver(frame, sequence, Delivery.repeated)
    }
    if (this.#last >= this.#gapTo) this.#healed('replay', 0, nowNs)
    else if (isComplete && this.#last >= request.from) this.#ask('replay', nowNs)
    else this.#ask('snapshot', nowNs)
  }

  /** A snapshot as of `sequence`. */
  snapshot(id: number, epoch: number, sequence: number, frame: T | undefined, nowNs: number): void {
    if (this.#request?.id !== id) return
    if (epoch !== this.#epoch && this.#epoch >= 0) {
      if (this.#isRetired(epoch)) {
        this.failed(id, nowNs)
        return
      }
      this.#restart(epoch)
      // Frames of the new life wait for its snapshot: applied after them it would take the state back.
      this.#enter('recovering')
    }
    if (this.#hasBase && sequence < this.#gapTo) {
      this.failed(id, nowNs)
      return
    }
    this.#request = undefined
    this.#epoch = epoch
    this.#arrived = { sequence, frame, ns: nowNs }
    this.#applyArrived(nowNs)
  }

  /** A snapshot waits, as long as a frame may, until the frames before it are here: they may hold more than state. */
  #applyArrived(nowNs: number): void {
    const arrived = this.#arrived
    if (arrived === undefined) return
    const { sequence, frame, ns } = arrived
    if (!this.#hasPassed(sequence) && nowNs - ns < this.#settings.reorderMs * nsPerMs) return
    this.#arrived = undefined
    this.counters.snapshots++
    const isFirst = !this.#hasBase
    const lost = isFirst ? 0 : this.#handOver(sequence)
    this.#last = Math.max(this.#last, sequence)
    this.#hasBase = true
    this.#isUnhealed = false
    this.#hooks.applySnapshot(frame, sequence)
    this.#healed('snapshot', lost, nowNs, isFirst)
  }

  /** Whether some line has come to a number. */
  #hasPassed(sequence: number): boolean {
    for (const { highest } of this.#lines) if (highest >= sequence) return true
    return false
  }

  /**
   * Hands on what waits up to a number, not as state; what is missing between is told, unless it was. Returns how many were
   * missing.
   */
  #handOver(to: number): number {
    const waiting = [...this.#held.keys()].filter((held) => held <= to).sort((a, b) => a - b)
    let lost = 0
    let told = this.#gapTo
    const tell = (from: number, last: number) => {
      lost += last - from + 1
      const first = Math.max(from, told + 1)
      told = Math.max(told, last)
      if (first > last) return
      this.counters.missing += last - first + 1
      this.#hooks.gap(first, last)
    }
    for (const held of waiting) {
      const { frame } = this.#held.get(held) as { frame: T }
      this.#held.delete(held)
      if (held <= this.#last) continue
      if (held > this.#last + 1) tell(this.#last + 1, held - 1)
      this.#deliver(frame, held, Delivery.covered)
    }
    if (to > this.#last) tell(this.#last + 1, to)
    return lost
  }

  /** A request failed, or the server refused it. */
  failed(id: number, nowNs: number): void {
    const request = this.#request
    if (request === undefined || request.id !== id) return
    this.#request = undefined
    this.counters.failedRequests++
    this.#attempt++
    const { servers, tries } = this.#settings
    if (this.#attempt < servers * tries) {
      this.#ask(request.kind, nowNs)
      return
    }
    this.#attempt = 0
    this.#giveUp(nowNs)
  }

  /** The receiver of the frames fell out of step: asks for a snapshot. False without a server, or while one is asked already. */
  resync(nowNs: number): boolean {
    if (this.#settings.servers === 0 || this.#isHolding || !this.#hasBase) return false
    this.#gapTo = this.#last
    this.#retryNs = Number.NaN
    this.#ask('snapshot', nowNs)
    return true
  }

  /** Time passes: holes that waited long enough become gaps, requests time out, silence is noticed. */
  tick(nowNs: number): void {
    const request = this.#request
    if (request !== undefined) {
      if (nowNs >= request.deadlineNs) this.failed(request.id, nowNs)
      return
    }
    if (this.#arrived !== undefined) {
      this.#applyArrived(nowNs)
      return
    }
    if (nowNs >= this.#retryNs) {
      this.#retryNs = Number.NaN
      this.#ask('snapshot', nowNs)
      return
    }
    this.#look(nowNs)
    if (this.#state === 'live' && nowNs - this.#heardNs > this.#silenceNs) this.#enter('stale')
  }

  // ---- Frames --------------------------------------------------------------------------------------------------------

  /** Takes up the epoch of a frame; false when the frame belongs to an earlier life. */
  #isOurs(epoch: number, nowNs: number): boolean {
    if (epoch === this.#epoch) return true
    if (this.#epoch < 0) {
      this.#epoch = epoch
      return true
    }
    if (this.#isRetired(epoch) && nowNs - this.#heardNs <= this.#silenceNs) {
      this.counters.old++
      return false
    }
    this.#restart(epoch)
    return true
  }

  #isRetired(epoch: number): boolean {
    return this.#retired.some((life) => life.epoch === epoch)
  }

  /** Three heartbeats. */
  get #silenceNs(): number {
    return 3 * this.#settings.heartbeatMs * nsPerMs
  }

  /** Notes that a line is alive; true when the frame is a duplicate. */
  #hear(index: number, sequence: number, nowNs: number): boolean {
    const line = this.#lines[index] as Line
    this.#heardOn(index, nowNs)
    if (sequence > line.highest) {
      line.highest = sequence
      line.falling = 0
    } else if (++line.falling > mostFalling && this.#hasBase) {
      this.#restart(this.#epoch)
      line.highest = sequence
    }
    if (!this.#hasBase || sequence > this.#last) return false
    this.counters.duplicates++
    return true
  }

  #heardOn(index: number, nowNs: number): void {
    ;(this.#lines[index] as Line).heardNs = nowNs
    this.#heardNs = nowNs
  }

  #offerSlowly(sequence: number, frame: T, nowNs: number): void {
    if (!this.#hasBase && (this.#settings.servers === 0 || this.#isUnhealed)) this.#base(sequence - 1)
    this.#wakeFromSilence()
    if (this.#held.has(sequence)) {
      this.counters.duplicates++
      return
    }
    if (this.#hasBase && sequence === this.#last + 1 && !this.#isHolding) {
      this.#deliver(frame, sequence, Delivery.live)
      this.#drain()
      return
    }
    if (this.#isHolding && this.#held.size >= this.#settings.recoveryBuffer) {
      if (this.#isUnhealed) {
        this.#flowOn(nowNs)
        this.#offerSlowly(sequence, frame, nowNs)
        return
      }
      const { deadlineNs } = this.#request ?? {}
      this.counters.overflowed += this.#held.size
      this.#held.clear()
      this.#lowest = Number.POSITIVE_INFINITY
      this.#request = undefined
      this.#arrived = undefined
      const from = Math.max(this.#gapTo, this.#last) + 1
      if (this.#hasBase && from < sequence) {
        this.#hooks.gap(from, sequence - 1)
        this.#gapTo = sequence - 1
      }
      this.#ask('snapshot', nowNs, deadlineNs)
    }
    this.#held.set(sequence, { frame, ns: nowNs })
    if (sequence < this.#lowest) this.#lowest = sequence
    this.#look(nowNs)
  }

  /** Frames wait for a recovery, in whatever order. */
  get #isHolding(): boolean {
    return this.#state === 'syncing' || this.#state === 'recovering' || this.#state === 'gap'
  }

  #deliver(frame: T, sequence: number, how: Delivery): void {
    this.#last = sequence
    this.counters.delivered++
    this.#hooks.deliver(frame, sequence, how)
  }

  /** Delivers what waits and is next. */
  #drain(): void {
    for (;;) {
      const next = this.#held.get(this.#last + 1)
      if (next === undefined) break
      this.#held.delete(this.#last + 1)
      this.#deliver(next.frame, this.#last + 1, Delivery.live)
    }
    this.#lowest = Number.POSITIVE_INFINITY
    for (const sequence of this.#held.keys()) {
      if (sequence <= this.#last) this.#held.delete(sequence)
      else if (sequence < this.#lowest) this.#lowest = sequence
    }
  }

  /** Everything after this number counts. */
  #base(sequence: number): void {
    this.#hasBase = true
    this.#last = sequence
    this.#enter(this.#isUnhealed ? 'stale' : 'live')
  }

  #wakeFromSilence(): void {
    if (this.#state === 'stale' && !this.#isUnhealed) this.#enter('live')
  }

  #restart(epoch: number): void {
    const before = this.#epoch
    this.counters.restarts++
    if (this.#hasBase) {
      const known = Math.max(this.#tail, this.#last, ...this.#held.keys())
      this.counters.lost += this.#handOver(known)
    }
    const resumed = epoch === before ? undefined : this.#retired.find((life) => life.epoch === epoch)
    if (epoch !== before) {
      this.#retired = this.#retired.filter((life) => life !== resumed)
      this.#retired.push({ epoch: before, last: this.#last })
      if (this.#retired.length > mostRetired) this.#retired.shift()
    }
    this.#epoch = epoch
    this.#held.clear()
    this.#lowest = Number.POSITIVE_INFINITY
    this.#tail = 0
    this.#request = undefined
    this.#arrived = undefined
    this.#retryNs = Number.NaN
    this.#attempt = 0
    this.#gapTo = 0
    this.#isUnhealed = false
    for (const line of this.#lines) {
      line.highest = 0
      line.falling = 0
    }
    this.#last = resumed?.last ?? 0
    this.#hasBase = true
    this.#hooks.restarted(before, epoch)
    this.#enter('live')
  }

  // ---- Gaps ------------------------------------------------------------------------------------------------------------

  /** Declares what has been missing for too long. */
  #look(nowNs: number): void {
    while (!this.#isHolding && this.#hasBase) {
      if (this.#held.size > 0) {
        const waitedNs = nowNs - (this.#held.get(this.#lowest)?.ns ?? nowNs)
        if (!this.#isDue(this.#lowest - 1, waitedNs, this.#held.size > this.#settings.reorderMax, nowNs)) return
        this.#declare(this.#lowest - 1, nowNs)
      } else if (this.#tail > this.#last) {
        if (!this.#isDue(this.#tail, nowNs - this.#tailNs, false, nowNs)) return
        this.#declare(this.#tail, nowNs)
      } else return
    }
  }

  #isDue(to: number, waitedNs: number, isFull: boolean, nowNs: number): boolean {
    const { reorderMs, lineWaitMs, heartbeatMs } = this.#settings
    if (!isFull && waitedNs < reorderMs * nsPerMs) return false
    if (waitedNs >= lineWaitMs * nsPerMs || this.#held.size >= mostHeld) return true
    for (const { highest, heardNs } of this.#lines)
      if (highest < to && nowNs - heardNs < 3 * heartbeatMs * nsPerMs) return false
    return true
  }

  #declare(to: number, nowNs: number): void {
    const from = this.#last + 1
    this.counters.gaps++
    this.counters.missing += to - from + 1
    this.#gapTo = to
    this.#enter('gap')
    this.#hooks.gap(from, to)
    if (this.#settings.servers === 0) {
      this.#skip(to)
      return
    }
    this.#ask(to - from + 1 <= this.#settings.maxReplay ? 'replay' : 'snapshot', nowNs)
  }

  /** Goes on without what is missing. */
  #skip(to: number): void {
    const lost = Math.max(0, to - this.#last)
    this.counters.lost += lost
    this.#last = Math.max(this.#last, to)
    this.#hooks.recovered('none', lost)
    this.#enter(this.#isUnhealed ? 'stale' : 'live')
    this.#drain()
  }

  /** `deadlineNs`: of the question that this one takes the place of, which had no answer; a server that is dead stays so. */
  #ask(kind: 'replay' | 'snapshot', nowNs: number, deadlineNs?: number): void {
    if (this.#hasBase) this.#enter('recovering')
    const { servers, tries, requestTimeoutMs } = this.#settings
    const server = Math.floor(this.#attempt / tries) % servers
    const request = {
      id: ++this.#requestId,
      server,
      kind,
      epoch: this.#epoch,
      from: this.#last + 1,
      to: Math.max(this.#gapTo, this.#last + 1),
      deadlineNs: deadlineNs ?? nowNs + requestTimeoutMs * nsPerMs,
    }
    this.#request = request
    this.#hooks.request(request)
  }

  #healed(method: 'replay' | 'snapshot', lost: number, nowNs: number, isFirst = false): void {
    this.#attempt = 0
    this.#rounds = 0
    this.counters.lost += lost
    if (!isFirst) this.#hooks.recovered(method, lost)
    this.#enter(this.#isUnhealed ? 'stale' : 'live')
    this.#drain()
    this.#look(nowNs)
  }

  /** A snapshot that was asked for again does not come: nothing is dropped for it once more. */
  #flowOn(nowNs: number): void {
    this.#request = undefined
    this.#arrived = undefined
    this.counters.failedRequests++
    this.#attempt = 0
    this.#giveUp(nowNs)
  }

  /** All servers failed: data flow on, books wait, and a snapshot is asked for again later. */
  #giveUp(nowNs: number): void {
    const [first, most] = this.#settings.backoffMs
    const delayMs = Math.min(most, first * 2 ** Math.min(this.#rounds++, 16))
    this.#retryNs = nowNs + delayMs * (0.5 + this.#hooks.random() / 2) * nsPerMs
    this.#isUnhealed = true
    if (!this.#hasBase) {
      if (this.#held.size === 0) return
      this.#hasBase = true
      this.#last = this.#lowest - 1
    }
    this.#skip(Math.max(this.#gapTo, this.#last))
    this.#look(nowNs)
  }

  #enter(state: FeedState): void {
    if (state === this.#state) return
    const from = this.#state
    this.#state = state
    this.#hooks.state(from, state)
  }
}
