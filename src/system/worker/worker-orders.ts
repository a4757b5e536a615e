/** Orders as a strategy in a worker sees them: real handles over what the system has told. */
import { messageOf, TradewireError } from '../../core/errors.js'
import { Decimal } from '../../model/decimal.js'
import type { InstrumentRegistry } from '../../model/instrument-registry.js'
import type { OrderRequest, OrderSnapshot } from '../../model/order.js'
import type { OrderStatus } from '../../model/order-types.js'
import { fromJson } from '../../model/schemas.js'
import { OrderEvent } from '../../oms/order-event.js'
import { type HandleHome, OrderHandle } from '../../oms/order-handle.js'
import { FactSource, sideSign } from '../../orders/codes.js'
import type { EventNews, FromWorker, OrderNews, ToWorker } from './worker-messages.js'

/** Closed orders that are kept to be read; older ones are forgotten. */
const keptClosed = 10_000

interface Known {
  handle: OrderHandle
  request: OrderRequest
  status: OrderStatus
  /** The status without what is derived of requests on their way: a cancel that was asked for is no acknowledgement. */
  lifecycle: OrderStatus
  snapshot: OrderSnapshot | undefined
  reason: string | undefined
}

/** See the file's header. */
export class WorkerOrders {
  readonly #known = new Map<number, Known>()
  readonly #instruments: InstrumentRegistry
  readonly #home: HandleHome
  readonly #post: (message: FromWorker) => void
  #last = 0

  constructor(instruments: InstrumentRegistry, post: (message: FromWorker) => void) {
    this.#instruments = instruments
    this.#post = post
    this.#home = {
      snapshot: (ref) => this.#snapshot(this.#get(ref)),
      snapshotOfImage: () => {
        throw new TradewireError('TW_ASSERTION', 'Invariant broken: a worker keeps no images of orders')
      },
      status: (ref) => this.#get(ref).status,
      lifecycle: (ref) => this.#get(ref).lifecycle,
      cancel: (ref) => {
        if (!this.#get(ref).handle.isClosed) post({ type: 'cancel', ref })
      },
      modify: (ref, change) => {
        const { handle, status } = this.#get(ref)
        if (handle.isClosed)
          throw new TradewireError('TW_INVALID_STATE', `The order is ${status}; it cannot be changed`)
        post({ type: 'modify', ref, change: plain(change) })
      },
      explain: () => [],
    }
  }

  /** Orders that are not closed, as far as is known here. */
  get openCount(): number {
    let count = 0
    for (const { handle } of this.#known.values()) if (!handle.isClosed) count++
    return count
  }

  /** Sends an order to the system. It is INITIALIZED until the system has answered. */
  submit(request: OrderRequest): OrderHandle {
    const ref = ++this.#last
    const { handle } = this.#open(ref, request)
    this.#post({ type: 'submit', ref, request: plain(request) })
    return handle
  }

  /** What the system told of an order; the event where there was one. */
  news({ ref, status, order }: OrderNews, event: EventNews | undefined): OrderEvent | undefined {
    const snapshot = fromJson('order', order)
    // One that this worker did not submit is known from now on; one of its own that is not was closed long ago.
    const { instrument: symbol, side, quantity } = snapshot
    const known = this.#known.get(ref) ?? (ref < 0 ? this.#open(ref, { symbol, side, quantity }) : undefined)
    if (known === undefined) return undefined
    known.status = status
    known.snapshot = snapshot
    known.lifecycle = lifecycleOf(known, event?.type)
    if (event === undefined) {
      known.handle.settleWaiters()
      return undefined
    }
    const { type, seq, source, tsEventUs, tsLocalUs, execId, liquidity, ...rest } = event
    const { feeCurrency, reason, ...amounts } = rest
    const instrument = this.#instruments.get(snapshot.instrument)
    const details = {
      ...amounts,
      liquidity,
      ...(execId === undefined ? {} : { exec: execId }),
      ...(feeCurrency === undefined ? {} : { feeCurrency }),
      ...(reason === undefined ? {} : { reason }),
    }
    const made = new OrderEvent(
      type,
      seq,
      known.handle,
      status,
      instrument,
      sideSign(side),
      FactSource[source],
      tsEventUs,
      tsLocalUs,
      details,
    )
    this.#deliver(made)
    if (known.handle.isClosed && this.#known.size > keptClosed) this.#forget()
    return made
  }

  #open(ref: number, request: OrderRequest): Known {
    const handle = new OrderHandle(this.#home, ref)
    const status = 'INITIALIZED'
    const known: Known = { handle, request, status, lifecycle: status, snapshot: undefined, reason: undefined }
    this.#known.set(ref, known)
    return known
  }

  /** The system did not take a change of the order. */
  refused({ ref, reason }: Extract<ToWorker, { type: 'refused' }>, nowUs: number): OrderEvent | undefined {
    const known = this.#known.get(ref)
    if (known?.snapshot === undefined) return undefined
    const instrument = this.#instruments.get(known.snapshot.instrument)
    const side = sideSign(known.snapshot.side)
    const { handle, status } = known
    const event = new OrderEvent(
      'update_rejected',
      0,
      handle,
      status,
      instrument,
      side,
      FactSource.local,
      nowUs,
      nowUs,
      { reason },
    )
    this.#deliver(event)
    return event
  }

  /** The system found the order wrong. */
  denied({ ref, instrument, reason }: Extract<ToWorker, { type: 'denied' }>, nowUs: number): OrderEvent | undefined {
    const known = this.#known.get(ref)
    if (known === undefined) return undefined
    known.status = 'DENIED'
    known.lifecycle = 'DENIED'
    known.reason = reason
    const traded = this.#instruments.at(instrument)
    if (traded === undefined) {
      known.handle.settleWaiters()
      return undefined
    }
    const side = sideSign(known.request.side)
    const source = FactSource.local
    const event = new OrderEvent('denied', 0, known.handle, 'DENIED', traded, side, source, nowUs, nowUs, { reason })
    this.#deliver(event)
    return event
  }

  /** Hands an event to the listeners of its order; what they throw ends nothing, and is told. */
  #deliver(event: OrderEvent): void {
    for (const error of event.order.deliver(event))
      this.#post({ type: 'problem', where: 'a listener of an order', message: messageOf(error) })
  }

  #get(ref: number): Known {
    const known = this.#known.get(ref)
    if (known !== undefined) return known
    throw new TradewireError('TW_UNKNOWN_ORDER', `Order ${ref} of this worker was closed long ago and is forgotten`)
  }

  /** What is known of an order; before the system has answered, what was asked for. */
  #snapshot({ snapshot, request, status, reason }: Known): OrderSnapshot {
    if (snapshot !== undefined) return snapshot
    const { clientOrderId = '', symbol, side, type = 'MARKET', timeInForce = 'DAY' } = request
    return {
      clientOrderId,
      instrument: symbol,
      account: '',
      strategy: '',
      connector: '',
      side,
      type,
      timeInForce,
      quantity: new Decimal(String(request.quantity ?? 0)),
      filledQuantity: new Decimal(0),
      status,
      ...(reason === undefined ? {} : { reason }),
    } as unknown as OrderSnapshot
  }

  #forget(): void {
    for (const [ref, { handle }] of this.#known) {
      if (this.#known.size <= keptClosed / 2) return
      if (handle.isClosed) this.#known.delete(ref)
    }
  }
}

/** Where an order stands when its status tells of a request on its way only: the venue has spoken, or it has not. */
function lifecycleOf({ status, lifecycle, snapshot }: Known, event: OrderEvent['type'] | undefined): OrderStatus {
  if (status !== 'PENDING_CANCEL' && status !== 'PENDING_UPDATE') return status
  if (snapshot?.filledQuantity.isZero() === false) return 'PARTIALLY_FILLED'
  if (event === 'accepted') return 'ACCEPTED'
  return lifecycle
}

/** Terms as plain data: decimals as text. */
function plain<Terms extends object>(terms: Terms): Terms {
  const entries = Object.entries(terms).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Decimal.isDecimal(value) ? (value as Decimal).toFixed() : value]),
  ) as Terms
}
