/**
 * Recorded US equity ticks against independent results and against the recorded minute bars of the same days: volume of
 * every minute (auction prints taken out of both sides), closing bid and ask of every minute.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NewYorkDay, parseCompactDate } from '../../src/connectors/sim/replay/reading/civil-time.js'
import { BarAggregator } from '../../src/market/bar-aggregator.js'
import { describeShared, sharedFiles, sharedFolder } from '../support/shared.js'
import { expectedBeside, linesOf, nameOf, play } from './support.js'

interface Expected {
  trades_all: number
  rth_trades: number
  rth_volume: number
  rth_vwap: string
  rth_first: string
  rth_last: string
  rth_high: string
  rth_low: string
  quotes_all: number
  quotes_suspicious: number
  quote_exchanges: Record<string, number>
}

const folder = 'us_equity_ticks'
const barFolder = 'us_equity_minute_bars'
const tradeFiles = sharedFiles('data', folder, /_trades\.csv(\.gz)?$/)
const quoteFiles = sharedFiles('data', folder, /_quotes\.csv(\.gz)?$/)
const minuteUs = 60_000_000
const hourUs = 60 * minuteUs
const openingPrint = 0x40
const closingPrint = 0x80

/** Session of the file's day: 09:30 to 16:00 New York time. */
function session(path: string): { key: string; openUs: number; closeUs: number } {
  const [symbol = '', date = ''] = nameOf(path).split('_')
  const parsed = parseCompactDate(date)
  if (parsed === undefined) throw new Error(`no date in ${path}`)
  const day = new NewYorkDay(parsed)
  return { key: `${symbol}_${date}`, openUs: day.toUtcUs(9.5 * hourUs), closeUs: day.toUtcUs(16 * hourUs) }
}

/** The recorded minute bars of the same symbol and day; undefined where there are none. */
function barFile(path: string, kind: 'trades' | 'quotes'): string | undefined {
  const root = join(sharedFolder('data'), barFolder)
  const { key } = session(path)
  const name = existsSync(root)
    ? readdirSync(root).find((file) => file.startsWith(`${key}_minute_${kind}.csv`))
    : undefined
  return name === undefined ? undefined : join(root, name)
}

describeShared(
  'US equity ticks',
  'data',
  () => {
    it('has recordings', () => expect(Math.min(tradeFiles.length, quoteFiles.length)).toBeGreaterThan(0))

    it.each(tradeFiles.map((path) => [nameOf(path), path]))(
      '%s: counts, volume, VWAP, high and low are equal',
      async (_, path) => {
        const { key, openUs, closeUs } = session(path)
        const rth = {
          trades: 0,
          volume: 0,
          value: 0,
          first: Number.NaN,
          last: Number.NaN,
          high: 0,
          low: Number.POSITIVE_INFINITY,
        }
        const { counters } = await play(path, {
          onTrades: ({ trades: t }, from, to) => {
            for (let i = from; i < to; i++) {
              if (t.tsEventUs[i] < openUs || t.tsEventUs[i] >= closeUs) continue
              if (rth.trades++ === 0) rth.first = t.price[i]
              rth.last = t.price[i]
              rth.volume += t.size[i]
              rth.value += Math.round(t.price[i] * 10_000) * t.size[i]
              rth.high = Math.max(rth.high, t.price[i])
              rth.low = Math.min(rth.low, t.price[i])
            }
          },
        })
        const expected = expectedBeside<Record<string, Expected>>(path)?.[key]
        if (expected === undefined) return
        expect(counters.rows).toBe(expected.trades_all)
        expect([rth.trades, rth.volume]).toEqual([expected.rth_trades, expected.rth_volume])
        expect((rth.value / rth.volume / 10_000).toFixed(8)).toBe(expected.rth_vwap)
        const prices = [expected.rth_first, expected.rth_last, expected.rth_high, expected.rth_low].map(Number)
        expect([rth.first, rth.last, rth.high, rth.low]).toEqual(prices)
      },
    )

    it.each(quoteFiles.map((path) => [nameOf(path), path]))(
      '%s: counts by exchange are equal, both sides stand',
      async (_, path) => {
        const { key, openUs, closeUs } = session(path)
        const exchanges: Record<string, number> = {}
        const regular = { all: 0, oneSided: 0, crossed: 0 }
        const kept = await play(
          path,
          {
            onQuotes: ({ quotes: q }, from, to) => {
              for (let i = from; i < to; i++) {
                const exchange = String.fromCharCode(q.flags[i] >>> 24)
                exchanges[exchange] = (exchanges[exchange] ?? 0) + 1
                if (q.tsEventUs[i] < openUs || q.tsEventUs[i] >= closeUs) continue
                regular.all++
                if (Number.isNaN(q.bid[i]) || Number.isNaN(q.ask[i])) regular.oneSided++
                if (q.bid[i] > q.ask[i]) regular.crossed++
              }
            },
          },
          { suspicious: 'keep' },
        )
        const dropped = await play(path, { onQuotes: () => undefined })
        expect(regular.oneSided).toBe(0)
        // A consolidated quote is crossed for moments only; standing quotes per exchange would be crossed nearly always.
        expect(regular.crossed / regular.all).toBeLessThan(0.001)
        const expected = expectedBeside<Record<string, Expected>>(path)?.[key]
        if (expected === undefined) return
        expect([kept.counters.events, dropped.counters.suspicious]).toEqual([
          expected.quotes_all,
          expected.quotes_suspicious,
        ])
        expect(dropped.counters.events).toBe(expected.quotes_all - expected.quotes_suspicious)
        expect(exchanges).toEqual(expected.quote_exchanges)
      },
    )

    const pricedDays = tradeFiles.flatMap((path) =>
      barFile(path, 'trades') === undefined ? [] : [[nameOf(path), path] as const],
    )
    it.each(pricedDays)('%s: the volume of every minute equals the recorded bars', async (_, path) => {
      const { openUs, closeUs } = session(path)
      const ours = new Map<number, number>()
      const closing: number[] = []
      const bars = new BarAggregator({ onBar: (bar) => ours.set(bar.tsOpenUs, bar.volume) })
      const isAuction = (condition: number) => (condition & (openingPrint | closingPrint)) !== 0
      bars.addTradeBars({
        instrument: 0,
        unit: 'time',
        step: minuteUs,
        accept: (_price, _size, condition) => !isAuction(condition),
      })
      await play(path, {
        onTrades: (ring, from, to) => {
          const { trades: t } = ring
          for (let i = from; i < to; i++) if ((t.condition[i] & closingPrint) !== 0) closing.push(t.size[i])
          bars.onTrades(ring, from, to)
        },
      })
      bars.flush()
      const recorded = await minuteVolumes(barFile(path, 'trades') as string)
      const lastMinute = closeUs - minuteUs
      const auction = closing.reduce((sum, size) => sum + size, 0)
      recorded.set(lastMinute, (recorded.get(lastMinute) ?? 0) - auction)
      const different: unknown[] = []
      let compared = 0
      // The first minute holds the opening auction, which the bars leave out by a rule of their own.
      for (let at = openUs + minuteUs; at < closeUs; at += minuteUs) {
        compared++
        if ((ours.get(at) ?? 0) !== (recorded.get(at) ?? 0))
          different.push([(at - openUs) / minuteUs, ours.get(at), recorded.get(at)])
      }
      expect(compared).toBe((closeUs - openUs) / minuteUs - 1)
      expect(different).toEqual([])
    })

    const quotedDays = quoteFiles.flatMap((path) =>
      barFile(path, 'quotes') === undefined ? [] : [[nameOf(path), path] as const],
    )
    it.each(quotedDays)('%s: bid and ask at the end of every minute equal the recorded bars', async (_, path) => {
      const { openUs, closeUs } = session(path)
      const ours = new Map<number, string>()
      const bars = new BarAggregator({
        onQuoteBar: (bar) => ours.set(bar.tsEventUs, `${bar.bidClose} ${bar.askClose}`),
      })
      bars.addQuoteBars({ instrument: 0, step: minuteUs, empty: 'flat' })
      await play(path, { onQuotes: bars.onQuotes })
      bars.flush()
      const recorded = new Map<number, string>()
      await play(barFile(path, 'quotes') as string, {
        onQuotes: ({ quotes: q }, from, to) => {
          for (let i = from; i < to; i++) recorded.set(q.tsEventUs[i], `${q.bid[i]} ${q.ask[i]}`)
        },
      })
      const ends = Array.from({ length: (closeUs - openUs) / minuteUs }, (_end, i) => openUs + (i + 1) * minuteUs)
      expect(ends.filter((end) => recorded.has(end)).length).toBe(ends.length)
      expect(ends.filter((end) => ours.get(end) !== recorded.get(end))).toEqual([])
    })
  },
  folder,
)

async function minuteVolumes(path: string): Promise<Map<number, number>> {
  const volumes = new Map<number, number>()
  await play(path, {
    onBars: ({ bars }, from, to) => {
      for (let i = from; i < to; i++) volumes.set(bars.tsOpenUs[i], bars.volume[i])
    },
  })
  return volumes
}

const curveFiles = sharedFiles('data', barFolder, /_volume_curve_390\.csv(\.gz)?$/)

describeShared(
  'US equity minute bars',
  'data',
  () => {
    it.each(curveFiles.map((path) => [nameOf(path), path]))(
      '%s: the volume curve follows from the bars',
      async (name, path) => {
        const symbol = name.split('_')[0] as string
        const expected =
          expectedBeside<Record<string, { days: string[]; sum: number; first30: number; last30: number }>>(path)?.[
            symbol
          ]
        const days = sharedFiles(
          'data',
          barFolder,
          new RegExp(`^${symbol}_\\d{8}_minute_trades\\.csv(\\.gz)?$`),
        ).filter((file) => expected === undefined || expected.days.includes(session(file).key.split('_')[1] as string))
        const shares = new Float64Array(390)
        for (const file of days) {
          const { openUs } = session(file)
          const volumes = await minuteVolumes(file)
          const ofDay = Array.from({ length: 390 }, (_, i) => volumes.get(openUs + i * minuteUs) ?? 0)
          const total = ofDay.reduce((sum, volume) => sum + volume, 0)
          for (let i = 0; i < 390; i++) shares[i] += (ofDay[i] as number) / total / days.length
        }
        const recorded = linesOf(path)
          .slice(1)
          .map((line) => Number(line.split(',')[1]))
        expect(recorded.length).toBe(shares.length)
        expect(recorded.filter((share, i) => Math.abs(share - (shares[i] as number)) > 1e-10)).toEqual([])
        if (expected === undefined) return
        const sum = (from: number, to: number) => shares.slice(from, to).reduce((total, share) => total + share, 0)
        expect(sum(0, 30)).toBeCloseTo(expected.first30, 9)
        expect(sum(360, 390)).toBeCloseTo(expected.last30, 9)
      },
    )
  },
  barFolder,
)
