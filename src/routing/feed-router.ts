/**
 * Stands between the connectors and the ring: of an instrument with several sources, one coherent stream goes on.
 *
 *   connector A ─┐
 *   connector B ─┼─► feed of the instrument (failover, arbitrate or consolidate) ─► ring
 *   connector C ─┘
 *
 * An instrument without a feed passes untouched. Where the data do not continue what came before, a `discontinuity` goes
 * into the ring in its place. Nothing is allocated for a message that is handed on or left out; one that has to wait for
 * those before it is kept as an object.
 */
import type { AggressorSign, BookSide, LevelAction, TradingStatus } from '../ring/kinds.js'
import { type MarketSink, publishQuoteRow, publishTradeRow } from '../ring/sink.js'
import { TickAt } from '../ring/tick-row.js'
import { Feed, type FeedOptions, type FeedStream, type HeldMessage } from './feed.js'
import { heldQuote, heldTrade } from './held-messages.js'
import { Verdict } from './line-arbiter.js'
import { type Break, type NoteParts, OwedNotes } from './owed-notes.js'
import type { CandidateHealth, Switch } from './route-selector.js'
import { StagedBook } from './staged-book.js'
import { isNew, keep, replayKept } from './standby-messages.js'
import { WaitingRoom } from './waiting-room.js'

/** What a router works with. */
export interface FeedRouterParts extends NoteParts {
  /** Something was put into the sink outside a call of a connector. */
  wake(): void
}

/** A change of the source of an instrument. */
export interface FeedSwitch extends Switch {
  readonly instrument: number
}

const bookPasses = 0
const bookIsSwallowed = 1
const bookIsHeld = 2
/** Turns the market data of several connectors into one stream an instrument. */
export class FeedRouter implements MarketSink {
  readonly #parts: FeedRouterParts
  readonly #sink: MarketSink
  /** By instrument. */
  readonly #feeds: (Feed | undefined)[] = []
  readonly #notes: OwedNotes
  readonly #waiting: WaitingRoom
  #bookState: number = bookPasses
  #bookFeed: Feed | undefined
  #bookLine = -1
  #bookSequence = Number.NaN
  #bookPrevious = Number.NaN
  #bookIsSnapshot = false
  #staged: StagedBook | undefined

  constructor(parts: FeedRouterParts) {
    this.#parts = parts
    this.#sink = parts.sink
    this.#notes = new OwedNotes(parts)
    this.#waiting = new WaitingRoom({
      time: parts.time,
      feeds: this.#feeds,
      onMissing: (instrument, source, { name }, missing) =>
        this.#notes.mark(instrument, source, { stream: name, reason: 'missing', missing }),
      onReleased: () => {
        this.#notes.pay()
        parts.wake()
      },
    })
  }

  /** Discontinuities that found no room for too long. */
  get droppedNotes(): number {
    return this.#notes.dropped
  }

  /** Gives an instrument a feed, in place of the one it has. @throws TradewireError `TW_INVALID_CONFIG`. */
  add(instrument: number, options: FeedOptions): Feed {
    const feed = new Feed(options)
    while (this.#feeds.length <= instrument) this.#feeds.push(undefined)
    this.#feeds[instrument] = feed
    return feed
  }

  /** The feed of an instrument, if it has one. */
  feed(instrument: number): Feed | undefined {
    return this.#feeds[instrument]
  }

  /** Looks at all feeds: sources that failed are left, better ones returned to. Returns the changes. */
  check(health: CandidateHealth): FeedSwitch[] {
    const nowMs = this.#parts.time.monotonicNs() / 1e6
    const nowUs = this.#parts.time.wallUs()
    const switches: FeedSwitch[] = []
    for (let instrument = 0; instrument < this.#feeds.length; instrument++) {
      const feed = this.#feeds[instrument]
      if (feed === undefined) continue
      if (feed.mode === 'consolidate') this.#checkConsolidated(instrument, feed, health, nowUs)
      if (feed.mode !== 'failover') continue
      const change = feed.selector.observe(nowMs, {
        isUsable: (source) => health.isUsable(source) && !feed.isStale(feed.lineOf(source), nowUs),
        score: (source) => health.score(source),
      })
      if (change === undefined) continue
      this.#follow(instrument, feed, change, nowUs)
      switches.push({ ...change, instrument })
    }
    this.#notes.pay()
    return switches
  }

  /** Says that data of an instrument do not continue what came before, for a reason that lies outside of its feed. */
  announce(
    instrument: number,
    source: number,
    { stream, reason, previousSource }: { stream: Break['stream']; reason: Break['reason']; previousSource: number },
  ): void {
    this.#notes.mark(instrument, source, { stream, reason, previousSource: this.#parts.sourceId(previousSource) })
    this.#parts.wake()
  }

  /** Ends the waiting of what waits. */
  close(): void {
    this.#waiting.close()
  }

  publishQuote(
    instrument: number,
    source: number,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    flags: number,
  ): boolean {
    const feed = this.#feeds[instrument]
    const sink = this.#sink
    if (feed === undefined)
      return sink.publishQuote(instrument, source, bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence, flags)
    const line = this.#lineOf(feed, source, tsRecvUs)
    if (line < 0) return true
    if (feed.consolidated !== undefined) {
      const best = feed.consolidated
      if (best.update(line, bid, ask, bidSize, askSize, tsRecvUs)) feed.isQuoteOwed = true
      if (!feed.isQuoteOwed) return true
      if (
        !sink.publishQuote(
          instrument,
          source,
          best.bid,
          best.ask,
          best.bidSize,
          best.askSize,
          tsEventUs,
          tsRecvUs,
          Number.NaN,
          flags,
        )
      )
        return false
      feed.isQuoteOwed = false
      return true
    }
    const { quotes } = feed
    const isStandby = this.#isSuppressed(feed, line)
    if (isStandby && !(feed.keepsStandby && isNew(feed, quotes, sequence))) return true
    const number = feed.identity === 'none' ? Number.NaN : sequence
    const verdict = isStandby ? Verdict.hold : this.#verdict(feed, quotes, instrument, source, number, number - 1)
    if (verdict === Verdict.duplicate) {
      quotes.arbiter.received(line, number)
      return true
    }
    if (verdict === Verdict.hold) {
      const nowMs = this.#nowMs()
      const message = heldQuote(
        sink,
        nowMs,
        line,
        instrument,
        source,
        bid,
        ask,
        bidSize,
        askSize,
        tsEventUs,
        tsRecvUs,
        sequence,
        flags,
      )
      return this.#putAside(feed, quotes, instrument, isStandby, message)
    }
    if (!sink.publishQuote(instrument, source, bid, ask, bidSize, askSize, tsEventUs, tsRecvUs, sequence, flags))
      return false
    this.#handedOn(feed, quotes, line, number)
    return true
  }

  publishQuoteRow(instrument: number, source: number, flags: number, row: Float64Array): boolean {
    if (this.#feeds[instrument] === undefined) return publishQuoteRow(this.#sink, instrument, source, flags, row)
    return this.publishQuote(
      instrument,
      source,
      row[TickAt.bid],
      row[TickAt.ask],
      row[TickAt.bidSize],
      row[TickAt.askSize],
      row[TickAt.tsEventUs],
      row[TickAt.tsRecvUs],
      row[TickAt.sequence],
      flags,
    )
  }

  publishTradeRow(
    instrument: number,
    source: number,
    aggressor: AggressorSign,
    condition: number,
    row: Float64Array,
  ): boolean {
    if (this.#feeds[instrument] === undefined)
      return publishTradeRow(this.#sink, instrument, source, aggressor, condition, row)
    return this.publishTrade(
      instrument,
      source,
      row[TickAt.price],
      row[TickAt.size],
      aggressor,
      row[TickAt.tsEventUs],
      row[TickAt.tsRecvUs],
      row[TickAt.sequence],
      row[TickAt.tradeId],
      condition,
    )
  }

  publishTrade(
    instrument: number,
    source: number,
    price: number,
    size: number,
    aggressor: AggressorSign,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): boolean {
    const feed = this.#feeds[instrument]
    const sink = this.#sink
    if (feed === undefined || feed.mode === 'consolidate')
      return sink.publishTrade(
        instrument,
        source,
        price,
        size,
        aggressor,
        tsEventUs,
        tsRecvUs,
        sequence,
        tradeId,
        condition,
      )
    const line = this.#lineOf(feed, source, tsRecvUs)
    if (line < 0) return true
    const { trades, seenTrades } = feed
    const number = feed.identity === 'none' ? Number.NaN : feed.identity === 'tradeId' ? tradeId : sequence
    const isStandby = this.#isSuppressed(feed, line)
    if (isStandby && !(feed.keepsStandby && isNew(feed, trades, number))) return true
    const verdict = isStandby
      ? Verdict.hold
      : seenTrades === undefined
        ? this.#verdict(feed, trades, instrument, source, number, number - 1)
        : !Number.isNaN(number) && seenTrades.has(number)
          ? Verdict.duplicate
          : Verdict.deliver
    if (verdict === Verdict.duplicate) {
      trades.arbiter.received(line, number)
      return true
    }
    if (verdict === Verdict.hold) {
      const nowMs = this.#nowMs()
      const message = heldTrade(
        sink,
        nowMs,
        line,
        number,
        instrument,
        source,
        price,
        size,
        aggressor,
        tsEventUs,
        tsRecvUs,
        sequence,
        tradeId,
        condition,
      )
      return this.#putAside(feed, trades, instrument, isStandby, message)
    }
    if (
      !sink.publishTrade(instrument, source, price, size, aggressor, tsEventUs, tsRecvUs, sequence, tradeId, condition)
    )
      return false
    if (seenTrades !== undefined && !Number.isNaN(number)) seenTrades.add(number)
    this.#handedOn(feed, trades, line, number)
    return true
  }

  /** What a standby brings is kept for a change of source; what is early waits for what is missing before it. */
  #putAside(feed: Feed, stream: FeedStream, instrument: number, isStandby: boolean, message: HeldMessage): boolean {
    if (!isStandby) return this.#waiting.hold(feed, stream, instrument, message)
    keep(feed, stream, message)
    return true
  }

  beginBook(
    instrument: number,
    source: number,
    isSnapshot: boolean,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    previousSequence: number,
  ): boolean {
    const feed = this.#feeds[instrument]
    this.#bookFeed = undefined
    this.#staged = undefined
    this.#bookState = bookPasses
    if (feed === undefined || feed.mode === 'consolidate')
      return this.#sink.beginBook(instrument, source, isSnapshot, tsEventUs, tsRecvUs, sequence, previousSequence)
    const line = this.#lineOf(feed, source, tsRecvUs)
    this.#bookState = bookIsSwallowed
    if (line < 0 || this.#isSuppressed(feed, line) || (feed.isAwaitingSnapshot && !isSnapshot)) return true
    const { book } = feed
    const number = feed.identity === 'none' ? Number.NaN : sequence
    const previous = Number.isNaN(previousSequence) ? number - 1 : previousSequence
    const goesOn = feed.openBookLine === line && feed.openBookSequence === number
    const verdict = goesOn
      ? Verdict.deliver
      : isSnapshot
        ? this.#snapshotVerdict(feed, number)
        : this.#verdict(feed, book, instrument, source, number, previous)
    if (verdict === Verdict.duplicate) {
      book.arbiter.received(line, number)
      return true
    }
    this.#bookFeed = feed
    this.#bookLine = line
    this.#bookSequence = number
    this.#bookPrevious = previous
    this.#bookIsSnapshot = isSnapshot
    if (verdict === Verdict.hold) {
      this.#bookState = bookIsHeld
      this.#staged = new StagedBook(instrument, source, tsEventUs, tsRecvUs, sequence, previousSequence)
      return true
    }
    this.#bookState = bookPasses
    return this.#sink.beginBook(instrument, source, isSnapshot, tsEventUs, tsRecvUs, sequence, previousSequence)
  }

  addLevel(side: BookSide, price: number, size: number): void {
    if (this.#bookState === bookPasses) this.#sink.addLevel(side, price, size)
    else this.#staged?.addLevel(side, price, size)
  }

  addOrder(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    if (this.#bookState === bookPasses) this.#sink.addOrder(action, side, price, size, orderId)
    else this.#staged?.addOrder(action, side, price, size, orderId)
  }

  commitBook(isLast = true): boolean {
    const feed = this.#bookFeed
    const staged = this.#staged
    if (this.#bookState === bookIsSwallowed) return true
    if (staged !== undefined && feed !== undefined) {
      this.#staged = undefined
      staged.isLast = isLast
      return this.#holdBook(feed, staged)
    }
    if (!this.#sink.commitBook(isLast)) return false
    if (feed === undefined) return true
    feed.openBookLine = isLast ? -1 : this.#bookLine
    feed.openBookSequence = isLast ? Number.NaN : this.#bookSequence
    if (this.#bookIsSnapshot) feed.isAwaitingSnapshot = false
    this.#handedOn(feed, feed.book, this.#bookLine, this.#bookSequence)
    return true
  }

  publishBar(
    instrument: number,
    source: number,
    intervalUs: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    count: number,
    vwap: number,
    tsOpenUs: number,
    tsEventUs: number,
    tsRecvUs: number,
    isClosed: boolean,
  ): boolean {
    const feed = this.#feeds[instrument]
    if (feed !== undefined && feed.mode !== 'consolidate') {
      const line = this.#lineOf(feed, source, tsRecvUs)
      // Bars carry no numbers: of several sources the one that is listened to, or preferred, makes them.
      if (line < 0 || this.#isSuppressed(feed, line) || (feed.mode === 'arbitrate' && line > 0)) return true
    }
    return this.#sink.publishBar(
      instrument,
      source,
      intervalUs,
      open,
      high,
      low,
      close,
      volume,
      count,
      vwap,
      tsOpenUs,
      tsEventUs,
      tsRecvUs,
      isClosed,
    )
  }

  publishStatus(
    instrument: number,
    source: number,
    status: TradingStatus,
    tsEventUs: number,
    tsRecvUs: number,
  ): boolean {
    const feed = this.#feeds[instrument]
    if (feed !== undefined && feed.mode === 'failover') {
      const line = this.#lineOf(feed, source, tsRecvUs)
      if (line < 0 || this.#isSuppressed(feed, line)) return true
    }
    return this.#sink.publishStatus(instrument, source, status, tsEventUs, tsRecvUs)
  }

  publishNote(instrument: number, source: number, note: object, tsEventUs: number, tsRecvUs: number): boolean {
    return this.#sink.publishNote(instrument, source, note, tsEventUs, tsRecvUs)
  }

  /** Line of a source that was heard; -1 when it has no part in the feed. */
  #lineOf(feed: Feed, source: number, tsRecvUs: number): number {
    const line = feed.lineOf(source)
    if (line < 0) feed.foreign++
    else feed.lastRecvUs[line] = tsRecvUs
    return line
  }

  #isSuppressed(feed: Feed, line: number): boolean {
    if (feed.mode !== 'failover' || line === feed.active) return false
    ;(feed.suppressed[line] as number)++
    return true
  }

  /** Judges a message. Where only one source is listened to there is nothing to wait for: a hole is marked at once. */
  #verdict(
    feed: Feed,
    stream: FeedStream,
    instrument: number,
    source: number,
    number: number,
    previous: number,
  ): Verdict {
    const verdict = stream.arbiter.judge(number, previous)
    if (verdict !== Verdict.hold || feed.mode === 'arbitrate') return verdict
    const missing = stream.arbiter.giveUp(previous)
    this.#notes.mark(instrument, source, { stream: stream.name, reason: 'missing', missing })
    return Verdict.deliver
  }

  /** A snapshot that is not older than what was handed on needs nothing before it. */
  #snapshotVerdict(feed: Feed, number: number): Verdict {
    return number <= feed.book.arbiter.last && !feed.isAwaitingSnapshot ? Verdict.duplicate : Verdict.deliver
  }

  #handedOn(feed: Feed, stream: FeedStream, line: number, number: number): void {
    stream.arbiter.received(line, number)
    stream.arbiter.delivered(line, number)
    if (stream.held.length > 0) this.#waiting.release(feed, stream)
  }

  #checkConsolidated(instrument: number, feed: Feed, health: CandidateHealth, nowUs: number): void {
    const best = feed.consolidated
    if (best === undefined) return
    for (let line = 0; line < feed.sources.length; line++)
      if (best.setUp(line, health.isUsable(feed.sources[line] as number), nowUs)) feed.isQuoteOwed = true
    if (!feed.isQuoteOwed) return
    const source = feed.sources[Math.max(0, best.bidSource)] as number
    if (
      this.#sink.publishQuote(
        instrument,
        source,
        best.bid,
        best.ask,
        best.bidSize,
        best.askSize,
        nowUs,
        nowUs,
        Number.NaN,
        0,
      )
    ) {
      feed.isQuoteOwed = false
      this.#parts.wake()
    }
  }

  #follow(instrument: number, feed: Feed, change: Switch, nowUs: number): void {
    // The last that came from the one before; what the next one brought since is what nobody handed on.
    const lastUs = feed.active < 0 ? Number.NaN : (feed.lastRecvUs[feed.active] as number)
    feed.listenTo(change.to < 0 ? -1 : feed.lineOf(change.to), nowUs)
    feed.isAwaitingSnapshot ||= change.from >= 0
    if (change.reason === 'start') return
    const source = change.to < 0 ? change.from : change.to
    this.#notes.mark(instrument, source, {
      stream: 'all',
      reason: change.reason,
      ...(change.from < 0 ? {} : { previousSource: this.#parts.sourceId(change.from) }),
    })
    if (!feed.keepsStandby || change.to < 0) return
    const agoMs = Number.isNaN(lastUs) ? Number.POSITIVE_INFINITY : (nowUs - lastUs) / 1_000 + feed.maxHoldMs
    replayKept(feed, instrument, feed.lineOf(change.to), this.#nowMs() - agoMs, this.#waiting)
    this.#parts.wake()
  }

  // What makes closures stands apart: a function whose parameters a closure captures allocates on every call.

  #holdBook(feed: Feed, staged: StagedBook): boolean {
    return this.#waiting.hold(feed, feed.book, staged.instrument, {
      line: this.#bookLine,
      sequence: this.#bookSequence,
      previous: this.#bookPrevious,
      sinceMs: this.#nowMs(),
      publish: () => staged.publish(this.#sink),
    })
  }

  #nowMs(): number {
    return this.#parts.time.monotonicNs() / 1e6
  }
}
