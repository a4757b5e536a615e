/**
 * Executions seen, for venues that cannot be asked for them: the session protocol delivers every report once, missed ones
 * after a reconnect, so what was seen since the process started is what there is to tell. The latest are kept.
 */
import type { VenueFillReport } from '../../../orders/venue-reports.js'

const KEPT = 100_000

/** Keeps executions by their keys. */
export class FillMemory {
  readonly #fills = new Map<VenueFillReport['exec'], VenueFillReport>()

  add(fill: VenueFillReport): void {
    if (this.#fills.has(fill.exec)) return
    this.#fills.set(fill.exec, fill)
    if (this.#fills.size <= KEPT) return
    for (const oldest of this.#fills.keys()) {
      this.#fills.delete(oldest)
      return
    }
  }

  /** An execution was restated; a quantity of 0 takes it back. */
  change(exec: VenueFillReport['exec'], quantityUnits: number, priceUnits: number): void {
    const fill = this.#fills.get(exec)
    if (fill === undefined) return
    if (quantityUnits === 0) this.#fills.delete(exec)
    else this.#fills.set(exec, { ...fill, quantityUnits, priceUnits })
  }

  since(sinceUs: number): VenueFillReport[] {
    return [...this.#fills.values()].filter(({ tsUs }) => tsUs >= sinceUs)
  }
}
