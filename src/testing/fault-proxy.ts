/**
 * Stands between a client and a server on real (or simulated) sockets and does to their bytes what networks do: cuts the
 * line, lets it go silent, delays, splits and merges chunks, sends bytes twice. Works over the network port, so it runs
 * anywhere; from the same seed it cuts the same stream at the same places.
 *
 *   client ──► FaultProxy ──► server        proxy.port is where the client connects
 */
import { TradewireError } from '../core/errors.js'
import type { Connection, Listener, Network } from '../core/network.js'
import { nodeNetwork } from '../core/node-network.js'
import { type Random, SeededRandom } from '../core/random.js'
import { RealTime } from '../core/real-time.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'

/** Where the server is, and what the proxy runs on. */
export interface FaultProxyOptions {
  host?: string
  port: number
  network?: Network
  time?: Time
  /** Seed of all chances; 1 unless given. */
  seed?: number
}

/** A direction of the line. */
export type ProxyDirection = 'toServer' | 'toClient'

/** What happens to the bytes of a direction from now on. */
export interface ByteFaults {
  /** Milliseconds that chunks travel; they stay in order. */
  delayMs?: number
  /** Chunks are cut into pieces of at most so many bytes, each sent by itself. */
  splitBytes?: number
  /** Chunks are collected for so many milliseconds and sent as one. */
  mergeMs?: number
  /** Chance that a chunk is sent twice. No TCP does this; protocols that number their messages must find it out all the same. */
  duplicate?: number
  /** The line breaks when so many more bytes have passed, in the middle of a message if it so happens. */
  cutAfterBytes?: number
}

/** What a proxy has done. */
export interface FaultProxyCounters {
  connections: number
  refused: number
  cuts: number
  bytesToServer: number
  bytesToClient: number
  /** Bytes that were swallowed by a silent line or lost with a cut. */
  lostBytes: number
  duplicates: number
}

/** Bytes on their way in one direction of one connection. */
interface Way {
  readonly direction: ProxyDirection
  readonly out: Connection
  readonly timers: Set<TimerHandle>
  /** Pieces that travel, in order: none overtakes the one before it. */
  readonly travelling: { piece: Uint8Array; dueNs: number }[]
  merging: Uint8Array[]
  mergeTimer: TimerHandle | undefined
}

interface Pair {
  readonly client: Connection
  readonly server: Connection
  readonly ways: readonly Way[]
  isOver: boolean
  /** Nothing passes any more, and nobody is told. */
  isSilent: boolean
}

/** A proxy in front of one server. Made by {@link FaultProxy.open}. */
export class FaultProxy {
  readonly counters: FaultProxyCounters = {
    connections: 0,
    refused: 0,
    cuts: 0,
    bytesToServer: 0,
    bytesToClient: 0,
    lostBytes: 0,
    duplicates: 0,
  }
  /** What happens to bytes, by direction. May be changed at any time; holds for chunks that come from then on. */
  readonly faults: Record<ProxyDirection, ByteFaults> = { toServer: {}, toClient: {} }
  /** New connections are refused. */
  isRefusing = false
  readonly #options: FaultProxyOptions
  readonly #network: Network
  readonly #time: Time
  readonly #random: Random
  readonly #pairs = new Set<Pair>()
  #listener: Listener | undefined

  private constructor(options: FaultProxyOptions) {
    this.#options = options
    this.#network = options.network ?? nodeNetwork
    this.#time = options.time ?? new RealTime()
    this.#random = new SeededRandom(options.seed ?? 1)
  }

  /** Starts to listen on a port of its own. */
  static async open(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options)
    proxy.#listener = await proxy.#network.listen({ host: '127.0.0.1', port: 0 }, (client) => {
      proxy.#accept(client).catch(() => client.destroy())
    })
    return proxy
  }

  /** Where clients connect. */
  get port(): number {
    if (this.#listener === undefined) throw new TradewireError('TW_DISPOSED', 'The fault proxy is closed')
    return this.#listener.port
  }

  /** Connections that pass through it now. */
  get connections(): number {
    return this.#pairs.size
  }

  /** Breaks every connection at once. What is on its way is lost. */
  cut(): void {
    for (const pair of [...this.#pairs]) {
      this.counters.cuts++
      this.#end(pair)
    }
  }

  /** Over the connections that there are, nothing passes any more in either direction, and nobody is told: half-open lines. */
  silence(): void {
    for (const pair of this.#pairs) pair.isSilent = true
  }

  /** Takes every fault away; connections that are up go on. */
  heal(): void {
    this.faults.toServer = {}
    this.faults.toClient = {}
    this.isRefusing = false
    for (const pair of this.#pairs) pair.isSilent = false
  }

  /** Sends bytes to every client as if they came from the server. */
  inject(bytes: Uint8Array): void {
    for (const { client } of this.#pairs) client.send(bytes.slice())
  }

  /** Breaks every connection and stops to listen. */
  async close(): Promise<void> {
    for (const pair of [...this.#pairs]) this.#end(pair)
    const listener = this.#listener
    this.#listener = undefined
    await listener?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #accept(client: Connection): Promise<void> {
    if (this.isRefusing) {
      this.counters.refused++
      client.destroy()
      return
    }
    const { host = '127.0.0.1', port } = this.#options
    const server = await this.#network.connect({ host, port, timeoutMs: 5_000 })
    this.counters.connections++
    const way = (direction: ProxyDirection, out: Connection): Way => ({
      direction,
      out,
      timers: new Set(),
      travelling: [],
      merging: [],
      mergeTimer: undefined,
    })
    const toServer = way('toServer', server)
    const toClient = way('toClient', client)
    const pair: Pair = { client, server, ways: [toServer, toClient], isOver: false, isSilent: false }
    this.#pairs.add(pair)
    client.start({ onData: (chunk) => this.#take(pair, toServer, chunk), onClose: () => this.#end(pair) })
    server.start({ onData: (chunk) => this.#take(pair, toClient, chunk), onClose: () => this.#end(pair) })
  }

  #take(pair: Pair, way: Way, chunk: Uint8Array): void {
    if (pair.isSilent || pair.isOver) {
      this.counters.lostBytes += chunk.length
      return
    }
    const faults = this.faults[way.direction]
    if (faults.mergeMs === undefined) {
      this.#forward(pair, way, chunk, faults)
      return
    }
    way.merging.push(chunk)
    way.mergeTimer ??= this.#after(way, faults.mergeMs, () => {
      way.mergeTimer = undefined
      this.#forward(pair, way, concatenate(way.merging.splice(0)), this.faults[way.direction])
    })
  }

  #forward(pair: Pair, way: Way, chunk: Uint8Array, faults: ByteFaults): void {
    const isTwice = faults.duplicate !== undefined && this.#random.chance(faults.duplicate)
    if (isTwice) this.counters.duplicates++
    for (let copy = 0; copy < (isTwice ? 2 : 1); copy++)
      for (const piece of pieces(chunk, faults.splitBytes)) this.#deliver(pair, way, piece, faults)
  }

  #deliver(pair: Pair, way: Way, piece: Uint8Array, { delayMs = 0 }: ByteFaults): void {
    if (delayMs === 0 && way.travelling.length === 0) {
      this.#send(pair, way, piece)
      return
    }
    const nowNs = this.#time.monotonicNs()
    const dueNs = Math.max(nowNs + delayMs * 1e6, way.travelling.at(-1)?.dueNs ?? 0)
    way.travelling.push({ piece, dueNs })
    if (way.travelling.length === 1) this.#after(way, delayMs, () => this.#arrive(pair, way))
  }

  /** Sends what has travelled long enough, and waits for the rest. */
  #arrive(pair: Pair, way: Way): void {
    if (pair.isOver) return
    const nowNs = this.#time.monotonicNs()
    for (let [next] = way.travelling; next !== undefined && next.dueNs <= nowNs; [next] = way.travelling) {
      this.#send(pair, way, next.piece)
      way.travelling.shift()
    }
    const [first] = way.travelling
    if (first !== undefined && !pair.isOver)
      this.#after(way, Math.max(0, (first.dueNs - nowNs) / 1e6), () => this.#arrive(pair, way))
  }

  #send(pair: Pair, way: Way, piece: Uint8Array): void {
    const faults = this.faults[way.direction]
    if (pair.isOver || pair.isSilent) {
      this.counters.lostBytes += piece.length
      return
    }
    const { cutAfterBytes } = faults
    const passing = cutAfterBytes === undefined ? piece : piece.subarray(0, cutAfterBytes)
    if (way.direction === 'toServer') this.counters.bytesToServer += passing.length
    else this.counters.bytesToClient += passing.length
    if (passing.length > 0) way.out.send(passing.slice())
    if (cutAfterBytes === undefined) return
    faults.cutAfterBytes = cutAfterBytes - passing.length
    if (faults.cutAfterBytes > 0) return
    delete faults.cutAfterBytes
    this.counters.lostBytes += piece.length - passing.length
    this.counters.cuts++
    // What has passed is delivered before the line breaks.
    way.out.close()
    this.#after(way, 5, () => this.#end(pair))
  }

  /** A timer that ends with the connection. */
  #after(way: Way, delayMs: number, callback: () => void): TimerHandle {
    const timer = this.#time.after(delayMs, () => {
      way.timers.delete(timer)
      callback()
    })
    way.timers.add(timer)
    return timer
  }

  #end(pair: Pair): void {
    if (pair.isOver) return
    pair.isOver = true
    this.#pairs.delete(pair)
    for (const way of pair.ways) {
      for (const timer of way.timers) timer.cancel()
      way.timers.clear()
    }
    pair.client.destroy()
    pair.server.destroy()
  }
}

function pieces(chunk: Uint8Array, most: number | undefined): Uint8Array[] {
  if (most === undefined || chunk.length <= most) return [chunk]
  const parts: Uint8Array[] = []
  for (let at = 0; at < chunk.length; at += most) parts.push(chunk.subarray(at, at + most))
  return parts
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
