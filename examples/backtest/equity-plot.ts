/** A plot as SVG text: the equity curve with its trades, and the drawdown below it. No library, no fonts, any browser. */
import { number, utc } from '../support/console.js'
import type { EquityPoint } from '../support/equity-curve.js'

/** A fill in the plot. */
export interface Marker {
  readonly tsUs: number
  readonly side: 'buy' | 'sell'
  readonly quantity: number
  readonly price: number
}

const width = 1_000
const left = 90
const right = 20
const equityTop = 50
const equityHeight = 320
const drawdownTop = 410
const drawdownHeight = 120

/** Draws the curve. */
export function equityPlot(title: string, points: readonly EquityPoint[], markers: readonly Marker[]): string {
  const first = points[0]?.tsUs ?? 0
  const last = Math.max(first + 1, points.at(-1)?.tsUs ?? 0)
  const x = (tsUs: number) => left + ((width - left - right) * (tsUs - first)) / (last - first)
  const drawdowns = drawdownsOf(points)
  const equity = scale(
    points.map((point) => point.equity),
    equityTop,
    equityHeight,
  )
  const drawdown = scale([0, ...drawdowns], drawdownTop, drawdownHeight)
  const line = (values: readonly number[], y: (value: number) => number) =>
    points.map((point, index) => `${x(point.tsUs).toFixed(1)},${y(values[index] ?? 0).toFixed(1)}`).join(' ')
  const marks = markers.map((marker) => {
    const at = x(marker.tsUs)
    const y = equity.y(equityAt(points, marker.tsUs))
    const [color, dy] = marker.side === 'buy' ? ['#1a7f37', 8] : ['#cf222e', -8]
    const text = `${marker.side} ${marker.quantity} at ${marker.price}, ${utc(marker.tsUs)}`
    return `<path d="M${at.toFixed(1)} ${y.toFixed(1)} l-5 ${dy} h10 z" fill="${color}"><title>${text}</title></path>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 560" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${left}" y="28" font-size="16">${escapeText(title)}</text>
${axis(equity, 'equity')}
${axis(drawdown, 'drawdown')}
<text x="${left}" y="550">${utc(first)}</text><text x="${width - right}" y="550" text-anchor="end">${utc(last)} UTC</text>
<polyline points="${line(
    points.map((point) => point.equity),
    equity.y,
  )}" fill="none" stroke="#0969da" stroke-width="1.5"/>
<polyline points="${line(drawdowns, drawdown.y)}" fill="none" stroke="#cf222e" stroke-width="1.5"/>
${marks.join('\n')}
</svg>
`
}

interface Scale {
  readonly least: number
  readonly most: number
  y(value: number): number
}

function scale(values: readonly number[], top: number, height: number): Scale {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const value of values) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  if (!(most > least))
    [least, most] = [(Number.isFinite(least) ? least : 0) - 1, (Number.isFinite(most) ? most : 0) + 1]
  return { least, most, y: (value) => top + (height * (most - value)) / (most - least) }
}

/** Three lines across with their values. */
function axis({ least, most, y }: Scale, name: string): string {
  const values = [most, (least + most) / 2, least]
  const lines = values.map(
    (value) =>
      `<line x1="${left}" x2="${width - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#d0d7de"/>` +
      `<text x="${left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${number(value, 2)}</text>`,
  )
  return `${lines.join('\n')}\n<text x="${left + 4}" y="${(y(most) + 14).toFixed(1)}" fill="#57606a">${name}</text>`
}

/** How far equity is below its highest so far; 0 or negative. */
function drawdownsOf(points: readonly EquityPoint[]): number[] {
  let peak = Number.NEGATIVE_INFINITY
  return points.map(({ equity }) => {
    peak = Math.max(peak, equity)
    return equity - peak
  })
}

function equityAt(points: readonly EquityPoint[], tsUs: number): number {
  return points.findLast((point) => point.tsUs <= tsUs)?.equity ?? points[0]?.equity ?? 0
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
