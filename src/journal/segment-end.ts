/** Where a writer goes on in a journal that it has read, and what it does before. */
import type { FileSystem, OpenFile } from '../core/file-system.js'
import { sealedVersion, versionAt } from './frame.js'
import type { JournalReadResult } from './read-journal.js'
import { makeDraft, writeFully } from './segment-draft.js'
import { draftPath, segmentPath } from './segment-files.js'
import type { CheckedOptions } from './segment-journal-options.js'
import type { SegmentEnd, UnprovenFrames } from './unproven-frames.js'

const seal = Uint8Array.of(sealedVersion)
const nothing = new Uint8Array(0)

/** Where the first record of a writer goes. */
export interface End {
  /** The file that is appended to; undefined where the first write starts a new segment. */
  readonly file: OpenFile | undefined
  /** Number of the newest segment, 0 for none. */
  readonly ordinal: number
  /** Bytes of frames in the file. */
  readonly offset: number
}

/**
 * Makes durable what was read, before anything is built on it: what a dead process wrote may not have reached the disk.
 * Nothing but a note at the end proves that it has: a sync may have failed, and the next one of that file would not tell.
 * So the last records go once more to a new segment, unless the journal was closed. What was cut off older segments stays cut
 * off before that: a cut that only the cache knows is undone by a power cut, and frames that nobody vouches for would stand
 * beside the new ones. The dead process may have tried to make it durable, in vain: so something new is written there. For
 * the same reason the note at the end is written again: it may be one of the middle of a life, that no sync came to.
 */
export function endOf(options: CheckedOptions, recovery: JournalReadResult, unproven: UnprovenFrames): End {
  const { fileSystem, durability } = options
  const { tail, lastOrdinal } = recovery
  const { frames } = unproven
  const isSafe = durability === 'none' || (unproven.isClosed && tail !== undefined)
  if (!isSafe) for (const each of unproven.ends) cutDurably(fileSystem, each, nothing)
  else if (tail !== undefined && durability !== 'none')
    cutDurably(fileSystem, { path: tail.segment.path, validBytes: tail.validBytes }, frames ?? nothing)
  if (!isSafe && frames !== undefined && frames.length > 0) return newSegment(options, lastOrdinal + 1, frames)
  if (tail === undefined) return { file: undefined, ordinal: lastOrdinal, offset: 0 }
  const file = cut(fileSystem, tail)
  return { file, ordinal: tail.segment.ordinal, offset: tail.validBytes }
}

/** Starts a segment with frames that were read. */
function newSegment(options: CheckedOptions, ordinal: number, frames: Uint8Array): End {
  const { fileSystem, directory } = options
  const file = makeDraft(options, frames)
  try {
    fileSystem.rename(draftPath(directory), segmentPath(directory, ordinal))
  } catch (error) {
    file.close()
    throw error
  }
  return { file, ordinal, offset: frames.length }
}

/** Opens the last segment and ends it behind its last whole frame. */
function cut(fileSystem: FileSystem, { segment, validBytes }: NonNullable<JournalReadResult['tail']>): OpenFile {
  const file = fileSystem.open(segment.path, 'write')
  try {
    if (file.size() > validBytes) file.truncate(validBytes)
  } catch (error) {
    file.close()
    throw error
  }
  return file
}

/**
 * Makes a segment durable as it was read, and that nothing follows its last whole frame, not even after a power cut: a seal
 * does for a time. `last`: frames at its end that are written once more.
 */
function cutDurably(fileSystem: FileSystem, { path, validBytes }: SegmentEnd, last: Uint8Array): void {
  const file = fileSystem.open(path, 'write')
  try {
    writeFully(file, last, validBytes - last.length)
    writeFully(file, seal, validBytes + versionAt)
    file.dataSyncNow()
    file.truncate(validBytes)
    file.dataSyncNow()
  } finally {
    file.close()
  }
}
