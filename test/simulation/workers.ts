/**
 * Seeds on several processes: each takes a few seeds at a time and hands back what they did. Which process runs a seed
 * changes nothing: a seed has everything in itself.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.js'
import type { Plant } from './plants.js'
import { addTotals, noTotals, type Totals } from './runner.js'
import type { Scenario } from './world.js'

/** Seeds that a worker takes at a time. */
const chunk = 25

/**
 * Every processor has a worker: threads that collect and compile beside it would only take time from the others. Young objects
 * get room enough for most to be dead when it is full: seeds leave little but garbage. A seed runs through all of the code and
 * no part of it often: what is compiled at once, if plainly, is worth more than what is compiled well later, and a third of
 * the time went into compiling well: functions that take in fewer others are compiled faster.
 */
const workerFlags = [
  '--single-threaded',
  '--max-semi-space-size=16',
  '--always-sparkplug',
  '--max-inlined-bytecode-size-cumulative=200',
]

/** Seeds for a worker. */
export interface Task {
  readonly first: number
  readonly count: number
  readonly plant: Plant | undefined
  readonly scenario: Scenario
}

/** Runs seeds on `workers` processes. `onProgress` hears how many are done. */
export async function runOnWorkers(
  workers: number,
  { first, count, plant, scenario }: Task,
  onProgress: (totals: Totals) => void,
): Promise<Totals> {
  const file = await bundle(fileURLToPath(new URL('./worker.ts', import.meta.url)))
  const totals = noTotals()
  let next = first
  const end = first + count
  const children: ChildProcess[] = []
  const work = (child: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      const give = () => {
        if (next >= end) {
          child.disconnect()
          resolve()
          return
        }
        const task: Task = { first: next, count: Math.min(chunk, end - next), plant, scenario }
        next += task.count
        child.send(task)
      }
      child.on('message', (done: Totals) => {
        addTotals(totals, done)
        onProgress(totals)
        give()
      })
      child.on('error', reject)
      child.on('exit', (code, signal) => {
        if (code !== 0) reject(new Error(`a worker ended with ${signal ?? code} while it had seeds to run`))
      })
      give()
    })
  try {
    for (let worker = 0; worker < workers; worker++) children.push(fork(file, [], { execArgv: workerFlags }))
    await Promise.all(children.map(work))
  } finally {
    for (const child of children) if (child.connected) child.kill()
    rmSync(dirname(file), { recursive: true, force: true })
  }
  return totals
}
