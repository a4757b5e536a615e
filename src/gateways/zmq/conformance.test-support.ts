/** A simulated exchange behind a whole trading system and its gateway, as the conformance kit moves it over real sockets. */

import { SimulatedConnector } from '../../connectors/sim/simulated-connector.js'
import { ZmqConnector } from '../../connectors/zmq/zmq-connector.js'
import { ZmqPublisher } from '../../connectors/zmq/zmq-publisher.js'
import { RealTime } from '../../core/real-time.js'
import { TradingSystem } from '../../system/trading-system.js'
import { testShare } from '../../testing/builders.js'
import type { ConformanceOptions } from '../../testing/conformance/run.js'
import { SimulatedConformanceVenue } from '../../testing/conformance/simulated-venue.js'
import type { ConformanceOrder, ConformanceVenue } from '../../testing/conformance/venue.js'
import { FaultProxy } from '../../testing/fault-proxy.js'
import { ZmqOrderGateway } from './order-gateway.js'

const client = 'alpha'

/** What stands behind the connector under test. */
export class GatewayVenue implements ConformanceVenue {
  readonly symbol: string
  readonly price: number
  readonly #venue: SimulatedConformanceVenue
  readonly #time = new RealTime()
  #system: TradingSystem | undefined
  #gateway: ZmqOrderGateway | undefined
  #publisher: ZmqPublisher | undefined
  #proxy: FaultProxy | undefined

  constructor() {
    this.#venue = new SimulatedConformanceVenue(this.#time, testShare)
    this.symbol = this.#venue.symbol
    this.price = this.#venue.price
  }

  async open(): Promise<this> {
    const sim = this.#venue.connect((options) => new SimulatedConnector(options), {})
    this.#system = await TradingSystem.start({
      mode: 'paper',
      time: this.#time,
      connectors: { sim },
      risk: { maxOrderNotional: '1000000000', maxOrderQuantity: 1_000_000 } as never,
    })
    await this.#system.subscribe([this.symbol], ['quotes', 'trades'])
    this.#publisher = new ZmqPublisher({
      bind: 'tcp://127.0.0.1:*',
      service: 'tcp://127.0.0.1:*',
      instruments: this.#system.instruments,
      time: this.#time,
    })
    await this.#publisher.start()
    this.#publisher.follow(this.#system.ring)
    this.#gateway = new ZmqOrderGateway({
      bind: 'tcp://127.0.0.1:*',
      system: this.#system,
      clients: { [client]: { token: 'open sesame' } },
      heartbeatMs: 500,
    })
    await this.#gateway.start()
    this.#proxy = await FaultProxy.open({ port: Number(this.#gateway.endpoint.split(':').at(-1)) })
    return this
  }

  /** What a connector under test is given. */
  get endpoints() {
    return {
      endpoint: this.#publisher?.endpoints ?? [],
      service: this.#publisher?.serviceEndpoint ?? '',
      gateway: {
        endpoint: `tcp://127.0.0.1:${this.#proxy?.port ?? 0}`,
        client,
        token: 'open sesame',
        environment: 'paper' as const,
        heartbeatMs: 500,
      },
    }
  }

  quote(bid: number, ask: number, size: number): void {
    this.#venue.quote(bid, ask, size)
  }

  fill(orderId: string, quantity: number): void {
    this.#venue.fill(Number(orderId), quantity)
  }

  orders(): ConformanceOrder[] {
    // Ids are text on this wire.
    return this.#venue.orders().map((order) => ({ ...order, id: String(order.id) }))
  }

  fills() {
    return this.#venue.fills().map((fill) => ({ ...fill, orderId: String(fill.orderId) }))
  }

  position(): number {
    return this.#venue.position()
  }

  messages(): number {
    return this.#venue.messages()
  }

  cut(): void {
    this.#proxy?.cut()
  }

  silence(): void {
    this.#proxy?.silence()
  }

  rejectNext(reason: string): void {
    this.#venue.rejectNext(reason)
  }

  cancelByVenue(orderId: string): void {
    this.#venue.cancelByVenue(Number(orderId))
  }

  bust(fillId: number): void {
    this.#venue.bust(fillId)
  }

  correct(fillId: number, price: number): void {
    this.#venue.correct(fillId, price)
  }

  trade(price: number, quantity: number): void {
    this.#venue.trade(price, quantity)
  }

  sessions(): number {
    return this.#gateway?.connected.length ?? 0
  }

  async close(): Promise<void> {
    await this.#proxy?.close()
    await this.#gateway?.stop()
    await this.#publisher?.stop()
    await this.#system?.stop()
    this.#venue.close()
  }
}

/** What `runConformance` needs to test a ZmqConnector. */
export const zmqConformance: ConformanceOptions<GatewayVenue> = {
  venue: () => new GatewayVenue().open(),
  create: ({ endpoints }, settings) => new ZmqConnector({ ...endpoints, ...settings }),
}
