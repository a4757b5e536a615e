/**
 * The file system as this library uses it: a small port, so that the journal, message stores and data readers run the same
 * on a real disk, on a simulated one that loses un-synced data, and in memory.
 *
 * Every call is synchronous except {@link OpenFile.dataSync} (the only one that may take milliseconds while trading) and
 * {@link FileSystem.openReadable} (streams). Paths are joined by '/'. A failed operation throws `TW_FILE` with
 * `details: { path, operation, errno }`, where `errno` is the system's name, e.g. 'ENOSPC' or 'EIO'.
 */
import { TradewireError } from './errors.js'

/**
 * How a file is opened: `read` and `write` (read and write) need it to exist; `create` makes a new one for reading and
 * writing (mode 0600) and fails with errno 'EEXIST' where one exists.
 */
export type OpenMode = 'read' | 'write' | 'create'

/** An open file. Positions and sizes are bytes from its start. */
export interface OpenFile {
  /** The path it was opened by. */
  readonly path: string
  /** Writes `buffer[offset, offset + length)` at `position`; returns the bytes written, which may be fewer. */
  write(buffer: Uint8Array, offset: number, length: number, position: number): number
  /** Reads up to `length` bytes at `position` into `buffer` at `offset`; returns the bytes read, 0 at the end of the file. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): number
  /** Cuts the file to `size` bytes, or extends it with zeros. */
  truncate(size: number): void
  /** Current size in bytes. */
  size(): number
  /** Makes everything written so far durable (fdatasync) without blocking the event loop. */
  dataSync(): Promise<void>
  /** As {@link OpenFile.dataSync}, blocking until done. */
  dataSyncNow(): void
  /** Closes the file; a sync under way still ends first. Closing twice does nothing. */
  close(): void
}

/** An exclusive claim; see {@link FileSystem.lock}. */
export interface FileLock {
  /** The file that holds the claim. */
  readonly path: string
  /** Whether the claim stands: false when it was released or lost. To be asked before what only its holder may do. */
  readonly isHeld: boolean
  /** Gives the claim up. Releasing twice does nothing. */
  release(): void
  /** Set by the holder: called once when the claim is gone although it was not released. Another process may have it. */
  onLost?: () => void
}

/** A file system. */
export interface FileSystem {
  /** Opens a file. */
  open(path: string, mode: OpenMode): OpenFile
  /** Makes a directory and its parents (mode 0700); does nothing where it exists. */
  makeDirectory(path: string): void
  /** Names of the entries of a directory, sorted by code unit. */
  list(directory: string): string[]
  /** Whether a file or directory exists. */
  exists(path: string): boolean
  /** Moves a file within one file system, replacing what has the target's name. */
  rename(from: string, to: string): void
  /** Removes a file. */
  remove(path: string): void
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(directory: string): void
  /** A whole file. */
  readFile(path: string): Uint8Array
  /** Replaces a file as a whole: after a crash at any point it holds either the old or the new content, durably. Mode 0600. */
  writeFileAtomic(path: string, content: Uint8Array): void
  /**
   * Claims `path` for this process. The claim names its process (id, start time, host), so that the claim of a process of
   * this host that has died is taken over, and the claim of a live one, or of another host, is respected.
   *
   * Throws `TW_JOURNAL_LOCKED` (`details: { path, owner }`) where somebody else holds it.
   */
  lock(path: string): FileLock
  /** The file as a stream of chunks, each valid until the next is asked for. The file is closed when the iteration ends. */
  openReadable(path: string): AsyncIterable<Uint8Array>
}

/** The system's name of an error thrown by a {@link FileSystem}, e.g. 'ENOSPC'; '' where it has none. */
export function errnoOf(error: unknown): string {
  if (!(error instanceof TradewireError)) return ''
  const errno = error.details.errno
  return typeof errno === 'string' ? errno : ''
}

/** Makes the `TW_FILE` error that a {@link FileSystem} throws. */
export function fileError(operation: string, path: string, errno: string, cause?: unknown): TradewireError {
  const message = `cannot ${operation} ${path}: ${errno === '' ? 'unknown error' : errno}`
  return new TradewireError('TW_FILE', message, { cause, details: { path, operation, errno } })
}
