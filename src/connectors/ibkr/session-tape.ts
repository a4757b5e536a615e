/**
 * Records a session with TWS, bytes and times, so that it can be played again as a test. Account numbers and advisor texts
 * are masked before anything is written; lines are JSON:
 *
 *     {"at":1203.4,"way":"in","bytes":"AAAA…"}
 */
import { TradewireError } from '../../core/errors.js'

/** One chunk of a session. */
export interface TapeLine {
  /** Milliseconds since the tape began. */
  readonly at: number
  /** `in`: from TWS; `out`: to it. */
  readonly way: 'in' | 'out'
  readonly bytes: Uint8Array
}

/** Masks of the same length keep the framing: account numbers such as `U1234567` and `DU1234567`. */
const accountNumber = /\b(D?[UF]|DI|I)(\d{5,9})\b/g

/** Writes what passes; `write` gets one line of text at a time. */
export class SessionRecorder {
  readonly #write: (line: string) => void
  readonly #nowMs: () => number
  readonly #startMs: number
  readonly #masks = new Map<string, string>()
  readonly #rest: Record<'in' | 'out', Uint8Array> = { in: new Uint8Array(0), out: new Uint8Array(0) }

  /** `nowMs` is any clock that does not go back. */
  constructor(write: (line: string) => void, nowMs: () => number) {
    this.#write = write
    this.#nowMs = nowMs
    this.#startMs = nowMs()
  }

  /** Takes a chunk. Whole messages are written, so that no number is cut in two where it should be masked. */
  record(way: 'in' | 'out', chunk: Uint8Array): void {
    const before = this.#rest[way]
    const bytes = new Uint8Array(before.length + chunk.length)
    bytes.set(before)
    bytes.set(chunk, before.length)
    const end = wholeMessages(bytes)
    this.#rest[way] = bytes.slice(end)
    if (end === 0) return
    const masked = this.#masked(bytes.subarray(0, end))
    const at = Math.round((this.#nowMs() - this.#startMs) * 1_000) / 1_000
    this.#write(JSON.stringify({ at, way, bytes: base64(masked) }))
  }

  #masked(bytes: Uint8Array): Uint8Array {
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte)
    const masked = text.replaceAll(accountNumber, (whole, prefix: string, digits: string) => {
      let mask = this.#masks.get(whole)
      if (mask === undefined) {
        mask = `${prefix}${String(this.#masks.size + 1).padStart(digits.length, '0')}`
        this.#masks.set(whole, mask)
      }
      return mask
    })
    return Uint8Array.from(masked, (unit) => unit.charCodeAt(0))
  }
}

/** Where the last whole message of a piece of stream ends. */
function wholeMessages(bytes: Uint8Array): number {
  let at = 0
  const isGreeting = bytes[0] === 0x41 && bytes[1] === 0x50 && bytes[2] === 0x49 && bytes[3] === 0
  if (isGreeting) at = 4
  for (;;) {
    if (bytes.length - at < 4) return isGreeting && at === 4 ? 0 : at
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at)
    if (bytes.length - at - 4 < length) return isGreeting && at === 4 ? 0 : at
    at += 4 + length
  }
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

/** Reads a tape. @throws TradewireError `TW_BAD_ROW` naming the line. */
export function readTape(text: string): TapeLine[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, i) => tapeLine(line, i + 1))
}

function tapeLine(line: string, number: number): TapeLine {
  let cause: unknown
  try {
    const { at, way, bytes } = JSON.parse(line) as { at: number; way: string; bytes: string }
    if (at >= 0 && (way === 'in' || way === 'out'))
      return { at, way, bytes: Uint8Array.from(atob(bytes), (unit) => unit.charCodeAt(0)) }
  } catch (error) {
    cause = error
  }
  throw new TradewireError('TW_BAD_ROW', `Line ${number} of the tape is not one of a TWS session`, { cause })
}
