/** The simulation itself under test: it is deterministic, it passes, and it finds bugs that are planted for it. */
import { describe, expect, it } from 'vitest'
import { runs } from '../support/runs.js'
import { type Plant, planOf } from './plan.js'
import { simulate } from './world.js'

/** Seeds within which each planted bug has to be found. */
const foundWithin: Readonly<Record<Plant, number>> = {
  send_before_journal: 150,
  blind_resend: 60,
  no_dedupe: 60,
  forget_unknown: 150,
}

async function firstFinding(
  plant: Plant,
  seeds: number,
): Promise<{ seed: number; violations: readonly string[] } | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await simulate(seed, { plant })
    // What fails without the plant proves nothing about it.
    if (violations.length > 0 && (await simulate(seed)).violations.length === 0) return { seed, violations }
  }
  return undefined
}

describe('simulation', () => {
  it('holds every invariant', async () => {
    const failures: string[] = []
    const seeds = runs({ ci: 25, full: 500 })
    for (let seed = 1; seed <= seeds; seed++) {
      const { violations } = await simulate(seed)
      for (const violation of violations) failures.push(`seed ${seed}: ${violation}`)
    }
    expect(failures).toEqual([])
  }, 600_000)

  it('replays a seed exactly, line by line', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const first: string[] = []
      const second: string[] = []
      const one = await simulate(seed, { show: (line) => first.push(line) })
      const two = await simulate(seed, { show: (line) => second.push(line) })
      expect(second).toEqual(first)
      expect(two).toEqual(one)
      expect(one.events).toBe(first.length)
    }
  }, 120_000)

  it('makes another scenario of every seed', async () => {
    const hashes = new Set<string>()
    for (let seed = 1; seed <= 8; seed++) hashes.add((await simulate(seed)).hash)
    expect(hashes.size).toBe(8)
    expect(planOf(1)).toEqual(planOf(1))
  }, 120_000)

  it.each(Object.entries(foundWithin) as [Plant, number][])(
    'finds the planted bug %s',
    async (plant, seeds) => {
      const found = await firstFinding(plant, seeds)
      expect(found, `not found within ${seeds} seeds`).toBeDefined()
    },
    600_000,
  )
})
