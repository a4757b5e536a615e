/** Where a writer goes on in a journal that it has read, and what it does before. */
import { type FileSystem, fileError, type OpenFile } from '../core/file-system.js'
import { sealedVersion, versionAt } from './frame.js'
import type { JournalReadResult } from './read-journal.js'
import { segmentPath } from './segment-files.js'
import type { CheckedOptions } from './segment-journal-options.js'
import type { SegmentEnd, UnprovenFrames } from './unproven-frames.js'

const seal = Uint8Array.of(sealedVersion)

/** Where the first record of a writer goes. */
export interface End {
  readonly file: OpenFile
  readonly ordinal: number
  readonly offset: number
}

/**
 * Makes durable what was read, before anything is built on it: what a dead process wrote may not have reached the disk.
 * Nothing but a note at the end proves that it has: a sync may have failed, and the next one of that file would not tell.
 * So the last records go once more to a new segment, unless the journal was closed. What was cut off older segments stays cut
 * off before that: a cut that only the cache knows is undone by a power cut, and frames that nobody vouches for would stand
 * beside the new ones. The dead process may have tried to make it durable, in vain: so something new is written there.
 */
export function endOf(
  { fileSystem, directory, durability }: CheckedOptions,
  recovery: JournalReadResult,
  unproven: UnprovenFrames,
): End {
  const { tail, lastOrdinal } = recovery
  const ordinal = lastOrdinal + 1
  const { frames } = unproven
  const isSafe = durability === 'none' || (unproven.isClosed && tail !== undefined && tail.validBytes > 0)
  if (!isSafe) for (const each of unproven.ends) cutDurably(fileSystem, each)
  else if (tail !== undefined && durability !== 'none')
    cutDurably(fileSystem, { path: tail.segment.path, validBytes: tail.validBytes })
  if (!isSafe && frames !== undefined && frames.length > 0) {
    const file = fileSystem.open(segmentPath(directory, ordinal), 'create')
    try {
      for (let at = 0; at < frames.length; ) {
        const count = file.write(frames, at, frames.length - at, at)
        if (count <= 0) throw fileError('write', file.path, 'ENOSPC')
        at += count
      }
      file.dataSyncNow()
    } catch (error) {
      file.close()
      throw error
    }
    return { file, ordinal, offset: frames.length }
  }
  if (tail === undefined)
    return { file: fileSystem.open(segmentPath(directory, ordinal), 'create'), ordinal, offset: 0 }
  const file = cut(fileSystem, tail)
  return { file, ordinal: tail.segment.ordinal, offset: tail.validBytes }
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
 * does for a time.
 */
function cutDurably(fileSystem: FileSystem, { path, validBytes }: SegmentEnd): void {
  const file = fileSystem.open(path, 'write')
  try {
    if (file.write(seal, 0, seal.length, validBytes + versionAt) <= 0) throw fileError('write', path, 'ENOSPC')
    file.dataSyncNow()
    file.truncate(validBytes)
    file.dataSyncNow()
  } finally {
    file.close()
  }
}
