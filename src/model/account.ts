/** Positions and accounts as plain data. */
import type { Decimal } from './decimal.js'
import type { AccountId, ConnectorId, InstrumentId, StrategyId } from './ids.js'

/** A position at one moment. Quantity is signed: negative is short. */
export interface Position {
  instrument: InstrumentId
  account: AccountId
  /** Absent in the total over strategies. */
  strategy?: StrategyId
  /** Where positions are hedged. */
  positionId?: string
  quantity: Decimal
  /** Absent when flat. */
  averagePrice?: Decimal
  /** Profit taken, before and after all fees, in the settlement currency. */
  realizedGross: Decimal
  realizedNet: Decimal
  /** Absent when there is no usable price to mark with. */
  unrealized?: Decimal
  fees: Decimal
  currency: string
  tsUpdatedUs: number
}

/** What an account holds in one currency. `total = locked + free` always. */
export interface Balance {
  currency: string
  total: Decimal
  locked: Decimal
  free: Decimal
}

/** An account as the venue reports it. A newer one replaces it; nothing is merged. */
export interface AccountState {
  account: AccountId
  connector: ConnectorId
  balances: Balance[]
  marginUsed?: Decimal
  marginAvailable?: Decimal
  equity?: Decimal
  baseCurrency: string
  tsEventUs: number
  tsRecvUs: number
}
