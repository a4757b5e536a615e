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
  for (const [name, table] of tables)
    for (const [entry, own] of Object.entries(table ?? {})) checkLimits(own, `risk.${name}.${entry}`)
}

function checkLimits(limits: ScopeLimits, path: string): void {
  for (const name of amounts) {
    const value = limits[name]
    if (value !== undefined && toDecimal(value, `${path}.${name}`).isNegative())
      throw new TradewireError('TW_INVALID_CONFIG', `${path}.${name} must not be negative, got ${String(value)}`)
  }
  const { concentrationPercent: percent, maxOrdersPerDay: orders } = limits
  if (percent !== undefined && !(percent > 0))
    throw new TradewireError('TW_INVALID_CONFIG', `${path}.concentrationPercent must be above 0, got ${percent}`)
  if (orders !== undefined && !(Number.isInteger(orders) && orders >= 0))
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `${path}.maxOrdersPerDay must be a whole number from 0, got ${orders}`,
    )
}
