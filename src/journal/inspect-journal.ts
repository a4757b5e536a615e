/**
 * Looking at a journal from outside: which segments there are, what lies in each, and whether a writer or a reader would
 * take it. Nothing is written or locked; a writer may have it open.
 */
import { messageOf, TradewireError } from '../core/errors.js'
import type { FileSystem } from '../core/file-system.js'
import { snapshotType, syncMarkType } from './frame.js'
import { readJournal } from './read-journal.js'
import { listSegments } from './segment-files.js'
import { SegmentScan } from './segment-scan.js'

/** One segment file. */
export interface SegmentReport {
  readonly path: string
  readonly ordinal: number
  /** Size of the file, preallocated zeros included. */
  readonly fileBytes: number
  /** Bytes of whole and intact frames from its start on. */
  readonly validBytes: number
  /** Records in them, the journal's own notes left out. */
  readonly records: number
  /** Numbers of the first and last frame; 0 for none. */
  readonly firstSeq: number
  readonly lastSeq: number
  /** Whether it begins with a snapshot: a restart may begin here. */
  readonly hasSnapshot: boolean
}

/** What {@link verifyJournal} found. */
export interface JournalVerdict {
  /**
   * `sound`: opens, and all of it is there. `torn`: opens; a write at its end was cut short, and is not part of it.
   * `damaged-history`: opens from its latest snapshot on, but what came before cannot be read. `damaged`: is refused.
   */
  readonly state: 'sound' | 'torn' | 'damaged-history' | 'damaged'
  readonly records: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly bytes: number
  readonly droppedBytes: number
  /** What is wrong, where something is: `details` of a damage name `path`, `offset` and `expectedSeq`. */
  readonly problem?: {
    readonly code: string
    readonly message: string
    readonly details: Readonly<Record<string, unknown>>
  }
}

/** The segments of a journal, oldest first. @throws TradewireError `TW_FILE`. */
export function listJournal(fileSystem: FileSystem, directory: string): SegmentReport[] {
  const scan = new SegmentScan()
  return listSegments(fileSystem, directory).map(({ path, ordinal }) => {
    const file = fileSystem.open(path, 'read')
    try {
      scan.open(file)
      let records = 0
      let firstSeq = 0
      let lastSeq = 0
      let hasSnapshot = false
      while (scan.next()) {
        if (firstSeq === 0) {
          firstSeq = scan.seq
          hasSnapshot = scan.type === snapshotType
        }
        lastSeq = scan.seq
        if (scan.type !== syncMarkType) records++
      }
      const { fileBytes, validBytes } = scan
      return { path, ordinal, fileBytes, validBytes, records, firstSeq, lastSeq, hasSnapshot }
    } finally {
      file.close()
    }
  })
}

/** Reads a journal from its very start and says what would become of it. @throws TradewireError `TW_FILE`. */
export function verifyJournal(fileSystem: FileSystem, directory: string): JournalVerdict {
  const whole = attempt(fileSystem, directory, 'start')
  if (whole.problem === undefined) return { state: whole.droppedBytes > 0 ? 'torn' : 'sound', ...whole }
  const recent = attempt(fileSystem, directory, 'snapshot')
  if (recent.problem === undefined) return { state: 'damaged-history', ...recent, problem: whole.problem }
  return { state: 'damaged', ...recent }
}

function attempt(fileSystem: FileSystem, directory: string, from: 'start' | 'snapshot'): Omit<JournalVerdict, 'state'> {
  let records = 0
  let firstSeq = 0
  let lastSeq = 0
  try {
    const result = readJournal(
      fileSystem,
      directory,
      (_type, seq) => {
        records++
        firstSeq ||= seq
        lastSeq = seq
      },
      { from },
    )
    const { bytes, droppedBytes } = result
    return { records, firstSeq: result.firstSeq, lastSeq: result.lastSeq, bytes, droppedBytes }
  } catch (error) {
    if (!(error instanceof TradewireError) || error.code === 'TW_FILE') throw error
    const problem = { code: error.code, message: messageOf(error), details: error.details }
    return { records, firstSeq, lastSeq, bytes: 0, droppedBytes: 0, problem }
  }
}
