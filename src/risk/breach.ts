/** Refusals in words: the control, the limit and what was seen, in the instrument's terms. */
import { type ControlName, controlNames, controls } from './controls.js'
import type { CompiledLimits, InstrumentLimits } from './limits.js'
import type { Subject } from './subject.js'
import { valuationUnits } from './valuation.js'

/** One failed control, for people. */
export interface Breach {
  control: ControlName
  code: string
  /** The limit and what was seen, as text in the instrument's terms. */
  limit: string
  observed: string
}

/** A verdict of the gate on the order that it checked last. */
export function describeBreach(
  verdict: number,
  order: Subject,
  limits: InstrumentLimits,
  compiled: CompiledLimits,
): Breach {
  const control = controlNames[verdict - 1] as ControlName
  return { control, code: controls[control].code, ...figures(control, order, limits, compiled) }
}

function figures(
  control: ControlName,
  order: Subject,
  limits: InstrumentLimits,
  compiled: CompiledLimits,
): { limit: string; observed: string } {
  const { instrument } = limits
  const { quantity, price, referenceUnits } = order
  const text = (units: number) => (Number.isFinite(units) ? instrument.quantityText(units) : 'none')
  const priceText = (units: number) => (Number.isFinite(units) ? instrument.priceText(units) : 'none')
  const limitText = (name: 'maxOrderQuantity' | 'maxPosition', units: number) =>
    compiled.isUnnamed(name, instrument)
      ? `none stated for ${instrument.symbol} (name it in risk.${name}, or "*")`
      : text(units)
  switch (control) {
    case 'maxOrderQuantity':
      return { limit: limitText('maxOrderQuantity', limits.maxQuantityUnits), observed: text(quantity) }
    case 'maxPosition':
      return {
        limit: limitText('maxPosition', limits.maxPositionUnits),
        observed: `order ${text(quantity)} on top of position and working orders`,
      }
    case 'priceCollar':
      return { limit: `${compiled.collarParts / 10_000} % of ${priceText(referenceUnits)}`, observed: priceText(price) }
    case 'maxOrderNotional':
      return {
        limit: compiled.notionalOf(instrument).toFixed(),
        observed: `${text(quantity)} at ${priceText(valuationUnits(order, compiled.collarParts))}`,
      }
    case 'openOrders':
      return { limit: JSON.stringify(compiled.maxOpen), observed: 'reached' }
    default:
      return { limit: controls[control].rule, observed: `quantity ${text(quantity)}, price ${priceText(price)}` }
  }
}
