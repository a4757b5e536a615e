/** What may be traded at all: allow and block lists of instruments, sides, and the short-sale rule. */
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { OrderNames } from '../orders/approved-order.js'
import { Verdict } from './controls.js'
import type { Exposure } from './exposure.js'
import type { GateCheck, GateParts } from './gate-check.js'
import type { Subject } from './subject.js'

/** What an instrument may be traded for: both sides, buys or sells only, or only what makes a position smaller. */
export type Allowed = 'both' | 'buy' | 'sell' | 'reduce' | 'none'

/** Lists of what may be traded. Names are symbols or ids; `*` stands for the rest. */
export interface RestrictionOptions {
  /** Instruments that may be traded, and how. An instrument that it does not name, without `*`, may not. */
  instruments?: Readonly<Record<string, Allowed>>
  /** The same for accounts, strategies and connectors by name; an own table for each strategy, say. */
  accounts?: Readonly<Record<string, Allowed>>
  strategies?: Readonly<Record<string, Allowed>>
  connectors?: Readonly<Record<string, Allowed>>
  /** Whether a position may become short: never, always (the default), or as far as a locate says. */
  shortSale?: 'never' | 'allowed' | 'locate'
}

/** Says how many units of an instrument may be sold short: what a broker located. Pure and synchronous. */
export type Locate = (symbol: string, account: string) => number

/** See the file's header. */
export class Restrictions implements GateCheck {
  /** Set by the owner; without one nothing is located. In quantity units of the instrument. */
  locate: Locate | undefined
  readonly #options: RestrictionOptions
  readonly #instruments: InstrumentRegistry
  readonly #names: OrderNames
  readonly #exposure: Exposure
  readonly #allowedOf: (Allowed | undefined)[]

  constructor({ instruments, names, exposure, sizes }: GateParts, options: RestrictionOptions) {
    this.#allowedOf = new Array<Allowed | undefined>(sizes.instrument).fill(undefined)
    this.#options = options
    this.#instruments = instruments
    this.#names = names
    this.#exposure = exposure
  }

  check(_row: number, order: Subject): number {
    const { instruments, accounts, strategies, connectors, shortSale } = this.#options
    const names = this.#names
    if (instruments !== undefined && !this.#mayInstrument(instruments, order)) return Verdict.restricted
    if (accounts !== undefined && !this.#may(accounts, names.account(order.account), order)) return Verdict.restricted
    if (strategies !== undefined && !this.#may(strategies, names.strategy(order.strategy), order))
      return Verdict.restricted
    if (connectors !== undefined && !this.#may(connectors, names.connector(order.connector), order))
      return Verdict.restricted
    return shortSale === undefined || shortSale === 'allowed' || order.side > 0 || this.#mayShort(order)
      ? 0
      : Verdict.shortSale
  }

  /** What a table says of an instrument is looked up once. */
  #mayInstrument(table: Readonly<Record<string, Allowed>>, order: Subject): boolean {
    let allowed = this.#allowedOf[order.instrument]
    if (allowed === undefined) {
      const { id, symbol } = this.#instruments.at(order.instrument)
      allowed = allowedIn(table, Object.hasOwn(table, id) ? id : symbol)
      this.#allowedOf[order.instrument] = allowed
    }
    return this.#is(allowed, order)
  }

  #may(table: Readonly<Record<string, Allowed>>, name: string, order: Subject): boolean {
    return this.#is(allowedIn(table, name), order)
  }

  #is(allowed: Allowed, order: Subject): boolean {
    switch (allowed) {
      case 'both':
        return true
      case 'buy':
        return order.side > 0
      case 'sell':
        return order.side < 0
      case 'reduce':
        return this.#reduces(order)
      default:
        return false
    }
  }

  #reduces(order: Subject): boolean {
    const { position, working } = this.#exposure
    const wanted = order.quantity - order.filled - order.reserved
    const held = -order.side * position[order.key]
    return held > 0 && working[this.#exposure.sideKey(order.key, order.side)] + wanted <= held
  }

  /** What would be sold beyond the position, at worst, is located. */
  #mayShort(order: Subject): boolean {
    const { position, selling } = this.#exposure
    const wanted = Math.max(0, order.quantity - order.filled - order.reserved)
    const short = selling[order.key] + wanted - position[order.key]
    if (short <= 0) return true
    if (this.#options.shortSale !== 'locate' || this.locate === undefined) return false
    const symbol = this.#instruments.at(order.instrument).symbol
    return short <= this.locate(symbol, this.#names.account(order.account))
  }
}

function allowedIn(table: Readonly<Record<string, Allowed>>, name: string): Allowed {
  if (Object.hasOwn(table, name)) return table[name] as Allowed
  return Object.hasOwn(table, '*') ? (table['*'] as Allowed) : 'none'
}
