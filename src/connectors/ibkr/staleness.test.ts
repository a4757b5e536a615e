/** What the connector says of its streams when servers, farms or a competing session take the data away. */
import { afterEach, describe, expect, it } from 'vitest'
import { RealTime } from '../../core/real-time.js'
import { TestHost } from '../../testing/test-host.js'
import { TwsGateway } from '../../testing/tws/gateway.js'
import { IbkrConnector } from './ibkr-connector.js'
import type { IbkrConnectorOptions } from './ibkr-options.js'

const aapl = 265_598
const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

const until = (condition: () => boolean) => expect.poll(condition, { interval: 2, timeout: 20_000 }).toBe(true)

async function subscribed(options: IbkrConnectorOptions = {}) {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, messagesPerSecond: 10_000 })
  open.push(gateway)
  const seen = { quotes: 0, reasons: [] as string[], states: [] as string[] }
  const host = new TestHost({
    time: new RealTime(),
    handlers: {
      onQuotes: (_ring, from, to) => {
        seen.quotes += to - from
      },
      onNotes: ({ notes }, from, to) => {
        for (let row = from; row < to; row++) seen.reasons.push((notes.note[row] as { reason: string }).reason)
      },
    },
  })
  const connector = new IbkrConnector({
    port: gateway.port,
    clientId: 5,
    contracts: ['AAPL'],
    readOnly: true,
    healthIntervalMs: 0,
    // Nothing is stale by its age here.
    staleAfterMs: 0,
    ...options,
  })
  open.push({ close: () => connector.stop() })
  connector.events.on('stream', ({ state, reason }) =>
    seen.states.push(reason === undefined ? state : `${state}: ${reason}`),
  )
  await host.start(connector)
  const subscription = { kind: 'quotes', instrument: host.instruments.get('AAPL').index } as const
  await connector.subscribeTo(subscription)
  await until(() => connector.streams[0]?.state === 'live')
  seen.states.length = 0
  const quote = () => gateway.board.quote(aapl, 228 + seen.quotes / 100, 229, 7)
  return { gateway, host, connector, subscription, seen, quote }
}

describe('streams', () => {
  it.each([
    [1_100, true],
    [1_101, true],
    [2_103, true],
    [2_110, true],
    [10_197, true],
    [1_102, false],
    [2_104, false],
  ])('are stale at once after %i, and live again with the next tick', async (code, isLost) => {
    const { gateway, connector, seen, quote } = await subscribed({ resubscribeAfterMs: 600_000 })
    const codes: number[] = []
    connector.notices.on('notice', (notice) => codes.push(notice.code))
    gateway.announce(code, 'usfarm')
    await until(() => seen.states.length > 0)
    expect(seen.states[0]).toMatch(new RegExp(`^stale: .*TWS.*${code}`))
    await until(() => connector.streams[0]?.state === 'stale' || code === 1_101)
    if (isLost) await until(() => seen.reasons.includes('lost'))
    else expect(seen.reasons).not.toContain('lost')
    if (code === 1_101) await until(() => seen.reasons.includes('missing'))
    seen.reasons.length = 0
    // The servers say it again: one note is enough.
    gateway.announce(2_103, 'usfarm')
    gateway.announce(1_100)
    gateway.announce(399)
    await until(() => codes.includes(399))
    const expected = isLost && code !== 1_101 ? 0 : 1
    await until(() => seen.reasons.filter((reason) => reason === 'lost').length === expected)
    const before = seen.quotes
    quote()
    await until(() => seen.quotes > before && connector.streams[0]?.state === 'live')
    expect(connector.isReady).toBe(true)
  })

  it('are tried again until TWS gives them back, and not when nobody wants them any more', async () => {
    const { gateway, connector, subscription, seen, quote } = await subscribed({ resubscribeAfterMs: 20 })
    const problems: string[] = []
    connector.events.on('error', ({ error }) => problems.push(String(error)))
    gateway.unsubscribed.add(aapl)
    gateway.breakFarm()
    gateway.restoreFarm('usfarm', { staysDead: true })
    await until(() => problems.filter((text) => text.includes('354')).length >= 2)
    expect(connector.streams[0]?.state).toBe('stale')
    gateway.unsubscribed.delete(aapl)
    await until(() => connector.streams[0]?.state === 'live')
    expect(seen.reasons).toContain('missing')
    const before = seen.quotes
    quote()
    await until(() => seen.quotes > before)

    gateway.unsubscribed.add(aapl)
    gateway.restoreFarm('usfarm', { staysDead: true })
    const count = problems.length
    await until(() => problems.length > count)
    await connector.unsubscribeFrom(subscription)
    gateway.unsubscribed.delete(aapl)
    const { dataRequests } = gateway.counters
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(gateway.counters.dataRequests).toBe(dataRequests)
    for (const session of gateway.sessions) expect(session.streams.count).toBe(0)
  })

  it('that TWS ends by itself are told, and asked for anew', async () => {
    const { gateway, connector, seen } = await subscribed({ resubscribeAfterMs: 20 })
    const { dataRequests } = gateway.counters
    for (const session of gateway.sessions) {
      session.streams.clear()
      session.error(1_500_000_000 + 0, 10_197)
      for (let id = 1_500_000_001; id < 1_500_000_010; id++) session.error(id, 10_197)
    }
    await until(() => seen.states.some((state) => state.startsWith('stale')))
    await until(() => gateway.counters.dataRequests > dataRequests && connector.streams[0]?.state === 'live')
  })
})
