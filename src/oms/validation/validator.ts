/** The validation pipeline in the order path: orders of the table shown to it, and what it says told to the host. */
import type { TradewireError } from '../../core/errors.js'
import type { OrderType, TimeInForce } from '../../model/order-types.js'
import { OrderFlag, tifOf, typeOf } from '../../orders/codes.js'
import * as Field from '../../orders/order-fields.js'
import type { Breach } from '../../risk/breach.js'
import type { OrderCore } from '../order-core.js'
import { OrderUnderValidation } from './order-under-validation.js'
import type { ValidationPipeline } from './pipeline.js'
import type { ValidationReport } from './report.js'

/** Quotes by instrument index; NaN where there are none. */
export interface QuoteSource {
  bid(instrument: number): number
  ask(instrument: number): number
  bidSize(instrument: number): number
  askSize(instrument: number): number
}

/** Checks orders of one order plane. */
export class Validator {
  readonly pipeline: ValidationPipeline
  readonly #core: OrderCore
  readonly #quotes: QuoteSource
  readonly #view = new OrderUnderValidation()

  constructor(core: OrderCore, pipeline: ValidationPipeline, quotes: QuoteSource) {
    this.#core = core
    this.pipeline = pipeline
    this.#quotes = quotes
  }

  /** Totals since the start. */
  get counters() {
    return this.pipeline.counters
  }

  /** The verdict on a new order: 0, or the reason of its refusal. */
  check(row: number): number {
    return this.#judge(this.#show(row))
  }

  /** The verdict on a change, as the order it would become. */
  checkChange(row: number, quantity: number, price: number, trigger: number): number {
    const view = this.#show(row)
    view.isChange = true
    this.#setTerms(view, quantity - (this.#core.table.cells[row + Field.filled] as number), price, trigger)
    return this.#judge(view)
  }

  /** A new order passed the gate as well. */
  accepted(): void {
    this.pipeline.accepted(this.#view)
  }

  /**
   * All that the pipeline says about an order in the record outside the ring, with what else would refuse it under `risk`.
   * Counts and tells nothing.
   */
  explain(row: number, breaches: readonly Breach[], account: string, strategy: string): ValidationReport {
    const view = this.#show(row)
    view.orderNumber = 0
    // Names that are new are not given yet.
    view.account = account
    view.strategy = strategy
    this.pipeline.check(view)
    for (const { code, limit, observed } of breaches)
      this.pipeline.addRiskRefusal(code, `${observed}; limit: ${limit}`, view.isProtective)
    return this.pipeline.report(view)
  }

  /** The report on a request that is no order. */
  refuseRequest(error: TradewireError, symbol: string, strategy: string, tsUs: number): ValidationReport {
    this.pipeline.refuseSchema(error.code, error.message)
    return this.pipeline.reportOfRequest(symbol, strategy, tsUs)
  }

  #judge(view: OrderUnderValidation): number {
    const { pipeline } = this
    const verdict = pipeline.check(view)
    if (verdict === 'pass') {
      pipeline.counters.passed++
      return 0
    }
    if (verdict === 'warn') pipeline.counters.warned++
    else pipeline.counters.denied++
    this.#core.news.validated(() => pipeline.report(view))
    return verdict === 'warn' ? 0 : pipeline.reason
  }

  #show(row: number): OrderUnderValidation {
    const { table, names, instruments, turn } = this.#core
    const { cells } = table
    const view = this.#view
    const index = cells[row + Field.instrument] as number
    const flags = cells[row + Field.flags] as number
    view.orderNumber = cells[row] as number
    view.instrument = instruments.at(index)
    view.accountIndex = cells[row + Field.account] as number
    view.strategyIndex = cells[row + Field.strategy] as number
    view.account = names.account(view.accountIndex)
    view.strategy = names.strategy(view.strategyIndex)
    view.connector = names.connector(cells[row + Field.connector] as number)
    view.side = cells[row + Field.side] as number
    view.type = typeOf(cells[row + Field.type] as number) as OrderType
    view.timeInForce = tifOf(cells[row + Field.timeInForce] as number) as TimeInForce
    view.isReduceOnly = (flags & OrderFlag.reduceOnly) !== 0
    view.isProtective = (flags & OrderFlag.protective) !== 0
    view.isChange = false
    view.nowUs = turn.nowUs
    this.#setTerms(
      view,
      cells[row + Field.quantity] as number,
      cells[row + Field.price] as number,
      cells[row + Field.trigger] as number,
    )
    view.bid = this.#quotes.bid(index)
    view.ask = this.#quotes.ask(index)
    view.bidSize = this.#quotes.bidSize(index)
    view.askSize = this.#quotes.askSize(index)
    return view
  }

  #setTerms(view: OrderUnderValidation, quantity: number, price: number, trigger: number): void {
    const { instrument } = view
    view.quantityUnits = quantity
    view.priceUnits = price
    view.quantity = instrument.quantityNumber(quantity)
    view.price = Number.isNaN(price) ? Number.NaN : instrument.priceNumber(price)
    view.trigger = Number.isNaN(trigger) ? Number.NaN : instrument.priceNumber(trigger)
  }
}
