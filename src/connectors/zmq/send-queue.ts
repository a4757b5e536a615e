/**
 * Sends over a socket that may have to wait (PUSH, ROUTER, DEALER): zeromq allows one send at a time, so messages queue here, at
 * most so many; what comes on top is refused and counted.
 */

/** One part, or several. */
export type Outgoing = (Uint8Array | string)[] | Uint8Array

/** A socket that can be written, as zeromq has it. */
export interface WritableSocket {
  readonly closed: boolean
  send(message: Outgoing): Promise<void>
}

/** Queue before a socket. */
export class SendQueue {
  sent = 0
  refused = 0
  failed = 0
  readonly #socket: WritableSocket
  readonly #capacity: number
  readonly #onError: (error: unknown, message: Outgoing) => void
  #waiting: Outgoing[] = []
  #next = 0
  #isBusy = false

  /** `capacity`: the most that wait; 0: no limit, as with a high-water mark. `onError` gets what a send failed with, and the message, which is lost. */
  constructor(socket: WritableSocket, capacity: number, onError: (error: unknown, message: Outgoing) => void) {
    this.#socket = socket
    this.#capacity = capacity === 0 ? Number.POSITIVE_INFINITY : capacity
    this.#onError = onError
  }

  /** Messages that wait. */
  get queued(): number {
    return this.#waiting.length - this.#next + (this.#isBusy ? 1 : 0)
  }

  /** Hands a message over; false when the queue is full. */
  send(message: Outgoing): boolean {
    if (this.#socket.closed || this.queued >= this.#capacity) {
      this.refused++
      return false
    }
    if (this.#isBusy) {
      this.#waiting.push(message)
      return true
    }
    this.#isBusy = true
    void this.#drain(message)
    return true
  }

  async #drain(first: Outgoing): Promise<void> {
    let message: Outgoing | undefined = first
    while (message !== undefined) {
      try {
        await this.#socket.send(message)
        this.sent++
      } catch (error) {
        this.failed++
        if (!this.#socket.closed) this.#onError(error, message)
      }
      message = this.#take()
    }
    this.#isBusy = false
  }

  #take(): Outgoing | undefined {
    if (this.#next === this.#waiting.length) {
      this.#waiting = []
      this.#next = 0
      return undefined
    }
    const message = this.#waiting[this.#next++]
    if (this.#next >= 4_096) {
      this.#waiting = this.#waiting.slice(this.#next)
      this.#next = 0
    }
    return message
  }
}
