import { describe, expect, it } from 'vitest'
import { OrderBook } from '../../market/order-book.js'
import { Liquidity } from '../../orders/codes.js'
import { fixedSlippage } from './slippage.js'
import { VenueBench } from './venue-bench.test-support.js'

const open = VenueBench.open

describe('taking a recorded market', () => {
  it('fills a market order for what is shown, and one step beyond for the rest', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 500, 300)
    const order = bench.buy(500)
    expect(bench.kinds(order)).toEqual(['accepted', 'filled', 'filled'])
    expect(bench.fills(order)).toEqual(['300@100.02', '200@100.03'])
    expect(bench.position()).toBe(500)
  })

  it('fills all at the touch when sizes do not limit', async () => {
    const bench = await open({ liquidity: 'unlimited' })
    bench.quote(100, 100.02, 500, 300)
    expect(bench.fills(bench.buy(5_000))).toEqual(['5000@100.02'])
  })

  it('takes the levels of a recorded book', async () => {
    const bench = await open()
    const book = new OrderBook({ priceStep: '0.01' })
    book.applySnapshot([100, 99.99], [500, 500], [100.02, 100.03, 100.05], [100, 200, 400])
    bench.listing.market?.useBook(book)
    bench.venue.onBook(bench.listing, bench.host.time.wallUs())
    expect(bench.fills(bench.buy(250, { price: '100.04' }))).toEqual(['100@100.02', '150@100.03'])
    expect(bench.fills(bench.buy(100))).toEqual(['50@100.03', '50@100.05'])
  })

  it('remembers what was taken until the quote changes', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 500, 300)
    bench.buy(200, { price: '100.02' })
    const order = bench.buy(200, { price: '100.02' })
    expect(bench.fills(order)).toEqual(['100@100.02'])
    bench.quote(100, 100.02, 500, 300)
    expect(bench.fills(order)).toHaveLength(1)
    bench.quote(100, 100.02, 500, 250)
    expect(bench.fills(order)).toEqual(['100@100.02', '100@100.02'])
  })

  it('never fills a limit order beyond its limit, slippage or not', async () => {
    const bench = await open({ slippage: fixedSlippage(3) })
    bench.quote(100, 100.02)
    expect(bench.fills(bench.buy(100, { price: '100.03' }))).toEqual(['100@100.03'])
    expect(bench.fills(bench.buy(100))).toEqual(['100@100.05'])
    expect(bench.fills(bench.sell(100))).toEqual(['100@99.97'])
  })

  it('cancels a market order that finds no market at all', async () => {
    const bench = await open()
    const order = bench.buy(100)
    expect(bench.kinds(order)).toEqual(['accepted', 'canceled'])
    expect(bench.reason(order)).toContain('no liquidity')
  })
})

describe('times in force', () => {
  it('IOC takes what is there and cancels the rest', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 500, 300)
    const order = bench.buy(400, { price: '100.02', timeInForce: 'IOC' })
    expect(bench.fills(order)).toEqual(['300@100.02'])
    expect(bench.kinds(order)).toEqual(['accepted', 'filled', 'canceled'])
    expect(bench.kinds(bench.buy(100, { price: '99.90', timeInForce: 'IOC' }))).toEqual(['accepted', 'canceled'])
  })

  it('FOK fills in full or not at all', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 500, 300)
    expect(bench.kinds(bench.buy(400, { price: '100.02', timeInForce: 'FOK' }))).toEqual(['accepted', 'canceled'])
    expect(bench.fills(bench.buy(300, { price: '100.02', timeInForce: 'FOK' }))).toEqual(['300@100.02'])
  })

  it('market-to-limit takes the touch and rests there', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 500, 300)
    const order = bench.buy(400, { type: 'MARKET_TO_LIMIT' })
    expect(bench.kinds(order)).toEqual(['accepted', 'filled', 'replaced'])
    expect(bench.venue.orders({ live: true })[0]?.priceUnits).toBe(bench.listing.instrument.priceUnits('100.02'))
    bench.quote(100.01, 100.05)
    bench.quote(100.01, 100.02, 500, 50)
    expect(bench.kinds(order).at(-1)).toBe('filled')
  })
})

describe('resting in a recorded market', () => {
  it('waits behind the queue: 100 ahead, trades of 80, 30 and 50 fill 0, 10 and 40 of 50', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 100, 500)
    const order = bench.buy(50, { price: '100' })
    bench.trade(100, 80, -1)
    expect(bench.fills(order)).toEqual([])
    bench.trade(100, 30, -1)
    expect(bench.fills(order)).toEqual(['10@100'])
    bench.trade(100, 50, -1)
    expect(bench.fills(order)).toEqual(['10@100', '40@100'])
    expect(bench.host.reports.of('filled').every((fill) => fill.liquidity === Liquidity.maker)).toBe(true)
  })

  it('fills in full when a trade passes the price or the opposite touch reaches it', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    const byTrade = bench.buy(5_000, { price: '100' })
    bench.trade(99.99, 1, -1)
    expect(bench.fills(byTrade)).toEqual(['5000@100'])
    const byTouch = bench.sell(5_000, { price: '100.05' })
    bench.quote(100.05, 100.07, 1, 1)
    expect(bench.fills(byTouch)).toEqual(['5000@100.05'])
  })

  it('is not filled by trades that hit the other side', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 10, 500)
    const order = bench.buy(50, { price: '100' })
    bench.trade(100.02, 10_000, 1)
    expect(bench.fills(order)).toEqual([])
  })

  it('shares a trade out among own orders in order of time, never more than it had', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 20, 500)
    const first = bench.buy(50, { price: '100' })
    const second = bench.buy(50, { price: '100' })
    bench.trade(100, 80, -1)
    expect(bench.fills(first)).toEqual(['50@100'])
    expect(bench.fills(second)).toEqual(['10@100'])
  })

  it('keeps its place when it gets smaller and loses it when it grows', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 100, 500)
    const smaller = bench.buy(50, { price: '100' })
    const larger = bench.buy(50, { price: '100' })
    bench.trade(100, 90, -1)
    bench.replace(smaller, { quantity: 40 })
    bench.replace(larger, { quantity: 60 })
    bench.trade(100, 30, -1)
    expect(bench.fills(smaller)).toEqual(['20@100'])
    expect(bench.fills(larger)).toEqual([])
  })

  it('shows an iceberg piece by piece, each behind the queue', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 10, 500)
    const order = bench.buy(100, { price: '100', displayQuantity: 20 })
    bench.trade(100, 1_000, -1)
    expect(bench.fills(order)).toEqual(['20@100'])
    bench.trade(100, 1_000, -1)
    expect(bench.fills(order)).toEqual(['20@100', '20@100'])
    bench.trade(99.99, 1, -1)
    expect(bench.fills(order).at(-1)).toBe('60@100')
  })

  it('asks the fill model', async () => {
    const bench = await open({ fills: () => false })
    bench.quote(100, 100.02, 10, 500)
    const order = bench.buy(50, { price: '100' })
    bench.trade(100, 1_000, -1)
    expect(bench.fills(order)).toEqual([])
  })
})

describe('rules between orders', () => {
  it('refuses post-only orders that would take', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    const refused = bench.buy(100, { price: '100.02', postOnly: true })
    expect(bench.kinds(refused)).toEqual(['rejected'])
    expect(bench.reason(refused)).toContain('post-only')
    const resting = bench.buy(100, { price: '100.01', postOnly: true })
    const change = bench.replace(resting, { price: '100.02' })
    expect(bench.kinds(resting)).toEqual(['accepted', 'replaceRejected'])
    expect(bench.host.reports.reports.at(-1)?.generation).toBe(change)
  })

  it.each([
    ['cancel_newest', ['accepted'], ['accepted', 'canceled']],
    ['cancel_oldest', ['accepted', 'canceled'], ['accepted', 'filled']],
    ['cancel_both', ['accepted', 'canceled'], ['accepted', 'canceled']],
    ['decrement', ['accepted', 'canceled'], ['accepted', 'replaced', 'filled']],
  ] as const)('self-trade prevention %s', async (selfTradePrevention, older, newer) => {
    const bench = await open()
    bench.quote(100, 100.05)
    const resting = bench.sell(100, { price: '100.05' })
    const incoming = bench.buy(150, { price: '100.05', selfTradePrevention })
    expect(bench.kinds(resting)).toEqual(older)
    expect(bench.kinds(incoming)).toEqual(newer)
  })
})
