/** Signatures of messages by a shared secret. */
import { createHmac } from 'node:crypto'

/** HMAC-SHA-256 of a text, as lower-case hexadecimal digits (RFC 2104). */
export function hmacSha256(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}
