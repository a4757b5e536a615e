/**
 * Seeds on several processes: each takes a few seeds at a time and hands back what they did. Which process runs a seed
 * changes nothing: a seed has everything in itself.
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { Plant } from './plants.js'
import { addTotals, noTotals, runSeeds, type Totals } from './runner.js'
import type { Scenario } from './world.js'

/** The argument that makes the program a worker. */
export const workerArgument = '--as-worker'

/** Seeds that a worker takes at a time. */
const chunk = 25

interface Task {
  readonly first: number
  readonly count: number
  readonly plant: Plant | undefined
  readonly scenario: Scenario
}

/** Runs seeds on `workers` processes that run `program`. `onProgress` hears how many are done. */
export async function runOnWorkers(
  program: string,
  workers: number,
  { first, count, plant, scenario }: Task,
  onProgress: (totals: Totals) => void,
): Promise<Totals> {
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
    for (let worker = 0; worker < workers; worker++) children.push(fork(program, [workerArgument]))
    await Promise.all(children.map(work))
  } finally {
    for (const child of children) if (child.connected) child.kill()
  }
  return totals
}

/** The life of a worker: it ends with its parent. */
export function beWorker(): void {
  process.on('message', (task: Task) => {
    runSeeds(task.first, task.count, task.plant, task.scenario).then(
      (totals) => process.send?.(totals),
      (error: unknown) => {
        console.error(`seeds from ${task.first} on:`, error)
        process.exit(1)
      },
    )
  })
}
