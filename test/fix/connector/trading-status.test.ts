/** Trading statuses: what is asked for, what each value means, what is refused; and halts of the FIX venue over a real socket. */
import { describe, expect, it, vi } from 'vitest'
import { FixConnector } from '../../../src/connectors/fix/connector/fix-connector.js'
import type { MarketDataProfile } from '../../../src/connectors/fix/connector/profile.js'
import type { FixVersion } from '../../../src/connectors/fix/dictionary/built-in.js'
import { RealTime } from '../../../src/core/real-time.js'
import { FixVenue } from '../../../src/gateways/fix-venue/index.js'
import { type RingHandlers, TradingStatus } from '../../../src/ring/kinds.js'
import { TradingSystem } from '../../../src/system/trading-system.js'
import { testShare } from '../../../src/testing/builders.js'
import { TestHost } from '../../../src/testing/test-host.js'
import { type ScriptedPair, scripted, versionNames } from './scripted-venue.js'

const statusNames = Object.keys(TradingStatus)

/** What arrives, by name. */
function heardStatuses(): { statuses: string[]; handlers: RingHandlers } {
  const statuses: string[] = []
  const handlers: RingHandlers = {
    onStatuses: ({ statuses: columns }, from, to) => {
      for (let row = from; row < to; row++) statuses.push(statusNames[columns.status[row]] as string)
    },
  }
  return { statuses, handlers }
}

async function open(
  version: FixVersion,
  marketData: MarketDataProfile,
): Promise<ScriptedPair & { statuses: string[]; asked: Promise<unknown> }> {
  const { statuses, handlers } = heardStatuses()
  const pair = await scripted(version, { marketData }, {}, handlers)
  const asked = pair.connector.subscribeTo({ kind: 'status', instrument: 0 })
  asked.catch(() => {})
  await pair.pass()
  return Object.assign(pair, { statuses, asked })
}

describe.each<FixVersion>(['FIX.4.2', 'FIX.4.4', 'FIX.5.0SP2'])('trading status, %s', (version) => {
  it('is asked for by instrument', async () => {
    const { say, pass, last, statuses, asked } = await open(version, { status: 'security' })
    const { fields } = last('e')
    expect([fields.get(55), fields.get(263)]).toEqual(['IBM', '1'])
    const id = fields.get(324)
    for (const value of ['17', '2', '7', '3', '18']) say('f', `324=${id}|55=IBM|326=${value}`)
    await pass()
    await asked
    expect(statuses).toEqual(['open', 'halted', 'open', 'closed'])
    say('f', '55=IBM|326=17|325=Y')
    await pass()
    expect(statuses.at(-1)).toBe('open')
  })

  it('is asked for by trading session, and told of the whole venue', async () => {
    const { say, pass, last, statuses, asked } = await open(version, { status: 'session', tradingSession: '1' })
    const { fields } = last('g')
    expect([fields.get(336), fields.get(263)]).toEqual(['1', '1'])
    say('h', `335=${fields.get(335)}|336=1|340=4`)
    await pass()
    await asked
    say('h', '336=1|340=2')
    say('h', '336=2|340=3')
    say('h', '336=1|340=1')
    await pass()
    expect(statuses).toEqual(['preOpen', 'open', 'halted'])
  })

  it('is refused with a reason, by its own message or by a reject', async () => {
    const { say, last, pass, asked, problems } = await open(version, { status: 'security' })
    say('f', `324=${last('e').fields.get(324)}|55=IBM|326=20|58=no such thing`)
    await pass()
    await expect(asked).rejects.toThrow(/no such thing/)
    expect(problems).toEqual([])
    const other = await scripted(version, { marketData: { status: 'session' } })
    other.refuse = { kind: 'unsupported' }
    const refused = other.connector.subscribeTo({ kind: 'status', instrument: 0 })
    await Promise.all([expect(refused).rejects.toThrow(/refused/), other.pass(100)])
  })
})

describe('trading status', () => {
  it('comes unasked, with meanings of the venue, and what means nothing is told', async () => {
    const { say, pass, heard, statuses, asked, problems } = await open('FIX.4.4', {
      status: 'unasked',
      statuses: { '101': 'auction' },
    })
    await asked
    say('f', '55=IBM|326=101')
    say('f', '55=MSFT|326=2')
    say('f', '55=IBM|326=102')
    await pass()
    expect([heard, statuses]).toEqual([[], ['auction']])
    expect(problems.join()).toMatch(/status 102 of IBM/)
  })

  it('is asked for anew over the next connection, and no more after the end', async () => {
    const { session, say, pass, last, heard, asked, connector } = await open('FIX.4.4', { status: 'security' })
    say('f', `324=${last('e').fields.get(324)}|55=IBM|326=17`)
    await pass()
    await asked
    session.disconnect('test')
    await pass(5_000)
    expect(heard.filter(({ type }) => type === 'e')).toHaveLength(2)
    say('f', `324=${last('e').fields.get(324)}|55=IBM|326=17`)
    await pass()
    await Promise.all([connector.unsubscribeFrom({ kind: 'status', instrument: 0 }), pass()])
    expect(last('e').fields.get(263)).toBe('2')
  })
})

describe.each<FixVersion>(['FIX.4.2', 'FIX.4.4', 'FIX.5.0SP2'])('halts of the FIX venue, %s', (version) => {
  it.each(['security', 'session'] as const)('are heard by %s', async (status) => {
    const time = new RealTime()
    const names = versionNames(version)
    const venue = await FixVenue.open({
      time,
      instruments: [testShare],
      sessions: [{ ...names, senderCompId: 'VENUE', targetCompId: 'ME', logoutTimeoutMs: 200 }],
    })
    const connector = await FixConnector.of(version as 'FIX.4.4', {
      session: { ...names, senderCompId: 'ME', targetCompId: 'VENUE', logoutTimeoutMs: 200 },
      endpoints: [{ host: '127.0.0.1', port: venue.port }],
      instruments: [testShare],
      environment: 'simulated',
      profile: { marketData: { status } },
    })
    const { statuses, handlers } = heardStatuses()
    const host = new TestHost<RealTime>({ time, handlers })
    try {
      await host.start(connector)
      await connector.subscribeTo({ kind: 'status', instrument: 0 })
      venue.market.halt('IBM')
      venue.market.resume('IBM')
      venue.market.closeMarket('IBM')
      await vi.waitFor(() => expect(statuses).toEqual(['open', 'halted', 'open', 'closed']))
    } finally {
      await connector[Symbol.asyncDispose]()
      await venue.close()
    }
  })
})

it('a halt of the venue keeps new orders back, its end lets them go', async () => {
  const beginString = 'FIX.4.4'
  const venue = await FixVenue.open({
    instruments: [testShare],
    sessions: [{ beginString, senderCompId: 'VENUE', targetCompId: 'ME', accounts: ['PAPER'], logoutTimeoutMs: 200 }],
  })
  venue.quote('IBM', 99.9, 100.1, 1_000)
  const fix = await FixConnector.of('FIX.4.4', {
    session: { beginString, senderCompId: 'ME', targetCompId: 'VENUE', logoutTimeoutMs: 200 },
    endpoints: [{ host: '127.0.0.1', port: venue.port }],
    instruments: [testShare],
    environment: 'simulated',
    profile: { massStatus: 'all', marketData: { quotes: true, status: 'security' } },
  })
  const system = await TradingSystem.start({ mode: 'paper', connectors: { fix }, capital: '1000000' })
  const buy = () => system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 100, price: '100.1' }).done()
  try {
    await system.subscribe(['IBM'], ['quotes', 'status'])
    const { index } = system.instruments.get('IBM')
    await vi.waitFor(() => expect(system.quotes.bid(index)).toBe(99.9))
    venue.market.halt('IBM')
    await vi.waitFor(async () => expect(await buy()).toMatchObject({ status: 'DENIED' }))
    venue.market.resume('IBM')
    await vi.waitFor(async () => expect(await buy()).toMatchObject({ status: 'FILLED' }))
  } finally {
    await system.stop()
    await venue.close()
  }
})
