/** A report as one HTML page: tables and SVG plots, no script, no font, no file beside it. */
import { escapeText, histogram, lines, type PlotSeries, stackedBars } from './plots.js'
import type { CostGroup, OrderCost, TcaReport, VenueScorecard } from './report.js'

/** Options of {@link toHtml}. */
export interface HtmlOptions {
  /** Title of the page; `Transaction cost analysis` unless given. */
  readonly title?: string
  /** Most orders that are listed; 200 unless given. */
  readonly maxOrders?: number
  /** Plots of the host's own, as trusted SVG or HTML, placed after the others: see {@link executionPlot}. */
  readonly plots?: readonly string[]
}

const style = `body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1100px;padding:0 1rem;color:#1c2330}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;border-bottom:1px solid #e3e6eb;text-align:right;white-space:nowrap}th:first-child,td:first-child{text-align:left}
thead th{background:#f5f6f8}.wrap{overflow-x:auto}figure{margin:1rem 0}figcaption{font-weight:600}svg{width:100%;height:auto}
.grid{stroke:#e3e6eb}.tick{font-size:11px;fill:#5b6472}.legend{margin:0}.key{margin-right:1rem;color:#5b6472}
.key i{display:inline-block;width:.8em;height:.8em;margin-right:.35em}.bad{color:#b3261e}.good{color:#1b7837}`

/** The report as a self-contained page. */
export function toHtml(report: TcaReport, options: HtmlOptions = {}): string {
  const { title = 'Transaction cost analysis', maxOrders = 200, plots = [] } = options
  const groups: [string, readonly CostGroup[]][] = [
    ['By algorithm', report.byAlgorithm],
    ['By strategy', report.byStrategy],
    ['By symbol', report.bySymbol],
    ['By account', report.byAccount],
  ]
  const isNamed = ([, each]: [string, readonly CostGroup[]]) => each.some(({ name }) => name !== '')
  const body = [
    `<h1>${escapeText(title)}</h1>`,
    `<p>${report.orderCount} orders, ${report.fillCount} fills. Costs are positive, in basis points of the paper notional unless said otherwise; money in ${escapeText(report.currency)}. Realised spread and impact ${report.realizedHorizonMs / 1000} s after the fill.</p>`,
    section('Total', groupTable([report.total])),
    ...groups.filter(isNamed).map(([name, each]) => section(name, groupTable(each))),
    section('Plots', [...plotsOf(report), ...plots].join('')),
    report.venues.length === 0 ? '' : section('Venues', venueTable(report.venues)),
    section(
      report.orders.length > maxOrders ? `Orders (first ${maxOrders} of ${report.orderCount})` : 'Orders',
      orderTable(report.orders.slice(0, maxOrders)),
    ),
  ]
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeText(title)}</title><style>${style}</style></head><body>${body.join('\n')}</body></html>\n`
}

/** Planned and filled quantity of one order over time, as a step plot for {@link HtmlOptions.plots}. */
export function executionPlot(
  title: string,
  points: readonly { tsUs: number; planned: number | null; filled: number | null }[],
): string {
  const series: PlotSeries[] = [
    { name: 'Planned', values: points.map(({ planned }) => planned) },
    { name: 'Filled', values: points.map(({ filled }) => filled) },
  ]
  const time = (tsUs: number) => new Date(tsUs / 1000).toISOString().slice(11, 19)
  return lines(
    title,
    points.map(({ tsUs }) => tsUs),
    time,
    series,
    { steps: true },
  )
}

function plotsOf(report: TcaReport): string[] {
  const groups = report.byAlgorithm.length > 1 ? report.byAlgorithm : report.bySymbol
  const shown = [report.total, ...groups].slice(0, 12)
  const part = (name: string, pick: (group: CostGroup) => number | null): PlotSeries => ({
    name,
    values: shown.map(pick),
  })
  const cost = stackedBars(
    'Cost by component (bps)',
    shown.map(({ name }) => name || '(none)'),
    [
      part('Delay', ({ cfa }) => cfa.delay),
      part('Trading', ({ cfa }) => cfa.trading),
      part('Opportunity', ({ cfa }) => cfa.opportunity),
      part('Fees', ({ cfa }) => cfa.fees),
    ],
  )
  const arrival = report.orders.flatMap(({ slippageBps }) => slippageBps.arrival ?? [])
  const venues = report.venues.filter(({ fills }) => fills > 0).slice(0, 6)
  const markouts = lines('Markout after the fill (bps of the mid)', report.horizonsMs, (ms) => `${ms / 1000} s`, [
    { name: 'All', values: report.total.spread.markoutsBps },
    ...venues.map(({ venue, spread }) => ({ name: venue || '(none)', values: spread.markoutsBps })),
  ])
  return [cost, histogram('Slippage against arrival by order (bps)', arrival, 'Orders'), markouts]
}

function section(title: string, body: string): string {
  return `<h2>${escapeText(title)}</h2>${body}`
}

const number = (value: number | null, digits = 2) => (value === null ? '–' : value.toFixed(digits))
const percent = (value: number | null) => (value === null ? '–' : `${(value * 100).toFixed(1)} %`)
const cost = (value: number | null) =>
  value === null ? '–' : `<span class="${value > 0 ? 'bad' : 'good'}">${value.toFixed(2)}</span>`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]) => row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')
  return `<div class="wrap"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body}</tbody></table></div>`
}

function groupTable(groups: readonly CostGroup[]): string {
  const head = [
    'Group',
    'Orders',
    'Fills',
    'Filled',
    'Notional',
    'Cost',
    'Total',
    'Delay',
    'Trading',
    'Opportunity',
    'Fees',
    'vs arrival',
    'vs VWAP',
    'vs TWAP',
    'Eff. spread',
    'Real. spread',
    'Impact',
    'Capture',
  ]
  return table(
    head,
    groups.map((group) => [
      escapeText(group.name || '(none)'),
      String(group.orders),
      String(group.fills),
      percent(group.fillRate),
      number(group.paperNotional),
      number(group.totalCost),
      cost(group.totalBps),
      cost(group.cfa.delay),
      cost(group.cfa.trading),
      cost(group.cfa.opportunity),
      cost(group.cfa.fees),
      cost(group.slippageBps.arrival),
      cost(group.slippageBps.vwap),
      cost(group.slippageBps.twap),
      number(group.spread.effectiveBps),
      number(group.spread.realizedBps),
      number(group.spread.impactBps),
      number(group.spread.capture),
    ]),
  )
}

function venueTable(cards: readonly VenueScorecard[]): string {
  const head = [
    'Venue',
    'Fills',
    'Notional',
    'Maker',
    'Fees',
    'Eff. spread',
    'Real. spread',
    'Impact',
    'Capture',
    'Sent',
    'Filled',
    'Rejected',
    'Ack p50 µs',
    'Ack p95 µs',
    'Fill p50 µs',
  ]
  return table(
    head,
    cards.map((card) => [
      escapeText(card.venue || '(none)'),
      String(card.fills),
      number(card.notional),
      percent(card.makerShare),
      cost(card.feesBps),
      number(card.spread.effectiveBps),
      number(card.spread.realizedBps),
      number(card.spread.impactBps),
      number(card.spread.capture),
      String(card.ordersSent),
      percent(card.fillRate),
      percent(card.rejectRate),
      number(card.ackLatencyUs?.p50 ?? null, 0),
      number(card.ackLatencyUs?.p95 ?? null, 0),
      number(card.fillLatencyUs?.p50 ?? null, 0),
    ]),
  )
}

function orderTable(orders: readonly OrderCost[]): string {
  const head = [
    'Order',
    'Symbol',
    'Side',
    'Algorithm',
    'Quantity',
    'Filled',
    'Average',
    'Arrival',
    'Total',
    'vs arrival',
    'vs VWAP',
    'Participation',
    'Fees',
  ]
  return table(
    head,
    orders.map((order) => [
      escapeText(order.id),
      escapeText(order.symbol),
      order.side,
      escapeText(order.algorithm || '–'),
      String(order.quantity),
      percent(order.fillRate),
      number(order.averagePrice, 4),
      number(order.arrivalPrice, 4),
      cost(order.totalBps),
      cost(order.slippageBps.arrival),
      cost(order.slippageBps.vwap),
      percent(order.participation),
      number(order.fees),
    ]),
  )
}
