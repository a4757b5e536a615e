/** Cancels and updates under way, one linked list an order: since when, and the terms that a pending replace may still become. */

/** Preallocated pool of requests. */
export class RequestPool {
  readonly next: Int32Array
  readonly generation: Int32Array
  /** Number of the journal record of the request. */
  readonly seq: Float64Array
  /** Terms asked for; a cancel asks for a quantity of 0. */
  readonly quantity: Float64Array
  readonly price: Float64Array
  readonly trigger: Float64Array
  #freeHead = 0
  #size = 0

  constructor(capacity: number) {
    this.next = new Int32Array(capacity)
    this.generation = new Int32Array(capacity)
    this.seq = new Float64Array(capacity)
    this.quantity = new Float64Array(capacity)
    this.price = new Float64Array(capacity)
    this.trigger = new Float64Array(capacity)
    for (let i = 0; i < capacity; i++) this.next[i] = i + 1 < capacity ? i + 1 : -1
  }

  /** Entries in use. */
  get size(): number {
    return this.#size
  }

  /** Whether nothing more fits. */
  get isFull(): boolean {
    return this.#freeHead < 0
  }

  /** Adds an entry before `head`; returns the new head. The pool must not be full. */
  add(head: number, generation: number, seq: number, quantity: number, price: number, trigger: number): number {
    const entry = this.#freeHead
    this.#freeHead = this.next[entry]
    this.next[entry] = head
    this.generation[entry] = generation
    this.seq[entry] = seq
    this.quantity[entry] = quantity
    this.price[entry] = price
    this.trigger[entry] = trigger
    this.#size++
    return entry
  }

  /** The entry of a generation, or -1. */
  find(head: number, generation: number): number {
    let entry = head
    while (entry >= 0 && this.generation[entry] !== generation) entry = this.next[entry]
    return entry
  }

  /** Removes the entry of a generation; returns the new head. */
  remove(head: number, generation: number): number {
    if (head < 0) return -1
    if (this.generation[head] === generation) {
      const next = this.next[head]
      this.#free(head)
      return next
    }
    for (let before = head; ; ) {
      const entry = this.next[before]
      if (entry < 0) return head
      if (this.generation[entry] === generation) {
        this.next[before] = this.next[entry]
        this.#free(entry)
        return head
      }
      before = entry
    }
  }

  /** Gives back a whole list. */
  release(head: number): void {
    for (let entry = head; entry >= 0; ) {
      const next = this.next[entry]
      this.#free(entry)
      entry = next
    }
  }

  #free(entry: number): void {
    this.next[entry] = this.#freeHead
    this.#freeHead = entry
    this.#size--
  }
}
