/**
 * `npm run example -- <name> [arguments]` runs an example from source; without a name it lists them. `--all` runs each of
 * them, as CI does, and prints `N passed, N failed` last.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { printSummary } from './support/counts.js'
import { root, run } from './support/run.js'

const folder = join(root, 'examples')
const names = existsSync(folder) ? readdirSync(folder).sort() : []
const examples = new Map<string, string>()
for (const name of names) {
  if (name.endsWith('.ts')) examples.set(name.slice(0, -3), join('examples', name))
  else if (existsSync(join(folder, name, 'main.ts'))) examples.set(name, join('examples', name, 'main.ts'))
}

const [name, ...args] = process.argv.slice(2)
if (name === undefined) list()
else if (name === '--all') await runAll()
else await runOne(name, args)

function list(): void {
  console.log('npm run example -- <name>\n')
  for (const [example, file] of examples) console.log(`  ${example.padEnd(26)}${summaryOf(file)}`)
}

/** The first sentence of a file's header comment. */
function summaryOf(file: string): string {
  const header = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(readFileSync(join(root, file), 'utf8'))?.[1] ?? ''
  const text = header.replaceAll(/\s*\n\s*\*\s?/g, ' ').trim()
  return /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text
}

async function runOne(example: string, exampleArgs: string[]): Promise<void> {
  const file = examples.get(example)
  if (file === undefined) {
    console.error(`There is no example ${example}. These exist: ${[...examples.keys()].join(', ')}`)
    process.exitCode = 1
    return
  }
  process.exitCode =
    spawnSync(process.execPath, ['--import', 'tsx', file, ...exampleArgs], { cwd: root, stdio: 'inherit' }).status ?? 1
}

async function runAll(): Promise<void> {
  let failed = 0
  for (const [example, file] of examples) {
    const { exitCode, output, seconds } = await run('tsx', [file], { timeoutMs: 120_000 })
    console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${example} (${seconds.toFixed(1)} s)`)
    if (exitCode === 0) continue
    failed++
    console.log(output.trimEnd().replaceAll(/^/gm, '    '))
  }
  printSummary({ passed: examples.size - failed, failed, skipped: 0 })
}
