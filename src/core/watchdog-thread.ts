/**
 * A watchdog on a thread of its own: where the event loop hangs, nothing on it can act any more, but another thread can set
 * bits in shared memory.
 *
 * The owner moves a counter from time to time; the thread looks at it, and where it stood still for too long it ORs a value
 * into a word that the owner reads before everything it does. Nothing is received, parsed or run on that thread.
 */
import type { Worker } from 'node:worker_threads'

/** What a watchdog watches and does. */
export interface WatchdogOptions {
  /** The word that is set, in shared memory. */
  words: Int32Array
  index: number
  /** Bits that are ORed into it. */
  bits: number
  /** How long the counter may stand still. */
  timeoutMs: number
  /** What ended the thread where it ended by itself. */
  onError(error: Error): void
}

const source = `
const { workerData: { words, state, index, bits, timeoutMs } } = require('node:worker_threads')
let seen = Atomics.load(state, 0)
let since = process.hrtime.bigint()
for (;;) {
  Atomics.wait(state, 1, 0, Math.max(1, timeoutMs / 8))
  if (Atomics.load(state, 1) !== 0) break
  const now = process.hrtime.bigint()
  const beat = Atomics.load(state, 0)
  if (beat !== seen) { seen = beat; since = now }
  else if (Number(now - since) >= timeoutMs * 1e6 && Atomics.compareExchange(state, 2, 0, 1) === 0) Atomics.or(words, index, bits)
}`

/** See the file's header. */
export class WatchdogThread {
  /** Beats of the owner, whether to end, whether it fired. */
  readonly #state = new Int32Array(new SharedArrayBuffer(12))
  readonly #worker: Worker

  constructor({ words, index, bits, timeoutMs, onError }: WatchdogOptions) {
    // Loaded when a watchdog is wanted: a mere import of the library loads no threads.
    const { Worker: Thread } = process.getBuiltinModule('node:worker_threads')
    this.#worker = new Thread(source, { eval: true, workerData: { words, state: this.#state, index, bits, timeoutMs } })
    this.#worker.on('error', onError)
    this.#worker.unref()
  }

  /** The owner lives. */
  beat(): void {
    Atomics.add(this.#state, 0, 1)
  }

  /** Whether it fired since the last call. */
  takeFired(): boolean {
    return Atomics.exchange(this.#state, 2, 0) === 1
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    Atomics.store(this.#state, 1, 1)
    Atomics.notify(this.#state, 1)
    await this.#worker.terminate()
  }
}
