/**
 * Rules of the host that have to be asked asynchronously, and the second pair of eyes on large orders. They are asked before
 * the risk gate, never after it: nothing waits between the gate and the wire, and nothing is reserved while somebody thinks.
 *
 *   propose ─► rules, each within its time ─► submit: gate, journal, connector in one turn
 *
 * A rule that says no, throws, or gives no answer in time refuses the order. What cannot be valued counts as large.
 */
import { messageOf, TradewireError } from '../core/errors.js'
import type { TimerHandle } from '../core/scheduler.js'
import { listenForAbort, type Time } from '../core/time.js'
import { powerOfTen } from '../model/decimal.js'
import { OrderFlag } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import type { OrderCore } from './order-core.js'

/** An order as rules see it. Numbers are doubles, for reading. */
export interface RuleOrder {
  readonly symbol: string
  readonly account: string
  readonly strategy: string
  readonly connector: string
  readonly side: 'buy' | 'sell'
  readonly quantity: number
  /** NaN without a limit. */
  readonly price: number
  /** Worst-case value in the base currency; NaN when it cannot be valued. */
  readonly value: number
}

/** A rule of the host. */
export interface RiskRule {
  readonly name: string
  /** Whether it has to be asked about an order; about all unless given. Synchronous; what throws means yes. */
  appliesTo?(order: RuleOrder): boolean
  /** undefined = yes; why not, in words, otherwise. `signal` fires when nobody waits for the answer any more. */
  check(order: RuleOrder, context: { signal: AbortSignal; actor: string }): Promise<string | undefined>
  /** How long an answer may take; 5,000 unless given. */
  timeoutMs?: number
}

/** When a second person has to agree. */
export interface LargeOrderOptions {
  /** Orders worth more than this, in the base currency. */
  above: string | number
  /** How long an order waits for the second person; 300,000 unless given. */
  timeoutMs?: number
}

/** An order that waits for a second person. */
export interface PendingApproval {
  readonly id: number
  readonly order: RuleOrder
  /** Who wants it. */
  readonly actor: string
  /** Since when, epoch microseconds. */
  readonly sinceUs: number
}

/** What somebody decided about a large order, as it goes on record. */
export interface LargeOrderDecision extends PendingApproval {
  readonly isApproved: boolean
  readonly by: string
  readonly reason: string
  readonly tsUs: number
}

/** What rules are made of. */
export interface OrderRulesParts {
  core: OrderCore
  time: Time
  rules: readonly RiskRule[]
  largeOrders: LargeOrderOptions | undefined
  /** An order waits for a second person, or does not any more. */
  onPending?(pending: PendingApproval, isPending: boolean): void
}

interface Waiting extends PendingApproval {
  settle(decision: { isApproved: boolean; by: string; reason: string }): void
}

/** See the file's header. */
export class OrderRules {
  readonly #parts: OrderRulesParts
  readonly #rules: readonly RiskRule[]
  readonly #waiting = new Map<number, Waiting>()
  readonly #life = new AbortController()
  #nextId = 1

  constructor(parts: OrderRulesParts) {
    this.#parts = parts
    const { largeOrders } = parts
    this.#rules = largeOrders === undefined ? parts.rules : [...parts.rules, this.#fourEyes(largeOrders)]
  }

  /** The order of a record, as rules see it, with a quantity and a price that may be other ones. */
  orderOf(row: number, quantity?: number, price?: number): RuleOrder {
    const { core } = this.#parts
    const { cells } = core.table
    const instrument = core.instruments.at(cells[row + Field.instrument])
    const units = quantity ?? cells[row + Field.quantity]
    const limit = price ?? cells[row + Field.price]
    return {
      symbol: instrument.symbol,
      account: core.names.account(cells[row + Field.account]),
      strategy: core.names.strategy(cells[row + Field.strategy]),
      connector: core.names.connector(cells[row + Field.connector]),
      side: cells[row + Field.side] > 0 ? 'buy' : 'sell',
      quantity: units / powerOfTen(instrument.sizeScale),
      price: limit / powerOfTen(instrument.priceScale),
      value: core.gate.valueOf(row, units, limit),
    }
  }

  /** Whether an order may not go without being asked about. Children of parents, and what only protects, may. */
  isNeeded(row: number, order: RuleOrder = this.orderOf(row)): boolean {
    const { core } = this.#parts
    if ((core.table.cells[row + Field.flags] & OrderFlag.protective) !== 0) return false
    if (core.gate.hasParents && core.gate.extras.parents.familyOf(row) !== undefined) return false
    return this.appliesTo(order)
  }

  /** Whether a change makes an order that rules would have to be asked about larger or dearer. */
  forbidsChange(row: number, quantity: number, price: number): boolean {
    const { cells } = this.#parts.core.table
    const isLarger = quantity > cells[row + Field.quantity]
    const isDearer = Math.abs(price) > Math.abs(cells[row + Field.price])
    return (isLarger || isDearer) && this.isNeeded(row, this.orderOf(row, quantity, price))
  }

  /** Whether any rule has to be asked about an order. */
  appliesTo(order: RuleOrder): boolean {
    return this.#applying(order).length > 0
  }

  #applying(order: RuleOrder): RiskRule[] {
    return this.#rules.filter((rule) => {
      try {
        return rule.appliesTo?.(order) ?? true
      } catch {
        return true
      }
    })
  }

  /** Asks all rules that apply, at once. Resolves to why the order is refused, or to undefined. Never rejects. */
  async ask(order: RuleOrder, actor?: string, signal?: AbortSignal): Promise<string | undefined> {
    // Who says nothing about it wants it for the strategy.
    const asker = nameOf(actor) === '' ? order.strategy : (actor as string)
    const answers = await Promise.all(this.#applying(order).map((rule) => this.#askOne(rule, order, asker, signal)))
    return answers.find((answer) => answer !== undefined)
  }

  #askOne(rule: RiskRule, order: RuleOrder, actor: string, signal?: AbortSignal): Promise<string | undefined> {
    const { time } = this.#parts
    const { name, timeoutMs = 5_000 } = rule
    const over = new AbortController()
    const gone = AbortSignal.any([over.signal, this.#life.signal, ...(signal === undefined ? [] : [signal])])
    return new Promise((resolve) => {
      let timer: TimerHandle | undefined
      const settle = (answer: string | undefined) => {
        timer?.cancel()
        gone.removeEventListener('abort', given)
        time.requestSettling?.()
        resolve(answer)
        over.abort()
      }
      const given = () => settle(`${name}: given up`)
      if (gone.aborted) return given()
      listenForAbort(gone, given)
      timer = time.after(timeoutMs, () => settle(`${name}: no answer within ${timeoutMs} ms`))
      try {
        rule.check(order, { signal: gone, actor }).then(
          (answer) => settle(answer === undefined ? undefined : `${name}: ${String(answer)}`),
          (error) => settle(`${name}: ${messageOf(error)}`),
        )
      } catch (error) {
        settle(`${name}: ${messageOf(error)}`)
      }
    })
  }

  // ---- The second pair of eyes -----------------------------------------------------------------------------------------

  #fourEyes({ above, timeoutMs = 300_000 }: LargeOrderOptions): RiskRule {
    const most = Number(above)
    return {
      name: 'four eyes',
      timeoutMs,
      appliesTo: ({ value }) => !(value <= most),
      check: (order, { signal, actor }) => this.#wait(order, actor, signal),
    }
  }

  #wait(order: RuleOrder, actor: string, signal: AbortSignal): Promise<string | undefined> {
    const { time, onPending } = this.#parts
    const id = this.#nextId++
    const pending: PendingApproval = { id, order, actor, sinceUs: time.wallUs() }
    return new Promise((resolve) => {
      const end = (answer: string | undefined) => {
        signal.removeEventListener('abort', gone)
        if (!this.#waiting.delete(id)) return
        onPending?.(pending, false)
        resolve(answer)
      }
      const gone = () => end('nobody decided in time')
      listenForAbort(signal, gone)
      const settle: Waiting['settle'] = (decision) => {
        this.#record({ ...pending, ...decision, tsUs: time.wallUs() })
        end(decision.isApproved ? undefined : `refused by ${decision.by}: ${decision.reason}`)
      }
      this.#waiting.set(id, { ...pending, settle })
      onPending?.(pending, true)
    })
  }

  #record(decision: LargeOrderDecision): void {
    const { core } = this.#parts
    core.facts.recordRiskDecision(JSON.stringify({ largeOrder: decision }))
    core.logger.warn({ ...decision }, 'large order')
  }

  /** Orders that wait for a second person, oldest first. */
  pending(): PendingApproval[] {
    return [...this.#waiting.values()].map(({ id, order, actor, sinceUs }) => ({ id, order, actor, sinceUs }))
  }

  /** Decides about an order that waits. @throws TradewireError `TW_INVALID_ARGUMENT`; `TW_UNAUTHORIZED` for whoever wants it. */
  decide(id: number, isApproved: boolean, who: { actor: string; reason?: string }): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) throw new TradewireError('TW_INVALID_ARGUMENT', `No order waits for approval ${id}`)
    const { actor, reason = '' } = (who ?? {}) as Partial<typeof who>
    const by = nameOf(actor)
    if (by === '' || (isApproved && by === nameOf(waiting.actor)))
      throw new TradewireError('TW_UNAUTHORIZED', `"${by}" cannot decide what ${waiting.actor} wants: four eyes`)
    waiting.settle({ isApproved, by: String(actor).trim(), reason: String(reason) })
  }

  /** Nobody is asked any more: what waits is refused. */
  close(): void {
    this.#life.abort(new TradewireError('TW_DISPOSED', 'The system was stopped'))
  }
}

/** A person's name for comparing: spaces around it and the size of its letters make nobody another person. */
function nameOf(actor: unknown): string {
  return typeof actor === 'string' ? actor.trim().toLowerCase() : ''
}
