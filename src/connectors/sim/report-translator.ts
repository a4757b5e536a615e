/** From what the venue says to what the order manager takes: reports as they come, and answers to questions. */
import type { ConnectorStatistics } from '../../connector/statistics.js'
import type { Clock } from '../../core/clock.js'
import { unitsToText } from '../../model/decimal.js'
import type { Instrument } from '../../model/instrument.js'
import type { InstrumentRegistry } from '../../model/instrument-registry.js'
import { sideOf, tifOf, typeOf } from '../../orders/codes.js'
import type { OrderReports } from '../../orders/reports.js'
import type {
  VenueAccountReport,
  VenueBalanceReport,
  VenueFillReport,
  VenueOrderReport,
  VenuePositionReport,
} from '../../orders/venue-reports.js'
import type { VenueLink } from './link.js'
import type { SimulatedVenue } from './venue.js'
import type { VenueReport } from './venue-message.js'
import type { VenueExecution, VenueOrder } from './venue-order.js'

/** What a translator works with. */
export interface ReportTranslatorOptions {
  reports: OrderReports
  instruments: InstrumentRegistry
  /** Index of the connector. */
  source: number
  clientName: string
  time: Clock
  statistics: ConnectorStatistics
}

/** Translates for one connector. */
export class ReportTranslator {
  /** The connector's line: it owns the numbers of the orders that were sent over it. */
  link: VenueLink | undefined
  readonly #options: ReportTranslatorOptions

  constructor(options: ReportTranslatorOptions) {
    this.#options = options
  }

  /** Hands a report on. */
  readonly onReport = (report: VenueReport): void => {
    const { reports } = this.#options
    const { order, tsUs } = report
    const isOwnRequest = report.requester !== undefined && report.requester === this.link?.session
    if (report.kind === 'replace_rejected' || report.kind === 'cancel_rejected') {
      if (report.kind === 'replace_rejected')
        reports.replaceRejected(report.number, report.generation, report.reason, tsUs)
      else reports.cancelRejected(report.number, report.generation, report.reason, tsUs)
      return
    }
    if (order === undefined) return
    const number = this.#numberOf(order)
    if (number === 0) {
      this.#external(report, order)
      return
    }
    if (report.kind === 'accepted') this.#accepted(order, number, tsUs)
    else if (report.kind === 'rejected') reports.rejected(number, report.reason, tsUs)
    else if (report.kind === 'triggered') reports.triggered(number, tsUs)
    else if (report.kind === 'canceled') reports.canceled(number, report.cumulativeUnits, report.reason, tsUs)
    else if (report.kind === 'expired') reports.expired(number, report.cumulativeUnits, tsUs)
    else if (report.kind === 'replaced') {
      const { quantityUnits, priceUnits, triggerUnits } = report
      const generation = isOwnRequest ? report.generation : 0
      reports.replaced(number, generation, quantityUnits, priceUnits, triggerUnits, order.venueOrderId, tsUs)
    } else this.#execution(report, number, report.execution as VenueExecution)
  }

  #accepted(order: VenueOrder, number: number, tsUs: number): void {
    const { reports, statistics, time } = this.#options
    if (order.sentNs > 0 && order.tagOwner === this.link) {
      statistics.acknowledgeLatency.record(Math.max(0, time.monotonicNs() - order.sentNs))
    }
    reports.accepted(number, order.venueOrderId, tsUs)
  }

  #execution(report: VenueReport, number: number, execution: VenueExecution): void {
    const { reports } = this.#options
    const { exec } = execution
    if (report.kind === 'correction')
      reports.corrected(number, exec, undefined, report.quantityUnits, report.priceUnits, report.works, report.tsUs)
    else if (report.kind === 'bust') reports.busted(number, exec, report.works, report.tsUs)
    else {
      reports.filled(
        number,
        exec,
        report.quantityUnits,
        report.priceUnits,
        execution.feeUnits,
        execution.feeCurrency,
        execution.liquidity,
        report.tsUs,
      )
    }
  }

  /** An order that this client never sent. */
  #external(report: VenueReport, order: VenueOrder): void {
    const { reports, source } = this.#options
    if (report.kind === 'accepted') reports.externalOrder(source, this.#orderReport(order))
    else if (report.kind === 'fill') reports.externalFill(source, this.#fillReport(report.execution as VenueExecution))
  }

  /**
   * Our number for an order; 0 when it is not ours. Numbers of orders that were sent before a restart are found by their
   * client order id.
   */
  #numberOf(order: VenueOrder): number {
    if (order.tagOwner === this.link) return order.tag
    const number = this.#options.reports.numberOf(this.#idOf(order))
    if (number > 0 && order.clientName === this.#options.clientName) {
      order.tag = number
      order.tagOwner = this.link
    }
    return number
  }

  /** Client order id as this client knows it: those of others carry their name, for they could be the same as ours. */
  #idOf(order: VenueOrder): string {
    return order.clientName === this.#options.clientName
      ? order.clientOrderId
      : `${order.clientName}:${order.clientOrderId}`
  }

  // ---- Answers -------------------------------------------------------------------------------------------------------

  /** All orders that the session sees. */
  orders(venue: SimulatedVenue): VenueOrderReport[] {
    return venue
      .orders()
      .filter(this.#isSeen)
      .map((order) => this.#orderReport(order))
  }

  /** Executions since a venue time that the session sees. */
  fills(venue: SimulatedVenue, sinceUs: number): VenueFillReport[] {
    return venue
      .executions({ sinceUs })
      .filter((execution) => this.#isSeen(execution.order))
      .map((execution) => this.#fillReport(execution))
  }

  /** Positions and cash of the session's accounts. */
  account(venue: SimulatedVenue): VenueAccountReport {
    const positions: VenuePositionReport[] = []
    const balances: VenueBalanceReport[] = []
    for (const name of this.link?.session?.accounts ?? []) {
      const account = venue.account(name)
      for (const position of account.positions.values()) {
        const average = position.averagePriceUnits
        positions.push({
          instrument: this.#indexOf(position.instrument),
          account: name,
          quantityUnits: position.quantityUnits,
          ...(Number.isNaN(average) ? {} : { averagePriceUnits: average }),
        })
      }
      for (const [currency, total] of account.cash) {
        balances.push({
          account: name,
          currency,
          total: unitsToText(total, 8),
          locked: unitsToText(account.locked.get(currency) ?? 0, 8),
        })
      }
    }
    return { positions, balances }
  }

  readonly #isSeen = (order: VenueOrder): boolean => this.link?.session?.sees(order) ?? false

  #indexOf(instrument: Instrument): number {
    const { instruments } = this.#options
    return (instruments.find(instrument.id) ?? instruments.add(instrument.definition)).index
  }

  #orderReport(order: VenueOrder): VenueOrderReport {
    const { priceUnits, triggerUnits, averagePriceUnits } = order
    return {
      clientOrderId: this.#idOf(order),
      venueOrderId: order.venueOrderId,
      instrument: this.#indexOf(order.instrument),
      account: order.accountName,
      side: sideOf(order.sideSign),
      type: typeOf(order.type),
      timeInForce: tifOf(order.timeInForce),
      quantityUnits: order.quantityUnits,
      ...(Number.isNaN(priceUnits) ? {} : { priceUnits }),
      ...(Number.isNaN(triggerUnits) ? {} : { triggerUnits }),
      cumulativeUnits: order.cumulativeUnits,
      ...(Number.isNaN(averagePriceUnits) ? {} : { averagePriceUnits }),
      state: order.state,
      ...(order.reason === '' ? {} : { reason: order.reason }),
      tsUs: order.tsUs,
    }
  }

  #fillReport(execution: VenueExecution): VenueFillReport {
    const { order } = execution
    return {
      exec: execution.exec,
      clientOrderId: this.#idOf(order),
      venueOrderId: order.venueOrderId,
      instrument: this.#indexOf(order.instrument),
      account: order.accountName,
      side: sideOf(order.sideSign),
      quantityUnits: execution.quantityUnits,
      priceUnits: execution.priceUnits,
      feeUnits: execution.feeUnits,
      feeCurrency: execution.feeCurrency,
      liquidity: execution.liquidity,
      tsUs: execution.tsUs,
    }
  }
}
