/** Messages written field by field: exact bytes, refusals, bounds, and the way back. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import { printable } from './bytes.js'
import { FixEncoder } from './encoder.js'
import { fixBytes } from './fix-text.test-support.js'
import { GarbledReason } from './garbled.js'
import { FixMessage } from './message.js'
import { TimestampPrecision } from './times.js'

const soh = '\u0001'
/** The text of a message with one field written by `write`, between BodyLength and CheckSum. */
function field(write: (encoder: FixEncoder) => void): string {
  const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
  encoder.begin('D')
  write(encoder)
  encoder.end()
  return /35=D\|(.*)10=\d{3}\|$/.exec(printable(encoder.view()))?.[1] ?? 'none'
}
const codeOf = (action: () => unknown): string => {
  try {
    action()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'none'
}

describe('FixEncoder', () => {
  it('writes a whole message', () => {
    const encoder = new FixEncoder({ beginString: 'FIXT.1.1' })
    encoder.begin('A')
    encoder.int(34, 1)
    encoder.string(49, 'A')
    const length = encoder.end()
    expect(printable(encoder.view())).toBe(printable(fixBytes('8=FIXT.1.1|35=A|34=1|49=A|')))
    expect(length).toBe(encoder.view().length)
    expect([...encoder.copy()]).toEqual([...encoder.view()])
  })

  it.each([
    [0, 0, '0'],
    [4_123_500, 4, '412.35'],
    [4_120_000, 4, '412'],
    [5, 4, '0.0005'],
    [-5, 1, '-0.5'],
    [-120, 2, '-1.2'],
    [100, 0, '100'],
    [Number.MAX_SAFE_INTEGER, 18, '0.009007199254740991'],
    [Number.MAX_SAFE_INTEGER, 0, '9007199254740991'],
    [-Number.MAX_SAFE_INTEGER, 15, '-9.007199254740991'],
  ])('writes %d units at scale %d as %s', (units, scale, text) => {
    expect(field((encoder) => encoder.units(44, units, scale))).toBe(`44=${text}|`)
  })

  it.each([
    [1, '1'],
    [0.1, '0.1'],
    [-0, '0'],
    [412.35, '412.35'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e-7, '0.0000001'],
    [1.5e-7, '0.00000015'],
    [-123_456_789.123_456, '-123456789.123456'],
    [1e17, '100000000000000000'],
    [2 ** 60, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [1e-19, undefined],
  ])('writes the double %d as %s', (value, text) => {
    if (text === undefined)
      expect(codeOf(() => field((encoder) => encoder.double(44, value)))).toBe('TW_INVALID_ARGUMENT')
    else expect(field((encoder) => encoder.double(44, value))).toBe(`44=${text}|`)
  })

  it('writes timestamps at every precision', () => {
    const us = Date.UTC(2026, 10, 21, 14, 30, 5, 123) * 1_000 + 456
    const written = (precision: TimestampPrecision, nanos?: number) =>
      field((encoder) => encoder.timestamp(52, us, precision, nanos))
    expect(written(TimestampPrecision.seconds)).toBe('52=20261121-14:30:05|')
    expect(written(TimestampPrecision.milliseconds)).toBe('52=20261121-14:30:05.123|')
    expect(written(TimestampPrecision.microseconds)).toBe('52=20261121-14:30:05.123456|')
    expect(written(TimestampPrecision.nanoseconds, 789)).toBe('52=20261121-14:30:05.123456789|')
    expect(field((encoder) => encoder.timestamp(52, -1, TimestampPrecision.microseconds))).toBe(
      '52=19691231-23:59:59.999999|',
    )
    expect(field((encoder) => encoder.date(75, us))).toBe('75=20261121|')
  })

  it('writes data with its length, whatever it holds', () => {
    const data = Buffer.from(`a${soh}10=000${soh}`, 'latin1')
    expect(field((encoder) => encoder.data(95, 96, data))).toBe('95=9|96=a|10=000||')
    expect(field((encoder) => encoder.data(95, 96, Buffer.alloc(70, 120)))).toBe(`95=70|96=${'x'.repeat(70)}|`)
  })

  it('writes tags of one to nine digits', () => {
    for (const tag of [1, 9, 10, 99, 100, 999, 1_000, 50_002, 999_999_999])
      expect(field((encoder) => encoder.char(tag, 65))).toBe(`${tag}=A|`)
  })

  it.each<[string, (encoder: FixEncoder) => void]>([
    ['a separator in a text', (encoder) => encoder.string(58, `a${soh}10=000`)],
    ['a NUL in a text', (encoder) => encoder.string(58, 'a\u0000')],
    ['a character beyond Latin-1', (encoder) => encoder.string(58, '\u20ac')],
    ['an empty text', (encoder) => encoder.string(58, '')],
    ['a fraction as a whole number', (encoder) => encoder.int(34, 1.5)],
    ['NaN as a whole number', (encoder) => encoder.int(34, Number.NaN)],
    ['an unsafe integer', (encoder) => encoder.int(34, 2 ** 53)],
    ['fractional units', (encoder) => encoder.units(44, 0.5, 2)],
    ['a negative scale', (encoder) => encoder.units(44, 1, -1)],
    ['a scale of 19', (encoder) => encoder.units(44, 1, 19)],
    ['a separator as a character', (encoder) => encoder.char(54, 1)],
    ['no character', (encoder) => encoder.char(54, Number.NaN)],
    ['tag 0', (encoder) => encoder.char(0, 65)],
    ['a negative tag', (encoder) => encoder.char(-1, 65)],
    ['a tag of ten digits', (encoder) => encoder.char(1_000_000_000, 65)],
    ['a time that is none', (encoder) => encoder.timestamp(52, Number.NaN, TimestampPrecision.milliseconds)],
    [
      'a time beyond the safe integers',
      (encoder) => encoder.timestamp(52, 253_402_300_800_000_000, TimestampPrecision.milliseconds),
    ],
    ['a time between two microseconds', (encoder) => encoder.timestamp(52, 0.5, TimestampPrecision.milliseconds)],
    ['1,000 nanoseconds', (encoder) => encoder.timestamp(52, 0, TimestampPrecision.nanoseconds, 1_000)],
    ['a date that is none', (encoder) => encoder.date(75, Number.NaN)],
  ])('refuses %s and abandons the message', (_name, write) => {
    const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
    encoder.begin('D')
    expect(codeOf(() => write(encoder))).toBe('TW_INVALID_ARGUMENT')
    expect(codeOf(() => encoder.end())).toBe('TW_INVALID_STATE')
    encoder.begin('D')
    expect(encoder.end()).toBeGreaterThan(0)
  })

  it('keeps to the longest body', () => {
    const encoder = new FixEncoder({ beginString: 'FIX.4.4', maxBodyLength: 300 })
    encoder.begin('D')
    expect(codeOf(() => encoder.string(58, 'x'.repeat(400)))).toBe('TW_CAPACITY')
    encoder.begin('D')
    const write = () => {
      for (let count = 0; count < 100; count++) encoder.timestamp(60, 0, TimestampPrecision.nanoseconds)
    }
    expect(codeOf(write)).toBe('TW_CAPACITY')
    encoder.begin('D')
    expect(codeOf(() => encoder.fields(new Uint8Array(1_000)))).toBe('TW_CAPACITY')
  })

  it('refuses fields outside of a message', () => {
    const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
    expect(codeOf(() => encoder.int(34, 1))).toBe('TW_INVALID_STATE')
    expect(codeOf(() => encoder.end())).toBe('TW_INVALID_STATE')
    expect(codeOf(() => new FixEncoder({ beginString: `FIX${soh}` }))).toBe('TW_INVALID_ARGUMENT')
  })

  it('reads back what it wrote', () => {
    const encoder = new FixEncoder({ beginString: 'FIX.4.4' })
    const message = new FixMessage()
    const text = fc.string({
      unit: fc.integer({ min: 2, max: 255 }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 80,
    })
    const value = fc.record({
      text,
      whole: fc.maxSafeInteger(),
      units: fc.maxSafeInteger(),
      scale: fc.integer({ min: 0, max: 18 }),
      double: fc
        .double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })
        .filter((each) => Math.abs(each) > 1e-3),
      us: fc.integer({ min: -9_007_199_254_740, max: 9_007_199_254_740 }).map((ms) => ms * 1_000),
      data: fc.uint8Array({ maxLength: 100 }),
    })
    fc.assert(
      fc.property(value, ({ text, whole, units, scale, double, us, data }) => {
        encoder.begin('D')
        encoder.string(58, text)
        encoder.int(34, whole)
        encoder.units(44, units, scale)
        encoder.double(270, double)
        encoder.timestamp(60, us, TimestampPrecision.milliseconds)
        encoder.data(95, 96, data)
        encoder.end()
        expect(message.read(encoder.bytes, encoder.start, encoder.finish)).toBe(GarbledReason.none)
        expect(message.string(58)).toBe(text)
        expect(message.int(34)).toBe(whole)
        expect(message.units(44, scale)).toBe(units)
        expect(message.double(270)).toBe(double)
        expect(message.timestampUs(60)).toBe(us)
        expect([...(message.bytesOf(96) as Uint8Array)]).toEqual([...data])
      }),
      { numRuns: runs({ ci: 2_000, full: 100_000 }) },
    )
  })
})
