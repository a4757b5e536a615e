/** Dates and times in both directions. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/runs.js'
import { latin1, latin1Bytes } from './bytes.js'
import { parseDate, parseNanoseconds, parseTime, parseTimestamp, writeDate, writeTimeOfDay } from './times.js'

const timestamp = (text: string) => parseTimestamp(latin1Bytes(text), 0, text.length)
const time = (text: string) => parseTime(latin1Bytes(text), 0, text.length)
const date = (text: string) => parseDate(latin1Bytes(text), 0, text.length)

describe('times', () => {
  it('reads timestamps of every precision', () => {
    const second = Date.UTC(2026, 10, 21, 14, 30, 5) * 1_000
    expect(timestamp('20261121-14:30:05')).toBe(second)
    expect(timestamp('20261121-14:30:05.123')).toBe(second + 123_000)
    expect(timestamp('20261121-14:30:05.123456')).toBe(second + 123_456)
    expect(timestamp('20261121-14:30:05.123456789')).toBe(second + 123_456)
    expect(timestamp('20261121-14:30:05.5')).toBe(second + 500_000)
    expect(timestamp('20261121-14:30:05.123456789012')).toBe(second + 123_456)
  })

  it('takes a leap second for the next second', () => {
    expect(timestamp('20161231-23:59:60')).toBe(Date.UTC(2017, 0, 1) * 1_000)
    expect(time('23:59:61')).toBeNaN()
  })

  it('reads the nanoseconds below the microsecond', () => {
    const nanoseconds = (text: string) => parseNanoseconds(latin1Bytes(text), 0, text.length)
    expect(nanoseconds('20261121-14:30:05.123456789')).toBe(789)
    expect(nanoseconds('14:30:05.1234567')).toBe(700)
    expect(nanoseconds('14:30:05.123')).toBe(0)
    expect(nanoseconds('14:30:05')).toBe(0)
  })

  it.each([
    '',
    '20261121',
    '20261121-14:30',
    '20261121 14:30:05',
    '20261121-24:00:00',
    '20261121-14:60:05',
    '20261121-14:30:61',
    '20261121-14:30:05.',
    '20261121-14:30:05.12x',
    '20261121-14:30:05,123',
    '20261321-14:30:05',
    '20261100-14:30:05',
    '20260229-14:30:05',
    '20261121-14:30:05.1234567890123',
    '2026112x-14:30:05',
    '20261121-1 :30:05',
    '20261121-14-30-05',
    '19000229-00:00:00',
    '+0261121-14:30:05',
  ])('refuses %j as a timestamp', (text) => {
    expect(timestamp(text)).toBeNaN()
  })

  it('knows leap years', () => {
    expect(date('20240229')).toBe(Date.UTC(2024, 1, 29) / 86_400_000)
    expect(date('20000229')).toBe(Date.UTC(2000, 1, 29) / 86_400_000)
    expect(date('21000229')).toBeNaN()
    expect(date('20230229')).toBeNaN()
  })

  it('agrees with the calendar of the platform in both directions, years 0 to 9999', () => {
    const min = Date.UTC(2000, 0, 1) - 2_000 * 365.2425 * 86_400_000 + 86_400_000
    fc.assert(
      fc.property(fc.integer({ min: Math.ceil(min / 1_000), max: Date.UTC(9999, 11, 31) / 1_000 }), (second) => {
        const text = new Date(second * 1_000).toISOString()
        const expected = `${text.slice(0, 10).replaceAll('-', '')}-${text.slice(11, 19)}`
        const day = Math.floor(second / 86_400)
        const bytes = new Uint8Array(17)
        writeDate(bytes, 0, day)
        bytes[8] = 45
        writeTimeOfDay(bytes, 9, second - day * 86_400)
        expect(latin1(bytes, 0, 17)).toBe(expected)
        expect(parseTimestamp(bytes, 0, 17)).toBe(second * 1_000_000)
      }),
      { numRuns: runs({ ci: 2_000, full: 100_000 }) },
    )
  })
})
