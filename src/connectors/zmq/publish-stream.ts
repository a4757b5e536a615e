/** One stream of a publisher: events that wait for the next frame, the numbers of frames, frames kept for replay, the state. */

import { InstrumentImage } from './publish-image.js'
import type { BodyWriter } from './wire/body-writer.js'
import type { BodyFormat } from './wire/frame.js'
import {
  BodyFormat as Format,
  FrameType,
  HEADER_BYTES,
  REPEATED,
  topicPrefix,
  viewOf,
  writeHeader,
} from './wire/frame.js'

/** Bytes and frames that a stream keeps. */
export interface ReplayLimits {
  frames: number
  bytes: number
}

/** Who publishes. */
export interface PublisherIdentity {
  publisher: number
  epoch: number
}

/** One topic and its numbering. */
export class PublishStream {
  readonly topic: string
  readonly id: number
  readonly writer: BodyWriter
  readonly images = new Map<number, InstrumentImage>()
  /** Number of the last frame. */
  sequence = 0
  isDirty = false
  #prefix: Uint8Array
  readonly #identity: PublisherIdentity
  readonly #limits: ReplayLimits
  /** Frames by their number modulo the length. */
  readonly #frames: (Uint8Array | undefined)[] = []
  #oldest = 1
  #bytes = 0

  constructor(topic: string, id: number, writer: BodyWriter, identity: PublisherIdentity, limits: ReplayLimits) {
    this.topic = topic
    this.id = id
    this.writer = writer
    this.#identity = identity
    this.#limits = limits
    this.#prefix = topicPrefix(topic)
  }

  /** Bytes kept for replay. */
  get replayBytes(): number {
    return this.#bytes
  }

  /** The state of an instrument in this stream. */
  image(instrument: number, id: string): InstrumentImage {
    let image = this.images.get(instrument)
    if (image === undefined) {
      image = new InstrumentImage(instrument, id)
      this.images.set(instrument, image)
    }
    return image
  }

  /** Makes a frame of the events that wait, and keeps it for replay. */
  flush(sentUs: number): Uint8Array {
    const { writer } = this
    const frame = this.#frame(FrameType.data, writer.format, ++this.sequence, sentUs, writer.take())
    writer.clear()
    this.isDirty = false
    this.#keep(frame)
    return frame
  }

  heartbeat(sentUs: number): Uint8Array {
    return this.#frame(FrameType.heartbeat, Format.none, this.sequence, sentUs, new Uint8Array(0))
  }

  /** The state as of the last frame. */
  snapshot(sentUs: number): Uint8Array {
    const writer = this.writer.sibling()
    for (const image of this.images.values()) image.writeTo(writer)
    return this.#frame(FrameType.snapshot, writer.format, this.sequence, sentUs, writer.take())
  }

  /** Kept frames `from` to `to`, marked as repeated, at most `most` of them; undefined when the first is gone or not sent yet. */
  replay(from: number, to: number, most: number, mostBytes: number): Uint8Array[] | undefined {
    if (from < this.#oldest || to > this.sequence || from > to) return undefined
    const frames: Uint8Array[] = []
    let bytes = 0
    for (let sequence = from; sequence <= to && frames.length < most; sequence++) {
      const kept = this.#frames[sequence % this.#limits.frames] as Uint8Array
      bytes += kept.length
      if (bytes > mostBytes && frames.length > 0) break
      const frame = kept.slice()
      frame[this.#prefix.length + 5] = REPEATED
      frames.push(frame)
    }
    return frames
  }

  #frame(type: FrameType, format: BodyFormat, sequence: number, sentUs: number, body: Uint8Array): Uint8Array {
    const start = this.#prefix.length
    const frame = new Uint8Array(start + HEADER_BYTES + body.length)
    frame.set(this.#prefix)
    const { publisher, epoch } = this.#identity
    writeHeader(viewOf(frame), start, {
      type,
      format,
      flags: 0,
      publisher,
      epoch,
      stream: this.id,
      bodyBytes: body.length,
      sequence,
      sentUs,
    })
    frame.set(body, start + HEADER_BYTES)
    return frame
  }

  #keep(frame: Uint8Array): void {
    const { frames, bytes } = this.#limits
    while (
      this.#oldest < this.sequence &&
      (this.sequence - this.#oldest >= frames || this.#bytes + frame.length > bytes)
    )
      this.#forgetOldest()
    this.#frames[this.sequence % frames] = frame
    this.#bytes += frame.length
    if (this.#bytes > bytes) this.#forgetOldest()
  }

  #forgetOldest(): void {
    const at = this.#oldest++ % this.#limits.frames
    this.#bytes -= this.#frames[at]?.length ?? 0
    this.#frames[at] = undefined
  }
}
