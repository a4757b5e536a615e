/**
 * Writes the body of an application message, field by field, and leaves out what the version does not know: the caller says
 * everything there is to say, the dictionary decides what of it goes out.
 */
import type { FixEncoder } from '../codec/encoder.js'
import type { FixSession } from '../session/fix-session.js'
import type { ExtraFields } from '../session/parts.js'
import type { MessageRules } from './message-rules.js'

/** Fields of an entry of a repeating group, in any order. */
export type EntryFields = readonly (readonly [tag: number, value: string | undefined])[]

/** Writes messages of one session. One object, one message at a time. */
export class Outgoing {
  readonly session: FixSession
  readonly rules: MessageRules
  #encoder: FixEncoder | undefined
  #allowed: ReadonlySet<number> = new Set()
  #omitted: ReadonlySet<number> | undefined
  #msgType = ''

  constructor(session: FixSession, rules: MessageRules) {
    this.session = session
    this.rules = rules
  }

  /**
   * Begins a message; {@link send} must follow in the same turn. `omitted`: fields that the peer does not want. Returns the
   * number that the message will have.
   *
   * @throws TradewireError as `FixSession.begin`.
   */
  begin(msgType: string, omitted?: ReadonlySet<number>, header?: ExtraFields): number {
    const number = this.session.nextOutgoing
    this.#encoder = this.session.begin(msgType, header)
    this.#allowed = this.rules.fieldsOf(msgType)
    this.#omitted = omitted
    this.#msgType = msgType
    return number
  }

  #takes(tag: number): boolean {
    return this.#allowed.has(tag) && this.#omitted?.has(tag) !== true
  }

  /** A text; nothing is written for undefined or an empty one. */
  string(tag: number, value: string | undefined): void {
    if (value !== undefined && value !== '' && this.#takes(tag)) (this.#encoder as FixEncoder).string(tag, value)
  }

  int(tag: number, value: number): void {
    if (this.#takes(tag)) (this.#encoder as FixEncoder).int(tag, value)
  }

  flag(tag: number, value: boolean): void {
    if (this.#takes(tag)) (this.#encoder as FixEncoder).flag(tag, value)
  }

  /** `units / 10^scale`; nothing is written for NaN. */
  units(tag: number, units: number, scale: number): void {
    if (!Number.isNaN(units) && this.#takes(tag)) (this.#encoder as FixEncoder).units(tag, units, scale)
  }

  /** A double; nothing is written for NaN. */
  double(tag: number, value: number): void {
    if (!Number.isNaN(value) && this.#takes(tag)) (this.#encoder as FixEncoder).double(tag, value)
  }

  /** A UTC timestamp in the precision of the session; nothing is written for NaN. */
  timestamp(tag: number, epochUs: number): void {
    if (!Number.isNaN(epochUs) && this.#takes(tag))
      (this.#encoder as FixEncoder).timestamp(tag, epochUs, this.session.settings.precision)
  }

  /** A date of UTC. */
  date(tag: number, epochUs: number): void {
    if (this.#takes(tag)) (this.#encoder as FixEncoder).date(tag, epochUs)
  }

  /** A field as it is, known to the version or not: what a profile adds. */
  extra(tag: number, value: string): void {
    ;(this.#encoder as FixEncoder).string(tag, value)
  }

  /** A repeating group: each entry in the order of the dictionary, without what it does not know. */
  group(countTag: number, entries: readonly EntryFields[]): void {
    const order = this.#takes(countTag) ? this.rules.entryOrder(this.#msgType, countTag) : undefined
    if (order === undefined) return
    const encoder = this.#encoder as FixEncoder
    encoder.int(countTag, entries.length)
    for (const entry of entries) {
      const known = entry.filter(([tag, value]) => value !== undefined && value !== '' && order.has(tag))
      known.sort(([a], [b]) => (order.get(a) as number) - (order.get(b) as number))
      for (const [tag, value] of known) encoder.string(tag, value as string)
    }
  }

  /** Sends what was begun. True when it was handed to the socket, false when it waits. */
  send(): boolean {
    return this.session.send()
  }
}
