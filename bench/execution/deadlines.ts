/**
 * execution-deadlines: 10,000 parent orders at once on one core, on the clock of the machine: how long after its time a child
 * is sent, the 99th percentile, in milliseconds. The starts of the orders are spread over one interval.
 *
 * `execution alone` has nothing behind it: a slice a second each, 10,000 children a second. `whole system` has the order
 * manager, every control of the gate, events and a venue that fills at once: a slice every ten seconds each, 1,000 children
 * a second. It says something on an idle machine only.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { BaseConnector } from '../../src/connector/base-connector.js'
import type { ConnectorCapabilities } from '../../src/connector/capabilities.js'
import { nodeFileSystem } from '../../src/core/node-file-system.js'
import { RealTime } from '../../src/core/real-time.js'
import type { InstrumentDefinition } from '../../src/model/instrument.js'
import type { ApprovedOrder } from '../../src/orders/approved-order.js'
import { Liquidity } from '../../src/orders/codes.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import type { Benchmark, Variant } from '../types.js'
import { SlicingWorld } from './world.js'

const orders = 10_000
const slices = 390
/** Until the code is compiled and warm; then so long is measured. */
const warmUpMs = 3_000
const measuredMs = 4_000

/** How late children were, while it was measured. */
class Lateness {
  readonly #samples: Float64Array
  readonly #intervalMs: number
  #size = 0
  isMeasured = false

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
    this.#samples = new Float64Array((orders * measuredMs * 2) / intervalMs)
  }

  /** When child `index` (from 1) of an order is due; its start is its share of the first interval. */
  dueUs(startUs: number, id: number, index: number): number {
    return startUs + Math.floor((id / orders + index - 1) * this.#intervalMs * 1_000)
  }

  add(lateMs: number): void {
    if (this.isMeasured) this.#samples[this.#size++] = lateMs
  }

  /** The 99th percentile. @throws Error where too few were sent. */
  p99(): number {
    const least = (orders * measuredMs * 0.9) / this.#intervalMs
    if (this.#size < least) throw new Error(`${this.#size} children only, ${least} expected`)
    return this.#samples.subarray(0, this.#size).sort()[Math.floor(this.#size * 0.99)] as number
  }

  async measure(): Promise<void> {
    await sleep(warmUpMs)
    this.isMeasured = true
    await sleep(measuredMs)
    this.isMeasured = false
  }
}

const alone: Variant = {
  name: 'tradewire',
  async prepare() {
    return {
      operations: 1,
      async run() {
        const intervalMs = 1_000
        const lateness = new Lateness(intervalMs)
        const time = new RealTime()
        const world = new SlicingWorld(time)
        const startUs = time.wallUs() + 1_000_000
        world.onSend = (id, index) => {
          lateness.add((time.wallUs() - lateness.dueUs(startUs, id, index)) / 1_000)
        }
        const open = Array.from({ length: orders }, (_, id) =>
          world.open(id, lateness.dueUs(startUs, id, 1), slices, intervalMs),
        )
        await lateness.measure()
        for (const order of open) order.suspend()
        return lateness.p99()
      },
    }
  },
}

const definition: InstrumentDefinition = {
  id: 'X.XNYS' as InstrumentDefinition['id'],
  symbol: 'X',
  venue: 'XNYS',
  assetClass: 'equity',
  currency: 'USD',
  priceIncrement: '0.01',
  sizeIncrement: '1',
}

/** Fills at once what is sent, and says when it was sent. */
class InstantVenue extends BaseConnector {
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
  onSent: ((id: string) => void) | undefined
  #execution = 1

  constructor() {
    super({ healthIntervalMs: 0 })
  }

  quote(): void {
    const { time, market } = this.host
    const nowUs = time.wallUs()
    market.publishQuote(0, this.source, 99.99, 100.01, 100, 100, nowUs, nowUs, Number.NaN, 0)
    this.host.drain()
  }

  protected sendNew(order: ApprovedOrder): void {
    this.onSent?.(order.clientOrderId)
    const { reports, time } = this.host
    const nowUs = time.wallUs()
    const { number, quantityUnits, priceUnits } = order
    reports.accepted(number, number, nowUs)
    reports.filled(number, this.#execution++, quantityUnits, priceUnits, 0, 'USD', Liquidity.taker, nowUs)
  }
  protected async connect(): Promise<void> {}
  protected async disconnect(): Promise<void> {}
  protected async probe(): Promise<void> {}
  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return [definition]
  }
  protected async subscribe(): Promise<void> {}
  protected async unsubscribe(): Promise<void> {}
  protected sendReplace(): void {}
  protected sendCancel(): void {}
  protected async fetchOrders(): Promise<[]> {
    return []
  }
  protected async fetchFills(): Promise<[]> {
    return []
  }
  protected async fetchAccountState(): Promise<object> {
    return {}
  }
}

const wholeSystem: Variant = {
  name: 'tradewire',
  async prepare() {
    return {
      operations: 1,
      async run() {
        const intervalMs = 10_000
        const lateness = new Lateness(intervalMs)
        const time = new RealTime()
        const venue = new InstantVenue()
        const most = 1_000_000_000
        const system = await TradingSystem.start({
          mode: 'paper',
          connectors: { venue },
          time,
          fileSystem: nodeFileSystem,
          onClose: 'leave',
          risk: {
            preset: false,
            maxOrderQuantity: most,
            maxOrderNotional: most,
            maxPosition: most,
            throttle: { limit: 1_000_000, windowMs: 10 },
            duplicates: false,
          },
        })
        venue.quote()
        const refresh = time.every(100, () => venue.quote())
        // Opening them takes its time: none begins before all are there.
        const startUs = time.wallUs() + 6_000_000
        venue.onSent = (id) => {
          const dash = id.lastIndexOf('-E')
          const dueUs = lateness.dueUs(startUs, Number(id.slice(1, dash)), Number(id.slice(dash + 2)))
          lateness.add((time.wallUs() - dueUs) / 1_000)
        }
        for (let id = 0; id < orders; id++)
          system.orders.submit({
            symbol: 'X',
            side: 'buy',
            quantity: 100_003,
            clientOrderId: `P${id}`,
            algo: {
              type: 'twap',
              slices,
              startTimeUs: lateness.dueUs(startUs, id, 1),
              durationMs: slices * intervalMs,
            },
          })
        const leftMs = (startUs - time.wallUs()) / 1_000
        if (leftMs < 0) throw new Error(`orders were opened ${-leftMs} ms too late`)
        await sleep(leftMs)
        await lateness.measure()
        refresh.cancel()
        await system.stop()
        return lateness.p99()
      },
    }
  },
}

/** How punctual parent orders are. */
export const benchmark: Benchmark = {
  name: 'execution-deadlines',
  cases: () => [
    { case: '10,000 orders, execution alone, p99', unit: 'ms', better: 'lower', most: 5, ours: alone, peers: [] },
    { case: '10,000 orders, whole system, p99', unit: 'ms', better: 'lower', most: 5, ours: wholeSystem, peers: [] },
  ],
}
