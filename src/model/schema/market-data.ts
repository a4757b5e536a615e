/** Market data in JSON. Prices and sizes are text, and read back as the same doubles. Sizes are never negative; prices may be. */
import type { ConnectorId, InstrumentId } from '../ids.js'
import {
  MAX_BODY_LENGTH,
  MAX_BOOK_ENTRIES,
  MAX_ID_LENGTH,
  MAX_LINE_LENGTH,
  MAX_NAME_LENGTH,
  MAX_NEWS_SYMBOLS,
} from '../limits.js'
import {
  type BarUnit,
  type BookChange,
  type BookLevel,
  type BookOrder,
  brokenStreams,
  type Discontinuity,
  type InstrumentStatus,
  type MacroEvent,
  type MarketEventHeader,
  type NewsEvent,
  type OhlcvBar,
  type OrderBookDelta,
  type OrderBookSnapshot,
  type PriceTick,
  type TradeTick,
  tradingPhases,
} from '../market-data.js'
import type { Side } from '../order-types.js'
import { double, type Fields, flag, integer, list, longText, oneOf, optional, record, text, timeUs } from './codec.js'

/** Any of the branded ids. */
export const id = <Id extends string>() => text<Id>(MAX_ID_LENGTH)
/** Buy or sell. */
export const side = oneOf<Side>(['buy', 'sell'])

const price = double()
const size = double({ min: 0 })
const sequence = optional(integer(0))
const source = id<ConnectorId>()

const header: Fields<MarketEventHeader> = {
  instrument: id<InstrumentId>(),
  source,
  tsEventUs: timeUs,
  tsRecvUs: timeUs,
  sequence,
}

/** Schema and codec of a quote. */
export const priceTick = record<PriceTick>({
  kind: oneOf(['quote']),
  ...header,
  bid: optional(price),
  ask: optional(price),
  bidSize: optional(size),
  askSize: optional(size),
  last: optional(price),
  lastSize: optional(size),
})

/** Schema and codec of a trade. */
export const tradeTick = record<TradeTick>({
  kind: oneOf(['trade']),
  ...header,
  price,
  size,
  aggressor: optional(side),
  tradeId: optional(text(MAX_ID_LENGTH)),
  venue: optional(text(MAX_NAME_LENGTH)),
  condition: optional(integer(0)),
})

const bookLevel = record<BookLevel>({ price, size })
const bookOrder = record<BookOrder>({ price, size, orderId: text(MAX_ID_LENGTH), side })

/** Schema and codec of a book snapshot. */
export const orderBookSnapshot = record<OrderBookSnapshot>({
  kind: oneOf(['book_snapshot']),
  ...header,
  bids: list(bookLevel, MAX_BOOK_ENTRIES),
  asks: list(bookLevel, MAX_BOOK_ENTRIES),
  orders: optional(list(bookOrder, MAX_BOOK_ENTRIES)),
})

const bookChange = record<BookChange>({
  action: oneOf(['set', 'add', 'change', 'delete']),
  side,
  price,
  size,
  orderId: optional(text(MAX_ID_LENGTH)),
})

/** Schema and codec of changes of a book. */
export const orderBookDelta = record<OrderBookDelta>({
  kind: oneOf(['book_delta']),
  ...header,
  changes: list(bookChange, MAX_BOOK_ENTRIES),
  previousSequence: sequence,
})

/** Schema and codec of a bar. */
export const ohlcvBar = record<OhlcvBar>({
  kind: oneOf(['bar']),
  ...header,
  unit: oneOf<BarUnit>(['time', 'tick', 'volume', 'value']),
  step: double({ min: 0, isAbove: true }),
  tsOpenUs: timeUs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: size,
  trades: integer(0),
  vwap: optional(price),
  isClosed: flag,
})

/** Schema and codec of a news item. */
export const newsEvent = record<NewsEvent>({
  kind: oneOf(['news']),
  source,
  tsEventUs: timeUs,
  tsRecvUs: timeUs,
  headline: longText(MAX_LINE_LENGTH),
  body: optional(longText(MAX_BODY_LENGTH)),
  provider: optional(text(MAX_NAME_LENGTH)),
  symbols: list(text(MAX_ID_LENGTH), MAX_NEWS_SYMBOLS),
  sentiment: optional(double({ min: -1, max: 1 })),
  urgency: optional(oneOf(['low', 'normal', 'high'])),
})

/** Schema and codec of an economic release. */
export const macroEvent = record<MacroEvent>({
  kind: oneOf(['macro']),
  source,
  tsEventUs: timeUs,
  tsRecvUs: timeUs,
  name: text(MAX_NAME_LENGTH),
  country: text(MAX_NAME_LENGTH),
  actual: optional(double()),
  forecast: optional(double()),
  previous: optional(double()),
  impact: optional(oneOf(['low', 'medium', 'high'])),
})

/** Schema and codec of a change of trading phase. */
export const instrumentStatus = record<InstrumentStatus>({
  kind: oneOf(['status']),
  ...header,
  phase: oneOf(tradingPhases),
  reason: optional(longText(MAX_LINE_LENGTH)),
})

/** Schema and codec of a break in the data of an instrument. */
export const discontinuity = record<Discontinuity>({
  kind: oneOf(['discontinuity']),
  ...header,
  stream: oneOf(brokenStreams),
  previousSource: optional(source),
  reason: oneOf(['failover', 'failback', 'better', 'lost', 'start', 'missing']),
  missing: optional(integer(0)),
})
