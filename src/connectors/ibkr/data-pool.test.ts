import { afterEach, expect, it } from 'vitest'
import { RealTime } from '../../core/real-time.js'
import { TestHost } from '../../testing/test-host.js'
import { TwsGateway } from '../../testing/tws/gateway.js'
import { IbkrDataPool } from './data-pool.js'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})
const until = (condition: () => boolean) => expect.poll(condition, { interval: 5, timeout: 20_000 }).toBe(true)

it('spreads streams over gateways, and moves them when one is lost', async () => {
  const gateways = [await TwsGateway.open({ quoteIntervalMs: 0 }), await TwsGateway.open({ quoteIntervalMs: 0 })]
  open.push(...gateways)
  const [first, second] = gateways as [TwsGateway, TwsGateway]
  const seen = new Map<number, number>()
  const notes: unknown[] = []
  const host = new TestHost({
    time: new RealTime(),
    handlers: {
      onQuotes: ({ quotes }, from, to) => {
        for (let row = from; row < to; row++) seen.set(quotes.instrument[row] as number, quotes.bid[row] as number)
      },
      onNotes: (ring, from, to) => {
        for (let row = from; row < to; row++) notes.push(ring.notes.note[row])
      },
    },
  })
  const symbols = ['AAPL', 'MSFT', 'SPY', 'IBM']
  const pool = new IbkrDataPool({
    gateways: [
      { port: first.port, connections: 2 },
      { port: second.port, connections: 2 },
    ],
    contracts: symbols,
    healthIntervalMs: 0,
  })
  open.push({ close: () => pool.stop() })
  await host.start(pool, 'pool')
  await until(() => pool.members.every(({ isReady }) => isReady))
  for (const symbol of symbols)
    await pool.subscribeTo({ kind: 'quotes', instrument: host.instruments.get(symbol).index })
  expect(pool.members.map(({ streams }) => streams)).toEqual([1, 1, 1, 1])

  await first.close()
  // Both connections to it go, one after the other: a stream may move twice.
  await until(() => pool.moved >= 2 && pool.members.slice(2).reduce((sum, { streams }) => sum + streams, 0) === 4)
  expect(pool.isReady).toBe(true)
  await until(() => notes.filter((note) => (note as { reason?: string }).reason === 'failover').length >= 2)
  for (const { contract } of second.listings) {
    if (!symbols.includes(contract.symbol) || contract.secType !== 'STK') continue
    second.board.quote(contract.conId, 55.5, 55.6, 10)
  }
  await until(() => symbols.every((symbol) => seen.get(host.instruments.get(symbol).index) === 55.5))

  await pool.unsubscribeFrom({ kind: 'quotes', instrument: host.instruments.get('IBM').index })
  expect(pool.members.reduce((sum, { streams }) => sum + streams, 0)).toBe(3)
})

it('tells streams stale that TWS took away at one of its connections, and no other', async () => {
  const gateways = [await TwsGateway.open({ quoteIntervalMs: 0 }), await TwsGateway.open({ quoteIntervalMs: 0 })]
  open.push(...gateways)
  const [first, second] = gateways as [TwsGateway, TwsGateway]
  const host = new TestHost({ time: new RealTime(), handlers: { onQuotes: () => {} } })
  const pool = new IbkrDataPool({
    gateways: [{ port: first.port }, { port: second.port }],
    contracts: ['AAPL', 'MSFT'],
    healthIntervalMs: 0,
    staleAfterMs: 0,
    member: { resubscribeAfterMs: 600_000 },
  })
  open.push({ close: () => pool.stop() })
  const stale: string[] = []
  pool.events.on('stream', ({ instrument, state, reason }) => {
    if (state === 'stale') stale.push(`${host.instruments.at(instrument).symbol} ${reason}`)
  })
  await host.start(pool, 'pool')
  await until(() => pool.members.every(({ isReady }) => isReady))
  for (const symbol of ['AAPL', 'MSFT'])
    await pool.subscribeTo({ kind: 'quotes', instrument: host.instruments.get(symbol).index })
  first.breakFarm()
  await until(() => stale.length > 0)
  second.breakFarm()
  await until(() => stale.length > 1)
  expect(stale).toEqual([expect.stringMatching(/^AAPL .*2103/), expect.stringMatching(/^MSFT .*2103/)])
  expect(pool.isReady).toBe(true)
})

it.each([
  [undefined, 4],
  ['ultra-low-latency', 4],
  ['high-throughput', 1],
] as const)('makes %s profiles of what comes in one piece: %i quotes', async (profile, expected) => {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0 })
  open.push(gateway)
  const quotes: number[][] = []
  const host = new TestHost({
    time: new RealTime(),
    handlers: {
      onQuotes: ({ quotes: rows }, from, to) => {
        for (let row = from; row < to; row++)
          quotes.push([rows.bid, rows.bidSize, rows.ask, rows.askSize].map((column) => column[row] as number))
      },
    },
  })
  const pool = new IbkrDataPool({
    gateways: [{ port: gateway.port }],
    contracts: ['AAPL'],
    healthIntervalMs: 0,
    ...(profile === undefined ? {} : { profile }),
  })
  open.push({ close: () => pool.stop() })
  await host.start(pool, 'pool')
  await pool.subscribeTo({ kind: 'quotes', instrument: host.instruments.get('AAPL').index })
  await until(() => quotes.length > 0)
  quotes.length = 0
  // Price and size of both sides, in one piece: one event of the market is one write.
  gateway.board.quote(265_598, 231.11, 231.19, 7, 9)
  await until(() => quotes.at(-1)?.join() === '231.11,7,231.19,9')
  expect(quotes.length).toBeLessThanOrEqual(expected)
  if (expected > 1) expect(quotes.length).toBeGreaterThan(1)
})

it('has 1 to 32 connections, and takes no orders', () => {
  expect(() => new IbkrDataPool({ gateways: [], contracts: [] })).toThrow('TW_INVALID_CONFIG')
  expect(() => new IbkrDataPool({ gateways: [{ port: 1, connections: 33 }], contracts: [] })).toThrow(
    'TW_INVALID_CONFIG',
  )
  expect(
    new IbkrDataPool({ gateways: [{ port: 1, connections: 32 }], contracts: [] }).capabilities.orders,
  ).toBeUndefined()
})
