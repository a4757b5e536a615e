/**
 * One stream of market data as the venue tells it: entries by their price, their id or their place, and what they change in a
 * book by level or by order.
 */
import type { TradewireError } from '../../../core/errors.js'
import type { Instrument } from '../../../model/instrument.js'
import { type BookSide, LevelAction } from '../../../ring/kinds.js'

/** Kinds of stream: what is asked for by one request. */
export type StreamKind = 'quotes' | 'trades' | 'book' | 'orders'

/** An entry of a snapshot or refresh. NaN and undefined where the venue says nothing. */
export interface FeedEntry {
  action: LevelAction
  side: BookSide
  price: number
  size: number
  id: string | undefined
  position: number
}

/** What an entry does to the book. */
export interface BookChange {
  readonly action: LevelAction
  readonly side: BookSide
  readonly price: number
  readonly size: number
  readonly orderId: number
}

interface Known {
  readonly side: BookSide
  readonly price: number
  readonly orderId: number
}

/** The ids of an entry, as far as it has them. */
export interface EntryIds {
  /** MDEntryID (278). */
  readonly entry: string | undefined
  /** OrderID (37). */
  readonly order: string | undefined
  /** MDEntryRefID (280): the entry that this one is instead of. */
  readonly reference: string | undefined
}

/** A stream that was asked for. */
export class MarketStream {
  /** MDReqID (262) of its latest request. */
  id: string
  readonly kind: StreamKind
  readonly instrument: Instrument
  /** MsgSeqNum of the request. */
  requestNumber = 0
  /** Nothing is believed before the next snapshot. */
  isBroken = false
  /** What the message under way changes. */
  readonly changes: BookChange[] = []
  onAnswer: ((refusal: TradewireError | undefined) => void) | undefined
  readonly #byId = new Map<string, Known>()
  /** OrderIDs by the MDEntryIDs that stand for them: snapshots of FIX 4 know the former only, deletions may name the latter. */
  readonly #aliases = new Map<string, string>()
  readonly #levels: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()]
  #orderIds = 0

  constructor(id: string, kind: StreamKind, instrument: Instrument) {
    this.id = id
    this.kind = kind
    this.instrument = instrument
  }

  /** The first answer. False when nobody waited for it. */
  answer(refusal: TradewireError | undefined): boolean {
    const { onAnswer } = this
    this.onAnswer = undefined
    onAnswer?.(refusal)
    return onAnswer !== undefined
  }

  clear(): void {
    this.#byId.clear()
    this.#aliases.clear()
    this.#levels[0].clear()
    this.#levels[1].clear()
    this.changes.length = 0
  }

  /** Side of an entry that is known by its id; undefined for any other. */
  sideOf(id: string | undefined): BookSide | undefined {
    return id === undefined ? undefined : this.#byId.get(id)?.side
  }

  /** The name of an entry here. One that takes the place of another goes on as that. */
  nameOf({ entry, order, reference }: EntryIds, action: LevelAction): string | undefined {
    const named = entry === undefined ? undefined : (this.#aliases.get(entry) ?? entry)
    const id = this.kind === 'orders' ? (order ?? named) : (entry ?? order)
    if (this.kind === 'orders' && entry !== undefined && order !== undefined && entry !== order) {
      if (action === LevelAction.deleteOrder) this.#aliases.delete(entry)
      else this.#aliases.set(entry, order)
    }
    if (reference === undefined) return id
    const before = this.#aliases.get(reference) ?? reference
    if (id === undefined) return before
    const known = this.#byId.get(before)
    if (known === undefined || before === id || action === LevelAction.addOrder) return id
    this.#byId.delete(before)
    this.#aliases.delete(reference)
    this.#byId.set(id, known)
    return id
  }

  /** Takes an entry in. */
  take(entry: FeedEntry, isSnapshot: boolean): void {
    if (this.kind === 'orders') this.#takeOrder(entry)
    else if (this.kind === 'quotes' && !isSnapshot && entry.id === undefined) this.#takeTop(entry)
    else this.#takeLevel(entry)
  }

  /** The best price of a side where entries have no ids: whatever is said of it takes the place of what was. */
  #takeTop({ action, side, price, size }: FeedEntry): void {
    const levels = this.#levels[side]
    const [best] = levels.keys()
    const at = Number.isNaN(price) ? (best ?? Number.NaN) : price
    const before = levels.get(at)
    // The end of a price that is no more the best one changes nothing.
    if (action === LevelAction.deleteOrder && before === undefined) return
    levels.clear()
    if (action === LevelAction.deleteOrder || Number.isNaN(at)) return
    const left = Number.isNaN(size) ? (before ?? Number.NaN) : size
    if (left > 0) levels.set(at, left)
  }

  /** Levels are named by their price; where an entry has only an id, by the price that the id stood at. */
  #takeLevel({ action, side, price, size, id }: FeedEntry): void {
    const levels = this.#levels[side]
    const known = id === undefined ? undefined : this.#byId.get(id)
    const at = Number.isNaN(price) ? (known?.price ?? Number.NaN) : price
    if (Number.isNaN(at)) return
    if (known !== undefined && known.price !== at) this.#setLevel(known.side, known.price, 0)
    if (action === LevelAction.deleteOrder) {
      if (id !== undefined) this.#byId.delete(id)
      this.#setLevel(side, at, 0)
      return
    }
    if (id !== undefined) this.#byId.set(id, { side, price: at, orderId: 0 })
    // A change that says no size keeps the one there is.
    this.#setLevel(side, at, Number.isNaN(size) ? (levels.get(at) ?? 0) : size)
  }

  #setLevel(side: BookSide, price: number, size: number): void {
    if (size > 0) this.#levels[side].set(price, size)
    else this.#levels[side].delete(price)
    this.changes.push({ action: LevelAction.setLevel, side, price, size, orderId: 0 })
  }

  #takeOrder({ action, side, price, size, id }: FeedEntry): void {
    if (id === undefined) return
    const known = this.#byId.get(id)
    if (action === LevelAction.deleteOrder) {
      if (known === undefined) return
      this.#byId.delete(id)
      this.changes.push({ action, side: known.side, price: known.price, size: 0, orderId: known.orderId })
      return
    }
    const at = Number.isNaN(price) ? known?.price : price
    if (at === undefined) return
    const orderId = known?.orderId ?? ++this.#orderIds
    this.#byId.set(id, { side, price: at, orderId })
    const isNew = known === undefined
    this.changes.push({
      action: isNew ? LevelAction.addOrder : LevelAction.changeOrder,
      side,
      price: at,
      size,
      orderId,
    })
  }

  /** Best bid and offer of what is known; NaN where a side is empty. */
  top(): { bid: number; ask: number; bidSize: number; askSize: number } {
    const [bids, asks] = this.#levels
    let bid = Number.NaN
    for (const price of bids.keys()) if (!(price <= bid)) bid = price
    let ask = Number.NaN
    for (const price of asks.keys()) if (!(price >= ask)) ask = price
    this.changes.length = 0
    return { bid, ask, bidSize: bids.get(bid) ?? Number.NaN, askSize: asks.get(ask) ?? Number.NaN }
  }
}
