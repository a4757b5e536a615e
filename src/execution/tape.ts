/** What the market traded, in units of the instruments that somebody counts: the denominator of participation. */
import type { Instrument } from '../model/instrument.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import type { IngestRing } from '../ring/ingest-ring.js'

/** A running count of the trades of one instrument whose conditions do not exclude them. */
export interface TapeCount {
  readonly instrument: Instrument
  readonly excludeConditions: number
  units: number
}

/** Counts volume. */
export class Tapes {
  /** By instrument, then one for each set of excluded conditions. */
  readonly #counts: (TapeCount[] | undefined)[] = []
  readonly #instruments: InstrumentRegistry

  constructor(instruments: InstrumentRegistry) {
    this.#instruments = instruments
  }

  /** The count of an instrument's regular volume, from its first asking on. */
  of(instrument: number, excludeConditions: number): TapeCount {
    this.#counts[instrument] ??= []
    const counts = this.#counts[instrument] as TapeCount[]
    const known = counts.find((count) => count.excludeConditions === excludeConditions)
    if (known !== undefined) return known
    const count: TapeCount = { instrument: this.#instruments.at(instrument), excludeConditions, units: 0 }
    counts.push(count)
    return count
  }

  /** Takes trades of the ring. */
  onTrades(ring: IngestRing, from: number, to: number): void {
    const { instrument, size, condition } = ring.trades
    for (let row = from; row < to; row++) {
      const counts = this.#counts[instrument[row] as number]
      if (counts === undefined) continue
      const traded = size[row] as number
      if (!(traded > 0 && traded < Number.POSITIVE_INFINITY)) continue
      for (const count of counts)
        if (((condition[row] as number) & count.excludeConditions) === 0)
          count.units += count.instrument.nearestQuantityUnits(traded)
    }
  }
}
