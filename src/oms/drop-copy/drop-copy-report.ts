/** How a drop copy and our books stand to each other, for programs and for people. */
import { type DifferingField, describeExecution, type LineExecution } from '../../reconcile/drop-copy.js'
import type { OrderCore } from '../order-core.js'
import type { DropCopyDifference, DropCopyFault, LineComparison } from './line-comparison.js'

/** An execution as one side tells it, with names and decimal text. */
export interface ReportedExecution {
  readonly execId: string | number
  /** Id of the instrument. */
  readonly instrument: string
  readonly account: string
  readonly side: 'buy' | 'sell'
  readonly quantity: string
  readonly price: string
  readonly clientOrderId?: string
  readonly venueOrderId?: string | number
  readonly isBusted: boolean
  /** Concluded on our side, told by nobody. */
  readonly isInferred: boolean
  readonly tsEventUs: number
}

/** An execution that is missing on one side, or told otherwise. */
export interface DropCopyDifferenceReport {
  readonly kind: DropCopyFault
  readonly instrument: string
  /** Empty where nobody says. */
  readonly account: string
  readonly clientOrderId?: string
  readonly ours?: ReportedExecution
  readonly theirs?: ReportedExecution
  readonly fields: readonly DifferingField[]
  /** For people. */
  readonly message: string
}

/** How a drop copy and our books stand to each other. */
export interface DropCopyReport {
  readonly connector: string
  /** Whether the line is there. Lists that a host hands in are no line. */
  readonly isUp: boolean
  /** From when on the drop copy tells everything, epoch microseconds; NaN before the first. */
  readonly sinceUs: number
  /** Executions that both sides told alike, so far. */
  readonly matched: number
  /** Executions that wait for the other side. */
  readonly waiting: number
  /** Differences that stand. */
  readonly differences: readonly DropCopyDifferenceReport[]
  /** Differences that were over later. */
  readonly resolved: number
  /** Executions that were given up unmatched for want of room. */
  readonly dropped: number
  /** For people. */
  readonly lines: readonly string[]
}

/** Puts names to a difference. */
export function differenceReport(core: OrderCore, difference: DropCopyDifference): DropCopyDifferenceReport {
  const { kind, ours, theirs, fields } = difference
  const about = (ours ?? theirs) as LineExecution
  const clientOrderId = ours?.clientOrderId ?? theirs?.clientOrderId
  return {
    kind,
    instrument: nameOf(core, about.instrument),
    account: ours?.account ?? theirs?.account ?? '',
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    ...(ours === undefined ? {} : { ours: reported(core, ours) }),
    ...(theirs === undefined ? {} : { theirs: reported(core, theirs) }),
    fields,
    message: describe(core, difference),
  }
}

/** How a comparison stands. `differences`: those of it, unless others are to be shown. */
export function dropCopyReport(
  core: OrderCore,
  connector: string,
  line: LineComparison,
  differences: readonly DropCopyDifference[] = line.open,
): DropCopyReport {
  const { isUp, coverage, matched, resolved, waiting, ours, theirs } = line
  const reports = differences.map((each) => differenceReport(core, each))
  const dropped = ours.dropped + theirs.dropped
  const parts = [
    `${connector}: ${matched} executions told alike`,
    `${reports.length} told otherwise or by one side only`,
    `${resolved} settled since`,
    `${waiting} waiting`,
    ...(dropped === 0 ? [] : [`${dropped} given up for want of room`]),
  ]
  return {
    connector,
    isUp,
    sinceUs: coverage?.sinceUs ?? Number.NaN,
    matched,
    waiting,
    differences: reports,
    resolved,
    dropped,
    lines: [parts.join(', '), ...reports.map(({ message }) => message)],
  }
}

function describe(core: OrderCore, { kind, ours, theirs, fields }: DropCopyDifference): string {
  const words = (index: number) => {
    if (index >= core.instruments.size) return undefined
    const { id, priceScale, sizeScale } = core.instruments.at(index)
    return { name: id, priceScale, sizeScale }
  }
  const text = (execution: LineExecution) => describeExecution(execution, words)
  if (kind === 'missing_here') return `missing in our books: ${text(theirs as LineExecution)}`
  if (kind === 'missing_there') return `not told by the drop copy: ${text(ours as LineExecution)}`
  return `told otherwise (${fields.join(', ')}): ours ${text(ours as LineExecution)}; drop copy ${text(theirs as LineExecution)}`
}

function reported(core: OrderCore, execution: LineExecution): ReportedExecution {
  const { exec, instrument, account, side, quantityUnits, priceUnits, clientOrderId, venueOrderId, tsUs } = execution
  const known = instrument < core.instruments.size ? core.instruments.at(instrument) : undefined
  return {
    execId: exec,
    instrument: nameOf(core, instrument),
    account,
    side,
    quantity: known?.quantityText(quantityUnits) ?? String(quantityUnits),
    price: known?.priceText(priceUnits) ?? String(priceUnits),
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    ...(venueOrderId === undefined ? {} : { venueOrderId }),
    isBusted: execution.isBusted === true,
    isInferred: execution.isInferred === true,
    tsEventUs: tsUs,
  }
}

function nameOf(core: OrderCore, instrument: number): string {
  return instrument < core.instruments.size ? core.instruments.at(instrument).id : `instrument ${instrument}`
}
