/**
 * Reports on their way from the venue to its clients.
 *
 * While the venue handles something its books are half way through, so nobody is called: reports are noted here, and go
 * out when the operation is over, as one batch a client. A client that sends an order while it is told something is
 * handled within that call; its reports form the next batch.
 */
import { type ReportKind, ReportPool, type VenueReport } from './venue-message.js'
import type { VenueExecution, VenueOrder } from './venue-order.js'

/** A client's side of a session: called by the venue. */
export interface VenueClient {
  beginBatch(): void
  /** A report, valid during the call. */
  onReport(report: VenueReport): void
  endBatch(): void
  /** The venue closed the session. */
  onClosed(reason: string): void
}

/** One client's connection to the venue. It hears of every order on its accounts. */
export class VenueSession {
  readonly client: VenueClient
  /** Whose orders its client order ids are; the same name comes back after a crash. */
  readonly clientName: string
  readonly accounts: Set<string>
  isOpen = true

  constructor(client: VenueClient, clientName: string, accounts: readonly string[]) {
    this.client = client
    this.clientName = clientName
    this.accounts = new Set(accounts)
  }

  /** Whether it hears of an order. */
  sees(order: VenueOrder): boolean {
    return order.tagOwner === this.client || this.accounts.has(order.accountName)
  }
}

/** Notes reports and delivers them. */
export class ReportOutbox {
  readonly sessions: VenueSession[] = []
  readonly #pool = new ReportPool()
  #queue: VenueReport[] = []
  #spare: VenueReport[] = []
  #depth = 0
  #isFlushing = false

  /** Opens an operation: nothing goes out before it is closed. Operations nest. */
  begin(): void {
    this.#depth++
  }

  /** Closes an operation; the outermost one sends what was noted. */
  end(): void {
    if (--this.#depth === 0 && this.#queue.length > 0) this.#flush()
  }

  /** Notes a report about an order as it is now. */
  add(kind: ReportKind, order: VenueOrder, tsUs: number, reason = ''): VenueReport {
    const report = this.#pool.take()
    report.kind = kind
    report.order = order
    report.execution = undefined
    report.requester = undefined
    report.number = 0
    report.generation = 0
    report.quantityUnits = order.quantityUnits
    report.priceUnits = order.priceUnits
    report.triggerUnits = order.triggerUnits
    report.cumulativeUnits = order.cumulativeUnits
    report.works = order.isLive
    report.reason = reason
    report.tsUs = tsUs
    this.#queue.push(report)
    return report
  }

  /** Notes an execution. */
  addFill(execution: VenueExecution): void {
    const report = this.add('fill', execution.order, execution.tsUs)
    report.execution = execution
    report.quantityUnits = execution.quantityUnits
    report.priceUnits = execution.priceUnits
  }

  /** Notes the refusal of a change or cancel; `order` is undefined where the venue has no such order. */
  addRefusal(
    kind: 'replace_rejected' | 'cancel_rejected',
    requester: VenueSession,
    order: VenueOrder | undefined,
    number: number,
    generation: number,
    reason: string,
    tsUs: number,
  ): void {
    const report = this.#pool.take()
    report.kind = kind
    report.order = order
    report.execution = undefined
    report.requester = requester
    report.number = number
    report.generation = generation
    report.reason = reason
    report.tsUs = tsUs
    this.#queue.push(report)
  }

  #flush(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue
        this.#queue = this.#spare
        for (let i = 0; i < this.sessions.length; i++) this.#deliver(batch, this.sessions[i] as VenueSession)
        for (let i = 0; i < batch.length; i++) this.#pool.give(batch[i] as VenueReport)
        batch.length = 0
        this.#spare = batch
      }
    } finally {
      this.#isFlushing = false
    }
  }

  #deliver(batch: readonly VenueReport[], session: VenueSession): void {
    let isOpen = false
    for (let i = 0; i < batch.length; i++) {
      const report = batch[i] as VenueReport
      if (!session.isOpen || !isFor(report, session)) continue
      if (!isOpen) session.client.beginBatch()
      isOpen = true
      session.client.onReport(report)
    }
    if (isOpen) session.client.endBatch()
  }
}

function isFor(report: VenueReport, session: VenueSession): boolean {
  if (report.kind === 'replace_rejected' || report.kind === 'cancel_rejected') return report.requester === session
  return report.order !== undefined && session.sees(report.order)
}
