/** A venue of market data for soaks: quotes and trades at a steady rate in bursts, over a line that breaks and comes back. */
import { BaseConnector } from '../../src/connector/base-connector.js'
import type { ConnectorCapabilities } from '../../src/connector/capabilities.js'
import type { TimerHandle } from '../../src/core/scheduler.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import type { VenueAccountReport } from '../../src/orders/venue-reports.js'

/** Milliseconds between bursts. */
const burstMs = 10
const symbols = Array.from({ length: 16 }, (_, index) => `F${index}`)

/** Publishes `perSecond` events a second while it is connected. */
export class BurstFeed extends BaseConnector {
  readonly capabilities: ConnectorCapabilities = { data: ['quotes', 'trades'] }
  readonly symbols: readonly string[] = symbols
  publishedEvents = 0
  /** Events that a full ring refused: they are published again in the next burst. */
  refused = 0
  readonly #perSecond: number
  #timer: TimerHandle | undefined
  #startedNs = 0
  #due = 0

  constructor(perSecond: number) {
    super({ healthIntervalMs: 1_000, reconnect: { firstDelayMs: 20, maxDelayMs: 200 } })
    this.#perSecond = perSecond
  }

  /** Breaks the line; it comes back by itself. */
  breakLine(): void {
    this.connectionLost('the line was cut by the soak')
  }

  protected async connect(): Promise<void> {
    this.#startedNs = this.host.time.monotonicNs()
    this.#due = 0
    this.#timer = this.host.time.every(burstMs, () => this.#burst())
  }

  protected async disconnect(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  protected async probe(): Promise<void> {}

  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return symbols.map((symbol) => ({
      id: `${symbol}.SOAK` as InstrumentDefinition['id'],
      symbol,
      venue: 'SOAK',
      assetClass: 'equity',
      currency: 'USD',
      priceIncrement: '0.01',
      sizeIncrement: '1',
    }))
  }

  protected async subscribe(): Promise<void> {}

  protected async unsubscribe(): Promise<void> {}

  protected sendNew(): void {}

  protected sendReplace(): void {}

  protected sendCancel(): void {}

  protected async fetchOrders(): Promise<never[]> {
    return []
  }

  protected async fetchFills(): Promise<never[]> {
    return []
  }

  protected async fetchAccountState(): Promise<VenueAccountReport> {
    return {}
  }

  #burst(): void {
    const { time, market, instruments } = this.host
    const target = ((time.monotonicNs() - this.#startedNs) / 1e9) * this.#perSecond
    const tsUs = time.wallUs()
    const first = instruments.get(symbols[0] as string).index
    let published = 0
    // After a stall no more than a second is made up for.
    if (target - this.#due > this.#perSecond) this.#due = target - this.#perSecond
    while (this.#due < target) {
      const number = this.publishedEvents
      const instrument = first + (number % symbols.length)
      const price = 100 + (number % 200) / 100
      const isTaken =
        number % 4 === 3
          ? market.publishTrade(instrument, this.source, price, 100, 1, tsUs, tsUs, Number.NaN, Number.NaN, 0)
          : market.publishQuote(instrument, this.source, price, price + 0.01, 300, 500, tsUs, tsUs, Number.NaN, 0)
      if (!isTaken) {
        this.refused++
        break
      }
      this.#due++
      this.publishedEvents++
      published++
      if (published % 512 === 0) this.host.drain()
    }
    this.published(published, tsUs, tsUs)
  }
}
