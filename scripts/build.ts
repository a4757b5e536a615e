/**
 * Builds dist from scratch and makes sure that every file the exports map promises is there: tsup neither removes stale
 * declaration files nor always fails when they cannot be made.
 *
 * `tsx scripts/build.ts --if-stale` builds only when a source is newer than the last build.
 */
import { chmodSync, existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeCommonJs } from './commonjs.js'
import { distFiles, entries } from './entries.js'
import { isMain, root, run } from './support/run.js'

const stamp = join(root, 'dist', '.built')
const inputs = [
  'src',
  'scripts/cli',
  'package.json',
  'tsconfig.json',
  'tsup.config.ts',
  'scripts/entries.ts',
  'scripts/commonjs.ts',
]

/** Builds dist when it is missing or older than its inputs. */
export async function ensureBuilt(): Promise<void> {
  if (!existsSync(stamp) || newest(inputs.map((input) => join(root, input))) > statSync(stamp).mtimeMs) await build()
}

async function build(): Promise<void> {
  const startedMs = Date.now()
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const outcome = await run('tsup', [])
  if (outcome.exitCode !== 0) throw new Error(`tsup failed:\n${outcome.output}`)
  await writeCommonJs(join(root, 'dist'), ['cli.js'])
  const missing = [...entries.flatMap(distFiles), 'dist/cli.js'].filter((file) => !existsSync(join(root, file)))
  if (missing.length > 0) throw new Error(`the build lacks ${missing.join(', ')}:\n${outcome.output}`)
  chmodSync(join(root, 'dist', 'cli.js'), 0o755)
  writeFileSync(stamp, '')
  // A source that changed meanwhile is newer than what was built from it.
  const started = new Date(startedMs)
  utimesSync(stamp, started, started)
  console.log(`built ${entries.length} entry points in ${((Date.now() - startedMs) / 1_000).toFixed(1)} s`)
}

function newest(paths: readonly string[]): number {
  let newestMs = 0
  for (const path of paths) {
    const status = statSync(path)
    const children = status.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : []
    // A folder's own time shows removed files.
    newestMs = Math.max(
      newestMs,
      status.mtimeMs,
      newest(children.filter((child) => !/\.(test|prop\.test)\.ts$/.test(child))),
    )
  }
  return newestMs
}

if (isMain(import.meta.url)) await (process.argv.includes('--if-stale') ? ensureBuilt() : build())
