/**
 * The state that a journal holds, without a system: for proving that a recovery would find everything, for looking into the
 * journal of a system that is running, and for post-mortems. Nothing is written, locked, connected or sent.
 */

import type { FileSystem } from '../core/file-system.js'
import { silentLogger } from '../core/logger.js'
import { VirtualTime } from '../core/virtual-time.js'
import { readJournal } from '../journal/read-journal.js'
import { Recovery, type RecoveryReport } from '../oms/recovery.js'
import { checkConfig, type TradingSystemConfig } from './config.js'
import { composeOrderPlane } from './order-plane.js'
import { exportState, type SystemState } from './state.js'

const noMarks = { bid: () => Number.NaN, ask: () => Number.NaN, last: () => Number.NaN }

/** What {@link recoverState} reads. */
export interface RecoverStateOptions {
  fileSystem: FileSystem
  /** Directory of the journal. A system may have it open. */
  directory: string
  /**
   * The configuration of the system that wrote it. What counts are `limits` (how many orders are kept), `accounting`,
   * `baseCurrency`, `capital` and `risk`; the rest is not used.
   */
  config?: TradingSystemConfig
}

/** What {@link recoverState} found. */
export interface RecoveredState {
  state: SystemState
  report: RecoveryReport
  /** What strategies saved last, by name. */
  strategyStates: ReadonlyMap<string, unknown>
  /** Good records and bytes read, and bytes of a torn write behind them. */
  journal: { records: number; bytes: number; segments: number; droppedBytes: number; lastSeq: number }
}

/**
 * Replays a journal into the state it describes. Orders whose fate a stop left open stay as they were: nothing is declared
 * unknown, for that would be a fact the journal does not hold.
 *
 * @throws TradewireError `TW_JOURNAL_CORRUPT`, `TW_JOURNAL_VERSION`, `TW_FILE`, `TW_INVALID_CONFIG`.
 *
 * @example
 * ```ts
 * import { nodeFileSystem, recoverState } from 'tradewire'
 *
 * const { state, report } = recoverState({ fileSystem: nodeFileSystem, directory: './journal' })
 * console.log(`${report.orders} orders, ${state.orders.length} in the table`)
 * ```
 */
export function recoverState({ fileSystem, directory, config = {} }: RecoverStateOptions): RecoveredState {
  const core = composeOrderPlane(checkConfig(config), {
    clock: new VirtualTime(),
    logger: silentLogger,
    marks: noMarks,
  })
  const strategyStates = new Map<string, unknown>()
  const recovery = new Recovery(core, (strategy, state) => strategyStates.set(strategy, JSON.parse(state)))
  const { records, bytes, segments, droppedBytes, lastSeq } = readJournal(fileSystem, directory, (type, seq, record) =>
    recovery.apply(type, seq, record),
  )
  const report = recovery.finish(false)
  return {
    state: exportState(core),
    report,
    strategyStates,
    journal: { records, bytes, segments, droppedBytes, lastSeq },
  }
}
