/** Stage 2: the instrument can be traded, and the order fits its bounds and steps. */
import { isoDate, MS_PER_DAY, parseDate } from '../../../calendar/civil-date.js'
import { isMultiple } from '../../../model/decimal.js'
import type { OrderUnderValidation } from '../order-under-validation.js'
import type { Finding, ValidationStage } from '../stage.js'
import type { SessionStage } from './session.js'

/** Checks expiry, bounds and steps. */
export class InstrumentStage implements ValidationStage {
  readonly name = 'instrument'
  readonly #session: SessionStage | undefined
  readonly #warnDays: number

  /** `session` tells the trading day at the instrument's market; without it dates are those of UTC. */
  constructor(session: SessionStage | undefined, warnDays: number) {
    this.#session = session
    this.#warnDays = warnDays
  }

  check(order: OrderUnderValidation, finding: Finding): void {
    const { instrument, quantityUnits, priceUnits } = order
    if (!(quantityUnits > 0) || !isMultiple(quantityUnits, instrument.sizeStepUnits))
      finding.deny('OFF_GRID', `The quantity is no multiple of ${instrument.definition.sizeIncrement}`)
    else if (!order.isChange && quantityUnits < instrument.minQuantityUnits)
      finding.deny('QUANTITY_BOUNDS', `The quantity is below ${instrument.quantityText(instrument.minQuantityUnits)}`)
    else if (quantityUnits > instrument.maxQuantityUnits)
      finding.deny('QUANTITY_BOUNDS', `The quantity is above ${instrument.quantityText(instrument.maxQuantityUnits)}`)
    if (!Number.isNaN(priceUnits) && !instrument.isPriceOnGrid(priceUnits))
      finding.deny('OFF_GRID', 'The price is no multiple of the price step')
    this.#value(order, finding)
    if (instrument.definition.expiry !== undefined) this.#expiry(order, instrument.definition.expiry, finding)
  }

  /** The value at the limit, or at the price that an order without one would take; nothing is said where neither is there. */
  #value(order: OrderUnderValidation, finding: Finding): void {
    const { instrument, quantityUnits, priceUnits, isChange, isReduceOnly } = order
    const { minNotional, maxNotional } = instrument.definition
    if (minNotional === undefined && maxNotional === undefined) return
    const far = order.side > 0 ? order.ask : order.bid
    const at = Number.isNaN(priceUnits) && !Number.isNaN(far) ? instrument.nearestPriceUnits(far) : priceUnits
    const value = instrument.valueUnits(quantityUnits, at)
    if (value < instrument.minValueUnits && !isChange && !isReduceOnly)
      finding.deny('NOTIONAL_BOUNDS', `The value of the order is below ${minNotional}`)
    if (value > instrument.maxValueUnits)
      finding.deny('NOTIONAL_BOUNDS', `The value of the order is above ${maxNotional}`)
  }

  #expiry(order: OrderUnderValidation, expiry: string, finding: Finding): void {
    const today = this.#session?.tradingDay(order) ?? isoDate(Math.floor(order.nowUs / 1000 / MS_PER_DAY))
    if (expiry < today) finding.deny('EXPIRED', `${order.instrument.id} expired on ${expiry}`)
    else if (parseDate(expiry) - parseDate(today) < this.#warnDays)
      finding.warn('EXPIRES_SOON', 30, `${order.instrument.id} expires on ${expiry}`)
  }
}
