/**
 * Sums over fills, kept for every order and every venue in flat columns: one pass over the fills, no objects.
 *
 * Columns: quantity, value, fees, fills, and spread measures weighted by the mid; then two for each markout horizon.
 */
import type { SpreadReport } from './report.js'

/** Columns of one sum. */
export const Sum = {
  quantity: 0,
  value: 1,
  fees: 2,
  fills: 3,
  feesUnknown: 4,
  maker: 5,
  /** Sum of quantity x mid of the fills with a quote. */
  weight: 6,
  quoted: 7,
  effective: 8,
  captureWeight: 9,
  capture: 10,
  /** Money value of the fills, and fees, in the currency of the report. */
  notional: 11,
  money: 12,
} as const
const fixed = 13

/** Sums of a number of rows. */
export class FillSums {
  readonly cells: Float64Array
  readonly stride: number
  readonly #horizons: number

  constructor(rows: number, horizons: number) {
    this.#horizons = horizons
    this.stride = fixed + horizons * 2
    this.cells = new Float64Array(Math.max(1, rows) * this.stride)
  }

  /** A cell of a row. */
  get(row: number, column: number): number {
    return this.cells[row * this.stride + column] as number
  }

  /** Adds what one fill says about its markout at a horizon. */
  addMarkout(row: number, horizon: number, cost: number, weight: number): void {
    const at = row * this.stride + fixed + horizon * 2
    this.cells[at] = (this.cells[at] as number) + cost
    this.cells[at + 1] = (this.cells[at + 1] as number) + weight
  }

  /** Adds a row of other sums, such as an order's into its group. `scale` turns prices into money of the report. */
  addRow(row: number, from: FillSums, fromRow: number, scale: number): void {
    const to = row * this.stride
    const at = fromRow * from.stride
    for (let i = 0; i < this.stride; i++) {
      const isMoney = i === Sum.value || i === Sum.weight || i === Sum.quoted || i === Sum.effective || i >= fixed
      this.cells[to + i] = (this.cells[to + i] as number) + (from.cells[at + i] as number) * (isMoney ? scale : 1)
    }
  }

  /** The averages of a row. */
  spread(row: number, realizedHorizon: number): SpreadReport {
    const weight = this.get(row, Sum.weight)
    const bps = (sum: number, of: number) => (of > 0 ? (sum / of) * 10_000 : null)
    const at = (horizon: number) => row * this.stride + fixed + horizon * 2
    const markouts: (number | null)[] = []
    for (let i = 0; i < this.#horizons; i++)
      markouts.push(bps(this.cells[at(i)] as number, this.cells[at(i) + 1] as number))
    const markout = markouts[realizedHorizon] ?? null
    const effectiveBps = bps(this.get(row, Sum.effective), weight)
    const realizedBps = markout === null ? null : 2 * markout
    const captureWeight = this.get(row, Sum.captureWeight)
    return {
      quotedBps: bps(this.get(row, Sum.quoted), weight),
      effectiveBps,
      realizedBps,
      impactBps: effectiveBps === null || realizedBps === null ? null : effectiveBps - realizedBps,
      capture: captureWeight > 0 ? this.get(row, Sum.capture) / captureWeight : null,
      markoutsBps: markouts,
    }
  }
}
