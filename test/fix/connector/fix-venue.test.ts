/** The FIX venue and the connector together over real sockets: TLS, drop copy, mass cancel, market data that breaks. */
import { afterEach, describe, expect, it } from 'vitest'
import type { FixConnectorOptions } from '../../../src/connectors/fix/connector/connector-options.js'
import { FixConnector } from '../../../src/connectors/fix/connector/fix-connector.js'
import { fingerprintOf, selfSigned } from '../../../src/core/certificate.test-support.js'
import { RealTime } from '../../../src/core/real-time.js'
import { sleep } from '../../../src/core/time.js'
import { FixVenue, type FixVenueOptions, type FixVenueSession } from '../../../src/gateways/fix-venue/index.js'
import type { RingHandlers } from '../../../src/ring/kinds.js'
import { testShare } from '../../../src/testing/builders.js'
import { TestHost } from '../../../src/testing/test-host.js'

const time = new RealTime()
const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const beginString = 'FIX.4.4'
const me: FixVenueSession = {
  beginString,
  senderCompId: 'VENUE',
  targetCompId: 'ME',
  accounts: ['PAPER'],
  logoutTimeoutMs: 200,
}
const buy = { symbol: 'IBM', side: 'buy', quantity: 100, price: '99' } as const

async function openVenue(options: Partial<FixVenueOptions> = {}): Promise<FixVenue> {
  const venue = await FixVenue.open({ time, instruments: [testShare], sessions: [me], ...options })
  cleanups.push(() => venue.close())
  venue.quote('IBM', 99.5, 100.5, 1_000)
  return venue
}

async function connect(
  venue: FixVenue,
  more: Partial<FixConnectorOptions> = {},
  handlers?: RingHandlers,
): Promise<{ host: TestHost<RealTime>; connector: FixConnector }> {
  const connector = await FixConnector.of('FIX.4.4', {
    session: { beginString, senderCompId: 'ME', targetCompId: 'VENUE', logoutTimeoutMs: 200 },
    endpoints: [{ host: '127.0.0.1', port: venue.port }],
    instruments: [testShare],
    environment: 'simulated',
    connection: { healthIntervalMs: 0, connectTimeoutMs: 1_000, reconnect: { firstDelayMs: 10, maxAttempts: 2 } },
    ...more,
  })
  const host = new TestHost<RealTime>({ time, ...(handlers === undefined ? {} : { handlers }) })
  cleanups.push(() => connector[Symbol.asyncDispose]())
  await host.start(connector)
  return { host, connector }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (condition()) return
    await sleep(time, 10)
  }
  throw new Error(`${what}: did not happen`)
}

describe('over TLS', () => {
  const own = selfSigned()
  const client = selfSigned()
  const tls = { certificate: own.certificate, key: own.key, ca: client.certificate }

  it('an order goes there and comes back, with client certificates and a pinned venue', async () => {
    const venue = await openVenue({ tls })
    const fingerprints = [fingerprintOf(own.certificate)]
    const { host, connector } = await connect(venue, { tls: { ca: own.certificate, ...client, fingerprints } })
    const order = host.submit(connector, { ...buy, price: '100.5' })
    await until(() => host.reports.kinds(order).includes('filled'), 'the fill')
  })

  it.each([
    ['without a certificate of its own', { ca: own.certificate }],
    ['with the certificate of a stranger', { ca: own.certificate, ...selfSigned() }],
    ['with another authority', { ca: client.certificate, ...client }],
    ['with another name', { ca: own.certificate, ...client, serverName: 'venue.example' }],
    ['with another pin', { ca: own.certificate, ...client, fingerprints: [fingerprintOf(client.certificate)] }],
    ['in the clear', undefined],
  ])('a client %s does not get in', async (_how, wrong) => {
    const venue = await openVenue({ tls })
    await expect(connect(venue, wrong === undefined ? {} : { tls: wrong })).rejects.toMatchObject({
      code: expect.stringMatching(/^TW_/),
    })
    expect(venue.sessions[0]?.isLoggedOn).toBe(false)
  })
})

describe('logons', () => {
  it('need the password that the venue asks for', async () => {
    const venue = await openVenue({ sessions: [{ ...me, logon: { username: 'me', password: 'secret' } }] })
    const session = { beginString, senderCompId: 'ME', targetCompId: 'VENUE' }
    const wrong = { ...session, credentials: { username: 'me', password: 'guess' } }
    await expect(connect(venue, { session: wrong })).rejects.toThrow()
    const right = { ...session, credentials: { username: 'me', password: 'secret' }, resetOnLogon: true }
    const { connector } = await connect(venue, { session: right })
    expect(connector.isReady).toBe(true)
  })
})

describe('orders', () => {
  it('are cancelled all at once', async () => {
    const venue = await openVenue()
    const { host, connector } = await connect(venue)
    const orders = [1, 2, 3].map((ticks) => host.submit(connector, { ...buy, price: `99.0${ticks}` }))
    await until(() => host.reports.of('accepted').length === 3, 'the acknowledgements')
    expect(await connector.massCancel('IBM')).toBe(3)
    await until(() => orders.every((order) => host.reports.kinds(order).includes('canceled')), 'the cancels')
    expect(await connector.massCancel()).toBe(0)
  })

  it('under a used id are refused, unless they are marked as sent before', async () => {
    const venue = await openVenue()
    const { host, connector } = await connect(venue)
    host.submit(connector, buy)
    await until(() => host.reports.of('accepted').length === 1, 'the acknowledgement')
    venue.faults.next('new', { does: 'double' })
    const second = host.submit(connector, buy)
    await until(() => host.reports.kinds(second).length === 2, 'both answers')
    expect(host.reports.kinds(second)).toEqual(['accepted', 'rejected'])
    expect(venue.market.orders({ account: 'PAPER' })).toHaveLength(2)
  })

  it('are cancelled by the venue when the line breaks, where it is told to', async () => {
    const venue = await openVenue({ sessions: [{ ...me, cancelOnDisconnect: true }] })
    const { host, connector } = await connect(venue)
    const order = host.submit(connector, buy)
    await until(() => host.reports.kinds(order).includes('accepted'), 'the acknowledgement')
    for (const line of venue.network.connections) line.cut()
    await until(() => host.reports.kinds(order).includes('canceled'), 'the cancel')
  })
})

describe('drop copy', () => {
  it('tells of orders of others, and counts own executions once', async () => {
    const copy: FixVenueSession = { beginString, senderCompId: 'VENUE', targetCompId: 'COPY', kind: 'dropCopy' }
    const venue = await openVenue({ sessions: [me, { ...copy, logoutTimeoutMs: 200 }] })
    const { host, connector } = await connect(venue, {
      dropCopy: {
        session: { beginString, senderCompId: 'COPY', targetCompId: 'VENUE', logoutTimeoutMs: 200 },
        endpoints: [{ host: '127.0.0.1', port: venue.port }],
      },
    })
    await until(() => venue.sessions[1]?.isLoggedOn === true, 'the drop copy session')
    const order = host.submit(connector, { ...buy, price: '100.5' })
    await until(() => host.reports.of('filled').length === 2, 'both copies of the fill')
    expect(new Set(host.reports.of('filled').map(({ exec }) => exec)).size).toBe(1)
    expect(host.reports.filledUnits(order)).toBe(100)
    venue.order('PAPER', 'IBM', 1, 100, 98)
    await until(() => host.reports.of('externalOrder').length > 0, 'the order of somebody else')
  })
})

describe('market data', () => {
  const marketData = { quotes: true, trades: true, book: true, orders: true }

  it('by level and by order is rebuilt from a snapshot after a gap', async () => {
    const venue = await openVenue({ sessions: [{ ...me, beginString: 'FIXT.1.1', defaultApplVerId: 'FIX.5.0SP2' }] })
    let snapshots = 0
    let changes = 0
    const handlers: RingHandlers = {
      onBooks: ({ books }, from, to) => {
        for (let row = from; row < to; row++) books.isSnapshot[row] === 1 ? snapshots++ : changes++
      },
    }
    const connector = await FixConnector.of('FIX.5.0SP2', {
      session: {
        ...{ beginString: 'FIXT.1.1', defaultApplVerId: 'FIX.5.0SP2' },
        ...{ senderCompId: 'ME', targetCompId: 'VENUE', logoutTimeoutMs: 200 },
      },
      endpoints: [{ host: '127.0.0.1', port: venue.port }],
      instruments: [testShare],
      environment: 'simulated',
      profile: { marketData },
      connection: { healthIntervalMs: 0 },
    })
    const host = new TestHost<RealTime>({ time, handlers })
    cleanups.push(() => connector[Symbol.asyncDispose]())
    await host.start(connector)
    await connector.subscribeTo({ kind: 'book', instrument: 0 })
    await until(() => snapshots === 1, 'the first snapshot')
    venue.quote('IBM', 99.4, 100.6, 1_000)
    await until(() => changes > 0, 'a change')
    const [application] = venue.applications
    if (application === undefined) throw new Error('there is no application')
    application.data.losesNext = true
    venue.quote('IBM', 99.3, 100.7, 1_000)
    await sleep(time, 20)
    venue.quote('IBM', 99.2, 100.8, 1_000)
    await until(() => snapshots === 2, 'the snapshot after the gap')
    expect(connector.statistics.gaps).toBe(1)
    await connector.subscribeTo({ kind: 'orders', instrument: 0 })
    await until(() => snapshots === 3, 'the book by order')
  })

  it('of an unknown symbol is refused', async () => {
    const venue = await openVenue()
    const other = { ...testShare, id: 'MSFT.XNYS' as typeof testShare.id, symbol: 'MSFT' }
    const { connector, host } = await connect(venue, { instruments: [testShare, other], profile: { marketData } })
    const { index } = host.instruments.get('MSFT')
    await expect(connector.subscribeTo({ kind: 'quotes', instrument: index })).rejects.toThrow(/unknown symbol/)
    await connector.subscribeTo({ kind: 'quotes', instrument: host.instruments.get('IBM').index })
  })

  it('comes by whole snapshots where the venue is asked for them', async () => {
    const venue = await openVenue()
    const bids: number[] = []
    const handlers: RingHandlers = {
      onQuotes: ({ quotes }, from, to) => {
        for (let row = from; row < to; row++) bids.push(quotes.bid[row])
      },
    }
    const profile = { marketData: { quotes: true, updates: 'full' } } as const
    const { connector } = await connect(venue, { profile }, handlers)
    await connector.subscribeTo({ kind: 'quotes', instrument: 0 })
    venue.quote('IBM', 99.4, 100.6, 1_000)
    await until(() => bids.at(-1) === 99.4, 'the quote')
  })
})

describe('lines', () => {
  it('that lose a message are repaired by a resend', async () => {
    const venue = await openVenue()
    const { host, connector } = await connect(venue)
    const [line] = venue.network.connections
    line?.dropNext()
    const lost = host.submit(connector, buy)
    await sleep(time, 50)
    const next = host.submit(connector, buy)
    await until(() => host.reports.kinds(lost).includes('accepted'), 'the lost acknowledgement')
    await until(() => host.reports.kinds(next).includes('accepted'), 'the next one')
    expect(host.disconnects).toEqual([])
  })

  it('that carry a report twice as a possible duplicate count it once', async () => {
    const venue = await openVenue()
    const { host, connector } = await connect(venue)
    const [line] = venue.network.connections
    line?.duplicateNext()
    const order = host.submit(connector, buy)
    await until(() => host.reports.kinds(order).includes('accepted'), 'the acknowledgement')
    await until(() => (connector.session?.counters.duplicates ?? 0) > 0, 'the duplicate')
    expect(host.reports.kinds(order)).toEqual(['accepted'])
    expect(host.disconnects).toEqual([])
  })

  it.each([
    ['accepted', 'after it was taken: its acknowledgement comes by resend', ['accepted']],
    ['new', 'before it was heard: nobody knows it', []],
  ] as const)('that break in the middle of an order (%s), %s', async (message, _what, expected) => {
    const venue = await openVenue()
    const { host, connector } = await connect(venue, { profile: { massStatus: 'all' } })
    venue.faults.next(message, { does: 'cut' })
    const order = host.submit(connector, buy)
    await until(() => connector.epoch === 2 && connector.isReady, 'the next connection')
    await until(() => host.reports.kinds(order).length === expected.length, 'what became of the order')
    expect(host.reports.kinds(order)).toEqual(expected)
    expect(venue.market.orders({ account: 'PAPER' })).toHaveLength(expected.length)
    const next = host.submit(connector, buy)
    await until(() => host.reports.kinds(next).includes('accepted'), 'the next order')
  })

  it('whose numbers jump go on', async () => {
    const venue = await openVenue()
    const { host, connector } = await connect(venue)
    const [session] = venue.sessions
    session?.sequenceReset(session.nextOutgoing + 50)
    const order = host.submit(connector, buy)
    await until(() => host.reports.kinds(order).includes('accepted'), 'the acknowledgement')
    expect([connector.epoch, connector.session?.nextIncoming]).toEqual([1, session?.nextOutgoing])
  })

  it('that carry garbage go on', async () => {
    const venue = await openVenue()
    const { host, connector } = await connect(venue)
    for (const line of venue.network.connections) line.garble()
    const order = host.submit(connector, buy)
    await until(() => host.reports.kinds(order).includes('accepted'), 'the acknowledgement')
    expect(connector.epoch).toBe(1)
  })
})

describe('options', () => {
  it('that are unknown are refused, and so are instruments that are not listed', async () => {
    await expect(FixVenue.open({ sessions: [], colour: 1 } as never)).rejects.toThrow(/colour/)
    const venue = await openVenue()
    expect(() => venue.quote('MSFT', 1, 2, 100)).toThrow(/MSFT/)
  })
})
