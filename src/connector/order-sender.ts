/**
 * The last steps of an order before the wire. An order leaves now or not at all: it is refused while the connector is not
 * ready, for what the venue does not take, and without a slot in the venue's message limit. A cancel is never refused for
 * want of a slot; it waits in front of everything else.
 */
import { messageOf, TradewireError } from '../core/errors.js'
import type { ApprovedOrder, ApprovedReplace, CancelRequest } from '../orders/approved-order.js'
import { OrderFlag } from '../orders/codes.js'
import type { OrderSupport } from './capabilities.js'
import type { ConnectorHost } from './connector-host.js'
import { mayHaveLeft } from './not-sent.js'
import { type Pacer, PacingRank } from './pacing/pacer.js'
import { type PacingClass, pacingClasses } from './pacing/pacing-options.js'
import type { ConnectorStatistics } from './statistics.js'

/** What an order sender works with. */
export interface OrderSenderParts {
  readonly name: string
  readonly host: ConnectorHost
  readonly pacer: Pacer | undefined
  readonly statistics: ConnectorStatistics
  support(): OrderSupport
  state(): string
  isConnected(): boolean
  sendNew(order: ApprovedOrder): void
  sendReplace(change: ApprovedReplace): void
  sendCancel(request: CancelRequest): void
  onThrottled(kind: PacingClass): void
  onProblem(error: unknown): void
}

/** An order that found no slot is announced so often at most. */
const announcedEveryNs = 1_000_000_000

/** Sends the orders of one connector. */
export class OrderSender {
  readonly #parts: OrderSenderParts
  readonly #pacer: Pacer | undefined
  #announcedNs = Number.NEGATIVE_INFINITY

  constructor(parts: OrderSenderParts) {
    this.#parts = parts
    this.#pacer = parts.pacer
  }

  submit(order: ApprovedOrder): void {
    const { statistics } = this.#parts
    this.#requireApproval(order)
    this.#requireReady()
    const lack = this.#parts.support().lackFor(order)
    if (lack !== '') throw this.#unsupported(lack)
    if (this.#pacer !== undefined) this.#takeSlot(isReducing(order.flags))
    order.consume()
    this.#parts.host.leaving?.(order)
    statistics.ordersSent++
    try {
      this.#parts.sendNew(order)
    } catch (error) {
      throw mayHaveLeft(error)
    }
  }

  replace(change: ApprovedReplace): void {
    const { statistics } = this.#parts
    this.#requireApproval(change)
    this.#requireReady()
    if (!this.#parts.support().replace) throw this.#unsupported('changes of orders')
    if (this.#pacer !== undefined) this.#takeSlot(isReducing(change.flags) || isDecrease(change))
    change.consume()
    this.#parts.host.leaving?.(change)
    statistics.replacesSent++
    try {
      this.#parts.sendReplace(change)
    } catch (error) {
      throw mayHaveLeft(error)
    }
  }

  cancel(request: CancelRequest): void {
    const { name, statistics } = this.#parts
    if (!this.#parts.isConnected())
      throw new TradewireError(
        'TW_NOT_CONNECTED',
        `Connector ${name} is ${this.#parts.state()}: the cancel was not sent`,
      )
    const pacer = this.#pacer
    if (pacer !== undefined && !(pacer.hasRoom(PacingRank.cancel) && pacer.tryTake(PacingRank.cancel))) {
      this.#cancelLater(pacer, request)
      return
    }
    statistics.cancelsSent++
    try {
      this.#parts.sendCancel(request)
    } catch (error) {
      throw mayHaveLeft(error)
    }
  }

  /** A cancel in line keeps a view of its own: the one it was asked with is reused. */
  #cancelLater(pacer: Pacer, request: CancelRequest): void {
    const { host, statistics } = this.#parts
    const kept = request.copy()
    const { number, generation } = request
    const send = () => {
      // The record may have been given to another order meanwhile: then this one is long closed.
      if (kept.number !== number) return
      statistics.cancelsSent++
      try {
        this.#parts.sendCancel(kept)
      } catch (error) {
        this.#parts.onProblem(error)
      }
    }
    const fail = (error: TradewireError) =>
      host.reports.cancelRejected(number, generation, `not sent: ${error.message}`, host.time.wallUs())
    try {
      pacer.enqueue(PacingRank.cancel, 1, send, fail)
    } catch (error) {
      throw notInLine(error)
    }
  }

  /** An order was refused because there is no room for it: counted, and told now and then. */
  heldBack(rank: number): void {
    const { host, statistics } = this.#parts
    statistics.throttled++
    const nowNs = host.time.monotonicNs()
    if (nowNs - this.#announcedNs < announcedEveryNs) return
    this.#announcedNs = nowNs
    this.#parts.onThrottled(pacingClasses[rank] as PacingClass)
  }

  #takeSlot(isUrgent: boolean): void {
    const rank = isUrgent ? PacingRank.reduce : PacingRank.order
    if (this.#pacer?.tryTake(rank) !== false) return
    this.heldBack(rank)
    throw new TradewireError(
      'TW_THROTTLED',
      `Connector ${this.#parts.name} has used up its venue's message limit for now: nothing was sent`,
    )
  }

  #requireApproval(view: ApprovedOrder | ApprovedReplace): void {
    if (this.#parts.host.isApproved(view)) return
    throw new TradewireError(
      'TW_NOT_APPROVED',
      'This order was not approved by the risk gate; submit it through the order manager',
    )
  }

  #requireReady(): void {
    const state = this.#parts.state()
    if (state !== 'ready')
      throw new TradewireError('TW_NOT_READY', `Connector ${this.#parts.name} is ${state}: nothing was sent`)
  }

  #unsupported(what: string): TradewireError {
    return new TradewireError('TW_NOT_SUPPORTED', `Connector ${this.#parts.name} takes no ${what}: nothing was sent`)
  }
}

function notInLine(cause: unknown): TradewireError {
  return new TradewireError('TW_THROTTLED', `The cancel was not sent: ${messageOf(cause)}`, { cause })
}

function isReducing(flags: number): boolean {
  return (flags & (OrderFlag.reduceOnly | OrderFlag.protective)) !== 0
}

/** Whether a change only takes quantity away. */
function isDecrease(change: ApprovedReplace): boolean {
  return (
    change.newQuantityUnits <= change.quantityUnits &&
    Object.is(change.newPriceUnits, change.priceUnits) &&
    Object.is(change.newTriggerUnits, change.triggerUnits)
  )
}
