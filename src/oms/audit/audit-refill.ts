/**
 * What an audit trail lacks after a crash is in the journal: orders wait for that, and for the trail they do not. Entries
 * made from the journal are marked `recovered`, and an entry `trail.refilled` says up to which record they reach.
 */
import type { FileSystem } from '../../core/file-system.js'
import { readJournal } from '../../journal/read-journal.js'
import { RecordDescriber, type RecordDescription } from '../record-describer.js'
import { RecordType } from '../records.js'
import type { AuditRecord, AuditTrail } from './audit-trail.js'

/** Where the journal lies. A system may have it open. */
export interface AuditJournal {
  readonly fileSystem: FileSystem
  readonly directory: string
}

/** What was added. */
export interface AuditRefill {
  /** Entries made from the journal. */
  readonly entries: number
  /** Number of the last journal record that the trail tells of now; 0 where there is none. */
  readonly throughSeq: number
}

/**
 * Adds what the journal tells and the trail does not: every record about orders, trading states and risk decisions after the
 * last one that is on the trail.
 *
 * @throws TradewireError `TW_JOURNAL_CORRUPT`, `TW_JOURNAL_VERSION`, `TW_FILE`, and as `AuditTrail.append`.
 */
export function refillAudit(trail: AuditTrail, { fileSystem, directory }: AuditJournal): AuditRefill {
  const afterSeq = lastSeqOf(trail)
  const describer = new RecordDescriber()
  let entries = 0
  const { lastSeq } = readJournal(
    fileSystem,
    directory,
    (type, seq, record) => {
      // Read also where it is not wanted: later records refer to it.
      const description = describer.describe(type, seq, record)
      if (seq <= afterSeq || !isTold(type)) return
      trail.append(entryOf(type, description))
      entries++
    },
    { from: 'start' },
  )
  const throughSeq = Math.max(afterSeq, lastSeq)
  if (entries > 0) trail.append({ kind: 'trail.refilled', actor: 'system', data: { afterSeq, throughSeq, entries } })
  return { entries, throughSeq }
}

/** Number of the last journal record that a trail tells of. */
function lastSeqOf(trail: AuditTrail): number {
  let last = 0
  for (const { kind, data } of trail.entries({ limit: Number.POSITIVE_INFINITY })) {
    const { seq, throughSeq } = (data ?? {}) as { seq?: unknown; throughSeq?: unknown }
    const told = kind === 'trail.refilled' ? throughSeq : /^(order|operator)\./.test(kind) ? seq : undefined
    if (typeof told === 'number' && told > last) last = told
  }
  return last
}

function isTold(type: number): boolean {
  return (type >= RecordType.intent && type <= RecordType.split) || type === RecordType.badReport
}

/** Names of the entries that the recorder makes of the same; what has no such name is called as in the journal. */
const kinds: ReadonlyMap<number, string> = new Map([
  [RecordType.intent, 'order.submitted'],
  [RecordType.denied, 'order.denied'],
  [RecordType.accepted, 'order.accepted'],
  [RecordType.rejected, 'order.rejected'],
  [RecordType.triggered, 'order.triggered'],
  [RecordType.unknown, 'order.unknown'],
  [RecordType.updated, 'order.updated'],
  [RecordType.trade, 'order.filled'],
  [RecordType.corrected, 'order.fill_corrected'],
  [RecordType.busted, 'order.fill_busted'],
  [RecordType.tradingState, 'state.trading'],
  [RecordType.split, 'operator.split'],
])

function entryOf(
  type: number,
  { seq, type: name, tsUs, order, clientOrderId, fields }: RecordDescription,
): AuditRecord {
  const isKill = type === RecordType.tradingState && fields.isKill === true
  return {
    kind: isKill ? 'state.kill' : (kinds.get(type) ?? `${order === undefined ? 'journal' : 'order'}.${name}`),
    actor: 'journal',
    subject: clientOrderId ?? (type === RecordType.split ? String(fields.instrument) : String(order ?? '')),
    ...(tsUs === undefined ? {} : { tsUs }),
    data: { seq, recovered: true, ...fields },
  }
}
