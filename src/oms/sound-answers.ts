/**
 * A venue's answers are believed as a whole or not at all: from a list in which one order has no quantity, nothing may be
 * concluded about the orders that are missing in it. An answer with a field that cannot be right is told, kept as evidence,
 * and ends the reconciliation; the connector does not become ready, and it is tried again.
 */
import { TradewireError } from '../core/errors.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'
import type { OrderCore } from './order-core.js'
import { RecordType } from './records.js'
import {
  balanceReportFault,
  fillReportFault,
  hasNegativePrices,
  isFee,
  isTime,
  orderReportFault,
  positionReportFault,
  textOf,
} from './report-faults.js'

/** The answers of one round. */
export interface RawAnswers {
  readonly orders: VenueOrderReport[]
  readonly fills: VenueFillReport[]
  readonly account: VenueAccountReport
}

/**
 * The answers as they are where they can be right; a time that cannot be, or a fee, is replaced by what is safe.
 *
 * @throws TradewireError `TW_INVALID_MODEL` naming the field.
 */
export function soundAnswers(core: OrderCore, connector: string, answers: RawAnswers): RawAnswers {
  const { instruments, clock } = core
  const nowUs = clock.wallUs()
  const allowsNegative = (index: number) => index < instruments.size && hasNegativePrices(instruments.at(index))
  const { account } = answers
  const check = <Report>(what: string, reports: readonly Report[], faultOf: (report: Report) => string | undefined) => {
    if (!Array.isArray(reports)) throw refusal(core, connector, what, 'list', reports)
    for (const report of reports) {
      const fault = faultOf(report)
      if (fault !== undefined) throw refusal(core, connector, what, fault, report)
    }
  }
  check('orders', answers.orders, (report) => orderReportFault(report, allowsNegative))
  check('fills', answers.fills, (report) => fillReportFault(report, allowsNegative))
  if (typeof account !== 'object' || account === null) throw refusal(core, connector, 'account', 'report', account)
  if (account.positions !== undefined) check('positions', account.positions, positionReportFault)
  if (account.balances !== undefined) check('balances', account.balances, balanceReportFault)
  const timed = <Report extends { readonly tsUs: number }>(report: Report): Report =>
    isTime(report.tsUs, nowUs) ? report : { ...report, tsUs: nowUs }
  return {
    account,
    orders: answers.orders.map(timed),
    fills: answers.fills.map(timed).map((fill) => (isFee(fill.feeUnits ?? Number.NaN) ? fill : withoutFee(fill))),
  }
}

function withoutFee({ feeUnits: _, ...fill }: VenueFillReport): VenueFillReport {
  return fill
}

function refusal(core: OrderCore, connector: string, what: string, field: string, report: unknown): TradewireError {
  const message = `Connector ${connector} answered for ${what} with a ${field} that cannot be right: ${textOf(report)}`
  core.turn.begin()
  try {
    core.counters.badReports++
    const writer = core.turn.recorder.begin(RecordType.badReport)
    writer.f64(0)
    writer.f64(core.turn.nowUs)
    writer.string(`${what}.${field}`)
    writer.string(textOf(report))
    core.turn.recorder.commit()
    core.turn.touch()
    core.anomaly('BAD_REPORT', 0, message)
  } finally {
    core.turn.end()
  }
  return new TradewireError('TW_INVALID_MODEL', message, { details: { connector, what, field } })
}
