/**
 * Cuts a damaged journal back to its longest part that holds: what lies behind a damaged record cannot be trusted to follow
 * from what lies before it. All files are copied first, durably; nothing is changed where that fails.
 *
 * Whole records behind the damage are given to the caller, so that a person can see what the journal no longer tells. The
 * venue knows the truth about them: reconciliation asks it before anything is traded.
 */
import { TradewireError } from '../core/errors.js'
import { type FileSystem, fileError, type OpenFile } from '../core/file-system.js'
import { frameHeaderBytes, framePrefixBytes, intactFrameEnd, syncMarkType } from './frame.js'
import { FrameWindow } from './frame-window.js'
import type { RecordHandler, RecordWriter } from './journal.js'
import { readJournal } from './read-journal.js'
import { RecordReader } from './record-reader.js'
import { makeDraft } from './segment-draft.js'
import { draftPath, listSegments, lockPath, type SegmentName, segmentPath } from './segment-files.js'

/** Where a journal is damaged, and what a cut would take away. */
export interface DamageReport {
  /** The segment that is damaged, and the byte of it where the last good record ends. */
  readonly path: string
  readonly offset: number
  /** Number of the record that is damaged or missing. */
  readonly expectedSeq: number
  /** Number of the last record that holds, and is kept by a cut. */
  readonly lastSeq: number
  readonly message: string
  /** Segments behind it, which would be removed. */
  readonly laterSegments: readonly string[]
  /** Whole records behind the damage. */
  readonly droppedRecords: number
}

/** What `cutJournal` did. */
export interface CutReport extends DamageReport {
  /** Where copies of all files lie. */
  readonly backup: string
}

/** A record of the host's: its type, and what it holds. */
export interface NewRecord {
  readonly type: number
  write(writer: RecordWriter): void
}

const chunkBytes = 1024 * 1024

/**
 * Where a journal is damaged; undefined where it opens. `onDropped` is given every whole record behind the damage.
 *
 * @throws TradewireError `TW_JOURNAL_VERSION`, `TW_FILE`.
 */
export function findDamage(
  fileSystem: FileSystem,
  directory: string,
  onDropped: RecordHandler = () => {},
): DamageReport | undefined {
  try {
    readJournal(fileSystem, directory, () => {})
    return undefined
  } catch (error) {
    if (!(error instanceof TradewireError) || error.code !== 'TW_JOURNAL_CORRUPT') throw error
    const { path, offset, expectedSeq, lastSeq } = error.details as Record<
      'offset' | 'expectedSeq' | 'lastSeq',
      number
    > & {
      path: string
    }
    const segments = listSegments(fileSystem, directory)
    const at = segments.findIndex((segment) => segment.path === path)
    const later = segments.slice(at + 1)
    let droppedRecords = 0
    const count: RecordHandler = (type, seq, record) => {
      droppedRecords++
      onDropped(type, seq, record)
    }
    wholeFrames(fileSystem, path, offset, expectedSeq, count)
    for (const segment of later) wholeFrames(fileSystem, segment.path, 0, expectedSeq, count)
    const { message } = error
    return {
      path,
      offset,
      expectedSeq,
      lastSeq,
      message,
      laterSegments: later.map((each) => each.path),
      droppedRecords,
    }
  }
}

/**
 * Cuts a damaged journal; undefined where it opens as it is. `backup`: a directory that does not exist yet. `next` is asked for
 * the record that comes behind the cut, when all that is dropped was told: whatever interrupts the cut, a journal that opens
 * has that record.
 *
 * @throws TradewireError `TW_JOURNAL_LOCKED` where a writer has it; `TW_JOURNAL_CORRUPT` where nothing would be left;
 * `TW_INVALID_ARGUMENT` where the backup exists; `TW_JOURNAL_VERSION`; `TW_FILE`.
 */
export function cutJournal(
  fileSystem: FileSystem,
  directory: string,
  backup: string,
  next: () => NewRecord,
  onDropped?: RecordHandler,
): CutReport | undefined {
  const lock = fileSystem.lock(lockPath(directory))
  try {
    const damage = findDamage(fileSystem, directory, onDropped)
    if (damage === undefined) return undefined
    const segments = listSegments(fileSystem, directory)
    if (damage.expectedSeq <= 1 || (damage.offset === 0 && segments[0]?.path === damage.path))
      throw new TradewireError(
        'TW_JOURNAL_CORRUPT',
        `nothing of the journal in ${directory} can be kept: its beginning is damaged, and there is no whole snapshot; restore a copy`,
        { details: { path: damage.path, offset: damage.offset, expectedSeq: damage.expectedSeq } },
      )
    copyAll(fileSystem, segments, backup)
    goOn(fileSystem, directory, (segments.at(-1) as SegmentName).ordinal + 1, damage.lastSeq + 1, next())
    cut(fileSystem, directory, damage)
    readJournal(fileSystem, directory, () => {})
    return { ...damage, backup }
  } finally {
    lock.release()
  }
}

/** Starts a segment behind all others with a record. It makes the journal open when nothing is between it and what holds. */
function goOn(
  fileSystem: FileSystem,
  directory: string,
  ordinal: number,
  seq: number,
  { type, write }: NewRecord,
): void {
  const window = new FrameWindow(chunkBytes, chunkBytes, () => {})
  window.begin()
  write(window)
  window.commit(type, seq)
  makeDraft({ fileSystem, directory, durability: 'fsync' }, window.memory.subarray(0, window.committed)).close()
  fileSystem.rename(draftPath(directory), segmentPath(directory, ordinal))
  fileSystem.syncDirectory(directory)
}

/** From the newest file back: whatever is interrupted leaves a journal that is still refused, or one that is whole. */
function cut(fileSystem: FileSystem, directory: string, damage: DamageReport): void {
  for (const path of [...damage.laterSegments].reverse()) fileSystem.remove(path)
  fileSystem.syncDirectory(directory)
  if (damage.offset === 0) {
    fileSystem.remove(damage.path)
    fileSystem.syncDirectory(directory)
    return
  }
  const file = fileSystem.open(damage.path, 'write')
  try {
    file.truncate(damage.offset)
    file.dataSyncNow()
  } finally {
    file.close()
  }
}

/** Gives whole frames from `offset` on, wherever they begin; those of records before `lowestSeq` are repetitions. */
function wholeFrames(
  fileSystem: FileSystem,
  path: string,
  offset: number,
  lowestSeq: number,
  onRecord: RecordHandler,
): void {
  const bytes = fileSystem.readFile(path)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reader = new RecordReader()
  reader.attach(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = offset; at + frameHeaderBytes <= bytes.length; ) {
    const end = intactFrameEnd(view, at, bytes.length)
    if (end === 0) {
      at++
      continue
    }
    const type = view.getUint8(at + 9)
    const seq = view.getUint32(at + 10, true) + view.getUint32(at + 14, true) * 0x1_0000_0000
    reader.seek(at + frameHeaderBytes, at + framePrefixBytes + view.getUint32(at, true))
    if (type !== syncMarkType && seq >= lowestSeq) onRecord(type, seq, reader)
    at = end
  }
}

function copyAll(fileSystem: FileSystem, segments: readonly SegmentName[], backup: string): void {
  if (fileSystem.exists(backup))
    throw new TradewireError('TW_INVALID_ARGUMENT', `backup ${backup} exists: name a directory that does not`, {
      details: { backup },
    })
  fileSystem.makeDirectory(backup)
  for (const { path, ordinal } of segments) copyFile(fileSystem, path, segmentPath(backup, ordinal))
  fileSystem.syncDirectory(backup)
}

function copyFile(fileSystem: FileSystem, from: string, to: string): void {
  const source = fileSystem.open(from, 'read')
  let target: OpenFile | undefined
  try {
    target = fileSystem.open(to, 'create')
    const chunk = new Uint8Array(chunkBytes)
    for (let at = 0; ; ) {
      const count = source.read(chunk, 0, chunk.length, at)
      if (count === 0) break
      for (let done = 0; done < count; ) {
        const written = target.write(chunk, done, count - done, at + done)
        if (written <= 0) throw fileError('write', to, 'ENOSPC')
        done += written
      }
      at += count
    }
    target.dataSyncNow()
  } finally {
    source.close()
    target?.close()
  }
}
