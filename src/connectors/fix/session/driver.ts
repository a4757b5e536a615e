/**
 * A session on a connection: bytes that arrive become messages, messages that leave become bytes, deadlines become one timer.
 *
 * What a session sends while it works through a chunk of input leaves in one piece at its end. The connection owns the bytes
 * it was given until they are gone, so they are copied into memory that is not written to again.
 */
import { NS_PER_MS } from '../../../core/clock.js'
import { messageOf } from '../../../core/errors.js'
import type { Connection } from '../../../core/network.js'
import type { TimerHandle } from '../../../core/scheduler.js'
import type { Time } from '../../../core/time.js'
import { FixFramer, type FixFramerOptions, FrameKind } from '../codec/framer.js'
import type { FixSession } from './fix-session.js'
import type { SessionLine } from './parts.js'

const ARENA_BYTES = 64 * 1024
/** A socket below its own mark tells nobody when it has drained: it is asked again after so many milliseconds. */
const DRAIN_POLL_MS = 1

/** What a driver is made of. */
export interface SessionDriverOptions {
  readonly time: Time
  readonly session: FixSession
  readonly connection: Connection
  /** How messages are scanned. */
  readonly framer?: FixFramerOptions
  /** Called once, when the connection is gone or given up. */
  readonly onEnd?: (reason: string) => void
}

/** Drives one session over one connection. */
export class SessionDriver implements SessionLine {
  readonly #time: Time
  readonly #session: FixSession
  readonly #connection: Connection
  readonly #framer: FixFramer
  readonly #onEnd: (reason: string) => void
  #arena = new Uint8Array(ARENA_BYTES)
  /** Bytes of the arena from #sent to #filled wait to be handed over. */
  #sent = 0
  #filled = 0
  #isReceiving = false
  #isBlocked = false
  #blockedSinceNs = 0
  #isResumeWanted = false
  #isOver = false
  #timer: TimerHandle | undefined
  #timerNs = Number.POSITIVE_INFINITY

  constructor(options: SessionDriverOptions) {
    this.#time = options.time
    this.#session = options.session
    this.#connection = options.connection
    this.#framer = new FixFramer(options.framer)
    this.#onEnd = options.onEnd ?? (() => {})
  }

  /** Starts delivery. Call once, with a fresh connection. */
  start(): void {
    this.#connection.start({
      onData: (chunk) => this.receive(chunk),
      onDrain: () => this.drained(),
      onClose: (error) => this.closed(error),
    })
    this.attach()
  }

  /** Hands the line to the session, where the connection has been started by somebody else, who calls {@link receive} and the like. */
  attach(): void {
    this.#work(() => this.#session.connected(this))
    this.deadlineChanged()
  }

  /** Bytes arrived. */
  receive(chunk: Uint8Array): void {
    if (this.#isOver) return
    this.#isReceiving = true
    try {
      this.#framer.push(chunk)
      this.#readAll()
    } catch (error) {
      this.#fail(error)
    }
    this.#isReceiving = false
    this.#session.settle()
    this.#flush()
    this.deadlineChanged()
  }

  /** Lets the session work; what it sends leaves at the end. */
  #work(call: () => void): void {
    this.#isReceiving = true
    try {
      call()
    } catch (error) {
      this.#fail(error)
    }
    this.#isReceiving = false
    this.#flush()
  }

  /** What escapes the session is a store that fails at the wrong moment: the connection ends, the numbers are right. */
  #fail(error: unknown): void {
    this.#session.disconnect(`failed: ${messageOf(error)}`)
  }

  #readAll(): void {
    const framer = this.#framer
    const session = this.#session
    for (let found = framer.next(); found !== FrameKind.none && !this.#isOver; found = framer.next()) {
      if (found === FrameKind.message) session.receive(framer.message)
      else session.garbled(framer.garbledReason, framer.garbledBytes)
    }
  }

  /** The socket has room again. */
  drained(): void {
    this.#isBlocked = false
    this.#flush()
    if (this.#isResumeWanted && !this.#isBlocked) this.#resume()
  }

  /** The connection is gone. */
  closed(error: Error | undefined): void {
    this.#end(error === undefined ? 'the peer closed the connection' : messageOf(error))
  }

  #resume(): void {
    this.#isResumeWanted = false
    if (!this.#isOver) this.#work(() => this.#session.continueResend())
  }

  // ---- what the session asks for

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes + this.#filled - this.#sent
  }

  transmit(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isOver) return
    const length = end - start
    if (this.#filled + length > this.#arena.length) {
      this.#flush()
      this.#arena = new Uint8Array(Math.max(ARENA_BYTES, length))
      this.#filled = 0
      this.#sent = 0
    }
    const arena = this.#arena
    let at = this.#filled
    for (let i = start; i < end; i++) arena[at++] = bytes[i]
    this.#filled = at
    if (!this.#isReceiving) this.#flush()
  }

  disconnect(reason: string): void {
    this.#flush()
    this.#connection.close()
    this.#end(reason)
  }

  resume(whenDrained: boolean): void {
    if (this.#isResumeWanted) return
    this.#isResumeWanted = true
    if (this.#isBlocked) return
    if (whenDrained) this.#time.after(DRAIN_POLL_MS, () => this.#resume())
    else this.#time.nextTurn(() => this.#resume())
  }

  deadlineChanged(): void {
    if (this.#isOver) return
    const deadlineNs = this.#deadlineNs()
    if (deadlineNs >= this.#timerNs) return
    this.#timer?.cancel()
    this.#timerNs = deadlineNs
    this.#timer = this.#time.at(deadlineNs, () => this.#onTimer())
  }

  // ---- inside

  #flush(): void {
    if (this.#filled === this.#sent) return
    const taken = this.#connection.send(this.#arena.subarray(this.#sent, this.#filled))
    this.#sent = this.#filled
    if (taken || this.#isBlocked) return
    this.#isBlocked = true
    this.#blockedSinceNs = this.#time.monotonicNs()
    this.deadlineChanged()
  }

  #deadlineNs(): number {
    const deadlineNs = this.#session.nextDeadlineNs()
    if (!this.#isBlocked) return deadlineNs
    return Math.min(deadlineNs, this.#blockedSinceNs + this.#session.settings.sendTimeoutMs * NS_PER_MS)
  }

  /** Deadlines mostly move away while the timer runs: it looks again when it fires. */
  #onTimer(): void {
    const lateNs = this.#time.monotonicNs() - this.#timerNs
    this.#timer = undefined
    this.#timerNs = Number.POSITIVE_INFINITY
    if (this.#isOver) return
    const nowNs = this.#time.monotonicNs()
    if (this.#isBlocked && nowNs - this.#blockedSinceNs >= this.#session.settings.sendTimeoutMs * NS_PER_MS) {
      this.#session.disconnect('the peer reads nothing')
      this.#connection.destroy()
      return
    }
    this.#work(() => this.#session.onTimer(lateNs))
    this.deadlineChanged()
  }

  #end(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer?.cancel()
    this.#framer.reset()
    this.#session.disconnected(reason)
    this.#onEnd(reason)
  }
}
