/**
 * Rings: the in-process ingest ring with its consumers and views, and the ring between threads.
 */

export { BookView } from './book-view.js'
export type {
  BarColumns,
  BookColumns,
  NoteColumns,
  QuoteColumns,
  StatusColumns,
  TradeColumns,
} from './columns.js'
export { RingConsumer, type RingConsumerOptions } from './consumer.js'
export { type FilterKind, filterKinds, type MarketFilter, type RowPredicate } from './filter.js'
export { IngestRing, type IngestRingOptions } from './ingest-ring.js'
export {
  type AggressorSign,
  type BatchHandler,
  BookSide,
  EventKind,
  LevelAction,
  type RingHandlers,
  TradingStatus,
} from './kinds.js'
export { type ConsumerCounters, type OverflowPolicy, overflowPolicies } from './policies.js'
export { type PerformanceProfile, type ProfileName, performanceProfiles, profileNames, profileOf } from './profiles.js'
export {
  type FieldType,
  quoteLayout,
  type RecordColumns,
  type RecordLayout,
  tradeLayout,
} from './record-layout.js'
export { type SharedBatchHandler, SharedConsumer, type SharedConsumerCounters } from './shared-consumer.js'
export { SharedProducer, type SharedProducerCounters } from './shared-producer.js'
export {
  type SharedConsumerOptions,
  type SharedOverflow,
  type SharedProducerOptions,
  SharedRing,
  type SharedRingHandle,
  type SharedRingOptions,
} from './shared-ring.js'
export type { MarketSink, TickRowSink } from './sink.js'
export { TickAt, tickRowWidth } from './tick-row.js'
export { BarView, QuoteView, StatusView, TradeView } from './views.js'
