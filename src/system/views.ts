/** The ring's views with the names of things: what strategies see. Each view is valid during the call it is passed to. */
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
}
