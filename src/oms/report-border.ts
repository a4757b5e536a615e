/**
 * The border that reports cross: what is no report is counted, kept as evidence, told, and the venue is asked again. It
 * never throws, and nothing is booked from it.
 *
 * Where only a side issue is wrong (a time, a fee), the rest counts and the field is replaced by what is known to be safe:
 * our own time, a fee that is not known. An execution whose quantity, price or id is wrong cannot be booked: then our
 * positions may be wrong, and no new orders leave until a person has looked.
 */
import { Liquidity } from '../orders/codes.js'
import { worstCaseQuantity } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { OrderCore } from './order-core.js'
import { RecordType } from './records.js'
import { hasNegativePrices, isFee, isKey, isPrice, isQuantity, isTime, textOf } from './report-faults.js'
import { UnmatchedReports } from './unmatched.js'

/** Reports that are kept in the journal as evidence, in a session; beyond it they are counted and told, not kept. */
const maxEvidence = 1_000

/** Judges what connectors report. */
export class ReportBorder {
  readonly #core: OrderCore
  readonly #unmatched = new UnmatchedReports()
  #kept = 0

  constructor(core: OrderCore) {
    this.#core = core
  }

  /** Row of the order that a report names; -1 when there is none: then it is told once, and venues are asked. */
  rowOf(orderNumber: number, what: string): number {
    const core = this.#core
    if (typeof orderNumber !== 'number') {
      this.refuse(-1, 0, what, 'orderNumber', orderNumber)
      return -1
    }
    const row = core.table.rowOf(orderNumber)
    if (row < 0 && this.#unmatched.count(orderNumber)) {
      core.anomaly('UNKNOWN_ORDER', orderNumber, `A report (${what}) names order ${orderNumber}, which is not known`)
      core.doubt(-1)
    }
    return row
  }

  /** A report that counts for nothing because of one field. `row` -1 where the order is not known. */
  refuse(row: number, orderNumber: number, what: string, field: string, value: unknown): void {
    this.#tell(row, orderNumber, what, field, value, 'the report counts for nothing')
  }

  #tell(row: number, orderNumber: number, what: string, field: string, value: unknown, consequence: string): void {
    const core = this.#core
    core.turn.begin()
    try {
      core.counters.badReports++
      this.keep(orderNumber, `${what}.${field}`, value)
      core.anomaly(
        'BAD_REPORT',
        orderNumber,
        `A connector reported (${what}) a ${field} of order ${orderNumber} that cannot be right: ${textOf(value)}; ${consequence}`,
      )
    } finally {
      core.turn.end()
    }
    core.doubt(row < 0 ? -1 : core.table.cells[row + Field.connector])
  }

  /** Puts what was reported on record, as text. */
  keep(orderNumber: number, field: string, value: unknown): void {
    if (this.#kept >= maxEvidence) return
    this.#kept++
    const { turn } = this.#core
    const writer = turn.recorder.begin(RecordType.badReport)
    writer.f64(typeof orderNumber === 'number' ? orderNumber : 0)
    writer.f64(turn.nowUs)
    writer.string(field)
    writer.string(textOf(value))
    turn.recorder.commit()
    turn.touch()
  }

  // ---- Side issues: the report counts, with what is safe in the place of what is wrong -----------------------------------

  /** The venue time of a report; ours where that cannot be right. Call it inside a turn. */
  time(tsUs: number, row: number, what: string): number {
    const core = this.#core
    const { nowUs } = core.turn
    if (isTime(tsUs, nowUs)) return tsUs
    this.#tell(row, this.#numberOf(row), what, 'tsUs', tsUs, 'our own time stands for it')
    return nowUs
  }

  /** The venue's id of an order; undefined where it is none. */
  venueOrderId(id: string | number | undefined, row: number, what: string): string | number | undefined {
    if (id === undefined || isKey(id)) return id
    this.#tell(row, this.#numberOf(row), what, 'venueOrderId', id, 'the order goes on without it')
    return undefined
  }

  /** A fee; NaN, not known, where it is none. */
  fee(feeUnits: number, row: number): number {
    if (isFee(feeUnits)) return feeUnits
    this.#tell(row, this.#numberOf(row), 'filled', 'feeUnits', feeUnits, 'the fee counts as not known')
    return Number.NaN
  }

  /** A liquidity flag; `unknown` where it is none. Nothing depends on it but statistics. */
  liquidity(code: number): number {
    return code === Liquidity.maker || code === Liquidity.taker || code === Liquidity.auction ? code : Liquidity.unknown
  }

  /** A reason as text of bounded length. */
  reason(reason: unknown): string {
    return typeof reason === 'string' && reason.length <= 500 ? reason : textOf(reason ?? '')
  }

  /**
   * Whether a venue ends an open order with more filled than it was ever asked for, as far as we know: then it knows more of
   * the order than we do, and the end waits for what it says when it is asked.
   */
  isMoreThanAsked(units: number, row: number, what: string): boolean {
    const { table } = this.#core
    if (table.cells[row + Field.isOpen] === 0 || !Number.isSafeInteger(units) || units <= this.#most(row)) return false
    this.#tell(
      row,
      this.#numberOf(row),
      what,
      'cumulativeUnits',
      units,
      'its fate is unknown until the venue has been asked for the order and its executions',
    )
    return true
  }

  /** The most that an order may have traded: what the venue may know of as its quantity, or what is filled beyond that. */
  #most(row: number): number {
    const { table } = this.#core
    return Math.max(worstCaseQuantity(table, row), table.cells[row + Field.filled])
  }

  /** A total that the venue gives with the end of an order; NaN, not said, where it is none. */
  cumulative(units: number, row: number, what: string): number {
    if (units === undefined || Object.is(units, Number.NaN)) return Number.NaN
    if (Number.isSafeInteger(units) && units >= 0 && units <= this.#most(row)) return units
    this.#tell(
      row,
      this.#numberOf(row),
      what,
      'cumulativeUnits',
      units,
      'nothing is inferred from it; the venue is asked for the executions',
    )
    return Number.NaN
  }

  /** Whether the terms of a report can be those of an order; what cannot is refused by the field. */
  areTerms(row: number, quantity: number, price: number, trigger: number): boolean {
    const { table, instruments } = this.#core
    const { cells } = table
    const mayBeNegative = hasNegativePrices(instruments.at(cells[row + Field.instrument]))
    const isTerm = (units: number) => Object.is(units, Number.NaN) || isPrice(units, mayBeNegative)
    const fault = !isQuantity(quantity)
      ? (['quantityUnits', quantity] as const)
      : !isTerm(price)
        ? (['priceUnits', price] as const)
        : !isTerm(trigger)
          ? (['triggerUnits', trigger] as const)
          : undefined
    if (fault === undefined) return true
    this.refuse(row, cells[row], 'replaced', fault[0], fault[1])
    return false
  }

  /**
   * The request that a report answers, 0 where nobody here asked; -1, and told, for one that was never made: a number out
   * of nowhere must not use up those of the requests to come.
   */
  generation(generation: number, row: number, what: string): number {
    const { cells } = this.#core.table
    if (Number.isSafeInteger(generation) && generation >= 0 && generation < cells[row + Field.nextGeneration])
      return generation
    this.#core.anomaly(
      'REQUEST_UNKNOWN',
      cells[row],
      `A report (${what}) answers request ${textOf(generation)} of order ${cells[row]}, which was never made`,
    )
    this.#core.doubt(cells[row + Field.connector])
    return -1
  }

  #numberOf(row: number): number {
    return row < 0 ? 0 : this.#core.table.cells[row]
  }

  // ---- Executions that cannot be booked ----------------------------------------------------------------------------------

  /** An execution that is no execution: never booked, never overlooked. `why`: a clause, "its price cannot be right". */
  unbookable(orderNumber: number, row: number, why: string, report: string): void {
    const core = this.#core
    core.turn.begin()
    try {
      core.counters.badReports++
      this.keep(orderNumber, 'execution', `${why}: ${report}`)
      this.halt(orderNumber, `An execution of order ${textOf(orderNumber)} cannot be booked, ${why}: ${report}`)
    } finally {
      core.turn.end()
    }
    core.doubt(row < 0 ? -1 : core.table.cells[row + Field.connector])
  }

  /** What must never happen did: no new orders anywhere until a person has looked. */
  halt(orderNumber: number, message: string): void {
    this.#core.anomaly('UNBOOKED', orderNumber, message)
    this.#core.setTradingState('global', 0, 'HALTED', 'system', message)
  }
}

/** An execution as text: what is kept of one that cannot be booked. */
export function describeExecution(exec: ExecKey, quantityUnits: number, priceUnits: number): string {
  return `id ${textOf(exec)}, ${textOf(quantityUnits)} units at ${textOf(priceUnits)}`
}
