/** The worked example passes the kit over real sockets: plainly, and through a proxy that ill-treats its bytes. */
import { describe, expect, it } from 'vitest'
import { LineConformanceVenue, lineConformance } from '../../examples/custom-connector/conformance.js'
import { LineConnector } from '../../examples/custom-connector/line-connector.js'
import { RealTime } from '../../src/core/real-time.js'
import { sleep } from '../../src/core/time.js'
import type { ConformanceOptions } from '../../src/testing/conformance/index.js'
import { describeConformance } from '../../src/testing/conformance/index.js'
import { type ByteFaults, FaultProxy } from '../../src/testing/fault-proxy.js'
import { TestHost } from '../../src/testing/test-host.js'
import { passing } from '../support/conformance.js'

describeConformance(passing, 'LineConnector', lineConformance)

/** A line venue behind a fault proxy. */
class ProxiedVenue extends LineConformanceVenue {
  proxy: FaultProxy | undefined

  async openBehind(faults: { toServer: ByteFaults; toClient: ByteFaults }): Promise<this> {
    await this.open()
    this.proxy = await FaultProxy.open({ port: this.port })
    Object.assign(this.proxy.faults, faults)
    this.port = this.proxy.port
    return this
  }

  override cut(): void {
    this.proxy?.cut()
  }

  override silence(): void {
    this.proxy?.silence()
  }

  override async close(): Promise<void> {
    await this.proxy?.close()
    await super.close()
  }
}

function behind(faults: { toServer: ByteFaults; toClient: ByteFaults }): ConformanceOptions<ProxiedVenue> {
  return {
    venue: () => new ProxiedVenue().openBehind(faults),
    create: ({ port }, settings) => new LineConnector({ port, ...settings }),
    // A proxy takes connections whatever the venue does: refusing and hanging show through it in another way.
    skip: { 'CON-007': 'refused by the proxy only after it was accepted' },
    only: ['CON', 'ORD', 'CXL', 'RPL', 'DUP', 'RCN', 'REC', 'DSP'],
  }
}

describeConformance(
  passing,
  'LineConnector, byte by byte',
  behind({ toServer: { splitBytes: 1 }, toClient: { splitBytes: 3 } }),
)

describeConformance(
  passing,
  'LineConnector, late and lumped together',
  behind({ toServer: { mergeMs: 3 }, toClient: { delayMs: 2, mergeMs: 2 } }),
)

describe('a line that breaks in the middle of a message', () => {
  it('is connected anew, and nothing is taken for an answer', async () => {
    const venue = await new ProxiedVenue().openBehind({ toServer: {}, toClient: {} })
    const time = new RealTime()
    const host = new TestHost<RealTime>({ time })
    const connector = new LineConnector({
      port: venue.port,
      healthIntervalMs: 0,
      reconnect: { firstDelayMs: 5, maxDelayMs: 20 },
    })
    await host.start(connector)
    for (let at = 1; at <= 24; at += 1) {
      const { epoch } = connector
      if (venue.proxy !== undefined) venue.proxy.faults.toClient = { cutAfterBytes: at }
      const question = connector.queryAccountState()
      await expect(question, `cut after ${at} bytes`).rejects.toThrow()
      for (let i = 0; i < 2_000 && !(connector.isReady && connector.epoch > epoch); i++) await sleep(time, 2)
      expect(connector.isReady).toBe(true)
    }
    expect((await connector.queryAccountState()).positions).toHaveLength(1)
    await connector[Symbol.asyncDispose]()
    await venue.close()
    expect(time.pendingTimers).toBe(0)
  })
})
