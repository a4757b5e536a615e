/** PostgreSQL as this library uses it: one connection with a few settings, and errors as ours. */
import pg from 'pg'
import { messageOf, TradewireError } from '../../core/errors.js'
import { fileError } from '../../core/file-system.js'
import { RealTime } from '../../core/real-time.js'

/** Where the database is: a connection string, or the options of a `Client` of `pg`. */
export type PostgresConnection = string | Readonly<Record<string, unknown>>

/** An open connection. */
export interface Session {
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>
  /** Called once when the connection is gone. */
  onLost: (error: Error) => void
  /** Ends it; never throws. */
  end(): Promise<void>
}

/** How a session is opened; tests put something between. */
export type OpenSession = (connection: PostgresConnection) => Promise<Session>

/** Whole numbers of 64 bits: none of ours is beyond 2^53. */
const bigintType = 20

/** So long an orderly end is waited for. */
const endWithinMs = 1_000

/** Connects. @throws TradewireError `TW_FILE` with errno ENOTCONN. */
export async function openSession(connection: PostgresConnection): Promise<Session> {
  const options = typeof connection === 'string' ? { connectionString: connection } : connection
  const client = new pg.Client({
    connectionTimeoutMillis: 10_000,
    application_name: 'tradewire',
    ...options,
    types: {
      getTypeParser: (type: number, format?: string) =>
        type === bigintType ? Number : pg.types.getTypeParser(type, format as 'text'),
    },
  })
  /** One statement at a time: the client takes no second one while the first is under way. */
  let last: Promise<unknown> = Promise.resolve()
  const session: Session = {
    query: (text, values) => {
      const answer = last.then(() => client.query(text, values as unknown[]))
      last = answer.catch(() => {})
      return answer
    },
    onLost: () => {},
    end: () => ended(client),
  }
  let isLost = false
  const lost = (error: Error) => {
    if (isLost) return
    isLost = true
    session.onLost(error)
  }
  client.on('error', lost)
  client.on('end', () => lost(new Error('the connection ended')))
  try {
    await client.connect()
    // Whatever the server or the role says: a commit is answered when it is on the disk, and who waited for a row that somebody
    // else changed sees what it is now, instead of an error.
    await session.query('SET synchronous_commit = on')
    await session.query(`SET default_transaction_isolation = 'read committed'`)
  } catch (error) {
    await session.end()
    throw notConnected('connect to', error)
  }
  return session
}

/** Ends a client; a server that does not answer that any more is left. */
async function ended(client: pg.Client): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection
  const timer = new RealTime().after(endWithinMs, () => stream.destroy())
  try {
    await client.end()
  } catch {
    // It is gone.
  } finally {
    timer.cancel()
  }
}

/** What a lost connection is to the order path: something that may pass. */
export function notConnected(operation: string, thrown: unknown): TradewireError {
  return fileError(operation, 'the PostgreSQL database', 'ENOTCONN', new Error(messageOf(thrown)))
}

/** An error of the server as one of ours: errno ENOSPC for a full disk, ENOTCONN for a lost connection, else EIO. */
export function serverError(operation: string, thrown: unknown): TradewireError {
  if (thrown instanceof TradewireError) return thrown
  const { code } = (thrown ?? {}) as { code?: unknown }
  // A group that is there already: a statement of a lost connection came through after all. Taking stock sorts it out.
  if (code === '23505') return notConnected(operation, thrown)
  // Class 53: out of disk, memory, connections. Class 57: the operator ends the server. Class 08, or no code: the connection.
  if (typeof code !== 'string' || /^(08|57)/.test(code) || !/^[0-9A-Z]{5}$/.test(code))
    return notConnected(operation, thrown)
  const errno = code.startsWith('53') ? 'ENOSPC' : 'EIO'
  return fileError(operation, 'the PostgreSQL database', errno, new Error(messageOf(thrown)))
}
