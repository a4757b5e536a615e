/** What an IBKR connector may be given, and the checks. */
import { type ConnectorOptions, connectorOptionNames } from '../../connector/connector-options.js'
import type { PacingOptions } from '../../connector/pacing/pacing-options.js'
import { TradewireError } from '../../core/errors.js'
import type { OrderView } from '../../orders/approved-order.js'
import type { TwsCodeTable } from './codes.js'
import { contractOf, type IbkrContract } from './contracts.js'
import type { OrderIdStore } from './order-ids.js'
import type { IbkrOrderExtras } from './order-mapping.js'
import type { SessionRecorder } from './session-tape.js'
import type { MakeTransport } from './transport.js'

/**
 * Options of an IBKR connector. With the `profile` balanced or high-throughput, given here, what level 1 says of a contract in
 * one piece of the stream (price and size of both sides) is one quote instead of up to four.
 */
export interface IbkrConnectorOptions extends ConnectorOptions {
  /** Where TWS or IB Gateway listens; 127.0.0.1 unless given. */
  host?: string
  /** 7497 (TWS paper) unless given; 7496 TWS live, 4002 gateway paper, 4001 gateway live. */
  port?: number
  /** 1 unless given. Orders belong to their client id: keep it. */
  clientId?: number
  /** What the login must be; `paper` unless given. A live account behind `paper` is refused before anything is sent. */
  environment?: 'paper' | 'live'
  /** The account that has to be there, where a login has several; all of them unless given. */
  account?: string
  /** Contracts to load: helpers (`stock`, `future`, …) or short forms such as `AAPL` and `EUR.USD`. */
  contracts?: readonly (IbkrContract | string)[]
  /** Market data only: the connector takes no orders. */
  readOnly?: boolean
  /** 1 live, 2 frozen, 3 delayed, 4 delayed and frozen; 1 unless given. */
  marketDataType?: 1 | 2 | 3 | 4
  /** Quotes from the level-1 stream (`level1`, the default) or tick by tick (`tickByTick`; few lines, every change). */
  quotes?: 'level1' | 'tickByTick'
  /** Trades reported late or off exchange as well; false unless given. */
  allTrades?: boolean
  /** Rows of a book; 10 unless given. */
  bookRows?: number
  /** Whether orders work outside of regular hours unless they say otherwise; false unless given. */
  outsideRth?: boolean
  /** What only IBKR knows about an order; asked for each. See also `IbkrConnector.prepare`. */
  extras?: (order: OrderView) => IbkrOrderExtras | undefined
  /** Adds to the meaning of codes. */
  codes?: TwsCodeTable
  /** Keeps the order ids over restarts; in memory unless given. See {@link FileOrderIds}. */
  orderIds?: OrderIdStore
  /**
   * How much longer than the second of TWS our own second lasts, 0 to 1,000 ms; 100 unless given. TWS counts messages when they
   * arrive: a line that holds some back for up to this long makes no 51 of them arrive in one second. Not used with `pacing`.
   */
  pacingMarginMs?: number
  /** A stream that is silent for so long after servers, farms or a competing session came back is asked for anew; 5,000 ms unless given. */
  resubscribeAfterMs?: number
  /** Records the session's bytes. */
  recorder?: SessionRecorder
  /** Makes the connection; @stoqey/ib unless given. */
  transport?: MakeTransport
}

const ownNames = [
  'host',
  'port',
  'clientId',
  'environment',
  'account',
  'contracts',
  'readOnly',
  'marketDataType',
  'quotes',
  'allTrades',
  'bookRows',
  'outsideRth',
  'extras',
  'codes',
  'orderIds',
  'pacingMarginMs',
  'resubscribeAfterMs',
  'recorder',
  'transport',
] as const satisfies readonly (keyof IbkrConnectorOptions)[]

/** Messages on their way are held back for tens of milliseconds by a busy machine; more than this is rare. */
const usualMarginMs = 100

/**
 * The limit of TWS is 50 messages in a second, by their arrival; `marginMs` is how much longer our own second lasts. Two are
 * left for what cannot be planned; of the rest 30 belong to orders, of which cancels keep 4 and what takes risk away another
 * 4. So 100 subscriptions in a row cost no order its slot.
 */
function pacingWith(marginMs: number): PacingOptions {
  return {
    windows: [{ limit: 48, windowMs: 1_000 + marginMs }],
    reserve: { cancels: 0.1, reduces: 0.1, orders: 0.625 },
  }
}

/** The limits of TWS as they are kept unless told otherwise. */
export const twsPacing: PacingOptions = pacingWith(usualMarginMs)

/** Ports that TWS and IB Gateway use for live logins unless they are told otherwise. */
const livePorts: ReadonlySet<number> = new Set([7496, 4001])

/** Options for the base class: IBKR's own limits, and a heartbeat that finds a dead line within seconds. */
export function baseOptions(options: IbkrConnectorOptions): ConnectorOptions {
  const base: Record<string, unknown> = {
    pacing: pacingWith(options.pacingMarginMs ?? usualMarginMs),
    healthIntervalMs: 5_000,
    probeTimeoutMs: 4_000,
    subscribeTimeoutMs: 15_000,
  }
  for (const name of connectorOptionNames) if (options[name] !== undefined) base[name] = options[name]
  return base as ConnectorOptions
}

/** Checked options, defaults filled in. */
export interface CheckedIbkrOptions extends IbkrConnectorOptions {
  readonly host: string
  readonly port: number
  readonly clientId: number
  readonly environment: 'paper' | 'live'
  readonly wanted: readonly IbkrContract[]
  readonly resubscribeAfterMs: number
}

/** @throws TradewireError `TW_INVALID_CONFIG` naming the option; `TW_LIVE_REFUSED` for a live port without `environment: 'live'`. */
export function checkIbkrOptions(options: IbkrConnectorOptions): CheckedIbkrOptions {
  const { host = '127.0.0.1', port = 7497, clientId = 1, environment = 'paper', resubscribeAfterMs = 5_000 } = options
  const known: readonly string[] = [...ownNames, ...connectorOptionNames]
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw invalid(name, `one of ${ownNames.join(', ')}`)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid('port', 'a whole number from 1 to 65535')
  if (!Number.isInteger(clientId) || clientId < 0 || clientId > 2_147_483_647)
    throw invalid('clientId', 'a whole number from 0 to 2147483647')
  if (environment !== 'paper' && environment !== 'live') throw invalid('environment', 'paper or live')
  if (livePorts.has(port) && environment !== 'live')
    throw new TradewireError(
      'TW_LIVE_REFUSED',
      `Port ${port} is that of a live login; set environment: 'live' to mean it, or use 7497 (TWS) or 4002 (gateway) for paper`,
    )
  if (!(Number.isFinite(resubscribeAfterMs) && resubscribeAfterMs > 0))
    throw invalid('resubscribeAfterMs', 'a number of milliseconds above 0')
  const { pacingMarginMs = usualMarginMs } = options
  if (!(pacingMarginMs >= 0 && pacingMarginMs <= 1_000))
    throw invalid('pacingMarginMs', 'a number of milliseconds from 0 to 1000')
  const wanted = (options.contracts ?? []).map((each) => (typeof each === 'string' ? contractOf(each) : each))
  return { ...options, host, port, clientId, environment, wanted, resubscribeAfterMs }
}

function invalid(name: string, expected: string): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', `Option ${name} of an IBKR connector must be ${expected}`, {
    details: { field: name },
  })
}
