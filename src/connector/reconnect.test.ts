/** Storms: many connectors and many losses, on virtual time and on real sockets. Nothing may pile up. */
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { TradewireError } from '../core/errors.js'
import { silentLogger } from '../core/logger.js'
import type { Connection } from '../core/network.js'
import { nodeNetwork } from '../core/node-network.js'
import { SeededRandom } from '../core/random.js'
import { RealTime } from '../core/real-time.js'
import { sleep, type Time } from '../core/time.js'
import { VirtualTime } from '../core/virtual-time.js'
import { InstrumentRegistry } from '../model/instrument-registry.js'
import { IngestRing } from '../ring/ingest-ring.js'
import { BaseConnector, type ConnectorOptions } from './base-connector.js'
import type { ConnectorCapabilities } from './capabilities.js'
import type { ConnectorHost } from './connector-host.js'

/** A connector over whatever `open` gives. */
class Minimal extends BaseConnector {
  readonly capabilities: ConnectorCapabilities = { data: ['quotes'] }
  readonly #open: (lost: (reason: string) => void, signal: AbortSignal) => Promise<() => void>
  #close: (() => void) | undefined

  constructor(
    open: (lost: (reason: string) => void, signal: AbortSignal) => Promise<() => void>,
    options: ConnectorOptions,
  ) {
    super(options)
    this.#open = open
  }

  lose(reason: string): void {
    this.connectionLost(reason)
  }

  protected async connect(signal: AbortSignal): Promise<void> {
    this.#close = await this.#open((reason) => this.connectionLost(reason), signal)
  }
  protected async disconnect(): Promise<void> {
    this.#close?.()
    this.#close = undefined
  }
  protected async probe(): Promise<void> {}
  protected async loadInstruments() {
    return []
  }
  protected async subscribe(): Promise<void> {}
  protected async unsubscribe(): Promise<void> {}
  protected sendNew(): void {}
  protected sendReplace(): void {}
  protected sendCancel(): void {}
  protected fetchOrders = async () => []
  protected fetchFills = async () => []
  protected fetchAccountState = async () => ({})
}

function hostOn(time: Time, seed: number): ConnectorHost {
  return {
    time,
    random: new SeededRandom(seed),
    seed,
    logger: silentLogger,
    instruments: new InstrumentRegistry(),
    market: new IngestRing({ capacity: 64 }),
    reports: undefined as never,
    isApproved: () => true,
    wake: () => {},
    drain: () => {},
    reconcile: async () => {},
    disconnected: () => {},
  }
}

describe('a reconnect storm on virtual time', () => {
  it('leaves all connectors ready within the longest delay and a second, and nothing behind', async () => {
    const maxDelayMs = 5_000
    const minutes = runs({ ci: 1, full: 10 })
    const time = new VirtualTime()
    let wires = 0
    const open = async () => {
      wires++
      return () => {
        wires--
      }
    }
    const connectors = Array.from({ length: 100 }, (_, i) => {
      const connector = new Minimal(open, { reconnect: { firstDelayMs: 100, maxDelayMs } })
      connector.attach(hostOn(time, i), `c${i}`, i)
      return connector
    })
    const started = connectors.map((connector) => connector.start())
    await time.runUntil(Promise.all(started))
    for (const connector of connectors) await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    const timers = time.pendingTimers
    for (let drops = 0; drops < minutes * 600; drops++) {
      for (const connector of connectors) connector.lose('storm')
      await time.advanceMsAsync(100)
    }
    await time.advanceMsAsync(maxDelayMs + 1_000)
    expect(connectors.filter((connector) => !connector.isReady)).toHaveLength(0)
    expect(wires).toBe(100)
    expect(time.pendingTimers).toBe(timers)
    for (const { statistics } of connectors) expect(statistics.disconnects).toBeGreaterThan(minutes)
    for (const { subscriptions } of connectors) expect(subscriptions).toHaveLength(1)
    await Promise.all(connectors.map((connector) => connector[Symbol.asyncDispose]()))
    expect([time.pendingTimers, wires]).toEqual([0, 0])
  })
})

describe('a reconnect storm on real sockets', () => {
  it('grows neither handles nor listeners nor timers', async () => {
    const cycles = runs({ ci: 300, full: 1_000 })
    const time = new RealTime()
    const accepted = new Set<Connection>()
    const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
      accepted.add(connection)
      connection.start({ onData: () => {}, onClose: () => accepted.delete(connection) })
    })
    const open = async (lost: (reason: string) => void, signal: AbortSignal) => {
      const connection = await nodeNetwork.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 2_000, signal })
      connection.start({ onData: () => {}, onClose: (error) => lost(error?.message ?? 'closed') })
      return () => connection.destroy()
    }
    const connector = new Minimal(open, { healthIntervalMs: 0, reconnect: { firstDelayMs: 0.1, maxDelayMs: 1 } })
    connector.attach(hostOn(time, 1), 'storm', 0)
    await connector.start()
    await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    await settled(() => accepted.size === 1)
    const before = resources()
    for (let cycle = 0; cycle < cycles; cycle++) {
      const { epoch } = connector
      for (const connection of accepted) connection.destroy()
      await settled(() => connector.isReady && connector.epoch > epoch)
    }
    await settled(() => accepted.size === 1)
    expect(connector.epoch).toBe(cycles + 1)
    expect(resources()).toEqual(before)
    expect(time.pendingTimers).toBe(0)
    expect(connector.subscriptions).toHaveLength(1)
    await connector[Symbol.asyncDispose]()
    expect(connector.events.totalListeners()).toBe(0)
    await listener.close()

    async function settled(condition: () => boolean): Promise<void> {
      for (let i = 0; i < 10_000 && !condition(); i++) await sleep(time, 0.2)
      if (!condition()) throw new TradewireError('TW_TIMEOUT', 'did not settle')
    }
  })
})

/** Sockets and timers of the process, counted by kind. Timers come and go; sockets must not. */
function resources(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.includes('TCP')).length
}
