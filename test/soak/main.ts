/**
 * `npm run soak -- --minutes N`: a whole system for N minutes at 100,000 market data events and 100 orders a second and more,
 * with lines that break and come back, and a journal on the disk. Watches the heap after forced garbage collections, handles,
 * listeners and timers. `--json` prints one object. Exit code 1 when something piles up, or the rates were not reached.
 *
 * The heap may grow by 512 KiB a minute (64 KiB from 30 minutes on): shorter runs see more of the warming up.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Program } from '../../scripts/support/program.js'
import { SimulatedConnector } from '../../src/connectors/sim/simulated-connector.js'
import { type Logger, silentLogger } from '../../src/core/logger.js'
import { RealTime } from '../../src/core/real-time.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import { BurstFeed } from './burst-feed.js'
import { hasGrown, type Sample, slopePerMinute, takeSample } from './measure.js'
import { SoakTrader } from './soak-trader.js'

const leastEvents = 100_000
const leastOrders = 100
/** A little more, so that stalls and reconnects are made up for. */
const spare = 1.15
const sampleMs = 5_000
/** Lines break this often, in turn. */
const breakMs = 7_000
/** Share of the samples that count as warming up. */
const warmUpShare = 0.3

const program: Program = new Program('npm run soak -- [--minutes N] [--json] [--leak BYTES]')
const { values } = program.read({
  minutes: { type: 'string', default: '2' },
  json: { type: 'boolean', default: false },
  /** A leak that is planted, to see that it is found: bytes kept for each order. */
  leak: { type: 'string', default: '0' },
})
const minutes = program.number('minutes', values.minutes, 0.1)
const leakBytes = program.number('leak', values.leak, 0)

const folder = mkdtempSync(join(tmpdir(), 'tradewire-soak-'))
try {
  process.exitCode = await soak()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function soak(): Promise<number> {
  const before = await takeSample(0, () => 0)
  const problems: Logger = {
    ...silentLogger,
    error: (facts: unknown, message?: string) => console.error(message ?? '', JSON.stringify(facts)),
    child: () => problems,
  }
  const feed = new BurstFeed(leastEvents * spare)
  // A venue has to remember more orders than the system does: what it forgot looks like an execution taken back.
  const venue = new SimulatedConnector({
    synthetic: { seed: 1 },
    seed: 1,
    historyLimit: 3_000,
    connection: { healthIntervalMs: 1_000, reconnect: { firstDelayMs: 20, maxDelayMs: 200 } },
  })
  const trader = new SoakTrader('ACME', leastOrders * spare)
  const system = await TradingSystem.start({
    mode: 'paper',
    time: new RealTime(),
    journal: join(folder, 'journal'),
    capital: '1000000000',
    connectors: { venue, feed },
    strategies: [trader],
    risk: {
      maxOrderQuantity: 1_000,
      maxPosition: 1_000_000,
      throttle: { limit: 10_000, windowMs: 1_000 },
      duplicates: false,
    },
    reconciliation: { intervalMs: 5_000 },
    limits: { orders: 1_024, trades: 2_048 },
    logger: problems,
  })
  const end = new AbortController()
  const market = venue.drive({ signal: end.signal }).catch((error: unknown) => {
    if (!end.signal.aborted) throw error
  })
  await system.subscribe(feed.symbols, ['quotes', 'trades'], 'feed')
  const { samples, reconnects, seconds, leaked } = await watch(system, feed, venue, trader)
  const { publishedEvents: events } = feed
  const { orders, fills, cancels, denied, quotesSeen, denials } = trader
  end.abort()
  await system.stop()
  await market
  const after = await takeSample(0, () => 0)
  const report = judged(samples, {
    seconds,
    eventsPerSecond: events / seconds,
    ordersPerSecond: orders / seconds,
    orders,
    fills,
    cancels,
    denied,
    denials: Object.fromEntries(denials),
    quotesSeen,
    reconnects,
    leaked,
    timersLeft: after.timers - before.timers,
    handlesLeft: after.handles - before.handles,
  })
  if (values.json) console.log(JSON.stringify({ ...report, samples }))
  else print(report)
  return report.problems.length > 0 ? 1 : 0
}

async function watch(system: TradingSystem, feed: BurstFeed, venue: SimulatedConnector, trader: SoakTrader) {
  const startedMs = performance.now()
  const samples: Sample[] = []
  const kept: Uint8Array[][] = []
  let reconnects = 0
  let leaked = 0
  let nextBreakMs = breakMs
  const connectors = [feed, venue]
  const listeners = () =>
    [system, system.orders, ...connectors].reduce((sum, { events }) => sum + events.totalListeners(), 0) +
    process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  for (let at = sampleMs; at <= minutes * 60_000; at += sampleMs) {
    while (performance.now() - startedMs < at) {
      await pause(50)
      if (performance.now() - startedMs < nextBreakMs) continue
      nextBreakMs += breakMs
      if (reconnects++ % 2 === 0) feed.breakLine()
      else venue.breakConnection()
    }
    for (let tries = 0; tries < 200 && !connectors.every((connector) => connector.isReady); tries++) await pause(10)
    for (; leakBytes > 0 && leaked < trader.orders; leaked++)
      kept.push([Uint8Array.from({ length: 1 })], ...Array.from({ length: Math.ceil(leakBytes / 64) }, () => []))
    samples.push(await takeSample(startedMs, listeners))
    if (!values.json) progress(samples.at(-1) as Sample, feed, trader)
  }
  return { samples, reconnects, seconds: (performance.now() - startedMs) / 1_000, leaked: kept.length > 0 ? leaked : 0 }
}

interface Totals {
  readonly seconds: number
  readonly eventsPerSecond: number
  readonly ordersPerSecond: number
  readonly orders: number
  readonly fills: number
  readonly cancels: number
  readonly denied: number
  readonly denials: Readonly<Record<string, number>>
  readonly quotesSeen: number
  readonly reconnects: number
  readonly leaked: number
  readonly timersLeft: number
  readonly handlesLeft: number
}

function judged(samples: readonly Sample[], totals: Totals) {
  const warm = samples.slice(Math.floor(samples.length * warmUpShare))
  const heapBytesPerMinute = slopePerMinute(warm, ({ heapBytes }) => heapBytes)
  const externalBytesPerMinute = slopePerMinute(warm, ({ externalBytes }) => externalBytes)
  const boundBytesPerMinute = (minutes >= 30 ? 64 : 512) * 1_024
  const problems: string[] = []
  const want = (condition: boolean, what: string) => {
    if (!condition) problems.push(what)
  }
  want(warm.length >= 3, `${warm.length} samples tell nothing: take more minutes`)
  want(heapBytesPerMinute <= boundBytesPerMinute, `the heap grows by ${kib(heapBytesPerMinute)} a minute`)
  want(externalBytesPerMinute <= boundBytesPerMinute, `buffers grow by ${kib(externalBytesPerMinute)} a minute`)
  for (const name of ['timers', 'handles', 'descriptors', 'listeners'] as const)
    want(!hasGrown(warm, (sample) => sample[name]), `${name} grow: ${warm.map((sample) => sample[name]).join(' ')}`)
  want(totals.eventsPerSecond >= leastEvents, `${Math.round(totals.eventsPerSecond)} events a second were reached`)
  want(totals.ordersPerSecond >= leastOrders, `${totals.ordersPerSecond.toFixed(1)} orders a second were reached`)
  want(totals.fills > 0 && totals.reconnects > 0, 'nothing was filled, or no line broke')
  want(totals.timersLeft <= 0, `${totals.timersLeft} timers are left after the stop`)
  want(totals.handlesLeft <= 0, `${totals.handlesLeft} handles are left after the stop`)
  return { minutes, boundBytesPerMinute, heapBytesPerMinute, externalBytesPerMinute, ...totals, problems }
}

function print(report: ReturnType<typeof judged>): void {
  const { seconds, eventsPerSecond, ordersPerSecond, orders, fills, cancels, denied, reconnects, problems } = report
  console.log(
    `${seconds.toFixed(0)} s: ${Math.round(eventsPerSecond)} events/s, ${ordersPerSecond.toFixed(1)} orders/s (${orders} orders, ${fills} fills, ${cancels} cancels, ${denied} denied), ${reconnects} lines broken`,
  )
  console.log(
    `heap ${kib(report.heapBytesPerMinute)}/min, buffers ${kib(report.externalBytesPerMinute)}/min, ${kib(report.boundBytesPerMinute)}/min allowed`,
  )
  for (const [reason, count] of Object.entries(report.denials)) console.log(`denied ${count}: ${reason}`)
  for (const problem of problems) console.log(`  ${problem}`)
  console.log(problems.length === 0 ? '1 passed, 0 failed' : '0 passed, 1 failed')
}

function progress(
  { atMs, heapBytes, externalBytes, timers, handles, descriptors, listeners }: Sample,
  feed: BurstFeed,
  trader: SoakTrader,
): void {
  const mib = (bytes: number) => (bytes / 1_048_576).toFixed(2)
  console.log(
    `${(atMs / 1_000).toFixed(0).padStart(5)} s  heap ${mib(heapBytes)} MiB, buffers ${mib(externalBytes)} MiB, ${timers} timers, ${handles} handles, ${descriptors} descriptors, ${listeners} listeners, ${feed.publishedEvents} events, ${trader.orders} orders, ${trader.fills} fills`,
  )
}

function kib(bytes: number): string {
  return `${(bytes / 1_024).toFixed(1)} KiB`
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
