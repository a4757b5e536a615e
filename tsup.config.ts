/**
 * The build: ESM and CommonJS with types for each entry point of scripts/entries.ts. `splitting` keeps one copy of every
 * class within a format, whichever entry points a host imports. `cli` is the command line of the package. Run it by `npm run build`, which checks the result.
 */
import { defineConfig } from 'tsup'
import { entries } from './scripts/entries.js'

const sources = Object.fromEntries(entries.map((entry) => [entry.name, entry.source]))

export default defineConfig({
  entry: { ...sources, cli: 'scripts/cli/tradewire.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  splitting: true,
  // TypeScript 6 calls an option that tsup sets for declaration files deprecated.
  dts: { entry: sources, compilerOptions: { ignoreDeprecations: '6.0' } },
  // Field numbers and codes become literals: read from module variables, they would cost the order path a third of its speed.
  // The step that makes CommonJS of it does not understand what comes out, so that only ES modules have it.
  esbuildOptions: (options, { format }) => {
    options.minifySyntax = format === 'esm'
  },
  clean: false,
  silent: true,
})
