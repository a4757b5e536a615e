/**
 * Market data of the venue's own books: MarketDataRequest (V) is answered by a snapshot (W) and, where updates are wanted, by
 * incremental refreshes (X) or further snapshots; what cannot be had by a reject (Y).
 *
 * Refreshes tell what changed since the last turn of the loop, so a burst of changes at one price goes out once. Levels, orders
 * and trades are numbered by RptSeq (83), stream by stream, where the version has it.
 */
import { FixGroup } from '../../connectors/fix/codec/group.js'
import type { FixMessage } from '../../connectors/fix/codec/message.js'
import type { EntryFields, Outgoing } from '../../connectors/fix/connector/outgoing.js'
import type { Symbology } from '../../connectors/fix/connector/symbology.js'
import { Tag } from '../../connectors/fix/dictionary/tags.js'
import type { Listing } from '../../connectors/sim/listing.js'
import type { SimulatedVenue } from '../../connectors/sim/venue.js'
import type { VenueTape } from '../../connectors/sim/venue-market.js'
import type { VenueOrder } from '../../connectors/sim/venue-order.js'
import type { Time } from '../../core/time.js'
import type { Instrument } from '../../model/instrument.js'

/** Streams that one session may have. */
const MAX_STREAMS = 10_000

/** An entry as it was told last, by its id. */
interface Told {
  readonly side: 0 | 1
  readonly price: number
  readonly size: number
}

/** Something that was asked for. */
interface Stream {
  readonly id: string
  readonly instrument: Instrument
  readonly listing: Listing
  /** 0: the whole book. */
  readonly depth: number
  readonly byOrder: boolean
  readonly wantsBook: boolean
  readonly wantsTrades: boolean
  readonly isIncremental: boolean
  /** What the client knows of the book. */
  told: Map<string, Told>
  readonly trades: { price: number; size: number; id: number; side: number }[]
  rptSeq: number
}

/** What a desk works with. */
export interface MarketDeskParts {
  readonly market: SimulatedVenue
  readonly out: Outgoing
  readonly symbology: Symbology
  readonly time: Time
  isUp(): boolean
}

/** Serves the streams of one session. */
export class MarketDesk implements VenueTape {
  /** Loses the next refresh: its numbers are used all the same. */
  losesNext = false
  readonly #parts: MarketDeskParts
  readonly #streams = new Map<string, Stream>()
  readonly #group = new FixGroup()
  readonly #endTape: () => void
  #isScheduled = false
  #trades = 0

  constructor(parts: MarketDeskParts) {
    this.#parts = parts
    this.#endTape = parts.market.addTape(this)
  }

  /** Streams that are served. */
  get size(): number {
    return this.#streams.size
  }

  /** The session is down: its streams end with it. */
  clear(): void {
    this.#streams.clear()
  }

  close(): void {
    this.clear()
    this.#endTape()
  }

  // ---- Requests ----------------------------------------------------------------------------------------------------------

  /** MarketDataRequest (V). */
  onRequest(message: FixMessage): void {
    const id = message.string(Tag.MDReqID) ?? ''
    const action = message.string(Tag.SubscriptionRequestType)
    if (action === '2') {
      for (const key of [...this.#streams.keys()]) if (this.#streams.get(key)?.id === id) this.#streams.delete(key)
      return
    }
    if ([...this.#streams.values()].some((stream) => stream.id === id)) {
      this.#reject(id, '1', 'duplicate MDReqID')
      return
    }
    const found = this.#instruments(message)
    const types = this.#types(message)
    if (typeof found === 'string') this.#reject(id, '0', `unknown symbol ${found}`)
    else if (types.some((type) => !'012'.includes(type))) this.#reject(id, '8', 'unsupported MDEntryType')
    else if (this.#streams.size + found.length > MAX_STREAMS) this.#reject(id, '2', 'too many streams')
    else for (const listing of found) this.#open(message, id, listing, types, action === '1')
  }

  #open(message: FixMessage, id: string, listing: Listing, types: readonly string[], isLasting: boolean): void {
    const stream: Stream = {
      id,
      instrument: listing.instrument,
      listing,
      depth: message.has(Tag.MarketDepth) ? message.int(Tag.MarketDepth) : 0,
      byOrder: message.equals(Tag.AggregatedBook, 'N'),
      wantsBook: types.some((type) => type !== '2'),
      wantsTrades: types.includes('2'),
      isIncremental: !message.equals(Tag.MDUpdateType, '0'),
      told: new Map(),
      trades: [],
      rptSeq: 0,
    }
    if (isLasting) this.#streams.set(`${id}/${listing.instrument.index}`, stream)
    this.#snapshot(stream)
  }

  #instruments(message: FixMessage): Listing[] | string {
    const { market, symbology } = this.#parts
    const group = this.#group
    const found: Listing[] = []
    if (!group.open(message, Tag.NoRelatedSym)) return '(none)'
    while (group.next()) {
      const instrument = symbology.read(group)
      const listing = instrument === undefined ? undefined : market.listing(instrument.id)
      if (listing === undefined) return group.string(Tag.Symbol) ?? '(none)'
      found.push(listing)
    }
    return found
  }

  #types(message: FixMessage): string[] {
    const group = this.#group
    const types: string[] = []
    if (group.open(message, Tag.NoMDEntryTypes)) while (group.next()) types.push(group.string(Tag.MDEntryType) ?? '')
    return types
  }

  #reject(id: string, reason: string, text: string): void {
    const { out } = this.#parts
    out.begin('Y')
    out.string(Tag.MDReqID, id)
    out.string(Tag.MDReqRejReason, reason)
    out.string(Tag.Text, text)
    out.send()
  }

  // ---- What the venue's books do -----------------------------------------------------------------------------------------

  quote(): void {
    this.#schedule()
  }

  level(): void {
    this.#schedule()
  }

  trade(listing: Listing, priceUnits: number, quantityUnits: number, takerSide: number): void {
    const id = ++this.#trades
    for (const stream of this.#streams.values())
      if (stream.wantsTrades && stream.listing === listing)
        stream.trades.push({ price: priceUnits, size: quantityUnits, id, side: takerSide })
    this.#schedule()
  }

  /** The books are half way through an operation: what came of it is looked at when it is over. */
  #schedule(): void {
    if (this.#isScheduled || this.#streams.size === 0) return
    this.#isScheduled = true
    this.#parts.time.nextTurn(() => {
      this.#isScheduled = false
      if (!this.#parts.isUp()) return
      for (const stream of this.#streams.values()) this.#refresh(stream)
    })
  }

  // ---- Messages ----------------------------------------------------------------------------------------------------------

  #snapshot(stream: Stream): void {
    const { out, symbology } = this.#parts
    const { instrument } = stream
    stream.told = stream.wantsBook ? this.#book(stream) : new Map()
    out.begin('W')
    out.string(Tag.MDReqID, stream.id)
    symbology.write(instrument, (tag, value) => out.string(tag, value))
    out.timestamp(Tag.LastUpdateTime, this.#parts.time.wallUs())
    const entries = [...stream.told].map(([id, told]) => [
      [Tag.MDEntryType, `${told.side}`] as const,
      [Tag.RptSeq, `${stream.rptSeq}`] as const,
      ...this.#fields(stream, id, told),
    ])
    out.group(Tag.NoMDEntries, [...entries, ...this.#tradeEntries(stream, false)])
    out.send()
  }

  #refresh(stream: Stream): void {
    if (!stream.isIncremental && stream.wantsBook) {
      if (this.#differs(stream)) this.#snapshot(stream)
      return
    }
    const { out, symbology } = this.#parts
    const { instrument, told: before } = stream
    const after = stream.wantsBook ? this.#book(stream) : before
    const names: [number, string][] = []
    symbology.write(instrument, (tag, value) => names.push([tag, value]))
    const entries: EntryFields[] = []
    const sequence = () => `${++stream.rptSeq}`
    for (const [id, told] of before) {
      if (after.has(id)) continue
      entries.push([
        [Tag.MDUpdateAction, '2'],
        [Tag.MDEntryType, `${told.side}`],
        [Tag.RptSeq, sequence()],
        ...names,
        ...this.#fields(stream, id, told),
      ])
    }
    for (const [id, told] of after) {
      const known = before.get(id)
      if (known !== undefined && known.price === told.price && known.size === told.size) continue
      entries.push([
        [Tag.MDUpdateAction, known === undefined ? '0' : '1'],
        [Tag.MDEntryType, `${told.side}`],
        [Tag.RptSeq, sequence()],
        ...names,
        ...this.#fields(stream, id, told),
      ])
    }
    stream.told = after
    for (const trade of this.#tradeEntries(stream, true)) entries.push([...trade, ...names, [Tag.RptSeq, sequence()]])
    if (entries.length === 0) return
    if (this.losesNext) {
      this.losesNext = false
      return
    }
    out.begin('X')
    out.string(Tag.MDReqID, stream.id)
    out.group(Tag.NoMDEntries, entries)
    out.send()
  }

  #differs(stream: Stream): boolean {
    const after = this.#book(stream)
    if (after.size !== stream.told.size || stream.trades.length > 0) return true
    for (const [id, { price, size }] of after) {
      const known = stream.told.get(id)
      if (known === undefined || known.price !== price || known.size !== size) return true
    }
    return false
  }

  #fields({ instrument, byOrder }: Stream, id: string, { price, size }: Told): EntryFields {
    const time = this.#time()
    return [
      [Tag.MDEntryID, id],
      // Snapshots of FIX 4 have no other name for an order.
      ...(byOrder ? ([[Tag.OrderID, id]] as const) : []),
      [Tag.MDEntryPx, instrument.priceText(price)],
      [Tag.MDEntrySize, instrument.quantityText(size)],
      [Tag.MDEntryDate, time.date],
      [Tag.MDEntryTime, time.time],
    ]
  }

  #tradeEntries(stream: Stream, isRefresh: boolean): EntryFields[] {
    const { instrument } = stream
    const time = this.#time()
    return stream.trades
      .splice(0)
      .map(({ price, size, id }) => [
        ...(isRefresh ? ([[Tag.MDUpdateAction, '0']] as const) : []),
        [Tag.MDEntryType, '2'] as const,
        [Tag.MDEntryID, `${id}`] as const,
        [Tag.MDEntryPx, instrument.priceText(price)] as const,
        [Tag.MDEntrySize, instrument.quantityText(size)] as const,
        [Tag.MDEntryDate, time.date] as const,
        [Tag.MDEntryTime, time.time] as const,
      ])
  }

  #time(): { date: string; time: string } {
    const iso = new Date(Math.floor(this.#parts.time.wallUs() / 1_000)).toISOString()
    return { date: iso.slice(0, 10).replaceAll('-', ''), time: iso.slice(11, 23) }
  }

  // ---- Books -------------------------------------------------------------------------------------------------------------

  /** The book as it is now: by id of each level or order, best first. */
  #book(stream: Stream): Map<string, Told> {
    const { market } = this.#parts
    const resting = market
      .orders({ live: true })
      .filter((order) => order.instrument === stream.instrument && order.place === 'book')
    const book = new Map<string, Told>()
    for (const side of [0, 1] as const) {
      const sign = side === 0 ? 1 : -1
      const orders = resting.filter((order) => order.sideSign === sign)
      orders.sort((a, b) => sign * (b.priceUnits - a.priceUnits) || a.sequence - b.sequence)
      if (stream.byOrder) for (const order of orders) book.set(`${order.venueOrderId}`, toldOf(order, side))
      else addLevels(book, orders, side, stream.depth)
    }
    return book
  }
}

function toldOf(order: VenueOrder, side: 0 | 1): Told {
  return { side, price: order.priceUnits, size: shownUnits(order) }
}

/** What of an order can be seen: an iceberg shows a part at a time. */
function shownUnits(order: VenueOrder): number {
  return Number.isNaN(order.displayUnits) ? order.openUnits : Math.min(order.displayUnits, order.openUnits)
}

function addLevels(book: Map<string, Told>, orders: readonly VenueOrder[], side: 0 | 1, depth: number): void {
  let levels = 0
  let price = Number.NaN
  let size = 0
  const put = () => {
    if (size > 0) book.set(`${side === 0 ? 'B' : 'S'}${price}`, { side, price, size })
  }
  for (const order of orders) {
    if (order.priceUnits !== price) {
      put()
      if (depth > 0 && levels === depth) {
        size = 0
        break
      }
      levels++
      price = order.priceUnits
      size = 0
    }
    size += shownUnits(order)
  }
  put()
}
