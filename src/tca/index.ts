/**
 * Transaction cost analysis: what trading cost against arrival, interval averages and the market after the fills, by order,
 * algorithm, strategy and venue.
 *
 * @packageDocumentation
 */
export { analyze, type TcaOptions } from './analysis.js'
export { type CollectedOrder, type OrderStream, TcaCollector, type TcaCollectorOptions } from './collector.js'
export { fillRateFeedback } from './feedback.js'
export { executionPlot, type HtmlOptions, toHtml } from './html.js'
export {
  type AlmgrenImpact,
  type AlmgrenInput,
  almgrenImpact,
  squareRootImpactBps,
  type VolumeShareInput,
  volumeShareSlippage,
} from './impact-models.js'
export { type SpreadInput, type SpreadMeasures, slippageBps, spreadMeasures, twapOf, vwapOf } from './measures.js'
export { OrderRecord, type OrderRecordOptions, type TcaFill, type TcaOrder, type TcaRouted } from './order-record.js'
export type { CostGroup, OrderCost, ShortfallBps, SpreadReport, TcaReport, VenueScorecard } from './report.js'
export {
  implementationShortfall,
  type Shortfall,
  type ShortfallFill,
  type ShortfallForm,
  type ShortfallInput,
} from './shortfall.js'
export { MarketTape, type TapeOptions } from './tape.js'
export { toTextTable } from './text-table.js'
