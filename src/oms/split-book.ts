/**
 * The stock splits that were applied, by the ids that operators gave them: each is applied once. Kept as the journal tells
 * of them, and in every snapshot.
 */
import { TradewireError } from '../core/errors.js'
import type { RecordWriter } from '../journal/journal.js'
import type { RecordReader } from '../journal/record-reader.js'
import { OrderFlag } from '../orders/codes.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import { reducedRatio, type SplitRatio } from '../portfolio/splitting.js'

/** A split on record. */
export interface SplitFact {
  readonly id: string
  /** Index of the instrument. */
  readonly instrument: number
  readonly numerator: number
  readonly denominator: number
  /** Price of the cash in lieu in price units after the split; NaN where nothing was left over. */
  readonly cashPrice: number
  readonly actor: string
  readonly reason: string
  /** From when on the venue quotes in the new terms, epoch microseconds. */
  readonly effectiveUs: number
  /** When it was applied. */
  readonly tsUs: number
  /** Number of its journal record. */
  readonly seq: number
}

/** Far more than there are; every one is remembered for good. */
const maxSplits = 65_536

/** Writes a split without the number of its record. */
export function writeSplit(writer: RecordWriter, split: Omit<SplitFact, 'seq'>): void {
  writer.f64(split.tsUs)
  writer.f64(split.effectiveUs)
  writer.string(split.id)
  writer.i32(split.instrument)
  writer.f64(split.numerator)
  writer.f64(split.denominator)
  writer.f64(split.cashPrice)
  writer.string(split.actor)
  writer.string(split.reason)
}

/** Reads what {@link writeSplit} wrote. */
export function readSplit(reader: RecordReader, seq: number): SplitFact {
  const tsUs = reader.f64()
  const effectiveUs = reader.f64()
  const id = reader.string()
  const instrument = reader.i32()
  const numerator = reader.f64()
  const denominator = reader.f64()
  const cashPrice = reader.f64()
  const actor = reader.string()
  const reason = reader.string()
  return { seq, tsUs, effectiveUs, id, instrument, numerator, denominator, cashPrice, actor, reason }
}

/** No split. */
export const unsplit: SplitRatio = { numerator: 1, denominator: 1 }

/** Splits by id. */
export class SplitBook {
  readonly #byId = new Map<string, SplitFact>()

  get size(): number {
    return this.#byId.size
  }

  get(id: string): SplitFact | undefined {
    return this.#byId.get(id)
  }

  /** All of them, oldest first. */
  list(): readonly SplitFact[] {
    return [...this.#byId.values()]
  }

  /** @throws TradewireError `TW_CAPACITY`. */
  requireRoom(): void {
    if (this.#byId.size >= maxSplits)
      throw new TradewireError('TW_CAPACITY', `${maxSplits} splits are on record; no more can be told apart`)
  }

  add(split: SplitFact): void {
    this.#byId.set(split.id, split)
  }

  /**
   * The splits of its instrument that were on record before a trade was told, as one ratio: what an execution that traded
   * before them, and came late, has to be multiplied by. 1:1 for what traded in the terms of now.
   *
   * A trade is of before a split when its venue time is before the split took effect. Orders of ours that were sent after the
   * split was entered are none of those, whatever a clock says; unless it was entered before it took effect.
   */
  lateRatio(table: OrderTable, row: number, tradeUs: number, tradeSeq: number): SplitRatio {
    const { cells } = table
    const isOurs = (cells[row + Field.flags] & OrderFlag.external) === 0
    let ratio = unsplit
    for (const split of this.#byId.values()) {
      if (split.instrument !== cells[row + Field.instrument] || tradeSeq < split.seq || tradeUs >= split.effectiveUs)
        continue
      if (isOurs && cells[row + Field.submittedSeq] > split.seq && split.effectiveUs <= split.tsUs) continue
      ratio = reducedRatio(ratio.numerator * split.numerator, ratio.denominator * split.denominator)
    }
    return ratio
  }

  /** The latest split of an order's instrument; only one that was entered after the order was sent unless `isAny`. */
  latest(table: OrderTable, row: number, isAny: boolean): SplitFact | undefined {
    const { cells } = table
    let latest: SplitFact | undefined
    for (const split of this.#byId.values())
      if (split.instrument === cells[row + Field.instrument] && (isAny || cells[row + Field.submittedSeq] < split.seq))
        latest = split
    return latest
  }

  /** Writes all of them. */
  save(writer: RecordWriter): void {
    writer.u32(this.#byId.size)
    for (const split of this.#byId.values()) {
      writer.f64(split.seq)
      writeSplit(writer, split)
    }
  }

  /** Reads what {@link save} wrote. */
  restore(reader: RecordReader): void {
    for (let left = reader.u32(); left > 0; left--) {
      const seq = reader.f64()
      this.add(readSplit(reader, seq))
    }
  }
}

/** Quantity units in the terms of after a split; not whole where the split makes a fraction of them. */
export function splitUnits(units: number, { numerator, denominator }: SplitRatio): number {
  return numerator === denominator ? units : (units * numerator) / denominator
}

/** Price units in the terms of after a split, rounded to a whole one. */
export function splitPrice(units: number, { numerator, denominator }: SplitRatio): number {
  return numerator === denominator ? units : Math.round((units * denominator) / numerator)
}
