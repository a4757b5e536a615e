/** What is remarkable about a fact once it is applied: told as an anomaly, and trading stops where that is the rule. */
import { unitsToText } from '../model/decimal.js'
import * as Field from '../orders/order-fields.js'
import * as Outcome from '../orders/outcome.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { SplitRatio } from '../portfolio/splitting.js'
import { FillFault } from '../risk/fill-check.js'
import type { OrderCore } from './order-core.js'
import type { ReportBorder } from './report-border.js'
import { splitPrice } from './split-book.js'

/** What the venue is asked about at once. */
const doubtful =
  Outcome.afterReject | Outcome.fillConflict | Outcome.requestWindow | Outcome.poolFull | Outcome.overfill

/** Turns outcomes of the fold into anomalies, halts and questions; measures how long answers took. */
export class Remarks {
  readonly #core: OrderCore
  readonly #border: ReportBorder
  readonly #onOverfill: 'halt' | 'alert'

  constructor(core: OrderCore, border: ReportBorder, onOverfill: 'halt' | 'alert') {
    this.#core = core
    this.#border = border
    this.#onOverfill = onOverfill
  }

  /** Tells what was remarkable about an event, and stops trading where that is the rule. */
  remark(row: number, outcome: number): void {
    if ((outcome & ~(Outcome.changed | Outcome.duplicate)) === 0) return
    const core = this.#core
    const number = core.table.cells[row]
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
      this.#border.halt(number, `The trade pool is full: an execution of order ${number} could not be kept`)
    if ((outcome & Outcome.overfill) !== 0) this.#overfilled(row, number)
    if ((outcome & doubtful) !== 0) core.doubt(core.table.cells[row + Field.connector])
  }

  #overfilled(row: number, number: number): void {
    const core = this.#core
    core.anomaly('OVERFILL', number, `Order ${number} was filled for more than its quantity; the fill counts`)
    if (this.#onOverfill === 'halt')
      core.setTradingState(
        'instrument',
        core.table.cells[row + Field.instrument],
        'HALTED',
        'system',
        `overfill of order ${number}`,
      )
  }

  /** An execution of an order that is older than a split: told in which terms it counts. `units`: as it was booked. */
  acrossSplit(row: number, exec: ExecKey, ratio: SplitRatio, units: number, priceUnits: number): void {
    const core = this.#core
    const { numerator, denominator } = ratio
    const split = core.splits.latest(core.table, row, numerator !== denominator)
    if (split === undefined) return
    const number = core.table.cells[row]
    const instrument = core.instruments.at(split.instrument)
    const price = unitsToText(splitPrice(priceUnits, ratio), instrument.priceScale)
    core.anomaly(
      'SPLIT_TERMS',
      number,
      numerator === denominator
        ? `Execution ${exec} of order ${number}, which is older than split ${split.id}, traded after it: it counts as reported`
        : `Execution ${exec} of order ${number} traded before split ${split.id} and came after it: it counts ${numerator}:${denominator}, as ${instrument.quantityText(units)} at ${price}`,
    )
  }

  /** An execution was booked at a price, in units: told where that should not be. Concluded ones have no price of their own. */
  priced(row: number, priceUnits: number): void {
    const core = this.#core
    const fault = core.gate.fillFault(row, priceUnits, core.turn.nowUs)
    if (fault === FillFault.none) return
    const { cells } = core.table
    const price = unitsToText(priceUnits, core.instruments.at(cells[row + Field.instrument]).priceScale)
    if (fault === FillFault.limit)
      core.anomaly('FILL_BEYOND_LIMIT', cells[row], `Order ${cells[row]} was filled at ${price}, worse than its limit`)
    else
      core.anomaly(
        'FILL_OUTSIDE_COLLAR',
        cells[row],
        `Order ${cells[row]} was filled at ${price}, outside of the collar around the reference`,
      )
  }

  /** The venue acknowledged an order, at a time of its own: how long that took, and how far its clock is from ours. */
  measureAcknowledgement(row: number, tsUs: number): void {
    const elapsedNs = this.#elapsedNs(row)
    if (elapsedNs < 0) return
    const core = this.#core
    const { cells } = core.table
    core.gate.clocks?.acknowledged(cells[row + Field.connector], tsUs, cells[row + Field.createdUs], core.turn.nowUs)
    core.latency.submitToAck.record(elapsedNs)
    core.connectors[core.table.cells[row + Field.connector]]?.statistics.acknowledgeLatency.record(elapsedNs)
  }

  /** The venue filled an order for the first time: how long that took. */
  measureFill(row: number): void {
    const elapsedNs = this.#elapsedNs(row)
    if (elapsedNs < 0) return
    this.#core.latency.submitToFill.record(elapsedNs)
    this.#core.table.cells[row + Field.sentNs] = 0
  }

  /** Since the order was submitted in this session; -1 for any other. */
  #elapsedNs(row: number): number {
    const sent = this.#core.table.cells[row + Field.sentNs]
    return sent === 0 ? -1 : Math.max(0, this.#core.clock.monotonicNs() - sent)
  }
}
