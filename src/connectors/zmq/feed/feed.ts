/**
 * The receiving end without its sockets: frames of all lines go in, events come out at the gate, and everything that is
 * missing is said and asked for. Streams live longer than connections: what was lost in between is found and healed.
 */
import type { ConnectorId } from '../../../model/ids.js'
import type { InstrumentRegistry } from '../../../model/instrument-registry.js'
import { type BrokenStream, brokenStreams, type Discontinuity } from '../../../model/market-data.js'
import { BodyFormat, FrameHeader, FrameType, topicOf, viewOf } from '../wire/frame.js'
import type { FeedDecoder, StreamNames } from './feed-decoder.js'
import type { SlowGate } from './slow-gate.js'
import { StreamReceiver } from './stream-receiver.js'
import {
  Delivery,
  type FeedState,
  type RecoveryMethod,
  type RecoveryRequest,
  type StreamCounters,
  type StreamSettings,
} from './stream-types.js'

/** One stream as it is now. */
export interface FeedStreamReport {
  topic: string
  publisher: number
  epoch: number
  state: FeedState
  /** Number of the last frame that was handed on or given up. */
  sequence: number
  held: number
  counters: Readonly<StreamCounters>
}

/** What a feed tells. */
export interface FeedEvents {
  /** Frames are missing; told before anything later is handed on. */
  gap: { topic: string; publisher: number; from: number; to: number }
  /** How a stream went on, and how many frames were lost for good. */
  recovered: { topic: string; publisher: number; method: RecoveryMethod; lost: number }
  /** The publisher began anew. */
  restarted: { topic: string; publisher: number; fromEpoch: number; toEpoch: number }
  state: { topic: string; publisher: number; from: FeedState; to: FeedState }
}

/** What a feed works with. */
export interface FeedParts {
  lines: number
  settings: StreamSettings
  gate: SlowGate
  decoder: FeedDecoder
  instruments: InstrumentRegistry
  /** Indices of the instruments of a group, -1 for what is not registered. */
  membersOf(group: string): number[]
  /** The connector's name. */
  source: () => string
  nowNs(): number
  nowUs(): number
  random(): number
  tell<K extends keyof FeedEvents>(event: K, value: FeedEvents[K]): void
  ask(stream: FeedStream, request: RecoveryRequest): void
}

/** The most streams that are followed. */
const mostStreams = 65_536

/** One stream with what its frames say. */
export class FeedStream {
  readonly topic: string
  readonly publisher: number
  readonly stream: number
  readonly names: StreamNames = noNames()
  /** Those of the last snapshot: who wrote it may have numbered them in another order. */
  #stateNames: StreamNames = noNames()
  readonly receiver: StreamReceiver<Buffer>
  readonly #parts: FeedParts
  readonly #header = new FrameHeader()

  constructor(topic: string, publisher: number, stream: number, parts: FeedParts) {
    this.topic = topic
    this.publisher = publisher
    this.stream = stream
    this.#parts = parts
    const { settings } = parts
    this.receiver = new StreamReceiver<Buffer>(
      parts.lines,
      settings,
      {
        deliver: (frame, _sequence, how) => this.#decode(frame, how === Delivery.covered),
        applySnapshot: (frame) => {
          if (frame === undefined) return
          this.#stateNames = noNames()
          this.#decode(frame, false, this.#stateNames)
        },
        gap: (from, to) => this.#gap(from, to),
        recovered: (method, lost) => {
          if (method === 'none') this.#invalidateBooks()
          parts.tell('recovered', { topic, publisher, method, lost })
        },
        restarted: (fromEpoch, toEpoch) => {
          this.#invalidateBooks()
          this.#discontinue('start', undefined)
          parts.tell('restarted', { topic, publisher, fromEpoch, toEpoch })
        },
        state: (from, to) => parts.tell('state', { topic, publisher, from, to }),
        request: (request) => parts.ask(this, request),
        random: () => parts.random(),
      },
      parts.nowNs(),
    )
  }

  /** Instruments that this stream may carry: those of its group, and those that its frames named. */
  get instruments(): number[] {
    const group = this.topic.startsWith('group/') ? this.#parts.membersOf(this.topic.slice('group/'.length)) : []
    const named = new Set([...group, ...this.names.indices, ...this.#stateNames.indices])
    named.delete(-1)
    if (named.size > 0) return [...named]
    const index = this.#parts.decoder.indexOf(this.topic.slice(this.topic.indexOf('/') + 1))
    return index < 0 ? [] : [index]
  }

  report(): FeedStreamReport {
    const { topic, publisher, receiver } = this
    const { epoch, state, last, held, counters } = receiver
    return { topic, publisher, epoch, state, sequence: last, held, counters }
  }

  #decode(frame: Buffer, isCovered: boolean, names = this.names): void {
    const view = viewOf(frame)
    const header = this.#header
    if (header.read(frame, view) !== '') return
    const { decoder } = this.#parts
    const isGood = decoder.decode(
      header.format,
      frame,
      view,
      header.bodyStart,
      header.bodyEnd,
      names,
      header.epoch,
      isCovered,
    )
    // A frame that came and cannot be read is missing all the same.
    if (isGood) return
    this.#gap(header.sequence, header.sequence, true)
    this.receiver.resync(this.#parts.nowNs())
  }

  #gap(from: number, to: number, isDamaged = false): void {
    this.#discontinue('missing', to - from + 1)
    if (isDamaged) this.#invalidateBooks()
    this.#parts.tell('gap', { topic: this.topic, publisher: this.publisher, from, to })
  }

  #invalidateBooks(): void {
    const kind = this.topic.slice(0, this.topic.indexOf('/'))
    if (kind !== 'book' && kind !== 'group') return
    const { gate, decoder } = this.#parts
    for (const instrument of this.instruments)
      if (decoder.wants('book', instrument)) gate.invalidate(instrument, this.#parts.nowUs())
  }

  /** A note in its place among the data, for each instrument that somebody reads. */
  #discontinue(reason: 'missing' | 'start', missing: number | undefined): void {
    const { gate, decoder, instruments, source } = this.#parts
    const kind = this.topic.slice(0, this.topic.indexOf('/')) as BrokenStream
    const tsUs = this.#parts.nowUs()
    for (const index of this.instruments) {
      if (!decoder.wantsAny(index)) continue
      const told: Discontinuity = {
        kind: 'discontinuity',
        instrument: instruments.at(index).id,
        source: source() as ConnectorId,
        stream: brokenStreams.includes(kind) ? kind : 'all',
        reason,
        tsEventUs: tsUs,
        tsRecvUs: tsUs,
        ...(missing === undefined ? {} : { missing }),
      }
      gate.note(index, told, tsUs)
    }
  }
}

function noNames(): StreamNames {
  return { epoch: -1, version: -1, indices: new Int32Array(0) }
}

/** Follows all streams of a connector. */
export class Feed {
  /** Bytes that are no frame. */
  malformed = 0
  heartbeats = 0
  frames = 0
  readonly #parts: FeedParts
  readonly #streams = new Map<number, Map<number, FeedStream>>()
  readonly #header = new FrameHeader()
  #newest: FeedStream | undefined

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  /** All streams, in the order in which they were first heard of. */
  reports(): FeedStreamReport[] {
    return [...this.#all()].map((stream) => stream.report())
  }

  /** Makes a stream known before its first frame, and starts it. */
  open(topic: string, publisher: number, stream: number): FeedStream {
    const known = this.#streams.get(publisher)?.get(stream)
    if (known !== undefined) return known
    const opened = this.#add(topic, publisher, stream)
    opened.receiver.start(this.#parts.nowNs())
    return opened
  }

  /** A stream by its numbers. */
  find(publisher: number, stream: number): FeedStream | undefined {
    return this.#streams.get(publisher)?.get(stream)
  }

  /** Forgets a stream. */
  close(topic: string): void {
    for (const streams of this.#streams.values())
      for (const [id, stream] of streams) if (stream.topic === topic) streams.delete(id)
    this.#newest = undefined
  }

  /** A frame came on a line. */
  frame(line: number, bytes: Buffer, nowNs: number): void {
    const header = this.#header
    const fault = header.read(bytes, viewOf(bytes))
    if (fault !== '' || header.type === FrameType.snapshot) {
      this.malformed++
      return
    }
    let stream = this.#newest
    if (stream === undefined || stream.stream !== header.stream || stream.publisher !== header.publisher) {
      stream = this.find(header.publisher, header.stream) ?? this.#heard(bytes)
      if (stream === undefined) return
      this.#newest = stream
    }
    if (stream.receiver.epoch !== header.epoch && topicOf(bytes, header) !== stream.topic) {
      this.malformed++
      return
    }
    if (header.type === FrameType.heartbeat) {
      this.heartbeats++
      stream.receiver.heartbeat(line, header.epoch, header.sequence, nowNs)
      return
    }
    this.frames++
    if (header.sequence === 0 || header.format === BodyFormat.none) this.malformed++
    else stream.receiver.offer(line, header.epoch, header.sequence, bytes, nowNs)
  }

  /** Asks for snapshots of a topic anew; false when there is nobody to ask, or not now. */
  resync(topic: string, nowNs: number): boolean {
    let isAsked = false
    for (const stream of this.#all()) if (stream.topic === topic) isAsked = stream.receiver.resync(nowNs) || isAsked
    return isAsked
  }

  /** Time passes. */
  tick(nowNs: number): void {
    for (const stream of this.#all()) stream.receiver.tick(nowNs)
  }

  *#all(): Iterable<FeedStream> {
    for (const streams of this.#streams.values()) yield* streams.values()
  }

  /** A stream that was not asked for: the subscription covers it. */
  #heard(bytes: Buffer): FeedStream | undefined {
    const { publisher, stream } = this.#header
    let count = 0
    for (const streams of this.#streams.values()) count += streams.size
    if (count >= mostStreams) {
      this.malformed++
      return undefined
    }
    return this.open(topicOf(bytes, this.#header), publisher, stream)
  }

  #add(topic: string, publisher: number, id: number): FeedStream {
    let streams = this.#streams.get(publisher)
    if (streams === undefined) {
      streams = new Map()
      this.#streams.set(publisher, streams)
    }
    const stream = new FeedStream(topic, publisher, id, this.#parts)
    streams.set(id, stream)
    return stream
  }
}
