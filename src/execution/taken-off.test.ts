/** Children that somebody else takes off, and shots that miss: no order is sent again and again without an end. */
import { describe, expect, it } from 'vitest'
import { ParentWorld } from './parent-world.test-support.js'

describe('a venue that takes every child off at once', () => {
  for (const algo of [
    { type: 'iceberg', displayQuantity: 10 },
    { type: 'emulate' },
    { type: 'twap', slices: 1, durationMs: 60_000 },
  ])
    it(`is asked three times by ${algo.type}, and then the order waits for its host`, async () => {
      const durationMs = algo.type === 'twap' ? 600_000 : Number.POSITIVE_INFINITY
      const world = new ParentWorld({ seed: 1, algo, quantityUnits: 100, durationMs })
      world.onSend = (order) => {
        order.isClosed = true
      }
      world.start()
      expect(world.orders).toHaveLength(1)
      await world.advanceMs(60_000)
      expect(world.orders.map(({ index }) => index)).toEqual([1, 2, 3])
      expect([world.parent.status, world.parent.reason, world.parent.pausedBy]).toEqual([
        'PAUSED',
        'CANCELED_BY_VENUE',
        ['rejects'],
      ])
      world.onSend = undefined
      world.parent.resume(false)
      world.fillAll()
      expect(world.filledUnits).toBeGreaterThan(0)
    })
})

describe('a price that takes everything', () => {
  it('is tried at most ten times a second where nothing is found', async () => {
    const world = new ParentWorld({
      seed: 1,
      algo: { type: 'twap', slices: 2, iWouldPrice: '100.01' },
      quantityUnits: 100,
    })
    world.onSend = (order) => {
      order.isClosed = true
    }
    world.start()
    for (let ms = 0; ms < 1_000; ms += 10) {
      await world.advanceMs(10)
      world.quote(9_999, 10_001)
    }
    expect(world.orders.length).toBeGreaterThan(5)
    expect(world.orders.length).toBeLessThanOrEqual(11)
  })
})
