/** Positions and accounts in JSON. */
import type { AccountState, Balance, Position } from '../account.js'
import type { AccountId, ConnectorId, InstrumentId, StrategyId } from '../ids.js'
import { MAX_BALANCES, MAX_ID_LENGTH } from '../limits.js'
import { decimal, list, optional, record, text, timeUs } from './codec.js'
import { currency } from './instrument.js'
import { id } from './market-data.js'

const money = decimal()

/** Schema and codec of a position. */
export const position = record<Position>({
  instrument: id<InstrumentId>(),
  account: id<AccountId>(),
  strategy: optional(id<StrategyId>()),
  positionId: optional(text(MAX_ID_LENGTH)),
  quantity: money,
  averagePrice: optional(money),
  realizedGross: money,
  realizedNet: money,
  unrealized: optional(money),
  fees: money,
  currency,
  tsUpdatedUs: timeUs,
})

/** Schema and codec of a balance. */
export const balance = record<Balance>({ currency, total: money, locked: money, free: money }, [
  {
    field: 'total',
    problem: 'must be locked + free',
    holds: (model) => model.locked.plus(model.free).eq(model.total),
  },
])

/** Schema and codec of an account state. */
export const accountState = record<AccountState>({
  account: id<AccountId>(),
  connector: id<ConnectorId>(),
  balances: list(balance, MAX_BALANCES),
  marginUsed: optional(money),
  marginAvailable: optional(money),
  equity: optional(money),
  baseCurrency: currency,
  tsEventUs: timeUs,
  tsRecvUs: timeUs,
})
