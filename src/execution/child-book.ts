/**
 * The children of one parent order, and the sums over them. What a child may still trade counts as working until its venue
 * has said that it is over: a cancel that was not answered and an order of unknown fate work on.
 *
 *   filled + working + unsent = total, always; nothing is sent beyond unsent
 */
import { assert } from '../core/assert.js'

/** What is known of a child, as it is read from the order plane. */
export interface ChildFacts {
  filledUnits: number
  /** What it may still trade at worst; 0 once it is closed. */
  leavesUnits: number
  isClosed: boolean
  /** Whether it was refused, by our side or by the venue, without a fill. */
  isRefused: boolean
  /** Whether it was canceled, by whomever. */
  isCanceled: boolean
  reason: string | undefined
  /** Its limit as its venue has it: a change that was refused leaves it as it was. NaN at the market. */
  priceUnits: number
}

/** Facts to be read into. */
export function noFacts(): ChildFacts {
  return {
    filledUnits: 0,
    leavesUnits: 0,
    isClosed: false,
    isRefused: false,
    isCanceled: false,
    reason: undefined,
    priceUnits: Number.NaN,
  }
}

/** A child order. */
export interface Child {
  /** Its number in the family: E1 is 1. */
  readonly index: number
  /** Its number in the order plane. */
  readonly number: number
  readonly quantityUnits: number
  /** It waits for an auction: the end of the window does not take it back. */
  readonly isForAuction: boolean
  /** It fills at once or not at all. */
  readonly isImmediate: boolean
  /** Where it was sent, if the order or its route did not say it. */
  readonly connector: string | undefined
  priceUnits: number
  filledUnits: number
  leavesUnits: number
  isClosed: boolean
  /** Whether a cancel was asked for. */
  isCanceling: boolean
  /** Whether it was refused without a fill. */
  isRefused: boolean
}

/** A child that was sent. */
export interface ChildTerms {
  index: number
  number: number
  quantityUnits: number
  priceUnits: number
  isForAuction?: boolean
  isImmediate?: boolean
  isCanceling?: boolean
  connector?: string | undefined
}

/** Keeps the sums. */
export class ChildBook {
  totalUnits: number
  filledUnits = 0
  workingUnits = 0
  openCount = 0
  /** Children sent so far. */
  sent = 0
  /** Whether a venue traded more than it was asked for, or a fill came for a child that was over: nothing of ours went beyond the total. */
  isOverfilled = false
  /** Children that are not closed, the oldest first. */
  readonly open: Child[] = []
  readonly #byNumber = new Map<number, Child>()

  constructor(totalUnits: number, pastUnits = 0) {
    this.totalUnits = totalUnits
    this.filledUnits = pastUnits
  }

  /** What may be sent. Below 0 where a venue traded too much, or the total was lowered and cancels are under way. */
  get unsentUnits(): number {
    return this.totalUnits - this.filledUnits - this.workingUnits
  }

  /** Open children that are no immediate orders. */
  get restingCount(): number {
    let count = 0
    for (const child of this.open) if (!child.isImmediate) count++
    return count
  }

  get(number: number): Child | undefined {
    return this.#byNumber.get(number)
  }

  /** Children known, closed ones included. */
  get all(): Iterable<Child> {
    return this.#byNumber.values()
  }

  /** Adds a child that was sent. Its whole quantity works until something is heard of it. */
  add(terms: ChildTerms): Child {
    const { index, number, quantityUnits, priceUnits, connector } = terms
    const { isForAuction = false, isImmediate = false, isCanceling = false } = terms
    const child: Child = {
      index,
      number,
      quantityUnits,
      isForAuction,
      isImmediate,
      connector,
      priceUnits,
      filledUnits: 0,
      leavesUnits: quantityUnits,
      isClosed: false,
      isCanceling,
      isRefused: false,
    }
    this.#byNumber.set(number, child)
    this.open.push(child)
    this.openCount++
    this.workingUnits += quantityUnits
    this.sent = Math.max(this.sent, index)
    return child
  }

  /** Takes what is known of a child now. Says whether anything changed. */
  update(child: Child, facts: ChildFacts): boolean {
    const { filledUnits, leavesUnits, isClosed } = facts
    child.priceUnits = facts.priceUnits
    const filled = filledUnits - child.filledUnits
    const leaves = leavesUnits - child.leavesUnits
    if (filled === 0 && leaves === 0 && isClosed === child.isClosed) return false
    // A fill after the end: what had been given back may be out there again.
    if (filled > 0 && (child.isClosed || filledUnits > child.quantityUnits)) this.isOverfilled = true
    if (child.isClosed && !isClosed) this.isOverfilled = true
    this.filledUnits += filled
    this.workingUnits += leaves
    child.filledUnits = filledUnits
    child.leavesUnits = leavesUnits
    child.isRefused = facts.isRefused
    if (isClosed !== child.isClosed) this.#setClosed(child, isClosed)
    return true
  }

  #setClosed(child: Child, isClosed: boolean): void {
    child.isClosed = isClosed
    if (isClosed) {
      this.open.splice(this.open.indexOf(child), 1)
      this.openCount--
    } else {
      // The venue says that it works after all.
      child.isCanceling = false
      this.open.push(child)
      this.openCount++
    }
  }

  /**
   * States the invariant. `ceilingUnits`: the total, or what was out there already when the total was lowered below it.
   *
   * @throws TradewireError `TW_ASSERTION`.
   */
  check(ceilingUnits: number): void {
    assert(this.workingUnits >= 0 && this.openCount === this.open.length, 'the children of an order add up')
    assert(
      this.isOverfilled || this.filledUnits + this.workingUnits <= Math.max(this.totalUnits, ceilingUnits),
      'filled and what may still fill of the children are within the total of their order',
    )
  }
}
