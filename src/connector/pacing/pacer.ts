/**
 * Keeps a connector within its venue's message limits, the urgent before the rest.
 *
 *   new orders, changes   ─► tryTake: now or never. An order that waited would be older than its approval
 *   cancels               ─► now, or as soon as anything may be sent: they only ever make things safer
 *   queries, streams …    ─► run: now, or in line behind what is more urgent, first come first served
 *
 * A class waits while a more urgent one waits for a window that both count in. What is said here counts from the call, so
 * whoever is let through has to send in the same turn.
 */
import { TradewireError } from '../../core/errors.js'
import type { TimerHandle } from '../../core/scheduler.js'
import { abortError, listenForAbort, type Time } from '../../core/time.js'
import { checkPacing, type PacingClass, type PacingOptions, pacingClasses } from './pacing-options.js'
import { WindowLog } from './window-log.js'

/** Index of a class: 0 is the most urgent. */
export const PacingRank = {
  cancel: 0,
  reduce: 1,
  order: 2,
  query: 3,
  subscription: 4,
  history: 5,
} as const satisfies Record<PacingClass, number>

/** One message in line. */
interface Waiting {
  readonly weight: number
  readonly sinceNs: number
  send(): void
  fail(error: TradewireError): void
}

/** What a pacer has counted, by class. */
export interface PacingReport {
  /** Messages let through, those that waited included. */
  sent: Record<PacingClass, number>
  /** Messages that waited before they were let through. */
  waited: Record<PacingClass, number>
  /** Messages refused: orders without a slot, and what was one too many in line. */
  refused: Record<PacingClass, number>
  /** Messages in line now. */
  waiting: Record<PacingClass, number>
}

/** Lets messages through at the pace of the venue. */
export class Pacer {
  /** Called with the class and the nanoseconds that a message waited. */
  onWaited: ((rank: number, waitedNs: number) => void) | undefined
  readonly #time: Time
  readonly #windows: readonly WindowLog[]
  /** By rank, the ranks it shares a window with, as bits. */
  readonly #shares: readonly number[]
  readonly #lines: Waiting[][] = pacingClasses.map(() => [])
  readonly #maxWaiting: number
  readonly #sent = pacingClasses.map(() => 0)
  readonly #waited = pacingClasses.map(() => 0)
  readonly #refused = pacingClasses.map(() => 0)
  #inLine = 0
  #timer: TimerHandle | undefined
  #timerNs = 0

  /** @throws TradewireError `TW_INVALID_CONFIG`. */
  constructor(options: PacingOptions, time: Time) {
    const checked = checkPacing(options)
    this.#time = time
    this.#maxWaiting = checked.maxWaiting
    this.#windows = checked.windows.map((window) => new WindowLog(window, checked))
    this.#shares = pacingClasses.map((_, rank) => {
      let bits = 0
      for (const { weights } of this.#windows)
        for (let other = 0; other < weights.length; other++)
          if ((weights[rank] as number) > 0 && (weights[other] as number) > 0) bits |= 1 << other
      return bits
    })
  }

  /** Messages in line. */
  get waiting(): number {
    return this.#inLine
  }

  /** Whether a message could be sent now. Takes nothing. */
  hasRoom(rank: number, weight = 1): boolean {
    return !this.#isBehind(rank) && this.#fits(this.#time.monotonicNs(), rank, weight)
  }

  /** A message was refused for want of room. */
  countRefusal(rank: number): void {
    this.#refused[rank] = (this.#refused[rank] as number) + 1
  }

  /** Takes a slot now, or says no and counts the refusal. */
  tryTake(rank: number, weight = 1): boolean {
    const nowNs = this.#time.monotonicNs()
    if (this.#isBehind(rank) || !this.#fits(nowNs, rank, weight)) {
      this.countRefusal(rank)
      return false
    }
    this.#take(nowNs, rank, weight)
    return true
  }

  /**
   * Calls `send` now or when it is its turn; `fail` instead when the line is dropped. Returns a way to leave the line.
   *
   * @throws TradewireError `TW_CAPACITY` when too many of its class wait; `TW_INVALID_ARGUMENT` for a weight that never fits.
   */
  enqueue(rank: number, weight: number, send: () => void, fail: (error: TradewireError) => void): () => void {
    this.#requireWeight(rank, weight)
    const nowNs = this.#time.monotonicNs()
    const line = this.#lines[rank] as Waiting[]
    if (line.length === 0 && !this.#isBehind(rank) && this.#fits(nowNs, rank, weight)) {
      this.#take(nowNs, rank, weight)
      send()
      return () => {}
    }
    if (line.length >= this.#maxWaiting) {
      this.countRefusal(rank)
      throw new TradewireError(
        'TW_CAPACITY',
        `${line.length} messages of class ${pacingClasses[rank]} wait for the venue already; raise pacing.maxWaiting`,
      )
    }
    const entry: Waiting = { weight, sinceNs: nowNs, send, fail }
    line.push(entry)
    this.#inLine++
    this.#arm()
    return () => this.#leave(line, entry)
  }

  /**
   * Runs an operation now or when it is its turn.
   *
   * @throws TradewireError as {@link enqueue}; `TW_ABORTED` when the signal fires while it waits; what {@link drop} was given.
   */
  run<T>(
    rank: number,
    operation: () => Promise<T>,
    options: { weight?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const { weight = 1, signal } = options
    if (signal?.aborted) return Promise.reject(abortError(signal))
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        leave()
        reject(abortError(signal as AbortSignal))
      }
      let leave = () => {}
      const send = () => {
        signal?.removeEventListener('abort', onAbort)
        try {
          operation().then(resolve, reject)
        } catch (error) {
          reject(error)
        }
      }
      const fail = (error: TradewireError) => {
        signal?.removeEventListener('abort', onAbort)
        reject(error)
      }
      listenForAbort(signal, onAbort)
      try {
        leave = this.enqueue(rank, weight, send, fail)
      } catch (error) {
        fail(error as TradewireError)
      }
    })
  }

  /** Everybody in line is told that it will not be their turn: the connection is gone. What was sent still counts. */
  drop(error: TradewireError): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#inLine = 0
    for (const line of this.#lines) for (const entry of line.splice(0)) entry.fail(error)
  }

  /** A copy of the counters. */
  report(): PacingReport {
    const byClass = (counts: readonly number[]) =>
      Object.fromEntries(pacingClasses.map((kind, rank) => [kind, counts[rank]])) as Record<PacingClass, number>
    return {
      sent: byClass(this.#sent),
      waited: byClass(this.#waited),
      refused: byClass(this.#refused),
      waiting: byClass(this.#lines.map((line) => line.length)),
    }
  }

  /** Whether somebody at least as urgent waits for a window that this class counts in. */
  #isBehind(rank: number): boolean {
    if (this.#inLine === 0) return false
    const shares = this.#shares[rank] as number
    for (let other = 0; other <= rank; other++)
      if (((shares >> other) & 1) === 1 && (this.#lines[other] as Waiting[]).length > 0) return true
    return false
  }

  #fits(nowNs: number, rank: number, weight: number): boolean {
    for (const window of this.#windows) if (!window.fits(nowNs, rank, weight)) return false
    return true
  }

  #take(nowNs: number, rank: number, weight: number): void {
    for (const window of this.#windows) window.add(nowNs, rank, weight)
    this.#sent[rank] = (this.#sent[rank] as number) + 1
  }

  #requireWeight(rank: number, weight: number): void {
    const isHeavy = (window: WindowLog) => (window.weights[rank] as number) * weight > (window.open[rank] as number)
    if (Number.isSafeInteger(weight) && weight >= 1 && !this.#windows.some(isHeavy)) return
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `A message of class ${pacingClasses[rank]} and weight ${weight} never fits into what pacing leaves open to it`,
    )
  }

  #leave(line: Waiting[], entry: Waiting): void {
    const at = line.indexOf(entry)
    if (at < 0) return
    line.splice(at, 1)
    this.#inLine--
    // What stood behind it may be next.
    this.#arm()
  }

  /** Lets through whoever's turn it is. */
  #serve(): void {
    try {
      this.#serveInOrder()
    } finally {
      this.#arm()
    }
  }

  #serveInOrder(): void {
    let blocked = 0
    for (let rank = 0; rank < this.#lines.length; rank++) {
      if (((blocked >> rank) & 1) === 1) continue
      const line = this.#lines[rank] as Waiting[]
      const nowNs = this.#time.monotonicNs()
      while (line.length > 0 && this.#fits(nowNs, rank, (line[0] as Waiting).weight)) {
        const entry = line.shift() as Waiting
        this.#inLine--
        this.#take(nowNs, rank, entry.weight)
        this.#waited[rank] = (this.#waited[rank] as number) + 1
        this.onWaited?.(rank, nowNs - entry.sinceNs)
        entry.send()
      }
      if (line.length > 0) blocked |= this.#shares[rank] as number
    }
  }

  /** Sets the timer to the first moment at which anybody's turn may come. */
  #arm(): void {
    let nextNs = Number.POSITIVE_INFINITY
    let blocked = 0
    const nowNs = this.#time.monotonicNs()
    for (let rank = 0; rank < this.#lines.length; rank++) {
      const first = (this.#lines[rank] as Waiting[])[0]
      if (first === undefined || ((blocked >> rank) & 1) === 1) continue
      blocked |= this.#shares[rank] as number
      let freeNs = nowNs
      for (const window of this.#windows) freeNs = Math.max(freeNs, window.freeAtNs(nowNs, rank, first.weight))
      nextNs = Math.min(nextNs, freeNs)
    }
    if (this.#timer !== undefined && nextNs === this.#timerNs) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (nextNs === Number.POSITIVE_INFINITY) return
    this.#timerNs = nextNs
    this.#timer = this.#time.at(nextNs, () => {
      this.#timer = undefined
      this.#serve()
    })
  }
}
