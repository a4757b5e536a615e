/**
 * A venue inside the process: it answers an order while it is being sent, with an acknowledgement and two fills; or with the
 * acknowledgement alone, and fills when it is told to.
 */
import { BaseConnector } from '../../src/connector/base-connector.js'
import type { ConnectorCapabilities } from '../../src/connector/capabilities.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import type { ApprovedOrder } from '../../src/orders/approved-order.js'
import { Liquidity } from '../../src/orders/codes.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../src/orders/venue-reports.js'
import { counts, feeUnits, reference, type Workload, workloadSize } from '../orders/workload.js'

/** How the venue writes its order and execution ids: numbers, as binary protocols do, or text. */
export type VenueIds = 'numbers' | 'text'

/** The symbols of the workload, by index. */
export const symbols = Array.from({ length: counts.instruments }, (_, i) => `S${i}`)

/** The instruments of the workload. */
export const definitions: readonly InstrumentDefinition[] = symbols.map((symbol) => ({
  id: `${symbol}.XNYS` as InstrumentDefinition['id'],
  symbol,
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}))

/** Acknowledges and fills in `sendNew`. Fills follow the workload: its orders have to arrive in their order. */
export class BenchVenue extends BaseConnector {
  readonly capabilities: ConnectorCapabilities = {
    data: ['quotes'],
    orders: {
      types: ['MARKET', 'LIMIT'],
      timeInForce: ['DAY', 'IOC'],
      postOnly: true,
      reduceOnly: true,
      iceberg: true,
      replace: true,
      environment: 'simulated',
      cancelOnDisconnect: 'none',
      fullHistory: true,
    },
  }
  readonly #workload: Workload
  readonly #hasTextIds: boolean
  readonly #fillsAtOnce: boolean
  /** Orders that came, and of those the filled ones; the number of the latest. */
  #received = 0
  #filled = 0
  #latest = 0
  #execution = 1

  constructor(workload: Workload, ids: VenueIds, fills: 'at once' | 'on request' = 'at once') {
    super({ healthIntervalMs: 0 })
    this.#workload = workload
    this.#hasTextIds = ids === 'text'
    this.#fillsAtOnce = fills === 'at once'
  }

  /** Publishes a quote of every instrument and has it handled: one turn of the order plane. */
  quoteAll(): void {
    const { time, market } = this.host
    const nowUs = time.wallUs()
    for (let index = 0; index < counts.instruments; index++) {
      market.publishQuote(index, this.source, reference, reference, 100, 100, nowUs, nowUs, Number.NaN, 0)
    }
    this.host.drain()
  }

  /** Publishes a quote of one instrument and has it handled: strategies answer it in the same turn. */
  quote(): void {
    const { time, market } = this.host
    const nowUs = time.wallUs()
    market.publishQuote(0, this.source, reference, reference, 100, 100, nowUs, nowUs, Number.NaN, 0)
    this.host.drain()
  }

  protected sendNew(order: ApprovedOrder): void {
    const { reports, time } = this.host
    const { number } = order
    this.#received++
    this.#latest = number
    reports.accepted(number, this.#hasTextIds ? `V${number}` : number, time.wallUs())
    if (this.#fillsAtOnce) this.fillLatest()
  }

  /** Fills the latest order, unless it is filled already, in two executions. */
  fillLatest(): void {
    if (this.#filled === this.#received) return
    this.#filled = this.#received
    const index = (this.#received - 1) & (workloadSize - 1)
    const { quantity, firstFill, fillPrice } = this.#workload
    const { reports, time } = this.host
    const nowUs = time.wallUs()
    const number = this.#latest
    const first = firstFill[index]
    reports.filled(number, this.#nextExecution(), first, fillPrice[index], feeUnits, 'USD', Liquidity.taker, nowUs)
    const rest = quantity[index] - first
    reports.filled(number, this.#nextExecution(), rest, fillPrice[index], feeUnits, 'USD', Liquidity.taker, nowUs)
  }

  #nextExecution(): string | number {
    const number = this.#execution++
    return this.#hasTextIds ? `E${number}` : number
  }

  protected async connect(): Promise<void> {}
  protected async disconnect(): Promise<void> {}
  protected async probe(): Promise<void> {}
  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return [...definitions]
  }
  protected async subscribe(): Promise<void> {}
  protected async unsubscribe(): Promise<void> {}
  protected sendReplace(): void {}
  protected sendCancel(): void {}
  protected async fetchOrders(): Promise<VenueOrderReport[]> {
    return []
  }
  protected async fetchFills(): Promise<VenueFillReport[]> {
    return []
  }
  protected async fetchAccountState(): Promise<VenueAccountReport> {
    return {}
  }
}
