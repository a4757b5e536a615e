/** Executions and settlements as plain data. */
import type { Decimal } from './decimal.js'
import type { AccountId, ClientOrderId, ConnectorId, ExecId, InstrumentId, StrategyId, VenueOrderId } from './ids.js'
import type { LiquidityFlag, Side } from './order-types.js'

/** One fill, or a correction or bust of one. */
export interface ExecutionReport {
  kind: 'fill' | 'correction' | 'bust'
  execId: ExecId
  /** The execution that a correction or bust refers to. */
  referenceExecId?: ExecId
  clientOrderId?: ClientOrderId
  venueOrderId?: VenueOrderId
  instrument: InstrumentId
  account: AccountId
  strategy?: StrategyId
  connector: ConnectorId
  side: Side
  price: Decimal
  quantity: Decimal
  /** Cumulative quantity and average price after it, where the venue says. */
  cumulativeQuantity?: Decimal
  averagePrice?: Decimal
  liquidity: LiquidityFlag
  /** Positive is a cost, negative a rebate; absent means not known (yet), never free. */
  commission?: Decimal
  commissionCurrency?: string
  /** True when it was concluded from a venue's total rather than reported. */
  isInferred: boolean
  tsEventUs: number
  tsRecvUs: number
}

/** How a trade settles. */
export interface SettlementRecord {
  execId: ExecId
  account: AccountId
  instrument: InstrumentId
  side: Side
  quantity: Decimal
  amount: Decimal
  currency: string
  /** `YYYY-MM-DD`. */
  tradeDate: string
  settlementDate: string
  status: 'pending' | 'settled' | 'failed'
}
