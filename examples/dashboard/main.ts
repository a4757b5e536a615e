/**
 * A terminal dashboard of a running system: symbols, rates, latency, quality, gaps, drops, connections, positions, P&L.
 *
 *   npm run example -- dashboard                 on a terminal: until Ctrl-C; elsewhere: 5 seconds, a line each second
 *   npm run example -- dashboard --seconds 60    ends by itself
 *   npm run example -- dashboard --plain         lines on a terminal, too
 *
 * It needs 80 x 24, obeys NO_COLOR and TERM=dumb, and leaves the terminal as it was. Two venues with synthetic markets, one
 * of them with a line that breaks now and then, and a strategy that trades a little.
 */
import { parseArgs } from 'node:util'
import { type QuoteView, SimulatedConnector, Strategy, TradingSystem } from 'tradewire'
import { main, stopOnInterrupt, UsageError } from '../support/console.js'
import { frame, summary } from './frame.js'
import { Reader } from './readings.js'
import { Screen } from './screen.js'

/** Buys and sells a hundred shares of ACME in turn, a few seconds apart. */
class Trickle extends Strategy {
  override readonly symbols = ['ACME']
  #isLong = false

  override onStart(): void {
    this.every(700, () => {
      if (Number.isNaN(this.quotes.mid(this.instrument('ACME').index))) return
      this.submit({ symbol: 'ACME', side: this.#isLong ? 'sell' : 'buy', quantity: 100, type: 'market' })
      this.#isLong = !this.#isLong
    })
  }

  override onQuote(_quote: QuoteView): void {}
}

await main(async () => {
  const { seconds, isPlain } = readArguments()
  const screen = new Screen(isPlain ? { write: (text) => process.stdout.write(text) } : process.stdout, process.env)
  const interrupt = stopOnInterrupt()
  const system = await TradingSystem.create({
    mode: 'paper',
    capital: '1000000',
    quality: { staleAfterMs: { quotes: 2_000 } },
    connectors: {
      alpha: new SimulatedConnector({ synthetic: { rate: 4 }, seed: 3 }),
      beta: new SimulatedConnector({
        synthetic: { rate: 2 },
        seed: 5,
        faults: { seed: 9, disconnect: { meanIntervalMs: 8_000 } },
        connection: { reconnect: { firstDelayMs: 500, maxDelayMs: 1_500 } },
      }),
    },
    strategies: [new Trickle()],
  })
  const reader = new Reader(system)
  let report = ''
  try {
    await system.start({ signal: interrupt })
    const symbols = [...system.instruments].map(({ symbol }) => symbol)
    for (const connector of system.connectors.keys()) await system.subscribe(symbols, ['quotes', 'trades'], connector)
    const show = () => {
      const readings = reader.read()
      if (screen.isLive) screen.draw(frame(readings, screen.paint, screen.size))
      else screen.print(summary(readings))
    }
    const timer = system.time.every(screen.isLive ? 500 : 1_000, show)
    const durationMs = seconds ?? (screen.isLive ? undefined : 5)
    await system.run({ signal: interrupt, ...(durationMs === undefined ? {} : { durationMs: durationMs * 1_000 }) })
    timer.cancel()
    const last = frame(reader.read(), screen.paint, screen.size)
    if (screen.isLive) screen.draw(last)
    else for (const line of last) screen.print(line)
    report = system.quality.reportText()
  } finally {
    screen.close()
    await system.stop()
  }
  screen.print(`\n${report}`)
})

function readArguments(): { seconds: number | undefined; isPlain: boolean } {
  const { values } = parseArgs({
    options: { seconds: { type: 'string' }, plain: { type: 'boolean', default: false } },
  })
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
  if (seconds !== undefined && !(seconds > 0)) throw new UsageError('--seconds must be a number above 0')
  return { seconds, isPlain: values.plain }
}
