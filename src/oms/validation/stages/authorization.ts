/** Stage 4: the strategy may do this: symbols, accounts, connectors, sides and types it was given. */
import type { OrderUnderValidation } from '../order-under-validation.js'
import type { Finding, ValidationStage } from '../stage.js'

/** What one strategy may do. What is absent is not restricted. */
export interface StrategyPermissions {
  /** Symbols or ids. */
  readonly symbols?: readonly string[]
  readonly accounts?: readonly string[]
  readonly connectors?: readonly string[]
  readonly sides?: readonly ('buy' | 'sell')[]
  readonly types?: readonly string[]
  /** False: it may not trade at all. */
  readonly enabled?: boolean
}

/** Permissions by strategy. */
export class AuthorizationStage implements ValidationStage {
  readonly name = 'authorization'
  readonly #permissions: ReadonlyMap<string, StrategyPermissions>
  readonly #unlisted: 'allow' | 'deny'

  constructor(strategies: Readonly<Record<string, StrategyPermissions>>, unlisted: 'allow' | 'deny') {
    this.#permissions = new Map(Object.entries(strategies))
    this.#unlisted = unlisted
  }

  check(order: OrderUnderValidation, finding: Finding): void {
    const permissions = this.#permissions.get(order.strategy)
    if (permissions === undefined) {
      if (this.#unlisted === 'deny') refuse(finding, order, 'has no permissions')
      return
    }
    const { symbols, accounts, connectors, sides, types, enabled } = permissions
    const { id, symbol } = order.instrument
    if (enabled === false) refuse(finding, order, 'is disabled')
    if (symbols !== undefined && !symbols.includes(symbol) && !symbols.includes(id))
      refuse(finding, order, `may not trade ${symbol}`)
    if (accounts !== undefined && !accounts.includes(order.account))
      refuse(finding, order, `may not trade on account ${order.account}`)
    if (connectors !== undefined && !connectors.includes(order.connector))
      refuse(finding, order, `may not use connector ${order.connector}`)
    if (sides !== undefined && !sides.includes(order.side > 0 ? 'buy' : 'sell'))
      refuse(finding, order, `may not ${order.side > 0 ? 'buy' : 'sell'}`)
    if (types !== undefined && !types.includes(order.type)) refuse(finding, order, `may not use ${order.type} orders`)
  }
}

function refuse(finding: Finding, { strategy }: OrderUnderValidation, what: string): void {
  finding.deny('NOT_AUTHORIZED', `Strategy ${strategy} ${what}`)
}
