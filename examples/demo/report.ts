/** What the demo found out, as one plain object, and as text for people. */
import type { LatencyHistogram, TradingSystem } from 'tradewire'
import { duration, number, table, utc } from '../support/console.js'
import type { EquityCurve } from '../support/equity-curve.js'
import type { LatencyProbe } from './latency-probe.js'
import type { Proof } from './proof.js'

/** What is counted while the demo runs. */
export interface Tally {
  description: string
  startupSeconds: number
  runSeconds: number
  /** Processor time of all threads of the process while it ran. */
  cpuSeconds: number
  firstUs: number
  lastUs: number
  badRows: number
  wasInterrupted: boolean
  fills: number
  stopsTriggered: number
  denials: Record<string, number>
}

/** Results as plain data. */
export type DemoResult = ReturnType<typeof demoResult>

/** Puts the results together. */
export function demoResult(system: TradingSystem, tally: Tally, curve: EquityCurve, probe: LatencyProbe, proof: Proof) {
  const { counters, latency } = system.orders
  const snapshot = system.snapshot()
  const events = system.ring.head
  const messages = counters.submitted + counters.denied + counters.cancels
  return {
    ...tally,
    events,
    eventsPerSecond: events / tally.runSeconds,
    orders: counters.submitted,
    cancels: counters.cancels,
    denied: counters.denied,
    orderMessagesPerSecond: messages / tally.runSeconds,
    openOrders: system.orders.openOrders().length,
    latency: {
      tickToHandler: { clock: 'real', ...percentiles(probe.tickToHandler) },
      submitCall: { clock: 'real', ...percentiles(probe.submitCall) },
      submitToAck: { clock: 'virtual', ...percentiles(latency.submitToAck) },
      submitToFill: { clock: 'virtual', ...percentiles(latency.submitToFill) },
    },
    baseCurrency: snapshot.baseCurrency,
    positions: snapshot.positions.map((each) => ({
      instrument: each.instrument,
      quantity: each.quantity.toFixed(),
      averagePrice: each.averagePrice?.toFixed() ?? null,
    })),
    byInstrument: snapshot.byInstrument.map((each) => ({
      instrument: each.name,
      total: each.total?.toNumber() ?? null,
      fees: each.fees?.toNumber() ?? null,
    })),
    pnl: {
      realizedGross: snapshot.pnl.realizedGross?.toNumber() ?? null,
      fees: snapshot.pnl.fees?.toNumber() ?? null,
      unrealized: snapshot.pnl.unrealized?.toNumber() ?? null,
      total: snapshot.pnl.total?.toNumber() ?? null,
    },
    maxDrawdown: curve.maxDrawdown,
    proof,
  }
}

function percentiles(histogram: LatencyHistogram) {
  const { count } = histogram
  const at = (percent: number) => (count === 0 ? null : histogram.percentile(percent))
  return { count, p50Ns: at(50), p95Ns: at(95), p99Ns: at(99), maxNs: count === 0 ? null : histogram.max }
}

/** The results as text. */
export function demoText(result: DemoResult): string {
  const money = (value: number | null) => (value === null ? '-' : number(value, 2))
  const time = (ns: number | null) => (ns === null ? '-' : duration(ns))
  const { latency, pnl, proof } = result
  const latencyRow = (name: string, row: (typeof latency)['submitToAck']) => [
    name,
    row.clock,
    number(row.count),
    time(row.p50Ns),
    time(row.p95Ns),
    time(row.p99Ns),
    time(row.maxNs),
  ]
  const denials = Object.entries(result.denials).sort((a, b) => b[1] - a[1])
  return [
    ...wrapped('Market       ', result.description),
    `             ${utc(result.firstUs)} to ${utc(result.lastUs)} UTC${result.wasInterrupted ? ' (interrupted)' : ''}`,
    `Events       ${number(result.events)} in ${number(result.runSeconds, 2)} s: ${number(result.eventsPerSecond)} a second`,
    `             (processor time ${number(result.cpuSeconds, 2)} s; start-up before that ${number(result.startupSeconds, 2)} s)`,
    ...(result.badRows === 0 ? [] : [`Bad rows     ${number(result.badRows)} skipped`]),
    `Orders       ${number(result.orders)} sent, ${number(result.cancels)} cancels, ${number(result.denied)} denied: ${number(result.orderMessagesPerSecond)} messages a second`,
    `             ${number(result.fills)} fills, ${number(result.stopsTriggered)} stops triggered, ${number(result.openOrders)} orders still open`,
    '',
    'Latency',
    table([
      ['', 'clock', 'count', 'p50', 'p95', 'p99', 'max'],
      latencyRow('tick to handler', latency.tickToHandler),
      latencyRow('submit call', latency.submitCall),
      latencyRow('submit to ack', latency.submitToAck),
      latencyRow('submit to fill', latency.submitToFill),
    ]),
    '',
    `Positions and profit in ${result.baseCurrency}`,
    table([
      ['instrument', 'position', 'average price', 'fees', 'total P&L'],
      ...result.positions.map((position) => {
        const own = result.byInstrument.find((each) => each.instrument === position.instrument)
        return [
          position.instrument,
          position.quantity,
          position.averagePrice === null ? '-' : short(position.averagePrice),
          money(own?.fees ?? null),
          money(own?.total ?? null),
        ]
      }),
    ]),
    `  realised ${money(pnl.realizedGross)}, open ${money(pnl.unrealized)}, fees ${money(pnl.fees)}: total ${money(pnl.total)}`,
    `  largest drawdown ${money(result.maxDrawdown)}`,
    '',
    ...wrapped(
      'Risk         ',
      denials.length === 0 ? 'nothing denied' : denials.map(([code, count]) => `${code} ${number(count)}`).join(', '),
    ),
    `Journal      ${number(proof.journal.bytes)} bytes, ${number(proof.journal.records)} records, ${proof.journal.segments} segment${proof.journal.segments === 1 ? '' : 's'}`,
    '',
    `Recovery     the journal replayed in a fresh process (${number(proof.seconds, 2)} s), against the live state:`,
    table(
      proof.sections.map((each) => [
        each.section,
        `${number(each.fields)} fields`,
        each.differences.length === 0 ? 'equal' : 'DIFFERENT',
      ]),
    ),
    ...proof.sections.flatMap((each) => each.differences.map((difference) => `    ${difference}`)),
    proof.isEqual ? `  all ${number(proof.fields)} fields are equal` : '  THE RECOVERED STATE IS NOT THE LIVE ONE',
  ].join('\n')
}

/** A decimal with at most eight digits behind the point: enough to read, never used to compute. */
function short(decimal: string): string {
  const [whole = '', digits = ''] = decimal.split('.')
  const kept = digits.slice(0, 8).replace(/0+$/, '')
  return kept === '' ? whole : `${whole}.${kept}`
}

/** A text behind a heading, broken at blanks into lines of at most 96 columns. */
function wrapped(heading: string, text: string): string[] {
  const lines: string[] = []
  let line = heading
  for (const word of text.split(' ')) {
    if (line.length + word.length > 96 && line.trim() !== heading.trim() && line.trim() !== '') {
      lines.push(line.trimEnd())
      line = ' '.repeat(heading.length)
    }
    line += `${word} `
  }
  lines.push(line.trimEnd())
  return lines
}
