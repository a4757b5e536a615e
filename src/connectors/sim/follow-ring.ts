/** Paper trading: lets the venue see the market data that other connectors put into a ring. */
import type { IngestRing } from '../../ring/ingest-ring.js'
import type { MarketTap } from './market-tap.js'
import type { SimulatedVenue } from './venue.js'

/** Feeds quotes, trades and status changes of other sources to the venue. Returns the way to stop. */
export function followRing(
  ring: IngestRing,
  tap: Pick<MarketTap, 'learn'>,
  venue: SimulatedVenue,
  ownSource: number,
): () => void {
  const consumer = ring.addConsumer({
    name: ownSource < 0 ? 'shadow venue' : `paper venue ${ownSource}`,
    policy: 'backpressure',
    handlers: {
      onQuotes(from, first, last) {
        const { quotes } = from
        for (let row = first; row < last; row++) {
          if (quotes.source[row] === ownSource) continue
          const listing = tap.learn(quotes.instrument[row] as number)
          venue.onQuote(
            listing,
            quotes.bid[row] as number,
            quotes.ask[row] as number,
            quotes.bidSize[row] as number,
            quotes.askSize[row] as number,
            quotes.tsRecvUs[row] as number,
          )
        }
      },
      onTrades(from, first, last) {
        const { trades } = from
        for (let row = first; row < last; row++) {
          if (trades.source[row] === ownSource) continue
          const listing = tap.learn(trades.instrument[row] as number)
          venue.onTrade(
            listing,
            trades.price[row] as number,
            trades.size[row] as number,
            trades.aggressor[row] as number,
            trades.tsRecvUs[row] as number,
          )
        }
      },
      onStatuses(from, first, last) {
        const { statuses } = from
        for (let row = first; row < last; row++) {
          if (statuses.source[row] === ownSource) continue
          venue.setPhase(tap.learn(statuses.instrument[row] as number), statuses.status[row] as 0 | 1 | 2 | 3 | 4)
        }
      },
    },
  })
  return () => consumer.close()
}
