/** A split in a gate with limits of every scope: sums, references and the band of prices follow it. */
import { expect, it } from 'vitest'
import { GateUnderTest } from './gate-under-test.test-support.js'

function splitGate() {
  const scope = { maxPositionValue: '20000' }
  const test = new GateUnderTest(
    {
      global: scope,
      accounts: { '*': scope },
      connectors: { '*': scope },
      strategies: { '*': scope },
      groups: { mine: { symbols: ['S0'], ...scope }, other: { symbols: ['S1'], ...scope } },
      priceWindow: { windowMs: 1_000_000, maxMovePercent: 10, maxRangePercent: 10 },
    },
    [{}, {}],
  )
  test.fill(test.send({ strategy: 1, quantity: 100 }), 'e1', 100)
  return test
}

const unitsByBook = ({ gate }: GateUnderTest) =>
  Object.fromEntries(gate.extras.books.books.map((book) => [book.key, book.positions().map(([, , units]) => units)]))

it('scales what every scope holds of the instrument, and what is of no strategy for its account', () => {
  const test = splitGate()
  const { exposure, references, extras } = test.gate
  exposure.applySplit({ instrument: 0, numerator: 3, denominator: 2, accounts: [[0, 50]], strategies: [[1, 50]] })
  expect(test.exposureOf().position).toBe(150)
  const all = {
    global: [150],
    account: [150],
    connector: [150],
    strategy: [150],
    'group mine': [150],
    'group other': [],
  }
  expect(unitsByBook(test)).toEqual(all)
  references.rescale(0, 2 / 3, test.nowUs + 1)
  extras.priceWindow?.rescale(0, 2 / 3, test.nowUs + 1)
  expect(references.reference[0]).toBeCloseTo(66.67, 2)
  // 150 of 66.67 are worth what 100 of 100.00 were: there is room for 149 more at 66.66, and the band is around the new price.
  expect([149, 151].map((quantity) => test.submit({ strategy: 1, quantity, price: 6_666 }))).toEqual([
    'ok',
    'POSITION_VALUE',
  ])
  expect(test.submit({ strategy: 2, quantity: 1, price: 7_400 })).toBe('PRICE_BAND')
  // Nothing is held of the other instrument, so a split of it changes nothing.
  exposure.applySplit({ instrument: 1, numerator: 2, denominator: 1, accounts: [], strategies: [] })
  expect(unitsByBook(test)).toEqual(all)
})

it('leaves what came after it as it is', () => {
  const test = splitGate()
  const { references, extras } = test.gate
  references.rescale(0, 0.5, test.nowUs)
  extras.priceWindow?.rescale(0, 0.5, 1_000)
  expect(references.reference[0]).toBe(100)
  expect(test.submit({ quantity: 1, price: 10_000 })).toBe('ok')
})
