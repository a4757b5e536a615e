/**
 * The end of trading: no new orders from here on, and what is open is canceled or left, by policy. A cancel is a request,
 * not an outcome: the venue's answers are awaited for a bounded time, and whatever is open after that is named, on record.
 */

import type { Clock } from '../core/clock.js'
import type { Scheduler } from '../core/scheduler.js'
import { listenForAbort } from '../core/time.js'
import type { OrderSnapshot } from '../model/order.js'
import * as Field from '../orders/order-fields.js'
import type { OrderCore } from './order-core.js'
import { RecordType } from './records.js'

/** How orders are drained. */
export interface DrainOptions {
  /** Whose clock bounds the wait. */
  readonly time: Scheduler & Clock
  /** Cancel what is open, or leave it at the venue. */
  readonly policy: 'cancel' | 'leave'
  /** Longest wait for the outcome of cancels, in milliseconds; 10,000 unless given. */
  readonly timeoutMs?: number
  /** Ends the wait at once: a second signal to stop. Nothing is thrown. */
  readonly signal?: AbortSignal
}

/** What a drain did. */
export interface DrainReport {
  /** Cancels that were asked for. */
  readonly canceled: number
  /** Orders that are still open at their venue, or of unknown fate, as far as is known. */
  readonly leftOpen: readonly OrderSnapshot[]
  /** Whether the wait ended with cancels that nobody had answered. */
  readonly isTimedOut: boolean
  /** How long it took, on the clock of `time`. */
  readonly elapsedMs: number
}

const defaultTimeoutMs = 10_000

/** So many orders that stay open are told of one by one; the record names all. */
const maxTold = 50

/** Closes the intake and deals with open orders. `cancelAll` asks for the cancels and says how many. */
export async function drain(core: OrderCore, options: DrainOptions, cancelAll: () => number): Promise<DrainReport> {
  const { time, policy, timeoutMs = defaultTimeoutMs, signal } = options
  const startNs = time.monotonicNs()
  core.isClosing = true
  const canceled = policy === 'cancel' ? cancelAll() : 0
  if (policy === 'cancel') await outcomes(core, time, timeoutMs, signal)
  const rows = openRows(core)
  const isTimedOut = rows.some((row) => core.sender.isBeingCanceled(row))
  record(core, policy, rows)
  if (policy === 'cancel') tellLeftOpen(core, rows)
  return {
    canceled,
    leftOpen: rows.map((row) => core.snapshot(core.table.cells[row])),
    isTimedOut,
    elapsedMs: (time.monotonicNs() - startNs) / 1e6,
  }
}

function openRows(core: OrderCore): number[] {
  return core.table.rows().filter((row) => core.table.cells[row + Field.isOpen] === 1)
}

/** Resolves when no cancel is under way any more, when the time is over, or when the signal fires. Never rejects. */
function outcomes(core: OrderCore, time: Scheduler, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  const waiting = new Set(
    openRows(core)
      .filter((row) => core.sender.isBeingCanceled(row))
      .map((row) => core.table.cells[row]),
  )
  if (waiting.size === 0 || signal?.aborted === true) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = () => {
      timer.cancel()
      stop()
      signal?.removeEventListener('abort', finish)
      time.requestSettling?.()
      resolve()
    }
    const timer = time.after(timeoutMs, finish)
    const stop = core.events.on('order', ({ order }) => {
      if (waiting.has(order.number) && !isUnderWay(core, order.number)) waiting.delete(order.number)
      if (waiting.size === 0) finish()
    })
    listenForAbort(signal, finish)
  })
}

function isUnderWay(core: OrderCore, number: number): boolean {
  const row = core.table.rowOf(number)
  return row >= 0 && core.table.cells[row + Field.isOpen] === 1 && core.sender.isBeingCanceled(row)
}

/** Puts on record what stays open at the end. It changes nothing when it is read back. */
function record(core: OrderCore, policy: DrainOptions['policy'], rows: readonly number[]): void {
  core.turn.begin()
  try {
    const { recorder } = core.turn
    const writer = recorder.begin(RecordType.drained)
    writer.f64(core.turn.nowUs)
    writer.u8(policy === 'cancel' ? 0 : 1)
    writer.u32(rows.length)
    for (const row of rows) writer.f64(core.table.cells[row])
    recorder.commit()
    core.turn.touch()
  } finally {
    core.turn.end()
  }
}

function tellLeftOpen(core: OrderCore, rows: readonly number[]): void {
  for (const row of rows.slice(0, maxTold)) {
    const number = core.table.cells[row]
    const isWaiting = core.sender.isBeingCanceled(row)
      ? 'its cancel was not answered in time'
      : 'it could not be canceled'
    core.anomaly(
      'LEFT_OPEN',
      number,
      `Order ${core.names.clientOrderId(row)} is ${core.status(number)} and stays open at the venue: ${isWaiting}`,
    )
  }
  if (rows.length > maxTold)
    core.anomaly(
      'LEFT_OPEN',
      0,
      `${rows.length - maxTold} more orders stay open at the venue; the journal names them all`,
    )
}
