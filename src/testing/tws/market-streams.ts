/** The market data that one client is subscribed to: ticks, tick-by-tick, depth, five-second bars. */
import type { TwsListing } from './catalogue.js'
import type { TwsContract } from './contract-fields.js'
import { type MarketBoard, type MarketView, numberText } from './market-board.js'
import { Reply, Tick } from './message-ids.js'
import type { Fields } from './replies.js'

/** How streams speak to their client. */
export interface StreamOut {
  send(fields: Fields): void
  error(id: number, code: number, ...details: string[]): void
  nowMs(): number
}

interface Line {
  readonly id: number
  readonly market: MarketView
  readonly isDelayed: boolean
  /** What was told last, so that only changes are. */
  bid: number
  ask: number
}

interface TickByTick {
  readonly id: number
  readonly market: MarketView
  readonly kind: 'Last' | 'AllLast' | 'BidAsk' | 'MidPoint'
  readonly ignoresSize: boolean
  bid: number
  ask: number
}

interface Depth {
  readonly id: number
  readonly market: MarketView
  readonly rows: number
  readonly isSmart: boolean
  /** With market makers: the message of level 2. */
  readonly isLevel2: boolean
}

interface FiveSeconds {
  readonly id: number
  readonly market: MarketView
  readonly what: string
  open: number
  high: number
  low: number
  volume: number
  trades: number
}

const makers = ['NSDQ', 'ARCA', 'BATS', 'EDGX', 'IEX', 'NYSE', 'MEMX', 'BYX', 'PSX', 'CHX']

/** The streams of one client. */
export class MarketStreams {
  readonly #out: StreamOut
  readonly #board: MarketBoard
  readonly #maxLines: number
  readonly #lines = new Map<number, Line>()
  readonly #ticks = new Map<number, TickByTick>()
  readonly #depths = new Map<number, Depth>()
  readonly #bars = new Map<number, FiveSeconds>()
  /** 1 live, 2 frozen, 3 delayed, 4 delayed frozen: what the client asked for last. */
  dataType = 1
  /** Streams stay as they are and nothing comes: what some farm breaks leave behind. */
  isDead = false

  constructor(out: StreamOut, board: MarketBoard, maxLines: number) {
    this.#out = out
    this.#board = board
    this.#maxLines = maxLines
  }

  get count(): number {
    return this.#lines.size + this.#ticks.size + this.#depths.size + this.#bars.size
  }

  /** All streams end, as after 1101. */
  clear(): void {
    this.#lines.clear()
    this.#ticks.clear()
    this.#depths.clear()
    this.#bars.clear()
  }

  // ---- Level 1 -----------------------------------------------------------------------------------------------------------

  subscribe(id: number, listing: TwsListing, isSnapshot: boolean, genericTicks: string): void {
    if (this.#lines.has(id)) {
      this.#out.error(id, 102)
      return
    }
    if (this.#lines.size >= this.#maxLines) {
      this.#out.error(id, 101)
      return
    }
    const market = this.#marketOf(listing)
    const isDelayed = this.dataType >= 3
    const line: Line = { id, market, isDelayed, bid: Number.NaN, ask: Number.NaN }
    const tick = numberText(Number(listing.minTick))
    this.#out.send([Reply.tickRequestParameters, id, tick, listing.contract.secType === 'STK' ? '9c0001' : '', 3])
    this.#out.send([Reply.marketDataType, 1, id, this.dataType])
    this.#opening(line, genericTicks)
    if (isSnapshot) this.#out.send([Reply.snapshotEnd, 1, id])
    else this.#lines.set(id, line)
  }

  #opening(line: Line, genericTicks: string): void {
    const { market } = line
    this.#quoteOf(line)
    this.#tradeOf(line)
    this.#price(line, Tick.high, Tick.delayedHigh, market.high, Number.NaN)
    this.#price(line, Tick.low, Tick.delayedLow, market.low, Number.NaN)
    this.#price(line, Tick.close, Tick.delayedClose, market.close, Number.NaN)
    this.#price(line, Tick.open, Tick.delayedOpen, market.open, Number.NaN)
    this.#out.send([Reply.tickGeneric, 6, line.id, Tick.halted, market.isHalted ? '1' : '0'])
    if (/(^|,)(mdoff,)?292/.test(genericTicks)) this.news(market.listing, line.id)
  }

  unsubscribe(id: number): void {
    if (!this.#lines.delete(id)) this.#out.error(id, 300, String(id))
  }

  /** A headline about a contract. */
  news(listing: TwsListing, id: number, headline?: string): void {
    const nowMs = this.#out.nowMs()
    const text = headline ?? `${listing.longName} trades at ${numberText(this.#marketOf(listing).last)}`
    this.#out.send([
      Reply.tickNews,
      id,
      nowMs,
      'BRFG',
      `BRFG$${Math.floor(nowMs / 1_000).toString(16)}`,
      text,
      'A:800015:L:en:K:n/a:C:0.75',
    ])
  }

  /** Headlines for everybody who watches a contract. */
  announce(conId: number, headline: string): void {
    for (const { id, market } of this.#lines.values())
      if (market.listing.contract.conId === conId) this.news(market.listing, id, headline)
  }

  #quoteOf(line: Line): void {
    const { market } = line
    if (market.bid !== line.bid) this.#price(line, Tick.bid, Tick.delayedBid, market.bid, market.bidSize)
    this.#size(line, Tick.bidSize, Tick.delayedBidSize, market.bidSize)
    if (market.ask !== line.ask) this.#price(line, Tick.ask, Tick.delayedAsk, market.ask, market.askSize)
    this.#size(line, Tick.askSize, Tick.delayedAskSize, market.askSize)
    line.bid = market.bid
    line.ask = market.ask
  }

  #tradeOf(line: Line): void {
    const { market, id } = line
    if (market.listing.contract.secType === 'CASH') return
    this.#out.send([Reply.tickString, 6, id, Tick.lastTimestamp, Math.floor(market.lastMs / 1_000)])
    this.#price(line, Tick.last, Tick.delayedLast, market.last, market.lastSize)
    this.#size(line, Tick.lastSize, Tick.delayedLastSize, market.lastSize)
    this.#size(line, Tick.volume, Tick.delayedVolume, market.volume)
  }

  #price(line: Line, live: number, delayed: number, price: number, size: number): void {
    const isQuote = live === Tick.bid || live === Tick.ask
    const mask = isQuote ? 1 : 0
    const type = line.isDelayed ? delayed : live
    this.#out.send([
      Reply.tickPrice,
      6,
      line.id,
      type,
      numberText(price),
      Number.isNaN(size) ? '0' : numberText(size),
      mask,
    ])
  }

  #size(line: Line, live: number, delayed: number, size: number): void {
    this.#out.send([Reply.tickSize, 6, line.id, line.isDelayed ? delayed : live, numberText(size)])
  }

  // ---- Tick by tick ------------------------------------------------------------------------------------------------------

  subscribeTicks(id: number, listing: TwsListing, kind: string, ignoresSize: boolean): void {
    if (kind !== 'Last' && kind !== 'AllLast' && kind !== 'BidAsk' && kind !== 'MidPoint') {
      this.#out.error(id, 10_189, `Invalid type of tick-by-tick data ${kind}`)
      return
    }
    if (this.#ticks.has(id)) {
      this.#out.error(id, 102)
      return
    }
    const market = this.#marketOf(listing)
    const stream: TickByTick = { id, market, kind, ignoresSize, bid: Number.NaN, ask: Number.NaN }
    this.#ticks.set(id, stream)
    if (kind === 'BidAsk' || kind === 'MidPoint') this.#tick(stream)
    else this.#lastTick(stream, market.last, market.lastSize)
  }

  unsubscribeTicks(id: number): void {
    if (!this.#ticks.delete(id)) this.#out.error(id, 300, String(id))
  }

  #tick(stream: TickByTick): void {
    const { id, market, kind } = stream
    const seconds = Math.floor(this.#out.nowMs() / 1_000)
    const isSame = market.bid === stream.bid && market.ask === stream.ask
    stream.bid = market.bid
    stream.ask = market.ask
    if (kind === 'BidAsk' && !(isSame && stream.ignoresSize)) {
      const quote = [market.bid, market.ask, market.bidSize, market.askSize].map(numberText)
      this.#out.send([Reply.tickByTick, id, 3, seconds, ...quote, 0])
    } else if (kind === 'MidPoint' && !isSame)
      this.#out.send([Reply.tickByTick, id, 4, seconds, numberText(Number(((market.bid + market.ask) / 2).toFixed(8)))])
  }

  #lastTick({ id, kind, market }: TickByTick, price: number, size: number): void {
    const seconds = Math.floor(this.#out.nowMs() / 1_000)
    const exchange = market.listing.contract.secType === 'STK' ? 'NASDAQ' : market.listing.contract.exchange
    this.#out.send([
      Reply.tickByTick,
      id,
      kind === 'Last' ? 1 : 2,
      seconds,
      numberText(price),
      numberText(size),
      0,
      exchange,
      '',
    ])
  }

  // ---- Depth -------------------------------------------------------------------------------------------------------------

  subscribeDepth(id: number, listing: TwsListing, contract: TwsContract, rows: number, isSmart: boolean): void {
    if (this.#depths.has(id)) {
      this.#out.error(id, 102)
      return
    }
    if (this.#depths.size >= 3) {
      this.#out.error(id, 309)
      return
    }
    const isLevel2 = isSmart || (listing.contract.secType === 'STK' && contract.exchange !== 'SMART')
    const depth: Depth = {
      id,
      market: this.#marketOf(listing),
      rows: Math.max(1, Math.min(rows, 10)),
      isSmart,
      isLevel2,
    }
    this.#depths.set(id, depth)
    this.#book(depth, 0)
  }

  unsubscribeDepth(id: number): void {
    if (!this.#depths.delete(id)) this.#out.error(id, 310, String(id))
  }

  /** The books are told anew: clients have to empty theirs. */
  resetDepth(): void {
    for (const depth of this.#depths.values()) {
      this.#out.error(depth.id, 317)
      this.#book(depth, 0)
    }
  }

  /** All rows of both sides: inserted (0) or updated (1). */
  #book(depth: Depth, operation: 0 | 1): void {
    const { market } = depth
    const tick = Number(market.listing.minTick)
    const digits = (market.listing.minTick.split('.')[1] ?? '').length
    for (let row = 0; row < depth.rows; row++) {
      for (const side of [1, 0] as const) {
        const touch = side === 1 ? market.bid : market.ask
        const price = Number((touch + (side === 1 ? -row : row) * tick).toFixed(digits))
        const size = numberText(Number(((side === 1 ? market.bidSize : market.askSize) * (1 + row)).toFixed(8)))
        const fields = [operation, side, numberText(price), size]
        if (depth.isLevel2)
          this.#out.send([Reply.depthLevel2, 1, depth.id, row, makers[row] as string, ...fields, depth.isSmart ? 1 : 0])
        else this.#out.send([Reply.depth, 1, depth.id, row, ...fields])
      }
    }
  }

  // ---- Five-second bars --------------------------------------------------------------------------------------------------

  subscribeBars(id: number, listing: TwsListing, what: string): void {
    if (this.#bars.has(id)) {
      this.#out.error(id, 102)
      return
    }
    if (!['TRADES', 'MIDPOINT', 'BID', 'ASK'].includes(what)) {
      this.#out.error(id, 420, ` ${what}`)
      return
    }
    const market = this.#marketOf(listing)
    const price = this.#barPrice(market, what)
    this.#bars.set(id, {
      id,
      market,
      what,
      open: price,
      high: price,
      low: price,
      volume: market.volume,
      trades: market.trades,
    })
  }

  unsubscribeBars(id: number): void {
    if (!this.#bars.delete(id)) this.#out.error(id, 300, String(id))
  }

  /** Five seconds are over. `startSeconds`: when the bar began. */
  closeBars(startSeconds: number): void {
    if (this.isDead) return
    for (const bar of this.#bars.values()) {
      const { market, what } = bar
      const close = this.#barPrice(market, what)
      const isTrades = what === 'TRADES' && market.listing.contract.secType !== 'CASH'
      const volume = isTrades ? numberText(Number((market.volume - bar.volume).toFixed(8))) : '-1'
      const prices = [bar.open, Math.max(bar.high, close), Math.min(bar.low, close), close].map(numberText)
      const count = isTrades ? market.trades - bar.trades : -1
      const wap = isTrades ? numberText(Number(((bar.high + bar.low + close) / 3).toFixed(8))) : '-1'
      this.#out.send([Reply.realTimeBar, 3, bar.id, startSeconds, ...prices, volume, wap, count])
      bar.open = close
      bar.high = close
      bar.low = close
      bar.volume = market.volume
      bar.trades = market.trades
    }
  }

  #barPrice(market: MarketView, what: string): number {
    if (what === 'BID') return market.bid
    if (what === 'ASK') return market.ask
    if (what === 'MIDPOINT') return Number(((market.bid + market.ask) / 2).toFixed(8))
    return market.last
  }

  // ---- What markets tell -------------------------------------------------------------------------------------------------

  onQuote(market: MarketView): void {
    if (this.isDead) return
    for (const line of this.#lines.values()) if (line.market === market) this.#quoteOf(line)
    for (const stream of this.#ticks.values()) if (stream.market === market) this.#tick(stream)
    for (const depth of this.#depths.values()) if (depth.market === market) this.#book(depth, 1)
    for (const bar of this.#bars.values()) if (bar.market === market) this.#widen(bar)
  }

  onTrade(market: MarketView, price: number, size: number): void {
    if (this.isDead) return
    for (const line of this.#lines.values()) if (line.market === market) this.#tradeOf(line)
    for (const stream of this.#ticks.values())
      if (stream.market === market && (stream.kind === 'Last' || stream.kind === 'AllLast'))
        this.#lastTick(stream, price, size)
    for (const bar of this.#bars.values()) if (bar.market === market) this.#widen(bar)
  }

  #widen(bar: FiveSeconds): void {
    const price = this.#barPrice(bar.market, bar.what)
    bar.high = Math.max(bar.high, price)
    bar.low = Math.min(bar.low, price)
  }

  #marketOf(listing: TwsListing): MarketView {
    return this.#board.markets.get(listing.contract.conId) as MarketView
  }
}
