/** The time of one process: it ends with the process, it may stand still for a while, and its wall clock may be wrong. */

import { repeat } from '../../src/core/real-time.js'
import type { TimerHandle } from '../../src/core/scheduler.js'
import type { Time } from '../../src/core/time.js'
import type { VirtualTime } from '../../src/core/virtual-time.js'

/** What the processes of one machine share. */
export interface Machine {
  /** How far the wall clock is off. */
  skewUs: number
  /** The machine stands still until then: no timer runs, no message is read. */
  frozenUntilNs: number
}

/** Virtual time as one process sees it. */
export class ProcessTime implements Time {
  readonly #world: VirtualTime
  readonly #machine: Machine
  readonly #timers = new Set<TimerHandle>()
  #isDead = false

  constructor(world: VirtualTime, machine: Machine) {
    this.#world = world
    this.#machine = machine
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Whether the process stands still now. */
  get isFrozen(): boolean {
    return this.#world.monotonicNs() < this.#machine.frozenUntilNs
  }

  wallUs(): number {
    return this.#world.wallUs() + this.#machine.skewUs
  }

  monotonicNs(): number {
    return this.#world.monotonicNs()
  }

  at(deadlineNs: number, callback: () => void): TimerHandle {
    if (this.#isDead) return { cancel: () => {} }
    let timer: TimerHandle
    const fire = (): void => {
      if (this.isFrozen) {
        timer = this.#world.at(this.#machine.frozenUntilNs, fire)
        return
      }
      this.#timers.delete(handle)
      callback()
    }
    timer = this.#world.at(deadlineNs, fire)
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
