import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import {
  approximate,
  Decimal,
  decimalPowerOfTen,
  isMultiple,
  MAX_SCALE,
  numberToText,
  roundToStep,
  roundToUnits,
  textToNumber,
  toUnits,
  unitsToNumber,
  unitsToText,
} from './decimal.js'

const numRuns = runs({ ci: 10_000, full: 200_000 })
const scale = fc.integer({ min: 0, max: MAX_SCALE })
const safeInteger = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1_000_000, max: 1_000_000 }))
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.tuple(safeInteger, scale).map(([units, digits]) => unitsToNumber(units, digits)),
)
/** Decimal text with digits around the scale, signs, zeros in front and behind. */
const decimalText = fc
  .tuple(fc.constantFrom('', '-', '+'), fc.stringMatching(/^\d{0,18}$/), fc.stringMatching(/^\d{0,20}$/))
  .filter(([, whole, fraction]) => whole.length + fraction.length > 0)
  .map(([sign, whole, fraction]) => `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`)

/** What toUnits must say, by decimal.js alone. */
function expectedUnits(value: Decimal, digits: number): number | 'TW_OFF_GRID' | 'TW_OUT_OF_RANGE' {
  const units = new Decimal(value.toFixed()).times(new Decimal(10).pow(digits))
  if (!units.isInteger()) return 'TW_OFF_GRID'
  return units.abs().gt(Number.MAX_SAFE_INTEGER) ? 'TW_OUT_OF_RANGE' : units.toNumber() + 0
}

function outcome(run: () => number): number | string {
  try {
    return run()
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** More precision than any test value needs, so that the reference is exact. */
const Exact = Decimal.clone({ precision: 1_000 })

describe('toUnits', () => {
  it('agrees with decimal.js for any text', () => {
    fc.assert(
      fc.property(decimalText, scale, (text, digits) => {
        expect(outcome(() => toUnits(text, digits))).toBe(expectedUnits(new Exact(text), digits))
      }),
      { numRuns },
    )
  })

  it('takes a number for its shortest text', () => {
    fc.assert(
      fc.property(double, scale, (value, digits) => {
        expect(outcome(() => toUnits(value, digits))).toBe(expectedUnits(new Exact(String(value)), digits))
      }),
      { numRuns },
    )
  })

  it('takes numbers with 16 and 17 digits for their shortest text too', () => {
    const manyDigits = fc.tuple(
      fc.integer({ min: 10 ** 14, max: Number.MAX_SAFE_INTEGER }),
      fc.integer({ min: 0, max: 18 }),
    )
    fc.assert(
      fc.property(manyDigits, fc.integer({ min: -1, max: 1 }), ([units, digits], shift) => {
        const value = unitsToNumber(units, digits)
        const at = Math.min(MAX_SCALE, Math.max(0, digits + shift))
        expect(outcome(() => toUnits(value, at))).toBe(expectedUnits(new Exact(String(value)), at))
      }),
      { numRuns },
    )
  })

  it('comes back from units exactly, as text and as a number of up to 15 digits', () => {
    fc.assert(
      fc.property(safeInteger, scale, (units, digits) => {
        expect(toUnits(unitsToText(units, digits), digits)).toBe(units + 0)
        if (Math.abs(units) < 1e15) expect(toUnits(unitsToNumber(units, digits), digits)).toBe(units + 0)
      }),
      { numRuns },
    )
  })
})

describe('numbers as text', () => {
  it('come back as the same double', () => {
    fc.assert(
      fc.property(double, (value) => {
        const text = numberToText(value)
        expect(text).not.toContain('e')
        expect(textToNumber(text)).toBe(value + 0)
      }),
      { numRuns },
    )
  })
})

const modes = [
  ['floor', Decimal.ROUND_FLOOR],
  ['ceil', Decimal.ROUND_CEIL],
  ['truncate', Decimal.ROUND_DOWN],
  ['nearest', Decimal.ROUND_HALF_UP],
] as const

describe('rounding', () => {
  it('rounds units to steps as decimal.js does', () => {
    const units = fc.integer({ min: -(2 ** 50), max: 2 ** 50 })
    fc.assert(
      fc.property(
        units,
        fc.integer({ min: 1, max: 2 ** 40 }),
        fc.constantFrom(...modes),
        (value, step, [rounding, mode]) => {
          const rounded = roundToStep(value, step, rounding)
          expect(rounded + 0).toBe(new Exact(value).toNearest(step, mode).toNumber() + 0)
          expect(isMultiple(rounded, step)).toBe(true)
        },
      ),
      { numRuns },
    )
  })

  it('tells multiples as the remainder does', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 2 ** 53 - 1 }), fc.boolean(), (value, step, snap) => {
        const units = snap ? value - (value % step) : value
        expect(isMultiple(units, step)).toBe(BigInt(units) % BigInt(step) === 0n)
      }),
      { numRuns },
    )
  })

  it('rounds any decimal once: halves and nearly halves go the right way', () => {
    const value = fc.oneof(
      fc
        .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 9 }))
        .map(([u, s]) => unitsToText(u, s)),
      fc
        .tuple(
          fc.integer({ min: -1_000, max: 1_000 }),
          fc.constantFrom('', '499999999999', '5', '500000000001', '000000000001'),
        )
        .map(([whole, fraction]) => (fraction === '' ? `${whole}` : `${whole}.${fraction}`)),
    )
    const digits = fc.integer({ min: 0, max: 6 })
    fc.assert(
      fc.property(
        value,
        digits,
        fc.integer({ min: 1, max: 500 }),
        fc.constantFrom(...modes),
        (text, at, step, [rounding, mode]) => {
          const reference = new Exact(text).toNearest(new Exact(step).div(new Exact(10).pow(at)), mode)
          const expected = reference.times(new Exact(10).pow(at)).toNumber() + 0
          expect(roundToUnits(text, at, () => step, rounding, 'price') + 0).toBe(expected)
          expect(roundToUnits(new Decimal(text), at, () => step, rounding, 'price') + 0).toBe(expected)
          expect(roundToUnits(Number(text), at, () => step, rounding, 'price') + 0).toBe(expected)
        },
      ),
      { numRuns },
    )
  })

  it('is approximated to 13 digits', () => {
    fc.assert(
      fc.property(safeInteger, safeInteger, fc.integer({ min: -30, max: 30 }), (whole, more, exponent) => {
        const value = new Decimal(whole).plus(new Decimal(more).times('1e-16')).times(decimalPowerOfTen(exponent))
        const exact = value.toNumber()
        expect(Math.abs(approximate(value) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 1e-13)
      }),
      { numRuns },
    )
    for (const [text, number] of [
      ['0', 0],
      ['-0.5', -0.5],
      ['1e300', 1e300],
    ] as const)
      expect(approximate(new Decimal(text))).toBe(number)
    expect(approximate(new Decimal(Number.NaN))).toBeNaN()
    expect(approximate(new Decimal(Number.NEGATIVE_INFINITY))).toBe(Number.NEGATIVE_INFINITY)
  })
})
