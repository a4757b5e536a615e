import { describe, expect, it } from 'vitest'
import { IngestRing } from '../ring/ingest-ring.js'
import { QuoteCache } from './quote-cache.js'

const none = Number.NaN

describe('QuoteCache', () => {
  it('takes quotes and trades from a ring', () => {
    const ring = new IngestRing({ capacity: 64 })
    const cache = new QuoteCache()
    const handlers = { onQuotes: cache.onQuotes, onTrades: cache.onTrades }
    const consumer = ring.addConsumer({ name: 'quotes', policy: 'backpressure', handlers })
    ring.publishQuote(3, 1, 10, 10.5, 100, 200, 1_000, 1_005, none, 0)
    ring.publishQuote(3, 2, 10.1, 10.4, 1, 2, 2_000, 2_005, none, 0)
    ring.publishTrade(3, 1, 10.2, 7, 1, 3_000, 3_005, none, none, 0)
    consumer.drain()
    expect([cache.bid(3), cache.ask(3), cache.bidSize(3), cache.askSize(3), cache.mid(3)]).toEqual([
      10.1, 10.4, 1, 2, 10.25,
    ])
    expect([cache.bid(3, 1), cache.ask(3, 1), cache.sourceOf(3)]).toEqual([10, 10.5, 2])
    expect([cache.last(3), cache.lastSize(3), cache.last(3, 2)]).toEqual([10.2, 7, none])
    expect([cache.tsEventUs(3), cache.tsRecvUs(3), cache.lastTsEventUs(3), cache.lastTsRecvUs(3)]).toEqual([
      2_000, 2_005, 3_000, 3_005,
    ])
    expect([cache.ageUs(3, 4_005), cache.silenceUs(3, 4_005), cache.ageUs(3, 4_005, 1)]).toEqual([2_000, 1_000, 3_000])
    expect([cache.quoteCount(3), cache.quoteCount(3, 1), cache.tradeCount(3)]).toEqual([2, 1, 1])
  })

  it('reads NaN for what it never saw', () => {
    const cache = new QuoteCache()
    expect([cache.bid(0), cache.mid(999_999), cache.last(5), cache.bid(0, 7), cache.ageUs(0, 1)]).toEqual([
      none,
      none,
      none,
      none,
      none,
    ])
    expect([cache.sourceOf(0), cache.sourceOf(12_345), cache.quoteCount(0)]).toEqual([-1, -1, 0])
    expect([cache.isCrossed(0), cache.isLocked(0), cache.isOneSided(0), cache.isBidKept(0)]).toEqual([
      false,
      false,
      false,
      false,
    ])
  })

  it('a one-sided quote keeps the other side and says so', () => {
    const cache = new QuoteCache()
    cache.quote(0, 0, 10, none, 5, none, 1, 1)
    expect([cache.isOneSided(0), cache.isAskKept(0), cache.mid(0)]).toEqual([true, true, none])
    cache.quote(0, 0, none, 11, none, 6, 2, 2)
    expect([cache.bid(0), cache.ask(0), cache.isBidKept(0), cache.isAskKept(0), cache.isOneSided(0)]).toEqual([
      10,
      11,
      true,
      false,
      false,
    ])
  })

  it('an absent price with size 0 withdraws the side', () => {
    const cache = new QuoteCache()
    cache.quote(0, 0, 10, 11, 5, 5, 1, 1)
    cache.quote(0, 0, none, 11, 0, 5, 2, 2)
    expect([cache.bid(0), cache.bidSize(0), cache.isOneSided(0), cache.isBidKept(0)]).toEqual([none, 0, true, false])
  })

  it('tells crossed from locked', () => {
    const cache = new QuoteCache()
    cache.quote(0, 0, 10, 10, 1, 1, 1, 1)
    expect([cache.isLocked(0), cache.isCrossed(0)]).toEqual([true, false])
    cache.quote(0, 0, 10.5, 10, 1, 1, 1, 1)
    expect([cache.isLocked(0), cache.isCrossed(0)]).toEqual([false, true])
  })

  it('grows with the instruments, keeps what it had, and stops at its bound', () => {
    const cache = new QuoteCache({ instruments: 1, maxInstruments: 5_000, maxSources: 2 })
    cache.quote(0, 0, 1, 2, 3, 4, 5, 6)
    cache.quote(4_999, 1, 7, 8, 9, 10, 11, 12)
    cache.quote(5_000, 0, 1, 1, 1, 1, 1, 1)
    cache.trade(0, 2, 1, 1, 1, 1)
    expect([cache.bid(0), cache.ask(0, 0), cache.bid(4_999), cache.ask(4_999, 1)]).toEqual([1, 2, 7, 8])
    expect([cache.ignored, cache.bid(5_000), cache.last(0)]).toEqual([2, none, none])
  })

  it('forgets a source that went away, side by side', () => {
    const cache = new QuoteCache()
    cache.quote(0, 0, 10, 11, 1, 1, 1, 1)
    cache.quote(0, 1, none, 10.8, none, 2, 2, 2)
    cache.clearSource(0)
    expect([cache.bid(0), cache.ask(0), cache.bid(0, 0), cache.ask(0, 1)]).toEqual([none, 10.8, none, 10.8])
    cache.clearSource(1)
    expect([cache.ask(0), cache.sourceOf(0), cache.tsRecvUs(0)]).toEqual([none, -1, none])
  })

  it('refuses options that it does not know or that are out of range', () => {
    expect(() => new QuoteCache({ persource: true } as never)).toThrow(/unknown option 'persource'/)
    for (const field of ['instruments', 'maxInstruments', 'maxSources'] as const) {
      expect(() => new QuoteCache({ [field]: 0 })).toThrow(field)
    }
  })
})

describe('over a stock split', () => {
  it('prices of before it are put into its terms; a kept side of unknown age is given up', () => {
    const cache = new QuoteCache()
    cache.quote(0, 0, 100, 102, 4, 8, 1, 1)
    cache.quote(1, 0, 100, 102, 4, 8, 1, 1)
    cache.quote(1, 0, 25, Number.NaN, 16, Number.NaN, 20, 20)
    cache.quote(2, 0, 25, 26, 16, 16, 20, 20)
    for (const instrument of [0, 1, 2]) cache.rescale(instrument, 1 / 4, 10)
    const sides = (i: number) => [cache.bid(i), cache.ask(i), cache.bidSize(i), cache.askSize(i)]
    expect(sides(0)).toEqual([25, 25.5, 16, 32])
    expect(sides(1)).toEqual([25, Number.NaN, 16, Number.NaN])
    expect(sides(2)).toEqual([25, 26, 16, 16])
  })
})
