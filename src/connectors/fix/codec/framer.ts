/**
 * Messages out of a byte stream that is cut anywhere.
 *
 *   framer.push(chunk)
 *   for (let found = framer.next(); found !== FrameKind.none; found = framer.next())
 *     if (found === FrameKind.message) handle(framer.message)     // valid until the next call of next or push
 *     else count(framer.garbledReason, framer.garbledBytes)
 *
 * A chunk is read in place when nothing is left of the one before; only what is left of a message at its end is copied. So at
 * most one incomplete message is kept, and its length is bounded by the largest BodyLength.
 *
 * What is garbled is passed over as far as its BodyLength claims, then up to the next `8=FIX`: a peer whose length is wrong
 * loses what the length covers, as the acceptance tests of the protocol expect, and the gap is asked for again.
 */
import { TradewireError } from '../../../core/errors.js'
import { EQUALS, SOH, ZERO } from './bytes.js'
import { GarbledReason, garbledReasonCount } from './garbled.js'
import { defaultLimits, HEADER_ROOM, TRAILER_LENGTH } from './limits.js'
import { FixMessage, type FixMessageOptions } from './message.js'
import { parseCount } from './numbers.js'

/** What {@link FixFramer.next} found. */
export const FrameKind = { none: 0, message: 1, garbled: 2 } as const
/** What {@link FixFramer.next} found: nothing more for now, a message, or bytes that are none. */
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind]

/** What a {@link FixFramer} is built with. */
export interface FixFramerOptions extends FixMessageOptions {
  /** Most bytes that may wait, for a caller that pushes without reading. Default: 16 of the largest messages. */
  readonly maxBufferedBytes?: number
}

const noBytes = new Uint8Array(0)
/** `8=FIX` */
const begin = Uint8Array.of(56, 61, 70, 73, 88)
const MAX_BEGIN_STRING = 16
const MAX_LENGTH_DIGITS = 9
const INITIAL_STORAGE = 4_096

/** Cuts a byte stream into messages. */
export class FixFramer {
  /** The message that {@link next} found. One object for all of them. */
  readonly message: FixMessage
  /** Why the bytes were passed over, after `FrameKind.garbled`. */
  garbledReason: GarbledReason = GarbledReason.none
  /** How many bytes were passed over, after `FrameKind.garbled`. */
  garbledBytes = 0
  /** Messages found so far. */
  messageCount = 0
  /** Runs of bytes passed over so far, by reason. */
  readonly garbledCounts = new Float64Array(garbledReasonCount)

  readonly #maxBodyLength: number
  readonly #maxBufferedBytes: number
  /** Bytes being read: a chunk of the caller's, or {@link #storage}. */
  #bytes: Uint8Array = noBytes
  /** Unread bytes are those from #start to #end. */
  #start = 0
  #end = 0
  /** The message at #start is known to need this many bytes, so that bytes that trickle in are not looked at one by one. */
  #needed = 0
  /** Memory of the framer's own, for what is left of a chunk. */
  #storage: Uint8Array = noBytes

  constructor(options: FixFramerOptions = {}) {
    const { maxBodyLength } = { ...defaultLimits, ...options.limits }
    this.#maxBodyLength = maxBodyLength
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 16 * (maxBodyLength + HEADER_ROOM + TRAILER_LENGTH)
    this.message = new FixMessage(options)
  }

  /** Bytes that wait to be read or completed. */
  get pendingBytes(): number {
    return this.#end - this.#start
  }

  /**
   * Adds bytes, which from now on belong to the framer. Ends the validity of {@link message}.
   *
   * @throws TradewireError `TW_CAPACITY` when more bytes wait than the bound allows: call `next` until it finds nothing.
   */
  push(chunk: Uint8Array): void {
    const pending = this.#end - this.#start
    if (pending === 0) {
      this.#bytes = chunk
      this.#start = 0
      this.#end = chunk.length
      return
    }
    const total = pending + chunk.length
    if (total > this.#maxBufferedBytes) {
      const problem = `${total} bytes wait in a framer that holds ${this.#maxBufferedBytes}: read before pushing more`
      throw new TradewireError('TW_CAPACITY', problem, { details: { total, maxBufferedBytes: this.#maxBufferedBytes } })
    }
    this.#keep(total)
    this.#storage.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** Moves what is pending into storage with room for `total` bytes. */
  #keep(total: number): void {
    const isStored = this.#bytes === this.#storage
    if (isStored && this.#start + total <= this.#storage.length) return
    const pending = this.#end - this.#start
    if (total > this.#storage.length) {
      let length = Math.max(this.#storage.length, INITIAL_STORAGE)
      while (length < total) length *= 2
      const storage = new Uint8Array(length)
      storage.set(this.#bytes.subarray(this.#start, this.#end))
      this.#storage = storage
    } else if (isStored) this.#storage.copyWithin(0, this.#start, this.#end)
    else this.#storage.set(this.#bytes.subarray(this.#start, this.#end))
    this.#bytes = this.#storage
    this.#start = 0
    this.#end = pending
  }

  /** Forgets everything that waits: the connection is a new one. */
  reset(): void {
    this.#bytes = noBytes
    this.#start = 0
    this.#end = 0
    this.#needed = 0
  }

  /** Looks for the next message. */
  next(): FrameKind {
    const start = this.#start
    if (this.#end - start < this.#needed || this.#end === start) return FrameKind.none
    const bytes = this.#bytes
    const end = this.#end
    for (let index = 0; index < begin.length; index++) {
      if (start + index >= end) return FrameKind.none
      if (bytes[start + index] !== begin[index]) return this.#garbled(GarbledReason.noBeginString, start + 1)
    }
    let position = start + begin.length
    while (position < end && bytes[position] > 32 && bytes[position] < 127 && position - start < MAX_BEGIN_STRING)
      position++
    if (position >= end) return FrameKind.none
    if (bytes[position] !== SOH) return this.#garbled(GarbledReason.badBeginString, start + 1)
    return this.#frame(position + 1)
  }

  /** Goes on behind BeginString, where BodyLength has to stand. */
  #frame(lengthAt: number): FrameKind {
    const bytes = this.#bytes
    const start = this.#start
    const end = this.#end
    if (lengthAt + 2 > end) {
      const isOther = lengthAt < end && bytes[lengthAt] !== ZERO + 9
      return isOther ? this.#garbled(GarbledReason.badBodyLength, start + 1) : FrameKind.none
    }
    let position = lengthAt + 2
    while (position < end && bytes[position] !== SOH && position - lengthAt <= MAX_LENGTH_DIGITS + 2) position++
    const isLength = bytes[lengthAt] === ZERO + 9 && bytes[lengthAt + 1] === EQUALS
    if (isLength && position >= end) return FrameKind.none
    const bodyLength = isLength ? parseCount(bytes, lengthAt + 2, position) : -1
    if (bodyLength < 0) return this.#garbled(GarbledReason.badBodyLength, start + 1)
    if (bodyLength > this.#maxBodyLength) return this.#garbled(GarbledReason.bodyLengthTooLarge, start + 1)
    const bodyEnd = position + 1 + bodyLength
    const frameEnd = bodyEnd + TRAILER_LENGTH
    if (end < frameEnd) {
      this.#needed = frameEnd - start
      return FrameKind.none
    }
    const reason = this.message.read(bytes, start, frameEnd)
    if (reason === GarbledReason.noCheckSum) return this.#garbled(reason, bodyEnd)
    if (reason !== GarbledReason.none) return this.#garbled(reason, frameEnd)
    this.#start = frameEnd
    this.#needed = 0
    this.messageCount++
    return FrameKind.message
  }

  /** Passes over everything up to the next beginning of a message at or behind `from`. */
  #garbled(reason: GarbledReason, from: number): FrameKind {
    const next = nextBegin(this.#bytes, from, this.#end)
    this.garbledReason = reason
    this.garbledBytes = next - this.#start
    this.garbledCounts[reason]++
    this.#start = next
    this.#needed = 0
    return FrameKind.garbled
  }
}

/** Where `8=FIX`, or the part of it that the bytes still show, begins at or behind `from`; `end` when nowhere. */
function nextBegin(bytes: Uint8Array, from: number, end: number): number {
  for (let at = bytes.indexOf(begin[0], from); at >= 0 && at < end; at = bytes.indexOf(begin[0], at + 1)) {
    let matched = 1
    while (matched < begin.length && at + matched < end && bytes[at + matched] === begin[matched]) matched++
    if (matched === begin.length || at + matched === end) return at
  }
  return end
}
