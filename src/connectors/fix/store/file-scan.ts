/**
 * Reading a message file from its beginning to its end: what it holds, where it breaks off, and whether something whole
 * lies behind the break.
 *
 * A file that breaks off and has nothing whole behind that point lost the end of a write: the rest is cut off. A file that
 * has something whole behind it was damaged later, by the disk or by somebody: that is never mended in silence.
 */
import { TradewireError } from '../../../core/errors.js'
import type { OpenFile } from '../../../core/file-system.js'
import {
  type FileHeader,
  headerBytes,
  isMark,
  RecordKind,
  readHeader,
  recordHeadBytes,
  recordKind,
  recordLength,
  recordNextIncoming,
  recordNumber,
  recordStamp,
  recordsOffset,
  viewOf,
} from './file-layout.js'

/** The longest message a store keeps, in bytes. */
export const maxMessageBytes = 1024 * 1024

/** What a file was found to hold. */
export interface FileContents {
  readonly header: FileHeader
  nextOutgoing: number
  nextIncoming: number
  /** The highest stamp. */
  stamp: number
  /** Where the last whole record ends. */
  endOffset: number
  /** Bytes behind {@link endOffset}. */
  tailBytes: number
  /** Messages kept with their bytes. */
  messages: number
  /** Ranges of damaged bytes that lie before something whole. */
  readonly damaged: { from: number; to: number }[]
}

/** Called for each whole record: its offset in the file, its number, its kind, and where its message lies. */
export type RecordVisitor = (
  offset: number,
  number: number,
  kind: number,
  buffer: Uint8Array,
  start: number,
  end: number,
) => void

/** A stretch of a file in memory, moved along as it is read. */
class FileWindow {
  readonly view: DataView
  /** Offset of the first byte in memory. */
  offset = 0
  length = 0
  readonly bytes: Uint8Array
  readonly #file: OpenFile

  constructor(file: OpenFile, bytes: number) {
    this.#file = file
    this.bytes = new Uint8Array(bytes)
    this.view = viewOf(this.bytes)
  }

  /** Brings the file from `offset` on into memory, as much as fits. */
  load(offset: number): void {
    this.offset = offset
    this.length = 0
    while (this.length < this.bytes.length) {
      const count = this.#file.read(this.bytes, this.length, this.bytes.length - this.length, offset + this.length)
      if (count === 0) return
      this.length += count
    }
  }
}

/** The header of a message file; undefined where it has none that is whole. */
export function readFileHeader(file: OpenFile): FileHeader | undefined {
  const window = new FileWindow(file, headerBytes)
  window.load(0)
  return readHeader(window.bytes, window.length)
}

/**
 * Scans a whole file.
 *
 * @throws TradewireError `TW_JOURNAL_CORRUPT` when its header is not whole.
 */
export function scanFile(file: OpenFile, visit?: RecordVisitor): FileContents {
  const window = new FileWindow(file, 2 * (maxMessageBytes + recordHeadBytes))
  window.load(0)
  const header = readHeader(window.bytes, window.length)
  if (header === undefined) {
    throw new TradewireError('TW_JOURNAL_CORRUPT', `${file.path} has no whole header`, { details: { path: file.path } })
  }
  const contents: FileContents = {
    header,
    nextOutgoing: header.firstOutgoing,
    nextIncoming: header.firstIncoming,
    stamp: 0,
    endOffset: recordsOffset,
    tailBytes: 0,
    messages: 0,
    damaged: [],
  }
  readMarks(window, contents)
  const size = file.size()
  let offset = recordsOffset
  while (offset < size) {
    const length = lengthAt(window, offset)
    if (length > 0) {
      takeRecord(window, offset, length, contents, visit)
      offset += length
      contents.endOffset = offset
      continue
    }
    const next = findRecord(window, offset + 1, size)
    if (next === undefined) break
    contents.damaged.push({ from: offset, to: next })
    offset = next
  }
  contents.tailBytes = Math.max(0, size - contents.endOffset)
  return contents
}

function readMarks(window: FileWindow, contents: FileContents): void {
  for (const at of [512, 1024]) {
    if (at >= window.length || !isMark(window.view, at)) continue
    const stamp = window.view.getFloat64(at + 8, true)
    if (stamp <= contents.stamp) continue
    contents.stamp = stamp
    contents.nextIncoming = window.view.getFloat64(at + 16, true)
  }
}

function lengthAt(window: FileWindow, offset: number): number {
  if (offset < window.offset || offset >= window.offset + window.length) window.load(offset)
  let length = recordLength(window.view, offset - window.offset, window.length, maxMessageBytes)
  if (length < 0) {
    window.load(offset)
    length = recordLength(window.view, 0, window.length, maxMessageBytes)
  }
  return length
}

/** The next offset from `from` on at which a whole record begins. */
function findRecord(window: FileWindow, from: number, size: number): number | undefined {
  for (let offset = from; offset + recordHeadBytes <= size; offset++) {
    if (lengthAt(window, offset) > 0) return offset
  }
  return undefined
}

function takeRecord(
  window: FileWindow,
  offset: number,
  length: number,
  contents: FileContents,
  visit: RecordVisitor | undefined,
): void {
  const at = offset - window.offset
  const { view } = window
  const number = recordNumber(view, at)
  const stamp = recordStamp(view, at)
  contents.nextOutgoing = number + 1
  if (stamp > contents.stamp) {
    contents.stamp = stamp
    contents.nextIncoming = recordNextIncoming(view, at)
  }
  const kind = recordKind(view, at)
  if (kind === RecordKind.message) contents.messages++
  visit?.(offset, number, kind, window.bytes, at + recordHeadBytes, at + length)
}

/** Reads the records of a file one by one from an offset: for sending messages again. */
export class RecordReader {
  readonly #window: FileWindow
  /** The record found by {@link next}: its number, its kind and where its message lies in {@link bytes}. */
  number = 0
  kind = 0
  start = 0
  end = 0

  constructor(file: OpenFile) {
    this.#window = new FileWindow(file, maxMessageBytes + 16 * 1024)
  }

  get bytes(): Uint8Array {
    return this.#window.bytes
  }

  /** Forgets what is in memory: the file has grown, or another one is wanted. */
  invalidate(): void {
    this.#window.length = 0
  }

  /** Reads the record at `offset`. Returns its whole length, or 0 where there is no whole one. */
  next(offset: number): number {
    const length = lengthAt(this.#window, offset)
    if (length <= 0) return 0
    const at = offset - this.#window.offset
    this.number = recordNumber(this.#window.view, at)
    this.kind = recordKind(this.#window.view, at)
    this.start = at + recordHeadBytes
    this.end = at + length
    return length
  }

  /** The next offset from `from` on, below `size`, at which a whole record begins. */
  find(from: number, size: number): number | undefined {
    return findRecord(this.#window, from, size)
  }
}
