import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { Decimal, type Rounding, unitsToText } from './decimal.js'
import { Instrument, type InstrumentDefinition, type PriceBand } from './instrument.js'

const numRuns = runs({ ci: 5_000, full: 100_000 })
const roundings: Rounding[] = ['floor', 'ceil', 'truncate', 'nearest']

/** Steps in use at venues, times a power of ten. */
const steps = [1, 2, 5, 10, 20, 25, 50, 100, 125, 500]

/** Bands whose borders are multiples of the steps on both sides, in units of the finest step. */
const bands = (digits: number) =>
  fc.array(fc.tuple(fc.constantFrom(...steps), fc.integer({ min: 1, max: 20 })), { maxLength: 4 }).map((parts) => {
    const result: PriceBand[] = []
    let from = 0
    let below = 1
    for (const [i, [step, length]] of parts.entries()) {
      if (i > 0) from = (Math.floor(from / (step * below)) + length) * step * below
      result.push({ from: unitsToText(from, digits), increment: unitsToText(step, digits) })
      below = step
    }
    return result
  })

const instrument = fc
  .record({
    digits: fc.integer({ min: 0, max: 6 }),
    step: fc.constantFrom(...steps),
    spare: fc.integer({ min: 0, max: 3 }),
    withBands: fc.boolean(),
  })
  .chain(({ digits, step, spare, withBands }) =>
    (withBands ? bands(digits) : fc.constant<PriceBand[]>([])).map((priceBands) => {
      const finest = withBands ? 1 : step
      const definition: InstrumentDefinition = {
        id: 'X.Y' as InstrumentDefinition['id'],
        symbol: 'X',
        venue: 'Y',
        assetClass: 'spread',
        currency: 'USD',
        priceIncrement: unitsToText(finest, digits),
        sizeIncrement: unitsToText(step, digits),
        sparePriceDigits: spare,
        ...(priceBands.length === 0 ? {} : { priceBands }),
      }
      return new Instrument(definition, 0)
    }),
  )
/** Prices of a few steps up to many, mostly off the grid. */
const price = fc
  .tuple(fc.integer({ min: -5_000_000, max: 5_000_000 }), fc.integer({ min: 0, max: 10 }))
  .map(([units, digits]) => unitsToText(units, digits))

describe('makePrice', () => {
  it('gives a price on the grid, on the side that was asked for, within one step, and leaves it alone the second time', () => {
    fc.assert(
      fc.property(instrument, price, fc.constantFrom(...roundings), (made, text, rounding) => {
        const value = new Decimal(text)
        const units = made.makePriceUnits(text, rounding)
        expect(made.isPriceOnGrid(units)).toBe(true)
        const rounded = made.priceFromUnits(units)
        expect(made.priceUnits(rounded)).toBe(units + 0)
        expect(made.makePriceUnits(rounded, rounding)).toBe(units)
        const distance = rounded.minus(value)
        if (rounding === 'floor') expect(distance.lte(0)).toBe(true)
        if (rounding === 'ceil') expect(distance.gte(0)).toBe(true)
        if (rounding === 'truncate') expect(rounded.abs().lte(value.abs())).toBe(true)
        const step = made.priceFromUnits(made.priceStepAt(made.makePriceUnits(text, 'truncate')))
        expect(
          distance
            .abs()
            .times(rounding === 'nearest' ? 2 : 1)
            .lte(step),
        ).toBe(true)
      }),
      { numRuns },
    )
  })

  it('is the nearest price of the grid, by comparison with both neighbours', () => {
    fc.assert(
      fc.property(instrument, price, (made, text) => {
        const value = new Decimal(text)
        const nearest = made.makePrice(text, 'nearest').minus(value).abs()
        expect(nearest.lte(value.minus(made.makePrice(text, 'floor')))).toBe(true)
        expect(nearest.lte(made.makePrice(text, 'ceil').minus(value))).toBe(true)
      }),
      { numRuns },
    )
  })

  it('treats numbers, text and decimals alike', () => {
    fc.assert(
      fc.property(instrument, price, fc.constantFrom(...roundings), (made, text, rounding) => {
        const units = made.makePriceUnits(text, rounding)
        expect(made.makePriceUnits(Number(text), rounding)).toBe(units)
        expect(made.makePriceUnits(new Decimal(text), rounding)).toBe(units)
      }),
      { numRuns },
    )
  })
})

describe('makeQuantity', () => {
  it('is on the grid and never more than was asked for', () => {
    const size = fc
      .tuple(fc.nat(5_000_000), fc.integer({ min: 0, max: 10 }))
      .map(([units, digits]) => unitsToText(units, digits))
    fc.assert(
      fc.property(instrument, size, (made, text) => {
        const quantity = made.makeQuantity(text)
        expect(quantity.lte(text)).toBe(true)
        expect(quantity.plus(made.quantityFromUnits(made.sizeStepUnits)).gt(text)).toBe(true)
        expect(made.quantityFromUnits(made.quantityUnits(quantity)).eq(quantity)).toBe(true)
      }),
      { numRuns },
    )
  })
})
