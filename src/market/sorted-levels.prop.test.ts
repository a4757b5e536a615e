import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { SortedLevels } from './sorted-levels.js'

/** Phases of growth and decay over a narrow or wide range, so that blocks fill, split, shrink and merge. */
const phases = fc.array(
  fc.record({
    inserts: fc.integer({ min: 0, max: 10 }),
    from: fc.integer({ min: 0, max: 300 }),
    range: fc.constantFrom(8, 60, 400),
    steps: fc.integer({ min: 1, max: 150 }),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  }),
  { minLength: 1, maxLength: 8 },
)

describe('SortedLevels against a map', () => {
  it('holds the same levels in order through any growth and decay', () => {
    fc.assert(
      fc.property(phases, (all) => {
        const levels = new SortedLevels()
        const model = new Map<number, number>()
        for (const { inserts, from, range, steps, seed } of all) {
          let state = seed
          const draw = (below: number): number => {
            state = Math.imul(state, 1_103_515_245) + 12_345
            return (state >>> 8) % below
          }
          for (let step = 0; step < steps; step++) {
            const rank = from + draw(range) * 0.5
            levels.argument[0] = rank
            levels.argument[1] = step
            const floor = levels.floorSlot()
            const isKnown = floor >= 0 && levels.ranks[floor] === rank
            expect(isKnown).toBe(model.has(rank))
            if (draw(10) < inserts) {
              if (isKnown) levels.values[floor] = step
              else levels.insertAfter(floor)
              model.set(rank, step)
            } else if (isKnown) {
              levels.removeAt(floor)
              model.delete(rank)
            }
          }
          const expected = [...model].sort(([a], [b]) => b - a)
          const found: [number, number][] = []
          for (let slot = levels.bestSlot; slot >= 0; slot = levels.worseSlot(slot)) {
            found.push([levels.ranks[slot] as number, levels.values[slot] as number])
          }
          expect(found).toEqual(expected)
          expect(levels.count).toBe(expected.length)
          expect(levels.worstSlot >= 0 ? levels.ranks[levels.worstSlot] : undefined).toBe(expected.at(-1)?.[0])
        }
      }),
      { numRuns: runs({ ci: 500, full: 20_000 }) },
    )
  })
})
