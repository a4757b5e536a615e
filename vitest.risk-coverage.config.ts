import { defineConfig } from 'vitest/config'
import base from './vitest.config.js'

/**
 * `npm run coverage:risk`: fails unless every branch of the gate, its controls, the breakers and alerts is run by a test.
 * Only tests whose input does not depend on a number of random runs count.
 */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [
      'src/risk/**/*.test.ts',
      'src/system/risk*.test.ts',
      'src/system/limit-names.test.ts',
      'src/system/gate-way-round.test.ts',
      'src/system/border-controls.test.ts',
    ],
    exclude: [...(base.test?.exclude ?? []), 'src/**/*.prop.test.ts'],
    coverage: {
      provider: 'v8',
      include: ['src/risk/**/*.ts'],
      exclude: ['src/**/*.test.ts', 'src/**/*.test-d.ts', 'src/**/*.test-support.ts', 'src/risk/index.ts'],
      reporter: ['text', 'json'],
      reportsDirectory: 'reports/coverage-risk',
      thresholds: { branches: 100, perFile: true },
    },
  },
})
