/** Values of fields as numbers. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import { latin1Bytes } from './bytes.js'
import { parseCount, parseDouble, parseInteger, parseUnits } from './numbers.js'

const read = <T>(parse: (bytes: Uint8Array, from: number, to: number) => T, text: string): T =>
  parse(latin1Bytes(`x${text}y`), 1, 1 + text.length)
const units = (text: string, scale: number) => parseUnits(latin1Bytes(text), 0, text.length, scale)

describe('numbers', () => {
  it('reads whole numbers', () => {
    expect(read(parseInteger, '0')).toBe(0)
    expect(read(parseInteger, '-17')).toBe(-17)
    expect(read(parseInteger, '0042')).toBe(42)
    expect(Object.is(read(parseInteger, '-0'), 0)).toBe(true)
    expect(read(parseInteger, '9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
  })

  it.each(['', '-', '+1', '1.0', '1 ', ' 1', '1e3', '9007199254740992', '0x10', '9'.repeat(400)])(
    'refuses %j as a whole number',
    (text) => {
      expect(read(parseInteger, text)).toBeNaN()
    },
  )

  it('reads counts of up to nine digits', () => {
    expect(read(parseCount, '000000012')).toBe(12)
    for (const text of ['', '-1', '1.0', '0000000012', 'x']) expect(read(parseCount, text)).toBe(-1)
  })

  it.each([
    '',
    '-',
    '.',
    '-.',
    '+200.00',
    '1..0',
    '1.0.',
    '1e5',
    'NaN',
    'Infinity',
    '0x1',
    '1,000',
    '--1',
    '9'.repeat(400),
  ])('refuses %j as a decimal number', (text) => {
    expect(read(parseDouble, text)).toBeNaN()
    expect(units(text, 2)).toBeNaN()
  })

  it('reads decimals with and without digits on either side', () => {
    expect(read(parseDouble, '5.')).toBe(5)
    expect(read(parseDouble, '.5')).toBe(0.5)
    expect(read(parseDouble, '-002000.00')).toBe(-2_000)
    expect(Object.is(read(parseDouble, '-0.00'), 0)).toBe(true)
    expect(read(parseDouble, `0.${'0'.repeat(30)}1`)).toBe(1e-31)
  })

  it('reads any double from its text to the last bit', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }), (value) => {
        const text = String(value)
        fc.pre(!text.includes('e'))
        expect(read(parseDouble, text)).toBe(value + 0)
      }),
      { numRuns: runs({ ci: 2_000, full: 100_000 }) },
    )
  })

  it('reads units exactly or not at all', () => {
    expect(units('412.35', 4)).toBe(4_123_500)
    expect(units('412.3500', 2)).toBe(41_235)
    expect(units('412.351', 2)).toBeNaN()
    expect(units('90071992547409.91', 2)).toBe(Number.MAX_SAFE_INTEGER)
    expect(units('90071992547409.92', 2)).toBeNaN()
    expect(units('0', 18)).toBe(0)
    expect(units('-1.5', 0)).toBeNaN()
    expect(units('-2.0', 0)).toBe(-2)
  })

  it('agrees with exact arithmetic on units of any scale', () => {
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 }).map((all) => all.join(''))
    fc.assert(
      fc.property(digits, digits, fc.integer({ min: 0, max: 12 }), (whole, fraction, scale) => {
        const padded = fraction.padEnd(scale, '0')
        const exact = BigInt(whole + padded.slice(0, scale))
        const fits = exact <= BigInt(Number.MAX_SAFE_INTEGER) && /^0*$/.test(padded.slice(scale))
        expect(units(`${whole}.${fraction}`, scale)).toBe(fits ? Number(exact) : Number.NaN)
      }),
      { numRuns: runs({ ci: 2_000, full: 100_000 }) },
    )
  })
})
