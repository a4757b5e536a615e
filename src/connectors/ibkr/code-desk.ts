/**
 * What follows from a code of TWS. Its number says whom it is about: an order of ours, a request, a preview or the whole
 * session; its class (codes.ts) says how bad it is. Information and warnings end nothing.
 */
import { TradewireError } from '../../core/errors.js'
import { classOf } from './codes.js'
import type { DataWatch } from './data-watch.js'
import type { FieldCursor } from './field-cursor.js'
import type { IbkrConnectorOptions } from './ibkr-options.js'
import type { IbkrNotice } from './notices.js'
import { firstRequestId } from './order-ids.js'
import type { OrderReporter } from './order-reporter.js'
import type { OwnOrders } from './own-orders.js'
import { previewKey } from './preview.js'
import type { Stream, Streams } from './streams.js'
import { refused, type TwsLine } from './tws-line.js'

/** Whom codes concern. */
export interface CodeDeskParts {
  readonly line: TwsLine
  readonly orders: OwnOrders
  readonly reporter: OrderReporter
  readonly streams: Streams
  readonly watch: DataWatch
  /** Classes that the host gave to codes. */
  readonly codes: IbkrConnectorOptions['codes']
  readonly connector: SessionSteps
  /** Tells the host of a code. */
  notice(notice: IbkrNotice): void
}

/** What a code can do to the session. */
export interface SessionSteps {
  isReady(): boolean
  connectionLost(reason: string): void
  /** TWS will not have this login: why the attempt to connect fails. */
  refuse(error: TradewireError): void
  /** Streams may be dead: all of them, or the one that is named. `isLost`: what comes next does not continue what was. */
  suspect(reason: string, isLost: boolean, stream?: Stream): void
  /** Account streams ended with the data. */
  accountsLost(): void
  /** The servers of IBKR are away: no new orders until {@link recover}. */
  serversAway(): void
  /** The servers of IBKR were away: what happened meanwhile is asked for. */
  recover(): void
  problem(error: unknown): void
}

/** Servers, farms or a competing session took the data away. */
const lossCodes: ReadonlySet<number> = new Set([1_100, 1_101, 2_103, 2_110, 10_197])
/** They are back, and some streams with them. */
const returnCodes: ReadonlySet<number> = new Set([1_102, 2_104, 2_108])

/** Reads codes and tells whom they concern. */
export class CodeDesk {
  readonly #parts: CodeDeskParts

  constructor(parts: CodeDeskParts) {
    this.#parts = parts
  }

  /** The message of a code. */
  receive(cursor: FieldCursor): void {
    cursor.skip()
    const id = cursor.int()
    const code = cursor.int()
    const text = cursor.unescaped()
    // Kept as text: whoever wants its structure parses it where a fault harms nobody.
    const advancedReject = cursor.isAtEnd ? '' : cursor.unescaped()
    const order = id > 0 && id < firstRequestId ? this.#parts.orders.byOrderId(id) : undefined
    const kind = classOf(code, id, order !== undefined, this.#parts.codes)
    const notice: IbkrNotice = { code, class: kind, text, id, ...(advancedReject === '' ? {} : { advancedReject }) }
    if (order !== undefined) this.#parts.reporter.code(order, code, kind, `${code}: ${text}`)
    else if (id >= firstRequestId) this.#requestCode(id, code, kind, text)
    else if (id > 0 && id < firstRequestId) this.#parts.line.questions.fail(previewKey(id), refused(code, text))
    else this.#sessionCode(code, kind, text)
    this.#parts.notice(notice)
  }

  #requestCode(id: number, code: number, kind: string, text: string): void {
    const { streams, watch } = this.#parts
    const stream = streams.find(id)
    if (stream !== undefined && code === 317) streams.resetBook(stream)
    if (kind === 'information' || kind === 'warning') return
    const error = refused(code, text)
    if (this.#parts.line.questions.fail(id, error) || stream === undefined) return
    const { onAnswer } = stream
    stream.onAnswer = undefined
    if (onAnswer !== undefined) {
      onAnswer(error)
      return
    }
    // A stream that stood has ended, or begins anew.
    this.#parts.connector.suspect(error.message, code !== 317, stream)
    watch.suspect(stream)
    if (kind !== 'connectivity') this.#parts.connector.problem(error)
  }

  /** A code that belongs to no request: the session, its servers and farms. */
  #sessionCode(code: number, kind: string, text: string): void {
    const { watch, line, connector } = this.#parts
    const error = new TradewireError('TW_NETWORK', `TWS: ${text} (${code})`, { details: { code } })
    // Before anything is asked for anew: nobody may take the last prices for current ones meanwhile.
    if (lossCodes.has(code) || (returnCodes.has(code) && connector.isReady()))
      connector.suspect(error.message, lossCodes.has(code))
    if (code === 1_100) connector.serversAway()
    if (kind === 'fatal') {
      connector.refuse(error)
      line.questions.fail('next id', error)
      line.questions.fail('accounts', error)
      if (connector.isReady()) connector.connectionLost(error.message)
    } else if (code === 1_300) connector.connectionLost(`TWS: ${text}`)
    else if (code === 1_101) {
      watch.dataLost()
      connector.accountsLost()
    } else if (code === 1_102 || code === 2_104) watch.mayBeDead()
    else if (code === 10_197) watch.suspectAll()
    if (code === 1_101 || code === 1_102) connector.recover()
  }
}
