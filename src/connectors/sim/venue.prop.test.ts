/** Whatever clients send and the market does: nothing is filled twice, beyond its quantity or beyond its limit, and all books agree. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../test/support/runs.js'
import { hasLimit, Liquidity, OrderFlag } from '../../orders/codes.js'
import { testShare } from '../../testing/builders.js'
import { TestHost } from '../../testing/test-host.js'
import { makerTakerFees } from './fees.js'
import type { MatchingMode } from './listing.js'
import { notionalUnits } from './money.js'
import { randomSlippage } from './slippage.js'
import { VenueBench } from './venue-bench.test-support.js'
import type { VenueExecution, VenueOrder } from './venue-order.js'

type Step =
  | { do: 'quote'; bid: number; spread: number; bidSize: number; askSize: number }
  | { do: 'trade'; at: number; size: number; aggressor: number }
  | {
      do: 'order'
      side: 'buy' | 'sell'
      type: string
      tif: string
      at: number
      trigger: number
      quantity: number
      postOnly: boolean
      reduceOnly: boolean
      iceberg: boolean
      stp: number
      account: number
    }
  | { do: 'cancel'; which: number }
  | { do: 'replace'; which: number; quantity: number; at: number }
  | { do: 'bust'; which: number }
  | { do: 'wait'; ms: number }

const price = fc.integer({ min: -3, max: 3 })
/** Steps from the touch: mostly at it, where queues are. */
const near = fc.constantFrom(0, 0, 0, 0, -1, 1, 2)
const seldom = fc.constantFrom(false, false, false, false, true)
const size = fc.integer({ min: 1, max: 40 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('quote' as const),
      bid: price,
      spread: fc.integer({ min: 1, max: 3 }),
      bidSize: size,
      askSize: size,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('trade' as const),
      at: near,
      size: fc.integer({ min: 1, max: 120 }),
      aggressor: fc.constantFrom(-1, -1, 1, 1, 0),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      side: fc.constantFrom('buy' as const, 'sell' as const),
      type: fc.constantFrom(
        'LIMIT',
        'LIMIT',
        'LIMIT',
        'LIMIT',
        'MARKET',
        'STOP',
        'STOP_LIMIT',
        'TRAILING_STOP',
        'TRAILING_STOP_LIMIT',
        'MARKET_IF_TOUCHED',
        'LIMIT_IF_TOUCHED',
        'MARKET_TO_LIMIT',
      ),
      tif: fc.constantFrom('DAY', 'GTC', 'GTC', 'IOC', 'FOK', 'GTD'),
      at: near,
      trigger: price,
      quantity: size,
      postOnly: seldom,
      reduceOnly: seldom,
      iceberg: seldom,
      stp: fc.constantFrom(0, 0, 0, 0, 1, 2, 3, 4),
      account: fc.integer({ min: 0, max: 1 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(50) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('replace' as const), which: fc.nat(50), quantity: size, at: near }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bust' as const), which: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }) },
)

const cents = (at: number) => (100 + at / 100).toFixed(2)
const accounts = ['A', 'B']
const stps = ['none', 'cancel_newest', 'cancel_oldest', 'cancel_both', 'decrement'] as const

class Run {
  readonly bench: VenueBench
  readonly numbers: number[] = []
  #checked = 0
  #bid = 0
  #ask = 1

  constructor(bench: VenueBench) {
    this.bench = bench
  }

  static async begin(matching: MatchingMode): Promise<Run> {
    const options = {
      matching,
      accounts,
      fees: makerTakerFees({ maker: '-0.0001', taker: '0.0003' }),
      slippage: randomSlippage({ probability: 0.2 }),
    }
    const run = new Run(await VenueBench.open(options, testShare, new TestHost({ ringCapacity: 16 })))
    // Both accounts begin with a position, so that there is something to reduce.
    const base = {
      do: 'order',
      tif: 'IOC',
      at: 0,
      trigger: 0,
      quantity: 60,
      postOnly: false,
      reduceOnly: false,
      iceberg: false,
      stp: 0,
    } as const
    run.do({ do: 'quote', bid: 0, spread: 1, bidSize: 80, askSize: 80 })
    run.do({ ...base, side: 'sell', type: 'LIMIT', tif: 'GTC', account: 1 })
    run.do({ ...base, side: 'buy', type: 'LIMIT', at: 1, account: 0 })
    run.#checked = run.bench.venue.totals.executions
    return run
  }

  do(each: Step): void {
    const { bench } = this
    switch (each.do) {
      case 'quote':
        this.#bid = each.bid
        this.#ask = each.bid + each.spread
        bench.quote(Number(cents(each.bid)), Number(cents(each.bid + each.spread)), each.bidSize, each.askSize)
        return
      case 'trade':
        bench.trade(Number(cents(this.#tradeAt(each))), each.size, each.aggressor)
        return
      case 'order':
        this.numbers.push(this.#submit(each))
        return
      case 'cancel': {
        const number = this.#pick(each.which)
        if (number !== undefined) bench.cancel(number)
        return
      }
      case 'replace': {
        const number = this.#pick(each.which)
        const order = bench.venue.order(number ?? 0)
        if (number === undefined || order === undefined) return
        bench.replace(
          number,
          hasLimit(order.type)
            ? { quantity: each.quantity, price: cents(this.#limitAt(order.sideSign > 0 ? 'buy' : 'sell', each.at)) }
            : { quantity: each.quantity },
        )
        return
      }
      case 'bust': {
        const executions = bench.venue.executions()
        const execution = executions[each.which % Math.max(1, executions.length)]
        if (execution !== undefined) bench.venue.bust(execution.exec as number)
        return
      }
      case 'wait':
        bench.host.time.advanceMs(each.ms)
    }
  }

  /** Sellers hit the bid, buyers lift the ask, give or take a step. */
  #tradeAt({ at, aggressor }: Extract<Step, { do: 'trade' }>): number {
    return aggressor > 0 ? this.#ask + at : this.#bid - at
  }

  /** Limit of an order: at its own side's touch, or so many steps more aggressive. */
  #limitAt(side: 'buy' | 'sell', at: number): number {
    return side === 'buy' ? this.#bid + at : this.#ask - at
  }

  #pick(which: number): number | undefined {
    return this.numbers[which % Math.max(1, this.numbers.length)]
  }

  #submit(each: Extract<Step, { do: 'order' }>): number {
    const { bench } = this
    const isTrailing = each.type.startsWith('TRAILING')
    const isImmediate = each.type === 'LIMIT' || each.type === 'MARKET' || each.type === 'MARKET_TO_LIMIT'
    const hasPrice =
      each.type === 'LIMIT' || each.type.endsWith('_LIMIT')
        ? each.type !== 'MARKET_TO_LIMIT'
        : each.type === 'LIMIT_IF_TOUCHED'
    const rests = hasPrice && each.tif !== 'IOC' && each.tif !== 'FOK'
    return bench.host.submit(bench.connector, {
      symbol: 'IBM',
      side: each.side,
      quantity: each.quantity,
      type: each.type as 'LIMIT',
      timeInForce: each.tif as 'DAY',
      account: accounts[each.account] as string,
      selfTradePrevention: stps[each.stp] as 'none',
      ...(hasPrice ? { price: cents(this.#limitAt(each.side, each.at)) } : {}),
      ...(isImmediate || isTrailing ? {} : { triggerPrice: cents(each.trigger) }),
      ...(isTrailing ? { trailing: { amount: '0.03' } } : {}),
      ...(each.tif === 'GTD' ? { expireTimeUs: bench.host.time.wallUs() + 2_000_000 } : {}),
      ...(rests && each.postOnly ? { postOnly: true } : {}),
      ...(each.reduceOnly ? { reduceOnly: true } : {}),
      ...(rests && each.iceberg ? { displayQuantity: Math.max(1, Math.floor(each.quantity / 3)) } : {}),
    })
  }

  /** What must hold after every step. `limits` are the limit prices before it. */
  check(each: Step, limits: ReadonlyMap<VenueOrder, number>, positionsBefore: ReadonlyMap<string, number>): void {
    const { venue, host } = this.bench
    const news: VenueExecution[] = []
    for (let exec = this.#checked + 1; exec <= venue.totals.executions; exec++) {
      const execution = venue.executions().find((candidate) => candidate.exec === exec)
      if (execution !== undefined) news.push(execution)
    }
    this.#checked = venue.totals.executions
    for (const { order, priceUnits, quantityUnits } of news) {
      expect(quantityUnits).toBeGreaterThan(0)
      const limit = Math[order.sideSign > 0 ? 'max' : 'min'](limits.get(order) ?? order.priceUnits, order.priceUnits)
      // A market-to-limit order has no limit before it rests.
      const hadLimit = hasLimit(order.type) || (limits.has(order) && !Number.isNaN(limits.get(order)))
      if (hadLimit) expect(order.sideSign * (priceUnits - limit)).toBeLessThanOrEqual(0)
    }
    for (const order of venue.orders()) {
      expect(order.cumulativeUnits).toBeLessThanOrEqual(order.quantityUnits)
      expect(order.isLive).toBe(order.state === 'working' || order.state === 'triggered')
      expect(host.reports.filledUnits(order.tag)).toBe(order.cumulativeUnits)
      const ends = host.reports
        .kinds(order.tag)
        .filter((kind) => kind === 'canceled' || kind === 'expired' || kind === 'rejected').length
      const isFilled = order.state === 'filled'
      if (order.isLive || isFilled) expect(ends).toBe(0)
    }
    this.#checkAccounts()
    this.#checkReduceOnly(news, positionsBefore)
    if (each.do === 'trade') this.#checkTrade(each, news, limits)
  }

  #checkAccounts(): void {
    const { venue, listing } = this.bench
    for (const name of accounts) {
      let held = 0
      let cash = 0
      for (const { order, quantityUnits, priceUnits, feeUnits } of venue.executions({ account: name })) {
        held += order.sideSign * quantityUnits
        cash -= order.sideSign * notionalUnits(listing.instrument, priceUnits, quantityUnits) + feeUnits
      }
      expect(this.bench.position(name)).toBe(held)
      expect(venue.account(name).cash.get('USD') ?? 0).toBe(cash)
    }
    expect(listing.liveOrders).toBe(venue.orders({ live: true }).length)
  }

  /**
   * Executions of reduce-only orders bring a position nearer to zero, one after the other, also within one sweep.
   */
  #checkReduceOnly(news: readonly VenueExecution[], before: ReadonlyMap<string, number>): void {
    const held = new Map(before)
    for (const { order, quantityUnits } of news) {
      const next = (held.get(order.accountName) ?? 0) + order.sideSign * quantityUnits
      if ((order.flags & OrderFlag.reduceOnly) !== 0)
        expect(Math.abs(next)).toBeLessThan(Math.abs(held.get(order.accountName) ?? 0))
      held.set(order.accountName, next)
    }
  }

  /** What a recorded trade gave to orders at its own price is not more than it had; nobody is passed over. */
  #checkTrade(
    trade: Extract<Step, { do: 'trade' }>,
    news: readonly VenueExecution[],
    before: ReadonlyMap<VenueOrder, number>,
  ): void {
    const units = this.bench.listing.instrument.priceUnits(cents(this.#tradeAt(trade)))
    const atPrice = news.filter(
      (execution) => execution.liquidity === Liquidity.maker && execution.priceUnits === units,
    )
    for (const side of [1, -1]) {
      const given = atPrice
        .filter(({ order }) => order.sideSign === side)
        .reduce((sum, { quantityUnits }) => sum + quantityUnits, 0)
      expect(given).toBeLessThanOrEqual(trade.size)
    }
    for (const other of this.bench.listing.matcher.resting()) {
      const wasHit = other.sideSign === -trade.aggressor && before.get(other) === other.priceUnits && !other.isTriggered
      if (wasHit) expect(other.sideSign * (other.priceUnits - units)).toBeLessThanOrEqual(0)
    }
    for (const { order } of news.filter((execution) => execution.liquidity === Liquidity.maker)) {
      for (const other of this.bench.listing.matcher.resting()) {
        // What rested at its price before the trade comes first; a stop that the trade set off comes after it.
        if (other.sideSign !== order.sideSign || before.get(other) !== other.priceUnits || other.isTriggered) continue
        expect(other.sideSign * (other.priceUnits - order.priceUnits)).toBeLessThanOrEqual(0)
      }
    }
  }
}

async function play(matching: MatchingMode, steps: readonly Step[]): Promise<Run> {
  const run = await Run.begin(matching)
  for (const each of steps) {
    if (matching === 'book' && (each.do === 'quote' || each.do === 'trade')) continue
    const limits = new Map(run.bench.venue.orders().map((order) => [order, order.priceUnits]))
    const positions = new Map(accounts.map((name) => [name, run.bench.position(name)]))
    run.do(each)
    run.check(each, limits, positions)
  }
  return run
}

const steps = fc.array(step, { minLength: 10, maxLength: 100, size: 'max' })
const numRuns = runs({ ci: 60, full: 2_000 })

describe('a venue', () => {
  it('keeps its books in a recorded market', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        await play('market', list)
      }),
      { numRuns },
    )
  }, 600_000)

  it('keeps its books in a book of its own, where positions add up to nothing', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { bench } = await play('book', list)
        const busted = bench.host.reports.of('busted').length > 0
        if (!busted) expect(bench.position('A') + bench.position('B')).toBe(0)
      }),
      { numRuns },
    )
  }, 600_000)

  it('does the same again for the same steps', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const log = async () =>
          (await play('market', list)).bench.host.reports.reports.map((report) => JSON.stringify(report))
        expect(await log()).toEqual(await log())
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    )
  }, 600_000)
})
