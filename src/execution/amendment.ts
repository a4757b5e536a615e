/** What a parent order may be changed to. */
import { TradewireError } from '../core/errors.js'
import { algoError } from '../model/algo-error.js'
import type { ParentOrder } from './parent-order.js'

/**
 * Refuses a change that cannot be carried out. NaN leaves as it is.
 *
 * @throws TradewireError `TW_INVALID_STATE`, `TW_INVALID_ALGO`.
 */
export function checkAmendment(
  { plan, status, isClosed, book, nowUs }: Pick<ParentOrder, 'plan' | 'status' | 'isClosed' | 'book' | 'nowUs'>,
  isEnding: boolean,
  totalUnits: number,
  endUs: number,
): void {
  if (isClosed || isEnding)
    throw new TradewireError('TW_INVALID_STATE', `Order ${plan.id} is ${status}; it cannot be changed`)
  if (!Number.isNaN(endUs) && endUs <= nowUs) throw algoError('INVALID_WINDOW', 'endTimeUs', 'must be in the future')
  if (totalUnits < book.filledUnits)
    throw new TradewireError('TW_INVALID_STATE', `Order ${plan.id} has filled more than that already`)
  if (totalUnits <= 0) throw algoError('INVALID_QUANTITY', 'quantity', 'must be above 0')
}
