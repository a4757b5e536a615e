/** What a gateway remembers is bounded by what its system remembers, and answers go to who asked. */
import { afterEach, describe, expect, it } from 'vitest'
import { EchoConnector } from '../../../test/support/echo-connector.js'
import { buy, startEcho } from '../../../test/support/echo-system.js'
import { until } from '../../connectors/zmq/feed.test-support.js'
import { ZmqConnector } from '../../connectors/zmq/zmq-connector.js'
import type { OrderEvent } from '../../oms/order-event.js'
import { TradingSystem } from '../../system/trading-system.js'
import { ZmqOrderGateway } from './order-gateway.js'

it('forgets the orders that the system has forgotten', async () => {
  const { system, venue, time } = await startEcho({ limits: { orders: 256 } })
  const gateway = new ZmqOrderGateway({
    bind: 'tcp://127.0.0.1:*',
    system,
    clients: { remote: { token: 'sesame', accounts: ['PAPER'] } },
  })
  await gateway.start()
  let most = 0
  for (let index = 0; index < 3_000; index++) {
    const order = system.orders.submit(buy({ clientOrderId: `remote/${index}`, strategy: 'remote' }))
    venue.reports.rejected(order.number, 'no', time.wallUs())
    most = Math.max(most, gateway.trackedOrders)
  }
  expect(system.orders.get('remote/0')).toBeUndefined()
  expect(system.orders.get('remote/2999')?.isClosed).toBe(true)
  expect(most).toBeGreaterThan(256)
  expect(most).toBeLessThanOrEqual(1_024)
  await gateway.stop()
  await time.runUntil(system.stop())
})

describe('changes of an operator and of the client', () => {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  /** An order of a client that works at the venue behind the gateway, and what the client hears of it. */
  async function open() {
    const venue = new EchoConnector()
    const system = await TradingSystem.start({ mode: 'paper', onClose: 'leave', connectors: { echo: venue } })
    ends.push(() => system.stop())
    venue.quote(99.99, 100.01)
    const gateway = new ZmqOrderGateway({ bind: 'tcp://127.0.0.1:*', system, clients: { remote: { token: 'sesame' } } })
    await gateway.start()
    ends.push(() => gateway.stop())
    const bridge = new ZmqConnector({
      gateway: { endpoint: gateway.endpoint, client: 'remote', token: 'sesame', environment: 'paper' },
    })
    const client = await TradingSystem.start({
      mode: 'paper',
      onClose: 'leave',
      connectors: { bridge },
      risk: { marketData: false, priceCollarPercent: false, throttle: false, duplicates: false },
    })
    ends.push(() => client.stop())
    const order = client.orders.submit(buy())
    await until(() => venue.sent.length === 1, 'the order at the venue')
    const number = venue.sent[0]?.number ?? 0
    venue.reports.accepted(number, 'V1', system.time.wallUs())
    await until(() => order.status === 'ACCEPTED', 'the acceptance')
    const told: string[] = []
    client.orders.events.on('order', ({ type, price }: OrderEvent) => {
      if (type === 'updated' || type === 'update_rejected' || type === 'cancel_rejected')
        told.push(type === 'updated' ? `${type} ${price}` : type)
    })
    /** Asks for a price; returns the number of the request at the venue. */
    const change = async (ask: (terms: { price: string }) => void, price: string) => {
      const before = venue.sent.length
      ask({ price })
      await until(() => venue.sent.length > before, 'the change at the venue')
      const sent = venue.sent.at(-1)
      return sent?.kind === 'replace' ? sent.generation : 0
    }
    const byClient = (price: string) => change((terms) => order.modify(terms), price)
    const byOperator = (price: string) => change((terms) => system.orders.modify(number, terms), price)
    const confirm = (generation: number) => {
      const sent = venue.sent.find((each) => each.kind === 'replace' && each.generation === generation)
      if (sent?.kind !== 'replace') throw new Error(`no change ${generation}`)
      const { quantityUnits, priceUnits } = sent
      venue.reports.replaced(number, generation, quantityUnits, priceUnits, Number.NaN, 'V1', system.time.wallUs())
    }
    const refuse = (generation: number) =>
      venue.reports.replaceRejected(number, generation, 'too late', system.time.wallUs())
    return { order, system, venue, number, told, byClient, byOperator, confirm, refuse }
  }

  it('the refusal of the operator is not told as one of the client', async () => {
    const { order, told, byClient, byOperator, confirm, refuse } = await open()
    const own = await byClient('100.01')
    const other = await byOperator('99.98')
    refuse(other)
    confirm(own)
    await until(() => told.length > 0, 'an answer')
    expect(told).toEqual(['updated 100.01'])
    expect(order.status).toBe('ACCEPTED')
    expect(order.snapshot.price?.toString()).toBe('100.01')
  })

  it('what the operator changed is told as it is, and the request of the client stays open until its own answer', async () => {
    const { order, told, byClient, byOperator, confirm, refuse } = await open()
    const other = await byOperator('99.98')
    const own = await byClient('100.01')
    confirm(other)
    await until(() => told.length > 0, 'the change of the operator')
    expect(told).toEqual(['updated 99.98'])
    expect(order.status).toBe('PENDING_UPDATE')
    refuse(own)
    await until(() => told.length > 1, 'the refusal')
    expect(told).toEqual(['updated 99.98', 'update_rejected'])
    expect(order.status).toBe('ACCEPTED')
    expect(order.snapshot.price?.toString()).toBe('99.98')
  })

  it('a newer confirmation ends the changes before it', async () => {
    const { order, told, byClient, confirm } = await open()
    const first = await byClient('100.01')
    const second = await byClient('100.02')
    confirm(second)
    confirm(first)
    await until(() => told.length > 0 && order.status === 'ACCEPTED', 'the end of both')
    expect(told).toEqual(['updated 100.02'])
    expect(order.snapshot.price?.toString()).toBe('100.02')
  })

  it('a cancel of the operator that is refused is nothing to the client; one that both asked for is', async () => {
    const { order, system, venue, number, told, byClient, confirm } = await open()
    const cancelOf = () => venue.sent.findLast((each) => each.kind === 'cancel')
    system.orders.cancel(number)
    venue.reports.cancelRejected(number, cancelOf()?.number === number ? generationOf(cancelOf()) : 0, 'no', 1)
    confirm(await byClient('100.03'))
    await until(() => told.length > 0, 'the change')
    expect(told).toEqual(['updated 100.03'])
    system.orders.cancel(number)
    order.cancel()
    await until(() => order.status === 'PENDING_CANCEL', 'the cancel')
    await until(() => generationOf(cancelOf()) > 1, 'the cancel at the venue')
    await new Promise((resolve) => setTimeout(resolve, 50))
    venue.reports.cancelRejected(number, generationOf(cancelOf()), 'no', system.time.wallUs())
    await until(() => told.length > 1, 'the refusal')
    expect(told).toEqual(['updated 100.03', 'cancel_rejected'])
    expect(order.status).toBe('ACCEPTED')
  })
})

function generationOf(sent: EchoConnector['sent'][number] | undefined): number {
  return sent?.kind === 'cancel' ? sent.generation : 0
}
