/**
 * Runaway submission: a strategy that sends more new orders and increases than allowed within a window is halted, whatever
 * became of them: refused and rejected ones count too, cancels do not. A person re-opens it.
 */
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import { SlidingWindow } from './sliding-window.js'
import type { Subject } from './subject.js'

/** So many submissions a window, by strategy. */
export interface RunawayOptions {
  limit: number
  windowMs: number
}

/** See the file's header. */
export class RunawayGuard implements GateCheck {
  readonly #windows: (SlidingWindow | undefined)[]
  readonly #options: RunawayOptions
  readonly #actions: GateParts['actions']

  constructor({ sizes, actions }: GateParts, options: RunawayOptions) {
    // Wrong options are told now.
    new SlidingWindow(options.limit, options.windowMs)
    this.#windows = new Array<SlidingWindow | undefined>(sizes.strategy).fill(undefined)
    this.#options = options
    this.#actions = actions
  }

  check(_row: number, order: Subject, isNew: boolean): number {
    if (!isNew && !raises(order)) return 0
    return this.#windowOf(order.strategy).hasRoom(order) ? 0 : Verdict.runaway
  }

  seen(_row: number, order: Subject, _verdict: number, isNew: boolean): void {
    if (!isNew && !raises(order)) return
    const window = this.#windowOf(order.strategy)
    if (window.hasRoom(order)) window.take(order)
    else
      this.#actions.halt(
        'strategy',
        order.strategy,
        'runaway',
        `more than ${this.#options.limit} submissions in ${this.#options.windowMs} ms`,
      )
  }

  #windowOf(strategy: number): SlidingWindow {
    let window = this.#windows[strategy]
    if (window === undefined) {
      window = new SlidingWindow(this.#options.limit, this.#options.windowMs)
      this.#windows[strategy] = window
    }
    return window
  }
}

function raises(order: Subject): boolean {
  return order.quantity - order.filled > order.reserved
}
