/** A report as a table in plain text, for terminals and logs. */
import type { CostGroup, TcaReport, VenueScorecard } from './report.js'

const figure = (value: number | null, digits = 2) => (value === null ? '-' : value.toFixed(digits))
const percent = (value: number | null) => (value === null ? '-' : `${(value * 100).toFixed(1)} %`)

/** The report as aligned text: groups with their costs in basis points, then venues. */
export function toTextTable(report: TcaReport): string {
  const named = (title: string, groups: readonly CostGroup[]) =>
    groups.some(({ name }) => name !== '') ? [`\n${title}\n${table(groupHead, groups.map(groupRow))}`] : []
  return [
    `Transaction costs, ${report.orderCount} orders, ${report.fillCount} fills. Basis points; positive is a cost.`,
    table(groupHead, [groupRow(report.total)]),
    ...named('By algorithm', report.byAlgorithm),
    ...named('By strategy', report.byStrategy),
    ...named('By symbol', report.bySymbol),
    ...(report.venues.length === 0 ? [] : [`\nVenues\n${table(venueHead, report.venues.map(venueRow))}`]),
    '',
  ].join('\n')
}

const groupHead = [
  '',
  'orders',
  'fills',
  'filled',
  'notional',
  'total',
  'delay',
  'trading',
  'missed',
  'fees',
  'arrival',
  'vwap',
  'twap',
  'eff.spread',
  'impact',
]

function groupRow({
  name,
  orders,
  fills,
  fillRate,
  paperNotional,
  totalBps,
  cfa,
  slippageBps,
  spread,
}: CostGroup): string[] {
  return [
    name === '' ? '(none)' : name,
    String(orders),
    String(fills),
    percent(fillRate),
    figure(paperNotional),
    figure(totalBps),
    figure(cfa.delay),
    figure(cfa.trading),
    figure(cfa.opportunity),
    figure(cfa.fees),
    figure(slippageBps.arrival),
    figure(slippageBps.vwap),
    figure(slippageBps.twap),
    figure(spread.effectiveBps),
    figure(spread.impactBps),
  ]
}

const venueHead = [
  '',
  'fills',
  'notional',
  'maker',
  'fees',
  'eff.spread',
  'real.spread',
  'capture',
  'sent',
  'filled',
  'rejected',
  'ack p50 us',
  'ack p95 us',
]

function venueRow(card: VenueScorecard): string[] {
  return [
    card.venue === '' ? '(none)' : card.venue,
    String(card.fills),
    figure(card.notional),
    percent(card.makerShare),
    figure(card.feesBps),
    figure(card.spread.effectiveBps),
    figure(card.spread.realizedBps),
    figure(card.spread.capture),
    String(card.ordersSent),
    percent(card.fillRate),
    percent(card.rejectRate),
    figure(card.ackLatencyUs?.p50 ?? null, 0),
    figure(card.ackLatencyUs?.p95 ?? null, 0),
  ]
}

/** Rows under a head: the first column to the left, the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)].join('\n')
}
