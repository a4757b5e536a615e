/**
 * What a venue gets wrong on demand, message by message: a request that is not heard, a report that is lost, comes twice, or is
 * overtaken, a line that breaks in the middle of an order. Each fault hits one message. Faults of the line (cut, silence, garbage) are the proxy's of `tradewire/testing` and
 * those of {@link TappedConnection}.
 */
import type { ReportKind } from '../../connectors/sim/venue-message.js'

/** Requests and reports that a fault can hit. */
export type FaultyMessage = 'new' | 'replace' | 'cancel' | ReportKind

/**
 * What happens to one message. `cut` breaks the line: before a request is heard, or before a report leaves, which comes by resend
 * then.
 */
export type MessageFault =
  | { readonly does: 'drop' | 'double' | 'cut' }
  | { readonly does: 'delay'; readonly delayMs: number }

/** Faults that wait for their message. */
export class VenueFaults {
  readonly #waiting: { readonly message: FaultyMessage; readonly fault: MessageFault }[] = []
  /** Refuses the next order for this reason. */
  rejectsNext: string | undefined

  /** The next message of a kind. */
  next(message: FaultyMessage, fault: MessageFault): void {
    this.#waiting.push({ message, fault })
  }

  /** The fault for a message that passes now; undefined for none. */
  take(message: FaultyMessage): MessageFault | undefined {
    if (this.#waiting.length === 0) return undefined
    const at = this.#waiting.findIndex((each) => each.message === message)
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0]?.fault
  }

  /** The reason for which an order is refused; empty for none. */
  refusal(): string {
    const reason = this.rejectsNext ?? ''
    this.rejectsNext = undefined
    return reason
  }
}
