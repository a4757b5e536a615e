/** The short way through the gate says yes where all controls say yes, and nowhere else. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { OrderFlag, TifCode, TypeCode } from '../orders/codes.js'
import { GateUnderTest, type OrderDraft } from './gate-under-test.test-support.js'
import type { RiskLimits } from './limits.js'
import * as Plan from './plan-fields.js'

const NONE = Number.NaN

/** Mostly what nearly all orders are, now and then something else. */
const rarely = <T>(usual: T, ...rare: T[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...rare) })

const draft: fc.Arbitrary<OrderDraft> = fc.record({
  instrument: fc.nat(2),
  strategy: fc.nat(1),
  side: fc.constantFrom(1 as const, -1 as const),
  type: rarely<number>(TypeCode.LIMIT, TypeCode.MARKET, TypeCode.STOP_LIMIT),
  timeInForce: rarely<number>(TifCode.DAY, TifCode.GTD, TifCode.IOC),
  flags: rarely<number>(0, OrderFlag.postOnly, OrderFlag.reduceOnly),
  quantity: fc.oneof(fc.constantFrom(0, 99, 100, 101, 5_000_000), fc.integer({ min: 1, max: 20 })),
  price: fc.oneof(
    fc.constantFrom(0, 9_499, 9_500, 9_505, 10_500, 10_501, 10_505, 2 ** 53, NONE),
    fc.integer({ min: 1_890, max: 2_110 }).map((steps) => steps * 5),
    fc.integer({ min: 1_990, max: 2_022 }).map((steps) => steps * 5),
  ),
  trigger: rarely(NONE, 10_000),
  expireUs: fc.constant(NONE),
  display: rarely(NONE, 10),
})

const event = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('submit' as const), order: draft, waitUs: fc.nat(1_200) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('quote' as const),
      instrument: fc.nat(2),
      price: fc.constantFrom(96, 98, 100, 100.01, 101),
      waitUs: fc.constantFrom(0, 0, 5_000_000, 5_000_001),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('state' as const),
      scope: fc.constantFrom('global' as const, 'strategy' as const, 'instrument' as const),
      state: fc.constantFrom('ACTIVE' as const, 'ACTIVE' as const, 'REDUCING' as const, 'HALTED' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('phase' as const, 'ready' as const, 'cancel' as const, 'cancel' as const),
      value: fc.nat(5),
    }),
  },
)

/** Wide or tight, one limit independent of the other, so that each of them decides now and then. */
const seldom = <T>(wide: T, ...tight: T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(wide) }, { weight: 1, arbitrary: fc.constantFrom(...tight) })

const limits: fc.Arbitrary<RiskLimits> = fc.record({
  maxOrderQuantity: seldom<RiskLimits['maxOrderQuantity'] & {}>(1_000, { S0: 100, '*': 10 }, { S0: 10 }),
  maxOrderNotional: seldom('1000000000000000', '1000', '90071992547409910'),
  maxPosition: seldom<RiskLimits['maxPosition'] & {}>(100_000, 30, { S0: 20, S1: 300 }),
  maxOpenOrders: seldom({}, { instrument: 2 }, { strategy: 2 }, { account: 3 }, { connector: 3 }),
  priceCollarPercent: fc.constantFrom<number | false>(5, 5, 0.1, false),
  throttle: seldom<RiskLimits['throttle'] & {}>(false, { limit: 3, windowMs: 1 }),
  duplicates: seldom<RiskLimits['duplicates'] & {}>(false, { limit: 2, windowMs: 1 }),
})

/** A gate over a plain share, one with bands of increments, and an inverse contract. */
const makeGate = (given: RiskLimits): GateUnderTest =>
  new GateUnderTest(given, [
    {},
    {
      sizeIncrement: '10',
      priceIncrement: '0.01',
      priceBands: [
        { from: '0', increment: '0.01' },
        { from: '100', increment: '0.05' },
      ],
    },
    { assetClass: 'crypto_perpetual', isInverse: true, currency: 'USD' },
  ])

it('a gate that is asked for all its controls first decides as one that is not', () => {
  let passed = 0
  fc.assert(
    fc.property(limits, fc.array(event, { maxLength: 40 }), (given, events) => {
      const short = makeGate(given)
      const long = makeGate(given)
      const rows: number[] = []
      for (const step of events) {
        if ('waitUs' in step) {
          for (const gate of [short, long]) {
            gate.nowUs += step.waitUs
            gate.nowNs += step.waitUs * 1_000
          }
        }
        if (step.kind === 'submit') {
          const row = short.draft(step.order)
          expect(long.draft(step.order)).toBe(row)
          const breaches = long.gate.explain(row).map(({ code }) => code)
          const code = short.check(row)
          expect(long.check(row)).toBe(code)
          expect(code).toBe(breaches[0] ?? 'ok')
          if (code === 'ok') {
            passed++
            rows.push(row)
          }
        } else {
          for (const gate of [short, long]) {
            if (step.kind === 'quote') gate.quote(step.instrument, step.price)
            else if (step.kind === 'state') gate.gate.states.set(step.scope, 0, step.state)
            else if (step.kind === 'phase') gate.gate.setPhase(step.value % 3, step.value - 1)
            else if (step.kind === 'ready') gate.venue.isReady = step.value > 0
            else if (rows.length > 0) gate.cancel(rows[step.value % rows.length] as number)
          }
        }
        for (const instrument of [0, 1, 2]) expect(short.exposureOf(instrument)).toEqual(long.exposureOf(instrument))
      }
    }),
    { numRuns: runs({ ci: 4_000, full: 40_000 }) },
  )
  expect(passed).toBeGreaterThan(1_000)
})

it('the short way knows the codes of limit orders and of good till date', () => {
  expect([Plan.LIMIT_ORDER, Plan.GOOD_TILL_DATE]).toEqual([TypeCode.LIMIT, TifCode.GTD])
})
