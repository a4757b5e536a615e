/**
 * Scenarios that once found a bug: they run before all others, by their schedules, so that they stay what they were however
 * seeds are turned into plans. `npm run sim -- --seed S --shrink --keep 'what it found'` adds one. What they found keeps a test
 * of its own beside the code that was wrong.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plant } from './plants.js'
import type { Schedule } from './shrink.js'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'regressions')

/** A schedule and its finding. */
export interface Regression {
  readonly name: string
  readonly found: string
  /** The planted bug that it shows: without that it has to hold, with it it has to fail. */
  readonly plant?: Plant
  readonly schedule: Schedule
}

/** All that are kept, by name. */
export function readRegressions(): Regression[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((file) => {
      const { found, plant, plan, faults } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
      const regression = { name: file.slice(0, -'.json'.length), found, schedule: { plan, faults } }
      return plant === undefined ? regression : { ...regression, plant }
    })
}

/** Keeps one. Returns its path. */
export function keepRegression(seed: number, found: string, { plan, faults }: Schedule, plant?: Plant): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${plant === undefined ? '' : `${plant}-`}seed-${seed}.json`)
  writeFileSync(path, `${JSON.stringify({ found, plant, plan, faults }, undefined, 2)}\n`)
  return path
}
