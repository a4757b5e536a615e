/**
 * Finds out that a wait on virtual time can never end: nobody moves the clock. Without it a program that awaits an order
 * and never runs the market would end without a word, because nothing keeps its process alive.
 *
 * The watch looks at the clock from real time. It keeps the process alive for as long as it needs to be sure.
 */
import type { VirtualTime } from './virtual-time.js'

/** Real milliseconds between two looks. */
const lookEveryMs = 100
/** So many looks in a row must find the clock where it was. */
const looksInVain = 10

/** Watches one clock, while something waits for it. */
export class StandstillWatch {
  readonly #time: VirtualTime
  readonly #isNeeded: () => boolean
  readonly #onStandstill: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #steps = -1
  #inVain = 0

  /** `isNeeded`: whether anything still waits for the clock, and nobody is known to move it. */
  constructor(time: VirtualTime, isNeeded: () => boolean, onStandstill: () => void) {
    this.#time = time
    this.#isNeeded = isNeeded
    this.#onStandstill = onStandstill
  }

  /** Something waits from now on. Cheap when the watch is on already. */
  begin(): void {
    if (this.#timer !== undefined) return
    this.#steps = this.#time.steps
    this.#inVain = 0
    this.#timer = setTimeout(() => this.#look(), lookEveryMs)
  }

  /** Ends the watch. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    this.#timer = undefined
    if (!this.#isNeeded()) return
    const { steps } = this.#time
    this.#inVain = steps === this.#steps ? this.#inVain + 1 : 0
    this.#steps = steps
    if (this.#inVain < looksInVain) this.#timer = setTimeout(() => this.#look(), lookEveryMs)
    else this.#onStandstill()
  }
}
