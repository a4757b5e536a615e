/**
 * The heart of the order plane: orders, their journal, their events, and the turn in which all of it happens.
 *
 * A turn is the handling of one batch: one call of the host, one batch of market data, one batch of venue reports. Within
 * it, facts are recorded and applied at once; at its end the journal is written once, then orders are handed to their
 * connectors, then events are delivered. What listeners do during delivery belongs to the same turn and makes it go round
 * again:
 *
 *   record + apply …  ─►  flush journal  ─►  send  ─►  deliver events  ─►  (more? again)
 */

import type { BaseConnector } from '../connector/base-connector.js'
import type { Clock } from '../core/clock.js'
import { TypedEmitter } from '../core/emitter.js'
import { messageOf, TradewireError } from '../core/errors.js'
import { errnoOf } from '../core/file-system.js'
import type { Logger } from '../core/logger.js'
import type { Journal } from '../journal/journal.js'
import { LatencyHistogram } from '../math/histogram.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { CancelRequest, type OrderNames } from '../orders/approved-order.js'
import { FactSource, statusOf } from '../orders/codes.js'
import { inFlightRequests, lifecycle, status } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import * as TradeField from '../orders/trade-fields.js'
import { NameTable } from '../portfolio/names.js'
import type { Portfolio } from '../portfolio/portfolio.js'
import { denialCode, LocalReason } from '../risk/controls.js'
import type { RiskGate } from '../risk/gate.js'
import { isKillWord, type Scope, scopes, TradingState, type TradingStateName } from '../risk/trading-state.js'
import { ClientIds } from './client-ids.js'
import { EventQueue } from './event-queue.js'
import { explainOrder } from './explain.js'
import { ExternalExecs } from './external-execs.js'
import { OrderIdentities } from './identities.js'
import { Ledger } from './ledger.js'
import { OrderEvent, type OrderEventDetails, type OrderEventType } from './order-event.js'
import { type HandleHome, OrderHandle } from './order-handle.js'
import { type OrderImage, OrderImages } from './order-image.js'
import { Outbox, Outgoing } from './outbox.js'
import { Recorder } from './recorder.js'
import { NameKind, RecordType, writeTerms } from './records.js'

/** So many rounds of events that lead to orders that lead to events are settled in one turn; the rest waits for the next. */
const maxRounds = 1_000

/** A full disk is tried again so often. */
const resumeEveryNs = 1_000_000_000

/** What is delivered beside order events, in one order with them. */
interface Notice {
  readonly anomaly?: OrderManagerEvents['anomaly']
  readonly state?: OrderManagerEvents['state']
}

/** Events of all orders, and what else the order plane has to say. */
export interface OrderManagerEvents {
  /** Any order event. */
  order: OrderEvent
  /** Something that needs a person or a rule: a late fill, an overfill, a fill nobody knows an order for. */
  anomaly: { kind: string; orderNumber: number; message: string }
  /** A trading state or a kill switch changed. */
  state: { scope: Scope; index: number; state: TradingStateName; isKill: boolean; actor: string; reason: string }
}

/** What the order plane is made of. */
export interface OrderCoreOptions {
  table: OrderTable
  gate: RiskGate
  portfolio: Portfolio
  instruments: InstrumentRegistry
  names: CoreNames
  clock: Clock
  logger: Logger
  /** Bounds of the tables that are indexed by account, strategy and connector. */
  sizes: { account: number; strategy: number; connector: number; instrument: number }
}

/** Names of accounts, strategies and connectors, and ids of orders. One object for gate, views and snapshots. */
export class CoreNames implements OrderNames {
  readonly accounts = new NameTable()
  readonly strategies = new NameTable()
  readonly connectors = new NameTable()
  readonly #table: OrderTable
  ids: ClientIds | undefined

  constructor(table: OrderTable) {
    this.#table = table
  }

  account(index: number): string {
    return this.accounts.name(index)
  }

  strategy(index: number): string {
    return this.strategies.name(index)
  }

  connector(index: number): string {
    return this.connectors.name(index)
  }

  clientOrderId(row: number): string {
    const given = this.#table.clientOrderId(row)
    if (given !== undefined) return given
    const id = this.idOf(this.#table.cells[row + Field.number])
    this.#table.setClientOrderId(row, id)
    return id
  }

  /** The id of an order of this session that the host gave none. */
  idOf(number: number): string {
    return (this.ids as ClientIds).of(number)
  }
}

/** Shared by the order manager, the intake of reports, recovery and reconciliation. */
export class OrderCore implements HandleHome {
  readonly table: OrderTable
  readonly gate: RiskGate
  readonly ledger: Ledger
  readonly sizes: OrderCoreOptions['sizes']
  readonly instruments: InstrumentRegistry
  readonly names: CoreNames
  readonly ids: ClientIds
  readonly clock: Clock
  readonly logger: Logger
  readonly events = new TypedEmitter<OrderManagerEvents>()
  /** By index of their name; a hole for names that only the journal knows. */
  readonly connectors: (BaseConnector | undefined)[] = []
  /** Executions of external orders that are booked. */
  readonly externalExecs = new ExternalExecs()
  /** From submit to the venue's acknowledgement, and to the first fill. */
  readonly latency = { submitToAck: new LatencyHistogram(), submitToFill: new LatencyHistogram() }
  readonly counters = {
    submitted: 0,
    denied: 0,
    fills: 0,
    cancels: 0,
    anomalies: 0,
    listenerErrors: 0,
    sendFailures: 0,
  }
  readonly #handles: (OrderHandle | undefined)[]
  readonly #sinks: (((event: OrderEvent) => void) | undefined)[] = []
  readonly #images: OrderImages
  readonly #outbox = new Outbox()
  readonly #cancels = new Outbox()
  /** Orders whose record was taken over. */
  readonly identities: OrderIdentities
  readonly #cancel: CancelRequest
  readonly #connectedSeq: number[] = []
  /** With the strategies of the order events: by the time of delivery the record may belong to another order. */
  readonly #queue = new EventQueue<Notice>()
  #nextResumeNs = 0
  /** Orders that a kill switch wants canceled and whose venue could not be reached. */
  readonly #owedCancels = new Set<number>()
  #ended: TradewireError | undefined
  #depth = 0
  #isDirty = false
  #isSettling = false
  #isSyncing = false
  #isReplaying = false
  /** Wall time of the current turn, epoch microseconds: one clock read a turn. */
  nowUs = 0
  #recorder: Recorder | undefined
  #modify: ((number: number, quantity: unknown) => void) | undefined
  #cancelByNumber: ((number: number) => void) | undefined

  constructor(options: OrderCoreOptions) {
    const { table, gate, portfolio, instruments, names, clock, logger } = options
    this.table = table
    this.gate = gate
    this.instruments = instruments
    this.names = names
    this.clock = clock
    this.logger = logger
    this.sizes = options.sizes
    this.ledger = new Ledger({ table, exposure: gate.exposure, portfolio, instruments })
    this.ids = new ClientIds()
    names.ids = this.ids
    this.#handles = new Array<OrderHandle | undefined>(table.capacity).fill(undefined)
    this.#cancel = new CancelRequest(table, instruments, names)
    this.identities = new OrderIdentities(table.capacity * 8)
    this.#images = new OrderImages(table, instruments)
    table.onEvict = (row, number) => {
      this.#remember(row, number)
      const handle = this.#handles[table.indexOf(row)]
      if (handle !== undefined) handle.keep(this.#images.take(row))
      this.#handles[table.indexOf(row)] = undefined
    }
    this.events.onListenerError = (error, event) => this.listenerFailed(error, event)
  }

  /** Starts a session: from here on facts are written to `journal`. Comes after the replay of what the journal holds. */
  open(journal: Journal, idPrefix: string, session: number): void {
    this.#isReplaying = false
    this.#recorder = new Recorder(journal)
    this.ids.begin(idPrefix, session, this.table.lastNumber)
    const writer = this.recorder.begin(RecordType.session)
    writer.f64(session)
    writer.string(idPrefix)
    this.recorder.commit()
    journal.flush()
  }

  get recorder(): Recorder {
    if (this.#recorder === undefined)
      throw new TradewireError('TW_INVALID_STATE', 'The order plane has no journal yet; open it first')
    return this.#recorder
  }

  /** The ways back from a handle; set by the order manager. */
  bind(cancel: (number: number) => void, modify: (number: number, change: unknown) => void): void {
    this.#cancelByNumber = cancel
    this.#modify = modify
  }

  cancel(number: number): void {
    this.#cancelByNumber?.(number)
  }

  modify(number: number, change: unknown): void {
    this.#modify?.(number, change)
  }

  snapshot(number: number) {
    return this.snapshotOfImage(this.#images.now(this.rowOf(number)))
  }

  snapshotOfImage(image: OrderImage) {
    return image.toSnapshot(this.instruments, this.names)
  }

  status(number: number) {
    return statusOf(status(this.table, this.rowOf(number)))
  }

  lifecycle(number: number) {
    return statusOf(lifecycle(this.table, this.rowOf(number)))
  }

  explain(number: number) {
    return explainOrder(this.table, this.rowOf(number), this.instruments)
  }

  /** Row of an order. @throws TradewireError `TW_UNKNOWN_ORDER`. */
  rowOf(number: number): number {
    const row = this.table.rowOf(number)
    if (row < 0)
      throw new TradewireError(
        'TW_UNKNOWN_ORDER',
        `Order ${number} is not in the table; it may be beyond the history bound`,
      )
    return row
  }

  /** A connection was established: what was sent before it went over an earlier one. */
  connected(connector: number): void {
    this.#connectedSeq[connector] = this.recorder.lastSeq
  }

  /** The last journal record before the current connection of a connector. */
  connectedSeq(connector: number): number {
    return this.#connectedSeq[connector] ?? 0
  }

  /** Keeps who an order was, and what was executed, before its record is taken over. */
  #remember(row: number, number: number): void {
    const { cells, trades } = this.table
    if (cells[row + Field.submittedSeq] === 0) return
    this.identities.keep(
      number,
      cells[row + Field.instrument],
      cells[row + Field.account],
      cells[row + Field.strategy],
      cells[row + Field.connector],
      cells[row + Field.side],
      this.table.venueOrderId(row),
    )
    for (let trade = cells[row + Field.firstTrade]; trade >= 0; trade = trades.cells[trade + TradeField.next])
      this.identities.keepExec(number, trades.exec(trade))
  }

  /** The handle of an order, made when it is first asked for. */
  handleOf(row: number): OrderHandle {
    const index = this.table.indexOf(row)
    let handle = this.#handles[index]
    if (handle === undefined) {
      handle = new OrderHandle(this, this.table.cells[row])
      if (this.#ended !== undefined) handle.abandon(this.#ended)
      this.#handles[index] = handle
    }
    return handle
  }

  /** Hands the events of one strategy's orders to `sink`. */
  setSink(strategy: number, sink: ((event: OrderEvent) => void) | undefined): void {
    while (this.#sinks.length <= strategy) this.#sinks.push(undefined)
    this.#sinks[strategy] = sink
  }

  /** During a replay facts are applied, and nothing is sent or delivered. */
  set isReplaying(value: boolean) {
    this.#isReplaying = value
  }

  // ---- Names that the journal must know -------------------------------------------------------------------------------

  /** Index of a name, written to the journal when it is new. */
  intern(kind: keyof typeof NameKind, name: string): number {
    const table = this.#nameTable(kind)
    const known = table.find(name)
    if (known >= 0) return known
    const bound = kind === 'currency' ? 65_536 : this.sizes[kind]
    if (table.size >= bound)
      throw new TradewireError(
        'TW_CAPACITY',
        `There is room for ${bound} names of kind ${kind}; "${name}" is one too many`,
      )
    const index = table.intern(name)
    if (this.#isReplaying) return index
    const writer = this.recorder.begin(RecordType.name)
    writer.u8(NameKind[kind])
    writer.u16(index)
    writer.string(name)
    this.recorder.commit()
    this.touch()
    return index
  }

  #nameTable(kind: keyof typeof NameKind): NameTable {
    switch (kind) {
      case 'account':
        return this.names.accounts
      case 'strategy':
        return this.names.strategies
      case 'connector':
        return this.names.connectors
      case 'currency':
        return this.ledger.portfolio.currencies
    }
  }

  // ---- Turns ----------------------------------------------------------------------------------------------------------

  beginTurn(): void {
    if (this.#depth++ === 0) this.nowUs = this.clock.wallUs()
  }

  endTurn(): void {
    if (--this.#depth > 0) return
    if (this.#isSettling || this.#isReplaying || !this.#isDirty) return
    this.#settle()
  }

  /** Marks the turn as having something to write. */
  touch(): void {
    this.#isDirty = true
  }

  #settle(): void {
    this.#isSettling = true
    this.#depth++
    let rounds = 0
    try {
      while (this.#isDirty) {
        this.#isDirty = false
        this.#flush()
        if (this.recorder.journal.durability === 'fsync') {
          this.#sendCancels()
          this.#finishWhenDurable()
        } else {
          // What is staged, or happens, while these leave is not in the journal yet: it waits for the next round.
          const events = this.#queue.size
          this.#sendOrders(this.#outbox.size, true)
          this.#sendCancels()
          if (++rounds > maxRounds) {
            this.#putOff()
            return
          }
          this.#deliver(events)
        }
      }
    } finally {
      this.#depth--
      this.#isSettling = false
    }
  }

  /** Events lead to orders lead to events, without end: the host gets its thread back, and the next turn goes on. */
  #putOff(): void {
    this.anomaly(
      'RUNAWAY',
      0,
      `More than ${maxRounds} rounds of events and orders in one turn; the rest waits for the next turn`,
    )
    this.#isDirty = true
  }

  /** Writes what was recorded. A disk that was full is tried again now and then; after other failures a person decides. */
  #flush(): void {
    const { journal } = this.recorder
    if (journal.state === 'failed') this.#resume(journal)
    journal.tryFlush()
  }

  #resume(journal: Journal): void {
    const errno = errnoOf(journal.failure?.error)
    const nowNs = this.clock.monotonicNs()
    if ((errno !== 'ENOSPC' && errno !== 'EDQUOT') || nowNs < this.#nextResumeNs) return
    this.#nextResumeNs = nowNs + resumeEveryNs
    if (journal.tryResume())
      this.anomaly(
        'JOURNAL_RESUMED',
        0,
        'There is room on the disk again: the journal holds everything, and orders are taken',
      )
  }

  /** Puts an order or a change behind what the journal is about to hold. */
  stage(kind: number, row: number, generation: number, quantity: number, price: number, trigger: number): void {
    const { cells } = this.table
    if (kind === Outgoing.order) cells[row + Field.isStaged] = 1
    const epoch = this.connectors[cells[row + Field.connector]]?.epoch ?? 0
    this.#outbox.put(kind, row, cells[row], epoch, generation, quantity, price, trigger)
    this.#isDirty = true
  }

  /** Puts a cancel into the turn. It does not wait for a disk; an order that has not left yet is not sent at all. */
  stageCancel(row: number, generation: number): void {
    this.#isDirty = true
    const { cells } = this.table
    if (cells[row + Field.isStaged] === 1) return
    this.#cancels.put(Outgoing.cancel, row, cells[row], 0, generation, Number.NaN, Number.NaN, Number.NaN)
  }

  /** Power-safe mode: what is staged leaves, and what happened is told, when the disk has it. Meanwhile more may be staged. */
  #finishWhenDurable(): void {
    if (this.#isSyncing || (this.#outbox.isEmpty && this.#queue.size === 0)) return
    this.#isSyncing = true
    const staged = this.#outbox.size
    const events = this.#queue.size
    const finish = (isDurable: boolean) => {
      this.#isSyncing = false
      this.beginTurn()
      this.#sendOrders(staged, isDurable)
      this.#deliver(events)
      this.#isDirty ||= !this.#outbox.isEmpty || this.#queue.size > 0
      this.endTurn()
    }
    this.recorder.journal.durable().then(
      () => finish(true),
      () => finish(false),
    )
  }

  #sendOrders(most: number, isRecorded: boolean): void {
    const outbox = this.#outbox
    for (let sent = 0; sent < most && outbox.take(); sent++) {
      if (outbox.kind === Outgoing.order) this.#sendOrder(outbox.row, outbox.epoch, isRecorded)
      else
        this.#sendReplace(
          outbox.row,
          outbox.number,
          outbox.generation,
          outbox.quantity,
          outbox.price,
          outbox.trigger,
          isRecorded,
        )
    }
  }

  #sendCancels(): void {
    const { cells } = this.table
    while (this.#cancels.take()) {
      // An order that is over meanwhile needs no cancel, and its record may be another's.
      const { row, number, generation } = this.#cancels
      if (cells[row] === number && cells[row + Field.isOpen] === 1) this.#sendCancel(row, generation)
    }
  }

  #connectorOf(row: number): BaseConnector {
    const connector = this.connectors[this.table.cells[row + Field.connector]]
    if (connector !== undefined) return connector
    throw new TradewireError(
      'TW_NOT_CONNECTED',
      `Connector ${this.names.connector(this.table.cells[row + Field.connector])} is not part of this system`,
    )
  }

  #sendOrder(row: number, epoch: number, isRecorded: boolean): void {
    const { gate } = this
    const { cells } = this.table
    cells[row + Field.isStaged] = 0
    const verdict = this.#obstacle(row, epoch, isRecorded)
    if (verdict !== 0) {
      this.withdraw(row, verdict)
      return
    }
    try {
      this.#connectorOf(row).submit(gate.approved(row))
    } catch (error) {
      this.#sendFailed(row, error)
    }
  }

  /** Why an approved order may not leave after all; 0 when it may. Over another connection than it was approved for, it is not sent. */
  #obstacle(row: number, epoch: number, isRecorded: boolean): number {
    const { cells } = this.table
    if (
      (inFlightRequests(this.table, row) & cells[row + Field.requestIsCancel]) !== 0 ||
      cells[row + Field.isOpen] === 0
    )
      return LocalReason.CANCELED_BEFORE_SEND
    if (!isRecorded || !this.recorder.isHealthy) return LocalReason.JOURNAL_UNAVAILABLE
    return (
      this.gate.recheck(row) ||
      (this.connectors[cells[row + Field.connector]]?.epoch === epoch ? 0 : LocalReason.NO_ROUTE)
    )
  }

  /** Nothing was sent when the connector says so; after any other error the order may be out there. */
  #sendFailed(row: number, error: unknown): void {
    this.counters.sendFailures++
    this.logger.error({ order: this.table.cells[row], error: messageOf(error) }, 'sending an order failed')
    if (wasNotSent(error)) this.withdraw(row, LocalReason.NO_ROUTE)
    else this.declareUnknown(row, `send failed: ${messageOf(error)}`)
  }

  #sendReplace(
    row: number,
    number: number,
    generation: number,
    quantity: number,
    price: number,
    trigger: number,
    isRecorded: boolean,
  ): void {
    const { cells } = this.table
    if (cells[row] !== number || cells[row + Field.isOpen] === 0) return
    const verdict =
      isRecorded && this.recorder.isHealthy
        ? this.#replaceVerdict(row, quantity, price, trigger)
        : LocalReason.JOURNAL_UNAVAILABLE
    if (verdict !== 0) {
      this.requestRejected(row, generation, false, denialCode(verdict), FactSource.local)
      return
    }
    try {
      this.#connectorOf(row).replace(this.gate.approvedReplace(row, generation, quantity, price, trigger))
    } catch (error) {
      this.counters.sendFailures++
      if (wasNotSent(error)) this.requestRejected(row, generation, false, 'NOT_READY', FactSource.local)
      else this.logger.error({ order: number, error: messageOf(error) }, 'sending a change failed; its outcome is open')
    }
  }

  /** The states again, as for a new order; what only takes quantity away passes them. */
  #replaceVerdict(row: number, quantity: number, price: number, trigger: number): number {
    const { cells } = this.table
    const isDecrease =
      quantity <= cells[row + Field.quantity] &&
      Object.is(price, cells[row + Field.price]) &&
      Object.is(trigger, cells[row + Field.trigger])
    return isDecrease ? 0 : this.gate.recheck(row, quantity)
  }

  #sendCancel(row: number, generation: number): void {
    try {
      this.#connectorOf(row).cancel(this.#cancel.point(row, generation))
    } catch (error) {
      this.counters.sendFailures++
      if (wasNotSent(error)) {
        if (this.#isKilled(row)) this.#owedCancels.add(this.table.cells[row])
        this.requestRejected(row, generation, true, 'NOT_CONNECTED', FactSource.local)
      } else
        this.logger.error(
          { order: this.table.cells[row], error: messageOf(error) },
          'sending a cancel failed; its outcome is open',
        )
    }
  }

  #isKilled(row: number): boolean {
    const { cells } = this.table
    const word = this.gate.states.strictest(
      cells[row + Field.account],
      cells[row + Field.connector],
      cells[row + Field.strategy],
      cells[row + Field.instrument],
    )
    return isKillWord(word)
  }

  /** Cancels that a kill switch asked for while the venue could not be reached: sent before anything else when it can be. */
  sendOwedCancels(connector: number): void {
    for (const number of [...this.#owedCancels]) {
      const row = this.table.rowOf(number)
      if (row >= 0 && this.table.cells[row + Field.connector] !== connector) continue
      this.#owedCancels.delete(number)
      if (row >= 0) this.cancel(number)
    }
  }

  // ---- Facts of our own side -------------------------------------------------------------------------------------------

  /** Records and applies the refusal of an order that has not been sent. */
  deny(row: number, reason: number): void {
    const writer = this.recorder.begin(RecordType.denied)
    writer.u8(reason)
    writeTerms(writer, this.table, row)
    const seq = this.recorder.commit()
    const code = denialCode(reason)
    this.table.setReason(row, code)
    this.ledger.denied(row, reason, seq)
    this.counters.denied++
    this.emit('denied', row, seq, FactSource.local, this.nowUs, { reason: code })
  }

  /** Takes an approved order back that was never handed to its connector. */
  withdraw(row: number, reason: number): void {
    const code = denialCode(reason)
    const seq = this.fact(RecordType.withdrawn, row, this.nowUs, (writer) => writer.u8(reason))
    this.table.setReason(row, code)
    this.ledger.denied(row, reason, seq)
    this.counters.denied++
    this.emit('denied', row, seq, FactSource.local, this.nowUs, { reason: code })
  }

  /** The venue may or may not have the order. */
  declareUnknown(row: number, reason: string): void {
    const seq = this.fact(RecordType.unknown, row, this.nowUs, (writer) => writer.string(reason))
    this.ledger.unknown(row, reason, this.nowUs, seq)
    this.emit('unknown', row, seq, FactSource.local, this.nowUs, { reason })
  }

  /** A request is over without effect. */
  requestRejected(
    row: number,
    generation: number,
    isCancel: boolean,
    reason: string,
    source: number,
    tsUs = this.nowUs,
  ): void {
    const seq = this.fact(RecordType.requestRejected, row, tsUs, (writer) => writer.i32(generation))
    this.ledger.requestRejected(row, generation, this.nowUs, seq)
    this.emit(isCancel ? 'cancel_rejected' : 'update_rejected', row, seq, source, tsUs, { reason })
  }

  /** Writes a record about an order: its number, venue time and our time, then what `write` adds. Returns its sequence number. */
  fact(type: number, row: number, tsUs: number, write?: (writer: ReturnType<Recorder['begin']>) => void): number {
    const writer = this.recorder.begin(type)
    writer.f64(this.table.cells[row])
    writer.f64(tsUs)
    writer.f64(this.nowUs)
    write?.(writer)
    this.#isDirty = true
    return this.recorder.commit()
  }

  /**
   * Sets a trading state, on record: who and why. HALTED and REDUCING hold from the first line on; the journal follows. A
   * scope beyond the tables is the whole system: nothing is left unhalted because it has no room.
   *
   * @throws TradewireError `TW_INVALID_STATE` when a kill switch holds the scope.
   */
  setTradingState(scope: Scope, index: number, state: TradingStateName, actor: string, reason: string): void {
    if (scope !== 'global' && !(index >= 0 && index < this.sizes[scope])) {
      this.setTradingState('global', 0, state, actor, `${scope} ${index}: ${reason}`)
      return
    }
    const { states } = this.gate
    if (states.get(scope, index) === state) return
    if (states.isKilled(scope, index))
      throw new TradewireError('TW_INVALID_STATE', `The kill switch holds ${scope} ${index}; release it first`)
    states.set(scope, index, state)
    this.#recordState(scope, index, state, false, actor, reason)
  }

  /** Throws the kill switch of a scope. New orders are blocked before anything else happens. */
  kill(scope: Scope, index: number, actor: string, reason: string): void {
    this.gate.states.kill(scope, index)
    this.#recordState(scope, index, 'HALTED', true, actor, reason)
  }

  /** Takes a kill switch back; does nothing where none holds. */
  releaseKill(scope: Scope, index: number, actor: string, reason: string): void {
    if (!this.gate.states.isKilled(scope, index)) return
    this.#recordState(scope, index, 'ACTIVE', true, actor, reason)
    this.gate.states.release(scope, index)
  }

  #recordState(
    scope: Scope,
    index: number,
    state: TradingStateName,
    isKill: boolean,
    actor: string,
    reason: string,
  ): void {
    this.beginTurn()
    try {
      const writer = this.recorder.begin(RecordType.tradingState)
      writer.u8(scopes.indexOf(scope))
      writer.i32(index)
      writer.u8(TradingState[state])
      writer.bool(isKill)
      writer.f64(this.nowUs)
      writer.string(actor)
      writer.string(reason)
      this.recorder.commit()
      this.touch()
      if (this.events.listenerCount('state') > 0)
        this.#queueUp({ state: { scope, index, state, isKill, actor, reason } }, -1)
    } finally {
      this.endTurn()
    }
  }

  // ---- Events ----------------------------------------------------------------------------------------------------------

  /** Whether anybody would see an event of an order. */
  isWatched(row: number): boolean {
    return (
      !this.#isReplaying &&
      (this.#sinks[this.table.cells[row + Field.strategy]] !== undefined ||
        this.#handles[this.table.indexOf(row)]?.isWatched === true ||
        this.events.listenerCount('order') > 0)
    )
  }

  /** Queues an event for delivery at the end of the turn, where anybody would see it. */
  emit(
    type: OrderEventType,
    row: number,
    seq: number,
    source: number,
    tsUs: number,
    details?: OrderEventDetails,
  ): void {
    if (this.isWatched(row)) this.announce(type, row, seq, source, tsUs, details)
  }

  /** As {@link emit}, for callers that have asked {@link isWatched}. */
  announce(
    type: OrderEventType,
    row: number,
    seq: number,
    source: number,
    tsUs: number,
    details?: OrderEventDetails,
  ): void {
    const { table } = this
    const instrument = this.instruments.at(table.cells[row + Field.instrument])
    const state = statusOf(status(table, row))
    this.#queueUp(
      new OrderEvent(
        type,
        seq,
        this.handleOf(row),
        state,
        instrument,
        table.cells[row + Field.side],
        source,
        tsUs,
        this.nowUs,
        details,
      ),
      table.cells[row + Field.strategy],
    )
  }

  #queueUp(event: OrderEvent | Notice, strategy: number): void {
    this.#queue.put(event, strategy)
    this.#isDirty = true
  }

  /** Tells about something that should not happen. */
  anomaly(kind: string, orderNumber: number, message: string): void {
    this.counters.anomalies++
    if (this.#isReplaying) return
    this.logger.warn({ order: orderNumber, kind }, message)
    if (this.events.listenerCount('anomaly') === 0) return
    this.beginTurn()
    this.#queueUp({ anomaly: { kind, orderNumber, message } }, -1)
    this.endTurn()
  }

  listenerFailed(error: unknown, event: string): void {
    this.counters.listenerErrors++
    this.logger.error({ event, error: messageOf(error) }, 'a listener threw')
  }

  /** Delivers the oldest events: as many as the journal holds. */
  #deliver(count: number): void {
    const queue = this.#queue
    for (let i = 0; i < count; i++) {
      const event = queue.take()
      if (event instanceof OrderEvent) this.#deliverOrderEvent(event, queue.owner)
      else if (event.anomaly !== undefined) this.events.emit('anomaly', event.anomaly)
      else if (event.state !== undefined) this.events.emit('state', event.state)
    }
  }

  #deliverOrderEvent(event: OrderEvent, strategy: number): void {
    if (event.order.isWatched) for (const error of event.order.deliver(event)) this.listenerFailed(error, event.type)
    const sink = this.#sinks[strategy]
    if (sink !== undefined) this.#callSink(sink, event)
    this.events.emit('order', event)
  }

  #callSink(sink: (event: OrderEvent) => void, event: OrderEvent): void {
    try {
      sink(event)
    } catch (error) {
      this.listenerFailed(error, event.type)
    }
  }

  /** Fails every wait on an order, now and later: the system is closing. */
  abandonWaits(error: TradewireError): void {
    this.#ended = error
    for (const handle of this.#handles) handle?.abandon(error)
  }
}

/** Whether a connector says that nothing left. Any other error may have come after the order was on its way. */
function wasNotSent(error: unknown): boolean {
  return (
    error instanceof TradewireError &&
    (error.code === 'TW_NOT_READY' || error.code === 'TW_NOT_APPROVED' || error.code === 'TW_NOT_CONNECTED')
  )
}
