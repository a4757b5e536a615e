/** What a {@link ZmqConnector} is given, and its checks. */
import { type ConnectorOptions, connectorOptionNames } from '../../connector/connector-options.js'
import { TradewireError } from '../../core/errors.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import { refuseUnknownOptions } from '../../ring/options.js'
import type { ZmqCodec } from './codecs/codec.js'
import { type GateKind, gateKinds, type SlowPolicy } from './feed/slow-gate.js'
import type { StreamSettings } from './feed/stream-types.js'
import { type GatewayOptions, gatewayOptionNames } from './orders/gateway-options.js'
import { checkEndpoint, checkLimits, checkSecurity, type ZmqLimits, type ZmqSecurity } from './security.js'

/** Settings of a {@link ZmqConnector}. */
export interface ZmqConnectorOptions extends ConnectorOptions, ZmqLimits {
  /** Endpoints of publishers; several are lines that carry the same (A/B): the first copy of each frame counts. */
  endpoint?: string | readonly string[]
  /** Endpoints to listen on, for publishers that connect. */
  bind?: string | readonly string[]
  /** `sub` unless given; `pull` takes frames that a PUSH socket deals out. */
  pattern?: 'sub' | 'pull'
  /** Services to ask for replays and snapshots, in the order in which they are tried. Without one a gap stays a gap. */
  service?: string | readonly string[]
  /** What publishers speak; `tradewire` unless given. */
  codec?: ZmqCodec
  /** What is traded here; unless given, the catalog of the service. */
  instruments?: readonly InstrumentDefinition[]
  /** What the feed calls an instrument, where that is neither its id nor its symbol. */
  aliases?: Readonly<Record<string, string>>
  /** Groups of instruments that share a stream, as the publisher has them; unless given, those of its catalog. */
  groups?: Readonly<Record<string, readonly string[]>>
  /** Most frames that wait for those before them; 64 unless given. */
  reorderMax?: number
  /** How long they wait before the gap is declared; 50 ms unless given. */
  reorderMs?: number
  /** How long a line that lags behind another is waited for; 500 ms unless given. */
  lineWaitMs?: number
  /** Most frames that are asked for one by one; beyond that, a snapshot. 10,000 unless given. */
  maxReplay?: number
  /** Most frames that wait for a recovery; 10,000 unless given. */
  recoveryBuffer?: number
  /** One question to a service; 2,000 ms unless given. */
  recoveryTimeoutMs?: number
  /** What the publisher's heartbeats come at; 1,000 ms unless given. Three missed make a stream stale. */
  heartbeatMs?: number
  /** What happens to data that the system does not take: quotes and bars conflate, trades dropOldest, book disconnect, unless given. */
  slow?: Partial<Record<GateKind, SlowPolicy>>
  /** Most events of each kind that wait; 65,536 unless given. */
  slowCapacity?: number
  /** Events that waited longer end the connection; never unless given. */
  maxAgeMs?: number
  security?: ZmqSecurity
  /** Orders, through a gateway. */
  gateway?: GatewayOptions
}

const optionNames: readonly string[] = [
  ...connectorOptionNames,
  'endpoint',
  'bind',
  'pattern',
  'service',
  'codec',
  'instruments',
  'aliases',
  'groups',
  'reorderMax',
  'reorderMs',
  'lineWaitMs',
  'maxReplay',
  'recoveryBuffer',
  'recoveryTimeoutMs',
  'heartbeatMs',
  'slow',
  'slowCapacity',
  'maxAgeMs',
  'security',
  'gateway',
  'highWaterMark',
  'allowUnbounded',
  'maxMessageBytes',
] satisfies (keyof ZmqConnectorOptions)[]

/** Options that were checked. */
export interface CheckedZmqOptions {
  readonly endpoints: readonly string[]
  readonly binds: readonly string[]
  readonly services: readonly string[]
  readonly stream: StreamSettings
  readonly slow: Readonly<Record<GateKind, SlowPolicy>>
}

const policies: readonly SlowPolicy[] = ['block', 'dropOldest', 'dropNewest', 'conflate', 'disconnect']

/** @throws TradewireError `TW_INVALID_CONFIG` naming the option. */
export function checkZmqOptions(options: ZmqConnectorOptions): CheckedZmqOptions {
  if ('conflate' in options)
    throw invalid(
      'conflate',
      'left out: ZMQ_CONFLATE keeps the last part of the last message of all topics. Use slow: { quotes: "conflate" }',
    )
  refuseUnknownOptions('ZmqConnector', options, optionNames)
  const { security = {} } = options
  checkSecurity(security)
  checkLimits(options)
  const endpoints = list(options.endpoint)
  const binds = list(options.bind)
  const services = list(options.service)
  for (const endpoint of endpoints) checkEndpoint('endpoint', endpoint, security)
  for (const endpoint of binds) checkEndpoint('bind', endpoint, security)
  for (const endpoint of services) checkEndpoint('service', endpoint, security)
  if (options.gateway !== undefined) checkGateway(options.gateway, security)
  if (!['sub', 'pull'].includes(options.pattern ?? 'sub')) throw invalid('pattern', 'sub or pull')
  wholeFrom('slowCapacity', options.slowCapacity ?? 65_536, 1)
  if (options.maxAgeMs !== undefined && !(options.maxAgeMs > 0)) throw invalid('maxAgeMs', 'a number above 0')
  if (endpoints.length + binds.length === 0 && options.gateway === undefined)
    throw invalid('endpoint', 'given: where to hear a publisher (or bind, or gateway)')
  if (services.length > 0 && options.codec !== undefined)
    throw invalid('service', 'left out with a codec: only our own format has one')
  if (services.length === 0 && options.instruments === undefined && options.gateway === undefined)
    throw invalid('instruments', 'given, or a service with a catalog')
  return {
    endpoints,
    binds,
    services,
    stream: streamSettings(options, services.length),
    slow: slowPolicies(options, services.length),
  }
}

/** Orders and the token that admits them are not for the ears of a network. */
function checkGateway(gateway: GatewayOptions, security: ZmqSecurity): void {
  const { endpoint, client, environment, heartbeatMs = 1_000 } = gateway
  refuseUnknownOptions('gateway', gateway, gatewayOptionNames)
  checkEndpoint('gateway.endpoint', endpoint, security)
  if (!/^[\w.-]{1,64}$/.test(client))
    throw invalid('gateway.client', 'a name of 1 to 64 letters, digits, dots or dashes')
  if (!['simulated', 'paper', 'live'].includes(environment))
    throw invalid('gateway.environment', 'simulated, paper or live')
  if (!(Number.isFinite(heartbeatMs) && heartbeatMs > 0)) throw invalid('gateway.heartbeatMs', 'a number above 0')
}

function wholeFrom(name: keyof ZmqConnectorOptions, value: number, least: number): number {
  if (!(Number.isSafeInteger(value) && value >= least)) throw invalid(name, `a whole number from ${least}`)
  return value
}

function streamSettings(options: ZmqConnectorOptions, servers: number): StreamSettings {
  const above = (name: keyof ZmqConnectorOptions, value: number, least: number) => {
    if (!(Number.isFinite(value) && value >= least)) throw invalid(name, `a number from ${least}`)
    return value
  }
  const reorderMs = above('reorderMs', options.reorderMs ?? 50, 0)
  return {
    reorderMax: wholeFrom('reorderMax', options.reorderMax ?? 64, 0),
    reorderMs,
    lineWaitMs: above('lineWaitMs', options.lineWaitMs ?? Math.max(500, reorderMs), reorderMs),
    maxReplay: wholeFrom('maxReplay', options.maxReplay ?? 10_000, 0),
    recoveryBuffer: wholeFrom('recoveryBuffer', options.recoveryBuffer ?? 10_000, 1),
    heartbeatMs: above('heartbeatMs', options.heartbeatMs ?? 1_000, 1),
    requestTimeoutMs: above('recoveryTimeoutMs', options.recoveryTimeoutMs ?? 2_000, 1),
    tries: 2,
    servers,
    backoffMs: [1_000, 30_000],
  }
}

function slowPolicies(options: ZmqConnectorOptions, services: number): Record<GateKind, SlowPolicy> {
  const slow: Record<GateKind, SlowPolicy> = {
    quotes: 'conflate',
    trades: 'dropOldest',
    book: 'disconnect',
    bars: 'dropOldest',
    status: 'dropOldest',
    news: 'dropOldest',
    ...options.slow,
  }
  for (const [kind, policy] of Object.entries(slow)) {
    if (!gateKinds.includes(kind as GateKind)) throw invalid(`slow.${kind}`, `one of ${gateKinds.join(', ')}`)
    if (!policies.includes(policy)) throw invalid(`slow.${kind}`, `one of ${policies.join(', ')}`)
    if (policy === 'block' && services === 0)
      throw invalid(`slow.${kind}`, 'block only with a service: what the publisher drops meanwhile has to be replayed')
  }
  if (slow.book !== 'disconnect')
    throw invalid('slow.book', 'disconnect: a change of a book that is left out or late makes all later ones wrong')
  return slow
}

function list(given: string | readonly string[] | undefined): readonly string[] {
  return given === undefined ? [] : typeof given === 'string' ? [given] : given
}

function invalid(name: string, expected: string): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', `Option ${name} of a ZmqConnector must be ${expected}`, {
    details: { field: name },
  })
}
