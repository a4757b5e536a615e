/** What a reader of a recorded format is: it knows its files by their content and decodes them row by row. */
import type { FileSystem } from '../../../../core/file-system.js'
import type { InstrumentDefinition } from '../../../../model/instrument.js'
import { type CivilDate, parseCompactDate } from './civil-time.js'
import type { EventBatch } from './event-batch.js'
import type { LineReader } from './line-reader.js'
import type { ReplayCounters } from './replay-source.js'

/** Choices that some formats offer. */
export interface FormatOptions {
  /** The file's instrument where it does not name one: its id, known from `instruments`, the registry or a header. */
  instrument?: string
  /** Day of files that give times since midnight, as `yyyymmdd`; taken from the file name unless given. */
  date?: string
  /** Local time of the file, in minutes east of UTC; known for the venues of `fx-ticks` unless given. */
  utcOffsetMinutes?: number
  /** What happens to rows that the recording marks as suspicious; `drop` unless given. */
  suspicious?: 'drop' | 'keep'
  /** Publish the venue's book checksums as notes (`BookChecksumNote`); false unless given. */
  checksums?: boolean
  /**
   * Only the events of this source, as a recording of several sources numbers them; those of all unless given. Such a
   * recording has books of one instrument from each: they are read one source at a time.
   */
  recordedSource?: number
  /** Whether LOBSTER pairs give price levels (from the book file) or single orders; `levels` where there is a book file. */
  lobster?: 'levels' | 'orders'
}

/** The beginning of a file, to recognise it by. */
export class FileSample {
  readonly path: string
  /** The name without folders and without `.gz`. */
  readonly fileName: string
  /** First lines that are not empty, at most 64; the last may be cut. */
  readonly lines: readonly string[]

  constructor(path: string, lines: readonly string[]) {
    this.path = path
    this.fileName = path.slice(path.lastIndexOf('/') + 1).replace(/\.gz$/, '')
    this.lines = lines
  }

  get firstLine(): string {
    return this.lines[0] ?? ''
  }

  /** Parts of the file name between `_`, `.` and `-`, in lower case. */
  get nameParts(): string[] {
    return this.fileName.toLowerCase().split(/[_.-]/)
  }

  /** The first `yyyymmdd` (or yyyy-mm-dd) in the file name. */
  get date(): CivilDate | undefined {
    for (const match of this.fileName.matchAll(/(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)/g)) {
      const date = parseCompactDate(`${match[1]}${match[2]}${match[3]}`)
      if (date !== undefined) return date
    }
    return undefined
  }
}

/** What a decoder works with. */
export interface DecodeContext {
  readonly sample: FileSample
  readonly batch: EventBatch
  readonly counters: ReplayCounters
  readonly options: FormatOptions
  /** Index of an instrument; a definition by the caller for the same id goes before this default. */
  instrument(definition: InstrumentDefinition): number
  /** Index of an instrument by id. @throws TradewireError `TW_UNKNOWN_INSTRUMENT` when nobody defined it. */
  instrumentById(id: string): number
}

/** Turns rows into events of the batch. */
export interface Decoder {
  /** Lines before the first row. */
  readonly headerLines: number
  /**
   * Decodes the reader's current line. What it put into the batch is taken back when it throws.
   *
   * @param companion the line with the same number of the companion file, where the format has one.
   * @throws BadRow
   */
  row(line: LineReader, companion: LineReader | undefined): void
  /** Runs after the last row: for messages that span rows. */
  finish?(): void
}

/** A format of recorded files. */
export interface ReplayFormat {
  readonly name: string
  /** Its header or first line, for error messages. */
  readonly hint: string
  /** Whether a file has this format. */
  detect(sample: FileSample): boolean
  /** Path of the file that is read beside this one, where it exists. */
  companion?(sample: FileSample, fileSystem: FileSystem, options: FormatOptions): string | undefined
  /** Whether this file is only read beside another one, and not by itself. */
  isCompanion?(sample: FileSample, fileSystem: FileSystem): boolean
  /** @throws TradewireError when the file lacks what the format needs (a date in its name). */
  open(context: DecodeContext): Decoder
}
