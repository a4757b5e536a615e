/**
 * THE RULE THAT GIVES AN ORDER ITS STATUS.
 *
 * A status is computed from the set of facts known about an order; it is never stepped from one value to the next. Any
 * order of arrival, any repetition and any batching of the same events therefore gives the same status (SEMANTICS §2.2b).
 *
 * `lifecycleRules` is the specification: the first rule that holds names the life cycle. docs/order-states.md is made from
 * it, and a test compares {@link lifecycleOf}, which says the same as branches, with it over every combination of facts.
 */
import { StatusCode } from './codes.js'
import * as Fact from './facts.js'

export { Fact }

/** One rule of the life cycle. */
export interface LifecycleRule {
  readonly status: keyof typeof StatusCode
  /** When it holds, in words. */
  readonly when: string
  readonly holds: (facts: number) => boolean
}

const has = (facts: number, mask: number): boolean => (facts & mask) !== 0

/** The rules in order of precedence. The last always holds. */
export const lifecycleRules: readonly LifecycleRule[] = [
  {
    status: 'DENIED',
    when: 'refused on our own side, never sent, and no trade says otherwise',
    holds: (f) => has(f, Fact.denied) && !has(f, Fact.filledSome),
  },
  {
    status: 'FILLED',
    when: 'the filled quantity is at least the order quantity',
    holds: (f) => has(f, Fact.filledAll),
  },
  {
    status: 'CANCELED',
    when: 'trades had reached the quantity, a bust or correction took them below it, and no later report says that the order works (reason BUST or CORRECTED)',
    holds: (f) => has(f, Fact.unfilledByBust | Fact.unfilledByCorrection),
  },
  {
    status: 'CANCELED',
    when: 'the venue canceled it (if it also reports an expiry, the earlier by venue time names it)',
    holds: (f) => has(f, Fact.canceled),
  },
  { status: 'EXPIRED', when: 'the venue reports its expiry', holds: (f) => has(f, Fact.expired) },
  {
    status: 'UNKNOWN',
    when: 'the venue rejected it and yet some quantity is filled: the venue has to be asked',
    holds: (f) => has(f, Fact.rejected) && has(f, Fact.filledSome),
  },
  { status: 'REJECTED', when: 'the venue rejected it', holds: (f) => has(f, Fact.rejected) },
  {
    status: 'CANCELED',
    when: 'its cancellation was concluded and no later report says that it works',
    holds: (f) => has(f, Fact.canceledByInference),
  },
  {
    status: 'EXPIRED',
    when: 'its expiry was concluded and no later report says that it works',
    holds: (f) => has(f, Fact.expiredByInference),
  },
  {
    status: 'REJECTED',
    when: 'it was proven absent at the venue, and no venue fact came later',
    holds: (f) => has(f, Fact.rejectedByInference),
  },
  {
    status: 'UNKNOWN',
    when: 'its fate was declared unknown and no venue fact was received later',
    holds: (f) => has(f, Fact.unknown),
  },
  { status: 'PARTIALLY_FILLED', when: 'some quantity is filled', holds: (f) => has(f, Fact.filledSome) },
  { status: 'TRIGGERED', when: 'its trigger was hit', holds: (f) => has(f, Fact.triggered) },
  { status: 'ACCEPTED', when: 'the venue acknowledged it, or said that it works', holds: (f) => has(f, Fact.accepted) },
  { status: 'SUBMITTED', when: 'it was handed to the connector', holds: (f) => has(f, Fact.submitted) },
  { status: 'RELEASED', when: 'its local emulation released it', holds: (f) => has(f, Fact.released) },
  { status: 'EMULATED', when: 'it is held locally until its trigger', holds: (f) => has(f, Fact.emulated) },
  { status: 'INITIALIZED', when: 'nothing else is known', holds: () => true },
]

const decidesClosed =
  Fact.denied |
  Fact.filledAll |
  Fact.unfilledByBust |
  Fact.unfilledByCorrection |
  Fact.canceled |
  Fact.expired |
  Fact.rejected |
  Fact.canceledByInference |
  Fact.expiredByInference |
  Fact.rejectedByInference |
  Fact.unknown

/** The life cycle of a set of facts: {@link lifecycleRules} as branches, the common open states first. */
export function lifecycleOf(facts: number): StatusCode {
  if ((facts & decidesClosed) === 0) {
    if ((facts & Fact.filledSome) !== 0) return StatusCode.PARTIALLY_FILLED
    if ((facts & Fact.triggered) !== 0) return StatusCode.TRIGGERED
    if ((facts & Fact.accepted) !== 0) return StatusCode.ACCEPTED
    if ((facts & Fact.submitted) !== 0) return StatusCode.SUBMITTED
    if ((facts & Fact.released) !== 0) return StatusCode.RELEASED
    return (facts & Fact.emulated) !== 0 ? StatusCode.EMULATED : StatusCode.INITIALIZED
  }
  const filledSome = (facts & Fact.filledSome) !== 0
  if ((facts & Fact.denied) !== 0 && !filledSome) return StatusCode.DENIED
  if ((facts & Fact.filledAll) !== 0) return StatusCode.FILLED
  if ((facts & (Fact.unfilledByBust | Fact.unfilledByCorrection)) !== 0) return StatusCode.CANCELED
  if ((facts & Fact.canceled) !== 0) return StatusCode.CANCELED
  if ((facts & Fact.expired) !== 0) return StatusCode.EXPIRED
  if ((facts & Fact.rejected) !== 0) return filledSome ? StatusCode.UNKNOWN : StatusCode.REJECTED
  if ((facts & Fact.canceledByInference) !== 0) return StatusCode.CANCELED
  if ((facts & Fact.expiredByInference) !== 0) return StatusCode.EXPIRED
  if ((facts & Fact.rejectedByInference) !== 0) return StatusCode.REJECTED
  if ((facts & Fact.unknown) !== 0) return StatusCode.UNKNOWN
  return lifecycleOf(facts & ~decidesClosed)
}

/** Whether a life cycle is over: nothing more is expected of the venue. */
export function isClosed(status: number): boolean {
  return (
    status === StatusCode.FILLED ||
    status === StatusCode.CANCELED ||
    status === StatusCode.REJECTED ||
    status === StatusCode.EXPIRED ||
    status === StatusCode.DENIED
  )
}

/** Whether the venue may hold the order: it counts against limits in full. */
export function mayWork(status: number): boolean {
  return !isClosed(status) && status !== StatusCode.INITIALIZED && status !== StatusCode.EMULATED
}

/** Whether a cancel makes sense: the order may work and no cancel is on its way. */
export function isCancellable(status: number): boolean {
  return mayWork(status) && status !== StatusCode.PENDING_CANCEL
}
