/** What is too small for the venue: never sent, carried along where that is possible, and told where it is not. */
import { describe, expect, it } from 'vitest'
import { EchoConnector, ibm } from '../../test/support/echo-connector.js'
import { startEcho } from '../../test/support/echo-system.js'
import { VirtualTime } from '../core/virtual-time.js'
import { TradingSystem } from '../system/trading-system.js'
import { planRoute } from './index.js'
import { ParentWorld, type WorldOptions } from './parent-world.test-support.js'

const world = (options: Partial<WorldOptions> = {}) =>
  new ParentWorld({
    seed: 1,
    algo: { type: 'twap', slices: 2 },
    quantityUnits: 100,
    durationMs: 4_000,
    minQuantity: '5',
    ...options,
  })

const sizes = ({ orders }: ParentWorld) => orders.map(({ request }) => request.quantityUnits)
const told = ({ events }: ParentWorld, type: string) => events.filter((event) => event.type === type)

describe('a rest below the minimum of the venue', () => {
  it('is measured by the price of now when the window is over', async () => {
    const played = world({
      algo: { type: 'twap', slices: 1, endPolicy: 'complete' },
      quantityUnits: 12,
      minQuantity: '1',
      minNotional: '10',
    }).start()
    played.fill(played.open[0] as never, 2)
    played.quote(8_000, 8_001)
    await played.advanceMs(4_000)
    played.ackCancels()
    // 10 units are worth 8 dollars now.
    expect(sizes(played)).toEqual([12])
    expect([played.parent.status, played.parent.reason, played.parent.book.unsentUnits]).toEqual([
      'EXPIRED',
      'BELOW_MINIMUM',
      10,
    ])
  })

  for (const algo of [
    { type: 'twap', slices: 1 },
    { type: 'iceberg', displayQuantity: 100 },
    { type: 'sniper' },
    { type: 'pov', rate: 0.5 },
    { type: 'emulate' },
  ])
    it(`ends ${algo.type} at once, with its reason, also without a window`, async () => {
      const played = world({
        algo,
        durationMs: Number.POSITIVE_INFINITY,
        ...(algo.type === 'twap' ? { durationMs: 60_000 } : {}),
      })
      played.start()
      played.trade(1_000)
      await played.advanceMs(1_000)
      const [order] = played.open
      expect(order?.request.quantityUnits).toBe(100)
      played.fill(order as never, 97)
      played.closeOrder(order as never)
      await played.advanceMs(2_000)
      expect(sizes(played)).toEqual([100])
      expect([played.parent.status, played.parent.book.unsentUnits]).toEqual(['EXPIRED', 3])
      expect(told(played, 'done')[0]?.reason).toBe('BELOW_MINIMUM')
      expect(played.time.pendingTimers).toBe(0)
    })

  it('that another price would make large enough is told, and waits for it', async () => {
    const played = world({
      algo: { type: 'iceberg', displayQuantity: 100 },
      minQuantity: '1',
      minNotional: '10',
    }).start()
    const [order] = played.open
    played.quote(5_000, 5_001)
    played.fill(order as never, 88)
    played.closeOrder(order as never)
    expect([played.parent.status, played.parent.blocked]).toEqual(['RUNNING', 'BELOW_MINIMUM'])
    expect(told(played, 'blocked').map(({ reason }) => reason)).toEqual(['BELOW_MINIMUM'])
    played.quote(9_999, 10_001)
    expect(sizes(played)).toEqual([100, 12])
    played.fillAll()
    expect(played.parent.status).toBe('FILLED')
  })

  it('that still works is priced anew instead of being taken back', async () => {
    const played = world({ algo: { type: 'twap', slices: 4, style: 'passive' } }).start()
    await played.advanceMs(3_500)
    played.ackCancels()
    for (const order of played.open.slice(0, -1)) played.fill(order, 100)
    const { parent } = played
    const working = played.open.at(-1) as never as (typeof played.orders)[number]
    played.fill(working, working.request.quantityUnits - 3)
    const before = parent.book.filledUnits
    parent.amend(before + 3, Number.NaN, played.time.wallUs() + 60_000_000)
    await played.advanceMs(30_000)
    expect(working.isCanceling).toBe(false)
    played.fill(working, 3)
    expect(parent.status).toBe('FILLED')
  })

  it('beside a working child is taken along when the total is changed', async () => {
    const played = world({ algo: { type: 'twap', slices: 1 }, quantityUnits: 80 }).start()
    played.parent.amend(83, Number.NaN, Number.NaN)
    played.ackCancels()
    await played.advanceMs(1_000)
    expect(sizes(played)).toEqual([80, 83])
    played.fillAll()
    expect(played.parent.status).toBe('FILLED')
  })

  it('of a total that was lowered to little above what is filled is told', async () => {
    const played = world({ algo: { type: 'twap', slices: 2 } }).start()
    played.fill(played.open[0] as never, 50)
    played.parent.amend(52, Number.NaN, Number.NaN)
    await played.advanceMs(10_000)
    expect(sizes(played)).toEqual([50])
    expect([played.parent.status, played.parent.reason, played.parent.book.unsentUnits]).toEqual([
      'EXPIRED',
      'BELOW_MINIMUM',
      2,
    ])
  })

  it('that the largest slice leaves in any case does not keep the rest from going', async () => {
    const played = world({
      algo: { type: 'twap', slices: 2, maxSlice: 60 },
      quantityUnits: 80,
      minQuantity: '50',
    }).start()
    played.fillAll()
    await played.advanceMs(10_000)
    expect(sizes(played)).toEqual([60])
    expect([played.parent.status, played.parent.reason]).toEqual(['EXPIRED', 'BELOW_MINIMUM'])
  })

  it('the worth of a child counts at its own price: far below the market, or at a limit that is given away', async () => {
    const played = world({
      algo: { type: 'iceberg', displayQuantity: 20 },
      limitUnits: 5_000,
      quantityUnits: 100,
      minQuantity: '1',
      minNotional: '12',
    }).start()
    // 20 at the limit of 50 cents are worth 10 dollars: not taken, whatever the market pays.
    expect(sizes(played).every((units) => units >= 24)).toBe(true)
  })
})

describe('a slice whose child is taken back', () => {
  const last = () => world({ algo: { type: 'twap', slices: 1 }, limitUnits: 10_010, durationMs: 60_000 }).start()

  it('goes out again at the new limit', async () => {
    const played = last()
    played.parent.amend(Number.NaN, 10_020, Number.NaN)
    played.ackCancels()
    await played.advanceMs(1_000)
    expect(sizes(played)).toEqual([100, 100])
  })

  it('goes out again with the smaller total', async () => {
    const played = last()
    played.parent.amend(60, Number.NaN, Number.NaN)
    played.ackCancels()
    await played.advanceMs(1_000)
    expect(sizes(played)).toEqual([100, 60])
  })

  it('goes out again after a pause', async () => {
    const played = last()
    played.parent.pause(false)
    played.ackCancels()
    await played.advanceMs(1_000)
    played.parent.resume(false)
    expect(sizes(played)).toEqual([100, 100])
  })

  it('goes out again when the pause was over before the cancel was answered', async () => {
    const played = last()
    played.parent.pause(false)
    played.parent.resume(false)
    expect(sizes(played)).toEqual([100])
    played.ackCancels()
    expect(sizes(played)).toEqual([100, 100])
  })
})

describe('what is completed at the end', () => {
  it('goes in children of the largest size, one after the other', async () => {
    const played = world({ algo: { type: 'twap', slices: 1, maxSlice: 30, endPolicy: 'complete' } })
    played.onSend = (order) => {
      order.filledUnits = order.request.quantityUnits
      order.isClosed = true
    }
    played.start()
    await played.advanceMs(10_000)
    expect([sizes(played), played.parent.status]).toEqual([[30, 30, 30, 10], 'FILLED'])
  })

  it('says why it was not sent', async () => {
    const played = world({
      algo: { type: 'twap', slices: 1, endPolicy: 'complete', maxParticipationRate: 0.1 },
    }).start()
    await played.advanceMs(10_000)
    expect([sizes(played), played.parent.status, played.parent.reason]).toEqual([[], 'EXPIRED', 'PARTICIPATION'])
  })
})

describe('a price that takes everything', () => {
  it('does not keep the plan from working while less than a child is displayed', async () => {
    const played = world({ algo: { type: 'twap', slices: 2, minSlice: 20, iWouldPrice: '100.01' } })
    played.quote(9_999, 10_001, 3)
    played.start()
    expect(sizes(played)).toEqual([50])
  })
})

describe('orders that only reduce a position', () => {
  it('may be worth less than others, as the gate has it', async () => {
    const { system, venue } = await startEcho({
      instruments: [{ ...ibm, id: 'DOT.XNYS' as typeof ibm.id, symbol: 'DOT', minNotional: '1000' }],
    })
    venue.quote(9.99, 10.01, 'DOT')
    const entry = system.orders.submit({ symbol: 'DOT', side: 'buy', quantity: 150, price: '10.00' })
    venue.reports.accepted(entry.number, 'v1', 1)
    venue.reports.filled(entry.number, 'e1', 150, 1_000, 0, 'USD', 2, 2)
    const exit = system.orders.submit({
      symbol: 'DOT',
      side: 'sell',
      quantity: 50,
      reduceOnly: true,
      algo: { type: 'twap', slices: 1, durationMs: 60_000 },
    })
    expect([exit.status, exit.children.map(({ status }) => status)]).toEqual(['RUNNING', ['SUBMITTED']])
    await system.stop()
  })
})

describe('routes', () => {
  const request = { side: 'buy', quantityUnits: 8, minChildUnits: 5 } as const

  it('leave out a venue that displays less than it takes', () => {
    const { children, unroutedUnits } = planRoute({
      ...request,
      venues: [
        { id: 'a', levels: [[100, 3]] },
        { id: 'b', levels: [[101, 50]] },
      ],
    })
    expect([children, unroutedUnits]).toEqual([[{ venue: 'b', quantityUnits: 8, limitUnits: 101 }], 0])
  })

  it('give the last venue as much as it takes, at the cost of the one before it', () => {
    const venues = [
      { id: 'a', levels: [[100, 100]] as const },
      { id: 'b', levels: [[101, 50]] as const },
    ]
    const quantities = (quantityUnits: number) =>
      planRoute({ ...request, quantityUnits, venues }).children.map((child) => child.quantityUnits)
    expect([quantities(103), quantities(105), quantities(100)]).toEqual([[98, 5], [100, 5], [100]])
  })

  it('a router is not kept from other venues by one that displays too little', async () => {
    const time = new VirtualTime()
    const [a, b] = [new EchoConnector(), new EchoConnector()]
    const lots = [{ ...ibm, minQuantity: '50' }]
    const system = await time.runUntil(
      TradingSystem.start({ mode: 'simulation', onClose: 'leave', time, connectors: { a, b }, instruments: lots }),
    )
    a.quote(99.98, 100.0, 'IBM', 10)
    b.quote(99.98, 100.01)
    system.orders.submit({ symbol: 'IBM', side: 'buy', quantity: 60, price: '100.05', algo: { type: 'sor' } })
    expect([a.sent.length, b.sent.map((each) => (each.kind === 'new' ? each.quantityUnits : 0))]).toEqual([0, [60]])
    await system.stop()
  })
})
