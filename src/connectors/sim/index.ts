/**
 * `tradewire/sim`: simulated venues and their markets. Recorded data, synthetic prices, matching, latency, fees, faults.
 */

export {
  AuctionKind,
  CancelReason,
  MarketState,
  NO_PRICE,
  OrderKind,
  OrderPlace,
  PostOnly,
  RejectReason,
  SelfTradeMode,
  TimeInForce,
  TrailUnit,
  TriggerSource,
} from '../../matching/codes.js'
// The matching engine, for venues of one's own
export { MatchingEngine, type MatchingEngineOptions } from '../../matching/matching-engine.js'
export { type MatchingListener, SilentListener } from '../../matching/matching-listener.js'
export { OrderEntry } from '../../matching/order-entry.js'
export { type QueueModelName, QueuePosition, queueModelNames } from '../../matching/queue-models.js'
export type { ReplayOptions, SimulatedConnectorOptions } from './connector-options.js'
export { type DelayFault, type DirectionFaults, type FaultCounters, type FaultPlan, LinkFaults } from './faults.js'
// Models
export {
  type FeeContext,
  type FeeModel,
  type FeeTier,
  feeUnits,
  flatFees,
  instrumentFees,
  makerTakerFees,
  noFees,
  perShareFees,
  tieredFees,
} from './fees.js'
export {
  constantLatency,
  type LatencyModel,
  type LatencyModels,
  type LatencyRow,
  normalLatency,
  recordedLatency,
  uniformLatency,
} from './latency.js'
export { Listing, type MatchingMode } from './listing.js'
export type { FillModel } from './market-matcher.js'
export { replayFormats } from './replay/formats.js'
export { mergeSources } from './replay/merged-source.js'
// Recorded data
export { type Dataset, type DatasetOptions, openDataset } from './replay/open-dataset.js'
export { type ReplayPace, ReplayPlayer, type ReplayPlayerOptions } from './replay/player.js'
export type { FormatOptions, ReplayFormat } from './replay/reading/format.js'
export type { ReplayCounters, ReplaySource } from './replay/reading/replay-source.js'
export { Recorder, type RecorderOptions } from './replay/recorder.js'
export { type VenueClient, VenueSession } from './report-outbox.js'
// The connector and the venue
export { SimulatedConnector } from './simulated-connector.js'
export {
  fixedSlippage,
  noSlippage,
  randomSlippage,
  type SlippageContext,
  type SlippageModel,
  sizeSlippage,
} from './slippage.js'
// Synthetic markets
export { defaultSyntheticInstruments, type SyntheticInstrument } from './synthetic-instruments.js'
export { SyntheticMarket, type SyntheticMarketOptions } from './synthetic-market.js'
export { SimulatedVenue } from './venue.js'
export { VenueAccount, type VenuePosition } from './venue-accounts.js'
export type { VenueTape } from './venue-market.js'
export { type MessageKind, type ReportKind, type RequestKind, VenueReport, VenueRequest } from './venue-message.js'
export type { SimulatedVenueOptions, VenueRules } from './venue-options.js'
export { type OrderTerms, VenueExecution, VenueOrder } from './venue-order.js'
