/** Recorded FX quotes against independent counts: rows, spreads, crossed quotes, times and gaps; both venues merged in order. */
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { describeShared, sharedFiles } from '../support/shared.js'
import { expectedBeside, nameOf, play } from './support.js'

interface Expected {
  rows: number
  min_spread_1e5: number
  median_spread_1e5: number
  max_spread_1e5: number
  crossed: number
  first_ms: number
  last_ms: number
  max_gap_ms: number
}

const folder = 'fx_ticks'
const files = sharedFiles('data', folder, /\.csv(\.gz)?$/)
const dayMs = 86_400_000

describeShared(
  'FX quotes against independent counts',
  'data',
  () => {
    it('has recordings', () => expect(files.length).toBeGreaterThan(0))

    it.each(files.map((path) => [nameOf(path), path]))('%s: counts, spreads and gaps are equal', async (name, path) => {
      const spreads: number[] = []
      const times: number[] = []
      const { counters, instruments } = await play(path, {
        onQuotes: ({ quotes: q }, from, to) => {
          for (let i = from; i < to; i++) {
            spreads.push(Math.round((q.ask[i] - q.bid[i]) * 1e5))
            times.push(q.tsRecvUs[i] / 1000)
          }
        },
      })
      expect(counters).toMatchObject({ badRows: 0, outOfOrder: 0, events: counters.rows })
      const expected = expectedBeside<Record<string, Expected>>(path)?.[name]
      if (expected === undefined) return
      const sorted = [...spreads].sort((a, b) => a - b)
      const middle = sorted.length / 2
      const median = ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2
      const gaps = times.slice(1).map((time, i) => time - (times[i] as number))
      // The recorded times count from midnight of the venue's own offset.
      const offsetMs = instruments[0]?.definition.venue === 'FXCM' ? 5 * 3_600_000 : 0
      const sinceMidnight = (time: number | undefined) => ((time as number) - offsetMs) % dayMs
      expect({
        rows: counters.rows,
        min_spread_1e5: sorted[0],
        median_spread_1e5: median,
        max_spread_1e5: sorted[sorted.length - 1],
        crossed: spreads.filter((spread) => spread < 0).length,
        first_ms: sinceMidnight(times[0]),
        last_ms: sinceMidnight(times[times.length - 1]),
        max_gap_ms: gaps.reduce((most, gap) => Math.max(most, gap), 0),
      }).toMatchObject({ ...pick(expected) })
    })

    it('the folder plays in one order, both venues interleaved', async () => {
      const venues: string[] = []
      let lastUs = 0
      let backwards = 0
      let total = 0
      await play(dirname(files[0] as string), (registry) => ({
        onQuotes: ({ quotes: q }, from, to) => {
          total += to - from
          for (let i = from; i < to; i++) {
            if (q.tsRecvUs[i] < lastUs) backwards++
            lastUs = q.tsRecvUs[i]
            const { venue } = registry.at(q.instrument[i]).definition
            if (venues[venues.length - 1] !== venue) venues.push(venue)
          }
        },
      }))
      let separate = 0
      for (const path of files) separate += (await play(path, { onQuotes: () => undefined })).counters.events
      expect(total).toBe(separate)
      expect(backwards).toBe(0)
      expect(new Set(venues).size).toBeGreaterThan(1)
      expect(venues.length).toBeGreaterThan(files.length)
    })
  },
  folder,
)

function pick(expected: Expected): Expected {
  const { rows, min_spread_1e5, median_spread_1e5, max_spread_1e5, crossed, first_ms, last_ms, max_gap_ms } = expected
  return { rows, min_spread_1e5, median_spread_1e5, max_spread_1e5, crossed, first_ms, last_ms, max_gap_ms }
}
