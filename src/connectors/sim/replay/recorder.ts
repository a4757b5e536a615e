/**
 * Records what passes through a ring, in the documented data format (docs/data-format.md), so that it can be replayed:
 * all kinds in one NDJSON file, in their total order.
 *
 *   const recorder = new Recorder({ fileSystem, path: 'session.ndjson', registry })
 *   ring.addConsumer({ name: 'recorder', policy: 'dropOldest', handlers: recorder.handlers })
 *
 * Rows are collected in memory and written in large pieces when the buffer is full, at `flush` and at `close`. A disk
 * that fails ends the recording, never the trading: the error is kept in `failure`, what follows is counted as lost.
 */
import { TradewireError } from '../../../core/errors.js'
import { type FileSystem, fileError, type OpenFile } from '../../../core/file-system.js'
import type { InstrumentRegistry } from '../../../model/instrument-registry.js'
import type { IngestRing } from '../../../ring/ingest-ring.js'
import type { RingHandlers } from '../../../ring/kinds.js'
import { writeHeader } from './formats/tradewire-header.js'
import { barRow, bookRow, noteRow, quoteRow, statusRow, tradeRow } from './recorder-rows.js'

/** How a recording is made. */
export interface RecorderOptions {
  fileSystem: FileSystem
  /** A file that does not exist yet. */
  path: string
  /** Names the instruments; all that are registered when the recording begins go into its header. */
  registry: InstrumentRegistry
  /** Characters collected before they are written; 1,048,576 unless given. */
  bufferCharacters?: number
  /** Told of the first failure. */
  onFailure?: (error: unknown) => void
}

/** Writes one recording. */
export class Recorder {
  /** Give these to a consumer of the ring. */
  readonly handlers: Readonly<Required<RingHandlers>>
  /** Events recorded, and events that came after a failure, could not be written, or are none: notes beyond JSON, no receive time. */
  recorded = 0
  lost = 0
  /** Why the recording ended early. */
  failure: unknown
  readonly #registry: InstrumentRegistry
  readonly #bufferCharacters: number
  readonly #onFailure: ((error: unknown) => void) | undefined
  readonly #encoder = new TextEncoder()
  /** Instruments whose definition is in the file. */
  #defined = 0
  #file: OpenFile | undefined
  #position = 0
  #text = ''
  /** Events in `#text`. */
  #collected = 0

  /** @throws TradewireError `TW_FILE` when the file exists or cannot be made. */
  constructor(options: RecorderOptions) {
    this.#registry = options.registry
    this.#bufferCharacters = options.bufferCharacters ?? 1_048_576
    this.#onFailure = options.onFailure
    this.#file = options.fileSystem.open(options.path, 'create')
    this.#define(options.registry.size)
    this.handlers = {
      onQuotes: (ring, from, to) => this.#record(ring, from, to, quoteRow, ring.quotes),
      onTrades: (ring, from, to) => this.#record(ring, from, to, tradeRow, ring.trades),
      onBooks: (ring, from, to) => this.#record(ring, from, to, bookRow, ring.books),
      onBars: (ring, from, to) => this.#record(ring, from, to, barRow, ring.bars),
      onStatuses: (ring, from, to) => this.#record(ring, from, to, statusRow, ring.statuses),
      onNotes: (ring, from, to) => this.#record(ring, from, to, noteRow, ring.notes),
    }
  }

  /** Writes what is collected. Does not throw: see `failure`. */
  flush(): void {
    if (this.#file === undefined || this.#text === '') return
    const bytes = this.#encoder.encode(this.#text)
    this.#text = ''
    try {
      writeAll(this.#file, bytes, this.#position)
      this.#position += bytes.length
      this.#collected = 0
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Writes the rest, makes it durable and closes the file. @throws what made the recording fail. */
  async close(): Promise<void> {
    this.flush()
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) {
      try {
        await file.dataSync()
      } finally {
        file.close()
      }
    }
    if (this.failure !== undefined) throw this.failure
  }

  #record(
    ring: IngestRing,
    from: number,
    to: number,
    rowText: (ring: IngestRing, row: number, instrument: string) => string | undefined,
    { instrument, tsRecvUs }: { readonly instrument: Int32Array; readonly tsRecvUs: Float64Array },
  ): void {
    for (let row = from; row < to; row++) {
      if (this.#file === undefined) {
        this.lost++
        continue
      }
      const id = this.#idOf(instrument[row])
      const text = Number.isFinite(tsRecvUs[row]) ? textOrNone(rowText, ring, row, id) : undefined
      if (text === undefined) {
        this.lost++
        continue
      }
      this.#text += text
      this.recorded++
      this.#collected++
      if (this.#text.length >= this.#bufferCharacters) this.flush()
    }
  }

  /** The id of an instrument as JSON; one that was registered since the last header gets a header of its own. */
  #idOf(instrument: number): string {
    if (instrument < 0 || instrument >= this.#registry.size) return 'null'
    if (instrument >= this.#defined) this.#define(this.#registry.size)
    return JSON.stringify(this.#registry.at(instrument).id)
  }

  #define(size: number): void {
    const definitions = [...this.#registry].slice(this.#defined, size).map((instrument) => instrument.definition)
    this.#defined = size
    this.#text += `${writeHeader(definitions)}\n`
  }

  #fail(error: unknown): void {
    this.failure = error
    this.recorded -= this.#collected
    this.lost += this.#collected
    this.#collected = 0
    const file = this.#file
    this.#file = undefined
    try {
      file?.close()
    } catch (closing) {
      this.failure = new TradewireError('TW_FILE', 'the recording failed, and its file could not be closed', {
        cause: new AggregateError([error, closing]),
      })
    }
    this.#onFailure?.(this.failure)
  }
}

/** The row of an event; undefined where it has none: a note that refers to itself, for one. */
function textOrNone(
  rowText: (ring: IngestRing, row: number, instrument: string) => string | undefined,
  ring: IngestRing,
  row: number,
  instrument: string,
): string | undefined {
  try {
    return rowText(ring, row, instrument)
  } catch {
    return undefined
  }
}

function writeAll(file: OpenFile, bytes: Uint8Array, position: number): void {
  let done = 0
  while (done < bytes.length) {
    const written = file.write(bytes, done, bytes.length - done, position + done)
    if (written === 0) throw fileError('write', file.path, 'ENOSPC')
    done += written
  }
}
