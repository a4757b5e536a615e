/**
 * `tradewire`: the core. Models, connectors, orders, risk, and the trading system that composes them. Loads no native code
 * and none of the optional packages.
 */

// Connectors
export { BaseConnector, type ConnectorEvents, type ConnectorOptions } from './connector/base-connector.js'
export {
  type ConnectorCapabilities,
  type DataKind,
  dataKinds,
  type OrderCapabilities,
  type OrderEnvironment,
  OrderSupport,
} from './connector/capabilities.js'
export type { ConnectionState } from './connector/connection-state.js'
export type { ConnectorHost } from './connector/connector-host.js'
export type { DriveOptions, MarketDriver } from './connector/market-driver.js'
export { ConnectorStatistics, type ConnectorStatisticsReport } from './connector/statistics.js'
export type { Subscription } from './connector/subscriptions.js'
export { SimulatedConnector, type SimulatedConnectorOptions } from './connectors/sim/simulated-connector.js'
// Ports
export { type Clock, NS_PER_MS, US_PER_MS, US_PER_SECOND } from './core/clock.js'
export { TypedEmitter } from './core/emitter.js'
export { type ErrorCode, type ErrorCodeEntry, errorCodes } from './core/error-codes.js'
export { TradewireError, type TradewireErrorOptions } from './core/errors.js'
export type { FileSystem } from './core/file-system.js'
export { type Logger, silentLogger } from './core/logger.js'
export type { Connection, ConnectionHandlers, ConnectOptions, Listener, Network } from './core/network.js'
export { nodeFileSystem } from './core/node-file-system.js'
export { nodeNetwork } from './core/node-network.js'
export { type Random, SeededRandom } from './core/random.js'
export { RealTime } from './core/real-time.js'
export type { Scheduler, TimerHandle } from './core/scheduler.js'
export { sleep, type Time, type TimeoutOptions, withTimeout } from './core/time.js'
export { VirtualTime } from './core/virtual-time.js'
export { BarAggregator } from './market/bar-aggregator.js'
// Market data and positions
export type { TradeBar, TradeBarOptions } from './market/bars.js'
export { BookStore } from './market/book-store.js'
export { OrderBook } from './market/order-book.js'
export { OrderByOrderBook } from './market/order-by-order-book.js'
export { QuoteCache } from './market/quote-cache.js'
export { LatencyHistogram } from './math/histogram.js'
// Models
export type { AccountState, Balance, Position } from './model/account.js'
export { Decimal, type DecimalInput, type Rounding } from './model/decimal.js'
export type { ExecutionReport, SettlementRecord } from './model/execution.js'
export type {
  AccountId,
  ClientOrderId,
  ConnectorId,
  ExecId,
  InstrumentId,
  StrategyId,
  VenueOrderId,
} from './model/ids.js'
export { type AssetClass, Instrument, type InstrumentDefinition, type PriceBand } from './model/instrument.js'
export { InstrumentRegistry } from './model/instrument-registry.js'
export type {
  BarUnit,
  BookChange,
  BookLevel,
  BookOrder,
  InstrumentStatus,
  MacroEvent,
  MarketEvent,
  MarketEventHeader,
  NewsEvent,
  OhlcvBar,
  OrderBookDelta,
  OrderBookSnapshot,
  PriceTick,
  TradeTick,
  TradingPhase,
} from './model/market-data.js'
export type {
  OrderChange,
  OrderRequest,
  OrderSnapshot,
  OrderTypeInput,
  TimeInForceInput,
  TrailingOffset,
} from './model/order.js'
export {
  type LiquidityFlag,
  type OrderStatus,
  type OrderType,
  orderStatuses,
  orderTypes,
  type SelfTradePrevention,
  type Side,
  type TimeInForce,
  type TriggerSource,
  timesInForce,
} from './model/order-types.js'
export { fromJson, type ModelByKind, marketEventFromJson, modelKinds, toJson } from './model/schemas.js'
// Orders
export type { Evidence } from './oms/explain.js'
export type { OrderEvent, OrderEventType } from './oms/order-event.js'
export type { OrderHandle, WaitOptions } from './oms/order-handle.js'
export type { OrderFilter, OrderManager } from './oms/order-manager.js'
export type { ReconciliationReport } from './oms/reconciler.js'
export type { RecoveryReport } from './oms/recovery.js'
export { ApprovedOrder, ApprovedReplace, CancelRequest, OrderView } from './orders/approved-order.js'
export {
  FactSource,
  Liquidity,
  OrderFlag,
  type SideSign,
  StpCode,
  sideOf,
  sideSign,
  TifCode,
  TypeCode,
  tifOf,
  typeOf,
} from './orders/codes.js'
export type { OrderReports } from './orders/reports.js'
export type { ExecKey } from './orders/trade-pool.js'
export type {
  VenueAccountReport,
  VenueBalanceReport,
  VenueFillReport,
  VenueOrderReport,
  VenueOrderState,
  VenuePositionReport,
} from './orders/venue-reports.js'
export { Portfolio } from './portfolio/portfolio.js'
export { type PortfolioSnapshot, portfolioSnapshot } from './portfolio/snapshot.js'
export type { MarketSink } from './ring/sink.js'
export type { Breach } from './risk/gate.js'
export type { PerInstrument, RiskLimits } from './risk/limits.js'
// The system and its strategies
export type { TradingMode, TradingSystemConfig } from './system/config.js'
export { type RecoveredState, type RecoverStateOptions, recoverState } from './system/recover-state.js'
export type { RunOptions } from './system/run.js'
export { countFields, differences, type SystemState } from './system/state.js'
export {
  type ConnectionEvent,
  type PositionReading,
  Strategy,
  type StrategyHost,
  type WarmUp,
} from './system/strategy.js'
export type { HistoryProvider } from './system/strategy-desk.js'
export { TradingSystem, type TradingSystemEvents, type TradingSystemOptions } from './system/trading-system.js'
export { BarView, BookView, QuoteView, StatusView, TradeView } from './system/views.js'
