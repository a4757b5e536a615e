/**
 * The bytes of the TWS protocol. A message is a 4-byte length and its fields, each ended by a zero byte; the very first one
 * of a client is `API`, a zero byte, a length and the versions it speaks:
 *
 *     41 50 49 00  00 00 00 09  "v100..193"         then         00 00 00 08  "71" 00 "2" 00 "1" 00 00
 */
import { TradewireError } from '../../core/errors.js'

/** A longer message is an error of the peer, not a growing buffer. */
const longestFrame = 0x00ffffff
const prefix = [0x41, 0x50, 0x49, 0x00]

/** What a client said about itself before the first message. */
export interface Greeting {
  readonly minVersion: number
  readonly maxVersion: number
  /** What follows the versions, for example `+PACEAPI`. */
  readonly options: string
}

/** Cuts a client's bytes into its greeting and its messages, however they are cut into chunks. */
export class FrameReader {
  readonly #onGreeting: (greeting: Greeting) => void
  readonly #onFrame: (fields: string[]) => void
  readonly #decoder = new TextDecoder()
  #rest: Uint8Array = new Uint8Array(0)
  #isGreeted = false

  constructor(onGreeting: (greeting: Greeting) => void, onFrame: (fields: string[]) => void) {
    this.#onGreeting = onGreeting
    this.#onFrame = onFrame
  }

  /** @throws TradewireError `TW_INVALID_MODEL` for bytes that are not the protocol. */
  push(chunk: Uint8Array): void {
    let bytes = chunk
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length)
      bytes.set(this.#rest)
      bytes.set(chunk, this.#rest.length)
    }
    let at = 0
    if (!this.#isGreeted) {
      for (let i = 0; i < Math.min(prefix.length, bytes.length); i++)
        if (bytes[i] !== prefix[i]) throw notTheProtocol('the client does not begin with API and a zero byte')
      at = prefix.length
    }
    while (bytes.length - at >= 4) {
      const length = lengthAt(bytes, at)
      if (length > longestFrame) throw notTheProtocol(`a message of ${length} bytes`)
      if (bytes.length - at - 4 < length) break
      const body = this.#decoder.decode(bytes.subarray(at + 4, at + 4 + length))
      at += 4 + length
      if (this.#isGreeted) this.#onFrame(body.endsWith('\0') ? body.slice(0, -1).split('\0') : body.split('\0'))
      else {
        this.#isGreeted = true
        this.#onGreeting(greetingOf(body))
      }
    }
    // While the greeting is incomplete its prefix stays with it.
    this.#rest = bytes.slice(this.#isGreeted ? at : 0)
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at)
}

/** `v100..193`, `v176`, either with options after a space. */
function greetingOf(text: string): Greeting {
  const match = /^v(\d+)(?:\.\.(\d+))?(?: (.*))?$/.exec(text)
  if (match === null) throw notTheProtocol(`the greeting "${text.slice(0, 40)}"`)
  const minVersion = Number(match[1])
  return { minVersion, maxVersion: Number(match[2] ?? match[1]), options: match[3] ?? '' }
}

function notTheProtocol(what: string): TradewireError {
  return new TradewireError('TW_INVALID_MODEL', `Not the TWS protocol: ${what}`)
}

const encoder = new TextEncoder()

/** A message as bytes. What is above ASCII travels as `\uXXXX`, as TWS has it. */
export function frameOf(fields: readonly (string | number)[]): Uint8Array {
  const body = encoder.encode(`${fields.join('\0')}\0`.replaceAll(/[\u0080-\uffff]/g, escaped))
  const frame = new Uint8Array(4 + body.length)
  new DataView(frame.buffer).setUint32(0, body.length)
  frame.set(body, 4)
  return frame
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
