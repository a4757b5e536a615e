/**
 * The message log of a session: what came, what went, and what happened, line by line, without secrets. It is for people; the
 * store is what sessions rely on.
 */
import type { FileSystem, OpenFile } from '../../../core/file-system.js'
import { type MaskOptions, MessageMask } from './mask.js'
import { timestampText } from './timestamp-text.js'

/** Gets every message and event of a session. Never throws. */
export interface MessageLog {
  /** Bytes that arrived, whole messages or garbage. */
  incoming(nowUs: number, bytes: Uint8Array, start: number, end: number): void
  /** A message that was handed to the socket. */
  outgoing(nowUs: number, bytes: Uint8Array, start: number, end: number): void
  /** What happened, in words. Never holds a message or a secret. */
  event(nowUs: number, text: string): void
  /** Writes what is still in memory. */
  flush(): void
  /** Flushes and gives the file back. */
  close(): void
}

/** Settings of a {@link FileMessageLog}. */
export interface FileMessageLogOptions extends MaskOptions {
  /** Bytes after which a new file begins, from 4,096; 256 MiB unless given. */
  maxFileBytes?: number
  /** Files kept, from 1; 4 unless given. */
  keepFiles?: number
  /** Bytes collected before they are written, from 256; 64 KiB unless given. */
  bufferBytes?: number
}

const encoder = new TextEncoder()

/** A log that writes nowhere. */
export const noMessageLog: MessageLog = {
  incoming: () => {},
  outgoing: () => {},
  event: () => {},
  flush: () => {},
  close: () => {},
}

/**
 * A log in files `<name>.log`, `<name>.1.log` (older), ... Lines are collected and written together; a disk that fails loses
 * lines, which are counted, and never stops a session.
 */
export class FileMessageLog implements MessageLog {
  /** Lines that could not be written. */
  lostLines = 0
  readonly #fileSystem: FileSystem
  readonly #base: string
  readonly #mask: MessageMask
  readonly #maxFileBytes: number
  readonly #keepFiles: number
  readonly #buffer: Uint8Array
  #length = 0
  #lines = 0
  #file: OpenFile | undefined
  #size = 0
  #isClosed = false

  /** `directory` and `name`: where the files lie and what they are called. The folder is made when the first line is written. */
  constructor(fileSystem: FileSystem, directory: string, name: string, options: FileMessageLogOptions = {}) {
    this.#fileSystem = fileSystem
    this.#base = `${directory}/${name}`
    this.#mask = new MessageMask(options)
    this.#maxFileBytes = Math.max(4_096, options.maxFileBytes ?? 256 * 1024 * 1024)
    this.#keepFiles = Math.max(1, options.keepFiles ?? 4)
    this.#buffer = new Uint8Array(Math.max(256, options.bufferBytes ?? 64 * 1024))
  }

  incoming(nowUs: number, bytes: Uint8Array, start: number, end: number): void {
    this.#line(nowUs, '<', this.#mask.text(bytes, start, end))
  }

  outgoing(nowUs: number, bytes: Uint8Array, start: number, end: number): void {
    this.#line(nowUs, '>', this.#mask.text(bytes, start, end))
  }

  event(nowUs: number, text: string): void {
    this.#line(nowUs, '-', this.#mask.words(text.replaceAll(/[\r\n]+/g, ' ')))
  }

  flush(): void {
    if (this.#length === 0) return
    const lines = this.#lines
    const bytes = this.#buffer.subarray(0, this.#length)
    this.#length = 0
    this.#lines = 0
    this.#write(bytes, lines)
  }

  close(): void {
    if (this.#isClosed) return
    this.flush()
    this.#isClosed = true
    try {
      this.#file?.close()
    } catch {
      // The lines are written; there is nobody to tell.
    }
  }

  #line(nowUs: number, direction: string, text: string): void {
    if (this.#isClosed) return
    const line = `${timestampText(nowUs)} ${direction} ${text}\n`
    // Three bytes a character are the most UTF-8 takes here.
    if (this.#length + line.length * 3 > this.#buffer.length) this.flush()
    if (line.length * 3 > this.#buffer.length) {
      this.#write(encoder.encode(line), 1)
      return
    }
    this.#length += encoder.encodeInto(line, this.#buffer.subarray(this.#length)).written
    this.#lines++
  }

  #write(bytes: Uint8Array, lines: number): void {
    try {
      const file = this.#fileFor(bytes.length)
      for (let at = 0; at < bytes.length; ) at += file.write(bytes, at, bytes.length - at, this.#size + at)
      this.#size += bytes.length
    } catch {
      this.lostLines += lines
    }
  }

  #fileFor(bytes: number): OpenFile {
    if (this.#file !== undefined && this.#size + bytes > this.#maxFileBytes && this.#size > 0) {
      this.#file.close()
      this.#file = undefined
      this.#rotate()
    }
    this.#file ??= this.#open()
    return this.#file
  }

  #open(): OpenFile {
    const path = `${this.#base}.log`
    const slash = path.lastIndexOf('/')
    if (slash > 0) this.#fileSystem.makeDirectory(path.slice(0, slash))
    const file = this.#fileSystem.open(path, this.#fileSystem.exists(path) ? 'write' : 'create')
    this.#size = file.size()
    return file
  }

  #rotate(): void {
    const path = (age: number) => (age === 0 ? `${this.#base}.log` : `${this.#base}.${age}.log`)
    const oldest = path(this.#keepFiles - 1)
    if (this.#fileSystem.exists(oldest)) this.#fileSystem.remove(oldest)
    for (let age = this.#keepFiles - 2; age >= 0; age--) {
      if (this.#fileSystem.exists(path(age))) this.#fileSystem.rename(path(age), path(age + 1))
    }
  }
}
