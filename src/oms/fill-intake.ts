/**
 * Executions: reported, corrected, taken back, or concluded from a venue's totals. An execution is booked in every state of
 * its order, once, and whatever is remarkable about it is told afterwards.
 */
import { FactSource, Liquidity } from '../orders/codes.js'
import { lifecycle } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import * as Outcome from '../orders/outcome.js'
import { findTrade } from '../orders/trade-list.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { RateFact } from '../portfolio/base-currency.js'
import type { SplitRatio } from '../portfolio/splitting.js'
import type { OrderCore } from './order-core.js'
import { RecordType, writeKey, writeRates } from './records.js'
import type { Remarks } from './remarks.js'
import { describeExecution, type ReportBorder } from './report-border.js'
import { hasNegativePrices, isKey, isName, isPrice, isQuantity, isTime, textOf } from './report-faults.js'
import { splitUnits, unsplit } from './split-book.js'

/** A position that would become larger than this is none: several would leave the safe integers. */
const maxPositionUnits = 2 ** 52

/**
 * A record for an execution of an order whose own record was taken over, or for what of it was not counted before; -1 without
 * room.
 */
export type Revive = (
  orderNumber: number,
  identity: NonNullable<ReturnType<OrderCore['identities']['find']>>,
  quantityUnits: number,
  countedUnits: number,
) => number

/** Books executions. */
export class FillIntake {
  readonly #core: OrderCore
  readonly #border: ReportBorder
  readonly #remarks: Remarks
  readonly #revive: Revive
  /** The currency that was looked up last. */
  #currency = ''
  #currencyIndex = 0

  constructor(core: OrderCore, border: ReportBorder, remarks: Remarks, revive: Revive) {
    this.#core = core
    this.#border = border
    this.#remarks = remarks
    this.#revive = revive
  }

  /** An execution of an order by its number. */
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
    const row = typeof orderNumber === 'number' ? this.#core.table.rowOf(orderNumber) : -1
    const fault = this.#faultOf(row, exec, quantityUnits, priceUnits)
    if (fault !== undefined)
      this.#border.unbookable(
        orderNumber,
        row,
        `its ${fault} cannot be right`,
        describeExecution(exec, quantityUnits, priceUnits),
      )
    else if (row < 0)
      this.#filledLate(orderNumber, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, tsUs)
    else this.book(row, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, 0, tsUs)
  }

  /** Why an execution cannot be booked; undefined when it can. */
  #faultOf(row: number, exec: ExecKey, quantityUnits: number, priceUnits: number): string | undefined {
    if (!isKey(exec)) return 'exec'
    if (!isQuantity(quantityUnits)) return 'quantityUnits'
    // What the instrument of an order beyond the history allows is asked when its record is made again.
    return isPrice(priceUnits, row < 0 || this.allowsNegative(row)) ? undefined : 'priceUnits'
  }

  /** Whether the order's instrument may trade at zero and below. */
  allowsNegative(row: number): boolean {
    const { table, instruments } = this.#core
    return hasNegativePrices(instruments.at(table.cells[row + Field.instrument]))
  }

  /**
   * Records, applies and tells an execution of an order in the table. `basis` is 0 for a real one; an inferred one says up to
   * which traded total it reaches. Id, quantity and price have passed the border.
   */
  book(
    row: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    feeCurrency: string,
    liquidity: number,
    basis: number,
    tsUs: number,
    source: number = basis > 0 ? FactSource.inferred : FactSource.venue,
  ): number {
    const core = this.#core
    const { cells } = core.table
    const late = this.#lateRatio(row, tsUs)
    const units = splitUnits(quantityUnits, late)
    // What is known already is booked already, whatever a split makes of it.
    const isKnown = late.numerator !== late.denominator && findTrade(core.table, row, exec) >= 0
    const why = !isKnown && !Number.isSafeInteger(units) ? 'a split makes a fraction of it' : undefined
    if (why !== undefined || !this.#fits(row, isKnown ? quantityUnits : units)) {
      const report = describeExecution(exec, quantityUnits, priceUnits)
      this.#border.unbookable(cells[row], row, why ?? 'the position would leave the safe integers', report)
      return 0
    }
    core.turn.begin()
    let rates: readonly RateFact[] | undefined
    try {
      const border = this.#border
      const at = border.time(tsUs, row, 'filled')
      const flag = border.liquidity(liquidity)
      const currency = this.#currencyOf(feeCurrency, row)
      const fee = currency < 0 ? Number.NaN : border.fee(feeUnits, row)
      rates = core.ledger.takeRates(row, Math.max(0, currency))
      const seq = this.#record(row, exec, quantityUnits, priceUnits, fee, Math.max(0, currency), flag, basis, at, rates)
      const isFirst = cells[row + Field.filled] === 0
      const outcome = core.ledger.trade(
        row,
        exec,
        quantityUnits,
        priceUnits,
        fee,
        Math.max(0, currency),
        flag,
        basis,
        at,
        core.turn.nowUs,
        seq,
      )
      if ((outcome & Outcome.duplicate) === 0 && (outcome & Outcome.changed) !== 0) {
        core.counters.fills++
        if (isFirst) this.#remarks.measureFill(row)
        if (source === FactSource.venue) {
          core.gate.clocks?.reported(cells[row + Field.connector], at, core.turn.nowUs)
          // The market of now says nothing about a price of before a split.
          if (units === quantityUnits) this.#remarks.priced(row, priceUnits)
        }
        if (core.splits.size > 0) this.#remarks.acrossSplit(row, exec, late, units, priceUnits)
        if (core.news.isWatched(row))
          core.news.announce('filled', row, seq, source, at, {
            exec,
            quantityUnits,
            priceUnits,
            feeUnits: fee,
            feeCurrency,
            liquidity: flag,
          })
      }
      this.#remarks.remark(row, outcome)
      return seq
    } finally {
      core.ledger.releaseRates(rates)
      core.turn.end()
    }
  }

  /** What an execution has to be multiplied by that traded before a split and comes after it. */
  #lateRatio(row: number, tsUs: number): SplitRatio {
    const { splits, table, turn } = this.#core
    if (splits.size === 0) return unsplit
    return splits.lateRatio(table, row, isTime(tsUs, turn.nowUs) ? tsUs : turn.nowUs, Number.MAX_SAFE_INTEGER)
  }

  #record(
    row: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    currency: number,
    liquidity: number,
    basis: number,
    tsUs: number,
    rates: readonly RateFact[],
  ): number {
    const { turn, table } = this.#core
    const { recorder } = turn
    const writer = recorder.begin(RecordType.trade)
    writer.f64(table.cells[row])
    writer.f64(tsUs)
    writer.f64(turn.nowUs)
    writeKey(writer, exec)
    writer.f64(quantityUnits)
    writer.f64(priceUnits)
    writer.f64(feeUnits)
    writer.u16(currency)
    writer.u8(liquidity)
    writer.f64(basis)
    writeRates(writer, rates)
    const seq = recorder.commit()
    turn.touch()
    return seq
  }

  /** Whether the sums that the execution enters stay safe integers. */
  #fits(row: number, quantityUnits: number): boolean {
    const { table, gate, ledger } = this.#core
    const { cells } = table
    const account = cells[row + Field.account]
    const instrument = cells[row + Field.instrument]
    const position = gate.exposure.position[gate.exposure.keyOf(account, instrument)]
    if (Math.abs(position) + cells[row + Field.traded] + quantityUnits > maxPositionUnits) return false
    // Strategies that hold opposite positions hide each other in the total.
    if (quantityUnits < 2 ** 40) return true
    const own = ledger.portfolio.quantityUnits(
      account,
      cells[row + Field.strategy],
      instrument,
      cells[row + Field.position],
    )
    return Math.abs(own) + quantityUnits <= maxPositionUnits
  }

  /** Index of a fee's currency; most fees are in the currency of the fee before. -1 for what is no currency. */
  #currencyOf(name: string, row: number): number {
    if (name === '') return 0
    if (name === this.#currency) return this.#currencyIndex
    const core = this.#core
    if (!isName(name) || (core.nameBook.find('currency', name) < 0 && !core.nameBook.hasRoom('currency'))) {
      core.counters.badReports++
      core.anomaly(
        'BAD_REPORT',
        core.table.cells[row],
        `The fee of an execution of order ${core.table.cells[row]} is in a currency that cannot be kept; it counts as not known`,
      )
      return -1
    }
    this.#currencyIndex = core.intern('currency', name)
    this.#currency = name
    return this.#currencyIndex
  }

  /** The venue closes an order at a total that fills seen so far do not reach: the rest is inferred until the real ones come. */
  fillUpTo(row: number, cumulativeUnits: number, tsUs: number): void {
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
      this.#core.doubt(cells[row + Field.connector])
      return
    }
    const basis = cells[row + Field.traded] + missing
    this.infer(row, `inferred-${cells[row]}-${basis}`, missing, price, basis, tsUs)
  }

  /** Books a fill that was concluded from the venue's totals. Its commission is not known. */
  infer(
    row: number,
    exec: string,
    quantityUnits: number,
    priceUnits: number,
    basis: number,
    tsUs: number,
    liquidity: number = Liquidity.unknown,
  ): void {
    this.book(row, exec, quantityUnits, priceUnits, Number.NaN, '', liquidity, basis, tsUs)
  }

  /**
   * An execution of an order whose record was taken over: booked once, with the identity that is remembered. What was booked
   * of the order before it was reported is not booked again: the price at which it was concluded stands.
   */
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
    const border = this.#border
    const identity = core.identities.find(orderNumber)
    const memory = core.identities.recall(orderNumber, exec)
    if (memory === 'booked') return
    if (identity === undefined || memory === 'forgotten') {
      border.unbookable(
        orderNumber,
        -1,
        'its order is not known any more',
        describeExecution(exec, quantityUnits, priceUnits),
      )
      return
    }
    if (!isPrice(priceUnits, hasNegativePrices(core.instruments.at(identity.instrument)))) {
      border.unbookable(
        orderNumber,
        -1,
        'its priceUnits cannot be right',
        describeExecution(exec, quantityUnits, priceUnits),
      )
      return
    }
    const counted = Math.min(quantityUnits, core.identities.concludedUnits(orderNumber))
    if (counted === quantityUnits) {
      core.identities.useConcluded(orderNumber, counted)
      core.identities.addLate(orderNumber, exec, tsUs)
      return
    }
    const units = quantityUnits - counted
    core.turn.begin()
    try {
      const row = this.#revive(orderNumber, identity, units, counted)
      if (row < 0)
        border.halt(
          orderNumber,
          `A late fill of ${units} units of order ${orderNumber} could not be booked: the order table is full`,
        )
      else {
        core.identities.useConcluded(orderNumber, counted)
        core.identities.addLate(orderNumber, exec, tsUs)
        this.book(row, exec, units, priceUnits, feeUnits, feeCurrency, liquidity, 0, tsUs)
      }
    } finally {
      core.turn.end()
    }
  }

  /** Replaces an execution. `works`: the report says that the order is working. */
  corrected(
    orderNumber: number,
    reference: ExecKey,
    exec: ExecKey | undefined,
    quantityUnits: number,
    priceUnits: number,
    works: boolean,
    tsUs: number,
  ): void {
    const row = this.#border.rowOf(orderNumber, 'corrected')
    if (row < 0) return
    const core = this.#core
    const fault = !isKey(reference)
      ? 'reference'
      : exec !== undefined && !isKey(exec)
        ? 'exec'
        : !isQuantity(quantityUnits) || !this.#fits(row, quantityUnits)
          ? 'quantityUnits'
          : isPrice(priceUnits, this.allowsNegative(row))
            ? undefined
            : 'priceUnits'
    if (fault !== undefined) {
      const report = `correction of ${textOf(reference)}: ${describeExecution(exec ?? '', quantityUnits, priceUnits)}`
      this.#border.unbookable(orderNumber, row, `its ${fault} cannot be right`, report)
      return
    }
    core.turn.begin()
    const rates = core.ledger.takeRates(row, -1)
    try {
      const at = this.#border.time(tsUs, row, 'corrected')
      const isWorking = works === true
      const seq = core.facts.record(RecordType.corrected, row, at, (writer) => {
        writeKey(writer, reference)
        writeKey(writer, exec)
        writer.f64(quantityUnits)
        writer.f64(priceUnits)
        writer.bool(isWorking)
        writeRates(writer, rates)
      })
      const { nowUs } = core.turn
      const before = lifecycle(core.table, row)
      const outcome = core.ledger.corrected(row, reference, exec, quantityUnits, priceUnits, isWorking, at, nowUs, seq)
      if ((outcome & Outcome.changed) !== 0)
        core.news.emit('fill_corrected', row, seq, FactSource.venue, at, {
          exec: reference,
          quantityUnits,
          priceUnits,
        })
      else this.#tellReinstated(row, before, seq, at)
      this.#remarks.remark(row, outcome)
    } finally {
      core.ledger.releaseRates(rates)
      core.turn.end()
    }
  }

  /** Takes an execution back. */
  busted(
    orderNumber: number,
    reference: ExecKey,
    works: boolean,
    tsUs: number,
    source: number = FactSource.venue,
  ): void {
    const row = this.#border.rowOf(orderNumber, 'busted')
    if (row < 0) return
    if (!isKey(reference)) {
      this.#border.unbookable(orderNumber, row, 'its reference cannot be right', `bust of ${textOf(reference)}`)
      return
    }
    const core = this.#core
    core.turn.begin()
    const rates = core.ledger.takeRates(row, -1)
    try {
      const at = this.#border.time(tsUs, row, 'busted')
      const isWorking = works === true
      const seq = core.facts.record(RecordType.busted, row, at, (writer) => {
        writeKey(writer, reference)
        writer.bool(isWorking)
        writeRates(writer, rates)
      })
      const before = lifecycle(core.table, row)
      const outcome = core.ledger.busted(row, reference, isWorking, at, core.turn.nowUs, seq)
      if ((outcome & Outcome.changed) !== 0) core.news.emit('fill_busted', row, seq, source, at, { exec: reference })
      else this.#tellReinstated(row, before, seq, at)
      this.#remarks.remark(row, outcome)
    } finally {
      core.ledger.releaseRates(rates)
      core.turn.end()
    }
  }

  /** What is repeated of an execution is no news, but that the order works may be. */
  #tellReinstated(row: number, before: number, seq: number, tsUs: number): void {
    const { table, news } = this.#core
    if (lifecycle(table, row) !== before) news.emit('reinstated', row, seq, FactSource.venue, tsUs)
  }
}
