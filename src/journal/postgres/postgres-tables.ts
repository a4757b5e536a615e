/** The tables of a journal in a PostgreSQL database, over a connection of their own. */
import { checkAccount } from '../sql/sql-journal.js'
import { cellsOf, journalTables, type SqlTables, type TableRow, upsertText } from '../sql/tables.js'
import { openSession, type PostgresConnection, type Session, serverError } from './connection.js'
import { migratePostgres } from './migrate.js'

/** Tables with a connection. */
export interface PostgresTables extends SqlTables {
  close(): Promise<void>
}

/**
 * Connects, makes or migrates the tables, and writes those of one journal. A connection that is lost is made anew by the next
 * call.
 *
 * @throws TradewireError `TW_JOURNAL_VERSION` where a newer release made them; `TW_INVALID_CONFIG`; `TW_FILE`.
 */
export async function postgresTables(connection: PostgresConnection, journal: string): Promise<PostgresTables> {
  checkAccount(journal)
  const line = new Line(connection)
  await line.use((session) => migratePostgres(session))
  return {
    position: () =>
      line.use(async (session) => {
        const { rows } = await session.query(
          'SELECT COALESCE(MAX(seq), 0) AS seq FROM tradewire_projections WHERE journal = $1',
          [journal],
        )
        return Number(rows[0]?.seq)
      }),
    write: (rows, seq) => line.use((session) => inTransaction(session, () => write(session, journal, rows, seq))),
    clear: () =>
      line.use((session) =>
        inTransaction(session, async () => {
          for (const table of [...journalTables, 'projections'])
            await session.query(`DELETE FROM tradewire_${table} WHERE journal = $1`, [journal])
        }),
      ),
    close: () => line.close(),
  }
}

async function write(session: Session, journal: string, rows: readonly TableRow[], seq?: number): Promise<void> {
  // Sent without waiting for each: the connection answers in order.
  const answers = rows.map((row) =>
    session.query(
      upsertText(row.table, (n) => `$${n}`),
      cellsOf(journal, row),
    ),
  )
  await Promise.all(answers)
  if (seq === undefined) return
  await session.query(
    'INSERT INTO tradewire_projections (journal, seq) VALUES ($1, $2) ON CONFLICT (journal) DO UPDATE SET seq = excluded.seq',
    [journal, seq],
  )
}

async function inTransaction(session: Session, work: () => Promise<void>): Promise<void> {
  await session.query('BEGIN')
  try {
    await work()
    await session.query('COMMIT')
  } catch (error) {
    await session.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/** One connection, one piece of work at a time. */
class Line {
  readonly #connection: PostgresConnection
  #session: Session | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(connection: PostgresConnection) {
    this.#connection = connection
  }

  use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const next = this.#last.then(() => this.#run(work))
    this.#last = next.catch(() => {})
    return next
  }

  async #run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#session === undefined) {
      const session = await openSession(this.#connection)
      session.onLost = () => {
        if (this.#session === session) this.#session = undefined
      }
      this.#session = session
    }
    try {
      return await work(this.#session)
    } catch (error) {
      throw serverError('use', error)
    }
  }

  async close(): Promise<void> {
    await this.#last
    await this.#session?.end()
    this.#session = undefined
  }
}
