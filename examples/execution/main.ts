/**
 * TWAP and VWAP on recorded ticks: the same order worked by both, with the slippage against the market of the window, and a
 * plot of schedule against fills for each.
 *
 *   npm run example -- execution                 a recorded day of IBM, where it is there
 *   npm run example -- execution QUANTITY SEED
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { SimulatedConnector, Strategy, type TradeView, TradingSystem } from 'tradewire'
import { type AlgoParameters, type ParentSnapshot, volumeCurve, vwapPlan } from 'tradewire/execution'
import { perShareFees } from 'tradewire/sim'
import { main, number, table } from '../support/console.js'
import { recordedData } from '../support/recorded-data.js'
import { type Step, schedulePlot } from './plot.js'

const quantity = Number(process.argv[2] ?? 20_000)
const seed = Number(process.argv[3] ?? 7)
/** New York is four hours behind UTC on these days: 9:30 to 16:00. */
const sessionMs = 6.5 * 3_600_000
const minutes = 390

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

/** Volume by minute of the session, of every recorded day of bars but one: a curve is made of days that are over. */
function pastDays(folder: string, without: string): number[][] {
  return readdirSync(folder)
    .filter((name) => /^ibm_\d+_minute_trades\.csv\.gz$/.test(name) && !name.includes(without))
    .sort()
    .map((name) => {
      const [header = '', ...lines] = gunzipSync(readFileSync(join(folder, name)))
        .toString()
        .trim()
        .split('\n')
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
    })
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
): Promise<Outcome> {
  const observer = new MarketVwap(symbol)
  const system = await TradingSystem.start({
    mode: 'simulation',
    seed,
    connectors: {
      sim: new SimulatedConnector({ ...market, fees: perShareFees({ perShare: '0.0035', minimum: '0.35' }) }),
    },
    strategies: [observer],
    risk: { maxOrderNotional: 10_000_000, maxPosition: 1_000_000, maxOrderQuantity: 1_000_000 },
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
  const path = recordedData('us_equity_ticks')
  const day = '20131008'
  const files = ['quotes', 'trades'].map((kind) => join(path ?? '', `ibm_${day}_${kind}.csv.gz`))
  const isRecorded = path !== undefined && files.every((file) => existsSync(file))
  const bars = path === undefined ? '' : join(path, '..', 'us_equity_minute_bars')
  const days = isRecorded && existsSync(bars) ? pastDays(bars, day) : []
  const symbol = isRecorded ? 'IBM' : 'ACME'
  const market = isRecorded ? { replay: files } : { synthetic: {} }
  const openUs = isRecorded ? Date.UTC(2013, 9, 8, 13, 30) * 1_000 : 0
  const windowMs = isRecorded ? sessionMs - 120_000 : 600_000
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
    const { result, market: vwap, fills } = await work(market, symbol, algo, openUs, windowMs)
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
      schedulePlot(`${algo.type}: buy ${quantity} ${symbol}`, planned(weights, result.startTimeUs, windowMs), fills),
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
function planned(weights: readonly number[], startUs: number, windowMs: number): Step[] {
  let sum = 0
  return vwapPlan({ quantityUnits: quantity, weights, lotUnits: 1 }).map((size, k) => {
    sum += size
    return { tsUs: startUs + (windowMs * 1_000 * k) / weights.length, quantity: sum }
  })
}
