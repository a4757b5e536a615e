/** Settings that every connector has, and their checks. */
import { TradewireError } from '../core/errors.js'
import { type Backoff, defaultBackoff } from '../core/retry.js'
import { type PerformanceProfile, type ProfileName, profileOf } from '../ring/profiles.js'
import { type DataKind, dataKinds } from './capabilities.js'
import { checkPacing, type PacingOptions } from './pacing/pacing-options.js'

/** Settings that every connector has. Milliseconds on the monotonic clock. */
export interface ConnectorOptions {
  /** One attempt to connect; 10,000 unless given. Also bounds the hang-up. */
  connectTimeoutMs?: number
  /** One query, counted from when it is sent; 10,000 unless given. */
  queryTimeoutMs?: number
  /** The answer to one subscription; as `queryTimeoutMs` unless given. */
  subscribeTimeoutMs?: number
  /**
   * The answer to one health check; unless given as `queryTimeoutMs`, and no longer than `healthIntervalMs` (but at least
   * 1,000): a line that went silent is noticed within two checks.
   */
  probeTimeoutMs?: number
  /** One piece of history; 60,000 unless given. */
  historyTimeoutMs?: number
  /** Between health checks; 30,000 unless given, 0 switches them off. */
  healthIntervalMs?: number
  /**
   * A subscribed stream without data for so long is stale, and an event says so; for all kinds, or kind by kind. 0: never.
   * Unless given 60,000 for quotes and books, never for other kinds; never for any where health checks are off.
   */
  staleAfterMs?: number | Partial<Record<DataKind, number>>
  /** Reconnect delays: full jitter below an exponential bound, 500 ms to 30 s unless given; without end unless given. */
  reconnect?: { firstDelayMs?: number; maxDelayMs?: number; maxAttempts?: number }
  /** The venue's message limits; none unless given. A connector passes its venue's own, which a host may tighten. */
  pacing?: PacingOptions
  /** How much is taken off a socket in a row, and sent in one piece, where the connector has a choice; `balanced` unless given. */
  profile?: ProfileName
}

/** Names of {@link ConnectorOptions}, for checks of option objects that contain them. */
export const connectorOptionNames = [
  'connectTimeoutMs',
  'queryTimeoutMs',
  'subscribeTimeoutMs',
  'probeTimeoutMs',
  'historyTimeoutMs',
  'healthIntervalMs',
  'staleAfterMs',
  'reconnect',
  'pacing',
  'profile',
] as const satisfies readonly (keyof ConnectorOptions)[]

/** Options that were checked, defaults filled in. */
export interface CheckedConnectorOptions {
  readonly connectTimeoutMs: number
  readonly queryTimeoutMs: number
  readonly subscribeTimeoutMs: number
  readonly probeTimeoutMs: number
  readonly historyTimeoutMs: number
  readonly healthIntervalMs: number
  /** By kind; 0 = never stale. */
  readonly staleAfterMs: Readonly<Record<DataKind, number>>
  readonly backoff: Backoff
  readonly maxAttempts: number
  readonly pacing: PacingOptions | undefined
  readonly profile: PerformanceProfile
}

/** @throws TradewireError `TW_INVALID_CONFIG` naming the option that is not usable. */
export function checkConnectorOptions(options: ConnectorOptions): CheckedConnectorOptions {
  const { connectTimeoutMs = 10_000, queryTimeoutMs = 10_000, healthIntervalMs = 30_000, reconnect = {} } = options
  const { subscribeTimeoutMs = queryTimeoutMs, historyTimeoutMs = 60_000 } = options
  // An answer that takes longer than the next question would be a line that is lost two checks later.
  const longestProbeMs = healthIntervalMs > 0 ? Math.max(healthIntervalMs, 1_000) : Number.POSITIVE_INFINITY
  const { probeTimeoutMs = Math.min(queryTimeoutMs, longestProbeMs) } = options
  const timeouts = { connectTimeoutMs, queryTimeoutMs, subscribeTimeoutMs, probeTimeoutMs, historyTimeoutMs }
  for (const [name, value] of Object.entries(timeouts)) requireAbove(name, value)
  if (!(Number.isFinite(healthIntervalMs) && healthIntervalMs >= 0))
    throw invalid('healthIntervalMs', 'a number of milliseconds from 0', healthIntervalMs)
  const { firstDelayMs = defaultBackoff.firstDelayMs, maxDelayMs = Math.max(firstDelayMs, defaultBackoff.maxDelayMs) } =
    reconnect
  const { maxAttempts = Number.POSITIVE_INFINITY } = reconnect
  for (const name of Object.keys(reconnect))
    if (!['firstDelayMs', 'maxDelayMs', 'maxAttempts'].includes(name))
      throw invalid(`reconnect.${name}`, 'left out: it is not known; use firstDelayMs, maxDelayMs, maxAttempts', name)
  requireAbove('reconnect.firstDelayMs', firstDelayMs)
  if (!(Number.isFinite(maxDelayMs) && maxDelayMs >= firstDelayMs))
    throw invalid('reconnect.maxDelayMs', `at least firstDelayMs (${firstDelayMs})`, maxDelayMs)
  if (maxAttempts !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(maxAttempts) && maxAttempts >= 1))
    throw invalid('reconnect.maxAttempts', 'a whole number of at least 1', maxAttempts)
  if (options.pacing !== undefined) checkPacing(options.pacing)
  return {
    ...timeouts,
    healthIntervalMs,
    staleAfterMs: staleAfter(options.staleAfterMs, healthIntervalMs > 0),
    backoff: { firstDelayMs, maxDelayMs },
    maxAttempts,
    pacing: options.pacing,
    profile: profileOf(options.profile ?? 'balanced'),
  }
}

function staleAfter(given: ConnectorOptions['staleAfterMs'], isWatched: boolean): Record<DataKind, number> {
  const times = Object.fromEntries(dataKinds.map((kind) => [kind, 0])) as Record<DataKind, number>
  if (given === undefined) {
    if (isWatched) for (const kind of ['quotes', 'book', 'orders'] as const) times[kind] = 60_000
    return times
  }
  for (const kind of dataKinds) times[kind] = typeof given === 'number' ? given : (given[kind] ?? 0)
  if (typeof given === 'object')
    for (const name of Object.keys(given))
      if (!(name in times)) throw invalid(`staleAfterMs.${name}`, `a kind of data: ${dataKinds.join(', ')}`, name)
  for (const [kind, value] of Object.entries(times))
    if (!(Number.isFinite(value) && value >= 0))
      throw invalid(`staleAfterMs.${kind}`, 'a number of milliseconds from 0', value)
  return times
}

function requireAbove(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) throw invalid(name, 'a number of milliseconds above 0', value)
}

function invalid(name: string, expected: string, got: unknown): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', `Option ${name} of a connector must be ${expected}, got ${got}`, {
    details: { field: name },
  })
}
