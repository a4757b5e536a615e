/** Orders added up by what they have in common. Averages are weighted by paper notional, spread measures by value. */
import { FillSums } from './fill-sums.js'
import { ORDER_INTS, type OrderRecord } from './order-record.js'
import type { CostGroup, OrderCost, ShortfallBps, TcaReport } from './report.js'

const parts = ['delay', 'trading', 'opportunity', 'fees'] as const
const benchmarks = ['decision', 'arrival', 'vwap', 'twap'] as const

/** Weighted sums of figures that may be absent. */
class Average {
  #sum = 0
  #weight = 0

  add(value: number | null, weight: number): void {
    if (value === null) return
    this.#sum += value * weight
    this.#weight += weight
  }

  get value(): number | null {
    return this.#weight > 0 ? this.#sum / this.#weight : null
  }
}

class Group {
  orders = 0
  fills = 0
  unpriced = 0
  paperNotional = 0
  totalCost = 0
  readonly total = new Average()
  readonly fillRate = new Average()
  readonly cfa = parts.map(() => new Average())
  readonly wagnerEdwards = parts.map(() => new Average())
  readonly slippage = benchmarks.map(() => new Average())

  add(order: OrderCost): void {
    this.orders++
    this.fills += order.fills
    const { paperNotional, totalCost } = order
    if (paperNotional === null || totalCost === null) {
      this.unpriced++
      return
    }
    this.paperNotional += paperNotional
    this.totalCost += totalCost
    this.total.add(order.totalBps, paperNotional)
    this.fillRate.add(order.fillRate, paperNotional)
    for (const [i, part] of parts.entries()) {
      this.cfa[i]?.add(order.cfa[part], paperNotional)
      this.wagnerEdwards[i]?.add(order.wagnerEdwards[part], paperNotional)
    }
    for (const [i, name] of benchmarks.entries())
      this.slippage[i]?.add(order.slippageBps[name], paperNotional * order.fillRate)
  }
}

/** One way of grouping, with the column of an order's name in the record. */
class Dimension {
  readonly #names: readonly string[]
  readonly #column: number
  readonly #groups: Group[]
  readonly #sums: FillSums
  readonly #realized: number

  constructor(names: readonly string[], column: number, horizons: number, realized: number) {
    this.#names = names
    this.#column = column
    this.#groups = names.map(() => new Group())
    this.#sums = new FillSums(names.length, horizons)
    this.#realized = realized
  }

  add(i: number, order: OrderCost, record: OrderRecord, byOrder: FillSums): void {
    const row = this.#column < 0 ? 0 : (record.orderInts[i * ORDER_INTS + this.#column] as number)
    this.#groups[row]?.add(order)
    const { multiplier, rate } = record.orders
    this.#sums.addRow(row, byOrder, i, (multiplier[i] as number) * (rate[i] as number))
  }

  reports(): CostGroup[] {
    return this.#names.map((name, row) => {
      const group = this.#groups[row] as Group
      const named = <Name extends string>(names: readonly Name[], averages: readonly Average[]) =>
        Object.fromEntries(names.map((each, i) => [each, averages[i]?.value ?? null])) as Record<Name, number | null>
      return {
        name,
        orders: group.orders,
        fills: group.fills,
        fillRate: group.fillRate.value,
        paperNotional: group.paperNotional,
        totalCost: group.totalCost,
        totalBps: group.total.value,
        cfa: named(parts, group.cfa) satisfies ShortfallBps,
        wagnerEdwards: named(parts, group.wagnerEdwards) satisfies ShortfallBps,
        slippageBps: named(benchmarks, group.slippage),
        spread: this.#sums.spread(row, this.#realized),
        unpriced: group.unpriced,
      }
    })
  }
}

/** All groupings of a report. */
export class Groups {
  readonly #record: OrderRecord
  readonly #byOrder: FillSums
  readonly #total: Dimension
  readonly #symbol: Dimension
  readonly #algorithm: Dimension
  readonly #strategy: Dimension
  readonly #account: Dimension

  constructor(record: OrderRecord, byOrder: FillSums, horizons: number, realized: number) {
    this.#record = record
    this.#byOrder = byOrder
    const dimension = (names: readonly string[], column: number) => new Dimension(names, column, horizons, realized)
    this.#total = dimension(['all'], -1)
    this.#symbol = dimension(record.symbols.list, 2)
    this.#algorithm = dimension(record.algorithms.list, 3)
    this.#strategy = dimension(record.strategies.list, 4)
    this.#account = dimension(record.accounts.list, 5)
  }

  /** Adds an order with its figures. */
  add(i: number, order: OrderCost): void {
    for (const dimension of [this.#total, this.#symbol, this.#algorithm, this.#strategy, this.#account])
      dimension.add(i, order, this.#record, this.#byOrder)
  }

  /** The groups of a report. */
  reports(): Pick<TcaReport, 'total' | 'byAlgorithm' | 'byStrategy' | 'bySymbol' | 'byAccount'> {
    return {
      total: this.#total.reports()[0] as CostGroup,
      byAlgorithm: this.#algorithm.reports(),
      byStrategy: this.#strategy.reports(),
      bySymbol: this.#symbol.reports(),
      byAccount: this.#account.reports(),
    }
  }
}
