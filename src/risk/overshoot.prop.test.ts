/**
 * No hard limit is ever passed: random orders, changes, fills, cancels, rejections and orders of unknown fate against a gate
 * with limits of every scope, held after every event against a model that knows nothing of the gate.
 */
import { expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { SeededRandom } from '../core/random.js'
import { FactSource } from '../orders/codes.js'
import { foldClosed, foldRejected, foldSubmitted, foldUnknown } from '../orders/fold.js'
import { foldRequest, foldUpdated } from '../orders/fold-requests.js'
import * as Field from '../orders/order-fields.js'
import { OrderTable } from '../orders/order-table.js'
import { GateUnderTest } from './gate-under-test.test-support.js'

const events = 100
const instruments = 3
const price = 100
const limits = {
  maxPosition: 60,
  maxOpenOrders: { instrument: 6, account: 12 },
  global: { maxGross: 12_000, maxNet: 9_000, maxPositionValue: 5_500, maxQuantityPerDay: 900 },
  strategies: { '*': { maxGross: 8_000, maxOrdersPerDay: 40 } },
}

/** An order as the model knows it. */
interface Modelled {
  row: number
  instrument: number
  strategy: number
  side: number
  quantity: number
  filled: number
  isOpen: boolean
}

class Model {
  readonly orders: Modelled[] = []
  quantityOfDay = 0
  readonly ordersOfDay = [0, 0]

  /** What the position of an instrument could become on a side, for one strategy or all. */
  worst(instrument: number, side: number, strategy = -1): number {
    let units = 0
    for (const order of this.orders) {
      if (order.instrument !== instrument || (strategy >= 0 && order.strategy !== strategy)) continue
      units += side * order.side * order.filled
      if (order.isOpen && order.side === side) units += order.quantity - order.filled
    }
    return units
  }

  breach(): string | undefined {
    let gross = 0
    const grossOf = [0, 0]
    const net = [0, 0]
    for (let i = 0; i < instruments; i++) {
      const long = this.worst(i, 1)
      const short = this.worst(i, -1)
      const size = Math.max(Math.abs(long), Math.abs(short))
      if (Math.max(long, short) > limits.maxPosition) return `position of ${i}: ${long}, ${short}`
      if (size * price > limits.global.maxPositionValue) return `value of ${i}: ${size * price}`
      gross += size * price
      net[0] = (net[0] as number) + long * price
      net[1] = (net[1] as number) + short * price
      for (const strategy of [0, 1])
        grossOf[strategy] =
          (grossOf[strategy] as number) +
          Math.max(Math.abs(this.worst(i, 1, strategy)), Math.abs(this.worst(i, -1, strategy))) * price
      const open = this.orders.filter((order) => order.isOpen && order.instrument === i).length
      if (open > limits.maxOpenOrders.instrument) return `${open} open in ${i}`
    }
    if (gross > limits.global.maxGross) return `gross ${gross}`
    if (Math.max(...net) > limits.global.maxNet) return `net ${net}`
    if (Math.max(...grossOf) > limits.strategies['*'].maxGross) return `gross of strategies ${grossOf}`
    if (this.quantityOfDay > limits.global.maxQuantityPerDay) return `quantity of the day ${this.quantityOfDay}`
    if (Math.max(...this.ordersOfDay) > limits.strategies['*'].maxOrdersPerDay) return 'orders of the day'
    const open = this.orders.filter((order) => order.isOpen).length
    return open > limits.maxOpenOrders.account ? `${open} open` : undefined
  }
}

function submit(test: GateUnderTest, model: Model, random: SeededRandom): boolean {
  const order = {
    instrument: random.below(instruments),
    strategy: random.below(2),
    side: random.chance(0.5) ? (1 as const) : (-1 as const),
    quantity: 1 + random.below(30),
  }
  const row = test.draft({ ...order, price: 9_990 + random.below(21) })
  if (test.check(row) !== 'ok') return false
  test.apply(row, (seq, table) => foldSubmitted(table, row, seq))
  model.orders.push({ ...order, row, filled: 0, isOpen: true })
  model.quantityOfDay += order.quantity
  model.ordersOfDay[order.strategy] = (model.ordersOfDay[order.strategy] as number) + 1
  return true
}

/** Changes the quantity; the model counts the larger of old and new from the approval on. */
function change(test: GateUnderTest, model: Model, order: Modelled, random: SeededRandom): void {
  const quantity = order.filled + 1 + random.below(30)
  const { row } = order
  const { cells } = test.table
  if (cells[row + Field.unknownSeq] !== 0 || quantity <= order.filled) return
  const isMore = quantity > order.quantity
  if (test.replace(row, quantity) !== 'ok') return
  if (isMore) model.quantityOfDay += quantity - Math.max(order.quantity, order.filled)
  const generation = cells[row + Field.nextGeneration] as number
  test.apply(row, (seq, table) =>
    foldRequest(table, row, generation, false, quantity, cells[row + Field.price] as number, Number.NaN, seq),
  )
  test.apply(row, (seq, table) =>
    foldUpdated(table, row, generation, quantity, cells[row + Field.price] as number, Number.NaN, undefined, seq, seq),
  )
  order.quantity = quantity
}

function happen(test: GateUnderTest, model: Model, order: Modelled, random: SeededRandom, step: number): void {
  const { row } = order
  switch (random.below(6)) {
    case 0:
    case 1: {
      const units = 1 + random.below(order.quantity - order.filled)
      test.fill(row, `e${step}`, units)
      order.filled += units
      if (order.filled === order.quantity) order.isOpen = false
      return
    }
    case 2:
      test.apply(row, (seq, table) => foldClosed(table, row, false, FactSource.venue, seq, seq))
      order.isOpen = false
      return
    case 3:
      test.apply(row, (seq, table) => foldUnknown(table, row, 0, seq))
      return
    case 4:
      if (order.filled > 0) return
      test.apply(row, (seq, table) => foldRejected(table, row, FactSource.venue, seq))
      order.isOpen = false
      return
    default:
      change(test, model, order, random)
  }
}

/** One sequence; how many orders passed, how many were of unknown fate. */
function run(seed: number): { passed: number; refused: number } {
  const random = new SeededRandom(seed)
  const test = new GateUnderTest(
    limits,
    Array.from({ length: instruments }, () => ({})),
    new OrderTable({ capacity: 256 }),
  )
  test.nowNs = 1
  const model = new Model()
  const counts = { passed: 0, refused: 0 }
  for (let step = 0; step < events; step++) {
    const open = model.orders.filter((order) => order.isOpen)
    if (open.length === 0 || random.chance(0.5)) counts[submit(test, model, random) ? 'passed' : 'refused']++
    else happen(test, model, open[random.below(open.length)] as Modelled, random, step)
    const breach = model.breach()
    if (breach !== undefined) throw new Error(`seed ${seed}, step ${step}: ${breach}`)
  }
  return counts
}

it('never passes a hard limit', () => {
  const total = { passed: 0, refused: 0 }
  for (let seed = 1; seed <= runs({ ci: 10_000, full: 1_000_000 }); seed++) {
    const { passed, refused } = run(seed)
    total.passed += passed
    total.refused += refused
  }
  // Both happen all the time: limits that nothing reaches would prove nothing.
  expect(total.passed).toBeGreaterThan(total.refused / 10)
  expect(total.refused).toBeGreaterThan(total.passed / 10)
}, 3_600_000)
