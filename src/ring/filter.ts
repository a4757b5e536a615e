/**
 * Which events a consumer wants. What does not pass is counted as `filtered` and never reaches a handler:
 *
 *   offered = delivered + dropped + conflated + filtered + queued
 *
 * Filters are asked when a batch is handed on, after conflation: the newest quote decides. Breaks in the data
 * (`discontinuity` notes) are asked for their instrument only: whoever leaves data out still has to know what is missing.
 * Prices and sizes are no question to books, statuses and notes: a book that is given without some of its changes is wrong.
 */
import { TradewireError } from '../core/errors.js'
import type { IngestRing } from './ingest-ring.js'
import { EventKind } from './kinds.js'
import { refuseUnknownOptions } from './options.js'

/** Kinds of event by the names of filters; `notes` are news, releases and other rare events. */
export const filterKinds = ['quotes', 'trades', 'books', 'bars', 'statuses', 'notes'] as const
/** A kind of event. */
export type FilterKind = (typeof filterKinds)[number]

/** Asked about one row of the ring's columns of a kind; valid during the call. */
export type RowPredicate = (ring: IngestRing, kind: FilterKind, row: number) => boolean

/** What passes: an event that fits everything that is given. An empty filter passes all. */
export interface MarketFilter {
  /** Indices of instruments; all unless given. Read more than once: a set or a list, no generator. */
  readonly instruments?: Iterable<number>
  /** Sources (connectors) by number; all unless given. As `instruments`. */
  readonly sources?: Iterable<number>
  /** Kinds of event; all unless given. */
  readonly kinds?: readonly FilterKind[]
  /**
   * Least and greatest price, both included: of a trade; of both sides of a quote, as far as they are there; of low and high
   * of a bar. An event without a price does not pass.
   */
  readonly minPrice?: number
  readonly maxPrice?: number
  /** Least and greatest size, both included: of a trade; of both sides of a quote, as far as they are there; volume of a bar. */
  readonly minSize?: number
  readonly maxSize?: number
  /** Whether the market is open at a venue time in epoch microseconds, as `TradingCalendar.isOpen`. An event without a time does not pass. */
  readonly hours?: (tsEventUs: number) => boolean
  /** A rule of one's own, asked last. One that throws lets nothing pass; the error is the handler's. */
  readonly accept?: RowPredicate
}

const optionNames = [
  'instruments',
  'sources',
  'kinds',
  'minPrice',
  'maxPrice',
  'minSize',
  'maxSize',
  'hours',
  'accept',
] as const satisfies readonly (keyof MarketFilter)[]

/** A filter, checked and made fast. */
export class CompiledFilter {
  readonly #instruments: ReadonlySet<number> | undefined
  readonly #sources: ReadonlySet<number> | undefined
  readonly #kinds: number
  /** Least and greatest price, least and greatest size. */
  readonly #bounds = new Float64Array(4)
  readonly #asksPrice: boolean
  readonly #asksSize: boolean
  readonly #hours: ((tsEventUs: number) => boolean) | undefined
  readonly #accept: RowPredicate | undefined

  /** @throws TradewireError `TW_INVALID_ARGUMENT` naming the field that is not usable. */
  constructor(filter: MarketFilter) {
    checkFilter(filter)
    const { minPrice, maxPrice, minSize, maxSize } = filter
    this.#instruments = setOf(filter.instruments)
    this.#sources = setOf(filter.sources)
    this.#kinds = kindsMask(filter.kinds)
    const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number
    this.#bounds.set([
      minPrice ?? NEGATIVE_INFINITY,
      maxPrice ?? POSITIVE_INFINITY,
      minSize ?? NEGATIVE_INFINITY,
      maxSize ?? POSITIVE_INFINITY,
    ])
    this.#asksPrice = minPrice !== undefined || maxPrice !== undefined
    this.#asksSize = minSize !== undefined || maxSize !== undefined
    this.#hours = filter.hours
    this.#accept = filter.accept
  }

  /** Whether a row passes. Throws what predicates throw. */
  passes(ring: IngestRing, kind: number, row: number): boolean {
    const columns = columnsOf(ring, kind)
    if (this.#instruments !== undefined && !this.#instruments.has(columns.instrument[row] as number)) return false
    if (kind === EventKind.note && isBreak(ring.notes.note[row])) return true
    if (((this.#kinds >> kind) & 1) === 0) return false
    if (this.#sources !== undefined && !this.#sources.has(columns.source[row] as number)) return false
    if (this.#asksPrice && !this.#pricesFit(ring, kind, row)) return false
    if (this.#asksSize && !this.#sizesFit(ring, kind, row)) return false
    if (this.#hours !== undefined) {
      const tsEventUs = columns.tsEventUs[row] as number
      if (Number.isNaN(tsEventUs) || this.#hours(tsEventUs) !== true) return false
    }
    return this.#accept === undefined || this.#accept(ring, filterKinds[kind - 1] as FilterKind, row) === true
  }

  #pricesFit(ring: IngestRing, kind: number, row: number): boolean {
    if (kind === EventKind.quote)
      return this.#bothFit(ring.quotes.bid[row] as number, ring.quotes.ask[row] as number, 0)
    if (kind === EventKind.trade) return this.#fits(ring.trades.price[row] as number, 0)
    if (kind === EventKind.bar) return this.#bothFit(ring.bars.low[row] as number, ring.bars.high[row] as number, 0)
    return true
  }

  #sizesFit(ring: IngestRing, kind: number, row: number): boolean {
    if (kind === EventKind.quote)
      return this.#bothFit(ring.quotes.bidSize[row] as number, ring.quotes.askSize[row] as number, 2)
    if (kind === EventKind.trade) return this.#fits(ring.trades.size[row] as number, 2)
    if (kind === EventKind.bar) return this.#fits(ring.bars.volume[row] as number, 2)
    return true
  }

  /** Two values of which one may be absent. */
  #bothFit(first: number, second: number, bounds: number): boolean {
    if (Number.isNaN(first)) return this.#fits(second, bounds)
    return this.#fits(first, bounds) && (Number.isNaN(second) || this.#fits(second, bounds))
  }

  #fits(value: number, bounds: number): boolean {
    return value >= (this.#bounds[bounds] as number) && value <= (this.#bounds[bounds + 1] as number)
  }
}

/** Refuses a filter that cannot be meant. @throws TradewireError `TW_INVALID_ARGUMENT` naming the field. */
export function checkFilter(filter: MarketFilter): void {
  refuseUnknownOptions('filter', filter, optionNames)
  for (const field of ['minPrice', 'maxPrice', 'minSize', 'maxSize'] as const) {
    const value: unknown = filter[field]
    if (value !== undefined && (typeof value !== 'number' || Number.isNaN(value)))
      throw wrong(field, `must be a number, got ${String(value)}`)
  }
  if ((filter.minPrice ?? -Infinity) > (filter.maxPrice ?? Infinity)) throw wrong('minPrice', 'is above maxPrice')
  if ((filter.minSize ?? -Infinity) > (filter.maxSize ?? Infinity)) throw wrong('minSize', 'is above maxSize')
  kindsMask(filter.kinds)
  for (const field of ['hours', 'accept'] as const) {
    const value: unknown = filter[field]
    if (value !== undefined && typeof value !== 'function')
      throw wrong(field, `must be a function, got ${typeof value}`)
  }
  for (const field of ['instruments', 'sources'] as const) {
    const given = filter[field] as { next?: unknown } | undefined
    if (typeof given?.next === 'function') throw wrong(field, 'can be read only once; give a set or a list')
    for (const value of filter[field] ?? [])
      if (!Number.isInteger(value) || value < 0)
        throw wrong(field, `must be whole numbers from 0, got ${String(value)}`)
  }
}

/** Bit k is set when kind k passes. */
function kindsMask(kinds: readonly FilterKind[] | undefined): number {
  let mask = 0
  for (const kind of kinds ?? filterKinds) {
    const index = filterKinds.indexOf(kind)
    if (index < 0) throw wrong('kinds', `must be some of ${filterKinds.join(', ')}, got '${String(kind)}'`)
    mask |= 1 << (index + 1)
  }
  return mask
}

function setOf(values: Iterable<number> | undefined): ReadonlySet<number> | undefined {
  return values === undefined ? undefined : new Set(values)
}

interface SharedColumns {
  readonly instrument: Int32Array
  readonly source: Int32Array
  readonly tsEventUs: Float64Array
}

function columnsOf(ring: IngestRing, kind: number): SharedColumns {
  switch (kind) {
    case EventKind.quote:
      return ring.quotes
    case EventKind.trade:
      return ring.trades
    case EventKind.book:
      return ring.books
    case EventKind.bar:
      return ring.bars
    case EventKind.status:
      return ring.statuses
    default:
      return ring.notes
  }
}

function isBreak(note: object | null | undefined): boolean {
  return (note as { kind?: unknown } | null | undefined)?.kind === 'discontinuity'
}

function wrong(field: string, what: string): TradewireError {
  return new TradewireError('TW_INVALID_ARGUMENT', `filter.${field} ${what}`, { details: { field: `filter.${field}` } })
}
