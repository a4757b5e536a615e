/**
 * A network in memory on virtual time: bytes take a while, arrive in chunks cut anywhere, and what is under way when a
 * connection is cut is lost. A reader that pauses fills the sender's buffer.
 */
import { TradewireError } from '../../../src/core/errors.js'
import type { Connection, ConnectionHandlers, ConnectOptions, Listener, Network } from '../../../src/core/network.js'
import type { Random } from '../../../src/core/random.js'
import type { VirtualTime } from '../../../src/core/virtual-time.js'

/** Bytes that a sender may have under way before it is told to wait. */
const HIGH_WATER = 16 * 1024

/** One end of a connection. */
export class SimulatedConnection implements Connection {
  readonly remote: string
  peer: SimulatedConnection | undefined
  isOpen = true
  /** Broken: nothing that was under way arrives. */
  isCut = false
  #handlers: ConnectionHandlers | undefined
  #waiting: Uint8Array[] = []
  #isPaused = false
  #inFlight = 0
  #wantsDrain = false
  #closedWith: { error: Error | undefined } | undefined
  readonly #network: SimulatedNetwork

  constructor(network: SimulatedNetwork, remote: string) {
    this.#network = network
    this.remote = remote
  }

  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers
    this.#network.time.nextTurn(() => this.#deliver())
  }

  get bufferedBytes(): number {
    return this.#inFlight
  }

  send(bytes: Uint8Array): boolean {
    const { peer } = this
    if (!this.isOpen || peer === undefined) return false
    for (const part of this.#network.cut(bytes.slice())) {
      this.#inFlight += part.length
      this.#network.later(this, () => peer.#arrive(part))
    }
    this.#wantsDrain = this.#inFlight > HIGH_WATER
    return !this.#wantsDrain
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#deliver()
  }

  close(): void {
    if (!this.isOpen) return
    const { peer } = this
    this.isOpen = false
    this.#network.later(this, () => peer?.end(undefined))
    this.#network.time.nextTurn(() => this.end(undefined))
  }

  destroy(): void {
    this.#network.cutConnection(this)
  }

  /** The connection is gone for this end. */
  end(error: Error | undefined): void {
    this.isOpen = false
    this.#closedWith ??= { error }
    this.#deliver()
  }

  #arrive(part: Uint8Array): void {
    this.#waiting.push(part)
    this.#deliver()
  }

  #deliver(): void {
    const handlers = this.#handlers
    if (handlers === undefined) return
    while (this.#waiting.length > 0 && !this.#isPaused) {
      const part = this.#waiting.shift() as Uint8Array
      this.peer?.taken(part.length)
      try {
        handlers.onData(part)
      } catch (error) {
        this.#network.cutConnection(this, error as Error)
        return
      }
    }
    if (this.#closedWith === undefined) return
    this.#handlers = undefined
    handlers.onClose(this.#closedWith.error)
  }

  /** The other end has read so many of our bytes. */
  taken(bytes: number): void {
    this.#inFlight -= bytes
    if (!this.#wantsDrain || this.#inFlight > 0) return
    this.#wantsDrain = false
    this.#network.time.nextTurn(() => {
      if (this.isOpen) this.#handlers?.onDrain?.()
    })
  }
}

/** Connections between listeners and clients of one process. */
export class SimulatedNetwork implements Network {
  readonly time: VirtualTime
  /** Longest time that bytes take, in milliseconds. */
  latencyMs = 1
  /** Whether chunks are cut anywhere. */
  cuts = true
  /** Bytes for which this is true vanish on the way. Sees what was sent in one piece, as Latin-1. */
  swallow: ((bytes: string) => boolean) | undefined
  /** How likely a bit of a piece is flipped on the way. */
  corruption = 0
  readonly #random: Random
  readonly #listeners = new Map<number, (connection: Connection) => void>()
  readonly #open = new Set<SimulatedConnection>()
  /** Bytes of one direction overtake each other never: each arrives after the one before. */
  readonly #arrivals = new Map<SimulatedConnection, number>()
  #nextPort = 40_000

  constructor(time: VirtualTime, random: Random) {
    this.time = time
    this.#random = random
  }

  /** Connections that are up, both ends counted. */
  get openEnds(): readonly SimulatedConnection[] {
    return [...this.#open].filter(({ isOpen }) => isOpen)
  }

  async connect({ host, port }: ConnectOptions): Promise<Connection> {
    const accept = this.#listeners.get(port)
    if (accept === undefined) throw new TradewireError('TW_NETWORK', `nobody listens on ${host}:${port}`)
    const ours = new SimulatedConnection(this, `${host}:${port}`)
    const theirs = new SimulatedConnection(this, 'client')
    ours.peer = theirs
    theirs.peer = ours
    this.#open.add(ours).add(theirs)
    accept(theirs)
    return ours
  }

  async listen({ port }: { host: string; port: number }, accept: (connection: Connection) => void): Promise<Listener> {
    const bound = port === 0 ? this.#nextPort++ : port
    this.#listeners.set(bound, accept)
    return {
      port: bound,
      close: async () => {
        this.#listeners.delete(bound)
      },
    }
  }

  /** Breaks a connection at once; what is under way is lost. */
  cutConnection(end: SimulatedConnection, error: Error = new Error('cut')): void {
    const { peer } = end
    if (end.isCut || (!end.isOpen && peer?.isOpen !== true)) return
    for (const side of peer === undefined ? [end] : [end, peer]) {
      side.isOpen = false
      side.isCut = true
      this.#open.delete(side)
    }
    this.time.nextTurn(() => end.end(error))
    this.time.nextTurn(() => peer?.end(error))
  }

  /** Runs a step of the way from `sender` to its peer, unless the connection is cut before. */
  later(sender: SimulatedConnection, step: () => void): void {
    const nowNs = this.time.monotonicNs()
    const soonestNs = this.#arrivals.get(sender) ?? nowNs
    const dueNs = Math.max(soonestNs, nowNs + Math.floor(this.#random.next() * this.latencyMs * 1e6))
    this.#arrivals.set(sender, dueNs)
    this.time.at(dueNs, () => {
      if (!sender.isCut) step()
    })
  }

  /** Cuts bytes into chunks. */
  cut(sent: Uint8Array): Uint8Array[] {
    const bytes = this.#without(sent)
    if (this.corruption > 0 && bytes.length > 0 && this.#random.chance(this.corruption))
      bytes[this.#random.below(bytes.length)] ^= 1 << this.#random.below(8)
    if (!this.cuts || bytes.length < 2 || this.#random.chance(0.5)) return [bytes]
    const at = 1 + this.#random.below(bytes.length - 1)
    return [bytes.subarray(0, at), bytes.subarray(at)]
  }

  /** Messages that vanish. */
  #without(bytes: Uint8Array): Uint8Array {
    const { swallow } = this
    if (swallow === undefined) return bytes
    const messages = Buffer.from(bytes)
      .toString('latin1')
      .split(/(?=8=FIX)/)
    return new Uint8Array(Buffer.from(messages.filter((message) => !swallow(message)).join(''), 'latin1'))
  }
}
