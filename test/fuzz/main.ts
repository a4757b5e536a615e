/**
 * `npm run fuzz -- [--target NAME] [--runs N] [--seed S]`: damaged inputs for every parser and decoder, or for one. Without
 * `--target` all are fuzzed. `--list` names them. The last line is `N passed, N failed`.
 */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Program } from '../../scripts/support/program.js'
import { fuzz } from './harness.js'
import { fuzzTargets } from './targets.js'

setFlagsFromString('--expose-gc')
Object.assign(globalThis, { gc: runInNewContext('gc') as () => void })

const program: Program = new Program('npm run fuzz -- [--target NAME] [--runs N] [--seed S] [--list]')
const { values } = program.read({
  target: { type: 'string' },
  runs: { type: 'string', default: '10000' },
  seed: { type: 'string', default: '1' },
  list: { type: 'boolean', default: false },
})
const names = fuzzTargets.map(({ name }) => name)
if (values.target !== undefined && !names.includes(values.target))
  program.refuse(`--target must be one of ${names.join(', ')}, got ${JSON.stringify(values.target)}`)
if (values.list) console.log(names.join('\n'))
else
  process.exitCode = await main(
    program.wholeNumber('runs', values.runs, 1),
    program.wholeNumber('seed', values.seed, 0),
    values.target,
  )

async function main(runs: number, seed: number, only: string | undefined): Promise<number> {
  let failed = 0
  const chosen = fuzzTargets.filter(({ name }) => only === undefined || name === only)
  for (const target of chosen) {
    const startedAt = performance.now()
    const { accepted, failures, slowestMs, cuts } = await fuzz(target, runs, seed)
    const seconds = (performance.now() - startedAt) / 1_000
    console.log(
      `${target.name.padEnd(20)} ${runs} inputs (${accepted} read, ${runs - accepted} refused), ${cuts} cuts, slowest ${slowestMs.toFixed(2)} ms, ${seconds.toFixed(1)} s`,
    )
    for (const { what, input } of failures) console.log(`  ${what}\n  input (Base64): ${input.slice(0, 2_000)}`)
    if (failures.length > 0) {
      failed++
      console.log(`  again with: npm run fuzz -- --target ${target.name} --runs ${runs} --seed ${seed}`)
    }
  }
  console.log(`${chosen.length - failed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}
