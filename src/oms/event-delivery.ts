/**
 * Who hears what, and when: events of orders, anomalies and changes of state wait in one queue, in the order in which they
 * happened, and are delivered at the end of the turn, when the journal holds what they tell.
 *
 * An order event goes to whoever waits on the order's handle, then to the strategy that owns the order, then to the
 * listeners of the whole system. One that throws harms no other: it is counted, logged and announced.
 */
import { TypedEmitter } from '../core/emitter.js'
import { messageOf, type TradewireError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import type { InstrumentRegistry } from '../model/instrument-registry.js'
import { statusOf } from '../orders/codes.js'
import { status } from '../orders/derive.js'
import * as Field from '../orders/order-fields.js'
import type { OrderTable } from '../orders/order-table.js'
import type { Scope, TradingStateName } from '../risk/trading-state.js'
import { EventQueue } from './event-queue.js'
import { OrderEvent, type OrderEventDetails, type OrderEventType } from './order-event.js'
import { type HandleHome, OrderHandle } from './order-handle.js'
import type { OrderImage } from './order-image.js'
import type { SplitReport } from './splits.js'
import type { OrderStatistics } from './statistics.js'
import type { Turn, TurnNews } from './turn.js'
import type { ValidationReport } from './validation/report.js'

/** Events of all orders, and what else the order plane has to say. */
export interface OrderManagerEvents {
  /** Any order event. */
  order: OrderEvent
  /** Something that needs a person or a rule: a late fill, an overfill, a fill nobody knows an order for. */
  anomaly: { kind: string; orderNumber: number; message: string }
  /** The validation pipeline warned about an order or a change, or refused it. */
  validation: ValidationReport
  /** A trading state or a kill switch changed. */
  state: { scope: Scope; index: number; state: TradingStateName; isKill: boolean; actor: string; reason: string }
  /** A stock split was applied. */
  split: SplitReport
  /** A listener, a strategy's hook or a reader of a handle threw. `event` is what it was being told. */
  listenerError: { event: string; error: unknown }
}

const eventNames: Readonly<Record<keyof OrderManagerEvents, true>> = {
  order: true,
  anomaly: true,
  validation: true,
  state: true,
  split: true,
  listenerError: true,
}

/** What is delivered beside order events, in one order with them. */
interface Notice {
  readonly anomaly?: OrderManagerEvents['anomaly']
  readonly state?: OrderManagerEvents['state']
  readonly validation?: ValidationReport
  readonly split?: SplitReport
}

/** What the delivery of events works with. */
export interface EventDeliveryParts {
  table: OrderTable
  instruments: InstrumentRegistry
  logger: Logger
  statistics: OrderStatistics
  turn: Turn
  /** Whom handles ask. */
  home: HandleHome
}

/** Makes, queues and delivers events; holds the handles of orders. */
export class EventDelivery implements TurnNews {
  readonly emitter = new TypedEmitter<OrderManagerEvents>(Object.keys(eventNames) as (keyof OrderManagerEvents)[])
  readonly #parts: EventDeliveryParts
  readonly #handles: (OrderHandle | undefined)[]
  readonly #sinks: (((event: OrderEvent) => void) | undefined)[] = []
  /** With the strategies of the order events: by the time of delivery the record may belong to another order. */
  readonly #queue = new EventQueue<Notice>()
  #ended: TradewireError | undefined

  constructor(parts: EventDeliveryParts) {
    this.#parts = parts
    this.#handles = new Array<OrderHandle | undefined>(parts.table.capacity).fill(undefined)
    this.emitter.onListenerError = (error, event) => this.listenerFailed(error, event)
  }

  get queued(): number {
    return this.#queue.size
  }

  /** Hands the events of one strategy's orders to `sink`. */
  setSink(strategy: number, sink: ((event: OrderEvent) => void) | undefined): void {
    while (this.#sinks.length <= strategy) this.#sinks.push(undefined)
    this.#sinks[strategy] = sink
  }

  /** The handle of an order, made when it is first asked for. */
  handleOf(row: number): OrderHandle {
    const { table, home } = this.#parts
    const index = table.indexOf(row)
    let handle = this.#handles[index]
    if (handle === undefined) {
      handle = new OrderHandle(home, table.cells[row])
      if (this.#ended !== undefined) handle.abandon(this.#ended)
      this.#handles[index] = handle
    }
    return handle
  }

  /** The record of an order is about to be taken over: a handle on it keeps the image that `take` gives. */
  evict(row: number, take: () => OrderImage): void {
    const index = this.#parts.table.indexOf(row)
    this.#handles[index]?.keep(take())
    this.#handles[index] = undefined
  }

  /** Whether anybody would see an event of an order. */
  isWatched(row: number): boolean {
    const { table, turn } = this.#parts
    return (
      !turn.isReplaying &&
      (this.#sinks[table.cells[row + Field.strategy]] !== undefined ||
        this.#handles[table.indexOf(row)]?.isWatched === true ||
        this.emitter.listenerCount('order') > 0)
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
    const { table, instruments, turn } = this.#parts
    const instrument = instruments.at(table.cells[row + Field.instrument])
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
        turn.nowUs,
        details,
      ),
      table.cells[row + Field.strategy],
    )
  }

  /** Tells about something that should not happen. */
  anomaly(kind: string, orderNumber: number, message: string): void {
    const { turn, logger, statistics } = this.#parts
    statistics.anomaly(kind)
    if (turn.isReplaying) return
    logger.warn({ order: orderNumber, kind }, message)
    if (this.emitter.listenerCount('anomaly') === 0) return
    turn.begin()
    this.#queueUp({ anomaly: { kind, orderNumber, message } }, -1)
    turn.end()
  }

  /** Tells that a trading state changed. */
  stateChanged(change: OrderManagerEvents['state']): void {
    if (this.emitter.listenerCount('state') > 0) this.#queueUp({ state: change }, -1)
  }

  /** Tells what the validation pipeline found; the report is made where anybody listens. */
  validated(report: () => ValidationReport): void {
    if (this.emitter.listenerCount('validation') > 0) this.#queueUp({ validation: report() }, -1)
  }

  /** Tells that a stock split was applied. */
  wasSplit(report: SplitReport): void {
    if (this.emitter.listenerCount('split') > 0) this.#queueUp({ split: report }, -1)
  }

  #queueUp(event: OrderEvent | Notice, strategy: number): void {
    this.#queue.put(event, strategy)
    this.#parts.turn.touch()
  }

  /** What a listener threw is counted, logged and announced; what a listener of that throws is only counted and logged. */
  listenerFailed(error: unknown, event: string): void {
    const { logger, statistics } = this.#parts
    statistics.counters.listenerErrors++
    logger.error({ event, error: messageOf(error) }, 'a listener threw')
    if (event !== 'listenerError') this.emitter.emit('listenerError', { event, error })
  }

  /** Delivers the oldest events: as many as the journal holds. */
  deliver(count: number): void {
    const queue = this.#queue
    for (let i = 0; i < count; i++) {
      const event = queue.take()
      if (event instanceof OrderEvent) this.#deliverOrderEvent(event, queue.owner)
      else if (event.anomaly !== undefined) this.emitter.emit('anomaly', event.anomaly)
      else if (event.state !== undefined) this.emitter.emit('state', event.state)
      else if (event.validation !== undefined) this.emitter.emit('validation', event.validation)
      else if (event.split !== undefined) this.emitter.emit('split', event.split)
    }
  }

  #deliverOrderEvent(event: OrderEvent, strategy: number): void {
    if (event.order.isWatched) for (const error of event.order.deliver(event)) this.listenerFailed(error, event.type)
    const sink = this.#sinks[strategy]
    if (sink !== undefined) this.#callSink(sink, event)
    this.emitter.emit('order', event)
  }

  #callSink(sink: (event: OrderEvent) => void, event: OrderEvent): void {
    try {
      sink(event)
    } catch (error) {
      this.listenerFailed(error, event.type)
    }
  }

  /** Whether anybody awaits an order. */
  get hasWaits(): boolean {
    return this.#handles.some((handle) => handle?.isAwaited === true)
  }

  /** Fails the waits on orders that there are now; later ones may be met. */
  giveUpWaits(error: TradewireError): void {
    for (const handle of this.#handles) handle?.giveUp(error)
  }

  /** Fails every wait on an order, now and later: the system is closing. */
  abandonWaits(error: TradewireError): void {
    this.#ended = error
    for (const handle of this.#handles) handle?.abandon(error)
  }
}
