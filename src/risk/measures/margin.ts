/**
 * What positions tie up, by the rules of an account:
 *
 *   cash       what is bought is paid in full; nothing is sold short
 *   Reg T      long stock 50 % at first and 25 % to keep; short stock 150 % at first (the proceeds of the sale are part of
 *              it) and 130 % to keep (Regulation T of the Federal Reserve, FINRA Rule 4210)
 *   futures    an amount a contract, larger of long and short
 *
 * A venue's own figures come in by a hook: see `MarginModel`.
 */
import { TradewireError } from '../../core/errors.js'

/** A position, or what one could come to be, with what margin depends on. */
export interface MarginPosition {
  symbol: string
  /** Signed units or contracts. */
  quantity: number
  /** Value of the position in the account's currency, signed as the quantity. */
  marketValue: number
}

/** Margin in the account's currency. */
export interface Margin {
  initial: number
  maintenance: number
}

/** What a position ties up: pure, synchronous, called for every position. `undefined` = unknown, and orders are refused. */
export interface MarginModel {
  readonly name: string
  /** Initial margin as shares of the value of a long and a short position, where that is all there is to it: found faster. */
  readonly rates?: { readonly long: number; readonly short: number }
  margin(position: MarginPosition): Margin | undefined
}

/** Everything is paid in full; a short position is not possible. */
export const cashMargin: MarginModel = {
  name: 'cash',
  rates: { long: 1, short: Number.POSITIVE_INFINITY },
  margin: ({ marketValue, quantity }) =>
    quantity < 0
      ? { initial: Number.POSITIVE_INFINITY, maintenance: Number.POSITIVE_INFINITY }
      : { initial: marketValue, maintenance: marketValue },
}

/** Shares of market value that Reg T asks for. */
export interface RegTRates {
  longInitial?: number
  longMaintenance?: number
  shortInitial?: number
  shortMaintenance?: number
}

/** Reg T: 50 % and 25 % of long stock, 150 % and 130 % of short stock unless given. */
export function regTMargin(rates: RegTRates = {}): MarginModel {
  const { longInitial = 0.5, longMaintenance = 0.25, shortInitial = 1.5, shortMaintenance = 1.3 } = rates
  for (const [name, rate] of Object.entries({ longInitial, longMaintenance, shortInitial, shortMaintenance }))
    if (!(rate >= 0 && rate <= 10))
      throw new TradewireError('TW_INVALID_CONFIG', `${name} must be a share from 0 to 10, got ${rate}`)
  return {
    name: 'reg-t',
    rates: { long: longInitial, short: shortInitial },
    margin: ({ marketValue, quantity }) => {
      const value = Math.abs(marketValue)
      return quantity >= 0
        ? { initial: value * longInitial, maintenance: value * longMaintenance }
        : { initial: value * shortInitial, maintenance: value * shortMaintenance }
    },
  }
}

/** Amounts a contract by symbol; `*` stands for the rest. A contract without an amount has an unknown margin. */
export function futuresMargin(contracts: Readonly<Record<string, Margin>>): MarginModel {
  if (typeof contracts !== 'object' || contracts === null)
    throw new TradewireError('TW_INVALID_CONFIG', 'contracts must be a table of margins by symbol')
  for (const [symbol, { initial, maintenance }] of Object.entries(contracts))
    if (!isAmount(initial) || !isAmount(maintenance))
      throw new TradewireError('TW_INVALID_CONFIG', `The margin of ${symbol} must be amounts from 0`)
  return {
    name: 'futures',
    margin: ({ symbol, quantity }) => {
      const amounts = Object.hasOwn(contracts, symbol) ? contracts[symbol] : contracts['*']
      if (amounts === undefined) return undefined
      const count = Math.abs(quantity)
      return { initial: amounts.initial * count, maintenance: amounts.maintenance * count }
    },
  }
}

function isAmount(value: number): boolean {
  return value >= 0 && value < Number.POSITIVE_INFINITY
}

/** The margin of an account: the sum over its positions; undefined when that of any is unknown. */
export function accountMargin(positions: readonly MarginPosition[], model: MarginModel): Margin | undefined {
  const total = { initial: 0, maintenance: 0 }
  for (const position of positions) {
    const margin = model.margin(position)
    if (margin === undefined || Number.isNaN(margin.initial + margin.maintenance)) return undefined
    total.initial += margin.initial
    total.maintenance += margin.maintenance
  }
  return total
}
