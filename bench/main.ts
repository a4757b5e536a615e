/**
 * `npm run bench [-- name ...] [--json] [--runs N]`: every benchmark below bench/, or those whose name contains one of the
 * names, each case against its peers in the same run. Figures are medians of at least 5 runs; a ratio above 1 means that
 * we are better. `--json` prints one object for machines; progress goes to standard error.
 */
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { bundle, findBenchmarks } from './harness/bundle.js'
import { measureCase } from './harness/measure.js'
import { installPeers } from './harness/peers.js'
import { describeLine, type ResultLine, report, resultLines } from './harness/report.js'
import type { Benchmark } from './types.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '5' } },
})
const runs = Number(values.runs)
if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs must be a whole number from 1, got ${values.runs}`)

const log = (line: string): void => void process.stderr.write(`${line}\n`)
/** Lines for people: on standard output, unless that belongs to the machine. */
const print = values.json ? log : (line: string): void => void process.stdout.write(`${line}\n`)

await installPeers(log)
const runnerSource = 'bench/harness/variant-process.ts'
const sources = findBenchmarks()
const bundles = await bundle([runnerSource, ...sources])
const runner = bundles.get(runnerSource) as string

interface Candidate {
  readonly benchmark: Benchmark
  readonly path: string
}

const results: ResultLine[] = []
const failures: string[] = []
const candidates: Candidate[] = []
for (const source of sources) {
  const path = bundles.get(source) as string
  const { benchmark } = (await import(pathToFileURL(path).href)) as { benchmark: Benchmark }
  candidates.push({ benchmark, path })
}
for (const { benchmark, path } of chosen(candidates)) await runBenchmark(benchmark, path)
if (values.json) process.stdout.write(`${JSON.stringify(report(results), null, 2)}\n`)
for (const failure of failures) log(`FAILED ${failure}`)
if (failures.length > 0) process.exitCode = 1

/** Benchmarks of exactly the names given; else those whose names contain one of them. */
function chosen(all: readonly Candidate[]): readonly Candidate[] {
  if (positionals.length === 0) return all
  const picked = positionals.flatMap((name) => {
    const exact = all.filter(({ benchmark }) => benchmark.name === name)
    const matching = exact.length > 0 ? exact : all.filter(({ benchmark }) => benchmark.name.includes(name))
    if (matching.length === 0) failures.push(`no benchmark has ${name} in its name`)
    return matching
  })
  return [...new Set(picked)]
}

async function runBenchmark(benchmark: Benchmark, path: string): Promise<void> {
  for (const [index, definition] of (await benchmark.cases()).entries()) {
    print(`${benchmark.name}: ${definition.case}`)
    try {
      const lines = resultLines(benchmark.name, definition, await measureCase(runner, path, index, definition, runs))
      results.push(...lines)
      for (const line of lines) print(describeLine(line, definition.floor))
    } catch (error) {
      failures.push(`${benchmark.name}, ${definition.case}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
