/**
 * Where the reports of a connector go over which nothing is sent: a venue tells everybody who is logged in what happens in the
 * account, and that account is nobody's business where only the data are wanted (paper trading over a real connection).
 *
 * Nothing is booked, and nothing is lost in silence: reports are counted, and the first one is told.
 */
import type { OrderReports } from '../orders/reports.js'

/** See the file's header. */
export class UnbookedReports implements OrderReports {
  /** Reports that came and were not booked. */
  count = 0
  readonly #onFirst: () => void

  /** `onFirst` is called at the first report. */
  constructor(onFirst: () => void = () => {}) {
    this.#onFirst = onFirst
  }

  accepted(): void {
    this.#ignore()
  }

  rejected(): void {
    this.#ignore()
  }

  triggered(): void {
    this.#ignore()
  }

  replaced(): void {
    this.#ignore()
  }

  replaceRejected(): void {
    this.#ignore()
  }

  cancelRejected(): void {
    this.#ignore()
  }

  canceled(): void {
    this.#ignore()
  }

  expired(): void {
    this.#ignore()
  }

  filled(): void {
    this.#ignore()
  }

  corrected(): void {
    this.#ignore()
  }

  busted(): void {
    this.#ignore()
  }

  outcomeUnknown(): void {
    this.#ignore()
  }

  externalOrder(): void {
    this.#ignore()
  }

  externalFill(): void {
    this.#ignore()
  }

  /** No order was sent over the connector: what it hears about is never one of ours, whatever its id. */
  numberOf(): number {
    return 0
  }

  clientOrderIdOf(): undefined {
    return undefined
  }

  beginTurn(): void {}

  endTurn(): void {}

  #ignore(): void {
    this.count++
    if (this.count === 1) this.#onFirst()
  }
}
