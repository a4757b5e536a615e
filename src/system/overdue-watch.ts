/**
 * Answers that venues owe, over a connection that stands: to an order, a change, a cancel, or to the question what became of
 * an order of unknown fate. Whatever stays open for `withinMs` makes the venue be asked about everything; then again after
 * twice the time, and so on up to a minute, until it is known.
 *
 *   sent ── 5 s ── asked ── 10 s ── asked ── 20 s ── … ── 60 s ── asked ── 60 s ── …
 *
 * A message may be lost while its connection lives: without this an order would stay in flight until the next reconnect.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import { NS_PER_MS } from '../core/clock.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import { StatusCode } from '../orders/codes.js'
import { status } from '../orders/derive.js'
import { Field, type OrderTable } from '../orders/order-table.js'

/** What a watch works with. */
export interface OverdueWatchParts {
  readonly table: OrderTable
  /** Orders that are open, by connector. */
  readonly openByConnector: ArrayLike<number>
  readonly time: Time
  readonly connectors: ReadonlyMap<string, BaseConnector>
  /** How long an answer may take. */
  readonly withinMs: number
  /** Asks the venue of a connector. */
  readonly ask: (connector: BaseConnector) => void
}

/** An order that waits for an answer. */
interface Waiting {
  /** The last event of the order: another one, and the wait begins anew. */
  readonly seq: number
  waitNs: number
  askAtNs: number
}

const longestWaitNs = 60_000 * NS_PER_MS
const unanswered: ReadonlySet<number> = new Set([
  StatusCode.SUBMITTED,
  StatusCode.PENDING_UPDATE,
  StatusCode.PENDING_CANCEL,
  StatusCode.UNKNOWN,
])

/** See the file's header. */
export class OverdueWatch {
  readonly #parts: OverdueWatchParts
  /** By order number. */
  #waiting = new Map<number, Waiting>()
  readonly #timer: TimerHandle

  constructor(parts: OverdueWatchParts) {
    this.#parts = parts
    this.#timer = parts.time.every(parts.withinMs / 2, () => this.#look())
  }

  /** Ends the watch. */
  close(): void {
    this.#timer.cancel()
  }

  #look(): void {
    const { table, openByConnector, time, connectors, withinMs, ask } = this.#parts
    const { cells } = table
    let count = 0
    for (const { source } of connectors.values()) count += openByConnector[source] as number
    if (count === 0 && this.#waiting.size === 0) return
    const nowNs = time.monotonicNs()
    const waiting = new Map<number, Waiting>()
    const asked = new Set<number>()
    for (const row of table.openRows(count)) {
      if (!unanswered.has(status(table, row))) continue
      const number = cells[row] as number
      const seq = cells[row + Field.lastSeq] as number
      const known = this.#waiting.get(number)
      const withinNs = withinMs * NS_PER_MS
      const each = known?.seq === seq ? known : { seq, waitNs: withinNs, askAtNs: nowNs + withinNs }
      waiting.set(number, each)
      if (nowNs < each.askAtNs) continue
      each.waitNs = Math.min(each.waitNs * 2, Math.max(longestWaitNs, withinNs))
      each.askAtNs = nowNs + each.waitNs
      asked.add(cells[row + Field.connector] as number)
    }
    this.#waiting = waiting
    if (asked.size === 0) return
    // One that is not ready is compared with its venue before it becomes so.
    for (const connector of connectors.values())
      if (asked.has(connector.source) && connector.isReady && connector.orderCapabilities !== undefined) ask(connector)
  }
}
