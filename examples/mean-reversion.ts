/**
 * High-frequency mean reversion on recorded ticks: sells what ran up and buys what fell, for seconds at a time.
 *
 *   npm run example -- mean-reversion                     two recorded days of IBM, where they are there
 *   npm run example -- mean-reversion FILE|FOLDER         other recorded data
 */
import {
  type OrderEvent,
  type OrderHandle,
  type QuoteView,
  SimulatedConnector,
  Strategy,
  TradingSystem,
} from 'tradewire'
import { perShareFees } from 'tradewire/sim'
import { main, number, Progress, showProblems, stopOnInterrupt, table, utc } from './support/console.js'
import { recordedData } from './support/recorded-data.js'

/** Entered this many standard deviations from the average, left at the average. */
const entryZ = 2
const lookback = 400
const shares = 100

/** One position at a time in one symbol, entered and left with limit orders that wait at the touch. */
class MeanReversion extends Strategy {
  readonly symbol: string
  override readonly symbols: readonly string[]
  /** Round trips, and those that made money before fees. */
  trips = 0
  wins = 0
  #mean = Number.NaN
  #variance = 0
  #quotes = 0
  #order: OrderHandle | undefined
  #sentUs = 0
  /** Money made since the position was last flat, in price units times quantity units. */
  #cash = 0

  constructor(symbol: string) {
    super()
    this.symbol = symbol
    this.symbols = [symbol]
  }

  override onQuote(quote: QuoteView): void {
    const { bid, ask, mid, tsRecvUs } = quote
    if (!(ask > bid)) return // crossed, locked or one-sided: no price to reason about
    const z = this.#score(mid)
    if (Number.isNaN(z)) return
    if (this.#order !== undefined && !this.#order.isClosed) {
      // A signal fades: what has not traded after two seconds is taken back.
      if (tsRecvUs - this.#sentUs > 2_000_000) this.#order.cancel()
      return
    }
    const { isFlat, isLong, quantity } = this.position(this.symbol)
    if (isFlat) {
      if (Math.abs(z) < entryZ || ask - bid > 0.05) return
      this.#send(z < 0 ? 'buy' : 'sell', shares, z < 0 ? bid : ask, tsRecvUs)
    } else if (isLong ? z >= 0 : z <= 0)
      this.#send(isLong ? 'sell' : 'buy', Math.abs(quantity), isLong ? ask : bid, tsRecvUs)
  }

  /** Counts a round trip when the position is back at zero. Whole units: no rounding in the sums. */
  override onOrderEvent(event: OrderEvent): void {
    if (event.type !== 'filled') return
    this.#cash += (event.side === 'sell' ? 1 : -1) * event.priceUnits * event.quantityUnits
    if (!this.position(this.symbol).isFlat) return
    this.trips++
    if (this.#cash > 0) this.wins++
    this.#cash = 0
  }

  /** How many standard deviations the price is from its moving average; NaN until there is one. */
  #score(mid: number): number {
    const weight = 1 / lookback
    if (this.#quotes++ === 0) this.#mean = mid
    const difference = mid - this.#mean
    this.#mean += weight * difference
    this.#variance += weight * (difference * difference - this.#variance)
    return this.#quotes < lookback || this.#variance === 0 ? Number.NaN : difference / Math.sqrt(this.#variance)
  }

  #send(side: 'buy' | 'sell', quantity: number, price: number, tsUs: number): void {
    // A number is taken as its shortest decimal; recorded prices off the grid are put on it, never silently rounded.
    const onGrid = this.instrument(this.symbol).makePassivePrice(price, side)
    this.#order = this.submit({ symbol: this.symbol, side, quantity, price: onGrid })
    this.#sentUs = tsUs
  }
}

await main(async () => {
  const path = process.argv[2] ?? recordedData('us_equity_ticks')
  const market = path === undefined ? { synthetic: {} } : { replay: path }
  const strategy = new MeanReversion(path === undefined ? 'ACME' : 'IBM')
  const system = await TradingSystem.start({
    mode: 'simulation',
    capital: '100000',
    connectors: {
      sim: new SimulatedConnector({ ...market, fees: perShareFees({ perShare: '0.0035', minimum: '0.35' }) }),
    },
    strategies: [strategy],
    risk: { maxPosition: shares, maxOrderQuantity: shares },
  })
  showProblems(system)
  try {
    const rows = [['UTC', 'trips', 'position', 'fees', 'P&L']]
    const note = () => {
      const { pnl, positions } = system.snapshot()
      rows.push([
        utc(system.time.wallUs()),
        number(strategy.trips),
        String(positions[0]?.quantity ?? 0),
        number(pnl.fees?.toNumber() ?? 0, 2),
        number(pnl.total?.toNumber() ?? Number.NaN, 2),
      ])
    }
    const hourly = system.time.every(3_600_000, note)
    const progress = new Progress()
    await system.run({
      ...(path === undefined ? { durationMs: 600_000 } : {}),
      signal: stopOnInterrupt(),
      onProgress: (_share, tsUs) => progress.show(() => `${utc(tsUs)}, ${number(strategy.trips)} trips`),
    })
    progress.end()
    hourly.cancel()
    note()
    console.log(
      table(rows.filter((row, index) => index === 0 || row[1] !== rows[index - 1]?.[1] || index === rows.length - 1)),
    )
    console.log(
      `\n${number(system.ring.head)} events, ${number(system.orders.counters.submitted)} orders, ${number(strategy.trips)} round trips, ${number((100 * strategy.wins) / strategy.trips)} % of them won before fees`,
    )
  } finally {
    await system.stop()
  }
})
