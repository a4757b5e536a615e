/** The sum of what an account ties up that is kept up, against what is added up over everything that it holds. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { foldSubmitted } from '../orders/fold.js'
import * as Field from '../orders/order-fields.js'
import { OrderTable } from '../orders/order-table.js'
import { GateUnderTest } from './gate-under-test.test-support.js'

const instruments = 3

const step = fc.oneof(
  fc.record({
    kind: fc.constant('order' as const),
    instrument: fc.nat({ max: instruments - 1 }),
    isBuy: fc.boolean(),
    quantity: fc.integer({ min: 1, max: 40 }),
    price: fc.integer({ min: 9_000, max: 11_000 }),
  }),
  fc.record({ kind: fc.constant('end' as const), at: fc.nat({ max: 30 }), fills: fc.boolean() }),
  fc.record({
    kind: fc.constant('quote' as const),
    instrument: fc.nat({ max: instruments - 1 }),
    cents: fc.integer({ min: -400, max: 400 }),
  }),
  fc.record({
    kind: fc.constant('adjust' as const),
    instrument: fc.nat({ max: instruments - 1 }),
    units: fc.integer({ min: -20, max: 20 }),
  }),
  fc.record({ kind: fc.constant('split' as const), instrument: fc.nat({ max: instruments - 1 }) }),
)

/** What is tied up with an order on top, by the rule itself. */
function tiedUp(
  test: GateUnderTest,
  rates: { long: number; short: number },
  order?: { instrument: number; signed: number; unitValue: number },
): number[] {
  const { position, buying, selling } = test.gate.exposure
  return Array.from({ length: instruments }, (_, i) => {
    const isOwn = order?.instrument === i
    const value = isOwn ? order.unitValue : test.gate.references.reference[i]
    const long = position[i] + buying[i] + (isOwn ? Math.max(0, order.signed) : 0)
    const short = selling[i] - position[i] + (isOwn ? Math.max(0, -order.signed) : 0)
    return Math.max(0, long > 0 ? long * value * rates.long : 0, short > 0 ? short * value * rates.short : 0)
  })
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

for (const [model, rates] of [
  ['reg-t', { long: 0.5, short: 1.5 }],
  ['cash', { long: 1, short: Number.POSITIVE_INFINITY }],
] as const)
  it(`refuses by ${model} exactly what is more than the funds`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1_000, max: 12_000 }), (steps, funds) => {
        const test = new GateUnderTest({ buyingPower: { model } }, [{}, {}, {}], new OrderTable({ capacity: 128 }))
        test.gate.setFunds(0, funds)
        const open: number[] = []
        for (const each of steps) {
          if (each.kind === 'quote') test.quote(each.instrument, 100 + each.cents / 100)
          else if (each.kind === 'adjust') test.gate.exposure.applyFill(0, each.instrument, each.units)
          else if (each.kind === 'split') {
            const { instrument } = each
            const held = test.gate.exposure.position[instrument] as number
            const ratio = { numerator: 10, denominator: 1 }
            test.gate.exposure.applySplit({ instrument, ...ratio, accounts: [[0, 9 * held]], strategies: [] })
          } else if (each.kind === 'end') {
            const row = open.splice(each.at, 1)[0]
            if (row === undefined) continue
            if (each.fills) test.fill(row, row, test.table.cells[row + Field.quantity] as number)
            else test.cancel(row)
          } else {
            const { instrument, isBuy, quantity, price } = each
            const signed = isBuy ? quantity : -quantity
            const unitValue = Math.max(price / 100, test.gate.references.reference[instrument])
            const before = tiedUp(test, rates, { instrument, signed: 0, unitValue })[instrument] as number
            const after = tiedUp(test, rates, { instrument, signed, unitValue })
            const own = after[instrument] as number
            const { position, buying } = test.gate.exposure
            const closes =
              own < Number.POSITIVE_INFINITY
                ? own <= before
                : isBuy && position[instrument] + buying[instrument] + quantity <= 0
            const isAllowed = closes || sum(after) <= funds * (1 + 1e-12)
            const row = test.draft({ instrument, side: isBuy ? 1 : -1, quantity, price })
            expect(test.check(row)).toBe(isAllowed ? 'ok' : 'CREDIT')
            if (!isAllowed) continue
            test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
            open.push(row)
          }
        }
      }),
      { numRuns: runs({ ci: 300, full: 20_000 }) },
    )
  })
