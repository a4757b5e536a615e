/**
 * The format of the DWX ZeroMQ connector of MetaTrader 4 (version 2): prices as `SYMBOL:|:bid;ask`, rates as
 * `SYMBOL_M1:|:time;open;high;low;close;tick volume;spread;real volume`, commands as fields between semicolons, replies as the
 * text of a Python dictionary with single quotes: read here by a small parser, never run as code.
 *
 * Prices have no time and no number: the time of receipt is taken, and a loss cannot be seen. The expert advisor keeps one
 * message a client (high-water mark 1): whoever is slow loses prices. It writes 0 for a symbol that has no price: that side
 * is absent.
 */
import type { GateKind } from '../feed/slow-gate.js'
import type { EventTarget } from '../wire/event-objects.js'
import type { CodecInstrument, ZmqCodec } from './codec.js'

const minutes: Readonly<Record<string, number>> = {
  M1: 1,
  M5: 5,
  M15: 15,
  M30: 30,
  H1: 60,
  H4: 240,
  D1: 1_440,
  W1: 10_080,
  MN1: 43_200,
}
const separator = ':|:'
const number = /^-?\d{1,15}(\.\d{1,15})?$/

/** Reads prices and rates of a MetaTrader bridge. */
export class DwxCodec implements ZmqCodec {
  readonly name = 'dwx'
  readonly kinds = ['quotes', 'bars'] as const

  topics(kind: GateKind, { symbol }: CodecInstrument): readonly string[] {
    return kind === 'quotes' ? [`${symbol}${separator}`] : kind === 'bars' ? [`${symbol}_`] : []
  }

  decode(parts: readonly Uint8Array[], target: EventTarget, tsRecvUs: number): boolean {
    const [bytes] = parts
    if (parts.length !== 1 || bytes === undefined || bytes.length > 1_024) return false
    const text = new TextDecoder().decode(bytes)
    const at = text.indexOf(separator)
    if (at < 1) return false
    const fields = text.slice(at + separator.length).split(';')
    if (!fields.every((field) => number.test(field))) return false
    const name = text.slice(0, at)
    const values = fields.map(Number)
    if (values.length === 2) {
      const [bid = 0, ask = 0] = values
      const size = (price: number) => (price === 0 ? 0 : Number.NaN)
      target.quote(name, bid || Number.NaN, ask || Number.NaN, size(bid), size(ask), tsRecvUs, Number.NaN, 0)
      return true
    }
    return values.length === 8 && decodeRates(name, values, target)
  }
}

function decodeRates(
  topic: string,
  [time = 0, open = 0, high = 0, low = 0, close = 0, volume = 0]: number[],
  target: EventTarget,
): boolean {
  const at = topic.lastIndexOf('_')
  const frame = minutes[topic.slice(at + 1)]
  if (at < 1 || frame === undefined || !Number.isInteger(time)) return false
  const intervalUs = frame * 60_000_000
  const openUs = time * 1_000_000
  // What MetaTrader counts as volume of a currency pair is the number of its ticks.
  target.bar(
    topic.slice(0, at),
    [intervalUs, open, high, low, close, volume, volume, Number.NaN, openUs, openUs + intervalUs],
    true,
  )
  return true
}

/** A command to the expert advisor. Fields must not contain semicolons. */
export function dwxCommand(...fields: readonly (string | number)[]): string {
  for (const field of fields)
    if (String(field).includes(';')) throw new RangeError(`a field of a DWX command has no semicolon: ${field}`)
  return fields.join(';')
}

/** Reads a reply of the expert advisor: the text of a Python dictionary. Undefined for anything else. */
export function parseDwxReply(text: string): Record<string, unknown> | undefined {
  if (text.length > 1_048_576) return undefined
  const reader = new DictionaryReader(text)
  try {
    const value = reader.value(0)
    return reader.isAtEnd && typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** Python literals: dictionaries, lists, tuples, text in either quotes, numbers, True, False, None. */
class DictionaryReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    this.#space()
    return this.#at === this.#text.length
  }

  value(depth: number): unknown {
    if (depth > 16) throw new SyntaxError('nested too deeply')
    this.#space()
    const first = this.#text[this.#at]
    if (first === '{') return this.#dictionary(depth)
    if (first === '[') return this.#list(']', depth)
    if (first === '(') return this.#list(')', depth)
    if (first === "'" || first === '"') return this.#string(first)
    const word = /[-+\w.]+/y
    word.lastIndex = this.#at
    const [found] = word.exec(this.#text) ?? []
    if (found === undefined) throw new SyntaxError('no value')
    this.#at += found.length
    if (found === 'True' || found === 'true') return true
    if (found === 'False' || found === 'false') return false
    if (found === 'None' || found === 'null') return null
    const read = Number(found)
    if (Number.isNaN(read)) throw new SyntaxError(`not a value: ${found}`)
    return read
  }

  #dictionary(depth: number): Record<string, unknown> {
    const found = new Map<string, unknown>()
    this.#at++
    while (!this.#takes('}')) {
      const key = this.value(depth + 1)
      this.#expect(':')
      found.set(String(key), this.value(depth + 1))
      if (!this.#takes(',')) {
        this.#expect('}')
        break
      }
    }
    return Object.fromEntries(found)
  }

  #list(end: string, depth: number): unknown[] {
    const found: unknown[] = []
    this.#at++
    while (!this.#takes(end)) {
      found.push(this.value(depth + 1))
      if (!this.#takes(',')) {
        this.#expect(end)
        break
      }
    }
    return found
  }

  #string(quote: string): string {
    let text = ''
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const character = this.#text[at] as string
      if (character === quote) {
        this.#at = at + 1
        return text
      }
      text += character === '\\' ? (this.#text[++at] ?? '') : character
    }
    throw new SyntaxError('text without an end')
  }

  #takes(character: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (!this.#takes(character)) throw new SyntaxError(`${character} expected`)
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? '.')) this.#at++
  }
}
