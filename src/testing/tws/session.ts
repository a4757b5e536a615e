/**
 * One client at the simulated gateway: greeting, startApi, message limit, and the way of each request to those who answer
 * it. A session knows the version that both sides speak; everything it sends is laid out for that version.
 */
import { messageOf } from '../../core/errors.js'
import type { Connection } from '../../core/network.js'
import { answerAccount } from './account-requests.js'
import { answerData } from './data-requests.js'
import { FieldReader } from './field-reader.js'
import { FrameReader, frameOf, type Greeting } from './frames.js'
import type { TwsGateway } from './gateway.js'
import { MarketStreams } from './market-streams.js'
import { Reply, Request } from './message-ids.js'
import { answerOrders } from './order-requests.js'
import { answerReference } from './reference-requests.js'
import { errorFields, type Fields } from './replies.js'
import { SlowLine } from './slow-line.js'
import { zonedTime } from './times.js'

/** What happens to a message instead of being passed on. */
export type MessageFate = 'pass' | 'drop' | 'double' | { readonly delayMs: number }

/** A history request that keeps telling about the bar that forms. */
export interface KeptHistory {
  readonly id: number
  update(): void
}

/** One client. */
export class TwsSession {
  readonly gateway: TwsGateway
  readonly streams: MarketStreams
  /** The version both sides speak; 0 before the greeting. */
  version = 0
  clientId = -1
  isStarted = false
  isOver = false
  /** Nothing passes in either direction any more, and nobody is told. */
  isSilent = false
  /** Subscriptions to accounts: reqAccountUpdates, reqPositions, and those with an id of their own. */
  accountUpdates = ''
  wantsPositions = false
  readonly summaries = new Map<number, { readonly account: string; readonly tags: readonly string[] }>()
  readonly multiUpdates = new Map<number, string>()
  readonly multiPositions = new Map<number, string>()
  readonly pnl = new Map<number, string>()
  readonly pnlSingle = new Map<number, { readonly account: string; readonly conId: number }>()
  readonly histories = new Map<number, KeptHistory>()
  readonly #connection: Connection
  readonly #outward: SlowLine
  readonly #unsent: Uint8Array[] = []
  /** Monotonic times of the last messages, for the limit. */
  #received: number[] = []
  #violationNs = Number.NEGATIVE_INFINITY
  #violations = 0
  #pacesByItself = false

  constructor(gateway: TwsGateway, connection: Connection) {
    this.gateway = gateway
    this.#connection = connection
    this.streams = new MarketStreams(
      {
        send: (fields) => this.send(fields),
        error: (id, code, ...details) => this.error(id, code, ...details),
        nowMs: () => gateway.nowMs,
      },
      gateway.board,
      gateway.options.marketDataLines,
    )
    const frames = new FrameReader(
      (greeting) => this.#greet(greeting),
      (fields) => this.#receive(fields),
    )
    const link = () => gateway.link
    this.#outward = new SlowLine(gateway.time, link, (bytes) => {
      if (!this.isOver && !this.isSilent) connection.send(bytes)
    })
    const inward = new SlowLine(gateway.time, link, (bytes) => {
      if (!this.isOver && !this.isSilent) this.#read(frames, bytes)
    })
    connection.start({
      onData: (chunk) => {
        gateway.tape?.('in', this, chunk)
        inward.push(chunk)
      },
      onClose: () => this.#closed(),
    })
  }

  /** Bytes that are not the protocol end the connection, and harm nobody else. */
  #read(frames: FrameReader, bytes: Uint8Array): void {
    try {
      frames.push(bytes)
    } catch {
      this.cut()
    }
  }

  // ---- Out ---------------------------------------------------------------------------------------------------------------

  send(fields: Fields): void {
    if (this.isOver || this.isSilent) return
    const { tamper } = this.gateway
    const fate = tamper === undefined ? 'pass' : tamper('out', this, fields)
    if (fate === 'drop') return
    const frame = frameOf(fields)
    if (typeof fate === 'object') {
      this.gateway.time.after(fate.delayMs, () => this.#write(frame))
      return
    }
    this.#write(frame)
    if (fate === 'double') this.#write(frame)
  }

  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void {
    this.#write(bytes)
  }

  /** What one event brings leaves as one piece, as TWS does it. */
  #write(bytes: Uint8Array): void {
    if (this.isOver || this.isSilent) return
    this.gateway.tape?.('out', this, bytes)
    this.#unsent.push(bytes)
    if (this.#unsent.length === 1) queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    const pieces = this.#unsent.splice(0)
    const [first] = pieces
    if (first === undefined || this.isOver || this.isSilent) return
    if (pieces.length === 1) {
      this.#outward.push(first)
      return
    }
    const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    this.#outward.push(whole)
  }

  error(id: number, code: number, ...details: (string | number)[]): void {
    this.send(errorFields(this.version, id, code, details, this.gateway.takeAdvancedReject(id, code)))
  }

  close(): void {
    this.#flush()
    this.#outward.finish(() => this.#connection.close())
  }

  /** Ends it as a network would. */
  cut(): void {
    this.#connection.destroy()
  }

  #closed(): void {
    if (this.isOver) return
    this.isOver = true
    this.streams.clear()
    this.gateway.sessionEnded(this)
  }

  // ---- In ----------------------------------------------------------------------------------------------------------------

  #greet({ minVersion, maxVersion, options }: Greeting): void {
    const { gateway } = this
    const { minServerVersion, maxServerVersion } = gateway.options
    const version = Math.min(maxVersion, maxServerVersion)
    if (gateway.isHanging) return
    if (version < minServerVersion || version < minVersion) {
      this.close()
      return
    }
    this.version = version
    this.#pacesByItself = options.includes('PACEAPI')
    this.#write(frameOf([version, zonedTime(gateway.nowMs)]))
  }

  #receive(fields: string[]): void {
    const { gateway } = this
    if (this.isOver || gateway.isHanging || !this.#isWithinLimit()) return
    const fate = gateway.tamper?.('in', this, fields) ?? 'pass'
    if (fate === 'drop') return
    if (typeof fate === 'object') {
      gateway.time.after(fate.delayMs, () => this.#handle(fields))
      return
    }
    this.#handle(fields)
    if (fate === 'double') this.#handle(fields)
  }

  #handle(fields: string[]): void {
    const id = Number(fields[0])
    const reader = new FieldReader(fields)
    try {
      if (id === Request.startApi) this.#startApi(reader)
      else if (!this.isStarted) return
      else if (answerOrders(this, id, reader)) return
      else if (answerData(this, id, reader)) return
      else if (answerAccount(this, id, reader)) return
      else if (answerReference(this, id, reader)) return
      else this.error(-1, 322, ` unknown message id ${fields[0]}`)
    } catch (error) {
      // A message that cannot be read harms nobody but its sender.
      this.error(-1, 320, ` ${messageOf(error)}`)
    }
  }

  /** The message limit of TWS: more than 50 in a second are an error, and again and again the end. */
  #isWithinLimit(): boolean {
    const { gateway } = this
    const { messagesPerSecond } = gateway.options
    const nowNs = gateway.time.monotonicNs()
    this.#received.push(nowNs)
    while ((this.#received[0] as number) <= nowNs - 1e9) this.#received.shift()
    const count = this.#received.length
    gateway.counters.busiestSecond = Math.max(gateway.counters.busiestSecond, count)
    if (count <= messagesPerSecond || this.#pacesByItself) return true
    if (nowNs - this.#violationNs >= 1e9) {
      this.#violationNs = nowNs
      this.#violations++
      gateway.counters.pacingViolations++
      this.error(-1, 100, messagesPerSecond, count)
      if (this.#violations > 3) this.cut()
    }
    return !this.isOver
  }

  #startApi(reader: FieldReader): void {
    const { gateway } = this
    if (this.isStarted) return
    reader.skip()
    this.clientId = reader.int()
    if (gateway.isClientIdTaken(this)) {
      this.error(-1, 326)
      this.close()
      return
    }
    this.isStarted = true
    const accounts = gateway.options.accounts.join(',')
    this.send([Reply.managedAccounts, 1, accounts])
    this.sendNextId()
    for (const [code, farm] of gateway.farms) this.error(-1, code, farm)
    gateway.sessionStarted(this)
  }

  sendNextId(): void {
    this.send([Reply.nextValidId, 1, this.gateway.orders.nextId(this.clientId)])
  }
}
