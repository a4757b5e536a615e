import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PriceGrid } from './price-grid.js'

describe('PriceGrid', () => {
  it('gives every decimal price of the grid its key, and back', () => {
    const cases = fc.constantFrom(
      ['0.01', 2, 1],
      ['0.25', 2, 25],
      ['0.00000001', 8, 1],
      ['5', 0, 5],
      ['0.03125', 5, 3125],
    )
    fc.assert(
      fc.property(cases, fc.integer({ min: -1e9, max: 1e9 }), ([step, digits, units], key) => {
        const grid = new PriceGrid(step as string)
        const price = Number(`${key * (units as number)}e-${digits}`)
        expect(grid.keyOf(price) + 0).toBe(key)
        expect(grid.priceOf(key)).toBe(price)
      }),
    )
  })

  it('gives nothing else a key', () => {
    const grid = new PriceGrid(0.01)
    for (const price of [0.015, 1.001, 0.1 + 0.2, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      expect(grid.keyOf(price)).toBe(Number.NaN)
    }
  })

  it('refuses steps that are none', () => {
    for (const step of ['0', '-1', 0, 1e-30]) expect(() => new PriceGrid(step)).toThrow(/priceStep/)
  })
})
