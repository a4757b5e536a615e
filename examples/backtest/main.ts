/**
 * Backtest: a strategy on bars is replayed over recorded data; the report is a table, and a plot in an SVG file.
 *
 *   npm run example -- backtest                              two recorded days of IBM, where they are there
 *   npm run example -- backtest --data FILE|FOLDER --symbol IBM --out report.svg
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type OrderEvent, SimulatedConnector, TradingSystem } from 'tradewire'
import { constantLatency, defaultSyntheticInstruments, perShareFees } from 'tradewire/sim'
import { main, number, Progress, showProblems, stopOnInterrupt, table, utc } from '../support/console.js'
import { EquityCurve } from '../support/equity-curve.js'
import { recordedData } from '../support/recorded-data.js'
import { Breakout } from './breakout.js'
import { equityPlot, type Marker } from './equity-plot.js'

await main(async () => {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, symbol: { type: 'string' }, out: { type: 'string' } },
  })
  const path = values.data ?? recordedData('us_equity_ticks')
  const symbol = values.symbol ?? (path === undefined ? 'ACME' : 'IBM')
  const market =
    path === undefined
      ? { synthetic: { instruments: defaultSyntheticInstruments.filter((each) => each.definition.symbol === symbol) } }
      : { replay: path }
  const network = constantLatency(1)
  const system = await TradingSystem.start({
    mode: 'simulation',
    capital: '100000',
    connectors: {
      sim: new SimulatedConnector({
        ...market,
        latency: { orders: network, reports: network },
        fees: perShareFees({ perShare: '0.0035', minimum: '0.35' }),
      }),
    },
    strategies: [new Breakout(symbol, 200)],
    risk: { maxPosition: 200 },
  })
  showProblems(system)
  try {
    const markers: Marker[] = []
    const curve = new EquityCurve(system)
    system.orders.events.on('order', (event) => {
      if (event.type === 'filled') markers.push(markerOf(event))
    })
    const stopCurve = curve.start(60_000)
    const progress = new Progress()
    await system.run({
      ...(path === undefined ? { durationMs: 4 * 3_600_000 } : {}),
      signal: stopOnInterrupt(),
      onProgress: (_share, tsUs) => progress.show(() => utc(tsUs)),
    })
    progress.end()
    stopCurve()
    curve.sample()
    report(system, curve, markers)
    const out = values.out ?? join(mkdtempSync(join(tmpdir(), 'tradewire-backtest-')), 'equity.svg')
    writeFileSync(out, equityPlot(`Breakout on ${symbol}`, curve.points, markers))
    console.log(`\nplot: ${out}`)
  } finally {
    await system.stop()
  }
})

function markerOf(event: OrderEvent): Marker {
  return {
    tsUs: event.tsEventUs,
    side: event.side,
    quantity: event.quantity?.toNumber() ?? 0,
    price: event.price?.toNumber() ?? Number.NaN,
  }
}

function report(system: TradingSystem, curve: EquityCurve, markers: readonly Marker[]): void {
  const { pnl, capital } = system.snapshot()
  const money = (value: { toNumber(): number } | undefined) => number(value?.toNumber() ?? Number.NaN, 2)
  const [first, last] = [curve.points[0], curve.points.at(-1)]
  const returns = (pnl.total?.toNumber() ?? Number.NaN) / capital.toNumber()
  console.log(
    table([
      ['period', `${utc(first?.tsUs ?? Number.NaN)} to ${utc(last?.tsUs ?? Number.NaN)} UTC`],
      ['events', number(system.ring.head)],
      ['orders, fills', `${number(system.orders.counters.submitted)}, ${number(markers.length)}`],
      ['traded shares', number(markers.reduce((sum, marker) => sum + marker.quantity, 0))],
      ['realised profit', money(pnl.realizedGross)],
      ['open profit', money(pnl.unrealized)],
      ['fees', money(pnl.fees)],
      ['total', money(pnl.total)],
      ['return', `${number(100 * returns, 3)} %`],
      ['largest drawdown', number(curve.maxDrawdown, 2)],
    ]),
  )
}
