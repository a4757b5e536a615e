/**
 * The build: ESM and CommonJS with types for each entry point of scripts/entries.ts. `splitting` keeps one copy of every
 * class within a format, whichever entry points a host imports. Run it by `npm run build`, which checks the result.
 */
import { defineConfig } from 'tsup'
import { entries } from './scripts/entries.js'

export default defineConfig({
  entry: Object.fromEntries(entries.map((entry) => [entry.name, entry.source])),
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  splitting: true,
  // TypeScript 6 calls an option that tsup sets for declaration files deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  clean: false,
  silent: true,
})
