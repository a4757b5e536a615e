/**
 * exp and log in plain arithmetic: the same digits on every machine and Node version, where those of `Math` may differ in
 * the last one. About an ulp off the exact value; a few times slower than the platform's, and not for hot paths.
 */

/** ln 2 in two parts: the first has so few digits that its multiples are exact. */
const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10

const view = new DataView(new ArrayBuffer(8))

/** 2^exponent, from -1022 to 1023, exactly. */
function powerOfTwo(exponent: number): number {
  view.setUint32(0, (exponent + 1_023) << 20)
  view.setUint32(4, 0)
  return view.getFloat64(0)
}

/** e^x. 0 below -745, Infinity above 709.78. */
export function expOf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY
  if (x < -745.2) return 0
  const twos = Math.round(x / LN2_HIGH)
  const rest = x - twos * LN2_HIGH - twos * LN2_LOW
  // |rest| <= 0.35: the term after the 17th is below 1e-22.
  let sum = 1
  for (let n = 17; n >= 1; n--) sum = 1 + (rest / n) * sum
  const half = Math.trunc(twos / 2)
  return sum * powerOfTwo(half) * powerOfTwo(twos - half)
}

/** The natural logarithm. NaN below 0, -Infinity at 0. */
export function logOf(x: number): number {
  if (!(x >= 0)) return Number.NaN
  if (x === 0) return Number.NEGATIVE_INFINITY
  if (x === Number.POSITIVE_INFINITY) return x
  // Subnormal numbers are brought into the normal range first.
  const scaled = x < 2.2250738585072014e-308 ? x * 2 ** 54 : x
  view.setFloat64(0, scaled)
  const high = view.getUint32(0)
  let twos = (high >>> 20) - 1_023 - (scaled === x ? 0 : 54)
  view.setUint32(0, (high & 0x000f_ffff) | 0x3ff0_0000)
  let mantissa = view.getFloat64(0)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2
    twos++
  }
  // ln m = 2 artanh((m - 1) / (m + 1)), with |s| <= 0.172.
  const s = (mantissa - 1) / (mantissa + 1)
  const square = s * s
  let sum = 0
  for (let n = 25; n >= 1; n -= 2) sum = 1 / n + square * sum
  return twos * LN2_HIGH + (2 * s * sum + twos * LN2_LOW)
}
