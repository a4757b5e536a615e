/** One recorded file as a source: reads lines, has them decoded into a batch, gives the events out one by one. */
import type { Instrument } from '../../../model/instrument.js'
import type { MarketSink } from '../../../ring/sink.js'
import { BadRow, badRowError } from './reading/bad-row.js'
import type { EventBatch } from './reading/event-batch.js'
import type { Decoder } from './reading/format.js'
import type { LineReader } from './reading/line-reader.js'
import type { ReplayCounters, ReplaySource } from './reading/replay-source.js'

/** Most events, and levels, of a batch before it counts as full. */
const batchEvents = 4096
const batchLevels = 65_536
const keptProblems = 10

/** Parts of a {@link FileSource}. */
export interface FileSourceParts {
  lines: LineReader
  companion: LineReader | undefined
  decoder: Decoder
  batch: EventBatch
  counters: ReplayCounters
  instruments: readonly Instrument[]
  /** Index of the connector in the rings. */
  source: number
  onBadRow: 'fail' | 'skip'
}

/** A file of any format. */
export class FileSource implements ReplaySource {
  readonly name: string
  readonly counters: ReplayCounters
  readonly instruments: readonly Instrument[]
  readonly problems: string[] = []
  readonly #parts: FileSourceParts
  #headerLines: number
  #next = 0
  #isAtEnd = false

  constructor(parts: FileSourceParts) {
    this.#parts = parts
    this.name = parts.lines.path
    this.counters = parts.counters
    this.instruments = parts.instruments
    this.#headerLines = parts.decoder.headerLines
  }

  /** What was read, less what waits: lines that were not gone through yet, and events that were not given out. */
  get progress() {
    const { lines, batch } = this.#parts
    const { read, total } = lines.progress
    const decoded = this.counters.events + batch.count - this.#next
    return { read: read * lines.shareUsed * (decoded === 0 ? 1 : this.counters.events / decoded), total }
  }

  peekTsUs(): number {
    if (this.#next < this.#parts.batch.count) return this.#parts.batch.tsRecvUs(this.#next)
    return this.#isAtEnd ? Number.POSITIVE_INFINITY : Number.NaN
  }

  emit(sink: MarketSink, shiftUs: number): boolean {
    const parts = this.#parts
    if (!parts.batch.emit(this.#next, sink, parts.source, shiftUs)) return false
    this.#next++
    this.counters.events++
    return true
  }

  async refill(): Promise<void> {
    const { batch, lines, companion, decoder } = this.#parts
    if (this.#next < batch.count || this.#isAtEnd) return
    this.#next = 0
    batch.clear()
    while (batch.count < batchEvents && batch.levelCount - batch.openLevels < batchLevels) {
      if (!lines.advance() && !(await this.#readOn(lines))) {
        await this.#finish()
        break
      }
      if (companion !== undefined && !companion.advance() && !(await this.#readOn(companion))) {
        throw badRowError(lines.path, lines.line, new BadRow('(row)', `${companion.path} has fewer rows`))
      }
      if (this.#headerLines > 0) this.#headerLines--
      else this.#decode(decoder, lines, companion)
    }
    this.counters.outOfOrder = batch.outOfOrder
  }

  async close(): Promise<void> {
    this.#isAtEnd = true
    this.#next = 0
    this.#parts.batch.clear()
    await this.#parts.lines.close()
    await this.#parts.companion?.close()
  }

  /** Reads chunks until there is a line to go to; false at the end. */
  async #readOn(lines: LineReader): Promise<boolean> {
    do {
      if (lines.isEnded) return false
      await lines.fill()
    } while (!lines.advance())
    return true
  }

  #decode(decoder: Decoder, lines: LineReader, companion: LineReader | undefined): void {
    const { batch } = this.#parts
    this.counters.rows++
    batch.mark()
    try {
      decoder.row(lines, companion)
    } catch (error) {
      batch.rollBack()
      this.#refuse(error)
    }
  }

  async #finish(): Promise<void> {
    const { companion, decoder, lines } = this.#parts
    this.#isAtEnd = true
    try {
      decoder.finish?.()
    } catch (error) {
      this.#refuse(error)
    }
    if (companion !== undefined && (companion.advance() || (await this.#readOn(companion))))
      this.#refuse(new BadRow('(row)', `${companion.path} has more rows than ${lines.path}`))
  }

  #refuse(error: unknown): void {
    const bad = error instanceof SyntaxError ? new BadRow('(row)', `is no valid JSON: ${error.message}`) : error
    if (!(bad instanceof BadRow)) throw error
    const { lines, onBadRow } = this.#parts
    const described = badRowError(lines.path, lines.line, bad)
    if (onBadRow === 'fail') throw described
    this.counters.badRows++
    if (this.problems.length < keptProblems) this.problems.push(described.message)
  }
}
