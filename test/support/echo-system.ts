/** A whole system over an {@link EchoConnector}, on virtual time and a simulated disk: for tests of the order plane. */
import { VirtualTime } from '../../src/core/virtual-time.js'
import type { OrderEvent } from '../../src/oms/order-event.js'
import { TradingSystem, type TradingSystemOptions } from '../../src/system/trading-system.js'
import { SimulatedDisk } from '../../src/testing/simulated-disk.js'
import { EchoConnector } from './echo-connector.js'

/** What tests work with. */
export interface EchoSystem {
  readonly time: VirtualTime
  readonly disk: SimulatedDisk
  readonly venue: EchoConnector
  readonly system: TradingSystem
  /** Types of the order events so far, in order. */
  readonly events: string[]
  /** Kinds of the anomalies so far. */
  readonly anomalies: string[]
}

/** What can be passed on from a system to the one that is started after it. */
export type EchoParts = Partial<Pick<EchoSystem, 'time' | 'disk' | 'venue'>>

/** Starts a system whose journal lies on a simulated disk. A quote of 99.99 / 100.01 is published. */
export async function startEcho(options: TradingSystemOptions = {}, parts: EchoParts = {}): Promise<EchoSystem> {
  const { time = new VirtualTime(), disk = new SimulatedDisk({ seed: 1 }), venue = new EchoConnector() } = parts
  const system = await time.runUntil(
    TradingSystem.start({
      mode: 'simulation',
      journal: 'journal',
      onClose: 'leave',
      connectors: { echo: venue },
      time,
      fileSystem: disk.mount(),
      ...options,
    }),
  )
  const events: string[] = []
  const anomalies: string[] = []
  system.orders.events.on('order', ({ type }: OrderEvent) => events.push(type))
  system.orders.events.on('anomaly', ({ kind }) => anomalies.push(kind))
  venue.quote(99.99, 100.01)
  return { time, disk, venue, system, events, anomalies }
}

/** An order request that passes every control, with changes. */
export function buy(change: Record<string, unknown> = {}) {
  return { symbol: 'IBM', side: 'buy', quantity: 100, price: '100.00', ...change } as Parameters<
    TradingSystem['orders']['submit']
  >[0]
}
