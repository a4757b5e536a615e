/** The options of a system: its configuration, which is plain data, and what is not. All that is wrong is told at once. */

import type { Calendars } from '../calendar/calendars.js'
import type { BaseConnector } from '../connector/base-connector.js'
import type { SimulatedConnectorOptions } from '../connectors/sim/connector-options.js'
import { messageOf, TradewireError } from '../core/errors.js'
import type { FileSystem } from '../core/file-system.js'
import type { Logger } from '../core/logger.js'
import type { Time } from '../core/time.js'
import type { AlgorithmFactories } from '../execution/algorithms.js'
import type { SmartRoutingOptions } from '../execution/venue-board.js'
import type { JournalStore } from '../journal/journal-store.js'
import { Instrument, type InstrumentDefinition } from '../model/instrument.js'
import { isPlainObject } from '../model/schema/json.js'
import { type FieldFault, faultError, show } from '../model/schema/parse.js'
import { nearestName, unknownField } from '../model/schema/unknown-field.js'
import type { RiskRule } from '../oms/order-rules.js'
import type { ValidationStage } from '../oms/validation/stage.js'
import type { RateSource } from '../portfolio/base-currency.js'
import type { AlertSink } from '../risk/alerts/alert.js'
import type { OwnCheck } from '../risk/gate-check.js'
import type { LimitBookOptions } from '../risk/limit-book.js'
import { problemWith } from '../risk/limit-names.js'
import type { MarginModel } from '../risk/measures/margin.js'
import { configNames, inspectConfig, requireLive, type TradingSystemConfig } from './config.js'
import { dropCopyFaults } from './drop-copy-config.js'
import { capitalFaults } from './risk-config.js'
import { checkShadowOptions, type ShadowOptions } from './shadow-desk.js'
import type { Strategy } from './strategy.js'
import type { HistoryProvider } from './warm-up.js'

/** Connectors by name. */
export type Connectors = Readonly<Record<string, BaseConnector>>

/** What a system is composed of beside its configuration. */
export interface TradingSystemParts<C extends Connectors = Connectors> {
  /** Connectors by name; the first is where orders go that name none. */
  connectors?: C
  /**
   * Paper trading in one switch: orders go to a simulated venue that lives on the data of the connectors, and none to the
   * connectors themselves, whose accounts are not asked about either. Fees, latency and other rules of the venue, or `true`.
   */
  paper?: true | SimulatedConnectorOptions
  /**
   * Shadow mode: every order is also worked in a simulated venue on the same data, and the two are compared
   * (`system.shadow`). Rules of that venue, or `true`. Nothing is sent that would not be sent without it.
   */
  shadow?: true | ShadowOptions
  strategies?: readonly Strategy[]
  /** Execution algorithms of the host's own by name, which begins with `custom:`. A restart needs those that were at work. */
  algorithms?: AlgorithmFactories
  /** How orders of the algorithm `sor` judge venues: fees, latency, staleness, health. */
  smartRouting?: SmartRoutingOptions
  /** Instruments beside those that connectors and journal bring. */
  instruments?: readonly InstrumentDefinition[]
  /** A journal in a database, in the place of a directory: `sqliteStore` or `postgresStore` of tradewire/journal/… . */
  journalStore?: JournalStore
  /** Where history for the warm-up of strategies comes from. */
  history?: HistoryProvider
  /** Calendars of markets; the built-in ones, amended by `validation.calendars`, unless given. */
  calendars?: Calendars
  /** Validation stages of the host's own, run after the built-in ones. Only with `validation`. */
  validationStages?: readonly ValidationStage[]
  /** Synchronous checks of the host's own, run in the risk gate after the configured ones. */
  riskChecks?: readonly OwnCheck[]
  /** Rules of the host that are asked before the gate, asynchronously; orders that they apply to go by `orders.propose`. */
  riskRules?: readonly RiskRule[]
  /** What positions tie up, where the built-in models are not meant; asked for every order that opens. */
  marginModel?: MarginModel
  /** Where alerts go beside the log. */
  alertSinks?: readonly AlertSink[]
  /** Whether an actor may change limits; everybody with a name may unless given. */
  authorizeLimits?: LimitBookOptions['authorize']
  /** Rates between currencies for figures in the base currency. */
  rates?: RateSource
  /** Clock and timers; real time, and virtual time in simulation, unless given. */
  time?: Time
  fileSystem?: FileSystem
  logger?: Logger
}

/** What a system is made of: the plain-data configuration, and what is not data. */
export interface TradingSystemOptions<C extends Connectors = Connectors>
  extends TradingSystemConfig,
    TradingSystemParts<C> {}

type Check = (value: unknown) => FieldFault[]

const wrong = (field: string, problem: string): FieldFault[] => [{ field, problem }]

/** An object with these methods. */
function withMethods(field: string, methods: readonly string[], example: string): Check {
  return (value) => {
    if (typeof value !== 'object' || value === null) return wrong(field, `must be ${example}, got ${show(value)}`)
    const missing = methods.filter((name) => typeof (value as Record<string, unknown>)[name] !== 'function')
    return missing.length === 0 ? [] : wrong(field, `must be ${example}; it has no method ${missing.join(', ')}`)
  }
}

/** An instance of a class; a class itself is a common slip. */
function instanceCheck(field: string, value: unknown, methods: readonly string[], what: string): FieldFault[] {
  if (typeof value === 'function')
    return wrong(field, `is a class or function; pass an object: new ${value.name || 'Name'}()`)
  return withMethods(field, methods, what)(value)
}

const checks: Readonly<Record<keyof TradingSystemParts, Check>> = {
  connectors: (value) => {
    if (!isPlainObject(value))
      return wrong('connectors', `must be an object of connectors by name, such as { sim }, got ${show(value)}`)
    return Object.entries(value).flatMap(([name, connector]) =>
      name === '' || name.length > 64
        ? wrong('connectors', 'must have names of 1 to 64 characters')
        : instanceCheck(`connectors.${name}`, connector, ['attach', 'start', 'submit', 'cancel'], 'a BaseConnector'),
    )
  },
  paper: (value) =>
    value === true || isPlainObject(value)
      ? []
      : wrong('paper', `must be true or options of the simulated venue, got ${show(value)}`),
  shadow: (value) => {
    if (value === undefined || value === true) return []
    if (!isPlainObject(value)) return wrong('shadow', `must be true or options of the shadow venue, got ${show(value)}`)
    try {
      checkShadowOptions(value)
      return []
    } catch (error) {
      return wrong('shadow', `is not usable: ${messageOf(error)}`)
    }
  },
  strategies: (value) =>
    Array.isArray(value)
      ? value.flatMap((each, i) =>
          instanceCheck(`strategies.${i}`, each, ['attach', 'onStart', 'onStop'], 'a Strategy'),
        )
      : wrong('strategies', `must be a list of strategies, got ${show(value)}`),
  smartRouting: (value) =>
    isPlainObject(value) ? [] : wrong('smartRouting', `must be an object of options, got ${show(value)}`),
  algorithms: (value) => {
    if (!isPlainObject(value))
      return wrong(
        'algorithms',
        `must be an object of functions by name, such as { 'custom:mine': (p) => new Mine(p) }`,
      )
    return Object.entries(value).flatMap(([name, make]) => {
      if (!/^custom:.{1,64}$/.test(name))
        return wrong(`algorithms.${name}`, 'must have a name that begins with custom:')
      return typeof make === 'function'
        ? []
        : wrong(`algorithms.${name}`, 'must be a function that makes an ExecutionAlgorithm')
    })
  },
  instruments: (value) =>
    Array.isArray(value)
      ? value.flatMap((each, i) => instrumentFaults(`instruments.${i}`, each))
      : wrong('instruments', `must be a list of instrument definitions, got ${show(value)}`),
  journalStore: withMethods('journalStore', ['open'], 'a store such as sqliteStore({ database, account })'),
  history: (value) =>
    typeof value === 'function' ? [] : wrong('history', `must be a function (request, context), got ${show(value)}`),
  calendars: withMethods('calendars', ['get', 'has', 'ids'], 'the Calendars of tradewire/calendar'),
  validationStages: (value) =>
    Array.isArray(value)
      ? value.flatMap((each, i) => instanceCheck(`validationStages.${i}`, each, ['check'], 'a ValidationStage'))
      : wrong('validationStages', `must be a list of validation stages, got ${show(value)}`),
  riskChecks: (value) =>
    Array.isArray(value)
      ? value.flatMap((each, i) => instanceCheck(`riskChecks.${i}`, each, ['check'], 'a check with a name'))
      : wrong('riskChecks', `must be a list of checks, got ${show(value)}`),
  riskRules: (value) =>
    Array.isArray(value)
      ? value.flatMap((each, i) => instanceCheck(`riskRules.${i}`, each, ['check'], 'a rule with a name'))
      : wrong('riskRules', `must be a list of rules, got ${show(value)}`),
  marginModel: withMethods('marginModel', ['margin'], 'a MarginModel'),
  alertSinks: (value) =>
    Array.isArray(value)
      ? value.flatMap((each, i) => instanceCheck(`alertSinks.${i}`, each, ['send'], 'an AlertSink'))
      : wrong('alertSinks', `must be a list of alert sinks, got ${show(value)}`),
  authorizeLimits: (value) =>
    typeof value === 'function'
      ? []
      : wrong('authorizeLimits', `must be a function (actor, patch), got ${show(value)}`),
  rates: withMethods('rates', ['rate'], 'a source of rates with a method rate(from, to)'),
  time: withMethods('time', ['wallUs', 'monotonicNs', 'at', 'after', 'every', 'nextTurn'], 'a VirtualTime or RealTime'),
  fileSystem: withMethods('fileSystem', ['open', 'list', 'exists', 'lock'], 'a FileSystem such as nodeFileSystem'),
  logger: withMethods('logger', ['debug', 'info', 'warn', 'error', 'child'], 'a logger with the methods of pino'),
}

function instrumentFaults(field: string, definition: unknown): FieldFault[] {
  if (!isPlainObject(definition)) return wrong(field, `must be an instrument definition, got ${show(definition)}`)
  try {
    new Instrument(definition as unknown as InstrumentDefinition, 0)
    return []
  } catch (error) {
    if (!(error instanceof TradewireError)) return wrong(field, `is not usable: ${messageOf(error)}`)
    return wrong(field, `is not usable: ${error.message.replace(` [${error.code}]`, '')}`)
  }
}

/** Refuses what is no connector, or has no usable name. @throws TradewireError `TW_INVALID_CONFIG`. */
export function requireConnector(name: unknown, connector: unknown): asserts connector is BaseConnector {
  const faults =
    typeof name === 'string'
      ? checks.connectors({ [name]: connector })
      : wrong('connectors', `must have names that are text, got ${show(name)}`)
  if (faults.length > 0) throw faultError('TW_INVALID_CONFIG', 'connector', faults)
}

const partNames = Object.keys(checks)

/** The option that was probably meant, else all there are. */
function unknownOption(name: string): string {
  const known = [...configNames, ...partNames]
  const nearest = nearestName(name, known)
  return nearest === undefined ? unknownField(name, known) : `is unknown; did you mean ${nearest}?`
}

/**
 * Checks the options of a system as a whole and takes them apart.
 *
 * @throws TradewireError `TW_INVALID_CONFIG` naming every option that is wrong; `details.faults` lists them.
 */
export function takeOptions(options: TradingSystemOptions): { config: TradingSystemConfig; parts: TradingSystemParts } {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw faultError(
      'TW_INVALID_CONFIG',
      'trading system',
      wrong('', `options must be an object, got ${show(options)}`),
    )
  const config: Record<string, unknown> = {}
  const parts: Record<string, unknown> = {}
  const faults: FieldFault[] = []
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (configNames.includes(name)) config[name] = value
    else if (partNames.includes(name)) {
      parts[name] = value
      faults.push(...checks[name as keyof TradingSystemParts](value))
    } else faults.push(...wrong(name, unknownOption(name)))
  }
  if (config.journal !== undefined && parts.journalStore !== undefined)
    faults.push(...wrong('journalStore', 'stands in the place of journal: give one of them'))
  const checked = inspectConfig(config)
  if ('faults' in checked) faults.push(...checked.faults)
  else {
    faults.push(...paperFaults(checked.value, parts as TradingSystemParts))
    faults.push(...accountFaults(checked.value, parts as TradingSystemParts))
    faults.push(...connectorFaults(checked.value, parts as TradingSystemParts))
    if (checked.value.mode !== 'live') faults.push(...capitalFaults(checked.value))
    const { dropCopy } = checked.value
    const { connectors = {}, paper } = parts as TradingSystemParts
    const names = [...Object.keys(connectors), ...(paper === undefined ? [] : [paperName])]
    if (dropCopy !== undefined) faults.push(...dropCopyFaults(dropCopy, names))
    if (faults.length === 0) return { config: checked.value, parts: parts as TradingSystemParts }
  }
  throw faultError('TW_INVALID_CONFIG', 'trading system', faults)
}

/** Accounts are those of connectors that there are; a host that adds its connectors later is not told off early. */
function accountFaults(
  { accounts = {}, routing = {} }: TradingSystemConfig,
  { connectors = {} }: TradingSystemParts,
): FieldFault[] {
  const names = [...Object.keys(connectors), ...(routing.later ?? [])]
  if (Object.keys(connectors).length === 0) return []
  return Object.keys(accounts).flatMap((name) =>
    names.includes(name) ? [] : wrong(`accounts.${name}`, `names no connector; there are ${names.join(', ')}`),
  )
}

/** Limits and policies by connector name connectors that there are, or that are to come (`routing.later`). */
function connectorFaults(
  { risk = {}, riskCeilings, onDisconnect, routing = {} }: TradingSystemConfig,
  { connectors = {}, paper }: TradingSystemParts,
): FieldFault[] {
  if (Object.keys(connectors).length === 0) return []
  const connector = new Set([
    ...Object.keys(connectors),
    ...(routing.later ?? []),
    ...(paper === undefined ? [] : [paperName]),
  ])
  const places = {
    'risk.connectors': risk.connectors,
    'risk.restrictions.connectors': risk.restrictions?.connectors,
    'riskCeilings.connectors': riskCeilings?.connectors,
    onDisconnect: typeof onDisconnect === 'object' ? onDisconnect : undefined,
  }
  return Object.entries(places).flatMap(([field, table = {}]) =>
    Object.keys(table)
      .filter((name) => name !== '*' && !connector.has(name))
      .flatMap((name) => wrong(field, problemWith({ field, kind: 'connector', name }, { connector }))),
  )
}

/** Name of the simulated venue that paper trading adds. */
export const paperName = 'paper'

/** Paper trading is a mode, and its venue has a name and no market of its own. */
function paperFaults(
  { mode = 'paper' }: TradingSystemConfig,
  { connectors = {}, paper, shadow }: TradingSystemParts,
): FieldFault[] {
  if (paper === undefined) return []
  if (shadow !== undefined) return wrong('shadow', 'compares with a real venue; paper is a simulated one itself')
  if (mode !== 'paper') return wrong('paper', `is for mode paper; the mode is ${mode}`)
  if (connectors[paperName] !== undefined)
    return wrong('connectors.paper', 'is the name of the simulated venue of paper')
  const { synthetic, replay } = paper === true ? ({} as SimulatedConnectorOptions) : paper
  return synthetic === undefined && replay === undefined
    ? []
    : wrong('paper', 'has no market of its own: leave synthetic and replay out, the connectors bring the data')
}

/** Refuses a live start that lacks anything. @throws TradewireError `TW_LIVE_REFUSED` with all that is missing. */
export function requireLiveStart(
  config: TradingSystemConfig,
  { connectors = {}, strategies = [], journalStore }: TradingSystemParts,
): void {
  const hasOrders = Object.values(connectors).some(({ capabilities }) => capabilities.orders !== undefined)
  requireLive(
    journalStore === undefined ? config : { ...config, journal: 'a store' },
    hasOrders,
    strategies.map(({ name }) => name),
  )
}

/** Live: the venues must report the accounts that were named. @throws TradewireError `TW_LIVE_REFUSED`. */
export function requireAccounts({ mode, live }: TradingSystemConfig, reported: ReadonlySet<string>): void {
  if (mode !== 'live') return
  const { account, accounts = [] } = live as NonNullable<TradingSystemConfig['live']>
  for (const each of [account, ...accounts]) {
    if (reported.has(each)) continue
    throw new TradewireError(
      'TW_LIVE_REFUSED',
      `No connector reports account ${each}; reported are: ${[...reported].join(', ') || 'none'}`,
    )
  }
}
