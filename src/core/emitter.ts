/**
 * Typed events for orders, accounts and life cycles. Market data does not pass through here: it stays in the ring.
 *
 * A listener that throws is isolated: the others still run, the error is counted and handed to `onListenerError`.
 */
import { EventEmitter } from 'eventemitter3'
import { TradewireError } from './errors.js'

/** Event names with the one argument their listeners get. */
export type EventMap = object

/** Gets what a listener threw and the event it listened to. */
export type ListenerErrorHandler = (error: unknown, event: string) => void

/**
 * An emitter whose events are the keys of `Events`.
 *
 * @example
 * ```ts
 * const emitter = new TypedEmitter<{ fill: { price: number } }>()
 * const stop = emitter.on('fill', (fill) => console.log(fill.price))
 * emitter.emit('fill', { price: 10 })
 * stop()
 * ```
 */
export class TypedEmitter<Events extends EventMap> {
  readonly #emitter = new EventEmitter()
  /** Called for each error a listener throws. Replaceable by the owner of the emitter. What it throws itself is only counted. */
  onListenerError: ListenerErrorHandler | undefined
  readonly #names: readonly string[] | undefined
  #listenerErrors = 0

  /** `names`: all events that there are, for an emitter that refuses listeners of others, who would wait for ever. */
  constructor(names?: readonly (keyof Events & string)[]) {
    this.#names = names
  }

  /** Errors thrown by listeners, and by `onListenerError` itself, so far. */
  get listenerErrors(): number {
    return this.#listenerErrors
  }

  /**
   * Adds a listener; the returned function removes it and may be called more than once.
   *
   * @throws TradewireError `TW_INVALID_ARGUMENT` for an event that there is not, where the emitter knows its events.
   */
  on<Name extends keyof Events & string>(event: Name, listener: (value: Events[Name]) => void): () => void {
    if (this.#names !== undefined && !this.#names.includes(event))
      throw new TradewireError(
        'TW_INVALID_ARGUMENT',
        `There is no event "${String(event)}"; there are ${this.#names.join(', ')}`,
      )
    const guarded = (value: Events[Name]) => {
      try {
        listener(value)
      } catch (error) {
        this.#report(error, event)
      }
    }
    this.#emitter.on(event, guarded)
    return () => {
      this.#emitter.off(event, guarded)
    }
  }

  /** As {@link on}, for the next event only. */
  once<Name extends keyof Events & string>(event: Name, listener: (value: Events[Name]) => void): () => void {
    const stop = this.on(event, (value) => {
      stop()
      listener(value)
    })
    return stop
  }

  /** Calls the listeners of an event in the order they were added. */
  emit<Name extends keyof Events & string>(event: Name, value: Events[Name]): void {
    this.#emitter.emit(event, value)
  }

  /** Listeners of an event: lets a sender skip building a value nobody wants. */
  listenerCount(event: keyof Events & string): number {
    return this.#emitter.listenerCount(event)
  }

  /** Listeners of all events. */
  totalListeners(): number {
    let total = 0
    for (const name of this.#emitter.eventNames()) total += this.#emitter.listenerCount(name)
    return total
  }

  #report(error: unknown, event: string): void {
    this.#listenerErrors++
    try {
      this.onListenerError?.(error, event)
    } catch {
      this.#listenerErrors++
    }
  }

  /** Removes every listener. */
  removeAllListeners(): void {
    this.#emitter.removeAllListeners()
  }
}
