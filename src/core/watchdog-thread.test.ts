import { describe, expect, it } from 'vitest'
import { WatchdogThread } from './watchdog-thread.js'

/** Holds the event loop for a while. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('the watchdog', () => {
  it('sets the bits while the loop hangs, once, and not while it lives', async () => {
    const words = new Int32Array(new SharedArrayBuffer(8))
    const errors: Error[] = []
    const dog = new WatchdogThread({ words, index: 1, bits: 5, timeoutMs: 400, onError: (error) => errors.push(error) })
    for (let i = 0; i < 20; i++) {
      dog.beat()
      await pause(20)
    }
    expect([Atomics.load(words, 1), dog.takeFired()]).toEqual([0, false])
    dog.beat()
    block(1_500)
    expect(Atomics.load(words, 1)).toBe(5)
    expect([dog.takeFired(), dog.takeFired(), Atomics.load(words, 0)]).toEqual([true, false, 0])
    await dog.stop()
    expect(errors).toEqual([])
  })
})
