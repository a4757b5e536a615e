/** Which of our messages carried which order: for rejects that name a message by its number only. The latest are kept. */

/** An order or request that a message carried. */
export interface SentOrder {
  readonly msgType: string
  readonly number: number
  readonly generation: number
  readonly clOrdId: string
}

const KEPT = 4_096

/** Remembers sent messages by MsgSeqNum. */
export class SentMessages {
  readonly #sent = new Map<number, SentOrder>()

  add(sequence: number, msgType: string, number: number, generation: number, clOrdId: string): void {
    this.#sent.set(sequence, { msgType, number, generation, clOrdId })
    if (this.#sent.size <= KEPT) return
    for (const oldest of this.#sent.keys()) {
      this.#sent.delete(oldest)
      return
    }
  }

  /** What a message carried; asked once, since a message is rejected once. */
  take(sequence: number): SentOrder | undefined {
    const sent = this.#sent.get(sequence)
    this.#sent.delete(sequence)
    return sent
  }

  /** The same by the ClOrdID that a reject names. */
  takeById(clOrdId: string): SentOrder | undefined {
    for (const [sequence, sent] of this.#sent) if (sent.clOrdId === clOrdId) return this.take(sequence)
    return undefined
  }

  /** The numbers began anew. */
  clear(): void {
    this.#sent.clear()
  }
}
