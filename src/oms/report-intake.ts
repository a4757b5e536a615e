/**
 * What connectors report, recorded and applied in the order in which it arrives.
 *
 * Every report passes the border first (report-border.ts): what cannot be right is never booked and never throws into a
 * connector. A report about an order that is gone from the table, or that never was there, is not dropped: an execution is
 * booked to an external order made for it. Executions have a file of their own: fill-intake.ts.
 */

import { FactSource, Liquidity } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import * as Outcome from '../orders/outcome.js'
import type { OrderReports } from '../orders/reports.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import { endRequests } from './end-requests.js'
import { EXTERNAL, ExternalOrders, type ExternalPolicy } from './external-orders.js'
import { FillIntake } from './fill-intake.js'
import type { OrderCore } from './order-core.js'
import { RecordType, writeKey } from './records.js'
import { Remarks } from './remarks.js'
import { ReportBorder } from './report-border.js'
import { fillReportFault, hasNegativePrices, orderReportFault, textOf } from './report-faults.js'

/** How reports are taken. */
export interface ReportIntakeOptions {
  /** What happens when an order is filled for more than its quantity: its instrument is halted (unless given), or only alerted. */
  onOverfill?: 'halt' | 'alert'
  /** What happens to orders and executions that are not ours; `adopt` unless given. */
  external?: ExternalPolicy
}

/** Takes the reports of all connectors. */
export class ReportIntake implements OrderReports {
  readonly #core: OrderCore
  readonly #border: ReportBorder
  readonly #remarks: Remarks
  readonly #fills: FillIntake
  readonly externalPolicy: ExternalPolicy
  readonly #external: ExternalOrders

  constructor(core: OrderCore, options: ReportIntakeOptions = {}) {
    this.#core = core
    this.#border = new ReportBorder(core)
    this.#remarks = new Remarks(core, this.#border, options.onOverfill ?? 'halt')
    this.#fills = new FillIntake(core, this.#border, this.#remarks, (...order) => this.#external.revive(...order))
    core.fillBooks = this.#fills
    this.externalPolicy = options.external ?? 'adopt'
    this.#external = new ExternalOrders(
      core,
      {
        accepted: (...report) => this.accepted(...report),
        filled: (...report) => this.filled(...report),
        replaced: (...report) => this.replaced(...report),
        trade: (...report) => this.#fills.book(...report),
        halt: (...report) => this.#border.halt(...report),
      },
      this.externalPolicy,
    )
  }

  beginTurn(): void {
    this.#core.turn.begin()
  }

  endTurn(): void {
    this.#core.turn.end()
  }

  numberOf(clientOrderId: string): number {
    return typeof clientOrderId === 'string' ? this.#core.ids.numberOf(clientOrderId) : 0
  }

  clientOrderIdOf(orderNumber: number): string | undefined {
    const { table, names } = this.#core
    const row = typeof orderNumber === 'number' ? table.rowOf(orderNumber) : -1
    return row < 0 ? undefined : names.clientOrderId(row)
  }

  accepted(orderNumber: number, venueOrderId: string | number | undefined, tsUs: number): void {
    const row = this.#border.rowOf(orderNumber, 'accepted')
    if (row < 0) return
    const { turn, ledger, news } = this.#core
    turn.begin()
    try {
      const at = this.#border.time(tsUs, row, 'accepted')
      const id = this.#border.venueOrderId(venueOrderId, row, 'accepted')
      const writer = turn.recorder.begin(RecordType.accepted)
      writer.f64(orderNumber)
      writer.f64(at)
      writer.f64(turn.nowUs)
      writeKey(writer, id)
      const seq = turn.recorder.commit()
      turn.touch()
      const outcome = ledger.accepted(row, id, turn.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0) {
        this.#remarks.measureAcknowledgement(row, at)
        news.emit('accepted', row, seq, FactSource.venue, at)
      }
      this.#remarks.remark(row, outcome)
    } finally {
      turn.end()
    }
  }

  rejected(orderNumber: number, reason: string, tsUs: number, source: number = FactSource.venue): void {
    const row = this.#border.rowOf(orderNumber, 'rejected')
    if (row < 0) return
    const core = this.#core
    const { turn } = core
    turn.begin()
    try {
      const at = this.#border.time(tsUs, row, 'rejected')
      const why = this.#border.reason(reason)
      const seq = core.facts.record(RecordType.rejected, row, at, (writer) => {
        writer.u8(source)
        writer.string(why)
      })
      const outcome = core.ledger.rejected(row, source, why, turn.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0) core.news.emit('rejected', row, seq, source, at, { reason: why })
      if (core.table.cells[row + Field.filled] > 0) {
        core.anomaly(
          'REJECTED_AFTER_FILL',
          orderNumber,
          `Order ${orderNumber} was rejected although it has fills; the venue has to be asked`,
        )
        core.doubt(core.table.cells[row + Field.connector])
      }
    } finally {
      turn.end()
    }
  }

  triggered(orderNumber: number, tsUs: number): void {
    const row = this.#border.rowOf(orderNumber, 'triggered')
    if (row < 0) return
    const { turn, facts, ledger, news } = this.#core
    turn.begin()
    try {
      const at = this.#border.time(tsUs, row, 'triggered')
      const seq = facts.record(RecordType.triggered, row, at)
      if ((ledger.triggered(row, turn.nowUs, seq) & Outcome.changed) !== 0)
        news.emit('triggered', row, seq, FactSource.venue, at)
    } finally {
      turn.end()
    }
  }

  // ---- Changes and cancels ---------------------------------------------------------------------------------------------

  replaced(
    orderNumber: number,
    generation: number,
    quantityUnits: number,
    priceUnits: number,
    triggerUnits: number,
    venueOrderId: string | number | undefined,
    tsUs: number,
  ): void {
    const row = this.#border.rowOf(orderNumber, 'replaced')
    if (row < 0) return
    const core = this.#core
    const { cells, requests } = core.table
    core.turn.begin()
    try {
      const answered = Math.max(0, this.#border.generation(generation, row, 'replaced'))
      // What the report leaves open is what was asked for, or what holds already: the fact itself always carries full terms.
      const asked = requests.find(cells[row + Field.firstRequest], answered)
      const orElse = (given: number, wanted: Float64Array, field: number) =>
        Object.is(given, Number.NaN) ? (asked >= 0 ? wanted[asked] : cells[row + field]) : given
      const quantity = orElse(quantityUnits, requests.quantity, Field.quantity)
      const price = orElse(priceUnits, requests.price, Field.price)
      const trigger = orElse(triggerUnits, requests.trigger, Field.trigger)
      if (!this.#border.areTerms(row, quantity, price, trigger)) return
      const at = this.#border.time(tsUs, row, 'replaced')
      const id = this.#border.venueOrderId(venueOrderId, row, 'replaced')
      const effective = answered === 0 ? cells[row + Field.termGeneration] : answered
      const seq = core.facts.record(RecordType.updated, row, at, (writer) => {
        writer.i32(effective)
        writer.f64(quantity)
        writer.f64(price)
        writer.f64(trigger)
        writeKey(writer, id)
      })
      const outcome = core.ledger.updated(row, effective, quantity, price, trigger, id, at, core.turn.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0)
        core.news.emit('updated', row, seq, FactSource.venue, at, {
          quantityUnits: quantity,
          priceUnits: price,
          request: answered,
        })
      this.#remarks.remark(row, outcome)
    } finally {
      core.turn.end()
    }
  }

  replaceRejected(orderNumber: number, generation: number, reason: string, tsUs: number): void {
    this.#requestRejected(orderNumber, generation, false, reason, tsUs)
  }

  cancelRejected(orderNumber: number, generation: number, reason: string, tsUs: number): void {
    this.#requestRejected(orderNumber, generation, true, reason, tsUs)
  }

  #requestRejected(orderNumber: number, generation: number, isCancel: boolean, reason: string, tsUs: number): void {
    const what = isCancel ? 'cancel rejected' : 'change rejected'
    const row = this.#border.rowOf(orderNumber, what)
    if (row < 0) return
    const { turn, facts } = this.#core
    turn.begin()
    try {
      const answered = this.#border.generation(generation, row, what)
      const at = this.#border.time(tsUs, row, what)
      if (answered < 0) return
      const outcome = facts.requestRejected(row, answered, isCancel, this.#border.reason(reason), FactSource.venue, at)
      this.#remarks.remark(row, outcome & Outcome.overfill)
    } finally {
      turn.end()
    }
  }

  /** The order is filled and does not work at its venue: whatever was still asked of it is over without effect. */
  requestsOver(orderNumber: number): void {
    const row = this.#border.rowOf(orderNumber, 'requests over')
    if (row < 0) return
    const { turn } = this.#core
    turn.begin()
    try {
      endRequests(this.#core, row, FactSource.inferred)
    } finally {
      turn.end()
    }
  }

  // ---- Ends ------------------------------------------------------------------------------------------------------------

  canceled(
    orderNumber: number,
    cumulativeUnits: number,
    reason: string,
    tsUs: number,
    source: number = FactSource.venue,
  ): void {
    this.#closed(orderNumber, false, cumulativeUnits, reason, tsUs, source)
  }

  expired(orderNumber: number, cumulativeUnits: number, tsUs: number, source: number = FactSource.venue): void {
    this.#closed(orderNumber, true, cumulativeUnits, '', tsUs, source)
  }

  #closed(
    orderNumber: number,
    isExpiry: boolean,
    cumulativeUnits: number,
    reason: string,
    tsUs: number,
    source: number,
  ): void {
    const what = isExpiry ? 'expired' : 'canceled'
    const row = this.#border.rowOf(orderNumber, what)
    if (row < 0) return
    const { turn, facts, ledger, news } = this.#core
    turn.begin()
    try {
      if (source === FactSource.venue && this.#border.isMoreThanAsked(cumulativeUnits, row, what)) {
        facts.declareUnknown(row, 'MORE_FILLED_THAN_ASKED')
        return
      }
      const at = this.#border.time(tsUs, row, what)
      const why = this.#border.reason(reason)
      this.#fills.fillUpTo(row, this.#border.cumulative(cumulativeUnits, row, what), at)
      const seq = facts.record(RecordType.closed, row, at, (writer) => {
        writer.bool(isExpiry)
        writer.u8(source)
        writer.string(why)
      })
      const outcome = ledger.closed(row, isExpiry, source, why, at, turn.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0)
        news.emit(what, row, seq, source, at, why === '' ? undefined : { reason: why })
    } finally {
      turn.end()
    }
  }

  // ---- Executions ------------------------------------------------------------------------------------------------------

  filled(
    orderNumber: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    feeCurrency: string,
    liquidity: number,
    tsUs: number,
  ): void {
    this.#fills.filled(orderNumber, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, tsUs)
  }

  /** Books a fill that was concluded from the venue's totals; see `FillIntake.infer`. */
  inferFill(
    row: number,
    exec: string,
    quantityUnits: number,
    priceUnits: number,
    basis: number,
    tsUs: number,
    liquidity: number = Liquidity.unknown,
  ): void {
    this.#fills.infer(row, exec, quantityUnits, priceUnits, basis, tsUs, liquidity)
  }

  corrected(
    orderNumber: number,
    reference: ExecKey,
    exec: ExecKey | undefined,
    quantityUnits: number,
    priceUnits: number,
    works: boolean,
    tsUs: number,
  ): void {
    this.#fills.corrected(orderNumber, reference, exec, quantityUnits, priceUnits, works, tsUs)
  }

  busted(orderNumber: number, reference: ExecKey, works: boolean, tsUs: number, source?: number): void {
    this.#fills.busted(orderNumber, reference, works, tsUs, source)
  }

  // ---- What is not sure ------------------------------------------------------------------------------------------------

  outcomeUnknown(orderNumber: number, reason: string): void {
    const row = this.#border.rowOf(orderNumber, 'unknown')
    if (row < 0) return
    const { turn, facts } = this.#core
    turn.begin()
    try {
      facts.declareUnknown(row, this.#border.reason(reason))
    } finally {
      turn.end()
    }
  }

  /** The venue says that an order which we believed over works. */
  works(orderNumber: number, tsUs: number): void {
    const row = this.#border.rowOf(orderNumber, 'works')
    if (row < 0) return
    const { table, turn, facts, ledger, news } = this.#core
    turn.begin()
    try {
      const wasOpen = table.cells[row + Field.isOpen] === 1
      const at = this.#border.time(tsUs, row, 'works')
      const seq = facts.record(RecordType.works, row, at)
      ledger.works(row, turn.nowUs, seq)
      if (!wasOpen) news.emit('reinstated', row, seq, FactSource.venue, at)
    } finally {
      turn.end()
    }
  }

  // ---- What is not ours ------------------------------------------------------------------------------------------------

  externalOrder(source: number, report: VenueOrderReport, id = report?.clientOrderId, owner = EXTERNAL): void {
    const fault = this.#isSource(source) ? orderReportFault(report, this.#allowsNegative) : 'source'
    if (fault !== undefined) {
      this.#border.refuse(-1, 0, 'external order', fault, report)
      return
    }
    this.#core.turn.begin()
    try {
      this.#external.order(source, this.#timed(report, 'external order'), id, owner)
    } finally {
      this.#core.turn.end()
    }
  }

  /** `halts` is false where the venue's answers explain where the execution comes from. */
  /** The venue listed an order of others, which is not adopted by policy: what is executed of it later is no surprise. */
  noteExternal(source: number, venueOrderId: string | number): void {
    this.#external.note(source, venueOrderId)
  }

  externalFill(source: number, report: VenueFillReport, owner = EXTERNAL, halts = true): void {
    const fault = this.#isSource(source) ? fillReportFault(report, this.#allowsNegative) : 'source'
    if (fault !== undefined) {
      this.#border.unbookable(0, -1, `its ${fault} cannot be right`, textOf(report))
      return
    }
    this.#core.turn.begin()
    try {
      this.#external.fill(source, this.#timed(report, 'external fill'), owner, halts)
    } finally {
      this.#core.turn.end()
    }
  }

  #isSource(source: number): boolean {
    return Number.isSafeInteger(source) && source >= 0 && source < this.#core.sizes.connector
  }

  readonly #allowsNegative = (instrument: number): boolean =>
    instrument < this.#core.instruments.size && hasNegativePrices(this.#core.instruments.at(instrument))

  /** A report with a time that can be right. */
  #timed<Report extends { readonly tsUs: number }>(report: Report, what: string): Report {
    const tsUs = this.#border.time(report.tsUs, -1, what)
    return tsUs === report.tsUs ? report : { ...report, tsUs }
  }

  /** Books the difference between our position and the venue's, as an execution that was concluded. */
  adjustPosition(
    source: number,
    account: string,
    instrument: number,
    owner: string,
    exec: string,
    side: 'buy' | 'sell',
    quantityUnits: number,
    priceUnits?: number,
  ): void {
    this.#external.adjust(source, account, instrument, owner, exec, side, quantityUnits, priceUnits)
  }
}
