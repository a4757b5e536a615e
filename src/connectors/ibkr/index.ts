/** `tradewire/ibkr`: Interactive Brokers over the TWS API. Needs the optional package @stoqey/ib. */
export {
  type AccountStreamEvents,
  AccountStreams,
  type IbkrAccountValue,
  type IbkrHolding,
  type IbkrPnl,
  type IbkrPositionPnl,
} from './account-streams.js'
export { classOf, type TwsCode, type TwsCodeClass, type TwsCodeTable, twsCodes } from './codes.js'
export {
  combo,
  contractOf,
  crypto,
  forex,
  future,
  type IbkrContract,
  type IbkrLeg,
  option,
  stock,
} from './contracts.js'
export { IbkrDataPool, type IbkrDataPoolOptions, type PoolGateway, type PoolMemberReport } from './data-pool.js'
export { IbkrConnector, type IbkrEvents } from './ibkr-connector.js'
export { type IbkrConnectorOptions, twsPacing } from './ibkr-options.js'
export type { IbkrNotice, IbkrPreview, MarginChange } from './notices.js'
export { FileOrderIds, MemoryOrderIds, type OrderIdStore } from './order-ids.js'
export { algorithms, type IbkrOrderExtras } from './order-mapping.js'
export { readTape, SessionRecorder, type TapeLine } from './session-tape.js'
export type { MakeTransport, TwsAddress, TwsApi, TwsTransport, TwsTransportEvents } from './transport.js'
