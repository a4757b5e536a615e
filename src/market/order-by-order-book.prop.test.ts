import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import type { BookSide } from '../ring/kinds.js'
import { OrderByOrderBook } from './order-by-order-book.js'

interface Order {
  id: number
  side: BookSide
  price: number
  size: number
}

/** The obvious book: all orders in one array, in the order of their priority within a price. */
class ListBook {
  orders: Order[] = []

  add(order: Order): void {
    this.delete(order.id)
    this.orders.push(order)
  }

  change(id: number, side: BookSide, price: number, size: number): void {
    const known = this.orders.find((order) => order.id === id)
    if (known === undefined) {
      if (size > 0) this.add({ id, side, price, size })
    } else if (size === 0) this.delete(id)
    else if (known.price === price && size <= known.size) known.size = size
    else this.add({ id, side: known.side, price, size })
  }

  delete(id: number): void {
    this.orders = this.orders.filter((order) => order.id !== id)
  }

  queue(side: BookSide, price: number): Order[] {
    return this.orders.filter((order) => order.side === side && order.price === price)
  }

  levels(side: BookSide): [number, number][] {
    const prices = [...new Set(this.orders.filter((order) => order.side === side).map((order) => order.price))]
    prices.sort((a, b) => (side === 0 ? b - a : a - b))
    return prices.map((price) => [price, this.queue(side, price).reduce((sum, order) => sum + order.size, 0)])
  }
}

const operation = fc.record({
  kind: fc.constantFrom('add', 'add', 'change', 'delete', 'execute'),
  // Few numbers far apart: they collide in the table, and the same order is met again.
  id: fc.integer({ min: 0, max: 40 }).map((n) => n * 4_294_967_296 + (n % 3)),
  side: fc.constantFrom<BookSide>(0, 1),
  price: fc.integer({ min: -4, max: 8 }).map((ticks) => ticks / 4),
  size: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom(0.1, 0.2, 0.7)),
})

const prices = new Float64Array(64)
const sizes = new Float64Array(64)
const ids = new Float64Array(64)

function expectSame(book: OrderByOrderBook, model: ListBook): void {
  expect(book.orderCount).toBe(model.orders.length)
  for (const side of [0, 1] as const) {
    const expected = model.levels(side)
    const count = book.depth(side, 64, prices, sizes)
    expect(Array.from({ length: count }, (_, i) => [prices[i], sizes[i]])).toEqual(expected)
    expect(side === 0 ? book.bestBid : book.bestAsk).toBe(expected[0]?.[0] ?? Number.NaN)
    expect(side === 0 ? book.bestBidSize : book.bestAskSize).toBe(expected[0]?.[1] ?? Number.NaN)
    for (const [price] of expected) {
      const queue = model.queue(side, price)
      const length = book.queue(side, price, ids, sizes)
      expect(Array.from({ length }, (_, i) => [ids[i], sizes[i]])).toEqual(queue.map((order) => [order.id, order.size]))
      expect(book.ordersAt(side, price)).toBe(queue.length)
      let ahead = 0
      for (const [i, order] of queue.entries()) {
        expect(book.ordersAhead(order.id)).toBe(i)
        expect(book.sizeAhead(order.id)).toBeCloseTo(ahead, 9)
        ahead += order.size
      }
    }
  }
}

describe('OrderByOrderBook against a list of orders', () => {
  it('has the same queues, levels and places after any operations', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 150 }), (operations) => {
        const book = new OrderByOrderBook({ initialOrders: 2 })
        const model = new ListBook()
        for (const { kind, id, side, price, size } of operations) {
          const known = model.orders.find((order) => order.id === id)
          if (kind === 'add') {
            expect(book.add(id, side, price, size)).toBe(size > 0)
            if (size > 0) model.add({ id, side, price, size })
          } else if (kind === 'change') {
            book.change(id, side, price, size)
            model.change(id, side, price, size)
          } else if (kind === 'delete') {
            expect(book.delete(id)).toBe(known !== undefined)
            model.delete(id)
          } else {
            const isPossible = known !== undefined && size > 0 && size <= known.size
            expect(book.execute(id, size)).toBe(isPossible)
            if (isPossible) model.change(id, side, known.price, known.size - size)
          }
        }
        expectSame(book, model)
      }),
      { numRuns: runs({ ci: 300, full: 10_000 }) },
    )
  })
})
