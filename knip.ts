/**
 * Unused files, exports and dependencies. What the entry points export is used by definition.
 */
import type { KnipConfig } from 'knip'
import { entries } from './scripts/entries.js'

const config: KnipConfig = {
  entry: [
    ...entries.map((entry) => entry.source),
    'scripts/*.ts',
    'examples/*.ts',
    'examples/*/main.ts',
    'bench/*/*.ts',
    'test/**/*.{test,test-d}.ts',
    'test/*/main.ts',
    // Started as processes of their own.
    'test/fix/quickfix/killable.ts',
    'test/crash/*-process.ts',
    'test/journal/{make-golden,recover-process}.ts',
    'test/ibkr/*-process.ts',
    'test/journal/{make-golden,recover-process}.ts',
    'test/zmq/*-process.ts',
    'examples/zmq-bridge/bridge.ts',
    'test/package/**/*.{ts,mts,cts,mjs,cjs}',
    'lint/*.cjs',
  ],
  project: ['src/**/*.ts', 'scripts/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'],
  // Run by scripts/check.ts.
  ignoreDependencies: ['publint', '@arethetypeswrong/cli'],
  // The compilers of the C and C++ peers; what a test of a full disk mounts it with.
  ignoreBinaries: [/^g(\+\+|cc)$/, /^u?mount$/],
  // Benchmark peers are listed in bench/package.json and installed on first use.
  ignoreIssues: { 'bench/**': ['unlisted', 'unresolved'] },
  // Exported for the modules beside them, or because a public signature names them.
  ignoreExportsUsedInFile: true,
  tags: ['-internal'],
}

export default config
