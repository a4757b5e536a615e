import { describe, expect, it } from 'vitest'
import { SortedLevels } from './sorted-levels.js'

function put(levels: SortedLevels, rank: number, value: number): void {
  levels.argument[0] = rank
  levels.argument[1] = value
  levels.insertAfter(levels.floorSlot())
}

function find(levels: SortedLevels, rank: number): number {
  levels.argument[0] = rank
  return levels.find()
}

/** Ranks and values from the best down. */
function walk(levels: SortedLevels): [number, number][] {
  const found: [number, number][] = []
  for (let slot = levels.bestSlot; slot >= 0; slot = levels.worseSlot(slot)) {
    found.push([levels.ranks[slot], levels.values[slot]])
  }
  return found
}

describe('SortedLevels', () => {
  it('finds any of hundreds of ranks, near the top and deep, and nothing between them', () => {
    const levels = new SortedLevels()
    for (let i = 0; i < 400; i++) put(levels, (i * 37) % 400, i)
    expect(walk(levels).map(([rank]) => rank)).toEqual(Array.from({ length: 400 }, (_, i) => 399 - i))
    for (let rank = 0; rank < 400; rank++) {
      expect(levels.ranks[find(levels, rank)]).toBe(rank)
      expect(find(levels, rank + 0.5)).toBe(-1)
    }
    for (const rank of [0, 399, 200, 390]) levels.removeAt(find(levels, rank))
    expect([levels.count, find(levels, 200), levels.ranks[levels.worstSlot], levels.ranks[levels.bestSlot]]).toEqual([
      396, -1, 1, 398,
    ])
    expect(levels.values[find(levels, 37)]).toBe(1)
  })

  it('is empty again after the last level went, and after clear', () => {
    const levels = new SortedLevels()
    expect([levels.bestSlot, levels.worstSlot, find(levels, 1)]).toEqual([-1, -1, -1])
    put(levels, 1, 10)
    levels.removeAt(find(levels, 1))
    expect([levels.count, levels.bestSlot, levels.worstSlot, find(levels, 1)]).toEqual([0, -1, -1, -1])
    for (let rank = 0; rank < 200; rank++) put(levels, rank, rank)
    levels.clear()
    expect([levels.count, walk(levels)]).toEqual([0, []])
    put(levels, 5, 50)
    expect(walk(levels)).toEqual([[5, 50]])
  })

  it('keeps its arrays small when levels come and go all over the range', () => {
    const levels = new SortedLevels()
    for (let rank = 0; rank < 20_000; rank++) put(levels, rank, rank)
    const full = levels.ranks.length
    for (let rank = 0; rank < 20_000; rank++) if (rank % 10 !== 0) levels.removeAt(find(levels, rank))
    for (let round = 1; round < 10; round++) {
      for (let rank = 0; rank < 20_000; rank += 10) {
        levels.removeAt(find(levels, rank + ((round * 3 - 3) % 10)))
        put(levels, rank + ((round * 3) % 10), round)
      }
    }
    expect(levels.count).toBe(2_000)
    expect(levels.ranks.length).toBe(full)
  })
})
