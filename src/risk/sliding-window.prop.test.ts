import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { SlidingWindow } from './sliding-window.js'

const windowMs = 100
const msNs = 1_000_000

/** Something that wants to pass: when, how long it waits for the disk, and whether it is withdrawn while it waits. */
const event = fc.record({
  pauseMs: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 60 })),
  waitMs: fc.nat({ max: 40 }),
  isWithdrawn: fc.boolean(),
})

it('lets no more leave in any window than the limit, though what is approved waits for a disk', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(event, { maxLength: 120 }), (limit, events) => {
      const window = new SlidingWindow(limit, windowMs)
      const waiting: { atNs: number; isWithdrawn: boolean }[] = []
      const left: number[] = []
      const leave = (untilNs: number) => {
        while (waiting.length > 0 && (waiting[0]?.atNs as number) <= untilNs) {
          const { atNs, isWithdrawn } = waiting.shift() as (typeof waiting)[number]
          if (isWithdrawn) continue
          window.delay({ nowNs: atNs })
          left.push(atNs)
        }
      }
      let nowNs = 0
      let lastNs = 0
      for (const { pauseMs, waitMs, isWithdrawn } of events) {
        nowNs += pauseMs * msNs
        leave(nowNs)
        if (!window.hasRoom({ nowNs })) continue
        window.take({ nowNs })
        // First in, first out.
        lastNs = Math.max(lastNs, nowNs + waitMs * msNs)
        waiting.push({ atNs: lastNs, isWithdrawn })
      }
      leave(Number.POSITIVE_INFINITY)
      for (let index = limit; index < left.length; index++)
        expect((left[index] as number) - (left[index - limit] as number)).toBeGreaterThanOrEqual(windowMs * msNs)
    }),
    { numRuns: runs({ ci: 500, full: 20_000 }) },
  )
})
