/**
 * The narrow way to TWS: one connection, bytes of whole messages in, requests out. Nothing is queued, nothing is decoded,
 * nothing lives longer than the connection. A codec of our own could stand behind it.
 */
import type { IBApi } from '@stoqey/ib'

/** The requests that the connector makes: the layout of each is the library's. */
export type TwsApi = Pick<
  IBApi,
  | 'placeOrder'
  | 'cancelOrder'
  | 'reqGlobalCancel'
  | 'reqOpenOrders'
  | 'reqAllOpenOrders'
  | 'reqCompletedOrders'
  | 'reqExecutions'
  | 'reqPositions'
  | 'cancelPositions'
  | 'reqAccountSummary'
  | 'cancelAccountSummary'
  | 'reqAccountUpdates'
  | 'reqPnL'
  | 'reqPnLSingle'
  | 'cancelPnL'
  | 'cancelPnLSingle'
  | 'reqContractDetails'
  | 'reqMatchingSymbols'
  | 'reqMarketRule'
  | 'reqMarketDataType'
  | 'reqMktData'
  | 'cancelMktData'
  | 'reqTickByTickData'
  | 'cancelTickByTickData'
  | 'reqMktDepth'
  | 'cancelMktDepth'
  | 'reqRealTimeBars'
  | 'cancelRealTimeBars'
  | 'reqHistoricalData'
  | 'cancelHistoricalData'
  | 'reqHistoricalTicks'
  | 'reqHeadTimestamp'
  | 'reqCurrentTime'
  | 'reqIds'
>

/** What a transport tells. */
export interface TwsTransportEvents {
  /** A message: its bytes from `from` to before `to`, valid during the call. What it throws is reported and harms no other. */
  onFrame(bytes: Uint8Array, from: number, to: number): void
  /** Bytes arrived, and all whole messages among them were given to `onFrame`. */
  onBatch(handle: () => void): void
  /** The connection is gone; told once, and never after {@link TwsTransport.close}. */
  onClose(reason: string): void
  onProblem(error: unknown): void
  /** Sees every chunk in either direction; for recorders. */
  onBytes?(way: 'in' | 'out', bytes: Uint8Array): void
}

/** One connection to TWS. */
export interface TwsTransport {
  /** 0 before the greeting. */
  readonly serverVersion: number
  /** Connects and greets: resolves when requests can be sent. @throws TradewireError `TW_NETWORK`. */
  open(signal: AbortSignal): Promise<void>
  /** Sends one request at once. @throws TradewireError `TW_NOT_CONNECTED` when there is no connection: nothing was sent. */
  send(request: (api: TwsApi) => void): void
  /** Ends it at once. Safe at any time. */
  close(): void
}

/** Where TWS is, and as whom. */
export interface TwsAddress {
  readonly host: string
  readonly port: number
  readonly clientId: number
}

/** Makes the transport of each connection. */
export type MakeTransport = (address: TwsAddress, events: TwsTransportEvents) => TwsTransport
