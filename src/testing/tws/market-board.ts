/**
 * The markets of the simulated gateway: for every listing a quote, the last trade and the figures of the day. They move by
 * themselves, seeded, or as a test says, and whatever happens in them is told to the venue (which fills orders) and to the
 * streams of the clients.
 */
import { SeededRandom } from '../../core/random.js'
import type { TwsListing } from './catalogue.js'
import { marketRules } from './catalogue.js'

/** What a market shows now. Prices and sizes are numbers on the grid of the listing. */
export interface MarketView {
  readonly listing: TwsListing
  bid: number
  ask: number
  bidSize: number
  askSize: number
  last: number
  lastSize: number
  open: number
  high: number
  low: number
  close: number
  volume: number
  trades: number
  /** Epoch milliseconds of the last trade. */
  lastMs: number
  isHalted: boolean
}

/** What a market tells. */
export interface MarketListener {
  onQuote(market: MarketView): void
  /** `aggressor` 1 buyer, -1 seller. */
  onTrade(market: MarketView, price: number, size: number, aggressor: 1 | -1): void
}

/** All markets of a gateway. */
export class MarketBoard {
  readonly markets = new Map<number, MarketView>()
  readonly #random: SeededRandom
  readonly #listeners: MarketListener[] = []
  readonly #nowMs: () => number

  constructor(seed: number, nowMs: () => number) {
    this.#random = new SeededRandom(seed)
    this.#nowMs = nowMs
  }

  listen(listener: MarketListener): void {
    this.#listeners.push(listener)
  }

  add(listing: TwsListing): MarketView {
    const tick = this.#tick(listing, listing.price)
    const price = this.#onGrid(listing, listing.price)
    const market: MarketView = {
      listing,
      bid: price,
      ask: this.#onGrid(listing, price + tick),
      bidSize: listing.size,
      askSize: listing.size,
      last: price,
      lastSize: Math.max(1, Math.round(listing.size / 4)),
      open: this.#onGrid(listing, price * 0.997),
      high: this.#onGrid(listing, price * 1.004),
      low: this.#onGrid(listing, price * 0.994),
      close: this.#onGrid(listing, price * 0.996),
      volume: listing.size * 1_000,
      trades: 1_000,
      lastMs: this.#nowMs(),
      isHalted: false,
    }
    this.markets.set(listing.contract.conId, market)
    return market
  }

  /** Sets the quote of a market, and with it what orders meet. */
  quote(conId: number, bid: number, ask: number, bidSize: number, askSize = bidSize): void {
    const market = this.#market(conId)
    market.bid = bid
    market.ask = ask
    market.bidSize = bidSize
    market.askSize = askSize
    for (const listener of this.#listeners) listener.onQuote(market)
  }

  /** A trade of others. */
  trade(conId: number, price: number, size: number, aggressor: 1 | -1 = 1): void {
    const market = this.#market(conId)
    this.#print(market, price, size)
    for (const listener of this.#listeners) listener.onTrade(market, price, size, aggressor)
  }

  /** A trade that clients made: it is printed, and fills nobody else. */
  print(conId: number, price: number, size: number): void {
    this.#print(this.#market(conId), price, size)
  }

  /** One step of all markets: each price goes up, down or stays, and now and then somebody trades. */
  step(): void {
    for (const market of this.markets.values()) {
      const { listing } = market
      if (market.isHalted) continue
      const tick = this.#tick(listing, market.bid)
      const move = this.#random.below(3) - 1
      // The price keeps within 2 % of where it started, so that a long run stays plausible.
      const pull = market.bid > listing.price * 1.02 ? -1 : market.bid < listing.price * 0.98 ? 1 : move
      const bid = this.#onGrid(listing, market.bid + pull * tick)
      const spread = tick * (1 + this.#random.below(2))
      const size = () => this.#size(listing, 0.5 + this.#random.next())
      this.quote(listing.contract.conId, bid, this.#onGrid(listing, bid + spread), size(), size())
      if (this.#random.below(2) === 0) {
        const aggressor = this.#random.below(2) === 0 ? 1 : -1
        const price = aggressor > 0 ? market.ask : market.bid
        this.trade(listing.contract.conId, price, this.#size(listing, 0.1 + this.#random.next() / 4), aggressor)
      }
    }
  }

  #market(conId: number): MarketView {
    const market = this.markets.get(conId)
    if (market === undefined) throw new Error(`the gateway lists no contract ${conId}`)
    return market
  }

  #print(market: MarketView, price: number, size: number): void {
    market.last = price
    market.lastSize = size
    market.volume += size
    market.trades++
    market.high = Math.max(market.high, price)
    market.low = Math.min(market.low, price)
    market.lastMs = this.#nowMs()
  }

  #size(listing: TwsListing, share: number): number {
    const step = Number(listing.sizeIncrement)
    if (step < 1) return Number((listing.size * share).toFixed(4))
    return Math.max(1, Math.round(listing.size * share))
  }

  #tick(listing: TwsListing, price: number): number {
    let tick = Number(listing.minTick)
    for (const [from, step] of marketRules[listing.marketRule] ?? []) if (price >= Number(from)) tick = Number(step)
    return tick
  }

  #onGrid(listing: TwsListing, price: number): number {
    const tick = this.#tick(listing, price)
    const digits = (String(tick).split('.')[1] ?? '').length
    return Number((Math.round(price / tick) * tick).toFixed(digits))
  }
}

/** A price or size as TWS writes it: the shortest decimal text. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return ''
  const text = String(value)
  return text.includes('e') ? value.toFixed(10).replace(/\.?0+$/, '') : text
}
