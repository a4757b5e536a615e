/**
 * `npm run check`: everything about the code that needs no test run. Each step is independent of the others but for those
 * that look at dist, which wait for the build. The last line is `N passed, N failed`.
 *
 * `npm run check -- lint types` runs only the steps named.
 */
import { printSummary } from './support/counts.js'
import { type Outcome, run } from './support/run.js'

interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** Looks at dist. */
  readonly built?: true
}

const steps: readonly Step[] = [
  { name: 'entries', command: ['tsx', 'scripts/entries.ts'] },
  { name: 'lint', command: ['biome', 'check', '--error-on-warnings'] },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'layers', command: ['depcruise', 'src'] },
  { name: 'runtime-imports', command: ['depcruise', '--config', 'lint/runtime-imports.cjs', 'src'] },
  { name: 'unused', command: ['knip'] },
  { name: 'errors-doc', command: ['tsx', 'scripts/errors-doc.ts'] },
  { name: 'order-states-doc', command: ['tsx', 'scripts/order-states-doc.ts'] },
  { name: 'risk-doc', command: ['tsx', 'scripts/risk-doc.ts'] },
  { name: 'calendar-doc', command: ['tsx', 'scripts/calendar-doc.ts'] },
  { name: 'fix-dictionary', command: ['tsx', 'scripts/fix-dictionary.ts'] },
  { name: 'ibkr-doc', command: ['tsx', 'scripts/ibkr-doc.ts'] },
  { name: 'fix-doc', command: ['tsx', 'scripts/fix-doc.ts'] },
  { name: 'docs', command: ['tsx', 'scripts/docs.ts', '--check'] },
  { name: 'publint', command: ['publint', '--strict'], built: true },
  { name: 'attw', command: ['attw', '--pack', '.', '--profile', 'node16', '--no-emoji'], built: true },
  { name: 'api', command: ['tsx', 'scripts/api.ts'], built: true },
  { name: 'size', command: ['size-limit'], built: true },
]

/** Two at a time: most steps are one process that uses one core. */
const concurrency = 2

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0)
  throw new Error(`no step ${unknown.join(', ')}; there are ${steps.map((s) => s.name).join(', ')}`)
const chosen = steps.filter((step) => wanted.length === 0 || wanted.includes(step.name))
const built = chosen.some((step) => step.built) ? run('tsx', ['scripts/build.ts', '--if-stale']) : undefined

let passed = 0
let failed = 0

async function runStep(step: Step): Promise<void> {
  const build = step.built ? await built : undefined
  const [command, ...args] = step.command
  report(step, build !== undefined && build.exitCode !== 0 ? build : await run(command, args, { timeoutMs: 300_000 }))
}

function report(step: Step, outcome: Outcome): void {
  const ok = outcome.exitCode === 0
  if (ok) passed++
  else failed++
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${step.name} (${outcome.seconds.toFixed(1)} s)`)
  if (!ok) console.log(head(outcome.output.trimEnd().replaceAll(/^/gm, '    ')))
}

/** The beginning of a long text: the step by itself shows the rest. */
function head(text: string): string {
  const lines = text.split('\n')
  return lines.length <= 150 ? text : [...lines.slice(0, 150), `    ... ${lines.length - 150} more lines`].join('\n')
}

const queue = [...chosen]
const worker = async () => {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) await runStep(step)
}
await Promise.all(Array.from({ length: concurrency }, worker))
printSummary({ passed, failed, skipped: 0 })
