/**
 * The frames at the end of a journal of which no note says that they are durable, collected while it is read.
 *
 * A process that died may have written them and not synced them, or tried to, in vain: then they are read from memory, are
 * not on the disk, and a later sync of their file says that all is well. So a writer that goes on writes them once more.
 */
import { frameHeaderBytes, framePrefixBytes, getU64, seqAt, syncMarkType, typeAt } from './frame.js'

/** The last whole frame of a segment ends at byte `validBytes`. */
export interface SegmentEnd {
  readonly path: string
  readonly validBytes: number
}

/** Collects whole frames in a bounded buffer. */
export class UnprovenFrames {
  /** Where the segments end that were read. */
  readonly ends: SegmentEnd[] = []
  readonly #maxBytes: number
  #bytes = new Uint8Array(4_096)
  #view = new DataView(this.#bytes.buffer)
  #start = 0
  #end = 0
  #provenSeq = 0
  /** The last frame that found no room: what is collected is complete again once a note covers it. */
  #droppedSeq = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The next frame of the journal. */
  add(source: Uint8Array, from: number, to: number, seq: number, type: number): void {
    this.#append(source, from, to, seq)
    if (type !== syncMarkType) return
    const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
    this.prove(getU64(view, from + frameHeaderBytes))
  }

  /** Everything up to `seq` is durable. */
  prove(seq: number): void {
    this.#provenSeq = Math.max(this.#provenSeq, seq)
    while (this.#start < this.#end && getU64(this.#view, this.#start + seqAt) <= this.#provenSeq)
      this.#start += framePrefixBytes + this.#view.getUint32(this.#start, true)
    if (this.#start === this.#end) {
      this.#start = 0
      this.#end = 0
    }
  }

  /** The frames, oldest first; undefined where there were too many to collect. */
  get frames(): Uint8Array | undefined {
    return this.#droppedSeq > this.#provenSeq ? undefined : this.#bytes.slice(this.#start, this.#end)
  }

  /** Whether there is nothing but the note with which a journal is closed. */
  get isClosed(): boolean {
    if (this.#droppedSeq > this.#provenSeq) return false
    if (this.#start === this.#end) return true
    const length = framePrefixBytes + this.#view.getUint32(this.#start, true)
    return this.#view.getUint8(this.#start + typeAt) === syncMarkType && this.#start + length === this.#end
  }

  #append(source: Uint8Array, from: number, to: number, seq: number): void {
    const count = to - from
    if (this.#end + count > this.#bytes.length) this.#makeRoom(count)
    if (this.#end + count > this.#bytes.length) {
      this.#droppedSeq = seq
      this.#start = 0
      this.#end = 0
      return
    }
    this.#bytes.set(source.subarray(from, to), this.#end)
    this.#end += count
  }

  #makeRoom(count: number): void {
    const live = this.#bytes.subarray(this.#start, this.#end)
    const wanted = live.length + count
    let size = this.#bytes.length
    while (size < wanted && size < this.#maxBytes) size = Math.min(this.#maxBytes, size * 2)
    if (size !== this.#bytes.length) {
      const grown = new Uint8Array(size)
      grown.set(live)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    } else this.#bytes.copyWithin(0, this.#start, this.#end)
    this.#start = 0
    this.#end = live.length
  }
}
