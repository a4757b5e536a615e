/**
 * The files of a journal directory: `segment-00000001.journal` and so on, in the order in which they were started, plus the
 * claim of the one writer (`journal.lock.*`) and, while a segment is being made, `segment.tmp`.
 *
 * A segment is made beside the journal, and gets its name by a rename when its first records are durable. So a file of
 * that name that does not begin with a record has lost what was in it.
 */
import type { FileSystem } from '../core/file-system.js'

const pattern = /^segment-(\d{8,15})\.journal$/

/** A segment file. */
export interface SegmentName {
  /** Rises by one from segment to segment; numbers below the first left were removed after a snapshot. */
  readonly ordinal: number
  /** Path of the file. */
  readonly path: string
}

/** Path of the segment with this ordinal. */
export function segmentPath(directory: string, ordinal: number): string {
  return `${directory}/segment-${String(ordinal).padStart(8, '0')}.journal`
}

/** Path of a segment that is not part of the journal yet. */
export function draftPath(directory: string): string {
  return `${directory}/segment.tmp`
}

/** Path that the writer claims. */
export function lockPath(directory: string): string {
  return `${directory}/journal.lock`
}

/** The segments of a directory, oldest first. */
export function listSegments(fileSystem: FileSystem, directory: string): SegmentName[] {
  const segments: SegmentName[] = []
  for (const name of fileSystem.list(directory)) {
    const match = pattern.exec(name)
    if (match !== null) segments.push({ ordinal: Number(match[1]), path: `${directory}/${name}` })
  }
  return segments.sort((a, b) => a.ordinal - b.ordinal)
}
