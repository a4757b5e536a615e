/** Recovers a journal three times, as the library runs: prints records and the seconds of processor time of the quickest. */
import { nodeFileSystem, recoverState } from 'tradewire'

const [directory = ''] = process.argv.slice(2)
let best = Number.POSITIVE_INFINITY
let records = 0
for (let round = 0; round < 3; round++) {
  const before = process.cpuUsage()
  records = recoverState({ fileSystem: nodeFileSystem, directory, config: { mode: 'simulation' } }).journal.records
  const { user, system } = process.cpuUsage(before)
  best = Math.min(best, (user + system) / 1e6)
}
console.log(`recovered ${records} ${best}`)
