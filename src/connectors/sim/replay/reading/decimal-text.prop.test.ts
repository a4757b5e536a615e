import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../../test/support/runs.js'
import { scanDecimal, scanSecondsAsUs, scanWhole } from './decimal-text.js'

const numRuns = runs({ ci: 5_000, full: 500_000 })
const out = new Float64Array(1)
const encode = (text: string) => new TextEncoder().encode(text)

function scan(text: string): number {
  const bytes = encode(`x${text},`)
  const next = scanDecimal(bytes, 1, bytes.length, out, 0)
  return next === text.length + 1 ? out[0] : Number.NaN
}

const digits = (max: number) => fc.stringMatching(new RegExp(`^\\d{1,${max}}$`))

describe('scanDecimal', () => {
  it('equals Number for decimals of any length', () => {
    const text = fc
      .tuple(fc.constantFrom('', '-'), digits(24), fc.option(digits(30), { nil: undefined }))
      .map(([sign, whole, decimals]) => `${sign}${whole}${decimals === undefined ? '' : `.${decimals}`}`)
    fc.assert(
      fc.property(text, (decimal) => {
        expect(scan(decimal)).toBe(Number(decimal))
      }),
      { numRuns },
    )
  })

  it('reads the shortest text of every finite double back as that double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(scan(Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e'))).toBe(value)
      }),
      { numRuns },
    )
  })

  it.each([
    ['.5', 0.5],
    ['5.', 5],
    ['-0', -0],
    ['1e3', 1000],
    ['1E-7', 1e-7],
    ['00012.3400', 12.34],
  ])('%s is %d', (text, value) => expect(scan(text)).toBe(value))

  it.each(['', '-', '.', '+1', 'abc', '1e', '1e+', '1e999', '0x10', ' 1', '1.2.3', 'NaN', 'Infinity', '1_000'])(
    "'%s' is refused",
    (text) => expect(scan(text)).toBeNaN(),
  )

  it('stops at the end of the range', () => {
    const bytes = encode('123456')
    expect([scanDecimal(bytes, 1, 4, out, 0), out[0]]).toEqual([4, 234])
  })
})

describe('scanWhole', () => {
  it('drops the last digits on request, without losing those before', () => {
    const bytes = encode('1703422805243925307,')
    expect([scanWhole(bytes, 0, bytes.length, 3, out, 0), out[0]]).toEqual([19, 1_703_422_805_243_925])
  })

  it.each(['', 'x', '-1', '9007199254740993', '99999999999999999999'])("'%s' is refused", (text) => {
    expect(scanWhole(encode(text), 0, text.length, 0, out, 0)).toBe(-1)
  })
})

describe('scanSecondsAsUs', () => {
  it.each([
    ['1618677816.8434298', 1_618_677_816_843_429],
    ['34200.004241176', 34_200_004_241],
    ['5', 5_000_000],
    ['5.', 5_000_000],
    ['5.1', 5_100_000],
  ])('%s seconds are %d microseconds', (text, us) => {
    expect([scanSecondsAsUs(encode(text), 0, text.length, out, 0), out[0]]).toEqual([text.length, us])
  })
})
