/** What the order plane counts: totals, refusals by their code, anomalies by their kind. */
import { denialCode } from '../risk/controls.js'

/** Totals since the start. */
export interface OrderCounters {
  submitted: number
  denied: number
  fills: number
  cancels: number
  anomalies: number
  listenerErrors: number
  sendFailures: number
  /** Reports with a field that cannot be right. */
  badReports: number
}

/** Totals with what they are made of. */
export interface OrderStatisticsReport extends OrderCounters {
  /** Orders and changes refused on our own side, by reason code. */
  readonly denialsByCode: Readonly<Record<string, number>>
  /** Anomalies by kind. */
  readonly anomaliesByKind: Readonly<Record<string, number>>
}

/** Kinds that get a count of their own; kinds come from the code, so that more of them than this mean a mistake. */
const maxKinds = 256

/** Counts. Cheap enough for every order; the report is made when somebody asks. */
export class OrderStatistics {
  readonly counters: OrderCounters = {
    submitted: 0,
    denied: 0,
    fills: 0,
    cancels: 0,
    anomalies: 0,
    listenerErrors: 0,
    sendFailures: 0,
    badReports: 0,
  }
  readonly #denials = new Float64Array(256)
  readonly #anomalies = new Map<string, number>()

  /** An order was refused or taken back, for a reason as in `denialCode`. */
  denial(reason: number): void {
    this.counters.denied++
    this.#denials[reason & 255]++
  }

  /** A change was refused on our own side: it counts by its code; the order stays as it is. */
  changeDenial(reason: number): void {
    this.#denials[reason & 255]++
  }

  /** Something happened that should not. */
  anomaly(kind: string): void {
    this.counters.anomalies++
    const known = this.#anomalies.get(kind)
    if (known !== undefined || this.#anomalies.size < maxKinds) this.#anomalies.set(kind, (known ?? 0) + 1)
  }

  /** Everything counted so far, codes and kinds in the order of the alphabet. */
  report(): OrderStatisticsReport {
    const denials: [string, number][] = []
    this.#denials.forEach((count, reason) => {
      if (count > 0) denials.push([denialCode(reason), count])
    })
    return {
      ...this.counters,
      denialsByCode: sorted(denials),
      anomaliesByKind: sorted([...this.#anomalies]),
    }
  }
}

function sorted(entries: [string, number][]): Record<string, number> {
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
