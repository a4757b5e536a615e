import { describe, expect, it } from 'vitest'
import { TypeCode } from '../../orders/codes.js'
import { instrumentLike, testFuture, testShare } from '../../testing/builders.js'
import { TestHost } from '../../testing/test-host.js'
import { constantLatency } from './latency.js'
import { SimulatedVenue } from './venue.js'
import { VenueBench } from './venue-bench.test-support.js'

const open = VenueBench.open
const units = (bench: VenueBench, price: string) => bench.listing.instrument.priceUnits(price)

describe('triggers', () => {
  it.each([
    ['buy', 'STOP', { triggerPrice: '100.10' }, [100.05, 100.1], ['100@100.02']],
    ['sell', 'STOP', { triggerPrice: '99.90' }, [99.95, 99.9], ['100@100']],
    ['buy', 'MARKET_IF_TOUCHED', { triggerPrice: '99.90' }, [99.95, 99.89], ['100@100.02']],
    ['sell', 'MARKET_IF_TOUCHED', { triggerPrice: '100.10' }, [100.05, 100.2], ['100@100']],
    ['buy', 'STOP_LIMIT', { triggerPrice: '100.10', price: '100.02' }, [100.05, 100.1], ['100@100.02']],
    ['sell', 'LIMIT_IF_TOUCHED', { triggerPrice: '100.10', price: '100' }, [100.05, 100.1], ['100@100']],
  ] as const)('%s %s by the last trade', async (side, type, terms, trades, fills) => {
    const bench = await open()
    bench.quote(100, 100.02)
    const order = bench.host.submit(bench.connector, { symbol: 'IBM', side, quantity: 100, type, ...terms })
    bench.trade(trades[0], 100)
    expect(bench.kinds(order)).toEqual(['accepted'])
    bench.trade(trades[1], 100)
    expect(bench.kinds(order)).toEqual(['accepted', 'triggered', 'filled'])
    expect(bench.fills(order)).toEqual(fills)
  })

  it('goes by bid and ask, or by the middle, where asked to', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    const byAsk = bench.buy(100, { type: 'STOP', triggerPrice: '100.10', triggerSource: 'bid_ask' })
    const byMid = bench.buy(100, { type: 'STOP', triggerPrice: '100.08', triggerSource: 'mid' })
    bench.trade(101, 100)
    expect(bench.kinds(byAsk)).toEqual(['accepted'])
    bench.quote(100.05, 100.09)
    expect(bench.kinds(byMid)).toEqual(['accepted'])
    bench.quote(100.06, 100.1)
    expect(bench.kinds(byAsk)).toEqual(['accepted', 'triggered', 'filled'])
    expect(bench.kinds(byMid)).toEqual(['accepted', 'triggered', 'filled'])
  })

  it('trails by an amount and by basis points, never back', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    bench.trade(100, 1)
    const byAmount = bench.sell(100, { type: 'TRAILING_STOP', trailing: { amount: '0.50' } })
    const byShare = bench.sell(100, { type: 'TRAILING_STOP', trailing: { basisPoints: 100 } })
    bench.trade(101, 1)
    bench.trade(100.52, 1)
    expect(bench.kinds(byAmount)).toEqual(['accepted'])
    bench.trade(100.5, 1)
    expect(bench.kinds(byAmount)).toEqual(['accepted', 'triggered', 'filled'])
    expect(bench.kinds(byShare)).toEqual(['accepted'])
    bench.trade(99.98, 1)
    expect(bench.kinds(byShare)).toEqual(['accepted', 'triggered', 'filled'])
  })

  it('moves the limit of a trailing stop-limit with its trigger', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    bench.trade(100, 1)
    const order = bench.sell(100, {
      type: 'TRAILING_STOP_LIMIT',
      triggerPrice: '99.50',
      price: '99.40',
      trailing: { amount: '0.50' },
    })
    bench.trade(101, 1)
    bench.trade(100.5, 1)
    expect(bench.kinds(order)).toEqual(['accepted', 'triggered', 'replaced'])
    const replaced = bench.host.reports.of('replaced')[0]
    expect(replaced).toMatchObject({ generation: 0, priceUnits: units(bench, '100.40') })
    bench.quote(100.45, 100.47)
    expect(bench.fills(order)).toEqual(['100@100.4'])
  })

  it('lets one stop set off the next, those passed first before others', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    const far = bench.buy(100, { type: 'STOP', triggerPrice: '100.20' })
    const near = bench.buy(100, { type: 'STOP', triggerPrice: '100.10' })
    bench.trade(100.3, 1)
    const order = bench.host.reports.reports
      .filter((report) => report.kind === 'triggered')
      .map((report) => report.number)
    expect(order).toEqual([near, far])
  })

  it('changes trigger and limit of a waiting order, and cancels it', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    const order = bench.buy(100, { type: 'STOP_LIMIT', triggerPrice: '100.10', price: '100.20' })
    const generation = bench.replace(order, { triggerPrice: '100.30', price: '100.40' })
    bench.trade(100.2, 1)
    expect(bench.host.reports.of('replaced')[0]).toMatchObject({
      generation,
      triggerUnits: units(bench, '100.30'),
      priceUnits: units(bench, '100.40'),
    })
    bench.cancel(order)
    expect(bench.kinds(order)).toEqual(['accepted', 'replaced', 'canceled'])
    bench.trade(100.5, 1)
    expect(bench.kinds(order)).toHaveLength(3)
  })
})

describe('refusals', () => {
  it('name their reason', async () => {
    const bench = await open({ checksBalances: true, balances: { PAPER: { USD: '10000' } } })
    bench.quote(100, 100.02)
    bench.host.instruments.add(instrumentLike(testShare, { id: 'XYZ.XNYS' as never, symbol: 'XYZ' }))
    const reasonOf = (request: Parameters<TestHost['submit']>[1]) => {
      const order = bench.host.submit(bench.connector, request)
      expect(bench.kinds(order)).toEqual(['rejected'])
      return bench.reason(order)
    }
    // Without a market of its own the venue lists what is traded, so a strict one is needed for the unknown instrument.
    expect(reasonOf({ symbol: 'IBM', side: 'buy', quantity: 200, price: '100' })).toBe('insufficient balance')
    expect(reasonOf({ symbol: 'IBM', side: 'sell', quantity: 10, price: '100', reduceOnly: true })).toContain(
      'reduce-only',
    )
    expect(reasonOf({ symbol: 'IBM', side: 'buy', quantity: 10, price: '101', postOnly: true })).toContain('post-only')
    expect(
      reasonOf({ symbol: 'IBM', side: 'buy', quantity: 10, price: '99', timeInForce: 'GTD', expireTimeUs: 1 }),
    ).toBe('already expired')
    bench.connector.faults.rejectNext('because')
    expect(reasonOf({ symbol: 'IBM', side: 'buy', quantity: 10, price: '99' })).toBe('because')
    bench.venue.halt('IBM')
    expect(reasonOf({ symbol: 'IBM', side: 'buy', quantity: 10, price: '99' })).toBe('market halted')
    bench.venue.closeMarket('IBM')
    expect(reasonOf({ symbol: 'IBM', side: 'buy', quantity: 10, price: '99' })).toBe('market closed')
  })

  it('tell tapes of the phases of their markets, once each', async () => {
    const bench = await open()
    const phases: number[] = []
    const [listing] = bench.venue.listings
    const tape = { quote: () => {}, trade: () => {}, level: () => {}, phase: () => phases.push(listing?.phase ?? -1) }
    const end = bench.venue.addTape(tape)
    bench.venue.halt('IBM')
    bench.venue.halt('IBM')
    bench.venue.resume('IBM')
    bench.venue.closeMarket('IBM')
    end()
    bench.venue.openMarket('IBM')
    expect(phases).toEqual([3, 2, 0])
  })

  it('refuse instruments that are not listed', async () => {
    const host = new TestHost({ instruments: [testShare] })
    const venue = new SimulatedVenue({ time: host.time })
    venue.list(testFuture)
    const bench = await VenueBench.open({ venue }, testFuture, host)
    const order = host.submit(bench.connector, { symbol: 'IBM', side: 'buy', quantity: 1, price: '100' })
    expect(bench.reason(order)).toBe('unknown instrument')
  })

  it('answer changes and cancels of orders that are over or unknown', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    const filled = bench.buy(100)
    bench.cancel(filled)
    bench.connector.faults.dropNext('new')
    const lost = bench.buy(100, { price: '99' })
    bench.cancel(lost)
    bench.replace(lost, { quantity: 50 })
    expect(bench.kinds(filled)).toEqual(['accepted', 'filled', 'cancelRejected'])
    expect(bench.kinds(lost)).toEqual(['cancelRejected', 'replaceRejected'])
    expect(bench.reason(lost)).toBe('unknown order')
  })
})

describe('reduce-only', () => {
  it('never turns a position, whatever else fills', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 10_000, 10_000)
    bench.buy(100)
    expect(bench.kinds(bench.sell(200, { price: '100.10', reduceOnly: true }))).toEqual(['rejected'])
    const target = bench.sell(100, { price: '100.10', reduceOnly: true })
    const stop = bench.sell(100, { type: 'STOP', triggerPrice: '99.50', reduceOnly: true })
    bench.sell(40)
    expect(bench.kinds(target)).toEqual(['accepted', 'replaced'])
    bench.quote(100.1, 100.12)
    expect(bench.fills(target)).toEqual(['60@100.1'])
    expect(bench.kinds(stop).at(-1)).toBe('canceled')
    expect(bench.position()).toBe(0)
  })

  it('stops at flat when two would fill in one trade', async () => {
    const bench = await open()
    bench.quote(100, 100.02, 10_000, 10_000)
    bench.buy(100)
    bench.sell(100, { price: '100.10', reduceOnly: true })
    bench.sell(100, { price: '100.11', reduceOnly: true })
    bench.trade(100.2, 1, 1)
    expect(bench.position()).toBe(0)
    expect(bench.venue.orders({ live: true })).toEqual([])
  })
})

describe('time', () => {
  it('ends GTD orders on the minute, without any event', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    const order = bench.buy(100, {
      price: '99',
      timeInForce: 'GTD',
      expireTimeUs: bench.host.time.wallUs() + 60_000_000,
    })
    bench.host.time.advanceMs(59_999)
    expect(bench.kinds(order)).toEqual(['accepted'])
    bench.host.time.advanceMs(1)
    expect(bench.kinds(order)).toEqual(['accepted', 'expired'])
    expect(bench.host.time.pendingTimers).toBe(0)
  })

  it('ends DAY orders with the day and leaves GTC orders', async () => {
    const bench = await open({ dayEnd: '21:00' })
    bench.quote(100, 100.02)
    const day = bench.buy(100, { price: '99' })
    const good = bench.buy(100, { price: '99', timeInForce: 'GTC' })
    bench.host.time.advanceMs(6 * 3_600_000)
    bench.quote(100, 100.02)
    expect(bench.kinds(day)).toEqual(['accepted'])
    bench.host.time.advanceMs(3_600_000)
    bench.quote(100, 100.03)
    expect(bench.kinds(day)).toEqual(['accepted', 'expired'])
    expect(bench.kinds(good)).toEqual(['accepted'])
  })

  it('fills opening and closing orders at the prices of the auctions', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    bench.venue.setPhase(bench.listing, 1)
    const atOpen = bench.buy(100, { type: 'MOO' })
    const tooLow = bench.buy(100, { type: 'LOO', price: '99' })
    const early = bench.buy(100, { price: '99.50' })
    bench.venue.setPhase(bench.listing, 2)
    expect(bench.kinds(atOpen)).toEqual(['accepted'])
    bench.trade(100.01, 5_000)
    expect(bench.fills(atOpen)).toEqual(['100@100.01'])
    expect(bench.kinds(tooLow)).toEqual(['accepted', 'expired'])
    expect(bench.kinds(early)).toEqual(['accepted'])
    const atClose = bench.sell(100, { type: 'MOC' })
    bench.trade(100.3, 100)
    bench.venue.setPhase(bench.listing, 0)
    expect(bench.fills(atClose)).toEqual(['100@100.3'])
    expect(bench.kinds(early).at(-1)).toBe('expired')
  })
})

describe('what others do', () => {
  it('busts and corrects executions: position, cash and answers follow', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    const order = bench.buy(100)
    bench.venue.correct(1, { priceUnits: units(bench, '100.01') })
    expect(bench.venue.account('PAPER').cash.get('USD')).toBe(-10_001 * 100_000_000)
    expect((await bench.connector.queryFills(0))[0]?.priceUnits).toBe(units(bench, '100.01'))
    bench.venue.bust(1)
    expect(bench.kinds(order)).toEqual(['accepted', 'filled', 'corrected', 'busted'])
    expect(bench.position()).toBe(0)
    expect(bench.venue.account('PAPER').cash.get('USD')).toBe(0)
    expect(await bench.connector.queryFills(0)).toEqual([])
    expect((await bench.connector.queryOrders())[0]).toMatchObject({ state: 'canceled', cumulativeUnits: 0 })
    expect(() => bench.venue.bust(99)).toThrow('TW_INVALID_ARGUMENT')
  })

  it('tells of orders placed by hand on the account', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    const manual = bench.venue.submitManual('PAPER', 'IBM', { sideSign: 1, type: TypeCode.MARKET, quantityUnits: 100 })
    expect(bench.host.reports.kinds()).toEqual(['externalOrder', 'externalFill'])
    expect((await bench.connector.queryOrders())[0]).toMatchObject({
      venueOrderId: manual.venueOrderId,
      state: 'filled',
    })
    bench.venue.submitManual('OTHER', 'IBM', { sideSign: 1, type: TypeCode.MARKET, quantityUnits: 100 })
    expect(bench.host.reports.reports).toHaveLength(2)
  })

  it('keeps the truth while a client is gone, and finds it again', async () => {
    const venueTime = new TestHost()
    const venue = new SimulatedVenue({ time: venueTime.time })
    venue.list(testShare)
    const first = await VenueBench.open({ venue }, testShare, venueTime)
    first.quote(100, 100.02)
    const order = first.buy(100, { price: '100', clientOrderId: 'mine' })
    first.connector.crash()
    first.trade(99.9, 10, -1)
    expect(first.kinds(order)).toEqual(['accepted'])
    const host = new TestHost({ time: venueTime.time })
    host.reports.numbers.set('mine', 77)
    const second = await VenueBench.open({ venue }, testShare, host)
    expect(await second.connector.queryFills(0)).toMatchObject([{ clientOrderId: 'mine', quantityUnits: 100 }])
    expect(await second.connector.queryAccountState()).toMatchObject({ positions: [{ quantityUnits: 100 }] })
    venue.bust(1)
    expect(host.reports.kinds(77)).toEqual(['busted'])
  })

  it('goes down and comes back, with or without its book', async () => {
    const bench = await open({ connection: { reconnect: { firstDelayMs: 10, maxDelayMs: 10 } } })
    bench.quote(100, 100.02)
    const order = bench.buy(100, { price: '99' })
    bench.venue.crash()
    await bench.host.time.advanceMsAsync(100)
    expect(bench.connector.isReady).toBe(false)
    bench.venue.restart({ losesBook: true })
    await bench.host.time.advanceMsAsync(100)
    expect(bench.connector.isReady).toBe(true)
    expect(await bench.connector.queryOrders()).toEqual([])
    bench.cancel(order)
    expect(bench.reason(order)).toBe('unknown order')
    expect(bench.host.disconnects).toEqual(['the venue went down'])
  })

  it('ignores the same order sent twice', async () => {
    const bench = await open()
    bench.quote(100, 100.02)
    bench.connector.faults.duplicateNext('new')
    const order = bench.buy(100)
    expect(bench.kinds(order)).toEqual(['accepted', 'filled'])
    expect(bench.venue.counters.duplicates).toBe(1)
    expect(bench.position()).toBe(100)
  })
})

describe('money', () => {
  it('pays for shares, and profit for contracts', async () => {
    const shares = await open()
    shares.quote(100, 100.02)
    shares.buy(100)
    shares.sell(100)
    expect(shares.venue.account('PAPER').cash.get('USD')).toBe(-2 * 100_000_000)
    const futures = await open({}, testFuture)
    futures.quote(4000, 4000.25)
    futures.buy(2)
    expect(futures.venue.account('PAPER').cash.get('USD')).toBe(0)
    futures.quote(4010, 4010.25)
    futures.sell(2)
    expect(futures.venue.account('PAPER').cash.get('USD')).toBe(2 * 50 * 9.75 * 100_000_000)
  })

  it('sets money aside for open orders and gives it back', async () => {
    const bench = await open({ checksBalances: true, balances: { PAPER: { USD: '10000' } } })
    bench.quote(100, 100.02)
    const order = bench.buy(60, { price: '99' })
    expect(bench.venue.account('PAPER').available('USD')).toBe(4_060 * 100_000_000)
    expect(bench.kinds(bench.buy(60, { price: '99' }))).toEqual(['rejected'])
    bench.cancel(order)
    expect(bench.venue.account('PAPER').available('USD')).toBe(10_000 * 100_000_000)
    bench.buy(60)
    expect(bench.venue.account('PAPER').available('USD')).toBe(10_000 * 100_000_000 - 60 * 10_002 * 1_000_000)
  })
})

describe('latency', () => {
  it('delays orders and reports and keeps their order', async () => {
    const bench = await open({ latency: { orders: constantLatency(5), reports: constantLatency(3) } })
    bench.quote(100, 100.02)
    const order = bench.buy(100, { price: '99' })
    const other = bench.buy(100)
    bench.cancel(order)
    bench.host.time.advanceMs(7.9)
    expect(bench.host.reports.reports).toEqual([])
    bench.quote(100, 100.05)
    bench.host.time.advanceMs(0.1)
    expect(bench.host.reports.kinds()).toEqual(['accepted', 'accepted', 'filled', 'canceled'])
    expect(bench.fills(other)).toEqual(['100@100.02'])
    expect(bench.connector.statistics.acknowledgeLatency.max).toBeGreaterThanOrEqual(7_900_000)
  })
})
