/**
 * Gives every message of TWS to the collaborator it is for: ticks to the streams, orders and executions to the reporter, answers
 * to their questions, codes to the desk of codes. What comes thousands of times a second is looked for first.
 */
import type { AccountStreams } from './account-streams.js'
import type { CodeDesk } from './code-desk.js'
import type { ContractDesk } from './contract-desk.js'
import type { DataRequests } from './data-requests.js'
import type { FieldCursor } from './field-cursor.js'
import type { Holdings } from './holdings.js'
import {
  Incoming,
  readCompletedOrder,
  readDetails,
  readExecution,
  readOpenOrder,
  readPosition,
  splitExecId,
  type ToldOrder,
} from './messages.js'
import type { OrderIds } from './order-ids.js'
import type { OrderReporter } from './order-reporter.js'
import { previewKey } from './preview.js'
import type { Streams } from './streams.js'
import type { TwsLine } from './tws-line.js'

/** Whom messages are for. */
export interface InboxParts {
  readonly line: TwsLine
  /** Our client id: orders of others use up no order id of ours. */
  readonly clientId: number
  readonly orderIds: OrderIds
  readonly streams: Streams
  readonly reporter: OrderReporter
  readonly codes: CodeDesk
  readonly desk: ContractDesk
  readonly data: DataRequests
  readonly holdings: Holdings
  readonly account: AccountStreams
}

/** Takes the messages of one connector. */
export class Inbox {
  readonly #parts: InboxParts

  constructor(parts: InboxParts) {
    this.#parts = parts
  }

  /** One message; the cursor stands at its id. */
  receive(cursor: FieldCursor): void {
    const { streams, reporter } = this.#parts
    const id = cursor.int()
    switch (id) {
      case Incoming.tickPrice:
        streams.tickPrice(cursor)
        return
      case Incoming.tickSize:
        streams.tickSize(cursor)
        return
      case Incoming.tickByTick:
        streams.tickByTick(cursor)
        return
      case Incoming.depth:
      case Incoming.depthLevel2:
        streams.depth(cursor, id === Incoming.depthLevel2)
        return
      case Incoming.tickGeneric:
        streams.tickGeneric(cursor)
        return
      case Incoming.realTimeBar:
        streams.realTimeBar(cursor)
        return
      case Incoming.openOrder: {
        const told = readOpenOrder(cursor, this.#parts.line.serverVersion)
        this.#openOrder(told, reporter)
        return
      }
      case Incoming.orderStatus:
        this.#status(cursor, reporter)
        return
      case Incoming.execution: {
        const told = readExecution(cursor)
        if (told.reqId < 0 || !this.#parts.line.questions.add(told.reqId, told)) reporter.execution(told)
        return
      }
      case Incoming.commissionReport: {
        cursor.skip()
        const execId = cursor.text()
        reporter.commission(splitExecId(execId).base, cursor.text(), cursor.text())
        return
      }
      case Incoming.error:
        this.#parts.codes.receive(cursor)
        return
      default:
        this.#receiveRest(id, cursor)
    }
  }

  #receiveRest(id: number, cursor: FieldCursor): void {
    const { line, streams, account, data, desk, holdings } = this.#parts
    const { questions } = line
    switch (id) {
      case Incoming.nextValidId: {
        cursor.skip()
        const next = cursor.int()
        if (questions.add('next id', next)) questions.end('next id')
        else this.#parts.orderIds.noteUsed(next - 1)
        return
      }
      case Incoming.managedAccounts:
        cursor.skip()
        questions.add('accounts', cursor.text())
        questions.end('accounts')
        return
      case Incoming.currentTime:
        questions.end('time')
        return
      case Incoming.openOrderEnd:
        questions.end('orders')
        return
      case Incoming.completedOrder:
        questions.add('completed', readCompletedOrder(cursor, line.serverVersion))
        return
      case Incoming.completedOrdersEnd:
        questions.end('completed')
        return
      case Incoming.executionsEnd:
      case Incoming.contractDetailsEnd:
      case Incoming.accountSummaryEnd:
        cursor.skip()
        questions.end(cursor.int())
        return
      case Incoming.contractDetails: {
        const { reqId, details } = readDetails(cursor, line.serverVersion)
        questions.add(reqId, details)
        return
      }
      case Incoming.position:
        questions.add('positions', readPosition(cursor))
        return
      case Incoming.positionEnd:
        questions.end('positions')
        return
      case Incoming.marketRule:
        desk.rule(cursor)
        return
      case Incoming.accountSummary:
        holdings.summary(cursor)
        return
      case Incoming.history:
      case Incoming.historicalTicksBidAsk:
      case Incoming.historicalTicksLast: {
        const reqId = cursor.int()
        questions.add(reqId, cursor.detach())
        questions.end(reqId)
        return
      }
      case Incoming.marketDataType:
        streams.marketDataType(cursor)
        return
      case Incoming.tickRequestParameters:
        streams.tickRequestParameters(cursor)
        return
      case Incoming.tickNews:
        data.news(cursor)
        return
      default:
        account.receive(id, cursor)
    }
  }

  #openOrder(told: ToldOrder, reporter: OrderReporter): void {
    if (told.whatIf) {
      const key = previewKey(told.orderId)
      if (this.#parts.line.questions.add(key, told)) this.#parts.line.questions.end(key)
      return
    }
    if (told.clientId === this.#parts.clientId && told.orderId > 0) this.#parts.orderIds.noteUsed(told.orderId)
    this.#parts.line.questions.add('orders', told)
    reporter.openOrder(told)
  }

  #status(cursor: FieldCursor, reporter: OrderReporter): void {
    const orderId = cursor.int()
    const [status, filled] = [cursor.text(), cursor.text()] as [string, string]
    cursor.skip(2)
    const permId = cursor.text()
    cursor.skip(2)
    const told = { orderId, status, filled, permId, clientId: cursor.int() }
    this.#parts.holdings.noteStatus(told)
    reporter.status(told)
  }
}
