/**
 * Closing positions after a kill switch that asks for it: market orders that only reduce, tried again until nothing is left.
 * They wait for the cancels of orders on their side: what might still fill is never closed twice.
 */

import { unitsToText } from '../model/decimal.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderManager } from '../oms/order-manager.js'
import type { Scope } from '../risk/trading-state.js'

/** The name of the strategy that closing orders belong to where no strategy's own positions are closed. */
const flattener = 'FLATTEN'

/** From a refusal to the next attempt. */
const retryNs = 2_000_000_000

/** See the file's header. */
export class Flattening {
  readonly #core: OrderCore
  readonly #orders: OrderManager
  readonly #scopes = new Map<string, { scope: Scope; index: number }>()
  readonly #onProblem: (error: unknown) => void
  /** When an instrument of an account is tried again after a refusal, on the monotonic clock. */
  readonly #notBefore = new Map<number, number>()

  constructor(core: OrderCore, orders: OrderManager, onProblem: (error: unknown) => void) {
    this.#core = core
    this.#orders = orders
    this.#onProblem = onProblem
  }

  /** Whether anything is being closed. */
  get isActive(): boolean {
    return this.#scopes.size > 0
  }

  /** Closes the positions of a scope from now on. */
  begin(scope: Scope, index: number): void {
    this.#scopes.set(`${scope} ${index}`, { scope, index })
    this.advance()
  }

  /** The kill switch was taken back. */
  end(scope: Scope, index: number): void {
    this.#scopes.delete(`${scope} ${index}`)
  }

  /** Sends what can be sent now. */
  advance(): void {
    for (const [name, { scope, index }] of this.#scopes) {
      if (!this.#core.gate.states.isKilled(scope, index)) this.#scopes.delete(name)
      else if (this.#close(scope, index)) this.#scopes.delete(name)
    }
  }

  /** Whether nothing is left to close. */
  #close(scope: Scope, index: number): boolean {
    const { gate, instruments, names, sizes } = this.#core
    let isFlat = true
    const accounts = scope === 'account' ? [index] : Array.from({ length: names.accounts.size }, (_, i) => i)
    for (const account of accounts) {
      for (let i = 0; i < Math.min(instruments.size, sizes.instrument); i++) {
        if (scope === 'instrument' && i !== index) continue
        const key = gate.exposure.keyOf(account, i)
        const total = gate.exposure.position[key]
        const units = scope === 'strategy' ? this.#ownShare(account, index, i, total) : total
        if (units === 0) continue
        isFlat = false
        // Something works on the closing side: it has to be gone, or to fill, first.
        if ((units > 0 ? gate.exposure.selling[key] : gate.exposure.buying[key]) > 0) continue
        this.#send(account, scope === 'strategy' ? names.strategy(index) : flattener, i, units)
      }
    }
    return isFlat
  }

  /** What a strategy holds, as far as closing it makes the position of the account smaller. */
  #ownShare(account: number, strategy: number, instrument: number, total: number): number {
    const own = this.#core.ledger.portfolio.strategyQuantityUnits(account, strategy, instrument)
    if (own * total <= 0) return 0
    return Math.sign(own) * Math.min(Math.abs(own), Math.abs(total))
  }

  #send(account: number, strategy: string, index: number, units: number): void {
    const { instruments, names, gate, clock } = this.#core
    const instrument = instruments.at(index)
    const key = gate.exposure.keyOf(account, index)
    const nowNs = clock.monotonicNs()
    if (nowNs < (this.#notBefore.get(key) ?? 0)) return
    // In pieces that the limits of single orders let pass; the next one goes when this one is filled.
    const quantity = Math.min(Math.abs(units), gate.largestOrder(index)) || Math.abs(units)
    try {
      const order = this.#orders.closePosition({
        symbol: instrument.id,
        side: units > 0 ? 'sell' : 'buy',
        quantity: unitsToText(quantity, instrument.sizeScale),
        account: names.account(account),
        strategy,
        tag: 'flatten',
      })
      if (order.status === 'DENIED') this.#notBefore.set(key, nowNs + retryNs)
    } catch (error) {
      this.#onProblem(error)
    }
  }
}
