/** What can be asked of {@link HistoricalBars}, and what comes back. Requests come from users: everything is checked first. */
import { TradewireError } from '../../core/errors.js'
import type { SessionTimes } from '../../market/bar-intervals.js'
import { refuseUnknownOptions } from '../../ring/options.js'

/** A moment: epoch microseconds, a date, or ISO 8601 text with its offset. */
export type Moment = number | Date | string

/** What bars are made of. */
export const barOrigins = ['bars', 'trades', 'quotes'] as const
/** What bars are made of: smaller bars (or the same), trades, or the mid prices of quotes. */
export type BarOrigin = (typeof barOrigins)[number]

/** Which bars are wanted. */
export interface BarRequest {
  /** Symbol or id of the instrument. */
  readonly symbol: string
  /** `1s`, `5m`, `1h`, `1d`, `1w`, or microseconds. */
  readonly timeFrame: string | number
  /** Bars whose interval begins at this time or later ... */
  readonly from: Moment
  /** ... and before this one. */
  readonly to: Moment
  /** Most bars of a page; 1,000 unless given, at most 10,000. */
  readonly limit?: number
  /** What they are made of; bars where there are some that fit, else trades, unless given. */
  readonly of?: BarOrigin
  /** Prices and volumes of before a split or dividend in the terms of after it; false unless given. */
  readonly adjust?: boolean
  /** Sessions from which intervals count; from the Unix epoch unless given. What lies outside any is left out. */
  readonly session?: SessionTimes
  /** `files`, or the name of a connector; files where some are given, else the first connector that can, unless given. */
  readonly source?: string
  readonly signal?: AbortSignal
}

/** A bar of the past. Times are epoch microseconds, numbers that nobody knows NaN. */
export interface HistoricalBar {
  readonly tsOpenUs: number
  /** End of the interval, not included. */
  readonly tsCloseUs: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  /** Trades (or quotes) in it. */
  readonly count: number
  /** Volume-weighted average price. */
  readonly vwap: number
  /** False where the data end before the interval does. */
  readonly isClosed: boolean
}

/** Some of the bars asked for, in the order of time. */
export interface BarPage {
  readonly bars: readonly HistoricalBar[]
  /** `from` of the next page; absent at the end. */
  readonly nextUs?: number
  /** What the bars are made of, and where it came from: `files`, or the name of a connector. */
  readonly of: BarOrigin
  readonly source: string
  /** Rows that came after the bar they belong to, or twice, and were left out. */
  readonly late: number
}

/** A request that was checked. */
export interface CheckedRequest {
  readonly symbol: string
  readonly stepUs: number
  readonly fromUs: number
  readonly toUs: number
  readonly limit: number
  readonly of: BarOrigin | undefined
  readonly adjust: boolean
  readonly session: SessionTimes | undefined
  readonly source: string | undefined
  readonly signal: AbortSignal | undefined
}

const mostBars = 10_000
const units: Readonly<Record<string, number>> = { s: 1e6, m: 60e6, h: 3_600e6, d: 86_400e6, w: 604_800e6 }
const fields = ['symbol', 'timeFrame', 'from', 'to', 'limit', 'of', 'adjust', 'session', 'source', 'signal']

/** @throws TradewireError `TW_INVALID_ARGUMENT` naming the field that is not usable. */
export function checkBarRequest(request: BarRequest): CheckedRequest {
  refuseUnknownOptions('bars', request, fields)
  const { symbol, limit = 1_000, of, adjust = false, session, source, signal } = request
  if (typeof symbol !== 'string' || symbol === '') throw wrong('symbol', 'must be a symbol or an id')
  if (!Number.isInteger(limit) || limit < 1 || limit > mostBars)
    throw wrong('limit', `must be a whole number from 1 to ${mostBars}, got ${String(limit)}`)
  if (of !== undefined && !barOrigins.includes(of))
    throw wrong('of', `must be one of ${barOrigins.join(', ')}, got '${String(of)}'`)
  const fromUs = momentUs('from', request.from)
  const toUs = momentUs('to', request.to)
  if (!(fromUs < toUs)) throw wrong('to', 'must be later than from')
  return { symbol, stepUs: frameUs(request.timeFrame), fromUs, toUs, limit, of, adjust, session, source, signal }
}

function frameUs(frame: string | number): number {
  const match = typeof frame === 'string' ? /^([1-9]\d{0,5})([smhdw])$/.exec(frame) : null
  const stepUs = match === null ? frame : Number(match[1]) * (units[match[2] as string] as number)
  if (typeof stepUs === 'number' && Number.isSafeInteger(stepUs) && stepUs > 0) return stepUs
  throw wrong('timeFrame', `must be like 1s, 5m, 1h, 1d or whole microseconds above 0, got '${String(frame)}'`)
}

function momentUs(field: string, moment: Moment): number {
  const us =
    typeof moment === 'number'
      ? moment
      : moment instanceof Date
        ? moment.getTime() * 1_000
        : typeof moment === 'string' && /T.*(Z|[+-]\d\d:\d\d)$/.test(moment)
          ? Date.parse(moment) * 1_000
          : Number.NaN
  if (Number.isSafeInteger(us)) return us
  throw wrong(field, `must be epoch microseconds, a Date or ISO 8601 text with its offset, got '${String(moment)}'`)
}

function wrong(field: string, what: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', `bars: ${field} ${what}`, { details: { field } })
}
