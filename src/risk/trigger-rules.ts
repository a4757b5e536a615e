/**
 * Stop and trigger sanity: a trigger lies on the side of the reference on which it waits, and not further from it than
 * allowed; the limit of a stop-limit order is not on the near side of its trigger, where it could not fill.
 */

import { powerOfTen } from '../model/decimal.js'
import { hasLimit, hasTrigger, TypeCode } from '../orders/codes.js'
import { Verdict } from './controls.js'
import type { GateCheck, GateParts } from './gate-check.js'
import type { Subject } from './subject.js'

/** How far triggers may lie from the reference. */
export interface TriggerOptions {
  /** In percent of the reference; 20 unless given. */
  maxDistancePercent?: number
}

/** See the file's header. */
export class TriggerRules implements GateCheck {
  readonly needsPrices = true
  readonly #parts: GateParts
  readonly #share: number

  constructor(parts: GateParts, { maxDistancePercent = 20 }: TriggerOptions) {
    this.#parts = parts
    this.#share = maxDistancePercent / 100
  }

  check(_row: number, order: Subject): number {
    const { type, trigger, side, price } = order
    if (!hasTrigger(type) || Number.isNaN(trigger)) return 0
    const { instruments, references } = this.#parts
    const scale = powerOfTen(instruments.at(order.instrument).priceScale)
    const reference = references.reference[order.instrument] * scale
    if (Number.isNaN(reference)) return Verdict.noReference
    // A stop waits for the price to move against its owner, a touch order for it to move in favour.
    const isTouch = type === TypeCode.MARKET_IF_TOUCHED || type === TypeCode.LIMIT_IF_TOUCHED
    const waitsAbove = isTouch ? side < 0 : side > 0
    if (waitsAbove ? trigger < reference : trigger > reference) return Verdict.trigger
    if (Math.abs(trigger - reference) > Math.abs(reference) * this.#share) return Verdict.trigger
    // Once a stop is triggered the market is at its trigger: a limit that is worse for the other side would only rest.
    if (!isTouch && hasLimit(type) && side * (price - trigger) < 0) return Verdict.trigger
    return 0
  }
}
