/** What a strategy holds of a parent order: its state to read, its outcome to await, its events to follow. */
import { TradewireError } from '../core/errors.js'
import { abortError, listenForAbort } from '../core/time.js'
import type { Decimal } from '../model/decimal.js'
import type { OrderHandle, WaitOptions } from '../oms/order-handle.js'
import type { ParentChange, ParentEvent, ParentOrderHandle, ParentSnapshot, ParentStatus } from '../oms/parent-port.js'

/** Events kept for one iterator that its reader has not taken yet. Beyond it the iterator ends with an error. */
const iteratorBound = 4_096

/** What a handle asks about its order, and of it. */
export interface ParentHandleHome {
  readonly id: string
  status(): ParentStatus
  isClosed(): boolean
  snapshot(): ParentSnapshot
  children(): readonly OrderHandle[]
  explain(): string[]
  cancel(reason: string | undefined): void
  pause(keepsWorking: boolean): void
  resume(reanchors: boolean): void
  modify(change: ParentChange): void
  waiting(): void
  settling(): void
}

interface Waiter {
  isMet(): boolean
  resolve(snapshot: ParentSnapshot): void
  reject(error: unknown): void
}

/** A handle on one parent order. */
export class ParentHandle implements ParentOrderHandle {
  readonly #home: ParentHandleHome
  #waiters: Waiter[] = []
  readonly #listeners: ((event: ParentEvent) => void)[] = []
  readonly #wakers = new Set<(error?: TradewireError) => void>()
  #iterating = 0
  #ended: TradewireError | undefined

  constructor(home: ParentHandleHome) {
    this.#home = home
  }

  get clientOrderId(): string {
    return this.#home.id
  }

  get status(): ParentStatus {
    return this.#home.status()
  }

  get snapshot(): ParentSnapshot {
    return this.#home.snapshot()
  }

  get filledQuantity(): Decimal {
    return this.snapshot.filledQuantity
  }

  get averagePrice(): Decimal | undefined {
    return this.snapshot.averagePrice
  }

  get reason(): string | undefined {
    return this.snapshot.reason
  }

  get isClosed(): boolean {
    return this.#home.isClosed()
  }

  get children(): readonly OrderHandle[] {
    return this.#home.children()
  }

  cancel(reason?: string): void {
    this.#home.cancel(reason)
  }

  pause({ keepWorking = false }: { keepWorking?: boolean } = {}): void {
    this.#home.pause(keepWorking)
  }

  resume({ reanchor = false }: { reanchor?: boolean } = {}): void {
    this.#home.resume(reanchor)
  }

  modify(change: ParentChange): void {
    this.#home.modify(change)
  }

  explain(): string[] {
    return this.#home.explain()
  }

  accepted(options: WaitOptions = {}): Promise<ParentSnapshot> {
    return this.#wait(() => this.status !== 'PENDING' && this.status !== 'WAITING_START', options)
  }

  done(options: WaitOptions = {}): Promise<ParentSnapshot> {
    return this.#wait(() => this.isClosed, options)
  }

  onEvent(listener: (event: ParentEvent) => void): () => void {
    this.#listeners.push(listener)
    return () => {
      const at = this.#listeners.indexOf(listener)
      if (at >= 0) this.#listeners.splice(at, 1)
    }
  }

  async *events({ signal }: WaitOptions = {}): AsyncGenerator<ParentEvent, void, undefined> {
    const queue: ParentEvent[] = []
    let wake: (() => void) | undefined
    let gaveUp: TradewireError | undefined
    let isBehind = false
    const stop = this.onEvent((event) => {
      if (queue.length >= iteratorBound) isBehind = true
      else queue.push(event)
      this.#home.settling()
      wake?.()
    })
    const onWoken = (error?: TradewireError) => {
      gaveUp = error
      wake?.()
    }
    const onAbort = () => wake?.()
    listenForAbort(signal, onAbort)
    this.#wakers.add(onWoken)
    try {
      for (;;) {
        if (signal?.aborted) throw abortError(signal)
        if (isBehind)
          throw new TradewireError('TW_CAPACITY', `The reader of ${this.clientOrderId} is too many events behind`)
        const event = queue.shift()
        if (event !== undefined) {
          yield event
          continue
        }
        if (this.isClosed) return
        if (this.#ended !== undefined) throw this.#ended
        await new Promise<void>((resolve) => {
          wake = resolve
          this.#iterating++
          this.#home.waiting()
        })
        this.#iterating--
        wake = undefined
        if (gaveUp !== undefined) throw gaveUp
      }
    } finally {
      stop()
      this.#wakers.delete(onWoken)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  // ---- Called by the desk ----------------------------------------------------------------------------------------------

  /** Whether an event would reach anybody. */
  get isWatched(): boolean {
    return this.#listeners.length > 0
  }

  /** Whether anybody awaits an outcome or an event. */
  get isAwaited(): boolean {
    return this.#waiters.length > 0 || this.#iterating > 0
  }

  /** Hands an event to listeners; returns what they threw. */
  deliver(event: ParentEvent): unknown[] {
    const errors: unknown[] = []
    for (const listener of [...this.#listeners]) {
      try {
        listener(event)
      } catch (error) {
        errors.push(error)
      }
    }
    return errors
  }

  /** Resolves the waits that are over. */
  settle(): void {
    if (this.#waiters.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.isMet()) return true
      this.#home.settling()
      waiter.resolve(this.snapshot)
      return false
    })
  }

  /** Fails the waits there are now, and later ones where the system is closing. */
  giveUp(error: TradewireError, isFinal: boolean): void {
    if (isFinal) this.#ended = error
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.reject(error)
    for (const wake of this.#wakers) wake(error)
  }

  #wait(isMet: () => boolean, { signal }: WaitOptions): Promise<ParentSnapshot> {
    if (isMet()) return Promise.resolve(this.snapshot)
    if (signal?.aborted) return Promise.reject(abortError(signal))
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
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
      this.#waiters.push(waiter)
      this.#home.waiting()
      listenForAbort(signal, onAbort)
    })
  }
}
