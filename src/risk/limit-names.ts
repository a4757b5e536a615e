/**
 * Names in limits that nobody has: a limit of an instrument, account or strategy that is misspelt holds for nothing, or keeps
 * what it was meant for from trading. Names may come later, so this finds them; what is done about it is up to the owner.
 */
import { Decimal } from '../model/decimal.js'
import { nearestName } from '../model/schema/unknown-field.js'
import type { RiskLimits } from './limits.js'

/** What a name in limits can be of. */
export type NamedKind = 'instrument' | 'account' | 'strategy' | 'connector'

/** Names that there are, by kind; undefined where they are not known. Instruments go by symbol and by id. */
export type KnownNames = Readonly<Partial<Record<NamedKind, ReadonlySet<string>>>>

/** A name that nobody has. */
export interface UnknownName {
  /** Where it stands: `risk.groups.tech.symbols`. */
  readonly field: string
  readonly kind: NamedKind
  readonly name: string
}

/** Every name in limits that is not among those that there are. `*` stands for all. */
export function unknownNames(limits: RiskLimits, known: KnownNames): UnknownName[] {
  return namesIn(limits).flatMap(({ field, kind, names }) => {
    const there = known[kind]
    if (there === undefined) return []
    return names.flatMap((name) => (name === '*' || there.has(name) ? [] : [{ field, kind, name }]))
  })
}

/** What is wrong with a name in words, with the one that was probably meant. Looks at every name that there is: not for long lists. */
export function problemWith({ kind, name }: UnknownName, known: KnownNames): string {
  const nearest = nearestName(name, [...(known[kind] as ReadonlySet<string>)])
  return `names "${name}", and there is no such ${kind}${nearest === undefined ? '.' : `; did you mean ${nearest}?`}`
}

/** The names in limits, field by field. */
function namesIn(limits: RiskLimits): { field: string; kind: NamedKind; names: readonly string[] }[] {
  const { maxOrderQuantity, maxOrderNotional, maxPosition, restrictions = {}, selfMatch } = limits
  const perInstrument = { maxOrderQuantity, maxOrderNotional, maxPosition }
  const groups = Object.entries(limits.groups ?? {})
  return [
    ...Object.entries(perInstrument).map(
      ([name, table]) => ({ field: `risk.${name}`, kind: 'instrument', names: keysOf(table) }) as const,
    ),
    ...groups.map(
      ([group, { symbols }]) =>
        ({ field: `risk.groups.${group}.symbols`, kind: 'instrument', names: symbols }) as const,
    ),
    { field: 'risk.accounts', kind: 'account', names: keysOf(limits.accounts) },
    { field: 'risk.strategies', kind: 'strategy', names: keysOf(limits.strategies) },
    { field: 'risk.connectors', kind: 'connector', names: keysOf(limits.connectors) },
    { field: 'risk.restrictions.instruments', kind: 'instrument', names: keysOf(restrictions.instruments) },
    { field: 'risk.restrictions.accounts', kind: 'account', names: keysOf(restrictions.accounts) },
    { field: 'risk.restrictions.strategies', kind: 'strategy', names: keysOf(restrictions.strategies) },
    { field: 'risk.restrictions.connectors', kind: 'connector', names: keysOf(restrictions.connectors) },
    { field: 'risk.selfMatch.groups', kind: 'account', names: selfMatch ? (selfMatch.groups ?? []).flat() : [] },
  ]
}

function keysOf(table: unknown): string[] {
  return typeof table === 'object' && table !== null && !Decimal.isDecimal(table) ? Object.keys(table) : []
}
