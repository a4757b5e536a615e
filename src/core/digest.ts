/** A digest of data, behind the one function that the rest of the code needs. */
import { createHash } from 'node:crypto'

/** SHA-256 of a text, as lower-case hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/**
 * JSON text of plain data that is the same for the same data: keys in order, undefined fields left out. Big integers,
 * functions and the like are no plain data; objects with a `toJSON` say what they stand for.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  })
}
