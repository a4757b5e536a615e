/** The options of a FIX connector, and their checks. */
import type { ConnectorOptions } from '../../../connector/connector-options.js'
import { connectorOptionNames } from '../../../connector/connector-options.js'
import { TradewireError } from '../../../core/errors.js'
import type { FileSystem } from '../../../core/file-system.js'
import type { ConnectOptions, Network } from '../../../core/network.js'
import type { InstrumentDefinition } from '../../../model/instrument.js'
import type { FixLimits } from '../codec/limits.js'
import type { FixDictionary } from '../dictionary/dictionary.js'
import type { FixValidation } from '../dictionary/validator.js'
import type { FixSessionConfig } from '../session/config.js'
import { checkCredentials } from '../session/credentials.js'
import type { FixEndpoint } from '../session/initiator.js'
import type { FixApplication } from '../session/parts.js'
import type { MessageLog } from '../store/message-log.js'
import type { MessageStore } from '../store/message-store.js'
import type { FixProfile } from './profile.js'

/** One session of a connector and how it is reached. */
export interface FixLinkOptions {
  /** Names and settings of the session; the role is the initiator's. */
  readonly session: Omit<FixSessionConfig, 'role'>
  /** Addresses of the venue in the order of preference. */
  readonly endpoints: readonly FixEndpoint[]
  /** TLS; without it only this machine is reached, unless `allowInsecure`. */
  readonly tls?: ConnectOptions['tls']
  /** Lets a session without TLS leave this machine, for a line that is secured otherwise; false unless given. */
  readonly allowInsecure?: boolean
  /**
   * Where sequence numbers and messages are kept: a folder, a store, or `memory` for sessions that begin anew with every logon.
   * `memory` unless given; a live connector has to say.
   */
  readonly store?: string | MessageStore | 'memory'
  /** Where messages are logged, secrets masked: a folder, or a log. Nowhere unless given. */
  readonly log?: string | MessageLog
  /** Signs the Logon, for venues that want more than a password. */
  readonly signLogon?: FixApplication['signLogon']
}

/** How a FIX connector is made. The first session carries orders, and everything else that has no session of its own. */
export interface FixConnectorOptions extends FixLinkOptions {
  /** What messages may hold: `await loadFixDictionary('FIX.4.4')`, or the venue's own. */
  readonly dictionary: FixDictionary
  /** The instruments that are traded here. FIX has no list that would say enough of them. */
  readonly instruments: readonly InstrumentDefinition[]
  /** What its orders reach. */
  readonly environment: 'simulated' | 'paper' | 'live'
  /** Accounts that are asked about, the first of them meant where a message names none. `['PAPER']` unless given. */
  readonly accounts?: readonly string[]
  /** What the venue does its own way; nothing unless given. */
  readonly profile?: FixProfile
  /** A session of its own for market data. */
  readonly marketData?: FixLinkOptions
  /**
   * A drop copy session: reports of all orders of the account, whoever sent them. In a system whose option `dropCopy.lines`
   * names this connector as `own`, its executions are compared with the books; else they are booked like all others.
   */
  readonly dropCopy?: FixLinkOptions
  /**
   * Which checks incoming messages have to pass. Unless given, those that reading relies on: a report with unknown fields or values
   * counts, for a rejected one could be a lost execution.
   */
  readonly validation?: FixValidation
  /** Bounds of incoming messages. */
  readonly limits?: Partial<FixLimits>
  /** Time-outs, health checks, pacing, reconnecting. */
  readonly connection?: ConnectorOptions
  /** Real sockets unless given. */
  readonly network?: Network
  /** The real file system unless given. */
  readonly fileSystem?: FileSystem
}

const linkNames = ['session', 'endpoints', 'tls', 'allowInsecure', 'store', 'log', 'signLogon'] as const
const names: ReadonlySet<string> = new Set([
  ...linkNames,
  ...['dictionary', 'instruments', 'environment', 'accounts', 'profile', 'marketData', 'dropCopy', 'validation'],
  ...['limits', 'connection', 'network', 'fileSystem'],
])

/** @throws TradewireError `TW_INVALID_CONFIG` naming the option that is unknown or missing. */
export function checkFixOptions(options: FixConnectorOptions): void {
  for (const name of Object.keys(options)) if (!names.has(name)) fail(name, 'left out: it is not known')
  for (const name of Object.keys(options.connection ?? {}))
    if (!(connectorOptionNames as readonly string[]).includes(name))
      fail(`connection.${name}`, 'left out: it is not known')
  if (options.dictionary === undefined) fail('dictionary', 'given: await loadFixDictionary(version), or your own')
  if (!Array.isArray(options.instruments) || options.instruments.length === 0)
    fail('instruments', 'a list of at least one instrument')
  if (!['simulated', 'paper', 'live'].includes(options.environment)) fail('environment', 'simulated, paper or live')
  const { accounts } = options
  if (accounts !== undefined && !(accounts.length > 0 && accounts.every((account) => account !== '')))
    fail('accounts', 'a list of names')
  checkLink('', options, options.environment)
  for (const name of ['marketData', 'dropCopy'] as const) {
    const link = options[name]
    if (link === undefined) continue
    for (const key of Object.keys(link))
      if (!(linkNames as readonly string[]).includes(key)) fail(`${name}.${key}`, 'left out: it is not known')
    checkLink(`${name}.`, link, options.environment)
  }
}

function checkLink(prefix: string, link: FixLinkOptions, environment: string): void {
  if (link.session === undefined) fail(`${prefix}session`, 'the names of the session')
  checkCredentials(link.session.credentials)
  if ('role' in link.session) fail(`${prefix}session.role`, 'left out: a connector is the initiator')
  if (!Array.isArray(link.endpoints) || link.endpoints.length === 0)
    fail(`${prefix}endpoints`, 'a list of at least one { host, port }')
  if (environment === 'live' && link.store === undefined)
    fail(`${prefix}store`, "a folder: a live session keeps its sequence numbers (or 'memory', where both sides reset)")
}

function fail(name: string, expected: string): never {
  throw new TradewireError('TW_INVALID_CONFIG', `Option ${name} of a FIX connector must be ${expected}`, {
    details: { field: name },
  })
}
