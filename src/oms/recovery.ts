/**
 * A journal back into state: every record applied by the code that applied it the first time.
 *
 * Afterwards nothing is assumed about what the venue did meanwhile. Orders that may be out there and were never
 * acknowledged are of unknown fate until reconciliation has asked (RELIABILITY F02, F03).
 */
import { TradewireError } from '../core/errors.js'
import type { RecordReader } from '../journal/record-reader.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import { OrderFlag, StatusCode } from '../orders/codes.js'
import { lifecycle } from '../orders/derive.js'
import { Field } from '../orders/order-table.js'
import { denialCode } from '../risk/controls.js'
import { scopes } from '../risk/trading-state.js'
import type { OrderCore } from './order-core.js'
import { NameKind, RecordType, readKey, readTerms } from './records.js'

/** Records about one order. */
const factTypes: ReadonlySet<number> = new Set([
  RecordType.accepted,
  RecordType.rejected,
  RecordType.closed,
  RecordType.triggered,
  RecordType.unknown,
  RecordType.works,
  RecordType.request,
  RecordType.requestRejected,
  RecordType.updated,
  RecordType.trade,
  RecordType.corrected,
  RecordType.busted,
  RecordType.withdrawn,
])

/** What a replay found. */
export interface RecoveryReport {
  records: number
  orders: number
  fills: number
  /** Orders declared unknown because nothing was heard of them before the stop. */
  unknown: number
}

/** Applies journal records to a core that is otherwise empty. */
export class Recovery {
  readonly #core: OrderCore
  readonly #strategyState: (strategy: string, state: string) => void
  #session = 0
  #records = 0
  #orders = 0
  #fills = 0

  constructor(core: OrderCore, onStrategyState: (strategy: string, state: string) => void = () => {}) {
    this.#core = core
    this.#strategyState = onStrategyState
    core.isReplaying = true
  }

  /** The highest session number seen. */
  get session(): number {
    return this.#session
  }

  /** Applies one record. @throws TradewireError `TW_JOURNAL_CORRUPT` for a record that makes no sense. */
  apply(type: number, seq: number, record: RecordReader): void {
    this.#records++
    const core = this.#core
    switch (type) {
      case RecordType.session: {
        this.#session = record.f64()
        core.ids.begin(record.string(), this.#session, core.table.lastNumber)
        return
      }
      case RecordType.instrument: {
        core.instruments.add(JSON.parse(record.string()) as InstrumentDefinition)
        return
      }
      case RecordType.name: {
        const kind = record.u8()
        const index = record.u16()
        const name = record.string()
        const key = (Object.keys(NameKind) as (keyof typeof NameKind)[])[kind] as keyof typeof NameKind
        if (core.intern(key, name) !== index)
          throw new TradewireError('TW_JOURNAL_CORRUPT', `Record ${seq}: name ${name} has another index than ${index}`)
        return
      }
      case RecordType.intent:
      case RecordType.external: {
        const row = this.#order(record)
        core.ledger.portfolio.ensurePosition(
          core.table.cells[row + Field.account],
          core.table.cells[row + Field.strategy],
          core.instruments.at(core.table.cells[row + Field.instrument]),
        )
        core.ledger.submitted(row, seq)
        return
      }
      case RecordType.denied: {
        const reason = record.u8()
        const row = this.#order(record)
        core.table.setReason(row, denialCode(reason))
        core.ledger.denied(row, reason, seq)
        return
      }
      case RecordType.tradingState:
        this.#tradingState(record)
        return
      case RecordType.strategyState:
        this.#strategyState(record.string(), record.string())
        return
      default:
        if (!factTypes.has(type))
          throw new TradewireError(
            'TW_JOURNAL_VERSION',
            `Record ${seq} is of type ${type}, which this release does not know`,
          )
        this.#fact(type, seq, record)
    }
  }

  #order(record: RecordReader): number {
    this.#orders++
    const core = this.#core
    const row = readTerms(record, core.table, (number) => core.ids.of(number))
    const { cells } = core.table
    core.ids.remember(core.table.clientOrderId(row) as string, cells[row])
    return row
  }

  #tradingState(record: RecordReader): void {
    const { states } = this.#core.gate
    const scope = scopes[record.u8()] as (typeof scopes)[number]
    const index = record.i32()
    const state = record.u8()
    const isKill = record.bool()
    if (isKill && state === 2) states.kill(scope, index)
    else if (isKill) states.release(scope, index)
    else states.set(scope, index, (['ACTIVE', 'REDUCING', 'HALTED'] as const)[state] ?? 'HALTED')
  }

  /** A fact about an order: all of them start with number, venue time and our time. */
  #fact(type: number, seq: number, record: RecordReader): void {
    const { table, ledger } = this.#core
    const number = record.f64()
    const tsUs = record.f64()
    const nowUs = record.f64()
    const row = table.rowOf(number)
    if (row < 0)
      throw new TradewireError(
        'TW_JOURNAL_CORRUPT',
        `Record ${seq} is about order ${number}, which the journal has not told of`,
      )
    switch (type) {
      case RecordType.accepted:
        ledger.accepted(row, readKey(record), nowUs, seq)
        return
      case RecordType.rejected:
        ledger.rejected(row, record.u8(), record.string(), nowUs, seq)
        return
      case RecordType.closed:
        ledger.closed(row, record.bool(), record.u8(), record.string(), tsUs, nowUs, seq)
        return
      case RecordType.triggered:
        ledger.triggered(row, nowUs, seq)
        return
      case RecordType.unknown:
        ledger.unknown(row, record.string(), nowUs, seq)
        return
      case RecordType.works:
        ledger.works(row, nowUs, seq)
        return
      case RecordType.request:
        ledger.request(row, record.i32(), record.bool(), record.f64(), record.f64(), record.f64(), nowUs, seq)
        return
      case RecordType.requestRejected:
        ledger.requestRejected(row, record.i32(), nowUs, seq)
        return
      case RecordType.updated:
        ledger.updated(row, record.i32(), record.f64(), record.f64(), record.f64(), readKey(record), tsUs, nowUs, seq)
        return
      case RecordType.trade:
        this.#fills++
        this.#trade(row, seq, tsUs, nowUs, record)
        return
      case RecordType.corrected:
        ledger.corrected(
          row,
          readKey(record) ?? '',
          readKey(record),
          record.f64(),
          record.f64(),
          record.bool(),
          tsUs,
          nowUs,
          seq,
        )
        return
      case RecordType.busted:
        ledger.busted(row, readKey(record) ?? '', record.bool(), tsUs, nowUs, seq)
        return
      case RecordType.withdrawn: {
        const reason = record.u8()
        table.setReason(row, denialCode(reason))
        ledger.denied(row, reason, seq)
        return
      }
    }
  }

  #trade(row: number, seq: number, tsUs: number, nowUs: number, record: RecordReader): void {
    const { table, ledger, externalExecs } = this.#core
    const exec = readKey(record) ?? ''
    if ((table.cells[row + Field.flags] & OrderFlag.external) !== 0)
      externalExecs.add(table.cells[row + Field.connector], exec)
    ledger.trade(
      row,
      exec,
      record.f64(),
      record.f64(),
      record.f64(),
      record.u16(),
      record.u8(),
      record.f64(),
      tsUs,
      nowUs,
      seq,
    )
  }

  /** Ends the replay. With `isRestart`, orders whose fate the stop left open are declared unknown, on record. */
  finish(isRestart: boolean): RecoveryReport {
    const core = this.#core
    core.isReplaying = false
    let unknown = 0
    if (isRestart) {
      core.beginTurn()
      for (const row of core.table.rows()) {
        if (core.table.cells[row + Field.isOpen] === 0 || lifecycle(core.table, row) !== StatusCode.SUBMITTED) continue
        core.declareUnknown(row, 'restart: nothing was heard of it before the stop')
        unknown++
      }
      core.endTurn()
    }
    return { records: this.#records, orders: this.#orders, fills: this.#fills, unknown }
  }
}
