/**
 * Trading states and kill switches, put on record: who changed them and why. They hold from the first line on, and the
 * journal follows: nothing waits for a disk to be halted.
 */
import { TradewireError } from '../core/errors.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import {
  requireState,
  type Scope,
  scopes,
  TradingState,
  type TradingStateName,
  type TradingStates,
} from '../risk/trading-state.js'
import type { CoreSizes } from './core-names.js'
import type { EventDelivery } from './event-delivery.js'
import { RecordType } from './records.js'
import type { Turn } from './turn.js'

/** How far a kill switch goes: new orders are blocked; open ones are canceled, too; then positions are closed. */
export const killLevels = ['halt', 'cancel', 'flatten'] as const
/** How far a kill switch goes. */
export type KillLevel = (typeof killLevels)[number]

/** Sets, throws, releases, and remembers which kill switches want orders canceled. */
export class TradingControls {
  readonly #states: TradingStates
  readonly #table: OrderTable
  readonly #sizes: CoreSizes
  readonly #turn: Turn
  readonly #news: EventDelivery
  /** Kill switches that want the open orders of their scope canceled, as `scope index`. */
  readonly #canceling = new Set<string>()
  /** Those of them that want its positions closed. */
  readonly #flattening = new Map<string, { scope: Scope; index: number }>()

  /** By connector: orders up to this number were open when its connection broke and are to be canceled. */
  readonly #lostUpTo = new Map<number, number>()

  constructor(states: TradingStates, table: OrderTable, sizes: CoreSizes, turn: Turn, news: EventDelivery) {
    this.#states = states
    this.#table = table
    this.#sizes = sizes
    this.#turn = turn
    this.#news = news
  }

  /**
   * Sets a trading state. A scope beyond the tables is the whole system: nothing is left unhalted because it has no room.
   *
   * @throws TradewireError `TW_INVALID_STATE` when a kill switch holds the scope; `TW_INVALID_ARGUMENT` for a state that is none.
   */
  set(scope: Scope, index: number, state: TradingStateName, actor: string, reason: string): void {
    requireState(state)
    if (!this.#hasRoom(scope, index)) {
      this.set('global', 0, state, actor, `${scope} ${index}: ${reason}`)
      return
    }
    const states = this.#states
    if (states.get(scope, index) === state) return
    if (states.isKilled(scope, index))
      throw new TradewireError('TW_INVALID_STATE', `The kill switch holds ${scope} ${index}; release it first`)
    states.set(scope, index, state)
    this.#record(scope, index, state, false, 'halt', actor, reason)
  }

  /**
   * Throws the kill switch of a scope. New orders are blocked before anything else happens. Its open orders are to be
   * canceled, unless the level is `halt`, also those whose venue cannot be reached now: see `OrderSender.owedCancels`. A
   * level is never lowered: only a release ends it.
   */
  kill(scope: Scope, index: number, actor: string, reason: string, level: KillLevel): void {
    if (!this.#hasRoom(scope, index)) {
      this.kill('global', 0, actor, `${scope} ${index}: ${reason}`, level)
      return
    }
    this.#states.kill(scope, index)
    const before = this.levelOf(scope, index)
    this.restoreKill(scope, index, killLevels.indexOf(level) > killLevels.indexOf(before) ? level : before)
    this.#record(scope, index, 'HALTED', true, this.levelOf(scope, index), actor, reason)
  }

  #hasRoom(scope: Scope, index: number): boolean {
    return scope === 'global' || (index >= 0 && index < this.#sizes[scope])
  }

  /** Takes a kill switch back; does nothing where none holds. */
  release(scope: Scope, index: number, actor: string, reason: string): void {
    if (!this.#hasRoom(scope, index) || !this.#states.isKilled(scope, index)) return
    // One turn: at its end a snapshot may be taken, which stands for the record.
    this.#turn.begin()
    try {
      this.#record(scope, index, 'ACTIVE', true, 'halt', actor, reason)
      this.restoreRelease(scope, index)
    } finally {
      this.#turn.end()
    }
  }

  /** A kill switch as a journal tells of it. */
  restoreKill(scope: Scope, index: number, level: KillLevel): void {
    const key = keyOf(scope, index)
    this.#states.kill(scope, index)
    if (level === 'halt') this.#canceling.delete(key)
    else this.#canceling.add(key)
    if (level === 'flatten') this.#flattening.set(key, { scope, index })
    else this.#flattening.delete(key)
  }

  /** How far the kill switch of a scope goes; `halt` where none holds. */
  levelOf(scope: Scope, index: number): KillLevel {
    const key = keyOf(scope, index)
    return this.#flattening.has(key) ? 'flatten' : this.#canceling.has(key) ? 'cancel' : 'halt'
  }

  /** Scopes whose kill switch wants positions closed. */
  flattened(): readonly { scope: Scope; index: number }[] {
    return [...this.#flattening.values()]
  }

  /** A release as a journal tells of it. */
  restoreRelease(scope: Scope, index: number): void {
    this.#states.release(scope, index)
    this.#canceling.delete(keyOf(scope, index))
    this.#flattening.delete(keyOf(scope, index))
  }

  /** Whether a kill switch wants the open orders of its scope canceled. */
  cancels(scope: Scope, index: number): boolean {
    return this.#canceling.has(keyOf(scope, index))
  }

  /**
   * The connection of a connector broke, and by policy the orders that were open then are to be canceled when it is back:
   * those up to a number.
   */
  oweCancels(connector: number, lastNumber: number): void {
    this.#lostUpTo.set(connector, lastNumber)
  }

  /** Whether a kill switch that covers an order, or the policy about lost connections, wants it canceled. */
  wantsCanceled(row: number): boolean {
    const { cells } = this.#table
    if (cells[row] <= (this.#lostUpTo.get(cells[row + Field.connector]) ?? 0)) return true
    if (this.#canceling.size === 0) return false
    return (
      this.cancels('global', 0) ||
      this.cancels('account', cells[row + Field.account]) ||
      this.cancels('connector', cells[row + Field.connector]) ||
      this.cancels('strategy', cells[row + Field.strategy]) ||
      this.cancels('instrument', cells[row + Field.instrument])
    )
  }

  #record(
    scope: Scope,
    index: number,
    state: TradingStateName,
    isKill: boolean,
    level: KillLevel,
    actor: string,
    reason: string,
  ): void {
    const turn = this.#turn
    turn.begin()
    try {
      const writer = turn.recorder.begin(RecordType.tradingState)
      writer.u8(scopes.indexOf(scope))
      writer.i32(index)
      writer.u8(TradingState[state])
      writer.bool(isKill)
      writer.f64(turn.nowUs)
      writer.string(actor)
      writer.string(reason)
      writer.u8(killLevels.indexOf(level))
      turn.recorder.commit()
      turn.touch()
      this.#news.stateChanged({ scope, index, state, isKill, actor, reason })
    } finally {
      turn.end()
    }
  }
}

function keyOf(scope: Scope, index: number): string {
  return `${scope} ${index}`
}
