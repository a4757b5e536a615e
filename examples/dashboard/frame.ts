/** A frame of the dashboard: readings as lines that fit 80 x 24. */
import type { Readings } from './readings.js'
import type { Paint } from './screen.js'

/** Lines of text for a terminal of this size; with more rows more symbols are shown. */
export function frame(readings: Readings, paint: Paint, { rows }: { rows: number }): string[] {
  const { connections, issues } = readings
  const connectionRows = connections.slice(0, 5)
  const issueRows = issues.slice(-4)
  // Title, three headings, two lines of totals, the foot, free lines between, and the row that stays empty.
  const room = Math.max(1, rows - 12 - connectionRows.length - issueRows.length)
  return [
    title(readings, paint),
    '',
    paint.dim(row('connection', 'state', 'quality', 'upd/s', 'p50 ms', 'p99 ms', 'gaps', 'lost', 'recon', 'stale')),
    ...connectionRows.map((each) => connectionLine(each, paint)),
    ...more(connections.length - connectionRows.length, paint),
    '',
    paint.dim(symbolRow('symbol', 'bid', 'ask', 'upd/s', 'age ms', 'position', 'P&L open')),
    ...readings.symbols.slice(0, room).map((each) => symbolLine(each, paint)),
    ...more(readings.symbols.length - room, paint),
    '',
    `orders ${whole(readings.ordersOpen)} open, ${whole(readings.fills)} fills   P&L ${signed(readings.realized, paint)} taken, ${signed(readings.unrealized, paint)} open   equity ${fixed(readings.equity, 2)}`,
    `events ${whole(readings.eventsPerSecond)}/s   dropped ${count(readings.dropped, paint)}   conflated ${whole(readings.conflated)}   queued ${whole(readings.queued)}   problems ${count(readings.problems, paint)}`,
    ...issueRows.map((issue) => paint.dim(issue)),
    paint.dim('Ctrl-C ends'),
  ]
}

/** The readings in one line, for logs. */
export function summary(readings: Readings): string {
  const states = readings.connections.map(({ name, state }) => `${name} ${state}`).join(', ')
  return `${clock(readings.elapsedMs)} quality ${fixed(readings.quality, 1)}, ${whole(readings.eventsPerSecond)} events/s, dropped ${whole(readings.dropped)}, ${whole(readings.fills)} fills, equity ${fixed(readings.equity, 2)}; ${states}`
}

function title({ elapsedMs, quality }: Readings, paint: Paint): string {
  const filled = Math.round((Number.isNaN(quality) ? 0 : quality) / 5)
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(20 - filled)}]`
  const score = `${bar} ${fixed(quality, 1)}`
  return `${paint.strong('tradewire')}  paper  ${clock(elapsedMs)}  data quality ${rated(score, quality, paint)}`
}

function connectionLine(each: Readings['connections'][number], paint: Paint): string {
  const { name, state, quality, perSecond, p50Ms, p99Ms, gaps, missed, reconnects, stale } = each
  const line = row(
    name,
    state,
    fixed(quality, 1),
    whole(perSecond),
    fixed(p50Ms, 2),
    fixed(p99Ms, 2),
    whole(gaps),
    whole(missed),
    whole(reconnects),
    whole(stale),
  )
  return state === 'ready' && stale === 0 ? line : paint.bad(line)
}

function symbolLine(each: Readings['symbols'][number], paint: Paint): string {
  const { symbol, bid, ask, digits, perSecond, ageMs, position, unrealized } = each
  const line = symbolRow(
    symbol,
    fixed(bid, digits),
    fixed(ask, digits),
    whole(perSecond),
    whole(ageMs),
    position === 0 ? '-' : String(position),
    position === 0 ? '-' : fixed(unrealized, 2),
  )
  return bid > ask ? paint.bad(line) : line
}

function row(...cells: string[]): string {
  const widths = [-11, -13, 8, 8, 8, 8, 5, 6, 6, 6]
  return cells.map((cell, column) => inColumn(cell, widths[column] as number)).join('')
}

function symbolRow(...cells: string[]): string {
  const widths = [-12, 13, 13, 9, 9, 11, 12]
  return cells.map((cell, column) => inColumn(cell, widths[column] as number)).join('')
}

/** Text in a column: to the left where the width is negative; what is too long is cut. */
function inColumn(text: string, width: number): string {
  const size = Math.abs(width)
  const short = text.slice(0, size - 1)
  return width < 0 ? short.padEnd(size) : short.padStart(size)
}

function more(count: number, paint: Paint): string[] {
  return count > 0 ? [paint.dim(`  and ${count} more`)] : []
}

function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

function whole(value: number): string {
  return fixed(value, 0)
}

function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-'
}

function signed(value: number, paint: Paint): string {
  const text = fixed(value, 2)
  return value < 0 ? paint.bad(text) : paint.good(text)
}

function count(value: number, paint: Paint): string {
  return value > 0 ? paint.bad(whole(value)) : whole(value)
}

function rated(text: string, score: number, paint: Paint): string {
  return score >= 90 ? paint.good(text) : score >= 60 ? text : paint.bad(text)
}
