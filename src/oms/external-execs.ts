/** Executions of external orders that are booked, by connector: each counts once, however often a venue tells of it. */
import type { ExecKey } from '../orders/trade-pool.js'

/** How many are remembered a connector: far beyond what a venue reports again. The oldest make room. */
const bound = 65_536

const none: ReadonlySet<ExecKey> = new Set()

/** Remembers executions. Ids are a venue's own, so that two connectors may use the same. */
export class ExternalExecs {
  readonly #byConnector = new Map<number, Set<ExecKey>>()

  /** All that are remembered of a connector, by its index. */
  of(connector: number): ReadonlySet<ExecKey> {
    return this.#byConnector.get(connector) ?? none
  }

  has(connector: number, exec: ExecKey): boolean {
    return this.of(connector).has(exec)
  }

  add(connector: number, exec: ExecKey): void {
    let execs = this.#byConnector.get(connector)
    if (execs === undefined) {
      execs = new Set()
      this.#byConnector.set(connector, execs)
    }
    execs.add(exec)
    if (execs.size > bound) execs.delete(execs.values().next().value as ExecKey)
  }
}
