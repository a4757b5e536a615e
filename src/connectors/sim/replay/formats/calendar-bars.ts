/** Bars whose rows carry date and time: one-minute bars of futures, daily series of shares, coins and currency pairs. */
import { TradewireError } from '../../../../core/errors.js'
import { BadRow } from '../reading/bad-row.js'
import {
  type CivilDate,
  dayUs,
  firstNewYorkYear,
  isoTimeUs,
  minuteUs,
  NewYorkDay,
  parseCompactDate,
  utcMidnightUs,
} from '../reading/civil-time.js'
import { cmeFuture, cryptoPair, currencyPair, isKnownFuture } from '../reading/definitions.js'
import type { DecodeContext, Decoder, ReplayFormat } from '../reading/format.js'
import type { LineReader } from '../reading/line-reader.js'
import { RowScanner } from '../reading/row-scanner.js'
import { equityOf } from './us-equity.js'

const absent = Number.NaN
const futureHeader = 'timestamp_utc,open,high,low,close,volume'
const equityHeader = 'datetime,open_1e4,high_1e4,low_1e4,close_1e4,volume'
const coinHeader = 'datetime,open,high,low,close,volume'
const pairHeader = 'datetime,bid_open,bid_high,bid_low,bid_close,bid_size,ask_open,ask_high,ask_low,ask_close,ask_size'
const pairColumns = pairHeader.split(',')

/** `timestamp_utc` is the end of the bar. */
class FutureMinuteDecoder implements Decoder {
  readonly headerLines = 1
  readonly #context: DecodeContext
  readonly #instrument: number
  readonly #scanner = new RowScanner()
  readonly #cells = new Float64Array(6)

  constructor(context: DecodeContext) {
    this.#context = context
    this.#instrument = futureOf(context)
  }

  row(line: LineReader): void {
    const scanner = this.#scanner
    const cells = this.#cells
    scanner.begin(line.bytes, line.start, line.end)
    scanner.field('timestamp_utc')
    const tsUs = isoTimeUs(line.bytes, scanner.fieldStart, scanner.fieldEnd)
    if (Number.isNaN(tsUs)) throw new BadRow('timestamp_utc', `expected YYYY-MM-DD HH:MM:SS, got '${scanner.text()}'`)
    readPrices(scanner, cells)
    this.#context.batch.publishBar(
      this.#instrument,
      0,
      minuteUs,
      cells[0],
      cells[1],
      cells[2],
      cells[3],
      cells[4],
      absent,
      absent,
      tsUs - minuteUs,
      tsUs,
      tsUs,
      true,
    )
  }
}

/** Index of a future: option `instrument`, else the first part of the file name where its contract data are known. */
export function futureOf(context: DecodeContext): number {
  const { sample, options } = context
  if (options.instrument !== undefined) return context.instrumentById(options.instrument)
  const symbol = (sample.nameParts[0] ?? '').toUpperCase()
  if (isKnownFuture(symbol)) return context.instrument(cmeFuture(symbol))
  const message = `${sample.path}: the contract of '${symbol}' is not known; define it in instruments and name it by the option instrument`
  throw new TradewireError('TW_UNKNOWN_INSTRUMENT', message, { details: { path: sample.path, instrument: symbol } })
}

/** A daily bar runs from midnight to midnight, New York time for shares, else UTC; it is known at its end. */
abstract class DailyDecoder implements Decoder {
  readonly headerLines = 1
  protected readonly context: DecodeContext
  protected readonly scanner = new RowScanner()
  protected readonly cells = new Float64Array(11)

  constructor(context: DecodeContext) {
    this.context = context
  }

  abstract row(line: LineReader): void

  /** Starts a row: its day. */
  protected begin(line: LineReader): CivilDate {
    this.scanner.begin(line.bytes, line.start, line.end)
    this.scanner.field('datetime')
    const text = this.scanner.text()
    const date = /^\d{8} 00:00$/.test(text) ? parseCompactDate(text.slice(0, 8)) : undefined
    if (date === undefined) throw new BadRow('datetime', `expected yyyymmdd 00:00, got '${text}'`)
    return date
  }

  protected publishBar(instrument: number, tsOpenUs: number, tsUs: number): void {
    const { cells, context } = this
    context.batch.publishBar(
      instrument,
      0,
      tsUs - tsOpenUs,
      cells[0],
      cells[1],
      cells[2],
      cells[3],
      cells[4],
      absent,
      absent,
      tsOpenUs,
      tsUs,
      tsUs,
      true,
    )
  }
}

class EquityDailyDecoder extends DailyDecoder {
  readonly #instrument: number

  constructor(context: DecodeContext) {
    super(context)
    this.#instrument = equityOf(context)
  }

  row(line: LineReader): void {
    const date = this.begin(line)
    if (date.year < firstNewYorkYear) throw new BadRow('datetime', `years before ${firstNewYorkYear} are not supported`)
    readPrices(this.scanner, this.cells)
    for (let i = 0; i < 4; i++) this.cells[i] /= 10_000
    const day = new NewYorkDay(date)
    this.publishBar(this.#instrument, day.toUtcUs(0), day.toUtcUs(dayUs))
  }
}

class CoinDailyDecoder extends DailyDecoder {
  readonly #instrument: number

  constructor(context: DecodeContext) {
    super(context)
    const { sample, options } = context
    const symbol = (sample.nameParts[0] ?? '').toUpperCase()
    const venue = (sample.nameParts[1] ?? 'CRYPTO').toUpperCase()
    const currencies = [symbol.slice(0, -3), symbol.slice(-3)] as const
    this.#instrument =
      options.instrument === undefined
        ? context.instrument(cryptoPair(symbol, venue, currencies, '0.01', '0.00000001'))
        : context.instrumentById(options.instrument)
  }

  row(line: LineReader): void {
    const tsOpenUs = utcMidnightUs(this.begin(line))
    readPrices(this.scanner, this.cells)
    this.publishBar(this.#instrument, tsOpenUs, tsOpenUs + dayUs)
  }
}

/** A quote bar becomes the quote that stood at its end. */
class PairDailyDecoder extends DailyDecoder {
  readonly #instrument: number

  constructor(context: DecodeContext) {
    super(context)
    const { sample, options } = context
    const [pair = '', venue = 'FX'] = sample.nameParts
    this.#instrument =
      options.instrument === undefined
        ? context.instrument(currencyPair(pair.toUpperCase(), venue.toUpperCase()))
        : context.instrumentById(options.instrument)
  }

  row(line: LineReader): void {
    const tsUs = utcMidnightUs(this.begin(line)) + dayUs
    const { cells, scanner } = this
    for (let i = 1; i < pairColumns.length; i++) scanner.decimal(cells, i, pairColumns[i] as string)
    scanner.finish('ask_size')
    // A size of 0 is not known; that of a side without a price is 0: nobody stands there.
    const bid = cells[4] === 0 ? absent : cells[4]
    const ask = cells[9] === 0 ? absent : cells[9]
    const bidSize = cells[4] === 0 ? 0 : cells[5] === 0 ? absent : cells[5]
    const askSize = cells[9] === 0 ? 0 : cells[10] === 0 ? absent : cells[10]
    this.context.batch.publishQuote(this.#instrument, 0, bid, ask, bidSize, askSize, tsUs, tsUs, absent, 0)
  }
}

function readPrices(scanner: RowScanner, cells: Float64Array): void {
  scanner.decimal(cells, 0, 'open')
  scanner.decimal(cells, 1, 'high')
  scanner.decimal(cells, 2, 'low')
  scanner.decimal(cells, 3, 'close')
  scanner.decimal(cells, 4, 'volume')
  scanner.finish('volume')
}

function format(name: string, header: string, open: (context: DecodeContext) => Decoder): ReplayFormat {
  return { name, hint: header, detect: (sample) => sample.firstLine === header, open }
}

/** One-minute bars of a future; the recorded time is the end of the bar. */
export const futureMinuteBars = format(
  'future-minute-bars',
  futureHeader,
  (context) => new FutureMinuteDecoder(context),
)

/** Daily bars of a US share, unadjusted. */
export const equityDailyBars = format('equity-daily-bars', equityHeader, (context) => new EquityDailyDecoder(context))

/** Daily bars of a coin (`btcusd_coinbase_daily.csv`). */
export const coinDailyBars = format('coin-daily-bars', coinHeader, (context) => new CoinDailyDecoder(context))

/** Daily quote bars of a currency pair, as the closing quote of each day. */
export const pairDailyQuotes = format('pair-daily-quotes', pairHeader, (context) => new PairDailyDecoder(context))
