/**
 * The dead-man switch of a system: a thread that throws the kill switch when the event loop hangs. What it did is put on
 * record, and open orders are canceled, as soon as the loop runs again; where it never does, a venue's cancel on disconnect
 * is what is left.
 */
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import { WatchdogThread } from '../core/watchdog-thread.js'
import type { OrderCore } from '../oms/order-core.js'
import * as Field from '../orders/order-fields.js'
import { KILL_WORD } from '../risk/trading-state.js'
import type { WatchdogConfig } from './risk-config.js'

const defaultTimeoutMs = 5_000

/** See the file's header. */
export class Watchdog {
  readonly #core: OrderCore
  readonly #thread: WatchdogThread
  readonly #timer: TimerHandle
  readonly #cancels: boolean

  constructor(core: OrderCore, time: Time, config: WatchdogConfig, onError: (error: unknown) => void) {
    const { timeoutMs = defaultTimeoutMs, cancel = true } = config
    this.#core = core
    this.#cancels = cancel
    this.#thread = new WatchdogThread({
      words: core.gate.states.words,
      // The word of the whole system.
      index: 0,
      bits: KILL_WORD,
      timeoutMs,
      onError,
    })
    this.#timer = time.every(timeoutMs / 8, () => this.#beat())
  }

  #beat(): void {
    if (this.#thread.takeFired()) this.#recover()
    this.#thread.beat()
  }

  #recover(): void {
    const core = this.#core
    core.kill('global', 0, 'watchdog', 'the event loop hung', this.#cancels ? 'cancel' : 'halt')
    if (!this.#cancels) return
    for (const row of core.table.rows())
      if (core.table.cells[row + Field.isOpen] === 1) core.cancel(core.table.cells[row])
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    this.#timer.cancel()
    await this.#thread.stop()
  }
}
