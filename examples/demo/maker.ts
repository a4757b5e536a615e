/**
 * The demo's strategy: a market maker that leans on mean reversion.
 *
 * For each instrument it keeps a slow average of the mid price and how far the mid usually strays from it. It rests a bid
 * below and an offer above that average, leans both against the position it has, and guards the position with a stop.
 * All sums are done in whole price units of the instrument, so every price it sends lies on the grid.
 */
import {
  type Instrument,
  type OrderEvent,
  type OrderHandle,
  type QuoteView,
  type Side,
  Strategy,
  type TradeView,
} from 'tradewire'
import type { LatencyProbe } from './latency-probe.js'

/** What a maker does in one instrument. Sizes in quantity units. */
export interface MakerTerms {
  /** Quantity of one order. */
  clipUnits: number
  /** Largest position it wants. */
  maxUnits: number
}

/** Milliseconds of market time between two looks at the orders of one instrument. */
const requoteMs = 250
/** Milliseconds it leaves an instrument alone after a denial. */
const denialPauseMs = 5_000
/** Weight of a new mid in the averages: about the last 500 quotes count. */
const weight = 1 / 500
/** Quotes before the averages mean anything. */
const warmUpQuotes = 200

type Kind = 'bid' | 'ask' | 'stop'

interface Working {
  desk: Desk
  kind: Kind
  side: Side
  order: OrderHandle
  priceUnits: number
  quantityUnits: number
}

/** What it knows about one instrument. */
interface Desk {
  instrument: Instrument
  terms: MakerTerms
  quotes: number
  mean: number
  variance: number
  nextUs: number
  bid: Working | undefined
  ask: Working | undefined
  stop: Working | undefined
}

/** Quotes all instruments it hears of. */
export class MeanReversionMaker extends Strategy {
  readonly #probe: LatencyProbe
  readonly #termsOf: (instrument: Instrument) => MakerTerms
  override readonly symbols: readonly string[]
  readonly #desks: (Desk | undefined)[] = []
  readonly #working = new Map<number, Working>()

  constructor(probe: LatencyProbe, termsOf: (instrument: Instrument) => MakerTerms, symbols: readonly string[]) {
    super()
    this.#probe = probe
    this.#termsOf = termsOf
    this.symbols = symbols
  }

  override onTrade(_trade: TradeView): void {
    this.#probe.arrived()
  }

  override onQuote(quote: QuoteView): void {
    this.#probe.arrived()
    const desk = this.#desks[quote.instrument] ?? this.#open(quote.instrument)
    const { instrument } = desk
    const bid = instrument.nearestPriceUnits(quote.bid)
    const ask = instrument.nearestPriceUnits(quote.ask)
    if (!(ask > bid)) return // one side is missing, or the market is locked or crossed
    learn(desk, (bid + ask) / 2)
    if (quote.tsRecvUs < desk.nextUs || desk.quotes < warmUpQuotes) return
    desk.nextUs = quote.tsRecvUs + requoteMs * 1_000
    this.#requote(desk, bid, ask)
  }

  override onOrderEvent(event: OrderEvent): void {
    const working = this.#working.get(event.order.number)
    if (working === undefined) return
    if (event.type === 'updated' && event.priceUnits > 0) working.priceUnits = event.priceUnits
    if (!event.order.isClosed) return
    this.#working.delete(event.order.number)
    working.desk[working.kind] = undefined
  }

  #open(index: number): Desk {
    const instrument = this.instrument(index)
    const desk: Desk = {
      instrument,
      terms: this.#termsOf(instrument),
      quotes: 0,
      mean: Number.NaN,
      variance: Number.NaN,
      nextUs: Number.NEGATIVE_INFINITY,
      bid: undefined,
      ask: undefined,
      stop: undefined,
    }
    this.#desks[index] = desk
    return desk
  }

  /** Moves the orders to where they should be now. */
  #requote(desk: Desk, bid: number, ask: number): void {
    const { instrument, terms, mean, variance } = desk
    const positionUnits = this.position(instrument.index).quantityUnits
    const step = instrument.priceStepAt(bid)
    const deviation = Math.sqrt(variance)
    // Whatever the averages say after a gap in the data, orders stay within a few percent of the market.
    const width = Math.min(0.02 * bid, Math.max((ask - bid) / 2, 0.8 * deviation))
    const lean = (width * positionUnits) / terms.maxUnits
    const buyAt = Math.min(bid, floorTo(step, mean - lean - width))
    const sellAt = Math.max(ask, -floorTo(step, -(mean - lean + width)))
    this.#keep(desk, 'bid', positionUnits < terms.maxUnits, buyAt, step)
    this.#keep(desk, 'ask', positionUnits > -terms.maxUnits, sellAt, step)
    this.#guard(desk, positionUnits, bid, ask, floorTo(step, Math.min(0.05 * bid, Math.max(20 * step, 5 * deviation))))
  }

  /** Has one order resting at a price, or none. Small moves change the order, large ones replace it. */
  #keep(desk: Desk, kind: 'bid' | 'ask', isWanted: boolean, priceUnits: number, step: number): void {
    const working = desk[kind]
    if (working === undefined) {
      if (isWanted) this.#send(desk, kind, kind === 'bid' ? 'buy' : 'sell', priceUnits, desk.terms.clipUnits)
      return
    }
    const distance = Math.abs(priceUnits - working.priceUnits) / step
    if (!isWanted || distance > 4) working.order.cancel()
    else if (distance >= 2 && working.order.status === 'ACCEPTED') {
      working.order.modify({ price: desk.instrument.priceNumber(priceUnits) })
    }
  }

  /** Has a stop of the size of the position, and none without one. */
  #guard(desk: Desk, positionUnits: number, bid: number, ask: number, distance: number): void {
    const { stop } = desk
    const size = Math.abs(positionUnits)
    const side = positionUnits > 0 ? 'sell' : 'buy'
    if (stop === undefined) {
      if (size > 0) this.#send(desk, 'stop', side, side === 'sell' ? bid - distance : ask + distance, size)
    } else if (stop.quantityUnits !== size || stop.side !== side) stop.order.cancel()
  }

  #send(desk: Desk, kind: Kind, side: Side, priceUnits: number, quantityUnits: number): void {
    const { instrument } = desk
    const price = instrument.priceNumber(priceUnits)
    const startedNs = this.#probe.nowNs()
    const order = this.submit({
      symbol: instrument.id,
      side,
      quantity: instrument.quantityNumber(quantityUnits),
      ...(kind === 'stop' ? { type: 'stop', triggerPrice: price, triggerSource: 'bid_ask' } : { type: 'limit', price }),
      timeInForce: 'gtc',
    })
    this.#probe.submitCall.record(this.#probe.nowNs() - startedNs)
    if (order.status === 'DENIED') {
      desk.nextUs += denialPauseMs * 1_000
      return
    }
    const working = { desk, kind, side, order, priceUnits, quantityUnits }
    desk[kind] = working
    this.#working.set(order.number, working)
  }
}

function learn(desk: Desk, mid: number): void {
  if (desk.quotes++ === 0) {
    desk.mean = mid
    desk.variance = 0
    return
  }
  const difference = mid - desk.mean
  desk.mean += weight * difference
  desk.variance += weight * (difference * difference - desk.variance)
}

function floorTo(step: number, units: number): number {
  return Math.floor(units / step) * step
}
