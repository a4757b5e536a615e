/** The ring's views with the names of things: what strategies see. Each view is valid during the call it is passed to. */
import type { InstrumentId } from '../model/ids.js'
import type { Instrument } from '../model/instrument.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { BookView as RingBookView } from '../ring/book-view.js'
import {
  BarView as RingBarView,
  QuoteView as RingQuoteView,
  StatusView as RingStatusView,
  TradeView as RingTradeView,
} from '../ring/views.js'

/** A quote, with its symbol. */
export class QuoteView extends RingQuoteView {
  readonly #instruments: InstrumentRegistry

  constructor(instruments: InstrumentRegistry) {
    super()
    this.#instruments = instruments
  }

  get symbol(): string {
    return this.#instruments.at(this.instrument).symbol
  }

  /** `SYMBOL.VENUE`: names the instrument where a symbol is listed on several venues. */
  get id(): InstrumentId {
    return this.#instruments.at(this.instrument).id
  }

  /** The instrument itself: its grid, currency and rounding. `instrument` is its index. */
  get contract(): Instrument {
    return this.#instruments.at(this.instrument)
  }
}

/** A trade on the tape, with its symbol. */
export class TradeView extends RingTradeView {
  readonly #instruments: InstrumentRegistry

  constructor(instruments: InstrumentRegistry) {
    super()
    this.#instruments = instruments
  }

  get symbol(): string {
    return this.#instruments.at(this.instrument).symbol
  }

  /** `SYMBOL.VENUE`: names the instrument where a symbol is listed on several venues. */
  get id(): InstrumentId {
    return this.#instruments.at(this.instrument).id
  }

  /** The instrument itself: its grid, currency and rounding. `instrument` is its index. */
  get contract(): Instrument {
    return this.#instruments.at(this.instrument)
  }
}

/** A book message, with its symbol. */
export class BookView extends RingBookView {
  readonly #instruments: InstrumentRegistry

  constructor(instruments: InstrumentRegistry) {
    super()
    this.#instruments = instruments
  }

  get symbol(): string {
    return this.#instruments.at(this.instrument).symbol
  }

  /** `SYMBOL.VENUE`: names the instrument where a symbol is listed on several venues. */
  get id(): InstrumentId {
    return this.#instruments.at(this.instrument).id
  }

  /** The instrument itself: its grid, currency and rounding. `instrument` is its index. */
  get contract(): Instrument {
    return this.#instruments.at(this.instrument)
  }
}

/** A bar, with its symbol. */
export class BarView extends RingBarView {
  readonly #instruments: InstrumentRegistry

  constructor(instruments: InstrumentRegistry) {
    super()
    this.#instruments = instruments
  }

  get symbol(): string {
    return this.#instruments.at(this.instrument).symbol
  }

  /** `SYMBOL.VENUE`: names the instrument where a symbol is listed on several venues. */
  get id(): InstrumentId {
    return this.#instruments.at(this.instrument).id
  }

  /** The instrument itself: its grid, currency and rounding. `instrument` is its index. */
  get contract(): Instrument {
    return this.#instruments.at(this.instrument)
  }
}

/** A change of trading phase, with its symbol. */
export class StatusView extends RingStatusView {
  readonly #instruments: InstrumentRegistry

  constructor(instruments: InstrumentRegistry) {
    super()
    this.#instruments = instruments
  }

  get symbol(): string {
    return this.#instruments.at(this.instrument).symbol
  }

  /** `SYMBOL.VENUE`: names the instrument where a symbol is listed on several venues. */
  get id(): InstrumentId {
    return this.#instruments.at(this.instrument).id
  }

  /** The instrument itself: its grid, currency and rounding. `instrument` is its index. */
  get contract(): Instrument {
    return this.#instruments.at(this.instrument)
  }
}
