import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import { BookSide } from './book-side.js'
import { NO_PRICE } from './codes.js'
import { OrderPool } from './order-pool.js'

/** Steps of very different sizes, so that windows slide, grow and leave levels behind. */
const step = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -90, max: 90 }),
  fc.integer({ min: -400, max: 400 }),
  fc.integer({ min: -20_000, max: 20_000 }),
)
const operation = fc.record({ isRemoval: fc.boolean(), step, pick: fc.nat(), shown: fc.integer({ min: 1, max: 9 }) })

interface Resting {
  slot: number
  key: number
  shown: number
}

function check(side: BookSide, pool: OrderPool, orders: readonly Resting[]): void {
  const keys = [...new Set(orders.map((order) => order.key))].sort((a, b) => b - a)
  expect(side.best).toBe(keys[0] ?? NO_PRICE)
  const walked: number[] = []
  for (let key = side.best; key !== NO_PRICE; key = side.below(key)) walked.push(key)
  expect(walked).toEqual(keys)
  for (const key of keys) {
    const queue = orders.filter((order) => order.key === key)
    expect(side.quantityAt(key)).toBe(queue.reduce((sum, order) => sum + order.shown, 0))
    const slots: number[] = []
    for (let slot = side.headAt(key); slot >= 0; slot = pool.next(slot)) slots.push(slot)
    expect(slots).toEqual(queue.map((order) => order.slot))
    for (const near of [key - 1, key + 1]) if (!keys.includes(near)) expect(side.quantityAt(near)).toBe(0)
  }
}

it('a book side is a sorted map of queues, whatever the distances of its prices', () => {
  const maxWindow = fc.constantFrom(128, 256, 4_096)
  fc.assert(
    fc.property(maxWindow, fc.array(operation, { maxLength: 80, size: 'max' }), (window, operations) => {
      const pool = new OrderPool(1, 1_000)
      const side = new BookSide(pool, 1, window)
      const orders: Resting[] = []
      let key = 0
      operations.forEach(({ isRemoval, step, pick, shown }, index) => {
        if (isRemoval && orders.length > 0) {
          // As often as not the best goes, which is what moves the window down.
          const best = orders.findIndex((order) => order.key === side.best)
          const at = pick % 2 === 0 ? best : pick % orders.length
          const [order] = orders.splice(at, 1)
          side.unlink(order.slot)
          pool.release(order.slot)
        } else {
          key = pick % 3 === 0 && orders.length > 0 ? orders[pick % orders.length].key : key + step
          const slot = pool.insert(index, key, 0, 0, shown, shown, index)
          side.append(slot, key, shown)
          orders.push({ slot, key, shown })
        }
        check(side, pool, orders)
      })
    }),
    { numRuns: runs({ ci: 500, full: 10_000 }) },
  )
})
