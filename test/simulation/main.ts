/**
 * `npm run sim -- --seeds N [--from S] [--workers W]`: runs N seeds of the whole-system simulation, on all processors
 * unless told otherwise. `--seed S [--trace]` replays one seed, and tells all that happened; `--plant NAME` plants a bug,
 * to see that it is found. `--seed S --shrink` looks for the fewest faults that still make a seed fail and prints them;
 * `--keep FOUND` writes them to the folder of regressions, to be replayed for ever. `--failover`: several venues, whose lines break one after the other and together. The last line is `N passed, N failed`.
 */
import { availableParallelism } from 'node:os'
import { Program } from '../../scripts/support/program.js'
import { type Plant, plantNames, plants } from './plants.js'
import { keepRegression, readRegressions } from './regressions.js'
import { addOutcome, addTotals, noTotals, runSeeds, type Totals } from './runner.js'
import { replaySchedule, shrink, wordsOfSchedule } from './shrink.js'
import { runOnWorkers } from './workers.js'
import { injectedFaults, type Scenario, simulate } from './world.js'

/** Fewer seeds than that are done before another process has started. */
const seedsWorthAWorker = 40
const maxListed = 10
const progressMs = 15_000

const program: Program = new Program(
  'npm run sim -- [--failover] [--seeds N] [--from S] [--workers W] [--plant NAME], or --seed S [--trace | --shrink [--keep FOUND]]',
)
process.exitCode = await main()

async function main(): Promise<number> {
  const { values } = program.read({
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    plant: { type: 'string' },
    shrink: { type: 'boolean', default: false },
    keep: { type: 'string' },
    failover: { type: 'boolean', default: false },
  })
  const plant = plantOf(values.plant)
  const scenario: Scenario = values.failover ? 'failover' : 'system'
  const startedAt = performance.now()
  if (values.seed !== undefined) {
    const totals = noTotals()
    const seed = program.wholeNumber('seed', values.seed, 0)
    if (values.shrink) return await shrinkSeed(seed, plant, scenario, values.keep)
    await replay(totals, seed, plant, scenario, values.trace)
    return finish(totals, startedAt, plant, scenario, 1)
  }
  if (values.trace || values.shrink) program.refuse('--trace and --shrink take one seed: name it by --seed')
  const count = program.wholeNumber('seeds', values.seeds, 1)
  const most = Math.max(1, Math.floor(count / seedsWorthAWorker))
  const workers =
    values.workers === undefined
      ? Math.min(availableParallelism(), most)
      : program.wholeNumber('workers', values.workers, 1)
  const totals = plant === undefined && scenario === 'system' ? await runRegressions() : noTotals()
  const task = { first: program.wholeNumber('from', values.from, 0), count, plant, scenario }
  let toldAt = startedAt
  const tellProgress = ({ seeds, failed }: Totals) => {
    if (performance.now() - toldAt < progressMs) return
    toldAt = performance.now()
    console.log(`  ${seeds} of ${count} seeds, ${failed} failed`)
  }
  addTotals(
    totals,
    workers === 1
      ? await runSeeds(task.first, count, plant, scenario)
      : await runOnWorkers(workers, task, tellProgress),
  )
  return finish(totals, startedAt, plant, scenario, workers)
}

async function replay(
  totals: Totals,
  seed: number,
  plant: Plant | undefined,
  scenario: Scenario,
  isTold: boolean,
): Promise<void> {
  const outcome = await simulate(seed, {
    scenario,
    ...(plant === undefined ? {} : { plant }),
    ...(isTold ? { show: (line: string) => console.log(line) } : {}),
  })
  addOutcome(totals, outcome)
  console.log(`seed ${seed}: ${outcome.events} events, trace hash ${outcome.hash}`)
}

/** Schedules that once found a bug come before all seeds. */
async function runRegressions(): Promise<Totals> {
  const totals = noTotals()
  for (const { schedule } of readRegressions()) addOutcome(totals, await replaySchedule(schedule))
  return totals
}

async function shrinkSeed(
  seed: number,
  plant: Plant | undefined,
  scenario: Scenario,
  found: string | undefined,
): Promise<number> {
  const shrunk = await shrink(seed, plant === undefined ? { scenario } : { scenario, plant })
  if (shrunk === undefined) {
    console.log(`seed ${seed} holds every invariant: there is nothing to shrink`)
    console.log('1 passed, 0 failed')
    return 0
  }
  for (const line of wordsOfSchedule(shrunk)) console.log(line)
  console.log(JSON.stringify({ plan: shrunk.plan, faults: shrunk.faults }))
  if (found !== undefined) console.log(`kept as ${keepRegression(seed, found, shrunk, plant)}`)
  console.log('0 passed, 1 failed')
  return 1
}

function finish(
  totals: Totals,
  startedAt: number,
  plant: Plant | undefined,
  scenario: Scenario,
  workers: number,
): number {
  const { seeds, failed, failures } = totals
  const planted = `${scenario === 'failover' ? ' --failover' : ''}${plant === undefined ? '' : ` --plant ${plant}`}`
  if (plant !== undefined) console.log(`planted: ${plants[plant]}`)
  for (const { seed, violations } of failures.slice(0, maxListed)) {
    console.log(`seed ${seed} failed; replay it with: npm run sim -- --seed ${seed} --trace${planted} (or --shrink)`)
    for (const violation of violations.slice(0, 5)) console.log(`  ${violation}`)
  }
  if (failed > maxListed) console.log(`and ${failed - maxListed} more`)
  const seconds = (performance.now() - startedAt) / 1_000
  console.log(
    `${seeds} seeds in ${seconds.toFixed(1)} s on ${workers} ${workers === 1 ? 'process' : 'processes'} (${(seeds / seconds).toFixed(0)} a second): ${totals.orders} orders, ${totals.fills} fills, ${totals.crashes} crashes, ${totals.events} events (${(totals.events / seeds).toFixed(0)} a seed), ${(totals.virtualMs / 3_600_000).toFixed(1)} virtual hours, trace hash ${(totals.hash >>> 0).toString(16).padStart(8, '0')}`,
  )
  console.log(`injected: ${injectedFaults.map((kind) => `${kind} ${totals.faults[kind]}`).join(', ')}`)
  console.log(`${seeds - failed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

function plantOf(name: string | undefined): Plant | undefined {
  const found = plantNames.find((each) => each === name)
  if (name !== undefined && found === undefined)
    program.refuse(`--plant must be one of ${plantNames.join(', ')}, got ${JSON.stringify(name)}`)
  return found
}
