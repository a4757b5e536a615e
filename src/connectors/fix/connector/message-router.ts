/** Where each incoming message goes, by its type. The application of a connector's sessions. */
import type { ConnectorHost } from '../../../connector/connector-host.js'
import { type FixMessage, msgTypeCodeOf } from '../codec/message.js'
import { Tag } from '../dictionary/tags.js'
import type { FixApplication } from '../session/parts.js'
import type { AccountDesk } from './account-desk.js'
import { executionKind, reportTimeUs } from './execution-reader.js'
import type { MarketDataDesk } from './market-data.js'
import type { QueryDesk } from './queries.js'
import type { ReportDesk } from './report-desk.js'
import type { SentMessages } from './sent-messages.js'
import type { StatusDesk } from './trading-status.js'

const EXECUTION_REPORT = msgTypeCodeOf('8')
const CANCEL_REJECT = msgTypeCodeOf('9')
const SNAPSHOT = msgTypeCodeOf('W')
const REFRESH = msgTypeCodeOf('X')
const DATA_REJECT = msgTypeCodeOf('Y')
const BUSINESS_REJECT = msgTypeCodeOf('j')
const REJECT = msgTypeCodeOf('3')
const SECURITY_STATUS = msgTypeCodeOf('f')
const SESSION_STATUS = msgTypeCodeOf('h')
const HEARTBEAT = msgTypeCodeOf('0')

/** What a router works with. */
export interface RouterParts {
  readonly host: ConnectorHost
  readonly desk: ReportDesk
  readonly queries: QueryDesk
  readonly sent: SentMessages
  data(): MarketDataDesk
  status(): StatusDesk
  accounts(): AccountDesk
  problem(error: unknown): void
  /** The session went down. */
  onDown(reason: string): void
  /** The venue began its numbers anew, unasked. */
  onPeerReset(): void
}

/** Routes messages of one session. */
export class MessageRouter implements FixApplication {
  readonly parts: RouterParts

  constructor(parts: RouterParts) {
    this.parts = parts
  }

  onMessage(message: FixMessage): undefined {
    const { host } = this.parts
    host.reports.beginTurn()
    try {
      this.#route(message)
    } catch (error) {
      // A message that cannot be read harms nothing else; it is told, and the session goes on.
      this.parts.problem(error)
    } finally {
      host.reports.endTurn()
    }
  }

  #route(message: FixMessage): void {
    const { host, desk, queries } = this.parts
    switch (message.msgTypeCode) {
      case EXECUTION_REPORT:
        this.#execution(message)
        break
      case CANCEL_REJECT:
        desk.onCancelReject(message)
        break
      case SNAPSHOT:
        this.parts.data().onSnapshot(message, host.time.wallUs())
        break
      case REFRESH:
        this.parts.data().onRefresh(message, host.time.wallUs())
        break
      case DATA_REJECT:
        this.parts.data().onReject(message)
        break
      case SECURITY_STATUS:
        this.parts.status().onSecurityStatus(message, host.time.wallUs())
        break
      case SESSION_STATUS:
        this.parts.status().onSessionStatus(message, host.time.wallUs())
        break
      case BUSINESS_REJECT:
        this.#rejected(message, message.string(Tag.BusinessRejectRefID))
        break
      default:
        this.parts.accounts().onMessage(message, queries)
    }
  }

  /** A report is news, or the answer to a question. */
  #execution(message: FixMessage): void {
    const { desk } = this.parts
    if (!this.parts.accounts().takesStatus(message)) {
      if (executionKind(message) !== 'status') desk.onExecution(message)
    }
  }

  onAdmin(message: FixMessage): void {
    const { queries, host } = this.parts
    if (message.msgTypeCode === HEARTBEAT) {
      const id = message.string(Tag.TestReqID)
      if (queries.has(id)) queries.finish(id)
    } else if (message.msgTypeCode === REJECT) {
      host.reports.beginTurn()
      try {
        this.#rejected(message, undefined)
      } finally {
        host.reports.endTurn()
      }
    }
  }

  /** Reject (3) or BusinessMessageReject (j): the venue has taken no notice of what the message said. */
  #rejected(message: FixMessage, reference: string | undefined): void {
    const { desk, queries, sent, host } = this.parts
    const text = message.string(Tag.Text)
    const code = message.string(Tag.BusinessRejectReason) ?? message.string(Tag.SessionRejectReason)
    const field = message.string(Tag.RefTagID)
    const reason = `${text ?? `reason ${code ?? 'not given'}`}${field === undefined ? '' : ` (field ${field})`}`
    const number = message.has(Tag.RefSeqNum) ? message.int(Tag.RefSeqNum) : Number.NaN
    const order = (reference === undefined ? undefined : sent.takeById(reference)) ?? sent.take(number)
    if (order !== undefined) {
      const tsUs = reportTimeUs(message)
      const atUs = Number.isNaN(tsUs) ? host.time.wallUs() : tsUs
      desk.onMessageRejected(order.number, order.generation, order.msgType, order.clOrdId, reason, atUs)
      return
    }
    if (queries.has(reference)) queries.refuse(reference, reason)
    else if (!this.#refusedNumber(number, reason))
      this.parts.problem(new Error(`the venue rejected message ${number}: ${reason}`))
  }

  /** True when the message of a number was a question. */
  #refusedNumber(number: number, reason: string): boolean {
    const desks = [this.parts.queries, this.parts.data(), this.parts.status()]
    return desks.some((desk) => desk.refuseNumber(number, reason))
  }

  onReset(byPeer: boolean): void {
    this.parts.sent.clear()
    if (byPeer) this.parts.onPeerReset()
  }

  onLogout(reason: string): void {
    this.parts.onDown(reason)
  }

  onStoreFailure(msgType: string, error: unknown): void {
    this.parts.problem(new Error(`message ${msgType} went out and could not be kept`, { cause: error }))
  }
}
