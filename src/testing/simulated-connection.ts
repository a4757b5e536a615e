/** Both ends of one connection of a simulated network, and the bytes between them. */
import { TradewireError } from '../core/errors.js'
import { CLOSE_LINGER_MS, type Connection, type ConnectionHandlers } from '../core/network.js'
import type { Random } from '../core/random.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'

/** What a connection has from its network. */
export interface PipeParts {
  readonly options: {
    readonly time: Time
    readonly split: number
    readonly join: number
    readonly highWaterBytes: number
  }
  readonly random: Random
  readonly counters: { reset: number; delivered: number; lost: number }
  delayMs(): number
}

/** A connection with its two ends. */
export class SimulatedPipe {
  readonly client: SimulatedEnd
  readonly server: SimulatedEnd
  /** Nothing passes any more, and nobody is told. */
  isSilent = false
  readonly #parts: PipeParts
  readonly #onGone: () => void

  constructor(parts: PipeParts, serverName: string, clientName: string, onGone: () => void) {
    this.#parts = parts
    this.#onGone = onGone
    this.client = new SimulatedEnd(this, parts, serverName)
    this.server = new SimulatedEnd(this, parts, clientName)
    this.client.peer = this.server
    this.server.peer = this.client
  }

  /** Ends the connection at once: what is on its way is lost, both ends are told. */
  reset(reason: string): void {
    this.#parts.counters.reset++
    for (const end of [this.client, this.server]) end.finish(new TradewireError('TW_NETWORK', reason))
  }

  /** An end is closed. */
  ended(): void {
    if (this.client.isClosed && this.server.isClosed) this.#onGone()
  }
}

type Item = { readonly bytes: Uint8Array | undefined; readonly arrivesNs: number }

/** One end: what its owner holds. */
export class SimulatedEnd implements Connection {
  readonly remote: string
  peer!: SimulatedEnd
  isClosed = false
  readonly #pipe: SimulatedPipe
  readonly #parts: PipeParts
  /** What is on its way to this end, in order; the end of the peer's bytes is an item without bytes. */
  readonly #incoming: Item[] = []
  #handlers: ConnectionHandlers | undefined
  #failure: Error | undefined
  #timer: TimerHandle | undefined
  #linger: TimerHandle | undefined
  #isPaused = false
  #lastArrivalNs = 0
  /** Whether our own end was sent. */
  #hasEnded = false
  #wantsDrain = false
  /** Bytes on their way to this end. */
  #underWay = 0

  constructor(pipe: SimulatedPipe, parts: PipeParts, remote: string) {
    this.#pipe = pipe
    this.#parts = parts
    this.remote = remote
  }

  start(handlers: ConnectionHandlers): void {
    if (this.#handlers !== undefined) throw new TradewireError('TW_INVALID_STATE', 'A connection is started only once')
    this.#handlers = handlers
    if (this.isClosed) this.#parts.options.time.nextTurn(() => handlers.onClose(this.#failure))
    else this.#arm()
  }

  send(bytes: Uint8Array): boolean {
    if (this.isClosed || this.#hasEnded) return false
    this.peer.#expect(bytes.slice())
    this.#wantsDrain = this.bufferedBytes > this.#parts.options.highWaterBytes
    return !this.#wantsDrain
  }

  get bufferedBytes(): number {
    return this.peer.#underWay
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#arm()
  }

  close(): void {
    if (this.isClosed || this.#hasEnded) return
    this.#hasEnded = true
    this.peer.#expect(undefined)
    this.resume()
    this.#linger = this.#parts.options.time.after(CLOSE_LINGER_MS, () => this.destroy())
  }

  destroy(): void {
    if (this.isClosed) return
    this.finish(undefined)
    if (!this.#pipe.isSilent && !this.peer.isClosed)
      this.peer.#parts.options.time.nextTurn(() =>
        this.peer.finish(new TradewireError('TW_NETWORK', 'reset by the peer')),
      )
  }

  /** This end is closed, for good. */
  finish(failure: Error | undefined): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#failure ??= failure
    this.#timer?.cancel()
    this.#linger?.cancel()
    this.#parts.counters.lost += this.#underWay
    this.#underWay = 0
    this.#incoming.length = 0
    this.#pipe.ended()
    this.#parts.options.time.requestSettling?.()
    this.#handlers?.onClose(this.#failure)
  }

  /** Bytes (or the end of them) leave the peer for this end. */
  #expect(bytes: Uint8Array | undefined): void {
    const { options, random, counters } = this.#parts
    if (this.#pipe.isSilent || this.isClosed) {
      counters.lost += bytes?.length ?? 0
      return
    }
    const { time } = options
    this.#lastArrivalNs = Math.max(this.#lastArrivalNs, time.monotonicNs() + this.#parts.delayMs() * 1_000_000)
    const arrivesNs = this.#lastArrivalNs
    this.#underWay += bytes?.length ?? 0
    if (bytes !== undefined && bytes.length > 1 && random.chance(options.split)) {
      const at = 1 + random.below(bytes.length - 1)
      this.#incoming.push({ bytes: bytes.subarray(0, at), arrivesNs }, { bytes: bytes.subarray(at), arrivesNs })
    } else if (bytes === undefined || bytes.length > 0) this.#incoming.push({ bytes, arrivesNs })
    this.#arm()
  }

  #arm(): void {
    const next = this.#incoming[0]
    if (this.#timer !== undefined || next === undefined || this.#isPaused || this.#handlers === undefined) return
    this.#timer = this.#parts.options.time.at(next.arrivesNs, () => {
      this.#timer = undefined
      this.#deliver()
    })
  }

  #deliver(): void {
    const item = this.#incoming.shift()
    if (item === undefined || this.#pipe.isSilent) {
      this.#parts.counters.lost += item?.bytes?.length ?? 0
      return
    }
    if (item.bytes === undefined) this.#endOfPeer()
    else this.#hand(this.#joined(item.bytes))
    if (!this.isClosed) this.#arm()
  }

  /** A chunk, with the next one behind it where chance joins them. */
  #joined(bytes: Uint8Array): Uint8Array {
    const { options, random } = this.#parts
    const next = this.#incoming[0]?.bytes
    if (next === undefined || !random.chance(options.join)) return bytes
    this.#incoming.shift()
    const both = new Uint8Array(bytes.length + next.length)
    both.set(bytes)
    both.set(next, bytes.length)
    return both
  }

  #hand(bytes: Uint8Array): void {
    this.#underWay -= bytes.length
    this.#parts.counters.delivered += bytes.length
    this.#guard(() => this.#handlers?.onData(bytes))
    this.peer.#drained()
  }

  #drained(): void {
    if (!this.#wantsDrain || this.isClosed || this.bufferedBytes > this.#parts.options.highWaterBytes / 2) return
    this.#wantsDrain = false
    this.#guard(() => this.#handlers?.onDrain?.())
  }

  /** The peer sends no more: as over a socket, this end is closed too, once its own bytes are on their way. */
  #endOfPeer(): void {
    if (!this.#hasEnded) {
      this.#hasEnded = true
      this.peer.#expect(undefined)
    }
    this.finish(undefined)
  }

  /** A handler that throws ends the connection, and its owner is told what. */
  #guard(handler: () => void): void {
    try {
      handler()
    } catch (thrown) {
      this.#failure ??= thrown instanceof Error ? thrown : new TradewireError('TW_ASSERTION', String(thrown))
      this.destroy()
    }
  }
}
