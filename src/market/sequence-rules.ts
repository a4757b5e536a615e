/**
 * How a feed shows that a message was lost. A rule compares the message with the book's last sequence number; the book
 * does the rest (holding, dropping, going stale).
 *
 * | feed | sequence | previousSequence | rule |
 * |---|---|---|---|
 * | numbers that grow by one | n | NaN | `consecutive` |
 * | each message names the one before (Binance futures u, pu) | u | pu | `chained` |
 * | each message covers a range (Binance spot U..u) | u | U - 1 | `range` |
 * | no numbers, or numbers shared with other instruments | any | NaN | `unsequenced` |
 */

/** What a rule says about a message. */
export const SequenceVerdict = { apply: 0, old: 1, gap: 2 } as const
/** 0 apply, 1 older than the book, 2 something is missing before it. */
export type SequenceVerdict = (typeof SequenceVerdict)[keyof typeof SequenceVerdict]

/**
 * Compares a message with the book. Numbers come as distances from the number of the last message applied, so that they
 * are small. Implementations hold no state.
 */
export interface SequenceRule {
  /** Shown in errors and reports. */
  readonly name: string
  /** Whether changes mean nothing before a snapshot. */
  readonly requiresSnapshot: boolean
  /**
   * @param step the message's number less the last one applied; NaN where the feed has none.
   * @param previousStep the number before it, less the last one applied: as the feed says, else `step - 1`.
   * @param isFirstAfterSnapshot whether the last message was a snapshot, which may lie anywhere in the stream.
   */
  check(step: number, previousStep: number, isFirstAfterSnapshot: boolean): SequenceVerdict
}

/** No check: changes apply as they come, also without a snapshot. */
export const unsequenced: SequenceRule = {
  name: 'unsequenced',
  requiresSnapshot: false,
  check: () => SequenceVerdict.apply,
}

/** Each message has the number after its predecessor's. */
export const consecutive: SequenceRule = {
  name: 'consecutive',
  requiresSnapshot: true,
  check(step) {
    if (step <= 0) return SequenceVerdict.old
    return step === 1 ? SequenceVerdict.apply : SequenceVerdict.gap
  },
}

/** Each message names its predecessor. The first after a snapshot may begin before the snapshot and must end after it. */
export const chained: SequenceRule = {
  name: 'chained',
  requiresSnapshot: true,
  check(step, previousStep, isFirstAfterSnapshot) {
    if (isFirstAfterSnapshot) {
      if (step <= 0) return SequenceVerdict.old
      return previousStep <= 0 ? SequenceVerdict.apply : SequenceVerdict.gap
    }
    if (previousStep === 0) return SequenceVerdict.apply
    return step <= 0 ? SequenceVerdict.old : SequenceVerdict.gap
  },
}

/** Each message covers the numbers `previousSequence + 1` to `sequence`; ranges may overlap but leave nothing out. */
export const range: SequenceRule = {
  name: 'range',
  requiresSnapshot: true,
  check(step, previousStep) {
    if (step <= 0) return SequenceVerdict.old
    return previousStep <= 0 ? SequenceVerdict.apply : SequenceVerdict.gap
  },
}

/** The rules that configurations can name. */
export const sequenceRules = { unsequenced, consecutive, chained, range } as const
/** Name of a built-in rule. */
export type SequenceRuleName = keyof typeof sequenceRules
