/**
 * US equity data in New York time, prices in 1/10,000 dollar: trades, changes of the best bid or ask, minute bars.
 *
 * The day comes from the file name (`ibm_20131007_trades.csv`), the symbol from its first part. Times are milliseconds
 * since New York midnight.
 */
import { TradewireError } from '../../../../core/errors.js'
import { type CivilDate, firstNewYorkYear, minuteUs, NewYorkDay, parseCompactDate } from '../reading/civil-time.js'
import { usEquity } from '../reading/definitions.js'
import type { DecodeContext, Decoder, FileSample, FormatOptions, ReplayFormat } from '../reading/format.js'
import type { LineReader } from '../reading/line-reader.js'
import { RowScanner } from '../reading/row-scanner.js'

const perDollar = 10_000
const usPerMs = 1_000
const absent = Number.NaN
const codeOfZero = 48

const tradeHeader = 'time_ms,px_1e4,size,exchange,condition,suspicious'
const quoteHeader = 'time_ms,bid_px_1e4,bid_size,ask_px_1e4,ask_size,exchange,condition,suspicious'
const tradeBarHeader = 'time_ms,open_1e4,high_1e4,low_1e4,close_1e4,volume'
const quoteBarHeader =
  'time_ms,bid_open_1e4,bid_high_1e4,bid_low_1e4,bid_close_1e4,bid_size,ask_open_1e4,ask_high_1e4,ask_low_1e4,ask_close_1e4,ask_size'

/** Day of a file: option `date`, else the file name. */
export function dateOf(sample: FileSample, options: FormatOptions): CivilDate {
  const date = options.date === undefined ? sample.date : parseCompactDate(options.date)
  if (date !== undefined && date.year >= firstNewYorkYear) return date
  const found = options.date ?? 'no yyyymmdd'
  const message = `${sample.path} gives times since midnight and needs a day from ${firstNewYorkYear} on; found ${found} in its name: set the option date`
  throw new TradewireError('TW_UNKNOWN_FORMAT', message, { details: { path: sample.path, field: 'date' } })
}

/** Index of the instrument of a file: option `instrument`, else the US equity named by the first part of the file name. */
export function equityOf(context: DecodeContext): number {
  const { instrument } = context.options
  if (instrument !== undefined) return context.instrumentById(instrument)
  return context.instrument(usEquity((context.sample.nameParts[0] ?? '').toUpperCase()))
}

/** What the decoders of this file share: the instrument, the day, a scanner. */
abstract class EquityDecoder implements Decoder {
  readonly headerLines = 1
  protected readonly context: DecodeContext
  protected readonly instrument: number
  protected readonly scanner = new RowScanner()
  protected readonly cells = new Float64Array(12)
  readonly #day: NewYorkDay
  readonly #keepsSuspicious: boolean

  constructor(context: DecodeContext) {
    this.context = context
    this.instrument = equityOf(context)
    this.#day = new NewYorkDay(dateOf(context.sample, context.options))
    this.#keepsSuspicious = context.options.suspicious === 'keep'
  }

  abstract row(line: LineReader): void

  /** Starts a row; the first column as Unix epoch microseconds. */
  protected begin(line: LineReader): number {
    this.scanner.begin(line.bytes, line.start, line.end)
    this.scanner.whole(this.cells, 0, 'time_ms')
    return this.#day.toUtcUs(this.cells[0] * usPerMs)
  }

  /** Takes the last column; true where the row is to be left out. */
  protected isLeftOut(): boolean {
    const isSuspicious = this.scanner.character('suspicious') !== codeOfZero
    this.scanner.finish('suspicious')
    if (!isSuspicious || this.#keepsSuspicious) return false
    this.context.counters.suspicious++
    return true
  }
}

class TradeDecoder extends EquityDecoder {
  row(line: LineReader): void {
    const { scanner, cells } = this
    const tsUs = this.begin(line)
    scanner.whole(cells, 1, 'px_1e4')
    scanner.whole(cells, 2, 'size')
    scanner.character('exchange')
    const condition = scanner.mask('condition')
    if (this.isLeftOut()) return
    const { batch, counters } = this.context
    if (cells[1] === 0) {
      counters.ignored++
      return
    }
    batch.publishTrade(this.instrument, 0, cells[1] / perDollar, cells[2], 0, tsUs, tsUs, absent, absent, condition)
  }
}

/** Each row changes one side (the other is 0), and is published with both sides known so far. */
class QuoteDecoder extends EquityDecoder {
  /** bid, bid size, ask, ask size. */
  readonly #best = new Float64Array(4).fill(absent)

  row(line: LineReader): void {
    const { scanner, cells } = this
    const tsUs = this.begin(line)
    scanner.whole(cells, 1, 'bid_px_1e4')
    scanner.whole(cells, 2, 'bid_size')
    scanner.whole(cells, 3, 'ask_px_1e4')
    scanner.whole(cells, 4, 'ask_size')
    const exchange = scanner.character('exchange')
    const flags = (scanner.mask('condition') & 0xffffff) | (exchange << 24)
    if (this.isLeftOut()) return
    const best = this.#best
    for (let side = 0; side < 4; side += 2) {
      if (cells[side + 1] === 0) continue
      best[side] = cells[side + 1] / perDollar
      best[side + 1] = cells[side + 2]
    }
    this.context.batch.publishQuote(this.instrument, 0, best[0], best[2], best[1], best[3], tsUs, tsUs, absent, flags)
  }
}

class TradeBarDecoder extends EquityDecoder {
  row(line: LineReader): void {
    const { scanner, cells } = this
    const tsOpenUs = this.begin(line)
    scanner.whole(cells, 1, 'open_1e4')
    scanner.whole(cells, 2, 'high_1e4')
    scanner.whole(cells, 3, 'low_1e4')
    scanner.whole(cells, 4, 'close_1e4')
    scanner.whole(cells, 5, 'volume')
    scanner.finish('volume')
    for (let i = 1; i <= 4; i++) cells[i] /= perDollar
    const tsUs = tsOpenUs + minuteUs
    const { batch } = this.context
    batch.publishBar(
      this.instrument,
      0,
      minuteUs,
      cells[1],
      cells[2],
      cells[3],
      cells[4],
      cells[5],
      absent,
      absent,
      tsOpenUs,
      tsUs,
      tsUs,
      true,
    )
  }
}

/** A quote bar becomes the quote that stood at its end. */
class QuoteBarDecoder extends EquityDecoder {
  row(line: LineReader): void {
    const { scanner, cells } = this
    const tsUs = this.begin(line) + minuteUs
    for (let i = 1; i < columns.length; i++) scanner.whole(cells, i, columns[i] as string)
    scanner.finish('ask_size')
    const bid = cells[4] === 0 ? absent : cells[4] / perDollar
    const ask = cells[9] === 0 ? absent : cells[9] / perDollar
    this.context.batch.publishQuote(this.instrument, 0, bid, ask, cells[5], cells[10], tsUs, tsUs, absent, 0)
  }
}

const columns = quoteBarHeader.split(',')

function format(name: string, header: string, open: (context: DecodeContext) => Decoder): ReplayFormat {
  return { name, hint: header, detect: (sample) => sample.firstLine === header, open }
}

/** Trades of one share on one day. `condition` is the recording's bit mask as a signed 32-bit integer. */
export const equityTrades = format('equity-trades', tradeHeader, (context) => new TradeDecoder(context))

/**
 * Changes of the best bid or best ask. `flags` is the condition mask (24 bits) with the letter of the exchange that set
 * the price in the bits above (`flags >>> 24` is its character code).
 */
export const equityQuotes = format('equity-quotes', quoteHeader, (context) => new QuoteDecoder(context))

/** One-minute trade bars; the recorded time is the start of the bar, the event comes at its end. */
export const equityTradeBars = format('equity-minute-trades', tradeBarHeader, (context) => new TradeBarDecoder(context))

/** One-minute quote bars, as the closing quote at the end of each minute. */
export const equityQuoteBars = format('equity-minute-quotes', quoteBarHeader, (context) => new QuoteBarDecoder(context))
