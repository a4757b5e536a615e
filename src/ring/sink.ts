/** Where producers of market data put it: the publishing half of the ingest ring, as a type of its own so that a test or a recorder can stand in. */
import type { IngestRing } from './ingest-ring.js'

/** Takes market data as plain numbers. Calls return false, and write nothing, while a consumer asks for back-pressure. */
export type MarketSink = Pick<
  IngestRing,
  | 'publishQuote'
  | 'publishTrade'
  | 'beginBook'
  | 'addLevel'
  | 'addOrder'
  | 'commitBook'
  | 'publishBar'
  | 'publishStatus'
  | 'publishNote'
>
