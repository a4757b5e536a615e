/** The simulated gateway: profits, conditions on margin, refusals, slow lines and what is rarely asked for. */
import { afterEach, describe, expect, it } from 'vitest'
import { VirtualTime } from '../../core/virtual-time.js'
import { TwsGateway, type TwsGatewayOptions } from './gateway.js'
import { RawClient } from './raw-client.test-support.js'
import { SlowLine } from './slow-line.js'

const aapl = 265_598
const account = 'DU1234567'
const stock = [0, 'AAPL', 'STK', '', '', '', '', 'SMART', '', 'USD', '', '']
const unset = '1.7976931348623157E308'
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function gatewayWith(options: TwsGatewayOptions = {}): Promise<TwsGateway> {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, messagesPerSecond: 1_000, ...options })
  open.push(gateway)
  return gateway
}

async function clientOf(gateway: TwsGateway, clientId = 1): Promise<RawClient> {
  const client = new RawClient()
  open.push(client)
  await client.connect(gateway.port)
  await client.start(clientId)
  return client
}

const statuses = (client: RawClient, orderId: number) =>
  client
    .of(3)
    .filter((fields) => fields[1] === String(orderId))
    .map((fields) => fields[2])

describe('profits', () => {
  it('tells what closing brought with the commission, the portfolio and the profit streams', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    gateway.board.quote(aapl, 99.99, 100, 1_000)
    client.place({ orderId: 1, type: 'MKT', quantity: '100' })
    await client.settle()
    gateway.board.quote(aapl, 103, 103.01, 1_000)
    client.send(6, 2, 1, account)
    client.place({ orderId: 2, type: 'MKT', quantity: '40', action: 'SELL' })
    await client.settle()
    client.send(92, 7, account, '')
    client.send(94, 8, account, '', aapl)
    await client.settle()
    expect(client.of(59).map((fields) => fields[5])).toEqual([unset, '120.00'])
    expect(client.of(7).at(-1)?.slice(-4)).toEqual(['100', '180.00', '120.00', account])
    expect(client.of(94).at(-1)?.slice(1)).toEqual(['7', '300.00', '180.00', '120.00'])
    expect(client.of(95).at(-1)?.slice(1)).toEqual(['8', '60', '300.00', '180.00', '120.00', '6180.00'])
    // The values of the account follow a change of its positions.
    expect(
      client
        .of(6)
        .filter((fields) => fields[2] === 'RealizedPnL')
        .map((fields) => fields[3]),
    ).toEqual(['0.00', '120.00'])
    const [bought] = gateway.orders.executions
    if (bought !== undefined) gateway.orders.correct(bought, '101')
    expect(gateway.accountBook.profits(account)).toMatchObject({ realized: 80, unrealized: 120 })
    expect(client.faults).toEqual([])
  })

  it('counts the profit of a future as worth, not its value, and converts what is not in USD', async () => {
    const gateway = await gatewayWith({ cash: '1000000' })
    const client = await clientOf(gateway)
    const es = 495_512_563
    gateway.board.quote(es, 5_999.75, 6_000, 50)
    gateway.board.print(es, 6_000, 1)
    client.place({ orderId: 1, symbol: 'ES', secType: 'FUT', exchange: 'CME', type: 'MKT', quantity: '2' })
    await client.settle()
    const value = (key: string) =>
      Number(gateway.accountBook.values(account).find((each) => each.key === key)?.value ?? Number.NaN)
    expect(value('NetLiquidation')).toBeCloseTo(1_000_000, -1)
    gateway.board.print(es, 6_010, 1)
    expect(value('NetLiquidation')).toBeCloseTo(1_001_000, -1)
    client.place({ orderId: 2, symbol: 'USD', secType: 'CASH', exchange: 'IDEALPRO', type: 'MKT', quantity: '20000' })
    await client.settle()
    expect(statuses(client, 2).at(-1)).toBe('Filled')
    expect(value('NetLiquidation')).toBeCloseTo(1_001_000, -2)
  })
})

describe('orders', () => {
  it('does not place what it refused', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    gateway.orders.rejectNext = 'because'
    client.place({ orderId: 1, type: 'MKT' })
    await client.settle()
    expect(client.errors(201)).toHaveLength(1)
    expect(statuses(client, 1)).toEqual(['Inactive'])
    expect(client.of(11)).toEqual([])
    client.place({ orderId: 2, limit: '100' })
    await client.settle()
    gateway.orders.rejectNext = 'because'
    client.place({ orderId: 2, limit: '300' })
    await client.settle()
    expect(statuses(client, 2).at(-1)).toBe('Submitted')
    expect(gateway.orders.orders[1]?.fields.lmtPrice).toBe('100')
  })

  it('echoes DAY where an order says no time in force', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.place({ orderId: 1, limit: '100', tif: '' })
    await client.settle()
    expect(client.openOrders()[0]).toMatchObject({ tif: 'DAY' })
  })

  it('waits for conditions on the margin', async () => {
    const gateway = await gatewayWith({ cash: '1000' })
    const client = await clientOf(gateway)
    gateway.board.quote(aapl, 99.99, 100, 1_000)
    // Above 101 percent is never, below 90 percent is when a quarter of the account's worth is bound.
    client.place({ orderId: 1, type: 'MKT', quantity: '1', conditions: [['4', 'a', '1', '101']] })
    client.place({ orderId: 2, type: 'MKT', quantity: '1', conditions: [['4', 'a', '0', '90']] })
    await client.settle()
    expect([statuses(client, 1).at(-1), statuses(client, 2).at(-1)]).toEqual(['PreSubmitted', 'PreSubmitted'])
    client.place({ orderId: 3, type: 'MKT', quantity: '9' })
    await client.settle()
    gateway.orders.onMarket()
    await client.settle()
    expect([statuses(client, 1).at(-1), statuses(client, 2).at(-1)]).toEqual(['PreSubmitted', 'Filled'])
  })
})

describe('lines', () => {
  it('are slow in both directions, and nothing overtakes', () => {
    const time = new VirtualTime()
    const arrived: [number, number][] = []
    let link: { delayMs: number; bytesPerSecond?: number } = { delayMs: 0 }
    const line = new SlowLine(
      time,
      () => link,
      (bytes) => arrived.push([bytes[0] as number, time.monotonicNs() / 1e6]),
    )
    line.push(Uint8Array.of(1))
    link = { delayMs: 30 }
    line.push(Uint8Array.of(2))
    link = { delayMs: 0 }
    line.push(Uint8Array.of(3))
    let finishedMs = Number.NaN
    line.finish(() => {
      finishedMs = time.monotonicNs() / 1e6
    })
    time.advanceMs(100)
    link = { delayMs: 10, bytesPerSecond: 1_000 }
    line.push(new Uint8Array(500).fill(4))
    line.push(new Uint8Array(100).fill(5))
    time.advanceMs(1_000)
    expect(arrived).toEqual([
      [1, 0],
      [2, 30],
      [3, 30],
      [4, 610],
      [5, 710],
    ])
    expect(finishedMs).toBe(30)
  })

  it('answer late while the link is slow, and the last words of a session still arrive', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    gateway.slow({ delayMs: 60 })
    const startMs = performance.now()
    await client.settle()
    expect(performance.now() - startMs).toBeGreaterThan(115)
    const second = await clientOf(gateway)
    await second.until(() => second.isClosed)
    expect(second.errors(326)).toHaveLength(1)
    gateway.slow({ delayMs: 0 })
    await client.settle()
  })

  it('end for a client that sends no protocol, and for nobody else', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    const wild = await clientOf(gateway, 2)
    wild.sendBytes(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2, 3))
    await wild.until(() => wild.isClosed)
    await client.settle()
    expect(client.isClosed).toBe(false)
  })
})

describe('requests', () => {
  it('answers fundamentals and the calendar of events', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.send(52, 2, 1, 0, 'AAPL', 'STK', 'SMART', '', 'USD', '', 'ReportSnapshot', '')
    client.send(52, 2, 2, 495_512_563, 'ES', 'FUT', 'CME', '', 'USD', '', 'ReportSnapshot', '')
    client.send(100, 3)
    client.send(102, 4, aapl, '', 0, 0, 0, '', '', 10)
    await client.settle()
    expect(client.of(51)[0]?.[3]).toContain('APPLE INC')
    expect(client.errors(430).map((fields) => fields[2])).toEqual(['2'])
    expect(JSON.parse(client.of(104)[0]?.[2] ?? '')).toHaveProperty('meta_data')
    expect(JSON.parse(client.of(105)[0]?.[2] ?? '')).toMatchObject([{ conId: aapl }])
    expect(client.faults).toEqual([])
  })

  it('tells the sessions of a week, closed at the weekend', async () => {
    // A Saturday.
    const time = new VirtualTime({ epochUs: Date.UTC(2026, 10, 21, 12) * 1_000 })
    const gateway = await gatewayWith({ time })
    const client = await clientOf(gateway)
    client.send(9, 8, 1, ...stock, 0, '', '', '')
    client.send(9, 8, 2, 0, 'ES', 'FUT', '', '', '', '', 'CME', '', 'USD', '', '', 0, '', '', '')
    await client.settle()
    const [share = [], es = []] = client.of(10)
    expect(share.find((field) => field.startsWith('20261121:'))).toMatch(
      /^20261121:CLOSED;20261122:CLOSED;20261123:0400-20261123:2000;/,
    )
    expect(share.filter((field) => field.includes('20261123:0930-20261123:1600'))).toHaveLength(1)
    expect(es.find((field) => field.startsWith('20261121:'))).toMatch(/;20261122:1700-20261123:1600;/)
  })

  it('gives every exchange of books a group, a number', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    client.send(82)
    await client.settle()
    const [, count, ...fields] = client.of(80)[0] ?? []
    for (let i = 0; i < Number(count); i++) expect(fields[5 * i + 4]).toMatch(/^\d+$/)
  })

  it('gives delayed data with a warning where live ones are not subscribed to', async () => {
    const gateway = await gatewayWith()
    const client = await clientOf(gateway)
    gateway.unsubscribed.add(aapl)
    client.send(1, 11, 1, ...stock, 0, '', 0, 0, '')
    client.send(59, 1, 3)
    client.send(1, 11, 2, ...stock, 0, '', 0, 0, '')
    await client.settle()
    expect(client.errors(354).map((fields) => fields[2])).toEqual(['1'])
    expect(client.errors(10_167).map((fields) => fields[2])).toEqual(['2'])
    expect(new Set(client.of(1).map((fields) => fields[2]))).toEqual(new Set(['2']))
    expect(client.of(1).map((fields) => fields[3])).toContain('66')
  })
})
