/**
 * Fills tables from a journal, now and while it grows. The follower keeps a state of its own, made by the code that recovers
 * a system, so that rows of orders and positions are what a restart would find. It may run in the system's process or in
 * another; orders never wait for it.
 */
import { TradewireError } from '../core/errors.js'
import { silentLogger } from '../core/logger.js'
import { RealTime } from '../core/real-time.js'
import type { Scheduler } from '../core/scheduler.js'
import { VirtualTime } from '../core/virtual-time.js'
import { snapshotType } from '../journal/frame.js'
import type { JournalTail } from '../journal/journal-tail.js'
import type { SqlTables, TableRow } from '../journal/sql/tables.js'
import { RecordDescriber } from '../oms/record-describer.js'
import { Recovery } from '../oms/recovery.js'
import { checkConfig, type TradingSystemConfig } from './config.js'
import { composeOrderPlane } from './order-plane.js'
import { bookRows, orderRow, planRows, rowsOfRecord } from './table-rows.js'

/** What {@link followJournal} works with. */
export interface FollowOptions {
  readonly tail: JournalTail
  readonly tables: SqlTables
  /** The configuration of the system that writes the journal: sizes of tables, accounting, base currency. */
  readonly config?: TradingSystemConfig
  /** How often the tail is read, in milliseconds; 250 unless given. */
  readonly everyMs?: number
  readonly time?: Pick<Scheduler, 'after'>
  /** Told when the tables could not be written; it is tried again. */
  readonly onError?: (error: unknown) => void
}

/** A follower at work. */
export interface JournalFollower {
  /** Number of the last record in the tables. */
  readonly seq: number
  /** Reads and writes all that is there now. @throws what the tables throw; calling it again goes on. */
  catchUp(): Promise<void>
  /** Ends after the batch that is under way. */
  stop(): Promise<void>
}

const batchRecords = 512
const noMarks = { bid: () => Number.NaN, ask: () => Number.NaN, last: () => Number.NaN }

/**
 * Starts a follower that goes on where the tables are.
 *
 * @throws TradewireError `TW_INVALID_CONFIG`; `TW_JOURNAL_CORRUPT` and what the tables throw, from `catchUp`.
 *
 * @example
 * ```ts
 * import Database from 'libsql'
 * import { followJournal, nodeFileSystem } from 'tradewire'
 * import { directoryTail } from 'tradewire/journal'
 * import { sqliteTables } from 'tradewire/journal/sqlite'
 *
 * const tables = sqliteTables(new Database('./reports.db'), 'U1234567')
 * const follower = followJournal({ tail: directoryTail(nodeFileSystem, './journal'), tables })
 * ```
 */
export function followJournal(options: FollowOptions): JournalFollower {
  const { time = new RealTime(), everyMs = 250, onError } = options
  const projector = new Projector(options)
  let isStopped = false
  let running: Promise<void> = Promise.resolve()
  let timer: { cancel(): void } | undefined
  const turn = (): Promise<void> => {
    running = running.catch(() => {}).then(() => projector.run(() => isStopped))
    return running
  }
  const next = (): void => {
    if (isStopped) return
    timer = time.after(everyMs, () => {
      turn()
        .catch((error) => onError?.(error))
        .finally(next)
    })
  }
  next()
  return {
    get seq() {
      return projector.seq
    },
    catchUp: turn,
    async stop() {
      isStopped = true
      timer?.cancel()
      await running.catch(() => {})
    },
  }
}

/** Turns records into rows. */
class Projector {
  seq = 0
  readonly #options: FollowOptions
  readonly #describer: RecordDescriber
  readonly #core: ReturnType<typeof composeOrderPlane>
  readonly #recovery: Recovery
  /** Last record in the tables when this follower began; undefined before it asked. */
  #start: number | undefined
  #read = 0
  #rows: TableRow[] = []
  readonly #dirty = new Set<number>()
  #hasBooks = false
  #hasPlans = false

  constructor(options: FollowOptions) {
    const config = checkConfig(options.config ?? {})
    this.#options = options
    this.#describer = new RecordDescriber({ baseCurrency: config.baseCurrency ?? 'USD' })
    this.#core = composeOrderPlane(config, { clock: new VirtualTime(), logger: silentLogger, marks: noMarks })
    this.#recovery = new Recovery(this.#core)
  }

  async run(isStopped: () => boolean): Promise<void> {
    const { tables, tail } = this.#options
    this.#start ??= this.seq = await tables.position()
    // What a failed write left over comes first.
    await this.#write()
    while (!isStopped()) {
      const count = await tail.read((type, seq, record) => {
        const before = record.position
        const described = this.#describer.describe(type, seq, record)
        record.position = before
        this.#recovery.apply(type, seq, record)
        this.#read = seq
        if (seq <= (this.#start as number)) return
        if (type === snapshotType) this.#takeAll()
        this.#take(described)
      }, batchRecords)
      if (count === 0) break
      await this.#write()
    }
    if (this.#read < (this.#start as number))
      throw new TradewireError(
        'TW_INVALID_STATE',
        `the tables hold records up to ${this.#start}, the journal ends at ${this.#read}: they belong to another journal, or it lost its end; clear them and start anew`,
        { details: { tables: this.#start, journal: this.#read } },
      )
  }

  #take(described: ReturnType<RecordDescriber['describe']>): void {
    for (const row of rowsOfRecord(described, this.#core)) this.#rows.push(row)
    const { type, order } = described
    if (order !== undefined && order > 0) this.#dirty.add(order)
    if (type === 'trade' || type === 'corrected' || type === 'busted' || type === 'split') this.#hasBooks = true
    if (type === 'parent' || type === 'parentState') this.#hasPlans = true
  }

  /** A snapshot may be all that is left of what came before it. */
  #takeAll(): void {
    for (const row of this.#core.table.rows()) this.#dirty.add(this.#core.table.cells[row] as number)
    this.#hasBooks = true
    this.#hasPlans = true
  }

  async #write(): Promise<void> {
    const seq = this.#read
    if (seq <= this.seq) return
    const rows = [...this.#rows]
    for (const number of this.#dirty) {
      const row = orderRow(this.#core, number)
      if (row !== undefined) rows.push(row)
    }
    const books = this.#hasBooks ? bookRows(this.#core, seq) : []
    const plans = this.#hasPlans ? planRows(this.#core, seq) : []
    await this.#options.tables.write(rows.concat(books, plans), seq)
    this.seq = seq
    this.#rows = []
    this.#dirty.clear()
    this.#hasBooks = false
    this.#hasPlans = false
  }
}
