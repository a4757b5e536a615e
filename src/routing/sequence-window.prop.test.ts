/** The bounded trackers against unbounded sets. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { SeenIds } from './seen-ids.js'
import { Arrival, SequenceWindow } from './sequence-window.js'

const numRuns = runs({ ci: 5_000, full: 100_000 })

it('tells new, late and copy apart, and counts what is missing, within its width', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.array(fc.integer({ min: -12, max: 20 }), { maxLength: 200 }), (start, steps) => {
      const window = new SequenceWindow(64)
      const seen = new Set<number>()
      let last = Number.NaN
      for (const step of steps) {
        const sequence = Number.isNaN(last) ? start : last + step
        // What came before the first number belongs to nobody.
        if (sequence < start) continue
        const expected = seen.has(sequence) ? Arrival.copy : sequence < last ? Arrival.late : Arrival.newest
        expect(window.arrive(sequence)).toBe(expected)
        seen.add(sequence)
        last = Math.max(Number.isNaN(last) ? sequence : last, sequence)
        expect(window.missing).toBe(last - start + 1 - seen.size)
        expect(window.last).toBe(last)
      }
    }),
    { numRuns },
  )
})

it('remembers at least its capacity of different ids', () => {
  const id = fc.oneof(fc.nat(40), fc.maxSafeInteger())
  fc.assert(
    fc.property(fc.array(id, { maxLength: 120 }), (ids) => {
      const seen = new SeenIds(16)
      const order: number[] = []
      for (const one of ids) {
        const place = order.lastIndexOf(one)
        if (place >= 0 && order.length - place <= 16) expect(seen.has(one)).toBe(true)
        if (place < 0) expect(seen.has(one)).toBe(false)
        if (seen.has(one)) continue
        seen.add(one)
        order.push(one)
      }
    }),
    { numRuns },
  )
})

it.each([0, 7, 100, Number.NaN])('refuses a size of %d', (size) => {
  expect(() => new SequenceWindow(size)).toThrow('power of two')
  expect(() => new SeenIds(size)).toThrow('power of two')
})
