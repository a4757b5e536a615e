/**
 * The heart of the order plane: the parts that know orders, put together. Shared by the order manager, the intake of
 * reports, recovery and reconciliation.
 *
 *   turn       begins, records, settles: the order in which everything happens (turn.ts)
 *   facts      what our own side knows by itself (own-facts.ts)
 *   sender     what leaves (order-sender.ts)
 *   news       who hears what (event-delivery.ts)
 *   controls   trading states and kill switches on record (trading-controls.ts)
 *   ledger     facts applied to orders, reservations and positions (ledger.ts)
 */
import type { BaseConnector } from '../connector/base-connector.js'
import type { Clock } from '../core/clock.js'
import { TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { Journal } from '../journal/journal.js'
import { LatencyHistogram } from '../math/histogram.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { OrderFlag, statusOf } from '../orders/codes.js'
import { lifecycle, status } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import * as TradeFact from '../orders/trade-facts.js'
import * as TradeField from '../orders/trade-fields.js'
import type { Portfolio } from '../portfolio/portfolio.js'
import { controls as riskControls } from '../risk/controls.js'
import type { RiskGate } from '../risk/gate.js'
import type { Scope, TradingStateName } from '../risk/trading-state.js'
import { ClientIds } from './client-ids.js'
import { type CoreNames, type CoreSizes, NameBook } from './core-names.js'
import { DriftLog } from './drift.js'
import { EventDelivery } from './event-delivery.js'
import { explainOrder } from './explain.js'
import { ExternalExecs } from './external-execs.js'
import type { FillIntake } from './fill-intake.js'
import { OrderIdentities } from './identities.js'
import { Ledger } from './ledger.js'
import { OperatorActs } from './operator-acts.js'
import type { OrderEvent } from './order-event.js'
import type { HandleHome, OrderHandle } from './order-handle.js'
import { type OrderImage, OrderImages } from './order-image.js'
import type { OrderRules } from './order-rules.js'
import { OrderSender } from './order-sender.js'
import { OwnFacts } from './own-facts.js'
import { ParentBooks } from './parent-books.js'
import type { Recorder } from './recorder.js'
import { type NameKind, RecordType } from './records.js'
import type { RiskMemory } from './risk-memory.js'
import { type SnapshotOptions, Snapshots } from './snapshots.js'
import { SplitBook } from './split-book.js'
import { OrderStatistics } from './statistics.js'
import { type KillLevel, TradingControls } from './trading-controls.js'
import { Turn } from './turn.js'
import type { Validator } from './validation/validator.js'

/** What the order plane is made of. */
export interface OrderCoreOptions {
  table: OrderTable
  gate: RiskGate
  portfolio: Portfolio
  instruments: InstrumentRegistry
  names: CoreNames
  clock: Clock
  logger: Logger
  /** Bounds of the tables that are indexed by account, strategy, connector and instrument. */
  sizes: CoreSizes
}

/** Books executions of orders in the table. */
export type FillBooks = Pick<FillIntake, 'book'>

/** See the file's header. */
export class OrderCore implements HandleHome {
  readonly table: OrderTable
  readonly gate: RiskGate
  readonly ledger: Ledger
  readonly sizes: CoreSizes
  readonly instruments: InstrumentRegistry
  readonly names: CoreNames
  readonly ids: ClientIds
  readonly clock: Clock
  readonly logger: Logger
  readonly turn: Turn
  readonly facts: OwnFacts
  readonly sender: OrderSender
  readonly news: EventDelivery
  readonly controls: TradingControls
  readonly nameBook: NameBook
  /** Parent orders on record, and whose children orders are. */
  readonly parents: ParentBooks
  readonly statistics = new OrderStatistics()
  /** What our books and somebody else's tell differently. */
  readonly drift: DriftLog
  /** By index of their name; a hole for names that only the journal knows. */
  readonly connectors: (BaseConnector | undefined)[] = []
  /** Executions of external orders that are booked. */
  readonly externalExecs = new ExternalExecs()
  /** Orders whose record was taken over. */
  readonly identities: OrderIdentities
  /** From submit to the venue's acknowledgement, and to the first fill. */
  readonly latency = { submitToAck: new LatencyHistogram(), submitToFill: new LatencyHistogram() }
  /** The validation pipeline before the gate; none unless one was asked for. */
  validator: Validator | undefined
  /** Called when something is not as it should be at a connector's venue (-1: at some venue). The system asks the venue then. */
  onDoubt: ((connector: number) => void) | undefined
  /** Called when somebody begins to await an order. */
  onWait: (() => void) | undefined
  /** Called when a promise that somebody awaits is about to settle. */
  onSettling: (() => void) | undefined
  /** Waits on what is no single order. */
  otherWaits: Pick<EventDelivery, 'hasWaits' | 'giveUpWaits' | 'abandonWaits'> | undefined
  /** What operators decided about orders in the table. */
  readonly operatorActs = new OperatorActs()
  /** Stock splits that were applied. */
  readonly splits = new SplitBook()
  /** Set for good when the system is closing: no new orders, and no changes. */
  isClosing = false
  /** Sends no new orders and no changes; cancels pass. */
  isReadOnly = false
  /** Release and configuration of this process, as text: on record at the start of the session. */
  deployment = ''
  /** Whether the last session ended without its end on record: it was killed. Set by the replay. */
  wasKilled = false
  /** When an order last changed in the sessions before this one, epoch microseconds; NaN where none did. Set by the replay. */
  lastActivityUs = Number.NaN
  /** Rules that are asked before the gate; none unless given. */
  rules: OrderRules | undefined
  /** What risk controls find again after a restart. */
  riskMemory: RiskMemory | undefined
  readonly #images: OrderImages
  #fillBooks: FillBooks | undefined
  #snapshots: Snapshots | undefined
  #modify: ((number: number, quantity: unknown) => void) | undefined
  #cancelByNumber: ((number: number) => void) | undefined

  constructor(options: OrderCoreOptions) {
    const { table, gate, portfolio, instruments, names, clock, logger, sizes } = options
    this.table = table
    this.gate = gate
    this.instruments = instruments
    this.names = names
    this.clock = clock
    this.logger = logger
    this.sizes = sizes
    this.ledger = new Ledger({ table, exposure: gate.exposure, portfolio, instruments, splits: this.splits })
    this.ids = new ClientIds()
    names.ids = this.ids
    this.identities = new OrderIdentities(table.capacity * 8)
    this.#images = new OrderImages(table, instruments)
    const { statistics, connectors } = this
    const turn = new Turn(clock)
    const news = new EventDelivery({ table, instruments, logger, statistics, turn, home: this })
    const facts = new OwnFacts(table, this.ledger, turn, news, statistics)
    const controls = new TradingControls(gate.states, table, sizes, turn, news)
    this.turn = turn
    this.news = news
    this.facts = facts
    this.controls = controls
    this.parents = new ParentBooks({ table, turn, ids: this.ids, instruments, gate })
    names.parents = this.parents
    names.positionIds = portfolio.positionIds
    this.nameBook = new NameBook(turn, names, portfolio, sizes)
    this.sender = new OrderSender({
      table,
      gate,
      instruments,
      names,
      logger,
      statistics,
      turn,
      facts,
      controls,
      connectors,
    })
    turn.bind(this.sender, news)
    this.drift = new DriftLog(this)
    gate.actions = {
      halt: (scope, index, control, reason) =>
        controls.set(scope, index, 'HALTED', 'risk gate', `${riskControls[control].code}: ${reason}`),
      cancel: (row) => this.cancel(table.cells[row]),
      warn: () => {},
    }
    table.onEvict = (row, number) => {
      if (gate.hasParents) gate.parents.evict(number, row)
      this.#remember(row, number)
      this.parents.evict(row, number)
      this.operatorActs.forget(number)
      news.evict(row, () => this.#images.take(row))
    }
  }

  /**
   * Starts a session: from here on facts are written to `journal`. Comes after the replay of what the journal holds. With
   * `snapshots` the state is written into it now and then, and by {@link writeSnapshot}.
   */
  open(journal: Journal, idPrefix: string, session: number, snapshots?: SnapshotOptions): void {
    this.turn.open(journal)
    this.ids.begin(idPrefix, session, this.table.lastNumber)
    const writer = this.recorder.begin(RecordType.session)
    writer.f64(session)
    writer.string(idPrefix)
    writer.string(this.deployment)
    this.recorder.commit()
    journal.flush()
    if (snapshots === undefined) return
    const keeper = new Snapshots(this, session, snapshots)
    this.#snapshots = keeper
    this.turn.afterTurn = () => keeper.afterTurn()
  }

  /** Writes the state into the journal now: at a clean end. False where it was opened without snapshots, or cannot take one. */
  writeSnapshot(): boolean {
    return this.#snapshots?.write() ?? false
  }

  /** Keeps who an order was, and what was executed, before its record is taken over. */
  #remember(row: number, number: number): void {
    const { cells, trades } = this.table
    if (cells[row + Field.submittedSeq] === 0 || isNameless(this.table, row)) return
    let lastUs = Math.max(0, cells[row + Field.canceledTs], cells[row + Field.expiredTs])
    let concludedUnits = 0
    for (let trade = cells[row + Field.firstTrade] | 0; trade >= 0; trade = trades.cells[trade + TradeField.next] | 0) {
      lastUs = Math.max(lastUs, trades.cells[trade + TradeField.ts])
      if ((trades.cells[trade + TradeField.facts] & TradeFact.inferred) !== 0)
        concludedUnits += trades.cells[trade + TradeField.effective]
    }
    this.identities.keep(
      number,
      cells[row + Field.instrument],
      cells[row + Field.account],
      cells[row + Field.strategy],
      cells[row + Field.connector],
      cells[row + Field.side],
      lastUs,
      concludedUnits,
      this.table.venueOrderId(row),
    )
    for (let trade = cells[row + Field.firstTrade] | 0; trade >= 0; trade = trades.cells[trade + TradeField.next] | 0)
      this.identities.keepExec(number, trades.exec(trade))
  }

  // ---- What handles ask ------------------------------------------------------------------------------------------------

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
    return explainOrder(this.table, this.rowOf(number), this.instruments, this.operatorActs.of(number))
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

  /** Somebody awaits an outcome from now on. */
  waiting(): void {
    this.onWait?.()
  }

  /** A promise that somebody awaits is about to settle. */
  settling(): void {
    this.onSettling?.()
  }

  // ---- Short ways to the parts -----------------------------------------------------------------------------------------

  /** The journal of the session. @throws TradewireError `TW_INVALID_STATE` before {@link open}. */
  get recorder(): Recorder {
    return this.turn.recorder
  }

  /** Events of all orders, and what else the order plane has to say. */
  get events(): EventDelivery['emitter'] {
    return this.news.emitter
  }

  get counters(): OrderStatistics['counters'] {
    return this.statistics.counters
  }

  beginTurn(): void {
    this.turn.begin()
  }

  endTurn(): void {
    this.turn.end()
  }

  /** Marks the turn as having something to write. */
  touch(): void {
    this.turn.touch()
  }

  /** Where executions are booked. @throws TradewireError `TW_INVALID_STATE` before the intake of reports is made. */
  get fillBooks(): FillBooks {
    if (this.#fillBooks === undefined)
      throw new TradewireError('TW_INVALID_STATE', 'The order plane has no intake of reports yet; make one first')
    return this.#fillBooks
  }

  set fillBooks(books: FillBooks) {
    this.#fillBooks = books
  }

  /** Index of a name; see `NameBook.intern`. */
  intern(kind: keyof typeof NameKind, name: string): number {
    return this.nameBook.intern(kind, name)
  }

  /** The handle of an order; see `EventDelivery.handleOf`. */
  handleOf(row: number): OrderHandle {
    return this.news.handleOf(row)
  }

  /** Hands the events of one strategy's orders to `sink`. */
  setSink(strategy: number, sink: ((event: OrderEvent) => void) | undefined): void {
    this.news.setSink(strategy, sink)
  }

  /** Tells about something that should not happen. */
  anomaly(kind: string, orderNumber: number, message: string): void {
    this.news.anomaly(kind, orderNumber, message)
  }

  /** What a connector (by index; -1 where it is not known which) said does not fit: its venue should be asked. */
  doubt(connector: number): void {
    if (!this.turn.isReplaying) this.onDoubt?.(connector)
  }

  /** The venue may or may not have the order. */
  declareUnknown(row: number, reason: string): void {
    this.facts.declareUnknown(row, reason)
  }

  /** Sets a trading state, on record; see `TradingControls.set`. */
  setTradingState(scope: Scope, index: number, state: TradingStateName, actor: string, reason: string): void {
    this.controls.set(scope, index, state, actor, reason)
  }

  /** Throws the kill switch of a scope; see `TradingControls.kill`. */
  kill(scope: Scope, index: number, actor: string, reason: string, level: KillLevel = 'cancel'): void {
    this.controls.kill(scope, index, actor, reason, level)
  }

  /** Takes a kill switch back; does nothing where none holds. */
  releaseKill(scope: Scope, index: number, actor: string, reason: string): void {
    this.controls.release(scope, index, actor, reason)
  }

  /** A connection was established: what was sent before it went over an earlier one. */
  connected(connector: number): void {
    this.sender.connected(connector)
  }

  /** Cancels that a kill switch asks for and that are not under way: sent before anything else when a venue comes back. */
  sendOwedCancels(connector: number): void {
    this.beginTurn()
    try {
      for (const row of [...this.sender.owedCancels(connector)]) this.cancel(this.table.cells[row])
    } finally {
      this.endTurn()
    }
  }

  /** Whether anybody awaits an order. */
  get hasWaits(): boolean {
    return this.news.hasWaits || this.otherWaits?.hasWaits === true
  }

  /** Fails the waits on orders that there are now; later ones may be met. */
  giveUpWaits(error: TradewireError): void {
    this.news.giveUpWaits(error)
    this.otherWaits?.giveUpWaits(error)
  }

  /** Fails every wait on an order, now and later: the system is closing. */
  abandonWaits(error: TradewireError): void {
    this.news.abandonWaits(error)
    this.otherWaits?.abandonWaits(error)
  }
}

/** Whether a record was made for an execution without an order: no report can name it, and the execution is remembered by itself. */
function isNameless(table: OrderTable, row: number): boolean {
  return (table.cells[row + Field.flags] & OrderFlag.external) !== 0 && table.venueOrderId(row) === undefined
}
