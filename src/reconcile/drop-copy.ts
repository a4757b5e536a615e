/**
 * Executions as our books hold them against executions as a second, independent line tells them: a drop copy.
 *
 * Both lines tell the same executions by the same ids, so what one has and the other lacks is a message that was lost, an
 * execution that was booked to nobody, or one that never was. Nothing is booked from here: this only says what differs.
 *
 * Pairs are made by id first (the ids that corrections gave included), and where one id names several executions, as on
 * venues that number the two sides of a trade alike, by instrument, side and account among them. What is left over can be
 * paired by its terms, for lines whose ids differ: same order or account, instrument, side, quantity and price.
 */
import { unitsToText } from '../model/decimal.js'
import type { Side } from '../model/order-types.js'
import type { ExecKey } from '../orders/trade-pool.js'
import type { InstrumentWords } from './describe.js'

/** One execution, as one side tells it: amounts in units of the instrument, corrections applied. */
export interface LineExecution {
  readonly exec: ExecKey
  /** Further ids of it, given by corrections. */
  readonly aliases?: readonly ExecKey[]
  /** Index in the instrument registry. */
  readonly instrument: number
  /** Empty where the line does not say. */
  readonly account: string
  readonly side: Side
  readonly quantityUnits: number
  readonly priceUnits: number
  readonly clientOrderId?: string
  readonly venueOrderId?: string | number
  /** Taken back: it counts nothing. */
  readonly isBusted?: boolean
  /** Ours only: concluded from a total, no venue told it. */
  readonly isInferred?: boolean
  /** Venue time, epoch microseconds. */
  readonly tsUs: number
}

/** What can differ between two reports of one execution. */
export type DifferingField = 'account' | 'instrument' | 'side' | 'quantity' | 'price' | 'order' | 'bust'

/** One execution on both lines. */
export interface ExecutionPair {
  readonly ours: LineExecution
  readonly theirs: LineExecution
  /** What differs; empty where both tell the same. */
  readonly fields: readonly DifferingField[]
}

/** The result of a comparison. */
export interface ExecutionComparison {
  /** Both tell the same. */
  readonly matched: readonly ExecutionPair[]
  readonly differing: readonly ExecutionPair[]
  /** Told by the drop copy, and not in our books. */
  readonly missingHere: readonly LineExecution[]
  /** In our books, and not told by the drop copy. */
  readonly missingThere: readonly LineExecution[]
}

/** How executions are paired: by their ids only, or what is left over by its terms, too. */
export type ExecutionMatching = 'id' | 'terms'

/** Compares two lists of executions. What was taken back on one side and never told on the other counts on neither: it is left out. */
export function compareExecutions(
  ours: readonly LineExecution[],
  theirs: readonly LineExecution[],
  matching: ExecutionMatching = 'id',
): ExecutionComparison {
  const pairs: ExecutionPair[] = []
  const left = new Set(theirs)
  const byId = new Map<string, LineExecution[]>()
  for (const each of theirs) for (const id of idsOf(each)) addTo(byId, id, each)
  const unpaired: LineExecution[] = []
  for (const own of ours) {
    const named = new Set(idsOf(own).flatMap((id) => byId.get(id) ?? []))
    const partner = bestOf(
      own,
      [...named].filter((each) => left.has(each)),
    )
    if (partner === undefined) unpaired.push(own)
    else {
      left.delete(partner)
      pairs.push({ ours: own, theirs: partner, fields: differingFields(own, partner) })
    }
  }
  const missingThere = matching === 'terms' ? pairByTerms(unpaired, left, pairs) : unpaired
  const counts = (execution: LineExecution) => execution.isBusted !== true
  return {
    matched: pairs.filter(({ fields }) => fields.length === 0),
    differing: pairs.filter(({ fields }) => fields.length > 0),
    missingHere: [...left].filter(counts),
    missingThere: missingThere.filter(counts),
  }
}

/** Pairs what is left by its terms. Returns what stays unpaired of ours; `left` keeps what stays of theirs. */
function pairByTerms(
  ours: readonly LineExecution[],
  left: Set<LineExecution>,
  pairs: ExecutionPair[],
): LineExecution[] {
  const byTerms = new Map<string, LineExecution[]>()
  for (const each of left) addTo(byTerms, termsKey(each), each)
  return ours.filter((own) => {
    const partner = byTerms
      .get(termsKey(own))
      ?.find((each) => left.has(each) && differingFields(own, each).length === 0)
    if (partner === undefined) return true
    left.delete(partner)
    pairs.push({ ours: own, theirs: partner, fields: [] })
    return false
  })
}

function termsKey({ instrument, side, quantityUnits, priceUnits }: LineExecution): string {
  return `${instrument} ${side} ${quantityUnits} ${priceUnits}`
}

/** Ids are compared as text: a line may carry a number as such, or written out. */
function idsOf({ exec, aliases = [] }: LineExecution): string[] {
  return [exec, ...aliases].map(String)
}

function addTo(lists: Map<string, LineExecution[]>, key: string, execution: LineExecution): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [execution])
  else list.push(execution)
}

/** The one that differs least. */
function bestOf(own: LineExecution, candidates: readonly LineExecution[]): LineExecution | undefined {
  let best: LineExecution | undefined
  let least = Number.POSITIVE_INFINITY
  for (const each of candidates) {
    const count = differingFields(own, each).length
    if (count >= least) continue
    best = each
    least = count
  }
  return best
}

/** What two reports of one execution differ in. What one of them does not say is no difference; of two that were taken back, nothing counts. */
export function differingFields(ours: LineExecution, theirs: LineExecution): DifferingField[] {
  const fields: DifferingField[] = []
  if (ours.account !== '' && theirs.account !== '' && ours.account !== theirs.account) fields.push('account')
  if (ours.instrument !== theirs.instrument) fields.push('instrument')
  if (ours.side !== theirs.side) fields.push('side')
  if (ours.clientOrderId !== undefined && theirs.clientOrderId !== undefined) {
    if (ours.clientOrderId !== theirs.clientOrderId) fields.push('order')
  }
  const isBusted = ours.isBusted === true
  if (isBusted !== (theirs.isBusted === true)) fields.push('bust')
  else if (!isBusted) {
    if (ours.quantityUnits !== theirs.quantityUnits) fields.push('quantity')
    if (ours.priceUnits !== theirs.priceUnits) fields.push('price')
  }
  return fields
}

/** An execution in words, for people. */
export function describeExecution(
  execution: LineExecution,
  instrumentOf: (index: number) => InstrumentWords | undefined,
): string {
  const { exec, instrument, side, quantityUnits, priceUnits, account, clientOrderId, venueOrderId } = execution
  const words = instrumentOf(instrument) ?? { name: `instrument ${instrument}`, priceScale: 0, sizeScale: 0 }
  const order = clientOrderId ?? (venueOrderId === undefined ? undefined : `venue order ${venueOrderId}`)
  const about = [order, account === '' ? undefined : account].filter((part) => part !== undefined)
  const state = execution.isBusted === true ? ', taken back' : execution.isInferred === true ? ', concluded' : ''
  return `${exec}: ${side} ${unitsToText(quantityUnits, words.sizeScale)} ${words.name} at ${unitsToText(priceUnits, words.priceScale)}${about.length === 0 ? '' : ` (${about.join(', ')})`}${state}`
}
