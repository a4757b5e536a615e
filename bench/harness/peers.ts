/** Installs the peers below bench/ when they are absent: they are no dependencies of the project. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../../scripts/support/run.js'

const folder = join(root, 'bench')

/** Installs what is missing. Says why when that fails: the peers are then reported as missing, and everything else runs. */
export async function installPeers(log: (line: string) => void): Promise<void> {
  const { dependencies } = readJson(join(folder, 'package.json')) as { dependencies: Record<string, string> }
  if (Object.entries(dependencies).every(([name, version]) => installedVersion(name) === version)) return
  log('installing the benchmark peers ...')
  const command = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const outcome = await run('npm', command, { cwd: folder, timeoutMs: 180_000 })
  if (outcome.exitCode !== 0) log(`npm ci failed in bench/, peers will be missing:\n${outcome.output.trimEnd()}`)
}

function installedVersion(name: string): string | undefined {
  const path = join(folder, 'node_modules', name, 'package.json')
  return existsSync(path) ? (readJson(path) as { version: string }).version : undefined
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
