/**
 * Two sources of one currency pair that fail over: what each was worth, every switch between them, and what a strategy saw.
 *
 *   npm run example -- failover                    recorded EUR/USD of two venues, where they are there
 *   npm run example -- failover FOLDER             other recorded quotes: one source for each first part of the file names
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Discontinuity,
  type InstrumentDefinition,
  type QuoteView,
  SimulatedConnector,
  Strategy,
  TradingSystem,
} from 'tradewire'
import { duration, main, number, Progress, showProblems, stopOnInterrupt, table, utc } from '../support/console.js'
import { recordedData } from '../support/recorded-data.js'

const pair: InstrumentDefinition = {
  id: 'EURUSD.FX',
  symbol: 'EURUSD',
  venue: 'FX',
  assetClass: 'fx',
  currency: 'USD',
  baseCurrency: 'EUR',
  priceIncrement: '0.00001',
  sizeIncrement: '1',
}
/** Silence of one source, while the other speaks, after which it is left. */
const staleAfterMs = 30_000
const nsPerUs = 1_000

/** What a stream of quotes is worth: how many, how many of them nonsense, and how long it was silent. */
class Quality {
  quotes = 0
  crossed = 0
  longestSilenceUs = 0
  silences = 0
  #lastUs = Number.NaN

  take(bid: number, ask: number, tsUs: number): void {
    this.quotes++
    if (bid > ask) this.crossed++
    const silenceUs = tsUs - this.#lastUs
    if (silenceUs > this.longestSilenceUs) this.longestSilenceUs = silenceUs
    if (silenceUs > staleAfterMs * 1_000) this.silences++
    this.#lastUs = tsUs
  }

  get row(): string[] {
    return [
      number(this.quotes),
      `${number((100 * this.crossed) / Math.max(1, this.quotes), 2)} %`,
      number(this.silences),
      duration(this.longestSilenceUs * nsPerUs),
    ]
  }
}

/** Watches the pair, and remembers the breaks it was told of. */
class Watcher extends Strategy {
  override readonly symbols = [pair.symbol]
  readonly quality = new Quality()
  readonly breaks: { atUs: number; from: string; to: string; reason: string }[] = []

  override onQuote({ bid, ask, tsRecvUs }: QuoteView): void {
    this.quality.take(bid, ask, tsRecvUs)
  }

  override onDiscontinuity({ reason, previousSource, source, tsRecvUs }: Discontinuity): void {
    this.breaks.push({ atUs: tsRecvUs, from: previousSource ?? 'nothing', to: source, reason })
  }
}

/** A source by name, as a connector that plays it. */
type Sources = Readonly<Record<string, () => SimulatedConnector>>

function recorded(folder: string): Sources {
  const files = readdirSync(folder).filter((file) => /_quotes\.csv(\.gz)?$/.test(file))
  const names = [...new Set(files.map((file) => file.split('_')[0] as string))].sort()
  return Object.fromEntries(
    names.map((name) => {
      const path = files.filter((file) => file.startsWith(`${name}_`)).map((file) => join(folder, file))
      return [name, () => new SimulatedConnector({ instruments: [pair], replay: { path, instrument: pair.id } })]
    }),
  )
}

/** Two synthetic sources, where there is no recording; the first one breaks now and then. */
function synthetic(): Sources {
  const market = { definition: pair, price: 1.3874, volatility: 0.002, spreadSteps: 10, size: 1_000_000 }
  const source = (seed: number, faults: object) => () =>
    new SimulatedConnector({
      seed,
      synthetic: {
        instruments: [{ ...market, eventsPerSecond: 4, tradeShare: 0, reversion: 0.01 }],
        durationMs: 600_000,
      },
      faults: { seed, ...faults },
      settlesPromises: true,
    })
  return { first: source(1, { disconnect: { meanIntervalMs: 60_000 } }), second: source(2, {}) }
}

/** One source by itself. */
async function qualityOf(open: () => SimulatedConnector, signal: AbortSignal): Promise<Quality> {
  const watcher = new Watcher()
  await using system = await TradingSystem.start({
    mode: 'simulation',
    connectors: { source: open() },
    strategies: [watcher],
  })
  showProblems(system)
  await system.run({ signal })
  return watcher.quality
}

await main(async () => {
  const signal = stopOnInterrupt()
  const folder = process.argv[2] ?? recordedData('fx_ticks')
  const sources = folder === undefined ? synthetic() : recorded(folder)
  const names = Object.keys(sources)
  const progress = new Progress()

  const alone: string[][] = []
  for (const [name, open] of Object.entries(sources)) {
    progress.show(() => `reading ${name}`)
    alone.push([name, ...(await qualityOf(open, signal)).row])
  }

  const watcher = new Watcher()
  const switches = new Map<string, number>()
  await using system = await TradingSystem.start({
    mode: 'simulation',
    connectors: Object.fromEntries(Object.entries(sources).map(([name, open]) => [name, open()])),
    strategies: [watcher],
    routing: {
      feeds: [{ symbols: [pair.symbol], connectors: names, mode: 'failover', staleAfterMs }],
      failbackAfterMs: 60_000,
      minDwellMs: 5_000,
    },
  })
  showProblems(system)
  system.events.on('routing', ({ kind, reason }) => {
    if (kind === 'feed') switches.set(reason, (switches.get(reason) ?? 0) + 1)
    progress.show(() => `${number(watcher.quality.quotes)} quotes, ${number(watcher.breaks.length)} switches`)
  })
  await system.run({ signal })
  progress.end()

  console.log('Sources by themselves, and what the strategy saw of them together\n')
  const header = ['', 'quotes', 'crossed', `silent > ${staleAfterMs / 1_000} s`, 'longest silence']
  console.log(table([header, ...alone, ['together', ...watcher.quality.row]]))

  console.log('\nWhat came over each source\n')
  const lines = system.feedOf(pair.symbol) ?? []
  console.log(
    table([
      ['', 'handed on', 'kept back'],
      ...lines.map(({ source, quotes, suppressed }) => [names[source] ?? '', number(quotes.won), number(suppressed)]),
    ]),
  )

  const counts = [...switches].map(([reason, count]) => `${count} ${reason}`).join(', ')
  console.log(`\n${number(watcher.breaks.length)} breaks, each marked in the data (${counts || 'none'}). The first:\n`)
  const first = watcher.breaks.slice(0, 8).map(({ atUs, from, to, reason }) => [utc(atUs), `${from} to ${to}`, reason])
  console.log(table([['when (UTC)', 'sources', 'reason'], ...first]))
})
