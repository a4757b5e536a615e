/**
 * Facts that our own side makes: an order refused or taken back, a fate that is not known, a request that is over without
 * effect. Each is recorded, applied and told in one step, like every fact.
 */
import type { RecordWriter } from '../journal/journal.js'
import { FactSource } from '../orders/codes.js'
import type { OrderTable } from '../orders/order-table.js'
import { denialCode } from '../risk/controls.js'
import type { EventDelivery } from './event-delivery.js'
import type { Ledger } from './ledger.js'
import { RecordType, writeTerms } from './records.js'
import type { OrderStatistics } from './statistics.js'
import type { Turn } from './turn.js'

/** Records and applies what our side knows by itself. Facts about orders are made inside a turn. */
export class OwnFacts {
  /** What strategies saved last, as JSON text by name. */
  readonly strategyStates = new Map<string, string>()
  readonly #table: OrderTable
  readonly #ledger: Ledger
  readonly #turn: Turn
  readonly #news: EventDelivery
  readonly #statistics: OrderStatistics

  constructor(table: OrderTable, ledger: Ledger, turn: Turn, news: EventDelivery, statistics: OrderStatistics) {
    this.#table = table
    this.#ledger = ledger
    this.#turn = turn
    this.#news = news
    this.#statistics = statistics
  }

  /** Writes a record about an order: its number, venue time and our time, then what `write` adds. Returns its sequence number. */
  record(type: number, row: number, tsUs: number, write?: (writer: RecordWriter) => void): number {
    const turn = this.#turn
    const { recorder } = turn
    const writer = recorder.begin(type)
    writer.f64(this.#table.cells[row])
    writer.f64(tsUs)
    writer.f64(turn.nowUs)
    write?.(writer)
    turn.touch()
    return recorder.commit()
  }

  /** Keeps what a strategy wants to find again, as JSON text; the last of each counts. */
  saveStrategyState(strategy: string, state: string): void {
    const turn = this.#turn
    turn.begin()
    try {
      const writer = turn.recorder.begin(RecordType.strategyState)
      writer.string(strategy)
      writer.string(state)
      turn.recorder.commit()
      turn.touch()
      this.strategyStates.set(strategy, state)
    } finally {
      turn.end()
    }
  }

  /** Puts a change of risk limits, or what somebody decided about a large order, on record, as JSON text. */
  recordRiskDecision(change: string): void {
    const turn = this.#turn
    turn.begin()
    try {
      turn.recorder.begin(RecordType.riskDecision).string(change)
      turn.recorder.commit()
      turn.touch()
    } finally {
      turn.end()
    }
  }

  /** Records and applies the refusal of an order that has not been sent. */
  deny(row: number, reason: number): void {
    const { recorder } = this.#turn
    const writer = recorder.begin(RecordType.denied)
    writer.u8(reason)
    writeTerms(writer, this.#table, row)
    this.#denied(row, reason, recorder.commit())
    this.#turn.touch()
  }

  /** Takes an approved order back that was never handed to its connector. */
  withdraw(row: number, reason: number): void {
    this.#denied(
      row,
      reason,
      this.record(RecordType.withdrawn, row, this.#turn.nowUs, (writer) => writer.u8(reason)),
    )
  }

  #denied(row: number, reason: number, seq: number): void {
    const code = denialCode(reason)
    this.#table.setReason(row, code)
    this.#ledger.denied(row, reason, seq)
    this.#statistics.denial(reason)
    this.#news.emit('denied', row, seq, FactSource.local, this.#turn.nowUs, { reason: code })
  }

  /** The venue may or may not have the order. */
  declareUnknown(row: number, reason: string): void {
    const { nowUs } = this.#turn
    const seq = this.record(RecordType.unknown, row, nowUs, (writer) => writer.string(reason))
    this.#ledger.unknown(row, reason, nowUs, seq)
    this.#news.emit('unknown', row, seq, FactSource.local, nowUs, { reason })
  }

  /** There is no such order anywhere: concluded, not told. */
  declareVoid(row: number, reason: string): void {
    const { nowUs } = this.#turn
    const seq = this.record(RecordType.rejected, row, nowUs, (writer) => {
      writer.u8(FactSource.inferred)
      writer.string(reason)
    })
    this.#ledger.rejected(row, FactSource.inferred, reason, nowUs, seq)
    this.#news.emit('rejected', row, seq, FactSource.inferred, nowUs, { reason })
  }

  /** A request is over without effect. Returns the outcome of the fold. */
  requestRejected(
    row: number,
    generation: number,
    isCancel: boolean,
    reason: string,
    source: number,
    tsUs = this.#turn.nowUs,
  ): number {
    const seq = this.record(RecordType.requestRejected, row, tsUs, (writer) => writer.i32(generation))
    const outcome = this.#ledger.requestRejected(row, generation, this.#turn.nowUs, seq)
    this.#news.emit(isCancel ? 'cancel_rejected' : 'update_rejected', row, seq, source, tsUs, {
      reason,
      request: generation,
    })
    return outcome
  }
}
