/**
 * The controls for the orders that nearly all are, in one go: a new limit order without flags, trigger or hidden quantity,
 * while no state stands against it and the reference is good.
 *
 * It only ever says yes, and only where every control of the gate says yes: all else, refusals included, is left to the
 * gate, control by control. A property test holds the two against each other.
 */
import type { OrderSupport } from '../connector/capabilities.js'
import { isMultiple } from '../model/decimal.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import type { Exposure } from './exposure.js'
import type { CompiledLimits } from './limits.js'
import type { GatePlan } from './plan.js'
import * as Plan from './plan-fields.js'
import type { ReferencePrices } from './reference-prices.js'
import type { TradingStates } from './trading-state.js'

/** The parts of a gate that plain orders are checked with. */
export interface PlainCheckParts {
  table: OrderTable
  plan: GatePlan
  limits: CompiledLimits
  exposure: Exposure
  states: TradingStates
  references: ReferencePrices
}

/** See the head of this file. */
export class PlainCheck {
  readonly #cells: Float64Array
  readonly #plan: Float64Array
  readonly #exposure: Exposure
  readonly #states: TradingStates
  readonly #references: ReferencePrices
  readonly #byInstrument: number
  readonly #byStrategy: number
  readonly #byAccount: number
  readonly #byConnector: number

  constructor({ table, plan, limits, exposure, states, references }: PlainCheckParts) {
    this.#cells = table.cells
    this.#plan = plan.cells
    this.#exposure = exposure
    this.#states = states
    this.#references = references
    this.#byInstrument = limits.maxOpen.instrument
    this.#byStrategy = limits.maxOpen.strategy
    this.#byAccount = limits.maxOpen.account
    this.#byConnector = limits.maxOpen.connector
  }

  /**
   * Whether a new order is plain and passes every control but those that count over time. The venue is ready. Terms are read
   * from its record as it stands.
   */
  passes(row: number, { wallUs }: { readonly wallUs: number }, support: OrderSupport): boolean {
    const cells = this.#cells
    const record = row & Field.OFFSET
    const instrument = cells[record + Field.instrument] | 0
    const account = cells[record + Field.account] | 0
    const strategy = cells[record + Field.strategy] | 0
    const connector = cells[record + Field.connector] | 0
    const side = cells[record + Field.side] | 0
    const type = cells[record + Field.type] | 0
    const timeInForce = cells[record + Field.timeInForce] | 0
    const quantity = cells[record + Field.quantity]
    const price = cells[record + Field.price]
    const plan = this.#plan
    const at = (instrument * Plan.STRIDE) & Field.OFFSET
    const exposure = this.#exposure
    const key = exposure.keyOf(account, instrument)
    return (
      type === Plan.LIMIT_ORDER &&
      timeInForce !== Plan.GOOD_TILL_DATE &&
      cells[record + Field.flags] + cells[record + Field.filled] + cells[record + Field.reserved] === 0 &&
      Number.isNaN(cells[record + Field.trigger]) &&
      Number.isNaN(cells[record + Field.display]) &&
      support.takesType(type) &&
      support.takesTimeInForce(timeInForce) &&
      this.#states.areActive(account, connector, strategy, instrument) &&
      // Grid, bounds and value.
      quantity >= plan[at + Plan.LEAST_QUANTITY] &&
      quantity <= plan[at + Plan.MOST_QUANTITY] &&
      price >= plan[at + Plan.LEAST_PRICE] &&
      price <= plan[at + Plan.MOST_PRICE] &&
      isMultiple(quantity, plan[at + Plan.QUANTITY_STEP]) &&
      isMultiple(price, plan[at + Plan.PRICE_STEP]) &&
      quantity * Math.abs(price) <= plan[at + Plan.MOST_VALUE] &&
      // The collar, which has to be that of the reference of now.
      this.#references.faultAt(instrument, wallUs) === 0 &&
      this.#references.reference[instrument] === plan[at + Plan.REFERENCE] &&
      side * price <= plan[at + Plan.BOUND + ((1 - side) >> 1)] &&
      // Position and open orders.
      side * exposure.position[key] + exposure.working[exposure.sideKey(key, side)] + quantity <=
        plan[at + Plan.MOST_POSITION] &&
      exposure.openByInstrument[key] < this.#byInstrument &&
      exposure.openByStrategy[strategy] < this.#byStrategy &&
      exposure.openByAccount[account] < this.#byAccount &&
      exposure.openByConnector[connector] < this.#byConnector
    )
  }
}
