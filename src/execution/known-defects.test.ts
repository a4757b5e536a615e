/** Defects that other systems had, or have, each as a test: what happened there must not happen here. */
import { describe, expect, it } from 'vitest'
import { ibm } from '../../test/support/echo-connector.js'
import { startEcho } from '../../test/support/echo-system.js'
import { BookAnalytics } from '../market/analytics.js'
import { OrderBook } from '../market/order-book.js'
import { foreignTwap, planRoute, twapPlan } from './index.js'
import { ParentWorld } from './parent-world.test-support.js'

const twap = (change: Record<string, unknown> = {}) => ({ type: 'twap', slices: 4, ...change })

/** A world in which every child is filled at once. */
function filling(options: Partial<ConstructorParameters<typeof ParentWorld>[0]> = {}) {
  const world = new ParentWorld({ seed: 1, algo: twap(), quantityUnits: 400, durationMs: 4_000, ...options })
  world.onSend = (order) => {
    order.filledUnits = order.request.quantityUnits
    order.isClosed = true
  }
  return world
}

const sizes = (world: ParentWorld) => world.orders.map(({ request }) => request.quantityUnits)

describe('defects of other systems', () => {
  it('one child that fails does not drop the plan, nor the fills before it', async () => {
    const world = filling().start()
    world.onSend = (order) => {
      order.isClosed = true
      if (order.index === 2) {
        order.isRefused = true
        order.reason = 'VENUE_BUSY'
      } else order.filledUnits = order.request.quantityUnits
    }
    await world.advanceMs(5_000)
    expect(world.parent.status).toBe('FILLED')
    expect(sizes(world)).toEqual([100, 100, 200, 100])
  })

  it('the first slice goes at the start and the last one interval before the end', async () => {
    const world = filling()
    const at: number[] = []
    world.onChild = () => at.push(world.atMs)
    world.start()
    await world.advanceMs(5_000)
    expect(at).toEqual([0, 1_000, 2_000, 3_000])
    expect(world.parent.status).toBe('FILLED')
  })

  it('a quantity smaller than the number of slices makes fewer slices', async () => {
    const world = filling({ quantityUnits: 2, algo: twap({ slices: 5 }), durationMs: 5_000 }).start()
    await world.advanceMs(6_000)
    expect(sizes(world)).toEqual([1, 1])
    expect(world.parent.status).toBe('FILLED')
  })

  it('no slice is rounded to nothing by the lot', () => {
    for (let quantityUnits = 1; quantityUnits < 400; quantityUnits++)
      for (const lotUnits of [1, 7, 100]) {
        const plan = twapPlan({ quantityUnits, slices: 13, lotUnits })
        expect(plan.every((size) => size > 0)).toBe(true)
        expect(plan.reduce((sum, size) => sum + size, 0)).toBe(quantityUnits)
      }
  })

  it('a rest below the minimum of the venue goes with the child before it', async () => {
    const world = filling({ quantityUnits: 103, algo: twap({ slices: 10 }), minQuantity: '10' }).start()
    await world.advanceMs(5_000)
    expect(sizes(world).every((size) => size >= 10)).toBe(true)
    expect(world.parent.status).toBe('FILLED')
  })

  it('a rest worth less than the venue takes goes with the child before it', async () => {
    // A unit costs a dollar: 103 in slices of 10 would leave 3.
    const world = filling({ quantityUnits: 103, algo: twap({ slices: 10, roundLot: 10 }), minNotional: '10' }).start()
    await world.advanceMs(5_000)
    expect(sizes(world).every((size) => size >= 11)).toBe(true)
    expect(sizes(world).reduce((sum, size) => sum + size, 0)).toBe(103)
    expect(world.parent.status).toBe('FILLED')
  })

  it('a slice that is worth too little after a fall of the price waits for the next one', async () => {
    const world = filling({
      quantityUnits: 100,
      algo: twap({ slices: 5 }),
      durationMs: 5_000,
      minNotional: '15',
    }).start()
    await world.advanceMs(500)
    world.quote(5_999, 6_001)
    await world.advanceMs(5_500)
    expect(
      sizes(world)
        .slice(1)
        .every((size) => size * 0.5999 >= 15),
    ).toBe(true)
    expect(world.parent.status).toBe('FILLED')
  })

  it('an order whose children would all be worth too little is refused at submit', async () => {
    const { system, venue } = await startEcho({
      instruments: [{ ...ibm, id: 'DOT.XNYS' as typeof ibm.id, symbol: 'DOT', minNotional: '1000' }],
    })
    venue.quote(9.99, 10.01, 'DOT')
    const order = { symbol: 'DOT', side: 'buy', algo: { type: 'twap', durationMs: 60_000 } } as const
    for (const [change, reason] of [
      [{ quantity: 99 }, 'BELOW_MINIMUM'],
      [{ quantity: 1_000, algo: { ...order.algo, maxSlice: 99 } }, 'CONTRADICTION'],
    ] as const)
      expect(() => system.orders.submit({ ...order, ...change })).toThrow(
        expect.objectContaining({ code: 'TW_INVALID_ALGO', details: expect.objectContaining({ reason }) }),
      )
    expect([venue.sent, system.execution.open]).toEqual([[], []])
    await system.stop()
  })

  it('children are on the grid of sizes, whatever the division gives', async () => {
    for (const algo of [
      twap({ slices: 7 }),
      { type: 'vwap', curve: [3, 1, 4, 1, 5, 9, 2] },
      { type: 'is', slices: 7, urgency: 3 },
      { type: 'iceberg', displayQuantity: '0.07', displayVariancePercent: 30 },
      twap({ slices: 7, randomizeSizePercent: 50 }),
    ]) {
      const world = filling({ quantityUnits: 1_005, algo, sizeIncrement: '0.005', durationMs: 7_000 }).start()
      await world.advanceMs(8_000)
      expect(sizes(world).every((size) => size % 5 === 0)).toBe(true)
      expect([algo.type, world.filledUnits]).toEqual([algo.type, 1_005])
    }
  })

  it('own prints in the feed do not raise the share of the volume', async () => {
    const algo = { type: 'pov', rate: 0.1, basis: 'inclusive', intervalMs: 1_000 }
    const world = filling({ algo, quantityUnits: 10_000, durationMs: 60_000 }).start()
    // Ours is printed, too: the market's own volume is 1,800, and then 2,700.
    for (const [printed, done] of [
      [1_800, 200],
      [200, 200],
      [900, 300],
    ] as const) {
      world.trade(printed)
      await world.advanceMs(2_000)
      expect(world.filledUnits).toBe(done)
    }
  })

  it('a sniper takes no more than is displayed, with one shot in flight that the next tick leaves alone', () => {
    const world = new ParentWorld({ seed: 1, algo: { type: 'sniper' }, quantityUnits: 900, limitUnits: 10_001 })
    world.quote(9_999, 10_001, 300)
    world.start()
    world.quote(9_999, 10_000, 300)
    const [shot] = world.orders
    expect(sizes(world)).toEqual([300])
    expect(shot?.isCanceling).toBe(false)
    if (shot !== undefined) world.fill(shot, 300)
    expect(sizes(world)).toEqual([300, 300])
  })

  it('a symbol without market data holds up no other', async () => {
    const { system, venue, time } = await startEcho({
      instruments: [{ ...ibm, id: 'MUTE.XNYS' as typeof ibm.id, symbol: 'MUTE' }],
    })
    const algo = { type: 'vwap', curve: [1, 1, 1], durationMs: 3_000 } as const
    const mute = system.orders.submit({ symbol: 'MUTE', side: 'buy', quantity: 300, algo })
    const heard = system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 300, algo })
    venue.quote(99.99, 100.01)
    await time.advanceMs(500)
    expect(heard.snapshot.workingQuantity.toString()).toBe('100')
    expect(mute.snapshot.workingQuantity.toString()).toBe('0')
    await system.stop()
  })

  it('an interval that does not divide the horizon leaves nothing behind', async () => {
    const world = filling({ algo: { type: 'twap', intervalMs: 1_500 } }).start()
    await world.advanceMs(5_000)
    expect(world.parent.status).toBe('FILLED')
  })

  it('a horizon shorter than the interval is refused before anything is sent', () => {
    expect(() => filling({ algo: { type: 'twap', intervalMs: 5_000 } })).toThrow(/longer than the window/)
    expect(() => foreignTwap.nautilus(10, 1, 2, 1)).toThrow(/HORIZON|below interval/)
  })

  it('intervals below a second work', async () => {
    const world = filling({ algo: { type: 'twap', intervalMs: 50 }, durationMs: 200 }).start()
    await world.advanceMs(300)
    expect(sizes(world)).toEqual([100, 100, 100, 100])
  })

  it('numbers that are none are refused at submit, with a code, and no child exists', async () => {
    const { system, venue } = await startEcho()
    const base = { symbol: 'IBM', side: 'buy', quantity: 100 } as const
    const bad: [Record<string, unknown>, string][] = [
      [{ algo: { type: 'twap', durationMs: Number.NaN } }, 'INVALID_WINDOW'],
      [{ algo: { type: 'twap', durationMs: 0 } }, 'INVALID_WINDOW'],
      [{ algo: { type: 'twap', durationMs: Number.POSITIVE_INFINITY } }, 'INVALID_WINDOW'],
      [{ algo: { type: 'twap' } }, 'INVALID_WINDOW'],
      [{ algo: { type: 'twap', startTimeUs: 4e15, endTimeUs: 3e15 } }, 'INVALID_WINDOW'],
      [{ algo: { type: 'twap', durationMs: 1_000, slices: 0 } }, 'INVALID_SLICES'],
      [{ algo: { type: 'twap', durationMs: 1_000, slices: Number.NaN } }, 'INVALID_SLICES'],
      [{ algo: { type: 'twap', durationMs: 1_000, intervalMs: 2_000 } }, 'HORIZON_TOO_SHORT'],
      [{ algo: { type: 'twap', durationMs: 1_000, maxParticipationRate: Number.NaN } }, 'INVALID_RATE'],
      [{ algo: { type: 'pov', rate: 1 } }, 'INVALID_RATE'],
      [{ algo: { type: 'vwap', durationMs: 1_000, curve: [1, Number.NaN] } }, 'INVALID_CURVE'],
      [{ algo: { type: 'vwap', durationMs: 1_000, curve: [0, 0] } }, 'INVALID_CURVE'],
      [{ algo: { type: 'twap', durationMs: 1_000, sliecs: 3 } }, 'INVALID_PARAMETER'],
      [{ algo: { type: 'twop', durationMs: 1_000 } }, 'UNKNOWN_ALGORITHM'],
      [{ quantity: 0, algo: { type: 'twap', durationMs: 1_000 } }, 'INVALID_QUANTITY'],
      [{ price: '150.00', algo: { type: 'twap', durationMs: 1_000 } }, 'LIMIT_THROUGH_COLLAR'],
      [{ triggerPrice: '90', algo: { type: 'twap', durationMs: 1_000 } }, 'INVALID_PARAMETER'],
      [{ algo: { type: 'is', durationMs: 1_000, lambda: 1, sigma: 1, eta: 1e-9, gamma: 1 } }, 'ETA_TILDE_NOT_POSITIVE'],
    ]
    for (const [change, reason] of bad) {
      let details: unknown
      try {
        system.orders.submit({ ...base, ...change } as never)
      } catch (error) {
        details = (error as { code: string; details: object }).details
        expect(error).toMatchObject({ code: 'TW_INVALID_ALGO' })
      }
      expect(details, JSON.stringify(change)).toMatchObject({ reason })
    }
    expect(() => system.orders.submit({ ...base, quantity: '1.5', algo: { type: 'twap', durationMs: 1_000 } })).toThrow(
      expect.objectContaining({ code: 'TW_OFF_GRID' }),
    )
    expect(venue.sent).toHaveLength(0)
    expect(system.execution.open).toHaveLength(0)
    await system.stop()
  })

  it('an unknown calendar is refused at submit without a pipeline, too; one that the host has is not', async () => {
    const odd = { ...ibm, id: 'ODD.XNYS' as typeof ibm.id, symbol: 'ODD', calendar: 'XMOON' }
    const order = { symbol: 'ODD', side: 'buy', quantity: 100, algo: { type: 'twap', durationMs: 60_000 } } as const
    for (const calendars of [undefined, { get: () => {}, has: (id: string) => id === 'XMOON', ids: () => [] }]) {
      const { system } = await startEcho({
        instruments: [odd],
        ...(calendars === undefined ? {} : { calendars: calendars as never }),
      })
      if (calendars !== undefined) expect(system.orders.submit(order).status).not.toBe('FAILED')
      else
        expect(() => system.orders.submit(order)).toThrow(
          expect.objectContaining({
            code: 'TW_INVALID_ALGO',
            details: { reason: 'UNKNOWN_CALENDAR', field: 'symbol' },
          }),
        )
      expect(system.execution.open).toHaveLength(calendars === undefined ? 0 : 1)
      await system.stop()
    }
  })

  it('a group without orders is refused as one', async () => {
    const { system } = await startEcho()
    for (const request of [{ kind: 'oco' }, { kind: 'oco', orders: 5 }, undefined])
      expect(() => system.execution.submitGroup(request as never)).toThrow(
        expect.objectContaining({ code: 'TW_INVALID_ALGO', details: expect.objectContaining({ field: 'orders' }) }),
      )
    await system.stop()
  })

  it('an unknown calendar is refused at submit, and so is a strategy that may not trade', async () => {
    const { system, venue } = await startEcho({
      validation: { authorization: { strategies: { HOST: { sides: ['buy'] } } } },
      instruments: [{ ...ibm, id: 'ODD.XNYS' as typeof ibm.id, symbol: 'ODD', calendar: 'XMOON' }],
    })
    const order = { symbol: 'ODD', side: 'buy', quantity: 100, algo: { type: 'twap', durationMs: 60_000 } } as const
    for (const [change, reason] of [
      [{}, 'UNKNOWN_CALENDAR'],
      [{ symbol: 'IBM', side: 'sell' }, 'NOT_AUTHORIZED'],
    ] as const)
      expect(() => system.orders.submit({ ...order, ...change })).toThrow(
        expect.objectContaining({ code: 'TW_INVALID_ALGO', details: expect.objectContaining({ reason }) }),
      )
    expect([venue.sent, system.execution.open]).toEqual([[], []])
    await system.stop()
  })

  it('children of a limited order are limit orders, never through the limit', async () => {
    const world = filling({ limitUnits: 10_000, algo: twap({ endPolicy: 'complete' }) })
    world.quote(9_998, 9_999)
    world.start()
    await world.advanceMs(2_500)
    world.quote(10_010, 10_020)
    await world.advanceMs(2_000)
    expect(world.orders.every(({ request }) => request.priceUnits <= 10_000)).toBe(true)
  })

  it('a restart in the middle of the window keeps the schedule', async () => {
    const world = filling().start()
    await world.advanceMs(1_500)
    world.restart()
    await world.advanceMs(4_000)
    expect(sizes(world)).toEqual([100, 100, 100, 100])
    expect(world.parent.status).toBe('FILLED')
  })

  it('a price beyond the limit is told as blocked, and made up for when it comes back', async () => {
    const world = filling({ limitUnits: 10_000, algo: twap({ maxSlice: 250 }) })
    world.quote(10_005, 10_010)
    world.start()
    await world.advanceMs(2_500)
    expect(world.orders).toHaveLength(0)
    expect(world.events.filter(({ type }) => type === 'blocked')).toMatchObject([{ reason: 'LIMIT' }])
    world.quote(9_998, 9_999)
    expect(sizes(world)).toEqual([250])
    await world.advanceMs(2_000)
    expect(world.parent.status).toBe('FILLED')
  })

  it('a child is not sized again before the cancel of the one before is confirmed', async () => {
    const world = new ParentWorld({ seed: 1, algo: twap(), quantityUnits: 400, durationMs: 4_000 }).start()
    await world.advanceMs(3_500)
    expect(world.orders).toHaveLength(1)
    // The cancel came too late: the whole child is filled, and only the rest goes out.
    world.fillAll()
    expect(sizes(world)).toEqual([100, 300])
    expect(world.filledUnits + world.openUnits).toBe(400)
  })

  it('an execution that comes after the end is counted, and the order stays ended', async () => {
    const world = new ParentWorld({ seed: 1, algo: twap(), quantityUnits: 400, durationMs: 4_000 }).start()
    const [child] = world.orders
    world.parent.cancel()
    world.ackCancels()
    expect(world.parent.status).toBe('CANCELED')
    if (child !== undefined) world.fill(child, 100)
    expect(world.parent.status).toBe('CANCELED')
    expect(world.parent.book.filledUnits).toBe(100)
    expect(world.events.at(-1)).toMatchObject({ type: 'late_fill' })
  })

  it('the price of a depth is cut at the last level that is needed', () => {
    const book = new OrderBook({ priceStep: 1 })
    book.applySnapshot([], [], [7, 9], [7, 9])
    expect(new BookAnalytics().sweepQuantity(book, 1, 10).averagePrice).toBeCloseTo(7.6, 12)
    const plan = planRoute({
      side: 'buy',
      quantityUnits: 10,
      venues: [
        {
          id: 'A',
          levels: [
            [7, 7],
            [9, 9],
          ],
        },
      ],
    })
    expect(plan.averageAllInUnits).toBeCloseTo(7.6, 12)
  })
})
