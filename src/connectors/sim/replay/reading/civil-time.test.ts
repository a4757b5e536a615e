import { describe, expect, it } from 'vitest'
import {
  daysOfDate,
  dayUs,
  hourUs,
  isDate,
  isoTimeUs,
  NewYorkDay,
  parseCompactDate,
  utcMidnightUs,
} from './civil-time.js'

const iso = (text: string) => isoTimeUs(new TextEncoder().encode(text), 0, text.length)

describe('dates', () => {
  it('count days as the platform does', () => {
    for (let day = -200_000; day < 200_000; day += 97) {
      const date = new Date(day * 86_400_000)
      expect(daysOfDate(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day)
    }
  })

  it('are checked', () => {
    expect(parseCompactDate('20240229')).toEqual({ year: 2024, month: 2, day: 29 })
    for (const text of ['20230229', '20241301', '20240100', '2024010', '202401011', 'yyyymmdd']) {
      expect(parseCompactDate(text)).toBeUndefined()
    }
    expect([isDate(2000, 2, 29), isDate(1900, 2, 29), isDate(2023, 12, 31), isDate(2023, 4, 31)]).toEqual([
      true,
      false,
      true,
      false,
    ])
    expect(utcMidnightUs({ year: 1970, month: 1, day: 2 })).toBe(dayUs)
  })
})

describe('New York days', () => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/New_York',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })

  it('agree with the time zone database on every day from 1987 to 2045', () => {
    const wrong: string[] = []
    for (let day = daysOfDate(1987, 1, 1); day < daysOfDate(2046, 1, 1); day++) {
      const date = new Date(day * 86_400_000)
      const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
      const newYork = new NewYorkDay(civil)
      const two = (value: number) => String(value).padStart(2, '0')
      for (const hour of [0, 1, 3, 9, 16, 23]) {
        const shown = format.format(new Date(newYork.toUtcUs(hour * hourUs) / 1000))
        const expected = `${two(civil.month)}/${two(civil.day)}/${civil.year}, ${two(hour)}:00`
        if (shown !== expected) wrong.push(`${expected} came as ${shown}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('isoTimeUs', () => {
  it.each([
    ['2021-04-17T16:43:37.075687Z', Date.UTC(2021, 3, 17, 16, 43, 37) * 1000 + 75_687],
    ['2024-01-01 23:01:00', Date.UTC(2024, 0, 1, 23, 1) * 1000],
    ['2024-01-01T23:01:00.5', Date.UTC(2024, 0, 1, 23, 1) * 1000 + 500_000],
    ['2024-01-01T23:01:00.123456789Z', Date.UTC(2024, 0, 1, 23, 1) * 1000 + 123_456],
  ])('reads %s', (text, us) => expect(iso(text)).toBe(us))

  it.each([
    '',
    '2024-01-01',
    '2024-13-01 00:00:00',
    '2024-01-01 24:00:00',
    '2024-01-01 00:00:00.',
    '2024-01-01 00:00:0x',
    '2024/01/01 00:00:00',
  ])("refuses '%s'", (text) => expect(iso(text)).toBeNaN())
})
