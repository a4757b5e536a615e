/**
 * The main job: a strategy trades a market through risk gate, order manager, journal and a simulated venue; then a fresh
 * process recovers everything from the journal.
 *
 *   npm run demo                                  a seeded synthetic market
 *   npm run demo -- --data FILE|FOLDER            recorded data
 *   npm run demo -- --help                        all options
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OrderEvent, TradingSystem } from 'tradewire'
import { main, number, Progress, showProblems, stopOnInterrupt, UsageError, utc } from '../support/console.js'
import { EquityCurve } from '../support/equity-curve.js'
import { FatFingers } from './fat-fingers.js'
import { LatencyProbe } from './latency-probe.js'
import { MeanReversionMaker } from './maker.js'
import { demoMarket } from './market.js'
import { type DemoOptions, demoOptions } from './options.js'
import { proveRecovery } from './proof.js'
import { type DemoResult, demoResult, demoText, type Tally } from './report.js'
import { configFor, termsOf } from './setup.js'

await main(async () => {
  const options = demoOptions(process.argv.slice(2))
  if (options === undefined) return
  const journal = options.journal ?? mkdtempSync(join(tmpdir(), 'tradewire-demo-'))
  if (options.journal !== undefined && existsSync(journal) && readdirSync(journal).length > 0) {
    throw new UsageError(`--journal ${journal} is not empty; the demo starts a journal of its own`)
  }
  try {
    const result = await demo(options, journal)
    console.log(options.json ? JSON.stringify(result, null, 2) : demoText(result))
    if (!result.proof.isEqual) process.exitCode = 1
  } finally {
    if (options.journal === undefined) rmSync(journal, { recursive: true, force: true })
  }
})

async function demo(options: DemoOptions, journal: string): Promise<DemoResult> {
  const signal = stopOnInterrupt()
  const probe = new LatencyProbe()
  const market = await demoMarket(options, probe)
  const config = configFor(market.instruments, journal, options.seed)
  const symbols = market.instruments.map((instrument) => instrument.id)
  const system = await TradingSystem.start({
    ...config,
    connectors: { venue: market.connector },
    strategies: [new MeanReversionMaker(probe, termsOf, symbols), new FatFingers(termsOf, symbols)],
  })
  showProblems(system)
  try {
    const tally = newTally(market.description)
    system.orders.events.on('order', (event) => count(tally, event))
    const curve = new EquityCurve(system)
    const stopCurve = curve.start(Math.min(300_000, (market.durationMs ?? Number.POSITIVE_INFINITY) / 200))
    await runMarket(system, market.durationMs, tally, signal)
    stopCurve()
    curve.sample()
    // As if the process ended here: open orders, reservations and all. What follows reads the files alone.
    tally.badRows = market.connector.dataCounters?.badRows ?? 0
    const live = system.exportState()
    const proof = await proveRecovery(live, journal, config)
    return demoResult(system, tally, curve, probe, proof)
  } finally {
    await system.stop()
  }
}

async function runMarket(
  system: TradingSystem,
  durationMs: number | undefined,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const progress = new Progress()
  const startedMs = performance.now()
  const startedCpu = process.cpuUsage()
  tally.startupSeconds = startedMs / 1_000
  tally.firstUs = system.time.wallUs()
  try {
    await system.run({
      ...(durationMs === undefined ? {} : { durationMs }),
      signal,
      onProgress: (share, tsUs) => {
        const part = Number.isNaN(share) ? utc(tsUs) : `${number(100 * share)} %`
        progress.show(
          () => `${part}, ${number(system.ring.head)} events, ${number(system.orders.counters.submitted)} orders`,
        )
      },
    })
  } finally {
    progress.end()
    tally.runSeconds = (performance.now() - startedMs) / 1_000
    const cpu = process.cpuUsage(startedCpu)
    tally.cpuSeconds = (cpu.user + cpu.system) / 1e6
    tally.lastUs = system.time.wallUs()
    tally.wasInterrupted = signal.aborted
  }
}

function newTally(description: string): Tally {
  return {
    description,
    startupSeconds: Number.NaN,
    runSeconds: Number.NaN,
    cpuSeconds: Number.NaN,
    firstUs: Number.NaN,
    lastUs: Number.NaN,
    badRows: 0,
    wasInterrupted: false,
    fills: 0,
    stopsTriggered: 0,
    denials: {},
  }
}

function count(tally: Tally, event: OrderEvent): void {
  if (event.type === 'filled') tally.fills++
  else if (event.type === 'triggered') tally.stopsTriggered++
  else if (event.type === 'denied') tally.denials[event.reason ?? '?'] = (tally.denials[event.reason ?? '?'] ?? 0) + 1
}
