import { describe, expect, it } from 'vitest'
import { testShare } from '../../testing/builders.js'
import { TestHost } from '../../testing/test-host.js'
import { VenueBench } from './venue-bench.test-support.js'

/** Two clients with accounts of their own at one venue with a book of its own. */
async function pair() {
  const maker = await VenueBench.open({ matching: 'book', accounts: ['MAKER'], clientName: 'maker' })
  const host = new TestHost({ time: maker.host.time })
  const taker = await VenueBench.open({ venue: maker.venue, accounts: ['TAKER'], clientName: 'taker' }, testShare, host)
  const rest = (side: 'buy' | 'sell', quantity: number, price: string, terms = {}) =>
    maker.host.submit(maker.connector, { symbol: 'IBM', side, quantity, price, account: 'MAKER', ...terms })
  const send = (side: 'buy' | 'sell', quantity: number, terms = {}) =>
    taker.host.submit(taker.connector, { symbol: 'IBM', side, quantity, account: 'TAKER', ...terms })
  return { maker, taker, rest, send }
}

describe('a book of the venue', () => {
  it('matches the orders of two clients by price, then time', async () => {
    const { maker, taker, rest, send } = await pair()
    const late = rest('sell', 100, '100.03')
    const first = rest('sell', 100, '100.02')
    const second = rest('sell', 100, '100.02')
    const order = send('buy', 250)
    expect(taker.fills(order)).toEqual(['100@100.02', '100@100.02', '50@100.03'])
    expect([first, second, late].map((each) => maker.kinds(each))).toEqual([
      ['accepted', 'filled'],
      ['accepted', 'filled'],
      ['accepted', 'filled'],
    ])
    expect(taker.position('TAKER')).toBe(250)
    expect(taker.position('MAKER')).toBe(-250)
  })

  it('never turns a position by reduce-only orders, however many a sweep reaches', async () => {
    const { maker, taker, rest, send } = await pair()
    const other = rest('sell', 100, '100.00', { account: 'OTHER' })
    maker.host.submit(maker.connector, { symbol: 'IBM', side: 'buy', quantity: 100, price: '100.00', account: 'MAKER' })
    expect([maker.position('MAKER'), maker.kinds(other)]).toEqual([100, ['accepted', 'filled']])
    const plain = rest('sell', 30, '100.01')
    const near = rest('sell', 60, '100.02', { reduceOnly: true, displayQuantity: 20 })
    const far = rest('sell', 100, '100.03', { reduceOnly: true })
    const last = rest('sell', 100, '100.04', { reduceOnly: true })
    expect(taker.fills(send('buy', 500))).toEqual(['30@100.01', '20@100.02', '20@100.02', '20@100.02', '10@100.03'])
    expect([plain, near].map((each) => maker.kinds(each).at(-1))).toEqual(['filled', 'filled'])
    expect(maker.kinds(far)).toEqual(['accepted', 'replaced', 'filled'])
    expect(maker.kinds(last)).toEqual(['accepted', 'canceled'])
    expect(maker.position('MAKER')).toBe(0)
  })

  it('never turns a position by reduce-only orders in an auction', async () => {
    const { maker, rest, send } = await pair()
    rest('sell', 100, '100.00', { account: 'OTHER' })
    maker.host.submit(maker.connector, { symbol: 'IBM', side: 'buy', quantity: 100, price: '100.00', account: 'MAKER' })
    const plain = rest('sell', 30, '100.20')
    const near = rest('sell', 80, '100.10', { reduceOnly: true })
    const atClose = rest('sell', 50, '100.00', { type: 'LOC', reduceOnly: true })
    maker.venue.setPhase(maker.listing, 4)
    send('buy', 300, { price: '100.30' })
    maker.venue.closeMarket('IBM')
    expect([plain, near, atClose].flatMap((each) => maker.fills(each).map((fill) => fill.split('@')[0]))).toEqual([
      '30',
      '50',
      '50',
    ])
    expect(maker.position('MAKER')).toBe(-30)
  })

  it('keeps clients apart: each hears of its own orders only', async () => {
    const { maker, taker, rest, send } = await pair()
    rest('sell', 100, '100.02')
    send('buy', 100)
    expect(maker.host.reports.kinds()).toEqual(['accepted', 'filled'])
    expect(taker.host.reports.kinds()).toEqual(['accepted', 'filled'])
  })

  it('changes with and without loss of priority, and cancels', async () => {
    const { maker, taker, rest, send } = await pair()
    const first = rest('sell', 100, '100.02')
    const second = rest('sell', 100, '100.02')
    maker.replace(first, { quantity: 80 })
    send('buy', 80)
    expect(maker.fills(first)).toEqual(['80@100.02'])
    const third = rest('sell', 50, '100.02')
    maker.replace(second, { quantity: 120 })
    send('buy', 50)
    expect(maker.fills(third)).toEqual(['50@100.02'])
    maker.cancel(second)
    expect(maker.kinds(second)).toEqual(['accepted', 'replaced', 'canceled'])
    expect(taker.kinds(send('buy', 10))).toEqual(['accepted', 'canceled'])
  })

  it('handles IOC, FOK, market-to-limit, icebergs and post-only', async () => {
    const { maker, taker, rest, send } = await pair()
    rest('sell', 100, '100.02', { displayQuantity: 30 })
    expect(taker.kinds(send('buy', 200, { price: '100.02', timeInForce: 'FOK' }))).toEqual(['accepted', 'canceled'])
    expect(taker.fills(send('buy', 40, { price: '100.02', timeInForce: 'IOC' }))).toEqual(['30@100.02', '10@100.02'])
    expect(taker.kinds(send('buy', 10, { price: '100.02', postOnly: true }))).toEqual(['rejected'])
    const order = send('buy', 100, { type: 'MARKET_TO_LIMIT' })
    expect(taker.kinds(order)).toEqual(['accepted', 'filled', 'filled', 'filled', 'replaced'])
    expect(maker.listing.matcher.bidUnits).toBe(maker.listing.instrument.priceUnits('100.02'))
  })

  it('triggers stops by the trades of the book', async () => {
    const { taker, rest, send } = await pair()
    rest('buy', 500, '99.90')
    rest('buy', 100, '100')
    const stop = send('sell', 100, { type: 'STOP', triggerPrice: '99.95' })
    expect(taker.kinds(stop)).toEqual(['accepted'])
    send('sell', 150)
    expect(taker.kinds(stop)).toEqual(['accepted', 'triggered', 'filled'])
    expect(taker.fills(stop)).toEqual(['100@99.9'])
  })

  it('prevents self-trades', async () => {
    const { maker, rest } = await pair()
    const resting = rest('sell', 100, '100.02')
    const crossing = rest('buy', 100, '100.02', { selfTradePrevention: 'cancel_newest' })
    expect(maker.kinds(crossing)).toEqual(['accepted', 'canceled'])
    expect(maker.kinds(resting)).toEqual(['accepted'])
  })

  it('opens and closes by auctions', async () => {
    const { maker, taker, rest, send } = await pair()
    const { venue, listing } = maker
    venue.setPhase(listing, 4)
    const buys = [rest('buy', 100, '100.10'), rest('buy', 100, '100')]
    const atOpen = send('sell', 100, { type: 'MOO' })
    expect(maker.host.reports.of('filled')).toEqual([])
    venue.openMarket('IBM')
    expect(taker.kinds(atOpen)).toEqual(['accepted', 'filled'])
    expect(maker.kinds(buys[0] as number)).toEqual(['accepted', 'filled'])
    const atClose = send('sell', 50, { type: 'LOC', price: '99' })
    venue.closeMarket('IBM')
    expect(taker.kinds(atClose)).toEqual(['accepted', 'filled'])
    expect(maker.kinds(buys[1] as number)).toEqual(['accepted', 'filled', 'expired'])
  })

  it('lets a bust of a live order be filled again', async () => {
    const { maker, rest, send } = await pair()
    const resting = rest('sell', 100, '100.02')
    send('buy', 40)
    maker.venue.bust(1)
    expect(maker.venue.orders({ live: true })[0]?.openUnits).toBe(100)
    maker.replace(resting, { quantity: 90 })
    send('buy', 200, { price: '100.02', timeInForce: 'IOC' })
    expect(maker.host.reports.filledUnits(resting)).toBe(90)
  })
})
