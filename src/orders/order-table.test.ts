import { describe, expect, it } from 'vitest'
import { foldSubmitted } from './fold.js'
import { foldCorrected } from './fold-restated.js'
import { foldTrade } from './fold-trades.js'
import * as Field from './order-fields.js'
import { OrderTable } from './order-table.js'

/** Allocates and opens an order. */
function open(table: OrderTable): number {
  const row = table.allocate()
  table.cells[row + Field.quantity] = 1_000
  foldSubmitted(table, row, 1)
  return row
}

function close(table: OrderTable, row: number): void {
  table.cells[row + Field.isOpen] = 0
}

const trade = (table: OrderTable, row: number, exec: string | number, quantity = 1) =>
  foldTrade(table, row, exec, quantity, 1_000, Number.NaN, -1, 0, 0, 1, 1)

describe('an order table', () => {
  it('refuses sizes that are no powers of two', () => {
    for (const capacity of [0, 8, 17, 2 ** 21, Number.NaN]) {
      expect(() => new OrderTable({ capacity })).toThrow(/orders.capacity must be a power of two/)
    }
    expect(() => new OrderTable({ tradeCapacity: 1 })).toThrow(/orders.tradeCapacity/)
  })

  it('numbers orders from 1 and finds them', () => {
    const table = new OrderTable({ capacity: 16 })
    const rows = [open(table), open(table)]
    expect(rows.map((row) => table.cells[row + Field.number])).toEqual([1, 2])
    expect([table.rowOf(1), table.rowOf(2), table.rowOf(3), table.rowOf(0), table.rowOf(-1)]).toEqual([
      ...rows,
      -1,
      -1,
      -1,
    ])
    expect(table.lastNumber).toBe(2)
  })

  it('takes over the records of closed orders, never of open ones, and skips their numbers', () => {
    const table = new OrderTable({ capacity: 16 })
    const evicted: number[] = []
    table.onEvict = (_, number) => evicted.push(number)
    const rows = Array.from({ length: 16 }, () => open(table))
    expect([table.allocate(), table.lastNumber]).toEqual([-1, 16])
    for (const row of rows.slice(4)) close(table, row)
    const next = open(table)
    expect(table.cells[next + Field.number]).toBe(21)
    expect(evicted).toEqual([5])
    expect(table.rowOf(5)).toBe(-1)
    expect(table.rowOf(4)).toBe(rows[3])
  })

  it('hands out a clean record', () => {
    const table = new OrderTable({ capacity: 16 })
    const first = open(table)
    table.setClientOrderId(first, 'a')
    table.setVenueOrderId(first, 'b')
    table.setReason(first, 'c')
    table.setTag(first, 'd')
    trade(table, first, 'E1', 1_000)
    for (let i = 0; i < 15; i++) close(table, open(table))
    const again = table.allocate()
    expect(again).toBe(first)
    expect([table.clientOrderId(again), table.venueOrderId(again), table.reason(again), table.tag(again)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(table.cells[again + Field.filled]).toBe(0)
    expect(table.cells[again + Field.firstTrade]).toBe(-1)
    expect(table.cells[again + Field.price]).toBeNaN()
  })

  it('gives trades and requests of an evicted order back, indexed ones included', () => {
    const table = new OrderTable({ capacity: 16, tradeCapacity: 64 })
    for (let round = 0; round < 40; round++) {
      const row = open(table)
      for (let i = 0; i < (round % 2 === 0 ? 1 : 20); i++) trade(table, row, `E${round}-${i}`)
      if (round % 3 === 0) foldCorrected(table, row, `E${round}-0`, `C${round}`, 2, 1_000, false, 2, 2)
      close(table, row)
      if (table.trades.size > 44) for (let i = 0; i < 16; i++) close(table, open(table))
    }
    for (let i = 0; i < 16; i++) close(table, open(table))
    expect(table.trades.size).toBe(0)
    expect(table.requests.size).toBe(0)
  })

  it('keeps the high-water mark of numbers', () => {
    const table = new OrderTable({ capacity: 16 })
    table.reserveNumbersUpTo(100)
    expect(table.cells[open(table) + Field.number]).toBe(101)
    const row = table.allocateNumber(200)
    expect(table.rowOf(200)).toBe(row)
    expect(table.lastNumber).toBe(200)
    table.reserveNumbersUpTo(7)
    expect(table.lastNumber).toBe(200)
  })

  it('lists orders by number', () => {
    const table = new OrderTable({ capacity: 16 })
    for (let i = 0; i < 20; i++) close(table, open(table))
    expect([...table.rows()].map((row) => table.cells[row + Field.number])).toEqual(
      Array.from({ length: 16 }, (_, i) => i + 5),
    )
  })
})

describe('open orders', () => {
  it('are listed from the newest on, as many as are asked for, those that others have gone round among them', () => {
    const table = new OrderTable({ capacity: 16 })
    const first = open(table)
    for (let i = 0; i < 20; i++) close(table, open(table))
    const last = open(table)
    expect([table.openRows(1), table.openRows(2), table.openRows(0)]).toEqual([[last], [last, first], []])
  })
})

describe('the trades of an order', () => {
  it('count once, however many they are', () => {
    const table = new OrderTable({ capacity: 16, tradeCapacity: 512 })
    const row = open(table)
    for (let repeat = 0; repeat < 2; repeat++)
      for (let i = 0; i < 300; i++) trade(table, row, i % 2 === 0 ? `E${i}` : i)
    expect(table.cells[row + Field.filled]).toBe(300)
    expect(table.trades.size).toBe(300)
  })

  it('of different orders may have the same ids', () => {
    const table = new OrderTable({ capacity: 16 })
    const rows = [open(table), open(table)]
    for (const row of rows) for (let i = 0; i < 20; i++) trade(table, row, `E${i}`)
    expect(rows.map((row) => table.cells[row + Field.filled])).toEqual([20, 20])
  })

  it('are found again after the index was written anew many times', () => {
    const table = new OrderTable({ capacity: 16, tradeCapacity: 64 })
    const kept = open(table)
    for (let i = 0; i < 20; i++) trade(table, kept, `K${i}`)
    for (let round = 0; round < 200; round++) {
      const row = open(table)
      trade(table, row, `E${round}`)
      foldCorrected(table, row, `E${round}`, `C${round}`, 2, 1_000, false, 2, 2)
      close(table, row)
    }
    for (let i = 0; i < 20; i++) trade(table, kept, `K${i}`)
    expect(table.cells[kept + Field.filled]).toBe(20)
  })
})
