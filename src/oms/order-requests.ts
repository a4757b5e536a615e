/** Requests about orders that were submitted: changes, which pass the risk gate like new orders, and cancels, which pass nothing. */
import { TradewireError } from '../core/errors.js'
import { NormalizedChange, normalizeOrderChange } from '../model/normalize-order.js'
import type { OrderChange } from '../model/order.js'
import type { OrderType } from '../model/order-types.js'
import { FactSource, StatusCode, typeOf } from '../orders/codes.js'
import { inFlightRequests, isPureDecrease, lifecycle } from '../orders/derive.js'
import { isClosed } from '../orders/lifecycle.js'
import * as Field from '../orders/order-fields.js'
import { MAX_REQUESTS_IN_FLIGHT } from '../orders/order-table.js'
import { denialCode, LocalReason, Verdict } from '../risk/controls.js'
import type { Hedging } from './hedging.js'
import type { OrderCore } from './order-core.js'
import { Outgoing } from './outbox.js'
import { RecordType } from './records.js'
import { checkChange } from './sound-verdict.js'

/** Asks for changes and cancels. */
export class OrderRequests {
  readonly #core: OrderCore
  readonly #hedging: Hedging
  readonly #change = new NormalizedChange()

  constructor(core: OrderCore, hedging: Hedging) {
    this.#core = core
    this.#hedging = hedging
  }

  /** Asks for a change of a working order; returns its number among the order's requests. Errors as `OrderManager.modify`. */
  modify(row: number, change: OrderChange): number {
    const core = this.#core
    const { table } = core
    this.#requireChangeable(row)
    const instrument = core.instruments.at(table.cells[row + Field.instrument])
    const terms = normalizeOrderChange(
      change,
      typeOf(table.cells[row + Field.type]) as OrderType,
      instrument,
      this.#change,
    )
    const quantity = Number.isNaN(terms.quantityUnits) ? table.cells[row + Field.quantity] : terms.quantityUnits
    const price = Number.isNaN(terms.priceUnits) ? table.cells[row + Field.price] : terms.priceUnits
    const trigger = Number.isNaN(terms.triggerPriceUnits) ? table.cells[row + Field.trigger] : terms.triggerPriceUnits
    core.turn.begin()
    try {
      const verdict = core.turn.recorder.isHealthy
        ? core.rules?.forbidsChange(row, quantity, price)
          ? LocalReason.USER_RULE
          : this.#hedging.changeRefusal(row, quantity) || checkChange(core, row, quantity, price, trigger)
        : LocalReason.JOURNAL_UNAVAILABLE
      const generation = this.#request(row, false, quantity, price, trigger)
      if (verdict === 0) core.sender.stage(Outgoing.replace, row, generation, quantity, price, trigger)
      else {
        if (verdict === Verdict.throttle)
          core.sender.throttled(row, isPureDecrease(core.table, row, quantity, price, trigger))
        core.statistics.changeDenial(verdict)
        core.facts.requestRejected(row, generation, false, denialCode(verdict), FactSource.local)
      }
      return generation
    } finally {
      core.turn.end()
    }
  }

  /** Whether a cancel was asked for: not when the order is closed or a cancel is under way. */
  cancel(row: number): boolean {
    const core = this.#core
    if (core.table.cells[row + Field.isOpen] === 0 || core.sender.isBeingCanceled(row)) return false
    core.turn.begin()
    try {
      const generation = this.#request(row, true, Number.NaN, Number.NaN, Number.NaN)
      core.counters.cancels++
      core.sender.stageCancel(row, generation)
    } finally {
      core.turn.end()
    }
    return true
  }

  #requireChangeable(row: number): void {
    const core = this.#core
    const { table } = core
    const inFlight = inFlightRequests(table, row)
    const id = core.names.clientOrderId(row)
    const cycle = lifecycle(table, row)
    if (core.isClosing)
      throw new TradewireError('TW_INVALID_STATE', `The system is closing; order ${id} can be canceled, not changed`)
    if (core.isReadOnly)
      throw new TradewireError('TW_INVALID_STATE', `The system is read-only; order ${id} can be canceled, not changed`)
    if (isClosed(cycle)) throw new TradewireError('TW_INVALID_STATE', `Order ${id} is closed; it cannot be changed`)
    if (cycle === StatusCode.UNKNOWN)
      throw new TradewireError(
        'TW_INVALID_STATE',
        `The fate of order ${id} is not known; it can be canceled, not changed`,
      )
    if ((inFlight & table.cells[row + Field.requestIsCancel]) !== 0)
      throw new TradewireError('TW_INVALID_STATE', `Order ${id} is being canceled; it cannot be changed`)
    const underWay = table.cells[row + Field.nextGeneration] - table.cells[row + Field.requestBase]
    if (underWay >= MAX_REQUESTS_IN_FLIGHT || table.requests.isFull) {
      throw new TradewireError('TW_CAPACITY', `Order ${id} has ${underWay} requests under way; wait for their outcome`)
    }
    const connector = core.connectors[table.cells[row + Field.connector]]
    if (connector?.support.replace !== true) {
      throw new TradewireError(
        'TW_NOT_SUPPORTED',
        `Connector ${connector?.name ?? '(none)'} cannot change orders; cancel and submit a new one`,
      )
    }
  }

  /** Whether a change only takes quantity away. */

  /** Records that a cancel or change is on its way; returns its generation. */
  #request(row: number, isCancel: boolean, quantity: number, price: number, trigger: number): number {
    const core = this.#core
    const generation = core.table.cells[row + Field.nextGeneration]
    const seq = core.facts.record(RecordType.request, row, core.turn.nowUs, (writer) => {
      writer.i32(generation)
      writer.bool(isCancel)
      writer.f64(quantity)
      writer.f64(price)
      writer.f64(trigger)
    })
    core.ledger.request(row, generation, isCancel, quantity, price, trigger, core.turn.nowUs, seq)
    core.news.emit(isCancel ? 'pending_cancel' : 'pending_update', row, seq, FactSource.local, core.turn.nowUs, {
      request: generation,
      quantityUnits: quantity,
      priceUnits: price,
    })
    return generation
  }
}
