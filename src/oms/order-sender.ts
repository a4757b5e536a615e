/**
 * What leaves: approved orders, changes and cancels on their way from the order plane to their connectors.
 *
 * Orders and changes wait for the journal; before they leave, everything that may have changed meanwhile is asked again.
 * What a connector says it did not send is taken back; after any other error the order may be out there, and its fate is
 * unknown. Cancels wait for nothing, and those that a kill switch wants are asked for again whenever a venue comes back.
 */
import type { BaseConnector } from '../connector/base-connector.js'
import { wasNotSent } from '../connector/not-sent.js'
import { messageOf, TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { CancelRequest } from '../orders/approved-order.js'
import { FactSource } from '../orders/codes.js'
import { inFlightRequests, isPureDecrease } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import { denialCode, LocalReason, Verdict } from '../risk/controls.js'
import type { RiskGate } from '../risk/gate.js'
import { isUrgent } from '../risk/standard-controls.js'
import type { CoreNames } from './core-names.js'
import { Outbox, Outgoing } from './outbox.js'
import type { OwnFacts } from './own-facts.js'
import type { OrderStatistics } from './statistics.js'
import type { TradingControls } from './trading-controls.js'
import type { Turn, TurnOutput } from './turn.js'

/** What a sender works with. */
export interface OrderSenderParts {
  table: OrderTable
  gate: RiskGate
  instruments: InstrumentRegistry
  names: CoreNames
  logger: Logger
  statistics: OrderStatistics
  turn: Turn
  facts: OwnFacts
  controls: TradingControls
  /** By index of their name; a hole for names that only the journal knows. */
  connectors: readonly (BaseConnector | undefined)[]
}

/** Hands orders, changes and cancels to connectors. */
export class OrderSender implements TurnOutput {
  readonly #parts: OrderSenderParts
  readonly #outbox = new Outbox()
  readonly #cancels = new Outbox()
  readonly #cancel: CancelRequest
  readonly #connectedSeq: number[] = []
  /** Orders and changes that are approved and have not left, by connector. */
  readonly #stagedAt: number[] = []

  constructor(parts: OrderSenderParts) {
    this.#parts = parts
    this.#cancel = new CancelRequest(parts.table, parts.instruments, parts.names)
  }

  get staged(): number {
    return this.#outbox.size
  }

  /** Puts an order or a change behind what the journal is about to hold. */
  stage(kind: number, row: number, generation: number, quantity: number, price: number, trigger: number): void {
    const { table, connectors, turn } = this.#parts
    const { cells } = table
    if (kind === Outgoing.order) cells[row + Field.isStaged] = 1
    const connector = cells[row + Field.connector]
    this.#stagedAt[connector] = (this.#stagedAt[connector] ?? 0) + 1
    const epoch = connectors[connector]?.epoch ?? 0
    this.#outbox.put(kind, row, cells[row], connector, epoch, generation, quantity, price, trigger)
    turn.touch()
  }

  /** Puts a cancel into the turn. It does not wait for a disk; an order that has not left yet is not sent at all. */
  stageCancel(row: number, generation: number): void {
    const { table, turn } = this.#parts
    const { cells } = table
    turn.touch()
    if (cells[row + Field.isStaged] === 1) return
    this.#cancels.put(
      Outgoing.cancel,
      row,
      cells[row],
      cells[row + Field.connector],
      0,
      generation,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    )
  }

  sendStaged(most: number, isRecorded: boolean): void {
    const outbox = this.#outbox
    for (let sent = 0; sent < most && outbox.take(); sent++) {
      this.#stagedAt[outbox.connector]--
      if (outbox.kind === Outgoing.order) this.#sendOrder(outbox.row, outbox.epoch, isRecorded)
      else this.#sendReplace(outbox, isRecorded)
    }
  }

  sendCancels(): void {
    const { cells } = this.#parts.table
    while (this.#cancels.take()) {
      // An order that is over meanwhile needs no cancel, and its record may be another's.
      const { row, number, generation } = this.#cancels
      if (cells[row] === number && cells[row + Field.isOpen] === 1) this.#sendCancel(row, generation)
    }
  }

  // ---- Room in the message limits of venues ----------------------------------------------------------------------------

  /** Whether a connector could send one more order, beside those that are about to leave. `isUrgent`: it takes risk away. */
  hasSlot(connector: number, isUrgent: boolean): boolean {
    const messages = 1 + (this.#stagedAt[connector] ?? 0)
    return this.#parts.connectors[connector]?.hasRoomFor(isUrgent ? 'reduce' : 'order', messages) !== false
  }

  /** The throttle refused an order or a change. Where it was for want of a slot, its connector counts it. */
  throttled(row: number, isDecrease = false): void {
    const { cells } = this.#parts.table
    const connector = cells[row + Field.connector]
    const isUrgentOne = isDecrease || isUrgent(cells[row + Field.flags])
    if (!this.hasSlot(connector, isUrgentOne))
      this.#parts.connectors[connector]?.heldBack(isUrgentOne ? 'reduce' : 'order')
  }

  // ---- Connections -----------------------------------------------------------------------------------------------------

  /** A connection was established: what was sent before it went over an earlier one. */
  connected(connector: number): void {
    this.#connectedSeq[connector] = this.#parts.turn.recorder.lastSeq
  }

  /** Whether a cancel of an order is under way over the current connection. One that went out over an earlier one may be lost. */
  isBeingCanceled(row: number): boolean {
    const { cells, requests } = this.#parts.table
    const canceling = inFlightRequests(this.#parts.table, row) & cells[row + Field.requestIsCancel]
    if (canceling === 0) return false
    const since = this.#connectedSeq[cells[row + Field.connector]] ?? 0
    for (let request = cells[row + Field.firstRequest]; request >= 0; request = requests.next[request]) {
      const bit = 1 << (requests.generation[request] - cells[row + Field.requestBase])
      if ((canceling & bit) !== 0 && requests.seq[request] > since) return true
    }
    return false
  }

  #connectorOf(row: number): BaseConnector {
    const { table, connectors, names } = this.#parts
    const index = table.cells[row + Field.connector]
    const connector = connectors[index]
    if (connector !== undefined) return connector
    throw new TradewireError('TW_NOT_CONNECTED', `Connector ${names.connector(index)} is not part of this system`)
  }

  // ---- New orders ------------------------------------------------------------------------------------------------------

  #sendOrder(row: number, epoch: number, isRecorded: boolean): void {
    const { table, facts, gate } = this.#parts
    table.cells[row + Field.isStaged] = 0
    const obstacle = this.#obstacle(row, epoch, isRecorded)
    if (obstacle !== 0) {
      facts.withdraw(row, obstacle)
      return
    }
    try {
      this.#connectorOf(row).submit(gate.approved(row))
    } catch (error) {
      this.#sendFailed(row, error)
    }
  }

  /** Why an approved order may not leave after all; 0 when it may. */
  #obstacle(row: number, epoch: number, isRecorded: boolean): number {
    const { table } = this.#parts
    const { cells } = table
    const isOver =
      (inFlightRequests(table, row) & cells[row + Field.requestIsCancel]) !== 0 || cells[row + Field.isOpen] === 0
    if (isOver) return LocalReason.CANCELED_BEFORE_SEND
    return this.#lateVerdict(row, epoch, isRecorded, cells[row + Field.quantity])
  }

  /**
   * What is asked again before anything leaves that makes an order larger or dearer: the journal has it, no kill switch and
   * no state stands against it, the venue takes orders over the connection for which it was approved, and, where a disk was
   * waited for, the price that it was checked against is still fresh.
   */
  #lateVerdict(row: number, epoch: number, isRecorded: boolean, quantity: number): number {
    const { turn, gate, connectors, table } = this.#parts
    const { recorder } = turn
    if (!isRecorded || !recorder.isHealthy) return LocalReason.JOURNAL_UNAVAILABLE
    const verdict = gate.recheck(row, quantity)
    if (verdict !== 0) return verdict
    if (connectors[table.cells[row + Field.connector]]?.epoch !== epoch) return LocalReason.NO_ROUTE
    if (recorder.journal.durability !== 'fsync') return 0
    return gate.departs(row)
  }

  /** Nothing was sent when the connector says so; after any other error the order may be out there. */
  #sendFailed(row: number, error: unknown): void {
    const { table, facts, logger, statistics } = this.#parts
    statistics.counters.sendFailures++
    logger.error({ order: table.cells[row], error: messageOf(error) }, 'sending an order failed')
    if (wasNotSent(error)) facts.withdraw(row, refusalOf(error))
    else facts.declareUnknown(row, `send failed: ${messageOf(error)}`)
  }

  // ---- Changes ---------------------------------------------------------------------------------------------------------

  #sendReplace({ row, number, epoch, generation, quantity, price, trigger }: Outbox, isRecorded: boolean): void {
    const { table, facts, gate, logger, statistics } = this.#parts
    const { cells } = table
    if (cells[row] !== number || cells[row + Field.isOpen] === 0) return
    // What only takes quantity away passes every state; it has to be on record all the same.
    const verdict = isPureDecrease(table, row, quantity, price, trigger, generation)
      ? this.#isOnRecord(isRecorded)
        ? 0
        : LocalReason.JOURNAL_UNAVAILABLE
      : this.#lateVerdict(row, epoch, isRecorded, quantity)
    if (verdict !== 0) {
      statistics.changeDenial(verdict)
      facts.requestRejected(row, generation, false, denialCode(verdict), FactSource.local)
      return
    }
    try {
      this.#connectorOf(row).replace(gate.approvedReplace(row, generation, quantity, price, trigger))
    } catch (error) {
      statistics.counters.sendFailures++
      if (wasNotSent(error)) facts.requestRejected(row, generation, false, 'NOT_READY', FactSource.local)
      else logger.error({ order: number, error: messageOf(error) }, 'sending a change failed; its outcome is open')
    }
  }

  #isOnRecord(isRecorded: boolean): boolean {
    return isRecorded && this.#parts.turn.recorder.isHealthy
  }

  // ---- Cancels ---------------------------------------------------------------------------------------------------------

  #sendCancel(row: number, generation: number): void {
    const { table, facts, logger, statistics } = this.#parts
    try {
      const connector = this.#connectorOf(row)
      // The account behind a connector that is used for its data is nobody's business here, not even for a cancel.
      if (connector.orderCapabilities === undefined)
        throw new TradewireError('TW_NOT_CONNECTED', `Connector ${connector.name} is used for data only`)
      connector.cancel(this.#cancel.point(row, generation))
    } catch (error) {
      statistics.counters.sendFailures++
      if (wasNotSent(error)) facts.requestRejected(row, generation, true, 'NOT_CONNECTED', FactSource.local)
      else
        logger.error(
          { order: table.cells[row], error: messageOf(error) },
          'sending a cancel failed; its outcome is open',
        )
    }
  }

  /**
   * Open orders at a connector whose cancel was asked for and is not under way: by a kill switch, also where the order could
   * not be reached then or came to light since, or by anybody whose cancel went out over an earlier connection and may be
   * lost with it. Nothing is kept for it: the kill switch, the request and the open order, all on record, are all it takes,
   * so a restart owes the same cancels.
   */
  *owedCancels(connector: number): Generator<number> {
    const { table, controls } = this.#parts
    const { cells } = table
    for (const row of table.rows()) {
      if (cells[row + Field.isOpen] === 0 || cells[row + Field.connector] !== connector) continue
      const isAsked = (inFlightRequests(table, row) & cells[row + Field.requestIsCancel]) !== 0
      if ((isAsked || controls.wantsCanceled(row)) && !this.isBeingCanceled(row)) yield row
    }
  }
}

/** The reason of an order that its connector did not send. */
function refusalOf(error: unknown): number {
  const code = error instanceof TradewireError ? error.code : undefined
  if (code === 'TW_THROTTLED') return Verdict.throttle
  // Held back at the connector's border: it is not what was approved.
  if (code === 'TW_NOT_APPROVED') return Verdict.output
  return code === 'TW_NOT_SUPPORTED' ? Verdict.invalidOrder : LocalReason.NO_ROUTE
}
