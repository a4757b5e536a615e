/**
 * The configuration of a trading system: plain JSON data with a schema. Unknown options are errors; everything has a
 * default that is safe: paper, no network, limits of an institutional desk.
 */

import type { OrderEnvironment } from '../connector/capabilities.js'
import { areCertificatesIgnored } from '../core/certificate-checks.js'
import { TradewireError } from '../core/errors.js'
import { type DataQualityConfig, dataQualitySchema } from '../market/quality/quality-options.js'
import {
  amount,
  durationMs,
  flag,
  list,
  mapOf,
  oneOf,
  oneOrMap,
  optional,
  options,
  orFalse,
  parseConfig,
  pattern,
  positiveInteger,
  text,
  wholeNumber,
} from '../model/config-schema.js'
import { checkInput, type FieldFault } from '../model/schema/parse.js'
import type { DriftPolicy } from '../oms/drift.js'
import type { PositionMode } from '../oms/hedging.js'
import type { LargeOrderOptions } from '../oms/order-rules.js'
import { type ValidationConfig, validationSchema } from '../oms/validation/config.js'
import { type ProfileName, profileNames } from '../ring/profiles.js'
import type { LimitPatch } from '../risk/limit-book.js'
import type { RiskLimits } from '../risk/limits.js'
import { type DropCopyConfig, dropCopySchema } from './drop-copy-config.js'
import {
  type BreakerConfig,
  breakersSchema,
  ceilingsSchema,
  type RiskPreset,
  riskSchema,
  type WatchdogConfig,
  watchdogSchema,
  withPreset,
} from './risk-config.js'
import { type RoutingConfig, routingSchema } from './routing-config.js'

/** Where orders really go: to a simulated market on virtual time, to live data with simulated execution, or to a venue with real money. */
export type TradingMode = 'simulation' | 'paper' | 'live'

/**
 * What happens when a hook of a strategy throws (it is announced and counted in any case): the strategy goes on (`log`); it
 * is ended and its orders are canceled (`stop-strategy`); that, and trading is halted for the whole system until a person
 * says otherwise (`halt`).
 */
export type StrategyErrorPolicy = 'log' | 'stop-strategy' | 'halt'

/** Plain-data options of a system. */
export interface TradingSystemConfig {
  /** `paper` unless given. `live` needs `live` beside it. */
  mode?: TradingMode
  /** The second signal that live trading asks for. */
  live?: {
    /** The account that will be traded; the venue must report the same. */ account: string
    /** Further accounts, where connectors have accounts of their own: each that `accounts` names. */
    accounts?: readonly string[]
    /** Must be true. */
    confirm: true
  }
  /** Directory of the journal; kept in memory unless given. */
  journal?: string
  /** What an order survives before it is sent; `os` unless given. */
  durability?: 'os' | 'fsync'
  /** When the state is written into the journal as one record, beside the end of a system: a restart reads from the latest on. */
  snapshots?: {
    /** After so many records; 1,000,000 unless given. */
    everyRecords?: number
    /** After so many megabytes of records; 64 unless given. */
    everyMegabytes?: number
    /** Segments before a snapshot that are kept; all unless given. Older ones, and the history in them, are removed. */
    keepSegments?: number
  }
  /**
   * Limits of orders. With `preset` those that it names, and what is given beside it in their place. Paper trading has
   * `institutional`, as far as it can be measured, unless another is named, or none (`false`).
   */
  risk?: RiskLimits & { preset?: RiskPreset | false }
  /** What limits may be set to at most while the system runs, and at its start. */
  riskCeilings?: LimitPatch
  /** Orders worth more than `above`, in the base currency, need a second person: see `orders.propose`. None unless given. */
  largeOrders?: LargeOrderOptions
  /**
   * Circuit breakers; none unless given or part of a preset. Those that are named are on; where none is (`{}`), all with
   * defaults, but those that are `false`. Equity comes from `capital` and the books: shares of it need `capital`.
   */
  breakers?: BreakerConfig | false
  /** Sends no orders and no changes: everything is refused as `READ_ONLY`. Cancels pass. */
  readOnly?: boolean
  /**
   * Orders that were open when the connection to their venue broke, or the process died: left as they are (unless given), or
   * canceled first thing when the connection is back. One policy, or one by connector. A venue that cancels them itself (see
   * the capabilities of its connector) needs none.
   */
  onDisconnect?: DisconnectPolicy | Readonly<Record<string, DisconnectPolicy>>
  /** What this process has to be, and all of a cluster with it: the start is refused otherwise. See `system.risk.deployment`. */
  deployment?: { sdkVersion?: string; configHash?: string }
  /** A thread that throws the kill switch when the event loop hangs; none unless given. On real time only. */
  watchdog?: WatchdogConfig | false
  /** The validation pipeline before the risk gate; none unless given, `{}` for its defaults. */
  validation?: ValidationConfig
  /** Account of orders that name none. */
  account?: string
  /**
   * Account of orders over a connector, by its name, where they name none; `account` unless given. Connectors to different
   * brokers have different accounts: positions and limits are kept by account, and compared with the venue by account.
   */
  accounts?: Readonly<Record<string, string>>
  /**
   * Whether fills of a strategy go into one position an instrument (`netting`, unless given) or into positions by order and
   * `positionId` (`hedging`); or by strategy, with `*` for all others.
   */
  positionMode?: PositionMode | Readonly<Record<string, PositionMode>>
  /** 1 to 8 letters or digits that no other process on the account uses; `T` unless given. */
  idPrefix?: string
  /** Seed of everything random; 1 unless given. */
  seed?: number
  baseCurrency?: string
  /** Capital in the base currency, for equity and drawdown. */
  capital?: string | number
  accounting?: 'average' | 'fifo' | 'lifo'
  /** What happens to open orders when the system closes: `cancel` on paper and in simulation, `leave` live, unless given. */
  onClose?: 'cancel' | 'leave'
  /** How long `stop` waits for the outcome of these cancels, on the system's clock; 10,000 unless given. */
  closeTimeoutMs?: number
  /** What happens when a hook of a strategy throws; `stop-strategy` unless given. */
  onStrategyError?: StrategyErrorPolicy
  /** What happens to orders and fills that are not ours; `adopt` unless given. */
  externalOrders?: 'adopt' | 'observe' | 'ignore'
  onOverfill?: 'halt' | 'alert'
  /** Where orders and market data go when there are several connectors. */
  routing?: RoutingConfig
  reconciliation?: {
    notFound?: 'operator' | 'infer'
    positionMismatch?: 'halt' | 'adjust'
    venueGraceMs?: number
    intervalMs?: number
    /**
     * How long an answer to an order, a change or a cancel may take, and an order's fate may be unknown, before the venue is
     * asked, in milliseconds; it is asked again after twice the time, and so on up to a minute. 5,000 unless given.
     */
    answerWithinMs?: number
    /** What balances that drift lead to beside being told: nothing (`alert`, unless given), or their account is halted. */
    onDrift?: DriftPolicy
    /** Differences of balances up to this are rounding, in the currency itself; 0.01 unless given. */
    balanceTolerance?: string | number
  }
  /** Executions compared with those that a second, independent line tells; nothing unless given. See `system.dropCopy`. */
  dropCopy?: DropCopyConfig
  /** Bounds of tables and buffers. `orders`, `trades` and `ring` are rounded up to a power of two. */
  limits?: {
    orders?: number
    trades?: number
    ring?: number
    instruments?: number
    accounts?: number
    strategies?: number
    connectors?: number
  }
  /** Market data for strategies that fall behind: the newest price only (`conflate`), the newest events (`dropOldest`), or everything (`backpressure`). `conflate`, in simulation `backpressure`, unless given. */
  overflow?: 'conflate' | 'dropOldest' | 'backpressure'
  /**
   * How market data trade delay for throughput: `ultra-low-latency`, `low-latency`, `balanced`, `high-throughput`, see
   * `performanceProfiles`. Unless given every turn of the loop hands on what it brought. Of no effect on virtual time.
   */
  profile?: ProfileName
  /**
   * Keeps an order book for each instrument and source that sends books: `system.books`. Sources that send no quotes then
   * give their best prices as quotes. `false` unless given.
   */
  books?: boolean
  /** Thresholds of the data quality monitor; `{}`, in simulation `false` (nothing is watched), unless given. */
  quality?: DataQualityConfig | false
}

/** What becomes of open orders when the connection to their venue breaks. */
export type DisconnectPolicy = 'leave' | 'cancelOnReconnect'

const disconnectPolicy = oneOf(['leave', 'cancelOnReconnect'])
const currency = pattern(/^[A-Za-z0-9.]{1,16}$/, 'a currency such as USD')
const entries = {
  mode: optional(oneOf(['simulation', 'paper', 'live'])),
  live: optional(options({ account: text(64), accounts: optional(list(text(64), 1_024)), confirm: flag() })),
  journal: optional(text(4_096)),
  durability: optional(oneOf(['os', 'fsync'])),
  snapshots: optional(
    options({
      everyRecords: optional(positiveInteger(1_000_000_000)),
      everyMegabytes: optional(positiveInteger(1_048_576)),
      keepSegments: optional(wholeNumber(0, 1_000_000)),
    }),
  ),
  risk: optional(riskSchema),
  riskCeilings: optional(ceilingsSchema),
  largeOrders: optional(options({ above: amount({ min: '0' }), timeoutMs: optional(durationMs()) })),
  breakers: optional(orFalse(breakersSchema)),
  readOnly: optional(flag()),
  onDisconnect: optional(oneOrMap(disconnectPolicy)),
  deployment: optional(options({ sdkVersion: optional(text(64)), configHash: optional(text(64)) })),
  positionMode: optional(oneOrMap(oneOf(['netting', 'hedging']))),
  watchdog: optional(orFalse(watchdogSchema)),
  validation: optional(validationSchema),
  account: optional(text(64)),
  accounts: optional(mapOf(text(64))),
  idPrefix: optional(pattern(/^[A-Za-z0-9]{1,8}$/, 'text of 1 to 8 letters or digits')),
  seed: optional(wholeNumber(Number.MIN_SAFE_INTEGER)),
  baseCurrency: optional(currency),
  capital: optional(amount()),
  accounting: optional(oneOf(['average', 'fifo', 'lifo'])),
  onClose: optional(oneOf(['cancel', 'leave'])),
  closeTimeoutMs: optional(durationMs(0)),
  onStrategyError: optional(oneOf(['log', 'stop-strategy', 'halt'])),
  externalOrders: optional(oneOf(['adopt', 'observe', 'ignore'])),
  onOverfill: optional(oneOf(['halt', 'alert'])),
  routing: optional(routingSchema),
  reconciliation: optional(
    options({
      notFound: optional(oneOf(['operator', 'infer'])),
      positionMismatch: optional(oneOf(['halt', 'adjust'])),
      venueGraceMs: optional(durationMs()),
      intervalMs: optional(durationMs()),
      answerWithinMs: optional(durationMs()),
      onDrift: optional(oneOf(['alert', 'halt'])),
      balanceTolerance: optional(amount({ min: '0' })),
    }),
  ),
  dropCopy: optional(dropCopySchema),
  limits: optional(
    options({
      orders: optional(positiveInteger(1_048_576)),
      trades: optional(positiveInteger(16_777_216)),
      ring: optional(positiveInteger(16_777_216)),
      instruments: optional(positiveInteger(1_048_576)),
      accounts: optional(positiveInteger(1_024)),
      strategies: optional(positiveInteger(4_096)),
      connectors: optional(positiveInteger(64)),
    }),
  ),
  overflow: optional(oneOf(['conflate', 'dropOldest', 'backpressure'])),
  books: optional(flag()),
  profile: optional(oneOf(profileNames)),
  quality: optional(orFalse(dataQualitySchema)),
}

const schema = options(entries)

/** Names of the plain-data options. */
export const configNames: readonly string[] = Object.keys(entries)

/**
 * Checks a configuration as a whole.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` naming every option that is wrong.
 */
export function checkConfig(config: unknown): TradingSystemConfig {
  return parseConfig(schema, config, 'trading system') as TradingSystemConfig
}

/** The faults of a configuration, or its value where there is none. */
export function inspectConfig(config: unknown): { value: TradingSystemConfig } | { faults: FieldFault[] } {
  return checkInput(schema, config) as { value: TradingSystemConfig } | { faults: FieldFault[] }
}

/**
 * Refuses a live start that lacks anything it requires, and says all that is missing. `hasOrders`: whether any connector
 * takes orders; `strategies`: names of those that want to trade.
 *
 * @throws TradewireError `TW_LIVE_REFUSED`.
 */
export function requireLive(config: TradingSystemConfig, hasOrders = true, strategies: readonly string[] = []): void {
  if (config.mode !== 'live') return
  const { risk, breakers } = withPreset(config)
  const missing: string[] = []
  const want = (condition: boolean, what: string) => {
    if (!condition) missing.push(what)
  }
  want(config.live?.confirm === true, 'live.confirm: true')
  want(!areCertificatesIgnored(), 'certificates that are checked: unset NODE_TLS_REJECT_UNAUTHORIZED')
  want(config.live?.account !== undefined && config.live.account !== '', 'live.account: the account to trade')
  want(
    config.account === undefined || config.account === config.live?.account,
    'account: the same as live.account, or none',
  )
  const agreed = [config.live?.account, ...(config.live?.accounts ?? [])]
  for (const account of Object.values(config.accounts ?? {}))
    want(agreed.includes(account), `live.accounts: ${account}, which accounts names`)
  want(config.journal !== undefined, 'journal: a directory, or journalStore: a database')
  want(risk.maxOrderQuantity !== undefined, 'risk.maxOrderQuantity')
  want(risk.maxOrderNotional !== undefined, 'risk.maxOrderNotional')
  want(risk.maxPosition !== undefined, 'risk.maxPosition')
  want(risk.priceCollarPercent !== undefined && risk.priceCollarPercent !== false, 'risk.priceCollarPercent')
  want(risk.throttle !== undefined && risk.throttle !== false, 'risk.throttle')
  want(risk.marketData !== false, 'risk.marketData must not be switched off')
  want(config.risk?.clock !== false, 'risk.clock must not be switched off')
  want(
    Object.keys(risk.restrictions?.instruments ?? {}).length > 0,
    'risk.restrictions.instruments: a list of what may be traded',
  )
  want(breakers !== undefined && breakers.dailyLoss !== false, 'breakers.dailyLoss')
  want(Number(config.capital ?? 0) > 0, 'capital: what losses are measured by')
  for (const name of strategies)
    want(Object.hasOwn(risk.strategies ?? {}, name), `risk.strategies["${name}"]: limits of its own`)
  want(hasOrders, 'connectors: one that takes orders')
  if (missing.length > 0) {
    throw new TradewireError('TW_LIVE_REFUSED', `Live trading needs: ${missing.join('; ')}`, { details: { missing } })
  }
}

/**
 * Refuses a strategy that comes later to a system that trades live, unless it has limits of its own by then.
 *
 * @throws TradewireError `TW_LIVE_REFUSED`.
 */
export function requireOwnLimits({ mode }: TradingSystemConfig, limits: RiskLimits, strategy: string): void {
  if (mode !== 'live' || Object.hasOwn(limits.strategies ?? {}, strategy)) return
  const missing = [`risk.strategies["${strategy}"]: limits of its own`]
  throw new TradewireError('TW_LIVE_REFUSED', `Live trading needs: ${missing[0]}`, { details: { missing } })
}

/**
 * Refuses a connector whose orders would cost real money in a system that was not told to trade live.
 *
 * @throws TradewireError `TW_LIVE_REFUSED`.
 */
export function requireEnvironment(
  config: TradingSystemConfig,
  name: string,
  environment: OrderEnvironment | undefined,
): void {
  const { mode = 'paper' } = config
  if (
    environment === undefined ||
    environment === 'simulated' ||
    mode === 'live' ||
    (environment === 'paper' && mode === 'paper')
  )
    return
  throw new TradewireError(
    'TW_LIVE_REFUSED',
    `Connector "${name}" sends ${environment} orders and the system is in mode ${mode}; choose mode ${environment} if that is wanted`,
  )
}
