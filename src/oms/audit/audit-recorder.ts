/**
 * Puts what a system does on its audit trail: order events, trading states and kill switches, anomalies, and what the
 * validation pipeline refused or warned about.
 *
 * A trail that cannot be written does not stop orders: `failures` counts, and `onFailure` is told. Who wants it otherwise
 * halts trading there.
 */
import type { OrderManagerEvents } from '../event-delivery.js'
import type { OrderEvent } from '../order-event.js'
import { type AuditJournal, refillAudit } from './audit-refill.js'
import type { AuditRecord, AuditTrail } from './audit-trail.js'

/** Options of {@link recordAudit}. */
export interface AuditRecorderOptions {
  /** `system.orders.events`. */
  readonly events: {
    on<Name extends keyof OrderManagerEvents & string>(
      event: Name,
      listener: (value: OrderManagerEvents[Name]) => void,
    ): () => void
  }
  readonly trail: AuditTrail
  /**
   * The journal of the system, to add first what the trail lacks of it: what a crash took from the trail, and what happened
   * in this system before recording began.
   */
  readonly journal?: AuditJournal
  /** Told when an entry could not be written. */
  readonly onFailure?: (error: unknown) => void
}

/** A recorder at work. */
export interface AuditRecorder {
  /** Entries that could not be written. */
  readonly failures: number
  /** Entries that were made from the journal at its beginning. */
  readonly refilled: number
  /** Stops recording. */
  stop(): void
}

/**
 * Records what a system announces from here on, and with `journal` what it announced before.
 *
 * @throws TradewireError as {@link refillAudit}, with `journal`.
 */
export function recordAudit({ events, trail, journal, onFailure }: AuditRecorderOptions): AuditRecorder {
  const { entries, throughSeq } = journal === undefined ? { entries: 0, throughSeq: 0 } : refillAudit(trail, journal)
  let failures = 0
  const write = (record: AuditRecord) => {
    try {
      trail.append(record)
    } catch (error) {
      failures++
      onFailure?.(error)
    }
  }
  const stops = [
    events.on('order', (event) => {
      // What is on record and was not delivered yet is on the trail already.
      if (event.seq > throughSeq) write(orderRecord(event))
    }),
    events.on('state', ({ actor, ...data }) =>
      write({ kind: data.isKill ? 'state.kill' : 'state.trading', actor, data }),
    ),
    events.on('split', ({ actor, instrument, tsUs, positions, cashInLieu, isNew: _, ...data }) => {
      if (data.seq <= throughSeq) return
      write({
        kind: 'operator.split',
        actor,
        subject: instrument,
        tsUs,
        data: {
          ...data,
          cashInLieu: cashInLieu?.toFixed(),
          positions: positions.map(({ before, after, cash, ...rest }) => ({
            ...rest,
            before: before.toFixed(),
            after: after.toFixed(),
            cash: cash.toFixed(),
          })),
        },
      })
    }),
    events.on('anomaly', ({ kind, orderNumber, message }) =>
      write({ kind: 'anomaly', actor: 'system', subject: String(orderNumber), data: { kind, message } }),
    ),
    events.on('validation', ({ tsUs, strategy, orderNumber, ...data }) =>
      write({ kind: `validation.${data.verdict}`, actor: strategy, subject: String(orderNumber), tsUs, data }),
    ),
  ]
  return {
    refilled: entries,
    get failures() {
      return failures
    },
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}

function orderRecord(event: OrderEvent): AuditRecord {
  const { snapshot } = event.order
  const { source, execId, reason, feeCurrency } = event
  const text = (value: { toFixed(): string } | undefined) => value?.toFixed()
  return {
    kind: `order.${event.type}`,
    actor: source === 'local' ? snapshot.strategy : source,
    subject: snapshot.clientOrderId,
    tsUs: event.tsLocalUs,
    data: {
      seq: event.seq,
      status: event.status,
      instrument: snapshot.instrument,
      account: snapshot.account,
      connector: snapshot.connector,
      side: event.side,
      type: snapshot.type,
      orderQuantity: text(snapshot.quantity),
      orderPrice: text(snapshot.price),
      quantity: text(event.quantity),
      price: text(event.price),
      execId: execId === undefined ? undefined : String(execId),
      feeUnits: Number.isNaN(event.feeUnits) ? undefined : event.feeUnits,
      feeCurrency,
      reason,
      tsEventUs: event.tsEventUs,
    },
  }
}
