/**
 * A settlement book that survives its process: every execution that is booked, and every word about what settled, stands on an
 * audit trail, hash by hash, and is read back from there.
 *
 * After a crash the trail may lack the executions of its last moments; the journal of the system has them. Feed those of
 * `system.orders` again: each counts once.
 */
import { TradewireError } from '../../core/errors.js'
import { Decimal } from '../../model/decimal.js'
import type { ExecutionReport } from '../../model/execution.js'
import type { AuditTrail } from '../audit/audit-trail.js'
import { SettlementBook, type SettlementBookOptions, type TradeConfirmation } from './settlement-book.js'

/** Options of a ledger. */
export interface SettlementLedgerOptions extends SettlementBookOptions {
  /** Where it is kept. May hold other entries, too. */
  readonly trail: AuditTrail
}

/** Kinds of entries. */
const bookedKind = 'settlement.execution'
const statusKind = 'settlement.status'

interface StatusEntry {
  readonly id: string
  readonly status: 'settled' | 'failed'
}

/** A settlement book on record. */
export class SettlementLedger {
  /** For reading: confirmations, what is due, exceptions. */
  readonly view: SettlementBook
  readonly #trail: AuditTrail

  private constructor(book: SettlementBook, trail: AuditTrail) {
    this.view = book
    this.#trail = trail
  }

  /**
   * Opens a ledger and reads what is on its trail.
   *
   * @throws TradewireError `TW_AUDIT_BROKEN` where an entry does not fit its hash, or makes no sense; `TW_FILE`.
   */
  static open({ trail, ...options }: SettlementLedgerOptions): SettlementLedger {
    const book = new SettlementBook(options)
    for (const { seq, kind, data } of trail.query({ kind: 'settlement.*', limit: Number.MAX_SAFE_INTEGER })) {
      try {
        if (kind === bookedKind) book.book(executionFrom(data as Record<string, unknown>))
        else if (kind === statusKind) book.settle((data as StatusEntry).id, (data as StatusEntry).status)
      } catch (cause) {
        throw unbookable(seq, cause)
      }
    }
    return new SettlementLedger(book, trail)
  }

  /**
   * As `SettlementBook.book`, on record. What was booked before is not written twice.
   *
   * @throws TradewireError as that; `TW_FILE`.
   */
  book(report: ExecutionReport): TradeConfirmation {
    const before = this.view.duplicates
    const confirmation = this.view.book(report)
    if (this.view.duplicates === before)
      this.#trail.append({
        kind: bookedKind,
        actor: report.strategy ?? 'system',
        subject: confirmation.id,
        tsUs: report.tsEventUs,
        data: plain(report),
      })
    return confirmation
  }

  /** As {@link SettlementBook.settle}, on record with who says so. @throws TradewireError as that; `TW_FILE`. */
  settle(id: string, actor: string, status: 'settled' | 'failed' = 'settled'): TradeConfirmation {
    const confirmation = this.view.settle(id, status)
    this.#trail.append({ kind: statusKind, actor, subject: id, data: { id, status } satisfies StatusEntry })
    return confirmation
  }
}

function unbookable(seq: number, cause: unknown): TradewireError {
  return new TradewireError('TW_AUDIT_BROKEN', `Entry ${seq} of the audit trail cannot be booked again`, { cause })
}

/** An execution as plain JSON. */
function plain(report: ExecutionReport): Record<string, unknown> {
  const { price, quantity, commission, ...rest } = report
  return {
    ...rest,
    price: price.toFixed(),
    quantity: quantity.toFixed(),
    ...(commission === undefined ? {} : { commission: commission.toFixed() }),
  }
}

function executionFrom(data: Record<string, unknown>): ExecutionReport {
  const { price, quantity, commission, ...rest } = data as Record<string, string>
  return {
    ...rest,
    price: new Decimal(price as string),
    quantity: new Decimal(quantity as string),
    ...(commission === undefined ? {} : { commission: new Decimal(commission) }),
  } as unknown as ExecutionReport
}
