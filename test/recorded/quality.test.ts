/** The quality monitor over every recording: what independent counts know of it agrees, and each run reports the same. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { DataQualityReport } from '../../src/market/quality/quality-events.js'
import { DataQualityMonitor, type DataQualityOptions } from '../../src/market/quality/quality-monitor.js'
import { describeShared, sharedFiles, sharedFolder } from '../support/shared.js'
import { expectedBeside, nameOf, play } from './support.js'

async function judge(path: string, options: DataQualityOptions = {}): Promise<DataQualityReport> {
  const monitor = new DataQualityMonitor(options)
  await play(path, monitor.handlers)
  return monitor.report()
}

const fxFiles = sharedFiles('data', 'fx_ticks', /\.csv(\.gz)?$/)

describeShared(
  'quality of FX quotes',
  'data',
  () => {
    it.each(fxFiles.map((path) => [nameOf(path), path]))(
      '%s: crossed quotes as counted elsewhere',
      async (name, path) => {
        const { feeds } = await judge(path, { spikes: false })
        const expected = expectedBeside<Record<string, { crossed: number; rows: number }>>(path)?.[name]
        expect(feeds).toHaveLength(1)
        if (expected !== undefined)
          expect(feeds[0]?.totals).toMatchObject({ crossed: expected.crossed, quotes: expected.rows })
      },
    )

    it('quiet periods are stale streams by the time of the recording', async () => {
      const path = fxFiles[0] as string
      const often = (await judge(path, { staleAfterMs: { quotes: 10_000 } })).feeds[0]?.totals.staleBegins ?? 0
      const rarely = (await judge(path, { staleAfterMs: { quotes: 3_600_000 } })).feeds[0]?.totals.staleBegins
      expect(often).toBeGreaterThan(0)
      expect(rarely).toBe(0)
    })
  },
  'fx_ticks',
)

const equityQuotes = sharedFiles('data', 'us_equity_ticks', /quotes\.csv(\.gz)?$/)

describeShared(
  'quality of US equity quotes',
  'data',
  () => {
    it.each(equityQuotes.map((path) => [nameOf(path), path]))(
      '%s: one-sided rows make a market that is rarely crossed',
      async (_name, path) => {
        const { totals } = (await judge(path)).feeds[0] as DataQualityReport['feeds'][number]
        expect(totals.crossed).toBeGreaterThan(0)
        expect(totals.crossed).toBeLessThan(totals.quotes / 500)
      },
    )
  },
  'us_equity_ticks',
)

const binance = sharedFiles('data', 'crypto_l2_binance', /\.(gz|ndjson|txt)$/)

describeShared(
  'quality of a recording whose clock is behind',
  'data',
  () => {
    it.each(binance.map((path) => [nameOf(path), path]))(
      '%s: the venue is ahead, and no delay is made up',
      async (_name, path) => {
        const events: string[] = []
        const monitor = new DataQualityMonitor()
        monitor.events.on('issue', ({ issue, state }) => events.push(`${issue} ${state}`))
        await play(path, monitor.handlers)
        const feed = monitor.report().feeds[0] as DataQualityReport['feeds'][number]
        expect(events).toContain('clock begin')
        expect(feed.totals.negativeLatency).toBeGreaterThan(0)
        expect(feed.clockAheadMs).toBeGreaterThan(500)
        expect(feed.score).toBeLessThanOrEqual(80)
      },
    )
  },
  'crypto_l2_binance',
)

const folder = sharedFolder('data')
const sets = !existsSync(folder) ? [] : readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory())

describeShared('quality of every recording', 'data', () => {
  it.each(sets)('%s: a score within bounds', async (name) => {
    const report = await judge(join(folder, name))
    expect(report.score).toBeGreaterThanOrEqual(0)
    expect(report.score).toBeLessThanOrEqual(100)
    expect(report.feeds.length).toBeGreaterThan(0)
  })

  it.each(sets.filter((name) => name.startsWith('fx')))('%s: each run reports the same', async (name) => {
    const path = join(folder, name)
    expect(JSON.stringify(await judge(path))).toBe(JSON.stringify(await judge(path)))
  })
})
