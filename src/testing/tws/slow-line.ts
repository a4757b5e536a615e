/** A line that is slow: bytes arrive later than they were sent, in the order in which they were. */
import type { Time } from '../../core/time.js'

/** How slow a link is. */
export interface SlowLink {
  /** Milliseconds that every byte is under way. */
  readonly delayMs: number
  /** Bytes that pass in a second; no limit unless given. */
  readonly bytesPerSecond?: number
}

/** One direction of a connection. */
export class SlowLine {
  readonly #time: Time
  readonly #link: () => SlowLink
  readonly #deliver: (bytes: Uint8Array) => void
  /** When the last byte that is under way arrives. */
  #busyUntilNs = 0
  #underWay = 0
  /** Steps that wait until nothing is under way: timers of one moment need not come in their order. */
  readonly #afterwards: (() => void)[] = []

  /** `link` is asked for every piece; `deliver` takes what arrived. */
  constructor(time: Time, link: () => SlowLink, deliver: (bytes: Uint8Array) => void) {
    this.#time = time
    this.#link = link
    this.#deliver = deliver
  }

  /** Sends a piece: at once over a link that is not slow, when nothing is under way. */
  push(bytes: Uint8Array): void {
    const { delayMs, bytesPerSecond } = this.#link()
    if (delayMs <= 0 && bytesPerSecond === undefined && this.#underWay === 0) {
      this.#deliver(bytes)
      return
    }
    const nowNs = this.#time.monotonicNs()
    const takesNs = bytesPerSecond === undefined ? 0 : (bytes.length / bytesPerSecond) * 1e9
    this.#busyUntilNs = Math.max(this.#busyUntilNs, nowNs + delayMs * 1e6) + takesNs
    this.#underWay++
    // Whoever sent it may use the memory again.
    const copy = bytes.slice()
    this.#time.at(this.#busyUntilNs, () => {
      this.#underWay--
      this.#deliver(copy)
      if (this.#underWay > 0) return
      for (const step of this.#afterwards.splice(0)) step()
    })
  }

  /** Runs a step when everything that is under way has arrived. */
  finish(step: () => void): void {
    if (this.#underWay === 0) step()
    else this.#afterwards.push(step)
  }
}
