/** Settings of a WebSocket connector, and their checks. */
import { type ConnectorOptions, connectorOptionNames } from '../../connector/connector-options.js'
import { TradewireError } from '../../core/errors.js'
import type { SecretInput } from '../../core/secret.js'
import type { WebSocketFeed } from './feed.js'

/** Settings of a {@link WebSocketConnector}. */
export interface WebSocketConnectorOptions extends ConnectorOptions {
  /** `wss://…`, or `ws://…` on the own machine. */
  url: string
  /** What the messages mean. */
  feed: WebSocketFeed
  /** Headers of the opening request, or what gives them before each connection: tokens expire. */
  headers?: Readonly<Record<string, SecretInput>> | (() => Promise<Readonly<Record<string, SecretInput>>>)
  protocols?: readonly string[]
  /** Authority of the server's certificate (PEM), where it is not a public one. */
  ca?: string
  /** Allows `ws://` to other machines, where everybody on the way can read and change every message. */
  allowPlain?: boolean
  /** Longest message; 16 MiB unless given. A longer one ends the connection. */
  maxMessageBytes?: number
  /** Events that may wait while a strategy is too slow; 100,000 unless given. Reading stops as soon as one waits. */
  maxWaiting?: number
}

const ownNames = ['url', 'feed', 'headers', 'protocols', 'ca', 'allowPlain', 'maxMessageBytes', 'maxWaiting']
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** @throws TradewireError `TW_INVALID_CONFIG` naming the option that is not usable. */
export function checkOptions(options: WebSocketConnectorOptions): void {
  const known = [...ownNames, ...connectorOptionNames] as readonly string[]
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw invalid(`${name} is not an option of WebSocketConnector; known are ${known.join(', ')}`)
  if (typeof options.url !== 'string' || !URL.canParse(options.url))
    throw invalid(`url must be an address such as 'wss://host/path'`)
  const { protocol, hostname, username, password } = new URL(options.url)
  if (protocol !== 'wss:' && protocol !== 'ws:') throw invalid(`url must begin with wss:// or ws://, got ${protocol}`)
  if (username !== '' || password !== '') throw invalid('url must not hold credentials; use headers')
  if (protocol === 'ws:' && options.allowPlain !== true && !loopback.test(hostname))
    throw invalid(`url: ws:// to ${hostname} is neither private nor proven; use wss://, or allowPlain: true`)
  if (typeof options.feed?.receive !== 'function') throw invalid('feed must be a WebSocketFeed')
  if (options.feed.instruments.length === 0) throw invalid('feed.instruments must name at least one instrument')
  for (const name of ['maxMessageBytes', 'maxWaiting'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      throw invalid(`${name} must be a whole number above 0, got ${value}`)
  }
}

function invalid(message: string): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', message)
}
