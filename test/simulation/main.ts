/**
 * `npm run sim -- --seeds N [--from S]`: runs N seeds of the whole-system simulation. `--seed S --trace` replays one seed and
 * prints all that happened; `--plant NAME` plants a bug, to see that it is found. The last line is `N passed, N failed`.
 */
import { parseArgs } from 'node:util'
import { type Plant, plants } from './plan.js'
import { type Outcome, simulate } from './world.js'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    plant: { type: 'string' },
  },
})

const plant = plantOf(values.plant)
const first = numberOf(values.seed ?? values.from, 'seed')
const last = values.seed === undefined ? first + numberOf(values.seeds, 'seeds') - 1 : first
const show = values.trace ? (line: string) => console.log(line) : undefined
const startedAt = performance.now()
const cpuAtStart = process.cpuUsage()
const totals = { events: 0, orders: 0, fills: 0, crashes: 0, virtualMs: 0 }
let failed = 0

for (let seed = first; seed <= last; seed++) {
  const outcome = await simulate(seed, {
    ...(plant === undefined ? {} : { plant }),
    ...(show === undefined ? {} : { show }),
  })
  totals.events += outcome.events
  totals.orders += outcome.orders
  totals.fills += outcome.fills
  totals.crashes += outcome.crashes
  totals.virtualMs += outcome.virtualMs
  if (outcome.violations.length > 0) report(outcome)
  if (values.seed !== undefined) console.log(`seed ${seed}: ${outcome.events} events, trace hash ${outcome.hash}`)
}

const seconds = (performance.now() - startedAt) / 1_000
const cpu = process.cpuUsage(cpuAtStart)
const cpuSeconds = (cpu.user + cpu.system) / 1e6
const count = last - first + 1
console.log(
  `${count} seeds in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(0)} a second, ${(count / cpuSeconds).toFixed(0)} a second of processor time): ${totals.orders} orders, ${totals.fills} fills, ${totals.crashes} crashes, ${totals.events} events, ${(totals.virtualMs / 3_600_000).toFixed(1)} virtual hours`,
)
console.log(`${count - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

function report({ seed, violations }: Outcome): void {
  failed++
  if (failed > 10) return
  console.log(`seed ${seed} failed; replay it with: npm run sim -- --seed ${seed} --trace`)
  for (const violation of violations.slice(0, 5)) console.log(`  ${violation}`)
}

function numberOf(text: string, name: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`--${name} takes a whole number, got ${text}`)
}

function plantOf(name: string | undefined): Plant | undefined {
  const found = plants.find((each) => each === name)
  if (name !== undefined && found === undefined) throw new Error(`--plant takes one of ${plants.join(', ')}`)
  return found
}
