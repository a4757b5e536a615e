/**
 * A network in memory, on a simulated clock, that fails the way networks do, from a seed: for tests of connectors and
 * sessions that speak over byte streams.
 *
 * As over TCP, bytes arrive in order, exactly once, or the connection ends; how they are cut into chunks means nothing. What
 * can go wrong: connecting is refused or hangs, bytes take long, chunks are split or joined at any byte, a connection is
 * reset with what was on its way, or falls silent while both ends believe in it.
 */
import { TradewireError } from '../core/errors.js'
import type { Connection, ConnectOptions, Listener, Network } from '../core/network.js'
import { SeededRandom } from '../core/random.js'
import { abortError, type Time } from '../core/time.js'
import { type SimulatedEnd, SimulatedPipe } from './simulated-connection.js'

/** How a {@link SimulatedNetwork} behaves. Options can be changed at any time; they count for what is sent from then on. */
export interface SimulatedNetworkOptions {
  /** The clock on which bytes travel; a `VirtualTime` as a rule. */
  time: Time
  /** Seed of all that is left to chance; 1 unless given. */
  seed?: number
  /** Time on the way, uniform between the two, in milliseconds; 0 unless given. A later chunk never overtakes an earlier one. */
  minDelayMs?: number
  maxDelayMs?: number
  /** Odds that a chunk arrives in two pieces, and that it is joined to the next, from 0 to 1; 0 unless given. */
  split?: number
  join?: number
  /** Bytes on their way to a peer beyond which `send` returns false; 65,536 unless given. */
  highWaterBytes?: number
}

const defaults = { seed: 1, minDelayMs: 0, maxDelayMs: 0, split: 0, join: 0, highWaterBytes: 65_536 }

/**
 * The network. What hosts are called does not matter; what listens at a port is found under it.
 *
 * @example
 * ```ts
 * import { VirtualTime } from 'tradewire'
 * import { SimulatedNetwork } from 'tradewire/testing'
 *
 * const time = new VirtualTime()
 * const network = new SimulatedNetwork({ time, seed: 7, minDelayMs: 1, maxDelayMs: 20, split: 0.3 })
 * await network.listen({ host: 'venue', port: 5_000 }, (peer) => {
 *   peer.start({ onData: (bytes) => peer.send(bytes), onClose: () => {} })
 * })
 * const connection = await time.runUntil(network.connect({ host: 'venue', port: 5_000, timeoutMs: 1_000 }))
 * connection.start({ onData: (bytes) => console.log(bytes.length), onClose: (error) => console.log(error) })
 * connection.send(new Uint8Array(100))
 * time.advanceMs(100)
 * network.cut('a cable was pulled')
 * time.advanceMs(1)
 * ```
 */
export class SimulatedNetwork implements Network {
  /** Connections made, attempts that failed, connections reset, bytes delivered, bytes lost. */
  readonly counters = { connected: 0, failed: 0, reset: 0, delivered: 0, lost: 0 }
  readonly #options: Required<SimulatedNetworkOptions>
  readonly #random: SeededRandom
  readonly #listeners = new Map<number, (connection: Connection) => void>()
  readonly #pipes = new Set<SimulatedPipe>()
  #nextPort = 49_152
  #refusals = 0
  #hangs = 0

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option that is unknown or out of range. */
  constructor(options: SimulatedNetworkOptions) {
    this.#options = { ...defaults, ...checked(options) }
    this.#random = new SeededRandom(this.#options.seed).fork('network') as SeededRandom
  }

  /** Connections that are open. */
  get open(): number {
    return this.#pipes.size
  }

  /** Changes how the network behaves from now on. */
  set(options: Partial<Omit<SimulatedNetworkOptions, 'time' | 'seed'>>): void {
    Object.assign(this.#options, checked({ ...this.#options, ...options }))
  }

  // ---- Faults

  /** The next attempts to connect are refused. */
  refuseNext(count = 1): void {
    this.#refusals += count
  }

  /** The next attempts to connect get no answer: they end by their time-out. */
  hangNext(count = 1): void {
    this.#hangs += count
  }

  /** Resets all connections: what is on its way is lost, both ends are told. */
  cut(reason = 'reset by the network'): void {
    for (const pipe of [...this.#pipes]) pipe.reset(reason)
  }

  /** From now on nothing passes over the connections that are open, and nobody is told. {@link cut} ends it. */
  silence(): void {
    for (const pipe of this.#pipes) pipe.isSilent = true
  }

  // ---- Network

  connect(options: ConnectOptions): Promise<Connection> {
    const { host, port, timeoutMs, signal } = options
    if (signal?.aborted) return Promise.reject(abortError(signal))
    const { time } = this.#options
    return new Promise((resolve, reject) => {
      const fail = (error: TradewireError) => {
        settle()
        this.counters.failed++
        reject(error)
      }
      const onAbort = () => fail(abortError(signal as AbortSignal))
      const timeout = time.after(timeoutMs, () =>
        fail(new TradewireError('TW_TIMEOUT', `Connecting to ${host}:${port} did not finish within ${timeoutMs} ms`)),
      )
      const settle = () => {
        timeout.cancel()
        attempt?.cancel()
        signal?.removeEventListener('abort', onAbort)
        time.requestSettling?.()
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const isHanging = this.#hangs > 0
      if (isHanging) this.#hangs--
      const attempt = isHanging
        ? undefined
        : time.after(this.#delayMs(), () => {
            const end = this.#join(host, port)
            if (end === undefined)
              fail(new TradewireError('TW_NETWORK', `Connecting to ${host}:${port} failed: refused`))
            else {
              settle()
              resolve(end)
            }
          })
    })
  }

  listen(
    { host, port }: { host: string; port: number },
    onConnection: (connection: Connection) => void,
  ): Promise<Listener> {
    const bound = port === 0 ? this.#nextPort++ : port
    if (this.#listeners.has(bound))
      return Promise.reject(new TradewireError('TW_NETWORK', `Listening on ${host}:${bound} failed: it is in use`))
    this.#listeners.set(bound, onConnection)
    const own = new Set<SimulatedPipe>()
    this.#pipesOf.set(bound, own)
    return Promise.resolve({
      port: bound,
      close: () => {
        if (this.#pipesOf.get(bound) === own) {
          this.#listeners.delete(bound)
          this.#pipesOf.delete(bound)
        }
        for (const pipe of [...own]) pipe.reset('the listener was closed')
        return Promise.resolve()
      },
    })
  }

  /** Connections by the port of their listener. */
  readonly #pipesOf = new Map<number, Set<SimulatedPipe>>()

  /** Joins a client to what listens at a port; undefined where nobody does, or where the attempt is to fail. */
  #join(host: string, port: number): SimulatedEnd | undefined {
    const onConnection = this.#listeners.get(port)
    const isRefused = this.#refusals > 0
    if (isRefused) this.#refusals--
    if (onConnection === undefined || isRefused) return undefined
    const own = this.#pipesOf.get(port)
    const pipe = new SimulatedPipe(
      { options: this.#options, random: this.#random, counters: this.counters, delayMs: () => this.#delayMs() },
      `${host}:${port}`,
      `client:${this.#nextPort++}`,
      () => {
        this.#pipes.delete(pipe)
        own?.delete(pipe)
      },
    )
    this.#pipes.add(pipe)
    own?.add(pipe)
    this.counters.connected++
    try {
      onConnection(pipe.server)
    } catch {
      pipe.reset('the peer did not accept the connection')
    }
    return pipe.client
  }

  #delayMs(): number {
    const { minDelayMs, maxDelayMs } = this.#options
    return maxDelayMs > minDelayMs ? minDelayMs + this.#random.next() * (maxDelayMs - minDelayMs) : minDelayMs
  }
}

function checked<T extends Partial<SimulatedNetworkOptions>>(options: T): T {
  for (const [name, value] of Object.entries(options)) {
    if (name === 'time') continue
    const isShare = name === 'split' || name === 'join'
    const isKnown = name in defaults
    if (!isKnown || typeof value !== 'number' || !(value >= 0) || (isShare && value > 1))
      throw new TradewireError(
        'TW_INVALID_CONFIG',
        isKnown
          ? `option ${name} of the simulated network is ${String(value)}: it takes a number from 0${isShare ? ' to 1' : ''}`
          : `the simulated network has no option ${name}`,
        { details: { option: name } },
      )
  }
  return options
}
