import { beforeEach, describe, expect, it } from 'vitest'
import {
  CancelReason,
  MarketState,
  NO_PRICE,
  OrderKind,
  OrderPlace,
  PostOnly,
  RejectReason,
  SelfTradeMode,
  TimeInForce,
} from './codes.js'
import { MatchingEngine, type MatchingEngineOptions } from './matching-engine.js'
import { SilentListener } from './matching-listener.js'
import { type EntryOptions, entryOf, levelsOf, queueOf, RecordingListener } from './recording-listener.test-support.js'

let listener: RecordingListener
let engine: MatchingEngine

function start(options: MatchingEngineOptions = {}): void {
  listener = new RecordingListener()
  engine = new MatchingEngine(listener, options)
}

const buy = (orderNumber: number, quantity: number, options?: EntryOptions): boolean =>
  engine.submit(entryOf(orderNumber, 1, quantity, options))
const sell = (orderNumber: number, quantity: number, options?: EntryOptions): boolean =>
  engine.submit(entryOf(orderNumber, -1, quantity, options))
/** Events since the last look, without the acceptances. */
const events = (): string[] => listener.take().filter((event) => !event.startsWith('accepted'))

beforeEach(() => start())

describe('limit and market orders', () => {
  it('rests what does not cross and shows it', () => {
    buy(1, 10, { price: 99 })
    sell(2, 5, { price: 101 })
    expect(listener.take()).toEqual(['accepted 1 1 99 10', 'accepted 2 -1 101 5'])
    expect([engine.bestBid, engine.bestBidQuantity, engine.bestAsk, engine.bestAskQuantity]).toEqual([99, 10, 101, 5])
    expect([engine.orderPlace(1), engine.orderPrice(1), engine.orderRemaining(1)]).toEqual([OrderPlace.book, 99, 10])
  })

  it('trades at the resting price, best price first, then first in time', () => {
    sell(1, 5, { price: 102 })
    sell(2, 5, { price: 101 })
    sell(3, 5, { price: 101 })
    buy(4, 12, { price: 102 })
    expect(events()).toEqual(['trade 1 2 4 101 5 1', 'trade 2 3 4 101 5 1', 'trade 3 1 4 102 2 1'])
    expect(levelsOf(engine, 1)).toEqual([[102, 3]])
    expect([engine.lastPrice, engine.tradeCount, engine.liveOrders]).toEqual([102, 3, 1])
  })

  it('rests the remainder of a limit order that crossed', () => {
    sell(1, 5, { price: 100 })
    buy(2, 8, { price: 100 })
    expect(levelsOf(engine, 0)).toEqual([[100, 3]])
    expect(engine.bestAsk).toBe(NO_PRICE)
  })

  it('cancels what a market order cannot trade', () => {
    sell(1, 5, { price: 100 })
    buy(2, 8)
    expect(events()).toEqual(['trade 1 1 2 100 5 1', `canceled 2 3 ${CancelReason.noLiquidity}`])
  })

  it('market-to-limit takes the best price only and rests there', () => {
    sell(1, 5, { price: 100 })
    sell(2, 5, { price: 101 })
    buy(3, 8, { kind: OrderKind.marketToLimit })
    expect(events()).toEqual(['trade 1 1 3 100 5 1', 'replaced 3 100 8'])
    expect(levelsOf(engine, 0)).toEqual([[100, 3]])
    buy(4, 1, { kind: OrderKind.marketToLimit, timeInForce: TimeInForce.ioc })
    sell(5, 20, { price: 100 })
    sell(6, 4, { kind: OrderKind.marketToLimit })
    expect(events().slice(-1)).toEqual([`canceled 6 4 ${CancelReason.noLiquidity}`])
  })

  it('handles negative prices and prices far apart', () => {
    buy(1, 1, { price: -900_000_000 })
    buy(2, 1, { price: -5 })
    sell(3, 1, { price: 900_000_000 })
    sell(4, 3, { price: -1_000_000_000 })
    expect(events()).toEqual(['trade 1 2 4 -5 1 -1', 'trade 2 1 4 -900000000 1 -1'])
    expect(levelsOf(engine, 1)).toEqual([
      [-1_000_000_000, 1],
      [900_000_000, 1],
    ])
  })

  it('keeps large quantities and order numbers exactly', () => {
    const orderNumber = Number.MAX_SAFE_INTEGER
    buy(orderNumber, Number.MAX_SAFE_INTEGER, { price: 1 })
    sell(7, 1, { price: 1 })
    expect(events()).toEqual([`trade 1 ${orderNumber} 7 1 1 -1`])
    expect(engine.orderRemaining(orderNumber)).toBe(Number.MAX_SAFE_INTEGER - 1)
    expect(engine.cancel(orderNumber)).toBe(true)
  })
})

describe('time in force', () => {
  it('IOC trades what it can and cancels the rest', () => {
    sell(1, 5, { price: 100 })
    buy(2, 8, { price: 100, timeInForce: TimeInForce.ioc })
    expect(events()).toEqual(['trade 1 1 2 100 5 1', `canceled 2 3 ${CancelReason.immediateOrCancel}`])
  })

  it('FOK trades everything or nothing', () => {
    sell(1, 5, { price: 100 })
    sell(2, 5, { price: 101 })
    buy(3, 10, { price: 100, timeInForce: TimeInForce.fok })
    expect(events()).toEqual([`canceled 3 10 ${CancelReason.fillOrKill}`])
    buy(4, 10, { price: 101, timeInForce: TimeInForce.fok })
    expect(events()).toEqual(['trade 1 1 4 100 5 1', 'trade 2 2 4 101 5 1'])
    buy(5, 1, { timeInForce: TimeInForce.fok })
    expect(events()).toEqual([`canceled 5 1 ${CancelReason.fillOrKill}`])
  })

  it('FOK counts the hidden part of icebergs', () => {
    sell(1, 30, { price: 100, displayQuantity: 10 })
    buy(2, 30, { price: 100, timeInForce: TimeInForce.fok })
    expect(events()).toEqual(['trade 1 1 2 100 10 1', 'trade 2 1 2 100 10 1', 'trade 3 1 2 100 10 1'])
  })

  it('FOK does not count what self-trade prevention keeps from it', () => {
    const guarded = { price: 100, timeInForce: TimeInForce.fok, owner: 7 }
    sell(1, 30, { price: 100, displayQuantity: 10 })
    sell(2, 5, { price: 100, owner: 7 })
    buy(3, 11, { ...guarded, selfTrade: SelfTradeMode.cancelNewest })
    expect(events()).toEqual([`canceled 3 11 ${CancelReason.fillOrKill}`])
    buy(4, 10, { ...guarded, selfTrade: SelfTradeMode.cancelNewest })
    expect(events()).toEqual(['trade 1 1 4 100 10 1'])
    buy(5, 20, { ...guarded, selfTrade: SelfTradeMode.cancelOldest })
    expect(events()).toEqual([`canceled 2 5 ${CancelReason.selfTrade}`, 'trade 2 1 5 100 10 1', 'trade 3 1 5 100 10 1'])
  })

  it('GTD expires when its time comes, soonest first, and not before', () => {
    buy(1, 5, { price: 100, timeInForce: TimeInForce.gtd, expireUs: 2_000 })
    buy(2, 5, { price: 99, timeInForce: TimeInForce.gtd, expireUs: 1_000 })
    buy(3, 5, { price: 98, timeInForce: TimeInForce.gtc })
    expect(engine.expire(999)).toBe(0)
    expect(engine.expire(2_000)).toBe(2)
    expect(events()).toEqual(['expired 2 5', 'expired 1 5'])
    buy(4, 5, { price: 99, timeInForce: TimeInForce.gtd, expireUs: 2_000 })
    expect(events()).toEqual([`rejected 4 ${RejectReason.alreadyExpired}`])
    expect(engine.expire(5_000)).toBe(0)
  })

  it('a filled or cancelled GTD order does not expire later', () => {
    buy(1, 5, { price: 100, timeInForce: TimeInForce.gtd, expireUs: 10 })
    buy(2, 5, { price: 100, timeInForce: TimeInForce.gtd, expireUs: 10 })
    sell(3, 5, { price: 100 })
    engine.cancel(2)
    expect(engine.expire(10)).toBe(0)
  })

  it('DAY orders end with the day, GTC orders stay', () => {
    buy(1, 5, { price: 100 })
    buy(2, 5, { price: 99, timeInForce: TimeInForce.gtc })
    sell(3, 5, { kind: OrderKind.stop, triggerPrice: 90 })
    sell(4, 5, { timeInForce: TimeInForce.closing })
    expect(engine.expireDay()).toBe(3)
    expect(events()).toEqual(['expired 1 5', 'expired 3 5', 'expired 4 5'])
    expect([engine.liveOrders, engine.bestBid]).toEqual([1, 99])
  })
})

describe('post-only', () => {
  it('is rejected or repriced when it would trade', () => {
    sell(1, 5, { price: 100 })
    buy(2, 5, { price: 100, postOnly: PostOnly.reject })
    expect(listener.take().slice(-1)).toEqual([`rejected 2 ${RejectReason.postOnlyWouldTrade}`])
    buy(3, 5, { price: 105, postOnly: PostOnly.reprice })
    expect(listener.take()).toEqual(['accepted 3 1 99 5'])
    buy(4, 5, { price: 99, postOnly: PostOnly.reject })
    expect(queueOf(engine, 0, 99)).toEqual([
      [3, 5],
      [4, 5],
    ])
  })

  it('guards replaces and triggered orders too', () => {
    sell(1, 5, { price: 100 })
    buy(2, 5, { price: 98, postOnly: PostOnly.reject })
    expect(engine.replace(2, 5, 100)).toBe(false)
    expect(events()).toEqual([`refused 2 ${RejectReason.postOnlyWouldTrade}`])
    expect(queueOf(engine, 0, 98)).toEqual([[2, 5]])
    buy(3, 5, { kind: OrderKind.stopLimit, triggerPrice: 100, price: 101, postOnly: PostOnly.reject })
    engine.observeTrade(100)
    expect(events()).toEqual(['triggered 3', `canceled 3 5 ${CancelReason.postOnlyWouldTrade}`])
  })
})

describe('icebergs', () => {
  it('show one tip at a time; a refreshed tip queues up behind', () => {
    sell(1, 25, { price: 100, displayQuantity: 10 })
    sell(2, 5, { price: 100 })
    expect(engine.depthAt(1, 100)).toBe(15)
    buy(3, 12, { price: 100 })
    expect(events()).toEqual(['trade 1 1 3 100 10 1', 'trade 2 2 3 100 2 1'])
    expect(queueOf(engine, 1, 100)).toEqual([
      [2, 3],
      [1, 10],
    ])
    buy(4, 18, { price: 100 })
    expect(events()).toEqual(['trade 3 2 4 100 3 1', 'trade 4 1 4 100 10 1', 'trade 5 1 4 100 5 1'])
    expect([engine.liveOrders, engine.bestAsk]).toEqual([0, NO_PRICE])
  })

  it('a display quantity of the whole order changes nothing', () => {
    sell(1, 5, { price: 100, displayQuantity: 50 })
    expect([engine.depthAt(1, 100), engine.orderRemaining(1)]).toEqual([5, 5])
  })

  it('a smaller total comes out of the hidden part first and keeps priority', () => {
    sell(1, 25, { price: 100, displayQuantity: 10 })
    sell(2, 5, { price: 100 })
    engine.replace(1, 12)
    expect(queueOf(engine, 1, 100)).toEqual([
      [1, 10],
      [2, 5],
    ])
    engine.replace(1, 7)
    expect(queueOf(engine, 1, 100)).toEqual([
      [1, 7],
      [2, 5],
    ])
  })
})

describe('cancel and replace', () => {
  beforeEach(() => {
    buy(1, 10, { price: 100 })
    buy(2, 10, { price: 100 })
    listener.take()
  })

  it('cancels once', () => {
    expect(engine.cancel(1)).toBe(true)
    expect(engine.cancel(1)).toBe(false)
    expect(events()).toEqual([`canceled 1 10 ${CancelReason.requested}`, `refused 1 ${RejectReason.unknownOrder}`])
  })

  it('a smaller quantity keeps priority', () => {
    expect(engine.replace(1, 4)).toBe(true)
    expect(queueOf(engine, 0, 100)).toEqual([
      [1, 4],
      [2, 10],
    ])
  })

  it('a replace that changes nothing keeps priority', () => {
    expect(engine.replace(1, 10, 100)).toBe(true)
    expect(events()).toEqual(['replaced 1 100 10'])
    expect(queueOf(engine, 0, 100)[0]).toEqual([1, 10])
  })

  it.each([
    ['a larger quantity', 11, NO_PRICE],
    ['another price and back', 10, 99],
  ])('%s loses priority', (_what, quantity, price) => {
    engine.replace(1, quantity, price)
    engine.replace(1, quantity, 100)
    expect(queueOf(engine, 0, 100)).toEqual([
      [2, 10],
      [1, quantity],
    ])
  })

  it('counts the total quantity, filled included', () => {
    sell(3, 4, { price: 100 })
    listener.take()
    expect(engine.replace(1, 4)).toBe(false)
    expect(engine.replace(1, 5)).toBe(true)
    expect(events()).toEqual([`refused 1 ${RejectReason.quantityBelowFilled}`, 'replaced 1 100 5'])
    expect(engine.orderRemaining(1)).toBe(1)
  })

  it('a replace that crosses trades as the taker', () => {
    sell(3, 5, { price: 102 })
    listener.take()
    engine.replace(2, 10, 103)
    expect(events()).toEqual(['replaced 2 103 10', 'trade 1 3 2 102 5 1'])
    expect(levelsOf(engine, 0)).toEqual([
      [103, 5],
      [100, 10],
    ])
  })

  it('refuses what makes no sense', () => {
    expect(engine.replace(9, 1)).toBe(false)
    expect(engine.replace(1, 0)).toBe(false)
    expect(engine.replace(1, 1.5)).toBe(false)
    expect(engine.replace(1, 5, 0.5)).toBe(false)
    expect(engine.replace(1, 5, NO_PRICE, 90)).toBe(false)
    expect(events()).toEqual([
      `refused 9 ${RejectReason.unknownOrder}`,
      `refused 1 ${RejectReason.invalidQuantity}`,
      `refused 1 ${RejectReason.invalidQuantity}`,
      `refused 1 ${RejectReason.invalidPrice}`,
      `refused 1 ${RejectReason.notReplaceable}`,
    ])
  })

  it('mass cancel takes all orders, or those of one owner', () => {
    buy(3, 1, { price: 98, owner: 5 })
    sell(4, 1, { kind: OrderKind.stop, triggerPrice: 50, owner: 5 })
    expect(engine.cancelAll(5)).toBe(2)
    expect(engine.liveOrders).toBe(2)
    expect(engine.cancelAll()).toBe(2)
    expect([engine.liveOrders, engine.bestBid]).toEqual([0, NO_PRICE])
  })

  it('tells how much stands ahead', () => {
    expect([engine.quantityAhead(1), engine.quantityAhead(2), engine.quantityAhead(9)]).toEqual([0, 10, -1])
  })
})

describe('self-trade prevention', () => {
  const meet = (selfTrade: SelfTradeMode, restingQuantity = 10, takerQuantity = 15): string[] => {
    sell(1, restingQuantity, { price: 100, owner: 7 })
    sell(2, 5, { price: 100, owner: 8 })
    buy(3, takerQuantity, { price: 100, owner: 7, selfTrade })
    return events()
  }

  it('none: trades with itself', () => {
    expect(meet(SelfTradeMode.none)).toEqual(['trade 1 1 3 100 10 1', 'trade 2 2 3 100 5 1'])
  })

  it('cancelNewest: the incoming order ends', () => {
    expect(meet(SelfTradeMode.cancelNewest)).toEqual([`canceled 3 15 ${CancelReason.selfTrade}`])
    expect(engine.depthAt(1, 100)).toBe(15)
  })

  it('cancelOldest: the resting order ends, the incoming goes on', () => {
    expect(meet(SelfTradeMode.cancelOldest)).toEqual([`canceled 1 10 ${CancelReason.selfTrade}`, 'trade 1 2 3 100 5 1'])
    expect(levelsOf(engine, 0)).toEqual([[100, 10]])
  })

  it('cancelBoth: both end', () => {
    expect(meet(SelfTradeMode.cancelBoth)).toEqual([
      `canceled 1 10 ${CancelReason.selfTrade}`,
      `canceled 3 15 ${CancelReason.selfTrade}`,
    ])
    expect(levelsOf(engine, 1)).toEqual([[100, 5]])
  })

  it('decrement: both lose the smaller open quantity', () => {
    expect(meet(SelfTradeMode.decrement)).toEqual([
      `canceled 1 10 ${CancelReason.selfTrade}`,
      'replaced 3 100 5',
      'trade 1 2 3 100 5 1',
    ])
    start()
    expect(meet(SelfTradeMode.decrement, 20)).toEqual(['replaced 1 100 5', `canceled 3 15 ${CancelReason.selfTrade}`])
    expect(queueOf(engine, 1, 100)[0]).toEqual([1, 5])
  })

  it('does not apply to owner 0', () => {
    sell(1, 5, { price: 100 })
    buy(2, 5, { price: 100, selfTrade: SelfTradeMode.cancelBoth })
    expect(events()).toEqual(['trade 1 1 2 100 5 1'])
  })
})

describe('market states', () => {
  it('halted: cancels only', () => {
    buy(1, 5, { price: 100 })
    engine.setState(MarketState.halted)
    buy(2, 5, { price: 100 })
    expect(engine.replace(1, 3)).toBe(false)
    expect(engine.cancel(1)).toBe(true)
    expect(events()).toEqual([
      `rejected 2 ${RejectReason.marketHalted}`,
      `refused 1 ${RejectReason.marketHalted}`,
      `canceled 1 5 ${CancelReason.requested}`,
    ])
  })

  it('halted: triggers sleep until trading goes on', () => {
    sell(1, 5, { kind: OrderKind.stop, triggerPrice: 90 })
    engine.setState(MarketState.halted)
    engine.observeTrade(80)
    expect(events()).toEqual([])
    engine.setState(MarketState.open)
    expect(events()).toEqual(['triggered 1', `canceled 1 5 ${CancelReason.noLiquidity}`])
  })

  it('closed: takes orders for the auctions only', () => {
    start({ state: MarketState.closed })
    buy(1, 5, { price: 100 })
    buy(2, 5, { price: 100, timeInForce: TimeInForce.opening })
    expect(events()).toEqual([`rejected 1 ${RejectReason.marketClosed}`])
    expect(engine.orderPlace(2)).toBe(OrderPlace.collected)
    expect(engine.bestBid).toBe(NO_PRICE)
  })
})

describe('refusals', () => {
  it.each<[string, number, EntryOptions]>([
    ['order number', RejectReason.invalidOrderNumber, { orderNumber: -1, price: 1 }],
    ['order number', RejectReason.invalidOrderNumber, { orderNumber: 1.5, price: 1 }],
    ['side', RejectReason.invalidSide, { side: 0, price: 1 }],
    ['kind', RejectReason.invalidKind, { kind: 99 as OrderKind }],
    ['time in force', RejectReason.invalidTimeInForce, { timeInForce: 0.5 as TimeInForce, price: 1 }],
    ['quantity', RejectReason.invalidQuantity, { quantity: 0, price: 1 }],
    ['quantity', RejectReason.invalidQuantity, { quantity: Number.NaN, price: 1 }],
    ['quantity', RejectReason.invalidQuantity, { quantity: 2 ** 53, price: 1 }],
    ['price', RejectReason.invalidPrice, { price: 0.5 }],
    ['price', RejectReason.invalidPrice, { price: 1_000_000_001 }],
    ['price', RejectReason.invalidPrice, { price: Number.NaN }],
    ['trigger', RejectReason.invalidTriggerPrice, { kind: OrderKind.stop }],
    ['trailing offset', RejectReason.invalidTrailingOffset, { kind: OrderKind.trailingStop, trailOffset: 0 }],
    ['display quantity', RejectReason.invalidDisplayQuantity, { price: 1, displayQuantity: -1 }],
    ['expiry', RejectReason.invalidExpiry, { price: 1, timeInForce: TimeInForce.gtd }],
    ['owner', RejectReason.invalidOption, { price: 1, owner: 0.5 }],
    ['owner', RejectReason.invalidOption, { price: 1, owner: 2 ** 40 }],
    ['self trade', RejectReason.invalidOption, { price: 1, selfTrade: 9 as SelfTradeMode }],
    ['iceberg IOC', RejectReason.contradictoryOptions, { price: 1, displayQuantity: 1, timeInForce: TimeInForce.ioc }],
    ['post-only market', RejectReason.contradictoryOptions, { postOnly: PostOnly.reject }],
    ['stop OPG', RejectReason.contradictoryOptions, { kind: OrderKind.stop, triggerPrice: 1, timeInForce: 5 }],
  ])('bad %s: reason %i', (_what, reason, options) => {
    expect(buy(3, 5, options)).toBe(false)
    expect(listener.take()).toEqual([`rejected ${options.orderNumber ?? 3} ${reason}`])
    expect(engine.liveOrders).toBe(0)
  })

  it('a live order number is not taken twice, a finished one is', () => {
    expect(buy(1, 5, { price: 100 })).toBe(true)
    expect(buy(1, 5, { price: 100 })).toBe(false)
    expect(events()).toEqual([`rejected 1 ${RejectReason.duplicateOrderNumber}`])
    engine.cancel(1)
    expect(buy(1, 5, { price: 100 })).toBe(true)
  })

  it('the bound on live orders holds', () => {
    start({ maxOrders: 2, initialOrders: 1 })
    buy(1, 5, { price: 100 })
    buy(2, 5, { price: 100 })
    buy(3, 5, { price: 100 })
    expect(events()).toEqual([`rejected 3 ${RejectReason.capacity}`])
    engine.cancel(1)
    expect(buy(3, 5, { price: 100 })).toBe(true)
  })

  it.each([
    ['maxOrders', { maxOrders: 0 }],
    ['initialOrders', { initialOrders: 1.5 }],
    ['maxWindowTicks', { maxWindowTicks: 1_000 }],
    ['maxWindowTicks', { maxWindowTicks: 64 }],
    ['state', { state: 9 as MarketState }],
  ])('option %s out of range throws', (name, options) => {
    expect(() => new MatchingEngine(new SilentListener(), options)).toThrow(name)
  })

  it('an operation inside a listener is refused, and so is everything after it', () => {
    class Reentrant extends SilentListener {
      override onAccepted(): void {
        nested.cancel(1)
      }
    }
    const nested = new MatchingEngine(new Reentrant())
    expect(() => nested.submit(entryOf(1, 1, 5, { price: 1 }))).toThrow('TW_INVALID_STATE')
    expect(() => nested.cancel(1)).toThrow('TW_INVALID_STATE')
  })

  it('a listener sees resting orders after each trade, and an order in execution once it rests', () => {
    const seen: number[][] = []
    class Looking extends SilentListener {
      override onTrade(_trade: number, resting: number, taker: number): void {
        seen.push([watched.orderRemaining(resting), watched.orderRemaining(taker), watched.orderPlace(taker)])
      }
    }
    const watched: MatchingEngine = new MatchingEngine(new Looking())
    watched.submit(entryOf(1, -1, 5, { price: 1 }))
    watched.submit(entryOf(2, -1, 5, { price: 2 }))
    watched.submit(entryOf(3, 1, 7, { price: 2 }))
    watched.submit(entryOf(4, 1, 9, { price: 2, owner: 1, selfTrade: SelfTradeMode.cancelBoth }))
    expect(seen).toEqual([
      [0, 0, OrderPlace.none],
      [3, 0, OrderPlace.none],
      [0, 0, OrderPlace.none],
    ])
    expect(watched.orderRemaining(4)).toBe(6)
  })

  it('observed prices are checked before anything happens', () => {
    expect(() => engine.observeTrade(1.5)).toThrow('price')
    expect(() => engine.observeQuote(1, Number.NaN)).toThrow('ask')
    expect(buy(1, 5, { price: 100 })).toBe(true)
  })
})
