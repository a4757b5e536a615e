/** Limits that must hold over time, against plain models: the throttle, repeated orders, reservations, trading states. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { FactSource } from '../orders/codes.js'
import { lifecycle } from '../orders/derive.js'
import { foldRejected, foldSubmitted, foldUnknown, foldWorks } from '../orders/fold.js'
import { foldRequest, foldRequestRejected, foldUpdated } from '../orders/fold-requests.js'
import { foldBusted, foldCorrected } from '../orders/fold-restated.js'
import { foldTrade } from '../orders/fold-trades.js'
import { isClosed } from '../orders/lifecycle.js'
import * as Field from '../orders/order-fields.js'
import { DuplicateGuard } from './duplicate-guard.js'
import { fingerprintOfTerms } from './duplicates.test-support.js'
import { type Fold, GateUnderTest } from './gate-under-test.test-support.js'
import { SlidingWindow } from './sliding-window.js'

describe('the throttle', () => {
  it('lets at most N through in every window, and as many as it can', () => {
    const bursts = fc.record({
      limit: fc.integer({ min: 1, max: 5 }),
      waits: fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 12 })), {
        maxLength: 60,
      }),
    })
    fc.assert(
      fc.property(bursts, ({ limit, waits }) => {
        const window = new SlidingWindow(limit, 10e-6)
        const sent: number[] = []
        let nowNs = 0
        for (const wait of waits) {
          nowNs += wait
          const within = sent.filter((time) => nowNs - time < 10).length
          expect(window.used({ nowNs })).toBe(within)
          expect(window.hasRoom({ nowNs })).toBe(within < limit)
          if (within >= limit) continue
          window.take({ nowNs })
          sent.push(nowNs)
        }
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('the guard against repeated orders', () => {
  it('lets alike orders pass as often as a list of all times says', () => {
    const orders = fc.record({
      limit: fc.integer({ min: 1, max: 4 }),
      orders: fc.array(fc.record({ wait: fc.integer({ min: 0, max: 6 }), quantity: fc.integer({ min: 1, max: 16 }) }), {
        maxLength: 80,
      }),
    })
    fc.assert(
      fc.property(orders, ({ limit, orders }) => {
        // As many places as there are kinds of orders, near to each other.
        const guard = new DuplicateGuard(limit, 10e-6, 16)
        const passed = new Map<number, number[]>()
        let nowNs = 0
        for (const { wait, quantity } of orders) {
          nowNs += wait
          const key = fingerprintOfTerms({ quantity, price: 100 })
          const times = passed.get(quantity) ?? []
          const hasRoom = times.filter((time) => nowNs - time < 10).length < limit
          expect(guard.hasRoom(key, { nowNs })).toBe(hasRoom)
          if (!hasRoom) continue
          guard.take({ nowNs })
          passed.set(quantity, [...times, nowNs])
        }
      }),
      { numRuns: runs({ ci: 5_000, full: 50_000 }) },
    )
  })

  it('refuses, and never forgets, where it has no place left', () => {
    const guard = new DuplicateGuard(1, 1, 16)
    const hasRoom = (quantity: number, nowNs = 0) =>
      guard.hasRoom(fingerprintOfTerms({ quantity, price: 2 ** 40 + quantity }), { nowNs })
    let passed = 0
    for (let quantity = 1; quantity <= 100; quantity++) {
      if (!hasRoom(quantity)) continue
      guard.take({ nowNs: 0 })
      passed++
    }
    expect(passed).toBe(16)
    for (let quantity = 1; quantity <= 100; quantity++) expect(hasRoom(quantity)).toBe(false)
    expect(hasRoom(200, 1_000_000)).toBe(true)
  })
})

/** What may happen to one of the orders of a run. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('submit' as const),
      side: fc.constantFrom(1 as const, -1 as const),
      quantity: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('fill' as const),
      order: fc.nat(9),
      quantity: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('replace' as const),
      order: fc.nat(9),
      quantity: fc.integer({ min: 1, max: 90 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'confirm',
        'refuse',
        'cancel',
        'lose',
        'works',
        'reject',
        'bust',
        'correct',
        'infer' as const,
      ),
      order: fc.nat(9),
    }),
  },
)

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Runs steps; after each, `check` sees the gate. Returns the rows of the orders that passed. */
function run(test: GateUnderTest, steps: readonly Step[], check: (rows: readonly number[]) => void): number[] {
  const rows: number[] = []
  let exec = 0
  for (const event of steps) {
    if (event.kind === 'submit') {
      const row = test.draft({ side: event.side, quantity: event.quantity })
      if (test.check(row) === 'ok') {
        test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
        rows.push(row)
      }
    } else {
      const row = rows[event.order % Math.max(1, rows.length)]
      if (row !== undefined) exec = apply(test, row, event, exec)
    }
    check(rows)
  }
  return rows
}

function apply(test: GateUnderTest, row: number, event: Exclude<Step, { kind: 'submit' }>, exec: number): number {
  const { cells, requests } = test.table
  const fold = (run: Fold) => test.apply(row, run)
  const none = Number.NaN
  // The oldest request that is under way.
  let request = cells[row + Field.firstRequest]
  while (request >= 0 && requests.next[request] >= 0) request = requests.next[request]
  const asked =
    request < 0 ? undefined : { generation: requests.generation[request], quantity: requests.quantity[request] }
  switch (event.kind) {
    case 'fill':
      test.fill(row, `E${exec}`, event.quantity)
      break
    case 'infer': {
      const upTo = cells[row + Field.traded] + 5
      fold((seq, table) => foldTrade(table, row, `I${exec}`, 5, 10_000, none, -1, 0, upTo, seq, seq))
      break
    }
    case 'replace': {
      const generation = cells[row + Field.nextGeneration]
      const { quantity } = event
      if (test.replace(row, quantity) === 'ok')
        fold((seq, table) => foldRequest(table, row, generation, false, quantity, 10_000, none, seq))
      break
    }
    case 'confirm':
      if (asked !== undefined)
        fold((seq, table) =>
          foldUpdated(table, row, asked.generation, asked.quantity, 10_000, none, undefined, seq, seq),
        )
      break
    case 'refuse':
      if (asked !== undefined) fold((seq, table) => foldRequestRejected(table, row, asked.generation, seq))
      break
    case 'cancel':
      test.cancel(row)
      break
    case 'lose':
      fold((seq, table) => foldUnknown(table, row, 0, seq))
      break
    case 'works':
      fold((seq, table) => foldWorks(table, row, seq))
      break
    case 'reject':
      fold((seq, table) => foldRejected(table, row, FactSource.inferred, seq))
      break
    case 'bust':
      fold((seq, table) => foldBusted(table, row, `E${Math.max(0, exec - 2)}`, false, seq, seq))
      break
    case 'correct':
      fold((seq, table) =>
        foldCorrected(table, row, `E${Math.max(0, exec - 2)}`, undefined, 3, 10_000, false, seq, seq),
      )
      break
  }
  return exec + 1
}

/** Closed, and no change to more of a filled order is under way. */
function isOver(test: GateUnderTest, row: number): boolean {
  const { cells } = test.table
  return isClosed(lifecycle(test.table, row)) && cells[row + Field.isOpen] === 0
}

/** The most that open orders of a side can still trade, from their records alone. */
function worstCase(test: GateUnderTest, rows: readonly number[], side: number): number {
  const { cells, requests } = test.table
  let total = 0
  for (const row of rows) {
    if (cells[row + Field.side] !== side || isOver(test, row)) continue
    const asked = [cells[row + Field.quantity]]
    for (let request = cells[row + Field.firstRequest]; request >= 0; request = requests.next[request])
      asked.push(requests.quantity[request])
    total += Math.max(0, Math.max(...asked) - cells[row + Field.filled])
  }
  return total
}

describe('reservations', () => {
  it('are what open orders can still trade, the same after a replay of the facts, and none when all are closed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const test = new GateUnderTest()
        const rows = run(test, steps, (rows) => {
          const { buying, selling, open } = test.exposureOf()
          expect({ buying, selling }).toEqual({ buying: worstCase(test, rows, 1), selling: worstCase(test, rows, -1) })
          expect(open).toBe(rows.filter((row) => !isOver(test, row)).length)
        })
        const again = test.replayed()
        expect(again.exposureOf()).toEqual(test.exposureOf())
        expect(again.table.cells.findIndex((cell, i) => !Object.is(cell, test.table.cells[i]))).toBe(-1)
        for (const row of rows) test.cancel(row)
        expect(test.exposureOf()).toMatchObject({ buying: 0, selling: 0, open: 0 })
      }),
      { numRuns: runs({ ci: 3_000, full: 30_000 }) },
    )
  })

  it('keep the position at worst within the limit, whatever fills of approved orders arrive', () => {
    const fills = fc.array(
      fc.oneof(
        {
          weight: 2,
          arbitrary: fc.record({
            kind: fc.constant('submit' as const),
            side: fc.constantFrom(1 as const, -1 as const),
            quantity: fc.integer({ min: 1, max: 60 }),
          }),
        },
        fc.record({ kind: fc.constantFrom('fillAll', 'cancel', 'lose' as const), order: fc.nat(9) }),
        fc.record({
          kind: fc.constant('replace' as const),
          order: fc.nat(9),
          quantity: fc.integer({ min: 1, max: 90 }),
        }),
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(fills, (steps) => {
        const test = new GateUnderTest({ maxPosition: 100 })
        const rows: number[] = []
        for (const [i, event] of steps.entries()) {
          if (event.kind === 'submit') {
            const row = test.draft(event)
            if (test.check(row) === 'ok') rows.push(row)
            continue
          }
          const row = rows[event.order % Math.max(1, rows.length)]
          if (row === undefined) continue
          const { cells } = test.table
          const leaves = cells[row + Field.quantity] - cells[row + Field.filled]
          if (event.kind === 'fillAll' && cells[row + Field.isOpen] === 1) test.fill(row, i, leaves)
          if (event.kind === 'cancel') test.cancel(row)
          if (event.kind === 'lose') test.apply(row, (seq, table) => foldUnknown(table, row, 0, seq))
          if (
            event.kind === 'replace' &&
            cells[row + Field.isOpen] === 1 &&
            test.replace(row, event.quantity) === 'ok'
          ) {
            const generation = cells[row + Field.nextGeneration]
            test.apply(row, (seq, table) =>
              foldRequest(table, row, generation, false, event.quantity, 10_000, Number.NaN, seq),
            )
            if (i % 2 === 0)
              test.apply(row, (seq, table) =>
                foldUpdated(table, row, generation, event.quantity, 10_000, Number.NaN, undefined, seq, seq),
              )
          }
          const { position, buying, selling } = test.exposureOf()
          expect(Math.max(position + buying, selling - position)).toBeLessThanOrEqual(100)
        }
      }),
      { numRuns: runs({ ci: 3_000, full: 30_000 }) },
    )
  })
})

describe('REDUCING', () => {
  it('lets nothing pass that could make the position larger or turn it, working orders included', () => {
    const orders = fc.record({
      position: fc.integer({ min: -20, max: 20 }),
      orders: fc.array(
        fc.record({ side: fc.constantFrom(1 as const, -1 as const), quantity: fc.integer({ min: 1, max: 25 }) }),
        { minLength: 1, maxLength: 8 },
      ),
    })
    fc.assert(
      fc.property(orders, ({ position, orders }) => {
        const test = new GateUnderTest()
        test.setPosition(position)
        test.gate.states.set('strategy', 0, 'REDUCING')
        for (const order of orders) {
          const before = test.exposureOf()
          const isPassed = test.submit(order) === 'ok'
          const working = (order.side > 0 ? before.buying : before.selling) + order.quantity
          expect(isPassed).toBe(order.side * position < 0 && working <= Math.abs(position))
          const { buying, selling } = test.exposureOf()
          // Whatever part of what works is filled, the position only comes nearer to flat.
          for (const filled of [position + buying, position - selling]) {
            expect(Math.abs(filled)).toBeLessThanOrEqual(Math.abs(position))
            expect(filled * position).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: runs({ ci: 5_000, full: 50_000 }) },
    )
  })
})

describe('the collar', () => {
  it('is exact: its bounds are those of whole numbers', () => {
    const cases = fc.record({
      reference: fc.integer({ min: 1, max: 2 ** 40 }),
      parts: fc.integer({ min: 0, max: 1_000_000 }),
    })
    fc.assert(
      fc.property(cases, ({ reference, parts }) => {
        const test = new GateUnderTest({ priceCollarPercent: parts / 10_000 }, [{ priceIncrement: '1' }])
        test.gate.references.reference[0] = reference
        const highest = (BigInt(reference) * BigInt(1_000_000 + parts)) / 1_000_000n
        const lowest = (BigInt(reference) * BigInt(1_000_000 - parts) + 999_999n) / 1_000_000n
        const buy = (price: bigint) => test.submit({ quantity: 1, side: 1, price: Number(price) })
        const sell = (price: bigint) => test.submit({ quantity: 1, side: -1, price: Number(price) })
        expect([buy(highest), buy(highest + 1n)]).toEqual(['ok', 'PRICE_COLLAR'])
        if (lowest > 1n) expect([sell(lowest), sell(lowest - 1n)]).toEqual(['ok', 'PRICE_COLLAR'])
      }),
      { numRuns: runs({ ci: 500, full: 10_000 }) },
    )
  })
})
