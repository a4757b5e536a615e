/** A venue in a few lines for tests of the order plane: it keeps orders in maps and does what the test tells it to. */
import { BaseConnector } from '../../src/connector/base-connector.js'
import type { ConnectorCapabilities } from '../../src/connector/capabilities.js'
import type { ConnectorHost } from '../../src/connector/connector-host.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import { orderTypes, timesInForce } from '../../src/model/order-types.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest } from '../../src/orders/approved-order.js'
import type { OrderReports } from '../../src/orders/reports.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../src/orders/venue-reports.js'

export const ibm: InstrumentDefinition = {
  id: 'IBM.XNYS' as InstrumentDefinition['id'],
  symbol: 'IBM',
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}

/** One message that reached the venue. */
export type Sent =
  | { kind: 'new'; number: number; clientOrderId: string; quantityUnits: number; priceUnits: number }
  | { kind: 'replace'; number: number; generation: number; quantityUnits: number; priceUnits: number }
  | { kind: 'cancel'; number: number; generation: number }

/** What it can do: everything but algorithms of a broker. */
export const echoCapabilities: ConnectorCapabilities = {
  data: ['quotes', 'trades', 'book', 'bars', 'status', 'news'],
  orders: {
    types: orderTypes,
    timeInForce: timesInForce,
    postOnly: true,
    reduceOnly: true,
    iceberg: true,
    replace: true,
    environment: 'simulated',
    cancelOnDisconnect: 'none',
    fullHistory: true,
  },
}

/** Keeps what is sent and answers only when the test says so. */
export class EchoConnector extends BaseConnector {
  // Its own: tests change what it can do.
  readonly capabilities: ConnectorCapabilities = structuredClone(echoCapabilities)
  readonly sent: Sent[] = []
  /** What the venue answers when it is asked. */
  venue: { orders: VenueOrderReport[]; fills: VenueFillReport[]; account: VenueAccountReport } = {
    orders: [],
    fills: [],
    account: {},
  }
  /** Called for each new order that arrives. */
  onNew: ((order: ApprovedOrder) => void) | undefined
  failsToSend: Error | undefined

  get reports(): OrderReports {
    return this.host.reports
  }

  /** What it was given to publish with. */
  get bench(): Pick<ConnectorHost, 'market' | 'drain'> {
    return this.host
  }

  /** Publishes a quote and hands it to its handlers. */
  quote(bid: number, ask: number, symbol = 'IBM', size = 100): void {
    const { time, market, instruments } = this.host
    market.publishQuote(
      instruments.get(symbol).index,
      this.source,
      bid,
      ask,
      size,
      size,
      time.wallUs(),
      time.wallUs(),
      Number.NaN,
      0,
    )
    this.host.drain()
  }

  /** Breaks the connection. */
  drop(reason = 'test'): void {
    this.connectionLost(reason)
  }

  /** A report of an order as the venue would hold it, from what was sent. */
  report(number: number, change: Partial<VenueOrderReport> = {}): VenueOrderReport {
    const order = this.sent.find((each) => each.kind === 'new' && each.number === number)
    if (order?.kind !== 'new') throw new Error(`order ${number} was never sent`)
    return {
      clientOrderId: order.clientOrderId,
      venueOrderId: number,
      instrument: 0,
      account: 'PAPER',
      side: 'buy',
      type: 'LIMIT',
      timeInForce: 'DAY',
      quantityUnits: order.quantityUnits,
      priceUnits: order.priceUnits,
      cumulativeUnits: 0,
      state: 'working',
      tsUs: this.host.time.wallUs(),
      ...change,
    }
  }

  protected async connect(): Promise<void> {}
  protected async disconnect(): Promise<void> {}
  protected async probe(): Promise<void> {}
  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return [ibm]
  }
  protected async subscribe(): Promise<void> {}
  protected async unsubscribe(): Promise<void> {}
  protected sendNew(order: ApprovedOrder): void {
    if (this.failsToSend !== undefined) throw this.failsToSend
    this.sent.push({
      kind: 'new',
      number: order.number,
      clientOrderId: order.clientOrderId,
      quantityUnits: order.quantityUnits,
      priceUnits: order.priceUnits,
    })
    this.onNew?.(order)
  }
  protected sendReplace(change: ApprovedReplace): void {
    this.sent.push({
      kind: 'replace',
      number: change.number,
      generation: change.generation,
      quantityUnits: change.newQuantityUnits,
      priceUnits: change.newPriceUnits,
    })
  }
  protected sendCancel(request: CancelRequest): void {
    this.sent.push({ kind: 'cancel', number: request.number, generation: request.generation })
  }
  protected async fetchOrders(): Promise<VenueOrderReport[]> {
    return this.venue.orders
  }
  protected async fetchFills(sinceUs: number): Promise<VenueFillReport[]> {
    return this.venue.fills.filter((fill) => fill.tsUs >= sinceUs)
  }
  protected async fetchAccountState(): Promise<VenueAccountReport> {
    return this.venue.account
  }
}
