/**
 * What connectors report, recorded and applied in the order in which it arrives.
 *
 * A report about an order that is gone from the table, or that never was there, is not dropped: an execution is booked to
 * an external order made for it.
 */

import { FactSource, Liquidity } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import * as Outcome from '../orders/outcome.js'
import type { OrderReports } from '../orders/reports.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import { EXTERNAL, ExternalOrders, type ExternalPolicy } from './external-orders.js'
import type { OrderCore } from './order-core.js'
import { RecordType, writeKey } from './records.js'
import { UnmatchedReports } from './unmatched.js'

/** Takes the reports of all connectors. */
export class ReportIntake implements OrderReports {
  readonly #core: OrderCore
  readonly #onOverfill: 'halt' | 'alert'
  readonly #unmatched: UnmatchedReports
  readonly externalPolicy: ExternalPolicy
  readonly #external: ExternalOrders
  /** The currency that was looked up last. */
  #currency = ''
  #currencyIndex = 0
  constructor(core: OrderCore, options: { onOverfill?: 'halt' | 'alert'; external?: ExternalPolicy } = {}) {
    this.#core = core
    this.#onOverfill = options.onOverfill ?? 'halt'
    this.externalPolicy = options.external ?? 'adopt'
    this.#external = new ExternalOrders(
      core,
      {
        accepted: (...report) => this.accepted(...report),
        filled: (...report) => this.filled(...report),
        replaced: (...report) => this.replaced(...report),
        trade: (...report) => this.#trade(...report),
        halt: (...report) => this.#halt(...report),
      },
      this.externalPolicy,
    )
    this.#unmatched = new UnmatchedReports()
  }

  beginTurn(): void {
    this.#core.beginTurn()
  }

  endTurn(): void {
    this.#core.endTurn()
  }

  numberOf(clientOrderId: string): number {
    return this.#core.ids.numberOf(clientOrderId)
  }

  accepted(orderNumber: number, venueOrderId: string | number | undefined, tsUs: number): void {
    const row = this.#rowOf(orderNumber, 'accepted')
    if (row < 0) return
    const core = this.#core
    core.beginTurn()
    try {
      const writer = core.recorder.begin(RecordType.accepted)
      writer.f64(orderNumber)
      writer.f64(tsUs)
      writer.f64(core.nowUs)
      writeKey(writer, venueOrderId)
      const seq = core.recorder.commit()
      core.touch()
      const outcome = core.ledger.accepted(row, venueOrderId, core.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0) {
        this.#measure(row, core.latency.submitToAck, false)
        core.emit('accepted', row, seq, FactSource.venue, tsUs)
      }
      this.#remark(row, outcome)
    } finally {
      core.endTurn()
    }
  }

  rejected(orderNumber: number, reason: string, tsUs: number, source: number = FactSource.venue): void {
    const row = this.#rowOf(orderNumber, 'rejected')
    if (row < 0) return
    const core = this.#core
    core.beginTurn()
    try {
      const seq = core.fact(RecordType.rejected, row, tsUs, (writer) => {
        writer.u8(source)
        writer.string(reason)
      })
      const outcome = core.ledger.rejected(row, source, reason, core.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0) core.emit('rejected', row, seq, source, tsUs, { reason })
      if (core.table.cells[row + Field.filled] > 0)
        core.anomaly(
          'REJECTED_AFTER_FILL',
          orderNumber,
          `Order ${orderNumber} was rejected although it has fills; the venue has to be asked`,
        )
    } finally {
      core.endTurn()
    }
  }

  triggered(orderNumber: number, tsUs: number): void {
    const row = this.#rowOf(orderNumber, 'triggered')
    if (row < 0) return
    const core = this.#core
    core.beginTurn()
    try {
      const seq = core.fact(RecordType.triggered, row, tsUs)
      if ((core.ledger.triggered(row, core.nowUs, seq) & Outcome.changed) !== 0)
        core.emit('triggered', row, seq, FactSource.venue, tsUs)
    } finally {
      core.endTurn()
    }
  }

  replaced(
    orderNumber: number,
    generation: number,
    quantityUnits: number,
    priceUnits: number,
    triggerUnits: number,
    venueOrderId: string | number | undefined,
    tsUs: number,
  ): void {
    const row = this.#rowOf(orderNumber, 'replaced')
    if (row < 0) return
    const core = this.#core
    const { cells, requests } = core.table
    core.beginTurn()
    try {
      // What the report leaves open is what was asked for, or what holds already: the fact itself always carries full terms.
      const asked = requests.find(cells[row + Field.firstRequest], generation)
      const orElse = (given: number, wanted: Float64Array, field: number) =>
        Number.isNaN(given) ? (asked >= 0 ? wanted[asked] : cells[row + field]) : given
      const quantity = orElse(quantityUnits, requests.quantity, Field.quantity)
      const price = orElse(priceUnits, requests.price, Field.price)
      const trigger = orElse(triggerUnits, requests.trigger, Field.trigger)
      if (
        !(Number.isSafeInteger(quantity) && quantity > 0) ||
        !(Number.isNaN(price) || Number.isSafeInteger(price)) ||
        !(Number.isNaN(trigger) || Number.isSafeInteger(trigger))
      ) {
        core.anomaly(
          'BAD_REPORT',
          orderNumber,
          `A connector reported terms of order ${orderNumber} that are none: ${quantity} units at ${price}, trigger ${trigger}`,
        )
        return
      }
      const effective = generation === 0 ? cells[row + Field.termGeneration] : generation
      const seq = core.fact(RecordType.updated, row, tsUs, (writer) => {
        writer.i32(effective)
        writer.f64(quantity)
        writer.f64(price)
        writer.f64(trigger)
        writeKey(writer, venueOrderId)
      })
      const outcome = core.ledger.updated(row, effective, quantity, price, trigger, venueOrderId, tsUs, core.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0)
        core.emit('updated', row, seq, FactSource.venue, tsUs, { quantityUnits: quantity, priceUnits: price })
      this.#remark(row, outcome)
    } finally {
      core.endTurn()
    }
  }

  replaceRejected(orderNumber: number, generation: number, reason: string, tsUs: number): void {
    this.#requestRejected(orderNumber, generation, false, reason, tsUs)
  }

  cancelRejected(orderNumber: number, generation: number, reason: string, tsUs: number): void {
    this.#requestRejected(orderNumber, generation, true, reason, tsUs)
  }

  #requestRejected(orderNumber: number, generation: number, isCancel: boolean, reason: string, tsUs: number): void {
    const row = this.#rowOf(orderNumber, isCancel ? 'cancel rejected' : 'change rejected')
    if (row < 0) return
    this.#core.beginTurn()
    try {
      this.#core.requestRejected(row, generation, isCancel, reason, FactSource.venue, tsUs)
    } finally {
      this.#core.endTurn()
    }
  }

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
    const row = this.#rowOf(orderNumber, 'closed')
    if (row < 0) return
    const core = this.#core
    core.beginTurn()
    try {
      this.#fillUpTo(row, cumulativeUnits, tsUs)
      const seq = core.fact(RecordType.closed, row, tsUs, (writer) => {
        writer.bool(isExpiry)
        writer.u8(source)
        writer.string(reason)
      })
      const outcome = core.ledger.closed(row, isExpiry, source, reason, tsUs, core.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0)
        core.emit(isExpiry ? 'expired' : 'canceled', row, seq, source, tsUs, reason === '' ? undefined : { reason })
    } finally {
      core.endTurn()
    }
  }

  /** The venue closes an order at a total that fills seen so far do not reach: the rest is inferred until the real ones come. */
  #fillUpTo(row: number, cumulativeUnits: number, tsUs: number): void {
    const { cells } = this.#core.table
    const missing = cumulativeUnits - cells[row + Field.filled]
    if (!(missing > 0)) return
    const price = cells[row + Field.price]
    if (Number.isNaN(price)) {
      this.#core.anomaly(
        'FILLS_MISSING',
        cells[row],
        `The venue closed order ${cells[row]} with more filled than was reported, and there is no price to infer from`,
      )
      return
    }
    const basis = cells[row + Field.traded] + missing
    this.inferFill(row, `inferred-${cells[row]}-${basis}`, missing, price, basis, tsUs)
  }

  /** Books a fill that was concluded from the venue's totals. Its commission is not known. */
  inferFill(
    row: number,
    exec: string,
    quantityUnits: number,
    priceUnits: number,
    basis: number,
    tsUs: number,
    liquidity: number = Liquidity.unknown,
  ): void {
    this.#trade(row, exec, quantityUnits, priceUnits, Number.NaN, '', liquidity, basis, tsUs)
  }

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
    const { table } = this.#core
    const row = table.rowOf(orderNumber)
    if (
      !this.#isBookable(
        orderNumber,
        exec,
        quantityUnits,
        priceUnits,
        row < 0 ? -1 : table.cells[row + Field.instrument],
      )
    )
      return
    if (row < 0) this.#filledLate(orderNumber, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, tsUs)
    else this.#trade(row, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, 0, tsUs)
  }

  /** An execution that is no execution is never booked, and never overlooked. */
  #isBookable(
    orderNumber: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    instrument: number,
  ): boolean {
    const hasId = typeof exec === 'number' ? Number.isSafeInteger(exec) : typeof exec === 'string' && exec !== ''
    const isInverse =
      instrument >= 0 && instrument < this.#core.instruments.size && this.#core.instruments.at(instrument).isInverse
    if (
      hasId &&
      Number.isSafeInteger(quantityUnits) &&
      quantityUnits > 0 &&
      Number.isSafeInteger(priceUnits) &&
      (priceUnits > 0 || !isInverse)
    )
      return true
    this.#halt(
      orderNumber,
      `A connector reported an execution that cannot be booked: id ${String(exec)}, ${quantityUnits} units at ${priceUnits}; units are whole numbers in the instrument's scale`,
    )
    return false
  }

  /** Most fees are in the currency of the fee before. */
  #currencyOf(name: string): number {
    if (name !== this.#currency) {
      this.#currencyIndex = this.#core.intern('currency', name)
      this.#currency = name
    }
    return this.#currencyIndex
  }

  #trade(
    row: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    feeCurrency: string,
    liquidity: number,
    basis: number,
    tsUs: number,
  ): void {
    const core = this.#core
    core.beginTurn()
    try {
      const currency = feeCurrency === '' ? 0 : this.#currencyOf(feeCurrency)
      const writer = core.recorder.begin(RecordType.trade)
      writer.f64(core.table.cells[row])
      writer.f64(tsUs)
      writer.f64(core.nowUs)
      writeKey(writer, exec)
      writer.f64(quantityUnits)
      writer.f64(priceUnits)
      writer.f64(feeUnits)
      writer.u16(currency)
      writer.u8(liquidity)
      writer.f64(basis)
      const seq = core.recorder.commit()
      core.touch()
      const isFirst = core.table.cells[row + Field.filled] === 0
      const outcome = core.ledger.trade(
        row,
        exec,
        quantityUnits,
        priceUnits,
        feeUnits,
        currency,
        liquidity,
        basis,
        tsUs,
        core.nowUs,
        seq,
      )
      if ((outcome & Outcome.duplicate) === 0 && (outcome & Outcome.changed) !== 0) {
        core.counters.fills++
        if (isFirst) this.#measure(row, core.latency.submitToFill, true)
        const source = basis > 0 ? FactSource.inferred : FactSource.venue
        if (core.isWatched(row))
          core.announce('filled', row, seq, source, tsUs, {
            exec,
            quantityUnits,
            priceUnits,
            feeUnits,
            feeCurrency,
            liquidity,
          })
      }
      this.#remark(row, outcome)
    } finally {
      core.endTurn()
    }
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
    const row = this.#rowOf(orderNumber, 'corrected')
    if (row < 0) return
    const core = this.#core
    core.beginTurn()
    try {
      const seq = core.fact(RecordType.corrected, row, tsUs, (writer) => {
        writeKey(writer, reference)
        writeKey(writer, exec)
        writer.f64(quantityUnits)
        writer.f64(priceUnits)
        writer.bool(works)
      })
      const outcome = core.ledger.corrected(
        row,
        reference,
        exec,
        quantityUnits,
        priceUnits,
        works,
        tsUs,
        core.nowUs,
        seq,
      )
      if ((outcome & Outcome.changed) !== 0)
        core.emit('fill_corrected', row, seq, FactSource.venue, tsUs, { exec: reference, quantityUnits, priceUnits })
      this.#remark(row, outcome)
    } finally {
      core.endTurn()
    }
  }

  busted(
    orderNumber: number,
    reference: ExecKey,
    works: boolean,
    tsUs: number,
    source: number = FactSource.venue,
  ): void {
    const row = this.#rowOf(orderNumber, 'busted')
    if (row < 0) return
    const core = this.#core
    core.beginTurn()
    try {
      const seq = core.fact(RecordType.busted, row, tsUs, (writer) => {
        writeKey(writer, reference)
        writer.bool(works)
      })
      const outcome = core.ledger.busted(row, reference, works, tsUs, core.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0) core.emit('fill_busted', row, seq, source, tsUs, { exec: reference })
      this.#remark(row, outcome)
    } finally {
      core.endTurn()
    }
  }

  outcomeUnknown(orderNumber: number, reason: string): void {
    const row = this.#rowOf(orderNumber, 'unknown')
    if (row < 0) return
    this.#core.beginTurn()
    try {
      this.#core.declareUnknown(row, reason)
    } finally {
      this.#core.endTurn()
    }
  }

  /** The venue says that an order which we believed over works. */
  works(orderNumber: number, tsUs: number): void {
    const row = this.#rowOf(orderNumber, 'works')
    if (row < 0) return
    const core = this.#core
    core.beginTurn()
    try {
      const wasOpen = core.table.cells[row + Field.isOpen] === 1
      const seq = core.fact(RecordType.works, row, tsUs)
      core.ledger.works(row, core.nowUs, seq)
      if (!wasOpen) core.emit('reinstated', row, seq, FactSource.venue, tsUs)
    } finally {
      core.endTurn()
    }
  }

  externalOrder(source: number, report: VenueOrderReport, id = report.clientOrderId, owner = EXTERNAL): void {
    this.#external.order(source, report, id, owner)
  }

  /** `halts` is false where the venue's answers explain where the execution comes from. */
  externalFill(source: number, report: VenueFillReport, owner = EXTERNAL, halts = true): void {
    if (!this.#isBookable(0, report.exec, report.quantityUnits, report.priceUnits, report.instrument)) return
    this.#external.fill(source, report, owner, halts)
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

  /** An execution of an order whose record was taken over: booked once, with the identity that is remembered. */
  #filledLate(
    orderNumber: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    feeCurrency: string,
    liquidity: number,
    tsUs: number,
  ): void {
    const core = this.#core
    const identity = core.identities.find(orderNumber)
    const memory = core.identities.recall(orderNumber, exec)
    if (memory === 'booked') return
    if (identity === undefined || memory === 'forgotten') {
      this.#halt(
        orderNumber,
        `A fill of ${quantityUnits} units names order ${orderNumber}, which is not known any more; it could not be booked`,
      )
      return
    }
    core.beginTurn()
    try {
      const row = this.#external.revive(orderNumber, identity, quantityUnits)
      if (row < 0)
        this.#halt(
          orderNumber,
          `A late fill of ${quantityUnits} units of order ${orderNumber} could not be booked: the order table is full`,
        )
      else {
        core.identities.addLate(orderNumber, exec)
        this.#trade(row, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, 0, tsUs)
      }
    } finally {
      core.endTurn()
    }
  }

  #rowOf(orderNumber: number, what: string): number {
    const row = this.#core.table.rowOf(orderNumber)
    if (row < 0 && this.#unmatched.count(orderNumber)) {
      this.#core.anomaly(
        'UNKNOWN_ORDER',
        orderNumber,
        `A report (${what}) names order ${orderNumber}, which is not known`,
      )
    }
    return row
  }

  #measure(row: number, histogram: { record(valueNs: number): void }, isLast: boolean): void {
    const { cells } = this.#core.table
    const sent = cells[row + Field.sentNs]
    if (sent === 0) return
    const elapsedNs = Math.max(0, this.#core.clock.monotonicNs() - sent)
    histogram.record(elapsedNs)
    if (!isLast) this.#core.connectors[cells[row + Field.connector]]?.statistics.acknowledgeLatency.record(elapsedNs)
    if (isLast) cells[row + Field.sentNs] = 0
  }

  /** Tells what was remarkable about an event, and stops trading where that is the rule. */
  #remark(row: number, outcome: number): void {
    if ((outcome & ~(Outcome.changed | Outcome.duplicate)) === 0) return
    const core = this.#core
    const { cells } = core.table
    const number = cells[row]
    if ((outcome & Outcome.lateFill) !== 0)
      core.anomaly('LATE_FILL', number, `Order ${number} was filled after it was closed; the fill counts`)
    if ((outcome & Outcome.afterReject) !== 0)
      core.anomaly('AFTER_REJECT', number, `Order ${number} lives although the venue had rejected it`)
    if ((outcome & Outcome.fillConflict) !== 0)
      core.anomaly(
        'FILL_CONFLICT',
        number,
        `An execution of order ${number} was reported again with other terms; the first stands until the venue is asked`,
      )
    if ((outcome & Outcome.requestWindow) !== 0)
      core.anomaly('REQUEST_UNKNOWN', number, `A report answers a request of order ${number} that was never made`)
    if ((outcome & Outcome.poolFull) !== 0)
      this.#halt(number, `The trade pool is full: an execution of order ${number} could not be kept`)
    if ((outcome & Outcome.overfill) !== 0) {
      core.anomaly('OVERFILL', number, `Order ${number} was filled for more than its quantity; the fill counts`)
      if (this.#onOverfill === 'halt')
        core.setTradingState(
          'instrument',
          cells[row + Field.instrument],
          'HALTED',
          'system',
          `overfill of order ${number}`,
        )
    }
  }

  /** What must never happen did: no new orders anywhere until a person has looked. */
  #halt(orderNumber: number, message: string): void {
    this.#core.anomaly('UNBOOKED', orderNumber, message)
    this.#core.setTradingState('global', 0, 'HALTED', 'system', message)
  }
}
