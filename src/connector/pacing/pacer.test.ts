import { describe, expect, it } from 'vitest'
import { TradewireError } from '../../core/errors.js'
import { VirtualTime } from '../../core/virtual-time.js'
import { Pacer, PacingRank } from './pacer.js'
import { checkPacing, type PacingOptions } from './pacing-options.js'

const { cancel, reduce, order, query, subscription, history } = PacingRank

/** A pacer whose sends are noted with their time. */
function setUp(options: PacingOptions = { windows: [{ limit: 10, windowMs: 1_000 }] }) {
  const time = new VirtualTime()
  const pacer = new Pacer(options, time)
  const sent: string[] = []
  const failed: string[] = []
  const line = (rank: number, name: string, weight = 1) =>
    pacer.enqueue(
      rank,
      weight,
      () => sent.push(`${name}@${Math.floor(time.monotonicNs() / 1e6)}`),
      (error) => failed.push(`${name}: ${error.code}`),
    )
  return { time, pacer, sent, failed, line }
}

describe('Pacer', () => {
  it('keeps the reserved shares free for the more urgent', () => {
    const { pacer } = setUp()
    const taken = (rank: number) => {
      let count = 0
      while (pacer.tryTake(rank)) count++
      return count
    }
    expect(taken(query)).toBe(5)
    expect(taken(order)).toBe(3)
    expect(taken(reduce)).toBe(1)
    expect(taken(cancel)).toBe(1)
    expect(pacer.report().refused).toEqual({ cancel: 1, reduce: 1, order: 1, query: 1, subscription: 0, history: 0 })
  })

  it('serves by urgency, and first come first served within a class', () => {
    const { time, sent, line } = setUp({ windows: [{ limit: 1, windowMs: 100 }] })
    line(query, 'first')
    line(history, 'h')
    line(subscription, 's')
    line(query, 'q1')
    line(query, 'q2')
    line(cancel, 'c')
    time.advanceMs(1_000)
    expect(sent).toEqual(['first@0', 'c@100', 'q1@200', 'q2@300', 's@400', 'h@500'])
    expect(time.pendingTimers).toBe(0)
  })

  it('lets no order overtake a cancel that waits', () => {
    const { time, pacer, sent, line } = setUp({
      windows: [{ limit: 2, windowMs: 100 }],
      reserve: { orders: 0, cancels: 0, reduces: 0 },
    })
    expect([pacer.tryTake(order), pacer.tryTake(order)]).toEqual([true, true])
    line(cancel, 'c')
    expect(pacer.tryTake(order)).toBe(false)
    expect(pacer.hasRoom(order)).toBe(false)
    time.advanceMs(101)
    expect(sent).toEqual(['c@100'])
    expect(pacer.tryTake(order)).toBe(true)
  })

  it('does not hold a class up for a window in which it does not count', () => {
    const { time, sent, line } = setUp({
      windows: [
        { limit: 1, windowMs: 60_000, weights: { query: 0, subscription: 0, history: 0 } },
        { limit: 100, windowMs: 1_000, weights: { cancel: 0, reduce: 0, order: 0 } },
      ],
    })
    line(cancel, 'c1')
    line(cancel, 'c2')
    line(query, 'q')
    time.advanceMs(10)
    expect(sent).toEqual(['c1@0', 'q@0'])
  })

  it('counts weights, message by message', () => {
    const { time, sent, line } = setUp({ windows: [{ limit: 10, windowMs: 1_000, weights: { history: 2 } }] })
    line(history, 'heavy', 2)
    line(history, 'next')
    line(query, 'light')
    time.advanceMs(2_000)
    expect(sent).toEqual(['heavy@0', 'light@0', 'next@1000'])
    expect(() => line(history, 'never', 3)).toThrow('TW_INVALID_ARGUMENT')
  })

  it('drops the line when the connection goes, and lets go of aborted waits', async () => {
    const { time, pacer, failed, line } = setUp({ windows: [{ limit: 1, windowMs: 100 }] })
    line(query, 'sent')
    line(query, 'waits')
    const controller = new AbortController()
    const aborted = pacer.run(query, async () => 'never', { signal: controller.signal })
    const dropped = pacer.run(subscription, async () => 'never')
    expect(pacer.waiting).toBe(3)
    controller.abort()
    await expect(aborted).rejects.toThrow('TW_ABORTED')
    expect(pacer.waiting).toBe(2)
    pacer.drop(new TradewireError('TW_NOT_CONNECTED', 'gone'))
    await expect(dropped).rejects.toThrow('TW_NOT_CONNECTED')
    expect(failed).toEqual(['waits: TW_NOT_CONNECTED'])
    expect(time.pendingTimers).toBe(0)
  })

  it('serves whoever stood behind a message that leaves the line', () => {
    const { time, sent, line } = setUp({
      windows: [{ limit: 4, windowMs: 100, weights: { history: 2 } }],
      reserve: { orders: 0, cancels: 0, reduces: 0 },
    })
    line(query, 'a')
    line(query, 'b')
    line(query, 'c')
    const leave = line(history, 'heavy')
    line(history, 'heavier')
    leave()
    leave()
    time.advanceMs(101)
    expect(sent).toEqual(['a@0', 'b@0', 'c@0', 'heavier@100'])
  })

  it('bounds the line', () => {
    const { line, pacer } = setUp({ windows: [{ limit: 1, windowMs: 100 }], maxWaiting: 2 })
    line(query, 'sent')
    line(query, 'waits')
    line(query, 'waits too')
    expect(() => line(query, 'too many')).toThrow('TW_CAPACITY')
    expect(pacer.waiting).toBe(2)
  })

  it('goes on when an operation throws instead of rejecting', async () => {
    const { time, pacer } = setUp({ windows: [{ limit: 1, windowMs: 100 }] })
    const broken = () => {
      throw new Error('broken')
    }
    await expect(pacer.run(query, broken)).rejects.toThrow('broken')
    const later = pacer.run(query, broken)
    const fine = pacer.run(query, async () => 'fine')
    time.advanceMs(300)
    await expect(later).rejects.toThrow('broken')
    expect(await fine).toBe('fine')
  })
})

describe('checkPacing', () => {
  const window = { limit: 1, windowMs: 1 }
  it.each<[string, object]>([
    ['pacing.windows', { windows: [] }],
    ['limt', { windows: [{ ...window, limt: 3 }] }],
    ['pacing.windows[0].limit', { windows: [{ ...window, limit: 0 }] }],
    ['pacing.windows[1].windowMs', { windows: [window, { ...window, windowMs: Number.NaN }] }],
    ['pacing.windows[0].weights.query', { windows: [{ ...window, weights: { query: 0.5 } }] }],
    ['orders', { windows: [{ ...window, weights: { orders: 1 } }] }],
    ['pacing.reserve.cancels', { windows: [window], reserve: { cancels: 1 } }],
    ['pacing.reserve.orders', { windows: [window], reserve: { orders: 0.1, cancels: 0.1, reduces: 0.1 } }],
    ['pacing.maxWaiting', { windows: [window], maxWaiting: 0 }],
  ])('refuses %s and names it', (field, options) => {
    expect(() => checkPacing(options as PacingOptions)).toThrow(field)
  })
})
