/**
 * What a router may take at each venue: displayed quantity less what was sent after it already, of venues that are ready,
 * fresh, not halted, not waiting for an order of unknown fate elsewhere, and where no order of our own would be hit.
 *
 * One board a desk: two routers never send two children after the same displayed quantity.
 */

import { BookState } from '../market/book.js'
import type { OrderBook } from '../market/order-book.js'
import type { QuoteCache } from '../market/quote-cache.js'
import { algoError, requireNumber } from '../model/algo-error.js'
import type { DecimalInput } from '../model/decimal.js'
import type { Instrument } from '../model/instrument.js'
import type { OrderCore } from '../oms/order-core.js'
import { StatusCode } from '../orders/codes.js'
import { lifecycle } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import type { RouteVenue } from './smart-route.js'

/** What trading at a venue costs, and how far it is. */
export interface VenueCosts {
  /** Fee per quantity of 1, in the currency of the price; negative for a rebate. */
  takerFee?: DecimalInput
  makerFee?: DecimalInput
  /** Fee as a share of the price: 0.0004 is four basis points. */
  takerFeeShare?: number
  makerFeeShare?: number
  /** Milliseconds to the venue; less wins ties. */
  latencyMs?: number
}

/** How a router judges venues. */
export interface SmartRoutingOptions {
  /** By name of the connector; those that are not named cost nothing. */
  venues?: Readonly<Record<string, VenueCosts>>
  /** Venues whose quote is older are left out; 2,000 unless given. */
  maxQuoteAgeMs?: number
  /** What a child that misses costs, in ticks: it makes venues that often miss dearer. 1 unless given. */
  missCostTicks?: number
  /** Venues with a lower health score are left out; 10 unless given. */
  minScore?: number
  /** Whether books are kept for their depth; the best quotes only unless given. */
  depth?: boolean
  /** Health of a connector, 0 to 100; 100 unless given. */
  score?: (connector: string) => number
  /** Share that fills of what is sent, 0 to 1, from an analysis of costs; by what the router sees itself unless given. */
  fillRate?: (connector: string) => number | undefined
}

/** What the board asks. */
export interface VenueBoardParts {
  core: OrderCore
  quotes: QuoteCache
  options: SmartRoutingOptions
  nowUs(): number
  /** The book of an instrument at a connector, where books are kept. */
  book?(instrument: number, connector: number): OrderBook | undefined
}

/** What was sent after a displayed quantity. */
interface Taken {
  /** Count of quotes, or receive time of the book, when it was displayed. */
  version: number
  units: number
}

/** Levels of a book that are looked at. */
const maxLevels = 20
/** How fast the share that fills follows what happens. */
const fillWeight = 0.2

/** See the file's header. */
export class VenueBoard {
  readonly #parts: VenueBoardParts
  readonly #taken = new Map<string, Taken>()
  /** Children in flight by venue and side. */
  readonly #inFlight = new Map<string, number>()
  readonly #fillRates = new Map<number, number>()
  /**
   * How many quotes of each instrument a connector had brought when it was last seen without a connection: what it showed by
   * then is not known to hold. Counted, not timed: clocks are set, and recordings begin in another year.
   */
  readonly #lost: (number[] | undefined)[] = []
  readonly #prices = new Float64Array(maxLevels)
  readonly #sizes = new Float64Array(maxLevels)

  constructor(parts: VenueBoardParts) {
    this.#parts = parts
    const { maxQuoteAgeMs, missCostTicks, minScore } = parts.options
    if (maxQuoteAgeMs !== undefined) requireNumber(maxQuoteAgeMs, 'smartRouting.maxQuoteAgeMs', 1)
    if (missCostTicks !== undefined) requireNumber(missCostTicks, 'smartRouting.missCostTicks', 0, 1e6)
    if (minScore !== undefined) requireNumber(minScore, 'smartRouting.minScore', 0, 100)
  }

  /** Connectors that take orders, by index; those named, or all. @throws TradewireError `TW_INVALID_ALGO` (`NO_VENUE`). */
  connectors(names: readonly string[] | undefined): number[] {
    const { connectors, names: known } = this.#parts.core
    if (names === undefined)
      return connectors.flatMap((connector, index) => (connector?.capabilities.orders === undefined ? [] : [index]))
    return names.map((name) => {
      const index = known.connectors.find(name)
      if (connectors[index]?.capabilities.orders === undefined)
        throw algoError('NO_VENUE', 'algo.venues', `names "${name}", which takes no orders here`)
      return index
    })
  }

  /** A connection came or went. */
  noteConnections(): void {
    const { connectors, instruments } = this.#parts.core
    const { quotes } = this.#parts
    for (let index = 0; index < connectors.length; index++) {
      const state = connectors[index]?.state
      if (state !== undefined && state !== 'ready' && state !== 'reconciling')
        this.#lost[index] = [...instruments].map((each) => quotes.quoteCount(each.index, index))
    }
  }

  /** Name of a connector. */
  nameOf(connector: number): string {
    return this.#parts.core.names.connector(connector)
  }

  /** What may be taken at a venue now; undefined where nothing may be. */
  venue(
    connector: number,
    instrument: Instrument,
    side: 1 | -1,
    account: number,
    limitUnits: number,
  ): RouteVenue | undefined {
    if (this.obstacle(connector, instrument, account, side, limitUnits) !== undefined) return undefined
    const levels = this.#displayed(connector, instrument, side)
    if (levels.length === 0) return undefined
    const name = this.nameOf(connector)
    const costs = this.#parts.options.venues?.[name] ?? {}
    const { takerFee, takerFeeShare, latencyMs } = costs
    return {
      id: name,
      levels,
      fillRate: this.fillRate(connector),
      ...(takerFee === undefined ? {} : { takerFeeUnits: Number(takerFee) * 10 ** instrument.priceScale }),
      ...(takerFeeShare === undefined ? {} : { takerFeeShare }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
    }
  }

  /** What resting at a venue costs, in price units for a price: for the choice of where to post. */
  makerFeeUnits(connector: number, instrument: Instrument, priceUnits: number): number {
    const { makerFee = 0, makerFeeShare = 0 } = this.#parts.options.venues?.[this.nameOf(connector)] ?? {}
    return Number(makerFee) * 10 ** instrument.priceScale + Math.abs(priceUnits) * makerFeeShare
  }

  /** Why nothing may be sent to a venue now. */
  obstacle(
    connector: number,
    instrument: Instrument,
    account: number,
    side: 1 | -1,
    limitUnits: number,
  ): string | undefined {
    const { core, quotes, options, nowUs } = this.#parts
    const at = core.connectors[connector]
    if (at?.isReady !== true) return 'NOT_READY'
    if (core.gate.states.get('connector', connector) === 'HALTED') return 'HALTED'
    if ((options.score?.(this.nameOf(connector)) ?? 100) < (options.minScore ?? 10)) return 'UNHEALTHY'
    const ageUs = quotes.ageUs(instrument.index, nowUs(), connector)
    if (!(ageUs <= (options.maxQuoteAgeMs ?? 2_000) * 1_000)) return 'STALE'
    if (quotes.quoteCount(instrument.index, connector) === this.#lost[connector]?.[instrument.index]) return 'STALE'
    if ((this.#inFlight.get(this.#key(connector, instrument, side)) ?? 0) > 0) return 'IN_FLIGHT'
    return this.#ownOrders(connector, instrument, account, side, limitUnits)
  }

  /** An order of unknown fate elsewhere, or one of our own that would be hit. */
  #ownOrders(
    connector: number,
    { index }: Instrument,
    account: number,
    side: 1 | -1,
    limitUnits: number,
  ): string | undefined {
    const { table } = this.#parts.core
    const { cells } = table
    for (const row of table.rows()) {
      if (cells[row + Field.isOpen] === 0 || cells[row + Field.instrument] !== index) continue
      if (cells[row + Field.connector] !== connector) {
        if (lifecycle(table, row) === StatusCode.UNKNOWN) return 'UNKNOWN_ELSEWHERE'
      } else if (cells[row + Field.side] === -side && cells[row + Field.account] === account) {
        // One that is priced beyond our limit is not reached; one without a price may be.
        if (!(side * (cells[row + Field.price] - limitUnits) > 0)) return 'SELF_CROSS'
      }
    }
    return undefined
  }

  /** Displayed levels less what was sent after them. */
  #displayed(connector: number, instrument: Instrument, side: 1 | -1): [number, number][] {
    const levels = this.#levels(connector, instrument, side)
    const taken = this.#taken.get(this.#key(connector, instrument, side))
    let gone = taken?.version === this.#version(connector, instrument) ? taken.units : 0
    return levels.flatMap(([price, units]) => {
      const part = Math.min(gone, units)
      gone -= part
      return units > part ? [[price, units - part] as [number, number]] : []
    })
  }

  #levels(connector: number, instrument: Instrument, side: 1 | -1): [number, number][] {
    const { quotes, book } = this.#parts
    const known = book?.(instrument.index, connector)
    if (known !== undefined && known.state === BookState.live && !known.isCrossed) {
      const count = known.depth(side > 0 ? 1 : 0, maxLevels, this.#prices, this.#sizes)
      return Array.from({ length: count }, (_, i): [number, number] => [
        instrument.nearestPriceUnits(this.#prices[i] as number),
        instrument.nearestQuantityUnits(this.#sizes[i] as number),
      ])
    }
    const { index } = instrument
    if (quotes.isCrossed(index, connector)) return []
    const price = side > 0 ? quotes.ask(index, connector) : quotes.bid(index, connector)
    const size = side > 0 ? quotes.askSize(index, connector) : quotes.bidSize(index, connector)
    return Number.isNaN(price) || !(size > 0)
      ? []
      : [[instrument.nearestPriceUnits(price), instrument.nearestQuantityUnits(size)]]
  }

  /**
   * Quantity that is displayed for an order of a side over all venues, up to a limit price (NaN: any), in instrument quantity
   * of 1; NaN where no book is kept and alive.
   */
  displayedWithin(instrument: number, side: number, limit: number): number {
    const { core, book } = this.#parts
    let total = Number.NaN
    for (let connector = 0; connector < core.connectors.length; connector++) {
      const known = book?.(instrument, connector)
      if (known === undefined || known.state !== BookState.live || known.isCrossed) continue
      const count = known.depth(side > 0 ? 1 : 0, maxLevels, this.#prices, this.#sizes)
      if (Number.isNaN(total)) total = 0
      for (let level = 0; level < count; level++)
        if (!(side * ((this.#prices[level] as number) - limit) > 0)) total += this.#sizes[level] as number
    }
    return total
  }

  #version(connector: number, { index }: Instrument): number {
    const { quotes, book } = this.#parts
    const known = book?.(index, connector)
    return known?.state === BookState.live ? known.tsRecvUs : quotes.quoteCount(index, connector)
  }

  #key(connector: number, { index }: Instrument, side: 1 | -1): string {
    return `${connector}/${index}/${side}`
  }

  // ---- What is sent ----------------------------------------------------------------------------------------------------

  /** A child went after displayed quantity. */
  sent(connector: number, instrument: Instrument, side: 1 | -1, units: number): void {
    const key = this.#key(connector, instrument, side)
    this.#inFlight.set(key, (this.#inFlight.get(key) ?? 0) + 1)
    const version = this.#version(connector, instrument)
    const taken = this.#taken.get(key)
    this.#taken.set(key, { version, units: (taken?.version === version ? taken.units : 0) + units })
  }

  /** A child is over: it filled so much of what it asked for. */
  closed(connector: number, instrument: Instrument, side: 1 | -1, units: number, filledUnits: number): void {
    const key = this.#key(connector, instrument, side)
    this.#inFlight.set(key, Math.max(0, (this.#inFlight.get(key) ?? 0) - 1))
    const before = this.#fillRates.get(connector) ?? 1
    this.#fillRates.set(connector, before + fillWeight * (filledUnits / units - before))
  }

  /** Share that fills of what is sent to a venue. */
  fillRate(connector: number): number {
    return this.#parts.options.fillRate?.(this.nameOf(connector)) ?? this.#fillRates.get(connector) ?? 1
  }

  /** What a child that misses costs, in price units. */
  missCostUnits(instrument: Instrument): number {
    return (this.#parts.options.missCostTicks ?? 1) * instrument.priceStepUnits
  }
}
