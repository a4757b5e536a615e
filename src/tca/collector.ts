/**
 * Orders of a running system, recorded for analysis as they happen: a listener for order events and a consumer of the ring.
 *
 * Every order is judged by itself unless the host says that it is part of a larger one (a child of an algorithm): then its
 * fills count for that one. What the venue gave is recorded either way, for the scorecards.
 */
import type { Side } from '../model/order-types.js'
import { OrderRecord } from './order-record.js'
import { MarketTape } from './tape.js'

/** What is read of an order. */
export interface CollectedOrder {
  readonly clientOrderId: string
  readonly instrument: string
  readonly account: string
  readonly strategy: string
  readonly connector: string
  readonly side: Side
  readonly quantity: { toNumber(): number }
  readonly filledQuantity: { toNumber(): number }
  readonly tag?: string
}

/** What is read of an order event. */
interface CollectedEvent {
  readonly type: string
  readonly order: { readonly snapshot: CollectedOrder }
  readonly quantity: { toNumber(): number } | undefined
  readonly price: { toNumber(): number } | undefined
  readonly execId: unknown
  readonly feeUnits: number
  readonly feeCurrency: string | undefined
  readonly liquidity: 'maker' | 'taker' | 'auction' | 'unknown'
  readonly tsEventUs: number
  readonly tsLocalUs: number
}

/** The events of a system: `system.orders.events` fits. */
export interface OrderStream {
  /** Adds a listener; what it returns removes it. */
  on(event: 'order', listener: (event: CollectedEvent) => void): () => void
}

/** What is read of an instrument: those of `system.instruments` fit. */
interface CollectedInstrument {
  readonly symbol: string
  readonly index: number
  readonly currency: string
  readonly multiplierNumber: number
}

/** Options of a collector. */
export interface TcaCollectorOptions {
  /** `system.orders.events`. */
  readonly events: OrderStream
  /** `system.instruments`. */
  readonly instruments: { get(id: string): CollectedInstrument }
  /**
   * Prices as this system sees them (`system.quotes`): the arrival price is then the mid at submit, whatever the clocks of
   * venues say. Without it the mid on the tape at that time counts.
   */
  readonly quotes?: { mid(instrument: number): number }
  /** Of what larger order an order is part, with a name for the algorithm; undefined for one that stands by itself. */
  readonly parentOf?: (order: CollectedOrder) => { id: string; quantity: number; algorithm?: string } | undefined
  /** Value of a currency in that of the report; 1 unless given. */
  readonly rateOf?: (currency: string) => number
  readonly record?: OrderRecord
  readonly tape?: MarketTape
}

/** What is remembered of an order that may still be told of. */
interface Watched {
  readonly index: number
  readonly parentId: string | undefined
  readonly sentUs: number
  ackUs: number
  fillUs: number
  isOver: boolean
}

/** Orders remembered after their end, for late fills and busts. */
const maxWatched = 65_536

/**
 * Records orders of a system. Feed `tape` from the ring: `system.ring.addConsumer({ name: 'tca', policy: 'dropOldest', handlers: collector.tape.handlers })`.
 */
export class TcaCollector {
  readonly record: OrderRecord
  readonly tape: MarketTape
  /** Fees in other currencies than the price: not counted. */
  foreignFees = 0
  /** Events of orders that are not remembered any more, or that found no room. */
  missed = 0
  readonly #options: TcaCollectorOptions
  readonly #orders = new Map<string, Watched>()
  readonly #parents = new Map<string, { index: number; open: number }>()
  readonly #fills = new Map<string, number>()
  readonly #stop: () => void

  constructor(options: TcaCollectorOptions) {
    this.#options = options
    this.record = options.record ?? new OrderRecord()
    this.tape = options.tape ?? new MarketTape()
    this.#stop = options.events.on('order', (event) => this.#take(event))
  }

  /** Stops listening. What was recorded stays. */
  stop(): void {
    this.#stop()
  }

  #take(event: CollectedEvent): void {
    const { type } = event
    if (type === 'submitted') this.#begin(event)
    else if (type === 'accepted') this.#accepted(event)
    else if (type === 'filled') this.#filled(event)
    else if (type === 'fill_busted') this.#busted(event)
    else if (type === 'fill_corrected') this.#corrected(event)
    if (type === 'rejected' || type === 'canceled' || type === 'expired' || type === 'denied') this.#ended(event)
  }

  #begin(event: CollectedEvent): void {
    const order = event.order.snapshot
    const parent = this.#options.parentOf?.(order)
    try {
      const index = this.#indexOf(order, parent, event.tsLocalUs)
      if (this.#orders.size >= maxWatched) this.#orders.delete(this.#orders.keys().next().value as string)
      this.#orders.set(order.clientOrderId, {
        index,
        parentId: parent?.id,
        sentUs: event.tsLocalUs,
        ackUs: Number.NaN,
        fillUs: Number.NaN,
        isOver: false,
      })
    } catch {
      // A record that is full stops recording, not trading.
      this.missed++
    }
  }

  #indexOf(order: CollectedOrder, parent: ReturnType<NonNullable<TcaCollectorOptions['parentOf']>>, nowUs: number) {
    const known = parent && this.#parents.get(parent.id)
    if (known !== undefined) {
      known.open++
      return known.index
    }
    const { symbol, index: instrument, currency, multiplierNumber } = this.#options.instruments.get(order.instrument)
    const mid = this.#options.quotes?.mid(instrument) ?? Number.NaN
    const index = this.record.addOrder({
      id: parent?.id ?? order.clientOrderId,
      symbol,
      instrument,
      side: order.side,
      quantity: parent?.quantity ?? order.quantity.toNumber(),
      arrivalUs: nowUs,
      ...(Number.isFinite(mid) ? { arrivalPrice: mid } : {}),
      algorithm: parent?.algorithm ?? '',
      strategy: order.strategy,
      account: order.account,
      multiplier: multiplierNumber,
      rate: this.#options.rateOf?.(currency) ?? 1,
    })
    if (parent !== undefined) this.#parents.set(parent.id, { index, open: 1 })
    return index
  }

  #accepted(event: CollectedEvent): void {
    const watched = this.#orders.get(event.order.snapshot.clientOrderId)
    if (watched !== undefined && Number.isNaN(watched.ackUs)) watched.ackUs = event.tsLocalUs
  }

  #filled(event: CollectedEvent): void {
    const order = event.order.snapshot
    const watched = this.#orders.get(order.clientOrderId)
    const price = event.price?.toNumber()
    const quantity = event.quantity?.toNumber()
    if (watched === undefined || price === undefined || quantity === undefined) {
      this.missed++
      return
    }
    if (Number.isNaN(watched.fillUs)) watched.fillUs = event.tsLocalUs
    const { currency } = this.#options.instruments.get(order.instrument)
    const isForeign = event.feeCurrency !== undefined && event.feeCurrency !== currency
    if (isForeign) this.foreignFees++
    try {
      const fill = this.record.addFill(watched.index, {
        tsUs: event.tsEventUs,
        price,
        quantity,
        fee: isForeign ? Number.NaN : event.feeUnits / 1e8,
        venue: order.connector,
        liquidity: event.liquidity,
      })
      if (this.#fills.size >= maxWatched) this.#fills.delete(this.#fills.keys().next().value as string)
      this.#fills.set(fillKey(order, event), fill)
    } catch {
      this.missed++
    }
    if (order.filledQuantity.toNumber() >= order.quantity.toNumber()) this.#ended(event)
  }

  #busted(event: CollectedEvent): void {
    const fill = this.#fills.get(fillKey(event.order.snapshot, event))
    if (fill === undefined) this.missed++
    else this.record.removeFill(fill)
  }

  #corrected(event: CollectedEvent): void {
    const fill = this.#fills.get(fillKey(event.order.snapshot, event))
    const price = event.price?.toNumber()
    const quantity = event.quantity?.toNumber()
    if (fill === undefined || price === undefined || quantity === undefined) this.missed++
    else this.record.correctFill(fill, { price, quantity })
  }

  #ended(event: CollectedEvent): void {
    const order = event.order.snapshot
    const watched = this.#orders.get(order.clientOrderId)
    if (watched === undefined || watched.isOver) return
    watched.isOver = true
    // Refused by our own side: it never was at a venue.
    if (event.type !== 'denied')
      this.record.addRouted({
        venue: order.connector,
        quantity: order.quantity.toNumber(),
        filled: order.filledQuantity.toNumber(),
        isRejected: event.type === 'rejected',
        ackLatencyUs: watched.ackUs - watched.sentUs,
        fillLatencyUs: watched.fillUs - watched.sentUs,
      })
    const parent = watched.parentId === undefined ? undefined : this.#parents.get(watched.parentId)
    if (parent !== undefined) parent.open--
    // A parent ends with its last child so far; a later child moves the end.
    if (parent === undefined || parent.open === 0) this.record.endOrder(watched.index, event.tsEventUs)
  }
}

function fillKey(order: CollectedOrder, event: CollectedEvent): string {
  return `${order.clientOrderId} ${String(event.execId)}`
}
