/**
 * The disk as one process sees it, with three additions: the world learns when the process crashed inside a call; a bug can
 * be planted that writes later than it says; and most disks take zeros ahead of the writes
 * without keeping them, for megabytes of those are what a simulation would spend its time on.
 */
import type { FileSystem, OpenFile } from '../../src/core/file-system.js'
import { SimulatedCrash } from '../../src/testing/simulated-disk.js'

/** What is special about a process's disk. */
export interface DiskManners {
  /** Whether it takes zeros ahead of the journal's writes. */
  readonly preallocates: boolean
  /** Runs a write at another time. */
  readonly later?: (write: () => void) => void
}

/** Zeros in such numbers are space taken in advance: no frame of a journal begins with a length of zero. */
const leastPreallocation = 4_096

/** Wraps a file system. */
export function watchedFiles(files: FileSystem, onCrash: () => void, manners: DiskManners): FileSystem {
  const watch = <T>(call: () => T): T => {
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

function watchedFile(file: OpenFile, watch: <T>(call: () => T) => T, manners: DiskManners): OpenFile {
  return {
    path: file.path,
    write: (buffer, offset, length, position) => {
      const { preallocates, later } = manners
      if (!preallocates && length >= leastPreallocation && buffer[offset] === 0 && buffer[offset + 3] === 0)
        return length
      if (later === undefined) return watch(() => file.write(buffer, offset, length, position))
      const bytes = buffer.slice(offset, offset + length)
      later(() => {
        try {
          file.write(bytes, 0, length, position)
        } catch {
          // Nobody waits for it any more.
        }
      })
      return length
    },
    read: (buffer, offset, length, position) => watch(() => file.read(buffer, offset, length, position)),
    truncate: (size) => watch(() => file.truncate(size)),
    size: () => watch(() => file.size()),
    dataSync: () => watch(() => file.dataSync()),
    dataSyncNow: () => watch(() => file.dataSyncNow()),
    close: () => file.close(),
  }
}
