import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { repeat } from './real-time.js'
import { sleep, type Time } from './time.js'
import { DEFAULT_VIRTUAL_EPOCH_US, settlePromises, VirtualTime } from './virtual-time.js'

describe('VirtualTime', () => {
  it('stands still until it is told to move, and shows wall time in whole microseconds', () => {
    const time = new VirtualTime()
    expect([time.monotonicNs(), time.wallUs()]).toEqual([0, DEFAULT_VIRTUAL_EPOCH_US])
    time.advanceTo(1_999)
    expect([time.monotonicNs(), time.wallUs()]).toEqual([1_999, DEFAULT_VIRTUAL_EPOCH_US + 1])
    const early = new VirtualTime({ epochUs: 5 })
    early.stepWallClock(-7)
    expect([early.wallUs(), early.monotonicNs()]).toEqual([-2, 0])
  })

  it('runs timers by deadline, then by creation, each at its own time', () => {
    const time = new VirtualTime()
    const seen: string[] = []
    const note = (name: string) => () => seen.push(`${name}@${time.monotonicNs() / 1e6}`)
    time.after(20, note('c'))
    time.after(10, note('a'))
    time.after(10, note('b'))
    time.nextTurn(note('now'))
    time.at(-5, note('past'))
    time.after(31, note('later'))
    time.advanceMs(30)
    expect(seen).toEqual(['now@0', 'past@0', 'a@10', 'b@10', 'c@20'])
    expect([time.monotonicNs(), time.pendingTimers, time.nextDeadlineNs()]).toEqual([30e6, 1, 31e6])
  })

  it('runs timers in the order (deadline, creation) whatever is cancelled in between', () => {
    const action = fc.record({ delayMs: fc.nat(50), cancel: fc.option(fc.nat(200), { nil: undefined }) })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
        const time = new VirtualTime()
        const ran: number[] = []
        const timers = actions.map(({ delayMs }, i) => ({ delayMs, i, handle: time.after(delayMs, () => ran.push(i)) }))
        const cancelled = new Set<number>()
        for (const { cancel } of actions) {
          if (cancel === undefined || cancel >= timers.length) continue
          timers[cancel]!.handle.cancel()
          timers[cancel]!.handle.cancel()
          cancelled.add(cancel)
        }
        expect(time.pendingTimers).toBe(timers.length - cancelled.size)
        time.advanceMs(50)
        const due = timers.filter(({ i }) => !cancelled.has(i)).sort((a, b) => a.delayMs - b.delayMs || a.i - b.i)
        expect(ran).toEqual(due.map(({ i }) => i))
        expect([time.pendingTimers, time.nextDeadlineNs()]).toEqual([0, undefined])
      }),
      { numRuns: runs({ ci: 200, full: 5_000 }) },
    )
  })

  it('forgets cancelled timers instead of keeping them until their deadline', async () => {
    const time = new VirtualTime()
    const collected: WeakRef<object>[] = []
    for (let i = 0; i < 10_000; i++) {
      const captured = { i }
      collected.push(new WeakRef(captured))
      time.after(86_400_000, () => captured.i++).cancel()
    }
    expect(time.pendingTimers).toBe(0)
    const seen: number[] = []
    time.after(5, () => seen.push(5))
    for (let i = 0; i < 200; i++) time.after(7, () => seen.push(7)).cancel()
    time.after(6, () => seen.push(6))
    time.advanceMs(10)
    expect(seen).toEqual([5, 6])
    // A WeakRef holds its target until the end of the turn it was made in.
    await settlePromises()
    setFlagsFromString('--expose-gc')
    runInNewContext('gc')()
    expect(collected.filter((reference) => reference.deref() !== undefined).length).toBeLessThan(500)
  })

  it('cancels from within callbacks', () => {
    const time = new VirtualTime()
    const seen: string[] = []
    const second = time.after(10, () => seen.push('second'))
    const first = time.after(5, () => {
      seen.push('first')
      second.cancel()
      first.cancel()
    })
    const every = time.every(3, () => {
      seen.push('every')
      if (seen.filter((name) => name === 'every').length === 2) every.cancel()
    })
    time.advanceMs(100)
    expect(seen).toEqual(['every', 'first', 'every'])
    expect(time.pendingTimers).toBe(0)
  })

  it('repeats without drift: run k is due at start + k * interval', () => {
    const time = new VirtualTime()
    time.advanceMs(7)
    const at: number[] = []
    const timer = time.every(1 / 3, () => at.push(time.monotonicNs()))
    time.advanceMs(1_000)
    expect(at).toHaveLength(3_000)
    for (const [i, ns] of at.entries()) expect(Math.abs(ns - (7e6 + ((i + 1) * 1e6) / 3))).toBeLessThan(1e-3)
    timer.cancel()
    expect(time.pendingTimers).toBe(0)
    expect(() => time.every(0, () => {})).toThrow(/intervalMs must be above 0.*TW_INVALID_ARGUMENT/)
  })

  it('merges the runs that a stall missed into one', () => {
    let nowNs = 0
    let armed: { deadlineNs: number; callback: () => void } | undefined
    const stalling = {
      monotonicNs: () => nowNs,
      at: (deadlineNs: number, callback: () => void) => {
        armed = { deadlineNs, callback }
        return { cancel: () => {} }
      },
    } as unknown as Time
    const deadlines: number[] = []
    repeat(stalling, 10, () => deadlines.push(nowNs / 1e6))
    nowNs = 10e6
    armed?.callback()
    expect(armed?.deadlineNs).toBe(20e6)
    nowNs = 57e6
    armed?.callback()
    expect(armed?.deadlineNs).toBe(60e6)
    expect(deadlines).toEqual([10, 57])
  })

  it('goes on repeating when a run throws', () => {
    const errors: unknown[] = []
    const time = new VirtualTime({ onError: (error) => errors.push(error) })
    let calls = 0
    time.every(10, () => {
      calls++
      throw new Error(`run ${calls}`)
    })
    time.advanceMs(35)
    expect([calls, errors.length, time.pendingTimers]).toEqual([3, 3, 1])
    const strict = new VirtualTime()
    strict.after(1, () => {
      throw new Error('to the caller')
    })
    expect(() => strict.advanceMs(1)).toThrow('to the caller')
    expect(strict.pendingTimers).toBe(0)
  })

  it('jumps no further than the next timer, and never back', () => {
    const time = new VirtualTime()
    let ran = 0
    time.after(10, () => ran++)
    time.jumpTo(4e6)
    expect(time.monotonicNs()).toBe(4e6)
    time.jumpTo(99e6)
    expect([time.monotonicNs(), ran]).toEqual([10e6, 0])
    time.jumpTo(1e6)
    expect(time.monotonicNs()).toBe(10e6)
    time.advanceMs(0)
    expect(ran).toBe(1)
    time.jumpTo(99e6)
    expect(time.monotonicNs()).toBe(99e6)
  })

  it('refuses times that are no numbers or lie in the past', async () => {
    const time = new VirtualTime()
    time.advanceMs(5)
    time.every(1, () => {})
    expect(() => time.advanceTo(1)).toThrow(/lies before now.*TW_INVALID_ARGUMENT/)
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => time.at(bad, () => {})).toThrow('deadlineNs must be a finite number')
      expect(() => time.after(bad, () => {})).toThrow('delayMs must be a finite number')
      expect(() => time.every(bad, () => {})).toThrow('intervalMs must be a finite number')
      expect(() => time.advanceMs(bad)).toThrow('must be a finite number')
      expect(() => time.jumpTo(bad)).toThrow('must be a finite number')
      await expect(time.advanceMsAsync(bad)).rejects.toThrow('must be a finite number')
    }
    expect(time.monotonicNs()).toBe(5e6)
  })

  it('never moves back when a callback moves it on', () => {
    const time = new VirtualTime()
    time.after(1, () => time.advanceMs(100))
    time.advanceMs(2)
    expect(time.monotonicNs()).toBe(101e6)
  })

  it('lets promises settle between timers', async () => {
    const time = new VirtualTime()
    const seen: string[] = []
    time.after(1, () => void Promise.resolve().then(() => seen.push('settled')))
    time.after(2, () => seen.push('second timer'))
    await time.advanceMsAsync(5)
    expect(seen).toEqual(['settled', 'second timer'])
    expect(time.monotonicNs()).toBe(5e6)
  })

  it('runs until a promise settles, and says so when nothing can settle it', async () => {
    const time = new VirtualTime()
    const inTen = new Promise<string>((resolve) => time.after(10, () => resolve('ten')))
    await expect(time.runUntil(inTen)).resolves.toBe('ten')
    expect(time.monotonicNs()).toBe(10e6)
    await expect(time.runUntil(Promise.reject(new Error('as it is')))).rejects.toThrow('as it is')
    const never = new Promise(() => {})
    await expect(time.runUntil(never)).rejects.toThrow(/No timer is left.*TW_INVALID_STATE/)
    time.every(10, () => {})
    await expect(time.runUntil(never, 55)).rejects.toThrow(/No timer within 55 ms.*TW_INVALID_STATE/)
    expect(time.monotonicNs()).toBe(60e6)
  })

  it('passes a request to settle on, once, to whoever moves the clock', async () => {
    const time = new VirtualTime()
    const order: string[] = []
    sleep(time, 5).then(() => order.push('slept'))
    expect(time.takeSettlingRequest()).toBe(false)
    time.advanceMs(5)
    expect([time.takeSettlingRequest(), time.takeSettlingRequest()]).toEqual([true, false])
    expect(order).toEqual([])
    await settlePromises()
    expect(order).toEqual(['slept'])
  })

  it('counts its steps', () => {
    const time = new VirtualTime()
    const before = time.steps
    time.after(1, () => {})
    time.advanceMs(2)
    expect(time.steps).toBeGreaterThan(before + 1)
  })
})
