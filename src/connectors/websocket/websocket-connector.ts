/**
 * Market data over WebSocket from any venue that speaks JSON: what a venue's messages mean is a {@link WebSocketFeed}.
 *
 *   feed.ts            what a feed is           feeds/          Coinbase, Kraken, Binance
 *   message-writer.ts  from messages to events  book-stream.ts  which book messages go on, and when one is asked for anew
 *   outbox.ts          back-pressure            answers.ts      who waits for which answer
 *   socket.ts          the connection
 *
 * What is promised: every number is checked; a gap in a book or in numbers that grow by one is counted, marked in the data as
 * a {@link Discontinuity}, and the book is asked for anew; nothing is dropped for a slow strategy: the connector stops
 * reading, and ends the connection where even that does not help.
 */
import { BaseConnector } from '../../connector/base-connector.js'
import type { ConnectorCapabilities } from '../../connector/capabilities.js'
import { SequenceVerdict } from '../../connector/sequence-tracker.js'
import type { Subscription } from '../../connector/subscriptions.js'
import { NS_PER_MS } from '../../core/clock.js'
import { TradewireError } from '../../core/errors.js'
import type { TimerHandle } from '../../core/scheduler.js'
import { SecretMask } from '../../core/secret-mask.js'
import type { ConnectorId } from '../../model/ids.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import type { BrokenStream, Discontinuity } from '../../model/market-data.js'
import type { MarketSink } from '../../ring/sink.js'
import { Answers } from './answers.js'
import { BookStream, type CheckedBook } from './book-stream.js'
import { checkOptions, type WebSocketConnectorOptions } from './connector-options.js'
import type { FeedRequest, FeedStream, WebSocketFeed } from './feed.js'
import { MessageWriter } from './message-writer.js'
import { Outbox, type Publication } from './outbox.js'
import { openSocket, type Socket } from './socket.js'

const defaultMaxMessageBytes = 16 * 1_048_576
const defaultMaxWaiting = 100_000
/** Between two tries to hand waiting events over, ms. */
const retryMs = 1
/** Between two questions for one book, ms: doubled from the first to the second while no snapshot comes. */
const resyncPauseMs = { first: 1_000, most: 30_000 }
const pongKey = 'pong'
const refusal = () => new TradewireError('TW_NOT_SUPPORTED', 'A WebSocketConnector carries market data only')

/** The book of one instrument, and how it is asked for anew. */
interface OpenBook {
  readonly stream: BookStream
  readonly feedStream: FeedStream
  /** Questions since the last snapshot, and when the last one was due, monotonic. */
  tries: number
  askedNs: number
  timer: TimerHandle | undefined
}

/** Connects to a WebSocket feed. */
export class WebSocketConnector extends BaseConnector {
  readonly capabilities: ConnectorCapabilities
  readonly #options: WebSocketConnectorOptions
  readonly #feed: WebSocketFeed
  readonly #answers = new Answers()
  readonly #symbols = new Map<string, number>()
  readonly #books = new Map<number, OpenBook>()
  #writer: MessageWriter | undefined
  #outbox: Outbox | undefined
  #socket: Socket | undefined
  #connection: AbortController | undefined
  #retry: TimerHandle | undefined
  /** Takes what was sent to prove who we are out of what the venue says. */
  #mask = new SecretMask([])
  #newestUs = 0
  #published = 0

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option that is not usable. */
  constructor(options: WebSocketConnectorOptions) {
    checkOptions(options)
    super(options)
    this.#options = options
    this.#feed = options.feed
    this.capabilities = { data: options.feed.data }
  }

  /** Whether the book of an instrument, by index, is the venue's: complete and without a gap. */
  isBookLive(instrument: number): boolean {
    return this.#books.get(instrument)?.stream.isLive === true
  }

  // ---- Life of the connection ------------------------------------------------------------------------------------------

  protected async connect(signal: AbortSignal): Promise<void> {
    const { url, headers = {}, protocols = [], ca, maxMessageBytes = defaultMaxMessageBytes } = this.#options
    const { maxWaiting = defaultMaxWaiting, connectTimeoutMs = 10_000 } = this.#options
    this.#outbox = new Outbox(this.host.market, maxWaiting)
    this.#writer = new MessageWriter(this.#target())
    const given = typeof headers === 'function' ? await headers() : headers
    this.#mask = new SecretMask([...Object.values(given), ...new URL(url).searchParams.values()])
    this.#connection = new AbortController()
    const where = { url, headers: given, protocols, maxMessageBytes, timeoutMs: connectTimeoutMs, signal }
    const socket = await openSocket(ca === undefined ? where : { ...where, ca }, {
      onText: (text) => this.#receive(text),
      onPong: () => this.#answers.confirm(pongKey),
      onEnd: (reason) => {
        if (this.#socket === socket) this.connectionLost(this.#mask.text(reason))
      },
    })
    this.#socket = socket
    const hello = this.#feed.hello?.()
    if (hello !== undefined) this.#send(hello)
  }

  protected async disconnect(): Promise<void> {
    this.#socket?.destroy()
    this.#socket = undefined
    this.#connection?.abort()
    this.#retry?.cancel()
    this.#retry = undefined
    this.#outbox?.clear()
    this.#answers.failAll('The connection ended')
    for (const book of this.#books.values()) {
      book.timer?.cancel()
      book.tries = 0
      book.stream.restart()
    }
  }

  protected async probe(signal: AbortSignal): Promise<void> {
    // While a strategy keeps the connector from reading, no answer can be seen.
    if ((this.#outbox?.waiting ?? 0) > 0) return
    const answer = this.#answers.wait(pongKey, signal)
    const { keepAlive } = this.#feed
    if (keepAlive === undefined) this.#socket?.ping()
    else this.#send(keepAlive.message())
    await answer
  }

  protected async loadInstruments(): Promise<InstrumentDefinition[]> {
    return [...this.#feed.instruments]
  }

  // ---- Streams ---------------------------------------------------------------------------------------------------------

  protected async subscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    const stream = this.#streamOf(subscription)
    const isBook = subscription.kind === 'book'
    if (isBook) this.#bookOf(stream).stream.restart()
    await this.#ask(this.#feed.subscribe(stream), signal)
    if (isBook && this.#feed.fetchBook !== undefined) this.#resync(this.#bookOf(stream))
  }

  protected async unsubscribe(subscription: Subscription, signal: AbortSignal): Promise<void> {
    if (subscription.kind === 'book') {
      this.#books.get(subscription.instrument)?.timer?.cancel()
      this.#books.delete(subscription.instrument)
    }
    await this.#ask(this.#feed.unsubscribe(this.#streamOf(subscription)), signal)
  }

  async #ask({ message, key }: FeedRequest, signal: AbortSignal): Promise<void> {
    const answer = key === undefined ? undefined : this.#answers.wait(key, signal)
    try {
      if (message !== undefined) this.#send(message)
    } catch (error) {
      answer?.catch(() => {})
      throw error
    }
    await answer
  }

  #streamOf({ kind, instrument: index }: Subscription): FeedStream {
    const instrument = this.host.instruments.at(index)
    return { kind, instrument, symbol: instrument.symbol }
  }

  // ---- Messages --------------------------------------------------------------------------------------------------------

  #receive(text: string): void {
    const writer = this.#writer as MessageWriter
    writer.tsRecvUs = this.host.time.wallUs()
    this.#published = 0
    try {
      this.#feed.receive(this.#feed.decode === undefined ? JSON.parse(text) : this.#feed.decode(text), writer)
    } catch (error) {
      this.problem(error)
    }
    if (this.#published > 0) this.published(this.#published, this.#newestUs, writer.tsRecvUs)
  }

  #target() {
    return {
      source: this.source,
      indexOf: (symbol: string) => this.#indexOf(symbol),
      publish: (tsEventUs: number, publication: Publication) => this.#publish(tsEventUs, publication),
      book: (instrument: number, book: CheckedBook) => this.#books.get(instrument)?.stream.take(book),
      sequence: (stream: string, sequence: number, instrument: number | undefined, kind: BrokenStream) => {
        const options = instrument === undefined ? { stream: kind } : { instrument, stream: kind }
        if (
          this.sequence(stream, options).track(sequence) === SequenceVerdict.gap &&
          (kind === 'all' || kind === 'book')
        )
          for (const [index, { stream: book }] of this.#books)
            if (instrument === undefined || instrument === index) book.doubt(`messages of ${stream} are missing`)
      },
      confirmed: (key: string) => this.#answers.confirm(key),
      refused: (key: string, given: string) => {
        const reason = this.#mask.text(given)
        if (!this.#answers.refuse(key, reason)) this.problem(new Error(`The venue refused ${key}: ${reason}`))
      },
      alive: () => this.#answers.confirm(pongKey),
      problem: (reason: string) => this.problem(new Error(this.#mask.text(reason))),
    }
  }

  /** The registry knows instruments by id; the venue's messages name them by symbol. */
  #indexOf(symbol: string): number {
    const known = this.#symbols.get(symbol)
    if (known !== undefined) return known
    const definition = this.#feed.instruments.find((each) => each.symbol === symbol)
    if (definition === undefined)
      throw new TradewireError(
        'TW_UNKNOWN_INSTRUMENT',
        `The feed ${this.#feed.name} sent data of ${symbol.slice(0, 60)}, which is none of its instruments`,
      )
    const { index } = this.host.instruments.get(definition.id)
    this.#symbols.set(symbol, index)
    return index
  }

  #publish(tsEventUs: number, publication: Publication): void {
    const outbox = this.#outbox as Outbox
    const guarded: Publication = (sink) => {
      try {
        return publication(sink)
      } catch (error) {
        // A message that no ring can hold: told, and not tried again.
        this.problem(error)
        return true
      }
    }
    if (!outbox.put(guarded)) {
      this.connectionLost(`${outbox.waiting} events wait for a strategy that is too slow; see maxWaiting`)
      return
    }
    this.#published++
    this.#newestUs = tsEventUs
    if (outbox.waiting > 0) this.#stopReading(outbox)
  }

  /** Until the ring has room again. */
  #stopReading(outbox: Outbox): void {
    if (this.#retry !== undefined) return
    this.#socket?.pause()
    this.#retry = this.host.time.every(retryMs, () => {
      this.host.wake()
      outbox.flush()
      if (outbox.waiting > 0) return
      this.#retry?.cancel()
      this.#retry = undefined
      this.#socket?.resume()
    })
  }

  #send(message: unknown): void {
    if (this.#socket === undefined)
      throw new TradewireError('TW_NOT_CONNECTED', `There is no connection to ${this.#feed.name}`)
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  // ---- Books -----------------------------------------------------------------------------------------------------------

  #bookOf(feedStream: FeedStream): OpenBook {
    const { index } = feedStream.instrument
    const known = this.#books.get(index)
    if (known !== undefined) return known
    const { bookRule, bookDepth, fetchBook } = this.#feed
    const checksum = this.#feed.checksum?.(feedStream.instrument)
    const stream = new BookStream(
      {
        priceStep: feedStream.instrument.definition.priceIncrement,
        isFetched: fetchBook !== undefined,
        ...(bookRule === undefined ? {} : { rule: bookRule }),
        ...(bookDepth === undefined ? {} : { depth: bookDepth }),
        ...(checksum === undefined ? {} : { checksum }),
      },
      {
        publish: (book) => {
          if (book.isSnapshot) {
            open.tries = 0
            open.timer?.cancel()
          }
          this.#publishBook(index, book)
        },
        resync: (reason, missing) => {
          this.#markGap(index, missing)
          this.problem(new Error(`The book of ${feedStream.symbol} is asked for anew: ${reason}`))
          this.#resync(open)
        },
      },
    )
    const open: OpenBook = { stream, feedStream, tries: 0, askedNs: Number.NEGATIVE_INFINITY, timer: undefined }
    this.#books.set(index, open)
    return open
  }

  #publishBook(instrument: number, book: CheckedBook): void {
    const { source } = this
    const { isSnapshot, bids, asks, tsEventUs, tsRecvUs, sequence, previousSequence } = book
    this.#publish(tsEventUs, (sink: MarketSink) => {
      if (!sink.beginBook(instrument, source, isSnapshot, tsEventUs, tsRecvUs, sequence, previousSequence)) return false
      for (let i = 0; i < bids.length; i += 2) sink.addLevel(0, bids[i] as number, bids[i + 1] as number)
      for (let i = 0; i < asks.length; i += 2) sink.addLevel(1, asks[i] as number, asks[i + 1] as number)
      return sink.commitBook()
    })
  }

  #markGap(instrument: number, missing: number): void {
    const { host, source } = this
    const tsRecvUs = host.time.wallUs()
    const note: Discontinuity = {
      kind: 'discontinuity',
      instrument: host.instruments.at(instrument).id,
      source: this.name as ConnectorId,
      stream: 'book',
      reason: 'missing',
      ...(Number.isNaN(missing) ? {} : { missing }),
      tsEventUs: tsRecvUs,
      tsRecvUs,
    }
    this.statistics.gaps++
    if (!Number.isNaN(missing)) this.statistics.missed += missing
    this.#publish(tsRecvUs, (sink) => sink.publishNote(instrument, source, note, tsRecvUs, tsRecvUs))
  }

  /** Asks for the book anew, again and again with growing pauses, until a snapshot came. */
  #resync(book: OpenBook): void {
    const { time } = this.host
    const { signal } = this.#connection as AbortController
    const pauseMs = Math.min(resyncPauseMs.most, resyncPauseMs.first * 2 ** book.tries)
    const nowNs = time.monotonicNs()
    const dueNs = Math.max(nowNs, book.askedNs + pauseMs * NS_PER_MS)
    book.tries++
    book.askedNs = dueNs
    book.timer?.cancel()
    book.timer = time.at(dueNs, () => {
      const again = (error?: unknown) => {
        if (signal.aborted || this.#books.get(book.feedStream.instrument.index) !== book) return
        if (error !== undefined) this.problem(error)
        if (!book.stream.isLive) this.#resync(book)
      }
      this.#askAnew(book, signal).then(() => again(), again)
    })
  }

  async #askAnew(book: OpenBook, signal: AbortSignal): Promise<void> {
    const { feedStream, stream } = book
    const { queryTimeoutMs = 10_000 } = this.#options
    const limit = new AbortController()
    const stop = () => limit.abort(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    const timer = this.host.time.after(queryTimeoutMs, () => limit.abort(new Error('no answer in time')))
    try {
      await this.paced('subscription', 1, limit.signal, () => this.#requestBook(feedStream, stream, limit.signal))
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', stop)
    }
  }

  async #requestBook(feedStream: FeedStream, stream: BookStream, signal: AbortSignal): Promise<void> {
    if (this.#feed.fetchBook === undefined) {
      await this.#ask(this.#feed.unsubscribe(feedStream), signal)
      stream.restart()
      await this.#ask(this.#feed.subscribe(feedStream), signal)
      return
    }
    const book = await this.#feed.fetchBook(feedStream, signal)
    if (signal.aborted) return
    const writer = this.#writer as MessageWriter
    writer.tsRecvUs = this.host.time.wallUs()
    this.#published = 0
    stream.take({ ...writer.checked(book), isSnapshot: true })
    if (this.#published > 0) this.published(this.#published, this.#newestUs, writer.tsRecvUs)
  }

  // ---- No orders -------------------------------------------------------------------------------------------------------

  protected sendNew(): void {
    throw refusal()
  }

  protected sendReplace(): void {
    throw refusal()
  }

  protected sendCancel(): void {
    throw refusal()
  }

  protected async fetchOrders(): Promise<never> {
    throw refusal()
  }

  protected async fetchFills(): Promise<never> {
    throw refusal()
  }

  protected async fetchAccountState(): Promise<never> {
    throw refusal()
  }
}
