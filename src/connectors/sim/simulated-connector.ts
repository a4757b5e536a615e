/**
 * A connector to a simulated venue: the market is a recording, a synthetic one, or data of another connector (paper trading);
 * execution is simulated. Deterministic: the same seed and input give the same run.
 *
 *   new SimulatedConnector({ replay: 'ibm.csv.gz' })                          // backtest
 *   new SimulatedConnector({ synthetic: { seed: 42 }, fees: perShareFees({ perShare: '0.005', minimum: '1' }) })
 */

import { BaseConnector } from '../../connector/base-connector.js'
import { type ConnectorCapabilities, dataKinds } from '../../connector/capabilities.js'
import type { DriveOptions, MarketDriver } from '../../connector/market-driver.js'
import type { Subscription } from '../../connector/subscriptions.js'
import { NS_PER_MS } from '../../core/clock.js'
import { TradewireError } from '../../core/errors.js'
import { SeededRandom } from '../../core/random.js'
import type { TimerHandle } from '../../core/scheduler.js'
import { sleep } from '../../core/time.js'
import { VirtualTime } from '../../core/virtual-time.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import { orderTypes, timesInForce } from '../../model/order-types.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest } from '../../orders/approved-order.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../orders/venue-reports.js'
import type { IngestRing } from '../../ring/ingest-ring.js'
import { refuseUnanswered } from './adoption.js'
import { checkConnectorOptions, type SimulatedConnectorOptions, venueRulesOf } from './connector-options.js'
import { LinkFaults } from './faults.js'
import { followRing } from './follow-ring.js'
import { VenueLink } from './link.js'
import { MarketDelay } from './market-delay.js'
import { MarketTap } from './market-tap.js'
import { openMarket, shareDone } from './open-market.js'
import { ReplayPlayer } from './replay/player.js'
import type { ReplaySource } from './replay/reading/replay-source.js'
import { ReportTranslator } from './report-translator.js'
import { SyntheticMarket } from './synthetic-market.js'
import { SimulatedVenue } from './venue.js'
import { VenueRequest } from './venue-message.js'
import { VenueOrder } from './venue-order.js'

export type { SimulatedConnectorOptions } from './connector-options.js'

/** Moments between two calls of a progress callback. */
const momentsPerProgress = 4_096

/** What exists once the connector belongs to a system. */
interface Parts {
  venue: SimulatedVenue
  link: VenueLink
  tap: MarketTap
  delay: MarketDelay | undefined
  translator: ReportTranslator
}

/** Trades at a {@link SimulatedVenue} and plays its market. */
export class SimulatedConnector extends BaseConnector implements MarketDriver {
  readonly capabilities: ConnectorCapabilities
  /** What goes wrong on the line to the venue. */
  readonly faults: LinkFaults
  readonly #options: SimulatedConnectorOptions
  readonly #request = new VenueRequest()
  #parts: Parts | undefined
  #market: ReplaySource | undefined
  #player: ReplayPlayer | undefined
  #faultTimers: TimerHandle[] = []
  #endTape: (() => void) | undefined
  #reported = 0
  #hasAdopted = false

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option that is unknown or not usable. */
  constructor(options: SimulatedConnectorOptions = {}) {
    checkConnectorOptions(options)
    super({ healthIntervalMs: 0, ...options.connection })
    this.#options = options
    this.faults = new LinkFaults(options.faults)
    this.capabilities = {
      data: dataKinds,
      orders: {
        types: orderTypes,
        timeInForce: timesInForce,
        postOnly: true,
        reduceOnly: true,
        iceberg: true,
        replace: true,
        environment: 'simulated',
        cancelOnDisconnect: options.cancelOnDisconnect ?? 'none',
        fullHistory: true,
      },
    }
  }

  /** The venue: its own, unless one was given. It is there once the connector belongs to a system. */
  get venue(): SimulatedVenue {
    return this.#options.venue ?? this.#assembled.venue
  }

  /** Counts of the market data played: rows, events, bad rows and so on; undefined before the connection. */
  get dataCounters(): ReplaySource['counters'] | undefined {
    return this.#market?.counters
  }

  /** The first messages about bad rows of the recording. */
  get dataProblems(): readonly string[] {
    return this.#market?.problems ?? []
  }

  // ---- The market ----------------------------------------------------------------------------------------------------

  /** Whether it was given a market of its own: a recording or a synthetic one. */
  get hasMarket(): boolean {
    return this.#options.replay !== undefined || this.#options.synthetic !== undefined
  }

  /** Whether its market is a synthetic one without a duration. */
  get isEndless(): boolean {
    const { synthetic } = this.#options
    return synthetic !== undefined && synthetic.durationMs === undefined
  }

  /** See `MarketDriver`. */
  async nextEventUs(): Promise<number> {
    const market = this.#market
    if (market === undefined) return Number.POSITIVE_INFINITY
    while (Number.isNaN(market.peekTsUs())) await market.refill()
    return market.peekTsUs()
  }

  /**
   * Plays the market: on virtual time moment by moment, without waiting; on real time at the pace of the options.
   *
   * Ends at the end of the data, at `untilUs`, or when the signal fires (without an error).
   *
   * @throws TradewireError `TW_BAD_ROW`, `TW_FILE` from the recording; `TW_INVALID_STATE` without a market.
   */
  async drive(options: DriveOptions): Promise<void> {
    const { signal, untilUs, staysAtLastEvent = false, onProgress } = options
    const { time } = this.host
    const market = this.#market
    if (market === undefined) {
      throw new TradewireError(
        'TW_INVALID_STATE',
        'This connector has no market of its own: give it replay or synthetic, and connect it first',
      )
    }
    const player = this.#playerOf(market)
    const startUs = time.wallUs()
    const endUs = Math.min(
      untilUs ?? Number.POSITIVE_INFINITY,
      market instanceof SyntheticMarket ? market.endUs : Number.POSITIVE_INFINITY,
    )
    if (endUs === Number.POSITIVE_INFINITY && market instanceof SyntheticMarket && signal === undefined) {
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        'A synthetic market has no end: give run a durationMs or a signal, or the market a durationMs',
      )
    }
    this.#onMoment = (tsUs) => onProgress?.(Math.min(1, shareDone(market, tsUs, startUs, endUs)), tsUs)
    try {
      await player.run({ ...(signal === undefined ? {} : { signal }), ...(untilUs === undefined ? {} : { untilUs }) })
    } catch (error) {
      if (!(error instanceof TradewireError && error.code === 'TW_ABORTED')) throw error
    } finally {
      this.#onMoment = undefined
    }
    // Time goes on to the end of the span even where the data do not.
    const goesOn = untilUs !== undefined && !staysAtLastEvent && signal?.aborted !== true
    if (time instanceof VirtualTime && goesOn && untilUs > time.wallUs()) {
      time.advanceTo(time.monotonicNs() + (untilUs - time.wallUs()) * 1_000)
    }
    this.#afterMoment()
  }

  #onMoment: ((tsUs: number) => void) | undefined

  #playerOf(market: ReplaySource): ReplayPlayer {
    const { time } = this.host
    const isVirtual = time instanceof VirtualTime
    const { tap } = this.#assembled
    let moments = 0
    this.#player ??= new ReplayPlayer({
      source: market,
      sink: tap,
      time,
      pace: this.#options.pace ?? (market instanceof SyntheticMarket ? 'recorded' : 'asFastAsPossible'),
      stamps: isVirtual ? 'recorded' : 'wall',
      settlesPromises: this.#options.settlesPromises ?? false,
      onBatch: (tsUs) => {
        this.#afterMoment()
        if (++moments % momentsPerProgress === 0) this.#onMoment?.(tsUs)
      },
    })
    return this.#player
  }

  /** The events of one moment are in the ring: counts them and hands them to their handlers. */
  #afterMoment(): void {
    const { tap } = this.#assembled
    if (tap.events > this.#reported) {
      this.statistics.updates += tap.events - this.#reported
      this.#reported = tap.events
      if (tap.tsEventUs > 0) this.statistics.feedLatency.record(Math.max(0, tap.tsRecvUs - tap.tsEventUs) * 1_000)
    }
    this.host.drain()
  }

  /**
   * Paper trading: takes the market data of other connectors from a system's ring, so that orders sent here fill against
   * them. Returns the way to stop. Data of this connector itself are left out.
   */
  follow(ring: IngestRing): () => void {
    return followRing(ring, this.#assembled.tap, this.#assembled.venue, this.source)
  }

  // ---- The line ------------------------------------------------------------------------------------------------------

  /** Breaks the connection now, as the network would; the connector will reconnect. */
  breakConnection(reason = 'the line was cut'): void {
    this.faults.counters.disconnects++
    this.#assembled.link.cut(reason, { cancelsOrders: this.#options.cancelOnDisconnect === 'venue' })
  }

  /** Nothing passes any more in either direction, and nobody is told. A health check or {@link breakConnection} ends it. */
  silence(): void {
    this.faults.counters.halfOpens++
    this.#assembled.link.isSilent = true
    this.#assembled.tap.isCut = true
  }

  /** As if the process of the client died: the venue sees the session end, the client hears of nothing any more. */
  crash(): void {
    this.#cancelFaultTimers()
    if (this.#parts !== undefined) this.#parts.tap.isCut = true
    this.#parts?.link.close({ cancelsOrders: this.#options.cancelOnDisconnect === 'venue' })
    this.#endTape?.()
    this.#endTape = undefined
  }

  get #assembled(): Parts {
    this.#parts ??= this.#assemble()
    return this.#parts
  }

  #assemble(): Parts {
    const { host, source } = this
    const { time, instruments, market } = host
    const options = this.#options
    const venue = options.venue ?? new SimulatedVenue({ time, seed: host.seed, ...venueRulesOf(options) })
    for (const definition of options.instruments ?? []) venue.list(definition, options.matching ?? 'market')
    const random = new SeededRandom(options.seed ?? host.seed).fork('link')
    this.faults.seedUnlessGiven(host.seed)
    const { latency = {} } = options
    const delay =
      latency.marketData === undefined
        ? undefined
        : new MarketDelay(time, market, latency.marketData, random.fork('market data'), () => host.drain())
    const tap = new MarketTap({ venue, instruments, out: delay ?? market, source, mode: options.matching ?? 'market' })
    // A market of its own wakes the handlers when it is played; the book of a venue that others move does so by itself.
    tap.onPublished = () => {
      if (this.#market === undefined) this.published(1, time.wallUs(), time.wallUs())
    }
    const clientName = options.clientName ?? 'client'
    const translator = new ReportTranslator({
      reports: host.reports,
      instruments,
      source,
      clientName,
      time,
      statistics: this.statistics,
    })
    const end = {
      beginBatch: () => host.reports.beginTurn(),
      onReport: translator.onReport,
      endBatch: () => host.reports.endTurn(),
      onBroken: (reason: string) => {
        tap.isCut = true
        this.connectionLost(reason)
      },
    }
    const link = new VenueLink(venue, end, time, random, this.faults, latency)
    translator.link = link
    const { refuses } = venue
    venue.refuses = (order) => refuses?.(order) || (order.tagOwner === link ? this.faults.refusal() : '')
    return { venue, link, tap, delay, translator }
  }

  // ---- BaseConnector -------------------------------------------------------------------------------------------------

  protected async connect(signal: AbortSignal): Promise<void> {
    const { time } = this.host
    const { venue, link, tap } = this.#assembled
    await this.#travel(this.#options.latency?.orders, signal)
    link.open(this.#options.clientName ?? 'client', this.#options.accounts ?? ['PAPER'])
    this.#endTape ??= venue.addTape(tap)
    if (this.#market === undefined) {
      this.#market = await openMarket(this.#options, this.host, this.source)
      // The clock of a replay is that of its data from the start, so that nothing is dated between.
      const firstUs = this.#market?.peekTsUs() ?? Number.NaN
      if (time instanceof VirtualTime && Number.isFinite(firstUs)) time.stepWallClock(firstUs - time.wallUs())
      for (const instrument of this.#market?.instruments ?? []) tap.learn(instrument.index)
    }
    this.#adoptOnce()
    tap.isCut = false
    this.#armFaults()
  }

  /** A venue of its own is as old as this process: the account goes on from what the journal tells. */
  #adoptOnce(): void {
    if (this.#hasAdopted || this.#options.venue !== undefined) return
    this.#hasAdopted = true
    const books = this.host.recall?.(this)
    if (books === undefined || (books.orders.length === 0 && books.positions.length === 0)) return
    this.venue.adopt(this.#options.clientName ?? 'client', books, this.host.instruments)
    for (const { account } of [...books.orders, ...books.positions]) this.#assembled.link.session?.accounts.add(account)
    refuseUnanswered(books, this.host.reports, this.host.time.wallUs())
  }

  protected async disconnect(): Promise<void> {
    this.#cancelFaultTimers()
    const { venue, link, tap, delay } = this.#assembled
    tap.isCut = true
    link.close({ cancelsOrders: this.#options.cancelOnDisconnect === 'venue' })
    delay?.clear()
    if (this.state !== 'stopping') return
    this.#endTape?.()
    this.#endTape = undefined
    await this.#market?.close()
    if (this.#options.venue === undefined) venue[Symbol.dispose]()
  }

  protected async probe(signal: AbortSignal): Promise<void> {
    await this.#roundTrip(signal, () => undefined)
  }

  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return this.#assembled.venue.listings.map(({ instrument }) => instrument.definition)
  }

  /** All data of the market are published whatever is subscribed to: a recording has no other use. A venue that others trade at shows its book to those who ask. */
  protected async subscribe({ instrument }: Subscription): Promise<void> {
    this.#assembled.tap.learn(instrument)
  }

  protected async unsubscribe(): Promise<void> {}

  protected sendNew(order: ApprovedOrder): void {
    const { venue, link } = this.#assembled
    const own = order.instrument
    const listing = venue.listingFor(own.definition)
    const record = new VenueOrder(
      order.clientOrderId,
      order.account,
      listing?.instrument ?? own,
      order,
      order.number,
      link,
    )
    record.clientName = this.#options.clientName ?? 'client'
    record.sentNs = this.host.time.monotonicNs()
    const request = this.#request
    request.kind = 'new'
    request.order = record
    link.send(request)
    request.order = undefined
  }

  protected sendReplace(change: ApprovedReplace): void {
    const request = this.#request
    request.kind = 'replace'
    request.order = undefined
    request.clientOrderId = change.clientOrderId
    request.venueOrderId = change.venueOrderId
    request.number = change.number
    request.generation = change.generation
    request.quantityUnits = change.newQuantityUnits
    request.priceUnits = change.newPriceUnits
    request.triggerUnits = change.newTriggerUnits
    this.#assembled.link.send(request)
  }

  protected sendCancel(cancel: CancelRequest): void {
    const request = this.#request
    request.kind = 'cancel'
    request.order = undefined
    request.clientOrderId = cancel.clientOrderId
    request.venueOrderId = cancel.venueOrderId
    request.number = cancel.number
    request.generation = cancel.generation
    this.#assembled.link.send(request)
  }

  /** The venue forgets closed orders beyond its `historyLimit`, the oldest first. */
  override get historyReachUs(): number {
    return this.venue.historyReachUs
  }

  protected fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    return this.#roundTrip(signal, () => this.#assembled.translator.orders(this.#assembled.venue))
  }

  protected fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    return this.#roundTrip(signal, () => this.#assembled.translator.fills(this.#assembled.venue, sinceUs))
  }

  protected fetchAccountState(signal: AbortSignal): Promise<VenueAccountReport> {
    return this.#roundTrip(signal, () => this.#assembled.translator.account(this.#assembled.venue))
  }

  /** A question and its answer, as true as when the venue gave it. On a silent line it never comes. */
  async #roundTrip<T>(signal: AbortSignal, answer: () => T): Promise<T> {
    const { latency = {} } = this.#options
    await this.#travel(latency.orders, signal)
    const result = answer()
    await this.#travel(latency.reports, signal)
    return result
  }

  async #travel(
    latency: NonNullable<SimulatedConnectorOptions['latency']>['orders'],
    signal: AbortSignal,
  ): Promise<void> {
    const { time } = this.host
    if (this.#assembled.link.isSilent) {
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    }
    if (latency === undefined) return
    await sleep(time, latency(time.wallUs(), this.faults.random) / NS_PER_MS, signal)
  }

  // ---- Faults by the clock -------------------------------------------------------------------------------------------

  #armFaults(): void {
    this.#cancelFaultTimers()
    const { disconnect, halfOpen } = this.faults.plan
    const arm = (meanMs: number, happen: () => void) => {
      const delayMs = meanMs * (0.25 + 1.5 * this.faults.random.next())
      this.#faultTimers.push(this.host.time.after(delayMs, happen))
    }
    if (disconnect !== undefined)
      arm(disconnect.meanIntervalMs, () => this.breakConnection('the line was cut by the fault plan'))
    if (halfOpen !== undefined) arm(halfOpen.meanIntervalMs, () => this.silence())
  }

  #cancelFaultTimers(): void {
    for (const timer of this.#faultTimers) timer.cancel()
    this.#faultTimers = []
  }
}
