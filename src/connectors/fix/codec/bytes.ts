/**
 * The few byte values that FIX is made of, and the passage between bytes and text.
 *
 * Text is Latin-1 here: a byte is a character, so that whatever a venue sends survives the trip there and back. Fields in
 * another encoding (EncodedText and its like) are data fields: read them as bytes and decode them by MessageEncoding (347).
 */

/** Field separator. */
export const SOH = 1
/** `=`, between tag and value. */
export const EQUALS = 61
/** `-`, before negative numbers and between date and time. */
export const MINUS = 45
/** `.`, before fractions. */
export const POINT = 46
/** `0`, the first of the digits. */
export const ZERO = 48

/** Text of bytes, one character a byte. Short texts are the rule, so the characters are put together here. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > 48) return latin1Long(bytes, from, to)
  let text = ''
  for (let index = from; index < to; index++) text += characters[bytes[index]]
  return text
}

const characters: readonly string[] = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))

function latin1Long(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
}

/** Bytes of a Latin-1 text; a character beyond 255 becomes `?`, so check texts of strangers first. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    bytes[index] = code > 255 ? 63 : code
  }
  return bytes
}

/** A message for people: separators as `|`, everything unprintable as `?`. Mask secrets before. */
export function printable(bytes: Uint8Array, from = 0, to: number = bytes.length): string {
  let text = ''
  for (let index = from; index < to; index++) {
    const byte = bytes[index]
    text += byte === SOH ? '|' : byte < 32 || byte > 126 ? '?' : characters[byte]
  }
  return text
}
