/** The order that the validation stages have before them. */
import type { Instrument } from '../../model/instrument.js'
import type { OrderType, TimeInForce } from '../../model/order-types.js'

/**
 * An order under validation, for a change with the terms it would lead to. One object is used for every order: its values
 * hold during the check. Amounts are doubles of the data plane; limits are checked exactly by the risk gate.
 */
export class OrderUnderValidation {
  /** Number of the order; 0 for one that is only asked about. */
  orderNumber = 0
  instrument!: Instrument
  /** Names of account, strategy and connector, and the indices behind them. */
  account = ''
  strategy = ''
  connector = ''
  accountIndex = 0
  strategyIndex = 0
  /** 1 buy, -1 sell. */
  side = 1
  type: OrderType = 'MARKET'
  timeInForce: TimeInForce = 'DAY'
  /** Quantity not filled yet. */
  quantity = Number.NaN
  quantityUnits = Number.NaN
  /** Limit price; NaN without one. */
  price = Number.NaN
  priceUnits = Number.NaN
  /** Trigger price; NaN without one. */
  trigger = Number.NaN
  isReduceOnly = false
  /** Protects a position: validation warns about it and never refuses it. */
  isProtective = false
  /** A change of a working order. */
  isChange = false
  /** Wall time of the check, Unix epoch microseconds. */
  nowUs = Number.NaN
  /** Best prices and their sizes at the check; NaN where there are none. */
  bid = Number.NaN
  ask = Number.NaN
  bidSize = Number.NaN
  askSize = Number.NaN

  /** Middle of bid and ask; NaN unless both are there. */
  get mid(): number {
    return (this.bid + this.ask) / 2
  }
}
