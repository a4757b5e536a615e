/**
 * Which connectors an order may take: by symbol, account and asset class, the most particular route first.
 *
 *   { symbols: ['EURUSD'], connectors: ['fx-a', 'fx-b'] }           beats
 *   { accounts: ['U1'],    connectors: ['ibkr'] }                   beats
 *   { assetClasses: ['fx'], connectors: ['fx-b'] }                  beats
 *   the default route: every connector, the primary first
 */
import { TradewireError } from '../core/errors.js'
import { type AssetClass, assetClasses } from '../model/instrument.js'
import { RouteSelector, type RoutingStrategy, routingStrategies, type SteadinessOptions } from './route-selector.js'

/** A route, as plain data. A condition that is absent always holds; of several all must. */
export interface RouteConfig extends SteadinessOptions {
  /** Symbols or instrument ids. */
  symbols?: readonly string[]
  accounts?: readonly string[]
  assetClasses?: readonly AssetClass[]
  /** Names of connectors, most preferred first. */
  connectors: readonly string[]
  /** Default: that of the whole routing. */
  strategy?: RoutingStrategy
  /** Default: that of the whole routing. */
  whenThrottled?: WhenThrottled
}

/** What becomes of an order for which the chosen connector has no room; see {@link WhenThrottled}. */
export const throttlePolicies = ['next', 'refuse'] as const
/**
 * What becomes of an order when the message limit of the chosen connector's venue has no room for it. `next`: it goes to
 * another connector of the route that can be used and has room; `refuse`: it is denied. The default is `next` for
 * `round-robin` and `best-available`, and `refuse` for `primary-backup`: a busy primary is not a lost one.
 */
export type WhenThrottled = (typeof throttlePolicies)[number]

/** What a route is chosen by. */
export interface RoutedInstrument {
  readonly symbol: string
  readonly id: string
  readonly assetClass: AssetClass
}

/** A route at work. */
export interface Route {
  /** What the routes are told apart by in statistics: `default`, or its conditions as text. */
  readonly name: string
  readonly config: RouteConfig
  readonly selector: RouteSelector
  /** Whether an order goes to the next connector where the chosen one has no room for it. */
  readonly spills: boolean
}

/** All routes. */
export class RouteTable {
  readonly routes: readonly Route[]

  /**
   * @param indexOf index of a connector by name; -1 when there is none of that name.
   * @param fallback connectors of the default route, most preferred first.
   * @param before a table of the same routes over other connectors: choices go on where they stand there.
   * @throws TradewireError `TW_INVALID_CONFIG` naming the route and the field.
   */
  constructor(
    configs: readonly RouteConfig[],
    fallback: Omit<RouteConfig, 'symbols' | 'accounts' | 'assetClasses'>,
    indexOf: (connector: string) => number,
    before?: RouteTable,
  ) {
    const strategy = fallback.strategy ?? 'primary-backup'
    const { whenThrottled } = fallback
    const shared = { ...steadinessOf(fallback), ...(whenThrottled === undefined ? {} : { whenThrottled }) }
    const particular = configs.map((config, at) => routeOf(`routes.${at}`, { ...shared, ...config }, strategy, indexOf))
    particular.sort((first, second) => weight(second.config) - weight(first.config))
    this.routes = [...particular, routeOf('default', fallback, strategy, indexOf)]
    before?.routes.forEach(({ selector }, at) => {
      this.routes[at]?.selector.continueFrom(selector)
    })
  }

  /** The route of an order: the most particular one that fits, the earlier of equals. */
  of(instrument: RoutedInstrument, account: string): Route {
    for (const route of this.routes) if (fits(route.config, instrument, account)) return route
    return this.routes[this.routes.length - 1] as Route
  }
}

function fits(
  { symbols, accounts, assetClasses: classes }: RouteConfig,
  instrument: RoutedInstrument,
  account: string,
): boolean {
  return (
    (symbols === undefined || symbols.includes(instrument.symbol) || symbols.includes(instrument.id)) &&
    (accounts === undefined || accounts.includes(account)) &&
    (classes === undefined || classes.includes(instrument.assetClass))
  )
}

function weight({ symbols, accounts, assetClasses: classes }: RouteConfig): number {
  return (symbols === undefined ? 0 : 4) + (accounts === undefined ? 0 : 2) + (classes === undefined ? 0 : 1)
}

function routeOf(
  path: string,
  config: RouteConfig,
  defaultStrategy: RoutingStrategy,
  indexOf: (connector: string) => number,
): Route {
  const refuse = (problem: string): never => {
    throw new TradewireError('TW_INVALID_CONFIG', `routing.${path}.${problem}`, {
      details: { field: `routing.${path}` },
    })
  }
  const { symbols, accounts, assetClasses: classes, connectors } = config
  for (const [name, list] of Object.entries({ symbols, accounts, assetClasses: classes }))
    if (list !== undefined && !(Array.isArray(list) && list.length > 0))
      refuse(`${name} must be a list with at least one entry; leave it out to mean all`)
  for (const assetClass of classes ?? [])
    if (!assetClasses.includes(assetClass))
      refuse(`assetClasses has "${assetClass}"; known are ${assetClasses.join(', ')}`)
  if (!Array.isArray(connectors) || connectors.length === 0) refuse('connectors must name at least one connector')
  const strategy = config.strategy ?? defaultStrategy
  if (!routingStrategies.includes(strategy))
    refuse(`strategy is "${String(strategy)}"; use ${routingStrategies.join(', ')}`)
  const candidates = connectors.map((connector) => {
    const index = indexOf(connector)
    return index >= 0 ? index : refuse(`connectors has "${connector}", which is not a connector of this manager`)
  })
  const { whenThrottled = strategy === 'primary-backup' ? 'refuse' : 'next' } = config
  if (!throttlePolicies.includes(whenThrottled))
    refuse(`whenThrottled is "${String(whenThrottled)}"; use ${throttlePolicies.join(', ')}`)
  return {
    name: nameOf(path, config),
    config,
    selector: new RouteSelector(strategy, candidates, steadinessOf(config)),
    spills: whenThrottled === 'next',
  }
}

function nameOf(path: string, { symbols, accounts, assetClasses: classes }: RouteConfig): string {
  const conditions = [...(symbols ?? []), ...(accounts ?? []), ...(classes ?? [])]
  return conditions.length === 0 ? path : conditions.join(' ')
}

/** How steady a choice is, of a configuration that says more. */
export function steadinessOf(config: SteadinessOptions): SteadinessOptions {
  const { minDwellMs, failbackAfterMs, maxFailbackAfterMs, scoreMargin } = config
  return {
    ...(minDwellMs === undefined ? {} : { minDwellMs }),
    ...(failbackAfterMs === undefined ? {} : { failbackAfterMs }),
    ...(maxFailbackAfterMs === undefined ? {} : { maxFailbackAfterMs }),
    ...(scoreMargin === undefined ? {} : { scoreMargin }),
  }
}
