/** A network whose accepted connections can be tampered with: cut, silenced, fed with garbage, read slowly, robbed of a message. */
import { FixEncoder } from '../../connectors/fix/codec/encoder.js'
import { FixFramer, FrameKind } from '../../connectors/fix/codec/framer.js'
import { TimestampPrecision } from '../../connectors/fix/codec/times.js'
import { findSendingTime, patchForResend } from '../../connectors/fix/session/resend-patch.js'
import type { Connection, ConnectionHandlers, ConnectOptions, Listener, Network } from '../../core/network.js'

/** A connection with its faults. */
export class TappedConnection implements Connection {
  readonly #inner: Connection
  readonly #onEnd: () => void
  #isSilent = false
  #dropsNext = 0
  #doublesNext = 0

  constructor(inner: Connection, onEnd: (self: TappedConnection) => void) {
    this.#inner = inner
    this.#onEnd = () => onEnd(this)
  }

  get remote(): string {
    return this.#inner.remote
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes
  }

  start(handlers: ConnectionHandlers): void {
    this.#inner.start({
      onData: (chunk) => {
        if (!this.#isSilent) handlers.onData(chunk)
      },
      onDrain: () => handlers.onDrain?.(),
      onClose: (error) => {
        this.#onEnd()
        handlers.onClose(error)
      },
    })
  }

  send(bytes: Uint8Array): boolean {
    if (this.#isSilent) return true
    if (this.#dropsNext > 0) {
      this.#dropsNext--
      return true
    }
    const isTaken = this.#inner.send(bytes)
    if (this.#doublesNext === 0) return isTaken
    this.#doublesNext--
    return this.#inner.send(asPossibleDuplicates(bytes))
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  close(): void {
    this.#inner.close()
  }

  destroy(): void {
    this.#inner.destroy()
  }

  // ---- Faults

  /** Breaks it. */
  cut(): void {
    this.#inner.destroy()
  }

  /** Nothing passes any more in either direction, and nobody is told. */
  silence(): void {
    this.#isSilent = true
  }

  /** Sends bytes that are no message. */
  garble(bytes: Uint8Array = garbage): void {
    this.#inner.send(bytes)
  }

  /** What is sent next is lost on the way: the peer sees a gap. */
  dropNext(): void {
    this.#dropsNext++
  }

  /** What is sent next comes a second time, marked as a possible duplicate (43=Y). */
  duplicateNext(): void {
    this.#doublesNext++
  }
}

/** The messages of a chunk again, with PossDupFlag and OrigSendingTime, under the numbers they had. */
function asPossibleDuplicates(bytes: Uint8Array): Uint8Array {
  const framer = new FixFramer()
  const again: Uint8Array[] = []
  framer.push(bytes)
  for (let found = framer.next(); found !== FrameKind.none; found = framer.next()) {
    if (found !== FrameKind.message) continue
    const { message } = framer
    const facts = { sendingTimeStart: -1, sendingTimeEnd: -1 }
    findSendingTime(message.bytes, message.start, message.end, facts)
    const encoder = new FixEncoder({ beginString: message.stringAt(0) })
    const sentUs = message.timestampUs(52)
    patchForResend(encoder, message.bytes, message.start, message.end, sentUs, TimestampPrecision.milliseconds, facts)
    again.push(encoder.copy())
  }
  return Buffer.concat(again)
}

const garbage = new TextEncoder().encode('\u00018=FIX.0\u0001this is no message\u000110=000\u0001')

/** Listens through another network and keeps what it accepted. */
export class TappedNetwork implements Network {
  readonly connections = new Set<TappedConnection>()
  /** Connections are closed at once. */
  isRefusing = false
  /** Connections are taken, and nothing is read of them. */
  isHanging = false
  readonly #inner: Network

  constructor(inner: Network) {
    this.#inner = inner
  }

  connect(options: ConnectOptions): Promise<Connection> {
    return this.#inner.connect(options)
  }

  listen(options: Parameters<Network['listen']>[0], onConnection: (connection: Connection) => void): Promise<Listener> {
    return this.#inner.listen(options, (inner) => {
      if (this.isRefusing) {
        inner.destroy()
        return
      }
      const connection = new TappedConnection(inner, (self) => this.connections.delete(self))
      this.connections.add(connection)
      if (this.isHanging) {
        connection.silence()
        connection.start({ onData: () => {}, onClose: () => {} })
      } else onConnection(connection)
    })
  }
}
