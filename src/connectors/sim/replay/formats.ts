/** All formats that replays read, in the order in which they are tried. */
import { TradewireError } from '../../../core/errors.js'
import { binanceStreams } from './formats/binance-streams.js'
import { bitstampOrders } from './formats/bitstamp-orders.js'
import { coinDailyBars, equityDailyBars, futureMinuteBars, pairDailyQuotes } from './formats/calendar-bars.js'
import { coinbaseFeed } from './formats/coinbase-feed.js'
import { fxTicks } from './formats/fx-ticks.js'
import { krakenBook } from './formats/kraken-book.js'
import { krakenV2 } from './formats/kraken-v2.js'
import { lobsterBooks, lobsterMessages } from './formats/lobster.js'
import { marketByOrder } from './formats/market-by-order.js'
import { tradewireCsv } from './formats/tradewire-csv.js'
import { tradewireNdjson } from './formats/tradewire-ndjson.js'
import { equityQuoteBars, equityQuotes, equityTradeBars, equityTrades } from './formats/us-equity.js'
import type { FileSample, ReplayFormat } from './reading/format.js'

/** Formats by order of detection. */
export const replayFormats: readonly ReplayFormat[] = [
  tradewireCsv,
  tradewireNdjson,
  equityTrades,
  equityQuotes,
  equityTradeBars,
  equityQuoteBars,
  fxTicks,
  marketByOrder,
  futureMinuteBars,
  equityDailyBars,
  coinDailyBars,
  pairDailyQuotes,
  binanceStreams,
  bitstampOrders,
  krakenV2,
  krakenBook,
  coinbaseFeed,
  lobsterMessages,
  lobsterBooks,
]

/** The format of a file, by its content. */
export function detectFormat(sample: FileSample): ReplayFormat | undefined {
  return replayFormats.find((format) => format.detect(sample))
}

/** The format with a name. @throws TradewireError `TW_UNKNOWN_FORMAT` listing those that exist. */
export function formatNamed(name: string): ReplayFormat {
  const format = replayFormats.find((known) => known.name === name)
  if (format !== undefined) return format
  const names = replayFormats.map((known) => known.name).join(', ')
  throw new TradewireError('TW_UNKNOWN_FORMAT', `format '${name}' is not known; use one of ${names}`, {
    details: { format: name },
  })
}

/** What is thrown for a file whose format nobody knows: what was found, and what could have been. */
export function unknownFormat(sample: FileSample): TradewireError {
  const found = sample.firstLine === '' ? 'an empty file' : `a file that begins with '${sample.firstLine.slice(0, 80)}'`
  const known = replayFormats.map((format) => `  ${format.name}: ${format.hint.slice(0, 100)}`).join('\n')
  return new TradewireError('TW_UNKNOWN_FORMAT', `${sample.path} is ${found}; formats known are\n${known}\n`, {
    details: {
      path: sample.path,
      found: sample.firstLine.slice(0, 80),
      formats: replayFormats.map((format) => format.name),
    },
  })
}
