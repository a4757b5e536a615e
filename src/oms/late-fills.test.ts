/** Executions that come after a stock split for orders that were closed before it: by their trade time in the terms of then or of now. */
import { describe, expect, it } from 'vitest'
import { buy, type EchoSystem, startEcho } from '../../test/support/echo-system.js'
import { recoverState } from '../system/recover-state.js'
import { differences } from '../system/state.js'
import type { TradingSystemOptions } from '../system/trading-system.js'
import { restartEcho } from './restart.test-support.js'

const options: TradingSystemOptions = {
  risk: { duplicates: false, throttle: false, marketData: false, priceCollarPercent: false, strategies: { '*': {} } },
}

/** Holds 100 at 100.00 of an order of 200 that is closed, and splits. Venue times: fills at 2, the split at `effectiveUs`. */
async function splitWorld(ratio = { numerator: 4, denominator: 1 }, more: { cashInLieu?: string } = {}) {
  const echo = await startEcho(options)
  const { system, venue, time } = echo
  const order = system.orders.submit(buy({ strategy: 'a', quantity: 200 }))
  const tradedUs = time.wallUs()
  venue.reports.accepted(order.number, 'v1', tradedUs)
  venue.reports.filled(order.number, 'x1', 100, 1_000_000, 0, 'USD', 1, tradedUs)
  venue.reports.canceled(order.number, Number.NaN, 'x', tradedUs)
  await time.advanceMs(60_000)
  const effectiveUs = time.wallUs()
  system.operator.applySplit({
    id: 'S',
    instrument: 'IBM',
    ratio,
    actor: 'anna',
    reason: 'as announced',
    effectiveUs,
    ...more,
  })
  await time.advanceMs(60_000)
  echo.anomalies.length = 0
  return { ...echo, echo, number: order.number, order, tradedUs, effectiveUs }
}

const held = ({ system }: Pick<EchoSystem, 'system'>) =>
  system.snapshot().strategyPositions.map(({ quantity, averagePrice }) => [Number(quantity), Number(averagePrice)])
const counted = ({ system }: Pick<EchoSystem, 'system'>) =>
  (system.exportState().limitsUsed as { position: number }[]).map(({ position }) => position)

function recovers({ system, disk }: Pick<EchoSystem, 'system' | 'disk'>): void {
  const { risk } = options
  for (const until of [undefined, { seq: Number.MAX_SAFE_INTEGER }]) {
    const { state } = recoverState({
      fileSystem: disk,
      directory: 'journal',
      config: { ...(risk === undefined ? {} : { risk }) },
      ...(until === undefined ? {} : { until }),
    })
    expect(differences(system.exportState(), state)).toEqual([])
  }
}

describe('an execution that comes after a split', () => {
  it('and traded before it counts in the terms of now: positions, exposure and price', async () => {
    const world = await splitWorld()
    const told: string[] = []
    world.system.orders.events.on('anomaly', ({ message }) => told.push(message))
    world.venue.reports.filled(world.number, 'x2', 50, 1_040_000, 0, 'USD', 1, world.effectiveUs - 1)
    // 400 at 25.00 and 200 at 26.00.
    expect(held(world)).toEqual([[600, (400 * 25 + 200 * 26) / 600]])
    expect(counted(world)).toEqual([600])
    expect(world.order.snapshot.filledQuantity.toString()).toBe('150')
    expect(world.anomalies.filter((kind) => kind === 'SPLIT_TERMS')).toHaveLength(1)
    expect(told.find((text) => text.includes('counts 4:1'))).toContain('as 200 at 26')
    recovers(world)
    // The same report again is known.
    world.venue.reports.filled(world.number, 'x2', 50, 1_040_000, 0, 'USD', 1, world.effectiveUs - 1)
    expect(counted(world)).toEqual([600])
    await world.system.stop()
  })

  it('and traded after it counts as it is, and is told', async () => {
    const world = await splitWorld()
    world.venue.reports.filled(world.number, 'x2', 50, 260_000, 0, 'USD', 1, world.effectiveUs)
    expect(held(world)).toEqual([[450, (400 * 25 + 50 * 26) / 450]])
    expect(counted(world)).toEqual([450])
    expect(world.anomalies).toContain('SPLIT_TERMS')
    recovers(world)
    await world.system.stop()
  })

  it('of an order that was sent after the split counts as it is, wherever the clock of the venue is', async () => {
    const world = await splitWorld()
    const order = world.system.orders.submit(buy({ strategy: 'a', price: '25.00' }))
    world.venue.reports.accepted(order.number, 'v2', world.tradedUs)
    world.venue.reports.filled(order.number, 'y1', 100, 250_000, 0, 'USD', 1, world.tradedUs)
    expect(counted(world)).toEqual([500])
    expect(world.anomalies).not.toContain('SPLIT_TERMS')
    recovers(world)
    await world.system.stop()
  })

  it('can be taken back and corrected in its own terms', async () => {
    const world = await splitWorld()
    const { reports } = world.venue
    reports.filled(world.number, 'x2', 50, 1_040_000, 0, 'USD', 1, world.tradedUs + 1)
    reports.corrected(world.number, 'x2', 'x3', 30, 1_080_000, false, world.time.wallUs())
    expect(held(world)).toEqual([[520, (400 * 25 + 120 * 27) / 520]])
    expect(counted(world)).toEqual([520])
    recovers(world)
    reports.busted(world.number, 'x3', false, world.time.wallUs())
    expect([held(world), counted(world)]).toEqual([[[400, 25]], [400]])
    // That of before the split is taken back in the terms of then.
    reports.busted(world.number, 'x1', false, world.time.wallUs())
    expect(counted(world)).toEqual([])
    recovers(world)
    await world.system.stop()
  })

  it('that the split would make a fraction of is not booked, and everything halts', async () => {
    const world = await splitWorld({ numerator: 1, denominator: 10 })
    world.venue.reports.filled(world.number, 'x2', 55, 1_000_000, 0, 'USD', 1, world.tradedUs + 1)
    expect(counted(world)).toEqual([10])
    expect(world.anomalies).toContain('UNBOOKED')
    expect(world.system.orders.submit(buy()).reason).toBe('HALTED')
    await world.system.stop()
  })

  it('that is known already is no fraction of anything', async () => {
    const world = await splitWorld({ numerator: 3, denominator: 8 }, { cashInLieu: '266.67' })
    world.venue.reports.filled(world.number, 'x1', 100, 1_000_000, 0, 'USD', 1, world.tradedUs)
    expect(world.anomalies).not.toContain('UNBOOKED')
    expect(counted(world)).toEqual([37])
    await world.system.stop()
  })

  it('is found by reconciliation after a restart, in the terms of then, and the venue agrees', async () => {
    const world = await splitWorld()
    const fill = {
      venueOrderId: 'v1',
      exec: 'x2',
      instrument: 0,
      account: 'PAPER',
      side: 'buy',
      quantityUnits: 50,
      priceUnits: 1_000_000,
      feeUnits: 0,
      feeCurrency: 'USD',
      liquidity: 1,
      tsUs: world.tradedUs + 5,
    } as const
    const next = await restartEcho(world.echo, options, (venue) => {
      venue.venue.fills = [
        { ...fill, exec: 'x1', quantityUnits: 100, tsUs: world.tradedUs },
        fill,
      ] as unknown as typeof venue.venue.fills
      venue.venue.account = { positions: [{ account: 'PAPER', instrument: 0, quantityUnits: 600 }] }
    })
    expect(counted(next)).toEqual([600])
    expect(next.system.reconciliations.get('echo')?.findings.filter(({ kind }) => kind.includes('POSITION'))).toEqual(
      [],
    )
    await next.system.stop()
  })
})
