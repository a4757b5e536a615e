/**
 * Thirteen defects of @stoqey/ib 1.6.10. Each test shows the defect on the bare library first, so that it says something, and
 * then that it does not reach through the connector. Both speak to the same simulated gateway.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Contract, EventName, IBApi, OrderAction, OrderType, SecType, TimeInForce } from '@stoqey/ib'
import { afterEach, describe, expect, it } from 'vitest'
import { RealTime } from '../../core/real-time.js'
import type { RingHandlers } from '../../ring/kinds.js'
import { TestHost } from '../../testing/test-host.js'
import { frameOf } from '../../testing/tws/frames.js'
import { TwsGateway, type TwsGatewayOptions } from '../../testing/tws/gateway.js'
import { IbkrConnector } from './ibkr-connector.js'
import type { IbkrConnectorOptions } from './ibkr-options.js'
import type { IbkrNotice } from './notices.js'

const open: { close(): unknown }[] = []
const aapl: Contract = { symbol: 'AAPL', secType: SecType.STK, exchange: 'SMART', currency: 'USD' }
const account = 'DU1234567'
const aaplId = 265_598

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

async function gatewayWith(options: TwsGatewayOptions = {}): Promise<TwsGateway> {
  const gateway = await TwsGateway.open({
    quoteIntervalMs: 0,
    accounts: [account],
    messagesPerSecond: 10_000,
    ...options,
  })
  open.push(gateway)
  return gateway
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const until = (condition: () => boolean) => expect.poll(condition, { interval: 2, timeout: 20_000 }).toBe(true)

/** The library as it comes, ready. */
async function bare(
  gateway: TwsGateway,
  options: Record<string, unknown> = {},
): Promise<{ ib: IBApi; nextId: () => number }> {
  const ib = new IBApi({ host: '127.0.0.1', port: gateway.port, clientId: 90, maxReqPerSec: 10_000, ...options })
  open.push({ close: () => ib.disconnect() })
  let next = 0
  ib.on(EventName.nextValidId, (id) => {
    next = Math.max(next, id)
  })
  ib.on(EventName.error, () => {})
  ib.connect()
  await until(() => next > 0)
  return { ib, nextId: () => next++ }
}

const limit = (quantity = 10) => ({
  account,
  action: OrderAction.BUY,
  orderType: OrderType.LMT,
  totalQuantity: quantity,
  lmtPrice: 100,
  tif: TimeInForce.DAY,
  transmit: true,
})

async function connectorTo(
  gateway: TwsGateway,
  options: IbkrConnectorOptions = {},
  handlers: RingHandlers = { onQuotes: () => {} },
) {
  const host = new TestHost({ time: new RealTime(), handlers })
  const connector = new IbkrConnector({
    port: gateway.port,
    clientId: 5,
    contracts: ['AAPL'],
    reconnect: { firstDelayMs: 5, maxDelayMs: 20 },
    resubscribeAfterMs: 60,
    healthIntervalMs: 0,
    ...options,
  })
  open.push({ close: () => connector.stop() })
  const notices: IbkrNotice[] = []
  const problems: string[] = []
  connector.notices.on('notice', (notice) => notices.push(notice))
  connector.events.on('error', ({ error }) => problems.push(String(error)))
  await host.start(connector)
  const order = () => host.submit(connector, { symbol: 'AAPL', side: 'buy', quantity: 10, price: '100', account })
  return { host, connector, notices, problems, order }
}

const ordersAt = (gateway: TwsGateway, clientId: number) =>
  gateway.orders.orders.filter((order) => order.clientId === clientId)

describe('defects of @stoqey/ib', () => {
  it('1: an order placed while the connection is down is not sent later', async () => {
    const gateway = await gatewayWith()
    const { ib, nextId } = await bare(gateway)
    gateway.cut()
    await until(() => !ib.isConnected)
    ib.placeOrder(nextId(), aapl, limit())
    ib.connect()
    await until(() => ordersAt(gateway, 90).length === 1)

    const { connector, order } = await connectorTo(gateway)
    gateway.cut()
    await until(() => !connector.isReady)
    expect(order).toThrow(/TW_NOT_READY|TW_NOT_CONNECTED/)
    await until(() => connector.isReady)
    await pause(50)
    expect(ordersAt(gateway, 5)).toHaveLength(0)
  })

  it('2: nothing that waited survives a lost connection', async () => {
    const gateway = await gatewayWith()
    const { ib, nextId } = await bare(gateway, { maxReqPerSec: 40 })
    // Enough for five seconds: what was on its way when the line broke is lost, what waited comes later.
    for (let i = 0; i < 200; i++) ib.placeOrder(nextId(), aapl, limit())
    await until(() => ordersAt(gateway, 90).length >= 4)
    gateway.cut()
    await until(() => !ib.isConnected)
    const before = ordersAt(gateway, 90).length
    ib.connect()
    await until(() => ordersAt(gateway, 90).length > before)

    const { connector, order } = await connectorTo(gateway)
    await pause(1_100)
    for (let i = 0; i < 20; i++) order()
    gateway.cut()
    await until(() => !connector.isReady)
    const arrived = ordersAt(gateway, 5).length
    await until(() => connector.isReady)
    await pause(200)
    expect(ordersAt(gateway, 5)).toHaveLength(arrived)
  })

  it('3: a line that is half open is found out', async () => {
    const gateway = await gatewayWith()
    const { ib } = await bare(gateway)
    gateway.silence()
    await pause(300)
    expect(ib.isConnected).toBe(true)

    const { connector, host } = await connectorTo(gateway, { healthIntervalMs: 100, probeTimeoutMs: 500 })
    const { epoch } = connector
    gateway.silence()
    await until(() => host.disconnects.length > 0)
    await until(() => connector.epoch > epoch && connector.isReady)
  })

  it('4: connected is not ready: not before the next id, and not on a session that is refused', async () => {
    const gateway = await gatewayWith()
    const { connector } = await connectorTo(gateway, { clientId: 6 })
    expect(connector.isReady).toBe(true)
    const ib = new IBApi({ host: '127.0.0.1', port: gateway.port, clientId: 6, maxReqPerSec: 1_000 })
    open.push({ close: () => ib.disconnect() })
    let saidConnected = false
    let gotId = false
    ib.on(EventName.connected, () => {
      saidConnected = true
    })
    ib.on(EventName.nextValidId, () => {
      gotId = true
    })
    ib.on(EventName.error, () => {})
    ib.connect()
    await until(() => saidConnected)
    await pause(50)
    expect(gotId).toBe(false)

    const host = new TestHost({ time: new RealTime() })
    const second = new IbkrConnector({
      port: gateway.port,
      clientId: 6,
      reconnect: { firstDelayMs: 5, maxDelayMs: 20, maxAttempts: 3 },
    })
    const states: string[] = []
    second.events.on('state', ({ to }) => states.push(to))
    await expect(host.start(second)).rejects.toThrow(/326/)
    expect(states).not.toContain('ready')
    expect(states).not.toContain('reconciling')
  })

  it('5: what comes without an id is told, each by its class', async () => {
    const gateway = await gatewayWith()
    const { ib } = await bare(gateway)
    const errors: number[] = []
    ib.on(EventName.error, (_error, code) => errors.push(code))
    const { notices, connector } = await connectorTo(gateway)
    for (const code of [1100, 1102, 2103, 2104, 2110, 100]) gateway.announce(code)
    await until(() => notices.some(({ code }) => code === 100))
    expect(errors).toEqual([])
    const classes = Object.fromEntries(notices.map((notice) => [notice.code, notice.class]))
    expect(classes).toMatchObject({
      1100: 'connectivity',
      1102: 'connectivity',
      2103: 'connectivity',
      2104: 'information',
      2110: 'connectivity',
      100: 'warning',
    })
    expect(connector.isReady).toBe(true)
  })

  it('6: after 1101 every stream is asked for again', async () => {
    const gateway = await gatewayWith()
    const { ib } = await bare(gateway)
    let ticks = 0
    ib.on(EventName.tickPrice, () => ticks++)
    ib.reqMktData(1, aapl, '', false, false)
    await until(() => ticks > 0)
    let quotes = 0
    const { connector, host } = await connectorTo(
      gateway,
      {},
      {
        onQuotes: (_ring, from, to) => {
          quotes += to - from
        },
      },
    )
    await connector.subscribeTo({ kind: 'quotes', instrument: host.instruments.get('AAPL').index })
    gateway.loseServers()
    gateway.restoreServers(true)
    await pause(100)
    const [ticksBefore, quotesBefore] = [ticks, quotes]
    gateway.board.quote(aaplId, 228, 228.01, 7)
    await until(() => quotes > quotesBefore)
    expect(ticks).toBe(ticksBefore)
  })

  it('7: the size of a bid is not lost', async () => {
    const gateway = await gatewayWith()
    gateway.tamper = (way, _session, fields) => (way === 'out' && fields[0] === 2 ? 'drop' : 'pass')
    const { ib } = await bare(gateway)
    const sizes: number[] = []
    ib.on(EventName.tickSize, (_id, type) => sizes.push(type as number))
    let bidSize = Number.NaN
    const { connector, host } = await connectorTo(
      gateway,
      {},
      {
        onQuotes: ({ quotes }, from, to) => {
          for (let row = from; row < to; row++) bidSize = quotes.bidSize[row] as number
        },
      },
    )
    ib.reqMktData(1, aapl, '', false, false)
    await connector.subscribeTo({ kind: 'quotes', instrument: host.instruments.get('AAPL').index })
    gateway.board.quote(aaplId, 228.05, 228.09, 77)
    await until(() => bidSize === 77)
    expect(sizes).toContain(3)
    expect(sizes).not.toContain(0)
  })

  it('8: a malformed advanced reject throws nothing and costs no message', async () => {
    const gateway = await gatewayWith()
    const { ib, nextId } = await bare(gateway)
    const thrown: unknown[] = []
    const decoder = (ib as unknown as { controller: { decoder: { process(): void } } }).controller.decoder
    const process = decoder.process.bind(decoder)
    decoder.process = () => {
      try {
        process()
      } catch (error) {
        thrown.push(error)
      }
    }
    gateway.advancedReject = '{"broken'
    gateway.orders.rejectNext = 'because'
    ib.placeOrder(nextId(), aapl, limit())
    await until(() => thrown.length === 1)
    expect(thrown[0]).toBeInstanceOf(SyntaxError)

    const { host, notices, order, problems, connector } = await connectorTo(gateway)
    gateway.advancedReject = '{"broken'
    gateway.orders.rejectNext = 'because'
    const first = order()
    const second = order()
    await until(() => host.reports.kinds(second).includes('accepted'))
    expect(host.reports.kinds(first)).toEqual(['rejected'])
    expect(notices.find(({ code }) => code === 201)?.advancedReject).toBe('{"broken')
    expect(problems).toEqual([])
    expect(connector.isReady).toBe(true)
  })

  it('9: a listener that throws holds nothing up', async () => {
    const gateway = await gatewayWith()
    const { host, connector, order } = await connectorTo(gateway)
    connector.notices.on('notice', () => {
      throw new Error('a listener of the host')
    })
    connector.events.on('error', () => {
      throw new Error('another')
    })
    gateway.announce(2_104, 'usfarm')
    const number = order()
    await until(() => host.reports.kinds(number).includes('accepted'))
    expect(connector.notices.listenerErrors).toBeGreaterThan(0)
    expect(connector.isReady).toBe(true)

    const { ib } = await bare(gateway)
    const socket = (ib as unknown as { controller: { socket: { onData(chunk: Uint8Array): void } } }).controller.socket
    let times = 0
    ib.on(EventName.info, () => {
      throw new Error('a listener of the host')
    })
    ib.on(EventName.currentTime, () => times++)
    const chunk = Buffer.concat([frameOf([4, 2, -1, 2104, 'ok', '']), frameOf([49, 1, 1_700_000_000])])
    expect(() => socket.onData(chunk)).toThrow('a listener of the host')
    expect(times).toBe(0)
  })

  it('10: 64-bit ids and long decimals keep every digit', async () => {
    const gateway = await gatewayWith({ firstPermId: '9007199254740993123' })
    const { ib, nextId } = await bare(gateway)
    let permId: unknown
    ib.on(EventName.orderStatus, (_id, _status, _filled, _remaining, _average, perm) => {
      permId = perm
    })
    ib.placeOrder(nextId(), aapl, limit())
    await until(() => permId !== undefined)
    expect(String(permId)).not.toBe('9007199254740993123')

    const { host, connector } = await connectorTo(gateway, {
      contracts: ['AAPL', { symbol: 'BTC', secType: 'CRYPTO', exchange: 'PAXOS', currency: 'USD' }],
    })
    const number = host.submit(connector, {
      symbol: 'BTC.USD',
      side: 'buy',
      quantity: '0.12345678',
      price: '90000.25',
      account,
    })
    await until(() => host.reports.kinds(number).includes('accepted'))
    const [reported] = await connector
      .queryOrders()
      .then((all) => all.filter(({ clientOrderId }) => clientOrderId !== undefined))
    expect(reported).toMatchObject({ venueOrderId: '9007199254740993124', quantityUnits: 12_345_678 })
    expect(ordersAt(gateway, 5)[0]?.fields).toMatchObject({ totalQuantity: '0.12345678', lmtPrice: '90000.25' })
  })

  it('11: a refused connection is one failed attempt, a lost one says why', async () => {
    const gateway = await gatewayWith()
    const { connector, host } = await connectorTo(gateway)
    const failures: string[] = []
    connector.events.on('reconnecting', ({ error }) => failures.push(String(error)))
    gateway.refuse(true)
    gateway.cut()
    await until(() => failures.length >= 2)
    gateway.refuse(false)
    await until(() => connector.isReady)
    expect(host.disconnects).toHaveLength(1)
    expect(host.disconnects[0]).not.toBe('')
    expect(connector.statistics.failedConnects).toBe(failures.length)

    const { port } = gateway
    await gateway.close()
    const ib = new IBApi({ host: '127.0.0.1', port, clientId: 91, maxReqPerSec: 1_000 })
    const told: string[] = []
    ib.on(EventName.error, () => told.push('error'))
    ib.on(EventName.disconnected, () => told.push('disconnected'))
    ib.connect()
    await until(() => told.length === 2)
    expect(told.sort()).toEqual(['disconnected', 'error'])
  })

  it('12: the environment of the host stays as it is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tradewire-env-'))
    open.push({ close: () => rmSync(folder, { recursive: true }) })
    writeFileSync(join(folder, '.env'), 'SECRET_OF_THE_HOST=leaked\n')
    const library = JSON.stringify(createRequire(import.meta.url).resolve('@stoqey/ib'))
    const secretAfter = (options: string) =>
      execFileSync(
        process.execPath,
        ['-e', `new (require(${library}).IBApi)(${options}); console.log(process.env.SECRET_OF_THE_HOST)`],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      ).trim()
    expect(secretAfter('')).toMatch(/leaked$/)
    // What the transport passes.
    expect(secretAfter('{ host: "127.0.0.1", port: 1, clientId: 1, maxReqPerSec: 1000000 }')).toBe('undefined')
    const before = { ...process.env }
    await connectorTo(await gatewayWith())
    expect(process.env).toEqual(before)
  })

  it('13: unknown messages are passed over in silence', async () => {
    const gateway = await gatewayWith()
    const { ib } = await bare(gateway)
    const codes: number[] = []
    ib.on(EventName.error, (_error, code) => codes.push(code))
    const { problems, notices, connector } = await connectorTo(gateway)
    const before = notices.length
    for (const session of gateway.sessions) session.sendRaw(frameOf([108, 1, 'new', 'in', 'a', 'later', 'version']))
    await until(() => codes.length > 0)
    expect(new Set(codes)).toEqual(new Set([505]))
    await connector.queryOrders()
    expect(problems).toEqual([])
    expect(notices).toHaveLength(before)
  })
})
