/**
 * Cuts the bytes of a TWS connection into messages without copying those that arrived whole. A message that came in pieces
 * is gathered in a buffer that grows with what has arrived: a length that was only announced costs nothing.
 */
import { TradewireError } from '../../core/errors.js'

/** A longer message is an error of the peer. */
const longestFrame = 0x0fffffff

/** Bytes that are taken for a message of which nothing has arrived. */
const firstGatherBytes = 65_536

/** Takes one message: its bytes lie in `bytes` from `from` to before `to`, and are valid during the call. */
export type OnFrame = (bytes: Uint8Array, from: number, to: number) => void

/** Finds messages in a stream. */
export class FrameBuffer {
  readonly #onFrame: OnFrame
  readonly #head = new Uint8Array(4)
  #headFill = 0
  #body: Uint8Array | undefined
  #bodyFill = 0
  /** Length of the message that is gathered. */
  #length = 0

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame
  }

  /** @throws TradewireError `TW_INVALID_MODEL` for a length that no message has. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#body !== undefined) {
        at = this.#gather(chunk, at)
        continue
      }
      if (this.#headFill === 0 && chunk.length - at >= 4) {
        const length = lengthAt(chunk, at)
        if (chunk.length - at - 4 >= length) {
          this.#onFrame(chunk, at + 4, at + 4 + length)
          at += 4 + length
          continue
        }
      }
      at = this.#gatherHead(chunk, at)
    }
  }

  #gatherHead(chunk: Uint8Array, from: number): number {
    let at = from
    while (this.#headFill < 4 && at < chunk.length) this.#head[this.#headFill++] = chunk[at++] as number
    if (this.#headFill < 4) return at
    this.#headFill = 0
    this.#length = lengthAt(this.#head, 0)
    this.#body = new Uint8Array(Math.min(this.#length, firstGatherBytes))
    this.#bodyFill = 0
    return at
  }

  #gather(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#length - this.#bodyFill, chunk.length - at)
    const body = this.#room(this.#bodyFill + count)
    body.set(chunk.subarray(at, at + count), this.#bodyFill)
    this.#bodyFill += count
    if (this.#bodyFill === this.#length) {
      this.#body = undefined
      this.#onFrame(body, 0, this.#length)
    }
    return at + count
  }

  #room(bytes: number): Uint8Array {
    const body = this.#body as Uint8Array
    if (body.length >= bytes) return body
    const wider = new Uint8Array(Math.min(this.#length, Math.max(bytes, body.length * 2)))
    wider.set(body.subarray(0, this.#bodyFill))
    this.#body = wider
    return wider
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const length =
    (bytes[at] as number) * 0x1000000 +
    ((bytes[at + 1] as number) << 16) +
    ((bytes[at + 2] as number) << 8) +
    (bytes[at + 3] as number)
  if (length <= longestFrame) return length
  throw new TradewireError('TW_INVALID_MODEL', `TWS announced a message of ${length} bytes; that is no message`)
}
