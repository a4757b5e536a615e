/** Plots as SVG text: bars and lines, without scripts and without anything loaded from elsewhere. */

/** Text that may stand in HTML and SVG. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

const colors = ['#4063d8', '#e08214', '#389826', '#9558b2', '#cb3c33', '#0f8b8d']
const width = 720
const height = 280
const margin = { left: 70, right: 16, top: 16, bottom: 44 }

/** A named series of values; null is a gap. */
export interface PlotSeries {
  readonly name: string
  readonly values: readonly (number | null)[]
}

/** A scale from values to pixels, with a few round ticks. */
function scaleOf(values: readonly number[], includesZero: boolean) {
  let low = includesZero ? 0 : Number.POSITIVE_INFINITY
  let high = includesZero ? 0 : Number.NEGATIVE_INFINITY
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (!(high > low)) {
    low = Number.isFinite(low) ? low - 1 : 0
    high = low + 2
  }
  const step = roundStep((high - low) / 5)
  low = Math.floor(low / step) * step
  high = Math.ceil(high / step) * step
  const ticks: number[] = []
  for (let i = 0; low + i * step <= high + step / 2; i++) ticks.push(low + i * step)
  const inner = height - margin.top - margin.bottom
  const y = (value: number) => margin.top + inner - ((value - low) / (high - low)) * inner
  return { y, ticks, digits: step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 4, low }
}

/** 1, 2 or 5 times a power of ten, not below a value. */
function roundStep(least: number): number {
  let step = 1
  while (step < least) step *= 10
  while (step / 10 >= least && step > 1e-9) step /= 10
  if (step / 5 >= least) return step / 5
  return step / 2 >= least ? step / 2 : step
}

function frame(
  title: string,
  ticks: readonly number[],
  digits: number,
  y: (value: number) => number,
  body: string,
): string {
  const grid = ticks
    .map((tick) => {
      const at = y(tick).toFixed(1)
      return `<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}" class="grid"/><text x="${margin.left - 8}" y="${at}" class="tick" text-anchor="end" dominant-baseline="middle">${tick.toFixed(digits)}</text>`
    })
    .join('')
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">${grid}${body}</svg>`
}

function legend(names: readonly string[]): string {
  const entries = names.map(
    (name, i) => `<span class="key"><i style="background:${colors[i % colors.length]}"></i>${escapeText(name)}</span>`,
  )
  return `<p class="legend">${entries.join('')}</p>`
}

function figure(title: string, svg: string, names: readonly string[]): string {
  return `<figure><figcaption>${escapeText(title)}</figcaption>${svg}${legend(names)}</figure>`
}

/** Bars in groups, stacked away from zero by sign: the parts of a cost. */
export function stackedBars(title: string, labels: readonly string[], series: readonly PlotSeries[]): string {
  const sums = labels.flatMap((_, i) => {
    const values = series.map(({ values }) => values[i] ?? 0)
    return [values.reduce((sum, v) => sum + Math.max(0, v), 0), values.reduce((sum, v) => sum + Math.min(0, v), 0)]
  })
  const { y, ticks, digits } = scaleOf(sums, true)
  const slot = (width - margin.left - margin.right) / Math.max(1, labels.length)
  const body = labels.map((label, i) => {
    const x = margin.left + slot * i + slot * 0.2
    let [up, down] = [0, 0]
    const bars = series.map(({ name, values }, s) => {
      const value = values[i] ?? 0
      const from = value >= 0 ? up : down
      if (value >= 0) up += value
      else down += value
      const [top, bottom] = [y(Math.max(from, from + value)), y(Math.min(from, from + value))]
      return `<rect x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${(slot * 0.6).toFixed(1)}" height="${Math.max(0, bottom - top).toFixed(1)}" fill="${colors[s % colors.length]}"><title>${escapeText(`${label}, ${name}: ${value.toFixed(2)}`)}</title></rect>`
    })
    const center = (margin.left + slot * (i + 0.5)).toFixed(1)
    return `${bars.join('')}<text x="${center}" y="${height - margin.bottom + 18}" class="tick" text-anchor="middle">${escapeText(label.slice(0, 16))}</text>`
  })
  const svg = frame(title, ticks, digits, y, body.join(''))
  return figure(
    title,
    svg,
    series.map(({ name }) => name),
  )
}

/** Lines over a shared axis. `steps` draws each value until the next one. */
export function lines(
  title: string,
  xs: readonly number[],
  xLabel: (x: number) => string,
  series: readonly PlotSeries[],
  { steps = false, includesZero = true } = {},
): string {
  const values = series.flatMap((each) => each.values.filter((value) => value !== null))
  const { y, ticks, digits } = scaleOf(values, includesZero)
  const [first, last] = [xs[0] ?? 0, xs.at(-1) ?? 1]
  const inner = width - margin.left - margin.right
  const x = (value: number) => margin.left + (last > first ? ((value - first) / (last - first)) * inner : inner / 2)
  const paths = series.map(({ name, values }, s) => {
    let path = ''
    let before: number | undefined
    for (const [i, value] of values.entries()) {
      if (value === null) {
        before = undefined
        continue
      }
      const at = `${x(xs[i] ?? 0).toFixed(1)}`
      if (before === undefined) path += `M${at} ${y(value).toFixed(1)}`
      else path += `${steps ? `L${at} ${y(before).toFixed(1)}` : ''}L${at} ${y(value).toFixed(1)}`
      before = value
    }
    return `<path d="${path}" fill="none" stroke="${colors[s % colors.length]}" stroke-width="2"><title>${escapeText(name)}</title></path>`
  })
  const marks = xs.filter((_, i) => xs.length <= 8 || i % Math.ceil(xs.length / 6) === 0 || i === xs.length - 1)
  const axis = marks.map(
    (mark) =>
      `<text x="${x(mark).toFixed(1)}" y="${height - margin.bottom + 18}" class="tick" text-anchor="middle">${escapeText(xLabel(mark))}</text>`,
  )
  const svg = frame(title, ticks, digits, y, paths.join('') + axis.join(''))
  return figure(
    title,
    svg,
    series.map(({ name }) => name),
  )
}

/** How often values fall into bins of equal width; the outermost bins take what lies beyond the 2nd and 98th percentile. */
export function histogram(title: string, values: readonly number[], name: string, bins = 24): string {
  const sorted = Float64Array.from(values).sort()
  if (sorted.length === 0) return ''
  const low = sorted[Math.floor(sorted.length * 0.02)] as number
  const high = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.98) - 1)] as number
  const step = high > low ? (high - low) / bins : 1
  const counts = new Array<number>(bins).fill(0)
  for (const value of sorted) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((value - low) / step)))
    counts[bin] = (counts[bin] as number) + 1
  }
  const labels = counts.map((_, i) => (i % 4 === 0 ? (low + i * step).toFixed(1) : ''))
  return stackedBars(title, labels, [{ name, values: counts }])
}
