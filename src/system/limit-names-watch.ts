/**
 * Looks for names in limits that nobody has, when a system has started and after every change of limits. Connectors are known
 * before they are used: another name is refused. Instruments, accounts and strategies may come later: who misspelt one is
 * told, by an alert that lasts until there is something of that name.
 */
import { TradewireError } from '../core/errors.js'
import type { OrderCore } from '../oms/order-core.js'
import type { AlertCenter } from '../risk/alerts/alert-center.js'
import type { LimitPatch } from '../risk/limit-book.js'
import { type KnownNames, type UnknownName, unknownNames } from '../risk/limit-names.js'
import type { RiskLimits } from '../risk/limits.js'

/** What it works with. */
export interface LimitNamesParts {
  core: OrderCore
  alerts: AlertCenter
  configured: { readonly accounts: readonly string[]; readonly connectors: readonly string[] }
  onProblem: (where: string, error: unknown) => void
}

/** See the file's header. */
export class LimitNames {
  /** Accounts that venues told of. */
  reported: Iterable<string> = []
  readonly #parts: LimitNamesParts
  /** Those that were told, by their place. */
  readonly #told = new Map<string, UnknownName>()

  constructor(parts: LimitNamesParts) {
    this.#parts = parts
  }

  /** @throws TradewireError `TW_INVALID_CONFIG` for a change that names a connector that there is not. */
  requireConnectors(patch: LimitPatch): void {
    const [wrong] = unknownNames(patch, { connector: this.#known.connector as ReadonlySet<string> })
    if (wrong !== undefined)
      throw new TradewireError('TW_INVALID_CONFIG', `${wrong.field} ${wrong.problem}`, { details: { ...wrong } })
  }

  /** Tells of names that nobody has, each once, and takes back what was told of those that somebody has by now. */
  look(limits: RiskLimits): void {
    const { alerts, onProblem } = this.#parts
    const found = new Map(unknownNames(limits, this.#known).map((wrong) => [`${wrong.field} ${wrong.name}`, wrong]))
    for (const key of this.#told.keys()) {
      if (found.has(key)) continue
      this.#told.delete(key)
      alerts.resolve('limit-name', key)
    }
    for (const [key, wrong] of found) {
      if (this.#told.has(key)) continue
      this.#told.set(key, wrong)
      const message = `${wrong.field} ${wrong.problem} Until there is one it holds for nothing`
      alerts.raise({ kind: 'limit-name', key, severity: 'warning', message })
      const code = wrong.kind === 'instrument' ? 'TW_UNKNOWN_INSTRUMENT' : 'TW_INVALID_CONFIG'
      onProblem('risk limits', new TradewireError(code, message, { details: { ...wrong } }))
    }
  }

  /** As {@link look}, where something was told that may be over. */
  lookAgain(limits: RiskLimits): void {
    if (this.#told.size > 0) this.look(limits)
  }

  get #known(): KnownNames {
    const { core, configured } = this.#parts
    const { accounts, strategies, connectors } = core.names
    return {
      instrument: new Set([...core.instruments].flatMap(({ symbol, id }) => [symbol, id])),
      account: new Set([...configured.accounts, ...accounts.all, ...this.reported]),
      strategy: new Set(['HOST', ...strategies.all]),
      connector: new Set([...configured.connectors, ...connectors.all]),
    }
  }
}
