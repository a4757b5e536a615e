/**
 * Binance combined streams, spot and USD-M futures: depth changes over a snapshot that is fetched (spot messages cover the
 * ids U to u, futures messages name their predecessor pu), bookTicker as quotes, trades.
 */
import type { InstrumentDefinition } from '../../../model/instrument.js'
import type { FeedBook, FeedLevel, FeedStream, FeedWriter, WebSocketFeed } from '../feed.js'

const suffixes = { book: 'depth@100ms', quotes: 'bookTicker', trades: 'trade' } as const
const kinds = Object.keys(suffixes)

interface Depth {
  readonly s: string
  readonly E: number
  readonly U: number
  readonly u: number
  readonly pu?: number
  readonly b: readonly FeedLevel[]
  readonly a: readonly FeedLevel[]
}
interface Ticker {
  readonly s: string
  readonly E?: number
  readonly u: number
  readonly b: string
  readonly B: string
  readonly a: string
  readonly A: string
}
interface Trade {
  readonly s: string
  readonly T: number
  readonly t: number
  readonly p: string
  readonly q: string
  readonly m: boolean
  readonly X?: string
}

/** A depth snapshot, as the venue's REST interface gives it. */
export interface BinanceDepth {
  readonly lastUpdateId: number
  readonly bids: readonly FeedLevel[]
  readonly asks: readonly FeedLevel[]
  /** Time of the snapshot in milliseconds; futures only. */
  readonly E?: number
}

/** Settings of a Binance feed. */
export interface BinanceFeedOptions {
  /** Symbols as the venue writes them (`BTCUSDT`). */
  instruments: readonly InstrumentDefinition[]
  /** `spot` unless given. */
  market?: 'spot' | 'futures'
  /**
   * Fetches a depth snapshot from the venue's REST interface, by whatever HTTP client the host uses:
   * `(symbol, signal) => fetch(`${url}?symbol=${symbol}&limit=1000`, { signal }).then((answer) => answer.json())`.
   */
  fetchDepth(symbol: string, signal: AbortSignal): Promise<BinanceDepth>
}

/** Symbols of Binance as instruments. */
export function binanceFeed(options: BinanceFeedOptions): WebSocketFeed {
  const { instruments, market = 'spot' } = options
  const request = (method: string, stream: FeedStream) => {
    const id = stream.instrument.index * kinds.length + kinds.indexOf(stream.kind) + 1
    return { message: { method, params: [nameOf(stream)], id }, key: `request ${id}` }
  }
  return {
    name: `binance-${market}`,
    data: ['book', 'quotes', 'trades'],
    instruments,
    bookRule: market === 'spot' ? 'range' : 'chained',
    subscribe: (stream) => request('SUBSCRIBE', stream),
    unsubscribe: (stream) => request('UNSUBSCRIBE', stream),
    async fetchBook({ symbol }, signal): Promise<FeedBook> {
      const { lastUpdateId: sequence, bids, asks, E } = await options.fetchDepth(symbol, signal)
      return { isSnapshot: true, bids, asks, sequence, ...(E === undefined ? {} : { tsEventUs: E * 1_000 }) }
    },
    receive(message, out) {
      const { data, id, error } = message as { data?: object; id?: number; error?: { msg?: string } }
      if (id !== undefined) {
        if (error === undefined) out.confirmed(`request ${id}`)
        else out.refused(`request ${id}`, error.msg ?? 'no reason given')
        return
      }
      read((data ?? message) as { e?: string }, out)
    },
  }
}

function read(event: { e?: string }, out: FeedWriter): void {
  if (event.e === 'depthUpdate') {
    const { s, E, U, u, pu, b, a } = event as unknown as Depth
    out.book(s, {
      isSnapshot: false,
      bids: b,
      asks: a,
      sequence: u,
      previousSequence: pu ?? U - 1,
      tsEventUs: E * 1_000,
    })
  } else if (event.e === 'trade') {
    const { s, T, t, p, q, m, X } = event as unknown as Trade
    // Futures streams also carry fills of the insurance fund and empty trades, which move no market.
    if (X !== undefined && X !== 'MARKET') return
    out.trade(s, { price: p, size: q, aggressor: m ? 'sell' : 'buy', tradeId: t, tsEventUs: T * 1_000 })
  } else if (event.e === 'bookTicker' || (event.e === undefined && 'B' in event)) {
    const { s, E, u, b, B, a, A } = event as unknown as Ticker
    const time = E === undefined ? {} : { tsEventUs: E * 1_000 }
    out.quote(s, { bid: b, bidSize: B, ask: a, askSize: A, sequence: u, ...time })
  }
}

function nameOf({ kind, symbol }: FeedStream): string {
  return `${symbol.toLowerCase()}@${suffixes[kind as keyof typeof suffixes]}`
}
