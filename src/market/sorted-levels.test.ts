import { describe, expect, it } from 'vitest'
import { SortedLevels } from './sorted-levels.js'

function put(levels: SortedLevels, rank: number, value: number): void {
  levels.argument[0] = rank
  levels.argument[1] = value
  levels.insertAt(levels.floorIndex() + 1)
}

function find(levels: SortedLevels, rank: number): number {
  levels.argument[0] = rank
  return levels.indexOf()
}

describe('SortedLevels', () => {
  it('finds any of hundreds of ranks, near the top and deep, and shifts them near and far', () => {
    const levels = new SortedLevels(1)
    for (let i = 0; i < 400; i++) put(levels, (i * 37) % 400, i)
    expect(Array.from(levels.ranks.subarray(0, levels.count))).toEqual(Array.from({ length: 400 }, (_, i) => i))
    for (let rank = 0; rank < 400; rank++) expect([find(levels, rank), find(levels, rank + 0.5)]).toEqual([rank, -1])
    for (const rank of [0, 399, 200, 390]) levels.removeAt(find(levels, rank))
    expect([levels.count, find(levels, 200), levels.ranks[0], find(levels, 398)]).toEqual([396, -1, 1, 395])
    expect(levels.values[find(levels, 37)]).toBe(1)
  })
})
