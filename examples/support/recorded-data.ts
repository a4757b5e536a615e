/** Where recorded market data lies for the examples that like real ticks: TRADEWIRE_DATA, else a folder beside the project. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(fileURLToPath(import.meta.url), '..', '..', '..')

/** Path of a recorded set, or undefined, with a visible note, where it is not there. */
export function recordedData(set: string): string | undefined {
  const folder = join(resolve(root, process.env.TRADEWIRE_DATA ?? '../shared/data'), set)
  if (existsSync(folder)) return folder
  console.log(`note: ${folder} is not there; a synthetic market stands in (set TRADEWIRE_DATA to use recorded ticks)\n`)
  return undefined
}
