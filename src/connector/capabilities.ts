/** What a venue can do. Asking for more fails before anything is sent. */

import type { BrokerOrder } from '../model/algo.js'
import type { OrderType, TimeInForce } from '../model/order-types.js'
import { TifCode, TypeCode, tifOf, typeOf } from '../orders/codes.js'

/** Kinds of market data that can be subscribed to. */
export const dataKinds = ['quotes', 'trades', 'book', 'orders', 'bars', 'status', 'news'] as const
/** A kind of market data. `book` is level 2, `orders` level 3. */
export type DataKind = (typeof dataKinds)[number]

/** What orders sent through a connector reach: a market made here, a venue's test market, or real money. */
export type OrderEnvironment = 'simulated' | 'paper' | 'live'

/** What a venue takes as orders. */
export interface OrderCapabilities {
  /** Where its orders end. A system that is not in mode `live` refuses a connector whose orders are. */
  readonly environment: OrderEnvironment
  readonly types: readonly OrderType[]
  readonly timeInForce: readonly TimeInForce[]
  readonly postOnly: boolean
  readonly reduceOnly: boolean
  readonly iceberg: boolean
  /** Whether a working order can be changed in place. */
  readonly replace: boolean
  /** Who cancels when the connection breaks: the venue, this side on reconnect, or nobody. */
  readonly cancelOnDisconnect: 'venue' | 'client' | 'none'
  /**
   * Whether a query over the history can prove that an order never existed. A venue that forgets says how far back it can
   * by the connector's `historyReachUs`.
   */
  readonly fullHistory: boolean
  /** Algorithms of the venue or broker that can be asked for with `workedBy: 'broker'`, by their types here. None where absent. */
  readonly algorithms?: readonly string[]
}

/** Kinds of history that can be asked for. */
export const historyKinds = ['quotes', 'trades', 'bars'] as const
/** A kind of history. */
export type HistoryKind = (typeof historyKinds)[number]

/**
 * What a connector offers. `orders` is absent where it cannot trade, `history` where it has none. Declared with
 * `as const satisfies ConnectorCapabilities`, the compiler knows it too: `system.orders.via('name')` then refuses what the
 * venue cannot do.
 */
export interface ConnectorCapabilities {
  readonly data: readonly DataKind[]
  readonly orders?: OrderCapabilities
  readonly history?: readonly HistoryKind[]
}

/** What of the capabilities decides whether an order is valid. */
export type OrderTypes = Omit<OrderCapabilities, 'environment'> & { readonly environment?: OrderEnvironment }

/** Capabilities as bits, for checks on the order path. */
export class OrderSupport {
  readonly #types: number
  readonly #times: number
  readonly postOnly: boolean
  readonly reduceOnly: boolean
  readonly iceberg: boolean
  readonly replace: boolean
  readonly #algorithms: ReadonlySet<string>

  constructor(capabilities: OrderTypes | undefined) {
    let types = 0
    for (const type of capabilities?.types ?? []) types |= 1 << TypeCode[type]
    let times = 0
    for (const time of capabilities?.timeInForce ?? []) times |= 1 << TifCode[time]
    this.#types = types
    this.#times = times
    this.postOnly = capabilities?.postOnly ?? false
    this.reduceOnly = capabilities?.reduceOnly ?? false
    this.iceberg = capabilities?.iceberg ?? false
    this.replace = capabilities?.replace ?? false
    this.#algorithms = new Set(capabilities?.algorithms)
  }

  /** Whether the venue has an algorithm of a type. */
  hasAlgorithm(type: string): boolean {
    return this.#algorithms.has(type)
  }

  /** Whether orders of a type code are taken. */
  takesType(type: number): boolean {
    return ((this.#types >> type) & 1) === 1
  }

  /** Whether orders with a time in force code are taken. */
  takesTimeInForce(timeInForce: number): boolean {
    return ((this.#times >> timeInForce) & 1) === 1
  }

  /** What of an order the venue does not take, in words; empty when it takes all of it. */
  lackFor(order: {
    readonly type: number
    readonly timeInForce: number
    readonly postOnly: boolean
    readonly displayUnits: number
    readonly algo?: BrokerOrder | undefined
  }): string {
    const { algo } = order
    // Without its algorithm the whole order would go to the market at once.
    if (algo !== undefined && !this.hasAlgorithm(algo.algo.type))
      return `orders that its broker works as ${algo.algo.type}`
    if (!this.takesType(order.type)) return `orders of type ${typeOf(order.type)}`
    if (!this.takesTimeInForce(order.timeInForce)) return `time in force ${tifOf(order.timeInForce)}`
    if (!this.postOnly && order.postOnly) return 'post-only orders'
    if (!this.iceberg && !Number.isNaN(order.displayUnits)) return 'iceberg orders (displayQuantity)'
    return ''
  }
}
