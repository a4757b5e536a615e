import { afterEach, describe, expect, it, vi } from 'vitest'
import { RealTime } from './real-time.js'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

afterEach(() => vi.restoreAllMocks())

describe('RealTime', () => {
  it('fires at or after the deadline, never before, in order of deadlines', async () => {
    const time = new RealTime()
    const seen: number[] = []
    await Promise.all(
      [12, 3, 7.5].map(
        (delayMs) =>
          new Promise<void>((resolve) => {
            const deadlineNs = time.monotonicNs() + delayMs * 1e6
            time.at(deadlineNs, () => {
              expect(time.monotonicNs()).toBeGreaterThanOrEqual(deadlineNs)
              seen.push(delayMs)
              resolve()
            })
          }),
      ),
    )
    expect(seen).toEqual([3, 7.5, 12])
    expect(time.pendingTimers).toBe(0)
  })

  it('waits again when the timer fires early', () => {
    const time = new RealTime()
    let nowNs = 0
    vi.spyOn(time, 'monotonicNs').mockImplementation(() => nowNs)
    const waits: [fire: () => void, ms: number][] = []
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((fire: () => void, ms: number) =>
      waits.push([fire, ms])) as never)
    let calls = 0
    time.at(500e6, () => calls++)
    for (const elapsedNs of [499.2e6, 499.999999e6, 500e6]) {
      nowNs = elapsedNs
      waits.at(-1)?.[0]()
    }
    expect([waits.map(([, ms]) => ms), calls, time.pendingTimers]).toEqual([[500, 1, 1], 1, 0])
  })

  it('re-arms waits that are longer than a timer can be', () => {
    const delays: number[] = []
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((_: () => void, ms: number) => delays.push(ms)) as never)
    new RealTime().after(9e9, () => {})
    expect(delays).toEqual([2_000_000_000])
  })

  it('cancels every kind of timer and leaves none pending', async () => {
    const time = new RealTime()
    let calls = 0
    const count = () => {
      calls++
    }
    const timers = [time.after(1, count), time.every(1, count), time.nextTurn(count), time.at(0, count)]
    expect(time.pendingTimers).toBe(4)
    for (const timer of [...timers, ...timers]) timer.cancel()
    expect(time.pendingTimers).toBe(0)
    await wait(10)
    expect(calls).toBe(0)
  })

  it('repeats until cancelled, also from within', async () => {
    const time = new RealTime()
    let calls = 0
    await new Promise<void>((resolve) => {
      const timer = time.every(2, () => {
        if (++calls < 3) return
        timer.cancel()
        resolve()
      })
    })
    await wait(10)
    expect([calls, time.pendingTimers]).toEqual([3, 0])
  })

  it('merges the runs that a busy process missed', async () => {
    const time = new RealTime()
    let calls = 0
    const timer = time.every(5, () => calls++)
    const untilNs = time.monotonicNs() + 200e6
    while (time.monotonicNs() < untilNs);
    await new Promise((resolve) => setImmediate(() => setTimeout(resolve, 0)))
    timer.cancel()
    expect(calls).toBeGreaterThanOrEqual(1)
    // Forty runs were due: a burst would make them all.
    expect(calls).toBeLessThan(20)
  })

  it('runs the next turn after input that waits, and counts it', async () => {
    const time = new RealTime()
    const handle = await new Promise<{ cancel(): void }>((resolve) => {
      const timer = time.nextTurn(() => resolve(timer))
      expect(time.pendingTimers).toBe(1)
    })
    handle.cancel()
    expect(time.pendingTimers).toBe(0)
  })

  it('hands what callbacks throw to the error handler and goes on', async () => {
    const errors: unknown[] = []
    const time = new RealTime((error) => errors.push(error))
    time.nextTurn(() => {
      throw new Error('turn')
    })
    time.after(1, () => {
      throw new Error('timer')
    })
    await new Promise<void>((resolve) => time.after(5, resolve))
    expect(errors.map((error) => (error as Error).message)).toEqual(['turn', 'timer'])
    expect(time.pendingTimers).toBe(0)
  })

  it('without a handler throws on a turn of its own, as the platform does', async () => {
    const time = new RealTime()
    const thrown: unknown[] = []
    const real = setImmediate
    vi.spyOn(globalThis, 'setImmediate').mockImplementation(((callback: () => void) =>
      real(() => {
        try {
          callback()
        } catch (error) {
          thrown.push(error)
        }
      })) as never)
    time.after(0, () => {
      throw new Error('nobody listens')
    })
    await vi.waitFor(() => expect(thrown).toHaveLength(1), { timeout: 10_000 })
  })

  it('shows wall time in microseconds that agree with the platform clock to a millisecond', () => {
    const time = new RealTime()
    const fractions = new Set<number>()
    for (let i = 0; i < 20_000; i++) {
      const beforeMs = Date.now()
      const wallUs = time.wallUs()
      const afterMs = Date.now()
      expect(Number.isSafeInteger(wallUs)).toBe(true)
      expect(wallUs).toBeGreaterThanOrEqual((beforeMs - 1) * 1_000)
      expect(wallUs).toBeLessThan((afterMs + 2) * 1_000)
      fractions.add(wallUs % 1_000)
    }
    expect(fractions.size).toBeGreaterThan(50)
  })

  it('follows the wall clock within a millisecond when it is set, and keeps the monotonic clock apart', () => {
    const time = new RealTime()
    const before = time.monotonicNs()
    time.wallUs()
    for (const shiftMs of [-3_600_000, 7_200_000]) {
      const real = Date.now()
      vi.spyOn(Date, 'now').mockReturnValue(real + shiftMs)
      const untilNs = time.monotonicNs() + 1_100_000
      while (time.monotonicNs() < untilNs);
      expect(Math.floor(time.wallUs() / 1_000)).toBe(real + shiftMs)
      vi.restoreAllMocks()
    }
    expect(time.monotonicNs()).toBeGreaterThanOrEqual(before)
  })

  it('reads the platform clock once a millisecond at most', () => {
    const time = new RealTime()
    const read = vi.spyOn(Date, 'now')
    const startNs = time.monotonicNs()
    for (let i = 0; i < 1_000; i++) time.wallUs()
    const elapsedMs = (time.monotonicNs() - startNs) / 1e6
    expect(read.mock.calls.length).toBeGreaterThan(0)
    expect(read.mock.calls.length).toBeLessThanOrEqual(Math.ceil(elapsedMs) + 1)
  })

  it('refuses times that are no numbers', () => {
    const time = new RealTime()
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(() => time.at(bad, () => {})).toThrow(/deadlineNs.*TW_INVALID_ARGUMENT/)
      expect(() => time.after(bad, () => {})).toThrow(/delayMs.*TW_INVALID_ARGUMENT/)
      expect(() => time.every(bad, () => {})).toThrow(/intervalMs.*TW_INVALID_ARGUMENT/)
    }
    expect(() => time.every(-1, () => {})).toThrow(/intervalMs must be above 0/)
    expect(time.pendingTimers).toBe(0)
  })
})
