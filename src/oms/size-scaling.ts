/** Sizes of opening orders while circuit breakers ask for smaller ones: rounded down to the lot, told by name. */
import * as Field from '../orders/order-fields.js'
import type { OrderCore } from './order-core.js'

/** Makes a new order smaller where that is asked for, before it is checked. What only reduces a position stays as it is. */
export function scaleSize(core: OrderCore, row: number): void {
  const { gate, table, instruments } = core
  const { cells } = table
  if (gate.sizeMultiplier >= 1 || gate.onlyReduces(row)) return
  const { sizeStepUnits, lotUnits } = instruments.at(cells[row + Field.instrument])
  const wanted = cells[row + Field.quantity]
  const step = wanted % lotUnits === 0 ? Math.max(lotUnits, sizeStepUnits) : sizeStepUnits
  const scaled = Math.floor((wanted * gate.sizeMultiplier) / step) * step
  cells[row + Field.quantity] = scaled
  if (cells[row + Field.display] > scaled) cells[row + Field.display] = scaled
  core.anomaly(
    'SIZE_REDUCED',
    cells[row],
    `Order ${cells[row]} was made ${gate.sizeMultiplier} of its size by a circuit breaker`,
  )
}
