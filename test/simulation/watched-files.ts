/**
 * The disk as one process sees it, with three additions: the world learns when the process crashed inside a call; bugs can
 * be planted that write later than they say, or in another order; and of the zeros that a journal puts ahead of its writes
 * only the first are kept, for megabytes of those are what a simulation would spend its time on.
 */
import type { FileSystem, OpenFile } from '../../src/core/file-system.js'
import { SimulatedCrash } from '../../src/testing/simulated-disk.js'

/** What is special about a process's disk. */
export interface DiskManners {
  /** Zeros ahead of the writes that are kept, in bytes. */
  readonly preallocatedBytes: number
  /** Planted bugs: runs a write at another time. */
  readonly later?: Later
}

/** Takes a write of a file to run it when it likes. */
export type Later = (write: () => void) => void

/** Zeros in such numbers are space taken in advance. */
const leastPreallocation = 4_096

type Watch = <T>(call: () => T) => T

/** Wraps a file system. */
export function watchedFiles(files: FileSystem, onCrash: () => void, manners: DiskManners): FileSystem {
  const watch: Watch = (call) => {
    try {
      return call()
    } catch (error) {
      if (error instanceof SimulatedCrash) onCrash()
      throw error
    }
  }
  return {
    open: (path, mode) =>
      watchedFile(
        watch(() => files.open(path, mode)),
        watch,
        manners,
      ),
    makeDirectory: (path) => watch(() => files.makeDirectory(path)),
    list: (directory) => watch(() => files.list(directory)),
    exists: (path) => watch(() => files.exists(path)),
    rename: (from, to) => watch(() => files.rename(from, to)),
    remove: (path) => watch(() => files.remove(path)),
    syncDirectory: (directory) => watch(() => files.syncDirectory(directory)),
    readFile: (path) => watch(() => files.readFile(path)),
    writeFileAtomic: (path, content) => watch(() => files.writeFileAtomic(path, content)),
    lock: (path) => watch(() => files.lock(path)),
    openReadable: (path) => files.openReadable(path),
  }
}

function watchedFile(file: OpenFile, watch: Watch, { preallocatedBytes, later }: DiskManners): OpenFile {
  /** Up to where the file was filled with zeros ahead of its frames. */
  let filledTo = 0
  const write: OpenFile['write'] = (buffer, offset, length, position) => {
    const goesOn = filledTo > 0 && position === filledTo
    if ((length >= leastPreallocation || goesOn) && isZero(buffer, offset, length)) {
      const kept = goesOn ? 0 : Math.min(length, preallocatedBytes)
      filledTo = position + length
      if (kept > 0) file.write(buffer, offset, kept, position)
      return length
    }
    if (later === undefined) return file.write(buffer, offset, length, position)
    const bytes = buffer.slice(offset, offset + length)
    later(() => {
      try {
        file.write(bytes, 0, length, position)
      } catch {
        // Nobody waits for it any more.
      }
    })
    return length
  }
  return {
    path: file.path,
    write: (buffer, offset, length, position) => watch(() => write(buffer, offset, length, position)),
    read: (buffer, offset, length, position) => watch(() => file.read(buffer, offset, length, position)),
    truncate: (size) => watch(() => file.truncate(size)),
    size: () => watch(() => file.size()),
    dataSync: () => watch(() => file.dataSync()),
    dataSyncNow: () => watch(() => file.dataSyncNow()),
    close: () => file.close(),
  }
}

const zeros = Buffer.alloc(1_048_576)

/** Whether there is nothing but zeros: the rest of a frame that was cut short may begin with some. */
function isZero(buffer: Uint8Array, offset: number, length: number): boolean {
  for (let at = offset; at < offset + length; at += zeros.length) {
    const end = Math.min(offset + length, at + zeros.length)
    if (zeros.compare(buffer, at, end, 0, end - at) !== 0) return false
  }
  return true
}

/** Planted bug: of two writes the later one is done first, and the earlier one a moment after it. */
export function unordered(after: (delayMs: number, run: () => void) => void): Later {
  let held: (() => void) | undefined
  return (write) => {
    if (held !== undefined) {
      write()
      return
    }
    held = write
    after(3, () => {
      held = undefined
      write()
    })
  }
}
