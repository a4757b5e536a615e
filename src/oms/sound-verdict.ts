/** Validation and the risk gate fail closed: a check that throws, or that gives no verdict, refuses, and somebody is told. */
import { messageOf } from '../core/errors.js'
import { LocalReason } from '../risk/controls.js'
import type { OrderCore } from './order-core.js'

/** The verdict on a new order: 0, and it is reserved, or a reason. */
export function checkOrder(core: OrderCore, row: number): number {
  try {
    const { validator } = core
    const verdict = validator?.check(row) || core.gate.check(row)
    if (!isVerdict(verdict)) return refuse(core, row, `it gave ${String(verdict)}`)
    if (verdict === 0) validator?.accepted()
    return verdict
  } catch (error) {
    return refuse(core, row, messageOf(error))
  }
}

/** The verdict on a change of an order. */
export function checkChange(core: OrderCore, row: number, quantity: number, price: number, trigger: number): number {
  try {
    const verdict =
      core.validator?.checkChange(row, quantity, price, trigger) ||
      core.gate.checkReplace(row, quantity, price, trigger)
    return isVerdict(verdict) ? verdict : refuse(core, row, `it gave ${String(verdict)}`)
  } catch (error) {
    return refuse(core, row, messageOf(error))
  }
}

function isVerdict(verdict: number): boolean {
  return verdict >= 0 && verdict <= 255
}

/** What the check had reserved is given back. */
function refuse(core: OrderCore, row: number, problem: string): number {
  core.gate.exposure.sync(row)
  core.anomaly(
    'CHECK_FAILED',
    core.table.cells[row],
    `The risk gate could not check an order and refuses it: ${problem}`,
  )
  return LocalReason.CHECK_FAILED
}
