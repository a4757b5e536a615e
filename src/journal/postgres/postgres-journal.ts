/**
 * The journal in a PostgreSQL database. The server answers over a network, so nothing can be promised before it has: the
 * durability is `fsync` always. Orders and events wait for the commit of the group that holds them; meanwhile the next group
 * collects, and the event loop goes on.
 *
 * A group of records is one row, written by one statement that is its own transaction and locks the row of the account: it
 * appears only where the epoch in that row still is ours. Who takes the account over raises the epoch, and is from then on
 * the only writer, whatever the process before believes (fencing). A second process that comes while the first is connected
 * is refused without that, by an advisory lock.
 *
 * When the connection is lost, or nothing comes over it any more, it is not known whether the group under way was committed: the
 * journal is `failed`, orders that waited for it are taken back, facts collect in memory. When a new connection stands, the
 * database is asked how far it came, and what it lacks is written. A database that lacks what it had confirmed is not written to.
 */
import { TradewireError } from '../../core/errors.js'
import type { JournalFailure, JournalScheduler } from '../journal.js'
import type { Batch } from '../sql/batches.js'
import { fencedError, SqlJournal, type SqlJournalOptions } from '../sql/sql-journal.js'
import { notConnected, type OpenSession, type PostgresConnection, type Session, serverError } from './connection.js'

/** What a journal goes on from. */
export interface PostgresJournalParts extends SqlJournalOptions {
  readonly connection: PostgresConnection
  readonly connect: OpenSession
  readonly session: Session
  readonly epoch: number
  readonly lastSeq: number
  readonly recovered: number
  readonly scheduler: JournalScheduler
  /** How long an answer is waited for, in milliseconds. */
  readonly answerWithinMs: number
  readonly keepSegments: number | undefined
  readonly onFailure: ((failure: JournalFailure) => void) | undefined
}

const reconnectMs = 500

const insertText = `
  WITH fence AS (SELECT epoch FROM tradewire_journals WHERE account = $1 AND epoch = $2 FOR UPDATE)
  INSERT INTO tradewire_batches (account, first_seq, last_seq, epoch, is_snapshot, frames)
  SELECT $1, $3, $4, epoch, $5, $6 FROM fence`

/** Tells others that the account has an owner who is connected. */
export const claimText = `SELECT pg_try_advisory_lock(hashtext('tradewire'), hashtext($1)) AS free`

const pruneText = `
  DELETE FROM tradewire_batches WHERE account = $1 AND first_seq < (
    SELECT first_seq FROM tradewire_batches WHERE account = $1 AND is_snapshot = 1
    ORDER BY first_seq DESC LIMIT 1 OFFSET $2)`

/** Made by the store, see `postgresStore`. */
export class PostgresJournal extends SqlJournal {
  /** The epoch in which this process has the account. */
  readonly epoch: number
  /** Records that were read when it was opened. */
  readonly recovered: number
  readonly #parts: PostgresJournalParts
  /** Groups that the server has not confirmed, oldest first; the first is under way. */
  readonly #queue: Batch[] = []
  #session: Session | undefined
  #isWriting = false
  /** Never writes again: fenced off, or what was confirmed is gone. */
  #isFinal = false
  #isConnecting = false
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined

  constructor(parts: PostgresJournalParts) {
    super('fsync', parts, parts.lastSeq, parts.onFailure)
    this.#parts = parts
    this.epoch = parts.epoch
    this.recovered = parts.recovered
    this.#use(parts.session)
  }

  /** Hands what is committed to the connection; true says that it is under way, and {@link durable} that it has arrived. */
  tryFlush(): boolean {
    if (this.state !== 'open') return false
    this.#pump()
    return this.state === 'open'
  }

  tryResume(): boolean {
    if (this.state !== 'failed') return this.state === 'open'
    if (this.#isFinal) return false
    if (this.#session === undefined) {
      this.#reconnect()
      return false
    }
    this.resumed()
    this.#pump()
    return true
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  protected override reclaim(): void {
    // Nothing can be waited for here: what has no room is refused.
  }

  protected override startSync(): void {
    this.#pump()
  }

  protected override store(snapshot: Batch): void {
    this.#take()
    this.#queue.push(snapshot)
    this.#write()
  }

  /** The next group, unless one is under way: then it grows until that is confirmed. */
  #pump(): void {
    if (this.#isWriting) return
    this.#take()
    this.#write()
  }

  #take(): void {
    const batch = this.frames()
    if (batch === undefined) return
    this.release(batch)
    this.#queue.push(batch)
  }

  #write(): void {
    const [batch] = this.#queue
    const session = this.#session
    if (this.#isWriting || session === undefined || this.state !== 'open') return
    if (batch === undefined) {
      this.#drained?.()
      return
    }
    this.#isWriting = true
    const { firstSeq, lastSeq, isSnapshot, frames } = batch
    const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)
    this.#ask(session, insertText, [this.account, this.epoch, firstSeq, lastSeq, isSnapshot ? 1 : 0, bytes]).then(
      ({ rowCount }) => {
        if (session !== this.#session) return
        this.#isWriting = false
        if (rowCount === 1) this.#confirmed(batch)
        else this.#end(fencedError(this.account, this.epoch))
      },
      (error: unknown) => {
        if (session === this.#session) this.#lost(serverError('write to', error))
      },
    )
  }

  #confirmed(batch: Batch): void {
    this.#queue.shift()
    this.totals.writes++
    this.totals.syncs++
    this.totals.bytes += batch.frames.length
    this.madeDurable(batch.lastSeq)
    const { keepSegments } = this.#parts
    if (batch.isSnapshot && keepSegments !== undefined)
      this.#session?.query(pruneText, [this.account, keepSegments]).catch(() => {
        // They only cost space; the next snapshot tries again.
        this.totals.failures++
      })
    this.#pump()
  }

  /** Nothing is written any more. */
  #end(error: TradewireError): void {
    this.#isFinal = true
    this.fail('write', error)
    this.#drained?.()
  }

  // ---- the connection

  /** Asks a server that may have gone silent. */
  #ask(session: Session, text: string, values: readonly unknown[]): ReturnType<Session['query']> {
    const { scheduler, answerWithinMs } = this.#parts
    return new Promise((resolve, reject) => {
      const timer = scheduler.after(answerWithinMs, () =>
        reject(notConnected('hear from', new Error(`no answer within ${answerWithinMs} ms`))),
      )
      session
        .query(text, values)
        .then(resolve, reject)
        .finally(() => timer.cancel())
    })
  }

  #use(session: Session): void {
    this.#session = session
    session.onLost = (error) => {
      if (session === this.#session) this.#lost(notConnected('reach', error))
    }
  }

  #lost(error: TradewireError): void {
    const session = this.#session
    this.#session = undefined
    this.#isWriting = false
    void session?.end()
    this.fail('write', error)
    this.#drained?.()
    this.#reconnect()
  }

  #reconnect(): void {
    if (this.#isConnecting || this.#isFinal || this.#closing !== undefined) return
    this.#isConnecting = true
    const { connect, connection, scheduler } = this.#parts
    const again = () => {
      this.#isConnecting = false
      if (this.#session === undefined) scheduler.after(reconnectMs, () => this.#reconnect())
    }
    connect(connection).then(async (session) => {
      try {
        await this.#takeStock(session)
        if (this.#closing !== undefined) await session.end()
        else this.#use(session)
        this.#isConnecting = false
      } catch (error) {
        await session.end()
        if (error instanceof TradewireError && error.code !== 'TW_FILE') {
          this.#isConnecting = false
          this.#end(error)
        } else again()
      }
    }, again)
  }

  /** How far the database came: the group that was under way may or may not be in it. */
  async #takeStock(session: Session): Promise<void> {
    // Waits for a statement of the lost connection that still runs; the next statement sees its outcome.
    const { rows } = await this.#ask(session, 'SELECT epoch FROM tradewire_journals WHERE account = $1 FOR UPDATE', [
      this.account,
    ])
    if (Number(rows[0]?.epoch) !== this.epoch) throw fencedError(this.account, this.epoch)
    const { rows: last } = await this.#ask(
      session,
      'SELECT COALESCE(MAX(last_seq), 0) AS last_seq FROM tradewire_batches WHERE account = $1',
      [this.account],
    )
    const lastSeq = Number(last[0]?.last_seq)
    if (lastSeq < this.durableSeq) throw lostConfirmed(this.account, this.durableSeq, lastSeq)
    while (this.#queue.length > 0 && (this.#queue[0] as Batch).lastSeq <= lastSeq) this.#queue.shift()
    if (lastSeq > this.durableSeq) this.madeDurable(lastSeq)
    this.#claimAgain(session)
  }

  /** The server may not have noticed yet that the lost connection is gone, and keep its claim for a while. */
  #claimAgain(session: Session): void {
    if (session !== this.#session && this.#session !== undefined) return
    session.query(claimText, [this.account]).then(
      ({ rows }) => {
        if (rows[0]?.free !== true) this.#parts.scheduler.after(reconnectMs, () => this.#claimAgain(session))
      },
      () => {},
    )
  }

  async #close(): Promise<void> {
    if (this.window.open) this.window.discard()
    if (this.state === 'failed') this.tryResume()
    this.#pump()
    if (this.state === 'open' && (this.#queue.length > 0 || this.#isWriting))
      await new Promise<void>((resolve) => {
        this.#drained = () => {
          if (this.#queue.length === 0 || this.state !== 'open') resolve()
        }
      })
    const session = this.#session
    this.#session = undefined
    await session?.end()
    this.closed(this.durableSeq)
  }
}

/** The database is not the one that confirmed: a replica that was behind, or a copy, is in its place. */
function lostConfirmed(account: string, confirmedSeq: number, lastSeq: number): TradewireError {
  return new TradewireError(
    'TW_JOURNAL_CORRUPT',
    `the database has records of ${account} up to ${lastSeq} and had confirmed ${confirmedSeq}: nothing more is written; bring back the server that has them, or stop the system and start it anew: it reconciles with the venue`,
    { details: { account, confirmedSeq, lastSeq } },
  )
}
