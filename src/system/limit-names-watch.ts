/**
 * Looks for names in limits that nobody has, when a system has started and after every change of limits. Connectors are known
 * before they are used: another name is refused. Instruments, accounts and strategies may come later: who misspelt one is
 * told, by an alert that lasts until there is something of that name.
 */
import { TradewireError } from '../core/errors.js'
import type { OrderCore } from '../oms/order-core.js'
import type { AlertCenter } from '../risk/alerts/alert-center.js'
import type { LimitPatch } from '../risk/limit-book.js'
import { type KnownNames, problemWith, type UnknownName, unknownNames } from '../risk/limit-names.js'
import type { RiskLimits } from '../risk/limits.js'

/** What it works with. */
export interface LimitNamesParts {
  core: OrderCore
  alerts: AlertCenter
  configured: { readonly accounts: readonly string[]; readonly connectors: readonly string[] }
  onProblem: (where: string, error: unknown) => void
}

/** Names that one alert spells out. */
const mostNamed = 3

/** See the file's header. */
export class LimitNames {
  /** Accounts that venues told of. */
  reported: Iterable<string> = []
  readonly #parts: LimitNamesParts
  /** Names that were told, by the field in which they stand. */
  readonly #told = new Map<string, ReadonlySet<string>>()

  constructor(parts: LimitNamesParts) {
    this.#parts = parts
  }

  /** @throws TradewireError `TW_INVALID_CONFIG` for a change that names a connector that there is not. */
  requireConnectors(patch: LimitPatch): void {
    const known = { connector: this.#connectors }
    const [wrong] = unknownNames(patch, known)
    if (wrong === undefined) return
    const problem = problemWith(wrong, known)
    throw new TradewireError('TW_INVALID_CONFIG', `${wrong.field} ${problem}`, { details: { ...wrong } })
  }

  /** Tells of names that nobody has, once a field, and takes back what was told where somebody has them by now. */
  look(limits: RiskLimits): void {
    const { alerts } = this.#parts
    const found = new Map<string, UnknownName[]>()
    for (const wrong of unknownNames(limits, this.#known))
      found.set(wrong.field, [...(found.get(wrong.field) ?? []), wrong])
    for (const field of this.#told.keys()) {
      if (found.has(field)) continue
      this.#told.delete(field)
      alerts.resolve('limit-name', field)
    }
    for (const [field, wrong] of found) {
      const before = this.#told.get(field)
      this.#told.set(field, new Set(wrong.map(({ name }) => name)))
      if (before === undefined || wrong.some(({ name }) => !before.has(name))) this.#tell(field, wrong)
    }
  }

  /** One alert a field, however many names: a long list of what may be traded must not keep other alerts from being told. */
  #tell(field: string, wrong: readonly UnknownName[]): void {
    const { alerts, onProblem } = this.#parts
    const more = wrong.length > mostNamed ? ` It names ${wrong.length - mostNamed} more.` : ''
    const known = this.#known
    const problems = wrong.slice(0, mostNamed).map((each) => problemWith(each, known))
    const message = `${field} ${problems.join(' It ')}${more} Until there is one it holds for nothing`
    alerts.resolve('limit-name', field)
    alerts.raise({ kind: 'limit-name', key: field, severity: 'warning', message })
    const code = wrong[0]?.kind === 'instrument' ? 'TW_UNKNOWN_INSTRUMENT' : 'TW_INVALID_CONFIG'
    onProblem('risk limits', new TradewireError(code, message, { details: { field, names: wrong.length } }))
  }

  /** As {@link look}, where something was told that may be over. */
  lookAgain(limits: RiskLimits): void {
    if (this.#told.size > 0) this.look(limits)
  }

  get #known(): KnownNames {
    const { core, configured } = this.#parts
    const { accounts, strategies } = core.names
    return {
      instrument: new Set([...core.instruments].flatMap(({ symbol, id }) => [symbol, id])),
      account: new Set([...configured.accounts, ...accounts.all, ...this.reported]),
      strategy: new Set(['HOST', ...strategies.all]),
      connector: this.#connectors,
    }
  }

  get #connectors(): ReadonlySet<string> {
    const { core, configured } = this.#parts
    return new Set([...configured.connectors, ...core.names.connectors.all])
  }
}
