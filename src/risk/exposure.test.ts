/**
 * Exposure over several accounts, instruments, strategies and connectors: after every event it is what the orders in the
 * table say, added up anew; and whoever is told of every change comes to the same.
 */
import { expect, it } from 'vitest'
import { SeededRandom } from '../core/random.js'
import { FactSource, TypeCode } from '../orders/codes.js'
import { worstCaseLeaves } from '../orders/derive.js'
import { foldClosed, foldSubmitted, foldUnknown } from '../orders/fold.js'
import { foldRequest, foldUpdated } from '../orders/fold-requests.js'
import { foldTrade } from '../orders/fold-trades.js'
import * as Field from '../orders/order-fields.js'
import { OrderTable } from '../orders/order-table.js'
import { Exposure } from './exposure.js'

const sizes = { account: 3, instrument: 4, strategy: 3, connector: 2 }
const keys = sizes.account * sizes.instrument

/** Sums by whatever they are of. */
const zeros = () => ({
  position: new Float64Array(keys),
  buying: new Float64Array(keys),
  selling: new Float64Array(keys),
  openByInstrument: new Int32Array(keys),
  openByAccount: new Int32Array(sizes.account),
  openByStrategy: new Int32Array(sizes.strategy),
  openByConnector: new Int32Array(sizes.connector),
})
type Sums = {
  [name in keyof ReturnType<typeof zeros>]: ReturnType<typeof zeros>[name] extends Int32Array
    ? Int32Array
    : Float64Array
}

class Books {
  readonly table = new OrderTable({ capacity: 64, tradeCapacity: 256 })
  readonly exposure = new Exposure(this.table, sizes)
  /** What was ever traded or adjusted. */
  readonly position = new Float64Array(keys)
  readonly told = zeros()
  readonly rows: number[] = []
  seq = 1

  constructor() {
    const { told } = this
    const { cells } = this.table
    const onWorking = (at: number, units: number) => {
      const side = cells[at + Field.side] > 0 ? told.buying : told.selling
      side[this.keyOf(at)] = (side[this.keyOf(at)] as number) + units
    }
    this.exposure.watch = {
      onSplit: () => {},
      onReserved: (at, units) => {
        onWorking(at, units)
        this.countOpen(told, at, 1)
      },
      onWorking,
      onTraded: (at, units) => {
        told.position[this.keyOf(at)] = (told.position[this.keyOf(at)] as number) + units
      },
      onAdjusted: (account, instrument, units) => {
        const key = account * sizes.instrument + instrument
        told.position[key] = (told.position[key] as number) + units
      },
      onOpen: (at, isOpen) => this.countOpen(told, at, isOpen ? 1 : -1),
    }
  }

  keyOf(row: number): number {
    const { cells } = this.table
    return (cells[row + Field.account] as number) * sizes.instrument + (cells[row + Field.instrument] as number)
  }

  countOpen(sums: Sums, row: number, change: number): void {
    const { cells } = this.table
    for (const [column, at] of [
      [sums.openByInstrument, this.keyOf(row)],
      [sums.openByAccount, cells[row + Field.account]],
      [sums.openByStrategy, cells[row + Field.strategy]],
      [sums.openByConnector, cells[row + Field.connector]],
    ] as [Int32Array, number][])
      column[at] = (column[at] as number) + change
  }

  /** Everything anew, from the orders of the table. `approved`: an order that is approved and not sent yet. */
  expected(approved = -1): Sums {
    const { cells } = this.table
    const sums = { ...zeros(), position: this.position }
    for (const row of this.rows) {
      const isOpen = cells[row + Field.isOpen] === 1 || row === approved
      if (!isOpen) continue
      this.countOpen(sums, row, 1)
      const side = cells[row + Field.side] > 0 ? sums.buying : sums.selling
      const leaves = row === approved ? (cells[row + Field.quantity] as number) : worstCaseLeaves(this.table, row)
      side[this.keyOf(row)] = (side[this.keyOf(row)] as number) + leaves
    }
    return sums
  }

  actual(): Sums {
    const { position, buying, selling, openByInstrument, openByAccount, openByStrategy, openByConnector } =
      this.exposure
    return { position, buying, selling, openByInstrument, openByAccount, openByStrategy, openByConnector }
  }

  enter(random: SeededRandom): void {
    const { cells } = this.table
    const row = this.table.allocate()
    cells[row + Field.account] = random.below(sizes.account)
    cells[row + Field.instrument] = random.below(sizes.instrument)
    cells[row + Field.strategy] = random.below(sizes.strategy)
    cells[row + Field.connector] = random.below(sizes.connector)
    cells[row + Field.side] = random.chance(0.5) ? 1 : -1
    cells[row + Field.type] = TypeCode.LIMIT
    cells[row + Field.quantity] = 1 + random.below(40)
    cells[row + Field.price] = 10_000
    this.rows.push(row)
    this.exposure.reserve(row)
    expect(this.actual()).toEqual(this.expected(row))
    this.fold(row, (seq) => foldSubmitted(this.table, row, seq))
  }

  fold(row: number, fold: (seq: number) => unknown): void {
    fold(this.seq++)
    this.exposure.sync(row)
  }

  fill(row: number, units: number): void {
    const { cells } = this.table
    const before = cells[row + Field.filled] as number
    const seq = this.seq++
    foldTrade(this.table, row, `e${seq}`, units, 10_000, Number.NaN, -1, 0, 0, seq, seq)
    const signed = (cells[row + Field.side] as number) * ((cells[row + Field.filled] as number) - before)
    this.exposure.traded(row, signed)
    this.position[this.keyOf(row)] = (this.position[this.keyOf(row)] as number) + signed
  }

  change(row: number, quantity: number, isConfirmed: boolean): void {
    const { cells } = this.table
    const generation = cells[row + Field.nextGeneration] as number
    const left = Math.max(0, quantity - (cells[row + Field.filled] as number))
    const before = cells[row + Field.reserved] as number
    this.exposure.reserveAtLeast(row, left)
    expect(cells[row + Field.reserved]).toBe(Math.max(before, left))
    this.fold(row, (seq) => foldRequest(this.table, row, generation, false, quantity, 10_000, Number.NaN, seq))
    if (isConfirmed)
      this.fold(row, (seq) =>
        foldUpdated(this.table, row, generation, quantity, 10_000, Number.NaN, undefined, seq, seq),
      )
  }

  happen(random: SeededRandom): void {
    const { cells } = this.table
    const open = this.rows.filter((row) => cells[row + Field.isOpen] === 1)
    const row = open[random.below(Math.max(1, open.length))]
    if (row === undefined) return
    const quantity = cells[row + Field.quantity] as number
    const filled = cells[row + Field.filled] as number
    switch (random.below(6)) {
      case 0:
      case 1:
        // Now and then more than was asked for.
        this.fill(row, 1 + random.below(random.chance(0.1) ? 60 : Math.max(1, quantity - filled)))
        break
      case 2:
        this.fold(row, (seq) => foldClosed(this.table, row, false, FactSource.venue, seq, seq))
        break
      case 3:
        this.fold(row, (seq) => foldUnknown(this.table, row, 0, seq))
        break
      case 4:
        if (cells[row + Field.unknownSeq] !== 0) return
        this.change(row, filled + 1 + random.below(40), random.chance(0.6))
        break
      default: {
        const [account, instrument, units] = [random.below(3), random.below(4), random.below(21) - 10]
        this.exposure.applyFill(account, instrument, units)
        const key = this.exposure.keyOf(account, instrument)
        this.position[key] = (this.position[key] as number) + units
      }
    }
  }
}

it('is what the orders in the table say, after every event, and whoever is told comes to the same', () => {
  const random = new SeededRandom(3)
  for (let round = 0; round < 25; round++) {
    const books = new Books()
    for (let step = 0; step < 60; step++) {
      if (books.rows.length < 40 && random.chance(0.4)) books.enter(random)
      else books.happen(random)
      const expected = books.expected()
      expect(books.actual()).toEqual(expected)
      expect(books.told).toEqual(expected)
      // Looking again changes nothing.
      for (const row of books.rows) books.exposure.sync(row)
      expect(books.actual()).toEqual(expected)
    }
  }
})

it('has a place of its own for every account and instrument, and for either side', () => {
  const { exposure } = new Books()
  const places = Array.from({ length: keys }, (_, key) =>
    exposure.keyOf(Math.floor(key / sizes.instrument), key % sizes.instrument),
  )
  expect(new Set(places)).toEqual(new Set(Array.from({ length: keys }, (_, key) => key)))
  expect(exposure.sideKey(5, 1)).toBe(5)
  expect(exposure.sideKey(5, -1)).toBe(5 + keys)
})
