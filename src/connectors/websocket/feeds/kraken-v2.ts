/**
 * The Kraken feed, WebSocket v2: books with a checksum over the best ten levels, quotes (`ticker`, at every change of the
 * best prices), trades. The venue keeps a book of a fixed depth and does not tell what falls out of it.
 *
 * Prices and sizes are plain numbers, and the checksum covers their texts with all trailing zeros. A number of up to 15 digits
 * has one text of as many digits as the pair has, so it is computed from the steps of the definition: they must be those of
 * the venue (`price_precision` and `qty_precision` of its `instrument` channel).
 */
import type { InstrumentDefinition } from '../../../model/instrument.js'
import type { FeedStream, FeedWriter, WebSocketFeed } from '../feed.js'
import { timeUs } from './iso-time.js'

const channels = { book: 'book', quotes: 'ticker', trades: 'trade' } as const
const kinds = Object.keys(channels)

interface Level {
  readonly price: number
  readonly qty: number
}
interface Entry {
  readonly symbol: string
  readonly timestamp?: string
}
interface Book extends Entry {
  readonly bids?: readonly Level[]
  readonly asks?: readonly Level[]
  readonly checksum?: number
}
interface Trade extends Entry {
  /** Of the taker. */
  readonly side: 'buy' | 'sell'
  readonly price: number
  readonly qty: number
  readonly trade_id: number
}
interface Ticker extends Entry {
  readonly bid: number
  readonly bid_qty: number
  readonly ask: number
  readonly ask_qty: number
}
interface Message {
  readonly channel?: string
  readonly type?: string
  readonly data?: readonly Entry[]
  readonly method?: string
  readonly success?: boolean
  readonly error?: string
  readonly req_id?: number
}

/** Settings of a Kraken v2 feed. */
export interface KrakenV2FeedOptions {
  /** Symbols are the venue's pairs (`BTC/USD`), steps those of the venue. */
  instruments: readonly InstrumentDefinition[]
  /** Levels of the books; 10 unless given. */
  depth?: 10 | 25 | 100 | 500 | 1000
}

/** Pairs as instruments whose symbol is the venue's pair. */
export function krakenV2Feed(options: KrakenV2FeedOptions): WebSocketFeed {
  const { instruments, depth = 10 } = options
  const request = (method: string, stream: FeedStream) => {
    const channel = channels[stream.kind as keyof typeof channels]
    const id = stream.instrument.index * kinds.length + kinds.indexOf(stream.kind) + 1
    const more = channel === 'book' ? { depth } : channel === 'ticker' ? { event_trigger: 'bbo' } : { snapshot: false }
    const params = { channel, symbol: [stream.symbol], ...more }
    return { message: { method, params, req_id: id }, key: `${method} ${id}` }
  }
  return {
    name: 'kraken-v2',
    data: ['book', 'quotes', 'trades'],
    instruments,
    bookDepth: depth,
    keepAlive: { message: () => ({ method: 'ping' }) },
    checksum: ({ definition }) => ({
      priceDigits: digitsOf(definition.priceIncrement),
      sizeDigits: digitsOf(definition.sizeIncrement),
    }),
    subscribe: (stream) => request('subscribe', stream),
    unsubscribe: (stream) => request('unsubscribe', stream),
    receive(given, out) {
      const message = given as Message
      const { channel, type, data = [] } = message
      if (message.method !== undefined || message.error !== undefined) answer(message, out)
      else if (channel === 'book') for (const entry of data) book(entry as Book, type === 'snapshot', out)
      // A snapshot of trades tells those of before the subscription.
      else if (channel === 'trade' && type === 'update') for (const entry of data) trade(entry as Trade, out)
      else if (channel === 'ticker') for (const entry of data) ticker(entry as Ticker, out)
      else if (channel === 'status') status(data as readonly { system?: string }[], out)
    },
  }
}

function book({ symbol, bids = [], asks = [], checksum, timestamp }: Book, isSnapshot: boolean, out: FeedWriter): void {
  const levels = (side: readonly Level[]) => side.map(({ price, qty }) => [price, qty] as const)
  out.book(symbol, {
    isSnapshot,
    bids: levels(bids),
    asks: levels(asks),
    ...time(timestamp),
    ...(checksum === undefined ? {} : { checksum }),
  })
}

function trade({ symbol, side, price, qty, trade_id: tradeId, timestamp }: Trade, out: FeedWriter): void {
  out.sequence(`trades ${symbol}`, tradeId, symbol, 'trades')
  out.trade(symbol, { price, size: qty, aggressor: side, tradeId, ...time(timestamp) })
}

function ticker({ symbol, bid, bid_qty: bidSize, ask, ask_qty: askSize, timestamp }: Ticker, out: FeedWriter): void {
  out.quote(symbol, { bid, bidSize, ask, askSize, ...time(timestamp) })
}

/** A time of 1970 stands for none. */
function time(timestamp: string | undefined): { tsEventUs?: number } {
  const tsEventUs = timestamp === undefined ? 0 : timeUs(timestamp)
  return tsEventUs === 0 ? {} : { tsEventUs }
}

function answer({ method, success, error, req_id: id }: Message, out: FeedWriter): void {
  if (method === 'pong') out.alive()
  else if (success !== false && error === undefined) out.confirmed(`${method} ${id}`)
  else if (id === undefined || method === undefined) out.problem(error ?? 'the venue did not understand a message')
  else out.refused(`${method} ${id}`, error ?? 'no reason given')
}

function status(data: readonly { system?: string }[], out: FeedWriter): void {
  for (const { system } of data) if (system !== undefined && system !== 'online') out.problem(`the venue is ${system}`)
}

function digitsOf(increment: string | number): number {
  const [, digits = ''] = String(increment).split('.')
  return digits.length
}
