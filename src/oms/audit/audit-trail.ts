/**
 * An append-only, hash-chained audit trail in a file: every entry holds the hash of the one before, so that no entry can be
 * changed, removed, inserted or moved without breaking the chain.
 *
 * Cutting entries off the end leaves a chain that holds: `head` is an anchor against that, to be kept somewhere else (a log
 * of another machine, a message to the compliance officer) and given to {@link AuditTrail.verify}.
 *
 * Entries are written at once, and made durable by `sync`. What was torn by a crash in the middle of a write is cut off at
 * the next opening, which is an entry of its own. Memory holds no entries: queries read the file.
 */
import { TradewireError } from '../../core/errors.js'
import type { FileLock, FileSystem, OpenFile } from '../../core/file-system.js'
import type { SecretInput } from '../../core/secret.js'
import { type AuditEntry, bodyOf, genesis, hashOf, readLine } from './audit-line.js'

export type { AuditEntry } from './audit-line.js'

/** Options of a trail. */
export interface AuditTrailOptions {
  readonly fileSystem: FileSystem
  /** The file; made where there is none. */
  readonly path: string
  /** Secret of the chain; a chain without one holds no proof against who can write the file. */
  readonly key?: SecretInput
  /** Wall time for entries that tell none, Unix epoch microseconds. */
  readonly nowUs: () => number
  /** Longest line in bytes; 1,048,576 unless given. */
  readonly maxLineBytes?: number
}

/** What is to be recorded. */
export interface AuditRecord {
  readonly kind: string
  readonly actor: string
  readonly subject?: string
  /** Plain JSON. */
  readonly data?: unknown
  readonly tsUs?: number
}

/** Where a chain stands: keep it elsewhere. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

/** Which entries are wanted. */
export interface AuditFilter {
  /** First and last moment, Unix epoch microseconds, both included. */
  readonly fromUs?: number
  readonly throughUs?: number
  /** A kind, or the beginning of kinds with a star: `order.*`. */
  readonly kind?: string
  readonly actor?: string
  readonly subject?: string
  /** Most entries; 10,000 unless given. The first ones that fit. */
  readonly limit?: number
}

/** What a check of the chain found. */
export interface AuditVerdict {
  readonly isIntact: boolean
  /** Entries that are in order. */
  readonly entries: number
  readonly head: AuditHead
  /** The first thing that is wrong: line number from 1, and what. */
  readonly fault?: { readonly line: number; readonly problem: string }
}

const newline = 10
const chunkBytes = 262_144

/** See the header of this file. */
export class AuditTrail {
  readonly #file: OpenFile
  readonly #lock: FileLock
  readonly #options: AuditTrailOptions
  #size = 0
  #head: AuditHead = { seq: 0, hash: genesis }
  /** Why nothing more can be written. */
  #broken: string | undefined
  #isClosed = false

  private constructor(options: AuditTrailOptions, file: OpenFile, lock: FileLock) {
    this.#options = options
    this.#file = file
    this.#lock = lock
  }

  /**
   * Opens a trail and checks its chain.
   *
   * @throws TradewireError `TW_AUDIT_BROKEN` with `details.line` where the chain does not hold; `TW_JOURNAL_LOCKED` where
   * another process has it open; `TW_FILE`.
   */
  static open(options: AuditTrailOptions): AuditTrail {
    const { fileSystem, path } = options
    const lock = fileSystem.lock(`${path}.lock`)
    let file: OpenFile | undefined
    try {
      file = fileSystem.open(path, fileSystem.exists(path) ? 'write' : 'create')
      const trail = new AuditTrail(options, file, lock)
      trail.#begin()
      return trail
    } catch (error) {
      file?.close()
      lock.release()
      throw error
    }
  }

  #begin(): void {
    const { verdict, wholeBytes } = this.#scan(undefined)
    if (verdict.fault !== undefined) {
      const { line, problem } = verdict.fault
      throw new TradewireError('TW_AUDIT_BROKEN', `Line ${line} of the audit trail ${this.#options.path}: ${problem}`, {
        details: { path: this.#options.path, line, problem },
      })
    }
    this.#head = verdict.head
    this.#size = wholeBytes
    const torn = this.#file.size() - wholeBytes
    if (torn === 0) return
    this.#file.truncate(wholeBytes)
    this.append({ kind: 'trail.repaired', actor: 'system', data: { tornBytes: torn } })
  }

  /** Where the chain stands. */
  get head(): AuditHead {
    return this.#head
  }

  /**
   * Appends an entry.
   *
   * @throws TradewireError `TW_FILE` when it cannot be written: nothing was appended then; `TW_INVALID_ARGUMENT` for data that
   * is no plain JSON or too long; `TW_DISPOSED` after `close`; `TW_AUDIT_BROKEN` after a failed write that left the file in
   * doubt.
   */
  append(record: AuditRecord): AuditEntry {
    if (this.#isClosed) throw new TradewireError('TW_DISPOSED', 'The audit trail is closed')
    if (this.#broken !== undefined) throw new TradewireError('TW_AUDIT_BROKEN', this.#broken)
    const { kind, actor, subject = '', data = null, tsUs = this.#options.nowUs() } = record
    const { seq, hash: previous } = this.#head
    const fields = { seq: seq + 1, tsUs, kind, actor, subject, data, previous }
    const body = textOf(fields)
    const hash = hashOf(body, this.#options.key)
    const line = Buffer.from(`${hash} ${body}\n`, 'utf8')
    const { maxLineBytes = 1_048_576 } = this.#options
    if (line.length > maxLineBytes)
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `An audit entry has at most ${maxLineBytes} bytes, this one ${line.length}`,
      )
    this.#write(line)
    this.#head = { seq: fields.seq, hash }
    return { ...fields, hash }
  }

  #write(line: Uint8Array): void {
    let done = 0
    try {
      while (done < line.length) {
        const written = this.#file.write(line, done, line.length - done, this.#size + done)
        if (written <= 0) throw new TradewireError('TW_FILE', `Nothing could be written to ${this.#options.path}`)
        done += written
      }
      this.#size += line.length
    } catch (error) {
      this.#takeBack()
      throw error
    }
  }

  /** What was half written goes, or the file would hold a line that is none. */
  #takeBack(): void {
    try {
      this.#file.truncate(this.#size)
    } catch {
      this.#broken = `A write to ${this.#options.path} failed half way and could not be taken back; open it again`
    }
  }

  /** Makes everything appended so far durable. */
  sync(): Promise<void> {
    return this.#file.dataSync()
  }

  /**
   * Checks the whole chain, and that it reaches an anchor: the `head` of some earlier moment.
   *
   * @throws TradewireError `TW_FILE`.
   */
  verify(anchor?: AuditHead): AuditVerdict {
    return this.#scan(anchor).verdict
  }

  /** The entries that fit, oldest first. @throws TradewireError `TW_AUDIT_BROKEN` where one does not fit its hash; `TW_FILE`. */
  query(filter: AuditFilter = {}): AuditEntry[] {
    return [...this.entries(filter)]
  }

  /** As {@link query}, one after the other: for trails that are larger than memory. */
  *entries(filter: AuditFilter = {}): Generator<AuditEntry> {
    let left = filter.limit ?? 10_000
    for (const { line, number } of this.#lines()) {
      if (left <= 0) return
      const entry = readLine(line, this.#options.key)
      if (typeof entry === 'string')
        throw new TradewireError('TW_AUDIT_BROKEN', `Line ${number} of ${this.#options.path}: ${entry}`)
      if (!fits(entry, filter)) continue
      left--
      yield entry
    }
  }

  /** The entries that fit as text: a JSON array, or CSV (RFC 4180) whose cells no spreadsheet takes for formulas. */
  export(format: 'json' | 'csv', filter: AuditFilter = {}): string {
    const entries = this.query(filter)
    if (format === 'json') return `${JSON.stringify(entries, null, 2)}\n`
    const head = 'seq,time,kind,actor,subject,data,previous,hash'
    const rows = entries.map(({ seq, tsUs, kind, actor, subject, data, previous, hash }) =>
      [String(seq), new Date(tsUs / 1000).toISOString(), kind, actor, subject, JSON.stringify(data), previous, hash]
        .map(csvCell)
        .join(','),
    )
    return `${[head, ...rows].join('\r\n')}\r\n`
  }

  /** Closes the file. Closing twice does nothing. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#file.close()
    this.#lock.release()
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.close()
  }

  #scan(anchor: AuditHead | undefined): { verdict: AuditVerdict; wholeBytes: number } {
    let head: AuditHead = { seq: 0, hash: genesis }
    let wholeBytes = 0
    let isAnchored = anchor === undefined || (anchor.seq === 0 && anchor.hash === genesis)
    for (const { line, number, endBytes } of this.#lines()) {
      const entry = readLine(line, this.#options.key)
      const problem = typeof entry === 'string' ? entry : chainFault(entry, head)
      if (typeof entry === 'string' || problem !== undefined)
        return {
          verdict: { isIntact: false, entries: head.seq, head, fault: { line: number, problem: problem ?? '' } },
          wholeBytes,
        }
      head = { seq: entry.seq, hash: entry.hash }
      wholeBytes = endBytes
      if (anchor !== undefined && entry.seq === anchor.seq) isAnchored = entry.hash === anchor.hash
    }
    const fault = isAnchored
      ? undefined
      : {
          line: head.seq + 1,
          problem: `the chain does not hold the anchor of entry ${anchor?.seq}: it was cut or replaced`,
        }
    return { verdict: { isIntact: fault === undefined, entries: head.seq, head, ...(fault && { fault }) }, wholeBytes }
  }

  /** Whole lines of the file, in order. */
  *#lines(): Generator<{ line: string; number: number; endBytes: number }> {
    const chunk = new Uint8Array(chunkBytes)
    let rest: Buffer = Buffer.alloc(0)
    let at = 0
    let number = 0
    for (;;) {
      const read = this.#file.read(chunk, 0, chunk.length, at)
      if (read === 0) return
      rest = Buffer.concat([rest, chunk.subarray(0, read)])
      at += read
      let from = 0
      for (let end = rest.indexOf(newline, from); end >= 0; end = rest.indexOf(newline, from)) {
        number++
        yield { line: rest.toString('utf8', from, end), number, endBytes: at - rest.length + end + 1 }
        from = end + 1
      }
      rest = rest.subarray(from)
    }
  }
}

function chainFault(entry: AuditEntry, head: AuditHead): string | undefined {
  if (entry.seq !== head.seq + 1) return `entry ${head.seq + 1} is missing, ${entry.seq} stands in its place`
  return entry.previous === head.hash ? undefined : 'the entry does not follow the one before it'
}

function textOf(fields: Omit<AuditEntry, 'hash'>): string {
  if (!Number.isFinite(fields.tsUs))
    throw new TradewireError('TW_INVALID_ARGUMENT', `tsUs must be a time, is ${fields.tsUs}`)
  try {
    return bodyOf(fields)
  } catch (cause) {
    throw notJson(cause)
  }
}

function notJson(cause: unknown): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', 'The data of an audit entry must be plain JSON', { cause })
}

function fits(entry: AuditEntry, { fromUs, throughUs, kind, actor, subject }: AuditFilter): boolean {
  if (fromUs !== undefined && entry.tsUs < fromUs) return false
  if (throughUs !== undefined && entry.tsUs > throughUs) return false
  if (actor !== undefined && entry.actor !== actor) return false
  if (subject !== undefined && entry.subject !== subject) return false
  if (kind === undefined) return true
  return kind.endsWith('*') ? entry.kind.startsWith(kind.slice(0, -1)) : entry.kind === kind
}

function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
