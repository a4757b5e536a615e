/**
 * What protects positions and does not outlive the process: stops that are canceled at the end, and triggers that are watched
 * here. Asked before the end begins, answered when it is over.
 */
import type { Decimal } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import type { OrderCore } from '../oms/order-core.js'
import { TypeCode } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import type { GroupOrder } from './group-order.js'
import type { ParentOrder } from './parent-order.js'

/** A position, or a part of it, that nothing protects any more. */
export interface UnprotectedPosition {
  readonly account: string
  readonly strategy: string
  /** Id of the instrument. */
  readonly instrument: string
  /** How much of the position, without a sign. */
  readonly quantity: Decimal
  /** Client order ids of what protected it: stops, brackets, emulated orders. */
  readonly protectedBy: readonly string[]
}

/** One protection as it is at the end: whose, of what, and how much it leaves without. */
interface Guard {
  readonly id: string
  readonly account: number
  readonly strategy: number
  readonly instrument: Instrument
  /** 1 protects a long position. */
  readonly side: number
  missingUnits(): number
}

/** Remembers what protects positions now; the answer says what of them is left without protection by then. */
export function protectionAtEnd(
  core: OrderCore,
  parents: Iterable<ParentOrder>,
  groups: Iterable<GroupOrder>,
): () => UnprotectedPosition[] {
  const guards = [...groupGuards(core, groups), ...emulatedGuards(core, parents)]
  const known = new Set(guards.map(({ id }) => id))
  guards.push(...stopGuards(core, (parent) => known.has(parent)))
  return () => merged(core, guards)
}

function* groupGuards(core: OrderCore, groups: Iterable<GroupOrder>): Iterable<Guard> {
  for (const group of groups) {
    const { plan, instrument } = group
    if (group.isClosed || plan.group !== 'bracket') continue
    yield {
      id: plan.id,
      ...ownersOf(core, plan),
      instrument,
      side: plan.side === 'buy' ? 1 : -1,
      missingUnits: () => group.unprotectedAtVenueUnits,
    }
  }
}

/** Stops that are watched here. */
function* emulatedGuards(core: OrderCore, parents: Iterable<ParentOrder>): Iterable<Guard> {
  for (const parent of parents) {
    const { plan, instrument, book } = parent
    const kind = plan.trigger?.kind
    if (parent.isClosed || (kind !== 'stop' && kind !== 'trailing')) continue
    const missingUnits = () => Math.max(0, book.totalUnits - book.filledUnits)
    yield { id: plan.id, ...ownersOf(core, plan), instrument, side: plan.side === 'buy' ? -1 : 1, missingUnits }
  }
}

function ownersOf({ names }: OrderCore, { account, strategy }: { account: string | null; strategy: string | null }) {
  return { account: names.accounts.find(account ?? ''), strategy: names.strategies.find(strategy ?? '') }
}

/** Stops that work at their venues. `isPart`: whether the order of that id is asked for already. */
function* stopGuards(core: OrderCore, isPart: (parent: string) => boolean): Iterable<Guard> {
  const { table, names, instruments } = core
  const { cells } = table
  for (const row of table.rows()) {
    const type = cells[row + Field.type]
    if (cells[row + Field.isOpen] !== 1 || type < TypeCode.STOP || type > TypeCode.TRAILING_STOP_LIMIT) continue
    const id = names.clientOrderId(row)
    if (isPart(id.replace(/-E\d+$/, ''))) continue
    const number = cells[row]
    yield {
      id,
      account: cells[row + Field.account],
      strategy: cells[row + Field.strategy],
      instrument: instruments.at(cells[row + Field.instrument]),
      side: -cells[row + Field.side],
      missingUnits: () => {
        const at = table.rowOf(number)
        // One that goes on working protects as before.
        if (at >= 0 && cells[at + Field.isOpen] === 1 && !core.sender.isBeingCanceled(at)) return 0
        return at < 0 ? 0 : Math.max(0, cells[at + Field.quantity] - cells[at + Field.filled])
      },
    }
  }
}

/** By position: nothing is said of what is not held, nor of more than that. */
function merged({ names, ledger }: OrderCore, guards: readonly Guard[]): UnprotectedPosition[] {
  const byPosition = new Map<string, { guard: Guard; units: number; ids: string[] }>()
  for (const guard of guards) {
    const units = guard.missingUnits()
    if (units === 0 || guard.account < 0 || guard.strategy < 0) continue
    const key = `${guard.account} ${guard.strategy} ${guard.instrument.index} ${guard.side}`
    const known = byPosition.get(key) ?? { guard, units: 0, ids: [] }
    byPosition.set(key, { guard, units: known.units + units, ids: [...known.ids, guard.id] })
  }
  return [...byPosition.values()].flatMap(({ guard, units, ids }) => {
    const { account, strategy, instrument, side } = guard
    const held = side * ledger.portfolio.strategyQuantityUnits(account, strategy, instrument.index)
    const quantity = instrument.quantityFromUnits(Math.min(held, units))
    return held <= 0
      ? []
      : [
          {
            account: names.account(account),
            strategy: names.strategy(strategy),
            instrument: instrument.id,
            quantity,
            protectedBy: ids,
          },
        ]
  })
}
