import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { clearingPrice } from './clearing-price.js'
import { AuctionKind, CancelReason, MarketState, NO_PRICE, OrderKind, RejectReason, TimeInForce } from './codes.js'
import { MatchingEngine } from './matching-engine.js'
import { type EntryOptions, entryOf, levelsOf, queueOf, RecordingListener } from './recording-listener.test-support.js'
import { clearingPriceByTrial } from './reference-clearing.test-support.js'

let listener: RecordingListener
let engine: MatchingEngine

const buy = (orderNumber: number, quantity: number, options?: EntryOptions): boolean =>
  engine.submit(entryOf(orderNumber, 1, quantity, options))
const sell = (orderNumber: number, quantity: number, options?: EntryOptions): boolean =>
  engine.submit(entryOf(orderNumber, -1, quantity, options))
const events = (): string[] => listener.take().filter((event) => !event.startsWith('accepted'))

beforeEach(() => {
  listener = new RecordingListener()
  engine = new MatchingEngine(listener, { state: MarketState.auction })
})

describe('clearingPrice', () => {
  const limits = (prices: number[], buys: number[], sells: number[]) => ({ prices, buys, sells })

  it('takes the price of the most volume', () => {
    const interest = { ...limits([9, 10, 11], [50, 0, 100], [60, 60, 0]), marketBuys: 0, marketSells: 0 }
    expect(clearingPrice(interest, NO_PRICE)).toEqual({ price: 10, volume: 100, imbalance: -20 })
  })

  it('then of the smallest imbalance, also between two limit prices', () => {
    const interest = { ...limits([8, 9, 11, 12], [0, 50, 0, 100], [100, 0, 50, 0]), marketBuys: 0, marketSells: 0 }
    expect(clearingPrice(interest, NO_PRICE)).toEqual({ price: 10, volume: 100, imbalance: 0 })
  })

  it('then the nearest to the reference', () => {
    const interest = { ...limits([95, 105], [0, 10], [10, 0]), marketBuys: 0, marketSells: 0 }
    expect(clearingPrice(interest, 97).price).toBe(97)
    expect(clearingPrice(interest, 90).price).toBe(95)
    expect(clearingPrice(interest, 200).price).toBe(105)
    expect(clearingPrice(interest, NO_PRICE).price).toBe(100)
  })

  it('prices market orders alone at the reference, and not without one', () => {
    const interest = { ...limits([], [], []), marketBuys: 7, marketSells: 5 }
    expect(clearingPrice(interest, 100)).toEqual({ price: 100, volume: 5, imbalance: 2 })
    expect(clearingPrice(interest, NO_PRICE).price).toBe(NO_PRICE)
  })

  it('finds no price where nothing crosses', () => {
    const interest = { ...limits([95, 105], [10, 0], [0, 10]), marketBuys: 0, marketSells: 0 }
    expect(clearingPrice(interest, 100)).toEqual({ price: NO_PRICE, volume: 0, imbalance: 0 })
  })

  it('agrees with trying every price', () => {
    const order = fc.record({
      price: fc.option(fc.integer({ min: -12, max: 12 }), { nil: undefined, freq: 5 }),
      open: fc.integer({ min: 1, max: 20 }),
    })
    const orders = fc.array(order, { maxLength: 8 })
    const reference = fc.option(fc.integer({ min: -15, max: 15 }), { nil: undefined })
    fc.assert(
      fc.property(orders, orders, reference, (buys, sells, near) => {
        const prices = [...new Set([...buys, ...sells].map(({ price }) => price))].filter(
          (price) => price !== undefined,
        )
        prices.sort((a, b) => a - b)
        const at = (side: typeof buys, price: number | undefined): number =>
          side.filter((one) => one.price === price).reduce((sum, one) => sum + one.open, 0)
        const interest = {
          prices,
          buys: prices.map((price) => at(buys, price)),
          sells: prices.map((price) => at(sells, price)),
          marketBuys: at(buys, undefined),
          marketSells: at(sells, undefined),
        }
        const expected = clearingPriceByTrial(buys, sells, near)
        expect(clearingPrice(interest, near ?? NO_PRICE).price).toBe(expected ?? NO_PRICE)
      }),
      { numRuns: runs({ ci: 1_000, full: 10_000 }) },
    )
  })
})

describe('auctions', () => {
  it('limit orders rest crossed until the uncross, which has one price and price-time priority', () => {
    buy(1, 10, { price: 102 })
    buy(2, 10, { price: 101 })
    sell(3, 8, { price: 100 })
    sell(4, 6, { price: 99 })
    expect(events()).toEqual([])
    expect([engine.bestBid, engine.bestAsk]).toEqual([102, 99])
    const clearing = engine.uncross(AuctionKind.opening, 101)
    expect(clearing).toEqual({ price: 101, volume: 14, imbalance: 6 })
    expect(events()).toEqual(['trade 1 1 4 101 6 0', 'trade 2 1 3 101 4 0', 'trade 3 2 3 101 4 0'])
    expect([levelsOf(engine, 0), levelsOf(engine, 1)]).toEqual([[[101, 6]], []])
    expect(engine.lastPrice).toBe(101)
  })

  it('market orders go first; what they leave is cancelled', () => {
    buy(1, 5, { price: 100 })
    buy(2, 4)
    sell(3, 6, { price: 100 })
    engine.uncross(AuctionKind.opening, 100)
    expect(events()).toEqual(['trade 1 2 3 100 4 0', 'trade 2 1 3 100 2 0'])
    buy(4, 50)
    engine.uncross(AuctionKind.opening)
    expect(events()).toEqual([`canceled 4 50 ${CancelReason.noLiquidity}`])
  })

  it('OPG and CLO orders wait for their own auction, unseen, and expire after it', () => {
    buy(1, 5, { price: 100, timeInForce: TimeInForce.opening })
    buy(2, 5, { price: 100, timeInForce: TimeInForce.closing })
    sell(3, 3, { price: 100 })
    expect(engine.bestBid).toBe(NO_PRICE)
    engine.uncross(AuctionKind.opening)
    expect(events()).toEqual(['trade 1 1 3 100 3 0', 'expired 1 2'])
    engine.setState(MarketState.open)
    sell(4, 2, { price: 100 })
    expect(engine.depthAt(1, 100)).toBe(2)
    engine.setState(MarketState.auction)
    engine.uncross(AuctionKind.closing)
    expect(events()).toEqual(['trade 2 2 4 100 2 0', 'expired 2 3'])
  })

  it('collected orders keep the time of their arrival', () => {
    buy(1, 5, { price: 100 })
    buy(2, 5, { price: 100, timeInForce: TimeInForce.opening })
    buy(3, 5, { price: 100 })
    sell(4, 12, { price: 100 })
    engine.uncross(AuctionKind.opening)
    expect(events()).toEqual(['trade 1 1 4 100 5 0', 'trade 2 2 4 100 5 0', 'trade 3 3 4 100 2 0'])
    expect(queueOf(engine, 0, 100)).toEqual([[3, 3]])
  })

  it('a replace of a collected order follows the same priority rules', () => {
    const opening = { timeInForce: TimeInForce.opening, price: 100 }
    buy(1, 5, opening)
    buy(2, 5, opening)
    buy(3, 5, opening)
    engine.replace(1, 6)
    engine.replace(2, 4)
    sell(4, 6, { price: 100 })
    listener.take()
    engine.uncross(AuctionKind.opening)
    expect(events().slice(0, 2)).toEqual(['trade 1 2 4 100 4 0', 'trade 2 3 4 100 2 0'])
  })

  it('indicates without changing anything', () => {
    buy(1, 5, { timeInForce: TimeInForce.opening })
    buy(2, 5, { price: 101 })
    sell(3, 8, { price: 100 })
    expect(engine.indicate(AuctionKind.opening, 100)).toEqual({ price: 100, volume: 8, imbalance: 2 })
    expect(engine.indicate(AuctionKind.closing, 100)).toEqual({ price: 100, volume: 5, imbalance: -3 })
    expect(events()).toEqual([])
    expect(engine.liveOrders).toBe(3)
  })

  it('opening the market uncrosses what is left crossed and wakes the triggers', () => {
    buy(1, 5, { price: 102 })
    sell(2, 5, { price: 98 })
    sell(3, 1, { kind: OrderKind.stopLimit, triggerPrice: 100, price: 120 })
    engine.setState(MarketState.open)
    expect(events()).toEqual(['trade 1 1 2 100 5 0', 'triggered 3'])
  })

  it('levels tell what is shown after the uncross, icebergs included', () => {
    buy(1, 20, { price: 100, displayQuantity: 5 })
    sell(2, 12, { price: 100 })
    engine.uncross(AuctionKind.opening)
    expect([...listener.shadow[0]]).toEqual([[100, 3]])
    expect([...listener.shadow[1]]).toEqual([])
    expect(engine.orderRemaining(1)).toBe(8)
  })

  it('refuses orders that need continuous trading, and an uncross outside an auction', () => {
    buy(1, 5, { price: 100, timeInForce: TimeInForce.ioc })
    buy(2, 5, { price: 100, timeInForce: TimeInForce.fok })
    buy(3, 5, { kind: OrderKind.marketToLimit })
    expect(events()).toEqual([1, 2, 3].map((orderNumber) => `rejected ${orderNumber} ${RejectReason.notInAuction}`))
    engine.setState(MarketState.open)
    expect(() => engine.uncross(AuctionKind.opening)).toThrow('TW_INVALID_STATE')
  })
})
