/**
 * Finds the benchmarks and compiles them. tsx keeps function names with a call per function, which slows hot code down, so
 * what is measured is bundled by esbuild and run by plain Node.
 *
 * The bundles lie directly in bench/node_modules: there they find the peers, and `../../src` means what it means in the
 * source of a benchmark.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from '../../scripts/support/run.js'

const outFolder = join(root, 'bench', 'node_modules')

/** Sources of all modules below bench/ that export a `benchmark`. */
export function findBenchmarks(): string[] {
  return readdirSync(join(root, 'bench'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .flatMap(({ name }) => readdirSync(join(root, 'bench', name)).map((file) => `bench/${name}/${file}`))
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /^export const benchmark\b/m.test(readFileSync(join(root, file), 'utf8')))
    .sort()
}

/** Compiles modules; returns the path of each bundle by source. */
export function bundle(sources: readonly string[]): Map<string, string> {
  mkdirSync(outFolder, { recursive: true })
  const args = [
    ...sources,
    '--bundle',
    '--packages=external',
    '--platform=node',
    '--format=esm',
    '--target=node20',
    '--log-level=warning',
    '--minify-syntax',
    '--out-extension:.js=.mjs',
    '--entry-names=.bench-[name]',
    `--outdir=${outFolder}`,
  ]
  const outcome = spawnSync(join(root, 'node_modules', '.bin', 'esbuild'), args, { cwd: root, encoding: 'utf8' })
  if (outcome.status !== 0) throw new Error(`esbuild failed:\n${outcome.error?.message ?? outcome.stderr}`)
  return new Map(sources.map((source) => [source, join(outFolder, `.bench-${basename(source, '.ts')}.mjs`)]))
}
