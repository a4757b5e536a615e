import { describe, expect, it } from 'vitest'
import { OrderPool, SLOT_STRIDE } from './order-pool.js'

const acquire = (pool: OrderPool, orderNumber: number): number => pool.insert(orderNumber, 1, 0, 0, 1, 1, 1)

describe('OrderPool', () => {
  it.each([
    ['consecutive', (index: number) => index],
    ['strided by the table size', (index: number) => index * 1_024],
    ['beyond 32 bits', (index: number) => index * 4_294_967_296 + 5],
    ['near the largest safe integer', (index: number) => Number.MAX_SAFE_INTEGER - index],
  ])('finds, forgets and reuses %s numbers while it grows', (_what, numberOf) => {
    const pool = new OrderPool(16, 2_000)
    const slots = new Map<number, number>()
    for (let index = 0; index < 2_000; index++) slots.set(numberOf(index), acquire(pool, numberOf(index)))
    expect([pool.live, pool.isFull, acquire(pool, numberOf(3_000))]).toEqual([2_000, true, -1])
    expect(new Set(slots.values()).size).toBe(2_000)
    for (let index = 0; index < 2_000; index += 2) pool.release(slots.get(numberOf(index))!)
    for (let index = 0; index < 2_000; index++) {
      expect(pool.find(numberOf(index))).toBe(index % 2 === 0 ? -1 : slots.get(numberOf(index)))
    }
    const highWater = pool.highWater
    for (let index = 0; index < 2_000; index += 2) expect(acquire(pool, numberOf(index))).toBeGreaterThanOrEqual(0)
    expect(pool.highWater).toBe(highWater)
    expect(pool.highWater).toBe(2_000 * SLOT_STRIDE)
  })

  it('refuses a number that is live', () => {
    const pool = new OrderPool(16, 16)
    acquire(pool, 5)
    expect(acquire(pool, 5)).toBe(-1)
    expect(pool.live).toBe(1)
  })

  it('knows nothing of numbers that are none', () => {
    const pool = new OrderPool(16, 16)
    acquire(pool, 0)
    for (const number of [Number.NaN, 0.5, -1, Number.POSITIVE_INFINITY]) expect(pool.find(number)).toBe(-1)
  })

  it('spreads strided numbers over its buckets', () => {
    const pool = new OrderPool(4_096, 4_096)
    for (let index = 0; index < 4_096; index++) acquire(pool, index * 65_536)
    const buckets = (pool as unknown as { buckets: Int32Array }).buckets
    expect(buckets.filter((slot) => slot >= 0).length).toBeGreaterThan(2_000)
  })
})
