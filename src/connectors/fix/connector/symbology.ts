/**
 * Instruments on the wire: by Symbol (55), or by SecurityID (48) with its source (22), and back. The name of an instrument at a
 * venue is `venueSymbols[name of the connector]` of its definition, or its symbol.
 */
import type { Instrument } from '../../../model/instrument.js'
import type { InstrumentRegistry } from '../../../model/instrument-registry.js'
import type { FixGroup } from '../codec/group.js'
import type { FixMessage } from '../codec/message.js'
import { Tag } from '../dictionary/tags.js'

/** How a venue names instruments. */
export interface SymbologyProfile {
  /** `symbol` puts the venue's name into 55; `securityId` into 48, with `securityIdSource` in 22. `symbol` unless given. */
  readonly identifyBy?: 'symbol' | 'securityId'
  /** SecurityIDSource (22), e.g. `8` exchange symbol, `4` ISIN, `5` RIC, `1` CUSIP. Required for `securityId`. */
  readonly securityIdSource?: string
  /** What 55 holds beside a SecurityID: the symbol of the instrument, or a text such as `[N/A]`. */
  readonly symbolText?: string
  /** Sends SecurityExchange (207), the venue of the instrument. */
  readonly securityExchange?: boolean
  /** Sends Currency (15). */
  readonly currency?: boolean
  /** Sends SecurityType (167), by asset class. */
  readonly securityTypes?: Readonly<Record<string, string>>
}

/** Takes fields in any order: a message that is written, or an entry of a group. */
export type FieldTaker = (tag: number, value: string) => void

/** Names instruments for one connector. */
export class Symbology {
  readonly #profile: SymbologyProfile
  readonly #name: string
  readonly #instruments: InstrumentRegistry
  readonly #byName = new Map<string, Instrument>()
  #known = 0

  /** `name`: the connector's, by which `venueSymbols` are looked up. */
  constructor(profile: SymbologyProfile, name: string, instruments: InstrumentRegistry) {
    this.#profile = profile
    this.#name = name
    this.#instruments = instruments
  }

  /** Writes the fields that name an instrument. */
  write(instrument: Instrument, take: FieldTaker): void {
    const {
      identifyBy = 'symbol',
      securityIdSource,
      symbolText,
      securityExchange,
      currency,
      securityTypes,
    } = this.#profile
    const name = instrument.symbolAt(this.#name)
    if (identifyBy === 'symbol') take(Tag.Symbol, name)
    else {
      take(Tag.Symbol, symbolText ?? instrument.symbol)
      take(Tag.SecurityID, name)
      take(Tag.SecurityIDSource, securityIdSource as string)
    }
    const { definition } = instrument
    const type = securityTypes?.[definition.assetClass]
    if (type !== undefined) take(Tag.SecurityType, type)
    if (securityExchange === true) take(Tag.SecurityExchange, definition.venue)
    if (currency === true) take(Tag.Currency, definition.currency)
  }

  /** The instrument that a message or an entry of it names; undefined for one that nobody here knows. */
  read(from: FixMessage | FixGroup): Instrument | undefined {
    const name = from.string(this.#profile.identifyBy === 'securityId' ? Tag.SecurityID : Tag.Symbol)
    return name === undefined ? undefined : this.find(name)
  }

  /** The instrument of a name on the wire. */
  find(name: string): Instrument | undefined {
    for (; this.#known < this.#instruments.size; this.#known++) {
      const instrument = this.#instruments.at(this.#known)
      const at = instrument.symbolAt(this.#name)
      // Where two instruments have one name, the first that was registered keeps it.
      if (!this.#byName.has(at)) this.#byName.set(at, instrument)
    }
    return this.#byName.get(name)
  }
}
