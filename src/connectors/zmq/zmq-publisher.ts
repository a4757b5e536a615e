/**
 * Publishes market data to other processes. It takes events as a ring does (`publishQuote` and the like), so that anything
 * that has data can feed it; {@link ZmqPublisher.follow} feeds it from a ring.
 *
 *   events ─► streams (one a topic, numbered frames) ─► PUB on every line, or PUSH
 *                └─► replay buffer and state ─► ROUTER: catalog, replay, snapshot
 *
 * What one turn of the loop brings goes out as one frame a stream, at most `maxRecords` events and about `maxFrameBytes`.
 */

import { Publisher, Push } from 'zeromq'
import { messageOf, TradewireError } from '../../core/errors.js'
import { type Logger, silentLogger } from '../../core/logger.js'
import { RealTime } from '../../core/real-time.js'
import type { TimerHandle } from '../../core/scheduler.js'
import type { Time } from '../../core/time.js'
import { crc32 } from '../../math/crc32.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import { InstrumentRegistry } from '../../model/instrument-registry.js'
import type { IngestRing } from '../../ring/ingest-ring.js'
import type { AggressorSign, BookSide, LevelAction, TradingStatus } from '../../ring/kinds.js'
import { refuseUnknownOptions } from '../../ring/options.js'
import { type ProfileName, profileOf } from '../../ring/profiles.js'
import type { MarketSink } from '../../ring/sink.js'
import { FeedService } from './feed-service.js'
import { type FollowOptions, followRing } from './follow-ring.js'
import { PublishStream, type ReplayLimits } from './publish-stream.js'
import {
  bindTo,
  type CheckedLimits,
  checkEndpoint,
  checkLimits,
  checkSecurity,
  type Doorkeeper,
  openContext,
  securityOptions,
  type ZmqLimits,
  type ZmqSecurity,
} from './security.js'
import { SendQueue } from './send-queue.js'
import { bodyWriter } from './wire/body-writer.js'
import { MAX_TOPIC_BYTES } from './wire/frame.js'
import { isTime } from './wire/packed.js'

/** What a publisher is given. */
export interface ZmqPublisherOptions extends ZmqLimits {
  /** Endpoints to publish on; several are lines that carry the same (A/B). `tcp://127.0.0.1:*` takes a free port. */
  bind?: string | readonly string[]
  /** Endpoints of subscribers that bind. */
  connect?: string | readonly string[]
  /** `pub` (unless given) sends to all who subscribe, `push` deals frames out. */
  pattern?: 'pub' | 'push'
  /** Where replays, snapshots and the catalog are asked for. Without it a gap cannot be healed. */
  service?: string
  /** The instruments whose indices the events name: those of a system, or definitions. */
  instruments: InstrumentRegistry | readonly InstrumentDefinition[]
  /** `packed` unless given. */
  format?: 'packed' | 'json' | 'messagepack'
  /** Instruments that share a stream: name of the group, ids. Others have a stream for each kind of data. */
  groups?: Readonly<Record<string, readonly string[]>>
  /** Number of this publisher among those that a subscriber hears, below 2^53; 1 unless given. */
  publisherId?: number
  /** Between heartbeats of each stream; 1,000 unless given. */
  heartbeatMs?: number
  /** Sets the three that follow, where they are not given: see `performanceProfiles`. */
  profile?: ProfileName
  /** The longest that an event waits for others; 0 unless given: what one turn of the loop brings goes out together. */
  lingerMs?: number
  /** Most events in a frame; 256 unless given. */
  maxRecords?: number
  /** A frame is sent when it has grown to so many bytes; 65,536 unless given. */
  maxFrameBytes?: number
  /** What a stream keeps for replay; 10,000 frames and 16 MiB unless given. */
  replay?: Partial<ReplayLimits>
  security?: ZmqSecurity
  time?: Time
  logger?: Logger
}

const optionNames: readonly (keyof ZmqPublisherOptions)[] = [
  'bind',
  'connect',
  'pattern',
  'service',
  'instruments',
  'format',
  'groups',
  'publisherId',
  'heartbeatMs',
  'profile',
  'lingerMs',
  'maxRecords',
  'maxFrameBytes',
  'replay',
  'security',
  'time',
  'logger',
  'highWaterMark',
  'allowUnbounded',
  'maxMessageBytes',
]

/** What a publisher did. */
export interface ZmqPublisherCounters {
  events: number
  frames: number
  bytes: number
  heartbeats: number
  /** Frames that PUSH could not take. */
  dropped: number
  replays: number
  snapshots: number
}

interface OpenLine {
  readonly endpoint: string
  send(frame: Uint8Array): boolean
  close(): void
}

/** Publishes market data over ZeroMQ. */
export class ZmqPublisher implements MarketSink {
  readonly counters: ZmqPublisherCounters = {
    events: 0,
    frames: 0,
    bytes: 0,
    heartbeats: 0,
    dropped: 0,
    replays: 0,
    snapshots: 0,
  }
  readonly #options: ZmqPublisherOptions
  readonly #limits: CheckedLimits
  readonly #time: Time
  readonly #logger: Logger
  readonly #instruments: InstrumentRegistry
  readonly #identity: { publisher: number; epoch: number }
  readonly #streams = new Map<string, PublishStream>()
  /** Streams by kind, then instrument. */
  readonly #byKind: Readonly<Record<StreamKind, (PublishStream | undefined)[]>> = {
    quotes: [],
    trades: [],
    book: [],
    bars: [],
    status: [],
    news: [],
  }
  readonly #groupOf: ReadonlyMap<string, string>
  readonly #replay: ReplayLimits
  readonly #dirty: PublishStream[] = []
  readonly #maxRecords: number
  readonly #maxFrameBytes: number
  readonly #lingerMs: number
  #lines: OpenLine[] = []
  #service: FeedService | undefined
  #doorkeeper: Doorkeeper | undefined
  #flushTimer: TimerHandle | undefined
  #heartbeatTimer: TimerHandle | undefined
  #book: { stream: PublishStream; instrument: number } | undefined

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option. */
  constructor(options: ZmqPublisherOptions) {
    refuseUnknownOptions('ZmqPublisher', options, optionNames)
    const { security = {}, groups = {}, time = new RealTime(), logger = silentLogger, publisherId = 1 } = options
    checkSecurity(security)
    this.#limits = checkLimits(options)
    this.#options = options
    for (const endpoint of [...list(options.bind), ...list(options.connect)])
      checkEndpoint('bind or connect', endpoint, security)
    if (options.service !== undefined) checkEndpoint('service', options.service, security)
    if (list(options.bind).length + list(options.connect).length === 0)
      throw invalid('bind or connect', 'given: an endpoint to publish on')
    if (!(Number.isSafeInteger(publisherId) && publisherId >= 0))
      throw invalid('publisherId', 'a whole number from 0 to 2^53 - 1')
    oneOf('pattern', options.pattern ?? 'pub', ['pub', 'push'])
    oneOf('format', options.format ?? 'packed', ['packed', 'json', 'messagepack'])
    above('heartbeatMs', options.heartbeatMs ?? 1_000, 1)
    this.#replay = checkReplay(options.replay)
    this.#time = time
    this.#logger = logger
    const profile = options.profile === undefined ? undefined : profileOf(options.profile)
    const { frameRecords = 256, frameBytes = 65_536, batchMs = 0 } = profile ?? {}
    const { maxMessageBytes } = this.#limits
    // A timer of a millisecond may take two: a bound so low is kept by sending at the end of every turn.
    this.#lingerMs = above('lingerMs', options.lingerMs ?? (batchMs > 1 ? batchMs : 0), 0)
    this.#maxRecords = whole('maxRecords', options.maxRecords ?? frameRecords, 1, 65_535)
    const usualBytes = Math.min(frameBytes, maxMessageBytes)
    this.#maxFrameBytes = whole('maxFrameBytes', options.maxFrameBytes ?? usualBytes, 1_024, maxMessageBytes)
    this.#identity = { publisher: publisherId, epoch: time.wallUs() }
    this.#instruments = 'get' in options.instruments ? options.instruments : registryOf(options.instruments)
    this.#groupOf = groupsById(groups)
  }

  /** The endpoints it publishes on, with the ports that were taken. */
  get endpoints(): string[] {
    return this.#lines.map(({ endpoint }) => endpoint)
  }

  /** Where its service listens; empty without one. */
  get serviceEndpoint(): string {
    return this.#service?.endpoint ?? ''
  }

  /** Which life of the publisher this is. */
  get epoch(): number {
    return this.#identity.epoch
  }

  /** Bytes kept for replay. */
  get replayBytes(): number {
    let bytes = 0
    for (const stream of this.#streams.values()) bytes += stream.replayBytes
    return bytes
  }

  /** Opens the sockets. */
  async start(): Promise<void> {
    if (this.#lines.length > 0) throw new TradewireError('TW_INVALID_STATE', 'The publisher has been started')
    const { security = {}, service, heartbeatMs = 1_000 } = this.#options
    const { context, doorkeeper } = await openContext(security)
    this.#doorkeeper = doorkeeper
    try {
      for (const endpoint of list(this.#options.bind)) this.#lines.push(await this.#open(endpoint, true, context))
      for (const endpoint of list(this.#options.connect)) this.#lines.push(await this.#open(endpoint, false, context))
      if (service !== undefined) {
        this.#service = new FeedService(this.#serviceParts(), this.#time, this.#logger)
        await this.#service.open(service, context, this.#limits, security)
      }
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#heartbeatTimer = this.#time.every(heartbeatMs, () => this.#beat())
  }

  /** Sends what waits and closes the sockets. May be called more than once. */
  async stop(): Promise<void> {
    this.#heartbeatTimer?.cancel()
    if (this.#lines.length > 0) {
      this.flush()
      this.#beat()
    }
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
    for (const line of this.#lines) line.close()
    this.#lines = []
    this.#service?.close()
    this.#service = undefined
    this.#doorkeeper?.close()
    this.#doorkeeper = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /**
   * Publishes what a ring brings from now on, with a back-pressure consumer of its own. Returns what ends it.
   *
   * @param options name of the consumer and `filter`, or the name alone.
   */
  follow(ring: IngestRing, options: FollowOptions | string = {}): () => void {
    return followRing(ring, typeof options === 'string' ? { name: options } : options, this)
  }

  // ---- Events, as a ring takes them ------------------------------------------------------------------------------------

  publishQuote(
    instrument: number,
    _source: number,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    flags: number,
  ): boolean {
    const stream = this.#stream('quotes', instrument)
    const { id } = this.#instruments.at(instrument)
    const tsUs = this.#timeOf(tsEventUs, tsRecvUs)
    stream.writer.quote(instrument, id, bid, ask, bidSize, askSize, tsUs, sequence, flags)
    stream.image(instrument, id).quote(bid, ask, bidSize, askSize, tsUs, sequence, flags)
    this.#added(stream)
    return true
  }

  publishTrade(
    instrument: number,
    _source: number,
    price: number,
    size: number,
    aggressor: AggressorSign,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): boolean {
    const stream = this.#stream('trades', instrument)
    stream.writer.trade(
      instrument,
      this.#instruments.at(instrument).id,
      price,
      size,
      aggressor,
      this.#timeOf(tsEventUs, tsRecvUs),
      sequence,
      tradeId,
      condition,
    )
    this.#added(stream)
    return true
  }

  beginBook(
    instrument: number,
    _source: number,
    isSnapshot: boolean,
    tsEventUs: number,
    tsRecvUs: number,
    sequence: number,
    previousSequence: number,
  ): boolean {
    const stream = this.#stream('book', instrument)
    const { id } = this.#instruments.at(instrument)
    const tsUs = this.#timeOf(tsEventUs, tsRecvUs)
    stream.writer.beginBook(instrument, id, isSnapshot, tsUs, sequence, previousSequence)
    stream.image(instrument, id).beginBook(isSnapshot, tsUs, sequence)
    this.#book = { stream, instrument }
    return true
  }

  addLevel(side: BookSide, price: number, size: number): void {
    if (this.#book === undefined) return
    const { stream, instrument } = this.#book
    stream.writer.level(side, 0, price, size, 0)
    stream.images.get(instrument)?.level(side, price, size)
  }

  addOrder(action: LevelAction, side: BookSide, price: number, size: number, orderId: number): void {
    if (this.#book === undefined) return
    const { stream, instrument } = this.#book
    stream.writer.level(side, action, price, size, orderId)
    stream.images.get(instrument)?.order(action, side, price, size, orderId)
  }

  commitBook(isLast = true): boolean {
    if (this.#book === undefined) return false
    const { stream } = this.#book
    this.#book = undefined
    stream.writer.commitBook(isLast)
    this.#added(stream)
    return true
  }

  publishBar(
    instrument: number,
    _source: number,
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
    const stream = this.#stream('bars', instrument)
    stream.writer.bar(
      instrument,
      this.#instruments.at(instrument).id,
      [intervalUs, open, high, low, close, volume, count, vwap, tsOpenUs, this.#timeOf(tsEventUs, tsRecvUs)],
      isClosed,
    )
    this.#added(stream)
    return true
  }

  publishStatus(instrument: number, _source: number, status: TradingStatus, tsEventUs: number, tsRecvUs = 0): boolean {
    const stream = this.#stream('status', instrument)
    const { id } = this.#instruments.at(instrument)
    const tsUs = this.#timeOf(tsEventUs, tsRecvUs)
    stream.writer.status(instrument, id, status, tsUs)
    stream.image(instrument, id).status(status, tsUs)
    this.#added(stream)
    return true
  }

  /** A note of an instrument, or of none (-1). */
  publishNote(instrument: number, _source: number, note: object, tsEventUs: number, tsRecvUs = 0): boolean {
    const stream = this.#stream('news', instrument)
    const id = instrument < 0 ? '' : this.#instruments.at(instrument).id
    stream.writer.note(instrument, id, note, this.#timeOf(tsEventUs, tsRecvUs))
    this.#added(stream)
    return true
  }

  /** Sends what waits. */
  flush(): void {
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
    const sentUs = this.#time.wallUs()
    for (const stream of this.#dirty) if (stream.isDirty) this.#send(stream.flush(sentUs))
    this.#dirty.length = 0
  }

  // ---- Inside ----------------------------------------------------------------------------------------------------------

  /** The venue's time; without one the time of receipt, or now: subscribers refuse an event that has none. */
  #timeOf(tsEventUs: number, tsRecvUs: number): number {
    if (isTime(tsEventUs)) return tsEventUs
    return tsRecvUs > 0 && isTime(tsRecvUs) ? tsRecvUs : this.#time.wallUs()
  }

  #added(stream: PublishStream): void {
    this.counters.events++
    if (!stream.isDirty) {
      stream.isDirty = true
      this.#dirty.push(stream)
    }
    const { writer } = stream
    if (writer.records >= this.#maxRecords || writer.byteLength >= this.#maxFrameBytes) {
      this.#send(stream.flush(this.#time.wallUs()))
      return
    }
    if (this.#flushTimer !== undefined) return
    this.#flushTimer =
      this.#lingerMs > 0
        ? this.#time.after(this.#lingerMs, () => this.flush())
        : this.#time.nextTurn(() => this.flush())
  }

  #send(frame: Uint8Array): void {
    this.counters.frames++
    this.counters.bytes += frame.length
    for (const line of this.#lines) if (!line.send(frame)) this.counters.dropped++
  }

  #beat(): void {
    const sentUs = this.#time.wallUs()
    for (const stream of this.#streams.values()) {
      this.counters.heartbeats++
      const frame = stream.heartbeat(sentUs)
      for (const line of this.#lines) line.send(frame)
    }
  }

  #stream(kind: StreamKind, instrument: number): PublishStream {
    const streams = this.#byKind[kind]
    const known = streams[instrument + 1]
    if (known !== undefined) return known
    const id = instrument < 0 ? '' : this.#instruments.at(instrument).id
    const group = this.#groupOf.get(id)
    const stream = this.#opened(group === undefined ? `${kind}/${id}` : `group/${group}`)
    streams[instrument + 1] = stream
    return stream
  }

  #opened(topic: string): PublishStream {
    const known = this.#streams.get(topic)
    if (known !== undefined) return known
    const { format = 'packed' } = this.#options
    const stream = new PublishStream(topic, this.#numberOf(topic), bodyWriter(format), this.#identity, this.#replay)
    this.#streams.set(topic, stream)
    return stream
  }

  /** The same in every life of the publisher: a checksum of the topic. */
  #numberOf(topic: string): number {
    const id = crc32(new TextEncoder().encode(topic)) >>> 0
    for (const stream of this.#streams.values())
      if (stream.id === id) throw invalid('groups', `without ${topic} or ${stream.topic}: their numbers are the same`)
    return id
  }

  async #open(endpoint: string, binds: boolean, context: unknown): Promise<OpenLine> {
    const { pattern = 'pub', security = {} } = this.#options
    const { highWaterMark, maxMessageBytes } = this.#limits
    const settings = {
      context,
      linger: 1_000,
      sendHighWaterMark: highWaterMark,
      maxMessageSize: maxMessageBytes,
      ...securityOptions(security),
    } as object
    const socket = pattern === 'pub' ? new Publisher(settings) : new Push(settings)
    if (binds) await bindTo(socket, endpoint)
    else socket.connect(endpoint)
    const onError = (error: unknown) => this.#logger.warn({ endpoint, error: messageOf(error) }, 'publishing failed')
    const queue = new SendQueue(socket, highWaterMark, onError)
    return {
      endpoint: binds ? (socket.lastEndpoint ?? endpoint) : endpoint,
      send: (frame) => queue.send(frame),
      close: () => socket.close(),
    }
  }

  #serviceParts() {
    return {
      identity: this.#identity,
      counters: this.counters,
      streams: () => [...this.#streams.values()],
      stream: (id: number) => [...this.#streams.values()].find((stream) => stream.id === id),
      byTopic: (topic: string) => {
        // Whoever asks for a stream that had no event yet gets its number all the same.
        const known = this.#streams.get(topic)
        if (known !== undefined || !this.#mayOpen(topic)) return known
        return this.#opened(topic)
      },
      definitions: () => [...this.#instruments].map(({ definition }) => definition),
      groups: () => this.#options.groups ?? {},
      flush: () => this.flush(),
    }
  }

  /** Whether a topic is one that may have events later: what a client invents opens no stream. */
  #mayOpen(topic: string): boolean {
    const [kind = '', ...rest] = topic.split('/')
    const id = rest.join('/')
    if (kind === 'group') return Object.hasOwn(this.#options.groups ?? {}, id)
    return kind in this.#byKind && (id === '' || this.#instruments.find(id)?.id === id)
  }
}

/** Kinds of stream, as topics begin. */
type StreamKind = 'quotes' | 'trades' | 'book' | 'bars' | 'status' | 'news'

function registryOf(definitions: readonly InstrumentDefinition[]): InstrumentRegistry {
  const registry = new InstrumentRegistry()
  for (const definition of definitions) registry.add(definition)
  return registry
}

/** One or several as a list. */
export function list(given: string | readonly string[] | undefined): readonly string[] {
  return given === undefined ? [] : typeof given === 'string' ? [given] : given
}

function checkReplay(replay: Partial<ReplayLimits> = {}): ReplayLimits {
  refuseUnknownOptions('replay', replay, ['frames', 'bytes'])
  const { frames = 10_000, bytes = 16 * 1_048_576 } = replay
  return {
    frames: whole('replay.frames', frames, 1, 2 ** 24),
    bytes: whole('replay.bytes', bytes, 0, Number.MAX_SAFE_INTEGER),
  }
}

/** Name of the group by the id of an instrument, which can be in one only. */
function groupsById(groups: Readonly<Record<string, readonly string[]>>): Map<string, string> {
  const found = new Map<string, string>()
  for (const [group, ids] of Object.entries(groups)) {
    if (!Array.isArray(ids)) throw invalid(`groups.${group}`, 'a list of ids of instruments')
    for (const id of ids) {
      if (found.has(id)) throw invalid(`groups.${group}`, `without ${id}, which is in ${found.get(id)} already`)
      found.set(id, group)
    }
    if (group === '' || group.includes('\0') || new TextEncoder().encode(`group/${group}`).length > MAX_TOPIC_BYTES)
      throw invalid('groups', `of names with 1 to ${MAX_TOPIC_BYTES - 6} bytes without NUL`)
  }
  return found
}

function oneOf(name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) throw invalid(name, `one of ${known.join(', ')}`)
}

function above(name: string, value: number, least: number): number {
  if (!(Number.isFinite(value) && value >= least)) throw invalid(name, `a number from ${least}`)
  return value
}

function whole(name: string, value: number, least: number, most: number): number {
  if (!(Number.isSafeInteger(value) && value >= least && value <= most))
    throw invalid(name, `a whole number from ${least} to ${most}`)
  return value
}

function invalid(name: string, expected: string): TradewireError {
  return new TradewireError('TW_INVALID_CONFIG', `Option ${name} of a ZmqPublisher must be ${expected}`, {
    details: { field: name },
  })
}
