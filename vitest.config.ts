/**
 * Unit, property and tidy tests. They run from source; the packed tarball has a suite of its own (scripts/package-test.ts).
 * Type tests (*.test-d.ts) need no run: tsc checks them with everything else.
 */
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { aliases } from './scripts/entries.js'

export default defineConfig({
  resolve: {
    // The package's own name means its source. Exact matches, so that 'tradewire/ring' is not taken for 'tradewire'.
    alias: Object.entries(aliases).map(([specifier, path]) => ({
      find: new RegExp(`^${specifier}$`),
      replacement: path,
    })),
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    setupFiles: ['test/support/seeded-examples.ts'],
    // Many tests wait for sockets, processes and timers: even two processors are kept busy by two workers.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // With the full number of random runs a test takes as long as it takes.
    testTimeout: process.env.TRADEWIRE_RUNS === 'full' ? 4 * 3_600_000 : 180_000,
    hookTimeout: 180_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts', 'src/**/*.test-d.ts'] },
  },
})
