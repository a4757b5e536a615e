/** The time of one process: it ends with the process, and with it every timer that the process had set. */

import { repeat } from '../../src/core/real-time.js'
import type { TimerHandle } from '../../src/core/scheduler.js'
import type { Time } from '../../src/core/time.js'
import type { VirtualTime } from '../../src/core/virtual-time.js'

/** Virtual time as one process sees it. */
export class ProcessTime implements Time {
  readonly #world: VirtualTime
  readonly #timers = new Set<TimerHandle>()
  #isDead = false

  constructor(world: VirtualTime) {
    this.#world = world
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  wallUs(): number {
    return this.#world.wallUs()
  }

  monotonicNs(): number {
    return this.#world.monotonicNs()
  }

  at(deadlineNs: number, callback: () => void): TimerHandle {
    if (this.#isDead) return { cancel: () => {} }
    const timer = this.#world.at(deadlineNs, () => {
      this.#timers.delete(handle)
      callback()
    })
    const handle: TimerHandle = {
      cancel: () => {
        this.#timers.delete(handle)
        timer.cancel()
      },
    }
    this.#timers.add(handle)
    return handle
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    return this.at(this.monotonicNs() + Math.max(0, delayMs) * 1_000_000, callback)
  }

  every(intervalMs: number, callback: () => void): TimerHandle {
    return repeat(this, intervalMs, callback)
  }

  nextTurn(callback: () => void): TimerHandle {
    return this.at(this.monotonicNs(), callback)
  }

  /** The process is no more. */
  kill(): void {
    this.#isDead = true
    for (const timer of [...this.#timers]) timer.cancel()
  }
}
