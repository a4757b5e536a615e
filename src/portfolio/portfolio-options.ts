/** What a portfolio is made with. */
import { TradewireError } from '../core/errors.js'
import type { DecimalInput } from '../model/decimal.js'
import type { RateSource } from './base-currency.js'
import type { NameTable } from './names.js'
import type { MarkMethod, MarkSource } from './valuation.js'

/** Which cost leaves a position when a part of it is closed: the average, the oldest lot's or the newest lot's. */
export type AccountingMethod = 'average' | 'fifo' | 'lifo'

/** Options of a portfolio. */
export interface PortfolioOptions {
  /** Currency of the portfolio's own figures. */
  baseCurrency: string
  /** `average` unless given. */
  accounting?: AccountingMethod
  /** Prices to mark with. Without them nothing is unrealised and exposure is unknown. */
  marks?: MarkSource
  /** `conservative` unless given. */
  markBy?: MarkMethod
  /** Rates between currencies; needed once anything settles in another currency than the base. */
  rates?: RateSource
  /** Capital in the base currency that P&L is added to for the equity; 0 unless given. */
  capital?: DecimalInput
  /** Names of accounts, strategies and currencies by index, where the system shares them; own tables otherwise. */
  accounts?: NameTable
  strategies?: NameTable
  currencies?: NameTable
  /** Rows to start with (256) and at most (65,536), totals included. */
  initialPositions?: number
  maxPositions?: number
  /** Open lots to start with (1,024) and at most (1,048,576); beyond it the oldest lots of a position are merged at their summed cost. */
  initialLots?: number
  maxLots?: number
  /** At least so many of the latest trades can be busted or corrected by replay, at most twice as many; 8,192 unless given, 0 for none. */
  historyTrades?: number
}

/** @throws TradewireError `TW_INVALID_CONFIG` naming an option that is not usable. */
export function checkOptions(options: PortfolioOptions): void {
  const bounds = { initialPositions: 1, maxPositions: 2, initialLots: 1, maxLots: 2, historyTrades: 0 } as const
  for (const name of Object.keys(bounds) as (keyof typeof bounds)[]) {
    const value = options[name]
    if (value === undefined || (Number.isSafeInteger(value) && value >= bounds[name])) continue
    throw new TradewireError('TW_INVALID_CONFIG', `${name} must be a whole number from ${bounds[name]}, got ${value}`)
  }
  if (options.baseCurrency === '') throw new TradewireError('TW_INVALID_CONFIG', 'baseCurrency must not be empty')
}
