/**
 * The drop copies of a system: executions as a second, independent line tells them, compared with our books.
 *
 *   a connector of its own  ─► its reports ──────────┐
 *   a line of the connector ─► host.dropCopy ────────┼─► comparison by connector ─► drift: event, count, halt
 *   the host (a file, REST) ─► take(connector, …) ───┘            ▲                 └─► the venue is asked
 *   order events ─► executions of the order, as the books hold them
 *
 * Nothing is booked from a drop copy. What it tells and the books lack makes the system ask the venue, which books it.
 */
import type { DropCopySink } from '../../connector/drop-copy-sink.js'
import { TradewireError } from '../../core/errors.js'
import type { TimerHandle } from '../../core/scheduler.js'
import type { Time } from '../../core/time.js'
import { extentOf } from '../../math/extent.js'
import * as Field from '../../orders/order-fields.js'
import type { OrderReports } from '../../orders/reports.js'
import type { VenueFillReport } from '../../orders/venue-reports.js'
import { compareExecutions, type LineExecution } from '../../reconcile/drop-copy.js'
import type { DriftPolicy } from '../drift.js'
import type { OrderCore } from '../order-core.js'
import type { OrderEvent } from '../order-event.js'
import { fillReportFault, textOf } from '../report-faults.js'
import { copyReports } from './copy-reports.js'
import { type DropCopyExecution, toLineExecution } from './drop-copy-execution.js'
import {
  type DropCopyDifferenceReport,
  type DropCopyReport,
  differenceReport,
  dropCopyReport,
} from './drop-copy-report.js'
import { type DropCopyDifference, LineComparison, type LineRules } from './line-comparison.js'
import { executionsOver, ownExecutions } from './own-executions.js'

/** How drop copies are compared. */
export interface DropCopyOptions {
  /** How long either side may take to tell what the other one told; 5,000 unless given. */
  readonly graceMs?: number
  /** How often both sides are compared; 1,000 unless given. */
  readonly everyMs?: number
  /** What a difference leads to beside being told; `alert` unless given. */
  readonly onDifference?: DriftPolicy
  /** `terms`: executions whose ids differ on the two lines are paired by order, side, quantity and price; `id` unless given. */
  readonly matching?: 'id' | 'terms'
  /** Executions kept a side and connector; 65,536 unless given. */
  readonly remembered?: number
}

/** What a desk works with. */
export interface DropCopyParts {
  readonly core: OrderCore
  readonly time: Time
  readonly options: DropCopyOptions
  /** Names of the connectors that are compared. */
  readonly connectors: readonly string[]
  /** Whether executions of orders of others are in our books. */
  readonly booksExternal: boolean
  /** Something was found, or is over. */
  readonly onReport: (report: DropCopyReport) => void
}

/** Executions handed in, and the time up to which nothing is missing among them. */
export interface TakeOptions {
  /** Epoch microseconds, the venue's clock: from here on all executions are told; the earliest one unless given. */
  readonly sinceUs?: number
  /** Up to here all are told; the latest one unless given. */
  readonly throughUs?: number
}

const restating = new Set(['filled', 'fill_corrected', 'fill_busted', 'canceled', 'expired', 'rejected'])

/** Orders whose executions are read when so many have changed, if no round comes before. */
const mostDirty = 256

/** See the file's header. */
export class DropCopyDesk {
  readonly #parts: DropCopyParts
  readonly #rules: LineRules
  readonly #lines = new Map<string, LineComparison>()
  readonly #dirty = new Set<number>()
  #timer: TimerHandle | undefined
  #stopListening: (() => void) | undefined

  constructor(parts: DropCopyParts) {
    const { graceMs = 5_000, matching = 'id', remembered = 65_536 } = parts.options
    this.#parts = parts
    this.#rules = { graceUs: graceMs * 1_000, matching, remembered, ownOnly: !parts.booksExternal }
    if (parts.connectors.length === 0) return
    this.#stopListening = parts.core.events.on('order', (event) => this.#onOrder(event))
  }

  /** Compares again and again from now on. */
  start(): void {
    const { connectors, time, options } = this.#parts
    if (connectors.length > 0) this.#timer = time.every(options.everyMs ?? 1_000, () => this.compareAll())
  }

  /** Names of the connectors that are compared. */
  get connectors(): readonly string[] {
    return this.#parts.connectors
  }

  /** Ends the comparisons. */
  close(): void {
    this.#timer?.cancel()
    this.#stopListening?.()
  }

  /** Where a connector hands what its own second line tells; undefined for one that is not compared. */
  sink(connector: string): DropCopySink | undefined {
    if (!this.#parts.connectors.includes(connector)) return undefined
    return {
      executed: (fill) => this.#told(connector, fill),
      corrected: (reference, fill) => this.#told(connector, { ...fill, exec: reference, aliases: [fill.exec] }),
      busted: (reference, fill) => this.#told(connector, { ...fill, exec: reference, isBusted: true }),
      line: (isUp) => this.#line(connector).setUp(isUp, this.#nowUs(), this.#parts.time.wallUs()),
    }
  }

  /** What a connector that is a drop copy of `connector` reports to, in the place of the books. */
  reportsOf(connector: string): OrderReports {
    const sink = this.sink(connector)
    if (sink === undefined) throw unknownLine(connector, this.#parts.connectors)
    return copyReports(this.#parts.core, sink)
  }

  /**
   * Takes executions that the host was told over a line of its own: a file of the broker, a REST call. The same again changes
   * nothing; a later report of the same execution takes the place of the earlier one.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` naming the field, or for a connector whose option `dropCopy.lines` is not set;
   * `TW_UNKNOWN_INSTRUMENT`. Nothing is taken then.
   */
  take(connector: string, executions: readonly DropCopyExecution[], options: TakeOptions = {}): void {
    const line = this.#line(connector)
    const taken = executions.map((each) => toLineExecution(this.#parts.core, each))
    const { least, greatest } = extentOf(taken.map(({ tsUs }) => tsUs))
    const { sinceUs = least, throughUs = greatest } = options
    const known = line.coverage
    if (sinceUs <= throughUs)
      line.coverage = {
        sinceUs: Math.min(known?.sinceUs ?? sinceUs, sinceUs),
        throughUs: Math.max(known?.throughUs ?? throughUs, throughUs),
      }
    for (const each of taken) this.#put(line, each)
  }

  /** Compares all connectors now. */
  compareAll(): void {
    this.#readDirty()
    for (const connector of this.#lines.keys()) this.#round(connector)
  }

  /**
   * Compares a connector now, and says how it stands: executions that either side told within the grace wait.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` for a connector that is not compared.
   */
  compare(connector: string): DropCopyReport {
    const line = this.#line(connector)
    this.#readDirty()
    this.#round(connector)
    return dropCopyReport(this.#parts.core, connector, line)
  }

  /**
   * Compares a complete list of a period, such as a broker's file of the day, with what the table of orders holds of it. Needs
   * no option. What differs is told as drift, every time.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` naming the field, `TW_UNKNOWN_INSTRUMENT`.
   */
  compareList(
    connector: string,
    executions: readonly DropCopyExecution[],
    { sinceUs, untilUs }: { sinceUs?: number; untilUs?: number } = {},
  ): DropCopyReport {
    const { core } = this.#parts
    const index = this.#indexOf(connector)
    const theirs = executions.map((each) => toLineExecution(core, each))
    const { least, greatest } = extentOf(theirs.map(({ tsUs }) => tsUs))
    const from = sinceUs ?? least
    const to = untilUs ?? greatest
    const isWithin = ({ tsUs }: LineExecution) => tsUs >= from && tsUs <= to
    const told = uniqueIn(theirs)
    const ids = new Set(told.map(({ exec }) => String(exec)))
    // An execution that both tell with other times is compared all the same.
    const ours = [...executionsOver(core, index)].filter((own) => isWithin(own) || ids.has(String(own.exec)))
    const result = compareExecutions(
      ours,
      told.filter((each) => isWithin(each) || ids.has(String(each.exec))),
      this.#rules.matching,
    )
    const differences: DropCopyDifference[] = [
      ...result.missingHere.map((each) => ({ kind: 'missing_here' as const, theirs: each, fields: [] })),
      ...result.missingThere.map((each) => ({ kind: 'missing_there' as const, ours: each, fields: [] })),
      ...result.differing.map((pair) => ({ kind: 'differs' as const, ...pair })),
    ]
    this.#tell(connector, differences)
    const line = new LineComparison(core, index, this.#rules)
    line.coverage = { sinceUs: from, throughUs: to }
    line.matched = result.matched.length
    return dropCopyReport(core, connector, line, differences)
  }

  #line(connector: string): LineComparison {
    const known = this.#lines.get(connector)
    if (known !== undefined) return known
    if (!this.#parts.connectors.includes(connector)) throw unknownLine(connector, this.#parts.connectors)
    const line = new LineComparison(this.#parts.core, this.#indexOf(connector), this.#rules)
    this.#lines.set(connector, line)
    return line
  }

  #indexOf(connector: string): number {
    const index = this.#parts.core.names.connectors.find(connector)
    if (index >= 0) return index
    throw new TradewireError('TW_INVALID_ARGUMENT', `There is no connector named "${connector}"`)
  }

  /** Steady time: a wall clock that is set does not make anything late. */
  #nowUs(): number {
    return Math.floor(this.#parts.time.monotonicNs() / 1_000)
  }

  /** What a line tells is not believed to be well formed: what cannot be right is counted and told, and harms nothing. */
  #told(connector: string, fill: VenueFillReport & Pick<LineExecution, 'aliases' | 'isBusted'>): void {
    const { core } = this.#parts
    // A bust may come without the terms.
    const judged = fill.isBusted === true ? { ...fill, quantityUnits: 1, priceUnits: 1 } : fill
    const fault =
      fillReportFault(judged, () => true) ?? (fill.instrument < core.instruments.size ? undefined : 'instrument')
    if (fault === undefined) this.#put(this.#line(connector), fill)
    else {
      core.counters.badReports++
      core.anomaly(
        'BAD_REPORT',
        0,
        `The drop copy of ${connector} told an execution with a wrong ${fault}: ${textOf(fill)}`,
      )
    }
  }

  /** Where a correction or bust comes without the terms, they are those that were told before. */
  #put(line: LineComparison, execution: LineExecution): void {
    const known = line.theirs.find(execution)?.execution
    const quantityUnits = execution.quantityUnits > 0 ? execution.quantityUnits : (known?.quantityUnits ?? 0)
    const priceUnits = Number.isNaN(execution.priceUnits) ? (known?.priceUnits ?? Number.NaN) : execution.priceUnits
    line.told({ ...execution, quantityUnits, priceUnits }, this.#nowUs())
  }

  #onOrder({ type, order }: OrderEvent): void {
    if (!restating.has(type)) return
    this.#dirty.add(order.number)
    if (this.#dirty.size >= mostDirty) this.#readDirty()
  }

  #readDirty(): void {
    const { core, connectors } = this.#parts
    const { table, names } = core
    const nowUs = this.#nowUs()
    for (const number of this.#dirty) {
      const row = table.rowOf(number)
      if (row < 0) continue
      const connector = names.connector(table.cells[row + Field.connector])
      if (!connectors.includes(connector)) continue
      const line = this.#line(connector)
      for (const each of ownExecutions(core, row)) line.own(each, nowUs)
    }
    this.#dirty.clear()
  }

  #round(connector: string): void {
    const line = this.#line(connector)
    const { found, isChanged } = line.round(this.#nowUs())
    this.#tell(connector, found)
    if (isChanged) this.#parts.onReport(dropCopyReport(this.#parts.core, connector, line))
  }

  #tell(connector: string, differences: readonly DropCopyDifference[]): void {
    if (differences.length === 0) return
    const { core, options } = this.#parts
    core.beginTurn()
    try {
      for (const difference of differences) {
        const { kind, clientOrderId, instrument, account, message }: DropCopyDifferenceReport = differenceReport(
          core,
          difference,
        )
        const number = clientOrderId === undefined ? 0 : core.ids.numberOf(clientOrderId)
        core.anomaly(`DROP_COPY_${kind.toUpperCase()}`, number, `${connector}: ${message}`)
        core.drift.found({
          kind,
          connector,
          ...(account === '' ? {} : { account }),
          instrument,
          ...(clientOrderId === undefined ? {} : { clientOrderId }),
          message: `${connector}: ${message}`,
          instrumentIndex: (difference.ours ?? difference.theirs)?.instrument ?? -1,
          policy: options.onDifference ?? 'alert',
        })
      }
    } finally {
      core.endTurn()
    }
    // What the venue itself says settles it: an execution that was missed is booked by that.
    if (differences.some(({ kind }) => kind !== 'missing_there')) core.doubt(this.#indexOf(connector))
  }
}

function unknownLine(connector: string, lines: readonly string[]): TradewireError {
  return new TradewireError(
    'TW_INVALID_ARGUMENT',
    `Connector "${connector}" has no drop copy: name it in the option dropCopy.lines (there are: ${lines.join(', ') || 'none'})`,
  )
}

/** Each execution once, as it was told last. */
function uniqueIn(executions: readonly LineExecution[]): LineExecution[] {
  const latest = new Map<string, LineExecution>()
  for (const each of executions) latest.set(`${each.instrument} ${each.side} ${each.exec}`, each)
  return [...latest.values()]
}
