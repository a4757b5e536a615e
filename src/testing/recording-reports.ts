/** Takes reports like an order manager, and keeps them for a test to look at. */
import type { OrderReports } from '../orders/reports.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { VenueFillReport, VenueOrderReport } from '../orders/venue-reports.js'

/** One report as plain data. Fields that a kind does not have are absent; NaN stays NaN. */
export interface RecordedReport {
  kind: string
  number: number
  tsUs: number
  venueOrderId?: string | number | undefined
  reason?: string
  generation?: number
  quantityUnits?: number
  priceUnits?: number
  triggerUnits?: number
  cumulativeUnits?: number
  exec?: ExecKey
  reference?: ExecKey
  feeUnits?: number
  feeCurrency?: string
  liquidity?: number
  works?: boolean
  order?: VenueOrderReport
  fill?: VenueFillReport
}

/** Keeps every report in the order of arrival. */
export class RecordingReports implements OrderReports {
  readonly reports: RecordedReport[] = []
  /** Batches closed so far; open ones. */
  turns = 0
  depth = 0
  /** Runs at the end of each outermost batch: where an order manager would deliver events. */
  onTurnEnd: (() => void) | undefined
  /** Told of every change that the venue confirms. */
  onReplaced: ((number: number, quantity: number, price: number, trigger: number) => void) | undefined
  /** Numbers by client order id, for {@link numberOf}. */
  readonly numbers = new Map<string, number>()

  /** Reports of a kind. */
  of(kind: string): RecordedReport[] {
    return this.reports.filter((report) => report.kind === kind)
  }

  /** Kinds in order of arrival, of one order or of all. */
  kinds(number?: number): string[] {
    return this.reports
      .filter((report) => number === undefined || report.number === number)
      .map((report) => report.kind)
  }

  /** Quantity filled of an order: what was reported, as corrected, less what was busted. Each execution counts once. */
  filledUnits(number: number): number {
    const fills = new Map<ExecKey, number>()
    for (const report of this.reports) {
      if (report.number !== number) continue
      if (report.kind === 'filled' && !fills.has(report.exec as ExecKey))
        fills.set(report.exec as ExecKey, report.quantityUnits as number)
      if (report.kind === 'corrected') fills.set(report.reference as ExecKey, report.quantityUnits as number)
      if (report.kind === 'busted') fills.set(report.reference as ExecKey, 0)
    }
    let sum = 0
    for (const quantity of fills.values()) sum += quantity
    return sum
  }

  accepted(number: number, venueOrderId: string | number | undefined, tsUs: number): void {
    this.#keep({ kind: 'accepted', number, venueOrderId, tsUs })
  }

  rejected(number: number, reason: string, tsUs: number): void {
    this.#keep({ kind: 'rejected', number, reason, tsUs })
  }

  triggered(number: number, tsUs: number): void {
    this.#keep({ kind: 'triggered', number, tsUs })
  }

  replaced(
    number: number,
    generation: number,
    quantityUnits: number,
    priceUnits: number,
    triggerUnits: number,
    venueOrderId: string | number | undefined,
    tsUs: number,
  ): void {
    this.#keep({ kind: 'replaced', number, generation, quantityUnits, priceUnits, triggerUnits, venueOrderId, tsUs })
    this.onReplaced?.(number, quantityUnits, priceUnits, triggerUnits)
  }

  replaceRejected(number: number, generation: number, reason: string, tsUs: number): void {
    this.#keep({ kind: 'replaceRejected', number, generation, reason, tsUs })
  }

  cancelRejected(number: number, generation: number, reason: string, tsUs: number): void {
    this.#keep({ kind: 'cancelRejected', number, generation, reason, tsUs })
  }

  canceled(number: number, cumulativeUnits: number, reason: string, tsUs: number): void {
    this.#keep({ kind: 'canceled', number, cumulativeUnits, reason, tsUs })
  }

  expired(number: number, cumulativeUnits: number, tsUs: number): void {
    this.#keep({ kind: 'expired', number, cumulativeUnits, tsUs })
  }

  filled(
    number: number,
    exec: ExecKey,
    quantityUnits: number,
    priceUnits: number,
    feeUnits: number,
    feeCurrency: string,
    liquidity: number,
    tsUs: number,
  ): void {
    this.#keep({ kind: 'filled', number, exec, quantityUnits, priceUnits, feeUnits, feeCurrency, liquidity, tsUs })
  }

  corrected(
    number: number,
    reference: ExecKey,
    exec: ExecKey | undefined,
    quantityUnits: number,
    priceUnits: number,
    works: boolean,
    tsUs: number,
  ): void {
    this.#keep({
      kind: 'corrected',
      number,
      reference,
      ...(exec === undefined ? {} : { exec }),
      quantityUnits,
      priceUnits,
      works,
      tsUs,
    })
  }

  busted(number: number, reference: ExecKey, works: boolean, tsUs: number): void {
    this.#keep({ kind: 'busted', number, reference, works, tsUs })
  }

  outcomeUnknown(number: number, reason: string): void {
    this.#keep({ kind: 'outcomeUnknown', number, reason, tsUs: 0 })
  }

  externalOrder(_source: number, order: VenueOrderReport): void {
    this.#keep({ kind: 'externalOrder', number: 0, order, tsUs: order.tsUs })
  }

  externalFill(_source: number, fill: VenueFillReport): void {
    this.#keep({ kind: 'externalFill', number: 0, fill, tsUs: fill.tsUs })
  }

  numberOf(clientOrderId: string): number {
    return this.numbers.get(clientOrderId) ?? 0
  }

  clientOrderIdOf(orderNumber: number): string | undefined {
    for (const [id, number] of this.numbers) if (number === orderNumber) return id
    return undefined
  }

  beginTurn(): void {
    this.depth++
  }

  endTurn(): void {
    if (--this.depth > 0) return
    this.turns++
    this.onTurnEnd?.()
  }

  #keep(report: RecordedReport): void {
    this.reports.push(report)
  }
}
