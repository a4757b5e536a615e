import { Decimal as HostDecimal } from 'decimal.js'
import { describe, expect, it } from 'vitest'
import {
  boundToUnits,
  Decimal,
  isMultiple,
  isPlainDecimal,
  numberToNearestUnits,
  numberToText,
  powerOfTen,
  roundToStep,
  scaleOf,
  textToNumber,
  toDecimal,
  toUnits,
  unitsToDecimal,
  unitsToNumber,
  unitsToText,
} from './decimal.js'

const notDecimal: unknown[] = [
  '',
  '.',
  '-',
  '+',
  '1e5',
  ' 1',
  '1 ',
  '0x10',
  '1.2.3',
  '--1',
  '1,5',
  'NaN',
  'Infinity',
  '١',
  Number.NaN,
]
const notInput: unknown[] = [
  Number.POSITIVE_INFINITY,
  undefined,
  null,
  true,
  {},
  [],
  5n,
  Object.create(null),
  new Decimal(Number.NaN),
]

describe('toDecimal', () => {
  it('takes text, numbers and decimals of any copy of decimal.js', () => {
    for (const value of ['1.50', 1.5, new Decimal('1.5'), new HostDecimal('1.5'), '+1.5', '1.5000']) {
      expect(toDecimal(value).toString()).toBe('1.5')
    }
    expect(toDecimal(0.1).plus(0.2).eq('0.3')).toBe(true)
    expect([toDecimal('.5').toString(), toDecimal('5.').toString()]).toEqual(['0.5', '5'])
  })

  it('gives zero no sign', () => {
    for (const value of ['-0', '-0.00', -0, new Decimal(-0)]) expect(toDecimal(value).isNegative()).toBe(false)
  })

  it('refuses everything else by name', () => {
    for (const value of [...notDecimal, ...notInput]) {
      expect(() => toDecimal(value as string, 'price')).toThrow(
        /price must be a finite decimal number.*TW_INVALID_DECIMAL/,
      )
    }
  })

  it('is not reached by the settings of the host', () => {
    const before = HostDecimal.precision
    HostDecimal.set({ precision: 3 })
    expect(new Decimal(1).div(3).toString()).toBe(`0.${'3'.repeat(40)}`)
    HostDecimal.set({ precision: before })
  })
})

describe('toUnits', () => {
  it('is exact or refuses', () => {
    expect(toUnits('187.25', 4)).toBe(1_872_500)
    expect(toUnits(187.25, 2)).toBe(18_725)
    expect(toUnits(new Decimal('-0.001'), 3)).toBe(-1)
    expect(toUnits('1.2300', 2)).toBe(123)
    expect(toUnits(1e-7, 8)).toBe(10)
  })

  it.each([0, '-0', '0.000', -0, '-.0'])('gives zero no sign: %s', (value) => {
    expect(Object.is(toUnits(value, 3), 0)).toBe(true)
  })

  it('refuses digits finer than the scale', () => {
    for (const value of ['1.234', 1.234, new Decimal('1.234')]) {
      expect(() => toUnits(value, 2, 'price')).toThrow(
        /price 1.234 has more than 2 digits behind the point.*TW_OFF_GRID/,
      )
    }
    expect(() => toUnits(0.1 + 0.2, 2)).toThrow(/0.30000000000000004.*TW_OFF_GRID/)
  })

  it('refuses what does not fit a safe integer', () => {
    expect(toUnits('9007199254740991', 0)).toBe(Number.MAX_SAFE_INTEGER)
    expect(toUnits('-90071992547409.91', 2)).toBe(-Number.MAX_SAFE_INTEGER)
    for (const [value, scale] of [
      ['9007199254740992', 0],
      ['9007199254740993', 0],
      ['90071992547409.92', 2],
      ['1', 18],
      [1e300, 0],
      ['9'.repeat(400), 2],
    ] as const) {
      expect(() => toUnits(value, scale, 'size')).toThrow(/size .*TW_OUT_OF_RANGE/)
    }
  })

  it('refuses what is no decimal, in details too', () => {
    for (const value of [...notDecimal, ...notInput]) {
      expect(() => toUnits(value as string, 2, 'size')).toThrow(
        /size must be a finite decimal number.*TW_INVALID_DECIMAL/,
      )
    }
    expect(() => toUnits('x', 2, 'size')).toThrow(expect.objectContaining({ details: { field: 'size', value: 'x' } }))
  })
})

describe('units and text', () => {
  it('writes the shortest plain text', () => {
    expect(unitsToText(12_500, 4)).toBe('1.25')
    expect(unitsToText(-5, 3)).toBe('-0.005')
    expect(unitsToText(-0, 2)).toBe('0')
    expect(unitsToText(-7, 0)).toBe('-7')
    expect(unitsToText(100, 2)).toBe('1')
    expect(unitsToDecimal(-5, 3).eq('-0.005')).toBe(true)
    expect(unitsToNumber(5, 1)).toBe(0.5)
    expect([powerOfTen(0), powerOfTen(22)]).toEqual([1, 1e22])
  })

  it('writes numbers without exponents', () => {
    expect(numberToText(1e-20)).toBe('0.00000000000000000001')
    expect(numberToText(-2.5e21)).toBe('-2500000000000000000000')
    expect(numberToText(-0)).toBe('0')
  })

  it('reads a double only from text that is one', () => {
    expect(textToNumber('0.10')).toBe(0.1)
    expect(Object.is(textToNumber('-0'), 0)).toBe(true)
    for (const text of ['0.10000000000000000555', '1e5', '9'.repeat(400), '', '9007199254740993']) {
      expect(textToNumber(text)).toBeUndefined()
    }
    expect([isPlainDecimal('1.5'), isPlainDecimal('1e5')]).toEqual([true, false])
  })

  it('clamps bounds that do not bind, and only those', () => {
    expect(boundToUnits('99999999999999999999', 2, 'max')).toBe(Number.MAX_SAFE_INTEGER)
    expect(boundToUnits('5.25', 2, 'max')).toBe(525)
    expect(() => boundToUnits('5.255', 2, 'max')).toThrow('TW_OFF_GRID')
    expect(() => boundToUnits('many', 2, 'max')).toThrow('TW_INVALID_DECIMAL')
  })

  it('counts digits behind the point by value', () => {
    expect(['0.0500', '1', '100', '0.00000001'].map((text) => scaleOf(text))).toEqual([2, 0, 0, 8])
  })

  it('finds the nearest units of a noisy double, and keeps NaN', () => {
    expect(numberToNearestUnits(0.1 + 0.2, 4)).toBe(3_000)
    expect(numberToNearestUnits(Number.NaN, 4)).toBeNaN()
  })
})

describe('roundToStep', () => {
  it.each([
    [7, 5, 5, 10, 5, 5],
    [8, 5, 5, 10, 5, 10],
    [-7, 5, -10, -5, -5, -5],
    [-8, 5, -10, -5, -5, -10],
    [5, 10, 0, 10, 0, 10],
    [-5, 10, -10, 0, 0, -10],
    [20, 10, 20, 20, 20, 20],
  ])('%d by %d: floor %d, ceil %d, truncate %d, nearest %d', (units, step, floor, ceil, truncate, nearest) => {
    const all = (['floor', 'ceil', 'truncate', 'nearest'] as const).map(
      (rounding) => roundToStep(units, step, rounding) + 0,
    )
    expect(all).toEqual([floor, ceil, truncate, nearest])
  })

  it('knows multiples', () => {
    expect([isMultiple(15, 5), isMultiple(16, 5), isMultiple(0, 5), isMultiple(-15, 5)]).toEqual([
      true,
      false,
      true,
      true,
    ])
    expect(isMultiple(Number.MAX_SAFE_INTEGER, 2)).toBe(false)
    expect(isMultiple(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).toBe(true)
  })
})
