/** The connector over a link that is slow, and what it does about an order that TWS refused and works all the same. */
import { afterEach, expect, it } from 'vitest'
import { RealTime } from '../../core/real-time.js'
import { TestHost } from '../../testing/test-host.js'
import { TwsGateway } from '../../testing/tws/gateway.js'
import { IbkrConnector } from './ibkr-connector.js'
import type { IbkrConnectorOptions } from './ibkr-options.js'

const aapl = 265_598
const account = 'DU1234567'
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

const until = (condition: () => boolean) => expect.poll(condition, { interval: 5, timeout: 20_000 }).toBe(true)

async function connected(gateway: TwsGateway, options: IbkrConnectorOptions = {}) {
  let bid = Number.NaN
  const host = new TestHost({
    time: new RealTime(),
    handlers: {
      onQuotes: ({ quotes }, _from, to) => {
        bid = quotes.bid[to - 1] as number
      },
    },
  })
  const connector = new IbkrConnector({ port: gateway.port, contracts: ['AAPL'], healthIntervalMs: 0, ...options })
  open.push({ close: () => connector.stop() })
  const problems: string[] = []
  connector.events.on('error', ({ error }) => problems.push(String(error)))
  await host.start(connector)
  const submit = () =>
    host.submit(connector, { symbol: 'AAPL', side: 'buy', type: 'LIMIT', quantity: 10, price: '100', account })
  return { host, connector, problems, submit, kinds: (order: number) => host.reports.kinds(order), bid: () => bid }
}

async function gatewayWith(): Promise<TwsGateway> {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account], messagesPerSecond: 10_000 })
  open.push(gateway)
  return gateway
}

it('connects, streams and trades over a slow link, and finds out when it is too slow to be trusted', async () => {
  const gateway = await gatewayWith()
  gateway.slow({ delayMs: 25, bytesPerSecond: 200_000 })
  const { host, connector, submit, kinds, bid } = await connected(gateway, {
    healthIntervalMs: 100,
    probeTimeoutMs: 2_500,
    reconnect: { firstDelayMs: 5, maxDelayMs: 20 },
  })
  await connector.subscribeTo({ kind: 'quotes', instrument: host.instruments.get('AAPL').index })
  gateway.board.quote(aapl, 228.25, 228.26, 9)
  await until(() => bid() === 228.25)
  const number = submit()
  // A cancel that overtakes nothing.
  host.cancel(connector, number)
  await until(() => kinds(number).includes('canceled'))
  expect(kinds(number)).toEqual(['accepted', 'canceled'])
  expect(host.disconnects).toEqual([])
  const { epoch } = connector
  gateway.slow({ delayMs: 8_000 })
  await until(() => host.disconnects.length > 0)
  expect(() => submit()).toThrow(/TW_NOT_READY|TW_NOT_CONNECTED/)
  gateway.slow({ delayMs: 0 })
  await until(() => connector.isReady && connector.epoch > epoch)
})

it('tells of an order that TWS refused and works all the same, and its fills', async () => {
  const gateway = await gatewayWith()
  const { submit, kinds, problems } = await connected(gateway)
  gateway.tamper = (way, session, fields) => {
    if (way === 'in' && Number(fields[0]) === 3) session.error(Number(fields[1]), 201, 'a warning in disguise')
    return 'pass'
  }
  const number = submit()
  await until(() => kinds(number).includes('accepted'))
  expect(kinds(number)).toEqual(['rejected', 'accepted'])
  expect(problems).toEqual([expect.stringMatching(/refused order \d+ and works it all the same/)])
  gateway.board.quote(aapl, 99.98, 99.99, 400)
  await until(() => kinds(number).includes('filled'))
})
