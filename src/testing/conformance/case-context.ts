/**
 * What a case works with: a venue, a connector to it, a host that records what the connector says, and time that moves. All
 * of it is made for the case and taken away after it.
 */
import type { BaseConnector } from '../../connector/base-connector.js'
import type { StreamEvent } from '../../connector/connector-events.js'
import type { ConnectorOptions } from '../../connector/connector-options.js'
import { messageOf, TradewireError } from '../../core/errors.js'
import { sleep, type Time } from '../../core/time.js'
import { VirtualTime } from '../../core/virtual-time.js'
import type { Instrument } from '../../model/instrument.js'
import type { OrderRequest } from '../../model/order.js'
import type { Side } from '../../model/order-types.js'
import type { RingHandlers } from '../../ring/kinds.js'
import type { RecordedReport } from '../recording-reports.js'
import { TestHost } from '../test-host.js'
import { ConformanceFailure } from './case.js'
import type { ConformanceOrder, ConformanceVenue } from './venue.js'

/** A quote that the connector published. */
export interface SeenQuote {
  instrument: number
  source: number
  bid: number
  ask: number
  bidSize: number
  askSize: number
  tsEventUs: number
  tsRecvUs: number
}

/** A trade that the connector published. */
export interface SeenTrade {
  instrument: number
  price: number
  size: number
}

/** An order that the venue has acknowledged, on both sides. */
export interface Placed {
  /** Its number at the host. */
  readonly number: number
  /** How the venue holds it. */
  readonly venueId: string | number
}

/** Settings of all cases: long enough for a busy machine. A case that waits for a time-out sets a short one. */
export const caseSettings: ConnectorOptions = {
  connectTimeoutMs: 5_000,
  queryTimeoutMs: 3_000,
  healthIntervalMs: 0,
  reconnect: { firstDelayMs: 10, maxDelayMs: 50 },
}

const virtualLimitMs = 60_000
const realLimitMs = 5_000
/** Real time spent on making sure that something does not happen. */
const realQuietMs = 60

/** One case while it runs. */
export class CaseContext {
  readonly time: Time
  readonly venue: ConformanceVenue
  readonly connector: BaseConnector
  readonly host: TestHost<Time>
  readonly quotes: SeenQuote[] = []
  readonly trades: SeenTrade[] = []
  readonly states: string[] = []
  readonly streams: StreamEvent[] = []
  /** Levels of books, as many messages as came. */
  books = 0
  #orders = 0

  constructor(time: Time, venue: ConformanceVenue, connector: BaseConnector) {
    this.time = time
    this.venue = venue
    this.connector = connector
    this.host = new TestHost<Time>({ time, handlers: this.#handlers() })
    connector.events.on('state', ({ to }) => this.states.push(to))
    connector.events.on('stream', (event) => this.streams.push(event))
  }

  #handlers(): RingHandlers {
    return {
      onQuotes: ({ quotes }, from, to) => {
        for (let row = from; row < to; row++)
          this.quotes.push({
            instrument: quotes.instrument[row] as number,
            source: quotes.source[row] as number,
            bid: quotes.bid[row] as number,
            ask: quotes.ask[row] as number,
            bidSize: quotes.bidSize[row] as number,
            askSize: quotes.askSize[row] as number,
            tsEventUs: quotes.tsEventUs[row] as number,
            tsRecvUs: quotes.tsRecvUs[row] as number,
          })
      },
      onTrades: ({ trades }, from, to) => {
        for (let row = from; row < to; row++)
          this.trades.push({
            instrument: trades.instrument[row] as number,
            price: trades.price[row] as number,
            size: trades.size[row] as number,
          })
      },
      onBooks: (_ring, from, to) => {
        this.books += to - from
      },
    }
  }

  get isVirtual(): boolean {
    return this.time instanceof VirtualTime
  }

  // ---- Conditions ------------------------------------------------------------------------------------------------------

  /** Ends the case as failed unless the condition holds. */
  check(condition: boolean, message: string): void {
    if (!condition) throw new ConformanceFailure(message)
  }

  /** What is there; ends the case as failed when it is not. */
  need<T>(value: T | undefined, message: string): T {
    if (value === undefined) throw new ConformanceFailure(message)
    return value
  }

  /** Ends the case as failed unless both are the same; NaN is the same as NaN. */
  equal(actual: unknown, expected: unknown, what: string): void {
    const isEqual =
      Object.is(actual, expected) || (typeof actual === 'object' && JSON.stringify(actual) === JSON.stringify(expected))
    if (!isEqual) throw new ConformanceFailure(`${what}: expected ${show(expected)}, got ${show(actual)}`)
  }

  /** The code of the error that an action ends with. */
  async errorOf(what: string, action: () => unknown): Promise<string> {
    let result: unknown
    try {
      result = await this.#within(Promise.resolve(action()))
    } catch (error) {
      return error instanceof TradewireError ? error.code : `${(error as Error).constructor.name}: ${messageOf(error)}`
    }
    throw new ConformanceFailure(`${what} was expected to fail, and gave ${show(result)}`)
  }

  // ---- Time ------------------------------------------------------------------------------------------------------------

  /** Lets so much time pass, less of it in real time: for what must not happen. */
  async settle(durationMs = 1_000): Promise<void> {
    if (this.time instanceof VirtualTime) await this.time.advanceMsAsync(durationMs)
    else await sleep(this.time, Math.min(durationMs, realQuietMs))
  }

  /** Lets exactly so much time pass. */
  async wait(durationMs: number): Promise<void> {
    if (this.time instanceof VirtualTime) await this.time.advanceMsAsync(durationMs)
    else await sleep(this.time, durationMs)
  }

  /** Waits until a condition holds. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const limitMs = this.isVirtual ? virtualLimitMs : realLimitMs
    let stepMs = 1
    for (let waitedMs = 0; !condition(); waitedMs += stepMs) {
      if (waitedMs > limitMs) throw new ConformanceFailure(`${what}: did not happen within ${limitMs} ms`)
      await this.wait(stepMs)
      stepMs = Math.min(this.isVirtual ? 250 : 10, stepMs * 1.5)
    }
  }

  /** Awaits a promise while time moves. */
  async #within<T>(promise: Promise<T>): Promise<T> {
    return this.time instanceof VirtualTime ? await this.time.runUntil(promise, virtualLimitMs) : await promise
  }

  // ---- The connector ---------------------------------------------------------------------------------------------------

  /** Attaches the connector and begins to start it. */
  begin(): Promise<void> {
    this.connector.attach(this.host, 'tested', 0)
    const started = this.connector.start()
    started.catch(() => {})
    return started
  }

  /** Starts the connector: it is ready when this resolves, and there is a market. */
  async start(): Promise<void> {
    await this.#within(this.begin())
    this.market()
    await this.settle(5)
  }

  /** Waits until the connector is ready (again). */
  ready(): Promise<void> {
    return this.until('the connector becomes ready', () => this.connector.isReady)
  }

  /** Breaks the connection and waits until the connector is ready over a new one. */
  async reconnect(): Promise<void> {
    const { epoch } = this.connector
    this.venue.cut()
    await this.until('the connector reconnects', () => this.connector.epoch > epoch && this.connector.isReady)
  }

  /** Asks something of the connector while time moves. */
  ask<T>(question: Promise<T>): Promise<T> {
    return this.#within(question)
  }

  async subscribe(kind: 'quotes' | 'trades' | 'book'): Promise<void> {
    await this.#within(this.connector.subscribeTo({ kind, instrument: this.instrument.index }))
    await this.settle(5)
  }

  // ---- The market ------------------------------------------------------------------------------------------------------

  get instrument(): Instrument {
    return this.host.instruments.get(this.venue.symbol)
  }

  /** The price so many ticks above the bid; the offer is ten ticks above it. */
  at(ticks: number): number {
    const { instrument } = this
    const tick = instrument.priceUnits(instrument.definition.priceIncrement)
    const bid = Math.round(instrument.makePriceUnits(this.venue.price, 'floor') / tick) * tick
    return instrument.priceNumber(bid + ticks * tick)
  }

  /** So many of the smallest quantities that can be traded without ado. */
  lots(count: number): number {
    const { sizeIncrement, lotSize, minQuantity } = this.instrument.definition
    const lot = Math.max(Number(sizeIncrement), Number(lotSize ?? 0), Number(minQuantity ?? 0))
    return this.instrument.quantityNumber(this.instrument.quantityUnits(String(lot)) * count)
  }

  /** A bid and an offer, a thousand lots each, the offer ten ticks above the bid. */
  market(): void {
    this.venue.quote(this.at(0), this.at(10), this.lots(1_000))
  }

  // ---- Orders ----------------------------------------------------------------------------------------------------------

  /** Sends an order: a limit order of four lots that rests inside the spread unless other terms are given. Returns its number. */
  send(terms: Partial<OrderRequest> = {}): number {
    const { side = 'buy' } = terms
    return this.host.submit(this.connector, {
      symbol: this.venue.symbol,
      side,
      quantity: this.lots(4),
      ...(terms.type === undefined || terms.type === 'LIMIT' ? { price: this.at(side === 'buy' ? 3 : 7) } : {}),
      account: this.venue.account ?? 'PAPER',
      clientOrderId: `KIT-${++this.#orders}`,
      timeInForce: this.usualTimeInForce,
      ...terms,
    })
  }

  /** A time in force that the venue takes and that leaves orders working. */
  get usualTimeInForce(): 'DAY' | 'GTC' {
    return this.connector.capabilities.orders?.timeInForce.includes('DAY') === false ? 'GTC' : 'DAY'
  }

  /** Sends an order and waits for the venue's acknowledgement. */
  async place(terms: Partial<OrderRequest> = {}): Promise<Placed> {
    const known = new Set(this.venue.orders().map(({ id }) => id))
    const number = this.send(terms)
    await this.until('the order is acknowledged', () => this.reports(number, 'accepted').length > 0)
    const own = this.venue.orders().filter(({ id, wireId }) => !known.has(id) && wireId !== undefined)
    this.check(own.length === 1, `the venue has ${own.length} new orders of this client instead of 1`)
    return { number, venueId: (own[0] as ConformanceOrder).id }
  }

  /** How the venue holds an order. */
  atVenue({ venueId }: Placed): ConformanceOrder {
    return this.need(
      this.venue.orders().find(({ id }) => id === venueId),
      `the venue does not know its order ${venueId} any more`,
    )
  }

  /** Somebody takes so many lots of a resting order; waits for the report. */
  async fill(placed: Placed, lots: number): Promise<void> {
    const before = this.reports(placed.number, 'filled').length
    this.venue.fill(placed.venueId, this.lots(lots))
    await this.until('the fill is reported', () => this.reports(placed.number, 'filled').length > before)
  }

  cancel({ number }: Pick<Placed, 'number'>): number {
    return this.host.cancel(this.connector, number)
  }

  replace({ number }: Pick<Placed, 'number'>, change: { quantity?: number; price?: number }): number {
    return this.host.replace(this.connector, number, change)
  }

  /** Reports of a kind on an order. */
  reports(number: number, kind: string): RecordedReport[] {
    return this.host.reports.reports.filter((report) => report.number === number && report.kind === kind)
  }

  /** The one report of a kind on an order. */
  report(number: number, kind: string): RecordedReport {
    const found = this.reports(number, kind)
    this.check(found.length === 1, `${found.length} reports "${kind}" on the order instead of 1: ${this.kinds(number)}`)
    return found[0] as RecordedReport
  }

  /** Waits for a report of a kind on an order. */
  async reported({ number }: Pick<Placed, 'number'>, kind: string): Promise<RecordedReport> {
    await this.until(`"${kind}" is reported`, () => this.reports(number, kind).length > 0)
    return this.reports(number, kind)[0] as RecordedReport
  }

  /** Kinds of the reports on an order, as text. */
  kinds(number: number): string {
    return this.host.reports.kinds(number).join(', ') || 'none'
  }

  /** Lots filled of an order, by the reports. Each execution counts once. */
  filledLots(number: number): number {
    return this.host.reports.filledUnits(number) / this.units(1)
  }

  /** Quantity units of so many lots. */
  units(lots: number): number {
    return this.instrument.quantityUnits(String(this.lots(lots)))
  }

  /** Price units of a price. */
  priceUnits(price: number): number {
    return this.instrument.makePriceUnits(price, 'nearest')
  }

  opposite(side: Side): Side {
    return side === 'buy' ? 'sell' : 'buy'
  }

  /** Takes everything away. */
  async end(): Promise<void> {
    try {
      await this.#within(this.connector[Symbol.asyncDispose]())
    } finally {
      await this.venue.close()
    }
  }
}

function show(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value)
  return JSON.stringify(value) ?? String(value)
}
