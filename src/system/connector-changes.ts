/**
 * Connectors that come and go while a system runs.
 *
 *   add      checked ─► known to routes and feeds ─► connected ─► reconciled with its venue ─► takes orders
 *   remove   no order open there ─► routes and feeds go on without it ─► streams asked for elsewhere ─► disposed of
 *
 * What cannot be done leaves everything as it was.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import { TradewireError } from '../core/errors.js'
import type { OrderCore } from '../oms/order-core.js'
import * as Field from '../orders/order-fields.js'
import { requireEnvironment, type TradingSystemConfig } from './config.js'
import type { ConnectorHub } from './connector-hub.js'
import { paperName, requireAccounts, requireConnector } from './options.js'
import type { RoutingDesk } from './routing-desk.js'
import type { StrategyDesk } from './strategy-desk.js'

/** What changes are made with. */
export interface ConnectorChangesParts {
  readonly config: TradingSystemConfig
  readonly core: OrderCore
  readonly hub: ConnectorHub
  readonly routing: RoutingDesk
  readonly desk: StrategyDesk
  /** Orders go to the simulated venue of paper trading only. */
  readonly isPaper: boolean
  /** Refuses what live trading lacks with this connector beside the others. */
  requireLive(name: string, connector: BaseConnector): void
}

/** So many orders are named where a connector cannot be taken out. */
const mostNamed = 10

/** Adds and removes connectors of one system. */
export class ConnectorChanges {
  readonly #parts: ConnectorChangesParts
  readonly #removing = new Set<BaseConnector>()

  constructor(parts: ConnectorChangesParts) {
    this.#parts = parts
  }

  /** As `TradingSystem.addConnector`; `isRunning`: it is connected now, and not with all the others. */
  async add(name: string, connector: BaseConnector, isRunning: boolean, signal?: AbortSignal): Promise<void> {
    const { config, hub, routing, isPaper } = this.#parts
    requireConnector(name, connector)
    const { orders } = connector.capabilities
    if (!isPaper && orders !== undefined) {
      requireEnvironment(config, name, orders.environment)
      this.#parts.requireLive(name, connector)
    }
    hub.add(name, connector, { isDataOnly: isPaper })
    try {
      routing.added(connector)
      if (!isRunning) return
      await hub.startLater(connector, signal)
      requireAccounts(config, hub.reportedAccounts)
    } catch (error) {
      await this.#takeOut(connector).catch(() => {})
      throw error
    }
  }

  /** As `TradingSystem.removeConnector`. */
  async remove(name: string): Promise<void> {
    const { hub, isPaper } = this.#parts
    const connector = hub.get(name)
    if (isPaper && name === paperName)
      throw new TradewireError('TW_INVALID_STATE', 'The simulated venue of paper trading cannot be taken out')
    if (this.#removing.has(connector))
      throw new TradewireError('TW_INVALID_STATE', `Connector "${name}" is being removed already`)
    this.#requireIdle(connector)
    this.#removing.add(connector)
    try {
      const comparison = hub.comparisonOf(connector)
      if (comparison !== undefined) {
        // What its venue is about to tell may be an order.
        await comparison.catch(() => {})
        this.#requireIdle(connector)
      }
      await this.#takeOut(connector)
    } finally {
      this.#removing.delete(connector)
    }
  }

  /** In one turn nobody can use it any more; then its streams move, and it ends. */
  async #takeOut(connector: BaseConnector): Promise<void> {
    const { hub, routing, desk } = this.#parts
    if (hub.byName.get(connector.name) !== connector) return
    const moved = routing.leaving(connector, (subscription) => desk.namedUses(connector, subscription))
    hub.remove(connector)
    routing.removed(connector)
    await moved
    await hub.dispose(connector)
  }

  /** Orders that are open there, or whose fate is not known, would have nobody to ask. */
  #requireIdle({ name, source }: BaseConnector): void {
    const { core } = this.#parts
    const { cells } = core.table
    const open: string[] = []
    for (const row of core.table.rows())
      if (cells[row + Field.isOpen] === 1 && cells[row + Field.connector] === source)
        open.push(`${core.names.clientOrderId(row)} ${core.status(cells[row])}`)
    for (const { id, plan, isClosed } of core.parents.byId.values())
      if (!isClosed && isBoundTo(JSON.parse(plan), name)) open.push(`${id} (an algorithm's order)`)
    if (open.length === 0) return
    const named = `${open.slice(0, mostNamed).join(', ')}${open.length > mostNamed ? ', …' : ''}`
    throw new TradewireError(
      'TW_INVALID_STATE',
      `Connector "${name}" cannot be removed: ${open.length} orders are open there (${named}); cancel them, and settle those of unknown fate (orders.resolveUnknown), first`,
      { details: { connector: name, orders: open } },
    )
  }
}

/** Whether a plan says anywhere that orders go over a connector. */
function isBoundTo(plan: unknown, connector: string): boolean {
  if (typeof plan !== 'object' || plan === null) return false
  return Object.entries(plan).some(([field, value]) => {
    if (field === 'connector') return value === connector
    if (field === 'venues') return Array.isArray(value) && value.includes(connector)
    return isBoundTo(value, connector)
  })
}
