/** A PostgreSQL database as the journal of a system. */
import { TradewireError } from '../../core/errors.js'
import { RealTime } from '../../core/real-time.js'
import type { RecordHandler } from '../journal.js'
import type { JournalOpening, JournalStore } from '../journal-store.js'
import { type Batch, BatchReader } from '../sql/batches.js'
import { checkAccount, type SqlJournalOptions } from '../sql/sql-journal.js'
import { type OpenSession, openSession, type PostgresConnection, type Session } from './connection.js'
import { migratePostgres } from './migrate.js'
import { claimText, PostgresJournal } from './postgres-journal.js'

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions extends SqlJournalOptions {
  /** Where the database is: a connection string, or the options of a `Client` of `pg`. */
  readonly connection: PostgresConnection
  /** Who this is, for the message to others who want the account; default `tradewire`. */
  readonly owner?: string
  /**
   * Takes the account from a process that is still connected: that one writes nothing any more, and trades nothing new. For
   * a person who knows that it is to be replaced. Default false.
   */
  readonly takeOver?: boolean
  /**
   * A server that does not answer a write for so long counts as lost: the journal fails, connects anew, and asks what arrived.
   * In milliseconds, 1 to 600,000; default 5,000.
   */
  readonly answerWithinMs?: number
  /** How a connection is made; for tests. */
  readonly connect?: OpenSession
}

/** Rows read at a time. */
const rowsAtATime = 256

/** A journal that was claimed and read, and waits for its system. */
export interface PostgresStore extends JournalStore {
  open(opening: JournalOpening): PostgresJournal
  /** Gives the account back without opening. Does nothing after `open`: the journal's own `close` does. */
  release(): Promise<void>
}

/**
 * Connects, makes or migrates the tables, claims the account and reads its journal, from the newest snapshot on, into memory.
 * The result is for the option `journalStore` of a system.
 *
 * @throws TradewireError `TW_JOURNAL_LOCKED` where another process is connected for the account; `TW_JOURNAL_VERSION`;
 * `TW_INVALID_CONFIG`; `TW_FILE` where the database cannot be reached.
 *
 * @example
 * ```ts
 * import { TradingSystem } from 'tradewire'
 * import { postgresStore } from 'tradewire/journal/postgres'
 *
 * const journalStore = await postgresStore({ connection: process.env.DATABASE_URL!, account: 'U1234567' })
 * const system = await TradingSystem.start({ journalStore, connectors })
 * ```
 */
export async function postgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const account = checkAccount(options.account)
  const { answerWithinMs = 5_000 } = options
  if (!(answerWithinMs >= 1 && answerWithinMs <= 600_000))
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `journal option answerWithinMs is ${answerWithinMs}, not from 1 to 600000`,
      { details: { option: 'answerWithinMs' } },
    )
  const connect = options.connect ?? openSession
  const session = await connect(options.connection)
  try {
    await migratePostgres(session)
    const epoch = await claim(session, account, options)
    const batches = await readBatches(session, account, 'snapshot')
    return makeStore({ ...options, connect, answerWithinMs }, session, epoch, batches)
  } catch (error) {
    await session.end()
    throw error
  }
}

/**
 * Reads the journal of an account without claiming or writing anything: the result is `records` for `recoverState`.
 *
 * @throws TradewireError `TW_FILE` where the database cannot be reached.
 */
export async function readPostgresJournal(
  connection: PostgresConnection,
  account: string,
  from: 'snapshot' | 'start' = 'snapshot',
): Promise<(onRecord: RecordHandler) => number> {
  const session = await openSession(connection)
  try {
    const batches = await readBatches(session, account, from)
    return (onRecord) => replay(account, batches, onRecord).records
  } finally {
    await session.end()
  }
}

/** Raises the epoch: whoever had the account writes nothing any more. */
async function claim(
  session: Session,
  account: string,
  { owner = 'tradewire', takeOver = false }: PostgresStoreOptions,
): Promise<number> {
  const { rows: locks } = await session.query(claimText, [account])
  if (locks[0]?.free !== true && !takeOver) {
    const { rows } = await session.query('SELECT owner, taken_us FROM tradewire_journals WHERE account = $1', [account])
    throw new TradewireError(
      'TW_JOURNAL_LOCKED',
      `the journal of ${account} belongs to ${rows[0]?.owner ?? 'another process'}, which is connected`,
      {
        details: { account, owner: rows[0]?.owner },
      },
    )
  }
  const { rows } = await session.query(
    `INSERT INTO tradewire_journals (account, epoch, owner, taken_us)
     VALUES ($1, 1, $2, (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT)
     ON CONFLICT (account) DO UPDATE
     SET epoch = tradewire_journals.epoch + 1, owner = excluded.owner, taken_us = excluded.taken_us
     RETURNING epoch`,
    [account, owner],
  )
  return Number(rows[0]?.epoch)
}

async function readBatches(session: Session, account: string, from: 'snapshot' | 'start'): Promise<Batch[]> {
  const batches: Batch[] = []
  let next = 0
  if (from === 'snapshot') {
    const { rows } = await session.query(
      'SELECT COALESCE(MAX(first_seq), 0) AS seq FROM tradewire_batches WHERE account = $1 AND is_snapshot = 1',
      [account],
    )
    next = Number(rows[0]?.seq)
  }
  for (;;) {
    const { rows } = await session.query(
      `SELECT first_seq, last_seq, is_snapshot, frames FROM tradewire_batches
       WHERE account = $1 AND first_seq >= $2 ORDER BY first_seq LIMIT ${rowsAtATime}`,
      [account, next],
    )
    for (const { first_seq, last_seq, is_snapshot, frames } of rows)
      batches.push({
        firstSeq: Number(first_seq),
        lastSeq: Number(last_seq),
        isSnapshot: Number(is_snapshot) === 1,
        frames: frames as Uint8Array,
      })
    if (rows.length < rowsAtATime) return batches
    next = (batches.at(-1) as Batch).lastSeq + 1
  }
}

function replay(account: string, batches: readonly Batch[], onRecord: RecordHandler): BatchReader {
  const reader = new BatchReader(account, onRecord)
  for (const batch of batches) reader.add(batch)
  return reader
}

/** A journal that cannot be read is given back at once. */
function replayOr(giveBack: () => void, ...parts: Parameters<typeof replay>): BatchReader {
  try {
    return replay(...parts)
  } catch (error) {
    giveBack()
    throw error
  }
}

function makeStore(
  options: PostgresStoreOptions & { connect: OpenSession; answerWithinMs: number },
  session: Session,
  epoch: number,
  batches: readonly Batch[],
): PostgresStore {
  let isOpen = false
  return {
    open({ durability = 'fsync', onRecord, onFailure, keepSegments }) {
      if (durability !== 'fsync')
        throw new TradewireError(
          'TW_INVALID_CONFIG',
          `a journal in PostgreSQL has durability 'fsync' always: an order waits for the commit; '${durability}' would promise what a network cannot`,
          { details: { option: 'durability' } },
        )
      if (isOpen) throw new TradewireError('TW_INVALID_STATE', 'this store was opened before; make another one')
      isOpen = true
      const { lastSeq, records } = replayOr(() => void session.end(), options.account, batches, onRecord)
      return new PostgresJournal({
        ...options,
        session,
        epoch,
        lastSeq,
        recovered: records,
        keepSegments,
        onFailure,
        // The world outside keeps its own time, whatever the system's clock.
        scheduler: new RealTime(),
      })
    },
    async release() {
      if (!isOpen) await session.end()
      isOpen = true
    },
  }
}
