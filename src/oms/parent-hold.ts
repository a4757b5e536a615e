/**
 * Tells the risk gate of a parent order as it is on record, so that its children never go beyond it.
 *
 * The one part of a plan that the order plane reads itself: a limit must hold before anybody works the order again after a
 * restart, and also where its algorithm is not there any more.
 */
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { RiskGate } from '../risk/gate.js'

/** What is read of a parent on record; see `ParentRecord`. */
export interface HeldParent {
  readonly id: string
  readonly plan: string
  readonly state: string
  readonly isClosed: boolean
  readonly children: ReadonlyMap<number, number>
  readonly pastUnits: number
}

/** What is read of plans. */
interface Terms {
  readonly instrument: unknown
  readonly side: unknown
  readonly quantityUnits: unknown
}

/** Holds the children of a parent against it, those that were sent before included. Groups and unreadable plans are left out. */
export function holdToParent(gate: RiskGate, instruments: InstrumentRegistry, record: HeldParent): void {
  const { instrument: name, side, quantityUnits } = termsIn<Terms>(record.plan)
  if (typeof name !== 'string' || typeof quantityUnits !== 'number' || (side !== 'buy' && side !== 'sell')) return
  const instrument = instruments.find(name)
  if (instrument === undefined) return
  const { totalUnits = quantityUnits } = termsIn<{ totalUnits: number }>(record.state)
  const { id, pastUnits, children } = record
  gate.parents.open(id, instrument.index, side === 'buy' ? 1 : -1, totalUnits, pastUnits)
  for (const number of children.values()) gate.parents.assign(number, id)
  if (record.isClosed) gate.parents.close(id)
}

/** What a text on record says; nothing where it is none. Whoever works the order reports that it cannot be read. */
export function termsIn<T>(text: string): Partial<T> {
  try {
    return (JSON.parse(text) as Partial<T> | null) ?? {}
  } catch {
    return {}
  }
}
