/** Schedule against fills as SVG text: what should have been done by when, and what was. No library, no fonts, any browser. */

/** Quantity done or due at a time. */
export interface Step {
  readonly tsUs: number
  readonly quantity: number
}

const width = 1_000
const height = 420
const left = 80
const bottom = 40
const top = 40

/** Draws two staircases. */
export function schedulePlot(title: string, schedule: readonly Step[], fills: readonly Step[]): string {
  const times = [...schedule, ...fills].map(({ tsUs }) => tsUs)
  const first = Math.min(...times)
  const last = Math.max(...times, first + 1)
  const most = Math.max(1, ...schedule.map(({ quantity }) => quantity))
  const x = (tsUs: number) => left + ((width - left - 20) * (tsUs - first)) / (last - first)
  const y = (quantity: number) => height - bottom - ((height - bottom - top) * quantity) / most
  const stairs = (steps: readonly Step[]) => {
    let path = `M${x(first).toFixed(1)} ${y(0).toFixed(1)}`
    for (const { tsUs, quantity } of steps) path += ` H${x(tsUs).toFixed(1)} V${y(quantity).toFixed(1)}`
    return `${path} H${x(last).toFixed(1)}`
  }
  const clock = (tsUs: number) => new Date(tsUs / 1_000).toISOString().slice(11, 16)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${left}" y="24" font-size="16">${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>
<text x="${left - 8}" y="${y(most) + 4}" text-anchor="end">${most}</text>
<text x="${left - 8}" y="${y(0) + 4}" text-anchor="end">0</text>
<text x="${left}" y="${height - 12}">${clock(first)} UTC</text>
<text x="${width - 20}" y="${height - 12}" text-anchor="end">${clock(last)} UTC</text>
<path d="${stairs(schedule)}" fill="none" stroke="#8c959f" stroke-width="2"/>
<path d="${stairs(fills)}" fill="none" stroke="#0969da" stroke-width="1.5"/>
<text x="${width - 20}" y="${top}" text-anchor="end" fill="#8c959f">schedule</text>
<text x="${width - 20}" y="${top + 18}" text-anchor="end" fill="#0969da">filled</text>
</svg>
`
}
