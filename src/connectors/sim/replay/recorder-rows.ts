/**
 * Events of a ring as rows of the documented NDJSON format. Prices and sizes are text (the shortest that reads back as
 * the same double), times and sequence numbers plain; what is absent is left out. What is required and is no number is
 * written as it is (`NaN`, `Infinity`): a recording holds what came, also where no feed should send it.
 */
import type { IngestRing } from '../../../ring/ingest-ring.js'
import { actionWords, aggressorWords, sideWords, statusWords, wordOf } from './formats/tradewire-words.js'

/** Columns that all kinds of event have. */
interface RowStart {
  readonly source: Int32Array
  readonly tsRecvUs: Float64Array
  readonly tsEventUs: Float64Array
}

/** A quote. `instrument` is its id as JSON. */
export function quoteRow(ring: IngestRing, row: number, instrument: string): string {
  const q = ring.quotes
  const prices = decimal('bid', q.bid[row]) + decimal('ask', q.ask[row])
  const sizes = decimal('bidSize', q.bidSize[row]) + decimal('askSize', q.askSize[row])
  const rest = decimal('sequence', q.sequence[row]) + integer('flags', q.flags[row])
  return `${start('quote', instrument, q, row)}${prices}${sizes}${rest}}\n`
}

/** A trade. */
export function tradeRow(ring: IngestRing, row: number, instrument: string): string {
  const t = ring.trades
  const side = wordOf(aggressorWords, t.aggressor[row])
  const aggressor = side === '' ? '' : `,"aggressor":"${side}"`
  const numbers =
    decimal('sequence', t.sequence[row]) + decimal('tradeId', t.tradeId[row]) + integer('condition', t.condition[row])
  const price = required('price', t.price[row]) + required('size', t.size[row])
  return `${start('trade', instrument, t, row)}${price}${aggressor}${numbers}}\n`
}

/** A book message with its changes, in their order. */
export function bookRow(ring: IngestRing, row: number, instrument: string): string {
  const b = ring.books
  const kind = b.isSnapshot[row] === 1 ? 'book_snapshot' : 'book_delta'
  const numbers = decimal('sequence', b.sequence[row]) + decimal('previousSequence', b.previousSequence[row])
  const size = b.levelMask + 1
  const first = b.firstLevel[row] % size
  let changes = ''
  for (let i = 0; i < b.levelCount[row]; i++) {
    const at = (first + i) & b.levelMask
    const action = b.levelAction[at]
    const order = action === 0 ? '' : `,"${text(b.levelOrderId[at])}"`
    const words = `"${wordOf(actionWords, action)}","${wordOf(sideWords, b.levelSide[at])}"`
    changes += `${i === 0 ? '' : ','}[${words},"${text(b.levelPrice[at])}","${text(b.levelSize[at])}"${order}]`
  }
  const isLast = b.isLast[row] === 1 ? '' : ',"isLast":false'
  return `${start(kind, instrument, b, row)}${numbers},"changes":[${changes}]${isLast}}\n`
}

/** A bar. */
export function barRow(ring: IngestRing, row: number, instrument: string): string {
  const b = ring.bars
  const prices =
    required('open', b.open[row]) +
    required('high', b.high[row]) +
    required('low', b.low[row]) +
    required('close', b.close[row])
  const sums = decimal('volume', b.volume[row]) + decimal('count', b.count[row]) + decimal('vwap', b.vwap[row])
  const span = required('intervalUs', b.intervalUs[row]) + decimal('tsOpenUs', b.tsOpenUs[row])
  const isClosed = b.isClosed[row] === 1 ? '' : ',"isClosed":false'
  return `${start('bar', instrument, b, row)}${span}${prices}${sums}${isClosed}}\n`
}

/** A change of the trading status. */
export function statusRow(ring: IngestRing, row: number, instrument: string): string {
  const s = ring.statuses
  return `${start('status', instrument, s, row)},"status":"${wordOf(statusWords, s.status[row])}"}\n`
}

/** A note; only what JSON can carry survives. Undefined, or what `JSON.stringify` throws, where it can carry nothing. */
export function noteRow(ring: IngestRing, row: number, instrument: string): string | undefined {
  const n = ring.notes
  const note = JSON.stringify(n.note[row]) as string | undefined
  if (note === undefined) return undefined
  return `${start('note', instrument, n, row)},"note":${note}}\n`
}

/** What all rows begin with. The source is that of most recordings, 0, where it is not named. */
function start(kind: string, instrument: string, { source, tsRecvUs, tsEventUs }: RowStart, row: number): string {
  const times = `"tsRecvUs":${time(tsRecvUs[row])},"tsEventUs":${time(tsEventUs[row])}`
  return `{"kind":"${kind}","instrument":${instrument}${integer('source', source[row])},${times}`
}

/** Whole microseconds; text where it is none. */
function time(tsUs: number): string {
  return Number.isSafeInteger(tsUs) && tsUs >= 0 ? String(tsUs) : `"${text(tsUs)}"`
}

function required(name: string, value: number): string {
  return `,"${name}":"${text(value)}"`
}

function decimal(name: string, value: number): string {
  return !Number.isNaN(value) ? `,"${name}":"${text(value)}"` : ''
}

function integer(name: string, value: number): string {
  return value === 0 ? '' : `,"${name}":${value}`
}

/** The shortest text that reads back as the same double. */
function text(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
