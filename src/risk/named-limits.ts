/**
 * Limits by name, one at a time: what `addGlobalLimit` and its like make of a limit. Each name stands for one field of
 * {@link RiskLimits}; a limit of a symbol that has no field of its own becomes one of a group with that symbol alone.
 */
import { TradewireError } from '../core/errors.js'
import { Decimal, type DecimalInput } from '../model/decimal.js'
import type { LimitPatch } from './limit-book.js'
import type { PerInstrument, RiskLimits } from './limits.js'
import type { ScopeLimits } from './scope-limits.js'

/** What a limit is of, and the field of a scope that holds it; see {@link ScopeLimits}. */
const scopeFields = {
  orderNotional: 'maxOrderNotional',
  positionValue: 'maxPositionValue',
  concentration: 'concentrationPercent',
  grossExposure: 'maxGross',
  netExposure: 'maxNet',
  openOrders: 'maxOpenOrders',
  dailyOrders: 'maxOrdersPerDay',
  dailyNotional: 'maxNotionalPerDay',
  dailyQuantity: 'maxQuantityPerDay',
  dailyLoss: 'maxDailyLoss',
  drawdown: 'maxDrawdown',
} as const satisfies Record<string, keyof ScopeLimits>

/** Limits of single instruments, exact in their units. */
const instrumentFields = {
  orderQuantity: 'maxOrderQuantity',
  orderNotional: 'maxOrderNotional',
  positionQuantity: 'maxPosition',
} as const satisfies Record<string, keyof RiskLimits>

/** Names of limits. Amounts are in the base currency, quantities in those of the instrument, `concentration` and `priceCollar` in percent. */
export type LimitType = keyof typeof scopeFields | keyof typeof instrumentFields | 'priceCollar'

/** Names of limits. */
export const limitTypes = [
  ...new Set([...Object.keys(instrumentFields), ...Object.keys(scopeFields), 'priceCollar']),
] as readonly LimitType[]

/** One limit. */
export interface NamedLimit {
  type: LimitType
  /** The hard level: what is above it is refused. */
  limit: DecimalInput
  /** The soft level, as a share of it: 0.8 unless given. It holds for all limits of the same scope entry. */
  warnAt?: number
}

/** What a limit holds for. */
export interface LimitTarget {
  scope: 'global' | 'account' | 'strategy' | 'connector' | 'symbol' | 'group'
  /** Empty for `global`. */
  name: string
  /** Members of a group. */
  symbols?: readonly string[]
}

const tables = { account: 'accounts', strategy: 'strategies', connector: 'connectors' } as const

/**
 * The fields that adding a limit changes, given the limits of now.
 *
 * @throws TradewireError `TW_INVALID_ARGUMENT` for a limit that there is not, or not of such a scope.
 */
export function limitPatch(current: RiskLimits, target: LimitTarget, limit: NamedLimit): LimitPatch {
  const { scope, name } = target
  const { type } = limit
  if (!limitTypes.includes(type))
    throw new TradewireError('TW_INVALID_ARGUMENT', `There is no limit "${type}"; there are ${limitTypes.join(', ')}`)
  if (scope !== 'global' && (typeof name !== 'string' || name === ''))
    throw new TradewireError('TW_INVALID_ARGUMENT', `A limit of a ${scope} needs its name`)
  if (type === 'priceCollar') return collarPatch(target, limit)
  if ((scope === 'global' || scope === 'symbol') && Object.hasOwn(instrumentFields, type))
    return instrumentPatch(current, target, limit)
  if (!Object.hasOwn(scopeFields, type))
    throw new TradewireError(
      'TW_INVALID_ARGUMENT',
      `${type} is a limit of symbols or of all (global), not of a ${scope}; use positionValue or orderNotional`,
    )
  const changes: ScopeLimits = {
    [scopeFields[type as keyof typeof scopeFields]]: isNumeric(type)
      ? new Decimal(limit.limit).toNumber()
      : limit.limit,
    ...(limit.warnAt === undefined ? {} : { warnAt: limit.warnAt }),
  }
  if (scope === 'global') return { global: { ...current.global, ...changes } }
  if (scope === 'group' || scope === 'symbol') return groupPatch(current, target, changes)
  const table = current[tables[scope]]
  // Whoever is not named goes on as before: a table without `*` would stop all of them.
  const base = table ?? { '*': {} }
  return { [tables[scope]]: { ...base, [name]: { ...base['*'], ...base[name], ...changes } } }
}

/** Counts and percentages are numbers in {@link ScopeLimits}. */
function isNumeric(type: LimitType): boolean {
  return type === 'concentration' || type === 'openOrders' || type === 'dailyOrders'
}

function collarPatch({ scope }: LimitTarget, { limit }: NamedLimit): LimitPatch {
  if (scope === 'global') return { priceCollarPercent: new Decimal(limit).toNumber() }
  throw new TradewireError('TW_INVALID_ARGUMENT', 'priceCollar is one for all instruments: add it as a global limit')
}

function instrumentPatch(current: RiskLimits, { scope, name }: LimitTarget, { type, limit }: NamedLimit): LimitPatch {
  const field = instrumentFields[type as keyof typeof instrumentFields]
  const known = current[field]
  const key = scope === 'global' ? '*' : name
  if (isTable(known)) return { [field]: { ...known, [key]: limit } }
  if (scope === 'global') return { [field]: limit }
  // What held for all goes on for the rest; without any, the rest has none.
  return { [field]: { [key]: limit, '*': known ?? restOf(field) } }
}

/** What stands for "no limit" in a table: larger than any quantity, and the default of values. */
function restOf(field: (typeof instrumentFields)[keyof typeof instrumentFields]): DecimalInput {
  return field === 'maxOrderNotional' ? '1000000' : '9007199254740991'
}

function groupPatch(current: RiskLimits, { scope, name, symbols }: LimitTarget, changes: ScopeLimits): LimitPatch {
  const key = scope === 'symbol' ? `symbol ${name}` : name
  const known = current.groups?.[key]
  const members = scope === 'symbol' ? [name] : (symbols ?? known?.symbols)
  if (members === undefined || members.length === 0)
    throw new TradewireError('TW_INVALID_ARGUMENT', `Group "${name}" has no symbols yet: name them`)
  return { groups: { ...current.groups, [key]: { ...known, ...changes, symbols: members } } }
}

function isTable(limit: PerInstrument | undefined): limit is Readonly<Record<string, DecimalInput>> {
  return typeof limit === 'object' && !Decimal.isDecimal(limit)
}

/** The methods by which limits are added, for whatever takes them. */
export abstract class LimitAdder<Who extends readonly unknown[], Result> {
  /** Takes the change that a limit makes. */
  protected abstract take(target: LimitTarget, limit: NamedLimit, ...who: Who): Result

  /** A limit of everything together. @throws TradewireError `TW_INVALID_ARGUMENT` for a limit that there is not, or not of such a scope. */
  addGlobalLimit(limit: NamedLimit, ...who: Who): Result {
    return this.take({ scope: 'global', name: '' }, limit, ...who)
  }

  /** A limit of an account. Errors as {@link addGlobalLimit}. */
  addAccountLimit(account: string, limit: NamedLimit, ...who: Who): Result {
    return this.take({ scope: 'account', name: account }, limit, ...who)
  }

  /** A limit of a strategy. Errors as {@link addGlobalLimit}. */
  addStrategyLimit(strategy: string, limit: NamedLimit, ...who: Who): Result {
    return this.take({ scope: 'strategy', name: strategy }, limit, ...who)
  }

  /** A limit of a connector: of a venue. Errors as {@link addGlobalLimit}. */
  addConnectorLimit(connector: string, limit: NamedLimit, ...who: Who): Result {
    return this.take({ scope: 'connector', name: connector }, limit, ...who)
  }

  /** A limit of one instrument. Errors as {@link addGlobalLimit}. */
  addSymbolLimit(symbol: string, limit: NamedLimit, ...who: Who): Result {
    return this.take({ scope: 'symbol', name: symbol }, limit, ...who)
  }

  /** A limit of a group of instruments together; `symbols` may be left out for a group that is known. Errors as {@link addGlobalLimit}. */
  addGroupLimit(group: { name: string; symbols?: readonly string[] }, limit: NamedLimit, ...who: Who): Result {
    return this.take({ scope: 'group', ...group }, limit, ...who)
  }
}

/**
 * Limits collected one by one, for the configuration of a system or a gate.
 *
 * @example
 * const risk = new LimitSet().addGlobalLimit({ type: 'grossExposure', limit: '5000000' }).limits
 */
export class LimitSet extends LimitAdder<readonly [], LimitSet> {
  #limits: RiskLimits

  /** Begins with limits that are given. */
  constructor(limits: RiskLimits = {}) {
    super()
    this.#limits = limits
  }

  /** What was collected. */
  get limits(): RiskLimits {
    return this.#limits
  }

  protected override take(target: LimitTarget, limit: NamedLimit): this {
    this.#limits = { ...this.#limits, ...limitPatch(this.#limits, target, limit) }
    return this
  }
}
