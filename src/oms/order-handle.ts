/**
 * What a strategy holds of an order: its state to read, its outcome to await, its events to follow, and the ways to change
 * it. A handle outlives the order's record: when the record is taken over, the last state is kept in the handle.
 */
import { TradewireError } from '../core/errors.js'
import { abortError, listenForAbort } from '../core/time.js'
import type { Decimal } from '../model/decimal.js'
import type { OrderChange, OrderSnapshot } from '../model/order.js'
import type { OrderStatus } from '../model/order-types.js'
import { StatusCode } from '../orders/codes.js'
import { isClosed } from '../orders/lifecycle.js'
import type { Evidence } from './explain.js'
import type { OrderEvent } from './order-event.js'
import type { OrderImage } from './order-image.js'

/** What a handle asks its manager for. */
export interface HandleHome {
  snapshot(number: number): OrderSnapshot
  /** The snapshot of an order whose record is gone. */
  snapshotOfImage(image: OrderImage): OrderSnapshot
  status(number: number): OrderStatus
  /** The status, requests under way aside: an order that is being canceled may not have been acknowledged yet. */
  lifecycle(number: number): OrderStatus
  cancel(number: number): void
  modify(number: number, change: OrderChange): void
  explain(number: number): Evidence[]
  /** Somebody awaits an outcome from now on. */
  waiting?(): void
  /** A promise that somebody awaits is about to settle. */
  settling?(): void
}

/** How a wait can be given up. */
export interface WaitOptions {
  signal?: AbortSignal
}

/** Events kept for one iterator that its reader has not taken yet. Beyond it the iterator ends with an error. */
const iteratorBound = 4_096

interface Waiter {
  isMet(status: OrderStatus): boolean
  resolve(snapshot: OrderSnapshot): void
  reject(error: unknown): void
}

/** A handle on one order. */
export class OrderHandle {
  /** The order's number within the system. */
  readonly number: number
  readonly #home: HandleHome
  /** The last state, once the record is gone. */
  #final: OrderImage | undefined
  #ended: TradewireError | undefined
  #waiters: Waiter[] | undefined
  #listeners: ((event: OrderEvent) => void)[] | undefined
  /** Wakes the iterators that wait. */
  #wakers: Set<(error?: TradewireError) => void> | undefined
  #iterators = 0

  constructor(home: HandleHome, number: number) {
    this.#home = home
    this.number = number
  }

  /** Everything known about the order now. */
  get snapshot(): OrderSnapshot {
    return this.#final === undefined ? this.#home.snapshot(this.number) : this.#home.snapshotOfImage(this.#final)
  }

  get status(): OrderStatus {
    return this.#final === undefined ? this.#home.status(this.number) : this.#final.status
  }

  get clientOrderId(): string {
    return this.snapshot.clientOrderId
  }

  get filledQuantity(): Decimal {
    return this.snapshot.filledQuantity
  }

  get averagePrice(): Decimal | undefined {
    return this.snapshot.averagePrice
  }

  /** Why it was denied, rejected or canceled. */
  get reason(): string | undefined {
    return this.snapshot.reason
  }

  /** Whether nothing more is expected of it. */
  get isClosed(): boolean {
    return isClosed(StatusCode[this.status])
  }

  /** Asks the venue to cancel it. The outcome comes as an event. Does nothing when the order is closed or a cancel is under way. */
  cancel(): void {
    if (this.#final === undefined) this.#home.cancel(this.number)
  }

  /**
   * Asks the venue to change it.
   *
   * @throws TradewireError `TW_INVALID_STATE` when the order is closed; `TW_NOT_SUPPORTED` when the venue cannot change
   * orders; `TW_INVALID_MODEL` and others for terms that are no terms.
   */
  modify(change: OrderChange): void {
    if (this.#final !== undefined)
      throw new TradewireError(
        'TW_INVALID_STATE',
        `Order ${this.clientOrderId} is ${this.status}; it cannot be changed`,
      )
    this.#home.modify(this.number, change)
  }

  /** Resolves when the venue has acknowledged the order, or when it is closed in any way. Look at `status`. */
  accepted(options: WaitOptions = {}): Promise<OrderSnapshot> {
    return this.#wait(
      (status) =>
        status !== 'INITIALIZED' &&
        status !== 'SUBMITTED' &&
        status !== 'UNKNOWN' &&
        status !== 'EMULATED' &&
        status !== 'RELEASED',
      options,
    )
  }

  /** Resolves when the order is closed: filled, canceled, rejected, expired or denied. */
  done(options: WaitOptions = {}): Promise<OrderSnapshot> {
    return this.#wait((status) => isClosed(StatusCode[status]), options)
  }

  /** Calls back for every later event; the returned function ends it. */
  onEvent(listener: (event: OrderEvent) => void): () => void {
    this.#listeners ??= []
    const listeners = this.#listeners
    listeners.push(listener)
    return () => {
      const index = listeners.indexOf(listener)
      if (index >= 0) listeners.splice(index, 1)
    }
  }

  /** Every later event until the order is closed. */
  async *events(options: WaitOptions = {}): AsyncGenerator<OrderEvent, void, undefined> {
    const { signal } = options
    const queue: OrderEvent[] = []
    let wake: (() => void) | undefined
    let isBehind = false
    const stop = this.onEvent((event) => {
      if (queue.length >= iteratorBound) isBehind = true
      else queue.push(event)
      this.#home.settling?.()
      wake?.()
    })
    let gaveUp: TradewireError | undefined
    const onWoken = (error?: TradewireError) => {
      gaveUp = error
      wake?.()
    }
    const onAbort = () => wake?.()
    listenForAbort(signal, onAbort)
    this.#wakers ??= new Set()
    this.#wakers.add(onWoken)
    try {
      for (let next = 0; ; ) {
        if (signal?.aborted) throw abortError(signal)
        if (isBehind) {
          throw new TradewireError(
            'TW_CAPACITY',
            `The reader of order ${this.number} is more than ${iteratorBound} events behind`,
          )
        }
        if (next < queue.length) {
          const event = queue[next++] as OrderEvent
          if (next === queue.length) {
            queue.length = 0
            next = 0
          }
          yield event
          continue
        }
        if (this.isClosed) return
        if (this.#ended !== undefined) throw this.#ended
        await new Promise<void>((resolve) => {
          wake = resolve
          this.#iterators++
          this.#home.waiting?.()
        })
        this.#iterators--
        if (gaveUp !== undefined) throw gaveUp
        wake = undefined
      }
    } finally {
      stop()
      this.#wakers?.delete(onWoken)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Why each fact about the order is believed: who said so, when, and under which number it is in the journal. */
  explain(): Evidence[] {
    return this.#final === undefined ? this.#home.explain(this.number) : []
  }

  /** Whether an event would reach anybody through this handle. */
  get isWatched(): boolean {
    return this.#waiters !== undefined || (this.#listeners !== undefined && this.#listeners.length > 0)
  }

  /** Hands an event to listeners and waiters. Called by the manager; returns what listeners threw. */
  deliver(event: OrderEvent): unknown[] {
    const errors: unknown[] = []
    if (this.#listeners !== undefined) {
      for (const listener of [...this.#listeners]) {
        try {
          listener(event)
        } catch (error) {
          errors.push(error)
        }
      }
    }
    this.settleWaiters()
    return errors
  }

  /** Resolves the waits that are over. Called by the manager. */
  settleWaiters(): void {
    if (this.#waiters === undefined) return
    const status = this.#lifecycle
    const waiting = this.#waiters.filter((waiter) => {
      if (!waiter.isMet(status)) return true
      this.#home.settling?.()
      waiter.resolve(this.snapshot)
      return false
    })
    this.#waiters = waiting.length === 0 ? undefined : waiting
  }

  /** Keeps the last state, because the record is about to be taken over. Called by the manager. */
  keep(image: OrderImage): void {
    this.#final = image
  }

  /** Fails all waits, now and later: the system is closing. Called by the manager. */
  abandon(error: TradewireError): void {
    this.#ended = error
    for (const waiter of this.#waiters ?? []) waiter.reject(error)
    this.#waiters = undefined
    this.#listeners = undefined
    for (const wake of this.#wakers ?? []) wake()
  }

  /** Whether anybody awaits an outcome or an event. */
  get isAwaited(): boolean {
    return this.#waiters !== undefined || this.#iterators > 0
  }

  /** Fails the waits that there are now; later ones may be met. Called by the manager. */
  giveUp(error: TradewireError): void {
    const waiters = this.#waiters ?? []
    this.#waiters = undefined
    for (const waiter of waiters) waiter.reject(error)
    for (const wake of this.#wakers ?? []) wake(error)
  }

  get #lifecycle(): OrderStatus {
    return this.#final === undefined ? this.#home.lifecycle(this.number) : this.#final.status
  }

  #wait(isMet: (status: OrderStatus) => boolean, { signal }: WaitOptions): Promise<OrderSnapshot> {
    if (isMet(this.#lifecycle)) return Promise.resolve(this.snapshot)
    if (signal?.aborted) return Promise.reject(abortError(signal))
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const others = this.#waiters?.filter((other) => other !== waiter)
        this.#waiters = others?.length === 0 ? undefined : others
        reject(abortError(signal as AbortSignal))
      }
      const waiter: Waiter = {
        isMet,
        resolve: (snapshot) => {
          signal?.removeEventListener('abort', onAbort)
          resolve(snapshot)
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort)
          reject(error)
        },
      }
      this.#waiters ??= []
      this.#waiters.push(waiter)
      this.#home.waiting?.()
      listenForAbort(signal, onAbort)
    })
  }
}
