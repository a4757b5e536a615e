/** What a gateway has forgotten proves nothing: its clients hear how far back its answers reach, and conclude no more. */
import { describe, expect, it } from 'vitest'
import { EchoConnector } from '../../../test/support/echo-connector.js'
import { buy } from '../../../test/support/echo-system.js'
import { pause, until } from '../../connectors/zmq/feed.test-support.js'
import { ZmqConnector } from '../../connectors/zmq/zmq-connector.js'
import { TradingSystem } from '../../system/trading-system.js'
import { FaultProxy } from '../../testing/fault-proxy.js'
import { ZmqOrderGateway } from './order-gateway.js'

const open = { throttle: false, duplicates: false, marketData: false, priceCollarPercent: false } as const

/** A venue, a system with little room for orders, its gateway, and a client whose line can be cut. */
async function openGateway() {
  const venue = new EchoConnector()
  const system = await TradingSystem.start({
    mode: 'paper',
    connectors: { echo: venue },
    limits: { orders: 256 },
    risk: open,
  })
  const gateway = new ZmqOrderGateway({
    bind: 'tcp://127.0.0.1:*',
    system,
    clients: { remote: { token: 'sesame' } },
    heartbeatMs: 200,
  })
  await gateway.start()
  const proxy = await FaultProxy.open({ port: Number(gateway.endpoint.split(':').at(-1)) })
  const connector = new ZmqConnector({
    gateway: {
      endpoint: `tcp://127.0.0.1:${proxy.port}`,
      client: 'remote',
      token: 'sesame',
      environment: 'paper',
      heartbeatMs: 200,
    },
    reconnect: { firstDelayMs: 20, maxDelayMs: 50 },
  })
  const client = await TradingSystem.start({
    mode: 'paper',
    connectors: { bridge: connector },
    risk: open,
    reconciliation: { venueGraceMs: 100, intervalMs: 100 },
  })
  let rounds = 0
  client.events.on('reconciled', () => rounds++)
  return {
    venue,
    system,
    client,
    connector,
    /** One order from there to its end at the venue. */
    trade(change: Record<string, unknown>) {
      const order = system.orders.submit(buy(change))
      venue.reports.rejected(order.number, 'no', system.time.wallUs())
    },
    proxy,
    async reconciled(times: number) {
      const from = rounds
      await until(() => rounds >= from + times, `${times} reconciliations`)
    },
    async close() {
      await client.stop()
      await proxy.close()
      await gateway.stop()
      await system.stop()
    },
  }
}

/** An order whose answer is lost with the line; `others` end at the gateway before the client is back. */
async function lostAnswer(others: number) {
  const parts = await openGateway()
  const { venue, system, client, proxy, trade } = parts
  venue.onNew = () => proxy.silence()
  const order = client.orders.submit(buy({ clientOrderId: 'lost' }))
  await until(() => system.orders.get('remote/lost')?.status === 'SUBMITTED', 'the order at the gateway')
  venue.onNew = undefined
  venue.reports.rejected(system.orders.get('remote/lost')?.number ?? 0, 'no', system.time.wallUs())
  for (let count = 0; count < others; count++) trade({ clientOrderId: `remote/other-${count}`, strategy: 'remote' })
  proxy.cut()
  // More than two answers, more than a grace apart: enough to conclude from absence, where that may be done.
  await parts.reconciled(8)
  const { status } = order
  const isKnown = system.orders.get('remote/lost') !== undefined
  await parts.close()
  return { status, isKnown }
}

describe('an order whose answer was lost', () => {
  it('ends as the gateway tells, which remembers it', async () => {
    expect(await lostAnswer(3)).toEqual({ status: 'REJECTED', isKnown: true })
  })

  it('stays unknown where the gateway has forgotten it: its absence proves nothing', async () => {
    expect(await lostAnswer(1_100)).toEqual({ status: 'UNKNOWN', isKnown: false })
  })
})

describe('the reach of answers', () => {
  it('is from the latest order that is gone, and grows while none goes', async () => {
    const { connector, trade, client, reconciled, close, system } = await openGateway()
    await reconciled(1)
    // No journal of an earlier life: nothing is known of what was before.
    expect(connector.historyReachUs).toBeGreaterThan(0)
    expect(connector.historyReachUs).toBeLessThan(60e6)
    const mine = (index: number) => trade({ clientOrderId: `remote/${index}`, strategy: 'remote' })
    for (let index = 0; index < 100; index++) mine(index)
    await pause(300)
    for (let index = 100; index < 356; index++) mine(index)
    // The first hundred are gone, the rest is there.
    expect(system.orders.get('remote/99')).toBeUndefined()
    expect(system.orders.get('remote/100')).toBeDefined()
    await client.reconcile()
    const reachUs = connector.historyReachUs
    expect(reachUs).toBeGreaterThan(290_000)
    // A comparison that was under way already answers for its own time.
    for (let asked = 0; asked < 20 && connector.historyReachUs < reachUs + 45_000; asked++) {
      await pause(50)
      await client.reconcile()
    }
    expect(connector.historyReachUs).toBeGreaterThanOrEqual(reachUs + 45_000)
    await close()
  })
})
