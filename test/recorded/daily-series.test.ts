/** Recorded daily series against independent results: rows, first and last day, the worst returns of the last 250, 500, 1000. */
import { expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../support/shared.js'
import { expectedBeside, linesOf, nameOf, play } from './support.js'

interface Window {
  mean: number
  worst20: number[]
}

interface Expected {
  rows: number
  first: string
  last: string
  last250?: Window
  last500?: Window
  last1000?: Window
}

const folder = 'daily_series'
const files = sharedFiles('data', folder, /_daily\.csv(\.gz)?$/)

describeShared(
  'Daily series',
  'data',
  () => {
    it('has recordings', () => expect(files.length).toBeGreaterThan(0))

    it.each(files.map((path) => [nameOf(path), path]))('%s: rows, days and returns are equal', async (name, path) => {
      const closes: number[] = []
      const ends: number[] = []
      const { counters } = await play(path, {
        onBars: ({ bars }, from, to) => {
          for (let i = from; i < to; i++) {
            closes.push(bars.close[i])
            ends.push(bars.tsEventUs[i])
          }
        },
        onQuotes: ({ quotes: q }, from, to) => {
          for (let i = from; i < to; i++) {
            closes.push((q.bid[i] + q.ask[i]) / 2)
            ends.push(q.tsEventUs[i])
          }
        },
      })
      const rows = linesOf(path).slice(1)
      expect(counters).toMatchObject({ rows: rows.length, events: rows.length, badRows: 0, outOfOrder: 0 })
      expect(new Set(ends).size).toBe(rows.length)
      const all = expectedBeside<Record<string, Expected>>(path) ?? {}
      const expected = Object.entries(all).find(([key]) => name.startsWith(`${key}_`))?.[1]
      if (expected === undefined) return
      const datetimes = rows.map((row) => row.split(',')[0])
      expect([rows.length, datetimes[0], datetimes[rows.length - 1]]).toEqual([
        expected.rows,
        expected.first,
        expected.last,
      ])
      const returns = closes.slice(1).map((close, i) => close / (closes[i] as number) - 1)
      for (const count of [250, 500, 1000] as const) {
        const window = expected[`last${count}`]
        if (window === undefined) continue
        const last = returns.slice(-count)
        const worst = [...last].sort((a, b) => a - b).slice(0, window.worst20.length)
        expect(worst.length).toBe(window.worst20.length)
        for (let i = 0; i < worst.length; i++) expect(worst[i]).toBeCloseTo(window.worst20[i] as number, 12)
        expect(last.reduce((sum, value) => sum + value, 0) / count).toBeCloseTo(window.mean, 12)
      }
    })
  },
  folder,
)
