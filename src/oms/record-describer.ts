/**
 * Journal records in words, for people and for tables: what `src/oms/records.ts` packs, as plain data with names, prices
 * and quantities as decimal text. Nothing is applied, so a journal can be described that could not be recovered.
 *
 * Instruments and names are records themselves: a describer is given every record in order, whether its words are wanted or
 * not. A snapshot tells all that came before it.
 */
import { SessionIds } from '../core/ids.js'
import { snapshotType } from '../journal/frame.js'
import type { RecordReader } from '../journal/record-reader.js'
import { Decimal, unitsToText } from '../model/decimal.js'
import { Instrument, type InstrumentDefinition } from '../model/instrument.js'
import { liquidityOf, sideOf, sourceName, statusOf, tifOf, typeOf } from '../orders/codes.js'
import { FEE_SCALE } from '../portfolio/fee-book.js'
import { denialCode } from '../risk/controls.js'
import { scopes } from '../risk/trading-state.js'
import { NameKind, RecordType, readKey, readTermValues, type TermValues } from './records.js'
import { readSplit } from './split-book.js'
import { killLevels } from './trading-controls.js'

/** A record in words. Times are Unix epoch microseconds. */
export interface RecordDescription {
  /** Number of the record. */
  readonly seq: number
  /** What it is, such as `intent`, `accepted` or `trade`; `type-7` where this release does not know it. */
  readonly type: string
  /** When our side wrote it; undefined where the record holds no time. */
  readonly tsUs?: number
  /** Number of the order that it is about. */
  readonly order?: number
  /** Client order id, where the describer has seen the order. */
  readonly clientOrderId?: string
  /** Everything else, by name. */
  readonly fields: Readonly<Record<string, unknown>>
}

interface KnownOrder {
  readonly clientOrderId: string
  readonly instrument: number
}

type Fields = Record<string, unknown>

const typeNames = new Map<number, string>(Object.entries(RecordType).map(([name, code]) => [code, name]))
const kinds = Object.keys(NameKind) as (keyof typeof NameKind)[]
const stateNames = ['ACTIVE', 'REDUCING', 'HALTED'] as const
const endings = ['rejected', 'canceled', 'working', 'filled'] as const

/** The name of a record type. */
export function recordTypeName(type: number): string {
  return type === snapshotType ? 'snapshot' : (typeNames.get(type) ?? `type-${type}`)
}

/** When a record was written, Unix epoch microseconds; undefined where it does not say. The reader stays where it is. */
export function writtenAt(type: number, record: RecordReader): number | undefined {
  const before = record.position
  const tsUs = timeIn(type, record)
  record.position = before
  return tsUs
}

function timeIn(type: number, record: RecordReader): number | undefined {
  switch (type) {
    case RecordType.denied:
      record.u8()
      return readTermValues(record).createdUs
    case RecordType.intent:
    case RecordType.external:
      return readTermValues(record).createdUs
    case RecordType.tradingState:
      record.u8()
      record.i32()
      record.u8()
      record.bool()
      return record.f64()
    case RecordType.drained:
    case RecordType.split:
      return record.f64()
    case RecordType.badReport:
      record.f64()
      return record.f64()
    default:
      if (type < RecordType.accepted || type > RecordType.resolved) return undefined
      record.f64()
      record.f64()
      return record.f64()
  }
}

/** Describes the records of one journal in their order. Remembers orders up to `keepOrders`, the latest. */
export class RecordDescriber {
  readonly #instruments: Instrument[] = []
  readonly #names: string[][] = kinds.map(() => [])
  readonly #orders = new Map<number, KnownOrder>()
  readonly #keepOrders: number
  readonly #baseCurrency: string
  #ids: SessionIds | undefined

  constructor({ keepOrders = 100_000, baseCurrency = 'base' }: { keepOrders?: number; baseCurrency?: string } = {}) {
    this.#keepOrders = keepOrders
    this.#baseCurrency = baseCurrency
  }

  /** Name of a definition by index, such as the account of an order. */
  nameOf(kind: keyof typeof NameKind, index: number): string {
    // The base currency needs no record: its index is 0 always.
    const unknown = kind === 'currency' && index === 0 ? this.#baseCurrency : `${kind} ${index}`
    return this.#names[NameKind[kind]][index] ?? unknown
  }

  /** The definition of an instrument by index. */
  instrumentAt(index: number): Instrument | undefined {
    return this.#instruments[index]
  }

  /**
   * Describes the next record.
   *
   * @throws TradewireError `TW_JOURNAL_CORRUPT` for one that ends before its last field.
   */
  describe(type: number, seq: number, record: RecordReader): RecordDescription {
    const name = recordTypeName(type)
    switch (type) {
      case snapshotType:
        return { seq, type: name, fields: this.#snapshot(record) }
      case RecordType.session:
        return { seq, type: name, fields: this.#session(record) }
      case RecordType.instrument:
        return { seq, type: name, fields: this.#instrument(JSON.parse(record.string()) as InstrumentDefinition) }
      case RecordType.name:
        return { seq, type: name, fields: this.#name(record) }
      case RecordType.denied: {
        const reason = denialCode(record.u8())
        return this.#terms(seq, name, record, { reason })
      }
      case RecordType.intent:
      case RecordType.external:
        return this.#terms(seq, name, record, {})
      case RecordType.tradingState:
        return this.#tradingState(seq, name, record)
      case RecordType.riskDecision:
        return { seq, type: name, fields: { decision: record.string() } }
      case RecordType.split:
        return this.#split(seq, name, record)
      case RecordType.strategyState:
        return { seq, type: name, fields: { strategy: record.string(), state: record.string() } }
      case RecordType.parent:
        return { seq, type: name, fields: { id: record.string(), plan: record.string() } }
      case RecordType.parentState:
        return { seq, type: name, fields: { id: record.string(), isClosed: record.bool(), state: record.string() } }
      case RecordType.badReport:
        return this.#badReport(seq, name, record)
      case RecordType.drained:
        return this.#drained(seq, name, record)
      default:
        return typeNames.has(type)
          ? this.#fact(type, seq, name, record)
          : { seq, type: name, fields: { bytes: record.remaining } }
    }
  }

  #session(record: RecordReader): Fields {
    const session = record.f64()
    const idPrefix = record.string()
    this.#ids = new SessionIds(idPrefix, session)
    // Release and configuration, since they are on record.
    const deployment = record.remaining === 0 ? '' : record.string()
    return { session, idPrefix, ...(deployment === '' ? {} : { deployment }) }
  }

  /** The part of a snapshot that later records refer to. */
  #snapshot(record: RecordReader): Fields {
    const version = record.u16()
    const session = record.f64()
    this.#instruments.length = 0
    for (let left = record.u32(); left > 0; left--)
      this.#instrument(JSON.parse(record.string()) as InstrumentDefinition)
    for (const names of this.#names) {
      names.length = 0
      for (let left = record.u32(); left > 0; left--) names.push(record.string())
    }
    for (let left = record.u32(); left > 0; left--) {
      this.#ids = new SessionIds(record.string(), record.f64())
      record.f64()
      record.f64()
    }
    return { version, session, instruments: this.#instruments.length, bytesOfState: record.remaining }
  }

  #instrument(definition: InstrumentDefinition): Fields {
    const known = this.#instruments.findIndex((each) => each.id === definition.id)
    const index = known < 0 ? this.#instruments.length : known
    this.#instruments[index] = new Instrument(definition, index)
    return { index, ...definition }
  }

  #name(record: RecordReader): Fields {
    const kind = record.u8()
    const index = record.u16()
    const name = record.string()
    if (this.#names[kind] !== undefined) this.#names[kind][index] = name
    return { kind: kinds[kind] ?? kind, index, name }
  }

  #terms(seq: number, type: string, record: RecordReader, more: Fields): RecordDescription {
    const terms = readTermValues(record)
    const { number, instrument } = terms
    const clientOrderId = terms.clientOrderId === '' ? (this.#ids?.of(number) ?? '') : terms.clientOrderId
    if (this.#orders.size >= this.#keepOrders) this.#orders.delete(this.#orders.keys().next().value as number)
    this.#orders.set(number, { clientOrderId, instrument })
    const fields = { ...this.#termFields(terms), ...more }
    return { seq, type, tsUs: terms.createdUs, order: number, clientOrderId, fields }
  }

  #termFields(terms: TermValues): Fields {
    const { instrument } = terms
    return {
      instrument: this.#instruments[instrument]?.id ?? instrument,
      account: this.nameOf('account', terms.account),
      strategy: this.nameOf('strategy', terms.strategy),
      connector: this.nameOf('connector', terms.connector),
      side: sideOf(terms.side),
      orderType: typeOf(terms.type),
      timeInForce: tifOf(terms.timeInForce),
      quantity: this.#size(instrument, terms.quantity),
      price: this.#price(instrument, terms.price),
      trigger: this.#price(instrument, terms.trigger),
      flags: terms.flags,
      ...(terms.tag === '' ? {} : { tag: terms.tag }),
    }
  }

  #tradingState(seq: number, type: string, record: RecordReader): RecordDescription {
    const scope = scopes[record.u8()]
    const index = record.i32()
    const state = stateNames[record.u8()] ?? 'HALTED'
    const isKill = record.bool()
    const tsUs = record.f64()
    const actor = record.string()
    const reason = record.string()
    // Once it was only said whether it cancels: 0 or 1.
    const level = killLevels[record.remaining === 0 ? 1 : record.u8()] ?? 'cancel'
    return {
      seq,
      type,
      tsUs,
      fields: {
        scope,
        name: this.#scopeName(scope, index),
        state,
        isKill,
        ...(isKill ? { level } : {}),
        actor,
        reason,
      },
    }
  }

  #scopeName(scope: string | undefined, index: number): string {
    if (scope === 'instrument') return this.#instruments[index]?.id ?? String(index)
    if (scope === 'account' || scope === 'strategy' || scope === 'connector') return this.nameOf(scope, index)
    return ''
  }

  #badReport(seq: number, type: string, record: RecordReader): RecordDescription {
    const order = record.f64()
    return { seq, type, order, tsUs: record.f64(), fields: { field: record.string(), report: record.string() } }
  }

  #drained(seq: number, type: string, record: RecordReader): RecordDescription {
    const tsUs = record.f64()
    const policy = record.u8() === 0 ? 'cancel' : 'leave'
    const orders: number[] = []
    for (let left = record.u32(); left > 0; left--) orders.push(record.f64())
    return { seq, type, tsUs, fields: { policy, leftOpen: orders } }
  }

  #split(seq: number, type: string, record: RecordReader): RecordDescription {
    const { id, instrument, numerator, denominator, cashPrice, actor, reason, effectiveUs, tsUs } = readSplit(
      record,
      seq,
    )
    const known = this.#instruments[instrument]
    const cash = new Decimal(cashPrice).times(new Decimal(10).pow(-(known?.priceScale ?? 0)))
    return {
      seq,
      type,
      tsUs,
      fields: {
        id,
        instrument: known?.id ?? instrument,
        ratio: `${numerator}:${denominator}`,
        ...(Number.isNaN(cashPrice) ? {} : { cashInLieu: cash.toFixed() }),
        effectiveUs,
        actor,
        reason,
      },
    }
  }

  #fact(type: number, seq: number, name: string, record: RecordReader): RecordDescription {
    const order = record.f64()
    const tsEventUs = record.f64()
    const tsUs = record.f64()
    const known = this.#orders.get(order)
    const fields = { tsEventUs, ...this.#factFields(type, known?.instrument ?? -1, record) }
    return known === undefined
      ? { seq, type: name, tsUs, order, fields }
      : { seq, type: name, tsUs, order, clientOrderId: known.clientOrderId, fields }
  }

  #factFields(type: number, instrument: number, record: RecordReader): Fields {
    switch (type) {
      case RecordType.accepted:
        return { venueOrderId: readKey(record) }
      case RecordType.rejected:
        return { source: sourceName(record.u8()), reason: record.string() }
      case RecordType.closed: {
        const isExpiry = record.bool()
        return { how: statusOf(isExpiry ? 12 : 10), source: sourceName(record.u8()), reason: record.string() }
      }
      case RecordType.unknown:
        return { reason: record.string() }
      case RecordType.request:
        return { generation: record.i32(), isCancel: record.bool(), ...this.#newTerms(instrument, record) }
      case RecordType.requestRejected:
        return { generation: record.i32() }
      case RecordType.updated:
        return { generation: record.i32(), ...this.#newTerms(instrument, record), venueOrderId: readKey(record) }
      case RecordType.trade:
        return this.#trade(instrument, record)
      case RecordType.corrected: {
        const corrects = readKey(record)
        const execId = readKey(record)
        const quantity = this.#size(instrument, record.f64())
        return { corrects, execId, quantity, price: this.#price(instrument, record.f64()), isWorking: record.bool() }
      }
      case RecordType.busted:
        return { busts: readKey(record), isWorking: record.bool() }
      case RecordType.withdrawn:
        return { reason: denialCode(record.u8()) }
      case RecordType.resolved: {
        const outcome = endings[record.u8()] ?? 'unknown'
        const fillSeq = record.f64()
        return { outcome, fillSeq, venueOrderId: readKey(record), actor: record.string(), reason: record.string() }
      }
      default:
        return {}
    }
  }

  #newTerms(instrument: number, record: RecordReader): Fields {
    const quantity = this.#size(instrument, record.f64())
    const price = this.#price(instrument, record.f64())
    return { quantity, price, trigger: this.#price(instrument, record.f64()) }
  }

  #trade(instrument: number, record: RecordReader): Fields {
    const execId = readKey(record)
    const quantity = this.#size(instrument, record.f64())
    const price = this.#price(instrument, record.f64())
    const feeUnits = record.f64()
    const feeCurrency = this.nameOf('currency', record.u16())
    const liquidity = liquidityOf(record.u8())
    // Without a fee its currency means nothing.
    if (!Number.isSafeInteger(feeUnits)) return { execId, quantity, price, liquidity }
    return { execId, quantity, price, fee: unitsToText(feeUnits, FEE_SCALE), feeCurrency, liquidity }
  }

  #price(instrument: number, units: number): string | null {
    if (!Number.isFinite(units)) return null
    const known = this.#instruments[instrument]
    return known !== undefined && Number.isSafeInteger(units) ? unitsToText(units, known.priceScale) : String(units)
  }

  #size(instrument: number, units: number): string | null {
    if (!Number.isFinite(units)) return null
    const known = this.#instruments[instrument]
    return known !== undefined && Number.isSafeInteger(units) ? unitsToText(units, known.sizeScale) : String(units)
  }
}
