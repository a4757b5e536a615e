/** What a publisher speaks, when it is not our own format: implement this for any other. */
import type { GateKind } from '../feed/slow-gate.js'
import type { EventTarget } from '../wire/event-objects.js'

/** An instrument as a codec sees it. */
export interface CodecInstrument {
  /** `SYMBOL.VENUE` */
  readonly id: string
  /** What the feed calls it: the alias of the connector's options, else its symbol at this connector. */
  readonly symbol: string
}

/** Reads messages of a foreign publisher. */
export interface ZmqCodec {
  /** In errors and reports. */
  readonly name: string
  /** Kinds of data that it can bring. */
  readonly kinds: readonly GateKind[]
  /** What a subscriber asks for, as text that messages begin with. */
  topics(kind: GateKind, instrument: CodecInstrument): readonly string[]
  /**
   * Reads one message, in as many parts as it came. Instruments are named to the target by id, symbol or alias. `tsRecvUs` is
   * the time of receipt in epoch microseconds, for formats without a time. False: it is none of this format. What it throws
   * counts as malformed, too.
   */
  decode(parts: readonly Uint8Array[], target: EventTarget, tsRecvUs: number): boolean
}
