/** The options of a simulated connector, and their checks. */
import { type ConnectorOptions, connectorOptionNames } from '../../connector/connector-options.js'
import type { FileSystem } from '../../core/file-system.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import type { FaultPlan } from './faults.js'
import type { LatencyModels } from './latency.js'
import type { MatchingMode } from './listing.js'
import type { DatasetOptions } from './replay/open-dataset.js'
import type { ReplayPace } from './replay/player.js'
import { checkSyntheticOptions, type SyntheticMarketOptions } from './synthetic-market.js'
import type { SimulatedVenue } from './venue.js'
import { checkVenueRules, invalid, refuseUnknown, type VenueRules, venueRuleNames } from './venue-options.js'

/** A recording and how it is read. */
export interface ReplayOptions extends Omit<DatasetOptions, 'registry' | 'fileSystem' | 'source' | 'instruments'> {
  /** A file, or a folder with files of known formats; or several, merged in order of receive time. */
  path: string | readonly string[]
}

/** How a simulated connector behaves. All options may be left out. */
export interface SimulatedConnectorOptions extends VenueRules {
  /** The venue to trade at; one of its own, made from the rules, unless given. */
  venue?: SimulatedVenue
  /** Recorded market: a path, several paths, or a path with options. */
  replay?: string | readonly string[] | ReplayOptions
  /** Synthetic market. */
  synthetic?: SyntheticMarketOptions
  /** Instruments to list beside those of the market. */
  instruments?: readonly InstrumentDefinition[]
  /** Whether the instruments of `synthetic` and `instruments` fill against the market data or in a book of the venue's own; `market` unless given. */
  matching?: MatchingMode
  /** Pace on real time; a recording as fast as possible, a synthetic market at its own pace unless given. Virtual time always jumps. */
  pace?: ReplayPace
  /** Lets promises settle after each moment of virtual time, for strategies that await. Costs a turn of the event loop each. */
  settlesPromises?: boolean
  latency?: LatencyModels
  faults?: FaultPlan
  /** Accounts whose orders, fills and positions are reported; more are added as orders name them. `['PAPER']` unless given. */
  accounts?: readonly string[]
  /** Name of the client at the venue: client order ids are unique under it, also over restarts. `client` unless given. */
  clientName?: string
  /** Whether the venue cancels open orders when the connection breaks; `none` unless given. */
  cancelOnDisconnect?: 'venue' | 'none'
  /** Where recordings are read from; the real file system unless given. */
  fileSystem?: FileSystem
  /** Time-outs, health checks (off unless given) and reconnecting. */
  connection?: ConnectorOptions
}

const ownNames = [
  'venue',
  'replay',
  'synthetic',
  'instruments',
  'matching',
  'pace',
  'settlesPromises',
  'latency',
  'faults',
  'accounts',
  'clientName',
  'cancelOnDisconnect',
  'fileSystem',
  'connection',
] as const satisfies readonly (keyof SimulatedConnectorOptions)[]

/** @throws TradewireError `TW_INVALID_CONFIG`. */
export function checkConnectorOptions(options: SimulatedConnectorOptions): void {
  refuseUnknown('SimulatedConnector', options, [...ownNames, ...venueRuleNames])
  checkVenueRules(options)
  if (options.synthetic !== undefined) checkSyntheticOptions(options.synthetic)
  if (options.replay !== undefined && options.synthetic !== undefined)
    throw invalid('synthetic', 'left out where there is a replay: a connector has one market')
  const { matching, cancelOnDisconnect, accounts, clientName, latency, venue } = options
  if (matching !== undefined && matching !== 'market' && matching !== 'book')
    throw invalid('matching', 'market or book')
  if (cancelOnDisconnect !== undefined && cancelOnDisconnect !== 'venue' && cancelOnDisconnect !== 'none')
    throw invalid('cancelOnDisconnect', 'venue or none')
  if (
    accounts !== undefined &&
    !(accounts.length > 0 && accounts.every((name) => typeof name === 'string' && name !== ''))
  )
    throw invalid('accounts', 'a list of names')
  if (clientName === '') throw invalid('clientName', 'a name')
  if (latency !== undefined) {
    refuseUnknown('latency', latency, ['orders', 'reports', 'marketData'])
    for (const [name, model] of Object.entries(latency)) {
      if (model !== undefined && typeof model !== 'function')
        throw invalid(`latency.${name}`, 'a model such as constantLatency(5)')
    }
  }
  if (options.connection !== undefined) refuseUnknown('connection', options.connection, connectorOptionNames)
  if (venue === undefined) return
  for (const name of venueRuleNames) {
    if (name !== 'seed' && options[name] !== undefined)
      throw invalid(name, 'given to the venue, not to a connector that shares it')
  }
}

/** The rules for a venue of the connector's own. Without a market of its own, it lists what is traded. */
export function venueRulesOf(options: SimulatedConnectorOptions): VenueRules {
  const rules: Record<string, unknown> = {}
  for (const name of venueRuleNames) if (options[name] !== undefined) rules[name] = options[name]
  const hasMarket = options.replay !== undefined || options.synthetic !== undefined
  return { unlisted: hasMarket ? 'reject' : 'list', ...rules }
}
