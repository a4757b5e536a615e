/** Signatures of messages by a shared secret. */
import { createHmac } from 'node:crypto'
import { revealSecret, type SecretInput } from './secret.js'

/** HMAC-SHA-256 of a text, as lower-case hexadecimal digits (RFC 2104). */
export function hmacSha256(secret: SecretInput, text: string): string {
  return createHmac('sha256', revealSecret(secret)).update(text).digest('hex')
}
