import { afterEach, expect, it } from 'vitest'
import { RealTime } from '../../core/real-time.js'
import { TestHost } from '../../testing/test-host.js'
import { TwsGateway } from '../../testing/tws/gateway.js'
import type { IbkrAccountValue, IbkrHolding, IbkrPnl, IbkrPositionPnl } from './account-streams.js'
import { IbkrConnector } from './ibkr-connector.js'

const aapl = 265_598
const account = 'DU1234567'
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

const until = (condition: () => boolean) => expect.poll(condition, { interval: 5, timeout: 20_000 }).toBe(true)

it('tells values, holdings and profits, over reconnects and after lost data, until it is stopped', async () => {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account], messagesPerSecond: 10_000 })
  open.push(gateway)
  const host = new TestHost({ time: new RealTime() })
  const connector = new IbkrConnector({
    port: gateway.port,
    contracts: ['AAPL'],
    healthIntervalMs: 0,
    reconnect: { firstDelayMs: 5, maxDelayMs: 20 },
  })
  open.push({ close: () => connector.stop() })
  await host.start(connector)
  const { account: streams } = connector
  const seen = { values: [] as IbkrAccountValue[], holdings: [] as IbkrHolding[] }
  const pnl: IbkrPnl[] = []
  const single: IbkrPositionPnl[] = []
  streams.events.on('value', (value) => seen.values.push(value))
  streams.events.on('holding', (holding) => seen.holdings.push(holding))
  streams.events.on('pnl', (each) => pnl.push(each))
  streams.events.on('positionPnl', (each) => single.push(each))

  gateway.board.quote(aapl, 99.99, 100, 1_000)
  const order = { symbol: 'AAPL', type: 'MARKET', account } as const
  host.submit(connector, { ...order, side: 'buy', quantity: 100 })
  await until(() => gateway.orders.executions.length === 1)
  gateway.board.quote(aapl, 103, 103.01, 1_000)
  const stops = [streams.watchValues(account), streams.watchPnl(account), streams.watchPositionPnl(account, aapl)]
  await until(() => seen.holdings.length > 0 && pnl.length > 0 && single.length > 0)
  host.submit(connector, { ...order, side: 'sell', quantity: 40 })
  await until(() => streams.holdings(account)[0]?.quantity === '60')
  expect(streams.holdings(account)).toMatchObject([
    { conId: aapl, symbol: 'AAPL', currency: 'USD', price: 103, averageCost: 100, unrealized: 180, realized: 120 },
  ])
  expect(streams.values(account).find(({ key }) => key === 'RealizedPnL')?.value).toBe('120.00')

  for (const isCut of [true, false]) {
    const { epoch } = connector
    const counts = [seen.values.length, pnl.length, single.length]
    if (isCut) gateway.cut()
    else gateway.announce(1_101)
    await until(() => connector.isReady && connector.epoch === epoch + (isCut ? 1 : 0))
    await until(() => [seen.values.length, pnl.length, single.length].every((count, i) => count > (counts[i] ?? 0)))
    expect(pnl.at(-1)).toEqual({ account, daily: 300, unrealized: 180, realized: 120 })
    expect(single.at(-1)).toMatchObject({ conId: aapl, quantity: '60', realized: 120, value: 6_180 })
  }

  for (const stop of stops) stop()
  const [session] = gateway.sessions
  await until(() => session?.pnl.size === 0 && session.pnlSingle.size === 0 && session.accountUpdates === '')
  await connector.stop()
  expect(() => streams.watchPnl(account)).toThrow(/TW_NOT_READY/)
})
