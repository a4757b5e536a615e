/** The quality of a feed as data and as text. */
import { Count, type FeedState } from './feed-window.js'
import type { DataQualityReport, FeedCounts, FeedQuality, TroubledStream } from './quality-events.js'
import { type QualityThresholds, streamKinds } from './quality-options.js'
import { scoreOf, scoreParts } from './quality-score.js'
import { Cell, rowCells, type StreamTable } from './stream-table.js'

/** Instruments named in the report of a feed. */
const mostTroubled = 10

/** The quality of one feed. */
export function feedReport(
  { source, window, latency, isConnected }: FeedState,
  table: StreamTable,
  { maxLatencyUs }: QualityThresholds,
  connectorName: (source: number) => string,
  symbolOf: (instrument: number) => string,
): FeedQuality {
  const totals = counts((count) => window.totals[count])
  const recent = counts((count) => window.sum(count))
  const { streams, stale, troubled } = streamsOf(table, source, symbolOf)
  const least = window.leastDelayUs
  const hasDelays = least < Number.POSITIVE_INFINITY
  const aheadUs = hasDelays ? Math.max(0, -least) : 0
  const lateUs = hasDelays ? Math.max(0, least - maxLatencyUs) : 0
  const parts = scoreParts({
    ...recent,
    staleShare: isConnected ? (streams === 0 ? 0 : stale / streams) : 1,
    clockErrorUs: Math.max(aheadUs, lateUs),
  })
  const ms = (valueNs: number) => valueNs / 1e6
  return {
    source,
    connector: connectorName(source),
    isConnected,
    score: scoreOf(parts),
    parts,
    streams,
    staleStreams: stale,
    totals,
    window: recent,
    messagesPerSecond: window.seenUs === 0 ? 0 : recent.messages / (window.seenUs / 1e6),
    latencyMs: {
      least: hasDelays ? least / 1_000 : Number.NaN,
      p50: ms(latency.percentile(50)),
      p95: ms(latency.percentile(95)),
      p99: ms(latency.percentile(99)),
      max: ms(latency.max),
    },
    clockAheadMs: aheadUs / 1_000,
    worst: troubled,
  }
}

function counts(read: (count: Count) => number): FeedCounts {
  const result: Record<string, number> = {}
  for (const name of Object.keys(Count) as (keyof typeof Count)[]) result[name] = read(Count[name])
  return result as unknown as FeedCounts
}

/** Streams of a feed, how many are stale, and the instruments with most issues. A stream is an instrument and a kind of data. */
function streamsOf(table: StreamTable, source: number, symbolOf: (instrument: number) => string) {
  let streams = 0
  let stale = 0
  const rows: { row: number; weight: number }[] = []
  for (let row = 0; row < table.size; row++) {
    if (table.sources[row] !== source) continue
    const base = row * rowCells
    for (let kind = 0; kind < streamKinds.length; kind++) {
      if (Number.isNaN(table.cells[base + Cell.seen + kind])) continue
      streams++
      if ((table.flags[row] & (1 << kind)) !== 0) stale++
    }
    let weight = 0
    for (let cell: number = Cell.crossed; cell < rowCells; cell++) weight += table.cells[base + cell]
    if (weight > 0) rows.push({ row, weight })
  }
  rows.sort((a, b) => b.weight - a.weight || a.row - b.row)
  return { streams, stale, troubled: rows.slice(0, mostTroubled).map(({ row }) => troubledAt(table, row, symbolOf)) }
}

function troubledAt(table: StreamTable, row: number, symbolOf: (instrument: number) => string): TroubledStream {
  const at = (cell: number) => table.cells[row * rowCells + cell]
  const instrument = table.instruments[row]
  return {
    instrument,
    symbol: symbolOf(instrument),
    crossed: at(Cell.crossed),
    locked: at(Cell.locked),
    spikes: at(Cell.spikes),
    invalid: at(Cell.invalid),
    missing: at(Cell.missing),
    staleBegins: at(Cell.staleBegins),
    stale: streamKinds.filter((_, kind) => (table.flags[row] & (1 << kind)) !== 0),
  }
}

/** A report as text of at most 80 columns. */
export function reportText({ tsUs, windowMs, score, feeds, suppressed, ignored }: DataQualityReport): string {
  const when = Number.isFinite(tsUs) ? new Date(tsUs / 1_000).toISOString() : 'no data yet'
  const lines = [`Data quality ${score.toFixed(1)} of 100   ${when}   window ${windowMs / 1_000} s`]
  for (const feed of feeds) lines.push('', ...feedText(feed))
  if (suppressed > 0) lines.push('', `${suppressed} events were not announced: the same was just before`)
  if (ignored > 0) lines.push('', `${ignored} messages of streams beyond maxStreams`)
  return `${lines.map((line) => line.slice(0, 80)).join('\n')}\n`
}

function feedText(feed: FeedQuality): string[] {
  const { connector, isConnected, score, streams, staleStreams, totals, latencyMs, clockAheadMs, parts } = feed
  const state = isConnected ? '' : '   NOT CONNECTED'
  const lost = Object.entries(parts)
    .filter(([, share]) => share > 0)
    .map(([name, share]) => `${name} ${(100 * share).toFixed(0)} %`)
  const number = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(1))
  const lines = [
    `${connector}: ${score.toFixed(1)}${state}${lost.length === 0 ? '' : `   lost: ${lost.join(', ')}`}`,
    `  streams ${streams}, stale ${staleStreams}; messages ${totals.messages}, ${feed.messagesPerSecond.toFixed(1)}/s`,
    `  crossed ${totals.crossed}, locked ${totals.locked}, spikes ${totals.spikes}, invalid ${totals.invalid}, gaps ${totals.gaps} (${totals.missing} missing)`,
    `  latency ms: least ${number(latencyMs.least)}, p50 ${number(latencyMs.p50)}, p99 ${number(latencyMs.p99)}; negative ${totals.negativeLatency}, clock ahead ${clockAheadMs.toFixed(1)}`,
  ]
  for (const { symbol, crossed, locked, spikes, invalid, missing, stale } of feed.worst.slice(0, 5)) {
    const now = stale.length === 0 ? '' : ` stale: ${stale.join(' ')}`
    lines.push(
      `    ${symbol}: crossed ${crossed}, locked ${locked}, spikes ${spikes}, invalid ${invalid}, missing ${missing}${now}`,
    )
  }
  return lines
}
