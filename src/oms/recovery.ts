/**
 * A journal back into state: every record applied by the code that applied it the first time.
 *
 * Afterwards nothing is assumed about what the venue did meanwhile. Orders that may be out there and were never
 * acknowledged are of unknown fate until reconciliation has asked (RELIABILITY F02, F03).
 */
import { messageOf, TradewireError } from '../core/errors.js'
import { snapshotType } from '../journal/frame.js'
import type { RecordReader } from '../journal/record-reader.js'
import type { InstrumentDefinition } from '../model/instrument.js'
import { OrderFlag, StatusCode } from '../orders/codes.js'
import { lifecycle } from '../orders/derive.js'
import { Field, type OrderTable } from '../orders/order-table.js'
import type { ExecKey } from '../orders/trade-pool.js'
import { denialCode } from '../risk/controls.js'
import { scopes } from '../risk/trading-state.js'
import { restoreCore } from './core-snapshot.js'
import type { OrderCore } from './order-core.js'
import { NameKind, RecordType, readKey, readRates, readTerms } from './records.js'
import { applyResolution } from './resolution.js'
import { riskMemoryName } from './risk-memory.js'
import { readSplit } from './split-book.js'
import { bookSplit } from './splits.js'
import { killLevels } from './trading-controls.js'

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
  RecordType.resolved,
])

/** What a replay found. */
export interface RecoveryReport {
  records: number
  orders: number
  fills: number
  /** Orders declared unknown because nothing was heard of them before the stop. */
  unknown: number
  /** Reports that could not be taken and were kept as evidence. */
  evidence: number
}

/** Applies journal records to a core that is otherwise empty. */
export class Recovery {
  readonly #core: OrderCore
  readonly #strategyState: (strategy: string, state: string) => void
  /** Orders that were made for executions of forgotten ones, and for whose. */
  readonly #standsFor = new Map<number, { readonly number: number; readonly countedUnits: number }>()
  #session = 0
  #records = 0
  #orders = 0
  #fills = 0
  #evidence = 0

  constructor(core: OrderCore, onStrategyState: (strategy: string, state: string) => void = () => {}) {
    this.#core = core
    this.#strategyState = onStrategyState
    core.turn.isReplaying = true
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
      case snapshotType: {
        // Read from the start, a journal has told all of it before.
        if (this.#records > 1) return
        core.wasKilled = true
        this.#session = restoreCore(core, record)
        this.#orders = core.table.rows().length
        for (const [strategy, state] of core.facts.strategyStates) this.#tell(seq, strategy, state)
        return
      }
      case RecordType.session: {
        this.#session = record.f64()
        core.wasKilled = true
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
          core.table.cells[row + Field.position],
        )
        core.ledger.submitted(row, seq)
        if (type === RecordType.intent) core.riskMemory?.replayed(row)
        else this.#isFor(row, record)
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
      case RecordType.riskDecision:
        takeKept(seq, 'a decision about risk', record.string(), (text) => core.riskMemory?.decided(text))
        return
      case RecordType.split: {
        const split = readSplit(record, seq)
        this.#atItsRates(record, () => bookSplit(core, split))
        return
      }
      case RecordType.strategyState:
        this.#saved(seq, record.string(), record.string())
        return
      case RecordType.parent:
        core.parents.replayParent(record)
        return
      case RecordType.parentState:
        core.parents.replayState(record)
        return
      case RecordType.badReport:
        this.#evidence++
        return
      case RecordType.drained:
        core.wasKilled = false
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

  #saved(seq: number, strategy: string, state: string): void {
    this.#core.facts.strategyStates.set(strategy, state)
    this.#tell(seq, strategy, state)
  }

  #tell(seq: number, strategy: string, state: string): void {
    if (strategy === riskMemoryName)
      takeKept(seq, 'what risk controls kept', state, (text) => this.#core.riskMemory?.restore(text))
    else takeKept(seq, `what strategy "${strategy}" kept`, state, (text) => this.#strategyState(strategy, text))
  }

  #order(record: RecordReader): number {
    this.#orders++
    const core = this.#core
    const row = readTerms(record, core.table, (number) => core.ids.of(number))
    const { cells } = core.table
    core.ids.remember(core.table.clientOrderId(row) as string, cells[row])
    core.parents.adopt(row)
    return row
  }

  #tradingState(record: RecordReader): void {
    const { controls, gate } = this.#core
    const scope = scopes[record.u8()] as (typeof scopes)[number]
    const index = record.i32()
    const state = record.u8()
    const isKill = record.bool()
    record.f64()
    record.string()
    record.string()
    // Journals from before kill switches said so: those canceled what they covered.
    const level = record.remaining === 0 ? 1 : record.u8()
    if (isKill && state === 2) controls.restoreKill(scope, index, killLevels[level] ?? 'cancel')
    else if (isKill) controls.restoreRelease(scope, index)
    else gate.states.set(scope, index, (['ACTIVE', 'REDUCING', 'HALTED'] as const)[state] ?? 'HALTED')
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
        this.#corrected(row, seq, tsUs, nowUs, record)
        return
      case RecordType.busted: {
        const reference = readKey(record) ?? ''
        const works = record.bool()
        this.#atItsRates(record, () => ledger.busted(row, reference, works, tsUs, nowUs, seq))
        return
      }
      case RecordType.resolved:
        applyResolution(
          this.#core,
          row,
          {
            ending: record.u8(),
            fillSeq: record.f64(),
            venueOrderId: readKey(record),
            actor: record.string(),
            reason: record.string(),
          },
          nowUs,
          seq,
        )
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
    const { table, ledger } = this.#core
    const exec = readKey(record) ?? ''
    if ((table.cells[row + Field.flags] & OrderFlag.external) !== 0) this.#bookedForOthers(row, exec, tsUs)
    const quantity = record.f64()
    const price = record.f64()
    const fee = record.f64()
    const currency = record.u16()
    const liquidity = record.u8()
    const basis = record.f64()
    this.#atItsRates(record, () =>
      ledger.trade(row, exec, quantity, price, fee, currency, liquidity, basis, tsUs, nowUs, seq),
    )
  }

  /** For which order of ours a record was made; journals from before that was written end here. */
  #isFor(row: number, record: RecordReader): void {
    if (record.remaining === 0) return
    const number = record.f64()
    const countedUnits = record.f64()
    if (number > 0) this.#standsFor.set(this.#core.table.cells[row], { number, countedUnits })
  }

  /** An execution of an order that nobody here sent, or of which nothing but the name was left: it is known from now on. */
  #bookedForOthers(row: number, exec: ExecKey, tsUs: number): void {
    const { table, externalExecs, identities } = this.#core
    const forgotten = this.#standsFor.get(table.cells[row])
    if (forgotten === undefined) externalExecs.add(table.cells[row + Field.connector], exec)
    else {
      identities.useConcluded(forgotten.number, forgotten.countedUnits)
      identities.addLate(forgotten.number, exec, tsUs)
    }
  }

  #corrected(row: number, seq: number, tsUs: number, nowUs: number, record: RecordReader): void {
    const reference = readKey(record) ?? ''
    const exec = readKey(record)
    const quantity = record.f64()
    const price = record.f64()
    const works = record.bool()
    this.#atItsRates(record, () =>
      this.#core.ledger.corrected(row, reference, exec, quantity, price, works, tsUs, nowUs, seq),
    )
  }

  /** Books an event at the conversion rates that were when it came, which stand at the end of its record. */
  #atItsRates(record: RecordReader, book: () => unknown): void {
    const { portfolio } = this.#core.ledger
    portfolio.stateRates(readRates(record))
    try {
      book()
    } finally {
      portfolio.stateRates(undefined)
    }
  }

  /** Ends the replay. With `isRestart`, orders whose fate the stop left open are declared unknown, on record. */
  finish(isRestart: boolean): RecoveryReport {
    const core = this.#core
    core.turn.isReplaying = false
    core.lastActivityUs = lastActivityUs(core.table)
    core.parents.holdAll()
    let unknown = 0
    if (isRestart) {
      core.turn.begin()
      for (const row of core.table.rows()) {
        if (core.table.cells[row + Field.isOpen] === 0 || lifecycle(core.table, row) !== StatusCode.SUBMITTED) continue
        if (isEmptyRecord(core.table, row)) {
          core.facts.declareVoid(row, 'restart: it was made for an execution that never reached the journal')
          continue
        }
        core.facts.declareUnknown(row, 'restart: nothing was heard of it before the stop')
        unknown++
      }
      core.turn.end()
    }
    return { records: this.#records, orders: this.#orders, fills: this.#fills, unknown, evidence: this.#evidence }
  }
}

/** When an order last changed; NaN without any. */
function lastActivityUs(table: OrderTable): number {
  const times = table.rows().map((row) => table.cells[row + Field.updatedUs])
  return times.length === 0 ? Number.NaN : times.reduce((latest, us) => Math.max(latest, us))
}

/** Whether a record was made for an execution without an order, and the process died before the execution was written. */
function isEmptyRecord(table: OrderTable, row: number): boolean {
  const isExternal = (table.cells[row + Field.flags] & OrderFlag.external) !== 0
  return isExternal && table.venueOrderId(row) === undefined && table.cells[row + Field.firstTrade] < 0
}

/** Hands a text that was kept to who knows it. What cannot be taken names its record, and refuses the start. */
function takeKept(seq: number, what: string, text: string, take: (text: string) => void): void {
  try {
    take(text)
  } catch (error) {
    throw notTaken(seq, what, error)
  }
}

function notTaken(seq: number, what: string, error: unknown): TradewireError {
  const code = error instanceof TradewireError ? error.code : 'TW_JOURNAL_CORRUPT'
  // What a parser says shows pieces of the text.
  const cause = error instanceof SyntaxError ? undefined : error
  const why = cause === undefined ? 'it is no JSON' : messageOf(cause).replace(` [${code}]`, '')
  return new TradewireError(
    code,
    `Record ${seq}: ${what} cannot be taken: ${why}. Go back to a copy of the journal that ends before it, or begin another one after positions, limits and trading states were checked by hand`,
    { details: { seq, what }, cause },
  )
}
