/**
 * The build: ES modules with types for each entry point of scripts/entries.ts; scripts/commonjs.ts makes the CommonJS files
 * of them. `splitting` keeps one copy of every class, whichever entry points a host imports. `cli` is the command line of the
 * package. Run it by `npm run build`, which does both and checks the result.
 */
import { defineConfig } from 'tsup'
import { entries } from './scripts/entries.js'

const sources = Object.fromEntries(entries.map((entry) => [entry.name, entry.source]))

export default defineConfig({
  entry: { ...sources, cli: 'scripts/cli/tradewire.ts' },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  splitting: true,
  // TypeScript 6 calls an option that tsup sets for declaration files deprecated.
  dts: { entry: sources, compilerOptions: { ignoreDeprecations: '6.0' } },
  // Field numbers and codes become literals: read from module variables, they would cost the order path a third of its speed.
  esbuildOptions: (options) => {
    options.minifySyntax = true
  },
  clean: false,
  silent: true,
})
