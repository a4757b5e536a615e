import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { WireIds } from './wire-ids.js'

/** What a host knows of its orders. */
function knowing(ids: Readonly<Record<number, string>>) {
  return { clientOrderIdOf: (number: number) => ids[number] }
}

describe('WireIds', () => {
  it('makes ids of letters and digits, short enough, and reads them without having made them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        fc.string({ minLength: 1, maxLength: 64 }),
        fc.integer({ min: 0, max: 40_000 }),
        fc.constantFrom('', 'TW', 'a1'),
        fc.boolean(),
        (number, clientOrderId, generation, prefix, upperCase) => {
          const options = { maxLength: 30, prefix, upperCase }
          const id = new WireIds(options).idOf({ number, clientOrderId }, generation)
          expect(id).toMatch(upperCase ? /^[A-Z0-9]+$/ : /^[A-Za-z0-9]+$/)
          const later = new WireIds(options)
          expect(later.numberOf(id, knowing({ [number]: clientOrderId }))).toBe(number)
          expect(later.generationOf(id)).toBe(generation)
        },
      ),
      { numRuns: runs({ ci: 500, full: 20_000 }) },
    )
  })

  it('knows no order by the id of another host, and survives any text', () => {
    const ids = new WireIds({ maxLength: 20 })
    const id = ids.idOf({ number: 42, clientOrderId: 'mine' })
    expect(ids.numberOf(id, knowing({ 42: 'not mine' }))).toBe(0)
    expect(ids.numberOf(id, knowing({}))).toBe(0)
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(ids.numberOf(text, knowing({ 1: 'x' }))).toBeTypeOf('number')
        expect(ids.generationOf(text)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: runs({ ci: 500, full: 20_000 }) },
    )
  })

  it('gives requests of one order ids of their own', () => {
    const ids = new WireIds({ maxLength: 20 })
    const order = { number: 7, clientOrderId: 'A' }
    const made = [0, 1, 2, 35, 36].map((generation) => ids.idOf(order, generation))
    expect(new Set(made).size).toBe(5)
  })

  it('sends nothing under half an id', () => {
    const ids = new WireIds({ maxLength: 12, prefix: 'TW' })
    expect(ids.idOf({ number: 35, clientOrderId: 'A' })).toHaveLength(11)
    expect(() => ids.idOf({ number: 36 ** 3, clientOrderId: 'A' })).toThrow('TW_OUT_OF_RANGE')
    expect(() => new WireIds({ maxLength: 9 })).toThrow('maxLength')
    expect(() => new WireIds({ maxLength: 20, prefix: 'T-' })).toThrow('prefix')
  })
})
