/** Sends, prices anew and cancels the children of one order: one child a slice, and never more than what is unsent. */
import { assert } from '../core/assert.js'
import type { ParentEvent } from '../oms/parent-port.js'
import type { ChildDecision, ParentView } from './algorithm.js'
import type { Child, ChildBook } from './child-book.js'
import { childPrice } from './child-price.js'
import { childSize, isTooSmall, wouldStrand } from './child-size.js'
import { betteredPrice } from './overrides.js'
import type { ChildOrders, ChildRequest } from './parent-ports.js'
import type { ParentTerms } from './parent-terms.js'

/** What it works with. */
export interface ChildDeskParts {
  readonly book: ChildBook
  readonly view: ParentView
  readonly terms: ParentTerms
  readonly children: ChildOrders
  tell(type: ParentEvent['type'], reason?: string, child?: number): void
  /** A child was sent; what became of it at once is to be read. */
  sent(child: Child): void
}

/** See the file's header. */
export class ChildDesk {
  /** Why nothing is sent although something is due. */
  blocked: string | undefined
  /** Whether it waits for another price, and for volume. */
  waitsForQuotes = false
  waitsForTrades = false
  readonly #parts: ChildDeskParts
  readonly #request: ChildRequest = {
    index: 0,
    quantityUnits: 0,
    priceUnits: Number.NaN,
    timeInForce: 'DAY',
    postOnly: false,
    connector: undefined,
  }
  /** The slice that was served last, and the one for which older children were dealt with. */
  #served = Number.NaN
  #cleared = Number.NaN

  constructor(parts: ChildDeskParts) {
    this.#parts = parts
  }

  /** No slice counts as served: another plan, or a child that was refused. */
  forgetSlice(): void {
    this.#served = Number.NaN
  }

  /** Whether a child may go now: the slice is not served yet, and what works is out of its way. */
  isFree(decision: ChildDecision): boolean {
    const { book, terms, view } = this.#parts
    if (decision.cancelsWorking && book.openCount > 0) {
      this.cancelWorking()
      return false
    }
    if (!decision.besideOthers && book.openCount > 0) return false
    const { slice } = decision
    if (Number.isNaN(slice)) return true
    if (slice === this.#served) return false
    if (slice === this.#cleared || book.openCount === 0) return true
    if (terms.onUnfilled === 'replace' && wouldStrand(view)) this.#repriceAll(decision)
    else if (terms.onUnfilled === 'replace') {
      // The next child is sized when these are over, and not before.
      this.cancelWorking()
      return false
    }
    if (terms.onUnfilled === 'payup') this.#payUp()
    this.#cleared = slice
    return true
  }

  /** Sends a child where one is due; false when it has to be asked again soon. `allowance`: see {@link childSize}. */
  sendOne(decision: ChildDecision, allowance: number): boolean {
    const { book, view, terms } = this.#parts
    this.waitsForQuotes = false
    this.waitsForTrades = false
    const price = childPrice(view, decision, terms)
    const units = childSize(view, decision, allowance, price)
    if (units <= 0) {
      if (book.openCount === 0 && isTooSmall(view, price ?? Number.NaN)) {
        // Another price may make it large enough; until then it is told what is left.
        this.waitsForQuotes = true
        this.block('BELOW_MINIMUM')
        return false
      }
      const isCapped = allowance < view.lotUnits && isWanting(view, decision)
      this.waitsForTrades = isCapped
      if (!isCapped) this.#served = decision.slice
      this.block(isCapped ? 'PARTICIPATION' : undefined)
      return !isCapped
    }
    if (price === undefined) {
      this.waitsForQuotes = true
      this.block(Number.isNaN(view.farUnits) ? 'NO_QUOTE' : 'LIMIT')
      return false
    }
    this.block(undefined)
    this.#served = decision.slice
    this.#cleared = decision.slice
    this.send(units, price, decision.timeInForce, decision.connector)
    return true
  }

  /** Sends a child. @throws TradewireError `TW_ASSERTION` for more than what is unsent. */
  send(units: number, price: number, timeInForce: ChildRequest['timeInForce'], connector?: string): Child {
    const { book, children, terms, tell, sent } = this.#parts
    const request = this.#request
    assert(units <= book.unsentUnits, 'a child fits into what is unsent')
    request.index = children.nextIndex(book.sent)
    request.quantityUnits = units
    request.priceUnits = price
    request.timeInForce = timeInForce
    request.connector = connector
    request.postOnly = terms.noTakeLiquidity && timeInForce === 'DAY' && !Number.isNaN(price)
    const number = children.send(request)
    const child = book.add({
      index: request.index,
      number,
      quantityUnits: units,
      priceUnits: price,
      isForAuction: timeInForce === 'CLO' || timeInForce === 'OPG',
      isImmediate: timeInForce === 'IOC' || timeInForce === 'FOK',
      connector,
    })
    tell('child', undefined, number)
    sent(child)
    return child
  }

  /** Says why nothing is sent; undefined when something is again. */
  block(reason: string | undefined): void {
    if (reason === this.blocked) return
    this.blocked = reason
    this.#parts.tell(reason === undefined ? 'unblocked' : 'blocked', reason)
  }

  /** Asks for all cancels; those that are under way are not asked for twice. `keepsAuction`: not of orders for an auction. */
  cancelWorking(keepsAuction = false): void {
    const { book, children } = this.#parts
    for (const child of [...book.open]) {
      if (keepsAuction && child.isForAuction) continue
      child.isCanceling = true
      children.cancel(child.number)
    }
  }

  #payUp(): void {
    const { view, terms } = this.#parts
    for (const child of this.#parts.book.open) this.#reprice(child, betteredPrice(child.priceUnits, view, terms))
  }

  /** What is too small for an order of its own is not taken back: it gets the price that a new child would have. */
  #repriceAll(decision: ChildDecision): void {
    const { book, view, terms } = this.#parts
    const price = childPrice(view, decision, terms)
    if (price !== undefined) for (const child of book.open) this.#reprice(child, price)
  }

  #reprice(child: Child, price: number): void {
    if (Number.isNaN(child.priceUnits) || Number.isNaN(price) || child.isCanceling) return
    if (price !== child.priceUnits && this.#parts.children.reprice(child.number, price)) child.priceUnits = price
  }
}

/** Whether something would be sent if the market's volume allowed it. */
function isWanting(view: ParentView, { targetUnits, quantityUnits }: ChildDecision): boolean {
  if (view.unsentUnits <= 0) return false
  return Number.isNaN(targetUnits) ? quantityUnits > 0 : targetUnits > view.filledUnits + view.workingUnits
}
