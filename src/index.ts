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
  type HistoryKind,
  historyKinds,
  type OrderCapabilities,
  type OrderEnvironment,
  OrderSupport,
} from './connector/capabilities.js'
export type { ConnectionState } from './connector/connection-state.js'
export type { GapEvent, StreamEvent } from './connector/connector-events.js'
export type { ConnectorHealth } from './connector/connector-health.js'
export type { ConnectorHost } from './connector/connector-host.js'
export type { StreamReport, StreamState } from './connector/freshness.js'
export type { HistoryRequest } from './connector/history.js'
export type { DriveOptions, MarketDriver } from './connector/market-driver.js'
export { wasNotSent } from './connector/not-sent.js'
export { Pacer, PacingRank, type PacingReport } from './connector/pacing/pacer.js'
export {
  type PacingClass,
  type PacingOptions,
  type PacingWindow,
  pacingClasses,
} from './connector/pacing/pacing-options.js'
export { type GapListener, SequenceTracker, SequenceVerdict } from './connector/sequence-tracker.js'
export {
  type ConnectorRates,
  ConnectorStatistics,
  type ConnectorStatisticsReport,
  type LatencySummary,
  ratesBetween,
} from './connector/statistics.js'
export type { Subscription } from './connector/subscriptions.js'
export type { ConnectorSet, DataKindOf, OrderRequestFor } from './connector/typed-orders.js'
export { type WireIdOptions, WireIds } from './connector/wire-ids.js'
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
export {
  type DecryptOptions,
  decryptSensitiveValue,
  type EncryptOptions,
  encryptSensitiveValue,
  isEncryptedValue,
  type KeySource,
} from './core/sealed-value.js'
export { revealSecret, Secret, type SecretInput, sameSecret } from './core/secret.js'
export { type FileSecretsOptions, fileSecrets } from './core/secret-files.js'
export { SecretMask } from './core/secret-mask.js'
export {
  callbackSecrets,
  type EnvSecretsOptions,
  encryptedSecrets,
  envSecrets,
  firstSecrets,
  type SecretProvider,
} from './core/secret-provider.js'
export { sleep, type Time, type TimeoutOptions, withTimeout } from './core/time.js'
export { VirtualTime } from './core/virtual-time.js'
export type { UnprotectedPosition } from './execution/protection.js'
// Journal
export type { JournalOpening, JournalStore } from './journal/journal-store.js'
export {
  type AddConnectorOptions,
  type ConnectorReport,
  ExchangeManager,
  type ExchangeManagerOptions,
  type ManagerPrice,
  type ManagerStatistics,
} from './manager/exchange-manager.js'
export type {
  BarHandler,
  BookHandler,
  PriceHandler,
  StatusHandler,
  StreamHandler,
  StreamOptions,
  TradeHandler,
} from './manager/market-streams.js'
// Market data and positions
export { BookAnalytics, microprice, type SweepResult } from './market/analytics.js'
export { BarAggregator, type BarAggregatorOptions } from './market/bar-aggregator.js'
export type {
  BarCounters,
  BarSeriesOptions,
  LateRule,
  QuoteBar,
  QuoteBarOptions,
  TradeBar,
  TradeBarOptions,
} from './market/bars.js'
export { type BookCounters, type BookReader, BookState, MessageVerdict } from './market/book.js'
export { BookChecksum, type BookChecksumOptions, checksumOfTexts } from './market/book-checksum.js'
export { type BookDefinition, BookStore, type BookStoreOptions } from './market/book-store.js'
export { ConsolidatedBook, type ConsolidatedBookOptions } from './market/consolidated-book.js'
export { type CrossedPolicy, OrderBook, type OrderBookOptions } from './market/order-book.js'
export { OrderByOrderBook, type OrderByOrderBookOptions } from './market/order-by-order-book.js'
export {
  type DataQualityEvent,
  type DataQualityReport,
  type FeedCounts,
  type FeedLatency,
  type FeedQuality,
  type QualityIssue,
  qualityIssues,
  type TroubledStream,
} from './market/quality/quality-events.js'
export {
  type DataQualityEvents,
  DataQualityMonitor,
  type DataQualityOptions,
} from './market/quality/quality-monitor.js'
export { type DataQualityConfig, type QualityThresholds, StreamKind } from './market/quality/quality-options.js'
export { type ScoreInput, type ScoreParts, scoreOf, scoreParts, scoreWeights } from './market/quality/quality-score.js'
export { anySource, QuoteCache, type QuoteCacheOptions } from './market/quote-cache.js'
export { type SequenceRule, type SequenceRuleName, sequenceRules } from './market/sequence-rules.js'
export {
  SessionFigures,
  SessionStatistics,
  type SessionStatisticsOptions,
  type SessionTimes,
} from './market/session-statistics.js'
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
  BrokenStream,
  Discontinuity,
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
export type { ConnectorRoute } from './oms/connector-route.js'
export type { Drift, DriftKind, DriftPolicy, DriftReport } from './oms/drift.js'
export type { DropCopyDesk, DropCopyOptions, TakeOptions } from './oms/drop-copy/drop-copy-desk.js'
export type { DropCopyExecution } from './oms/drop-copy/drop-copy-execution.js'
export type {
  DropCopyDifferenceReport,
  DropCopyReport,
  ReportedExecution,
} from './oms/drop-copy/drop-copy-report.js'
export type { DropCopyFault } from './oms/drop-copy/line-comparison.js'
export type { Evidence } from './oms/explain.js'
export type { OrderEvent, OrderEventType } from './oms/order-event.js'
export type { OrderHandle, WaitOptions } from './oms/order-handle.js'
export type { OrderFilter, OrderManager } from './oms/order-manager.js'
export type { LargeOrderOptions, PendingApproval, RiskRule, RuleOrder } from './oms/order-rules.js'
export type { ReconciliationReport } from './oms/reconciler.js'
export type { RecoveryReport } from './oms/recovery.js'
export type { AppliedSplit, SplitPosition, SplitReport, SplitRequest } from './oms/splits.js'
export type { StageName, ValidationConfig } from './oms/validation/config.js'
export type { OrderUnderValidation } from './oms/validation/order-under-validation.js'
export type { ValidationCounters } from './oms/validation/pipeline.js'
export type { StageReport, ValidationReport } from './oms/validation/report.js'
export type { Finding, StageVerdict, Thresholds, ValidationStage } from './oms/validation/stage.js'
export type { StrategyPermissions } from './oms/validation/stages/authorization.js'
export type { LiquidityFigures } from './oms/validation/stages/liquidity.js'
export type { SessionRules } from './oms/validation/stages/session.js'
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
export {
  type AttributedEvent,
  type AttributedSplit,
  Attribution,
  type AttributionOptions,
} from './portfolio/attribution.js'
export {
  type Drawdown,
  type EquityPoint,
  type EquityStatistics,
  type EquityStatisticsOptions,
  equityStatistics,
  type TradeStatistics,
  tradeStatistics,
} from './portfolio/performance.js'
export {
  PerformanceTracker,
  type PerformanceTrackerOptions,
  type RoundTrip,
} from './portfolio/performance-tracker.js'
export { Portfolio } from './portfolio/portfolio.js'
export { type PortfolioSnapshot, portfolioSnapshot } from './portfolio/snapshot.js'
export type { FilterKind, MarketFilter, RowPredicate } from './ring/filter.js'
export { type PerformanceProfile, type ProfileName, performanceProfiles, profileNames } from './ring/profiles.js'
export type { MarketSink } from './ring/sink.js'
export type { Breach } from './risk/breach.js'
export type { LimitUse } from './risk/limit-use.js'
export type { PerInstrument, RiskLimits } from './risk/limits.js'
export type { LimitType, NamedLimit } from './risk/named-limits.js'
export { ConsolidatedQuote, type QuoteCondition, type SourceQuote } from './routing/consolidated-quotes.js'
export {
  type FeedIdentity,
  type FeedLineReport,
  type FeedMode,
  type FeedOptions,
  feedIdentities,
  feedModes,
} from './routing/feed.js'
export { type HealthReading, type HealthScale, healthScale, healthScore } from './routing/health.js'
export type { LineCounts } from './routing/line-arbiter.js'
export { type RoutingStrategy, routingStrategies, type SteadinessOptions } from './routing/route-selector.js'
export type { RouteConfig, WhenThrottled } from './routing/routes.js'
// The system and its strategies
export type { StrategyErrorPolicy, TradingMode, TradingSystemConfig } from './system/config.js'
export type { FeedEvent } from './system/feed-event.js'
export { type FollowOptions, followJournal, type JournalFollower } from './system/follow-journal.js'
export {
  type BarOrigin,
  type BarPage,
  type BarRequest,
  barOrigins,
  type HistoricalBar,
  type Moment,
} from './system/history/bar-request.js'
export { HistoricalBars, type HistoricalBarsOptions } from './system/history/historical-bars.js'
export type { PriceAdjustment } from './system/history/piece-sink.js'
export type { OperatorDesk } from './system/operator-desk.js'
export type { Problem } from './system/problems.js'
export {
  type RecoveredState,
  type RecoverStateOptions,
  type ReplayPoint,
  recoverState,
} from './system/recover-state.js'
export type { FeedConfig, RoutingConfig } from './system/routing-config.js'
export type { RouteReport, RoutingEvent } from './system/routing-desk.js'
export type { RunOptions } from './system/run.js'
export type { ShadowComparison, ShadowDesk, ShadowOptions, ShadowOutcome, ShadowReport } from './system/shadow-desk.js'
export { countFields, differences, type SystemState } from './system/state.js'
export {
  type ConnectionEvent,
  type PositionReading,
  Strategy,
  type StrategyHost,
  type StrategySubscription,
  type WarmUp,
} from './system/strategy.js'
export type { StrategyFailure } from './system/strategy-desk.js'
export {
  type Connectors,
  type StopReport,
  type SystemPhase,
  TradingSystem,
  type TradingSystemEvents,
  type TradingSystemOptions,
  type TradingSystemParts,
} from './system/trading-system.js'
export { BarView, BookView, QuoteView, StatusView, TradeView } from './system/views.js'
export type { HistoryContext, HistoryProvider } from './system/warm-up.js'
export { runWorkerStrategy, workerInput } from './system/worker/run-worker-strategy.js'
export type { WorkerKind } from './system/worker/worker-messages.js'
export { type WorkerCounters, WorkerStrategy, type WorkerStrategyOptions } from './system/worker/worker-strategy.js'
