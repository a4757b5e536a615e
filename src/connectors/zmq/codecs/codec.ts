/** What a publisher speaks, when it is not our own format: implement this for any other. */
import type { GateKind } from '../feed/slow-gate.js'
import type { EventTarget } from '../wire/event-objects.js'

/** Reads messages of a foreign publisher. */
export interface ZmqCodec {
  /** In errors and reports. */
  readonly name: string
  /** Kinds of data that it can bring. */
  readonly kinds: readonly GateKind[]
  /** What a subscriber asks for, as text that messages begin with, to get a kind of data of an instrument by its name in the feed. */
  topics(kind: GateKind, name: string): readonly string[]
  /**
   * Reads one message, in as many parts as it came. `tsRecvUs` is the time of receipt in epoch microseconds, for formats
   * without a time. False: it is none of this format. It must not throw on any bytes; what it throws counts as malformed.
   */
  decode(parts: readonly Uint8Array[], target: EventTarget, tsRecvUs: number): boolean
}
