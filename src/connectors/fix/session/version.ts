/**
 * What the versions of the protocol do differently at the level of the session. The rules are read off one number, so that no
 * rule asks for a version by name.
 */
import { TradewireError } from '../../../core/errors.js'
import { TimestampPrecision } from '../codec/times.js'

/** BeginString (8) values that a session may have. */
export const beginStrings = ['FIX.4.0', 'FIX.4.1', 'FIX.4.2', 'FIX.4.3', 'FIX.4.4', 'FIXT.1.1'] as const
/** A BeginString (8). */
export type BeginString = (typeof beginStrings)[number]

/** Differences between versions. */
export interface VersionRules {
  /** FIXT: application versions are told apart by ApplVerID. */
  readonly isFixt: boolean
  /** Precision of SendingTime unless the session says otherwise. */
  readonly precision: TimestampPrecision
  /** EndSeqNo (16) for "to the end". */
  readonly endlessResend: number
  /** Rejects name the field (371), the type (372) and the reason (373). */
  readonly hasDetailedRejects: boolean
  /** The highest SessionRejectReason (373) that this version knows. */
  readonly highestRejectReason: number
  /** Location ids 142 to 145 exist. */
  readonly hasLocations: boolean
  /** ResetSeqNumFlag (141) exists. */
  readonly hasResetFlag: boolean
}

/** The rules of a version. @throws TradewireError `TW_INVALID_CONFIG` for one that does not exist. */
export function rulesOf(beginString: string): VersionRules {
  const index = (beginStrings as readonly string[]).indexOf(beginString)
  if (index < 0) {
    throw new TradewireError(
      'TW_INVALID_CONFIG',
      `beginString must be one of ${beginStrings.join(', ')}, got "${beginString}"`,
    )
  }
  const isFrom42 = index >= 2
  return {
    isFixt: beginString === 'FIXT.1.1',
    precision: isFrom42 ? TimestampPrecision.milliseconds : TimestampPrecision.seconds,
    endlessResend: isFrom42 ? 0 : 999_999,
    hasDetailedRejects: isFrom42,
    highestRejectReason: index === 2 ? 11 : 99,
    hasLocations: index >= 1,
    hasResetFlag: index >= 1,
  }
}

/** ApplVerID (1128, 1137) values by the version they stand for. */
export const applVerIds: Readonly<Record<string, string>> = {
  'FIX.2.7': '0',
  'FIX.3.0': '1',
  'FIX.4.0': '2',
  'FIX.4.1': '3',
  'FIX.4.2': '4',
  'FIX.4.3': '5',
  'FIX.4.4': '6',
  'FIX.5.0': '7',
  'FIX.5.0SP1': '8',
  'FIX.5.0SP2': '9',
}
