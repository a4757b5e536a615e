/**
 * The life of a connection, over and over:
 *
 *   start ─► connecting ─► reconciling ─► ready ─► (lost) waiting ─► connecting …
 *
 * A loss counts from the call that reports it: in the same turn the state leaves `ready`, so nothing more is sent, and the
 * owner is told, so that orders under way become of unknown fate. Between two connections there is always a delay, which
 * grows while connections do not last.
 */
import { messageOf, TradewireError } from '../core/errors.js'
import type { Random } from '../core/random.js'
import { backoffDelayMs, retry } from '../core/retry.js'
import { abortError, listenForAbort, sleep, type Time, withTimeout } from '../core/time.js'
import { type ConnectionState, connectionTransitions, isConnected } from './connection-state.js'
import type { CheckedConnectorOptions } from './connector-options.js'

/** What the owner of a connection does at each station. */
export interface ConnectionSteps {
  /** Opens the wire. */
  open(signal: AbortSignal): Promise<void>
  /** Closes it and forgets it; also one that is half open or broken. */
  close(): Promise<void>
  /** The wire is up: everything up to being ready. The signal fires when the connection is lost. */
  prepare(signal: AbortSignal): Promise<void>
  onState(from: ConnectionState, to: ConnectionState, reason: string | undefined): void
  /** An attempt failed. */
  onFailedAttempt(attempt: number, delayMs: number, error: unknown): void
  /** It is ready. */
  onReady(): void
  /** The connection is over: nothing is sent any more. */
  onLost(reason: string): void
  onProblem(error: unknown): void
}

/** A connection that was ready for so long starts the reconnect delays anew. */
const stableNs = 10_000_000_000

/** Keeps one connection up. */
export class ConnectionLoop {
  readonly #steps: ConnectionSteps
  readonly #options: CheckedConnectorOptions
  #name = ''
  #time: Time | undefined
  #random: Random | undefined
  #state: ConnectionState = 'idle'
  #epoch = 0
  #lifetime: AbortController | undefined
  #running: Promise<void> | undefined
  /** Ends the connection that is up; undefined while there is none. */
  #lose: ((reason: string) => void) | undefined
  /** A loss that was reported before the connection counted as up. */
  #lostEarly: string | undefined
  /** Whether `open` was called and `close` not yet after it. */
  #isHalfOpen = false
  /** Monotonic; NaN before the connection was ready. */
  readyAtNs = Number.NaN

  constructor(steps: ConnectionSteps, options: CheckedConnectorOptions) {
    this.#steps = steps
    this.#options = options
  }

  /** Gives it what it runs on. */
  attach(name: string, time: Time, random: Random): void {
    this.#name = name
    this.#time = time
    this.#random = random
  }

  get state(): ConnectionState {
    return this.#state
  }

  get epoch(): number {
    return this.#epoch
  }

  get isConnected(): boolean {
    return isConnected(this.#state)
  }

  /** Connects and stays connected until {@link stop}. Resolves when it is ready for the first time. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    if (this.#state !== 'idle' && this.#state !== 'stopped' && this.#state !== 'failed')
      throw new TradewireError('TW_INVALID_STATE', `Connector ${this.#name} is ${this.#state}; it can be started once`)
    const lifetime = new AbortController()
    this.#lifetime = lifetime
    const onAbort = () => lifetime.abort(signal?.reason)
    if (signal?.aborted) onAbort()
    listenForAbort(signal, onAbort)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#running = this.#stayConnected(lifetime.signal, resolve).catch(reject)
      })
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Disconnects for good. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped' || this.#state === 'idle') {
      this.#state = 'stopped'
      return
    }
    if (this.#state !== 'stopping') this.#enter('stopping')
    this.#lifetime?.abort(new TradewireError('TW_DISPOSED', `Connector ${this.#name} was stopped`))
    await this.#running
    if (this.#state === 'stopping') this.#enter('stopped')
  }

  /** The connection broke. Safe at any time and more than once. */
  lost(reason: string): void {
    if (this.#state === 'connecting') this.#lostEarly ??= reason
    else this.#lose?.(reason)
  }

  /** Runs until it is aborted or gives up, and always ends with an error that says why. */
  async #stayConnected(signal: AbortSignal, onFirstReady: () => void): Promise<never> {
    const time = this.#time as Time
    const { backoff, maxAttempts } = this.#options
    try {
      for (let failures = 0; ; ) {
        await this.#connect(signal)
        const reason = await this.#serve(signal, onFirstReady)
        await this.#hangUp()
        if (signal.aborted) throw abortError(signal)
        failures = time.monotonicNs() - this.readyAtNs >= stableNs ? 1 : failures + 1
        if (failures >= maxAttempts)
          throw new TradewireError(
            'TW_NETWORK',
            `Connector ${this.#name} gave up after ${failures} connections that did not last; the last: ${reason}`,
          )
        await sleep(time, backoffDelayMs(failures, backoff, this.#random as Random), signal)
      }
    } catch (error) {
      await this.#hangUp()
      if (!signal.aborted) this.#enter('failed', messageOf(error))
      else {
        if (this.#state !== 'stopping') this.#enter('stopping')
        this.#enter('stopped')
      }
      throw error
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { backoff, maxAttempts, connectTimeoutMs } = this.#options
    await retry(
      {
        time: this.#time as Time,
        random: this.#random as Random,
        signal,
        what: `connect ${this.#name}`,
        timeoutMs: connectTimeoutMs,
        backoff,
        retries: maxAttempts - 1,
        onFailedAttempt: ({ attempt, delayMs, error }) => {
          this.#steps.onFailedAttempt(attempt, delayMs, error)
          if (this.#state === 'connecting') this.#enter('waiting', messageOf(error))
        },
      },
      (_attempt, inner) => this.#connectOnce(inner),
    )
    if (signal.aborted) throw abortError(signal)
    this.#epoch++
    this.#enter('reconciling')
  }

  async #connectOnce(signal: AbortSignal): Promise<void> {
    await this.#hangUp()
    if (signal.aborted) throw abortError(signal)
    this.#enter('connecting')
    this.#lostEarly = undefined
    this.#isHalfOpen = true
    await this.#steps.open(signal)
    if (this.#lostEarly !== undefined)
      throw new TradewireError('TW_NETWORK', `The connection was lost at once: ${this.#lostEarly}`)
  }

  /** From connected to disconnected: returns why it ended. */
  async #serve(signal: AbortSignal, onFirstReady: () => void): Promise<string> {
    const connection = new AbortController()
    this.readyAtNs = Number.NaN
    const lost = new Promise<string>((resolve) => {
      this.#lose = (reason) => {
        this.#lose = undefined
        if (this.isConnected) this.#enter(signal.aborted ? 'stopping' : 'waiting', reason)
        this.#steps.onLost(reason)
        connection.abort(new TradewireError('TW_NETWORK', reason))
        resolve(reason)
      }
    })
    const onStop = () => this.#lose?.('stopped')
    listenForAbort(signal, onStop)
    // A loss may have been reported between the end of the attempt and here.
    if (this.#lostEarly !== undefined) this.#lose?.(this.#lostEarly)
    this.#becomeReady(connection.signal).then(
      (isReady) => {
        if (isReady) onFirstReady()
      },
      (error: unknown) => {
        if (connection.signal.aborted) return
        this.#steps.onProblem(error)
        this.#lose?.(`not ready: ${messageOf(error)}`)
      },
    )
    const reason = await lost
    signal.removeEventListener('abort', onStop)
    return reason
  }

  /** Whether it became ready; false when the connection ended first. */
  async #becomeReady(signal: AbortSignal): Promise<boolean> {
    if (!signal.aborted) await this.#steps.prepare(signal)
    if (signal.aborted || this.#state !== 'reconciling') return false
    this.readyAtNs = (this.#time as Time).monotonicNs()
    this.#enter('ready')
    // A listener of the change may have stopped it.
    if ((this.#state as ConnectionState) !== 'ready') return false
    this.#steps.onReady()
    return true
  }

  /** Lets the owner forget the connection. What that throws is reported. */
  async #hangUp(): Promise<void> {
    if (!this.#isHalfOpen) return
    this.#isHalfOpen = false
    const { connectTimeoutMs: timeoutMs } = this.#options
    try {
      await withTimeout(this.#time as Time, { timeoutMs, what: `disconnect ${this.#name}` }, () => this.#steps.close())
    } catch (error) {
      this.#steps.onProblem(error)
    }
  }

  #enter(to: ConnectionState, reason?: string): void {
    const from = this.#state
    if (!connectionTransitions[from].includes(to))
      throw new TradewireError(
        'TW_ASSERTION',
        `Invariant broken: connector ${this.#name} cannot go from ${from} to ${to}`,
      )
    this.#state = to
    this.#steps.onState(from, to, reason)
  }
}
