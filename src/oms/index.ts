/**
 * `tradewire/oms`: the order plane in parts, for hosts that compose their own system.
 */

export { type LifecycleRule, lifecycleRules } from '../orders/lifecycle.js'
export { OrderTable, type OrderTableOptions } from '../orders/order-table.js'
export { Portfolio, type PortfolioOptions } from '../portfolio/portfolio.js'
export { type AuditRecorder, type AuditRecorderOptions, recordAudit } from './audit/audit-recorder.js'
export { type AuditJournal, type AuditRefill, refillAudit } from './audit/audit-refill.js'
export {
  type AuditEntry,
  type AuditFilter,
  type AuditHead,
  type AuditRecord,
  AuditTrail,
  type AuditTrailOptions,
  type AuditVerdict,
} from './audit/audit-trail.js'
export { CoreNames, type CoreSizes } from './core-names.js'
export type { DrainOptions, DrainReport } from './drain.js'
export type { OrderManagerEvents } from './event-delivery.js'
export type { OrderExecution } from './executions.js'
export type { Evidence } from './explain.js'
export { EXTERNAL, type ExternalPolicy } from './external-orders.js'
export type { PositionMode } from './hedging.js'
export { Ledger, type LedgerParts } from './ledger.js'
export { OrderCore, type OrderCoreOptions } from './order-core.js'
export type { OrderDefaults } from './order-entry.js'
export { OrderEvent, type OrderEventDetails, type OrderEventType } from './order-event.js'
export { OrderHandle, type WaitOptions } from './order-handle.js'
export { type OrderFilter, OrderManager } from './order-manager.js'
export {
  type LargeOrderDecision,
  type LargeOrderOptions,
  OrderRules,
  type OrderRulesParts,
  type PendingApproval,
  type RiskRule,
  type RuleOrder,
} from './order-rules.js'
export { Reconciler, type ReconcilerOptions, type ReconciliationReport } from './reconciler.js'
export { RecordDescriber, type RecordDescription, recordTypeName } from './record-describer.js'
export { RecordType } from './records.js'
export { Recovery, type RecoveryReport } from './recovery.js'
export { planRepair, type RepairOptions, type RepairPlan, type RepairReport, repairJournal } from './repair-journal.js'
export { ReportIntake, type ReportIntakeOptions } from './report-intake.js'
export type { Responsible, UnknownOutcome } from './resolution.js'
export { type Allocation, type AllocationInput, type AllocationShare, allocate } from './settlement/allocation.js'
export { executionOf, type SettleOrdersOptions, settleOrders } from './settlement/settle-orders.js'
export {
  SettlementBook,
  type SettlementBookOptions,
  type SettlementDue,
  type TradeConfirmation,
} from './settlement/settlement-book.js'
export { type SettlementRules, settlementDateOf, tradeDateOf } from './settlement/settlement-date.js'
export { SettlementLedger, type SettlementLedgerOptions } from './settlement/settlement-ledger.js'
export type { SnapshotOptions } from './snapshots.js'
export type { AppliedSplit, SplitPosition, SplitReport, SplitRequest } from './splits.js'
export type { OrderCounters, OrderStatisticsReport } from './statistics.js'
export { composeValidation, type StageName, type ValidationConfig, type ValidationParts } from './validation/config.js'
export type { OrderUnderValidation } from './validation/order-under-validation.js'
export { type PipelineOptions, type ValidationCounters, ValidationPipeline } from './validation/pipeline.js'
export type { StageReport, ValidationReport } from './validation/report.js'
export { totalScore } from './validation/scoring.js'
export {
  type Finding,
  gradedScore,
  type StageVerdict,
  type Thresholds,
  type ValidationStage,
} from './validation/stage.js'
export type { StrategyPermissions } from './validation/stages/authorization.js'
export type { DepthSource, LiquidityFigures } from './validation/stages/liquidity.js'
export type { SessionRules } from './validation/stages/session.js'
export { type QuoteSource, Validator } from './validation/validator.js'
