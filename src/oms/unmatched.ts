/** Keeps anomalies about one and the same unknown order from flooding: the first is told, repeats are counted. */

const remembered = 1_024

/** Remembers the latest unknown order numbers in a bounded ring. */
export class UnmatchedReports {
  readonly #numbers = new Float64Array(remembered)
  #next = 0
  /** Reports that named an unknown order, in all. */
  total = 0

  /** Counts a report; true when its order was not named lately. */
  count(orderNumber: number): boolean {
    this.total++
    if (this.#numbers.includes(orderNumber)) return false
    this.#numbers[this.#next] = orderNumber
    this.#next = (this.#next + 1) % remembered
    return true
  }
}
