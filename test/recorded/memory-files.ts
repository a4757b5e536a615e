/** Files in memory: enough of a file system to read data from and to record into. */
import { type FileSystem, fileError, type OpenFile } from '../../src/core/file-system.js'

/** A file system over the given files (path to content), which it changes. Reads come in chunks of `chunkBytes`. */
export function memoryFiles(files: Map<string, Uint8Array>, chunkBytes = 4_096): FileSystem {
  const refuse = (operation: string, path: string): never => {
    throw fileError(operation, path, 'ENOENT')
  }
  return {
    open: (path, mode) => {
      if (mode !== 'create') refuse('open', path)
      if (files.has(path)) throw fileError('open', path, 'EEXIST')
      files.set(path, new Uint8Array(0))
      return openFile(files, path)
    },
    makeDirectory: () => undefined,
    list: (directory) => {
      const names = [...files.keys()]
        .filter((path) => path.startsWith(`${directory}/`))
        .map((path) => path.slice(directory.length + 1))
      return names.length > 0 ? names.sort() : refuse('list', directory)
    },
    exists: (path) => files.has(path),
    rename: (from) => refuse('rename', from),
    remove: (path) => refuse('remove', path),
    syncDirectory: () => undefined,
    readFile: (path) => files.get(path) ?? refuse('read', path),
    writeFileAtomic: (path) => refuse('write', path),
    lock: (path) => refuse('lock', path),
    async *openReadable(path) {
      const content = files.get(path) ?? refuse('open', path)
      // One buffer for all chunks, as the real file system has it: whoever keeps a chunk reads rubbish.
      const chunk = new Uint8Array(chunkBytes)
      for (let at = 0; at < content.length; at += chunkBytes) {
        const part = content.subarray(at, at + chunkBytes)
        chunk.fill(0)
        chunk.set(part)
        yield chunk.subarray(0, part.length)
      }
    },
  }
}

/** Files with text content. */
export function textFiles(files: Record<string, string>, chunkBytes?: number): FileSystem {
  return memoryFiles(
    new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)])),
    chunkBytes,
  )
}

function openFile(files: Map<string, Uint8Array>, path: string): OpenFile {
  const content = () => files.get(path) as Uint8Array
  return {
    path,
    write: (buffer, offset, length, position) => {
      const longer = new Uint8Array(Math.max(content().length, position + length))
      longer.set(content())
      longer.set(buffer.subarray(offset, offset + length), position)
      files.set(path, longer)
      return length
    },
    read: () => 0,
    truncate: () => undefined,
    size: () => content().length,
    dataSync: () => Promise.resolve(),
    dataSyncNow: () => undefined,
    close: () => undefined,
  }
}
