import { defineConfig } from 'vitest/config'
import base from './vitest.config.js'

/** Quick tests of the gate and the breakers: what a mutation run repeats hundreds of times. */
const tests = [
  'src/risk/gate.test.ts',
  'src/risk/gate-controls.test.ts',
  'src/risk/plain-check.test.ts',
  'src/risk/split.test.ts',
  'src/risk/protective-exit.test.ts',
  'src/risk/throttle.test.ts',
  'src/risk/reference-prices.test.ts',
  'src/risk/fill-check.test.ts',
  'src/risk/output-audit.test.ts',
  'src/risk/exposure.test.ts',
  'src/risk/gate-rest.test.ts',
  'src/risk/gate-rare.test.ts',
  'src/risk/limit-book.test.ts',
  'src/risk/control-boundaries.test.ts',
  'src/risk/breakers/breakers.test.ts',
  'src/risk/breakers/breaker-edges.test.ts',
  'src/risk/breakers/damaged-memory.test.ts',
]

export default defineConfig({ ...base, test: { ...base.test, include: tests, testTimeout: 20_000 } })
