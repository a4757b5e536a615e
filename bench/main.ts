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

interface Candidate {
  readonly benchmark: Benchmark
  readonly path: string
}

interface Request {
  readonly names: readonly string[]
  readonly isJson: boolean
  readonly runs: number
}

/** A request that cannot be followed: its message says what can. */
class UsageError extends Error {}

const log = (line: string): void => void process.stderr.write(`${line}\n`)

try {
  await main(readRequest())
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  log(error.message)
  process.exitCode = 2
}

function readRequest(): Request {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '7' } },
    })
    const runs = Number(values.runs)
    if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs must be a whole number from 1, got ${values.runs}`)
    return { names: positionals, isJson: values.json, runs }
  } catch (cause) {
    const usage = 'npm run bench [-- name ...] [--json] [--runs N]'
    throw new UsageError(`${(cause as Error).message}\nUsage: ${usage}`, { cause })
  }
}

async function main({ names, isJson, runs }: Request): Promise<void> {
  installPeers(log)
  const runnerSource = 'bench/harness/variant-process.ts'
  const sources = findBenchmarks()
  const bundles = bundle([runnerSource, ...sources])
  const candidates: Candidate[] = []
  for (const source of sources) {
    const path = bundles.get(source) as string
    const { benchmark } = (await import(pathToFileURL(path).href)) as { benchmark: Benchmark }
    candidates.push({ benchmark, path })
  }
  const results: ResultLine[] = []
  const failures: string[] = []
  // Lines for people: on standard output, unless that belongs to the machine.
  const print = isJson ? log : (line: string): void => void process.stdout.write(`${line}\n`)
  for (const { benchmark, path } of chosen(candidates, names)) {
    for (const [index, definition] of (await benchmark.cases()).entries()) {
      print(`${benchmark.name}: ${definition.case}`)
      try {
        const measured = await measureCase(bundles.get(runnerSource) as string, path, index, definition, runs)
        const lines = resultLines(benchmark.name, definition, measured)
        results.push(...lines)
        for (const line of lines) print(describeLine(line, definition))
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        failures.push(`${benchmark.name}, ${definition.case}: ${reason}`)
      }
    }
  }
  if (isJson) process.stdout.write(`${JSON.stringify(report(results), null, 2)}\n`)
  for (const failure of failures) log(`FAILED ${failure}`)
  if (failures.length > 0) process.exitCode = 1
}

/** Benchmarks of exactly the names given; else those whose names contain one of them. Throws when a name fits none. */
function chosen(all: readonly Candidate[], names: readonly string[]): readonly Candidate[] {
  if (names.length === 0) return all
  const picked = names.flatMap((name) => {
    const exact = all.filter(({ benchmark }) => benchmark.name === name)
    const matching = exact.length > 0 ? exact : all.filter(({ benchmark }) => benchmark.name.includes(name))
    if (matching.length > 0) return matching
    const known = all.map(({ benchmark }) => benchmark.name).sort()
    throw new UsageError(`No benchmark is called ${name}. There are: ${known.join(', ')}`)
  })
  return [...new Set(picked)]
}
