/** Who talks to whom: what makes a session this session. */
import { TradewireError } from '../../../core/errors.js'
import { storeName } from '../store/message-store.js'
import { rulesOf } from './version.js'

/** The names of a session, from our side. */
export interface SessionIdentity {
  /** BeginString (8): `FIX.4.0` to `FIX.4.4`, or `FIXT.1.1` for FIX 5.0 and later. */
  beginString: string
  /** Our SenderCompID (49), the peer's TargetCompID. */
  senderCompId: string
  /** Our SenderSubID (50). */
  senderSubId?: string
  /** Our SenderLocationID (142). */
  senderLocationId?: string
  /** The peer's CompID (56 of what we send, 49 of what it sends). */
  targetCompId: string
  /** The peer's SubID (57). */
  targetSubId?: string
  /** The peer's LocationID (143). */
  targetLocationId?: string
  /** Tells sessions of the same names apart in our files; never on the wire. */
  qualifier?: string
}

/** The names in one line, unique among sessions: for maps and logs. */
export function identityText(identity: SessionIdentity): string {
  const { beginString, qualifier } = identity
  const ours = joined(identity.senderCompId, identity.senderSubId, identity.senderLocationId)
  const theirs = joined(identity.targetCompId, identity.targetSubId, identity.targetLocationId)
  return `${beginString}:${ours}->${theirs}${qualifier === undefined ? '' : `:${qualifier}`}`
}

/** The names as a file name. */
export function identityFileName(identity: SessionIdentity): string {
  const parts = [
    identity.beginString,
    joined(identity.senderCompId, identity.senderSubId, identity.senderLocationId),
    joined(identity.targetCompId, identity.targetSubId, identity.targetLocationId),
  ]
  if (identity.qualifier !== undefined) parts.push(identity.qualifier)
  return storeName(parts)
}

/** @throws TradewireError `TW_INVALID_CONFIG` naming what is wrong. */
export function checkIdentity(identity: SessionIdentity): void {
  const rules = rulesOf(identity.beginString)
  for (const name of ['senderCompId', 'targetCompId'] as const) checkName(name, identity[name])
  for (const name of ['senderSubId', 'targetSubId', 'senderLocationId', 'targetLocationId', 'qualifier'] as const) {
    const value = identity[name]
    if (value !== undefined) checkName(name, value)
  }
  if (!rules.hasLocations && (identity.senderLocationId ?? identity.targetLocationId) !== undefined) {
    throw new TradewireError('TW_INVALID_CONFIG', `${identity.beginString} has no location ids`)
  }
}

function joined(compId: string, subId: string | undefined, locationId: string | undefined): string {
  if (locationId !== undefined) return `${compId}/${subId ?? ''}/${locationId}`
  return subId === undefined ? compId : `${compId}/${subId}`
}

function checkName(name: string, value: unknown): void {
  if (typeof value === 'string' && /^[ -~]{1,64}$/.test(value)) return
  throw new TradewireError('TW_INVALID_CONFIG', `${name} must be 1 to 64 printable characters`)
}
