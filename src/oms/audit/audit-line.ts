/**
 * One line of an audit trail: `<hash> <body>`, the body JSON text with the hash of the line before in it.
 *
 * The hash is SHA-256 over the bytes of the body, or HMAC-SHA-256 with a key: without the key anybody who can write the file
 * can make a new chain, with it only who has the key.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { revealSecret, type SecretInput } from '../../core/secret.js'

/** What an entry says. */
export interface AuditEntry {
  /** From 1, without a gap. */
  readonly seq: number
  /** Unix epoch microseconds. */
  readonly tsUs: number
  /** What happened, such as `order.filled` or `limits.changed`. */
  readonly kind: string
  /** Who: a strategy, a person, `venue`, `system`. */
  readonly actor: string
  /** What it is about, such as a client order id. */
  readonly subject: string
  /** Plain JSON. */
  readonly data: unknown
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previous: string
  readonly hash: string
}

/** What stands where the first entry has nothing before it. */
export const genesis = '0'.repeat(64)

/** Hash of a body, in hexadecimal. */
export function hashOf(body: string, key: SecretInput | undefined): string {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', revealSecret(key))
  return hash.update(body, 'utf8').digest('hex')
}

/** Text of the body of an entry. */
export function bodyOf(entry: Omit<AuditEntry, 'hash'>): string {
  const { seq, tsUs, kind, actor, subject, data, previous } = entry
  return JSON.stringify({ seq, tsUs, kind, actor, subject, data: data ?? null, previous })
}

/** A line as an entry; what is wrong with it where it is none or its hash does not fit. */
export function readLine(line: string, key: SecretInput | undefined): AuditEntry | string {
  const hash = line.slice(0, 64)
  const body = line.slice(65)
  if (!/^[0-9a-f]{64}$/.test(hash) || line[64] !== ' ') return 'the line has no hash'
  if (!timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashOf(body, key), 'hex')))
    return 'the content does not fit its hash'
  try {
    const { seq, tsUs, kind, actor, subject, data, previous } = JSON.parse(body) as AuditEntry
    return { seq, tsUs, kind, actor, subject, data, previous, hash }
  } catch {
    return 'the content is no JSON'
  }
}
