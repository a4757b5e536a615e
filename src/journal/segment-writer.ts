/**
 * The end of a journal on disk: the segment that is appended to, and the steps to the next one. Knows files; knows nothing
 * of syncs under way, records in memory or who waits for what (`segment-journal.ts`).
 */
import type { TradewireError } from '../core/errors.js'
import { errnoOf, type FileSystem, fileError, type OpenFile } from '../core/file-system.js'
import type { FrameWindow } from './frame-window.js'
import { makeDraft } from './segment-draft.js'
import type { End } from './segment-end.js'
import { draftPath, listSegments, segmentPath } from './segment-files.js'
import type { CheckedOptions } from './segment-journal-options.js'

const zeroChunkBytes = 1024 * 1024
/** Never written to; made when the first journal preallocates. */
let zeroChunk: Uint8Array | undefined

/** Appends to segment files. */
export class SegmentWriter {
  /** Whether the current file is not to be appended to, nor synced, any more: only a new segment helps. */
  broken = false
  /** Whether a failed write was cut off the current file, but not durably: {@link SegmentWriter.repair} comes first. */
  torn = false
  /** Bytes written, rewrites included. */
  bytes = 0
  /** Writes that did their work. */
  writes = 0
  readonly #options: CheckedOptions
  readonly #fileSystem: FileSystem
  readonly #syncsDirectory: boolean
  /** None before the first segment, or where the last one takes no more. */
  #file: OpenFile | undefined
  #ordinal: number
  /** Bytes of whole frames in the current file. */
  #offset: number
  /** Size of the current file: beyond `#offset` it holds zeros. */
  #allocated: number

  constructor(options: CheckedOptions, { file, ordinal, offset }: End) {
    this.#options = options
    this.#fileSystem = options.fileSystem
    this.#syncsDirectory = options.durability !== 'none'
    this.#file = file
    this.#ordinal = ordinal
    this.#offset = offset
    this.#allocated = offset
  }

  /** The current file. There is one once something was written. */
  get file(): OpenFile {
    return this.#file as OpenFile
  }

  /** Number of the newest segment. */
  get ordinal(): number {
    return this.#ordinal
  }

  /** Whether so many bytes more need a new segment. */
  needsSegmentFor(count: number): boolean {
    return this.#file === undefined || this.#offset + count > this.#options.segmentBytes
  }

  /**
   * Writes the committed frames of a window that are not written. On failure cuts the file back to its last whole frame, so
   * that nothing can land behind a torn one, and returns the error.
   */
  append(window: FrameWindow): TradewireError | undefined {
    const count = window.committed - window.written
    if (count === 0) return undefined
    try {
      if (this.#offset + count > this.#allocated) this.#preallocate(count)
      this.#writeFrames(window)
    } catch (thrown) {
      const error = thrown as TradewireError
      const errno = errnoOf(error)
      this.torn = true
      this.broken = errno !== 'ENOSPC' && errno !== 'EDQUOT'
      try {
        this.file.truncate(this.#offset)
        this.#allocated = this.#offset
      } catch {
        this.broken = true
      }
      return error
    }
    this.#offset += count
    if (this.#allocated < this.#offset) this.#allocated = this.#offset
    window.written = window.committed
    return undefined
  }

  /**
   * Makes the file fit for writing after a failed write. The cut has to be durable first: otherwise a power cut could leave
   * a sector with the torn frame below whole ones, which would look like damage.
   */
  repair(): void {
    this.broken = true
    if (this.#syncsDirectory) this.file.dataSyncNow()
    this.broken = false
    this.torn = false
  }

  /**
   * Goes on in a new segment that begins with the frames of a window from `from` on. The old one is cut to its frames and
   * closed. Where this throws, and {@link SegmentWriter.ordinal} is as before, the journal is as it was, but for a rename of
   * which nobody knows whether it took place: then the writer is `broken`, so that the next segment takes that name over.
   * Where only the last step fails, making the name durable, the new segment is in place, and `broken`.
   */
  startSegment(window: FrameWindow, from: number): void {
    const { directory } = this.#options
    const count = window.committed - from
    const file = makeDraft(this.#options, window.memory.subarray(from, window.committed))
    try {
      this.#fileSystem.rename(draftPath(directory), segmentPath(directory, this.#ordinal + 1))
    } catch (error) {
      this.broken = true
      file.close()
      throw error
    }
    this.#ordinal++
    this.#count(count)
    this.#goOn(file, count)
    window.written = window.committed
    if (!this.#syncsDirectory) return
    this.broken = true
    this.#fileSystem.syncDirectory(directory)
    this.broken = false
  }

  /** Removes all segments before the current one but the newest `keep`. */
  removeOldSegments(keep: number): void {
    const segments = listSegments(this.#fileSystem, this.#options.directory)
    const old = segments.filter(({ ordinal }) => ordinal < this.#ordinal)
    for (const { path } of old.slice(0, Math.max(0, old.length - keep))) this.#fileSystem.remove(path)
  }

  /** Cuts the file to its frames and closes it. */
  finish(): void {
    try {
      if (!this.broken && this.#allocated > this.#offset) this.file.truncate(this.#offset)
    } finally {
      this.#file?.close()
    }
  }

  #goOn(file: OpenFile, offset: number): void {
    try {
      this.finish()
    } catch {
      // What the old file holds is durable, or about to be written again.
    }
    this.#file = file
    this.#offset = offset
    this.#allocated = offset
    this.broken = false
    this.torn = false
  }

  /** Writes what is committed, in place: without an object a write. */
  #writeFrames({ memory, written, committed }: FrameWindow): void {
    const { file } = this
    for (let at = written; at < committed; ) {
      const count = file.write(memory, at, committed - at, this.#offset + at - written)
      if (count <= 0) throw fileError('write', file.path, 'ENOSPC')
      at += count
    }
    this.#count(committed - written)
  }

  #count(bytes: number): void {
    this.writes++
    this.bytes += bytes
  }

  /** Extends the file with zeros ahead of the writes, so that a sync need not update its size and its blocks. */
  #preallocate(count: number): void {
    const ahead = this.#options.preallocateBytes
    if (ahead === 0) return
    const target = this.#offset + count + ahead
    zeroChunk ??= new Uint8Array(zeroChunkBytes)
    const zeros = zeroChunk
    try {
      while (this.#allocated < target) {
        const wanted = Math.min(zeros.length, target - this.#allocated)
        const written = this.file.write(zeros, 0, wanted, this.#allocated)
        if (written <= 0) return
        this.#allocated += written
      }
    } catch {
      // Not needed for correctness: the write that follows finds out by itself whether there is room.
    }
  }
}
