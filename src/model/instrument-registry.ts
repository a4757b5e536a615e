/** The instruments of one system, interned to small integers. Indices are dense from 0, given in order of registration and never reused. */
import { TradewireError } from '../core/errors.js'
import { Instrument, type InstrumentDefinition } from './instrument.js'

/** What amounts on record are counted in: another value would restate positions and profit that are on record. */
const terms = ['priceScale', 'sizeScale', 'multiplierNumber', 'isInverse', 'currency', 'settlementCurrency'] as const

function requireSameTerms(before: Instrument, now: Instrument): void {
  const changed = terms.find((term) => before[term] !== now[term])
  if (changed === undefined) return
  throw new TradewireError(
    'TW_DUPLICATE',
    `Instrument ${now.id} is on record with ${changed} ${before[changed]} and is defined with ${now[changed]} now: give the new one another id`,
    { details: { instrument: now.id, field: changed, onRecord: before[changed], now: now[changed] } },
  )
}

/** Holds all instruments of a system. */
export class InstrumentRegistry {
  readonly #byIndex: Instrument[] = []
  readonly #byId = new Map<string, Instrument>()
  readonly #bySymbol = new Map<string, Instrument | 'ambiguous'>()

  /** How instruments are defined now, by id, whatever a journal says of them. */
  readonly #restated = new Map<string, InstrumentDefinition>()

  /** Called for each new instrument, after it is in. One listener: the system that keeps the record. */
  onAdd: ((instrument: Instrument) => void) | undefined

  get size(): number {
    return this.#byIndex.length
  }

  /**
   * Says how instruments are defined now, before a journal is read that may say otherwise: what the journal holds of them gets
   * the rules of now (steps, lots, bounds, fees, names at venues), and its own index.
   */
  restate(definitions: Iterable<InstrumentDefinition>): void {
    for (const definition of definitions) this.#restated.set(definition.id, definition)
  }

  /**
   * Registers a definition; the same id again gives the instrument that is there, provided that its scales did not change.
   *
   * @throws TradewireError `TW_DUPLICATE` when the id is known with other scales, or in other terms than it is restated.
   */
  add(stated: InstrumentDefinition): Instrument {
    const known = this.#byId.get(stated.id)
    const definition = this.#restated.get(stated.id) ?? stated
    const instrument = new Instrument(definition, known?.index ?? this.#byIndex.length)
    if (known === undefined && definition !== stated)
      requireSameTerms(new Instrument(stated, instrument.index), instrument)
    if (known !== undefined) {
      if (known.priceScale !== instrument.priceScale || known.sizeScale !== instrument.sizeScale) {
        throw new TradewireError(
          'TW_DUPLICATE',
          `Instrument ${definition.id} is registered with other price or size digits; give the new one another id`,
        )
      }
      return known
    }
    this.#byIndex.push(instrument)
    this.#byId.set(instrument.id, instrument)
    this.#bySymbol.set(instrument.symbol, this.#bySymbol.has(instrument.symbol) ? 'ambiguous' : instrument)
    this.onAdd?.(instrument)
    return instrument
  }

  /** The instrument with an index. The index must come from this registry. */
  at(index: number): Instrument {
    return this.#byIndex[index] as Instrument
  }

  /** By id (`IBM.XNYS`) or by symbol where only one instrument has it; undefined when unknown. */
  find(idOrSymbol: string): Instrument | undefined {
    const byId = this.#byId.get(idOrSymbol)
    if (byId !== undefined) return byId
    const bySymbol = this.#bySymbol.get(idOrSymbol)
    return bySymbol === 'ambiguous' ? undefined : bySymbol
  }

  /**
   * As {@link find}.
   *
   * @throws TradewireError `TW_UNKNOWN_INSTRUMENT`, which says when a symbol is ambiguous.
   */
  get(idOrSymbol: string): Instrument {
    const instrument = this.find(idOrSymbol)
    if (instrument !== undefined) return instrument
    const ambiguous = this.#bySymbol.get(idOrSymbol) === 'ambiguous'
    throw new TradewireError(
      'TW_UNKNOWN_INSTRUMENT',
      ambiguous
        ? `Symbol ${idOrSymbol} is listed on several venues; name it as SYMBOL.VENUE`
        : `Instrument ${idOrSymbol} is not registered`,
      { details: { instrument: idOrSymbol } },
    )
  }

  [Symbol.iterator](): IterableIterator<Instrument> {
    return this.#byIndex[Symbol.iterator]()
  }
}
