/** Where producers of market data put it: the publishing half of the ingest ring, as a type of its own so that a test or a recorder can stand in. */
import type { IngestRing } from './ingest-ring.js'
import type { AggressorSign } from './kinds.js'
import { TickAt } from './tick-row.js'

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
> &
  Partial<TickRowSink>

/**
 * Quotes and trades as rows of doubles (`TickAt` says where each number lies): a call that the compiler does not inline has
 * to box its fractional arguments, and a row goes through every call as it is. Sinks that do not have these calls get the
 * others.
 */
export type TickRowSink = Pick<IngestRing, 'publishQuoteRow' | 'publishTradeRow'>

/** Publishes a row by whichever call the sink has. */
export function publishQuoteRow(
  sink: MarketSink,
  instrument: number,
  source: number,
  flags: number,
  row: Float64Array,
): boolean {
  if (sink.publishQuoteRow !== undefined) return sink.publishQuoteRow(instrument, source, flags, row)
  const { bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence } = TickAt
  return sink.publishQuote(
    instrument,
    source,
    row[bid],
    row[ask],
    row[bidSize],
    row[askSize],
    row[tsEventUs],
    row[tsRecvUs],
    row[sequence],
    flags,
  )
}

/** As {@link publishQuoteRow}, for a trade. */
export function publishTradeRow(
  sink: MarketSink,
  instrument: number,
  source: number,
  aggressor: AggressorSign,
  condition: number,
  row: Float64Array,
): boolean {
  if (sink.publishTradeRow !== undefined) return sink.publishTradeRow(instrument, source, aggressor, condition, row)
  const { price, size, tsEventUs, tsRecvUs, sequence, tradeId } = TickAt
  return sink.publishTrade(
    instrument,
    source,
    row[price],
    row[size],
    aggressor,
    row[tsEventUs],
    row[tsRecvUs],
    row[sequence],
    row[tradeId],
    condition,
  )
}
