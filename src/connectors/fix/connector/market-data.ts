/**
 * Market data over FIX: one MarketDataRequest (V) a stream, answered by snapshots (W) and incremental refreshes (X), or refused (Y).
 *
 * Quotes, trades, books by level and books by order are streams of their own. A book is valid from its snapshot on; when a
 * message of it is missing (RptSeq, 83), or the ring had no room for one, it is asked for anew, and the next snapshot replaces it.
 */

import type { ConnectorHost } from '../../../connector/connector-host.js'
import { type SequenceTracker, SequenceVerdict } from '../../../connector/sequence-tracker.js'
import type { Subscription } from '../../../connector/subscriptions.js'
import { TradewireError } from '../../../core/errors.js'
import { abortError } from '../../../core/time.js'
import type { Instrument } from '../../../model/instrument.js'
import { type AggressorSign, type BookSide, LevelAction } from '../../../ring/kinds.js'
import { FixGroup } from '../codec/group.js'
import type { FixMessage } from '../codec/message.js'
import { DAY_US } from '../codec/times.js'
import { Tag } from '../dictionary/tags.js'
import { reportTimeUs } from './execution-reader.js'
import { type FeedEntry, MarketStream, type StreamKind } from './market-stream.js'
import type { EntryFields, Outgoing } from './outgoing.js'
import type { ResolvedProfile } from './profile.js'
import type { QueryDesk } from './queries.js'
import type { Symbology } from './symbology.js'

/** MDEntryType (269). */
const BID = '0'
const OFFER = '1'
const TRADE = '2'
/** AggressorSide, an addition to FIX 5.0 SP2. */
const AGGRESSOR_SIDE = 2446

/** What a desk works with. */
export interface MarketDataParts {
  readonly host: ConnectorHost
  readonly out: Outgoing
  readonly profile: ResolvedProfile
  readonly symbology: Symbology
  readonly queries: QueryDesk
  readonly source: number
  /** Waits until a message can be sent. */
  whenFree(msgType: string, signal: AbortSignal): Promise<void>
  tracker(stream: MarketStream): SequenceTracker
  published(events: number, tsEventUs: number, tsRecvUs: number): void
  problem(error: unknown): void
}

/** Milliseconds before a book that broke is asked for again. */
const REBUILD_DELAY_MS = 50

/** The streams of one connection. */
export class MarketDataDesk {
  readonly #parts: MarketDataParts
  readonly #streams = new Map<string, MarketStream>()
  readonly #group = new FixGroup()
  readonly #entry: FeedEntry = {
    action: 0,
    side: 0,
    price: Number.NaN,
    size: Number.NaN,
    id: undefined,
    position: Number.NaN,
  }

  constructor(parts: MarketDataParts) {
    this.#parts = parts
  }

  // ---- Asking ------------------------------------------------------------------------------------------------------------

  /** Asks for a stream. Resolves with its first snapshot, or when it was asked for where the venue answers nothing. */
  async subscribe({ kind, instrument }: Subscription, signal: AbortSignal): Promise<void> {
    const { host, profile, queries } = this.#parts
    const stream = new MarketStream(queries.nextId('M'), kind as StreamKind, host.instruments.at(instrument))
    await this.#parts.whenFree('V', signal)
    if (profile.marketData.answers === false) {
      this.#streams.set(stream.id, stream)
      this.#request(stream, '1')
      return
    }
    await this.#answered(stream, signal)
  }

  #answered(stream: MarketStream, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#streams.delete(stream.id)
        reject(abortError(signal))
      }
      const done = () => signal.removeEventListener('abort', onAbort)
      if (signal.aborted) {
        reject(abortError(signal))
        return
      }
      signal.addEventListener('abort', onAbort, { once: true })
      stream.onAnswer = (refusal) => {
        done()
        if (refusal === undefined) resolve()
        else {
          this.#streams.delete(stream.id)
          reject(refusal)
        }
      }
      this.#streams.set(stream.id, stream)
      try {
        this.#request(stream, '1')
      } catch (error) {
        done()
        this.#streams.delete(stream.id)
        reject(error)
      }
    })
  }

  async unsubscribe({ kind, instrument }: Subscription, signal: AbortSignal): Promise<void> {
    for (const stream of [...this.#streams.values()]) {
      if (stream.kind !== kind || stream.instrument.index !== instrument) continue
      await this.#parts.whenFree('V', signal)
      this.#streams.delete(stream.id)
      this.#request(stream, '2')
    }
  }

  /** The connection is gone: every stream is asked for anew over the next. */
  clear(reason: string): void {
    for (const stream of this.#streams.values())
      stream.answer(new TradewireError('TW_NOT_CONNECTED', `${stream.kind}: ${reason}`))
    this.#streams.clear()
  }

  #request(stream: MarketStream, action: '1' | '2'): void {
    const { out, profile, symbology } = this.#parts
    const { marketData } = profile
    const { kind, instrument } = stream
    stream.requestNumber = out.begin('V', profile.omitted('V'))
    out.string(Tag.MDReqID, stream.id)
    out.string(Tag.SubscriptionRequestType, action)
    out.int(Tag.MarketDepth, kind === 'quotes' || kind === 'trades' ? 1 : (marketData.depth ?? 0))
    if (action === '1') out.int(Tag.MDUpdateType, marketData.updates === 'full' ? 0 : 1)
    if (kind === 'book' || kind === 'orders') out.flag(Tag.AggregatedBook, kind === 'book')
    const types: EntryFields[] =
      kind === 'trades' ? [[[Tag.MDEntryType, TRADE]]] : [[[Tag.MDEntryType, BID]], [[Tag.MDEntryType, OFFER]]]
    out.group(Tag.NoMDEntryTypes, types)
    const names: [number, string][] = []
    symbology.write(instrument, (tag, value) => names.push([tag, value]))
    out.group(Tag.NoRelatedSym, [names])
    for (const [tag, value] of profile.given.fields?.V ?? []) out.extra(tag, value)
    out.send()
  }

  /** The venue rejected the message of a number. True when it asked for a stream. */
  refuseNumber(number: number, reason: string): boolean {
    for (const stream of this.#streams.values()) {
      if (stream.requestNumber !== number) continue
      this.#refuse(stream, reason)
      return true
    }
    return false
  }

  #refuse(stream: MarketStream, reason: string): void {
    const error = new TradewireError(
      'TW_NOT_SUPPORTED',
      `The venue refused ${stream.kind} of ${stream.instrument.id}: ${reason}`,
    )
    this.#streams.delete(stream.id)
    if (!stream.answer(error)) this.#parts.problem(error)
  }

  // ---- Answers -----------------------------------------------------------------------------------------------------------

  /** MarketDataRequestReject (Y). */
  onReject(message: FixMessage): void {
    const stream = this.#streams.get(message.string(Tag.MDReqID) ?? '')
    if (stream === undefined) return
    this.#refuse(stream, message.string(Tag.Text) ?? `reason ${message.string(Tag.MDReqRejReason) ?? 'not given'}`)
  }

  /** Snapshot (W). */
  onSnapshot(message: FixMessage, tsRecvUs: number): void {
    for (const stream of this.#streamsOf(message, this.#parts.symbology.read(message))) {
      stream.answer(undefined)
      stream.isBroken = false
      const tracker = this.#parts.tracker(stream)
      const sequence = this.#lastSequence(message)
      tracker.restart()
      if (!Number.isNaN(sequence)) tracker.track(sequence)
      this.#apply(message, stream, true, tsRecvUs)
    }
  }

  /** Incremental refresh (X). Entries of several instruments may come in one message. */
  onRefresh(message: FixMessage, tsRecvUs: number): void {
    const id = message.string(Tag.MDReqID)
    const known = id === undefined ? undefined : this.#streams.get(id)
    if (known !== undefined) {
      this.#apply(message, known, false, tsRecvUs)
      return
    }
    if (id !== undefined) return
    // Without an id, every stream that the entries are about.
    const instruments = new Set<Instrument>()
    const group = this.#group
    if (group.open(message, Tag.NoMDEntries)) {
      while (group.next()) {
        const instrument = this.#parts.symbology.read(group)
        if (instrument !== undefined) instruments.add(instrument)
      }
    }
    for (const stream of [...this.#streams.values()])
      if (instruments.has(stream.instrument)) this.#apply(message, stream, false, tsRecvUs)
  }

  #streamsOf(message: FixMessage, instrument: Instrument | undefined): MarketStream[] {
    const id = message.string(Tag.MDReqID)
    if (id !== undefined) {
      const stream = this.#streams.get(id)
      return stream === undefined ? [] : [stream]
    }
    return [...this.#streams.values()].filter((stream) => stream.instrument === instrument)
  }

  #apply(message: FixMessage, stream: MarketStream, isSnapshot: boolean, tsRecvUs: number): void {
    if (stream.isBroken) return
    const { profile } = this.#parts
    if (!isSnapshot && profile.marketData.followsRptSeq !== false && !this.#isNext(message, stream)) {
      this.#rebuild(stream)
      return
    }
    const tsEventUs = reportTimeUs(message)
    const isWhole =
      stream.kind === 'trades'
        ? this.#trades(message, stream, tsEventUs, tsRecvUs)
        : this.#levels(message, stream, isSnapshot, tsEventUs, tsRecvUs)
    if (!isWhole) this.#rebuild(stream)
  }

  /** The highest RptSeq that a snapshot holds; NaN without any. */
  #lastSequence(message: FixMessage): number {
    const group = this.#group
    let last = message.has(Tag.RptSeq) ? message.int(Tag.RptSeq) : Number.NaN
    if (!group.open(message, Tag.NoMDEntries)) return last
    while (group.next()) {
      const sequence = group.int(Tag.RptSeq)
      if (!(sequence <= last) && !Number.isNaN(sequence)) last = sequence
    }
    return last
  }

  /** Whether nothing is missing before a refresh, by the RptSeq of its entries. */
  #isNext(message: FixMessage, stream: MarketStream): boolean {
    if (stream.kind === 'trades') return true
    const group = this.#group
    const tracker = this.#parts.tracker(stream)
    let isNext = true
    if (!group.open(message, Tag.NoMDEntries)) return true
    while (group.next()) {
      const sequence = group.int(Tag.RptSeq)
      if (Number.isNaN(sequence) || sequence === tracker.last) continue
      if (tracker.track(sequence) === SequenceVerdict.gap) isNext = false
    }
    return isNext
  }

  /** A book that cannot be relied on any more: a new snapshot is asked for, and nothing is believed until it comes. */
  #rebuild(stream: MarketStream): void {
    if (stream.isBroken || stream.kind === 'trades') return
    const { host, queries, problem } = this.#parts
    stream.isBroken = true
    host.time.after(REBUILD_DELAY_MS, () => {
      if (this.#streams.get(stream.id) !== stream) return
      try {
        this.#streams.delete(stream.id)
        this.#request(stream, '2')
        stream.id = queries.nextId('M')
        this.#streams.set(stream.id, stream)
        this.#request(stream, '1')
      } catch (error) {
        problem(error)
      }
    })
  }

  #trades(message: FixMessage, stream: MarketStream, sentUs: number, tsRecvUs: number): boolean {
    const { host, source } = this.#parts
    const group = this.#group
    if (!group.open(message, Tag.NoMDEntries)) return true
    let count = 0
    let tsUs = sentUs
    while (group.next()) {
      if (group.string(Tag.MDEntryType) !== TRADE || group.string(Tag.MDUpdateAction) === '2') continue
      tsUs = entryTimeUs(message, group, sentUs)
      const id = Number(group.string(Tag.MDEntryID) ?? Number.NaN)
      const price = group.double(Tag.MDEntryPx)
      const size = group.double(Tag.MDEntrySize)
      const sequence = group.int(Tag.RptSeq)
      const aggressor = aggressorOf(group)
      const { index } = stream.instrument
      if (host.market.publishTrade(index, source, price, size, aggressor, tsUs, tsRecvUs, sequence, id, 0)) count++
    }
    if (count > 0) this.#parts.published(count, tsUs, tsRecvUs)
    return true
  }

  /** Entries of a book or of its top. False when the ring had no room for all of them. */
  #levels(message: FixMessage, stream: MarketStream, isSnapshot: boolean, sentUs: number, tsRecvUs: number): boolean {
    const group = this.#group
    const entry = this.#entry
    if (isSnapshot) stream.clear()
    let tsUs = sentUs
    if (group.open(message, Tag.NoMDEntries)) {
      while (group.next()) {
        const type = group.string(Tag.MDEntryType)
        const action = isSnapshot ? LevelAction.addOrder : actionOf(group)
        const ids = {
          entry: group.string(Tag.MDEntryID),
          order: group.string(Tag.OrderID),
          reference: group.string(Tag.MDEntryRefID),
        }
        const isOther = type !== undefined && type !== BID && type !== OFFER
        const id = isOther ? undefined : stream.nameOf(ids, action)
        const known = type === undefined ? stream.sideOf(id) : undefined
        if (isOther || (type === undefined && known === undefined)) continue
        tsUs = entryTimeUs(message, group, sentUs)
        entry.action = action
        entry.side = (type === undefined ? known : type === BID ? 0 : 1) as BookSide
        entry.price = group.double(Tag.MDEntryPx)
        entry.size = group.double(Tag.MDEntrySize)
        entry.id = id
        entry.position = group.int(Tag.MDEntryPositionNo)
        stream.take(entry, isSnapshot)
      }
    }
    return this.#publish(stream, isSnapshot, tsUs, tsRecvUs)
  }

  #publish(stream: MarketStream, isSnapshot: boolean, tsUs: number, tsRecvUs: number): boolean {
    const { host, source } = this.#parts
    const { index } = stream.instrument
    if (stream.kind === 'quotes') {
      const { bid, ask, bidSize, askSize } = stream.top()
      const isIn = host.market.publishQuote(index, source, bid, ask, bidSize, askSize, tsUs, tsRecvUs, Number.NaN, 0)
      if (isIn) this.#parts.published(1, tsUs, tsRecvUs)
      return true
    }
    if (!isSnapshot && stream.changes.length === 0) return true
    if (!host.market.beginBook(index, source, isSnapshot, tsUs, tsRecvUs, Number.NaN, Number.NaN)) return false
    for (const { action, side, price, size, orderId } of stream.changes) {
      if (stream.kind === 'orders') host.market.addOrder(action, side, price, size, orderId)
      else host.market.addLevel(side, price, size)
    }
    const isIn = host.market.commitBook()
    stream.changes.length = 0
    if (isIn) this.#parts.published(1, tsUs, tsRecvUs)
    return isIn
  }
}

/** MDUpdateAction (279) as what it does to an order. */
function actionOf(group: FixGroup): LevelAction {
  const action = group.string(Tag.MDUpdateAction)
  if (action === '1' || action === '5') return LevelAction.changeOrder
  return action === '2' ? LevelAction.deleteOrder : LevelAction.addOrder
}

function aggressorOf(group: FixGroup): AggressorSign {
  const side = group.string(AGGRESSOR_SIDE)
  if (side === '1') return 1
  if (side === '2') return -1
  // TickDirection says where the price went, not who took: nobody knows.
  return 0
}

/** Time of an entry: its own date and time, its own time on the day of the message, or that of the message. */
function entryTimeUs(message: FixMessage, group: FixGroup, sentUs: number): number {
  const at = group.find(Tag.MDEntryTime)
  if (at < 0) return sentUs
  try {
    const timeUs = message.timeUsAt(at)
    const date = group.find(Tag.MDEntryDate)
    if (date >= 0) return message.dateAt(date) * DAY_US + timeUs
    const dayUs = Math.floor(sentUs / DAY_US) * DAY_US
    // A message sent right after midnight about what was before.
    return dayUs + timeUs > sentUs + DAY_US / 2 ? dayUs - DAY_US + timeUs : dayUs + timeUs
  } catch {
    return sentUs
  }
}
