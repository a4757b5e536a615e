/**
 * Market data over ZeroMQ, and orders through a gateway.
 *
 *   PUB lines A, B ─► frames ─► streams: order, gaps, recovery (feed/) ─► gate for slow consumers ─► ring
 *   gateway        ◄─► orders and reports (orders/)
 *
 * Streams outlive connections: what was sent while the line was down is found as a gap and asked for.
 */

import type { Context } from 'zeromq'
import { BaseConnector } from '../../connector/base-connector.js'
import type { ConnectorCapabilities } from '../../connector/capabilities.js'
import type { Subscription } from '../../connector/subscriptions.js'
import { TypedEmitter } from '../../core/emitter.js'
import { TradewireError } from '../../core/errors.js'
import type { TimerHandle } from '../../core/scheduler.js'
import type { InstrumentDefinition } from '../../model/instrument.js'
import { orderTypes, timesInForce } from '../../model/order-types.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest } from '../../orders/approved-order.js'
import type { VenueAccountReport, VenueFillReport, VenueOrderReport } from '../../orders/venue-reports.js'
import { profileOf } from '../../ring/profiles.js'
import { Feed, type FeedEvents, type FeedStream, type FeedStreamReport } from './feed/feed.js'
import { FeedDecoder } from './feed/feed-decoder.js'
import { type GateKind, gateKinds, type SlowCounters, SlowGate } from './feed/slow-gate.js'
import type { RecoveryRequest } from './feed/stream-types.js'
import { FeedLines } from './feed-lines.js'
import { OrderDesk } from './orders/order-desk.js'
import { OrderLine } from './orders/order-line.js'
import type { BurstHandler } from './receive-loop.js'
import { type CheckedLimits, checkLimits, type Doorkeeper, openContext } from './security.js'
import { ServiceClient } from './service-client.js'
import { FrameHeader, FrameType, topicPrefix, viewOf } from './wire/frame.js'
import { type CheckedZmqOptions, checkZmqOptions, type ZmqConnectorOptions } from './zmq-options.js'

/** Counters of a connector beside those of every connector. */
export interface ZmqCounters {
  frames: number
  heartbeats: number
  /** Messages that are no frame, and bodies that are damaged. */
  malformed: number
  unknownInstruments: number
  unasked: number
  /** Peers turned away, where this end listens. */
  denied: number
  queued: number
}

/** What exists while the connector is attached to a system. */
interface Parts {
  readonly gate: SlowGate
  readonly decoder: FeedDecoder
  readonly feed: Feed
}

const tickMs = 10

/** Hears publishers of market data, and sends orders through a gateway. */
export class ZmqConnector extends BaseConnector {
  readonly capabilities: ConnectorCapabilities
  /** Gaps, recoveries and restarts of single streams. */
  readonly feedEvents = new TypedEmitter<FeedEvents>()
  readonly #options: ZmqConnectorOptions
  readonly #checked: CheckedZmqOptions
  readonly #limits: CheckedLimits
  #parts: Parts | undefined
  #lines: FeedLines | undefined
  #services: ServiceClient[] = []
  #doorkeeper: Doorkeeper | undefined
  #timer: TimerHandle | undefined
  #groups = new Map<string, string>()
  #catalog: InstrumentDefinition[] = []
  /** Users of each topic, and of each kind of data of an instrument: books are asked for by level and by order. */
  readonly #topics = new Map<string, number>()
  readonly #users = new Map<string, number>()
  readonly #outOfStep = new Set<number>()
  #roomWaiters: (() => void)[] = []
  #stuckSinceNs = Number.NaN
  #orderLine: OrderLine | undefined
  #orderDesk: OrderDesk | undefined

  /** @throws TradewireError `TW_INVALID_CONFIG` naming the option. */
  constructor(options: ZmqConnectorOptions) {
    super(options)
    this.#checked = checkZmqOptions(options)
    this.#limits = checkLimits(options)
    this.#options = options
    this.capabilities = capabilitiesOf(options)
    for (const [group, ids] of Object.entries(options.groups ?? {})) for (const id of ids) this.#groups.set(id, group)
  }

  /** The streams that are followed. */
  get feedStreams(): FeedStreamReport[] {
    return this.#parts?.feed.reports() ?? []
  }

  /** Where it listens or connects to, with the ports that were taken. */
  get endpoints(): string[] {
    return this.#lines?.endpoints ?? []
  }

  /** Lines that are up. */
  get linesUp(): number {
    return this.#lines?.up ?? 0
  }

  get counters(): ZmqCounters {
    const { feed, decoder, gate } = this.#parts ?? {}
    return {
      frames: feed?.frames ?? 0,
      heartbeats: feed?.heartbeats ?? 0,
      malformed: (feed?.malformed ?? 0) + (decoder?.counters.malformed ?? 0),
      unknownInstruments: decoder?.counters.unknownInstruments ?? 0,
      unasked: decoder?.counters.unasked ?? 0,
      denied: this.#doorkeeper?.denied ?? 0,
      queued: gate?.queued ?? 0,
    }
  }

  /** What became of the data of an instrument: offered = delivered + dropped + conflated + queued. */
  slowCounters(kind: GateKind, instrument: number): SlowCounters {
    return this.#assembled.gate.counters(kind, instrument)
  }

  // ---- Life of the connection ------------------------------------------------------------------------------------------

  protected async connect(signal: AbortSignal): Promise<void> {
    const { endpoints, binds, services } = this.#checked
    const { security = {}, pattern = 'sub' } = this.#options
    const { time } = this.host
    const parts = this.#assembled
    const { context, doorkeeper } = await openContext(security)
    this.#doorkeeper = doorkeeper
    const lines = new FeedLines({
      endpoints,
      binds,
      pattern,
      limits: this.#limits,
      security,
      time,
      burst: profileOf(this.#options.profile ?? 'balanced').burst,
      handler: (line) => this.#handler(line, parts),
      onDown: (reason) => this.connectionLost(reason),
    })
    this.#lines = lines
    const onError = (error: unknown) => this.problem(error)
    this.#services = services.map(
      (endpoint) => new ServiceClient(endpoint, context, this.#limits, security, time, onError),
    )
    await Promise.all([lines.open(context, signal), this.#openOrderLine(context, signal)])
    this.#timer = time.every(tickMs, () => this.#tick(parts))
  }

  protected async disconnect(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#lines?.close()
    this.#lines = undefined
    this.#orderLine?.close()
    this.#orderLine = undefined
    for (const service of this.#services) service.close()
    this.#services = []
    this.#doorkeeper?.close()
    this.#doorkeeper = undefined
    this.#topics.clear()
    this.#users.clear()
    this.#letGo()
  }

  protected async probe(signal: AbortSignal): Promise<void> {
    const { requestTimeoutMs } = this.#checked.stream
    const [service] = this.#services
    if (this.#orderLine !== undefined) await this.#orderLine.ask('ping', signal)
    if (service !== undefined) await this.#askAny({ ask: 'ping' }, requestTimeoutMs, signal)
    else if (this.#lines !== undefined && this.#lines.up === 0)
      throw new TradewireError('TW_NOT_CONNECTED', 'No line is up')
  }

  protected async loadInstruments(signal: AbortSignal): Promise<InstrumentDefinition[]> {
    const { instruments, groups } = this.#options
    if (this.#services.length > 0 && (instruments === undefined || groups === undefined))
      await this.#readCatalog(signal)
    if (instruments !== undefined) return [...instruments]
    if (this.#services.length > 0 || this.#orderLine === undefined) return this.#catalog
    return (await this.#orderLine.ask('instruments', signal)) as InstrumentDefinition[]
  }

  async #readCatalog(signal: AbortSignal): Promise<void> {
    const { head } = await this.#askAny({ ask: 'catalog' }, this.#checked.stream.requestTimeoutMs * 2, signal)
    const { instruments, groups } = head
    if (!Array.isArray(instruments) || typeof groups !== 'object' || groups === null)
      throw new TradewireError('TW_INVALID_MODEL', 'The catalog of the service lacks instruments or groups')
    this.#catalog = instruments as InstrumentDefinition[]
    if (this.#options.groups !== undefined) return
    this.#groups = new Map()
    for (const [group, ids] of Object.entries(groups as Record<string, unknown>))
      if (Array.isArray(ids)) for (const id of ids) this.#groups.set(String(id), group)
  }

  /** Asks the services one after the other. */
  async #askAny(question: object, timeoutMs: number, signal: AbortSignal) {
    let failure: unknown
    for (const service of this.#services) {
      try {
        return await service.ask(question, timeoutMs, signal)
      } catch (error) {
        failure = error
        if (signal.aborted) throw error
      }
    }
    throw failure
  }

  // ---- Streams ---------------------------------------------------------------------------------------------------------

  protected async subscribe({ kind, instrument }: Subscription, signal: AbortSignal): Promise<void> {
    const gateKind: GateKind = kind === 'orders' ? 'book' : kind
    const { decoder, gate } = this.#assembled
    decoder.want(gateKind, instrument, true)
    const user = `${gateKind}/${instrument}`
    this.#users.set(user, (this.#users.get(user) ?? 0) + 1)
    // A foreign feed does not number its changes: none counts before the first snapshot.
    if (this.#options.codec !== undefined && gateKind === 'book') gate.expectSnapshot(instrument)
    if (gateKind === 'news') decoder.want('news', -1, true)
    for (const topic of this.#topicsOf(gateKind, instrument)) {
      const users = this.#topics.get(topic) ?? 0
      this.#topics.set(topic, users + 1)
      if (users > 0) continue
      this.#lines?.subscribe(this.#options.codec === undefined ? topicPrefix(topic) : topic)
      if (this.#services.length > 0) await this.#open(topic, signal)
    }
  }

  /** First subscribed, then the number of the stream and its state: nothing falls between. */
  async #open(topic: string, signal: AbortSignal): Promise<void> {
    const { head } = await this.#askAny({ ask: 'stream', topic }, this.#checked.stream.requestTimeoutMs, signal)
    const { publisher, stream } = head
    if (!Number.isSafeInteger(publisher) || !Number.isSafeInteger(stream))
      throw new TradewireError('TW_INVALID_MODEL', `The service gave no number for ${topic}`)
    this.#assembled.feed.open(topic, publisher as number, stream as number)
  }

  protected async unsubscribe({ kind, instrument }: Subscription): Promise<void> {
    const gateKind: GateKind = kind === 'orders' ? 'book' : kind
    const { decoder, feed } = this.#assembled
    const user = `${gateKind}/${instrument}`
    const left = (this.#users.get(user) ?? 1) - 1
    if (left > 0) this.#users.set(user, left)
    else {
      this.#users.delete(user)
      decoder.want(gateKind, instrument, false)
    }
    for (const topic of this.#topicsOf(gateKind, instrument)) {
      const users = (this.#topics.get(topic) ?? 1) - 1
      if (users > 0) {
        this.#topics.set(topic, users)
        continue
      }
      this.#topics.delete(topic)
      this.#lines?.unsubscribe(this.#options.codec === undefined ? topicPrefix(topic) : topic)
      feed.close(topic)
    }
  }

  #topicsOf(kind: GateKind, index: number): readonly string[] {
    const instrument = this.host.instruments.at(index)
    const { codec, aliases = {} } = this.#options
    if (codec !== undefined) {
      const alias = Object.entries(aliases).find(([, meant]) => meant === instrument.id)?.[0]
      return codec.topics(kind, { id: instrument.id, symbol: alias ?? instrument.symbolAt(this.name) })
    }
    const group = this.#groups.get(instrument.id)
    const topic = group === undefined ? `${kind}/${instrument.id}` : `group/${group}`
    return kind === 'news' ? [topic, 'news/'] : [topic]
  }

  #request(stream: FeedStream, request: RecoveryRequest): void {
    const { receiver, topic } = stream
    const service = this.#services[request.server]
    const nowNs = () => this.host.time.monotonicNs()
    if (service === undefined) {
      this.host.time.nextTurn(() => receiver.failed(request.id, nowNs()))
      return
    }
    const { kind, epoch, from, to } = request
    const question =
      kind === 'replay' ? { ask: 'replay', stream: stream.stream, epoch, from, to } : { ask: 'snapshot', topic }
    service.ask(question, this.#checked.stream.requestTimeoutMs).then(
      ({ head, frames }) => {
        this.#assembled.gate.tsRecvUs = this.host.time.wallUs()
        if (kind === 'replay')
          receiver.replayed(request.id, numbered(frames, stream, epoch), head.complete === true, nowNs())
        else {
          const state = stateOf(head, frames, stream)
          if (state === undefined) receiver.failed(request.id, nowNs())
          else receiver.snapshot(request.id, state.epoch, state.sequence, frames[0], nowNs())
        }
        this.#flushCounts()
      },
      () => receiver.failed(request.id, nowNs()),
    )
  }

  // ---- What comes in ---------------------------------------------------------------------------------------------------

  #handler(line: number, { feed, gate, decoder }: Parts): BurstHandler {
    const { time } = this.host
    const { codec } = this.#options
    let nowNs = 0
    return {
      begin: () => {
        nowNs = time.monotonicNs()
        gate.tsRecvUs = time.wallUs()
      },
      take: (parts) => {
        if (codec !== undefined) {
          if (codec.decode(parts, decoder, gate.tsRecvUs)) feed.frames++
          else feed.malformed++
        } else if (parts.length === 1) feed.frame(line, parts[0] as Buffer, nowNs)
        else feed.malformed++
      },
      end: () => {
        // In the turn in which it came: a turn later is a few microseconds later.
        if (this.#flushCounts()) this.host.drain()
      },
      holdUp: () => (gate.isBlocking ? new Promise((resolve) => this.#roomWaiters.push(resolve)) : undefined),
      failed: (error) => {
        feed.malformed++
        this.problem(error)
      },
    }
  }

  /** Counts what went on, and wakes the handlers. False: nothing did. */
  #flushCounts(): boolean {
    const { gate } = this.#assembled
    if (gate.published === 0) return false
    const { published } = gate
    gate.published = 0
    this.published(published, gate.newestEventUs, gate.tsRecvUs)
    gate.newestEventUs = 0
    return true
  }

  #tick({ feed, gate }: Parts): void {
    const { time } = this.host
    const nowNs = time.monotonicNs()
    gate.tsRecvUs = time.wallUs()
    const isEmpty = gate.queued === 0 || gate.drain()
    if (isEmpty) {
      this.#stuckSinceNs = Number.NaN
      this.#letGo()
      this.#resync(feed, nowNs)
    } else if (Number.isNaN(this.#stuckSinceNs)) this.#stuckSinceNs = nowNs
    feed.tick(nowNs)
    this.#flushCounts()
    if (!isEmpty) this.host.wake()
    const { maxAgeMs = Number.POSITIVE_INFINITY } = this.#options
    if (nowNs - this.#stuckSinceNs > maxAgeMs * 1e6) {
      this.#stuckSinceNs = Number.NaN
      this.connectionLost(`data waited longer than ${maxAgeMs} ms for a consumer`)
    }
  }

  /** Books that lost changes because nobody took them: asked for anew when there is room again. */
  #resync(feed: Feed, nowNs: number): void {
    if (this.#outOfStep.size === 0) return
    for (const instrument of this.#outOfStep) {
      if (!this.#assembled.gate.needsSnapshot(instrument)) this.#outOfStep.delete(instrument)
      else
        for (const topic of this.#topicsOf('book', instrument))
          if (feed.resync(topic, nowNs)) this.#outOfStep.delete(instrument)
    }
  }

  #letGo(): void {
    const waiters = this.#roomWaiters
    if (waiters.length === 0) return
    this.#roomWaiters = []
    for (const go of waiters) go()
  }

  get #assembled(): Parts {
    if (this.#parts !== undefined) return this.#parts
    const { host } = this
    const { stream, slow, endpoints, binds } = this.#checked
    const gate = new SlowGate(host.market, () => this.source, slow, this.#options.slowCapacity ?? 65_536, {
      onOutOfStep: (instrument) => this.#outOfStep.add(instrument),
    })
    const decoder = new FeedDecoder(gate, host.instruments, new Map(Object.entries(this.#options.aliases ?? {})))
    const feed = new Feed({
      lines: Math.max(1, endpoints.length + binds.length),
      settings: stream,
      gate,
      decoder,
      instruments: host.instruments,
      membersOf: (group) =>
        [...this.#groups].flatMap(([id, each]) => (each === group ? [host.instruments.find(id)?.index ?? -1] : [])),
      source: () => this.name,
      nowNs: () => host.time.monotonicNs(),
      nowUs: () => host.time.wallUs(),
      random: () => host.random.next(),
      tell: (event, value) => this.#told(event, value),
      ask: (given, request) => this.#request(given, request),
    })
    this.#parts = { gate, decoder, feed }
    return this.#parts
  }

  #told<K extends keyof FeedEvents>(event: K, value: FeedEvents[K]): void {
    if (event === 'gap') {
      const { topic, from, to } = value as FeedEvents['gap']
      this.statistics.gaps++
      this.statistics.missed += to - from + 1
      this.events.emit('gap', { connector: this.name, stream: topic, from, to })
    }
    this.feedEvents.emit(event, value)
  }

  // ---- Orders ----------------------------------------------------------------------------------------------------------

  protected sendNew(order: ApprovedOrder): void {
    this.#desk.sendNew(order)
  }

  protected sendReplace(change: ApprovedReplace): void {
    this.#desk.sendReplace(change)
  }

  protected sendCancel(request: CancelRequest): void {
    this.#desk.sendCancel(request)
  }

  protected fetchOrders(signal: AbortSignal): Promise<VenueOrderReport[]> {
    return this.#desk.orders(signal)
  }

  protected fetchFills(sinceUs: number, signal: AbortSignal): Promise<VenueFillReport[]> {
    return this.#desk.fills(sinceUs, signal)
  }

  /** As far as the gateway said with its latest lists; nothing before it has said anything. */
  override get historyReachUs(): number {
    return this.#orderLine?.historyReachUs ?? 0
  }

  protected fetchAccountState(signal: AbortSignal): Promise<VenueAccountReport> {
    return this.#desk.account(signal)
  }

  get #desk(): OrderDesk {
    this.#orderDesk ??= new OrderDesk(
      this.host,
      () => this.source,
      () => {
        if (this.#orderLine === undefined) throw noGateway()
        return this.#orderLine
      },
    )
    return this.#orderDesk
  }

  async #openOrderLine(context: Context, signal: AbortSignal): Promise<void> {
    const { gateway, security = {} } = this.#options
    if (gateway === undefined) return
    const { reports } = this.host
    const desk = this.#desk
    const line = new OrderLine({
      options: gateway,
      context,
      security,
      highWaterMark: this.#limits.highWaterMark,
      time: this.host.time,
      listener: {
        begin: () => reports.beginTurn(),
        end: () => reports.endTurn(),
        report: (report) => desk.report(report),
        lost: (reason) => {
          if (this.#orderLine === line) this.connectionLost(reason)
        },
        problem: (error) => this.problem(error),
      },
    })
    this.#orderLine = line
    await line.open(signal)
  }
}

function noGateway(): TradewireError {
  return new TradewireError('TW_NOT_CONNECTED', 'This ZmqConnector has no session with a gateway for orders')
}

/** What a gateway takes: its own order manager refuses what the venue behind it does not. */
function capabilitiesOf(options: ZmqConnectorOptions): ConnectorCapabilities {
  const { gateway } = options
  const data = dataKinds(options)
  if (gateway === undefined) return { data }
  return {
    data,
    orders: {
      types: gateway.types ?? orderTypes,
      timeInForce: gateway.timeInForce ?? timesInForce,
      postOnly: true,
      reduceOnly: true,
      iceberg: true,
      replace: true,
      environment: gateway.environment,
      cancelOnDisconnect: 'none',
      fullHistory: true,
    },
  }
}

function dataKinds({ codec, endpoint, bind }: ZmqConnectorOptions): ConnectorCapabilities['data'] {
  if (endpoint === undefined && bind === undefined) return []
  const kinds = codec?.kinds ?? gateKinds
  return [...kinds, ...(kinds.includes('book') ? (['orders'] as const) : [])]
}

/** Frames of a replay with their numbers; what does not belong is left out. */
function numbered(frames: readonly Buffer[], stream: FeedStream, epoch: number): { sequence: number; frame: Buffer }[] {
  const header = new FrameHeader()
  const list: { sequence: number; frame: Buffer }[] = []
  for (const frame of frames) {
    if (header.read(frame, viewOf(frame)) !== '') continue
    if (
      header.type !== FrameType.data ||
      header.publisher !== stream.publisher ||
      header.stream !== stream.stream ||
      header.epoch !== epoch
    )
      continue
    list.push({ sequence: header.sequence, frame })
  }
  return list
}

/** Of which life and number a snapshot is; undefined where the answer is not one of this stream. */
function stateOf(
  { epoch, sequence }: Readonly<Record<string, unknown>>,
  frames: readonly Buffer[],
  { publisher, stream }: FeedStream,
): { epoch: number; sequence: number } | undefined {
  const [frame] = frames
  const header = new FrameHeader()
  if (frames.length !== 1 || frame === undefined || header.read(frame, viewOf(frame)) !== '') return undefined
  const isOurs = header.type === FrameType.snapshot && header.publisher === publisher && header.stream === stream
  return isOurs && header.epoch === epoch && header.sequence === sequence ? { epoch, sequence } : undefined
}
