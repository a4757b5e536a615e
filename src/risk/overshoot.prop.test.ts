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

/** Everything and single strategies: what sums are kept of. */
const owners = [-1, 0, 1]

class Model {
  readonly orders: Modelled[] = []
  quantityOfDay = 0
  readonly ordersOfDay = [0, 0]
  /** What was traded, and what may trade on either side, by owner and instrument: kept with every event. */
  readonly #held = new Float64Array(owners.length * instruments)
  readonly #buying = new Float64Array(owners.length * instruments)
  readonly #selling = new Float64Array(owners.length * instruments)
  readonly #open = new Int32Array(instruments)

  /** Takes an order out of the sums, lets it change, and puts it back. */
  change(order: Modelled, act: () => void): void {
    this.#count(order, -1)
    act()
    this.#count(order, 1)
  }

  add(order: Modelled): void {
    this.orders.push(order)
    this.#count(order, 1)
  }

  #count(order: Modelled, sign: number): void {
    const working = order.isOpen ? order.quantity - order.filled : 0
    for (const [place, owner] of owners.entries()) {
      if (owner >= 0 && owner !== order.strategy) continue
      const at = place * instruments + order.instrument
      this.#held[at] = (this.#held[at] as number) + sign * order.side * order.filled
      const side = order.side > 0 ? this.#buying : this.#selling
      side[at] = (side[at] as number) + sign * working
    }
    if (order.isOpen) this.#open[order.instrument] = (this.#open[order.instrument] as number) + sign
  }

  /** What the position of an instrument could become on a side. */
  #worst(place: number, instrument: number, side: number): number {
    const at = place * instruments + instrument
    const held = side * (this.#held[at] as number)
    return held + ((side > 0 ? this.#buying[at] : this.#selling[at]) as number)
  }

  #gross(place: number): number {
    let gross = 0
    for (let i = 0; i < instruments; i++)
      gross += Math.max(Math.abs(this.#worst(place, i, 1)), Math.abs(this.#worst(place, i, -1))) * price
    return gross
  }

  breach(): string | undefined {
    let long = 0
    let short = 0
    let open = 0
    for (let i = 0; i < instruments; i++) {
      const most = Math.max(this.#worst(0, i, 1), this.#worst(0, i, -1))
      const size = Math.max(Math.abs(this.#worst(0, i, 1)), Math.abs(this.#worst(0, i, -1)))
      if (most > limits.maxPosition) return `position of ${i}: ${most}`
      if (size * price > limits.global.maxPositionValue) return `value of ${i}: ${size * price}`
      long += this.#worst(0, i, 1) * price
      short += this.#worst(0, i, -1) * price
      const openHere = this.#open[i] as number
      if (openHere > limits.maxOpenOrders.instrument) return `${openHere} open in ${i}`
      open += openHere
    }
    if (this.#gross(0) > limits.global.maxGross) return `gross ${this.#gross(0)}`
    if (Math.max(long, short) > limits.global.maxNet) return `net ${long}, ${short}`
    const most = Math.max(this.#gross(1), this.#gross(2))
    if (most > limits.strategies['*'].maxGross) return `gross of a strategy ${most}`
    if (this.quantityOfDay > limits.global.maxQuantityPerDay) return `quantity of the day ${this.quantityOfDay}`
    if (Math.max(...this.ordersOfDay) > limits.strategies['*'].maxOrdersPerDay) return 'orders of the day'
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
  model.add({ ...order, row, filled: 0, isOpen: true })
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
  model.change(order, () => {
    order.quantity = quantity
  })
}

function happen(test: GateUnderTest, model: Model, order: Modelled, random: SeededRandom, step: number): void {
  const { row } = order
  const close = () =>
    model.change(order, () => {
      order.isOpen = false
    })
  switch (random.below(6)) {
    case 0:
    case 1: {
      const units = 1 + random.below(order.quantity - order.filled)
      test.fill(row, `e${step}`, units)
      model.change(order, () => {
        order.filled += units
        if (order.filled === order.quantity) order.isOpen = false
      })
      return
    }
    case 2:
      test.apply(row, (seq, table) => foldClosed(table, row, false, FactSource.venue, seq, seq))
      close()
      return
    case 3:
      test.apply(row, (seq, table) => foldUnknown(table, row, 0, seq))
      return
    case 4:
      if (order.filled > 0) return
      test.apply(row, (seq, table) => foldRejected(table, row, FactSource.venue, seq))
      close()
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
    new OrderTable({ capacity: 128, tradeCapacity: 256 }),
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
}, 14_400_000)
