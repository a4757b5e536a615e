/**
 * Runs before every test file: property tests draw the same examples on every machine, so that what passed here passes
 * there. With `TRADEWIRE_RUNS=full` they draw new ones each time; `TRADEWIRE_SEED=N` draws those of a run that failed.
 */
import { configureGlobal, readConfigureGlobal } from 'fast-check'

const seed = process.env.TRADEWIRE_SEED ?? (process.env.TRADEWIRE_RUNS === 'full' ? undefined : '20240229')
if (seed !== undefined) {
  if (!/^-?\d{1,10}$/.test(seed)) throw new Error(`TRADEWIRE_SEED: a whole number is expected, got "${seed}"`)
  configureGlobal({ ...readConfigureGlobal(), seed: Number(seed) })
}
