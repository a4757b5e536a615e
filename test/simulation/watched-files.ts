/**
 * The disk as one process sees it, with two additions: the world learns when the process crashed inside a call, and a bug
 * can be planted that writes later than it says.
 */
import type { FileSystem, OpenFile } from '../../src/core/file-system.js'
import { SimulatedCrash } from '../../src/testing/simulated-disk.js'

/** Wraps a file system. `later`, where given, runs writes at another time. */
export function watchedFiles(files: FileSystem, onCrash: () => void, later?: (write: () => void) => void): FileSystem {
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
        later,
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

function watchedFile(
  file: OpenFile,
  watch: <T>(call: () => T) => T,
  later: ((write: () => void) => void) | undefined,
): OpenFile {
  return {
    path: file.path,
    write: (buffer, offset, length, position) => {
      if (later === undefined) return watch(() => file.write(buffer, offset, length, position))
      const bytes = buffer.slice(offset, offset + length)
      later(() => file.write(bytes, 0, length, position))
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
