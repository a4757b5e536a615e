/** What the reason of a refusal means for the order behind the child. */
import type { Child } from './child-book.js'

/** Reasons that are over when something else is: a halt, a disconnect, stale prices, a full window of messages. They count as nothing. */
const passing: ReadonlySet<string> = new Set([
  'HALTED',
  'BREAKER',
  'KILL_SWITCH',
  'REDUCING',
  'NOT_TRADABLE',
  'NO_ROUTE',
  'NOT_READY',
  'NOT_CONNECTED',
  'UNKNOWN_ELSEWHERE',
  'THROTTLE',
  'DUPLICATE',
  'MARKET_DATA',
  'NO_REFERENCE_PRICE',
  'CLOCK_SKEW',
  'CLOSING',
  'JOURNAL_UNAVAILABLE',
  'CANCELED_BEFORE_SEND',
])

const permanent =
  /UNKNOWN_(SYMBOL|INSTRUMENT|ACCOUNT)|NO_PERMISSION|NOT_(PERMITTED|AUTHORI[SZ]ED|ENTITLED)|INSUFFICIENT_|NO_TRADING_PERMISSION|READ_ONLY/

/** Whether a refusal passes by itself. */
export function isPassing(reason: string): boolean {
  return passing.has(reason)
}

/** Whether another try would end the same way: no permission, no such instrument, no funds. */
export function isPermanent(reason: string): boolean {
  return permanent.test(reason.toUpperCase().replaceAll(/[\s-]+/g, '_'))
}

/** Whether somebody else took a resting child off before anything of it filled: asking again at once might go on for ever. */
export function wasTakenOff({ filledUnits, isCanceling, isImmediate, isForAuction }: Child): boolean {
  return filledUnits === 0 && !isCanceling && !isImmediate && !isForAuction
}

/** After the first refusal of a child; twice as long after each further one for the same reason. */
const backoffUs = 1_000_000
/** So many refusals in a row for the same reason pause the order. */
const maxRefusals = 3

/** Counts refusals in a row, and says when to try again. */
export class RefusalCount {
  #inRow = 0
  #reason = ''
  /** Not before. */
  retryUs = Number.NEGATIVE_INFINITY

  /** Takes a refusal. Says whether it is one too many. */
  add(reason: string, nowUs: number): boolean {
    this.retryUs = nowUs + backoffUs
    if (isPassing(reason)) return false
    this.#inRow = reason === this.#reason ? this.#inRow + 1 : 1
    this.#reason = reason
    this.retryUs = nowUs + backoffUs * 2 ** (this.#inRow - 1)
    return this.#inRow >= maxRefusals
  }

  /** Nothing is tried before. */
  waitUntil(us: number): void {
    this.retryUs = Math.max(this.retryUs, us)
  }

  /** Something was not refused, or a person says to go on. */
  clear(): void {
    this.#inRow = 0
  }

  /** Tries again at once. */
  forget(): void {
    this.#inRow = 0
    this.retryUs = Number.NEGATIVE_INFINITY
  }
}
