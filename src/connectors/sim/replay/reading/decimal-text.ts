/**
 * Decimal text straight from bytes to doubles, exactly as `Number(text)` would give them, without making strings.
 *
 * A mantissa up to 2^53 divided by a power of ten up to 10^22 is one correctly rounded operation on exact operands, so
 * the result is the nearest double. Everything else (more digits, exponents) goes through `Number`.
 */

const minus = 45
const point = 46
const zero = 48
const powers = new Float64Array(23)
for (let exponent = 0; exponent < powers.length; exponent++) powers[exponent] = Number(`1e${exponent}`)

/**
 * Reads a decimal (`-12.50`, `.5`, `1e-7`; no `+`, no space, no hexadecimal) at `at` into `out[index]`.
 *
 * @returns the position after it, or -1 where there is none.
 */
export function scanDecimal(bytes: Uint8Array, at: number, end: number, out: Float64Array, index: number): number {
  const isNegative = at < end && bytes[at] === minus
  let i = isNegative ? at + 1 : at
  let digits = -i
  let mantissa = 0
  while (i < end) {
    const digit = bytes[i] - zero
    if (digit < 0 || digit > 9) break
    mantissa = mantissa * 10 + digit
    i++
  }
  digits += i
  let decimals = 0
  if (i < end && bytes[i] === point) {
    const first = ++i
    while (i < end) {
      const digit = bytes[i] - zero
      if (digit < 0 || digit > 9) break
      mantissa = mantissa * 10 + digit
      i++
    }
    decimals = i - first
    digits += decimals
  }
  if (digits === 0) return -1
  const hasExponent = i < end && (bytes[i] | 32) === 101
  if (hasExponent || mantissa > Number.MAX_SAFE_INTEGER || decimals > 22) {
    return scanThroughText(bytes, at, hasExponent ? endOfExponent(bytes, i + 1, end) : i, out, index)
  }
  const value = decimals === 0 ? mantissa : mantissa / powers[decimals]
  out[index] = isNegative ? -value : value
  return i
}

/**
 * Reads a whole number without sign, up to 2^53 - 1, into `out[index]`, leaving out its last `dropDigits` digits
 * (nanoseconds as microseconds: 3).
 *
 * @returns the position after it, or -1 where there is none or it is too large.
 */
export function scanWhole(
  bytes: Uint8Array,
  at: number,
  end: number,
  dropDigits: number,
  out: Float64Array,
  index: number,
): number {
  let stop = at
  while (stop < end && bytes[stop] >= zero && bytes[stop] <= 57) stop++
  if (stop === at) return -1
  let value = 0
  for (let i = at; i < stop - dropDigits; i++) value = value * 10 + (bytes[i] - zero)
  if (value > Number.MAX_SAFE_INTEGER) return -1
  out[index] = value
  return stop
}

/**
 * Reads seconds with decimals as whole microseconds, finer digits cut off, into `out[index]`.
 *
 * @returns the position after it, or -1 where there is none.
 */
export function scanSecondsAsUs(bytes: Uint8Array, at: number, end: number, out: Float64Array, index: number): number {
  let i = at
  let value = 0
  while (i < end && bytes[i] >= zero && bytes[i] <= 57) value = value * 10 + (bytes[i++] - zero)
  if (i === at) return -1
  let decimals = 0
  if (i < end && bytes[i] === point) {
    i++
    while (i < end && bytes[i] >= zero && bytes[i] <= 57) {
      if (decimals < 6) {
        value = value * 10 + (bytes[i] - zero)
        decimals++
      }
      i++
    }
  }
  out[index] = value * powers[6 - decimals]
  return out[index] > Number.MAX_SAFE_INTEGER ? -1 : i
}

/** Text of a range of bytes that are known to be ASCII, or UTF-8 as it stands. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) {
    if (bytes[i] > 127) return new TextDecoder().decode(bytes.subarray(start, end))
    text += String.fromCharCode(bytes[i])
  }
  return text
}

function endOfExponent(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  if (i < end && (bytes[i] === minus || bytes[i] === 43)) i++
  const first = i
  while (i < end && bytes[i] >= zero && bytes[i] <= 57) i++
  return i === first ? -1 : i
}

function scanThroughText(bytes: Uint8Array, at: number, stop: number, out: Float64Array, index: number): number {
  if (stop < 0) return -1
  const value = Number(textOf(bytes, at, stop))
  if (!Number.isFinite(value)) return -1
  out[index] = value
  return stop
}
