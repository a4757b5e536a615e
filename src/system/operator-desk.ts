/** What operators say about the world outside, on record: corporate actions. */
import type { ExecutionDesk } from '../execution/desk.js'
import type { BarAggregator } from '../market/bar-aggregator.js'
import type { BookStore } from '../market/book-store.js'
import type { QuoteCache } from '../market/quote-cache.js'
import type { OrderCore } from '../oms/order-core.js'
import { type AppliedSplit, appliedSplits, applySplit, type SplitReport, type SplitRequest } from '../oms/splits.js'

/** What a system keeps of the market. */
export interface MarketMemory {
  readonly quotes: QuoteCache
  readonly bars: BarAggregator
  readonly books: BookStore
  readonly execution: Pick<ExecutionDesk, 'clearBooks'>
}

/** Acts of an operator of a system. */
export class OperatorDesk {
  readonly #core: OrderCore
  readonly #market: MarketMemory

  /** What is in `market` is asked for when it is needed. */
  constructor(core: OrderCore, market: MarketMemory) {
    this.#core = core
    this.#market = market
  }

  /**
   * Applies a stock split, on record: positions, lots, average prices, what the risk gate counts, and the last prices and
   * forming bars that are older than it; books that are older are emptied. The same id again changes nothing (`isNew` is false then). Event `split` of `system.orders.events`.
   *
   * @throws TradewireError `TW_UNAUTHORIZED` without an actor; `TW_INVALID_ARGUMENT`, `TW_INVALID_DECIMAL` naming a field;
   * `TW_UNKNOWN_INSTRUMENT`; `TW_NOT_SUPPORTED` for an inverse contract; `TW_DUPLICATE` where the id stands for another split;
   * `TW_INVALID_STATE` while orders or algorithms of the instrument may trade, naming them, or when the system closes;
   * `TW_OFF_GRID` where it leaves fractions and `cashInLieu` is not given; `TW_OUT_OF_RANGE`; `TW_CAPACITY`;
   * `TW_JOURNAL_FAILED`. Nothing is changed then.
   *
   * @example
   * ```ts
   * import { SimulatedConnector, TradingSystem } from 'tradewire'
   *
   * const connectors = { sim: new SimulatedConnector({ synthetic: {} }) }
   * await using system = await TradingSystem.start({ mode: 'simulation', connectors })
   * system.operator.applySplit({
   *   id: 'ACME-2027-03-01',
   *   instrument: 'ACME',
   *   ratio: { numerator: 4, denominator: 1 },
   *   actor: 'anna',
   *   reason: 'four for one, as announced',
   * })
   * ```
   */
  applySplit(request: SplitRequest): SplitReport {
    const { gate } = this.#core
    return applySplit(this.#core, request, (instrument, factor, beforeUs) => {
      const { quotes, bars, books, execution } = this.#market
      quotes.rescale(instrument, factor, beforeUs)
      bars.rescale(instrument, factor, beforeUs)
      books.clearInstrument(instrument, beforeUs)
      execution.clearBooks(instrument, beforeUs)
      gate.references.rescale(instrument, factor, beforeUs)
      gate.extras.priceWindow?.rescale(instrument, factor, beforeUs)
    })
  }

  /** Splits that were applied, oldest first. */
  splits(): AppliedSplit[] {
    return appliedSplits(this.#core)
  }
}
