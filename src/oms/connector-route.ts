/** One connector as a way for orders and data, with the types of what its venue can do. */
import type { ConnectorCapabilities } from '../connector/capabilities.js'
import type { DataKindOf, OrderRequestFor } from '../connector/typed-orders.js'
import type { OrderRequest } from '../model/order.js'
import type { OrderHandle } from './order-handle.js'

/**
 * Orders and streams of one connector. What its venue does not have does not compile, where the connector declares its
 * capabilities `as const`; where it does not, an order that the venue cannot take ends DENIED before anything is sent.
 */
export interface ConnectorRoute<C extends ConnectorCapabilities = ConnectorCapabilities> {
  /** Name of the connector. */
  readonly connector: string
  /** Submits an order to this connector. As `OrderManager.submit`. */
  submit(request: OrderRequestFor<C>): OrderHandle
  /** Cancels all open orders at this connector; returns how many cancels were asked for. */
  cancelAll(): number
  /** Subscribes to streams. @throws TradewireError as `BaseConnector.subscribeTo`; `TW_UNKNOWN_INSTRUMENT`. */
  subscribe(symbols: readonly string[], kinds: readonly DataKindOf<C>[], signal?: AbortSignal): Promise<void>
}

/** What a route is made of. */
export interface RouteParts {
  submit(request: OrderRequest): OrderHandle
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
    submit: (request) => parts.submit({ ...(request as OrderRequest), connector }),
    cancelAll: () => parts.cancelAll(connector),
    subscribe: async (symbols, kinds, signal) => {
      for (const symbol of symbols) for (const kind of kinds) await parts.subscribe(symbol, kind, signal)
    },
  }
}
