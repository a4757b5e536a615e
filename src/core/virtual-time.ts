/**
 * Time that stands still until it is told to move. Drives the whole system in simulation, backtest and tests: timers fire
 * in the order of (deadline, creation), so the same inputs give the same run, byte for byte.
 */
import { NS_PER_MS, NS_PER_US } from './clock.js'
import { TradewireError } from './errors.js'
import { repeat, requireFinite } from './real-time.js'
import type { TimerErrorHandler, TimerHandle } from './scheduler.js'
import type { Time } from './time.js'

const brand = Symbol.for('tradewire.virtual-time')

interface VirtualTimer {
  deadlineNs: number
  order: number
  callback: (() => void) | undefined
}

/** Where virtual time starts when nothing else is said: 2024-01-02 14:30:00 UTC, a Tuesday at the New York open. */
export const DEFAULT_VIRTUAL_EPOCH_US = 1_704_205_800_000_000

/** {@link VirtualTime.settle}: timers up to this far ahead run at once. */
const NEAR_MS = 1_000
/** {@link VirtualTime.runUntil}: turns of the real event loop in which nothing moves before it gives up: code that settles promises itself takes some. */
const MOST_IDLE_TURNS = 16
/** {@link VirtualTime.settle}: turns of at least a millisecond of real time before a far timer runs. */
const PATIENCE_TURNS = 2_000

/**
 * A virtual clock and scheduler.
 *
 * @example
 * ```ts
 * const time = new VirtualTime()
 * time.after(10, () => console.log('ten virtual milliseconds later'))
 * time.advanceMs(10)
 * ```
 */
export class VirtualTime implements Time {
  #epochUs: number
  #nowNs = 0
  #nextOrder = 0
  #live = 0
  #cancelled = 0
  #wantsSettling = false
  #steps = 0
  #heap: VirtualTimer[] = []
  readonly [brand] = true
  readonly #onError: TimerErrorHandler | undefined

  /** `epochUs`: the wall time at monotonic zero. `onError`: without it, what a callback throws comes out of the `advance` call. */
  constructor(options: { epochUs?: number; onError?: TimerErrorHandler } = {}) {
    this.#epochUs = options.epochUs ?? DEFAULT_VIRTUAL_EPOCH_US
    this.#onError = options.onError
  }

  /** True for the virtual time of either build of the package (ESM or CommonJS): its clock stands still all the same. */
  static [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: `this` is the class on the right of instanceof, which may be a subclass.
    const asked = this as typeof VirtualTime
    if (asked !== VirtualTime) return Object.prototype.isPrototypeOf.call(asked.prototype, value as object)
    return (value as { readonly [brand]?: unknown } | null | undefined)?.[brand] === true
  }

  get pendingTimers(): number {
    return this.#live
  }

  /** Counts timers that ran and moves of the clock: who has seen it change knows that somebody moves this clock. */
  get steps(): number {
    return this.#steps
  }

  /** A promise that code may await is about to settle: whoever moves the clock lets promises settle before it goes on. */
  requestSettling(): void {
    this.#wantsSettling = true
  }

  /** Whether {@link requestSettling} was called since the last call. For those who move the clock without awaiting. */
  takeSettlingRequest(): boolean {
    const wants = this.#wantsSettling
    this.#wantsSettling = false
    return wants
  }

  wallUs(): number {
    return this.#epochUs + Math.floor(this.#nowNs / NS_PER_US)
  }

  monotonicNs(): number {
    return this.#nowNs
  }

  /** Moves the wall clock by `deltaUs` without moving the monotonic clock: an NTP step, an operator, a daylight-saving bug. */
  stepWallClock(deltaUs: number): void {
    this.#epochUs += deltaUs
  }

  at(deadlineNs: number, callback: () => void): TimerHandle {
    requireFinite(deadlineNs, 'deadlineNs')
    const timer: VirtualTimer = { deadlineNs: Math.max(deadlineNs, this.#nowNs), order: this.#nextOrder++, callback }
    this.#push(timer)
    this.#live++
    return {
      cancel: () => {
        if (timer.callback === undefined) return
        timer.callback = undefined
        this.#live--
        this.#cancelled++
        if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#compact()
      },
    }
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    requireFinite(delayMs, 'delayMs')
    return this.at(this.#nowNs + Math.max(0, delayMs) * NS_PER_MS, callback)
  }

  every(intervalMs: number, callback: () => void): TimerHandle {
    return repeat(this, intervalMs, callback)
  }

  nextTurn(callback: () => void): TimerHandle {
    return this.at(this.#nowNs, callback)
  }

  /** The deadline of the earliest pending timer, or undefined when none waits. */
  nextDeadlineNs(): number | undefined {
    this.#dropCancelled()
    return this.#heap[0]?.deadlineNs
  }

  /** Moves the clock to the next timer and runs it. False when no timer waits, or when the next lies beyond `untilNs`. */
  runNext(untilNs = Number.POSITIVE_INFINITY): boolean {
    this.#dropCancelled()
    const timer = this.#heap[0]
    if (timer === undefined || timer.deadlineNs > untilNs) return false
    this.#pop()
    this.#nowNs = timer.deadlineNs
    this.#live--
    this.#steps++
    const callback = timer.callback as () => void
    timer.callback = undefined
    if (this.#onError === undefined) callback()
    else {
      try {
        callback()
      } catch (error) {
        this.#onError(error)
      }
    }
    return true
  }

  /** Runs every timer due up to `deadlineNs` and leaves the clock there. Promises do not settle in between. */
  advanceTo(deadlineNs: number): void {
    requireFinite(deadlineNs, 'deadlineNs')
    if (deadlineNs < this.#nowNs) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `deadlineNs ${deadlineNs} lies before now (${this.#nowNs}); time does not run backwards`,
      )
    }
    while (this.runNext(deadlineNs));
    this.#nowNs = Math.max(this.#nowNs, deadlineNs)
    this.#steps++
  }

  /** {@link advanceTo} by a duration in milliseconds. */
  advanceMs(durationMs: number): void {
    this.advanceTo(this.#nowNs + durationMs * NS_PER_MS)
  }

  /**
   * Moves the clock forward to `nowNs`, but not past the next timer, and runs nothing: for a replay whose rows carry their
   * own times. A time that lies in the past changes nothing.
   */
  jumpTo(nowNs: number): void {
    requireFinite(nowNs, 'nowNs')
    const next = this.nextDeadlineNs()
    this.#nowNs = Math.max(this.#nowNs, next === undefined ? nowNs : Math.min(nowNs, next))
  }

  /**
   * As {@link advanceMs}, but lets every promise settle between timers: for code that awaits.
   * Each step costs one turn of the real event loop.
   */
  async advanceMsAsync(durationMs: number): Promise<void> {
    requireFinite(durationMs, 'durationMs')
    const deadlineNs = this.#nowNs + durationMs * NS_PER_MS
    await settlePromises()
    while (this.runNext(deadlineNs)) await settlePromises()
    this.#nowNs = Math.max(this.#nowNs, deadlineNs)
    await settlePromises()
  }

  /**
   * Runs timers and lets promises settle until `promise` does.
   *
   * @throws TradewireError `TW_INVALID_STATE` when no timer is left, or none within `limitMs`, that could settle it.
   */
  async runUntil<T>(promise: Promise<T>, limitMs = Number.POSITIVE_INFINITY): Promise<T> {
    const limitNs = this.#nowNs + limitMs * NS_PER_MS
    let settled = false
    const mark = () => {
      settled = true
    }
    promise.then(mark, mark)
    await settlePromises()
    for (let idleTurns = 0; !settled; ) {
      if (this.runNext(limitNs)) idleTurns = 0
      else if (++idleTurns > MOST_IDLE_TURNS) {
        const which = this.#live === 0 ? 'No timer is left' : `No timer within ${limitMs} ms is left`
        throw new TradewireError('TW_INVALID_STATE', `${which} and the awaited promise has not settled`)
      }
      await settlePromises()
    }
    return promise
  }

  /**
   * Runs timers and lets promises settle until `promise` does, where real input and output may be under way as well (files
   * being opened): near timers (delays of a simulated line) run at once, far ones (time-outs) only when nothing has moved
   * for a while of real time. Waits as long as the promise takes.
   */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const mark = () => {
      settled = true
    }
    promise.then(mark, mark)
    let horizonNs = this.#nowNs + NEAR_MS * NS_PER_MS
    let idleTurns = 0
    while (!settled) {
      await settlePromises()
      if (settled) break
      if (this.runNext(horizonNs)) idleTurns = 0
      else if (++idleTurns < PATIENCE_TURNS) await new Promise((resolve) => setTimeout(resolve, 1))
      else {
        if (this.runNext()) horizonNs = this.#nowNs + NEAR_MS * NS_PER_MS
        idleTurns = 0
      }
    }
    return promise
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && (this.#heap[0] as VirtualTimer).callback === undefined) {
      this.#pop()
      this.#cancelled--
    }
  }

  /** Forgets cancelled timers: a timeout armed and cancelled for every message must not pile up until its deadline. */
  #compact(): void {
    const live = this.#heap.filter((timer) => timer.callback !== undefined)
    this.#heap = []
    this.#cancelled = 0
    for (const timer of live) this.#push(timer)
  }

  #push(timer: VirtualTimer): void {
    const heap = this.#heap
    let index = heap.push(timer) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(timer, heap[parent] as VirtualTimer)) break
      heap[index] = heap[parent] as VirtualTimer
      index = parent
    }
    heap[index] = timer
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as VirtualTimer
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as VirtualTimer, heap[child] as VirtualTimer)) child++
      if (!isBefore(heap[child] as VirtualTimer, last)) break
      heap[index] = heap[child] as VirtualTimer
      index = child
    }
    heap[index] = last
  }
}

/** Lets every promise that can settle do so: a macrotask runs only when the microtask queue is empty. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function isBefore(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.deadlineNs < b.deadlineNs || (a.deadlineNs === b.deadlineNs && a.order < b.order)
}
