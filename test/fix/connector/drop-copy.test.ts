/** Drop copies over FIX: what the copy session tells is compared with the books, whichever way it is attached. */
import { afterEach, describe, expect, it } from 'vitest'
import { FixConnector } from '../../../src/connectors/fix/connector/fix-connector.js'
import { RealTime } from '../../../src/core/real-time.js'
import { sleep } from '../../../src/core/time.js'
import { FixVenue } from '../../../src/gateways/fix-venue/index.js'
import { type Drift, TradingSystem, type TradingSystemOptions } from '../../../src/index.js'
import { testShare } from '../../../src/testing/builders.js'

const time = new RealTime()
const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const beginString = 'FIX.4.4'
const session = { beginString, targetCompId: 'VENUE', logoutTimeoutMs: 200 }

async function openVenue(): Promise<FixVenue> {
  const seat = { beginString, senderCompId: 'VENUE', logoutTimeoutMs: 200 }
  const venue = await FixVenue.open({
    time,
    instruments: [testShare],
    sessions: [
      { ...seat, targetCompId: 'ME', accounts: ['PAPER'] },
      { ...seat, targetCompId: 'COPY', kind: 'dropCopy' },
    ],
  })
  cleanups.push(() => venue.close())
  venue.quote('IBM', 99.5, 100.5, 1_000)
  return venue
}

function fix(venue: FixVenue, senderCompId: string, hasCopy = false): Promise<FixConnector> {
  const endpoints = [{ host: '127.0.0.1', port: venue.port }]
  return FixConnector.of('FIX.4.4', {
    session: { ...session, senderCompId },
    endpoints,
    instruments: [testShare],
    environment: 'simulated',
    connection: { healthIntervalMs: 0, connectTimeoutMs: 2_000, reconnect: { firstDelayMs: 10 } },
    ...(hasCopy ? { dropCopy: { session: { ...session, senderCompId: 'COPY' }, endpoints } } : {}),
  })
}

async function start(connectors: NonNullable<TradingSystemOptions['connectors']>, line: string) {
  const system = await TradingSystem.start({
    mode: 'paper',
    connectors,
    risk: { marketData: false, priceCollarPercent: false },
    reconciliation: { venueGraceMs: 100 },
    dropCopy: { lines: { fix: line }, graceMs: 300, everyMs: 50 },
  })
  cleanups.push(() => system.stop())
  const drifts: Drift[] = []
  system.events.on('drift', (drift) => drifts.push(drift))
  await until(() => system.dropCopy.compare('fix').isUp, 'the line of the drop copy')
  return { system, drifts }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (condition()) return
    await sleep(time, 10)
  }
  throw new Error(`${what}: did not happen`)
}

const buy = { symbol: 'IBM', side: 'buy', quantity: 100, price: '100.5' } as const

describe('a drop copy session', () => {
  it('of the connector itself agrees, and brings to light an execution whose report was lost', async () => {
    const venue = await openVenue()
    const { system, drifts } = await start({ fix: await fix(venue, 'ME', true) }, 'own')
    const first = system.orders.submit(buy)
    await until(() => system.dropCopy.compare('fix').matched === 1, 'the first execution on both lines')
    expect(first.status).toBe('FILLED')
    expect(drifts).toEqual([])
    venue.quote('IBM', 99.5, 100.5, 1_000)
    venue.faults.next('fill', { does: 'drop' })
    const second = system.orders.submit(buy)
    await until(() => drifts.length > 0, 'the drift')
    expect(drifts[0]).toMatchObject({ kind: 'missing_here', clientOrderId: second.clientOrderId })
    await until(() => system.dropCopy.compare('fix').matched === 2, 'the second execution, by asking the venue')
    expect([second.status, system.snapshot().positions[0]?.quantity.toString()]).toEqual(['FILLED', '200'])
    expect(system.dropCopy.compare('fix')).toMatchObject({ differences: [], resolved: 1 })
  })

  it('as a connector of its own agrees, and books nothing', async () => {
    const venue = await openVenue()
    const connectors = { fix: await fix(venue, 'ME'), copy: await fix(venue, 'COPY') }
    const { system, drifts } = await start(connectors, 'copy')
    const order = system.orders.submit(buy)
    await until(() => system.dropCopy.compare('fix').matched === 1, 'the execution on both lines')
    expect(order.status).toBe('FILLED')
    expect(system.snapshot().positions[0]?.quantity.toString()).toBe('100')
    venue.order('PAPER', 'IBM', 1, 100, 100.5)
    await until(
      () => drifts.length > 0 || system.dropCopy.compare('fix').matched === 2,
      'the execution of somebody else',
    )
    await until(() => system.dropCopy.compare('fix').differences.length === 0, 'its booking')
    expect(system.snapshot().positions[0]?.quantity.toString()).toBe('200')
  })
})
