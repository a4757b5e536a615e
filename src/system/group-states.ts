/**
 * Trading states of groups of instruments, beside those that instruments have themselves: the strictest of all groups of an
 * instrument holds for it. Groups are those of the limits (`risk.groups`); states are kept by name, on record.
 */
import { TradewireError } from '../core/errors.js'
import type { OrderCore } from '../oms/order-core.js'
import type { RiskLimits } from '../risk/limits.js'
import { requireState, TradingState, type TradingStateName } from '../risk/trading-state.js'

/** A change as it goes on record. */
export interface GroupStateChange {
  readonly group: string
  readonly state: TradingStateName
  readonly actor: string
  readonly reason: string
}

/** See the file's header. */
export class GroupStates {
  readonly #core: OrderCore
  readonly #limits: () => RiskLimits
  readonly #states = new Map<string, TradingStateName>()

  constructor(core: OrderCore, limits: () => RiskLimits) {
    this.#core = core
    this.#limits = limits
  }

  /** States that are not ACTIVE, by group. */
  list(): Record<string, TradingStateName> {
    return Object.fromEntries(this.#states)
  }

  /** Symbols and ids of a group. @throws TradewireError `TW_INVALID_ARGUMENT` where there is none of that name. */
  membersOf(group: string): readonly string[] {
    const members = this.#limits().groups?.[group]?.symbols
    if (members !== undefined) return members
    throw new TradewireError('TW_INVALID_ARGUMENT', `There is no group named "${group}" in risk.groups`)
  }

  /** Sets the state of a group, on record. @throws TradewireError as {@link membersOf}. */
  set(change: GroupStateChange): void {
    this.membersOf(change.group)
    requireState(change.state)
    this.restore(change)
    this.#core.facts.recordRiskDecision(JSON.stringify({ groupState: change }))
    this.#core.logger.warn({ ...change }, 'trading state of a group')
  }

  /** A change as the journal tells of it. */
  restore({ group, state }: GroupStateChange): void {
    if (state === 'ACTIVE') this.#states.delete(group)
    else this.#states.set(group, state)
    this.apply()
  }

  /** Takes what {@link list} gave. */
  restoreAll(states: Record<string, TradingStateName>): void {
    this.#states.clear()
    for (const [group, state] of Object.entries(states)) this.#states.set(group, state)
    this.apply()
  }

  /** Puts states into force: after a change of them, of groups, and with every new instrument. */
  apply(): void {
    const { gate, instruments, sizes } = this.#core
    const groups = this.#limits().groups ?? {}
    for (const { index, id, symbol } of instruments) {
      if (index >= sizes.instrument) return
      let strictest: TradingStateName = 'ACTIVE'
      for (const [group, state] of this.#states) {
        // Of a group that is gone nobody knows the members: it held for something, so it holds for everything.
        const members = groups[group]?.symbols
        const isMember = members === undefined || members.includes(symbol) || members.includes(id)
        if (isMember && TradingState[state] > TradingState[strictest]) strictest = state
      }
      gate.states.setGroup(index, strictest)
    }
  }
}
