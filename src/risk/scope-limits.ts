/** Limits by scope as a host states them: of everything together, of accounts, strategies, connectors, and groups of instruments. */
import { TradewireError } from '../core/errors.js'
import { type DecimalInput, toDecimal } from '../model/decimal.js'

/** Limits of one entry of a scope; amounts are in the base currency. The tightest of all that cover an order holds. */
export interface ScopeLimits {
  /** Largest value of one order. */
  maxOrderNotional?: DecimalInput
  /** Largest value of the position in one instrument, working and unknown orders counted on their worst side. */
  maxPositionValue?: DecimalInput
  /** The same as a share of equity, in percent. Without known equity nothing that opens passes. */
  concentrationPercent?: number
  /** Largest sum of the values of all positions, whichever side; worst case. */
  maxGross?: DecimalInput
  /** Largest absolute sum of the values of all positions, signed; worst case of either side. */
  maxNet?: DecimalInput
  /** New orders that may be sent in a trading day. */
  maxOrdersPerDay?: number
  /** Value of new orders, and of what changes add, in a trading day. */
  maxNotionalPerDay?: DecimalInput
  /** Quantity of the same. */
  maxQuantityPerDay?: DecimalInput
  /** Orders that may be working at once, those of unknown fate counted. */
  maxOpenOrders?: number
  /** Loss since the trading day began, realised and not, at which the entry is halted until the next day or a person; not of connectors and groups. */
  maxDailyLoss?: DecimalInput
  /** Fall of the profit and loss of the entry from its highest, at which it is halted until a person re-opens it; not of connectors and groups. */
  maxDrawdown?: DecimalInput
  /** Share of each of these limits from which its use is warned about; `warnAt` of all limits unless given. */
  warnAt?: number
}

/** A group of instruments with limits of its own. */
export interface GroupLimits extends ScopeLimits {
  /** Symbols or ids. */
  symbols: readonly string[]
}

/** Limits of entries by name; `*` stands for the rest. Of what a table without `*` leaves out nothing may be traded. */
export type LimitsByName = Readonly<Record<string, ScopeLimits>>

/** Limits of all scopes. */
export interface ScopedLimits {
  global?: ScopeLimits
  accounts?: LimitsByName
  strategies?: LimitsByName
  connectors?: LimitsByName
  groups?: Readonly<Record<string, GroupLimits>>
}

/** What a table says of a name. */
export function limitsOfName(table: LimitsByName = {}, name: string): ScopeLimits | undefined {
  if (Object.hasOwn(table, name)) return table[name]
  return Object.hasOwn(table, '*') ? table['*'] : undefined
}

const amounts = [
  'maxOrderNotional',
  'maxPositionValue',
  'maxGross',
  'maxNet',
  'maxNotionalPerDay',
  'maxQuantityPerDay',
  'maxDailyLoss',
  'maxDrawdown',
] as const

/** @throws TradewireError `TW_INVALID_CONFIG` naming a limit that is none. */
export function checkScopedLimits(limits: ScopedLimits): void {
  const tables = [
    ['accounts', limits.accounts],
    ['strategies', limits.strategies],
    ['connectors', limits.connectors],
    ['groups', limits.groups],
  ] as const
  if (limits.global !== undefined) checkLimits(limits.global, 'risk.global')
  for (const [name, table] of [tables[2], tables[3]])
    for (const [entry, own] of Object.entries(table ?? {}))
      if (own.maxDailyLoss !== undefined || own.maxDrawdown !== undefined)
        throw new TradewireError(
          'TW_INVALID_CONFIG',
          `risk.${name}.${entry} has no profit and loss of its own: limit the losses of accounts, strategies, or all`,
        )
  for (const [name, table] of tables)
    for (const [entry, own] of Object.entries(table ?? {})) checkLimits(own, `risk.${name}.${entry}`)
}

function checkLimits(limits: ScopeLimits, path: string): void {
  for (const name of amounts) {
    const value = limits[name]
    if (value !== undefined && toDecimal(value, `${path}.${name}`).isNegative())
      throw new TradewireError('TW_INVALID_CONFIG', `${path}.${name} must not be negative, got ${String(value)}`)
  }
  const { concentrationPercent: percent, maxOrdersPerDay, maxOpenOrders, warnAt } = limits
  if (percent !== undefined && !(percent > 0))
    throw new TradewireError('TW_INVALID_CONFIG', `${path}.concentrationPercent must be above 0, got ${percent}`)
  for (const [name, count] of Object.entries({ maxOrdersPerDay, maxOpenOrders }))
    if (count !== undefined && !(Number.isInteger(count) && count >= 0))
      throw new TradewireError('TW_INVALID_CONFIG', `${path}.${name} must be a whole number from 0, got ${count}`)
  if (warnAt !== undefined && !(warnAt > 0 && warnAt <= 1))
    throw new TradewireError('TW_INVALID_CONFIG', `${path}.warnAt must be above 0 and at most 1, got ${warnAt}`)
}
