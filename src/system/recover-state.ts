/**
 * The state that a journal holds, without a system: for proving that a recovery would find everything, for looking into the
 * journal of a system that is running, and for post-mortems. Nothing is written, locked, connected or sent.
 */

import { TradewireError } from '../core/errors.js'
import type { FileSystem } from '../core/file-system.js'
import { silentLogger } from '../core/logger.js'
import { VirtualTime } from '../core/virtual-time.js'
import type { RecordHandler } from '../journal/journal.js'
import { readJournal } from '../journal/read-journal.js'
import type { RecordReader } from '../journal/record-reader.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import { writtenAt } from '../oms/record-describer.js'
import { Recovery, type RecoveryReport } from '../oms/recovery.js'
import { checkConfig, type TradingSystemConfig } from './config.js'
import { composeOrderPlane } from './order-plane.js'
import { exportState, type SystemState } from './state.js'

const noMarks = { bid: () => Number.NaN, ask: () => Number.NaN, last: () => Number.NaN }

/** Gives every record of a journal in order, from its newest snapshot or from its start on. */
export type RecordSource = (onRecord: RecordHandler, from: 'snapshot' | 'start') => unknown

/** What {@link recoverState} reads: a directory, or records from somewhere else. */
export type RecoverStateOptions = RecoverOptions &
  (
    | {
        fileSystem: FileSystem
        /** Directory of the journal. A system may have it open. */
        directory: string
        records?: never
      }
    | {
        /** The records of a journal in a database, such as `(onRecord, from) => readSqliteJournal(database, account, onRecord, from)`. */
        records: RecordSource
        fileSystem?: never
        directory?: never
      }
  )

/** How {@link recoverState} reads. */
export interface RecoverOptions {
  /**
   * The configuration of the system that wrote it. What counts are `limits` (how many orders are kept), `accounting`,
   * `baseCurrency`, `capital` and `risk`; the rest is not used.
   */
  config?: TradingSystemConfig
  /** Replays from the first record that is kept up to this point instead of all from the latest snapshot on. */
  until?: ReplayPoint
}

/** A point in a journal: after this record, or before the first record that was written later than this moment. */
export type ReplayPoint = { readonly seq: number } | { readonly tsUs: number }

/** What {@link recoverState} found. */
export interface RecoveredState {
  state: SystemState
  report: RecoveryReport
  /** Definitions of the instruments by index. */
  instruments: readonly InstrumentDefinition[]
  /** What strategies saved last, by name. */
  strategyStates: ReadonlyMap<string, unknown>
  /** Good records and bytes read, and bytes of a torn write behind them; records of a database have no segments. */
  journal: { records: number; bytes: number; segments: number; droppedBytes: number; lastSeq: number }
}

/**
 * Replays a journal into the state it describes. Orders whose fate a stop left open stay as they were: nothing is declared
 * unknown, for that would be a fact the journal does not hold.
 *
 * @throws TradewireError `TW_JOURNAL_CORRUPT`, `TW_JOURNAL_VERSION`, `TW_FILE`, `TW_INVALID_CONFIG`; `TW_INVALID_ARGUMENT` for a
 * point before the first record that is kept.
 *
 * @example
 * ```ts
 * import { nodeFileSystem, recoverState } from 'tradewire'
 *
 * const { state, report } = recoverState({ fileSystem: nodeFileSystem, directory: './journal' })
 * console.log(`${report.orders} orders, ${state.orders.length} in the table`)
 * ```
 */
export function recoverState(options: RecoverStateOptions): RecoveredState {
  const { config = {}, until } = options
  const core = composeOrderPlane(checkConfig(config), {
    clock: new VirtualTime(),
    logger: silentLogger,
    marks: noMarks,
  })
  const strategyStates = new Map<string, unknown>()
  const recovery = new Recovery(core, (strategy, state) => strategyStates.set(strategy, JSON.parse(state)))
  const stop = until === undefined ? undefined : new ReplayStop(until)
  const applied = { records: 0, lastSeq: 0 }
  let firstSeq = 0
  const from = until === undefined ? 'snapshot' : 'start'
  const onRecord: RecordHandler = (type, seq, record) => {
    firstSeq ||= seq
    if (stop?.isReached(type, seq, record)) return
    recovery.apply(type, seq, record)
    applied.records++
    applied.lastSeq = seq
  }
  let files = { bytes: 0, segments: 0, droppedBytes: 0 }
  if (options.records !== undefined) options.records(onRecord, from)
  else {
    const { bytes, segments, droppedBytes, lastSeq } = readJournal(options.fileSystem, options.directory, onRecord, {
      from,
    })
    files = { bytes, segments, droppedBytes }
    if (stop === undefined) applied.lastSeq = lastSeq
  }
  if (applied.records === 0 && firstSeq > 0)
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `The journal begins with record ${firstSeq}, behind the point that was asked for`,
      { details: { firstSeq } },
    )
  const report = recovery.finish(false)
  return {
    state: exportState(core),
    report,
    instruments: [...core.instruments].map(({ definition }) => definition),
    strategyStates,
    journal: { ...files, ...applied },
  }
}

/** Tells when a replay has come to its point. */
class ReplayStop {
  readonly #point: ReplayPoint
  #isReached = false

  constructor(point: ReplayPoint) {
    this.#point = point
  }

  isReached(type: number, seq: number, record: RecordReader): boolean {
    if (this.#isReached) return true
    if ('seq' in this.#point) this.#isReached = seq > this.#point.seq
    else {
      const tsUs = writtenAt(type, record)
      this.#isReached = tsUs !== undefined && tsUs > this.#point.tsUs
    }
    return this.#isReached
  }
}
