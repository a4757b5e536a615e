/**
 * The repair of a damaged journal of orders: cut back to what holds (`journal/cut-journal.ts`), with a copy of everything,
 * and with a new session on record, so that no id that the lost part used is ever used again.
 */
import { TradewireError } from '../core/errors.js'
import type { FileSystem } from '../core/file-system.js'
import { type CutReport, cutJournal, type DamageReport, findDamage, type NewRecord } from '../journal/cut-journal.js'
import { snapshotType } from '../journal/frame.js'
import type { RecordHandler } from '../journal/journal.js'
import { readJournal } from '../journal/read-journal.js'
import { RecordDescriber, type RecordDescription } from './record-describer.js'
import { RecordType } from './records.js'

/** What {@link repairJournal} works on. */
export interface RepairOptions {
  readonly fileSystem: FileSystem
  /** Directory of the journal; no system may have it open. */
  readonly directory: string
  /** Directory for copies of all files; must not exist. */
  readonly backup: string
}

/** What was repaired. */
export interface RepairReport extends CutReport {
  /** The records behind the damage that the journal no longer holds, in words: orders and fills to look for at the venue. */
  readonly dropped: readonly RecordDescription[]
  /** Number of the session that was put on record, above all before it. */
  readonly session: number
}

/**
 * Repairs a journal that is refused with `TW_JOURNAL_CORRUPT`: keeps everything before the damage, copies all files to
 * `backup`, and reports what is behind it. Undefined where the journal opens as it is; nothing is changed then.
 *
 * Orders and fills in the part that is gone are not known any more. The next start reconciles before it trades: open orders
 * of that part come back as external orders, and positions that differ halt their instrument.
 *
 * @throws TradewireError `TW_JOURNAL_LOCKED`, `TW_JOURNAL_CORRUPT` where nothing would be left, `TW_INVALID_ARGUMENT` where
 * the backup exists, `TW_JOURNAL_VERSION`, `TW_FILE`.
 */
export async function repairJournal({
  fileSystem,
  directory,
  backup,
}: RepairOptions): Promise<RepairReport | undefined> {
  const { highest, describer } = kept(fileSystem, directory)
  const dropped: RecordDescription[] = []
  const onDropped: RecordHandler = (type, seq, record) => {
    const description = describer.describe(type, seq, record)
    dropped.push(description)
    if (description.type === 'session' || description.type === 'snapshot') highest.see(description.fields)
  }
  const cut = cutJournal(fileSystem, directory, backup, () => sessionAfter(highest), onDropped)
  return cut === undefined ? undefined : { ...cut, dropped, session: highest.session + 1 }
}

/** What a repair would do. */
export interface RepairPlan extends DamageReport {
  /** The records that would be dropped, in words. */
  readonly dropped: readonly RecordDescription[]
}

/** What a repair would drop, in words; undefined where there is nothing to repair. Changes nothing. */
export function planRepair({ fileSystem, directory }: Omit<RepairOptions, 'backup'>): RepairPlan | undefined {
  const { describer } = kept(fileSystem, directory)
  const dropped: RecordDescription[] = []
  const damage = findDamage(fileSystem, directory, (type, seq, record) =>
    dropped.push(describer.describe(type, seq, record)),
  )
  return damage === undefined ? undefined : { ...damage, dropped }
}

/** The highest session seen, and the prefix of ids in it. */
class HighestSession {
  session = 0
  idPrefix = 'T'

  see(fields: Readonly<Record<string, unknown>>): void {
    const { session, idPrefix } = fields
    if (typeof session !== 'number' || session < this.session) return
    this.session = session
    if (typeof idPrefix === 'string') this.idPrefix = idPrefix
  }
}

/** Reads the part that holds: afterwards the describer knows the names in what follows. */
function kept(fileSystem: FileSystem, directory: string) {
  const describer = new RecordDescriber()
  const highest = new HighestSession()
  try {
    readJournal(fileSystem, directory, (type, seq, record) => {
      const { fields } = describer.describe(type, seq, record)
      if (type === RecordType.session || type === snapshotType) highest.see(fields)
    })
  } catch (error) {
    // What holds has been given by then.
    if (!(error instanceof TradewireError) || error.code !== 'TW_JOURNAL_CORRUPT') throw error
  }
  return { describer, highest }
}

/** What the start of a system writes first, of a session above all that were seen. */
function sessionAfter({ session, idPrefix }: HighestSession): NewRecord {
  return {
    type: RecordType.session,
    write(writer) {
      writer.f64(session + 1)
      writer.string(idPrefix)
    },
  }
}
