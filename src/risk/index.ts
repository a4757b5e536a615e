/**
 * `tradewire/risk`: the pre-trade gate and what it is made of.
 */

export { DayRoll, type DayRollOptions } from '../calendar/day-roll.js'
export { type Alert, type AlertSeverity, type AlertSink, severities } from './alerts/alert.js'
export { type AlertCause, AlertCenter, type AlertCenterOptions } from './alerts/alert-center.js'
export type { AlertQueueOptions } from './alerts/alert-queue.js'
export { callbackSink, type WebhookOptions, webhookSink } from './alerts/webhook.js'
export type { Breach } from './breach.js'
export type { Breaker, BreakerMemory, BreakerState } from './breakers/breaker.js'
export {
  type BreakerAction,
  type BreakerEffect,
  type BreakerListener,
  type BreakerReport,
  type CircuitBreakerOptions,
  CircuitBreakers,
  type MeasureOptions,
} from './breakers/circuit-breakers.js'
export { ConcentrationBreaker, type ConcentrationOptions, onlyReduces } from './breakers/concentration.js'
export { DailyLossBreaker, type DailyLossOptions } from './breakers/daily-loss.js'
export { DrawdownBreaker, type DrawdownOptions } from './breakers/drawdown.js'
export { type LimitLevel, orderValueLevel, type PositionShare, positionShareLevel } from './breakers/order-limits.js'
export { type CircuitPhase, RejectStormBreaker, type RejectStormOptions } from './breakers/reject-storm.js'
export { RejectionRateBreaker, type RejectionRateOptions } from './breakers/rejection-rate.js'
export { ThresholdBreaker, type ThresholdOptions, type WindowStatistic } from './breakers/threshold.js'
export { ClockGuard, type ClockOptions, type ClockState } from './clock-guard.js'
export { type CatalogueEntry, controlCatalogue } from './control-catalogue.js'
export { type Control, type ControlName, controls } from './controls.js'
export { FillFault, fillFault } from './fill-check.js'
export { RiskGate, type RiskGateOptions, type Venue } from './gate.js'
export type { GateActions, GateCheck, OwnCheck, OwnCheckOrder } from './gate-check.js'
export {
  type LimitActor,
  LimitBook,
  type LimitBookOptions,
  type LimitChange,
  type LimitPatch,
  type SavedLimits,
} from './limit-book.js'
export type { LimitUse, UseLevel } from './limit-use.js'
export { CompiledLimits, type PerInstrument, type RiskLimits } from './limits.js'
export {
  type LossEntry,
  type LossEvent,
  LossLimits,
  type LossMark,
  type LossMemory,
  type LossScope,
} from './loss-limits.js'
export { type Concentration, concentrationOf } from './measures/concentration.js'
export {
  correlationOf,
  covarianceFrom,
  covarianceOf,
  EwmaCovariance,
  ewmaCovarianceOf,
  meansOf,
  ReturnWindow,
  rowsOf,
  type SquareMatrix,
} from './measures/covariance.js'
export { type Drawdown, maxDrawdown } from './measures/drawdown.js'
export { countExceptions, type KupiecOptions, type KupiecTest, kupiecTest } from './measures/kupiec.js'
export {
  accountMargin,
  cashMargin,
  futuresMargin,
  type Margin,
  type MarginModel,
  type MarginPosition,
  type RegTRates,
  regTMargin,
} from './measures/margin.js'
export { choleskyOf, type MonteCarloOptions, monteCarloRisk } from './measures/monte-carlo.js'
export {
  incrementalRisk,
  type PortfolioRisk,
  type PortfolioRiskOptions,
  portfolioRisk,
  simulatedProfits,
} from './measures/portfolio-risk.js'
export {
  alignReturns,
  describeReturns,
  type MissingPrices,
  type ReturnMatrix,
  type ReturnStatistics,
  returnMatrix,
  simpleReturns,
} from './measures/returns.js'
export { type StressResult, type StressScenario, stressTest } from './measures/stress.js'
export {
  type CornishFisherRisk,
  cornishFisherRisk,
  type EwmaOptions,
  type EwmaRisk,
  ewmaRisk,
  type HistoricalRisk,
  historicalRisk,
  leastSample,
  normalRisk,
  type ParametricOptions,
  type ParametricRisk,
  parametricRisk,
  type ValueAtRisk,
} from './measures/value-at-risk.js'
export { LimitAdder, LimitSet, type LimitTarget, type LimitType, limitTypes, type NamedLimit } from './named-limits.js'
export { OutputAudit, type OutputAuditParts } from './output-audit.js'
export { type MarketDataLimits, ReferenceFault, ReferencePrices } from './reference-prices.js'
export type { GroupLimits, LimitsByName, ScopedLimits, ScopeLimits } from './scope-limits.js'
export { SlidingWindow } from './sliding-window.js'
export { type Scope, type TradingStateName, TradingStates } from './trading-state.js'
