/**
 * `tradewire/oms`: the order plane in parts, for hosts that compose their own system.
 */

export { type LifecycleRule, lifecycleRules } from '../orders/lifecycle.js'
export { OrderTable, type OrderTableOptions } from '../orders/order-table.js'
export { Portfolio, type PortfolioOptions } from '../portfolio/portfolio.js'
export type { Evidence } from './explain.js'
export { EXTERNAL, type ExternalPolicy } from './external-orders.js'
export { Ledger, type LedgerParts } from './ledger.js'
export { CoreNames, OrderCore, type OrderCoreOptions, type OrderManagerEvents } from './order-core.js'
export { OrderEvent, type OrderEventDetails, type OrderEventType } from './order-event.js'
export { OrderHandle, type WaitOptions } from './order-handle.js'
export { type OrderDefaults, type OrderFilter, OrderManager } from './order-manager.js'
export { Reconciler, type ReconcilerOptions, type ReconciliationReport } from './reconciler.js'
export { RecordType } from './records.js'
export { Recovery, type RecoveryReport } from './recovery.js'
export { ReportIntake } from './report-intake.js'
