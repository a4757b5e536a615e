/** Requests that have nothing left to change: an order that is filled, and does not work at its venue any more. */
import * as Field from '../orders/order-fields.js'
import type { OrderCore } from './order-core.js'

/** Ends whatever is still asked of an order, on record, as without effect. Within a turn. */
export function endRequests(core: OrderCore, row: number, source: number): void {
  const { cells, requests } = core.table
  for (let request = cells[row + Field.firstRequest]; request >= 0; request = cells[row + Field.firstRequest]) {
    const generation = requests.generation[request]
    const isCancel = ((cells[row + Field.requestIsCancel] >>> (generation - cells[row + Field.requestBase])) & 1) === 1
    core.facts.requestRejected(row, generation, isCancel, 'ORDER_FILLED', source)
  }
}
