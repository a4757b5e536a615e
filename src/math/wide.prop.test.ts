/** Wide integers and amounts against BigInt. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../test/support/runs.js'
import {
  addAmount,
  amountToNumber,
  negateAmount,
  setAmountProduct,
  setAmountQuotient,
  subtractAmount,
  takeShare,
} from './amount.js'
import {
  addProduct,
  addSafe,
  compareProducts,
  compareProductToSafe,
  divideLimb,
  setProduct,
  setWide,
  wideToNumber,
} from './wide.js'

const B = 1n << 53n
const numRuns = runs({ ci: 10_000, full: 200_000 })
const limit = Number.MAX_SAFE_INTEGER
const safe = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -1000, max: 1000 }),
  fc.constantFrom(limit, -limit, limit - 1, 1 - limit, 2 ** 52, -(2 ** 52), 2 ** 27, 2 ** 26 + 1, 94906265, 94906267),
)
const natural = safe.map((value) => Math.max(1, Math.abs(value)))
const wide = (cells: Float64Array, at = 0) => BigInt(cells[at] as number) * B + BigInt(cells[at + 1] as number)
const amount = (cells: Float64Array, at = 0) => wide(cells, at) * B + BigInt(cells[at + 2] as number)
const normal = (cells: Float64Array) =>
  cells.every((limb, i) => Number.isSafeInteger(limb) && !Object.is(limb, -0) && (i === 0 || limb >= 0))
const sign = (value: bigint) => (value < 0n ? -1 : value > 0n ? 1 : 0)
const floorDiv = (a: bigint, b: bigint) => (a < 0n && a % b !== 0n ? a / b - 1n : a / b)

describe('wide integers', () => {
  it('multiply, add and compare exactly', () => {
    fc.assert(
      fc.property(safe, safe, safe, safe, (a, b, c, d) => {
        const cells = new Float64Array(2)
        setProduct(cells, 0, a, b)
        const product = BigInt(a) * BigInt(b)
        expect(wide(cells)).toBe(product)
        expect(normal(cells)).toBe(true)
        expect(wideToNumber(cells, 0)).toBe(Number(product))
        expect(compareProducts(a, b, c, d)).toBe(sign(product - BigInt(c) * BigInt(d)))
        expect(compareProductToSafe(a, b, c)).toBe(sign(product - BigInt(c)))
        const sum = product + BigInt(c) * BigInt(d)
        const fits = addProduct(cells, 0, c, d)
        if (fits) expect(wide(cells)).toBe(sum)
        else {
          expect(wide(cells)).toBe(product)
          expect(sum < 0n ? -sum >= B * (B - 1n) : sum >= B * B).toBe(true)
        }
        setWide(cells, 0, a)
        expect(addSafe(cells, 0, d)).toBe(true)
        expect(wide(cells)).toBe(BigInt(a) + BigInt(d))
        expect(normal(cells)).toBe(true)
      }),
      { numRuns },
    )
  })

  it('divide two limbs by one exactly', () => {
    fc.assert(
      fc.property(natural, fc.nat(), natural, (divisor, r, limb) => {
        const remainder = Number((BigInt(r) * BigInt(limb)) % BigInt(divisor))
        const out = new Float64Array(1)
        const rest = divideLimb(out, 0, remainder, limb, divisor)
        const numerator = BigInt(remainder) * B + BigInt(limb)
        expect(BigInt(out[0] as number)).toBe(numerator / BigInt(divisor))
        expect(BigInt(rest)).toBe(numerator % BigInt(divisor))
      }),
      { numRuns },
    )
  })
})

describe('amounts', () => {
  it('add, subtract and change sign exactly', () => {
    fc.assert(
      fc.property(safe, natural, safe, natural, (a, b, c, d) => {
        const first = new Float64Array(3)
        const second = new Float64Array(3)
        setAmountQuotient(first, 0, a, b)
        const quotient = (BigInt(a) * B * B) / BigInt(b)
        expect(amount(first)).toBe(quotient)
        setAmountQuotient(second, 0, c, d)
        const other = (BigInt(c) * B * B) / BigInt(d)
        if (addAmount(first, 0, second, 0)) {
          expect(amount(first)).toBe(quotient + other)
          expect(subtractAmount(first, 0, second, 0)).toBe(true)
        } else expect(sign(quotient + other) * Number(quotient + other) >= Number(B * B * (B - 1n))).toBe(true)
        expect(amount(first)).toBe(quotient)
        expect(Math.abs(amountToNumber(first, 0) / 2 ** 53 - a / b)).toBeLessThanOrEqual(Math.abs(a / b) * 2 ** -51)
        negateAmount(first, 0)
        expect(amount(first)).toBe(-quotient)
        expect(normal(first) && normal(second)).toBe(true)
      }),
      { numRuns },
    )
  })

  it('take shares, rounded to the side asked for', () => {
    fc.assert(
      fc.property(safe, safe, natural, natural, natural, fc.boolean(), (a, b, m, d, e, up) => {
        const cells = new Float64Array(3)
        setAmountProduct(cells, 0, a, b)
        // A first share gives the amount a fraction.
        for (const [x, y] of [
          [Math.min(d, e), Math.max(d, e)],
          [Math.min(m, d), Math.max(m, d)],
        ] as const) {
          const before = amount(cells) * BigInt(x)
          takeShare(cells, 0, x, y, up)
          expect(amount(cells)).toBe(up ? -floorDiv(-before, BigInt(y)) : floorDiv(before, BigInt(y)))
          expect(normal(cells)).toBe(true)
        }
      }),
      // The rest passes the largest safe integer on the way.
      { numRuns, examples: [[-750599937895083, -2, 9007199254740990, limit, 6, true]] },
    )
  })
})
