/**
 * The order machine once more, the slow and obvious way: from a set of events to the state of one order, with plain
 * objects and no state carried from one event to the next. Tests compare the fold with it.
 */
import type { OrderStatus } from '../model/order-types.js'

/** Terms of an order. */
export interface Terms {
  quantity: number
  price: number
  trigger: number
}

/** An event of one order. `seq` is the number under which it was recorded, `ts` the venue's time. */
export type OrderFactEvent = { seq: number } & (
  | { kind: 'denied' | 'emulated' | 'released' | 'submitted' | 'accepted' | 'triggered' | 'unknown' | 'works' }
  | { kind: 'rejected'; inferred: boolean }
  | { kind: 'closed'; isExpiry: boolean; inferred: boolean; ts: number }
  | ({ kind: 'request'; generation: number; isCancel: boolean } & Terms)
  | { kind: 'requestRejected'; generation: number }
  | ({ kind: 'updated'; generation: number; ts: number } & Terms)
  | { kind: 'trade'; exec: string; quantity: number; price: number; basis: number; ts: number }
  | {
      kind: 'corrected'
      reference: string
      exec: string | undefined
      quantity: number
      price: number
      works: boolean
      ts: number
    }
  | { kind: 'busted'; reference: string; works: boolean; ts: number }
)

/** What the machine says about an order. */
export interface OrderState {
  status: OrderStatus
  lifecycle: OrderStatus
  isOpen: boolean
  filled: number
  traded: number
  /** Sum of price x quantity over what counts: the average price times `filled`. */
  value: number
  terms: Terms
  generation: number
  inFlight: number[]
  conflicts: number
}

type Of<Kind extends OrderFactEvent['kind']> = Extract<OrderFactEvent, { kind: Kind }>

/** One execution, whatever its names. */
interface Execution {
  names: Set<string>
  reports: Of<'trade'>[]
  corrections: Of<'corrected'>[]
  busts: Of<'busted'>[]
}

/** The state that a set of events gives. */
export function referenceState(initial: Terms, events: readonly OrderFactEvent[]): OrderState {
  const all = [...events].sort((a, b) => a.seq - b.seq)
  const of = <Kind extends OrderFactEvent['kind']>(kind: Kind) =>
    all.filter((event): event is Of<Kind> => event.kind === kind)
  const has = (kind: OrderFactEvent['kind']) => all.some((event) => event.kind === kind)
  const { terms, generation } = confirmedTerms(initial, of('updated'))
  const executions = executionsOf(all)
  const counted = countedQuantities(executions)
  const filled = sum(executions.map((_, i) => counted[i]))
  const adjustments = newAdjustments(executions)
  const works = [...of('works'), ...of('corrected').filter((e) => e.works), ...of('busted').filter((e) => e.works)]
  const worksSeq = latest(works)
  const inferredEnds = of('closed').filter((event) => event.inferred)
  const venueEnds = of('closed').filter((event) => !event.inferred)
  const venueSeq = Math.max(
    latest(of('accepted')),
    latest(of('triggered')),
    latest(of('rejected').filter((event) => !event.inferred)),
    latest(venueEnds),
    latest(of('updated')),
    worksSeq,
    latest(adjustments),
    ...executions.filter((e) => !isInferred(e)).map((e) => newsSeq(e)),
  )

  const lifecycle = ((): OrderStatus => {
    if (has('denied') && filled === 0) return 'DENIED'
    if (filled >= terms.quantity) return 'FILLED'
    if (latest(adjustments) > worksSeq && wasUnfilled(executions, counted, terms.quantity)) return 'CANCELED'
    if (venueEnds.length > 0)
      return [...venueEnds].sort((a, b) => a.ts - b.ts || Number(a.isExpiry) - Number(b.isExpiry))[0].isExpiry
        ? 'EXPIRED'
        : 'CANCELED'
    if (of('rejected').some((event) => !event.inferred)) return filled > 0 ? 'UNKNOWN' : 'REJECTED'
    if (latest(inferredEnds) > 0 && latest(inferredEnds) >= worksSeq)
      return inferredEnds.some((event) => !event.isExpiry) ? 'CANCELED' : 'EXPIRED'
    if (latest(of('rejected').filter((event) => event.inferred)) > venueSeq) return 'REJECTED'
    if (latest(of('unknown')) > venueSeq) return 'UNKNOWN'
    if (filled > 0) return 'PARTIALLY_FILLED'
    if (has('triggered')) return 'TRIGGERED'
    if (has('accepted') || worksSeq > 0) return 'ACCEPTED'
    if (has('submitted')) return 'SUBMITTED'
    if (has('released')) return 'RELEASED'
    return has('emulated') ? 'EMULATED' : 'INITIALIZED'
  })()

  const answered = new Set([...of('updated'), ...of('requestRejected')].map((event) => event.generation))
  // The venue's word that the order works, after an end of whatever kind, says that requests before it are over.
  const hasEnding = of('closed').length + of('rejected').length + adjustments.length > 0 || has('denied')
  const open = of('request').filter(
    (event, i, requests) =>
      !answered.has(event.generation) &&
      requests.findIndex((other) => other.generation === event.generation) === i &&
      !(hasEnding && event.seq < worksSeq),
  )
  // Filled by the terms that hold, while a change to more is not answered: the venue may have made it.
  const isOver =
    has('denied') ||
    venueEnds.length > 0 ||
    of('rejected').some((event) => !event.inferred) ||
    latest(of('rejected').filter((event) => event.inferred)) > venueSeq ||
    (inferredEnds.length > 0 && latest(inferredEnds) >= worksSeq)
  const isClosed = ['DENIED', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'].includes(lifecycle)
  const mayGrow = lifecycle === 'FILLED' && !isOver && open.some((event) => !event.isCancel && event.quantity > filled)
  const isOpen = !isClosed || mayGrow
  const status =
    isClosed || open.length === 0
      ? lifecycle
      : open.some((event) => event.isCancel)
        ? 'PENDING_CANCEL'
        : 'PENDING_UPDATE'
  return {
    status,
    lifecycle,
    isOpen,
    filled,
    traded: sum(executions.filter((e) => !isInferred(e)).map(originalQuantity)),
    value: sum(executions.map((execution, i) => counted[i] * priceOf(execution))),
    terms,
    generation,
    inFlight: [...new Set(open.map((event) => event.generation))].sort((a, b) => a - b),
    conflicts: executions.filter((e) => new Set(e.reports.map((r) => `${r.quantity}@${r.price}`)).size > 1).length,
  }
}

/** The highest generation holds; of its confirmations the latest by venue time. */
function confirmedTerms(initial: Terms, updates: readonly Of<'updated'>[]): { terms: Terms; generation: number } {
  const best = [...updates].sort((a, b) => b.generation - a.generation || b.ts - a.ts || b.seq - a.seq)[0]
  if (best === undefined) return { terms: initial, generation: 0 }
  const { quantity, price, trigger, generation } = best
  return { terms: { quantity, price, trigger }, generation }
}

/** Groups what is said about executions: a correction's own id names the execution it corrects. */
function executionsOf(events: readonly OrderFactEvent[]): Execution[] {
  const executions: Execution[] = []
  const named = (...names: string[]): Execution => {
    const found = executions.filter((execution) => names.some((name) => execution.names.has(name)))
    const joined: Execution = {
      names: new Set([...names, ...found.flatMap((e) => [...e.names])]),
      reports: found.flatMap((e) => e.reports).sort((a, b) => a.seq - b.seq),
      corrections: found.flatMap((e) => e.corrections).sort((a, b) => a.seq - b.seq),
      busts: found.flatMap((e) => e.busts).sort((a, b) => a.seq - b.seq),
    }
    for (const gone of found) executions.splice(executions.indexOf(gone), 1)
    executions.push(joined)
    return joined
  }
  for (const event of events) {
    if (event.kind === 'trade') named(event.exec).reports.push(event)
    if (event.kind === 'corrected')
      named(event.reference, ...(event.exec === undefined ? [] : [event.exec])).corrections.push(event)
    if (event.kind === 'busted') named(event.reference).busts.push(event)
  }
  for (const list of executions.flatMap((e) => [e.reports, e.corrections, e.busts])) list.sort((a, b) => a.seq - b.seq)
  return executions
}

const isInferred = (execution: Execution): boolean => execution.reports.some((report) => report.basis > 0)

/** The correction that holds: the latest by venue time, of equal times the later learned; repetitions count once. */
function correctionOf(execution: Execution): Of<'corrected'> | undefined {
  return distinctCorrections(execution).sort((a, b) => b.ts - a.ts || b.seq - a.seq)[0]
}

function originalQuantity(execution: Execution): number {
  return execution.reports[0]?.quantity ?? correctionOf(execution)?.quantity ?? 0
}

function priceOf(execution: Execution): number {
  return correctionOf(execution)?.price ?? execution.reports[0]?.price ?? 0
}

/** What each execution counts now. Inferences count what real trades and lower inferences have not covered. */
function countedQuantities(executions: readonly Execution[]): number[] {
  const counted = executions.map((execution) => {
    if (execution.busts.length > 0 || isInferred(execution)) return 0
    return correctionOf(execution)?.quantity ?? originalQuantity(execution)
  })
  let covered = sum(executions.filter((e) => !isInferred(e)).map(originalQuantity))
  const inferences = executions
    .map((execution, i) => ({ execution, i, report: execution.reports[0] }))
    .filter(({ execution }) => isInferred(execution) && execution.busts.length === 0)
    .sort((a, b) => a.report.basis - b.report.basis || a.report.seq - b.report.seq)
  for (const { i, report } of inferences) {
    counted[i] = Math.max(0, report.basis - Math.max(report.basis - report.quantity, covered))
    covered = Math.max(covered, report.basis)
  }
  return counted
}

/** Whether trades had reached the quantity, by venue time, before a bust or correction took them below it. */
function wasUnfilled(executions: readonly Execution[], counted: readonly number[], quantity: number): boolean {
  const moments = executions.flatMap((execution) => {
    const correction = correctionOf(execution)
    const bust = [...execution.busts].sort((a, b) => a.ts - b.ts)[0]
    return [
      ...(execution.reports.length > 0 ? [{ ...when(execution.reports[0]), takesAway: false }] : []),
      ...(correction === undefined ? [] : [{ ...when(correction), takesAway: true }]),
      ...(bust === undefined ? [] : [{ ts: bust.ts, seq: execution.busts[0].seq, takesAway: true }]),
    ]
  })
  moments.sort((a, b) => a.ts - b.ts || a.seq - b.seq)
  let hasReached = false
  let wasTaken = false
  for (const { ts, seq, takesAway } of moments) {
    const total = sum(executions.map((execution, i) => countedAt(execution, counted[i], { ts, seq })))
    if (total >= quantity) hasReached = true
    else if (hasReached && takesAway) {
      wasTaken = true
      hasReached = false
    }
  }
  return wasTaken
}

/** What an execution counted at a moment. */
function countedAt(execution: Execution, countedNow: number, moment: { ts: number; seq: number }): number {
  const isUntil = (ts: number, seq: number) => ts < moment.ts || (ts === moment.ts && seq <= moment.seq)
  const bustTs = Math.min(...execution.busts.map((bust) => bust.ts))
  if (execution.busts.length > 0 && isUntil(bustTs, execution.busts[0].seq)) return 0
  const correction = correctionOf(execution)
  if (correction !== undefined && isUntil(correction.ts, correction.seq)) return correction.quantity
  const report = execution.reports[0] as Of<'trade'> | undefined
  if (report === undefined || !isUntil(report.ts, report.seq)) return 0
  return isInferred(execution) && execution.busts.length === 0 ? countedNow : report.quantity
}

const when = ({ ts, seq }: { ts: number; seq: number }) => ({ ts, seq })

/** Busts and corrections that said something new: repetitions do not. */
function newAdjustments(executions: readonly Execution[]): { seq: number }[] {
  return executions.flatMap((execution) => [...execution.busts.slice(0, 1), ...distinctCorrections(execution)])
}

/** The corrections of an execution, each once. */
function distinctCorrections({ corrections }: Execution): Of<'corrected'>[] {
  return corrections.filter(
    (c, i) => corrections.findIndex((d) => d.ts === c.ts && d.quantity === c.quantity && d.price === c.price) === i,
  )
}

/** Sequence of the latest report of an execution that told something: the first, and each with other terms than what stood. */
function newsSeq({ reports }: Execution): number {
  const first = reports[0] as Of<'trade'> | undefined
  return latest(reports.filter((r) => r === first || r.quantity !== first?.quantity || r.price !== first.price))
}

function latest(events: readonly { seq: number }[]): number {
  return events.reduce((seq, event) => Math.max(seq, event.seq), 0)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
