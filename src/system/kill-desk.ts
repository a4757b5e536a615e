/**
 * The kill switch of a system: what it stops, what it cancels, what it closes, and which cancels are not confirmed yet. The
 * latch itself is a trading state of the risk gate, on record.
 */
import { TradewireError } from '../core/errors.js'
import type { TimerHandle } from '../core/scheduler.js'
import type { Time } from '../core/time.js'
import type { OrderSnapshot } from '../model/order.js'
import { type Person, requirePerson } from '../model/person.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderManager } from '../oms/order-manager.js'
import { type KillLevel, killLevels } from '../oms/trading-controls.js'
import * as Field from '../orders/order-fields.js'
import type { Scope, TradingStateName } from '../risk/trading-state.js'
import { Flattening } from './flattening.js'
import type { GroupStates } from './group-states.js'

export type { KillLevel } from '../oms/trading-controls.js'

/** What is killed, how far, by whom and why. */
export interface KillOptions {
  /** `global` unless given; of a `group` all instruments are killed. */
  scope?: Scope | 'group'
  /** Of the account, strategy, connector or instrument. */
  name?: string
  /** `cancel` unless given. */
  level?: KillLevel
  /** `false` means level `halt`. */
  cancel?: boolean
  actor: string
  reason: string
}

/** Between two tries to close what is left of positions. */
const flattenEveryMs = 250

/** Throws and releases kill switches. */
export class KillDesk {
  readonly #core: OrderCore
  readonly #orders: Pick<OrderManager, 'cancelAll'>
  readonly #time: Time
  readonly #flattening: Flattening
  #timer: TimerHandle | undefined

  readonly #groups: Pick<GroupStates, 'membersOf' | 'set'>

  constructor(
    core: OrderCore,
    orders: OrderManager,
    time: Time,
    groups: Pick<GroupStates, 'membersOf' | 'set'>,
    onProblem: (error: unknown) => void,
  ) {
    this.#groups = groups
    this.#core = core
    this.#orders = orders
    this.#time = time
    this.#flattening = new Flattening(core, orders, onProblem)
  }

  /**
   * Throws the switch. Returns how many cancels were asked for. It does not wait for a name: without an actor or a reason it
   * is thrown all the same, and an unknown level is `cancel`, which is told afterwards.
   *
   * @throws TradewireError `TW_NOT_SUPPORTED`, `TW_INVALID_ARGUMENT`.
   */
  kill(options: Partial<KillOptions> = {}): number {
    const { level } = options
    if (level === undefined || killLevels.includes(level)) return this.#kill(options)
    this.#kill({ ...options, level: 'cancel' })
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `The switch is thrown and orders are canceled; level must be one of ${killLevels.join(', ')}, got ${String(level)}`,
    )
  }

  #kill(options: Partial<KillOptions>): number {
    const { scope = 'global', name = '', cancel = true } = options
    const actor = String(options.actor ?? 'nobody named')
    const reason = String(options.reason ?? 'none given')
    const level = options.level ?? (cancel ? 'cancel' : 'halt')
    if (scope === 'group') {
      const why = `group ${name}: ${reason}`
      const symbols = this.#members(name)
      return symbols.reduce(
        (asked, symbol) => asked + this.#kill({ scope: 'instrument', name: symbol, level, actor, reason: why }),
        0,
      )
    }
    const index = this.scopeIndex(scope, name)
    if (level === 'flatten' && scope === 'connector')
      throw new TradewireError(
        'TW_NOT_SUPPORTED',
        'A connector has no positions of its own; flatten an account instead',
      )
    this.#core.kill(scope, index, actor, reason, level)
    if (level === 'halt') return 0
    const filter = scope === 'global' ? {} : scope === 'instrument' ? { symbol: name } : { [scope]: name }
    const asked = this.#orders.cancelAll(filter)
    if (level === 'flatten') this.#flatten(scope, index)
    return asked
  }

  /** Ids of the instruments of a group that there are. */
  #members(group: string): string[] {
    const members = this.#groups.membersOf(group)
    return [...this.#core.instruments]
      .filter(({ id, symbol }) => members.includes(id) || members.includes(symbol))
      .map(({ id }) => id)
  }

  /** Goes on closing what a kill switch of an earlier session wanted closed. */
  resume(): void {
    for (const { scope, index } of this.#core.controls.flattened()) this.#flatten(scope, index)
  }

  /** Open orders that a kill switch wants canceled and whose venue has not confirmed it. */
  unconfirmed(): OrderSnapshot[] {
    const { table, controls } = this.#core
    const { cells } = table
    const found: OrderSnapshot[] = []
    for (const row of table.rows())
      if (cells[row + Field.isOpen] === 1 && controls.wantsCanceled(row)) found.push(this.#core.snapshot(cells[row]))
    return found
  }

  /** Takes a switch back. @throws TradewireError `TW_UNAUTHORIZED`, `TW_INVALID_ARGUMENT`. */
  release(options: KillOptions): void {
    requirePerson(options, 'releases a kill switch')
    const { scope = 'global', name = '', actor, reason } = options
    if (scope === 'group') {
      for (const symbol of this.#members(name)) this.release({ scope: 'instrument', name: symbol, actor, reason })
      return
    }
    const index = this.scopeIndex(scope, name)
    this.#flattening.end(scope, index)
    this.#core.releaseKill(scope, index, actor, reason)
  }

  /** Sets a trading state, on record. @throws TradewireError `TW_UNAUTHORIZED`, `TW_INVALID_ARGUMENT`, `TW_INVALID_STATE`. */
  setState(scope: Scope | 'group', name: string, state: TradingStateName, who: Person): void {
    requirePerson(who, 'sets a trading state')
    const { actor, reason } = who
    if (scope === 'group') this.#groups.set({ group: name, state, actor, reason })
    else this.#core.setTradingState(scope, this.scopeIndex(scope, name), state, actor, reason)
  }

  /** Index of what a scope is about. @throws TradewireError `TW_INVALID_ARGUMENT` when there is nothing of that name. */
  scopeIndex(scope: Scope, name: string): number {
    const { names, instruments } = this.#core
    if (scope === 'global') return 0
    if (scope === 'instrument') return instruments.get(name).index
    const tables = { account: names.accounts, connector: names.connectors, strategy: names.strategies }
    const index = tables[scope]?.find(name) ?? -1
    if (index >= 0) return index
    throw new TradewireError('TW_INVALID_ARGUMENT', `There is no ${scope} named "${name}"`)
  }

  /** Nothing more is closed. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #flatten(scope: Scope, index: number): void {
    this.#flattening.begin(scope, index)
    this.#timer ??= this.#time.every(flattenEveryMs, () => {
      this.#flattening.advance()
      if (!this.#flattening.isActive) this.close()
    })
  }
}
