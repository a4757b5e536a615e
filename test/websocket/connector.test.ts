/** What a WebSocket connector does with venues that misbehave, and with hosts that are slow. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocketConnector, type WebSocketConnectorOptions } from '../../src/connectors/websocket/index.js'
import { RealTime } from '../../src/core/real-time.js'
import type { RingHandlers } from '../../src/ring/kinds.js'
import { TestHost } from '../../src/testing/test-host.js'
import { SmallVenue, smallFeed } from './small-venue.js'

let venue: SmallVenue
let connector: WebSocketConnector | undefined
beforeEach(async () => {
  venue = await new SmallVenue().open()
})
afterEach(async () => {
  await connector?.stop()
  connector = undefined
  await venue.close()
})

async function start(
  options: Partial<WebSocketConnectorOptions> = {},
  handlers: RingHandlers = { onTrades: () => {} },
  ringCapacity = 1_024,
) {
  connector = new WebSocketConnector({
    url: venue.url,
    feed: smallFeed,
    reconnect: { firstDelayMs: 5, maxDelayMs: 20 },
    ...options,
  })
  const host = new TestHost({ time: new RealTime(), handlers, ringCapacity })
  await host.start(connector)
  await connector.subscribeTo({ kind: 'trades', instrument: 0 })
  return { connector, host }
}

const later = (what: () => unknown) => expect.poll(what, { timeout: 10_000 })

describe('messages', () => {
  it('that are no JSON, of no instrument or with fields that are no numbers are problems; the connection stays', async () => {
    const prices: number[] = []
    const { connector, host } = await start(
      {
        feed: {
          ...smallFeed,
          receive(message, out) {
            if ((message as { s?: string }).s !== undefined)
              out.trade((message as { s: string }).s, { price: 1, size: 1 })
            else smallFeed.receive(message, out)
          },
        },
      },
      {
        onTrades: ({ trades }, from, to) => {
          for (let row = from; row < to; row++) prices.push(trades.price[row])
        },
      },
    )
    const problems: string[] = []
    connector.events.on('error', ({ error }) => problems.push((error as Error).message))
    venue.garbage()
    venue.tell(undefined, { s: 'NOPE' })
    venue.tell('trades', { t: ['1O0', '5'] })
    venue.tell('trades', { t: ['100', '-5'] })
    venue.tell('trades', { t: ['', '5'] })
    venue.tell('trades', { t: ['101.5', '5'] })
    await later(() => prices).toEqual([101.5])
    expect(problems).toHaveLength(5)
    expect(problems.slice(1)).toEqual([
      expect.stringContaining('NOPE, which is none of its instruments'),
      expect.stringContaining('price must be a number or a decimal as text, got 1O0'),
      expect.stringContaining('size must be a size from 0, got -5'),
      expect.stringContaining('price must be'),
    ])
    expect(connector.epoch).toBe(1)
    expect(host.disconnects).toEqual([])
  })

  it('longer than allowed end the connection, and it is made anew', async () => {
    const { connector, host } = await start({ maxMessageBytes: 1_000 })
    venue.tell(undefined, JSON.stringify({ pad: 'x'.repeat(2_000) }))
    await later(() => [connector.epoch, connector.state]).toEqual([2, 'ready'])
    expect(host.disconnects).toEqual([expect.stringContaining('Max payload size exceeded')])
    await later(() => venue.requests.filter(({ op }) => op === 'sub').length).toBe(2)
  })

  it('with a number missing are counted and marked', async () => {
    const notes: object[] = []
    const { connector } = await start(
      {},
      {
        onNotes: (ring, from, to) => {
          for (let row = from; row < to; row++) notes.push(ring.notes.note[row] as object)
        },
      },
    )
    for (const n of [7, 8, 11]) venue.tell('trades', { n, t: ['100', '1'] })
    await later(() => notes).toMatchObject([{ kind: 'discontinuity', missing: 2, reason: 'missing' }])
    expect(connector.statistics).toMatchObject({ gaps: 1, missed: 2 })
  })
})

describe('a number that is missing', () => {
  it.each<[kind: 'trades' | undefined, asked: string[]]>([
    [undefined, ['sub', 'unsub', 'sub']],
    ['trades', ['sub']],
  ])('in a stream of %s asks for books anew where they may be among what is lost', async (kind, asked) => {
    const streams: string[] = []
    const { connector } = await start(
      {
        feed: {
          ...smallFeed,
          data: ['trades', 'book'],
          receive(message, out) {
            const { b, s, ...rest } = message as { b?: string; s?: number }
            if (s !== undefined) out.sequence('line', s, 'ACME', kind)
            if (b !== undefined) out.book('ACME', { isSnapshot: s === undefined, bids: [[b, '1']], asks: [] })
            smallFeed.receive(rest, out)
          },
        },
      },
      {
        onNotes: ({ notes }, from, to) => {
          for (let row = from; row < to; row++) streams.push((notes.note[row] as { stream: string }).stream)
        },
      },
    )
    await connector.subscribeTo({ kind: 'book', instrument: 0 })
    venue.tell('book', { b: '100' })
    for (const n of [1, 2, 5]) venue.tell('book', { s: n, b: '101' })
    const requests = () => venue.requests.filter((request) => request.kind === 'book').map(({ op }) => op)
    await later(() => streams.length).toBeGreaterThan(0)
    await later(requests).toEqual(asked)
    expect(streams).toEqual(kind === undefined ? ['all', 'book'] : ['trades'])
  })
})

describe('a strategy that is too slow', () => {
  it('loses nothing: the connector stops reading until there is room', async () => {
    const total = 20_000
    let isOpen = false
    const sizes: number[] = []
    const { connector, host } = await start(
      { maxWaiting: 5_000, healthIntervalMs: 0 },
      {
        onTrades: ({ trades }, from, to) => {
          for (let row = from; row < to; row++) sizes.push(trades.size[row])
        },
      },
      256,
    )
    const drain = host.drain.bind(host)
    host.drain = () => {
      if (isOpen) drain()
    }
    for (let i = 0; i < total; i++) venue.tell('trades', { t: ['100', String(i)] })
    await later(() => host.market.refused > 0).toBe(true)
    isOpen = true
    await later(() => sizes.length).toBe(total)
    expect(sizes.every((size, index) => size === index)).toBe(true)
    expect(connector.epoch).toBe(1)
  })

  it('ends the connection when even the waiting room is full', async () => {
    const { connector, host } = await start({ maxWaiting: 10, healthIntervalMs: 0 }, { onTrades: () => {} }, 256)
    host.drain = () => {}
    for (let i = 0; i < 5_000; i++) venue.tell('trades', { t: ['100', String(i)] })
    await later(() => host.disconnects[0]).toContain('wait for a strategy that is too slow')
    expect(connector.epoch).toBeGreaterThan(0)
  })
})

describe('streams', () => {
  it('that the venue refuses say so, and do not stand', async () => {
    const { connector } = await start()
    venue.refused.add('quotes')
    await expect(connector.subscribeTo({ kind: 'quotes', instrument: 0 })).rejects.toMatchObject({
      code: 'TW_NOT_SUPPORTED',
      message: expect.stringContaining('not here'),
    })
    expect(connector.subscriptions).toEqual([{ kind: 'trades', instrument: 0 }])
  })
})

describe('half-open lines', () => {
  it('are found by pings', async () => {
    const { connector, host } = await start({ healthIntervalMs: 20, probeTimeoutMs: 50 })
    venue.silence()
    await later(() => [connector.epoch, connector.state]).toEqual([2, 'ready'])
    expect(host.disconnects).toEqual([expect.stringContaining('health check failed')])
  })
})

describe('options', () => {
  const refused = (options: Partial<WebSocketConnectorOptions>) => () =>
    new WebSocketConnector({ url: 'wss://example.test', feed: smallFeed, ...options })

  it.each([
    ['an address that is none', { url: 'example' }, 'url must be an address'],
    ['another protocol', { url: 'http://example.test' }, 'wss:// or ws://'],
    ['plain text to another machine', { url: 'ws://example.test' }, 'neither private nor proven'],
    ['credentials in the address', { url: 'wss://me:secret@example.test' }, 'must not hold credentials'],
    ['an unknown name', { maxBytes: 1 } as object, 'maxBytes is not an option'],
    ['no room', { maxWaiting: 0 }, 'maxWaiting must be'],
    ['a feed without instruments', { feed: { ...smallFeed, instruments: [] } }, 'feed.instruments'],
    ['no feed', { feed: undefined as never }, 'feed must be a WebSocketFeed'],
  ])('refuse %s', (_, options, message) => {
    expect(refused(options)).toThrow(message)
  })

  it('allow plain text to another machine where asked for', () => {
    expect(refused({ url: 'ws://example.test', allowPlain: true })).not.toThrow()
  })
})
