/** Orders that a broker works, end to end: from `algo` with `workedBy: 'broker'` to the fields on the wire, and back. */
import { afterEach, describe, expect, it } from 'vitest'
import { FixConnector } from '../../src/connectors/fix/connector/fix-connector.js'
import type { FixProfile } from '../../src/connectors/fix/connector/profile.js'
import { IbkrConnector } from '../../src/connectors/ibkr/ibkr-connector.js'
import { SimulatedConnector } from '../../src/connectors/sim/simulated-connector.js'
import { FixVenue } from '../../src/gateways/fix-venue/index.js'
import type { AlgoOrderRequest } from '../../src/model/algo.js'
import { TradingSystem } from '../../src/system/trading-system.js'
import { testShare } from '../../src/testing/builders.js'
import { TwsGateway } from '../../src/testing/tws/gateway.js'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

const until = (condition: () => boolean) => expect.poll(condition, { interval: 2, timeout: 20_000 }).toBe(true)
const account = 'DU1234567'

async function overIbkr() {
  const gateway = await TwsGateway.open({ quoteIntervalMs: 0, accounts: [account], messagesPerSecond: 10_000 })
  open.push(gateway)
  const ibkr = new IbkrConnector({ port: gateway.port, contracts: ['AAPL'], healthIntervalMs: 0 })
  const system = await TradingSystem.start({ mode: 'paper', connectors: { ibkr }, capital: 10_000_000 })
  open.push({ close: () => system.stop() })
  await system.subscribe(['AAPL'], ['quotes'])
  const { index } = system.instruments.get('AAPL')
  await until(() => system.quotes.bid(index) > 0)
  const low = system.instruments.get('AAPL').makePrice(system.quotes.bid(index) * 0.97, 'floor')
  return { gateway, system, low }
}

const order = (algo: AlgoOrderRequest['algo'], more: Partial<AlgoOrderRequest> = {}): AlgoOrderRequest => ({
  symbol: 'AAPL',
  side: 'buy',
  quantity: 500,
  account,
  algo,
  ...more,
})

describe('over the TWS API', () => {
  it('asks for the algorithm by its names and tags, on new orders and after a change', async () => {
    const { gateway, system, low } = await overIbkr()
    const endTimeUs = Date.UTC(2027, 0, 4, 20, 30) * 1_000
    const vwap = system.orders.submit(
      order(
        { type: 'vwap', workedBy: 'broker', maxParticipationRate: 0.1, noTakeLiquidity: true, endTimeUs },
        { price: low },
      ),
    )
    await until(() => gateway.orders.orders.length === 1 && vwap.children[0]?.status === 'ACCEPTED')
    const [sent] = gateway.orders.orders
    expect(sent?.fields).toMatchObject({ algoStrategy: 'Vwap', totalQuantity: '500', orderType: 'LMT', tif: 'DAY' })
    const tags = [
      ['maxPctVol', '0.1'],
      ['endTime', '20270104 20:30:00 UTC'],
      ['allowPastEndTime', '0'],
      ['noTakeLiq', '1'],
    ]
    expect(sent?.fields.lists.algoParams).toEqual(tags)

    // A change of the child itself says the algorithm again: TWS takes what is absent as taken away.
    vwap.children[0]?.modify({ quantity: 400 })
    await until(() => sent?.fields.totalQuantity === '400')
    expect(sent?.fields).toMatchObject({ algoStrategy: 'Vwap' })
    expect(sent?.fields.lists.algoParams).toEqual(tags)
    vwap.cancel()
    await vwap.done()
    expect(vwap.status).toBe('CANCELED')
  })

  it('sends every algorithm that has a counterpart', async () => {
    const { gateway, system, low } = await overIbkr()
    const asked: AlgoOrderRequest['algo'][] = [
      { type: 'twap', workedBy: 'broker', style: 'midpoint', durationMs: 600_000 },
      { type: 'pov', workedBy: 'broker', rate: 0.1 },
      { type: 'is', workedBy: 'broker', urgency: 'aggressive', maxParticipationRate: 0.2 },
      { type: 'close', workedBy: 'broker' },
      { type: 'iceberg', workedBy: 'broker', displayQuantity: 100 },
      { type: 'adaptive', workedBy: 'broker', urgency: 'patient' },
    ]
    const parents = asked.map((algo) => system.orders.submit(order(algo, { price: low })))
    await until(() => parents.every(({ children }) => children[0]?.status === 'ACCEPTED'))
    expect(gateway.orders.orders.map(({ fields }) => fields.algoStrategy)).toEqual([
      ...['Twap', 'PctVol', 'ArrivalPx', 'ClosePx', 'DarkIce', 'Adaptive'],
    ])
    expect(gateway.orders.orders[5]?.fields.lists.algoParams).toEqual([['adaptivePriority', 'Patient']])
    for (const parent of parents) parent.cancel()
    await Promise.all(parents.map((parent) => parent.done()))
  })

  it('refuses what the broker does not have before any order exists', async () => {
    const { gateway, system } = await overIbkr()
    for (const [algo, reason] of [
      [{ type: 'sniper', workedBy: 'broker' }, 'UNKNOWN_ALGORITHM'],
      [{ type: 'twap', workedBy: 'broker', maxSlice: 5 }, 'CONTRADICTION'],
      [{ type: 'is', workedBy: 'broker', urgency: 2 }, 'CONTRADICTION'],
      [{ type: 'twap', workedBy: 'somebody' }, 'INVALID_PARAMETER'],
    ] as unknown as [AlgoOrderRequest['algo'], string][])
      expect(() => system.orders.submit(order(algo))).toThrow(
        expect.objectContaining({ code: 'TW_INVALID_ALGO', details: expect.objectContaining({ reason }) }),
      )
    expect(gateway.orders.orders).toEqual([])
    expect(system.orders.openOrders()).toEqual([])
  })
})

async function overFix(profile: FixProfile, version: 'FIX.4.4' | 'FIX.5.0SP2' = 'FIX.4.4') {
  const sent: string[] = []
  const share = testShare
  const session = {
    beginString: version === 'FIX.4.4' ? version : 'FIXT.1.1',
    ...(version === 'FIX.4.4' ? {} : { defaultApplVerId: '9' }),
  }
  const venue = await FixVenue.open({
    instruments: [share],
    sessions: [
      { ...session, senderCompId: 'VENUE', targetCompId: 'US', accounts: ['PAPER'], logoutTimeoutMs: 200 } as never,
    ],
  })
  open.push(venue)
  venue.quote(share.symbol, 99.98, 100.02, 200)
  const fix = await FixConnector.of(version, {
    session: { ...session, senderCompId: 'US', targetCompId: 'VENUE' } as never,
    endpoints: [{ host: '127.0.0.1', port: venue.port }],
    instruments: [share],
    environment: 'simulated',
    profile: { massStatus: 'all', ...profile, marketData: { quotes: true } },
    log: {
      incoming: () => {},
      outgoing: (_, bytes, start, end) => sent.push(Buffer.from(bytes.subarray(start, end)).toString('latin1')),
      event: () => {},
      flush: () => {},
      close: () => {},
    },
  })
  const system = await TradingSystem.start({ mode: 'paper', connectors: { fix }, capital: 10_000_000 })
  open.push({ close: () => system.stop() })
  await system.subscribe([share.symbol], ['quotes'])
  const { index } = system.instruments.get(share.symbol)
  await until(() => system.quotes.bid(index) > 0)
  /** Fields of the orders and changes that were sent, those about algorithms only. */
  const asked = () =>
    sent
      .map((message) => message.split('\x01'))
      .filter((fields) => fields.includes('35=D') || fields.includes('35=G'))
      .map((fields) => fields.filter((field) => /^(847|848|849|957|958|959|960)=/.test(field)))
  return { venue, system, symbol: share.symbol, asked }
}

const startTimeUs = Date.UTC(2027, 0, 4, 14, 30) * 1_000
const endTimeUs = startTimeUs + 3_600_000_000

describe('over FIX', () => {
  it('asks by TargetStrategy and ParticipationRate, with parameters in the group, or as text where the version has none', async () => {
    for (const [version, expected] of [
      [
        'FIX.5.0SP2',
        [
          ...['847=2', '849=0.15', '957=3', '958=StartTime', '959=19', '960=20270104-14:30:00.000'],
          ...['958=EndTime', '959=19', '960=20270104-15:30:00.000', '958=MaxSlice', '959=7', '960=500'],
        ],
      ],
      [
        'FIX.4.4',
        ['847=2', '849=0.15', '848=StartTime=20270104-14:30:00.000;EndTime=20270104-15:30:00.000;MaxSlice=500'],
      ],
    ] as const) {
      const { system, symbol, asked } = await overFix({ algorithms: {} }, version)
      const parent = system.orders.submit({
        ...order({ type: 'pov', workedBy: 'broker', rate: 0.15, maxSlice: 500, startTimeUs, endTimeUs }),
        symbol,
        account: 'PAPER',
        price: '99.90',
      })
      await until(() => parent.children[0]?.status === 'ACCEPTED')
      expect(asked()).toEqual([expected])
      parent.children[0]?.modify({ price: '99.91' })
      await until(() => parent.children[0]?.snapshot.price?.toString() === '99.91')
      expect(asked()).toEqual([expected, expected])
    }
  })

  it('sends the numbers that the broker gave, and survives his refusal', async () => {
    const { system, symbol, asked } = await overFix({ algorithms: { strategies: { twap: 1014 }, parameters: 'text' } })
    const parent = system.orders.submit({
      ...order({ type: 'twap', workedBy: 'broker', endTimeUs }),
      symbol,
      account: 'PAPER',
      price: '99.90',
    })
    // The venue of this test has no strategies beyond those of the protocol.
    await until(() => parent.children[0]?.isClosed === true)
    expect(asked()[0]).toEqual(['847=1014', '848=EndTime=20270104-15:30:00.000'])
    expect(parent.children[0]?.status).toBe('REJECTED')
    expect([parent.isClosed, parent.snapshot.unsentQuantity.toNumber()]).toEqual([false, 500])
    parent.cancel()
    await parent.done()
  })

  it('goes on with what is left after a pause, and ends when the broker ends it', async () => {
    const { venue, system, symbol, asked } = await overFix({ algorithms: {} })
    const parent = system.orders.submit({
      ...order({ type: 'vwap', workedBy: 'broker', endTimeUs }),
      symbol,
      account: 'PAPER',
      price: '99.95',
    })
    await until(() => parent.children[0]?.status === 'ACCEPTED')
    venue.withdraw(symbol)
    venue.take(symbol, -1, 120, 99.95)
    await until(() => parent.filledQuantity.toNumber() === 120)
    parent.pause()
    await until(() => parent.children[0]?.isClosed === true)
    expect([parent.status, parent.children.length]).toEqual(['PAUSED', 1])
    parent.resume()
    await until(() => parent.children[1]?.status === 'ACCEPTED')
    expect(parent.children[1]?.snapshot.quantity.toNumber()).toBe(380)
    expect(asked()).toHaveLength(2)
    expect(() => parent.modify({ endTimeUs: endTimeUs + 1 })).toThrow(/broker/)
    const [working] = venue.market.orders({ account: 'PAPER', live: true })
    venue.market.cancelByVenue(working?.venueOrderId as number, 'the window is over')
    await parent.done()
    expect([parent.status, parent.filledQuantity.toNumber(), parent.children.length]).toEqual(['EXPIRED', 120, 2])
  })

  it('is refused where no algorithms were agreed upon', async () => {
    const { system, symbol, asked } = await overFix({})
    expect(() =>
      system.orders.submit({ ...order({ type: 'vwap', workedBy: 'broker' }), symbol, account: 'PAPER' }),
    ).toThrow(expect.objectContaining({ code: 'TW_INVALID_ALGO' }))
    expect(asked()).toEqual([])
  })
})

it('is refused by connectors without a broker', async () => {
  const system = await TradingSystem.start({
    mode: 'simulation',
    connectors: { sim: new SimulatedConnector({ synthetic: {} }) },
  })
  open.push({ close: () => system.stop() })
  await system.run({ durationMs: 1_000 })
  expect(() =>
    system.orders.submit({ symbol: 'ACME', side: 'buy', quantity: 100, algo: { type: 'vwap', workedBy: 'broker' } }),
  ).toThrow(/broker is not possible/)
})
