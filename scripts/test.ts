/**
 * `npm test`: runs all suites one after the other and adds up what they count. The last line is `N passed, N failed`
 * (and `, N skipped` when some were). A failure fails the run, and under `CI=true` a skip does too.
 *
 * `npm test -- unit package` runs the suites named; `npm test -- --all` also runs `npm run check`, as CI does.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Counts, parseSummary, printSummary, summaryLine } from './support/counts.js'
import { type Outcome, root, run } from './support/run.js'
import { installTestPackages } from './support/services.js'

interface Suite {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** A file or folder without which the suite counts as skipped. */
  readonly needs?: string
  /** Counts of a finished run; default: the summary line it printed last, else one test, passed when the exit code is 0. */
  readonly counts?: (outcome: Outcome) => Counts
  /** Runs only with `--all` or by name. */
  readonly extra?: true
  readonly timeoutMinutes: number
}

const vitestReport = join(root, 'temp', 'vitest.json')
const full = process.env.TRADEWIRE_RUNS === 'full'

const suites: readonly Suite[] = [
  { name: 'check', command: ['tsx', 'scripts/check.ts'], extra: true, timeoutMinutes: 10 },
  {
    name: 'unit',
    command: ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${vitestReport}`],
    counts: vitestCounts,
    timeoutMinutes: full ? 240 : 18,
  },
  {
    name: 'simulation',
    command: ['tsx', 'test/simulation/main.ts', '--seeds', full ? '1000000' : '10000'],
    needs: 'test/simulation/main.ts',
    timeoutMinutes: full ? 240 : 10,
  },
  {
    name: 'failover',
    command: ['tsx', 'test/simulation/main.ts', '--failover', '--seeds', full ? '100000' : '1000'],
    needs: 'test/simulation/main.ts',
    timeoutMinutes: full ? 240 : 10,
  },
  { name: 'examples', command: ['tsx', 'scripts/example.ts', '--all'], needs: 'examples', timeoutMinutes: 10 },
  { name: 'snippets', command: ['tsx', 'scripts/snippets.ts'], timeoutMinutes: 5 },
  { name: 'package', command: ['tsx', 'scripts/package-test.ts'], timeoutMinutes: 10 },
]

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const all = process.argv.includes('--all')
const unknown = names.filter((name) => !suites.some((suite) => suite.name === name))
if (unknown.length > 0)
  throw new Error(`no suite ${unknown.join(', ')}; there are ${suites.map((s) => s.name).join(', ')}`)
const chosen = suites.filter((suite) => (names.length > 0 ? names.includes(suite.name) : all || suite.extra !== true))

mkdirSync(dirname(vitestReport), { recursive: true })
rmSync(vitestReport, { force: true })

if (chosen.some(({ name }) => name === 'unit')) await installTestPackages()

const total = { passed: 0, failed: 0, skipped: 0 }
const lines: string[] = []
for (const suite of chosen) {
  console.log(`\n=== ${suite.name}`)
  const { counts, seconds } = await runSuite(suite)
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
  lines.push(`${suite.name.padEnd(12)}${summaryLine(counts)} (${seconds.toFixed(1)} s)`)
}
console.log(`\n${lines.join('\n')}`)
printSummary(total)

async function runSuite(suite: Suite): Promise<{ counts: Counts; seconds: number }> {
  if (suite.needs !== undefined && !existsSync(join(root, suite.needs))) {
    console.log(`skipped: ${suite.needs} does not exist`)
    return { counts: { passed: 0, failed: 0, skipped: 1 }, seconds: 0 }
  }
  const [command, ...args] = suite.command
  const outcome = await run(command, args, { echo: true, timeoutMs: suite.timeoutMinutes * 60_000 })
  const counts = suite.counts?.(outcome) ?? parseSummary(outcome.output) ?? { passed: 0, failed: 0, skipped: 0 }
  // An exit code speaks louder than counts: a suite that failed has a failure, one that counts nothing is one test.
  const ok =
    outcome.exitCode === 0 || (counts.failed === 0 && counts.skipped > 0 && parseSummary(outcome.output) !== undefined)
  if (!ok && counts.failed === 0) return { counts: { ...counts, failed: 1 }, seconds: outcome.seconds }
  if (ok && counts.passed + counts.failed + counts.skipped === 0)
    return { counts: { ...counts, passed: 1 }, seconds: outcome.seconds }
  return { counts, seconds: outcome.seconds }
}

/** Vitest writes its counts to a file; a test file that could not even be loaded has no tests and counts as one failure. */
function vitestCounts(): Counts {
  if (!existsSync(vitestReport)) return { passed: 0, failed: 1, skipped: 0 }
  const report = JSON.parse(readFileSync(vitestReport, 'utf8')) as VitestReport
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}
