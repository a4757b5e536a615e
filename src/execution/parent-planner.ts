/**
 * From a request to a plan on record: everything that can be wrong with an order is found here, before anything is written
 * or sent.
 */
import type { Calendars } from '../calendar/calendars.js'
import type { BaseConnector } from '../connector/base-connector.js'
import { SeededRandom } from '../core/random.js'
import type { Time } from '../core/time.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { AlgoCommon, AlgoOrderRequest, BrokerWindow, SorParameters } from '../model/algo.js'
import { type AlgoFault, algoError } from '../model/algo-error.js'
import type { Instrument } from '../model/instrument.js'
import type { OrderCore } from '../oms/order-core.js'
import type { OrderManager } from '../oms/order-manager.js'
import { TypeCode } from '../orders/codes.js'
import { type AlgorithmFactories, type AlgorithmFactory, factoryOf } from './algorithms.js'
import { brokerFactory } from './broker-worked.js'
import { leastChild } from './child-size.js'
import {
  type CheckedRequest,
  checkRequest,
  type ParentPlan,
  readTerms,
  readTrigger,
  requireKnownFields,
  valuationUnits,
} from './parent-terms.js'
import type { VenueBoard } from './venue-board.js'

/** What plans are made with. */
export interface ParentPlannerParts {
  readonly core: OrderCore
  readonly orders: OrderManager
  readonly time: Time
  readonly quotes: QuoteCache
  /** Account and strategy of orders that name none. */
  readonly account: string
  readonly strategy: string
  readonly algorithms?: AlgorithmFactories | undefined
  /** Those that instruments may name. */
  readonly calendars: Pick<Calendars, 'has'>
  readonly board: VenueBoard
  /** Index of the connector for an order without one; below 0 where there is none. */
  route(instrument: number, account: string): number
  newId(): string
  /** Seed of an order that brings none. */
  seedOf(id: string): number
}

/** Where an order goes, and what of it is a broker's business. */
interface Destination {
  readonly connector: string | null
  readonly broker?: BrokerWindow
}

/** Makes plans of parent orders. */
export class ParentPlanner {
  readonly #parts: ParentPlannerParts

  constructor(parts: ParentPlannerParts) {
    this.#parts = parts
  }

  /** How the algorithm of a plan is made; undefined for one that is not known. */
  factoryOf({ algo, broker }: Pick<ParentPlan, 'algo' | 'broker'>): AlgorithmFactory | undefined {
    return broker === undefined ? factoryOf(algo.type, this.#parts.algorithms) : brokerFactory(broker)
  }

  /** The plan of a request. @throws TradewireError `TW_INVALID_ALGO` and others, before anything is sent. */
  planOf(request: AlgoOrderRequest): ParentPlan {
    const { core, time, account, strategy, quotes, newId, seedOf } = this.#parts
    const factory = this.#knownFactory(request)
    requireKnownFields(request, factory.fields)
    const instrument = core.instruments.get(request.symbol)
    const nowUs = time.wallUs()
    const checked = checkRequest(request, instrument, nowUs)
    const common = request.algo as AlgoCommon & { type: string }
    const mid = quotes.mid(instrument.index)
    const arrival = Number.isNaN(mid) ? null : mid
    const { reduceOnly = false } = request
    const priceUnits = valuationUnits({ arrival, limitUnits: checked.limitUnits, reduceOnly }, instrument)
    requireLeast(checked.quantityUnits, instrument, priceUnits)
    const terms = readTerms(common, request.side === 'buy' ? 1 : -1, instrument, priceUnits)
    const trigger = common.type === 'emulate' ? readTrigger(request, instrument) : undefined
    const isBrokers = worker(common) === 'broker'
    const algo = factory.isRouter === true ? routed(request) : (request.algo as ParentPlan['algo'])
    if (!isBrokers) this.#requireSound(factory, algo, trigger, checked, instrument, terms)
    const { connector, broker } = this.#destination(request, checked, instrument, isBrokers)
    this.#requireInsideCollar(request, instrument)
    this.#requireValid(request, instrument)
    const id = request.clientOrderId ?? newId()
    const { quantityUnits, limitUnits, startUs, endUs } = checked
    return {
      version: 1,
      id,
      instrument: instrument.id,
      side: request.side,
      quantityUnits,
      limitUnits: Number.isNaN(limitUnits) ? null : limitUnits,
      account: request.account ?? account,
      strategy: request.strategy ?? strategy,
      connector,
      tag: request.tag ?? null,
      ...this.#positionOf(request, id),
      reduceOnly: reduceOnly === true,
      algo: JSON.parse(JSON.stringify(algo)) as ParentPlan['algo'],
      ...(trigger === undefined ? {} : { trigger }),
      ...(broker === undefined ? {} : { broker }),
      // A broker is told of the window at once, and keeps it himself.
      startUs: broker === undefined ? startUs : nowUs,
      endUs: broker === undefined && Number.isFinite(endUs) ? endUs : null,
      seed: common.seed ?? seedOf(id),
      createdUs: nowUs,
      arrival,
    }
  }

  /** All children of an order make one position: the one it names, or one of its own. */
  #positionOf({ positionId, reduceOnly = false, strategy }: AlgoOrderRequest, id: string): { positionId?: string } {
    const { orders } = this.#parts
    const name = strategy ?? this.#parts.strategy
    orders.checkPosition({ positionId, reduceOnly }, name)
    return orders.isHedged(name) ? { positionId: positionId ?? id } : {}
  }

  #knownFactory({ algo }: AlgoOrderRequest): AlgorithmFactory {
    if (typeof algo !== 'object' || algo === null || typeof algo.type !== 'string')
      throw algoError('INVALID_PARAMETER', 'algo', 'must be an object with the type of an algorithm')
    const factory = factoryOf(algo.type, this.#parts.algorithms)
    if (factory !== undefined) return factory
    throw algoError('UNKNOWN_ALGORITHM', 'algo.type', `${algo.type} is not known; register it in algorithms`)
  }

  /** Refuses what the algorithm could not carry out here: it makes its plan once, for nobody. */
  #requireSound(
    factory: AlgorithmFactory,
    algo: ParentPlan['algo'],
    trigger: ParentPlan['trigger'],
    { quantityUnits, startUs, endUs }: CheckedRequest,
    instrument: Instrument,
    terms: ReturnType<typeof readTerms>,
  ): void {
    const algorithm = factory.create(algo, trigger)
    if (algorithm.needsWindow && !Number.isFinite(endUs))
      throw algoError('INVALID_WINDOW', 'algo.durationMs', `or endTimeUs is required for ${algo.type}`)
    if (terms.endPolicy === 'extend' && terms.extendUntilUs <= endUs)
      throw algoError('INVALID_WINDOW', 'algo.extendUntilUs', 'must be after the end of the window')
    algorithm.check((endUs - startUs) / 1_000, instrument)
    const windowUs = Number.isFinite(endUs) ? endUs - startUs : 0
    algorithm.begin({
      quantityUnits,
      baseUnits: 0,
      windowUs,
      fullWindowUs: Math.max(1, windowUs),
      startUs,
      lotUnits: terms.lotUnits,
      minSliceUnits: terms.minSliceUnits,
      random: new SeededRandom(1),
      instrument,
      side: terms.side,
      board: this.#parts.board,
      account: 0,
    })
  }

  #destination(
    request: AlgoOrderRequest,
    { quantityUnits, startUs, endUs }: CheckedRequest,
    instrument: Instrument,
    isBrokers: boolean,
  ): Destination {
    const named = this.#indexOf(request.connector)
    if (!isBrokers) {
      if (named >= 0) this.#requireChildren(request, named)
      return { connector: request.connector ?? null }
    }
    const { core, account, route } = this.#parts
    const at = named >= 0 ? named : route(instrument.index, request.account ?? account)
    const connector = core.connectors[at] as BaseConnector | undefined
    if (connector === undefined)
      throw algoError('NO_VENUE', 'connector', 'must be named: no broker is there to take the order')
    if (quantityUnits > instrument.maxQuantityUnits)
      throw algoError(
        'INVALID_QUANTITY',
        'quantity',
        `must be at most ${instrument.quantityText(instrument.maxQuantityUnits)}: a broker gets the order in one piece`,
      )
    const broker: BrokerWindow = {
      ...(request.algo.startTimeUs === undefined ? {} : { startTimeUs: startUs }),
      ...(Number.isFinite(endUs) ? { endTimeUs: endUs } : {}),
    }
    connector.requireAlgorithm({ algo: request.algo, window: broker })
    // It stays with this broker, whatever routes do later: what is left must not be worked in two places.
    return { connector: core.names.connector(at), broker }
  }

  /** What is emulated ends in a market or a limit order, which the connector that was named has to take. */
  #requireChildren({ algo, type, price }: AlgoOrderRequest, at: number): void {
    const support = this.#parts.core.connectors[at]?.support
    const child = price === undefined ? 'MARKET' : 'LIMIT'
    if (algo.type !== 'emulate' || support === undefined || support.takesType(TypeCode[child])) return
    const name = this.#parts.core.names.connector(at)
    throw algoError(
      'INVALID_PARAMETER',
      'type',
      `${type ?? child} cannot be emulated over ${name}: it ends in a ${child} order, which ${name} does not take`,
    )
  }

  /** Index of a connector that is named; below 0 where none is. */
  #indexOf(name: string | undefined): number {
    if (name === undefined) return -1
    const index = this.#parts.core.names.connectors.find(name)
    if (index >= 0) return index
    throw algoError('NO_VENUE', 'connector', `there is none named "${name}"`)
  }

  /** A limit that the gate would refuse for every child refuses the order. */
  #requireInsideCollar(request: AlgoOrderRequest, instrument: Instrument): void {
    if (request.price === undefined) return
    const { symbol, side, price, account, strategy, connector } = request
    const least = Math.max(instrument.minQuantityUnits, instrument.sizeStepUnits)
    const breaches = this.#parts.orders.explain({
      symbol,
      side,
      price,
      quantity: instrument.quantityText(least),
      ...(account === undefined ? {} : { account }),
      ...(strategy === undefined ? {} : { strategy }),
      ...(connector === undefined ? {} : { connector }),
    })
    const breach = breaches.find(({ code }) => code === 'PRICE_COLLAR')
    if (breach !== undefined)
      throw algoError(
        'LIMIT_THROUGH_COLLAR',
        'price',
        `is beyond the price collar: ${breach.observed}, limit ${breach.limit}`,
      )
  }

  /** What the validation pipeline would refuse of every child refuses the order. */
  #requireValid({ symbol, side, strategy, account }: AlgoOrderRequest, instrument: Instrument): void {
    const { core, orders, calendars } = this.#parts
    if (core.validator === undefined) {
      const { calendar } = instrument.definition
      if (calendar !== undefined && !calendars.has(calendar))
        throw algoError('UNKNOWN_CALENDAR', 'symbol', `names the calendar "${calendar}", which is not known`)
      return
    }
    const { stages } = orders.validate({
      symbol,
      side,
      quantity: instrument.quantityText(Math.max(instrument.minQuantityUnits, instrument.sizeStepUnits)),
      ...(account === undefined ? {} : { account }),
      ...(strategy === undefined ? {} : { strategy }),
    })
    for (const { verdict, code, reason } of stages) {
      const fault = lasting.find((each) => each === code)
      if (verdict === 'deny' && fault !== undefined) throw algoError(fault, 'symbol', `is refused: ${reason ?? code}`)
    }
  }
}

/** What validation says of every child alike, so that it need not wait for the first: calendar and permission. */
const lasting = ['UNKNOWN_CALENDAR', 'CALENDAR_RANGE', 'NOT_AUTHORIZED'] as const satisfies readonly AlgoFault[]

/** An order that is too small for one child would wait for ever. */
function requireLeast(quantityUnits: number, instrument: Instrument, priceUnits: number): void {
  const least = leastChild(instrument, priceUnits)
  if (quantityUnits >= least) return
  const { minNotional } = instrument.definition
  throw algoError(
    'BELOW_MINIMUM',
    'quantity',
    `must be at least ${instrument.quantityText(least)} for ${instrument.id} now: orders below ${minNotional} are not taken`,
  )
}

function worker({ workedBy = 'here' }: AlgoCommon): 'here' | 'broker' {
  if (workedBy === 'here' || workedBy === 'broker') return workedBy
  throw algoError('INVALID_PARAMETER', 'algo.workedBy', 'must be here or broker')
}

/** A router that is given a connector routes there and nowhere else. */
function routed({ algo, connector }: AlgoOrderRequest): ParentPlan['algo'] {
  if (connector === undefined) return algo as ParentPlan['algo']
  const { venues = [connector] } = algo as SorParameters
  if (Array.isArray(venues) && venues.length === 1 && venues[0] === connector)
    return { ...algo, venues } as unknown as ParentPlan['algo']
  throw algoError('CONTRADICTION', 'connector', 'and algo.venues name different venues; give one of them')
}
