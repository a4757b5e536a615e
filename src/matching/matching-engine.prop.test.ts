import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { AuctionKind, MarketState, NO_PRICE, OrderKind, TimeInForce } from './codes.js'
import { MatchingEngine } from './matching-engine.js'
import { entryOf, levelsOf, queueOf, RecordingListener } from './recording-listener.test-support.js'
import { ReferenceEngine } from './reference-engine.test-support.js'

type Operation =
  | { type: 'submit'; options: Parameters<typeof entryOf>[3] & { side: number; quantity: number } }
  | { type: 'cancel'; back: number }
  | { type: 'replace'; back: number; quantity: number; price: number; trigger: number }
  | { type: 'expire'; byUs: number }
  | { type: 'state'; state: MarketState }
  | { type: 'auction'; kind: AuctionKind; states: readonly MarketState[]; reference: number | undefined }
  | { type: 'print'; price: number }
  | { type: 'quote'; bid: number; ask: number }

/** Mostly around the touch, sometimes far outside a window of 128 ticks. */
const price = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: -6, max: 6 }) },
  { weight: 1, arbitrary: fc.integer({ min: -400, max: 400 }) },
)
const quantity = fc.integer({ min: 1, max: 40 })
const maybe = <T>(weight: number, value: fc.Arbitrary<T>, otherwise: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(otherwise) }, { weight, arbitrary: value })

const submit = fc.record({
  type: fc.constant('submit' as const),
  options: fc.record({
    side: fc.constantFrom(1, -1),
    quantity,
    kind: maybe(4, fc.constantFrom(...Object.values(OrderKind)), OrderKind.limit),
    price,
    timeInForce: maybe(4, fc.constantFrom(...Object.values(TimeInForce)), TimeInForce.day),
    postOnly: maybe(1, fc.constantFrom(1, 2), 0) as fc.Arbitrary<0 | 1 | 2>,
    displayQuantity: maybe(2, fc.integer({ min: 1, max: 10 }), 0),
    owner: fc.integer({ min: 0, max: 2 }),
    selfTrade: maybe(4, fc.integer({ min: 1, max: 4 }), 0) as fc.Arbitrary<0 | 1 | 2 | 3 | 4>,
    triggerPrice: price,
    triggerSource: fc.constantFrom(0, 1) as fc.Arbitrary<0 | 1>,
    trailOffset: fc.integer({ min: 1, max: 4 }),
    trailUnit: maybe(3, fc.constant(1), 0) as fc.Arbitrary<0 | 1>,
    limitOffset: fc.integer({ min: -2, max: 3 }),
    expireUs: fc.integer({ min: 1, max: 100 }),
  }),
})
const back = fc.integer({ min: 0, max: 25 })
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 20, arbitrary: submit },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('cancel' as const), back }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('replace' as const),
      back,
      quantity,
      price: maybe(5, price, NO_PRICE),
      trigger: maybe(2, price, NO_PRICE),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('expire' as const), byUs: fc.integer({ min: 0, max: 15 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('state' as const),
      state: fc.constantFrom(...Object.values(MarketState)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('auction' as const),
      kind: fc.constantFrom(...Object.values(AuctionKind)),
      states: fc.constantFrom([MarketState.auction], [MarketState.open], []),
      reference: fc.option(price, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('print' as const), price }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('quote' as const),
      bid: maybe(5, price, NO_PRICE),
      ask: maybe(5, price, NO_PRICE),
    }),
  },
)

/** The engine and the reference side by side; prices are shifted by `base` to reach both signs and large values. */
class Duel {
  readonly listener = new RecordingListener()
  readonly engine = new MatchingEngine(this.listener, { initialOrders: 1, maxWindowTicks: 128 })
  readonly reference = new ReferenceEngine()
  private submitted = 0
  private nowUs = 0
  private readonly totals = new Map<number, { total: number; done: number }>()
  private readonly base: number

  constructor(base: number) {
    this.base = base
  }

  run(operation: Operation): void {
    const { engine, reference } = this
    switch (operation.type) {
      case 'submit': {
        const { side, quantity, ...options } = operation.options
        options.price = this.shift(options.price!)
        options.triggerPrice = this.shift(options.triggerPrice!)
        const entry = entryOf(this.numberOf(this.submitted++), side, quantity, options)
        expect(engine.submit(entry)).toBe(reference.submit(entry))
        break
      }
      case 'cancel': {
        const orderNumber = this.numberOf(this.submitted - operation.back)
        expect(engine.cancel(orderNumber)).toBe(reference.cancel(orderNumber))
        break
      }
      case 'replace': {
        const orderNumber = this.numberOf(this.submitted - operation.back)
        const [newPrice, trigger] = [this.shift(operation.price), this.shift(operation.trigger)]
        const isReplaced = engine.replace(orderNumber, operation.quantity, newPrice, trigger)
        expect(isReplaced).toBe(reference.replace(orderNumber, operation.quantity, newPrice, trigger))
        break
      }
      case 'expire':
        this.nowUs += operation.byUs
        engine.expire(this.nowUs)
        reference.expire(this.nowUs)
        break
      case 'state':
        engine.setState(operation.state)
        reference.setState(operation.state)
        break
      case 'auction':
        this.auction(operation)
        break
      case 'print':
        engine.observeTrade(this.shift(operation.price))
        reference.observeTrade(this.shift(operation.price))
        break
      case 'quote':
        engine.observeQuote(this.shift(operation.bid), this.shift(operation.ask))
        reference.observeQuote(this.shift(operation.bid), this.shift(operation.ask))
    }
    this.compare()
  }

  /** A round of state changes with an uncross in the middle, looked at before it happens. */
  private auction({ kind, states, reference }: Operation & { type: 'auction' }): void {
    this.engine.setState(MarketState.auction)
    this.reference.setState(MarketState.auction)
    const near = reference === undefined ? this.reference.last : this.shift(reference)
    const before = this.picture()
    const indicated = this.engine.indicate(kind, near ?? NO_PRICE)
    expect(this.picture()).toEqual(before)
    expect(this.engine.uncross(kind, near ?? NO_PRICE)).toEqual(indicated)
    this.reference.clear(kind, near)
    for (const state of states) {
      this.engine.setState(state)
      this.reference.setState(state)
    }
  }

  private compare(): void {
    const events = this.listener.take()
    expect(events).toEqual(this.reference.events.splice(0))
    for (const side of [1, -1]) {
      const bookSide = side === 1 ? 0 : 1
      const queue = this.reference.queue(side)
      const levels = levelsOf(this.engine, bookSide)
      const orders = levels.flatMap(([level]) => queueOf(this.engine, bookSide, level))
      expect(orders).toEqual(queue.map((order) => [order.orderNumber, order.shown]))
      expect(levels.flatMap(([level]) => queueOf(this.engine, bookSide, level).map(() => level))).toEqual(
        queue.map((order) => order.price),
      )
      for (const [level, shown] of levels) {
        expect(shown).toBe(queueOf(this.engine, bookSide, level).reduce((sum, [, quantity]) => sum + quantity, 0))
        expect(this.engine.depthAt(bookSide, level)).toBe(shown)
      }
      expect([...this.listener.shadow[bookSide]].sort(([a], [b]) => side * (b - a))).toEqual(levels)
    }
    for (const order of this.reference.orders) {
      expect(this.engine.orderRemaining(order.orderNumber)).toBe(order.open)
      if (order.place === 'dormant') expect(this.engine.orderTrigger(order.orderNumber)).toBe(order.trigger ?? NO_PRICE)
    }
    expect(this.engine.liveOrders).toBe(this.reference.orders.length)
    expect(this.engine.lastPrice).toBe(this.reference.last ?? NO_PRICE)
    if (
      this.engine.state === MarketState.open &&
      this.engine.bestBid !== NO_PRICE &&
      this.engine.bestAsk !== NO_PRICE
    ) {
      expect(this.engine.bestBid).toBeLessThan(this.engine.bestAsk)
    }
    this.conserve(events)
  }

  /** Every unit of every order is open, traded or taken out: nothing appears, nothing is lost. */
  private conserve(events: readonly string[]): void {
    for (const event of events) {
      const [word, ...rest] = event.split(' ')
      const [first, second, third, , quantity] = rest.map(Number)
      if (word === 'accepted') this.totals.set(first, { total: Number(rest[3]), done: 0 })
      if (word === 'replaced') this.totals.get(first)!.total = third
      if (word === 'trade') {
        this.totals.get(second)!.done += quantity
        this.totals.get(third)!.done += quantity
      }
      if (word === 'canceled' || word === 'expired') this.totals.get(first)!.done += second
    }
    for (const [orderNumber, { total, done }] of this.totals) {
      expect(this.engine.orderRemaining(orderNumber)).toBe(total - done)
      if (total === done) this.totals.delete(orderNumber)
    }
  }

  private picture(): unknown {
    return [0, 1].map((bookSide) =>
      levelsOf(this.engine, bookSide).map(([p]) => [p, queueOf(this.engine, bookSide, p)]),
    )
  }

  /** Spread over the safe integers, so that the hash table sees more than small consecutive numbers. */
  private numberOf(index: number): number {
    return index < 0 ? 999_999_999 : index % 3 === 0 ? index : index * 4_294_967_296 + 7
  }

  private shift(value: number): number {
    return value === NO_PRICE ? NO_PRICE : value + this.base
  }
}

/** Submits with the fields that matter; the others as a plain limit order has them. */
function submitted(options: Partial<Extract<Operation, { type: 'submit' }>['options']>): Operation {
  return {
    type: 'submit',
    options: {
      side: 1,
      quantity: 1,
      kind: OrderKind.limit,
      price: 0,
      timeInForce: TimeInForce.day,
      postOnly: 0,
      displayQuantity: 0,
      owner: 0,
      selfTrade: 0,
      triggerPrice: 0,
      triggerSource: 0,
      trailOffset: 1,
      trailUnit: 0,
      limitOffset: 0,
      expireUs: 1,
      ...options,
    },
  } as Operation
}

describe('MatchingEngine against the reference', () => {
  it('gives the same events, book, queues and triggers after every operation', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 5_000, -1_000, 999_999_000, -999_999_000),
        fc.array(operation, { maxLength: 90, size: 'max' }),
        (base, operations) => {
          const duel = new Duel(base)
          for (const one of operations) duel.run(one)
        },
      ),
      { numRuns: runs({ ci: 400, full: 10_000 }) },
    )
  }, 600_000)

  it('gives the same for a triggered fill-or-kill order that a tip shown anew stands behind one of its own owner', () => {
    const duel = new Duel(0)
    for (const one of [
      { side: -1, quantity: 2, kind: 5, timeInForce: TimeInForce.fok, owner: 2, selfTrade: 1 },
      { quantity: 6, price: 2, displayQuantity: 5, selfTrade: 1 },
      { price: 2, owner: 2 },
      { price: 3 },
      { side: -1, quantity: 4, kind: 4, triggerPrice: 3 },
      { side: -1, selfTrade: 1 },
    ] as const)
      duel.run(submitted(one as Parameters<typeof submitted>[0]))
  })
})
