/** The simulation itself under test: it is deterministic, it passes, and it finds bugs that are planted for it. */
import { describe, expect, it } from 'vitest'
import { runs } from '../support/runs.js'
import { planOf } from './plan.js'
import { type Plant, plants } from './plants.js'
import { regressions } from './regressions.js'
import { simulate } from './world.js'

/** Seeds within which each planted bug is found; `npm run sim -- --seeds 5000 --plant NAME` shows how often. */
const foundWithin: Readonly<Record<Plant, number>> = {
  send_before_journal: 250,
  unordered_journal: 150,
  blind_resend: 300,
  no_dedupe: 60,
  timeout_rejects: 200,
  late_fill_dropped: 250,
  released_at_disconnect: 60,
}

async function firstFinding(plant: Plant, seeds: number): Promise<number | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await simulate(seed, { plant })
    // What fails without the plant proves nothing about it.
    if (violations.length > 0 && (await simulate(seed)).violations.length === 0) return seed
  }
  return undefined
}

describe('simulation', () => {
  it('holds every invariant', async () => {
    const failures: string[] = []
    const last = runs({ ci: 60, full: 500 })
    for (let seed = 1; seed <= last; seed++) {
      const { violations } = await simulate(seed)
      for (const violation of violations) failures.push(`seed ${seed}: ${violation}`)
    }
    expect(failures).toEqual([])
  }, 600_000)

  it.each(regressions)('holds where it once did not: seed $seed', async ({ seed }) => {
    expect((await simulate(seed)).violations).toEqual([])
  })

  it('replays a seed exactly, line by line', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const first: string[] = []
      const second: string[] = []
      const one = await simulate(seed, { show: (line) => first.push(line) })
      const two = await simulate(seed, { show: (line) => second.push(line) })
      expect(second).toEqual(first)
      expect(two).toEqual(one)
      expect(one.events).toBe(first.length)
      // Looking on changes nothing.
      expect(await simulate(seed)).toEqual(one)
    }
  }, 120_000)

  it('makes another scenario of every seed', async () => {
    const hashes = new Set<string>()
    for (let seed = 1; seed <= 8; seed++) hashes.add((await simulate(seed)).hash)
    expect(hashes.size).toBe(8)
    expect(planOf(1)).toEqual(planOf(1))
  }, 120_000)

  it.each(Object.entries(plants) as [Plant, string][])(
    'finds the planted bug %s: %s',
    async (plant) => {
      const found = await firstFinding(plant, foundWithin[plant])
      expect(found, `not found within ${foundWithin[plant]} seeds`).toBeDefined()
    },
    600_000,
  )
})
