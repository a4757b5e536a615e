/** A share of the fuzzing with every test run, and proof that the harness finds what it is there for. `npm run fuzz` does more. */
import { describe, expect, it } from 'vitest'
import { TradewireError } from '../../src/core/errors.js'
import { runs } from '../support/runs.js'
import { type FuzzTarget, fuzz } from './harness.js'
import { bytesOf, textOf } from './samples.js'
import { fuzzTargets } from './targets.js'

const count = runs({ ci: 300, full: 1_000_000 })

describe('fuzzing', () => {
  it.each(fuzzTargets.map((target) => [target.name, target] as const))(
    '%s takes damaged input',
    async (_name, target) => {
      expect((await fuzz(target, count, 1)).failures).toEqual([])
    },
    36_000_000,
  )

  it('repeats itself', async () => {
    const target = fuzzTargets[0] as FuzzTarget
    const seen: string[][] = [[], []]
    for (const list of seen)
      await fuzz({ ...target, read: (input) => void list.push(Buffer.from(input).toString('base64')) }, 50, 7)
    expect(seen[0]).toEqual(seen[1])
    expect(new Set(seen[0]).size).toBeGreaterThan(40)
  })
})

describe('the harness', () => {
  const sample = () => bytesOf('{"a": [1, 2, 3], "b": "text"}')
  const found = async (target: Omit<FuzzTarget, 'name' | 'samples'>, times = 400) =>
    (await fuzz({ name: 'planted', samples: sample, ...target }, times, 3)).failures.map(({ what }) => what)

  it('finds an error that is none of ours', async () => {
    expect((await found({ read: (input) => JSON.parse(textOf(input)) }))[0]).toContain('SyntaxError')
    expect(
      await found({
        read: () => {
          throw new TradewireError('TW_INVALID_MODEL', 'x')
        },
      }),
    ).toEqual([])
    expect(
      (
        await found({
          read: async () => {
            throw new TypeError('later')
          },
        })
      )[0],
    ).toContain('later')
  })

  it('finds a reader that takes its time', async () => {
    const read = (input: Uint8Array) => {
      const until = performance.now() + (textOf(input).includes('9999') ? 40 : 0)
      while (performance.now() < until);
    }
    expect((await found({ read }, 3_000))[0]).toContain('are allowed')
  })

  it('finds a stream that depends on how it is cut', async () => {
    const readChunks = (chunks: readonly Uint8Array[]) =>
      String(chunks.filter((chunk) => textOf(chunk).includes('text')).length)
    expect((await found({ read: () => {}, readChunks }))[0]).toContain('cut at')
  })

  it('finds a polluted prototype', async () => {
    const prototype = Object.prototype as Record<string, unknown>
    const failures = await found(
      {
        read: () => {
          prototype.polluted = 1
        },
      },
      1,
    )
    delete prototype.polluted
    expect(failures).toEqual(['Object.prototype was changed'])
  })
})
