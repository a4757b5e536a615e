/**
 * One frame of the feed: topic, fixed header, body, in a single ZeroMQ part (parts cost throughput). Little-endian.
 *
 *   topic          text in UTF-8, 1 to 255 bytes, no NUL; what a subscriber asks for
 *   00             ends the topic: subscribing to `topic NUL` means this topic and no longer one
 *   header         48 bytes, see {@link HeaderAt}
 *   body           `bodyBytes` bytes
 *
 * Sequence numbers count the frames of one stream of one publisher, from 1. A publisher that starts anew takes another
 * epoch. docs/zmq.md tells the same byte by byte, for readers in other languages.
 */

/** Bytes of the header; a later version may append: readers go by `headerBytes`. */
export const HEADER_BYTES = 48
/** The longest topic in bytes. */
export const MAX_TOPIC_BYTES = 255
/** `TW` */
const magic = 0x5754
/** The version of the format. */
export const WIRE_VERSION = 1

/** Where the fields of the header lie, from its first byte. */
export const HeaderAt = {
  /** u16: 0x54 0x57, `TW`. */
  magic: 0,
  /** u8: 1. */
  version: 2,
  /** u8, see {@link FrameType}. */
  type: 3,
  /** u8, see {@link BodyFormat}. */
  format: 4,
  /** u8: bit 0, sent again on request. */
  flags: 5,
  /** u16: 48. */
  headerBytes: 6,
  /** u64: who publishes; below 2^53, as all numbers here. */
  publisher: 8,
  /** u64: which life of the publisher. */
  epoch: 16,
  /** u32 */
  stream: 24,
  /** u32 */
  bodyBytes: 28,
  /** u64: of this frame; in a heartbeat and a snapshot, of the last frame before it. */
  sequence: 32,
  /** u64: epoch microseconds by the publisher's clock. */
  sentUs: 40,
} as const

/** What a frame is. */
export const FrameType = { data: 1, heartbeat: 2, snapshot: 3 } as const
/** 1 data, 2 heartbeat, 3 snapshot. */
export type FrameType = (typeof FrameType)[keyof typeof FrameType]

/** How a body is written. */
export const BodyFormat = { none: 0, json: 1, messagePack: 2, packed: 3 } as const
/** 0 none, 1 JSON, 2 MessagePack, 3 packed. */
export type BodyFormat = (typeof BodyFormat)[keyof typeof BodyFormat]

/** Bit of the flags: the frame is a copy out of the replay buffer. */
export const REPEATED = 1

/** Why bytes are no frame. */
export type FrameFault = 'short' | 'topic' | 'magic' | 'version' | 'type' | 'format' | 'length' | 'number' | ''

/** A frame's header in plain fields, reused from frame to frame. */
export class FrameHeader {
  type: FrameType = FrameType.data
  format: BodyFormat = BodyFormat.none
  flags = 0
  publisher = 0
  epoch = 0
  stream = 0
  sequence = 0
  sentUs = 0
  /** Bytes of the topic, without its NUL. */
  topicBytes = 0
  /** Where the body begins and ends. */
  bodyStart = 0
  bodyEnd = 0

  /** Reads the header of a frame; what is not `''` is no frame, and no field may be used. Never reads beyond the bytes. */
  read(bytes: Uint8Array, view: DataView): FrameFault {
    const topicBytes = topicEnd(bytes)
    if (topicBytes < 1) return bytes.length <= HEADER_BYTES ? 'short' : 'topic'
    const at = topicBytes + 1
    if (bytes.length < at + HEADER_BYTES) return 'short'
    if (view.getUint16(at + HeaderAt.magic, true) !== magic) return 'magic'
    if (bytes[at + HeaderAt.version] !== WIRE_VERSION) return 'version'
    const type = bytes[at + HeaderAt.type] as number
    if (type < FrameType.data || type > FrameType.snapshot) return 'type'
    const format = bytes[at + HeaderAt.format] as number
    if (format > BodyFormat.packed) return 'format'
    const headerBytes = view.getUint16(at + HeaderAt.headerBytes, true)
    const bodyBytes = view.getUint32(at + HeaderAt.bodyBytes, true)
    if (headerBytes < HEADER_BYTES || at + headerBytes + bodyBytes !== bytes.length) return 'length'
    this.type = type as FrameType
    this.format = format as BodyFormat
    this.flags = bytes[at + HeaderAt.flags] as number
    this.publisher = readU53(view, at + HeaderAt.publisher)
    this.epoch = readU53(view, at + HeaderAt.epoch)
    this.stream = view.getUint32(at + HeaderAt.stream, true)
    this.sequence = readU53(view, at + HeaderAt.sequence)
    this.sentUs = readU53(view, at + HeaderAt.sentUs)
    this.topicBytes = topicBytes
    this.bodyStart = at + headerBytes
    this.bodyEnd = bytes.length
    return this.publisher < 0 || this.epoch < 0 || this.sequence < 0 || this.sentUs < 0 ? 'number' : ''
  }
}

/** What {@link writeHeader} writes. */
export interface FrameFields {
  type: FrameType
  format: BodyFormat
  flags: number
  publisher: number
  epoch: number
  stream: number
  bodyBytes: number
  sequence: number
  sentUs: number
}

/** Writes a header at `at`. */
export function writeHeader(view: DataView, at: number, fields: FrameFields): void {
  view.setUint16(at + HeaderAt.magic, magic, true)
  view.setUint8(at + HeaderAt.version, WIRE_VERSION)
  view.setUint8(at + HeaderAt.type, fields.type)
  view.setUint8(at + HeaderAt.format, fields.format)
  view.setUint8(at + HeaderAt.flags, fields.flags)
  view.setUint16(at + HeaderAt.headerBytes, HEADER_BYTES, true)
  writeU53(view, at + HeaderAt.publisher, fields.publisher)
  writeU53(view, at + HeaderAt.epoch, fields.epoch)
  view.setUint32(at + HeaderAt.stream, fields.stream, true)
  view.setUint32(at + HeaderAt.bodyBytes, fields.bodyBytes, true)
  writeU53(view, at + HeaderAt.sequence, fields.sequence)
  writeU53(view, at + HeaderAt.sentUs, fields.sentUs)
}

/** A whole frame in memory of its own. */
export function buildFrame(topic: string, fields: Omit<FrameFields, 'bodyBytes'>, body: Uint8Array): Uint8Array {
  const prefix = topicPrefix(topic)
  const frame = new Uint8Array(prefix.length + HEADER_BYTES + body.length)
  frame.set(prefix)
  const view = new DataView(frame.buffer)
  writeHeader(view, prefix.length, { ...fields, bodyBytes: body.length })
  frame.set(body, prefix.length + HEADER_BYTES)
  return frame
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A topic with its NUL: what begins its frames, and what a subscriber asks for. Empty or too long topics are the caller's mistake. */
export function topicPrefix(topic: string): Uint8Array {
  const text = encoder.encode(topic)
  if (text.length === 0 || text.length > MAX_TOPIC_BYTES || text.includes(0))
    throw new RangeError(`a topic has 1 to ${MAX_TOPIC_BYTES} bytes without NUL, not '${topic}'`)
  const prefix = new Uint8Array(text.length + 1)
  prefix.set(text)
  return prefix
}

/** The topic of a frame whose header was read. */
export function topicOf(bytes: Uint8Array, header: FrameHeader): string {
  return decoder.decode(bytes.subarray(0, header.topicBytes))
}

/** A view of exactly the bytes of a frame. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function topicEnd(bytes: Uint8Array): number {
  const most = Math.min(bytes.length, MAX_TOPIC_BYTES + 1)
  for (let at = 0; at < most; at++) if (bytes[at] === 0) return at
  return -1
}

/** A u64 below 2^53; -1 for one above. */
function readU53(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true)
  return high >= 0x20_0000 ? -1 : high * 4_294_967_296 + view.getUint32(at, true)
}

function writeU53(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / 4_294_967_296), true)
}
