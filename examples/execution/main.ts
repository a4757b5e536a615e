/**
 * TWAP and VWAP on recorded ticks: the same order worked by both, with the slippage against the market of the window, and a
 * plot of schedule against fills for each.
 *
 *   npm run example -- execution                 a recorded day, by the volume curve of other days, where they are there
 *   npm run example -- execution QUANTITY SEED
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { SimulatedConnector, Strategy, type TradeView, TradingSystem } from 'tradewire'
import { Calendars, type IsoDate } from 'tradewire/calendar'
import { type AlgoParameters, type ParentSnapshot, volumeCurve, vwapPlan } from 'tradewire/execution'
import { perShareFees } from 'tradewire/sim'
import { main, number, positional, table, wholeArgument } from '../support/console.js'
import { recordedData } from '../support/recorded-data.js'
import { type Step, schedulePlot } from './plot.js'

const minutes = 390

/** What is asked for. */
interface Wanted {
  readonly quantity: number
  readonly seed: number
}

/** The market's own average, for comparison. */
class MarketVwap extends Strategy {
  override readonly symbols: readonly string[]
  fromUs = Number.POSITIVE_INFINITY
  toUs = Number.POSITIVE_INFINITY
  #value = 0
  #volume = 0

  constructor(symbol: string) {
    super()
    this.symbols = [symbol]
  }

  get vwap(): number {
    return this.#value / this.#volume
  }

  override onTrade({ price, size, tsEventUs }: TradeView): void {
    if (tsEventUs < this.fromUs || tsEventUs >= this.toUs) return
    this.#value += price * size
    this.#volume += size
  }
}

/** A recorded day of ticks, and the bars of the other days of its symbol: a curve is made of days that are over. */
interface RecordedDay {
  readonly symbol: string
  readonly files: readonly string[]
  readonly bars: readonly string[]
  /** The regular session. */
  readonly openUs: number
  readonly closeUs: number
}

/** The latest day of ticks that is there. */
function recordedDay(): RecordedDay | undefined {
  const [ticks, bars] = [recordedData('us_equity_ticks'), recordedData('us_equity_minute_bars')]
  const quotes = ticks === undefined ? [] : readdirSync(ticks).filter((name) => /^[a-z]+_\d{8}_quotes\.csv/.test(name))
  const latest = quotes.sort((a, b) => a.split('_')[1]?.localeCompare(b.split('_')[1] ?? '') ?? 0).at(-1)
  const [symbol, date] = latest?.split('_') ?? []
  if (ticks === undefined || latest === undefined || symbol === undefined || date === undefined) return undefined
  const session = new Calendars().get('XNYS').session(date.replace(/(....)(..)(..)/, '$1-$2-$3') as IsoDate)
  const files = [latest, latest.replace('_quotes', '_trades')].map((name) => join(ticks, name))
  if (session === undefined || !files.every((file) => existsSync(file))) return undefined
  const others =
    bars === undefined
      ? []
      : readdirSync(bars).filter((name) => name.startsWith(`${symbol}_`) && /_minute_trades\.csv/.test(name))
  return {
    symbol: symbol.toUpperCase(),
    files,
    bars: others
      .filter((name) => !name.includes(date))
      .sort()
      .slice(-5)
      .map((name) => join(bars as string, name)),
    openUs: session.openUs,
    closeUs: session.closeUs,
  }
}

/** Volume by minute of the session. */
function volumeByMinute(file: string): number[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  const [header = '', ...lines] = text.trim().split('\n')
  const columns = header.split(',')
  const time = columns.findIndex((column) => column.startsWith('time'))
  const volume = columns.findIndex((column) => column.startsWith('volume'))
  const day = new Array<number>(minutes).fill(0)
  for (const line of lines) {
    const cells = line.split(',')
    const minute = Math.floor(Number(cells[time]) / 60_000) - 570
    if (minute >= 0 && minute < minutes) day[minute] = Number(cells[volume])
  }
  return day
}

interface Outcome {
  result: ParentSnapshot
  market: number
  fills: Step[]
}

async function work(
  market: object,
  symbol: string,
  algo: AlgoParameters,
  openUs: number,
  windowMs: number,
  { quantity, seed }: Wanted,
): Promise<Outcome> {
  const observer = new MarketVwap(symbol)
  const system = await TradingSystem.start({
    mode: 'simulation',
    seed,
    connectors: {
      sim: new SimulatedConnector({ ...market, fees: perShareFees({ perShare: '0.0035', minimum: '0.35' }) }),
    },
    strategies: [observer],
    risk: { maxOrderNotional: 1_000_000_000, maxPosition: 1_000_000, maxOrderQuantity: 1_000_000 },
  })
  try {
    await system.subscribe([symbol], ['quotes', 'trades'])
    // The first quotes, then the order; recorded days begin long before the session.
    await system.run({ durationMs: 1_000 })
    const startUs = Math.max(system.time.wallUs(), openUs)
    observer.fromUs = startUs
    observer.toUs = startUs + windowMs * 1_000
    const order = system.orders.submit({
      symbol,
      side: 'buy',
      quantity,
      algo: { ...algo, startTimeUs: startUs, durationMs: windowMs, seed } as AlgoParameters,
    })
    const fills: Step[] = []
    order.onEvent(({ type, tsUs, filledUnits }) => {
      if (type === 'progress') fills.push({ tsUs, quantity: filledUnits })
    })
    const [, result] = await Promise.all([
      system.run({ durationMs: (startUs - system.time.wallUs()) / 1_000 + windowMs + 60_000 }),
      order.done(),
    ])
    return { result, market: observer.vwap, fills }
  } finally {
    await system.stop()
  }
}

await main(async () => {
  const [units, start] = positional('QUANTITY', 'SEED')
  const quantity = wholeArgument('QUANTITY', units, 20_000, 1, 1_000_000)
  const seed = wholeArgument('SEED', start, 7, 0, 2 ** 31)
  const day = recordedDay()
  const days = day?.bars.map(volumeByMinute) ?? []
  const symbol = day?.symbol ?? 'ACME'
  const market = day === undefined ? { synthetic: {} } : { replay: day.files }
  const openUs = day?.openUs ?? 0
  const windowMs = day === undefined ? 600_000 : (day.closeUs - day.openUs) / 1_000 - 120_000
  console.log(days.length === 0 ? 'curve: made up' : `curve: from ${days.length} other days of ${symbol}`)
  // Half hours: minutes of few days are too few trades to be a curve.
  const curve = days.length === 0 ? [3, 2, 1, 1, 1, 2, 4] : halfHours(volumeCurve(days))
  const rows = [
    ['algorithm', 'status', 'filled', 'children', 'average', 'market VWAP', 'against it', 'against arrival', 'fees'],
  ]
  const folder = mkdtempSync(join(tmpdir(), 'tradewire-execution-'))
  for (const algo of [
    { type: 'twap', slices: 78, endPolicy: 'complete' },
    { type: 'vwap', curve, randomizeSizePercent: 20, endPolicy: 'complete' },
  ] as const) {
    const { result, market: vwap, fills } = await work(market, symbol, algo, openUs, windowMs, { quantity, seed })
    const average = result.averagePrice?.toNumber() ?? Number.NaN
    rows.push([
      algo.type,
      result.status,
      result.filledQuantity.toString(),
      number(result.children),
      number(average, 4),
      number(vwap, 4),
      `${number((1e4 * (average - vwap)) / vwap, 2)} bp`,
      `${number(result.slippageBps ?? Number.NaN, 2)} bp`,
      number(result.fees.USD?.toNumber() ?? 0, 2),
    ])
    const weights = algo.type === 'vwap' ? curve : new Array<number>(algo.slices).fill(1)
    const file = join(folder, `${algo.type}.svg`)
    writeFileSync(
      file,
      schedulePlot(
        `${algo.type}: buy ${quantity} ${symbol}`,
        planned(quantity, weights, result.startTimeUs, windowMs),
        fills,
      ),
    )
    console.log(`plot: ${file}`)
  }
  console.log(`\n${table(rows)}`)
})

/** Sums of thirty minutes. */
function halfHours(shares: readonly number[]): number[] {
  return Array.from({ length: Math.ceil(shares.length / 30) }, (_, k) =>
    shares.slice(30 * k, 30 * k + 30).reduce((sum, share) => sum + share, 0),
  )
}

/** The plan without its random variation. */
function planned(quantity: number, weights: readonly number[], startUs: number, windowMs: number): Step[] {
  let sum = 0
  return vwapPlan({ quantityUnits: quantity, weights, lotUnits: 1 }).map((size, k) => {
    sum += size
    return { tsUs: startUs + (windowMs * 1_000 * k) / weights.length, quantity: sum }
  })
}
