import { describe, expect, it } from 'vitest'
import { buy, startEcho } from '../../test/support/echo-system.js'
import {
  analyze,
  executionPlot,
  fillRateFeedback,
  implementationShortfall,
  MarketTape,
  OrderRecord,
  TcaCollector,
  toHtml,
  toTextTable,
  twapOf,
  vwapOf,
} from './index.js'

const second = 1_000_000

/** A tape whose mid rises by 0.10 a second from 100, with a spread of 0.02 and a trade of 100 at the mid each second. */
function risingTape(seconds = 120): MarketTape {
  const tape = new MarketTape()
  for (let i = 0; i <= seconds; i++) {
    const mid = 100 + i / 10
    tape.quote(0, i * second, mid - 0.01, mid + 0.01)
    tape.trade(0, i * second, mid, 100)
  }
  return tape
}

const order = {
  id: 'P1',
  symbol: 'IBM',
  instrument: 0,
  side: 'buy',
  quantity: 300,
  arrivalUs: 10 * second,
  algorithm: 'twap',
  strategy: 'S',
} as const

describe('an analysis', () => {
  const record = new OrderRecord()
  const index = record.addOrder({ ...order, decisionUs: 5 * second })
  record.addFill(index, { tsUs: 12 * second + 1, price: 101.21, quantity: 100, fee: 1, venue: 'A', liquidity: 'taker' })
  record.addFill(index, { tsUs: 20 * second + 1, price: 101.99, quantity: 100, fee: 1, venue: 'B', liquidity: 'maker' })
  record.endOrder(index, 30 * second)
  record.addRouted({ venue: 'A', quantity: 100, filled: 100, ackLatencyUs: 500, fillLatencyUs: 900 })
  record.addRouted({ venue: 'B', quantity: 200, filled: 100, ackLatencyUs: 700 })
  record.addRouted({ venue: 'B', quantity: 100, filled: 0, isRejected: true })
  const report = analyze(record, risingTape(), { horizonsMs: [1_000, 10_000] })
  const [cost] = report.orders

  it('takes decision, arrival and end from the tape', () => {
    expect(cost).toMatchObject({ decisionPrice: 100.5, arrivalPrice: 101, endPrice: 103, isOpen: false })
    expect(cost?.averagePrice).toBeCloseTo(101.6, 12)
    expect(cost?.fillRate).toBeCloseTo(2 / 3, 12)
  })

  it('decomposes as the exact form does', () => {
    const exact = implementationShortfall({
      side: 'buy',
      quantity: 300,
      decisionPrice: '100.5',
      arrivalPrice: '101',
      endPrice: '103',
      fees: 2,
      fills: [
        { price: '101.21', quantity: 100 },
        { price: '101.99', quantity: 100 },
      ],
    })
    expect(cost?.totalCost).toBeCloseTo(exact.totalCost, 9)
    expect(cost?.totalBps).toBeCloseTo(exact.totalBps, 9)
    for (const [part, name] of [
      ['delay', 'delayBps'],
      ['trading', 'tradingBps'],
      ['opportunity', 'opportunityBps'],
      ['fees', 'feesBps'],
    ] as const) {
      expect(cost?.cfa[part]).toBeCloseTo(exact.cfa[name], 9)
      expect(cost?.wagnerEdwards[part]).toBeCloseTo(exact.wagnerEdwards[name], 9)
    }
  })

  it('compares with the averages of the interval', () => {
    // Trades from second 10 to 30, ends included: mids 101 to 103, equal sizes.
    expect(cost?.intervalVwap).toBeCloseTo(102, 9)
    // Each mid holds a second: 101.0 to 102.9.
    expect(cost?.intervalTwap).toBeCloseTo(101.95, 9)
    expect(cost?.marketVolume).toBe(2_100)
    expect(cost?.participation).toBeCloseTo(200 / 2_100, 12)
    expect(cost?.slippageBps.vwap).toBeCloseTo(((101.6 - 102) / 102) * 10_000, 9)
  })

  it('measures fills against the quotes before and after them', () => {
    // Bought at the ask of 101.20 +- 0.01, and at the bid of 102.00.
    const [a, b] = report.venues
    expect(a).toMatchObject({ venue: 'A', fills: 1, makerShare: 0, ordersSent: 1, fillRate: 1, rejectRate: 0 })
    expect(a?.spread.capture).toBeCloseTo(-1, 9)
    expect(a?.spread.effectiveBps).toBeCloseTo((0.02 / 101.2) * 10_000, 9)
    expect(b).toMatchObject({ venue: 'B', makerShare: 1, ordersSent: 2, rejectRate: 0.5 })
    expect(b?.fillRate).toBeCloseTo(1 / 3, 12)
    expect(b?.spread.capture).toBeCloseTo(1, 9)
    expect(b?.ackLatencyUs).toEqual({ p50: 700, p95: 700 })
    // One second later the mid is 101.30, ten seconds later 102.20: the market went with the buyer, a gain.
    expect(a?.spread.markoutsBps[0]).toBeCloseTo(((101.21 - 101.3) / 101.2) * 10_000, 9)
    expect(a?.spread.realizedBps).toBeCloseTo(2 * ((101.21 - 102.2) / 101.2) * 10_000, 9)
    expect(a?.spread.impactBps).toBeCloseTo((a?.spread.effectiveBps ?? 0) - (a?.spread.realizedBps ?? 0), 12)
  })

  it('tells a router how much is filled where', () => {
    const rate = fillRateFeedback(report, { leastOrders: 2 })
    expect([rate('A'), rate('B'), rate('nowhere')]).toEqual([undefined, report.venues[1]?.fillRate, undefined])
    expect(fillRateFeedback(report)('B')).toBeUndefined()
  })

  it('adds up by group', () => {
    expect(report.byAlgorithm).toHaveLength(1)
    expect(report.byAlgorithm[0]).toMatchObject({ name: 'twap', orders: 1, fills: 2, unpriced: 0 })
    expect(report.total.totalBps).toBeCloseTo(cost?.totalBps ?? 0, 9)
    expect(report.total.spread.effectiveBps).toBeCloseTo(cost?.spread.effectiveBps ?? 1, 9)
  })

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  it('comes as text and as a page that loads nothing', () => {
    const text = toTextTable(report)
    expect(text).toContain('twap')
    expect(text.split('\n').every((line) => line === line.trimEnd())).toBe(true)
    const html = toHtml(report, {
      title: 'Day <1>',
      plots: [
        executionPlot('Schedule', [
          { tsUs: 0, planned: 100, filled: 0 },
          { tsUs: second, planned: 200, filled: 100 },
        ]),
      ],
    })
    expect(html).toContain('Day &lt;1&gt;')
    expect(html.match(/<svg/g)?.length).toBeGreaterThanOrEqual(3)
    expect(html).not.toMatch(/<script|https?:|src=|@import|url\(/)
    expect(html).not.toMatch(/NaN|undefined|Infinity/)
  })
})

describe('what is missing', () => {
  it('is null and counts in no average', () => {
    const record = new OrderRecord()
    record.addFill(record.addOrder({ ...order, instrument: 7 }), { tsUs: 12 * second, price: 100, quantity: 300 })
    const unfilled = record.addOrder({ ...order, id: 'P2', arrivalPrice: 100 })
    record.endOrder(unfilled, 60 * second, 101)
    const report = analyze(record, risingTape())
    expect(report.total).toMatchObject({ orders: 2, unpriced: 1 })
    expect(report.orders[0]).toMatchObject({ totalBps: null, arrivalPrice: null, isOpen: true, feesUnknown: 1 })
    expect(report.orders[0]?.spread.markoutsBps).toEqual([null, null, null, null])
    expect(report.orders[1]).toMatchObject({ filledQuantity: 0, averagePrice: null, slippageBps: { arrival: null } })
    expect(report.orders[1]?.totalBps).toBeCloseTo(100, 9)
    expect(toTextTable(report)).not.toMatch(/NaN/)
    expect(toHtml(report)).not.toMatch(/NaN|undefined/)
  })

  it('an empty analysis is one', () => {
    const report = analyze(new OrderRecord(), new MarketTape())
    expect(report).toMatchObject({ orderCount: 0, fillCount: 0, orders: [], venues: [] })
    expect(toHtml(report)).toContain('0 orders')
  })

  it('does not guess a markout beyond the end of the tape', () => {
    const record = new OrderRecord()
    record.addFill(record.addOrder(order), { tsUs: 119 * second, price: 112, quantity: 300 })
    const [cost] = analyze(record, risingTape(), { horizonsMs: [1_000, 10_000] }).orders
    expect(cost?.spread.markoutsBps[0]).not.toBeNull()
    expect(cost?.spread.markoutsBps[1]).toBeNull()
  })
})

describe('a record', () => {
  it.each([
    ['quantity', { quantity: 0 }],
    ['quantity', { quantity: Number.NaN }],
    ['arrivalUs', { arrivalUs: Number.NaN }],
    ['side', { side: 'hold' }],
    ['instrument', { instrument: -1 }],
    ['rate', { rate: Number.NaN }],
  ])('refuses a bad %s', (field, change) => {
    expect(() => new OrderRecord().addOrder({ ...order, ...change } as typeof order)).toThrow(field)
  })

  it('refuses fills that are none, and orders that are not there', () => {
    const record = new OrderRecord({ maxOrders: 1, maxFills: 1 })
    const index = record.addOrder(order)
    expect(() => record.addOrder(order)).toThrow(/TW_CAPACITY/)
    expect(() => record.addFill(index, { tsUs: 1, price: Number.NaN, quantity: 1 })).toThrow(/price/)
    expect(() => record.addFill(9, { tsUs: 1, price: 1, quantity: 1 })).toThrow(/order/)
    record.addFill(index, { tsUs: 1, price: 1, quantity: 1 })
    expect(() => record.addFill(index, { tsUs: 1, price: 1, quantity: 1 })).toThrow(/TW_CAPACITY/)
  })

  it('takes busts and corrections', () => {
    const record = new OrderRecord()
    const index = record.addOrder(order)
    const busted = record.addFill(index, { tsUs: 11 * second, price: 99, quantity: 100 })
    const corrected = record.addFill(index, { tsUs: 11 * second, price: 99, quantity: 100 })
    record.removeFill(busted)
    record.correctFill(corrected, { price: 101, quantity: 50, fee: 3 })
    const report = analyze(record, risingTape())
    expect(report.fillCount).toBe(1)
    expect(report.orders[0]).toMatchObject({ filledQuantity: 50, averagePrice: 101, fees: 3 })
  })
})

function near(actual: number, expected: number): void {
  if (Number.isNaN(expected)) expect(actual).toBeNaN()
  else expect(actual).toBeCloseTo(expected, 8)
}

describe('a tape', () => {
  it('agrees with sums by hand over random intervals', () => {
    const tape = new MarketTape()
    const quotes: [number, number][] = []
    const trades: [number, number, number][] = []
    let seed = 7
    const random = (most: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return seed % most
    }
    let at = 0
    for (let i = 0; i < 500; i++) {
      at += random(5)
      const mid = 100 + random(1_000) / 100
      tape.quote(0, at, mid - 0.5, mid + 0.5)
      quotes.push([at, mid])
      const [price, size] = [100 + random(100) / 10, 1 + random(9)]
      tape.trade(0, at, price, size)
      trades.push([at, price, size])
    }
    for (let i = 0; i < 200; i++) {
      const from = random(at)
      const to = from + 1 + random(at)
      near(tape.twap(0, from, to), twapOf(quotes, from, to))
      const inside = trades.filter(([ts]) => ts >= from && ts < to)
      near(
        tape.volume(0, from, to),
        inside.reduce((sum, [, , size]) => sum + size, 0),
      )
      near(tape.vwap(0, from, to), vwapOf(inside.map(([, price, size]) => [price, size])))
    }
  })

  it('is bounded, and counts what it leaves out', () => {
    const tape = new MarketTape({ maxEvents: 256, maxInstruments: 2 })
    for (let i = 0; i < 1_000; i++) tape.quote(0, i, 99, 101)
    tape.quote(0, 5, 99, 101)
    tape.quote(9, 5, 99, 101)
    tape.quote(0, 2_000, Number.NaN, 101)
    expect(tape.losses.dropped).toBeGreaterThan(700)
    expect(tape.losses).toMatchObject({ late: 1, ignored: 1 })
    expect(tape.midAt(0, 999)).toBe(100)
    expect(tape.twap(0, 900, 999)).toBeCloseTo(100, 9)
  })

  it('averages by hand', () => {
    expect(
      vwapOf([
        [10, 1],
        [20, 3],
      ]),
    ).toBe(17.5)
    expect(vwapOf([])).toBeNaN()
    expect(
      twapOf(
        [
          [0, 10],
          [6, 20],
        ],
        0,
        10,
      ),
    ).toBe(14)
    expect(twapOf([[20, 10]], 0, 10)).toBeNaN()
  })
})

describe('implementation shortfall', () => {
  const good = { side: 'buy', quantity: 10, decisionPrice: 10, fills: [{ price: 10, quantity: 10 }] } as const
  it.each([
    [{ quantity: 0 }],
    [{ quantity: Number.NaN }],
    [{ decisionPrice: 0 }],
    [{ fills: [{ price: 10, quantity: 11 }] }],
    [{ fills: [{ price: 10, quantity: 4 }] }],
    [
      {
        fills: [
          { price: 10, quantity: 5 },
          { price: 10, quantity: 5, benchmark: 9 },
        ],
      },
    ],
    [{ fills: [{ price: 10, quantity: -1 }] }],
    [{ side: 'hold' }],
  ])('refuses %j', (change) => {
    expect(() => implementationShortfall({ ...good, ...change } as never)).toThrow(/TW_INVALID/)
  })

  it('both forms have one total', () => {
    const { cfa, wagnerEdwards, totalCost } = implementationShortfall({
      ...good,
      quantity: 20,
      arrivalPrice: '10.3',
      endPrice: 11,
      fees: '-0.5',
    })
    const sum = (form: typeof cfa) => form.delay + form.trading + form.opportunity + form.fees
    expect(sum(cfa)).toBeCloseTo(totalCost, 12)
    expect(sum(wagnerEdwards)).toBeCloseTo(totalCost, 12)
  })
})

describe('a collector', () => {
  it('records the orders of a system, with busts, corrections and venues', async () => {
    const { system, venue, time } = await startEcho()
    const collector = new TcaCollector({
      events: system.orders.events,
      instruments: system.instruments,
      quotes: { mid: () => 100.02 },
      parentOf: ({ tag }) => (tag === undefined ? undefined : { id: tag, quantity: 300, algorithm: 'slices' }),
    })
    system.ring.addConsumer({ name: 'tca', policy: 'dropOldest', handlers: collector.tape.handlers })
    venue.quote(99.99, 100.01)
    venue.onNew = (order) => venue.reports.accepted(order.number, `v${order.number}`, 1)
    const first = system.orders.submit(buy({ tag: 'P' }))
    const second = system.orders.submit(buy({ tag: 'P', quantity: 50 }))
    const alone = system.orders.submit(buy({ quantity: 10 }))
    await time.advanceMsAsync(10)
    const nowUs = time.wallUs()
    venue.reports.filled(first.number, 'e1', 100, 1_000_100, 100_000_000, 'USD', 2, nowUs)
    venue.reports.filled(second.number, 'e2', 20, 1_000_000, 0, 'EUR', 1, nowUs)
    second.cancel()
    venue.reports.canceled(second.number, 20, '', nowUs)
    await time.advanceMsAsync(10)
    system.ring.drain()
    const report = analyze(collector.record, collector.tape)
    expect(
      report.orders.map(({ id, algorithm, quantity, filledQuantity, isOpen }) => [
        id,
        algorithm,
        quantity,
        filledQuantity,
        isOpen,
      ]),
    ).toEqual([
      ['P', 'slices', 300, 120, false],
      [alone.clientOrderId, '', 10, 0, true],
    ])
    expect(report.orders[0]).toMatchObject({ arrivalPrice: 100.02, fees: 1, feesUnknown: 1 })
    expect(report.venues[0]).toMatchObject({ venue: 'echo', ordersSent: 2, fills: 2 })
    expect(collector.foreignFees).toBe(1)
    collector.stop()
    system.orders.submit(buy({ quantity: 11 }))
    expect(collector.record.orderCount).toBe(2)
    await system.stop()
  })
})
