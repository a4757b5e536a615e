import { describe, expect, it } from 'vitest'
import { extentOf } from './extent.js'

describe('extentOf', () => {
  it('finds the least and the greatest of any number of values', () => {
    expect(extentOf([3, Number.NaN, -1, 2])).toEqual({ least: -1, greatest: 3 })
    expect(extentOf([])).toEqual({ least: Number.POSITIVE_INFINITY, greatest: Number.NEGATIVE_INFINITY })
    expect(extentOf(Array.from({ length: 1_000_000 }, (_, i) => i))).toEqual({ least: 0, greatest: 999_999 })
  })
})
