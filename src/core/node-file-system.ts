/**
 * The real file system behind the port, over node:fs.
 */
import * as fs from 'node:fs'
import type { TradewireError } from './errors.js'
import { type FileLock, type FileSystem, fileError, type OpenFile, type OpenMode } from './file-system.js'
import { claimFile } from './node-file-lock.js'

const flags: Record<OpenMode, string> = { read: 'r', write: 'r+', create: 'wx+' }
const readableChunkBytes = 256 * 1024

function wrap(operation: string, path: string, error: unknown): TradewireError {
  const errno = (error as { code?: unknown }).code
  return fileError(operation, path, typeof errno === 'string' ? errno : '', error)
}

/**
 * An open file descriptor. A close that arrives while syncs run waits for them: otherwise the number could be given to
 * another file before the thread pool comes to use it.
 */
class NodeFile implements OpenFile {
  readonly path: string
  #descriptor: number
  #syncs = 0
  #closing = false

  constructor(path: string, mode: OpenMode) {
    this.path = path
    try {
      this.#descriptor = fs.openSync(path, flags[mode], 0o600)
    } catch (error) {
      throw wrap('open', path, error)
    }
  }

  write(buffer: Uint8Array, offset: number, length: number, position: number): number {
    try {
      return fs.writeSync(this.#descriptor, buffer, offset, length, position)
    } catch (error) {
      throw wrap('write', this.path, error)
    }
  }

  read(buffer: Uint8Array, offset: number, length: number, position: number): number {
    try {
      return fs.readSync(this.#descriptor, buffer, offset, length, position)
    } catch (error) {
      throw wrap('read', this.path, error)
    }
  }

  truncate(size: number): void {
    try {
      fs.ftruncateSync(this.#descriptor, size)
    } catch (error) {
      throw wrap('truncate', this.path, error)
    }
  }

  size(): number {
    try {
      return fs.fstatSync(this.#descriptor).size
    } catch (error) {
      throw wrap('stat', this.path, error)
    }
  }

  dataSync(): Promise<void> {
    this.#syncs++
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (error) => {
        this.#syncs--
        if (this.#closing && this.#syncs === 0) this.#close()
        if (error === null) resolve()
        else reject(wrap('sync', this.path, error))
      })
    })
  }

  dataSyncNow(): void {
    try {
      fs.fdatasyncSync(this.#descriptor)
    } catch (error) {
      throw wrap('sync', this.path, error)
    }
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    if (this.#syncs === 0) this.#close()
  }

  #close(): void {
    const descriptor = this.#descriptor
    this.#descriptor = -1
    try {
      fs.closeSync(descriptor)
    } catch (error) {
      throw wrap('close', this.path, error)
    }
  }
}

function syncDirectory(path: string): void {
  if (process.platform === 'win32') return
  const descriptor = fs.openSync(path, 'r')
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  let file: fs.promises.FileHandle
  try {
    file = await fs.promises.open(path, 'r')
  } catch (error) {
    throw wrap('open', path, error)
  }
  try {
    const chunk = new Uint8Array(readableChunkBytes)
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null).catch((error: unknown) => {
        throw wrap('read', path, error)
      })
      if (bytesRead === 0) return
      yield chunk.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Runs an operation on a path and turns what node:fs throws into `TW_FILE`. */
function guarded<T>(operation: string, path: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw wrap(operation, path, error)
  }
}

let temporaryNumber = 0

/** The file system of this machine. Holds no state, opens nothing until asked. */
export const nodeFileSystem: FileSystem = {
  open: (path: string, mode: OpenMode): OpenFile => new NodeFile(path, mode),
  makeDirectory: (path) => {
    guarded('make directory', path, () => fs.mkdirSync(path, { recursive: true, mode: 0o700 }))
  },
  list: (directory) => guarded('list', directory, () => fs.readdirSync(directory).sort()),
  exists: (path) => fs.existsSync(path),
  rename: (from, to) => guarded('rename', from, () => fs.renameSync(from, to)),
  remove: (path) => guarded('remove', path, () => fs.unlinkSync(path)),
  syncDirectory: (directory) => guarded('sync directory', directory, () => syncDirectory(directory)),
  readFile: (path) => guarded('read', path, () => new Uint8Array(fs.readFileSync(path))),
  writeFileAtomic: (path, content) => {
    const temporary = `${path}.${process.pid}.${temporaryNumber++}.tmp`
    const directory = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.'
    guarded('write', path, () => {
      try {
        fs.writeFileSync(temporary, content, { mode: 0o600, flush: true })
        fs.renameSync(temporary, path)
        syncDirectory(directory)
      } catch (error) {
        fs.rmSync(temporary, { force: true })
        throw error
      }
    })
  },
  lock: (path: string): FileLock => claimFile(path, wrap),
  openReadable: readChunks,
}
