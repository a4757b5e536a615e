/** Executions and settlements in JSON. */
import type { ExecutionReport, SettlementRecord } from '../execution.js'
import type { AccountId, ClientOrderId, ConnectorId, ExecId, InstrumentId, StrategyId, VenueOrderId } from '../ids.js'
import type { LiquidityFlag } from '../order-types.js'
import { day, decimal, flag, oneOf, optional, record, timeUs } from './codec.js'
import { currency } from './instrument.js'
import { id, side } from './market-data.js'

const price = decimal()

/** Schema and codec of an execution report. */
export const executionReport = record<ExecutionReport>(
  {
    kind: oneOf(['fill', 'correction', 'bust']),
    execId: id<ExecId>(),
    referenceExecId: optional(id<ExecId>()),
    clientOrderId: optional(id<ClientOrderId>()),
    venueOrderId: optional(id<VenueOrderId>()),
    instrument: id<InstrumentId>(),
    account: id<AccountId>(),
    strategy: optional(id<StrategyId>()),
    connector: id<ConnectorId>(),
    side,
    price,
    quantity: decimal({ min: 0 }),
    cumulativeQuantity: optional(decimal({ min: 0 })),
    averagePrice: optional(price),
    liquidity: oneOf<LiquidityFlag>(['maker', 'taker', 'auction', 'unknown']),
    commission: optional(decimal()),
    commissionCurrency: optional(currency),
    isInferred: flag,
    tsEventUs: timeUs,
    tsRecvUs: timeUs,
  },
  [
    {
      field: 'referenceExecId',
      problem: 'is required for a correction or bust: it names the execution that is meant',
      holds: (model) => model.kind === 'fill' || model.referenceExecId !== undefined,
    },
    {
      field: 'commissionCurrency',
      problem: 'is required with a commission',
      holds: (model) => model.commission === undefined || model.commissionCurrency !== undefined,
    },
  ],
)

/** Schema and codec of a settlement record. */
export const settlementRecord = record<SettlementRecord>({
  execId: id<ExecId>(),
  account: id<AccountId>(),
  instrument: id<InstrumentId>(),
  side,
  quantity: decimal({ min: 0 }),
  amount: decimal(),
  currency,
  tradeDate: day,
  settlementDate: day,
  status: oneOf(['pending', 'settled', 'failed']),
})
