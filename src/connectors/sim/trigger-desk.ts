/**
 * Orders that wait for a price: stops and trailing stops for the market to run away, if-touched orders for it to come
 * closer. One desk an instrument, the same for recorded markets and for the venue's own book.
 */
import { OrderFlag, TypeCode } from '../../orders/codes.js'
import type { VenueOrder } from './venue-order.js'

/** Prices that triggers go by, in price units; NaN where there is none. */
interface Prices {
  last: number
  bid: number
  ask: number
}

/** The dormant orders of one instrument. */
export class TriggerDesk {
  #orders: VenueOrder[] = []
  #trailing = 0
  readonly #prices: Prices = { last: Number.NaN, bid: Number.NaN, ask: Number.NaN }
  readonly #stepAt: (priceUnits: number) => number

  /** `stepAt` gives the price step that holds at a price: trailing triggers stay on the grid. */
  constructor(stepAt: (priceUnits: number) => number) {
    this.#stepAt = stepAt
  }

  get count(): number {
    return this.#orders.length
  }

  /** Waiting orders in the order of their arrival. */
  list(): readonly VenueOrder[] {
    return this.#orders
  }

  add(order: VenueOrder): void {
    order.place = 'dormant'
    this.#orders.push(order)
    if (isTrailing(order)) this.#trailing++
  }

  remove(order: VenueOrder): void {
    const at = this.#orders.indexOf(order)
    if (at < 0) return
    this.#orders.splice(at, 1)
    if (isTrailing(order)) this.#trailing--
  }

  /**
   * Takes note of prices: trailing triggers follow, and the orders that are reached leave, in the order in which the
   * market passed them, older ones first.
   */
  observe(last: number, bid: number, ask: number, due: VenueOrder[]): void {
    const prices = this.#prices
    prices.last = last
    prices.bid = bid
    prices.ask = ask
    if (this.#trailing > 0) for (const order of this.#orders) if (isTrailing(order)) this.#trail(order)
    let found = 0
    for (const order of this.#orders) {
      if (!isReached(order, referenceOf(order, prices))) continue
      due.push(order)
      found++
    }
    if (found === 0) return
    const first = due.length - found
    const sorted = due.slice(first).sort(byPassing)
    for (let i = 0; i < found; i++) {
      const order = sorted[i] as VenueOrder
      due[first + i] = order
      this.remove(order)
    }
  }

  #trail(order: VenueOrder): void {
    const reference = referenceOf(order, this.#prices)
    if (Number.isNaN(reference)) return
    const step = this.#stepAt(reference)
    const asked = Number.isNaN(order.trailingAmountUnits)
      ? Math.max(step, Math.ceil((Math.abs(reference) * order.trailingBasisPoints) / 10_000 / step) * step)
      : order.trailingAmountUnits
    const wanted = reference + order.sideSign * asked
    const current = order.triggerUnits
    if (Number.isNaN(current) || (order.sideSign < 0 ? wanted > current : wanted < current)) {
      // The limit of a trailing stop-limit keeps its distance to the trigger from the first trigger on.
      if (!Number.isNaN(current) && order.type === TypeCode.TRAILING_STOP_LIMIT) order.priceUnits += wanted - current
      order.triggerUnits = wanted
    }
  }
}

function isTrailing(order: VenueOrder): boolean {
  return order.type === TypeCode.TRAILING_STOP || order.type === TypeCode.TRAILING_STOP_LIMIT
}

function isTouched(order: VenueOrder): boolean {
  return order.type === TypeCode.MARKET_IF_TOUCHED || order.type === TypeCode.LIMIT_IF_TOUCHED
}

function referenceOf(order: VenueOrder, prices: Prices): number {
  if ((order.flags & OrderFlag.triggerMid) !== 0) return (prices.bid + prices.ask) / 2
  if ((order.flags & OrderFlag.triggerBidAsk) !== 0) return order.sideSign > 0 ? prices.ask : prices.bid
  return prices.last
}

/** Buy stops and touched sells wait for a rise, the others for a fall. Comparisons with NaN are false. */
function isReached(order: VenueOrder, reference: number): boolean {
  return waitsForRise(order) ? reference >= order.triggerUnits : reference <= order.triggerUnits
}

function waitsForRise(order: VenueOrder): boolean {
  return isTouched(order) ? order.sideSign < 0 : order.sideSign > 0
}

function byPassing(a: VenueOrder, b: VenueOrder): number {
  const rises = waitsForRise(a)
  if (rises === waitsForRise(b) && a.triggerUnits !== b.triggerUnits) {
    return rises ? a.triggerUnits - b.triggerUnits : b.triggerUnits - a.triggerUnits
  }
  return a.sequence - b.sequence
}
