/** How orders and market data find their connectors, as plain data. */
import {
  durationMs,
  flag,
  list,
  oneOf,
  optional,
  options,
  positiveInteger,
  realNumber,
  text,
} from '../model/config-schema.js'
import { assetClasses } from '../model/instrument.js'
import { type FeedOptions, feedIdentities, feedModes } from '../routing/feed.js'
import type { HealthScale } from '../routing/health.js'
import { type RoutingStrategy, routingStrategies, type SteadinessOptions } from '../routing/route-selector.js'
import { type RouteConfig, throttlePolicies, type WhenThrottled } from '../routing/routes.js'

/** Several sources of instruments, by name of connector. */
export interface FeedConfig extends Omit<FeedOptions, 'sources'> {
  /** Symbols or instrument ids; every instrument unless given. */
  symbols?: readonly string[]
  /** Most preferred first; at most 32. */
  connectors: readonly string[]
  /**
   * A pool of gateways to one venue: each instrument is subscribed over one of them, the one with the fewest, and over the
   * next where that is lost. For mode `failover`; the others are subscribed only when they are needed (`standby: 'cold'`).
   */
  balance?: boolean
}

/** Where orders and market data go, and when they go elsewhere. */
export interface RoutingConfig extends SteadinessOptions {
  /** `primary-backup` unless given. */
  strategy?: RoutingStrategy
  /** What becomes of an order when its connector has no room for it in the venue's message limit; see {@link WhenThrottled}. */
  whenThrottled?: WhenThrottled
  /** Beside the default route over every connector that takes orders. */
  routes?: readonly RouteConfig[]
  /** Instruments whose data come from several connectors. */
  feeds?: readonly FeedConfig[]
  /**
   * Names of connectors that come later (`addConnector`): routes, feeds and accounts may name them from the start. One that
   * is not there is a connector that cannot be used.
   */
  later?: readonly string[]
  health?: HealthScale
  /** A connector whose score is lower is not used. 10 unless given. */
  minScore?: number
  /** Between looks at the health of connectors and feeds, beside those at every change; 1,000 ms unless given. */
  checkIntervalMs?: number
  /**
   * What an order of unknown fate blocks until it is resolved: new orders in its instrument over other connectors, or all
   * new orders over other connectors. `instrument` unless given.
   */
  unknownBlocks?: 'instrument' | 'all'
  /** A start waits for all connectors, or for the first that is ready; the others go on trying. `all` unless given. */
  startWith?: 'all' | 'any'
}

const steadiness = {
  minDwellMs: optional(durationMs(0)),
  failbackAfterMs: optional(durationMs(0)),
  maxFailbackAfterMs: optional(durationMs(0)),
  scoreMargin: optional(realNumber(0, 100)),
}
const names = list(text(128))

/** Schema of {@link RoutingConfig}. */
export const routingSchema = options({
  ...steadiness,
  strategy: optional(oneOf(routingStrategies)),
  whenThrottled: optional(oneOf(throttlePolicies)),
  routes: optional(
    list(
      options({
        ...steadiness,
        symbols: optional(names),
        accounts: optional(names),
        assetClasses: optional(list(oneOf(assetClasses))),
        connectors: names,
        strategy: optional(oneOf(routingStrategies)),
        whenThrottled: optional(oneOf(throttlePolicies)),
      }),
      1_000,
    ),
  ),
  feeds: optional(
    list(
      options({
        ...steadiness,
        symbols: optional(names),
        connectors: list(text(128), 32),
        balance: optional(flag()),
        mode: oneOf(feedModes),
        identity: optional(oneOf(feedIdentities)),
        isContiguous: optional(flag()),
        maxHoldMs: optional(durationMs()),
        maxHeld: optional(positiveInteger(65_536)),
        standby: optional(oneOf(['hot', 'cold'])),
        staleAfterMs: optional(durationMs()),
      }),
      1_000,
    ),
  ),
  later: optional(names),
  health: optional(
    options({
      latencyCeilingMs: optional(durationMs()),
      stalenessCeilingMs: optional(durationMs()),
      errorRateCeiling: optional(realNumber(0, 1)),
      latencyWeight: optional(realNumber(0, 1)),
      stalenessWeight: optional(realNumber(0, 1)),
      errorWeight: optional(realNumber(0, 1)),
    }),
  ),
  minScore: optional(realNumber(0, 100)),
  checkIntervalMs: optional(durationMs()),
  unknownBlocks: optional(oneOf(['instrument', 'all'])),
  startWith: optional(oneOf(['all', 'any'])),
})
