/** One connector as a way for orders and data, with the types of what its venue can do. */
import type { ConnectorCapabilities } from '../connector/capabilities.js'
import type { AlgoRequestFor, DataKindOf, OrderRequestFor } from '../connector/typed-orders.js'
import type { AlgoOrderRequest } from '../model/algo.js'
import type { OrderRequest } from '../model/order.js'
import type { OrderHandle } from './order-handle.js'
import type { ParentOrderHandle } from './parent-port.js'

/**
 * Orders and streams of one connector. What its venue does not have does not compile, where the connector declares its
 * capabilities `as const`; where it does not, an order that the venue cannot take ends DENIED before anything is sent.
 */
export interface ConnectorRoute<C extends ConnectorCapabilities = ConnectorCapabilities> {
  /** Name of the connector. */
  readonly connector: string
  /**
   * Submits an order to this connector; with `algo`, one that an algorithm here works over it. As `OrderManager.submit`. What
   * the venue lacks and is emulated is checked when the plan is made: an order that the emulation ends in and the venue does
   * not take either is refused then (`TW_INVALID_ALGO`).
   */
  submit(request: AlgoRequestFor<C>): ParentOrderHandle
  submit(request: OrderRequestFor<C>): OrderHandle
  /** Cancels all open orders at this connector; returns how many cancels were asked for. */
  cancelAll(): number
  /** Subscribes to streams. @throws TradewireError as `BaseConnector.subscribeTo`; `TW_UNKNOWN_INSTRUMENT`. */
  subscribe(symbols: readonly string[], kinds: readonly DataKindOf<C>[], signal?: AbortSignal): Promise<void>
}

/** What a route is made of. */
export interface RouteParts {
  submit(request: OrderRequest | AlgoOrderRequest): OrderHandle | ParentOrderHandle
  cancelAll(connector: string): number
  subscribe(symbol: string, kind: ConnectorCapabilities['data'][number], signal: AbortSignal | undefined): Promise<void>
}

/** Makes the route of a connector. */
export function connectorRoute<C extends ConnectorCapabilities>(
  connector: string,
  parts: RouteParts,
): ConnectorRoute<C> {
  return {
    connector,
    submit: ((request: OrderRequest) => parts.submit({ ...request, connector })) as ConnectorRoute<C>['submit'],
    cancelAll: () => parts.cancelAll(connector),
    subscribe: async (symbols, kinds, signal) => {
      for (const symbol of symbols) for (const kind of kinds) await parts.subscribe(symbol, kind, signal)
    },
  }
}
