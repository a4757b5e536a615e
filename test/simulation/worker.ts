/** A worker of the simulation: a process that runs the seeds that its parent names, and ends with it. */
import { runSeeds } from './runner.js'
import type { Task } from './workers.js'

process.on('disconnect', () => process.exit())

process.on('message', ({ first, count, plant, scenario }: Task) => {
  runSeeds(first, count, plant, scenario).then(
    (totals) => process.send?.(totals),
    (error: unknown) => {
      console.error(`seeds from ${first} on:`, error)
      process.exit(1)
    },
  )
})
