/**
 * A store in an append-only file: one write for each message sent, none of which waits for the disk unless asked to.
 *
 * Each reset of the numbers begins a new file (a new generation) and removes the oldest. The folder of a session is locked,
 * so that two processes cannot use the same numbers. What survives a crash of the process: everything. What survives a crash
 * of the machine: what {@link FileStoreOptions.sync} says; numbers that were used and lost show as "MsgSeqNum too low" at
 * the next logon, and never as a wrong order.
 */
import { messageOf, TradewireError } from '../../../core/errors.js'
import type { FileLock, FileSystem, OpenFile } from '../../../core/file-system.js'
import type { Logger } from '../../../core/logger.js'
import { silentLogger } from '../../../core/logger.js'
import {
  headerBytes,
  markBytes,
  markOffset,
  RecordKind,
  recordHeadBytes,
  recordsOffset,
  viewOf,
  writeHeader,
  writeMark,
  writeRecordHead,
} from './file-layout.js'
import { maxMessageBytes, RecordReader, readFileHeader, scanFile } from './file-scan.js'
import { listGenerations, messageFileName } from './generations.js'
import type { MessageStore, MessageStoreCounters, StoredMessageVisitor } from './message-store.js'
import { RecordIndex } from './record-index.js'

/** Settings of a {@link FileStore}. */
export interface FileStoreOptions {
  /**
   * When what is written reaches the disk: `none` leaves it to the system (survives a crash of the process, not of the
   * machine), `always` waits for the disk before a message is sent. `none` unless given.
   */
  sync?: 'none' | 'always'
  /**
   * What happens when the file is damaged in its middle: `refuse` to open it, or `gap-fill`: go on, and skip the damaged messages
   * when they are asked for again. `refuse` unless given.
   */
  damaged?: 'refuse' | 'gap-fill'
  /** Files of earlier resets that are kept beside the current one, from 0; 1 unless given. */
  keepGenerations?: number
  /** Hears of files that could not be removed or synced; nobody unless given. */
  logger?: Logger
}

/** Keeps the messages of one session in files below a folder of its own. */
export class FileStore implements MessageStore {
  readonly counters: MessageStoreCounters = { messages: 0, failedAppends: 0, damagedReads: 0 }
  /** Bytes that were cut off when the file was opened: the end of a write that a crash interrupted. */
  droppedBytes = 0
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #sync: boolean
  readonly #acceptDamage: boolean
  readonly #keep: number
  readonly #logger: Logger
  readonly #lock: FileLock
  readonly #index = new RecordIndex()
  readonly #buffer = new Uint8Array(recordHeadBytes + 16 * 1024)
  readonly #view = viewOf(this.#buffer)
  #file: OpenFile
  #reader: RecordReader | undefined
  #generation = 0
  #createdUs = Number.NaN
  #nextOutgoing = 1
  #nextIncoming = 1
  #stamp = 0
  #endOffset = recordsOffset
  #isIncomingDirty = false
  /** A failed write may have left a part of a record behind: it is cut off before the next. */
  #isTailDirty = false
  #isClosed = false

  /**
   * Opens or creates the store in `directory`.
   *
   * @throws TradewireError `TW_JOURNAL_LOCKED` when another process uses it; `TW_JOURNAL_CORRUPT` when it is damaged;
   * `TW_FILE` when it cannot be read or written.
   */
  constructor(fileSystem: FileSystem, directory: string, options: FileStoreOptions = {}) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#sync = options.sync === 'always'
    this.#acceptDamage = options.damaged === 'gap-fill'
    this.#keep = options.keepGenerations ?? 1
    this.#logger = options.logger ?? silentLogger
    if (!Number.isSafeInteger(this.#keep) || this.#keep < 0) {
      throw new TradewireError('TW_INVALID_CONFIG', `keepGenerations must be a whole number from 0, got ${this.#keep}`)
    }
    fileSystem.makeDirectory(directory)
    this.#lock = fileSystem.lock(`${directory}/lock`)
    try {
      this.#file = this.#open()
    } catch (error) {
      this.#lock.release()
      throw error
    }
  }

  get nextOutgoing(): number {
    return this.#nextOutgoing
  }

  get nextIncoming(): number {
    return this.#nextIncoming
  }

  get createdUs(): number {
    return this.#createdUs
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length > maxMessageBytes) {
      throw new TradewireError('TW_CAPACITY', `a message of ${length} bytes exceeds the store's ${maxMessageBytes}`)
    }
    try {
      this.#appendRecord(bytes, start, length)
    } catch (error) {
      this.counters.failedAppends++
      throw error
    }
    this.#nextOutgoing++
    if (length > 0) this.counters.messages++
  }

  skip(): void {
    this.#nextOutgoing++
  }

  setNextOutgoing(number: number): void {
    requireNumber(number)
    if (number === this.#nextOutgoing) return
    if (number < this.#nextOutgoing) this.#begin(this.#createdUs, number, this.#nextIncoming)
    else {
      const before = this.#nextOutgoing
      // A record under the number before it is all it takes.
      this.#nextOutgoing = number - 1
      try {
        this.append(this.#buffer, 0, 0)
      } catch (error) {
        this.#nextOutgoing = before
        throw error
      }
    }
  }

  setNextIncoming(number: number): void {
    requireNumber(number)
    this.#isIncomingDirty ||= number !== this.#nextIncoming
    this.#nextIncoming = number
  }

  commit(): void {
    if (!this.#isIncomingDirty) return
    const stamp = this.#stamp + 1
    writeMark(this.#view, stamp, this.#nextIncoming)
    this.#write(this.#buffer, 0, markBytes, markOffset(stamp))
    this.#stamp = stamp
    if (this.#sync) this.#file.dataSyncNow()
    this.#isIncomingDirty = false
  }

  reset(createdUs: number): void {
    this.#begin(createdUs, 1, 1)
  }

  read(from: number, to: number, limit: number, visit: StoredMessageVisitor): number {
    const last = Math.min(to, this.#nextOutgoing - 1)
    if (from > last) return from
    this.#reader ??= new RecordReader(this.#file)
    const reader = this.#reader
    let offset = this.#index.offsetBefore(from)
    let left = limit
    while (offset < this.#endOffset) {
      const length = reader.next(offset)
      if (length === 0) {
        offset = this.#skipDamage(reader, offset)
        continue
      }
      if (reader.number > last) break
      if (reader.number >= from && reader.kind === RecordKind.message) {
        if (left-- === 0) return reader.number
        visit(reader.number, reader.bytes, reader.start, reader.end)
      }
      offset += length
      this.#index.remember(reader.number, offset)
    }
    return last + 1
  }

  refresh(): void {
    this.commit()
    this.#file.close()
    this.#file = this.#open()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      this.commit()
      if (this.#stamp > 0) this.#file.dataSyncNow()
    } finally {
      this.#file.close()
      this.#lock.release()
    }
  }

  #appendRecord(bytes: Uint8Array, start: number, length: number): void {
    if (this.#isTailDirty) this.#cutTail()
    let buffer = this.#buffer
    let view = this.#view
    if (recordHeadBytes + length > buffer.length) {
      buffer = new Uint8Array(recordHeadBytes + length)
      view = viewOf(buffer)
    }
    for (let i = 0; i < length; i++) buffer[recordHeadBytes + i] = bytes[start + i]
    const kind = length > 0 ? RecordKind.message : RecordKind.number
    const stamp = this.#stamp + 1
    writeRecordHead(view, kind, this.#nextOutgoing, this.#nextIncoming, stamp, length)
    const total = recordHeadBytes + length
    this.#isTailDirty = true
    this.#write(buffer, 0, total, this.#endOffset)
    if (this.#sync) this.#syncOrRotate()
    this.#isTailDirty = false
    this.#stamp = stamp
    this.#index.add(this.#nextOutgoing, this.#endOffset)
    this.#endOffset += total
    this.#isIncomingDirty = false
  }

  /** After a failed sync the pages count as clean although they are not: that file is not trusted again. */
  #syncOrRotate(): void {
    try {
      this.#file.dataSyncNow()
    } catch (error) {
      this.#logger.error({ error: messageOf(error), path: this.#file.path }, 'message store: sync failed, new file')
      this.#begin(this.#createdUs, this.#nextOutgoing, this.#nextIncoming)
      throw error
    }
  }

  #cutTail(): void {
    this.#file.truncate(this.#endOffset)
    this.#reader?.invalidate()
    this.#isTailDirty = false
  }

  #write(buffer: Uint8Array, from: number, to: number, position: number): void {
    for (let at = from; at < to; ) at += this.#file.write(buffer, at, to - at, position + at - from)
  }

  #skipDamage(reader: RecordReader, offset: number): number {
    this.counters.damagedReads++
    return reader.find(offset + 1, this.#endOffset) ?? this.#endOffset
  }

  /** Begins a new file with these numbers, then lets go of the old ones. */
  #begin(createdUs: number, nextOutgoing: number, nextIncoming: number): void {
    const file = this.#create(this.#generation + 1, createdUs, nextOutgoing, nextIncoming)
    this.#file.close()
    this.#file = file
    this.#removeOld()
  }

  #create(generation: number, createdUs: number, nextOutgoing: number, nextIncoming: number): OpenFile {
    const path = `${this.#directory}/${messageFileName(generation)}`
    const header = new Uint8Array(headerBytes)
    writeHeader(header, { generation, createdUs, firstOutgoing: nextOutgoing, firstIncoming: nextIncoming })
    const file = this.#fileSystem.open(path, 'create')
    try {
      for (let at = 0; at < headerBytes; ) at += file.write(header, at, headerBytes - at, at)
      file.dataSyncNow()
      this.#fileSystem.syncDirectory(this.#directory)
    } catch (error) {
      file.close()
      this.#tryRemove(path)
      throw error
    }
    this.#generation = generation
    this.#createdUs = createdUs
    this.#nextOutgoing = nextOutgoing
    this.#nextIncoming = nextIncoming
    this.#stamp = 0
    this.#endOffset = recordsOffset
    this.#isIncomingDirty = false
    this.#isTailDirty = false
    this.#index.clear()
    this.#reader = undefined
    return file
  }

  /** Opens the latest generation whose header is whole; files that were begun and never finished are removed. */
  #open(): OpenFile {
    const generations = listGenerations(this.#fileSystem, this.#directory)
    for (const generation of generations) {
      const path = `${this.#directory}/${messageFileName(generation)}`
      const file = this.#fileSystem.open(path, 'write')
      if (readFileHeader(file) !== undefined) return this.#recover(file)
      const isUnfinished = file.size() <= headerBytes
      file.close()
      if (!isUnfinished) {
        throw new TradewireError('TW_JOURNAL_CORRUPT', `${path} has no whole header`, { details: { path } })
      }
      this.#fileSystem.remove(path)
    }
    return this.#create((generations[0] ?? 0) + 1, Number.NaN, 1, 1)
  }

  #recover(file: OpenFile): OpenFile {
    try {
      this.#index.clear()
      const contents = scanFile(file, (offset, number) => this.#index.add(number, offset))
      const [first] = contents.damaged
      if (first !== undefined && !this.#acceptDamage) {
        const { path } = file
        const message = `${path} is damaged at byte ${first.from}; mend it, or set damaged: 'gap-fill' to skip what is lost`
        throw new TradewireError('TW_JOURNAL_CORRUPT', message, { details: { path, damaged: contents.damaged } })
      }
      if (contents.tailBytes > 0) {
        file.truncate(contents.endOffset)
        this.droppedBytes = contents.tailBytes
        this.#logger.warn(
          { path: file.path, bytes: contents.tailBytes },
          'message store: an unfinished write was cut off',
        )
      }
      this.#generation = contents.header.generation
      this.#createdUs = contents.header.createdUs
      this.#nextOutgoing = contents.nextOutgoing
      this.#nextIncoming = contents.nextIncoming
      this.#stamp = contents.stamp
      this.#endOffset = contents.endOffset
      this.#isIncomingDirty = false
      this.#reader = undefined
      return file
    } catch (error) {
      file.close()
      throw error
    }
  }

  #removeOld(): void {
    const old = listGenerations(this.#fileSystem, this.#directory).slice(1 + this.#keep)
    for (const generation of old) this.#tryRemove(`${this.#directory}/${messageFileName(generation)}`)
  }

  #tryRemove(path: string): void {
    try {
      this.#fileSystem.remove(path)
    } catch (error) {
      this.#logger.warn({ path, error: messageOf(error) }, 'message store: an old file could not be removed')
    }
  }
}

function requireNumber(number: number): void {
  if (Number.isSafeInteger(number) && number >= 1) return
  throw new TradewireError('TW_INVALID_ARGUMENT', `a sequence number must be a whole number from 1, got ${number}`)
}
