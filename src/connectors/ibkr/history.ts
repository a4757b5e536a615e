/**
 * The past, from TWS: bars and ticks. A request is cut into pieces that TWS answers with at most some 2,000 bars each, and a
 * long answer is read a few hundred bars a turn, so that orders and ticks never wait for it.
 */
import type { HistoryRequest } from '../../connector/history.js'
import { TradewireError } from '../../core/errors.js'
import type { Time } from '../../core/time.js'
import type { ConnectorId } from '../../model/ids.js'
import type { Instrument } from '../../model/instrument.js'
import type { MarketEvent, OhlcvBar } from '../../model/market-data.js'
import type { FieldCursor } from './field-cursor.js'
import { parseTwsTime } from './tws-times.js'

const second = 1_000_000
const day = 86_400 * second

/** Bar lengths that TWS has, by microseconds, and how much one request may span to stay near 2,000 bars. */
const barSizes: readonly (readonly [number, string, string])[] = [
  [second, '1 secs', '1800 S'],
  [5 * second, '5 secs', '7200 S'],
  [10 * second, '10 secs', '14400 S'],
  [15 * second, '15 secs', '14400 S'],
  [30 * second, '30 secs', '28800 S'],
  [60 * second, '1 min', '1 D'],
  [120 * second, '2 mins', '2 D'],
  [180 * second, '3 mins', '3 D'],
  [300 * second, '5 mins', '1 W'],
  [600 * second, '10 mins', '1 W'],
  [900 * second, '15 mins', '2 W'],
  [1_200 * second, '20 mins', '2 W'],
  [1_800 * second, '30 mins', '1 M'],
  [3_600 * second, '1 hour', '1 M'],
  [7_200 * second, '2 hours', '1 M'],
  [10_800 * second, '3 hours', '1 M'],
  [14_400 * second, '4 hours', '1 M'],
  [28_800 * second, '8 hours', '1 M'],
  [day, '1 day', '1 Y'],
  [7 * day, '1 week', '1 Y'],
]

const spans: Readonly<Record<string, number>> = { S: second, D: day, W: 7 * day, M: 30 * day, Y: 365 * day }

/** One request of a span. */
export interface HistoryPiece {
  readonly barSize: string
  readonly duration: string
  /** Where the piece ends. */
  readonly endUs: number
}

/** The requests for a span of bars, oldest first. @throws TradewireError `TW_NOT_SUPPORTED` for a length TWS has not. */
export function historyPieces({ fromUs, toUs, intervalUs = 60 * second }: HistoryRequest): HistoryPiece[] {
  const size = barSizes.find(([us]) => us === intervalUs)
  if (size === undefined)
    throw new TradewireError(
      'TW_NOT_SUPPORTED',
      `IBKR has no bars of ${intervalUs / second} s; it has ${barSizes.map(([, name]) => name).join(', ')}`,
    )
  const [, barSize, most] = size
  const [count = '1', unit = 'D'] = most.split(' ')
  const spanUs = Number(count) * (spans[unit] as number)
  const pieces: HistoryPiece[] = []
  for (let endUs = toUs; endUs > fromUs; endUs -= spanUs)
    pieces.unshift({ barSize, duration: shortest(Math.min(spanUs, endUs - fromUs), most), endUs })
  return pieces
}

/** The duration in the words of TWS: seconds up to a day, days up to a year. */
function shortest(us: number, most: string): string {
  if (us <= 0) return most
  if (us < day) return `${Math.max(30, Math.ceil(us / second))} S`
  const days = Math.ceil(us / day)
  return days <= 365 ? `${days} D` : '1 Y'
}

/** Bars read in one turn of the loop. */
const barsPerTurn = 250

/** Where the bars of an answer belong. */
export interface BarContext {
  readonly instrument: Instrument
  readonly source: ConnectorId
  readonly intervalUs: number
  readonly zone: string
  readonly time: Time
}

/**
 * Reads the bars of an answer, some each turn. The cursor stands behind the request id and must be the caller's own: see
 * `FieldCursor.detach`.
 */
export async function readBars(cursor: FieldCursor, context: BarContext, signal: AbortSignal): Promise<OhlcvBar[]> {
  const { time } = context
  cursor.skip(2)
  const count = cursor.int()
  const bars: OhlcvBar[] = []
  for (let i = 0; i < count; i++) {
    bars.push(readBar(cursor, context))
    if (i % barsPerTurn === barsPerTurn - 1) {
      await new Promise<void>((resolve) => void time.nextTurn(resolve))
      if (signal.aborted) break
    }
  }
  return bars
}

function readBar(cursor: FieldCursor, context: BarContext): OhlcvBar {
  const { instrument, source, intervalUs, zone, time } = context
  const openUs = parseTwsTime(cursor.text(), zone)
  const [open, high, low, close] = [cursor.number(), cursor.number(), cursor.number(), cursor.number()] as [
    number,
    number,
    number,
    number,
  ]
  const volume = cursor.number()
  const vwap = cursor.number()
  const trades = cursor.int()
  return {
    kind: 'bar',
    unit: 'time',
    step: intervalUs,
    instrument: instrument.id,
    source,
    tsOpenUs: openUs,
    tsEventUs: openUs + intervalUs,
    tsRecvUs: time.wallUs(),
    open,
    high,
    low,
    close,
    volume: Math.max(0, volume),
    trades: Math.max(0, trades),
    ...(vwap > 0 ? { vwap } : {}),
    isClosed: true,
  }
}

/** Ticks of the past, as events. The cursor stands behind the request id. `kind` is that of the message. */
export function readTicks(
  cursor: FieldCursor,
  kind: 'trades' | 'quotes',
  { instrument, source, time }: Pick<BarContext, 'instrument' | 'source' | 'time'>,
): MarketEvent[] {
  const count = cursor.int()
  const tsRecvUs = time.wallUs()
  const events: MarketEvent[] = []
  for (let i = 0; i < count; i++) {
    const tsEventUs = cursor.int() * second
    cursor.skip()
    const head = { instrument: instrument.id, source, tsEventUs, tsRecvUs }
    if (kind === 'trades') {
      const [price, size] = [cursor.number(), cursor.number()] as [number, number]
      const venue = cursor.text()
      cursor.skip()
      events.push({ kind: 'trade', ...head, price, size, ...(venue === '' ? {} : { venue }) })
    } else {
      const [bid, ask, bidSize, askSize] = [cursor.number(), cursor.number(), cursor.number(), cursor.number()] as [
        number,
        number,
        number,
        number,
      ]
      events.push({ kind: 'quote', ...head, bid, ask, bidSize, askSize })
    }
  }
  return events
}
