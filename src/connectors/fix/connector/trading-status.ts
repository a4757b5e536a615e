/**
 * Whether an instrument trades, as the venue tells it: SecurityStatus (f), asked for by SecurityStatusRequest (e), or
 * TradingSessionStatus (h), asked for by TradingSessionStatusRequest (g). What nobody asked for is taken too.
 *
 * A status that says nothing about trading (an imbalance, a price indication) changes nothing. One that the ring had no room for is
 * published as soon as it has: a halt must not be lost.
 */
import type { ConnectorHost } from '../../../connector/connector-host.js'
import { TradewireError } from '../../../core/errors.js'
import { abortError } from '../../../core/time.js'
import type { Instrument } from '../../../model/instrument.js'
import { TradingStatus } from '../../../ring/kinds.js'
import type { FixMessage } from '../codec/message.js'
import { Tag } from '../dictionary/tags.js'
import { reportTimeUs } from './execution-reader.js'
import type { Outgoing } from './outgoing.js'
import type { ResolvedProfile } from './profile.js'
import type { QueryDesk } from './queries.js'
import type { Symbology } from './symbology.js'

/** What a desk works with. */
export interface StatusDeskParts {
  readonly host: ConnectorHost
  readonly out: Outgoing
  readonly profile: ResolvedProfile
  readonly symbology: Symbology
  readonly queries: QueryDesk
  readonly source: number
  /** Waits until a message can be sent. */
  whenFree(msgType: string, signal: AbortSignal): Promise<void>
  published(events: number, tsEventUs: number, tsRecvUs: number): void
  problem(error: unknown): void
}

/** SecurityTradingStatus (326); null says nothing about trading. */
const securityStatuses: Readonly<Record<string, TradingStatus | null>> = {
  // An opening that is delayed, a halt, no open and no resume: nothing trades that could.
  ...{ '1': TradingStatus.halted, '2': TradingStatus.halted, '4': TradingStatus.halted },
  ...{ '3': TradingStatus.open, '17': TradingStatus.open, '23': TradingStatus.open },
  ...{ '18': TradingStatus.closed, '19': TradingStatus.closed, '26': TradingStatus.closed },
  '21': TradingStatus.preOpen,
  ...{ '22': TradingStatus.auction, '24': TradingStatus.auction, '25': TradingStatus.auction },
  '27': TradingStatus.auction,
  ...Object.fromEntries(['5', '6', '7', '8', '9', '10', '12', '13', '14', '15', '16'].map((value) => [value, null])),
}
const UNKNOWN_SECURITY = '20'

/** TradSesStatus (340). Before the close, orders for the closing auction are collected. */
const sessionStatuses: Readonly<Record<string, TradingStatus | null>> = {
  '0': null,
  '1': TradingStatus.halted,
  '2': TradingStatus.open,
  '3': TradingStatus.closed,
  '4': TradingStatus.preOpen,
  '5': TradingStatus.auction,
}
const REQUEST_REJECTED = '6'

/** An instrument whose status is wanted. */
interface StatusStream {
  readonly instrument: Instrument
  /** SecurityStatusReqID (324) or TradSesReqID (335) of its request. */
  readonly id: string
  /** MsgSeqNum of the request. */
  number: number
  /** A status that the ring had no room for; -1 for none. */
  unsaid: number
  unsaidUs: number
  onAnswer: ((refusal: TradewireError | undefined) => void) | undefined
}

/** Milliseconds before a status is published that the ring had no room for. */
const RETRY_MS = 20

/** The statuses of one connection. */
export class StatusDesk {
  readonly #parts: StatusDeskParts
  readonly #streams = new Map<number, StatusStream>()

  constructor(parts: StatusDeskParts) {
    this.#parts = parts
  }

  // ---- Asking ------------------------------------------------------------------------------------------------------------

  /** Asks for the status of an instrument. Resolves with the first answer, at once where the venue is not asked. */
  async subscribe(instrument: Instrument, signal: AbortSignal): Promise<void> {
    const { profile, queries } = this.#parts
    const { status, answers } = profile.marketData
    const id = queries.nextId('U')
    const stream: StatusStream = { instrument, id, number: 0, unsaid: -1, unsaidUs: Number.NaN, onAnswer: undefined }
    if (status !== 'unasked') await this.#parts.whenFree(status === 'session' ? 'g' : 'e', signal)
    this.#streams.set(instrument.index, stream)
    if (status === 'unasked') return
    if (answers === false) this.#request(stream, '1')
    else await this.#answered(stream, signal)
  }

  #answered(stream: StatusStream, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error: unknown): void => {
        signal.removeEventListener('abort', onAbort)
        stream.onAnswer = undefined
        if (error === undefined) resolve()
        else {
          this.#streams.delete(stream.instrument.index)
          reject(error)
        }
      }
      const onAbort = () => end(abortError(signal))
      if (signal.aborted) {
        end(abortError(signal))
        return
      }
      signal.addEventListener('abort', onAbort, { once: true })
      stream.onAnswer = end
      try {
        this.#request(stream, '1')
      } catch (error) {
        end(error)
      }
    })
  }

  async unsubscribe(instrument: Instrument, signal: AbortSignal): Promise<void> {
    const stream = this.#streams.get(instrument.index)
    if (stream === undefined) return
    const { status } = this.#parts.profile.marketData
    if (status !== 'unasked') await this.#parts.whenFree(status === 'session' ? 'g' : 'e', signal)
    this.#streams.delete(instrument.index)
    if (status !== 'unasked') this.#request(stream, '2')
  }

  /** The connection is gone: statuses are asked for anew over the next. */
  clear(reason: string): void {
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const stream of streams) stream.onAnswer?.(new TradewireError('TW_NOT_CONNECTED', `status: ${reason}`))
  }

  #request(stream: StatusStream, action: '1' | '2'): void {
    const { out, profile, symbology } = this.#parts
    const { status, tradingSession } = profile.marketData
    const msgType = status === 'session' ? 'g' : 'e'
    stream.number = out.begin(msgType, profile.omitted(msgType))
    out.string(status === 'session' ? Tag.TradSesReqID : Tag.SecurityStatusReqID, stream.id)
    symbology.write(stream.instrument, (tag, value) => out.string(tag, value))
    out.string(Tag.SubscriptionRequestType, action)
    out.string(Tag.TradingSessionID, tradingSession)
    for (const [tag, value] of profile.given.fields?.[msgType] ?? []) out.extra(tag, value)
    out.send()
  }

  /** The venue rejected the message of a number. True when it asked for a status. */
  refuseNumber(number: number, reason: string): boolean {
    for (const stream of this.#streams.values()) {
      if (stream.number !== number || stream.number === 0) continue
      this.#refuse(stream, reason)
      return true
    }
    return false
  }

  #refuse(stream: StatusStream, reason: string): void {
    const problem = `The venue refused the status of ${stream.instrument.id}: ${reason}`
    const error = new TradewireError('TW_NOT_SUPPORTED', problem)
    this.#streams.delete(stream.instrument.index)
    if (stream.onAnswer === undefined) this.#parts.problem(error)
    else stream.onAnswer(error)
  }

  // ---- Answers -----------------------------------------------------------------------------------------------------------

  /** SecurityStatus (f). */
  onSecurityStatus(message: FixMessage, tsRecvUs: number): void {
    if (this.#isOther(message)) return
    const stream = this.#named(message, Tag.SecurityStatusReqID)
    if (stream === undefined) return
    const value = message.string(Tag.SecurityTradingStatus)
    if (value === UNKNOWN_SECURITY) this.#refuse(stream, message.string(Tag.Text) ?? 'unknown or invalid')
    else this.#take(stream, value, securityStatuses, message, tsRecvUs)
  }

  /** TradingSessionStatus (h): of the instrument that it names, or of all. */
  onSessionStatus(message: FixMessage, tsRecvUs: number): void {
    if (this.#isOther(message)) return
    const value = message.string(Tag.TradSesStatus)
    const stream = this.#named(message, Tag.TradSesReqID)
    const streams = stream === undefined ? this.#unnamed(message, Tag.TradSesReqID) : [stream]
    for (const each of streams) {
      if (value === REQUEST_REJECTED)
        this.#refuse(each, message.string(Tag.Text) ?? `reason ${message.string(Tag.TradSesStatusRejReason)}`)
      else this.#take(each, value, sessionStatuses, message, tsRecvUs)
    }
  }

  /** Of a trading session that is not ours. */
  #isOther(message: FixMessage): boolean {
    const { tradingSession } = this.#parts.profile.marketData
    const named = message.string(Tag.TradingSessionID)
    return tradingSession !== undefined && named !== undefined && named !== tradingSession
  }

  /** The stream of a message, by its request, else by its instrument. */
  #named(message: FixMessage, idTag: number): StatusStream | undefined {
    const id = message.string(idTag)
    if (id !== undefined) for (const stream of this.#streams.values()) if (stream.id === id) return stream
    const instrument = this.#parts.symbology.read(message)
    return instrument === undefined ? undefined : this.#streams.get(instrument.index)
  }

  /** All streams, for a message that names neither request nor instrument. */
  #unnamed(message: FixMessage, idTag: number): StatusStream[] {
    return message.has(idTag) || message.has(Tag.Symbol) ? [] : [...this.#streams.values()]
  }

  #take(
    stream: StatusStream,
    value: string | undefined,
    meanings: Readonly<Record<string, TradingStatus | null>>,
    message: FixMessage,
    tsRecvUs: number,
  ): void {
    const given = value === undefined ? undefined : this.#parts.profile.marketData.statuses?.[value]
    const meaning = given === undefined ? meanings[value ?? ''] : TradingStatus[given]
    if (meaning === undefined && value !== undefined)
      this.#parts.problem(
        new TradewireError(
          'TW_INVALID_MODEL',
          `The status ${value} of ${stream.instrument.id} means nothing here: name it in marketData.statuses`,
        ),
      )
    if (meaning !== undefined && meaning !== null) {
      const tsUs = reportTimeUs(message)
      this.#publish(stream, meaning, Number.isNaN(tsUs) ? tsRecvUs : tsUs, tsRecvUs)
    }
    stream.onAnswer?.(undefined)
  }

  #publish(stream: StatusStream, status: TradingStatus, tsUs: number, tsRecvUs: number): void {
    const { host, source } = this.#parts
    if (host.market.publishStatus(stream.instrument.index, source, status, tsUs, tsRecvUs)) {
      stream.unsaid = -1
      this.#parts.published(1, tsUs, tsRecvUs)
      return
    }
    const isWaiting = stream.unsaid >= 0
    stream.unsaid = status
    stream.unsaidUs = tsUs
    if (isWaiting) return
    host.time.after(RETRY_MS, () => {
      const { unsaid } = stream
      stream.unsaid = -1
      if (unsaid < 0 || this.#streams.get(stream.instrument.index) !== stream) return
      this.#publish(stream, unsaid as TradingStatus, stream.unsaidUs, host.time.wallUs())
    })
  }
}
