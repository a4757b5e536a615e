/** Quotes of a currency pair: `time_ms,bid,ask`, milliseconds since midnight of the venue's own fixed offset, no sizes. A price of 0 is none. */
import { TradewireError } from '../../../../core/errors.js'
import { minuteUs, utcMidnightUs } from '../reading/civil-time.js'
import { currencyPair } from '../reading/definitions.js'
import type { DecodeContext, Decoder, ReplayFormat } from '../reading/format.js'
import type { LineReader } from '../reading/line-reader.js'
import { RowScanner } from '../reading/row-scanner.js'
import { dateOf } from './us-equity.js'

const header = 'time_ms,bid,ask'

/** Offsets of the data of known venues, in minutes east of UTC; fixed all year. */
const venueOffsets: Readonly<Record<string, number>> = { oanda: 0, fxcm: -300 }

class FxDecoder implements Decoder {
  readonly headerLines = 1
  readonly #context: DecodeContext
  readonly #instrument: number
  readonly #midnightUs: number
  readonly #scanner = new RowScanner()
  readonly #cells = new Float64Array(3)

  constructor(context: DecodeContext) {
    const { sample, options } = context
    const venue = sample.nameParts[0] ?? ''
    const known = Object.hasOwn(venueOffsets, venue) ? venueOffsets[venue] : undefined
    const offset = options.utcOffsetMinutes ?? known
    if (offset === undefined) {
      const names = Object.keys(venueOffsets).join(', ')
      const message = `${sample.path} names no venue whose local time is known (${names}); set the option utcOffsetMinutes`
      throw new TradewireError('TW_UNKNOWN_FORMAT', message, {
        details: { path: sample.path, field: 'utcOffsetMinutes' },
      })
    }
    this.#context = context
    this.#instrument =
      options.instrument === undefined
        ? context.instrument(currencyPair((sample.nameParts[1] ?? '').toUpperCase(), venue.toUpperCase()))
        : context.instrumentById(options.instrument)
    this.#midnightUs = utcMidnightUs(dateOf(sample, options)) - offset * minuteUs
  }

  row(line: LineReader): void {
    const scanner = this.#scanner
    const cells = this.#cells
    scanner.begin(line.bytes, line.start, line.end)
    scanner.whole(cells, 0, 'time_ms')
    scanner.decimal(cells, 1, 'bid')
    scanner.decimal(cells, 2, 'ask')
    scanner.finish('ask')
    const tsUs = this.#midnightUs + cells[0] * 1_000
    const hasBid = cells[1] !== 0
    const hasAsk = cells[2] !== 0
    this.#context.batch.publishQuote(
      this.#instrument,
      0,
      hasBid ? cells[1] : Number.NaN,
      hasAsk ? cells[2] : Number.NaN,
      // The data have no sizes; that of a side without a price is 0: it was withdrawn.
      hasBid ? Number.NaN : 0,
      hasAsk ? Number.NaN : 0,
      tsUs,
      tsUs,
      Number.NaN,
      0,
    )
  }
}

/** FX quotes; venue, pair and day from the file name (`oanda_eurusd_20140505_quotes.csv`). */
export const fxTicks: ReplayFormat = {
  name: 'fx-ticks',
  hint: header,
  detect: (sample) => sample.firstLine === header,
  open: (context) => new FxDecoder(context),
}
