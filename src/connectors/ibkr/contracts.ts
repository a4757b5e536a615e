/** Contracts as IBKR names them, and helpers for each kind. */
import { TradewireError } from '../../core/errors.js'

/** A leg of a combination. */
export interface IbkrLeg {
  readonly conId: number
  readonly ratio: number
  readonly action: 'BUY' | 'SELL'
  readonly exchange: string
}

/** What names a contract. IBKR fills in what is left out where only one contract fits. */
export interface IbkrContract {
  readonly conId?: number
  readonly symbol: string
  readonly secType:
    | 'STK'
    | 'FUT'
    | 'OPT'
    | 'FOP'
    | 'CASH'
    | 'CRYPTO'
    | 'BAG'
    | 'IND'
    | 'CFD'
    | 'BOND'
    | 'CMDTY'
    | 'FUND'
    | 'CONTFUT'
    | 'WAR'
  /** Where orders go: `SMART`, or an exchange to route to directly. */
  readonly exchange: string
  readonly currency: string
  /** The listing exchange, where `SMART` alone would be ambiguous. */
  readonly primaryExchange?: string
  /** `YYYYMM` or `YYYYMMDD`. */
  readonly expiry?: string
  readonly strike?: number
  readonly right?: 'C' | 'P'
  readonly multiplier?: string
  readonly localSymbol?: string
  readonly tradingClass?: string
  readonly legs?: readonly IbkrLeg[]
  /** The symbol that strategies use; made from the contract unless given. */
  readonly as?: string
}

type Rest = Partial<Omit<IbkrContract, 'symbol' | 'secType'>>

/** A share, routed by SMART unless another exchange is named. */
export function stock(symbol: string, rest: Rest = {}): IbkrContract {
  return { symbol, secType: 'STK', exchange: 'SMART', currency: 'USD', ...rest }
}

/** A future. `expiry` is `YYYYMM` or `YYYYMMDD`. */
export function future(symbol: string, expiry: string, exchange: string, rest: Rest = {}): IbkrContract {
  return { symbol, secType: 'FUT', exchange, currency: 'USD', expiry, ...rest }
}

/** An option on a share. `expiry` is `YYYYMMDD`. */
export function option(
  symbol: string,
  expiry: string,
  strike: number,
  right: 'C' | 'P',
  rest: Rest = {},
): IbkrContract {
  return {
    symbol,
    secType: 'OPT',
    exchange: 'SMART',
    currency: 'USD',
    multiplier: '100',
    expiry,
    strike,
    right,
    ...rest,
  }
}

/** A pair of currencies: `forex('EUR', 'USD')`, or `forex('EUR.USD')`. */
export function forex(base: string, quote?: string, rest: Rest = {}): IbkrContract {
  const [symbol = '', second = ''] = quote === undefined ? base.split(/[./]/) : [base, quote]
  if (symbol === '' || second === '')
    throw new TradewireError('TW_INVALID_ARGUMENT', `A pair has two currencies, as in forex('EUR', 'USD'); got ${base}`)
  return { symbol, secType: 'CASH', exchange: 'IDEALPRO', currency: second, ...rest }
}

/** A coin. */
export function crypto(symbol: string, rest: Rest = {}): IbkrContract {
  return { symbol, secType: 'CRYPTO', exchange: 'PAXOS', currency: 'USD', ...rest }
}

/** A combination of contracts that trades as one. */
export function combo(symbol: string, legs: readonly IbkrLeg[], rest: Rest = {}): IbkrContract {
  if (legs.length < 2) throw new TradewireError('TW_INVALID_ARGUMENT', 'A combination has at least two legs')
  return { symbol, secType: 'BAG', exchange: 'SMART', currency: 'USD', legs, ...rest }
}

/** A contract from its short form: `AAPL`, `EUR.USD`; anything else needs a helper. */
export function contractOf(text: string): IbkrContract {
  if (/^[A-Z]{3}[./][A-Z]{3}$/.test(text)) return forex(text)
  return stock(text)
}

/** The symbol by which strategies know a contract. */
export function symbolOf(contract: IbkrContract, localSymbol = ''): string {
  if (contract.as !== undefined) return contract.as
  if (contract.secType === 'CASH' || contract.secType === 'CRYPTO') return `${contract.symbol}.${contract.currency}`
  if (contract.secType === 'STK') return contract.symbol
  if (contract.secType === 'BAG')
    return `${contract.symbol}-${(contract.legs ?? []).map(({ conId }) => conId).join('-')}`
  return (localSymbol || contract.localSymbol || `${contract.symbol}-${contract.expiry ?? ''}`).replaceAll(/\s+/g, ' ')
}

/** What bars of a contract are made from: pairs have no trades. */
export function barsOf(contract: IbkrContract): string {
  return contract.secType === 'CASH' || contract.secType === 'CFD'
    ? 'MIDPOINT'
    : contract.secType === 'CRYPTO'
      ? 'AGGTRADES'
      : 'TRADES'
}
