/**
 * The Kraken feed (WebSocket v1): books with a checksum over the best ten levels, quotes (`spread`), trades. The venue keeps
 * a book of a fixed depth and does not tell what falls out of it.
 */
import type { Instrument, InstrumentDefinition } from '../../../model/instrument.js'
import type { FeedLevel, FeedStream, FeedWriter, WebSocketFeed } from '../feed.js'
import { secondsUs } from './iso-time.js'

const channels = { book: 'book', quotes: 'spread', trades: 'trade' } as const

/** Price, size, time as text; the fourth element marks a level sent again. */
type Level = readonly [price: string, size: string, time: string, ...rest: string[]]
interface Part {
  readonly as?: readonly Level[]
  readonly bs?: readonly Level[]
  readonly a?: readonly Level[]
  readonly b?: readonly Level[]
  /** Checksum, in the last part of a message. */
  readonly c?: string
}
interface Event {
  readonly event: string
  readonly status?: string
  readonly pair?: string
  readonly channelName?: string
  readonly errorMessage?: string
  readonly subscription?: { readonly name?: string }
}

/** Settings of a Kraken feed. */
export interface KrakenFeedOptions {
  /** Symbols are the venue's pairs (`XBT/USD`). */
  instruments: readonly InstrumentDefinition[]
  /** Levels of the books; 10 unless given. */
  depth?: 10 | 25 | 100 | 500 | 1000
}

/** Pairs as instruments whose symbol is the venue's pair. */
export function krakenFeed(options: KrakenFeedOptions): WebSocketFeed {
  const { instruments, depth = 10 } = options
  const request = (event: string, stream: FeedStream) => {
    const name = channels[stream.kind as keyof typeof channels]
    return { event, pair: [stream.symbol], subscription: name === 'book' ? { name, depth } : { name } }
  }
  const keyOf = (stream: FeedStream) => `${channels[stream.kind as keyof typeof channels]} ${stream.symbol}`
  return {
    name: 'kraken',
    data: ['book', 'quotes', 'trades'],
    instruments,
    bookDepth: depth,
    keepAlive: { message: () => ({ event: 'ping' }) },
    checksum: (instrument) => ({ priceDigits: digitsOf(instrument), sizeDigits: 8 }),
    subscribe: (stream) => ({ message: request('subscribe', stream), key: keyOf(stream) }),
    unsubscribe: (stream) => ({ message: request('unsubscribe', stream), key: `end of ${keyOf(stream)}` }),
    receive(message, out) {
      if (!Array.isArray(message)) {
        answer(message as Event, out)
        return
      }
      const [channel, symbol] = message.slice(-2) as [string, string]
      if (channel.startsWith('book')) book(symbol, message.slice(1, -2) as Part[], out)
      else if (channel === 'trade') trades(symbol, message[1] as string[][], out)
      else if (channel === 'spread') {
        const [bid, ask, time, bidSize, askSize] = message[1] as [string, string, string, string, string]
        out.quote(symbol, { bid, ask, bidSize, askSize, tsEventUs: secondsUs(time) })
      }
    },
  }
}

function book(symbol: string, parts: readonly Part[], out: FeedWriter): void {
  const isSnapshot = parts.some((part) => part.as !== undefined || part.bs !== undefined)
  const bids = parts.flatMap((part): readonly Level[] => part.bs ?? part.b ?? [])
  const asks = parts.flatMap((part): readonly Level[] => part.as ?? part.a ?? [])
  const checksum = parts.find((part) => part.c !== undefined)?.c
  let newestUs = 0
  for (const [, , time] of [...bids, ...asks]) newestUs = Math.max(newestUs, secondsUs(time))
  out.book(symbol, {
    isSnapshot,
    bids: bids as readonly FeedLevel[],
    asks: asks as readonly FeedLevel[],
    ...(newestUs === 0 ? {} : { tsEventUs: newestUs }),
    ...(checksum === undefined ? {} : { checksum: Number(checksum) }),
  })
}

function trades(symbol: string, rows: readonly string[][], out: FeedWriter): void {
  for (const [price = '', size = '', time = '', side] of rows)
    out.trade(symbol, { price, size, aggressor: side === 'b' ? 'buy' : 'sell', tsEventUs: secondsUs(time) })
}

function answer(event: Event, out: FeedWriter): void {
  const { status, errorMessage, pair } = event
  if (event.event === 'pong') out.alive()
  else if (event.event === 'systemStatus' && status !== 'online') out.problem(`the venue is ${status}`)
  else if (event.event === 'error') out.problem(errorMessage ?? 'the venue did not understand a message')
  else if (event.event === 'subscriptionStatus') {
    const key = `${event.subscription?.name ?? event.channelName?.replace(/-\d+$/, '') ?? ''} ${pair}`
    if (status === 'error') out.refused(key, errorMessage ?? 'no reason given')
    else out.confirmed(status === 'unsubscribed' ? `end of ${key}` : key)
  }
}

/** The digits behind the point in the venue's price texts are those of the price step. */
function digitsOf({ definition }: Instrument): number {
  const [, digits = ''] = definition.priceIncrement.split('.')
  return digits.length
}
