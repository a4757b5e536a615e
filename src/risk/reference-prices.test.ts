import { describe, expect, it } from 'vitest'
import { IngestRing } from '../ring/ingest-ring.js'
import { type MarketDataLimits, ReferenceFault, ReferencePrices } from './reference-prices.js'

const nowUs = 1_700_000_000_000_000

/** Reference prices behind a ring, as in a system. */
function open(limits: MarketDataLimits = {}) {
  const ring = new IngestRing({ capacity: 64 })
  const prices = new ReferencePrices(2, limits)
  ring.addConsumer({
    name: 'references',
    policy: 'backpressure',
    handlers: { onQuotes: prices.onQuotes, onTrades: prices.onTrades },
  })
  return {
    ring,
    prices,
    quote(bid: number, ask: number, instrument = 0): number {
      ring.publishQuote(instrument, 0, bid, ask, 1, 1, nowUs, nowUs, 1, 0)
      ring.drain()
      return prices.faultAt(instrument, nowUs)
    },
    trade(price: number, instrument = 0): number {
      ring.publishTrade(instrument, 0, price, 1, 1, nowUs, nowUs, 1, 1, 0)
      ring.drain()
      return prices.faultAt(instrument, nowUs)
    },
  }
}

describe('a reference price', () => {
  it('is missing before anything came', () => {
    expect(open().prices.faultAt(0, nowUs)).toBe(ReferenceFault.missing)
  })

  it('is the mid of the last quote', () => {
    const { prices, quote } = open()
    expect(quote(99, 101)).toBe(ReferenceFault.none)
    expect(prices.reference[0]).toBe(100)
    quote(100, 101)
    expect(prices.reference[0]).toBe(100.5)
    expect(prices.faultAt(1, nowUs)).toBe(ReferenceFault.missing)
  })

  it('is stale one microsecond after its age', () => {
    const { prices, quote } = open({ maxAgeMs: 2 })
    quote(99, 101)
    expect([2_000, 2_001, -2_000, -2_001].map((age) => prices.faultAt(0, nowUs + age))).toEqual([
      ReferenceFault.none,
      ReferenceFault.stale,
      ReferenceFault.none,
      ReferenceFault.stale,
    ])
  })

  it('is not believed from a crossed book, nor the older one while it is crossed', () => {
    const { prices, quote } = open()
    quote(99, 101)
    expect(quote(102, 101)).toBe(ReferenceFault.crossed)
    expect(prices.reference[0]).toBe(100)
    expect(quote(99, 101)).toBe(ReferenceFault.none)
  })

  it('is believed from a locked book unless that is switched off', () => {
    expect(open().quote(100, 100)).toBe(ReferenceFault.none)
    expect(open({ allowLocked: false }).quote(100, 100)).toBe(ReferenceFault.crossed)
  })

  it('is not believed from a book wider than allowed', () => {
    const { quote } = open({ maxSpreadPercent: 2 })
    expect([quote(99, 101), quote(98.99, 101), quote(99, 101)]).toEqual([
      ReferenceFault.none,
      ReferenceFault.wide,
      ReferenceFault.none,
    ])
  })

  it.each<[string, number, number]>([
    ['NaN', Number.NaN, 101],
    ['NaN on the other side', 99, Number.NaN],
    ['nothing', Number.NaN, Number.NaN],
    ['infinity', 99, Number.POSITIVE_INFINITY],
  ])('does not come from %s', (_, bid, ask) => {
    const { prices, quote } = open()
    expect(quote(bid, ask)).toBe(ReferenceFault.missing)
    quote(99, 101)
    quote(bid, ask)
    expect(prices.reference[0]).toBe(100)
  })

  it('is a jump when it falls to zero', () => {
    const { prices, quote } = open()
    quote(99, 101)
    expect(quote(0, 0)).toBe(ReferenceFault.jump)
    expect(prices.reference[0]).toBe(100)
  })

  it('waits for a jump to be confirmed', () => {
    const { prices, quote } = open({ maxJumpPercent: 10, jumpConfirmations: 2 })
    quote(99, 101)
    expect([quote(129, 131), quote(129, 131)]).toEqual([ReferenceFault.jump, ReferenceFault.jump])
    expect(prices.reference[0]).toBe(100)
    expect(quote(130, 132)).toBe(ReferenceFault.none)
    expect(prices.reference[0]).toBe(131)
  })

  it('forgets a spike that nothing confirmed', () => {
    const { prices, quote } = open({ maxJumpPercent: 10, jumpConfirmations: 2 })
    quote(99, 101)
    expect([quote(129, 131), quote(99, 101), quote(129, 131), quote(129, 131)]).toEqual([
      ReferenceFault.jump,
      ReferenceFault.none,
      ReferenceFault.jump,
      ReferenceFault.jump,
    ])
    expect(prices.reference[0]).toBe(100)
  })

  it('counts only prices near each other as a confirmation', () => {
    const { quote } = open({ maxJumpPercent: 10, jumpConfirmations: 2 })
    quote(99, 101)
    expect(
      [quote(129, 131), quote(199, 201), quote(129, 131), quote(199, 201)].every(
        (fault) => fault === ReferenceFault.jump,
      ),
    ).toBe(true)
  })

  it('comes from trades where there are no quotes', () => {
    const { prices, quote, trade } = open()
    expect(trade(100)).toBe(ReferenceFault.none)
    expect(prices.reference[0]).toBe(100)
    quote(101, 103)
    trade(105)
    expect(prices.reference[0]).toBe(102)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('is no trade at %s', (price) => {
    const { prices, trade } = open()
    expect(trade(price)).toBe(ReferenceFault.missing)
    expect(trade(100)).toBe(ReferenceFault.none)
    expect(trade(price)).toBe(ReferenceFault.none)
    expect([prices.reference[0], prices.faultAt(1, nowUs)]).toEqual([100, ReferenceFault.missing])
  })

  it('whose age nobody can tell is stale', () => {
    const { prices } = open()
    prices.set(0, 100, Number.NaN)
    expect([prices.faultAt(0, nowUs), prices.tsRecvUs[0]]).toEqual([ReferenceFault.stale, Number.NEGATIVE_INFINITY])
    prices.set(0, 100, nowUs)
    expect([prices.faultAt(0, Number.NaN), prices.faultAt(0, nowUs)]).toEqual([
      ReferenceFault.stale,
      ReferenceFault.none,
    ])
  })

  it('stands while a market is empty for a moment', () => {
    const { ring, prices, quote, trade } = open()
    quote(99, 101)
    ring.publishQuote(0, 0, Number.NaN, Number.NaN, 0, 0, nowUs, nowUs, 1, 0)
    ring.drain()
    expect([prices.faultAt(0, nowUs), prices.reference[0]]).toEqual([ReferenceFault.none, 100])
    expect(trade(101)).toBe(ReferenceFault.none)
    expect(prices.reference[0]).toBe(101)
  })
})
