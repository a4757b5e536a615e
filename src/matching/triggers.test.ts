import { beforeEach, describe, expect, it } from 'vitest'
import { CancelReason, NO_PRICE, OrderKind, OrderPlace, TimeInForce, TrailUnit, TriggerSource } from './codes.js'
import { MatchingEngine } from './matching-engine.js'
import { type EntryOptions, entryOf, levelsOf, RecordingListener } from './recording-listener.test-support.js'

let listener: RecordingListener
let engine: MatchingEngine

const buy = (orderNumber: number, quantity: number, options?: EntryOptions): boolean =>
  engine.submit(entryOf(orderNumber, 1, quantity, options))
const sell = (orderNumber: number, quantity: number, options?: EntryOptions): boolean =>
  engine.submit(entryOf(orderNumber, -1, quantity, options))
const events = (): string[] => listener.take().filter((event) => !event.startsWith('accepted'))
/** A trade of one unit at a price that leaves nothing behind. */
let printed = 1_000
const print = (price: number): void => {
  sell(printed++, 1, { price })
  buy(printed++, 1, { price, timeInForce: TimeInForce.ioc })
}

beforeEach(() => {
  listener = new RecordingListener()
  engine = new MatchingEngine(listener)
})

describe('stops', () => {
  it('a stop becomes a market order when a trade reaches its trigger', () => {
    buy(1, 9, { price: 95 })
    sell(2, 5, { kind: OrderKind.stop, triggerPrice: 98 })
    print(99)
    expect(engine.orderPlace(2)).toBe(OrderPlace.dormant)
    listener.take()
    print(98)
    expect(events().slice(1)).toEqual(['triggered 2', 'trade 3 1 2 95 5 -1'])
  })

  it('a stop-limit becomes a limit order', () => {
    buy(1, 5, { kind: OrderKind.stopLimit, triggerPrice: 101, price: 102 })
    engine.observeTrade(101)
    expect(events()).toEqual(['triggered 1'])
    expect(levelsOf(engine, 0)).toEqual([[102, 5]])
  })

  it('a stop whose trigger is behind the market already executes at once', () => {
    engine.observeTrade(90)
    sell(1, 5, { kind: OrderKind.stop, triggerPrice: 95 })
    expect(events()).toEqual(['triggered 1', `canceled 1 5 ${CancelReason.noLiquidity}`])
  })

  it('quote triggers follow the opposite side of the market, not trades', () => {
    const source = { triggerSource: TriggerSource.quote }
    sell(1, 5, { price: 100 })
    buy(2, 5, { kind: OrderKind.stopLimit, triggerPrice: 103, price: 90, ...source })
    engine.observeTrade(110)
    expect(engine.orderPlace(2)).toBe(OrderPlace.dormant)
    sell(3, 5, { price: 104 })
    engine.cancel(1)
    expect(events().slice(-1)).toEqual(['triggered 2'])
  })

  it('an observed quote takes the place of the own book until it is withdrawn', () => {
    const source = { triggerSource: TriggerSource.quote }
    buy(1, 1, { price: 100 })
    engine.observeQuote(120, 121)
    sell(2, 5, { kind: OrderKind.stopLimit, triggerPrice: 110, price: 200, ...source })
    expect(engine.orderPlace(2)).toBe(OrderPlace.dormant)
    engine.observeQuote(NO_PRICE, NO_PRICE)
    expect(events().slice(-1)).toEqual(['triggered 2'])
  })

  it('one triggered order sets off the next', () => {
    buy(1, 5, { price: 99 })
    buy(2, 5, { price: 97 })
    buy(3, 5, { price: 95 })
    sell(4, 5, { kind: OrderKind.stop, triggerPrice: 97 })
    sell(5, 5, { kind: OrderKind.stop, triggerPrice: 99 })
    listener.take()
    sell(6, 5, { price: 99 })
    expect(events()).toEqual([
      'trade 1 1 6 99 5 -1',
      'triggered 5',
      'trade 2 2 5 97 5 -1',
      'triggered 4',
      'trade 3 3 4 95 5 -1',
    ])
  })

  it('among orders due together the first trigger passed goes first, then the older order', () => {
    for (const [orderNumber, triggerPrice] of [
      [1, 105],
      [2, 103],
      [3, 103],
      [4, 104],
    ]) {
      buy(orderNumber, 1, { kind: OrderKind.stopLimit, triggerPrice, price: 50 })
    }
    engine.observeTrade(110)
    expect(events()).toEqual(['triggered 2', 'triggered 3', 'triggered 4', 'triggered 1'])
  })

  it('can be cancelled and replaced while they wait', () => {
    sell(1, 5, { kind: OrderKind.stopLimit, triggerPrice: 90, price: 89 })
    sell(2, 5, { kind: OrderKind.stop, triggerPrice: 90 })
    expect(engine.cancel(2)).toBe(true)
    expect(engine.replace(1, 7, 88, 91)).toBe(true)
    expect([engine.orderTrigger(1), engine.orderPrice(1), engine.orderRemaining(1)]).toEqual([91, 88, 7])
    engine.observeTrade(91)
    expect(events().slice(-1)).toEqual(['triggered 1'])
    expect(levelsOf(engine, 1)).toEqual([[88, 7]])
  })

  it('a GTD stop expires', () => {
    sell(1, 5, { kind: OrderKind.stop, triggerPrice: 90, timeInForce: TimeInForce.gtd, expireUs: 5 })
    expect(engine.expire(5)).toBe(1)
    engine.observeTrade(80)
    expect(events()).toEqual(['expired 1 5'])
  })
})

describe('if-touched orders', () => {
  it('wait for the market to come closer', () => {
    buy(1, 5, { kind: OrderKind.limitIfTouched, triggerPrice: 95, price: 94 })
    sell(2, 5, { kind: OrderKind.marketIfTouched, triggerPrice: 105 })
    engine.observeTrade(100)
    expect(events()).toEqual([])
    engine.observeTrade(95)
    expect(events()).toEqual(['triggered 1'])
    engine.observeTrade(105)
    expect(events()).toEqual(['triggered 2', 'trade 1 1 2 94 5 -1'])
  })
})

describe('trailing stops', () => {
  it('follow the market and never go back', () => {
    sell(1, 5, { kind: OrderKind.trailingStop, trailOffset: 3, triggerPrice: 90 })
    for (const [price, trigger] of [
      [92, 90],
      [100, 97],
      [98, 97],
      [105, 102],
    ]) {
      engine.observeTrade(price)
      expect(engine.orderTrigger(1)).toBe(trigger)
    }
    engine.observeTrade(102)
    expect(events()[0]).toBe('triggered 1')
  })

  it('without a trigger start from the first price seen', () => {
    buy(1, 5, { kind: OrderKind.trailingStop, trailOffset: 4 })
    expect(engine.orderTrigger(1)).toBe(NO_PRICE)
    engine.observeTrade(100)
    expect(engine.orderTrigger(1)).toBe(104)
    engine.observeTrade(90)
    expect(engine.orderTrigger(1)).toBe(94)
  })

  it('measure basis points of the reference, rounded up to a tick', () => {
    sell(1, 5, { kind: OrderKind.trailingStop, trailOffset: 50, trailUnit: TrailUnit.basisPoints })
    engine.observeTrade(10_050)
    expect(engine.orderTrigger(1)).toBe(10_050 - 51)
  })

  it('place a trailing stop-limit beyond its trigger', () => {
    sell(1, 5, { kind: OrderKind.trailingStopLimit, trailOffset: 3, limitOffset: 2 })
    engine.observeTrade(100)
    engine.observeTrade(97)
    expect(events()).toEqual(['triggered 1'])
    expect(levelsOf(engine, 1)).toEqual([[95, 5]])
  })

  it('follow the bid or ask when told so', () => {
    sell(1, 5, { kind: OrderKind.trailingStop, trailOffset: 3, triggerSource: TriggerSource.quote })
    buy(2, 5, { price: 100 })
    expect(engine.orderTrigger(1)).toBe(97)
    engine.observeTrade(120)
    expect(engine.orderTrigger(1)).toBe(97)
    buy(3, 5, { price: 110 })
    expect(engine.orderTrigger(1)).toBe(107)
  })

  it('see both ends of a sweep', () => {
    engine.observeTrade(100)
    sell(1, 1, { kind: OrderKind.trailingStop, trailOffset: 3 })
    sell(10, 1, { price: 96 })
    sell(11, 1, { price: 105 })
    listener.take()
    buy(12, 2, { price: 105 })
    expect(events().filter((event) => event.startsWith('triggered'))).toEqual(['triggered 1'])
  })
})
