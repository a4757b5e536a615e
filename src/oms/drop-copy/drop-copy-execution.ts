/** Executions as a host hands them in, checked field by field. */
import { TradewireError } from '../../core/errors.js'
import { type DecimalInput, toUnits } from '../../model/decimal.js'
import type { Side } from '../../model/order-types.js'
import type { ExecKey } from '../../orders/trade-pool.js'
import type { LineExecution } from '../../reconcile/drop-copy.js'
import type { OrderCore } from '../order-core.js'
import { isKey, isName, isQuantity, textOf } from '../report-faults.js'

/** One execution as a second line tells it, corrections applied. */
export interface DropCopyExecution {
  /** The venue's id of the execution. */
  readonly execId: ExecKey
  /** Symbol or id of the instrument. */
  readonly symbol: string
  /** Not compared where it is left out. */
  readonly account?: string
  readonly side: Side
  readonly quantity: DecimalInput
  readonly price: DecimalInput
  /** Our id of the order, where the line tells it. */
  readonly clientOrderId?: string
  readonly venueOrderId?: string | number
  /** It was taken back. */
  readonly isBusted?: boolean
  /** Venue time, epoch microseconds. */
  readonly tsEventUs: number
}

/** @throws TradewireError `TW_INVALID_ARGUMENT` naming the field, `TW_UNKNOWN_INSTRUMENT`. */
export function toLineExecution(core: OrderCore, given: DropCopyExecution): LineExecution {
  const {
    execId,
    symbol,
    account = '',
    side,
    quantity,
    price,
    clientOrderId,
    venueOrderId,
    isBusted,
    tsEventUs,
  } = given ?? {}
  check('execId', isKey(execId), 'text or a whole number', execId)
  check('symbol', isName(symbol), 'the symbol or id of an instrument', symbol)
  check('account', account === '' || isName(account), 'text', account)
  check('side', side === 'buy' || side === 'sell', 'buy or sell', side)
  check('clientOrderId', clientOrderId === undefined || isName(clientOrderId), 'text', clientOrderId)
  check('venueOrderId', venueOrderId === undefined || isKey(venueOrderId), 'text or a whole number', venueOrderId)
  check('tsEventUs', Number.isFinite(tsEventUs) && tsEventUs >= 0, 'a time in epoch microseconds', tsEventUs)
  const instrument = core.instruments.get(symbol)
  const quantityUnits = toUnits(quantity, instrument.sizeScale, 'quantity')
  check('quantity', isQuantity(quantityUnits), 'more than 0', quantity)
  return {
    exec: execId,
    instrument: instrument.index,
    account,
    side,
    quantityUnits,
    priceUnits: toUnits(price, instrument.priceScale, 'price'),
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    ...(venueOrderId === undefined ? {} : { venueOrderId }),
    ...(isBusted === true ? { isBusted } : {}),
    tsUs: tsEventUs,
  }
}

function check(field: string, isGood: boolean, expected: string, given: unknown): void {
  if (isGood) return
  throw new TradewireError(
    'TW_INVALID_ARGUMENT',
    `An execution of a drop copy must have ${expected} as ${field}, got ${textOf(given)}`,
    { details: { field } },
  )
}
