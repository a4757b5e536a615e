/**
 * What risk controls have to find again after a restart (day counts, positions by scope, breakers, limits that were changed),
 * as one text in the journal, beside what strategies save.
 */

/** The name under which it lies among the saved states of strategies. */
export const riskMemoryName = '#risk'

/** Who keeps it. Set before a journal is read. */
export interface RiskMemory {
  save(): string
  restore(text: string): void
  /** A change of limits, or another decision, that the journal tells of; see `RecordType.riskDecision`. */
  decided(text: string): void
  /** An order that the journal tells of was sent: called in the order of the journal. */
  replayed(row: number): void
}
