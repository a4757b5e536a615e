/**
 * The growing end of a journal, for followers: gives the records that came since it was asked last. Reads only; the writer
 * may be at work in this process or in another.
 */
import type { FileSystem } from '../core/file-system.js'
import { frameHeaderBytes, frameVersion, snapshotType, syncMarkType } from './frame.js'
import type { RecordHandler } from './journal.js'
import { RecordReader } from './record-reader.js'
import { listSegments } from './segment-files.js'
import { SegmentScan } from './segment-scan.js'

/** Where a follower gets records from. */
export interface JournalTail {
  /**
   * Gives the next records in order, at most about `most`, first those from the newest snapshot on (`start`: from the first
   * that is kept on). Resolves to how many; 0 when there are none yet.
   */
  read(onRecord: RecordHandler, most: number): Promise<number>
}

/** The tail of a journal in a directory. `from`: where it begins. */
export function directoryTail(
  fileSystem: FileSystem,
  directory: string,
  from: 'snapshot' | 'start' = 'start',
): JournalTail {
  const scan = new SegmentScan()
  const reader = new RecordReader()
  let ordinal = 0
  let offset = 0
  let expected = 0
  const begin = (): void => {
    const segments = listSegments(fileSystem, directory)
    for (const segment of from === 'start' ? segments.slice(0, 1) : [...segments].reverse()) {
      const file = fileSystem.open(segment.path, 'read')
      try {
        scan.open(file)
        ordinal = segment.ordinal
        if (scan.next() && scan.type === snapshotType) return
      } finally {
        file.close()
      }
    }
  }
  const readSegment = (path: string, onRecord: RecordHandler, most: number): number => {
    const file = fileSystem.open(path, 'read')
    let count = 0
    try {
      scan.open(file, offset)
      while (count < most && scan.next()) {
        offset = scan.validBytes
        const { seq, type } = scan
        // Written again after a failed sync, or of a newer release: what is not understood is not passed on.
        if (seq < expected || scan.version > frameVersion) continue
        expected = seq + 1
        if (type === syncMarkType) continue
        reader.attach(scan.bytes.buffer, scan.bytes.byteOffset, scan.bytes.byteLength)
        reader.seek(scan.start + frameHeaderBytes, scan.end)
        count++
        onRecord(type, seq, reader)
      }
      return count
    } finally {
      file.close()
    }
  }
  return {
    async read(onRecord, most) {
      if (ordinal === 0) begin()
      for (;;) {
        const segments = listSegments(fileSystem, directory).filter((segment) => segment.ordinal >= ordinal)
        const [current, next] = segments
        if (current === undefined) return 0
        if (current.ordinal !== ordinal) {
          ordinal = current.ordinal
          offset = 0
        }
        const count = readSegment(current.path, onRecord, most)
        if (count > 0 || next === undefined) return count
        // A later segment is there, so nothing more comes to this one.
        ordinal = next.ordinal
        offset = 0
      }
    },
  }
}
