/** Turns bodies of frames into events at the gate: packed records, JSON and MessagePack alike. What is damaged is refused whole where that can be seen first, and counted. */
import { Unpackr } from 'msgpackr/unpack'
import type { InstrumentRegistry } from '../../../model/instrument-registry.js'
import type { AggressorSign, BookSide, LevelAction, TradingStatus } from '../../../ring/kinds.js'
import { TickAt } from '../../../ring/tick-row.js'
import type { EventTarget } from '../wire/event-objects.js'
import { readEvents } from '../wire/event-objects.js'
import { BodyFormat } from '../wire/frame.js'
import { JsonScanner, type ScannerTarget } from '../wire/json-scanner.js'
import {
  checkRecords,
  isBar,
  isTime,
  NO_NAME,
  PACKED_HEAD_BYTES,
  type PackedTarget,
  readDictionary,
  readPackedHead,
  readRecords,
} from '../wire/packed.js'
import type { GateKind, SlowGate } from './slow-gate.js'

/** What a stream's dictionary says, by name: index of the instrument, -1 where this system has none. */
export interface StreamNames {
  epoch: number
  version: number
  indices: Int32Array
}

/** Counters of what was not handed on. */
export interface DecoderCounters {
  /** Bodies that are damaged or of an unknown form. */
  malformed: number
  /** Events of instruments that are not registered. */
  unknownInstruments: number
  /** Events that nobody subscribed to. */
  unasked: number
}

/** Kinds of data in the order of their bits in {@link FeedDecoder.wanted}. */
const bitOf: Readonly<Record<GateKind, number>> = { quotes: 1, trades: 2, book: 4, bars: 8, status: 16, news: 32 }

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true })

/** JSON nested deeper than this is refused before it is parsed. */
const mostDepth = 32

/** Decodes the frames of a connector. */
export class FeedDecoder implements PackedTarget, EventTarget, ScannerTarget {
  readonly counters: DecoderCounters = { malformed: 0, unknownInstruments: 0, unasked: 0 }
  readonly #gate: SlowGate
  readonly #instruments: InstrumentRegistry
  /** Names beside ids and symbols that the feed uses. */
  readonly #aliases: ReadonlyMap<string, string>
  readonly #known = new Map<string, number>()
  /** By instrument, plus one: bits of the kinds that are subscribed to. */
  #wanted = new Uint8Array(64)
  #names: Int32Array = new Int32Array(0)
  readonly #scanner = new JsonScanner(this)
  #isBookWanted = false
  /** Only what is no state goes through. */
  #isCovered = false
  readonly #bar = new Array<number>(10).fill(0)

  constructor(gate: SlowGate, instruments: InstrumentRegistry, aliases: ReadonlyMap<string, string>) {
    this.#gate = gate
    this.#instruments = instruments
    this.#aliases = aliases
  }

  /** Lets a kind of data of an instrument through, or no longer. -1: what belongs to no instrument. */
  want(kind: GateKind, instrument: number, isWanted: boolean): void {
    const at = instrument + 1
    if (at >= this.#wanted.length) {
      const wide = new Uint8Array(Math.max(at + 1, this.#wanted.length * 2))
      wide.set(this.#wanted)
      this.#wanted = wide
    }
    const bit = bitOf[kind]
    this.#wanted[at] = isWanted ? (this.#wanted[at] as number) | bit : (this.#wanted[at] as number) & ~bit
  }

  /** Whether a kind of data of an instrument is let through. */
  wants(kind: GateKind, instrument: number): boolean {
    return ((this.#wanted[instrument + 1] ?? 0) & bitOf[kind]) !== 0
  }

  /** Whether anything of an instrument is let through. */
  wantsAny(instrument: number): boolean {
    return (this.#wanted[instrument + 1] ?? 0) !== 0
  }

  /** Index of an instrument by what the feed calls it; -1 when it is not registered. */
  indexOf(name: string): number {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const index = this.#instruments.find(this.#aliases.get(name) ?? name)?.index ?? -1
    if (index >= 0 && this.#known.size < 65_536) this.#known.set(name, index)
    return index
  }

  /** Decodes a body. `isCovered`: a snapshot follows that contains its state. False: it was refused. */
  decode(
    format: BodyFormat,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    names: StreamNames,
    epoch: number,
    isCovered: boolean,
  ): boolean {
    this.#isCovered = isCovered
    const isGood =
      format === BodyFormat.packed
        ? this.#packed(bytes, view, start, end, names, epoch)
        : (format === BodyFormat.json && this.#scanner.scan(bytes, view, start, end)) ||
          this.#objects(format, bytes.subarray(start, end))
    if (!isGood) this.counters.malformed++
    return isGood
  }

  #packed(bytes: Uint8Array, view: DataView, start: number, end: number, names: StreamNames, epoch: number): boolean {
    const head = readPackedHead(view, start, end)
    if (head === undefined) return false
    const records = start + PACKED_HEAD_BYTES + head.dictionaryBytes
    if (names.epoch !== epoch || names.version !== head.version || names.indices.length !== head.names) {
      const ids = readDictionary(bytes, start + PACKED_HEAD_BYTES, head.dictionaryBytes, head.names)
      if (ids === undefined) return false
      names.indices = Int32Array.from(ids, (id) => this.indexOf(id))
      names.version = head.version
      names.epoch = names.indices.includes(-1) ? -1 : epoch
    }
    if (!checkRecords(view, records, end, head.records, head.names)) return false
    this.#names = names.indices
    readRecords(bytes, view, records, head.records, this)
    return true
  }

  #objects(format: BodyFormat, body: Uint8Array): boolean {
    try {
      const value: unknown =
        format === BodyFormat.json
          ? parseJson(body)
          : format === BodyFormat.messagePack
            ? unpackr.unpack(body)
            : undefined
      return readEvents(value, this)
    } catch {
      return false
    }
  }

  // ---- Records by name (packed), or by id (objects) -------------------------------------------------------------------

  /** A quote of a packed record. */
  packedQuote(name: number, flags: number, row: Float64Array): void {
    const index = this.#index(name, 1)
    if (
      !(
        isTime(row[TickAt.tsEventUs]) &&
        isAmount(row[TickAt.bid]) &&
        isAmount(row[TickAt.ask]) &&
        isAmount(row[TickAt.bidSize]) &&
        isAmount(row[TickAt.askSize])
      )
    )
      this.counters.malformed++
    else if (index >= 0 && !this.#isCovered) this.#gate.quoteRow(index, flags, row)
  }

  /** A trade of a packed record. */
  packedTrade(name: number, aggressor: number, condition: number, row: Float64Array): void {
    const index = this.#index(name, 2)
    if (
      !(
        isTime(row[TickAt.tsEventUs]) &&
        Number.isFinite(row[TickAt.price]) &&
        row[TickAt.size] >= 0 &&
        isAmount(row[TickAt.size])
      )
    )
      this.counters.malformed++
    else if (index >= 0) this.#gate.tradeRow(index, aggressor as AggressorSign, condition, row)
  }

  quote(
    name: string,
    bid: number,
    ask: number,
    bidSize: number,
    askSize: number,
    tsUs: number,
    sequence: number,
    flags: number,
  ): void {
    const index = this.#index(name, 1)
    if (!(isTime(tsUs) && isAmount(bid) && isAmount(ask) && isAmount(bidSize) && isAmount(askSize)))
      this.counters.malformed++
    else if (index >= 0 && !this.#isCovered) this.#gate.quote(index, bid, ask, bidSize, askSize, tsUs, sequence, flags)
  }

  trade(
    name: string,
    price: number,
    size: number,
    aggressor: number,
    tsUs: number,
    sequence: number,
    tradeId: number,
    condition: number,
  ): void {
    const index = this.#index(name, 2)
    if (!(isTime(tsUs) && Number.isFinite(price) && Number.isFinite(size))) this.counters.malformed++
    else if (index >= 0)
      this.#gate.trade(index, price, size, aggressor as AggressorSign, tsUs, sequence, tradeId, condition)
  }

  beginBook(
    name: number | string,
    isSnapshot: boolean,
    tsUs: number,
    sequence: number,
    previousSequence: number,
  ): void {
    const index = this.#index(name, 4)
    this.#isBookWanted = index >= 0 && !this.#isCovered
    if (this.#isBookWanted) this.#gate.beginBook(index, isSnapshot, tsUs, sequence, previousSequence)
  }

  level(side: BookSide, action: LevelAction, price: number, size: number, orderId: number): void {
    if (this.#isBookWanted) this.#gate.level(side, action, price, size, orderId)
  }

  commitBook(isLast: boolean): void {
    if (this.#isBookWanted) this.#gate.commitBook(isLast)
    this.#isBookWanted = false
  }

  bar(name: number | string, numbers: DataView | readonly number[], at: number | boolean, isClosed?: boolean): void {
    const index = this.#index(name, 8)
    const bar = this.#bar
    if (numbers instanceof DataView)
      for (let field = 0; field < 10; field++) bar[field] = numbers.getFloat64((at as number) + field * 8, true)
    else for (let field = 0; field < 10; field++) bar[field] = numbers[field] as number
    if (!isBar(bar)) this.counters.malformed++
    else if (index >= 0) this.#gate.bar(index, bar, numbers instanceof DataView ? isClosed === true : at === true)
  }

  status(name: number | string, status: number, tsUs: number): void {
    const index = this.#index(name, 16)
    if (!isTime(tsUs)) this.counters.malformed++
    else if (index >= 0 && !this.#isCovered) this.#gate.status(index, status as TradingStatus, tsUs)
  }

  note(name: number | string, note: object | string, tsUs: number): void {
    const isNone = name === NO_NAME || name === ''
    const index = isNone ? -1 : this.#index(name, 32)
    if (index < 0 && !isNone) return
    if (isNone && (this.#wanted[0] as number) === 0) {
      this.counters.unasked++
      return
    }
    const value: unknown = typeof note === 'string' ? parseNote(note) : note
    if (typeof value === 'object' && value !== null && isTime(tsUs)) this.#gate.note(index, value, tsUs)
    else this.counters.malformed++
  }

  /** A quote of the scanner, by index. */
  quoteRow(index: number, flags: number, row: Float64Array): void {
    if (this.#isWanted(index, 1) && !this.#isCovered) this.#gate.quoteRow(index, flags, row)
  }

  /** A trade of the scanner, by index. */
  tradeRow(index: number, aggressor: AggressorSign, condition: number, row: Float64Array): void {
    if (this.#isWanted(index, 2)) this.#gate.tradeRow(index, aggressor, condition, row)
  }

  #isWanted(index: number, bit: number): boolean {
    if (index < 0) {
      this.counters.unknownInstruments++
      return false
    }
    if (((this.#wanted[index + 1] ?? 0) & bit) !== 0) return true
    this.counters.unasked++
    return false
  }

  /** Index of the instrument when a kind of its data is wanted, else -1. */
  #index(name: number | string, bit: number): number {
    const index = typeof name === 'number' ? (this.#names[name] as number) : this.indexOf(name)
    if (index < 0) {
      this.counters.unknownInstruments++
      return -1
    }
    if (((this.#wanted[index + 1] ?? 0) & bit) === 0) {
      this.counters.unasked++
      return -1
    }
    return index
  }
}

/** A price or size, or NaN for none: infinite ones would pass through every later sum. */
function isAmount(value: number): boolean {
  return value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY
}

function parseNote(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** JSON of bounded depth: a parser's stack is not for strangers to fill. */
export function parseJson(given: Uint8Array | string): unknown {
  const text = typeof given === 'string' ? given : new TextDecoder().decode(given)
  let depth = 0
  let isText = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isText) {
      if (code === 92) at++
      else if (code === 34) isText = false
    } else if (code === 34) isText = true
    else if (code === 91 || code === 123) {
      if (++depth > mostDepth) throw new RangeError('nested too deeply')
    } else if (code === 93 || code === 125) depth--
  }
  return JSON.parse(text)
}
