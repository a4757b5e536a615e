/** A connector on a venue whose market the test moves by hand. */
import type { InstrumentDefinition } from '../../model/instrument.js'
import type { OrderChange, OrderRequest } from '../../model/order.js'
import { testShare } from '../../testing/builders.js'
import { TestHost } from '../../testing/test-host.js'
import type { Listing } from './listing.js'
import { SimulatedConnector, type SimulatedConnectorOptions } from './simulated-connector.js'
import type { SimulatedVenue } from './venue.js'

/** One host, one connector, one listing. */
export class VenueBench {
  readonly host: TestHost
  readonly connector: SimulatedConnector
  readonly listing: Listing

  private constructor(host: TestHost, connector: SimulatedConnector, definition: InstrumentDefinition) {
    this.host = host
    this.connector = connector
    this.listing = connector.venue.listing(definition.id) as Listing
  }

  static async open(
    options: SimulatedConnectorOptions = {},
    definition = testShare,
    host = new TestHost(),
  ): Promise<VenueBench> {
    const connector = new SimulatedConnector({
      ...options,
      ...(options.venue === undefined ? { instruments: [definition] } : {}),
    })
    await host.start(connector)
    return new VenueBench(host, connector, definition)
  }

  get venue(): SimulatedVenue {
    return this.connector.venue
  }

  get symbol(): string {
    return this.listing.instrument.symbol
  }

  quote(bid: number, ask: number, bidSize = 500, askSize = 500): void {
    this.venue.onQuote(this.listing, bid, ask, bidSize, askSize, this.host.time.wallUs())
  }

  trade(price: number, size: number, aggressor = 0): void {
    this.venue.onTrade(this.listing, price, size, aggressor, this.host.time.wallUs())
  }

  buy(quantity: number, terms: Partial<OrderRequest> = {}): number {
    return this.host.submit(this.connector, { symbol: this.symbol, side: 'buy', quantity, ...terms })
  }

  sell(quantity: number, terms: Partial<OrderRequest> = {}): number {
    return this.host.submit(this.connector, { symbol: this.symbol, side: 'sell', quantity, ...terms })
  }

  replace(number: number, change: OrderChange): number {
    return this.host.replace(this.connector, number, change)
  }

  cancel(number: number): void {
    this.host.cancel(this.connector, number)
  }

  /** Kinds of report on an order. */
  kinds(number: number): string[] {
    return this.host.reports.kinds(number)
  }

  /** Fills of an order as `quantity@price`. */
  fills(number: number): string[] {
    const { instrument } = this.listing
    return this.host.reports.reports
      .filter((report) => report.kind === 'filled' && report.number === number)
      .map(
        (report) =>
          `${instrument.quantityNumber(report.quantityUnits as number)}@${instrument.priceNumber(report.priceUnits as number)}`,
      )
  }

  /** Reason of the last report on an order. */
  reason(number: number): string | undefined {
    return this.host.reports.reports.filter((report) => report.number === number).at(-1)?.reason
  }

  position(account = 'PAPER'): number {
    return this.venue.account(account).quantityUnits(this.listing.instrument)
  }
}
