/**
 * The Coinbase Exchange feed: level2 books, tickers as quotes, matches as trades. level2 has no numbers, so a lost message
 * cannot be seen in it; trade ids grow by one, so lost trades are.
 */
import type { InstrumentDefinition } from '../../../model/instrument.js'
import type { FeedLevel, FeedStream, WebSocketFeed } from '../feed.js'
import { timeUs } from './iso-time.js'

const channels = { book: 'level2', quotes: 'ticker', trades: 'matches' } as const
type Channel = (typeof channels)[keyof typeof channels]

interface Message {
  readonly type: string
  readonly product_id: string
  readonly time?: string
  readonly sequence?: number
}
interface Ticker extends Message {
  readonly best_bid: string
  readonly best_ask: string
  readonly best_bid_size?: string
  readonly best_ask_size?: string
}
interface Match extends Message {
  readonly trade_id: number
  readonly price: string
  readonly size: string
  /** Of the maker. */
  readonly side: 'buy' | 'sell'
}
interface Snapshot extends Message {
  readonly bids: readonly FeedLevel[]
  readonly asks: readonly FeedLevel[]
}
interface Update extends Message {
  readonly changes: readonly (readonly [side: string, price: string, size: string])[]
}
interface Confirmation {
  readonly channels: readonly { readonly name: string; readonly product_ids: readonly string[] }[]
}

/** Products as instruments whose symbol is the product id (`BTC-USD`). */
export function coinbaseFeed(options: { instruments: readonly InstrumentDefinition[] }): WebSocketFeed {
  const request = (type: 'subscribe' | 'unsubscribe', stream: FeedStream) => ({
    type,
    product_ids: [stream.symbol],
    channels: [channelOf(stream)],
  })
  return {
    name: 'coinbase',
    data: ['book', 'quotes', 'trades'],
    instruments: options.instruments,
    subscribe: (stream) => ({ message: request('subscribe', stream), key: `${channelOf(stream)} ${stream.symbol}` }),
    unsubscribe: (stream) => ({ message: request('unsubscribe', stream) }),
    receive(message, out) {
      const { type, product_id: symbol, time, sequence } = message as Message
      const header = {
        ...(time === undefined ? {} : { tsEventUs: timeUs(time) }),
        ...(sequence === undefined ? {} : { sequence }),
      }
      if (type === 'l2update') {
        const { changes } = message as Update
        const levels = (side: string) => changes.filter((change) => change[0] === side).map(([, ...level]) => level)
        out.book(symbol, { ...header, isSnapshot: false, bids: levels('buy'), asks: levels('sell') })
      } else if (type === 'match') {
        const { trade_id: tradeId, price, size, side } = message as Match
        out.sequence(`trades ${symbol}`, tradeId, symbol, 'trades')
        out.trade(symbol, { ...header, price, size, aggressor: side === 'buy' ? 'sell' : 'buy', tradeId })
      } else if (type === 'ticker') {
        const { best_bid: bid, best_ask: ask, best_bid_size: bidSize, best_ask_size: askSize } = message as Ticker
        const sizes = { ...(bidSize === undefined ? {} : { bidSize }), ...(askSize === undefined ? {} : { askSize }) }
        out.quote(symbol, { ...header, bid, ask, ...sizes })
      } else if (type === 'snapshot') {
        const { bids, asks } = message as Snapshot
        out.book(symbol, { ...header, isSnapshot: true, bids, asks })
      } else if (type === 'last_match') {
        out.sequence(`trades ${symbol}`, (message as Match).trade_id, symbol, 'trades')
      } else if (type === 'subscriptions') {
        for (const { name, product_ids } of (message as Confirmation).channels)
          for (const product of product_ids) out.confirmed(`${name} ${product}`)
      } else if (type === 'error') refuse(message as { message?: string; reason?: string }, out)
    },
  }
}

function channelOf({ kind }: FeedStream): Channel {
  return channels[kind as keyof typeof channels]
}

/** An error names a product where it concerns one: whoever waits for that product hears it. */
function refuse(error: { message?: string; reason?: string }, out: Parameters<WebSocketFeed['receive']>[1]): void {
  const reason = `${error.message ?? 'refused'}${error.reason === undefined ? '' : `: ${error.reason}`}`
  const product = /\b[A-Z0-9]+-[A-Z0-9]+\b/.exec(reason)?.[0]
  if (product === undefined) out.problem(reason)
  else for (const channel of Object.values(channels)) out.refused(`${channel} ${product}`, reason)
}
